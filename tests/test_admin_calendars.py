"""The desk's form of a calendar: hours as people write them, times on the host's clock."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.models import OutboxMessage
from leads.models import Calendar
from leads.models.calendars import WEEKDAYS
from tests.desk import change, errors, filled, notices, page_of, rows, states, submit, words
from tests.factories import (
    ROLES,
    make_author,
    make_booking,
    make_calendar,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/calendar/"
CLOSED = dict.fromkeys(WEEKDAYS, "")
FEED = "https://calendar.example.com/private-1a2b3c/basic.ics"


@pytest.fixture
def sales(client):
    client.force_login(make_staff("sales"))
    return client


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def outlook(client, calendar) -> str:
    page = page_of(client.get(change(calendar)))
    (box,) = (each for each in page.iter("section") if each.get("class") == "outlook")
    return words(box)


def blocked(calendar) -> list[tuple[datetime, datetime]]:
    return list(calendar.blocked.values_list("starts_at", "ends_at"))


def away(number: int = 0, **parts: str) -> dict[str, str]:
    """What a browser sends of a row of the times away."""
    prefix = f"blocked-{number}-"
    names = {"since": "starts_at_0", "at": "starts_at_1", "until": "ends_at_0", "to": "ends_at_1"}
    return {prefix + names.get(name, name): value for name, value in parts.items()}


def next_monday(hour: int) -> datetime:
    """A Monday's hour in winter or summer, in UTC, two to three weeks ahead."""
    today = timezone.now().replace(hour=hour, minute=0, second=0, microsecond=0)
    return today + timedelta(days=21 - today.weekday())


# Weekly hours -----------------------------------------------------------------------------


def test_hours_are_written_the_same_way_each_time(sales):
    calendar = make_calendar()
    submit(sales, change(calendar), monday="13 to 17\n9-12", tuesday="9-12; 12:00-13", sunday=" ")
    calendar.refresh_from_db()
    found = (calendar.monday, calendar.tuesday, calendar.wednesday, calendar.sunday)
    assert found == ("9:00–12:00, 13:00–17:00", "9:00–13:00", "9:00–12:00, 13:00–17:00", "")


def test_each_interval_is_shown_on_its_own_line(sales):
    shown = filled(sales, change(make_calendar()))
    assert shown["monday"] == "9:00–12:00\n13:00–17:00"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nine to five", "Tuesday: “nine to five” is not like 9:00–12:00."),
        ("17-9", "Tuesday: “17-9” ends before it begins."),
        ("9-12, 11-13", "Tuesday: Two of these times overlap."),
        ("9:70-12", "Tuesday: There is no time 9:70."),
        (
            ",".join(
                f"{hour}:{minute:02}-{hour}:{minute + 5:02}"
                for hour in range(9)
                for minute in (0, 20, 40)
            )[:190],
            "Tuesday: These are more times than one day can hold here.",
        ),
    ],
)
def test_hours_that_cannot_be_name_their_day(sales, text, sentence):
    calendar = make_calendar()
    response = submit(sales, change(calendar), tuesday=text, monday="8-9")
    assert sentence in errors(response)
    assert text.rpartition(", ")[2] in response.content.decode()
    calendar.refresh_from_db()
    assert calendar.monday == "9:00–12:00, 13:00–17:00"


# Host and zone ----------------------------------------------------------------------------


def test_a_calendar_is_opened_for_a_host(sales):
    make_site(time_zone="Asia/Kathmandu")
    author = make_author()
    assert filled(sales, f"{LIST}add/")["time_zone"] == "Asia/Kathmandu"
    submit(sales, f"{LIST}add/", author=author.pk, time_zone="Asia/Tokyo", monday="9-10")
    calendar = Calendar.objects.get()
    assert (calendar.author, calendar.time_zone, calendar.monday) == (
        author,
        "Asia/Tokyo",
        "9:00–10:00",
    )


