"""Promised times when the rules of their zone change: what staff and operators hear of it."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from leads.drift import drifted
from leads.models import Booking
from tests.factories import make_booking, make_calendar, make_offer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def lisbon_joins_berlin(tmp_path):
    """From now on a clock in Lisbon shows what one in Berlin does, as it did until 1996."""
    folder = tmp_path / "Europe"
    folder.mkdir()
    rules = resources.files("tzdata").joinpath("zoneinfo", "Europe", "Berlin").read_bytes()
    (folder / "Lisbon").write_bytes(rules)

    def change():
        zoneinfo.reset_tzpath([tmp_path])
        zoneinfo.ZoneInfo.clear_cache(only_keys=["Europe/Lisbon"])

    yield change
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache(only_keys=["Europe/Lisbon"])


def problems(now=NOW):
    return [drift.problem for drift in drifted(now)]


def test_nothing_is_said_while_the_rules_are_those_that_were_promised():
    make_booking(start=TEN, now=NOW)
    assert problems() == []


def test_a_change_of_rules_is_seen_and_said_in_words(lisbon_joins_berlin):
    offer = make_offer()
    here = make_calendar(offer)
    there = make_calendar(offer, time_zone="Asia/Tokyo")
    make_booking(start=TEN, calendar=here, now=NOW)
    make_booking(start=TEN, calendar=there, now=NOW)
    lisbon_joins_berlin()
    shown = "Wednesday, March 4, 2026, 11:00 (Europe/Lisbon, UTC+01:00)"
    promised = "promised for 10:00 on 2026-03-04, but the clock will show"
    assert problems() == [f"{promised} {shown}"]


def test_a_zone_that_is_gone_is_said():
    make_booking(start=TEN, now=NOW)
    Booking.objects.update(time_zone="Mars/Olympus")
    assert problems() == ["the zone Mars/Olympus is not known any more"]


def test_a_renamed_zone_is_no_change():
    make_booking(start=TEN, now=NOW)
    calendar = Booking.objects.get().calendar
    make_booking(start=TEN + timedelta(hours=1), calendar=calendar, now=NOW)
    shown = TEN.astimezone(zoneinfo.ZoneInfo("Europe/Kyiv")).strftime("%Y-%m-%dT%H:%M")
    Booking.objects.filter(starts_at=TEN).update(time_zone="Europe/Kiev", wall_time=shown)
    assert problems() == []


def test_either_hour_of_a_clock_that_shows_it_twice_is_right():
    calendar = make_calendar(make_offer(), time_zone="America/New_York")
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    for start in (first, first + timedelta(hours=1)):
        make_booking(start=start, calendar=calendar, now=NOW)
    assert len(set(Booking.objects.values_list("wall_time", flat=True))) == 1
    assert problems() == []


def test_only_what_is_ahead_and_open_is_looked_at(lisbon_joins_berlin):
    make_booking(start=TEN, now=NOW)
    lisbon_joins_berlin()
    assert (len(problems(TEN - timedelta(seconds=1))), problems(TEN)) == (1, [])
    Booking.objects.update(state="cancelled")
    assert problems() == []


def test_three_bookings_cost_as_much_as_one(django_assert_num_queries):
    for number in (0, 1, 2):
        make_booking(start=TEN + timedelta(hours=number), now=NOW)
        if number != 1:
            with django_assert_num_queries(1):
                for drift in drifted(NOW):
                    assert str(drift.booking.calendar)


def test_the_command_ends_well_when_nothing_has_changed():
    make_booking(start=timezone.now() + timedelta(days=2))
    said = StringIO()
    call_command("check_bookings", stdout=said)
    assert said.getvalue() == "All coming bookings are at the times that were promised.\n"


def test_the_command_lists_what_to_look_at_and_changes_nothing():
    booked = make_booking(start=timezone.now() + timedelta(days=2))
    Booking.objects.update(time_zone="Mars/Olympus")
    before = list(Booking.objects.values())
    said = StringIO()
    with pytest.raises(CommandError, match="One booking has to be looked at") as ended:
        call_command("check_bookings", stdout=said)
    assert ended.value.returncode == 1
    assert said.getvalue().splitlines() == [
        f"Free consultation with {booked.calendar}: the zone Mars/Olympus is not known any more.",
        f"    https://glossary.example/admin/leads/booking/{booked.pk}/change/",
    ]
    assert list(Booking.objects.values()) == before
