"""Which times are offered: a slow and plain reading of the rules says the same."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from time import perf_counter
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import zones
from leads.availability import Rules, Schedule, is_offered, merged, slots
from leads.hours import parse

NINE_TO_FIVE = (parse("9-12, 13-17"),) * 5 + ((), ())
HALF_HOUR = Rules(duration=30, interval=30, horizon=30)
MONDAY = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def listed(schedule, rules, *, now=MONDAY, days=7):
    return slots(schedule, rules, first=now, last=now + timedelta(days=days), now=now)


def wall(starts, zone):
    return [start.astimezone(zone).strftime("%m-%d %H:%M") for start in starts]


def lisbon(**fields):
    return Schedule(zone=ZoneInfo("Europe/Lisbon"), weekly=NINE_TO_FIVE, **fields)


def seconds(*moments):
    return tuple(int(moment.timestamp()) for moment in moments)


def test_a_lunch_break_is_not_offered():
    hours = [start.strftime("%H:%M") for start in listed(lisbon(), HALF_HOUR, days=1)]
    assert hours == [
        *("09:00", "09:30", "10:00", "10:30", "11:00", "11:30"),
        *("13:00", "13:30", "14:00", "14:30", "15:00", "15:30", "16:00", "16:30"),
    ]


def test_the_interval_is_not_the_duration():
    rules = Rules(duration=45, interval=20)
    hours = [start.strftime("%H:%M") for start in listed(lisbon(), rules, days=1)][:8]
    assert hours == ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00", "13:00"]


def test_the_last_time_of_a_day_is_offered():
    rules = Rules(duration=60, interval=60)
    assert listed(lisbon(), rules, days=1)[-1] == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)


def test_buffers_keep_their_distance_from_what_is_taken():
    talk = (datetime(2026, 3, 2, 10, 0, tzinfo=UTC), datetime(2026, 3, 2, 11, 0, tzinfo=UTC))
    rules = Rules(duration=30, interval=15, before=15, after=30)
    found = listed(lisbon(taken=[seconds(*talk)]), rules, days=1)
    morning = [start.strftime("%H:%M") for start in found if start.hour < 12]
    assert morning == ["09:00", "11:15", "11:30"]


@pytest.mark.parametrize(
    ("begin", "end", "is_free"),
    [
        ("09:00:00", "09:45:00", True),
        ("09:00:00", "09:45:01", False),
        ("11:00:00", "12:00:00", True),
        ("10:59:59", "12:00:00", False),
        ("10:10:00", "10:10:01", False),
    ],
)
def test_one_second_is_enough_to_be_in_the_way(begin, end, is_free):
    """Ten o'clock, with its buffers from 9:45 until 11:00."""
    rules = Rules(duration=30, interval=60, before=15, after=30)
    taken = [datetime.fromisoformat(f"2026-03-02T{each}+00:00") for each in (begin, end)]
    ten = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    assert is_offered(lisbon(taken=[seconds(*taken)]), rules, ten, MONDAY) == is_free


def test_notice_and_horizon_bound_what_is_offered():
    now = datetime(2026, 3, 2, 9, 10, tzinfo=UTC)
    rules = Rules(duration=30, interval=30, notice=120, horizon=1)
    found = listed(lisbon(), rules, now=now, days=30)
    assert (found[0], found[-1]) == (
        datetime(2026, 3, 2, 11, 30, tzinfo=UTC),
        datetime(2026, 3, 3, 16, 30, tzinfo=UTC),
    )


def test_overrides_replace_the_hours_of_their_day():
    overrides = {date(2026, 3, 2): (), date(2026, 3, 7): parse("10-11")}
    found = listed(lisbon(overrides=overrides), HALF_HOUR)
    days = {start.date() for start in found}
    assert (date(2026, 3, 2) in days, date(2026, 3, 7) in days) == (False, True)


def test_a_full_day_is_not_offered():
    rules = Rules(duration=30, interval=30, most_a_day=2)
    booked = {date(2026, 3, 2): 2, date(2026, 3, 3): 1}
    days = {start.date() for start in listed(lisbon(booked=booked), rules)}
    assert (date(2026, 3, 2) in days, date(2026, 3, 3) in days) == (False, True)


def test_a_closed_calendar_offers_nothing():
    assert listed(lisbon(is_open=False), HALF_HOUR) == []


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (datetime(2026, 3, 2, 23, 31, tzinfo=ZoneInfo("Asia/Tokyo")), "03-03 00:00"),
        (datetime(2026, 3, 3, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo")), "03-03 00:30"),
    ],
)
def test_now_is_compared_where_the_host_is(now, first):
    tokyo = Schedule(zone=ZoneInfo("Asia/Tokyo"), weekly=(parse("0-24"),) * 7)
    found = slots(tokyo, HALF_HOUR, first=now, last=now + timedelta(days=1), now=now)
    assert wall(found[:1], tokyo.zone) == [first]


