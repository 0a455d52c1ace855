"""What mails tell prospects of their booking, in the language that is active.

Nothing that the visitor typed is in here but the name of one who is known: a
form would otherwise be a means to send any text to anybody.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from config import site
from config.typed import one_line, printable
from leads import booking_page, choosing, clock, invitations, links
from leads.models import Booking

News = Literal["verify", "pending", "confirmed", "moved", "cancelled", "refused", "expired"]
State = Booking.State
_A_WHILE = timedelta(minutes=45)
_AN_HOUR = timedelta(minutes=90)
_MOMENTS = timedelta(minutes=8)


@dataclass
class Letter:
    """A mail in plain sentences; templates make text and HTML of it."""

    subject: str
    name: str = ""
    """How the prospect is addressed; empty for one whom we do not know."""
    sentences: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    call: str = ""
    url: str = ""
    """Where the call leads to."""
    link: str = ""
    """The words of the link, where the address is out of sight."""
    after: list[str] = field(default_factory=list)


def news_of(booking: Booking, now: datetime) -> News | None:
    """Return what the prospect does not know yet, None for nothing.

    What lapsed while it waited for staff is told when it is ended, not before.
    """
    standing = booking_page.standing(booking, now)
    if booking.told_revision == booking.revision:
        return None
    if booking.state == State.PENDING and standing == State.EXPIRED:
        return None
    news: dict[str, News] = {
        State.UNVERIFIED: "verify",
        State.PENDING: "pending",
        State.CONFIRMED: "moved" if former_of(booking) else "confirmed",
        State.CANCELLED: "cancelled",
        State.REFUSED: "refused",
        State.EXPIRED: "expired",
    }
    return news.get(standing)


def former_of(booking: Booking) -> datetime | None:
    """Return the time that the prospect was told, if it is another one now."""
    told = booking.told_starts_at
    return told if told != booking.starts_at else None


def letter(booking: Booking, news: News, *, reason: str = "", now: datetime) -> Letter:
    """Return the mail that tells `news`; `reason` are the words of staff."""
    zone = booking.shown_zone
    title, known_at = booking.offer.name, booking.told_starts_at or booking.starts_at
    if news in ("cancelled", "refused", "expired"):
        return _farewell(booking, news, clock.whole(known_at, zone), reason)
    when = f"{title}, {clock.day(booking.starts_at, zone)}, {clock.time(booking.starts_at, zone)}"
    former = former_of(booking)
    former_time = clock.whole(former, zone) if former else ""
    kept_until = clock.whole(booking.holds_until, zone) if booking.holds_until else ""
    if news == "verify":
        return _verification(booking, kept_until)
    if news == "pending":
        said = Letter(_("To be confirmed: %(what)s") % {"what": when})
        said.sentences = [
            _("we keep this time for you until %(until)s. You hear from us before.")
            % {"until": kept_until},
        ]
        if former:
            said.sentences.append(
                _("Your former time, %(time)s, no longer holds.") % {"time": former_time}
            )
    elif news == "moved":
        said = Letter(_("New time: %(what)s") % {"what": when})
        said.sentences = [
            _("your consultation has a new time. The former one, %(time)s, no longer holds.")
            % {"time": former_time}
        ]
    else:
        said = Letter(_("Confirmed: %(what)s") % {"what": when})
        said.sentences = [_("your consultation is confirmed.")]
    if news != "pending" or booking.is_invited:
        said.sentences.append(_("The attached invitation brings it into your calendar."))
    return _with_page(said, booking, now)


def reminder(booking: Booking, now: datetime) -> Letter:
    """Return the mail that reminds of a confirmed booking."""
    soon = how_soon(booking.starts_at, booking.shown_zone, now)
    said = Letter(
        _("Reminder: %(offer)s, %(soon)s") % {"offer": booking.offer.name, "soon": soon},
        sentences=[_("your consultation takes place %(soon)s.") % {"soon": soon}],
    )
    return _with_page(said, booking, now)


def how_soon(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return `moment` as people say it at `now`: “in about an hour”, “tomorrow at 10:00”."""
    left, time = moment - now, clock.time(moment, zone)
    if left < _MOMENTS:
        return _("in a few minutes")
    if left < _A_WHILE:
        return _("in %(minutes)d minutes") % {"minutes": round(left / timedelta(minutes=1))}
    if left < _AN_HOUR:
        return _("in about an hour")
    days = (moment.astimezone(zone).date() - now.astimezone(zone).date()).days
    if days == 0:
        return _("today at %(time)s") % {"time": time}
    if days == 1:
        return _("tomorrow at %(time)s") % {"time": time}
    return _("on %(day)s at %(time)s") % {"day": clock.day(moment, zone), "time": time}


