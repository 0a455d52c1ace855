"""What became of promised times when the rules of their zone changed (governments do that).

A booking keeps the instant, the zone and what the host's clock was to show.
Under new rules the two can part: people mean the clock.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from config import zones
from leads import clock
from leads.models import Booking


@dataclass(frozen=True)
class Drift:
    """A booking whose clock and instant do not say the same any more."""

    booking: Booking
    problem: str
    """What is wrong, in words for staff."""


def drifted(now: datetime | None = None) -> list[Drift]:
    """Return the open bookings ahead that need somebody, in their order; one query."""
    upcoming = Booking.objects.upcoming(now or timezone.now()).with_people()
    found = ((booking, _problem(booking)) for booking in upcoming)
    return [Drift(booking, problem) for booking, problem in found if problem]


def _problem(booking: Booking) -> str:
    zone = zones.find(booking.time_zone)
    if zone is None:
        return f"the zone {booking.time_zone} is not known any more"
    shown = booking.starts_at.astimezone(zone)
    promised = datetime.fromisoformat(booking.wall_time)
    # A clock that is set back shows a time twice: whichever was promised, it is shown.
    if shown.replace(tzinfo=None, second=0, microsecond=0) == promised:
        return ""
    return f"promised for {promised:%H:%M on %Y-%m-%d}, but {_now_shows(booking, zone)}"


def _now_shows(booking: Booking, zone: ZoneInfo) -> str:
    return f"the clock will show {clock.whole(booking.starts_at, zone)}"
