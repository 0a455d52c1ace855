"""Invitations as files: what the RFCs ask for, read back by other code than wrote them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import ics as other_reader
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from config.typed import as_name, one_line, printable
from leads import booking, links
from leads.ics import Appointment, Person, invitation
from leads.models import Booking
from tests.factories import make_author, make_booking, make_calendar, make_lead, make_offer

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
UNPLEASANT = [
    *(
        "x\r\nATTENDEE:mailto:eve@evil.example",
        "END:VEVENT\r\nBEGIN:VALARM",
        "a;b,c:d\\n\\",
        '"; CN="',
    ),
    *(
        "👩🏽‍💻 Zoë 🇵🇹",
        "NUL \0 and \x1b[31m",
        "line\u2028separator\x85and\x0bmore",
        "é" * 5000,
        "a" * 10_240,
    ),
    *(
        "half a pair \ud83d",
        "‮reversed‬",
        "^n ^' ^^",
        "%0D%0ABcc: eve@evil.example",
        "\\",
        "\\n",
        "\\\\n",
        ";",
        "",
    ),
]


def appointment(**fields) -> Appointment:
    given_fields = {
        "uid": "6b1f@glossary.example",
        "revision": 2,
        "starts_at": TEN,
        "ends_at": TEN + timedelta(minutes=30),
        "summary": "Free consultation with Ines Carvalho",
        "organizer": Person("Northlight", "website@glossary.example"),
        "attendee": Person("Paula Prospect", "paula@example.com"),
        "place": "Rua Augusta 1, Lisbon; second floor",
        "description": "Wednesday, 10:00\n\nTo move or cancel it, open: https://glossary.example/b/x/",
    }
    return Appointment(**given_fields | fields)


def read(file: bytes):
    """The one event of `file`, as icalendar sees it."""
    calendar = Calendar.from_ical(file)
    (event,) = calendar.walk("VEVENT")
    assert event.errors == []
    return calendar, event


def unfolded(file: bytes) -> list[str]:
    return re.sub("\r\n[ \t]", "", file.decode()).removesuffix("\r\n").split("\r\n")


def assert_is_well_formed(file: bytes) -> None:
    """Lines as RFC 5545 §3.1 wants them, and none that we did not mean."""
    assert file.endswith(b"\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert max(map(len, file.split(b"\r\n"))) <= 75
    assert re.findall(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", file) == []
    names = [re.split("[;:]", line)[0] for line in unfolded(file)]
    own = names[6:-2]
    assert names[:6] == ["BEGIN", "VERSION", "PRODID", "CALSCALE", "METHOD", "BEGIN"]
    assert names[-2:] == ["END", "END"]
    assert ("BEGIN" in own, len(own)) == (False, len(set(own)))


# The file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH"])
def test_the_file_is_the_one_that_we_looked_at(method):
    golden = DATA / f"{method.lower()}.ics"
    assert invitation(appointment(), method=method, now=NOW) == golden.read_bytes()


def test_a_request_names_everybody_and_asks_for_an_answer():
    calendar, event = read(invitation(appointment(), method="REQUEST", now=NOW))
    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (
        *("6b1f@glossary.example", 2, "CONFIRMED"),
    )
    assert event["ORGANIZER"] == "mailto:website@glossary.example"
    assert event["ORGANIZER"].params["CN"] == "Northlight"
    assert event["ATTENDEE"] == "mailto:paula@example.com"
    assert {name: event["ATTENDEE"].params[name] for name in ("CN", "RSVP", "PARTSTAT")} == {
        "CN": "Paula Prospect",
        "RSVP": "TRUE",
        "PARTSTAT": "NEEDS-ACTION",
    }
    assert event["LOCATION"] == "Rua Augusta 1, Lisbon; second floor"


def test_a_cancellation_carries_what_finds_the_event_again():
    calendar, event = read(invitation(appointment(revision=3), method="CANCEL", now=NOW))
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 3)
    required = ("UID", "ORGANIZER", "ATTENDEE", "DTSTAMP")
    assert [name for name in required if name not in event] == []


def test_a_file_to_fetch_asks_nobody_for_an_answer():
    calendar, event = read(invitation(appointment(), method="PUBLISH", now=NOW))
    assert (calendar["METHOD"], "ATTENDEE" in event, "ORGANIZER" in event) == (
        *("PUBLISH", False, True),
    )


def test_a_time_that_nobody_agreed_to_yet_is_tentative():
    _, event = read(invitation(appointment(is_tentative=True), method="REQUEST", now=NOW))
    assert event["STATUS"] == "TENTATIVE"


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
def test_times_are_written_in_utc_whatever_zone_they_come_in(hours):
    zone = timezone(timedelta(hours=hours))
    local = appointment(
        starts_at=TEN.astimezone(zone), ends_at=(TEN + timedelta(minutes=30)).astimezone(zone)
    )
    file = invitation(local, method="REQUEST", now=NOW.astimezone(zone))
    times = [line for line in unfolded(file) if line.startswith("DT")]
    assert times == [
        *("DTSTART:20260304T100000Z", "DTEND:20260304T103000Z", "DTSTAMP:20260302T080000Z"),
    ]
    assert b"TZID" not in file


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("paula+x@example.com", "mailto:paula+x@example.com"),
        ("=1+1@x.test", "mailto:=1+1@x.test"),
        ('"a;b"@example.com', "mailto:%22a%3Bb%22@example.com"),
        ("paula@[127.0.0.1]", "mailto:paula@[127.0.0.1]"),
        ("p@x.test\r\nEND:VEVENT", "mailto:p@x.test%0D%0AEND:VEVENT"),
        ("o'hara@example.com", "mailto:o'hara@example.com"),
        ("paula@münchen.example", "mailto:paula@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_is_written_as_a_uri(email, written):
    file = invitation(appointment(attendee=Person("P", email)), method="REQUEST", now=NOW)
    assert read(file)[1]["ATTENDEE"] == written


# Whatever somebody typed ------------------------------------------------------------------

texts = st.text(st.characters(codec=None), max_size=200) | st.sampled_from(UNPLEASANT)


@given(summary=texts, place=texts, description=texts, name=texts)
@example(*[UNPLEASANT[0]] * 4)
@example(*[UNPLEASANT[2]] * 4)
@example(*[UNPLEASANT[7]] * 4)
@example(*["\\"] * 4)
def test_any_text_gives_a_file_that_two_readers_read_back(summary, place, description, name):
    meant = appointment(
        summary=f"S {summary}",
        place=place,
        description=description,
        attendee=Person(name, "p@x.test"),
    )
    file = invitation(meant, method="REQUEST", now=NOW)
    assert_is_well_formed(file)
    _, event = read(file)
    expected = (one_line(f"S {summary}"), one_line(place), printable(description))
    assert (event["SUMMARY"], event.get("LOCATION", ""), event.get("DESCRIPTION", "")) == expected
    shown = one_line(name).replace('"', "'").replace("\\", "/")[:100].strip() or "p@x.test"
    assert event["ATTENDEE"].params["CN"] == shown

    (seen,) = other_reader.Calendar(file.decode()).events
    # It takes “\\\\n” for a line break after a backslash, which RFC 5545 §3.3.11 does not.
    ours = [text for text in expected if "\\" not in text]
    theirs = (seen.name, seen.location or "", seen.description or "")
    assert [text for text in theirs if "\\" not in text] == ours
    assert (seen.uid, seen.begin, len(seen.attendees)) == (meant.uid, TEN, 1)


@pytest.mark.parametrize("text", UNPLEASANT)
def test_each_unpleasant_text_gives_a_file(text):
    file = invitation(
        appointment(summary=text, place=text, description=text, attendee=Person(text, "p@x.test")),
        method="CANCEL",
        now=NOW,
    )
    assert_is_well_formed(file)
    assert read(file)[1]["DESCRIPTION" if text else "UID"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Paula Prospect", "Paula Prospect"),
        (" Dr.  J. R. O'Hara-Núñez\r\n", "Dr. J. R. O'Hara-Núñez"),
        ("王小明", "王小明"),
        ("Win at evil.example now", ""),
        ("https://evil.example", ""),
        ("evil。example", ""),
        ("mail eve@evil", ""),
        ("\\\\evil\\share", ""),
        ("x" * 61, ""),
        ("Paula\r\nBcc: eve", ""),
        ("\0", ""),
    ],
)
def test_only_a_name_is_used_as_a_name(typed, name):
    assert as_name(typed) == name


# To fetch ---------------------------------------------------------------------------------


def confirmed() -> Booking:
    offer = make_offer(place="https://meet.example/northlight")
    make_calendar(offer, host=make_author(name="Ines Carvalho"))
    return make_booking(start=TEN, offer=offer, now=NOW, visitor_zone="America/New_York")


def path_of(booked: Booking, prefix: str = "") -> str:
    return f"{prefix}/consultation/booking/{links.token_of(booked)}/invite.ics"


@pytest.mark.django_db
def test_a_confirmed_booking_is_fetched_as_a_file(client):
    booked = confirmed()
    answer = client.get(path_of(booked))
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert (answer["Cache-Control"], answer.cookies) == ("no-store", {})
    calendar, event = read(answer.content)
    assert_is_well_formed(answer.content)
    assert (calendar["METHOD"], event["UID"]) == ("PUBLISH", booked.uid)
    assert event["SUMMARY"] == "Free consultation with Ines Carvalho"
    assert event["LOCATION"] == "https://meet.example/northlight"
    page = f"https://glossary.example/consultation/booking/{links.token_of(booked)}/"
    assert event["DESCRIPTION"] == (
        "Wednesday, March 4, 2026, 05:00 (America/New York, UTC−05:00)\n"
        "Wednesday, March 4, 2026, 10:00 (Europe/Lisbon, UTC+00:00)\n\n"
        f"To move or cancel it, open: {page}"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_file_can_only_be_fetched(client, method):
    assert getattr(client, method)(path_of(confirmed())).status_code == 405


@pytest.mark.django_db
def test_unknown_addresses_and_bookings_that_do_not_stand_have_no_file(client):
    booked = confirmed()
    good = path_of(booked)
    assert client.head(good).status_code == 200
    for token in ("x", "0" * 43, booked.uid, str(booked.pk), links.verification_of(booked)):
        assert client.get(f"/consultation/booking/{token}/invite.ics").status_code == 404
    booking.cancel(booked, now=NOW)
    assert client.get(good).status_code == 404


@pytest.mark.django_db
def test_a_booking_that_waits_has_no_file(client):
    offer = make_offer(confirms_by_hand=True)
    make_calendar(offer)
    waiting = booking.book(offer, start=TEN, lead=make_lead(), now=NOW)
    assert client.get(path_of(waiting)).status_code == 404