def test_a_host_has_one_calendar(sales):
    calendar = make_calendar()
    response = submit(sales, f"{LIST}add/", author=calendar.author.pk)
    assert "This host has a calendar already: open that one." in errors(response)


@pytest.mark.parametrize("zone", ["US/Pacific", "Europe/Kiev"])
def test_the_stored_zone_is_always_among_the_choices(sales, zone):
    calendar = make_calendar(time_zone=zone)
    submit(sales, change(calendar), saturday="10-12")
    calendar.refresh_from_db()
    assert (calendar.time_zone, calendar.saturday) == (zone, "10:00–12:00")


@pytest.mark.parametrize("zone", ["Lisbon", "../../etc/passwd", "America/Pacific", "", "x" * 9000])
def test_a_zone_that_is_none_gets_a_sentence(sales, zone):
    calendar = make_calendar()
    response = submit(sales, change(calendar), time_zone=zone)
    said = "Choose a time zone such as Europe/Lisbon." if zone else "This field is required."
    assert said in errors(response)
    calendar.refresh_from_db()
    assert calendar.time_zone == "Europe/Lisbon"


# Days and times away ----------------------------------------------------------------------


def test_a_day_with_other_hours(sales):
    calendar = make_calendar()
    row = {"overrides-0-day": "2030-12-24", "overrides-0-hours": "10-12,12-14"}
    submit(sales, change(calendar), **row)
    assert list(calendar.overrides.values_list("day", "hours")) == [
        (date(2030, 12, 24), "10:00–14:00")
    ]
    submit(sales, change(calendar), **{"overrides-0-hours": ""})
    assert list(calendar.overrides.values_list("hours", flat=True)) == [""]


@pytest.mark.parametrize(
    ("day", "hours", "sentence"),
    [
        ("2030-12-24", "10", "“10” is not like 9:00–12:00."),
        ("9999-12-31", "", "Choose a year from 2000 to 2100."),
        ("24.12.2030", "", "Enter a valid date."),
        ("", "9-10", "This field is required."),
    ],
)
def test_a_day_that_cannot_be_gets_a_sentence(sales, day, hours, sentence):
    calendar = make_calendar()
    row = {"overrides-0-day": day, "overrides-0-hours": hours}
    assert sentence in errors(submit(sales, change(calendar), **row))
    assert not calendar.overrides.exists()


def test_a_day_twice_gets_a_sentence(sales):
    calendar = make_calendar()
    calendar.overrides.create(day="2030-12-24", hours="9:00–10:00")
    row = {"overrides-1-day": "2030-12-24", "overrides-1-hours": ""}
    said = "A day is in the list twice: write all its hours into one row."
    assert said in errors(submit(sales, change(calendar), **row))


def test_times_away_are_those_of_the_hosts_clock(sales):
    make_site(time_zone="Europe/Lisbon")
    calendar = make_calendar(time_zone="Asia/Tokyo")
    row = away(since="2030-07-01", at="9:00", until="2030-07-01", to="17:30", reason="Dentist")
    submit(sales, change(calendar), **row)
    assert blocked(calendar) == [(utc(2030, 7, 1, 0), utc(2030, 7, 1, 8, 30))]
    shown = filled(sales, change(calendar))
    assert [shown[name] for name in row] == [
        "2030-07-01",
        "09:00",
        "2030-07-01",
        "17:30",
        "Dentist",
    ]
    assert "clock of Asia/Tokyo" in sales.get(change(calendar)).content.decode()


