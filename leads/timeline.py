"""The timeline of a lead in words: who did what, and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from leads import clock
from leads.models import Lead, LeadEvent

_WORDS = {
    "lead.created": "Asked for a consultation",
    "lead.called": "Booked on the phone",
    "booking.verified": "Verified the e-mail address",
    "booking.confirmed": "Confirmed the booking",
    "booking.cancelled": "Cancelled the booking",
    "booking.refused": "Refused the booking",
    "booking.expired": "The booking expired: nobody confirmed it in time",
    "booking.held": "Noted that the talk took place",
    "booking.no_show": "Noted that they did not come",
}
_BY_ITSELF = ("booking.expired", "lead.status_changed")
"""What happens without anybody's doing, unless it says who did it."""


@dataclass(frozen=True)
class Line:
    """One line of a timeline."""

    at: datetime
    who: str
    words: str
    note: str


def lines(events: Iterable[LeadEvent], zone: ZoneInfo) -> list[Line]:
    """Return `events` in words, their times by the clock of `zone`; no query if `by` is read."""
    return [Line(each.at, _who(each), _words(each, zone), each.note) for each in events]


def _who(event: LeadEvent) -> str:
    if event.by:
        return event.by.get_full_name() or event.by.get_username()
    return "The site" if event.kind in _BY_ITSELF else "The prospect"


def _words(event: LeadEvent, zone: ZoneInfo) -> str:
    data = event.data
    if event.kind == "lead.created" and event.by_id:
        return "Entered the lead"
    if event.kind == "lead.status_changed":
        return f"State: {_state(data.get('from'))} → {_state(data.get('to'))}"
    if event.kind == "booking.created":
        return f"Booked {_moment(data.get('starts_at'), zone)}"
    if event.kind == "booking.moved":
        former, later = data.get("former"), data.get("starts_at")
        return f"Moved from {_moment(former, zone)} to {_moment(later, zone)}"
    return _WORDS.get(event.kind) or event.kind.replace(".", ": ").replace("_", " ")


def _state(value: str | None) -> str:
    return str(dict(Lead.State.choices).get(value or "", "?")).lower()


def _moment(text: str | None, zone: ZoneInfo) -> str:
    return clock.whole(datetime.fromisoformat(text), zone) if text else "a time"