def _farewell(booking: Booking, news: News, when: str, reason: str) -> Letter:
    offer, is_offered = booking.offer, booking.offer.is_active
    path = offer.get_absolute_url() if is_offered else reverse("leads:consultation")
    texts = {
        "cancelled": (
            _("Cancelled: %(what)s"),
            _("your consultation on %(when)s is cancelled. Nobody expects you."),
        ),
        "refused": (
            _("Not confirmed: %(what)s"),
            _("we are sorry: we cannot offer you %(when)s."),
        ),
        "expired": (
            _("No longer kept for you: %(what)s"),
            _("%(when)s was not confirmed in time and is no longer kept for you."),
        ),
    }
    subject, sentence = texts[news]
    said = Letter(subject % {"what": offer.name}, name=invitations.known_name(booking))
    said.sentences = [sentence % {"when": when}]
    if reason:
        said.sentences.append(_("The reason: %(reason)s") % {"reason": one_line(reason)})
    if booking.is_invited:
        said.sentences.append(_("The attached file takes it out of your calendar."))
    said.call, said.url = _("You are welcome to choose another time:"), site.absolute(path)
    said.link = _("Choose a time")
    return said


def _verification(booking: Booking, kept_until: str) -> Letter:
    parts = [links.token_of(booking), links.verification_of(booking)]
    return Letter(
        _("Please confirm your address: %(what)s") % {"what": booking.offer.name},
        sentences=[
            _("somebody chose a time for a consultation and gave this address."),
            _("The time is kept for you until %(until)s.") % {"until": kept_until},
        ],
        facts=_facts(booking),
        call=_("To keep the time, open this page and press the button:"),
        url=site.absolute(reverse("leads:booking_verify", args=parts)),
        link=_("Keep this time"),
        after=[_("If it was not you, you need not do anything: the time becomes free again.")],
    )


def _with_page(said: Letter, booking: Booking, now: datetime) -> Letter:
    """Add whom the mail is for, the facts, and how the booking can be changed."""
    said.name = invitations.known_name(booking)
    said.facts = _facts(booking)
    said.url = invitations.page_of(links.token_of(booking))
    said.link = _("Your booking")
    contact = _contact(booking)
    if not booking_page.can_change(booking, now):
        said.call = _("Everything about it is on this page:")
        said.after = [_("If it does not suit you any more: %(contact)s.") % {"contact": contact}]
        return said
    until = clock.whole(booking_page.changes_until(booking), booking.shown_zone)
    said.call = _("If it does not suit you any more, move or cancel it on this page:")
    said.after = [
        _("You can do so until %(until)s. After that: %(contact)s.")
        % {"until": until, "contact": contact}
    ]
    return said


def _contact(booking: Booking) -> str:
    owner = site.current()
    named = booking.offer.contact or owner.contact_email or owner.contact_phone
    return one_line(named) or _("please answer this mail")


def _facts(booking: Booking) -> list[tuple[str, str]]:
    when, host_zone = booking.starts_at, booking.host_zone
    facts = [
        (_("What"), booking.offer.name),
        (_("When"), clock.whole(when, booking.shown_zone)),
    ]
    if host_zone != booking.shown_zone:
        facts.append((_("On your host’s clock"), clock.whole(when, host_zone)))
    minutes = round((booking.ends_at - when) / timedelta(minutes=1))
    facts.append((_("How long"), choosing.duration(minutes)))
    facts.append((_("With"), invitations.host_name(booking)))
    if booking.is_confirmed and booking.offer.place:
        facts.append((_("Where"), printable(booking.offer.place).strip()))
    return facts