@pytest.mark.parametrize(
    ("zone", "day", "starts_at", "ends_at"),
    [
        # The site's clock changes on these days, the host's does not.
        ("Asia/Tokyo", "2030-03-31", utc(2030, 3, 30, 16, 30), utc(2030, 3, 30, 18, 30)),
        ("Asia/Tokyo", "2030-10-27", utc(2030, 10, 26, 16, 30), utc(2030, 10, 26, 18, 30)),
        # The host's clock skips 1:30 and shows it twice: away for as long as can be meant.
        ("Europe/Lisbon", "2030-03-31", utc(2030, 3, 31, 1, 30), utc(2030, 3, 31, 2, 30)),
        ("Europe/Lisbon", "2030-10-27", utc(2030, 10, 27, 0, 30), utc(2030, 10, 27, 3, 30)),
    ],
)
def test_times_away_across_changes_of_the_clock(sales, zone, day, starts_at, ends_at):
    make_site(time_zone="Europe/Lisbon")
    calendar = make_calendar(time_zone=zone)
    row = away(since=day, at="1:30", until=day, to="3:30")
    submit(sales, change(calendar), **row)
    assert blocked(calendar) == [(starts_at, ends_at)]
    submit(sales, change(calendar))
    assert blocked(calendar) == [(starts_at, ends_at)]


def test_an_end_that_the_clock_shows_twice_is_the_later_one(sales):
    calendar = make_calendar(time_zone="Europe/Lisbon")
    row = away(since="2030-10-27", at="1:30", until="2030-10-27", to="1:30")
    submit(sales, change(calendar), **row)
    assert blocked(calendar) == [(utc(2030, 10, 27, 0, 30), utc(2030, 10, 27, 1, 30))]


@pytest.mark.parametrize("times", [{}, {"at": "0:00", "to": "24:00"}, {"at": "0", "to": "24"}])
def test_without_times_whole_days_are_meant(sales, times):
    calendar = make_calendar(time_zone="Asia/Tokyo")
    row = away(since="2030-12-24", until="2030-12-26", **times)
    submit(sales, change(calendar), **row)
    assert blocked(calendar) == [(utc(2030, 12, 23, 15), utc(2030, 12, 26, 15))]
    shown = filled(sales, change(calendar))
    names = ["starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"]
    assert [shown[f"blocked-0-{name}"] for name in names] == ["2030-12-24", "", "2030-12-26", ""]


def test_times_are_read_in_the_zone_that_the_page_showed(sales):
    calendar = make_calendar(time_zone="Asia/Tokyo")
    calendar.blocked.create(starts_at=utc(2030, 7, 1), ends_at=utc(2030, 7, 2))
    row = away(1, since="2030-08-01", at="9:00", until="2030-08-01", to="10:00")
    submit(sales, change(calendar), time_zone="America/New_York", **row)
    assert blocked(calendar) == [
        (utc(2030, 7, 1), utc(2030, 7, 2)),
        (utc(2030, 8, 1, 0), utc(2030, 8, 1, 1)),
    ]
    assert filled(sales, change(calendar))["blocked-0-starts_at_0"] == "2030-06-30"


def test_a_page_that_hides_its_zone_means_the_calendars(sales):
    calendar = make_calendar(time_zone="Asia/Tokyo")
    row = away(since="2030-08-01", at="9:00", until="2030-08-01", to="10:00")
    submit(sales, change(calendar), times_in="../etc", **row)
    assert blocked(calendar) == [(utc(2030, 8, 1, 0), utc(2030, 8, 1, 1))]


def test_a_new_calendar_reads_times_in_its_own_zone(sales):
    make_site(time_zone="Europe/Lisbon")
    row = away(since="2030-08-01", at="9:00", until="2030-08-01", to="10:00")
    submit(sales, f"{LIST}add/", author=make_author().pk, time_zone="Asia/Tokyo", **row)
    assert blocked(Calendar.objects.get()) == [(utc(2030, 8, 1, 0), utc(2030, 8, 1, 1))]


