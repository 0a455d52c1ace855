"""What the database knows of hosts' time, as values for `leads.availability`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from config.seconds import SecondsDown, SecondsUp
from leads import availability, hours
from leads.availability import Interval, Schedule
from leads.models import BlockedPeriod, Booking, Calendar, DateOverride, Offer

_MARGIN = timedelta(days=2)
"""Days of hosts begin and end elsewhere than ours, and buffers reach out of the range."""


def of(
    calendars: Iterable[Calendar],
    offer: Offer,
    *,
    first: datetime | None = None,
    last: datetime | None = None,
    without: Booking | None = None,
    now: datetime | None = None,
) -> dict[Calendar, Schedule]:
    """Return the schedule of each calendar for `offer`, between `first` and `last`.

    Without a range: from now to the offer's horizon. `without` is a booking
    that is about to move. Three queries.
    """
    now = now or timezone.now()
    calendars = list(calendars)
    end = now + timedelta(days=offer.horizon) + _MARGIN
    begin = max(first or now, now) - _MARGIN
    end = min(last or end, end) + _MARGIN
    is_bookable = offer.is_active and not offer.is_paused
    overrides = _overrides(calendars, begin.date(), end.date())
    taken, starts = _taken(calendars, offer, begin, end, without, now)
    return {
        each: Schedule(
            zone=each.zone,
            weekly=each.weekly,
            overrides=overrides.get(each.pk, {}),
            taken=availability.merged([*taken[each.pk], *each.busy_intervals]),
            booked=_by_day(starts[each.pk], each.zone) if offer.most_a_day else {},
            is_open=is_bookable and each.knows_plans(now),
        )
        for each in calendars
    }


def times(
    calendars: Iterable[Calendar],
    offer: Offer,
    *,
    without: Booking | None = None,
    now: datetime | None = None,
) -> list[datetime]:
    """Return all starts (UTC, in order) that any of `calendars` has for `offer`; three queries."""
    now = now or timezone.now()
    last = now + timedelta(days=offer.horizon + 2)
    found: set[datetime] = set()
    for schedule in of(calendars, offer, without=without, now=now).values():
        found.update(availability.slots(schedule, offer.rules, first=now, last=last, now=now))
    return sorted(found)


def calendars_of(offer: Offer) -> list[Calendar]:
    """Return the calendars of `offer` with their hosts, in the order of their keys; one query."""
    hosts = offer.calendars.filter(author__is_visible=True)
    return list(hosts.select_related("author").order_by("pk"))


def _overrides(
    calendars: Sequence[Calendar], begin: date, end: date
) -> Mapping[int, dict[date, hours.Hours]]:
    rows = DateOverride.objects.filter(calendar__in=calendars, day__range=(begin, end))
    found: dict[int, dict[date, hours.Hours]] = {}
    for calendar, day, text in rows.values_list("calendar", "day", "hours"):
        found.setdefault(calendar, {})[day] = hours.parse(text)
    return found


def _taken(
    calendars: Sequence[Calendar],
    offer: Offer,
    begin: datetime,
    end: datetime,
    without: Booking | None,
    now: datetime,
) -> tuple[dict[int, list[Interval]], dict[int, list[int]]]:
    """What is in the way by calendar, and the starts of the offer's own bookings."""
    taken: dict[int, list[Interval]] = {each.pk: [] for each in calendars}
    starts: dict[int, list[int]] = {each.pk: [] for each in calendars}
    away = BlockedPeriod.objects.filter(
        calendar__in=calendars, starts_at__lt=end, ends_at__gt=begin
    )
    for key, starts_at, ends_at in away.values_list("calendar", "starts_at", "ends_at"):
        taken[key].append(_interval(starts_at, ends_at))
    bookings = Booking.objects.held().overlapping(begin, end).filter(calendar__in=calendars)
    bookings = bookings.without_lapsed(now)
    if without:
        bookings = bookings.exclude(pk=without.pk)
    rows = bookings.order_by().values_list(
        *("calendar", "offer"),
        *(SecondsDown("starts_at"), SecondsDown("blocked_from"), SecondsUp("blocked_until")),
    )
    for key, of_offer, start, blocked_from, blocked_until in rows:
        taken[key].append((blocked_from, blocked_until))
        if of_offer == offer.pk:
            starts[key].append(start)
    return taken, starts


def _by_day(starts: Iterable[int], zone: ZoneInfo) -> Mapping[date, int]:
    return Counter(datetime.fromtimestamp(start, zone).date() for start in starts)


def _interval(begin: datetime, end: datetime) -> Interval:
    return int(begin.timestamp()), -int(-end.timestamp() // 1)
