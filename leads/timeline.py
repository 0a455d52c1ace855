"""The timeline of a lead in words: who did what, and when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from glossary.history import name_of
from leads import clock, money
from leads.models import Consent, Lead, LeadEvent

_WORDS = {
    "lead.created": "Asked for a consultation",
    "lead.called": "Booked on the phone",
    "lead.explained": "Said better why it was lost",
    "lead.noted": "Noted",
    "lead.replied": "Wrote a reply",
    "booking.verified": "Verified the e-mail address",
    "booking.confirmed": "Confirmed the booking",
    "booking.cancelled": "Cancelled the booking",
    "booking.refused": "Refused the booking",
    "booking.expired": "The booking expired: nobody confirmed it in time",
    "booking.held": "Noted that the talk took place",
    "booking.no_show": "Noted that they did not come",
}
_BOUNCES = {
    "hard": "A mail came back: the address takes none",
    "soft": "A mail came back: it could not be delivered this time",
    "complaint": "A mail was reported as spam",
}
_BY_ITSELF = (
    *("booking.expired", "booking.reminded", "mail.bounced"),
    *("lead.status_changed", "lead.assigned", "lead.merged"),
)
"""What happens without anybody's doing, unless it says who did it."""
_BY_STAFF = (
    *("lead.called", "lead.explained", "lead.noted", "lead.planned", "lead.replied"),
    *("lead.valued", "booking.refused", "booking.held", "booking.no_show"),
)
"""What no prospect does: without a name it was somebody whose login is gone."""


@dataclass(frozen=True)
class Line:
    """One line of a timeline."""

    at: datetime
    who: str
    words: str
    note: str = ""
    url: str = ""
    """Where there is more about it, for those who may look there."""


def lines(events: Iterable[LeadEvent], zone: ZoneInfo) -> list[Line]:
    """Return `events` in words, their times by the clock of `zone`; no query if `by` is read."""
    return [Line(each.at, _who(each), _words(each, zone), each.note) for each in events]


def _who(event: LeadEvent) -> str:
    if event.by:
        return name_of(event.by)
    if event.kind in _BY_STAFF:
        return "Staff"
    return "The site" if event.kind in _BY_ITSELF else "The prospect"


def _words(event: LeadEvent, zone: ZoneInfo) -> str:
    if event.kind == "lead.created" and event.by_id:
        return "Entered the lead"
    if say := _SAYING.get(event.kind):
        return say(event, zone)
    return _WORDS.get(event.kind) or event.kind.replace(".", ": ").replace("_", " ")


def _changed(event: LeadEvent, zone: ZoneInfo) -> str:
    return f"State: {_state(event.data.get('from'))} → {_state(event.data.get('to'))}"


def _assigned(event: LeadEvent, zone: ZoneInfo) -> str:
    owner = event.data.get("owner")
    return f"Owner: {owner}" if owner else "Owner: nobody"


def _planned(event: LeadEvent, zone: ZoneInfo) -> str:
    """A new step is the line's note; one that went is named here."""
    if not event.note:
        return f"Next step done: {event.data.get('former')}"
    on = event.data.get("on")
    return f"Next step, by {date_format(date.fromisoformat(on), 'j M Y')}" if on else "Next step"


def _valued(event: LeadEvent, zone: ZoneInfo) -> str:
    value = event.data.get("value")
    return f"Worth {money.written(Decimal(value))}" if value is not None else "Worth: not known"


def _created(event: LeadEvent, zone: ZoneInfo) -> str:
    return f"Booked {_moment(event.data.get('starts_at'), zone)}"


def _moved(event: LeadEvent, zone: ZoneInfo) -> str:
    former, later = event.data.get("former"), event.data.get("starts_at")
    return f"Moved from {_moment(former, zone)} to {_moment(later, zone)}"


def _reminded(event: LeadEvent, zone: ZoneInfo) -> str:
    return f"Reminded them of {_moment(event.data.get('starts_at'), zone)}"


def bounce(event: LeadEvent, zone: ZoneInfo | None = None) -> str:
    """Return in words how a mail came back."""
    return _BOUNCES.get(event.data.get("kind", ""), "A mail came back")


def _withdrawn(event: LeadEvent, zone: ZoneInfo) -> str:
    purpose = dict(Consent.Purpose.choices).get(event.data.get("purpose", ""), "")
    return f"Took back their agreement: {str(purpose).lower() or '?'}"


def _merged(event: LeadEvent, zone: ZoneInfo) -> str:
    is_kept = "from" in event.data
    return "Merged another request into it" if is_kept else "Merged it into another request"


_SAYING: dict[str, Callable[[LeadEvent, ZoneInfo], str]] = {
    "lead.status_changed": _changed,
    "lead.assigned": _assigned,
    "lead.planned": _planned,
    "lead.valued": _valued,
    "lead.merged": _merged,
    "booking.created": _created,
    "booking.moved": _moved,
    "booking.reminded": _reminded,
    "mail.bounced": bounce,
    "consent.withdrawn": _withdrawn,
}


def _state(value: str | None) -> str:
    return str(dict(Lead.State.choices).get(value or "", "?")).lower()


def _moment(text: str | None, zone: ZoneInfo) -> str:
    return clock.whole(datetime.fromisoformat(text), zone) if text else "a time"