def test_overlapping_and_past_times_are_fine(sales):
    calendar = make_calendar()
    calendar.blocked.create(starts_at=utc(2010, 1, 1), ends_at=utc(2010, 1, 5))
    row = away(1, since="2010-01-02", until="2010-01-08")
    submit(sales, change(calendar), **row)
    assert len(blocked(calendar)) == 2


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (away(since="2030-08-02", until="2030-08-01"), "It ends before it begins."),
        (away(since="9999-12-31", until="9999-12-31"), "Choose a year from 2000 to 2100."),
        (away(since="0001-01-01", until="2030-01-01"), "Choose a year from 2000 to 2100."),
        (away(since="soon", until="2030-01-01"), "Write the day like 2026-12-24."),
        (
            away(since="2030-01-01", at="noon", until="2030-01-01"),
            "Write the time like 9:00 or 17:30.",
        ),
        (away(at="9:00", until="2030-01-01"), "Choose a day."),
        (away(since="2030-01-01"), "Choose a day."),
    ],
)
def test_times_away_that_cannot_be_get_a_sentence(sales, row, sentence):
    calendar = make_calendar()
    assert sentence in errors(submit(sales, change(calendar), **row))
    assert blocked(calendar) == []


def test_fields_of_rows_are_named_where_people_meet_them(sales):
    page = page_of(sales.get(change(make_calendar())))
    inputs = [each for each in page.iter("input") if each.get("name", "").startswith("overrides-")]
    is_named = {(each.get("type") == "hidden", "aria-label" in each.attrib) for each in inputs}
    assert is_named == {(True, False), (False, True)}


# The calendar to respect ------------------------------------------------------------------


def test_a_calendar_to_respect_is_fetched_at_once(sales):
    calendar = make_calendar()
    submit(sales, change(calendar), feed_url=FEED)
    calendar.refresh_from_db()
    assert calendar.feed_url == FEED
    kinds = OutboxMessage.objects.order_by("due_at").values_list("kind", "payload__calendar")
    fetched = ("leads.fetch_feed", calendar.pk)
    assert kinds[0] == fetched
    said = " ".join(words(p) for p in page_of(sales.get(change(calendar))).iter("p"))
    assert "No time is offered before this calendar was read." in said


def test_a_new_calendar_may_begin_with_one_to_respect(sales):
    submit(sales, f"{LIST}add/", author=make_author().pk, feed_url=FEED)
    kinds = OutboxMessage.objects.order_by("due_at").values_list("kind", flat=True)
    assert kinds[0] == "leads.fetch_feed"


def test_another_address_forgets_what_the_former_said(sales):
    calendar = make_calendar(feed_url=FEED, busy="[[10, 20]]", feed_good_at=timezone.now())
    submit(sales, change(calendar), feed_url=f"{FEED}?other")
    calendar.refresh_from_db()
    assert (calendar.busy, calendar.feed_good_at) == ("[]", None)


def test_another_zone_reads_the_calendar_again(sales):
    calendar = make_calendar(feed_url=FEED, feed_good_at=timezone.now())
    submit(sales, change(calendar), time_zone="Asia/Tokyo")
    calendar.refresh_from_db()
    assert calendar.feed_good_at is None
    assert OutboxMessage.objects.filter(kind="leads.fetch_feed").exists()


def test_other_changes_fetch_nothing(sales):
    calendar = make_calendar(feed_url=FEED)
    submit(sales, change(calendar), saturday="9-10")
    assert not OutboxMessage.objects.exists()


def test_an_address_for_calendar_programs_is_understood(sales):
    calendar = make_calendar()
    submit(sales, change(calendar), feed_url=f" webcal{FEED.removeprefix('https')} ")
    calendar.refresh_from_db()
    assert calendar.feed_url == FEED


@pytest.mark.parametrize("address", ["calendar", "ftp://example.com/a.ics", "javascript:alert(1)"])
def test_what_is_no_address_gets_a_sentence(sales, address):
    calendar = make_calendar()
    response = submit(sales, change(calendar), feed_url=address)
    assert (
        "This is no address of a calendar: it begins with https:// and mostly ends with .ics."
        in errors(response)
    )


