"""A time is listed if and only if it can be booked, whatever the database holds."""

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from config import zones
from leads import booking, hours, schedules
from leads.booking import SlotTaken
from leads.models import BlockedPeriod, Booking, DateOverride
from leads.models.bookings import BLOCKING, WAITING
from leads.models.calendars import WEEKDAYS
from tests.factories import make_calendar, make_lead, make_offer, make_staff
from tests.test_availability import INTERVALS, transitions

pytestmark = pytest.mark.django_db

number = count(1)
STEP = timedelta(minutes=5)
HOURS = INTERVALS.map(hours.write)
A_WEEK = st.lists(HOURS, min_size=7, max_size=7).map(
    lambda week: dict(zip(WEEKDAYS, week, strict=True))
)
OFFERS = st.fixed_dictionaries(
    {
        "duration": st.sampled_from([5, 30, 45, 60, 90]),
        "interval": st.sampled_from([5, 15, 20, 30, 60]),
        "buffer_before": st.sampled_from([0, 5, 15]),
        "buffer_after": st.sampled_from([0, 10, 30]),
        "notice": st.sampled_from([0, 60, 1440]),
        "horizon": st.integers(1, 5),
        "most_a_day": st.integers(0, 2),
        "confirms_by_hand": st.booleans(),
    }
)
PERIODS = st.lists(st.tuples(st.integers(-300, 1500), st.integers(1, 400)), max_size=3)
"""Steps from now until the beginning, and from there to the end."""
BOOKINGS = st.lists(
    st.tuples(
        st.integers(-100, 1500),
        st.sampled_from(Booking.State.values),
        st.booleans(),
        st.sampled_from([-STEP, timedelta(), STEP]),
    ),
    max_size=8,
)
"""Steps from now, state, whether of the same offer, and when it lapses, seen from now."""


@st.composite
def situations(draw):
    """A moment, an offer and its hosts with all that can be in the way; rows of the database."""
    zone = draw(st.sampled_from(zones.places()))
    changes = transitions(ZoneInfo(zone), 2026) or [datetime(2026, 6, 1, tzinfo=UTC)]
    around = draw(st.sampled_from(changes))
    now = around + timedelta(minutes=draw(st.integers(-2 * 1440, 1440)))
    offer = make_offer(most_open=0, **draw(OFFERS))
    other = make_offer(
        name="Workshop", is_default=False, duration=90, buffer_before=20, buffer_after=20
    )
    for _ in range(draw(st.integers(1, 2))):
        calendar = make_calendar(offer, other, time_zone=zone, **draw(A_WEEK))
        _fill(draw, calendar, offer, other, now)
    return now, offer


def _fill(draw, calendar, offer, other, now):
    today = now.astimezone(calendar.zone).date()
    for day in draw(st.sets(st.integers(-1, 5), max_size=3)):
        DateOverride.objects.create(
            calendar=calendar, day=today + timedelta(days=day), hours=draw(HOURS)
        )
    for begin, length in draw(PERIODS):
        start = now + begin * STEP
        BlockedPeriod.objects.create(
            calendar=calendar, starts_at=start, ends_at=start + length * STEP
        )
    busy = [
        [int((now + step * STEP).timestamp()) for step in (begin, begin + length)]
        for begin, length in draw(PERIODS)
    ]
    if busy:
        calendar.feed_url, calendar.busy = "https://calendar.example/a.ics", str(busy)
        hours_ago = draw(st.sampled_from([0, 0, 11, 12]))
        calendar.feed_good_at = now - timedelta(hours=hours_ago)
        calendar.save()
    for step, state, is_same, lapses in draw(BOOKINGS):
        start = now.replace(second=0, microsecond=0) + step * STEP
        _book(calendar, offer if is_same else other, start, state, now + lapses)


def _book(calendar, offer, start, state, holds_until):
    begin, end = booking._blocked(offer, start)
    in_the_way = calendar.bookings.held().overlapping(begin, end)
    if state in BLOCKING and in_the_way.exists():
        state = Booking.State.CANCELLED
    mark = f"booking {next(number)}"
    row = Booking(
        offer=offer, calendar=calendar, lead=make_lead(), state=state, uid=mark, token_hash=mark
    )
    booking._set_time(row, start)
    row.holds_until = holds_until if state in WAITING else None
    row.save()


def around(listed, now, draw, interval):
    """Some listed times, their neighbours, and others that may be listed or not."""
    picked = draw(st.lists(st.sampled_from(listed), max_size=3, unique=True)) if listed else []
    edges = {*picked, *listed[:1], *listed[-1:]}
    near = (-timedelta(minutes=interval), -STEP, STEP, timedelta(seconds=1))
    others = draw(st.lists(st.integers(-20, 1700), min_size=3, max_size=3))
    whole = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    return sorted(
        {*edges, *(start + step for start in edges for step in near)}
        | {whole + step * STEP for step in others}
    )


def succeeds(act):
    """Whether `act` gets its time; it is taken back."""
    with transaction.atomic():
        try:
            act()
        except SlotTaken:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@settings(max_examples=25)
@given(data=st.data())
def test_what_is_listed_can_be_booked_and_nothing_else(data):
    with transaction.atomic():
        now, offer = data.draw(situations())
        listed = schedules.times(schedules.calendars_of(offer), offer, now=now)
        lead = make_lead(email="new@example.com")
        for start in around(listed, now, data.draw, offer.interval):
            booked = succeeds(
                lambda start=start: booking.book(offer, start=start, lead=lead, now=now)
            )
            assert (start, booked) == (start, start in listed)
        transaction.set_rollback(True)


@settings(max_examples=20)
@given(data=st.data())
def test_where_a_booking_may_move_to_is_what_is_listed_without_it(data):
    with transaction.atomic():
        now, offer = data.draw(situations())
        staff = make_staff()
        for moving in Booking.objects.open().without_lapsed(now).filter(offer=offer)[:2]:
            listed = schedules.times([moving.calendar], offer, without=moving, now=now)
            for start in around(listed, now, data.draw, offer.interval):
                moved = start == moving.starts_at or succeeds(
                    lambda start=start, moving=moving: booking.move(
                        Booking.objects.get(pk=moving.pk), start=start, by=staff, now=now
                    )
                )
                assert (start, moved) == (start, start in listed or start == moving.starts_at)
        transaction.set_rollback(True)


def test_the_situations_hold_what_they_are_for():
    """Both answers are met often, so that neither is right by never being asked."""
    seen = {True: 0, False: 0}

    @settings(max_examples=25, database=None, derandomize=True)
    @given(data=st.data())
    def look(data):
        with transaction.atomic():
            now, offer = data.draw(situations())
            listed = schedules.times(schedules.calendars_of(offer), offer, now=now)
            for start in around(listed, now, data.draw, offer.interval):
                seen[start in listed] += 1
            transaction.set_rollback(True)

    look()
    assert min(seen.values()) > 25


def test_three_hosts_cost_as_many_queries_as_one(django_assert_num_queries):
    now = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    offer = make_offer(most_a_day=3, most_open=0)
    for hosts in (1, 3):
        while offer.calendars.count() < hosts:
            calendar = make_calendar(offer)
            DateOverride.objects.create(calendar=calendar, day=now.date(), hours="10–12")
            for hour in (30, 50):
                start = now + timedelta(hours=hour)
                booking.book(offer, start=start, lead=make_lead(), calendar=calendar, now=now)
        # Hosts, overrides, blocked periods, bookings.
        with django_assert_num_queries(4):
            assert schedules.times(schedules.calendars_of(offer), offer, now=now)
