"""Free times as people choose them: days first, then the times of one day; pure.

Days are those of the visitor's zone, where a talk can begin on another date
than at the host's. An address holds what was chosen: zone, day, time.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config import zones
from leads import clock

DAYS_SHOWN = 10
"""Days with free times on one page: two weeks of an office."""
TIMES_NEARBY = 12
UTC_ZONE = ZoneInfo("UTC")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What nobody offers; stands for a time that cannot be read, so that its request is kept."""
_START = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


# Addresses --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """A page, and the parameters that its links carry along."""

    path: str
    kept: Mapping[str, str] = field(default_factory=dict)

    def at(self, **parameters: str) -> str:
        """Return the address with `parameters`; empty ones are left out."""
        given = {name: value for name, value in {**self.kept, **parameters}.items() if value}
        return f"{self.path}?{urlencode(given, safe='/:')}" if given else self.path

    @property
    def besides_zone(self) -> list[tuple[str, str]]:
        """What a form that asks for another zone has to carry along."""
        return [(name, value) for name, value in self.kept.items() if value and name != "zone"]


def text_of(start: datetime) -> str:
    """Return `start` as addresses and forms hold it: 2026-03-04T10:00Z."""
    return start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def start_of(text: str) -> datetime | None:
    """Return the time (UTC) that `text_of` wrote; None for anything else."""
    if not _START.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def day_of(text: str) -> date | None:
    """Return the day that an address names as 2026-03-04; None for anything else."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_text(start: datetime, zone: ZoneInfo) -> str:
    """Return the day of `start` in `zone` as addresses name it; "" where no calendar has one."""
    try:
        return _date(start, zone).isoformat()
    except OverflowError:
        return ""


# The visitor's zone -----------------------------------------------------------------------


@dataclass(frozen=True)
class VisitorZone:
    """The zone that times are shown in."""

    zone: ZoneInfo
    is_chosen: bool = True
    """False: it is the host's, until the visitor chooses."""
    is_unknown: bool = False
    """A zone was asked for that does not exist."""

    @property
    def key(self) -> str:
        """The name that links carry along: only what was chosen."""
        return self.zone.key if self.is_chosen else ""

    @property
    def is_listed(self) -> bool:
        return self.zone.key in zones.places()

    @property
    def areas(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        return _areas()


def zone_for(name: str, *, default: ZoneInfo) -> VisitorZone:
    """Return the zone called `name`, whoever sent that; `default` is the host's."""
    found = zones.find(name) if name else None
    if found:
        return VisitorZone(found)
    return VisitorZone(default, is_chosen=False, is_unknown=bool(name))


@cache
def _areas() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Areas with their zones, each with the words for it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name in zones.places():
        area, _slash, place = name.partition("/")
        found.setdefault(area, []).append((name, (place or name).replace("_", " ")))
    return tuple((area, tuple(names)) for area, names in found.items())


# Days, then times -------------------------------------------------------------------------


@dataclass(frozen=True)
class Time:
    start: datetime
    url: str
    offset: str = ""
    """Distance from UTC, on a day on which the visitor's clock is changed."""

    @property
    def text(self) -> str:
        """As a form sends it."""
        return text_of(self.start)


@dataclass(frozen=True)
class Day:
    """A day of the visitor's that has free times."""

    first: datetime
    times: Sequence[Time]
    url: str = ""


@dataclass(frozen=True)
class Choice:
    """One page of days, and the one whose times are shown."""

    zone: ZoneInfo
    days: Sequence[Day]
    chosen: Day
    is_other_day: bool = False
    """A day was asked for that has no free time (any more)."""
    earlier: str = ""
    later: str = ""
    """Addresses of the pages around."""


def choice(times: Sequence[datetime], *, zone: ZoneInfo, day: str, address: Address) -> Choice:
    """Return the days of `times` (in order, at least one) in `zone`, opened on `day`.

    `day` is what an address says; without a free time on it, the first that
    has one is opened.
    """
    found = days(times, zone=zone, address=address)
    wanted = day_of(day)
    place = next((n for n, each in enumerate(found) if _date(each.first, zone) == wanted), None)
    begin = (place or 0) // DAYS_SHOWN * DAYS_SHOWN
    end = begin + DAYS_SHOWN
    return Choice(
        zone=zone,
        days=found[begin:end],
        chosen=found[place or 0],
        is_other_day=bool(day) and place is None,
        earlier=found[begin - DAYS_SHOWN].url if begin else "",
        later=found[end].url if end < len(found) else "",
    )


def days(times: Iterable[datetime], *, zone: ZoneInfo, address: Address) -> list[Day]:
    """Return `times` (in order) by day of `zone`; each links to itself at `address`."""
    found: dict[date, list[datetime]] = {}
    for start in times:
        found.setdefault(_date(start, zone), []).append(start)
    return [_day(each, starts, zone, address) for each, starts in found.items()]


def near(times: Iterable[datetime], lost: datetime) -> list[datetime]:
    """Return those of `times` that are closest to `lost`, in order."""
    return sorted(sorted(times, key=lambda start: abs(start - lost))[:TIMES_NEARBY])


def _date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _day(day: date, starts: Sequence[datetime], zone: ZoneInfo, address: Address) -> Day:
    offsets = [clock.offset(start, zone) for start in starts]
    # A clock that is put back shows the same time twice.
    said = offsets if len(set(offsets)) > 1 else [""] * len(starts)
    times = [
        Time(start, address.at(time=text_of(start)), offset)
        for start, offset in zip(starts, said, strict=True)
    ]
    return Day(starts[0], times, address.at(day=day.isoformat()))


def duration(minutes: int) -> str:
    """Return how long that is in words: “1 hour 30 minutes”."""
    hours, rest = divmod(minutes, 60)
    hours_said = ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    rest_said = ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest}
    if hours and rest:
        return _("%(hours)s %(minutes)s") % {"hours": hours_said, "minutes": rest_said}
    return hours_said if hours else rest_said
