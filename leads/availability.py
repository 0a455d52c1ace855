"""Which times an offer has: one pure function lists and checks them.

Opening hours are times on the host's wall; a time that the clock skips is
not offered, one that it shows twice is offered once, the first time. What
lasts is counted in UTC. Instants are kept as whole seconds since 1970, so
that a horizon of weeks costs milliseconds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from leads.hours import MIDNIGHT, Hours

Interval = tuple[int, int]
"""Seconds since 1970 (UTC): from the first, until before the second."""

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """What an offer asks of its times; everything but the horizon and the limit in minutes."""

    duration: int
    interval: int
    before: int = 0
    after: int = 0
    notice: int = 0
    horizon: int = 60
    """In days: the last one is offered as a whole."""
    most_a_day: int = 0
    """Bookings of the offer on a day of the host's; 0 is no limit."""


@dataclass(frozen=True)
class Schedule:
    """When one host is there, and what is in the way."""

    zone: ZoneInfo
    weekly: tuple[Hours, ...]
    """Seven days, Monday first."""
    overrides: Mapping[date, Hours] = field(default_factory=dict)
    """Days on which the weekly hours do not hold; no hours: closed."""
    taken: Sequence[Interval] = ()
    """In order, none touching another, as `merged` returns them; bookings with their buffers."""
    booked: Mapping[date, int] = field(default_factory=dict)
    """Bookings of the offer by day of the host's."""
    is_open: bool = True
    """False closes everything: what the host has planned is not known."""


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """Return `intervals` in order, those that overlap or touch as one, empty ones left out."""
    found: list[Interval] = []
    for begin, end in sorted(intervals):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def slots(
    schedule: Schedule, rules: Rules, *, first: datetime, last: datetime, now: datetime
) -> list[datetime]:
    """Return the starts (UTC) from `first` until before `last` that can be booked at `now`.

    The work is bounded by the horizon, whatever range is asked for.
    """
    if not schedule.is_open:
        return []
    zone = schedule.zone
    last_day = now.astimezone(zone).date() + timedelta(days=rules.horizon)
    earliest = max(first, now + timedelta(minutes=rules.notice))
    latest = min(last, datetime.combine(last_day + _ONE_DAY, time(), tzinfo=zone))
    if earliest >= latest:
        return []
    begin, end = -(-earliest.timestamp() // 1), latest.timestamp()
    free = _Free(schedule.taken, rules)
    return [
        datetime.fromtimestamp(start, tz=UTC)
        for day in _days(earliest.astimezone(zone).date(), min(last_day, _date(latest, zone)))
        if not rules.most_a_day or schedule.booked.get(day, 0) < rules.most_a_day
        for start in _starts(schedule, rules, day)
        if begin <= start < end and free.has_room_at(start)
    ]


def is_offered(schedule: Schedule, rules: Rules, start: datetime, now: datetime) -> bool:
    """Return whether `start` is one of `slots`: what is offered can be booked and nothing else."""
    if start.microsecond or abs(start - now) > timedelta(days=rules.horizon + 2):
        return False
    return bool(slots(schedule, rules, first=start, last=start + timedelta(seconds=1), now=now))


def _date(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _starts(schedule: Schedule, rules: Rules, day: date) -> Iterator[int]:
    """Every start of `day` whose whole duration lies within opening hours."""
    hours = schedule.overrides.get(day, schedule.weekly[day.weekday()])
    if not hours:
        return
    clock = _Clock(day, schedule.zone)
    for opens, closes in hours:
        closing = clock.closing(closes)
        for minute in range(opens, closes, rules.interval):
            start = clock.instant(minute)
            if start is None:
                continue
            if start + rules.duration * 60 > closing:
                break
            yield start


class _Clock:
    """The clock on the host's wall on one day."""

    def __init__(self, day: date, zone: ZoneInfo) -> None:
        self.midnight = datetime.combine(day, time())
        self.zone = zone
        offset, next_offset = (
            (self.midnight + later).replace(tzinfo=zone).utcoffset() or timedelta()
            for later in (timedelta(), _ONE_DAY)
        )
        # Where nothing changes during the day, one sum answers for all of it.
        self.is_even = offset == next_offset
        self.base = int((self.midnight - offset).replace(tzinfo=UTC).timestamp())

    def instant(self, minute: int) -> int | None:
        """When the clock shows `minute` for the first time; None if it skips it."""
        if self.is_even:
            return self.base + minute * 60
        shown = self.midnight + timedelta(minutes=minute)
        instant = int(shown.replace(tzinfo=self.zone).timestamp())
        is_shown = datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None) == shown
        return instant if is_shown else None

    def closing(self, minute: int) -> int:
        """When to be done by if the hours end at `minute`: the first time the clock shows it.

        If it skips that, the moment at which it does.
        """
        if self.is_even and minute < MIDNIGHT:
            return self.base + minute * 60
        shown = (self.midnight + timedelta(minutes=minute)).replace(tzinfo=self.zone)
        before, after = int(shown.timestamp()), int(shown.replace(fold=1).timestamp())
        if before <= after:
            return before
        # By its former and its next offset: the clock is put forward in between.
        moments = range(after, before + 1)
        former = self._offset(after)
        return moments[bisect_left(moments, True, key=lambda at: self._offset(at) != former)]

    def _offset(self, instant: int) -> timedelta | None:
        return datetime.fromtimestamp(instant, self.zone).utcoffset()


class _Free:
    """Looks a time up among what is taken."""

    def __init__(self, taken: Sequence[Interval], rules: Rules) -> None:
        self.begins = [begin for begin, _ in taken]
        self.ends = [end for _, end in taken]
        self.before = rules.before * 60
        self.after = (rules.duration + rules.after) * 60

    def has_room_at(self, start: int) -> bool:
        # The first interval that ends after the meeting's buffer begins is the only one to ask.
        following = bisect_right(self.ends, start - self.before)
        return following == len(self.ends) or self.begins[following] >= start + self.after
