"""What the page of a booking tells its prospect, taken from the row."""

from datetime import datetime, timedelta

from django.utils import timezone

from leads import booking as verbs
from leads.models import Booking
from leads.models.bookings import WAITING

State = Booking.State
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
    now = now or timezone.now()
    return standing(booking, now) != State.EXPIRED and verbs.can_change(booking, now)


def changes_until(booking: Booking) -> datetime:
    """Return the moment after which people have to ask the contact."""
    return booking.starts_at - timedelta(minutes=booking.offer.change_cutoff)


def is_ahead(booking: Booking, now: datetime | None = None) -> bool:
    """Return whether the talk is still to come, as far as the prospect knows."""
    now = now or timezone.now()
    is_kept = booking.is_open and standing(booking, now) != State.EXPIRED
    return is_kept and now < booking.starts_at