def test_the_secret_address_is_in_the_form_alone(sales, client):
    calendar = make_calendar()
    submit(sales, change(calendar), feed_url=FEED)
    pages = {path: sales.get(path).content.decode() for path in (LIST, change(calendar))}
    history = sales.get(change(calendar).replace("change", "history")).content.decode()
    assert ("private-1a2b3c" in pages[change(calendar)], "Calendar to respect" in history) == (
        True,
        True,
    )
    assert "private-1a2b3c" not in history + pages[LIST]


def test_who_may_only_look_is_shown_no_secret(client):
    calendar = make_calendar(feed_url=FEED)
    onlooker = make_staff()
    onlooker.user_permissions.add(Permission.objects.get(codename="view_calendar"))
    client.force_login(onlooker)
    page = client.get(change(calendar)).content.decode()
    assert ("Not read yet" in page, "private-1a2b3c" in page, "Address to subscribe" in page) == (
        True,
        False,
        False,
    )


# The host's own feed ----------------------------------------------------------------------


def subscription(client, calendar) -> str:
    page = page_of(client.get(change(calendar)))
    (field,) = (f for f in page.iter("input") if f.get("id") == "subscription-address")
    assert "readonly" in field.attrib
    return field.get("value")


def renew(calendar) -> str:
    return change(calendar).replace("change", "renew")


def test_a_new_address_ends_the_old_one(sales, client):
    calendar, other = make_calendar(), make_calendar()
    before, of_other = subscription(sales, calendar), subscription(sales, other)
    assert (sales.get(renew(calendar)).status_code, subscription(sales, calendar)) == (200, before)
    response = sales.post(renew(calendar))
    said = "The old address has ended. Give the host the new one to subscribe to."
    assert notices(sales, response) == [said]
    after = subscription(sales, calendar)
    assert (after != before, subscription(sales, other)) == (True, of_other)
    paths = [urlsplit(address).path for address in (before, after)]
    assert [client.get(path).status_code for path in paths] == [404, 200]


@pytest.mark.parametrize("role", [*ROLES, ""])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_may_change_calendars_makes_a_new_address(client, role, method):
    calendar = make_calendar()
    client.force_login(make_staff(*filter(None, [role])))
    response = getattr(client, method)(renew(calendar))
    is_allowed = role in ("sales", "administrator")
    key = Calendar.objects.get().subscription_key
    assert response.status_code == (403 if not is_allowed else 200 if method == "get" else 302)
    assert (key != calendar.subscription_key) == (is_allowed and method == "post")


def test_strangers_are_asked_to_log_in_first(client):
    calendar = make_calendar()
    assert client.post(renew(calendar))["Location"].startswith("/admin/login/")
    assert Calendar.objects.get().subscription_key == calendar.subscription_key


def test_there_is_no_new_address_of_no_calendar(sales):
    assert sales.post(f"{LIST}99999/renew/").status_code == 404


# What is free -----------------------------------------------------------------------------


def test_the_next_free_times_are_shown_on_the_hosts_clock(sales):
    make_site(time_zone="Europe/Lisbon")
    offer = make_offer(interval=60)
    hours = dict.fromkeys(WEEKDAYS, "9:00–11:00")
    said = outlook(sales, make_calendar(offer, time_zone="Asia/Tokyo", **hours))
    assert (said.count("09:00") + said.count("10:00"), "clock of Asia/Tokyo" in said) == (5, True)


@pytest.mark.parametrize(
    ("of_offer", "of_calendar", "sentence"),
    [
        ({"is_paused": True}, {}, "the offer is paused."),
        ({"is_active": False, "is_default": False}, {}, "the offer is not active."),
        (
            {},
            {"feed_url": FEED},
            "closed, because there is no good copy of the calendar to respect.",
        ),
        ({}, CLOSED, "no opening hours."),
        (
            {"duration": 60},
            {**CLOSED, "monday": "9:00–9:30"},
            "no opening hours that fit in the next 60 days.",
        ),
    ],
)
def test_without_free_times_the_reason_is_given(sales, of_offer, of_calendar, sentence):
    calendar = make_calendar(make_offer(**of_offer), **of_calendar)
    assert f"None: {sentence}" in outlook(sales, calendar)


