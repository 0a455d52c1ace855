"""When people are reminded: offsets as staff write them, “24h, 1h”. Pure."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

DEFAULT_REMINDERS = "24h, 1h"
MOST = 5
LEAST_BEFORE = timedelta(minutes=5)
MOST_BEFORE = timedelta(days=30)
FRESH = timedelta(hours=1)
"""Nobody is reminded of what they booked less than this ago."""
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def offsets(text: str) -> list[timedelta]:
    """Return the times before a talk that `text` lists, the longest first. Raises ValueError."""
    found = set()
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        number, unit = part[:-1].strip(), _UNITS.get(part[-1])
        if unit is None or not (number.isascii() and number.isdigit() and len(number) < 6):
            raise ValueError(part)
        found.add(int(number) * unit)
    return sorted(found, reverse=True)


def validate_reminders(text: str) -> None:
    """Raise ValidationError unless `text` lists at most five offsets of 5 minutes to 30 days."""
    try:
        found = offsets(text)
    except ValueError as error:
        raise ValidationError(f"“{error}” is not a time before, such as 24h or 30m.") from error
    if len(found) > MOST or any(not LEAST_BEFORE <= each <= MOST_BEFORE for each in found):
        raise ValidationError("At most five reminders, each between 5m and 30d before.")


def due(text: str, *, starts_at: datetime, now: datetime) -> list[tuple[timedelta, datetime]]:
    """Return (offset, when) of the reminders of a talk booked, moved or confirmed at `now`.

    Those that would come on the heels of the confirmation are left out.
    """
    times = [(offset, starts_at - offset) for offset in offsets(text)]
    return [(offset, at) for offset, at in times if at > now + FRESH]


def newest_due(text: str, *, starts_at: datetime, now: datetime) -> timedelta | None:
    """Return the offset of the reminder that is the one to send at `now`, or None.

    After an outage several are due: only the newest still says anything.
    """
    if now >= starts_at:
        return None
    passed = [offset for offset in offsets(text) if starts_at - offset <= now]
    return passed[-1] if passed else None
