"""The week: each host's hours, bookings and absences, day by day by the host's own clock."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from config import site
from leads import booking as verbs
from leads import weeks
from tests.desk import change, page_of, words
from tests.factories import (
    ROLES,
    make_author,
    make_booking,
    make_calendar,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db

WEEK = "/admin/leads/booking/week/"
YEAR = timezone.now().year + 1
MONDAY = date(YEAR, 3, 1) + timedelta(days=-date(YEAR, 3, 1).weekday() % 7)
"""A Monday in March, before any clock in Europe changes."""


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


@pytest.fixture
def ines():
    return make_calendar(make_offer(), host=make_author(name="Ines"))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant in the week of MONDAY, whose clock in Lisbon is UTC."""
    midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)
    return midnight + timedelta(days=day, hours=hour, minutes=minute)


def days(client, **query) -> list[list[str]]:
    """Each day's heading and what is on it."""
    response = client.get(WEEK, {"from": MONDAY.isoformat(), **query})
    assert response.status_code == 200
    found = [
        li for li in page_of(response).iter("li") if "week-day" in li.get("class", "").split()
    ]
    return [[words(day.find("h3")), *items(day)] for day in found]


def items(day) -> list[str]:
    """What is on a day; each booking's ends with a link to its briefing."""
    found = [li for li in day.iter("li") if "week-item" in li.get("class", "").split()]
    return [words(li).removesuffix(" Briefing") for li in found]


def hours(client, **query) -> list[str]:
    response = client.get(WEEK, {"from": MONDAY.isoformat(), **query})
    lists = page_of(response).findall(".//ul[@class='week-hours']")
    return [words(each) for each in lists]


# What a week shows ------------------------------------------------------------------------


def test_seven_days_from_monday(sales, ines):
    wanted = [MONDAY + timedelta(days=number) for number in range(7)]
    names = [f"{day:%A} {day.day} March" for day in wanted]
    for day in wanted:
        assert [found[0] for found in days(sales, **{"from": day.isoformat()})] == names


def test_hours_of_each_day_and_days_that_differ(sales, ines):
    ines.overrides.create(day=MONDAY, hours="")
    ines.overrides.create(day=MONDAY + timedelta(days=1), hours="10-14")
    usual = "9:00–12:00, 13:00–17:00"
    assert hours(sales) == [
        *("closed this day only", "10:00–14:00 this day only", usual, usual, usual),
        *("closed", "closed"),
    ]


def test_a_booking_says_who_what_and_how_it_stands(sales, ines):
    booking = make_booking(start=at(2, 10), lead=make_lead(name="Paula"))
    make_booking(start=at(2, 11), lead=make_lead(name="Vera", entry=make_entry(term="Webhook")))
    assert days(sales)[2][1:] == [
        "10:00–10:30 Paula Free consultation Confirmed",
        "11:00–11:30 Vera Free consultation Confirmed from Webhook",
    ]
    page = page_of(sales.get(WEEK, {"from": MONDAY.isoformat()}))
    assert change(booking) in [link.get("href") for link in page.iter("a")]


def test_what_holds_no_time_is_not_in_the_week(sales, ines):
    cancelled = make_booking(start=at(2, 10))
    verbs.cancel(cancelled, by=make_staff())
    ines.offers.update(confirms_by_hand=True, pending_hours=1)
    make_booking(start=at(2, 12), by=None, now=timezone.now() - timedelta(hours=2))
    make_booking(start=at(2, 14), by=None, lead=make_lead(name="Wanda"))
    assert days(sales)[2][1:] == ["14:00–14:30 Wanda Free consultation To be confirmed"]


def test_absences_are_cut_to_days(sales, ines):
    ines.blocked.create(starts_at=at(1, 15), ends_at=at(3, 11), reason="Dentist")
    assert [day[1:] for day in days(sales)[1:4]] == [
        ["15:00–24:00 Away: Dentist"],
        ["All day Away: Dentist"],
        ["00:00–11:00 Away: Dentist"],
    ]


def test_appointments_elsewhere_are_busy_and_nothing_more(sales, ines):
    ines.busy = json.dumps([[int(at(4, 9).timestamp()), int(at(4, 10).timestamp())]])
    ines.feed_url, ines.feed_good_at = "https://example.com/a.ics", timezone.now()
    ines.save()
    assert days(sales)[4][1:] == ["09:00–10:00 Busy"]


def test_a_calendar_that_cannot_be_read_is_named(sales, ines):
    ines.feed_url = "https://example.com/secret-7f3a.ics"
    ines.save()
    source = sales.get(WEEK).content.decode()
    assert "The external calendar of Ines could not be read" in source
    assert "secret-7f3a" not in source


def test_a_day_that_the_clock_changes_on_is_whole(sales, ines):
    sunday = date(YEAR, 3, 31) - timedelta(days=(date(YEAR, 3, 31).weekday() + 1) % 7)
    begin = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC)
    # Lisbon puts its clock forward: its day ends at 23:00 UTC.
    ines.blocked.create(starts_at=begin, ends_at=begin + timedelta(hours=23))
    found = days(sales, **{"from": sunday.isoformat()})
    assert [day[1:] for day in found] == [[]] * 6 + [["All day Away"]]