def test_a_hidden_host_has_no_times(sales):
    calendar = make_calendar(make_offer(), author=make_author(is_visible=False))
    assert "None: the host is not shown as an author." in outlook(sales, calendar)


def test_everything_booked_or_blocked_is_said(sales):
    calendar = make_calendar(make_offer(horizon=3), **dict.fromkeys(WEEKDAYS, "0:00–24:00"))
    now = timezone.now()
    calendar.blocked.create(starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=9))
    said = "None: everything is booked or blocked in the next 3 days."
    assert said in outlook(sales, calendar)


def test_a_calendar_of_no_offer_says_so(sales):
    assert "No offer has this host yet" in outlook(sales, make_calendar())


def test_a_refused_form_shows_what_is_stored(sales):
    calendar = make_calendar(make_offer())
    response = submit(sales, change(calendar), **CLOSED, feed_url="nonsense")
    assert "no opening hours" not in response.content.decode()


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_form_asks_as_often_for_many_rows(sales, django_assert_num_queries, how_many):
    make_site()
    offer = make_offer()
    calendar = make_calendar(offer)
    for number in range(how_many):
        make_calendar(offer)
        calendar.overrides.create(day=date(2030, 1, 1 + number))
        calendar.blocked.create(starts_at=utc(2030, 1, 1), ends_at=utc(2030, 1, 2))
        make_booking(offer=offer, calendar=calendar, start=next_monday(8 + number))
    sales.get(change(calendar))
    with django_assert_num_queries(13):
        assert sales.get(change(calendar)).status_code == 200


# Talks that are booked already ------------------------------------------------------------


def test_changed_hours_leave_booked_talks_alone_and_say_which_are_outside(sales):
    offer = make_offer()
    calendar = make_calendar(offer, time_zone="UTC")
    late, early = (make_booking(offer=offer, start=next_monday(hour)) for hour in (15, 10))
    other = make_calendar(offer, time_zone="UTC")
    make_booking(offer=offer, calendar=other, start=next_monday(15))
    response = submit(sales, change(calendar), monday="9-12")
    said = notices(sales, response)
    assert len(said) == 2
    assert said[0].startswith(
        f"1 booked talk is now outside the hours of {calendar}. It stays as it is: "
    )
    for booking in (late, early):
        before = (booking.starts_at, booking.state)
        booking.refresh_from_db()
        assert (booking.starts_at, booking.state) == before


def test_the_message_leads_to_the_hosts_bookings(sales):
    offer = make_offer()
    calendar = make_calendar(offer, time_zone="UTC")
    for hour in (14, 15):
        make_booking(offer=offer, start=next_monday(hour))
    response = submit(sales, change(calendar), monday="9-12")
    page = page_of(sales.get(response["Location"]))
    (message,) = (m for m in page.iter("li") if m.get("class") == "warning")
    assert words(message).startswith("2 booked talks are now outside")
    assert sales.get(message.find("a").get("href")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "is_outside"),
    [
        ({"monday": "9-12, 15-15:30"}, False),
        ({"monday": "9-12, 15-15:29"}, True),
        ({"time_zone": "Asia/Tokyo"}, True),
        ({"tuesday": ""}, False),
        ({"feed_hours": "5"}, False),
    ],
)
def test_only_what_concerns_a_talk_is_reported(sales, changes, is_outside):
    offer = make_offer()
    calendar = make_calendar(offer, time_zone="UTC")
    make_booking(offer=offer, start=next_monday(15))
    said = notices(sales, submit(sales, change(calendar), **changes))
    assert any("outside the hours" in line for line in said) == is_outside


