"""Which day a lead came how far, for the ledger; the verbs of the pipeline call it.

Days are those of the site's zone. A later stage does not fill in an earlier
one: what is counted is what happened.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils import timezone

from config import site
from leads.arrival import Trail
from leads.models import Attribution, Lead

_BEFORE_TALK = (Lead.State.NEW, Lead.State.CONTACTED, Lead.State.QUALIFIED, Lead.State.BOOKED)
_DAY_OF = {
    Lead.State.BOOKED: "booked_on",
    Lead.State.HELD: "held_on",
    Lead.State.WON: "won_on",
}


def open_line(
    lead: Lead, trail: Trail | None = None, *, now: datetime | None = None
) -> Attribution:
    """Begin the line of a new `lead`; one that is suspected counts only once it is taken up."""
    return Attribution.objects.create(
        lead=lead,
        entry_id=lead.entry_id,
        offer_id=lead.offer_id,
        requested_on=None if lead.state == Lead.State.SPAM else day_of(now),
        **(trail or Trail()).columns,
    )


def follow(
    lead: Lead, *, former: str, through: Lead | None = None, now: datetime | None = None
) -> None:
    """Note that `lead` left the state `former` for the one it has now.

    The first day of each stage is kept, in the line of `through`, a request
    merged into `lead`, where that has brought it so far. Whoever goes back to
    before the talk was not talked to; what is not won any more has no day and
    no value: that holds for the lines of all requests that are one.
    """
    own = (through or lead).pk
    reached = _DAY_OF.get(Lead.State(lead.state))
    for line in _lines(lead):
        if lead.state == Lead.State.SPAM:
            line.requested_on = None
        elif former == Lead.State.SPAM:
            line.requested_on = day_of(line.lead.created_at if line.lead else now)
        if former == Lead.State.HELD and lead.state in _BEFORE_TALK:
            line.held_on = None
        if former == Lead.State.WON:
            line.won_on = line.value = None
        if reached and line.lead_id == own and getattr(line, reached) is None:
            setattr(line, reached, day_of(now))
        line.save(update_fields=["requested_on", "booked_on", "held_on", "won_on", "value"])


def value_is(lead: Lead, value: Decimal | None) -> None:
    """Note what `lead`, which is won, is worth: its lines and those merged into it add up to it.

    Those of other deals keep their part of it as long as it is so much.
    """
    won = sorted(
        (line for line in _lines(lead) if line.won_on), key=lambda line: line.lead_id != lead.pk
    )
    if not won:
        return
    own, *others = won
    elsewhere = sum((line.value or Decimal(0) for line in others), start=Decimal(0))
    if value is None or value < elsewhere:
        Attribution.objects.filter(pk__in=[line.pk for line in others]).update(value=None)
        own.value = value
    else:
        own.value = value - elsewhere
    own.save(update_fields=["value"])


def _lines(lead: Lead) -> QuerySet[Attribution]:
    """The lines of `lead` and of what was merged into it."""
    mine = Attribution.objects.filter(lead__in=Lead.objects.together(lead))
    return mine.select_related("lead")


def day_of(at: datetime | None) -> date:
    return timezone.localdate(at or timezone.now(), site.current().zone)
