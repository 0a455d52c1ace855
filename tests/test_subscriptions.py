"""A host's bookings as a calendar: complete, secret, and never somebody else's lines."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import ics
import pytest
from django.urls import reverse

from config import site
from leads import booking, busy_times, links, subscriptions
from leads.models import Booking, Calendar
from tests.factories import (
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

TEN = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOSTILE = (
    "Paula\r\nEND:VEVENT\nBEGIN:VALARM\u2028ATTENDEE:mailto:x@example.com",
    'a;b,c:d\\n"e"\\',
    "😀" * 120,
    "x" * 120,
    "\u202eevil\x07\ufeff",
    "=1+1",
)


@pytest.fixture
def calendar():
    make_site(name="Headword")
    offer = make_offer(name="Free consultation", duration=30, place="https://meet.example/anna")
    return make_calendar(offer, author=make_author(name="Anna Host"))


def booked(calendar, start=TEN, *, lead=None, **options):
    return make_booking(
        start=start, calendar=calendar, offer=calendar.offers.get(), lead=lead, **options
    )


def address(calendar):
    return reverse("leads:subscription", args=[links.subscription_of(calendar)])


def events_of(content):
    return icalendar.Calendar.from_ical(content).events


def text_of(event, name):
    return str(event[name])


# What it holds ------------------------------------------------------------------------------


def test_a_booking_is_told_whole(calendar, client):
    entry = make_entry(term="Machine Learning Engineer")
    lead = make_lead(
        name="Paula Prospect",
        company="Prospects & Sons",
        phone="+351 912 345 678",
        message="We need help.\nSoon.",
        entry=entry,
    )
    talk = booked(calendar, lead=lead)
    booking.move(talk, start=TEN + HOUR, any_time=True, by=make_staff("sales"))
    response = client.get(address(calendar))
    file = icalendar.Calendar.from_ical(response.content)
    assert {name: file[name].to_ical() for name in file if name != "PRODID"} == {
        "VERSION": b"2.0",
        "CALSCALE": b"GREGORIAN",
        "METHOD": b"PUBLISH",
        "X-WR-CALNAME": b"Headword: Anna Host",
        "X-PUBLISHED-TTL": b"PT15M",
        "REFRESH-INTERVAL": b"PT15M",
    }
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\n" in response.content
    [event] = file.events
    url = f"https://glossary.example{talk.get_admin_url()}"
    assert (text_of(event, "UID"), event["SEQUENCE"]) == (talk.uid, 1)
    assert text_of(event, "SUMMARY") == "Paula Prospect: Free consultation"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (TEN + HOUR, TEN + HOUR * 1.5)
    assert (text_of(event, "STATUS"), text_of(event, "TRANSP")) == ("CONFIRMED", "OPAQUE")
    assert (text_of(event, "LOCATION"), text_of(event, "URL")) == (
        calendar.offers.get().place,
        url,
    )
    assert text_of(event, "DESCRIPTION").splitlines() == [
        "E-mail: paula@example.com",
        "Phone: +351 912 345 678",
        "Company: Prospects & Sons",
        "Came from: Machine Learning Engineer",
        "",
        "We need help.",
        "Soon.",
        "",
        url,
    ]


def test_file_is_in_utc_and_of_short_lines(calendar, client):
    Calendar.objects.update(time_zone="America/New_York")
    booked(calendar, lead=make_lead(name="Ä" * 100))
    content = client.get(address(calendar)).content
    start = f"\r\nDTSTART:{TEN:%Y%m%dT%H%M%SZ}\r\n".encode()
    assert (start in content, b"TZID" in content) == (True, False)
    assert content.count(b"\n") == content.count(b"\r\n")
    assert max(map(len, content.split(b"\r\n"))) <= 75


def test_held_times_are_shown_and_no_others(calendar):
    other = make_calendar(calendar.offers.get())
    booked(other, lead=make_lead(name="Others"))
    gone = booked(calendar, lead=make_lead(name="Cancelled"))
    booking.cancel(gone, by=make_staff("sales"))
    names = ["Waits", "Unverified", "Confirmed", "Lapsed", "Held", "No show", "Month ago"]
    talks = {
        name: booked(calendar, TEN + HOUR * place, lead=make_lead(name=name))
        for place, name in enumerate(names)
    }
    now = datetime.now(UTC)

    def set_row(name, **fields):
        Booking.objects.filter(pk=talks[name].pk).update(**fields)

    set_row("Waits", state="pending", holds_until=now + HOUR)
    set_row("Unverified", state="unverified", holds_until=now + HOUR)
    set_row("Lapsed", state="pending", holds_until=now - HOUR)
    for name, state, ago in [
        ("Held", "held", 2 * DAY),
        ("No show", "no_show", 29 * DAY),
        ("Month ago", "held", 31 * DAY),
    ]:
        begin, end = now - ago, now - ago + HOUR
        set_row(
            name, state=state, starts_at=begin, ends_at=end, blocked_from=begin, blocked_until=end
        )
    shown = [
        (text_of(event, "SUMMARY").removesuffix(": Free consultation"), text_of(event, "STATUS"))
        for event in events_of(subscriptions.file_of(calendar))
    ]
    assert shown == [
        ("No show", "CONFIRMED"),
        ("Held", "CONFIRMED"),
        ("To be confirmed: Waits", "TENTATIVE"),
        ("To be confirmed: Unverified", "TENTATIVE"),
        ("Confirmed", "CONFIRMED"),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_nobodys_text_can_write_lines(calendar, client, text):
    lead = make_lead(name=text[:120], company=text[:120], message=text * 80, source_path="/x/")
    booked(calendar, lead=lead)
    booked(calendar, TEN + HOUR, lead=make_lead(name="After"))
    content = client.get(address(calendar)).content
    first, second = events_of(content)
    assert sorted(first) == sorted(second)
    assert (first.subcomponents, content.count(b"\r\nBEGIN:")) == ([], 2)
    shown = text_of(first, "SUMMARY")
    assert "\n" not in shown
    assert text_of(second, "SUMMARY") == "After: Free consultation"
    for part in text[:60].split():
        seen = "".join(char for char in part if char.isprintable())
        assert "".join(seen.split()) in "".join(shown.split())


def test_another_library_reads_the_same(calendar, client):
    lead = make_lead(name="Zoë; “Sons”, & more\\", message="One\ntwo, three;")
    talk = booked(calendar, lead=lead)
    [event] = ics.Calendar(client.get(address(calendar)).content.decode()).events
    assert (event.uid, event.name) == (talk.uid, "Zoë; “Sons”, & more\\: Free consultation")
    assert (event.begin.datetime, event.end.datetime) == (talk.starts_at, talk.ends_at)
    assert "One\ntwo, three;" in event.description
    assert event.location == "https://meet.example/anna"


def test_what_we_publish_we_can_read_and_leave_out(calendar):
    talk = booked(calendar)
    options = {"zone": ZoneInfo("UTC"), "first": TEN - DAY, "last": TEN + DAY}
    content = subscriptions.file_of(calendar)
    begin = int(TEN.timestamp())
    assert busy_times.read(content, **options) == [(begin, begin + 1800)]
    assert busy_times.read(content, without=[talk.uid], **options) == []


def test_words_are_in_the_sites_language(calendar, client):
    make_site(language="de", name="Headword")
    site.forget()
    booked(calendar, lead=make_lead(phone="+49 30 1234"))
    [event] = events_of(client.get(address(calendar)).content)
    assert "Telefon: +49 30 1234" in text_of(event, "DESCRIPTION")


# Who gets it --------------------------------------------------------------------------------


def test_answer_is_a_calendar_for_one(calendar, client):
    response = client.get(address(calendar))
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, max-age=300"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert ("Set-Cookie" in response.headers, response.headers["Vary"]) == (
        False,
        "Accept-Encoding",
    )
    assert client.post(address(calendar)).status_code == 405
    assert client.head(address(calendar)).status_code == 200


def test_file_that_has_not_changed_is_not_sent_again(calendar, client):
    booked(calendar)
    etag = client.get(address(calendar)).headers["ETag"]
    again = client.get(address(calendar), headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    booked(calendar, TEN + HOUR)
    assert client.get(address(calendar), headers={"if-none-match": etag}).status_code == 200


def test_secrets_of_others_open_nothing(calendar, client):
    other = make_calendar(calendar.offers.get())
    talk = booked(calendar, lead=make_lead(name="Paula Prospect"))
    booked(other, lead=make_lead(name="Otto Other"))
    assert b"Paula" not in client.get(address(other)).content
    token = links.subscription_of(calendar)
    for wrong in (
        *(str(calendar.pk), calendar.subscription_key, links.token_of(talk), talk.uid),
        *(token[:-1], f"{token}x", token.swapcase(), "ä", "%00", "x" * 5000),
    ):
        response = client.get(f"/consultation/calendar/{wrong}.ics")
        assert (response.status_code, b"Paula" in response.content) == (404, False), wrong
    assert client.get(f"/consultation/calendar/{token}").status_code == 404


def test_renewed_address_ends_the_old_one_at_once(calendar, client):
    old = address(calendar)
    new = subscriptions.renew(calendar)
    assert new == subscriptions.url_of(Calendar.objects.get())
    assert new.startswith("https://glossary.example/consultation/calendar/")
    assert client.get(old).status_code == 404
    assert client.get(new.removeprefix("https://glossary.example")).status_code == 200


def test_number_of_queries_does_not_grow(calendar, client, django_assert_num_queries):
    for place in range(3):
        if place != 1:
            booked(calendar, TEN + HOUR * place, lead=make_lead(entry=make_entry()))
        site.forget()
        with django_assert_num_queries(3):
            assert client.get(address(calendar)).status_code == 200
