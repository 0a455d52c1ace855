"""What happens with a lead, as its timeline keeps it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from leads import webhooks
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
    now: datetime | None = None,
) -> bool:
    """Bring `lead` to `state` if it is in one of `out_of`; return whether it was.

    What staff decided since, such as that it is lost, is not overruled.
    """
    before = Lead.objects.filter(pk=lead.pk).values_list("state", flat=True).first()
    moved = Lead.objects.filter(pk=lead.pk, state=before, state__in=[*out_of])
    if before == state or not moved.update(state=state):
        return False
    lead.state = state
    note(lead, "lead.status_changed", by=by, data={"from": before, "to": str(state)}, now=now)
    webhooks.lead_changed(lead, former=str(before), by=by, now=now)
    return True
