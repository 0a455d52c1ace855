"""What the page of a booking tells its prospect, taken from the row."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from leads import booking as verbs
from leads import calendar_links, choosing
from leads.models import Booking
from leads.models.bookings import WAITING

State = Booking.State
MINUTE = timedelta(minutes=1)
OVER = "over"
"""Confirmed, and its time has passed: staff have yet to note how it went."""


def standing(booking: Booking, now: datetime | None = None) -> str:
    """Return the state that the prospect is told: what lapsed has expired, whoever notes it."""
    now = now or timezone.now()
    has_lapsed = booking.holds_until is not None and booking.holds_until <= now
    if booking.state in WAITING and has_lapsed:
        return State.EXPIRED
    return OVER if booking.is_confirmed and booking.ends_at <= now else booking.state


def can_change(booking: Booking, now: datetime | None = None) -> bool:
    """Return whether the page offers to move and to cancel."""
    return standing(booking, now) != State.EXPIRED and verbs.can_change(booking, now)


def changes_until(booking: Booking) -> datetime:
    """Return the moment after which people have to ask the contact."""
    return booking.starts_at - timedelta(minutes=booking.offer.change_cutoff)


def told(booking: Booking, now: datetime | None = None) -> dict[str, object]:
    """Return what the templates of the page say of `booking`; no query.

    `is_ahead` is a talk that is still to come; where it takes place is for
    those alone whose booking is confirmed, in the links to calendars as well.
    """
    now = now or timezone.now()
    known = standing(booking, now)
    is_confirmed = known == State.CONFIRMED
    event = (booking.offer.name, booking.starts_at, booking.ends_at)
    place = " ".join(booking.offer.place.split())
    return {
        "booking": booking,
        "lasts": choosing.duration((booking.ends_at - booking.starts_at) // MINUTE),
        "standing": known,
        "is_confirmed": is_confirmed,
        "is_ahead": known in ("unverified", "pending", "confirmed") and now < booking.starts_at,
        "can_change": can_change(booking, now),
        "changes_until": changes_until(booking),
        "google_url": calendar_links.google(*event, place=place) if is_confirmed else "",
        "outlook_url": calendar_links.outlook(*event, place=place) if is_confirmed else "",
        "again_url": _again(booking) if known not in (OVER, State.HELD) else "",
    }


def _again(booking: Booking) -> str:
    """Where another time is chosen: at the same offer, as long as there is one."""
    if booking.offer.is_active:
        return booking.offer.get_absolute_url()
    return reverse("leads:consultation")
