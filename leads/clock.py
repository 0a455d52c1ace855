"""Moments in words, in the language that is active: always with the zone they are meant in."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day there, as “Wednesday, March 4, 2026” with the language's own order."""
    local = moment.astimezone(zone)
    return _("%(weekday)s, %(date)s") % {
        "weekday": date_format(local, "l"),
        "date": date_format(local, "DATE_FORMAT"),
    }


def short_day(moment: datetime, zone: ZoneInfo) -> str:
    """Return the day there as lists show it, as “4 Mar 2026”."""
    return date_format(moment.astimezone(zone), "j M Y")


def time(moment: datetime, zone: ZoneInfo) -> str:
    """Return the time there by a clock of 24 hours, as “14:30”."""
    return moment.astimezone(zone).strftime("%H:%M")


def place(moment: datetime, zone: ZoneInfo) -> str:
    """Return the zone with its distance from UTC at `moment`, as “Europe/Lisbon, UTC+01:00”."""
    if zone.key == "UTC":
        return "UTC"
    return f"{zone.key.replace('_', ' ')}, {offset(moment, zone)}"


def offset(moment: datetime, zone: ZoneInfo) -> str:
    """Return the distance from UTC there at `moment`, as “UTC+05:45”."""
    minutes = int((moment.astimezone(zone).utcoffset() or timedelta()).total_seconds() // 60)
    sign = "−" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def whole(moment: datetime, zone: ZoneInfo) -> str:
    """Return day, time and zone in one line, which leaves no question."""
    return f"{day(moment, zone)}, {time(moment, zone)} ({place(moment, zone)})"
