"""What a clock on the wall shows as an instant: on some days there is none, or two. Pure."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class NoSuchTime(ValueError):
    """The clock skips this time: it is put forward then."""


class TimeTwice(ValueError):
    """The clock shows this time twice: it is put back then."""


def instant(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the clock of `zone` shows `shown`, which is naive.

    Raises NoSuchTime, TimeTwice.
    """
    first = shown.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) != shown:
        raise NoSuchTime(shown)
    if shown.replace(tzinfo=zone, fold=1).astimezone(UTC) != first:
        raise TimeTwice(shown)
    return first