def test_a_day_off_over_a_talk_is_reported(sales):
    offer = make_offer()
    calendar = make_calendar(offer, time_zone="UTC")
    start = next_monday(15)
    make_booking(offer=offer, start=start)
    row = {"overrides-0-day": f"{start:%Y-%m-%d}", "overrides-0-hours": ""}
    said = notices(sales, submit(sales, change(calendar), **row))
    assert "outside the hours" in said[0]
    calendar.overrides.all().delete()
    row = away(since=f"{start:%Y-%m-%d}", until=f"{start:%Y-%m-%d}")
    said = notices(sales, submit(sales, change(calendar), **row))
    assert "outside the hours" in said[0]


# The list, and deleting -------------------------------------------------------------------


def test_the_list_says_what_each_calendar_has(sales):
    offer = make_offer()
    make_calendar(offer, author=make_author(name="Ann"), time_zone="UTC", monday="")
    now = timezone.now()
    fields = {"feed_url": FEED, "feed_good_at": now}
    make_calendar(author=make_author(name="Ben"), **fields)
    make_calendar(author=make_author(name="Cid"), **fields, feed_error="Not found.")
    long_ago = {**fields, "feed_good_at": now - timedelta(days=3)}
    make_calendar(author=make_author(name="Dan"), **long_ago)
    make_calendar(author=make_author(name="Eve"), feed_url=FEED)
    make_booking(offer=offer, start=now.replace(microsecond=0) + timedelta(days=2))
    response = sales.get(LIST)
    assert rows(response) == ["Ann", "Ben", "Cid", "Dan", "Eve"]
    assert states(response) == ["Read", "Failing", "Closed", "Not read yet"]
    first = page_of(response).find(".//table[@id='result_list']/tbody/tr")
    assert [words(cell) for cell in first.iter("td")][-5:] == [
        "UTC",
        "Free consultation",
        "28 h",
        "1",
        "–",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("feed=none", ["Ann"]),
        ("feed=given", ["Ben", "Cid"]),
        ("feed=failing", ["Cid"]),
        ("time_zone=Asia/Tokyo", ["Ann"]),
        ("q=ben", ["Ben"]),
        ("_facets=True", ["Ann", "Ben", "Cid"]),
    ],
)
def test_the_list_is_filtered(sales, query, found):
    make_calendar(author=make_author(name="Ann"), time_zone="Asia/Tokyo")
    make_calendar(author=make_author(name="Ben"), feed_url=FEED)
    make_calendar(author=make_author(name="Cid"), feed_url=FEED, feed_error="Not found.")
    assert rows(sales.get(f"{LIST}?{query}")) == found


def test_a_calendar_with_bookings_is_kept(admin_client):
    offer = make_offer()
    calendar = make_calendar(offer, author=make_author(name="Ines"))
    make_booking(offer=offer, start=timezone.now() + timedelta(days=1))
    address = change(calendar).replace("change", "delete")
    for ask in (admin_client.get, lambda path: admin_client.post(path, {"post": "yes"})):
        (said,) = notices(admin_client, ask(address))
        assert said == (
            "“Ines” has bookings, and they are kept. To stop new ones, untick this host in the "
            "offers."
        )
    assert Calendar.objects.exists()


def test_a_calendar_without_bookings_is_deleted(admin_client):
    calendar = make_calendar(make_offer())
    calendar.blocked.create(starts_at=utc(2030, 1, 1), ends_at=utc(2030, 1, 2))
    admin_client.post(change(calendar).replace("change", "delete"), {"post": "yes"})
    assert not Calendar.objects.exists()


def test_saving_leaves_alone_what_the_worker_writes(sales):
    calendar = make_calendar(feed_url=FEED)
    with CaptureQueriesContext(connection) as asked:
        submit(sales, change(calendar), saturday="9-10")
    (update,) = [q["sql"] for q in asked if q["sql"].startswith('UPDATE "leads_calendar"')]
    assert ("saturday" in update, "busy" in update, "feed_error" in update) == (True, False, False)
