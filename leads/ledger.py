"""Which day a lead came how far, for the ledger; the verbs of the pipeline call it.

Days are those of the site's zone. A later stage does not fill in an earlier
one: what is counted is what happened.
"""

from datetime import date, datetime
from decimal import Decimal

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


def follow(lead: Lead, *, former: str, now: datetime | None = None) -> None:
    """Note that `lead` left the state `former` for the one it has now.

    The first day of each stage is kept. Whoever goes back to before the talk
    was not talked to; what is not won any more has no day and no value.
    """
    line = Attribution.objects.filter(lead=lead).first()
    if line is None:
        return
    if lead.state == Lead.State.SPAM:
        line.requested_on = None
    elif former == Lead.State.SPAM:
        line.requested_on = day_of(lead.created_at)
    if former == Lead.State.HELD and lead.state in _BEFORE_TALK:
        line.held_on = None
    if former == Lead.State.WON:
        line.won_on = line.value = None
    reached = _DAY_OF.get(Lead.State(lead.state))
    if reached and getattr(line, reached) is None:
        setattr(line, reached, day_of(now))
    line.save(update_fields=["requested_on", "booked_on", "held_on", "won_on", "value"])


def value_is(lead: Lead, value: Decimal | None) -> None:
    """Note what `lead`, which is won, is worth."""
    Attribution.objects.filter(lead=lead, won_on__isnull=False).update(value=value)


def day_of(at: datetime | None) -> date:
    return timezone.localdate(at or timezone.now(), site.current().zone)