# Several hosts ----------------------------------------------------------------------------


@pytest.fixture
def two(ines):
    """Ines in Lisbon, and Kai on Kiritimati, where it is tomorrow by the afternoon."""
    kai = make_calendar(host=make_author(name="Kai"), time_zone="Pacific/Kiritimati")
    kai.offers.set(ines.offers.all())
    make_booking(start=at(2, 12), calendar=ines, lead=make_lead(name="Paula"))
    make_booking(start=at(2, 12), calendar=kai, lead=make_lead(name="Rita"))
    return ines, kai


def test_each_host_has_days_of_their_own(sales, two):
    found = days(sales)
    assert found[2][1:] == [
        "12:00–12:30 Paula Free consultation Confirmed Ines, Europe/Lisbon, UTC+00:00"
    ]
    assert found[3][1:] == [
        "02:00–02:30 Rita Free consultation Confirmed Kai, Pacific/Kiritimati, UTC+14:00"
    ]
    assert hours(sales)[0] == ("Ines 9:00–12:00, 13:00–17:00 Kai 9:00–12:00, 13:00–17:00")


def test_the_week_of_one_host(sales, two):
    _, kai = two
    found = days(sales, host=kai.pk)
    assert [len(day) - 1 for day in found] == [0, 0, 0, 1, 0, 0, 0]
    assert found[3][1] == "02:00–02:30 Rita Free consultation Confirmed"
    page = sales.get(WEEK, {"host": kai.pk}).content.decode()
    assert "All times by the clock of Pacific/Kiritimati." in page
    assert f"host={kai.pk}" in page.split("Week after")[0]


def test_today_is_marked_as_it_is_where_the_host_is(sales, two):
    for calendar in two:
        response = sales.get(WEEK, {"host": calendar.pk})
        marked = [li for li in page_of(response).iter("li") if li.get("aria-current") == "date"]
        today = timezone.now().astimezone(calendar.zone).date()
        assert [words(li.find("h3")) for li in marked] == [
            f"{today:%A} {today.day} {today:%B} today"
        ]


def test_today_is_the_sites_where_hosts_are_in_several_zones(sales, two):
    marked = [li for li in page_of(sales.get(WEEK)).iter("li") if li.get("aria-current") == "date"]
    today = timezone.localdate()
    assert [words(li.find("h3")) for li in marked] == [f"{today:%A} {today.day} {today:%B} today"]


# Odd addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "x", "9999-12-31", "0001-01-01", "2026-02-30", "2026-W99-1", "1" * 500, "\x00"]
)
def test_what_is_no_week_is_this_week(text):
    today = date(2026, 11, 26)
    assert weeks.monday_of(text, today) == date(2026, 11, 23)


@pytest.mark.parametrize("host", ["", "x", "0", "-1", "999", "9" * 40, "\x00"])
def test_a_host_that_is_none_is_all_hosts(sales, two, host):
    assert [len(day) - 1 for day in days(sales, host=host)] == [0, 0, 1, 1, 0, 0, 0]


def test_without_hosts_the_week_says_so(sales):
    page = words(page_of(sales.get(WEEK)))
    assert "No host has a calendar yet." in page


def test_the_neighbours_of_a_week(sales, ines):
    page = sales.get(WEEK, {"from": MONDAY.isoformat()}).content.decode()
    around = [MONDAY + timedelta(days=number) for number in (-7, 7)]
    assert [f'href="?from={day.isoformat()}"' in page for day in around] == [True, True]


# Who may, and what it costs ---------------------------------------------------------------


@pytest.mark.parametrize("who", [*ROLES, "no group", "stranger"])
def test_the_week_is_for_those_who_see_bookings(client, ines, who):
    make_booking(start=at(2, 10))
    if who != "stranger":
        client.force_login(make_staff(*([who] if who in ROLES else [])))
    response = client.get(WEEK)
    if who == "stranger":
        assert (response.status_code, response["Location"][:13]) == (302, "/admin/login/")
    else:
        may = who in ("sales", "administrator")
        assert response.status_code == (200 if may else 403)


def test_a_week_asks_as_often_for_three_hosts_as_for_one(sales, django_assert_num_queries):
    make_site()
    site.forget()
    offer = make_offer()
    for count in (1, 3):
        while offer.calendars.count() < count:
            host = make_calendar(offer)
            lead = make_lead(entry=make_entry(term=f"Term {host.pk}"))
            make_booking(start=at(2, 10), calendar=host, lead=lead)
            host.blocked.create(starts_at=at(1, 9), ends_at=at(1, 10))
            host.overrides.create(day=MONDAY, hours="")
        sales.get(WEEK, {"from": MONDAY.isoformat()})
        with django_assert_num_queries(9):
            assert len(days(sales)[2]) == count + 1