def test_a_time_that_the_clock_skips_is_not_offered():
    zone = ZoneInfo("America/New_York")
    schedule = Schedule(zone=zone, weekly=(parse("1-4"),) * 7)
    now = datetime(2026, 3, 8, 0, 0, tzinfo=zone)
    found = slots(schedule, HALF_HOUR, first=now, last=now + timedelta(hours=12), now=now)
    assert wall(found, zone) == ["03-08 01:00", "03-08 01:30", "03-08 03:00", "03-08 03:30"]


def test_a_time_that_the_clock_shows_twice_is_offered_once():
    zone = ZoneInfo("America/New_York")
    schedule = Schedule(zone=zone, weekly=(parse("0-3"),) * 7)
    now = datetime(2026, 11, 1, 0, 0, tzinfo=zone)
    found = slots(schedule, HALF_HOUR, first=now, last=now + timedelta(hours=12), now=now)
    assert [start.strftime("%H:%M") for start in found] == [
        *("04:00", "04:30", "05:00", "05:30", "07:00", "07:30"),
    ]


@pytest.mark.parametrize("year", [1, 1970, 2525, 9999])
def test_times_in_other_centuries_are_not_offered(year):
    start = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    assert not is_offered(lisbon(), HALF_HOUR, start, MONDAY)


def test_a_range_of_millennia_costs_a_horizon():
    begun = perf_counter()
    last = datetime(9999, 12, 31, tzinfo=UTC)
    found = slots(lisbon(), HALF_HOUR, first=MONDAY, last=last, now=MONDAY)
    assert (found[-1] < MONDAY + timedelta(days=32), perf_counter() - begun < 1) == (True, True)


# The same, read plainly -------------------------------------------------------------------


def transitions(zone: ZoneInfo, year: int) -> list[datetime]:
    """The hours (UTC) of `year` at which the clocks of `zone` change."""
    found, before = [], None
    hour = datetime(year, 1, 1, tzinfo=UTC)
    while hour.year == year:
        offset = hour.astimezone(zone).utcoffset()
        if before is not None and offset != before:
            found.append(hour)
        before, hour = offset, hour + timedelta(hours=6)
    return found


