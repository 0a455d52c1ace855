"""What other systems are told of leads and bookings: one builder for each.

Payloads hold no secret link: whoever reads the log of another system must not
be able to cancel a booking.
"""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse

from config import site, webhooks
from glossary.webhooks import reference_to
from leads import attributing
from leads.models import Booking, Lead, LeadEvent

EVENTS_OF_BOOKINGS = {
    "booking.created": "booking.created",
    "booking.confirmed": "booking.confirmed",
    "booking.moved": "booking.moved",
    "booking.cancelled": "booking.cancelled",
    "booking.refused": "booking.cancelled",
    "booking.expired": "booking.cancelled",
    "booking.held": "booking.held",
    "booking.no_show": "booking.no_show",
}
"""What is told of each line that the timeline can get."""


def lead_created(
    lead: Lead, *, by: AbstractBaseUser | None = None, now: datetime | None = None
) -> None:
    """Tell of a request, in its transaction; not of a suspected one before it is taken up."""
    _emit("lead.created", lead, lambda: {"lead": _payload_of(_fresh(lead))}, by=by, now=now)


def lead_changed(
    lead: Lead,
    *,
    former: str,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> None:
    """Tell that the state of `lead` was `former` until now.

    Out of the suspects it is news altogether.
    """
    if former == Lead.State.SPAM:
        lead_created(lead, by=by, now=now)
        return
    _emit(
        "lead.status_changed",
        lead,
        lambda: {"lead": _payload_of(_fresh(lead)), "former_state": former},
        by=by,
        now=now,
    )


def booking_changed(
    booking: Booking,
    kind: str,
    *,
    former: datetime | None = None,
    by: AbstractBaseUser | None = None,
    now: datetime | None = None,
) -> None:
    """Tell of a change that was just written; `kind` is that of the timeline's line.

    A verified address is told of as what it leads to: a confirmed booking, or
    nothing while staff have yet to confirm.
    """
    if kind == "booking.verified" and booking.is_confirmed:
        kind = "booking.confirmed"
    if kind not in EVENTS_OF_BOOKINGS:
        return

    def data() -> dict[str, object]:
        fresh = Booking.objects.with_people().get(pk=booking.pk)
        return {
            "booking": _payload_of_booking(fresh, former),
            "lead": _payload_of(fresh.lead.kept),
        }

    _emit(EVENTS_OF_BOOKINGS[kind], booking.lead, data, by=by, now=now)


def _emit(
    kind: str,
    lead: Lead,
    data: Callable[[], dict[str, object]],
    *,
    by: AbstractBaseUser | None,
    now: datetime | None,
) -> None:
    """Bookings are about their lead as well, so that erasing a person finds them."""
    webhooks.emit(
        kind,
        subject=subject_of(lead),
        data=lambda: {**data(), "by_staff": by is not None},
        now=now,
    )


def subject_of(lead: Lead | int) -> str:
    """Return what `config.webhooks.erase` takes to forget all that was said of a lead.

    `lead` may be its key.
    """
    return f"lead:{lead if isinstance(lead, int) else lead.pk}"


def _fresh(lead: Lead) -> Lead:
    """What the database holds now, whatever the caller does with its own."""
    return Lead.objects.select_related("entry", "offer", "attribution").get(pk=lead.pk)


def _payload_of(lead: Lead) -> dict[str, object]:
    path = reverse("admin:leads_lead_change", args=[lead.pk])
    return {
        "id": webhooks.public_id("lead", lead.submission),
        # Each act of the pipeline leaves a line; none is ever taken away.
        "revision": LeadEvent.objects.filter(lead__in=Lead.objects.together(lead)).count(),
        "state": str(lead.state),
        "value": None if lead.value is None else f"{lead.value:.2f}",
        "currency": site.current().currency,
        "lost_reason": lead.lost_reason,
        "merged": [webhooks.public_id("lead", each.submission) for each in lead.merged.all()],
        "name": lead.name,
        "email": lead.email,
        "phone": lead.phone,
        "company": lead.company,
        "message": lead.message,
        "preferred_time": lead.preferred_time,
        "language": lead.language,
        "offer": lead.offer.name if lead.offer else None,
        "source_path": lead.source_path,
        "entry": reference_to(lead.entry) if lead.entry else None,
        "attribution": attributing.payload_of(lead),
        "created_at": webhooks.moment(lead.created_at),
        "desk_url": site.absolute(path),
    }


def _payload_of_booking(booking: Booking, former: datetime | None) -> dict[str, object]:
    return {
        "id": booking.uid,
        "revision": booking.revision,
        "state": str(booking.state),
        "reason": booking.reason,
        "offer": booking.offer.name,
        "host": booking.calendar.author.name,
        "starts_at": webhooks.moment(booking.starts_at),
        "ends_at": webhooks.moment(booking.ends_at),
        "former_starts_at": webhooks.moment(former) if former else None,
        "holds_until": webhooks.moment(booking.holds_until) if booking.holds_until else None,
        "host_time_zone": booking.host_zone.key,
        "prospect_time_zone": booking.shown_zone.key,
        "created_at": webhooks.moment(booking.created_at),
        "desk_url": site.absolute(booking.get_admin_url()),
    }
