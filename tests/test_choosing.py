"""Choosing a time: days and times as the visitor's clock shows them, then the booking."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leads import choosing
from leads.choosing import Address

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday; Lisbon is on UTC."""
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
LISBON = ZoneInfo("Europe/Lisbon")
HERE = Address("/consultation/")


# Addresses --------------------------------------------------------------------------------


def test_a_time_is_read_as_it_was_written():
    assert choosing.text_of(TEN) == "2026-03-04T10:00Z"
    assert choosing.start_of("2026-03-04T10:00Z") == TEN
    assert choosing.start_of("9999-12-31T23:59Z") == datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "none", "2026-03-04T10:00", "2026-03-04T10:00+00:00", "2026-03-04 10:00Z"),
        *("2026-02-30T10:00Z", "2026-03-04T24:00Z", "0000-01-01T00:00Z", "10000-01-01T00:00Z"),
        *("2026-03-04T10:00Z\0", "2026-03-04T10:00Z\n", "٢٠٢٦-٠٣-٠٤T١٠:٠٠Z", "1" * 10_000),
        *("2026-03-04T10:00:00Z", "20260304T1000Z", "-026-03-04T10:00Z"),
    ],
    ids=lambda text: ascii(text)[1:30],
)
def test_what_is_no_time_of_ours_is_none(text):
    assert choosing.start_of(text) is None


@pytest.mark.parametrize("text", ["", "20260304", "2026-W10-3", "2026-02-30", "x" * 9999, "\0"])
def test_what_is_no_day_is_none(text):
    assert choosing.day_of(text) is None


def test_an_address_carries_what_was_chosen_and_nothing_empty():
    address = Address("/consultation/", {"zone": "Etc/GMT+3", "from": "/glossary/a b/", "x": ""})
    assert address.at(time="2026-03-04T10:00Z") == (
        "/consultation/?zone=Etc/GMT%2B3&from=/glossary/a+b/&time=2026-03-04T10:00Z"
    )
    assert address.besides_zone == [("from", "/glossary/a b/")]
    assert HERE.at() == "/consultation/"


# Zones ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown", "is_chosen", "is_unknown"),
    [
        ("Asia/Kathmandu", "Asia/Kathmandu", True, False),
        ("Asia/Calcutta", "Asia/Kolkata", True, False),
        ("", "Europe/Lisbon", False, False),
        ("America/Pacific", "Europe/Lisbon", False, True),
        ("../../etc", "Europe/Lisbon", False, True),
        ("/etc/localtime", "Europe/Lisbon", False, True),
        ("Europe/Lisbon\0", "Europe/Lisbon", False, True),
        ("Z" * 10_000, "Europe/Lisbon", False, True),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_times_are_shown_in_the_visitors_zone_or_the_hosts(name, shown, is_chosen, is_unknown):
    visitor = choosing.zone_for(name, default=LISBON)
    assert (visitor.zone.key, visitor.is_chosen, visitor.is_unknown) == (
        *(shown, is_chosen, is_unknown),
    )
    assert visitor.key == (shown if is_chosen else "")


def test_zones_are_listed_by_area():
    visitor = choosing.zone_for("EST5EDT", default=LISBON)
    areas = dict(visitor.areas)
    assert ("America/St_Johns", "St Johns") in areas["America"]
    assert ("America/Argentina/Ushuaia", "Argentina/Ushuaia") in areas["America"]
    assert areas["UTC"] == (("UTC", "UTC"),)
    assert (visitor.is_listed, choosing.zone_for("", default=LISBON).is_listed) == (False, True)


# Days and times ---------------------------------------------------------------------------


def test_days_are_those_of_the_visitor():
    starts = [datetime(2026, 3, 4, hour, tzinfo=UTC) for hour in (9, 10, 11)]
    kiritimati = choosing.days(starts, zone=ZoneInfo("Pacific/Kiritimati"), address=HERE)
    niue = choosing.days(starts, zone=ZoneInfo("Pacific/Niue"), address=HERE)
    assert [(day.url, len(day.times)) for day in kiritimati] == [
        ("/consultation/?day=2026-03-04", 1),
        ("/consultation/?day=2026-03-05", 2),
    ]
    assert [(day.url, len(day.times)) for day in niue] == [
        ("/consultation/?day=2026-03-03", 2),
        ("/consultation/?day=2026-03-04", 1),
    ]


def test_a_time_that_a_clock_shows_twice_is_told_apart_by_its_offset():
    starts = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1, 2)]
    (day,) = choosing.days(starts, zone=LISBON, address=HERE)
    assert [time.offset for time in day.times] == ["UTC+01:00", "UTC+00:00", "UTC+00:00"]
    (day,) = choosing.days(starts, zone=ZoneInfo("UTC"), address=HERE)
    assert [time.offset for time in day.times] == ["", "", ""]


def choice(day="", number=23):
    """One time on each of `number` days."""
    times = [TEN + timedelta(days=passed) for passed in range(number)]
    return choosing.choice(times, zone=LISBON, day=day, address=HERE)


def test_it_opens_on_the_first_day_with_a_free_time():
    shown = choice()
    assert (shown.chosen, shown.chosen.first, shown.is_other_day) == (shown.days[0], TEN, False)
    assert (len(shown.days), shown.earlier, shown.later) == (
        *(10, "", "/consultation/?day=2026-03-14"),
    )


def test_it_opens_on_the_day_that_was_chosen_among_those_around():
    shown = choice("2026-03-16")
    assert (shown.chosen.first, shown.is_other_day) == (TEN + timedelta(days=12), False)
    assert (shown.days[0].first, shown.earlier, shown.later) == (
        *(TEN + timedelta(days=10), "/consultation/?day=2026-03-04"),
        "/consultation/?day=2026-03-24",
    )
    assert [len(choice(day).days) for day in ("2026-03-23", "2026-03-24", "2026-03-26")] == [
        *(10, 3, 3),
    ]


@pytest.mark.parametrize("day", ["2026-03-03", "2026-04-01", "9999-12-31", "soon"])
def test_a_day_without_free_times_opens_the_first_and_says_so(day):
    shown = choice(day)
    assert (shown.chosen.first, shown.is_other_day) == (TEN, True)


def test_the_times_near_a_lost_one_are_in_order():
    times = [TEN + HALF * step for step in range(-20, 40) if step]
    found = choosing.near(times, TEN)
    assert found == [TEN + HALF * step for step in range(-6, 7) if step]
    assert choosing.near(times, choosing.NEVER) == times[:12]
    assert choosing.near([], TEN) == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        *((5, "5 minutes"), (30, "30 minutes"), (60, "1 hour"), (61, "1 hour 1 minute")),
        *((90, "1 hour 30 minutes"), (480, "8 hours")),
    ],
)
def test_a_duration_is_said_in_words(minutes, words):
    assert choosing.duration(minutes) == words