def plainly(schedule: Schedule, rules: Rules, start: datetime, now: datetime) -> bool:
    """Whether `start` keeps every rule, asked one after the other."""
    local = start.astimezone(schedule.zone)
    day, minute = local.date(), local.hour * 60 + local.minute
    end = start + timedelta(minutes=rules.duration)
    hours = schedule.overrides.get(day, schedule.weekly[day.weekday()])
    if local.fold or local.second:
        return False
    for opens, closes in hours:
        closing = datetime.combine(day, time()) + timedelta(minutes=closes)
        is_on_grid = opens <= minute < closes and (minute - opens) % rules.interval == 0
        steps = (start + timedelta(minutes=5 * n) for n in range(rules.duration // 5))
        # Nowhere in the talk does the clock show that the host has gone.
        if is_on_grid and all(
            step.astimezone(schedule.zone).replace(tzinfo=None) < closing for step in steps
        ):
            break
    else:
        return False
    begin = start - timedelta(minutes=rules.before)
    finish = end + timedelta(minutes=rules.after)
    is_taken = any(
        begin.timestamp() < until and finish.timestamp() > since for since, until in schedule.taken
    )
    last_day = now.astimezone(schedule.zone).date() + timedelta(days=rules.horizon)
    is_full = rules.most_a_day and schedule.booked.get(day, 0) >= rules.most_a_day
    is_soon = start < now + timedelta(minutes=rules.notice)
    return not (is_taken or is_full or is_soon or day > last_day)


INTERVALS = st.lists(st.integers(0, 96), min_size=0, max_size=6, unique=True).map(
    lambda quarters: tuple(
        (begin * 15, end * 15)
        for begin, end in zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False)
    )
)


@st.composite
def situations(draw):
    zone = ZoneInfo(draw(st.sampled_from(sorted(zones.names()))))
    changes = transitions(zone, draw(st.sampled_from([2025, 2026, 2027])))
    around = draw(st.sampled_from(changes or [datetime(2026, 6, 1, tzinfo=UTC)]))
    now = around + timedelta(minutes=draw(st.integers(-2 * 1440, 1440)))
    taken = [
        (int(now.timestamp()) + begin * 300, int(now.timestamp()) + (begin + length) * 300)
        for begin, length in draw(
            st.lists(st.tuples(st.integers(-20, 900), st.integers(1, 60)), max_size=6)
        )
    ]
    day = now.astimezone(zone).date()
    schedule = Schedule(
        zone=zone,
        weekly=tuple(draw(INTERVALS) for _ in range(7)),
        overrides={day + timedelta(days=draw(st.integers(0, 3))): draw(INTERVALS)},
        taken=merged(taken),
        booked={day + timedelta(days=1): draw(st.integers(0, 3))},
    )
    rules = Rules(
        duration=draw(st.sampled_from([5, 15, 30, 45, 60, 90, 480])),
        interval=draw(st.sampled_from([5, 15, 20, 30, 60])),
        before=draw(st.sampled_from([0, 5, 15])),
        after=draw(st.sampled_from([0, 10, 30])),
        notice=draw(st.sampled_from([0, 60, 1440])),
        horizon=draw(st.integers(1, 4)),
        most_a_day=draw(st.integers(0, 2)),
    )
    return schedule, rules, now


@settings(max_examples=60)
@given(situations())
def test_what_is_listed_is_what_the_rules_say_and_can_be_booked(situation):
    schedule, rules, now = situation
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    grid = [first + timedelta(minutes=5 * step) for step in range(288 * 7)]
    offered = slots(schedule, rules, first=grid[0], last=grid[-1], now=now)
    # Zones with offsets of seconds have no times on our grid of minutes.
    plain = [start for start in grid if plainly(schedule, rules, start, now)]
    assert [start for start in offered if start in set(grid)] == plain
    assert all(is_offered(schedule, rules, start, now) for start in offered)
    refused = set(grid[::7]) - set(offered)
    assert not any(is_offered(schedule, rules, start, now) for start in refused)


# Every zone, around every change of its clocks -------------------------------------------

QUARTER = timedelta(minutes=15)
A_WHILE = timedelta(hours=26)
OPEN = parse("0:30-3:30, 12-13, 22-24")
"""Around the hours at which clocks are changed: midnight and the small ones."""


@cache
def changes(zone: ZoneInfo) -> list[datetime]:
    """The instants (UTC) from 2010 to 2030 at which the clocks of `zone` change."""
    found, step = [], timedelta(days=3)
    before = datetime(2010, 1, 1, tzinfo=UTC)
    while before.year <= 2030:
        after = before + step
        offset = before.astimezone(zone).utcoffset()
        if after.astimezone(zone).utcoffset() != offset:
            quarters = [before + QUARTER * n for n in range(step // QUARTER + 1)]
            found.append(next(q for q in quarters if q.astimezone(zone).utcoffset() != offset))
        before = after
    return found


def shown_open(zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """Each half hour whose every quarter the host's clock shows as open, the first time it does.

    Only clocks are read here, no sum is made: of a time that is skipped there
    is nothing to read.
    """
    quarters = [first + QUARTER * n for n in range((last - first) // QUARTER + 2)]
    clocks = [quarter.astimezone(zone) for quarter in quarters]
    is_open = [
        any(opens <= each.hour * 60 + each.minute < closes for opens, closes in OPEN)
        for each in clocks
    ]
    return [
        quarter
        for n, (quarter, clock) in enumerate(zip(quarters[:-2], clocks, strict=False))
        if clock.minute % 30 == 0 and not clock.fold and is_open[n] and is_open[n + 1]
    ]


@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_wall_time_stays_what_was_configured_around_every_transition(name):
    zone = ZoneInfo(name)
    schedule = Schedule(zone=zone, weekly=(OPEN,) * 7)
    for change in changes(zone):
        first, last = change - A_WHILE, change + A_WHILE
        found = slots(schedule, HALF_HOUR, first=first, last=last, now=first)
        assert found == shown_open(zone, first, last)


def test_the_zones_have_the_transitions_that_they_are_tested_for():
    """So that nothing is right by there being nothing to look at."""
    found = [(zone, change) for zone in map(ZoneInfo, zones.names()) for change in changes(zone)]
    jumps = {
        change.astimezone(zone).utcoffset() - (change - QUARTER).astimezone(zone).utcoffset()
        for zone, change in found
    }
    hours = {change.astimezone(zone).hour for zone, change in found}
    assert {timedelta(hours=n) for n in (-1, 0.5, -0.5, 1, 2, -2, 24)} <= jumps
    assert ({0, 1, 2, 3, 23} <= hours, len(found) > 5_000) == (True, True)


def test_intervals_that_touch_become_one():
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (12, 12)]) == [(1, 4), (5, 9)]
