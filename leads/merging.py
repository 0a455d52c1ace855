"""The act of merging: the same person asked twice, and one history goes on.

Both requests stay as they were written, with their bookings, consents,
replies and lines; what is merged points to the one that goes on. Nothing is
merged into what is merged itself, so that there are no chains.
"""

from datetime import datetime
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from leads import pipeline, traces, webhooks
from leads.models import Lead, LeadEvent

MERGED = "lead.merged"
_FURTHER = (
    *(Lead.State.NEW, Lead.State.CONTACTED, Lead.State.QUALIFIED),
    *(Lead.State.BOOKED, Lead.State.HELD, Lead.State.WON),
)
"""From the first state to the last; what is lost has come no further."""


class NotMerged(Exception):
    """These two cannot become one; the message says why, for staff."""


def merge(lead: Lead, *, into: Lead, by: User, now: datetime | None = None) -> Lead:
    """Let the history of `lead` go on with that of `into`; return the lead that is kept.

    That is the one into which `into` was merged, if it was. Its own state and
    what staff wrote about it go first: it takes over an owner or a next step
    where it has none, and a state that is further than its own. What is lost stays
    so, unless the other was won. Sent twice, it is done once. Raises NotMerged.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # One at a time, so that the end of `into` is not merged itself meanwhile.
        traces.one_at_a_time()
        gone, kept = _locked(lead, into)
        if gone.merged_into_id == kept.pk:
            return kept
        _refuse(gone, kept)
        Lead.objects.filter(merged_into=gone).update(merged_into=kept)
        Lead.objects.filter(pk=gone.pk).update(merged_into=kept)
        pipeline.note(gone, MERGED, by=by, data={"into": kept.pk}, now=now)
        pipeline.note(kept, MERGED, by=by, data={"from": gone.pk}, now=now)
        _take_over(gone, kept, by, now)
        former = kept.state
        _follow(gone, kept, by, now)
        if kept.state == former:
            # Whoever listens learns from the payload which ids are one now.
            webhooks.lead_changed(kept, former=former, by=by, now=now)
    return kept


def history(lead: Lead) -> QuerySet[LeadEvent]:
    """Return what happened with `lead` and with all that was merged into it."""
    events = LeadEvent.objects.filter(lead__in=Lead.objects.together(lead))
    # That something was merged is said once: by the line of the one that goes on.
    return events.exclude(lead__merged_into=lead, kind=MERGED, data__has_key="into")


def why_not(lead: Lead, into: Lead) -> str:
    """Return why the two cannot become one, as a sentence; "" if they can."""
    if lead.pk == into.pk:
        return "This is one and the same request."
    if Lead.State.SPAM in (lead.state, into.state):
        return "One of the two is suspected spam. Take it up first."
    if lead.merged_into_id:
        return "This request was merged into another one before."
    return ""


def state_after(gone: Lead, kept: Lead) -> Lead.State:
    """Return the state that `kept` has once `gone` was merged into it."""
    # A client stays one, whatever a second request of theirs has come to.
    if Lead.State.WON in (gone.state, kept.state):
        return Lead.State.WON
    if gone.state in _FURTHER and kept.state in _FURTHER:
        return Lead.State(max(gone.state, kept.state, key=_FURTHER.index))
    return Lead.State(kept.state)


def worth_after(gone: Lead, kept: Lead) -> Decimal | None:
    """Return what `kept` is worth once `gone` was merged into it: two wins are two deals."""
    won = [lead.value for lead in (gone, kept) if lead.state == Lead.State.WON]
    known = [value for value in won if value is not None]
    return sum(known, start=Decimal(0)) if known else None


def _locked(lead: Lead, into: Lead) -> tuple[Lead, Lead]:
    """Both as the database has them, `into` as the end of its way.

    They and those that were merged into them are locked in the order of keys, as bookings
    do it. Raises NotMerged for one that was erased.
    """
    end = Lead.objects.filter(pk=into.pk).values_list("merged_into", flat=True).first()
    kept = end or into.pk
    # Bookings refer to the rows meanwhile, and need not wait for that.
    rows = Lead.objects.select_for_update(no_key=True).order_by("pk")
    keys = [lead.pk, kept]
    found = {each.pk: each for each in rows.filter(Q(pk__in=keys) | Q(merged_into__in=keys))}
    if not {lead.pk, kept} <= found.keys():
        raise NotMerged("One of the two was deleted meanwhile.")
    return found[lead.pk], found[kept]


def _refuse(gone: Lead, kept: Lead) -> None:
    refusal = why_not(gone, kept)
    if refusal:
        raise NotMerged(refusal)


def _take_over(gone: Lead, kept: Lead, by: User, now: datetime) -> None:
    """What nobody has said of `kept` yet is as it was said of `gone`."""
    if gone.owner and not kept.owner_id:
        pipeline.assign(kept, gone.owner, by=by, now=now)
    if gone.next_step and not kept.next_step:
        pipeline.plan(kept, gone.next_step, on=gone.next_step_on, by=by, now=now)


def _follow(gone: Lead, kept: Lead, by: User, now: datetime) -> None:
    """Bring `kept` as far as `gone` has come, which the ledger has counted already."""
    state = state_after(gone, kept)
    if state == Lead.State.WON:
        worth = worth_after(gone, kept)
        pipeline.win(kept, worth, by=by, through=gone, now=now)
    elif state != kept.state:
        former = Lead.State(kept.state)
        pipeline.advance(kept, state, out_of=[former], by=by, through=gone, now=now)
