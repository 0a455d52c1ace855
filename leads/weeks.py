"""A week of one or more hosts: hours, bookings, and what else is in the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from leads import hours
from leads.models import BlockedPeriod, Booking, Calendar, DateOverride

DAYS = 7
_ONE_DAY = timedelta(days=1)
_MARGIN = timedelta(days=2)
"""Days of hosts begin and end elsewhere than ours."""
FARTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Opening:
    """When one host is there on a day."""

    calendar: Calendar
    hours: Sequence[str]
    """Intervals, as “9:00–12:00”; none: closed."""
    is_override: bool


@dataclass(frozen=True)
class Item:
    """Something within one day of a host's."""

    calendar: Calendar
    begins_at: datetime
    ends_at: datetime
    booking: Booking | None = None
    blocked: BlockedPeriod | None = None
    """Neither: an appointment of the external calendar, of which nothing else is known."""
    is_whole_day: bool = False

    @property
    def kind(self) -> str:
        if self.booking:
            return "booking"
        return "blocked" if self.blocked else "busy"

    @property
    def until(self) -> str:
        """The end by the host's clock; that of a day is 24:00."""
        ends = self.ends_at.astimezone(self.calendar.zone)
        begins = self.begins_at.astimezone(self.calendar.zone)
        return "24:00" if ends.time() == time() and ends > begins else f"{ends:%H:%M}"


@dataclass(frozen=True)
class Day:
    """A day as each host has it by their own clock."""

    date: date
    openings: Sequence[Opening]
    items: Sequence[Item]


def monday_of(text: str, today: date) -> date:
    """Return the Monday of the week that the date in `text` lies in.

    What is no date, or years away, means the week of `today`.
    """
    try:
        chosen = date.fromisoformat(text)
    except ValueError:
        chosen = today
    if abs(chosen - today) > FARTHEST:
        chosen = today
    return chosen - timedelta(days=chosen.weekday())


def week(calendars: Sequence[Calendar], first: date, now: datetime | None = None) -> list[Day]:
    """Return the seven days from `first`, each with what `calendars` have on it; three queries."""
    now = now or timezone.now()
    midnight = datetime.combine(first, time(), tzinfo=UTC)
    begin, end = midnight - _MARGIN, midnight + timedelta(days=DAYS) + _MARGIN
    days = [first + timedelta(days=number) for number in range(DAYS)]
    overrides = {
        (each.calendar_id, each.day): each.hours
        for each in DateOverride.objects.filter(calendar__in=calendars, day__in=days)
    }
    items = [*_booked(calendars, begin, end, now), *_away(calendars, begin, end)]
    for calendar in calendars:
        items += _busy(calendar, begin, end)
    return [
        Day(
            day,
            [_opening(calendar, day, overrides) for calendar in calendars],
            sorted(_of_day(items, day), key=lambda item: (item.begins_at, item.ends_at)),
        )
        for day in days
    ]


def _booked(
    calendars: Sequence[Calendar], begin: datetime, end: datetime, now: datetime
) -> Iterator[Item]:
    found = Booking.objects.held().without_lapsed(now).filter(calendar__in=calendars)
    # The last condition follows from the second, and has an index.
    found = found.filter(starts_at__lt=end, ends_at__gt=begin, blocked_until__gt=begin)
    by_key = {each.pk: each for each in calendars}
    for booking in found.select_related("lead__entry", "offer"):
        calendar = by_key[booking.calendar_id]
        yield Item(calendar, booking.starts_at, booking.ends_at, booking=booking)


def _away(calendars: Sequence[Calendar], begin: datetime, end: datetime) -> Iterator[Item]:
    by_key = {each.pk: each for each in calendars}
    found = BlockedPeriod.objects.filter(
        calendar__in=calendars, starts_at__lt=end, ends_at__gt=begin
    )
    for period in found:
        calendar = by_key[period.calendar_id]
        yield Item(calendar, period.starts_at, period.ends_at, blocked=period)


def _busy(calendar: Calendar, begin: datetime, end: datetime) -> Iterator[Item]:
    first, last = begin.timestamp(), end.timestamp()
    for begins, ends in calendar.busy_intervals:
        if begins < last and ends > first:
            begins_at = datetime.fromtimestamp(max(begins, first), tz=UTC)
            yield Item(calendar, begins_at, datetime.fromtimestamp(min(ends, last), tz=UTC))


def _of_day(items: Sequence[Item], day: date) -> Iterator[Item]:
    """What has a part of `day`, cut to it; a booking whole, on the day that it begins."""
    for item in items:
        zone = item.calendar.zone
        if item.booking:
            if item.begins_at.astimezone(zone).date() == day:
                yield item
            continue
        midnight = datetime.combine(day, time(), tzinfo=zone)
        next_midnight = datetime.combine(day + _ONE_DAY, time(), tzinfo=zone)
        begins = max(item.begins_at, midnight)
        ends = min(item.ends_at, next_midnight)
        if begins < ends:
            is_whole = (begins, ends) == (midnight, next_midnight)
            yield Item(item.calendar, begins, ends, blocked=item.blocked, is_whole_day=is_whole)


def _opening(calendar: Calendar, day: date, overrides: Mapping[tuple[int, date], str]) -> Opening:
    text = overrides.get((calendar.pk, day))
    open_at = calendar.weekly[day.weekday()] if text is None else hours.parse(text)
    intervals = [hours.write((each,)) for each in open_at]
    return Opening(calendar, intervals, is_override=text is not None)
