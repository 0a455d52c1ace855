"""Invitations as calendar files: values in, bytes out (RFC 5545, RFC 5546). Pure.

Times are written in UTC, so that no file needs a definition of a zone
(RFC 5545 §3.2.19). One booking keeps its UID for life; SEQUENCE rises with
each change, which is how a calendar knows the newer word from the older.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from django.utils.encoding import punycode
from icalendar import Calendar, Event, vCalAddress, vText

from config.typed import one_line, printable

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
PRODUCT = "-//Headword//Consultations//EN"
LONGEST_NAME = 100
"""Characters of a person's name; calendars show it in one line."""
_IN_ADDRESSES = "!$'*+-./=^_`{|}~"
"""What RFC 5322 allows in the local part besides letters and digits, and a URI can hold."""
_IN_NAMES = str.maketrans({'"': "'", "\\": "/"})
"""Parameters cannot hold quotation marks (RFC 5545 §3.2); readers differ about backslashes."""


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True)
class Appointment:
    """What a calendar is to know of a talk; texts may be whatever somebody typed."""

    uid: str
    revision: int
    starts_at: datetime
    ends_at: datetime
    summary: str
    organizer: Person
    attendee: Person
    place: str = ""
    description: str = ""
    is_tentative: bool = False
    """The time is kept, but nobody has agreed to it yet."""


def invitation(appointment: Appointment, *, method: Method, now: datetime) -> bytes:
    """Return the file that puts `appointment` into a calendar, or takes it out again.

    REQUEST invites and changes (RFC 5546 §3.2.2), CANCEL takes back (§3.2.5),
    PUBLISH is for a file that somebody fetches: it asks nobody for an answer
    and must name no attendee (§3.2.1). Lines end in CRLF and have at most 75
    octets.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.revision)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("summary", vText(one_line(appointment.summary)))
    event.add("status", _status(appointment, method))
    event.add("transp", "OPAQUE")
    event["ORGANIZER"] = _address(appointment.organizer)
    if method != "PUBLISH":
        event["ATTENDEE"] = _attendee(appointment.attendee)
    for name, text in (("location", one_line(appointment.place)), *_description(appointment)):
        if text:
            event.add(name, vText(text))
    calendar.add_component(event)
    return calendar.to_ical()


def _description(appointment: Appointment) -> list[tuple[str, str]]:
    return [("description", printable(appointment.description))]


def _status(appointment: Appointment, method: Method) -> str:
    if method == "CANCEL":
        return "CANCELLED"
    return "TENTATIVE" if appointment.is_tentative else "CONFIRMED"


def _attendee(person: Person) -> vCalAddress:
    address = _address(person)
    address.params["CUTYPE"] = "INDIVIDUAL"
    address.params["ROLE"] = "REQ-PARTICIPANT"
    address.params["PARTSTAT"] = "NEEDS-ACTION"
    address.params["RSVP"] = "TRUE"
    return address


def _address(person: Person) -> vCalAddress:
    local, _, domain = person.email.rpartition("@")
    host = quote(punycode(domain), safe="[]:")
    address = vCalAddress(f"mailto:{quote(local, safe=_IN_ADDRESSES)}@{host}")
    name = one_line(person.name).translate(_IN_NAMES)[:LONGEST_NAME]
    address.params["CN"] = name.strip() or person.email
    return address
