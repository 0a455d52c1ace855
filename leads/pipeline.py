"""The verbs of the pipeline: each changes a lead and writes the line of its timeline."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.utils import timezone

from glossary.history import name_of
from leads import ledger, webhooks
from leads.models import Booking, Lead, LeadEvent


def note(
    lead: Lead,
    kind: str,
    *,
    by: AbstractBaseUser | None = None,
    booking: Booking | None = None,
    text: str = "",
    data: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> LeadEvent:
    """Write a line into the timeline of `lead`; `by=None` is the prospect or the system."""
    return LeadEvent.objects.create(
        lead=lead,
        kind=kind,
        by_id=by.pk if by else None,
        booking=booking,
        note=text,
        data=data or {},
        at=now or timezone.now(),
    )


def advance(
    lead: Lead,
    state: Lead.State,
    *,
    out_of: Iterable[Lead.State],
    by: AbstractBaseUser | None = None,
    reason: str = "",
    value: Decimal | None = None,
    through: Lead | None = None,
    now: datetime | None = None,
) -> bool:
    """Bring `lead` to `state` if it is in one of `out_of`; return whether it was.

    What staff decided since, such as that it is lost, is not overruled.
    `reason` is why a lead is lost, or suspected, and `value` what one is worth that is
    won; other states take both back. `win` notes the value as well.
    `through` is the request by which it came so far, if that was merged into
    `lead`: the ledger counts it there.
    """
    changes: dict[str, Any] = {
        "state": state,
        "lost_reason": reason if state == Lead.State.LOST else "",
        "suspicion": reason if state == Lead.State.SPAM else "",
        "value": value if state == Lead.State.WON else None,
    }
    with transaction.atomic():
        # Whoever moves it at the same moment goes first, and this one goes on from there.
        row = Lead.objects.select_for_update(no_key=True).filter(pk=lead.pk)
        before = row.values_list("state", flat=True).first()
        if before == state or before not in [*out_of]:
            return False
        row.update(**changes)
        for name, value in changes.items():
            setattr(lead, name, value)
        data = {"from": before, "to": str(state)}
        note(lead, "lead.status_changed", by=by, text=reason, data=data, now=now)
        ledger.follow(lead, former=before, through=through, now=now)
        webhooks.lead_changed(lead, former=before, by=by, now=now)
    return True


def assign(
    lead: Lead,
    owner: User | None,
    *,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> bool:
    """Make `owner` answer for `lead`, nobody if None; return whether that is a change."""
    with transaction.atomic():
        others = Lead.objects.filter(pk=lead.pk).exclude(owner_id=owner.pk if owner else None)
        if not others.update(owner_id=owner.pk if owner else None):
            return False
        lead.owner_id = owner.pk if owner else None
        data = {"owner": name_of(owner) or None}
        note(lead, "lead.assigned", by=by, data=data, now=now)
    return True


def plan(
    lead: Lead,
    step: str,
    *,
    on: date | None,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> bool:
    """Say what is to be done next with `lead`, and by which day; return whether it is new.

    An empty step without a day says that it was done.
    """
    with transaction.atomic():
        former = (
            Lead.objects.select_for_update().values("next_step", "next_step_on").get(pk=lead.pk)
        )
        if former == {"next_step": step, "next_step_on": on}:
            return False
        Lead.objects.filter(pk=lead.pk).update(next_step=step, next_step_on=on)
        lead.next_step, lead.next_step_on = step, on
        data = {"former": former["next_step"], "on": on.isoformat() if on else None}
        note(lead, "lead.planned", by=by, text=step, data=data, now=now)
    return True


def win(
    lead: Lead,
    value: Decimal | None,
    *,
    by: AbstractBaseUser | None = None,
    through: Lead | None = None,
    now: datetime | None = None,
) -> bool:
    """Bring `lead` to won, worth `value`; return whether anything changed.

    `through` is as for `advance`.
    """
    with transaction.atomic():
        known = [state for state in Lead.State if state != Lead.State.SPAM]
        # With its value, which whoever is told of the state reads at once.
        is_news = advance(
            lead, Lead.State.WON, out_of=known, by=by, value=value, through=through, now=now
        )
        won = Lead.objects.filter(pk=lead.pk, state=Lead.State.WON)
        is_valued = value is not None if is_news else won.exclude(value=value).update(value=value)
        if not is_valued:
            return is_news
        lead.value = value
        ledger.value_is(lead, value)
        data = {"value": str(value) if value is not None else None}
        note(lead, "lead.valued", by=by, data=data, now=now)
    return True


def lose(
    lead: Lead,
    reason: str,
    *,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> bool:
    """Bring `lead` to lost because of `reason`, or correct the reason; whether that is new."""
    with transaction.atomic():
        if advance(lead, Lead.State.LOST, out_of=Lead.State, by=by, reason=reason, now=now):
            return True
        lost = Lead.objects.filter(pk=lead.pk, state=Lead.State.LOST).exclude(lost_reason=reason)
        if not lost.update(lost_reason=reason):
            return False
        lead.lost_reason = reason
        note(lead, "lead.explained", by=by, text=reason, now=now)
    return True


def answered(
    lead: Lead, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> None:
    """Note that somebody has written to `lead`: it waits no more, and is in contact."""
    now = now or timezone.now()
    with transaction.atomic():
        Lead.objects.filter(pk=lead.pk, answered_at=None).update(answered_at=now)
        lead.answered_at = lead.answered_at or now
        advance(lead, Lead.State.CONTACTED, out_of=[Lead.State.NEW], by=by, now=now)
