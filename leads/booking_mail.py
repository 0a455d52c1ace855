"""Mails about bookings; outbox handlers that decide from the row as it is when they send.

A mail that waited through an outage then says what is true, several changes
give one mail, and a reminder for a time that was given up says nothing.
"""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone, translation

from config import mail, site
from config.models import OutboxMessage
from config.typed import one_line
from leads import (
    attributing,
    booking_words,
    bounces,
    briefing,
    invitations,
    links,
    notices,
    pipeline,
    reminders,
)
from leads.booking_words import Letter
from leads.ics import Method
from leads.mail import NoRecipient, consents_url
from leads.models import Booking, LeadEvent

State = Booking.State
REMINDED = "booking.reminded"
HOST_NEWS = {
    "booking.created": "New booking",
    "booking.verified": "New booking",
    "booking.confirmed": "Confirmed",
    "booking.moved": "Moved",
    "booking.cancelled": "Cancelled",
    "booking.refused": "Refused",
    "booking.expired": "Expired",
}
"""What host and group hear of, by the event; how a talk went is theirs to say."""
CHOSEN_NEWS = {"booking.no_show": "Did not come"}
"""What is told to those alone who chose to hear of it."""


class InOtherHands(Exception):
    """Another worker is sending a mail of the same kind and booking; this one looks again."""


def tell_prospect(message: OutboxMessage, now: datetime | None = None) -> None:
    """Tell the prospect what they do not know yet of the booking in `message`.

    What was said is noted after sending, unless something newer was said
    meanwhile. The id of the mail is that of booking and revision: sent twice,
    it is the same mail, and after a change it is another. Raises InOtherHands.
    """
    now = now or timezone.now()
    booking = _booking(message, now)
    news = booking_words.news_of(booking, now) if booking else None
    if booking is None or news is None:
        return
    with translation.override(booking.lead.language):
        letter = booking_words.letter(booking, news, reason=_staffs_reason(booking), now=now)
        method = _method(booking)
        _send(message, booking, letter, method, mark=str(booking.revision), now=now)
    _note_told(booking, method)


def remind(message: OutboxMessage, now: datetime | None = None) -> None:
    """Remind the prospect of the booking in `message`, if that is due and still true.

    After an outage several reminders are due: one mail comes, for the newest.
    Nobody is reminded twice of one offset, nor of what they have just been
    told. Raises InOtherHands.
    """
    now = now or timezone.now()
    booking = _booking(message, now)
    if booking is None or not booking.is_confirmed:
        return
    starts_at = booking.starts_at
    offset = reminders.newest_due(booking.offer.reminders, starts_at=starts_at, now=now)
    is_current = datetime.fromisoformat(message.payload["starts_at"]) == starts_at
    if offset is None or not is_current or _has_just_heard(booking, offset, now):
        return
    before = offset // timedelta(minutes=1)
    with translation.override(booking.lead.language):
        letter = booking_words.reminder(booking, now)
        mark = f"{starts_at:%Y%m%dT%H%M}.{before}"
        _send(message, booking, letter, None, mark=mark, now=now)
    data = {"starts_at": starts_at.isoformat(), "before": before}
    pipeline.note(booking.lead, REMINDED, booking=booking, data=data, now=now)


def tell_host(message: OutboxMessage, now: datetime | None = None) -> None:
    """Tell staff and host what happened to a booking, but not the one who did it.

    What nobody verified concerns nobody. Raises NoRecipient.
    """
    booking, event = _found(message), _event(message)
    if booking is None or event is None or event.kind not in HOST_NEWS:
        return
    if not _is_known(booking, event):
        return
    everybody = _staff(booking)
    if not everybody:
        raise NoRecipient("Name somebody in the site settings under “who hears of new requests”.")
    acted = event.by.email.lower() if event.by else ""
    recipients = [address for address in everybody if address.lower() != acted]
    if recipients:
        _send_to_staff(message, booking, event, to=recipients)


def notify(message: OutboxMessage) -> None:
    """Tell one member of staff, who chose to hear of it, what happened to a booking.

    Not if they are host or in the site's group: they hear by `tell_host`.
    """
    booking, event = _found(message), _event(message)
    user = notices.reader(message.payload["user"])
    if booking is None or event is None or user is None or not _is_known(booking, event):
        return
    told = _staff(booking) if event.kind in HOST_NEWS else []
    if user.email.lower() not in [address.lower() for address in told]:
        _send_to_staff(message, booking, event, to=[user.email])


# Reading ----------------------------------------------------------------------------------


def _found(message: OutboxMessage) -> Booking | None:
    return Booking.objects.with_people().filter(pk=message.payload["booking"]).first()


def _event(message: OutboxMessage) -> LeadEvent | None:
    return LeadEvent.objects.select_related("by").filter(pk=message.payload["event"]).first()


def _is_known(booking: Booking, event: LeadEvent) -> bool:
    """Whether the address was verified by then: what nobody verified concerns nobody."""
    known = booking.events.filter(pk__lte=event.pk, data__state__in=["pending", "confirmed"])
    return known.exists()


def _booking(message: OutboxMessage, now: datetime) -> Booking | None:
    """The booking as it is now, None for one that was erased. Raises InOtherHands.

    Of two workers that come at the same time neither goes on: each saw the
    other's claim, and they come back one after the other.
    """
    others = OutboxMessage.objects.waiting().filter(
        kind=message.kind, claimed_until__gt=now, payload__booking=message.payload["booking"]
    )
    if others.exclude(pk=message.pk).exists():
        raise InOtherHands
    return _found(message)


def _staffs_reason(booking: Booking) -> str:
    """Why staff cancelled or refused; the prospect's own words are not mailed to them."""
    closing = ("booking.cancelled", "booking.refused")
    event = booking.events.filter(kind__in=closing).exclude(by=None).first()
    return event.note if event and not booking.is_open else ""


def _has_just_heard(booking: Booking, offset: timedelta, now: datetime) -> bool:
    told = OutboxMessage.objects.filter(
        kind="leads.tell_prospect", payload__booking=booking.pk, done_at__gt=now - reminders.FRESH
    )
    said = booking.events.filter(kind=REMINDED, data__starts_at=booking.starts_at.isoformat())
    last = said.first()
    if last is None:
        return told.exists()
    distance = timedelta(minutes=last.data["before"]) - offset
    is_news = distance > timedelta() and now - last.at >= min(reminders.FRESH, distance / 2)
    return not is_news or told.exists()


def _staff(booking: Booking) -> list[str]:
    """Addresses of those who hear of requests, and of the host; each once."""
    host = booking.calendar.author.user
    addresses = [*site.current().recipients, *([host.email] if host and host.is_active else [])]
    return list({address.lower(): address for address in addresses if address}.values())


def _staff_context(booking: Booking, event: LeadEvent) -> dict[str, object]:
    former = event.data.get("former")
    return {
        "booking": booking,
        "lead": booking.lead,
        "place": attributing.place_of(booking.lead),
        "event": event,
        "news": _host_news(event),
        "actor": _actor(event),
        "starts_at": datetime.fromisoformat(event.data["starts_at"]),
        "former": datetime.fromisoformat(former) if former else None,
        "has_changed": event.data["starts_at"] != booking.starts_at.isoformat()
        or event.data["state"] != booking.state,
        "name": one_line(booking.lead.name),
        "briefing": briefing.of(booking) if booking.is_open else None,
        "site_url": site.absolute(""),
        "site": site.current(),
        "admin_url": site.absolute(booking.get_admin_url()),
    }


def _host_news(event: LeadEvent) -> str:
    is_asked = event.data["state"] == State.PENDING and event.by_id is None
    return "To be confirmed" if is_asked else {**HOST_NEWS, **CHOSEN_NEWS}[event.kind]


def _actor(event: LeadEvent) -> str:
    if event.by:
        return event.by.get_full_name() or event.by.get_username()
    return "" if event.kind == "booking.expired" else "the prospect"


# Sending ----------------------------------------------------------------------------------


def _method(booking: Booking) -> Method | None:
    """What the prospect's calendar is told: nothing, unless it knows or should know the booking.

    One that was invited and waits for staff again, since the prospect moved
    it, is changed by a REQUEST that is tentative: the former time must not stand.
    """
    if booking.is_confirmed or (booking.state == State.PENDING and booking.is_invited):
        return "REQUEST"
    return "CANCEL" if booking.is_invited else None


def _send_to_staff(
    message: OutboxMessage, booking: Booking, event: LeadEvent, *, to: list[str]
) -> None:
    leave_at = notices.choices_url() if "user" in message.payload else ""
    with translation.override("en"):
        mail.send(
            message,
            "admin/mail/booking",
            {**_staff_context(booking, event), "choices_url": leave_at},
            to=to,
            reply_to=[booking.lead.email],
            leave_at=leave_at,
        )


def _send(
    message: OutboxMessage,
    booking: Booking,
    letter: Letter,
    method: Method | None,
    *,
    mark: str,
    now: datetime,
) -> None:
    forms, files = [], []
    if method:
        token = links.token_of(booking)
        file = invitations.invitation(booking, method=method, token=token, now=now)
        forms = [mail.Part(file, f"text/calendar; method={method}")]
        # Not text/calendar, which mail programs would take for a second invitation.
        files = [mail.Part(file, "application/ics", name="invite.ics")]
    context: dict[str, object] = {
        "letter": letter,
        "language": translation.get_language(),
        "site": site.current(),
        "site_url": site.absolute("/"),
        "consents_url": consents_url(booking.lead),
    }
    with bounces.noticed(booking.lead, message):
        mail.send(
            message,
            "leads/mail/booking",
            context,
            to=[booking.lead.email],
            reply_to=_reply_to(booking),
            forms=forms,
            files=files,
            # Short enough to stay on one line of the header.
            mark=f"{booking.uid[:16]}.{mark}",
        )


def _reply_to(booking: Booking) -> list[str]:
    host = booking.calendar.author.user
    return [host.email] if host and host.is_active and host.email else []


def _note_told(booking: Booking, method: Method | None) -> None:
    older = Q(told_revision=None) | Q(told_revision__lt=booking.revision)
    invited = {"REQUEST": True, "CANCEL": False}
    Booking.objects.filter(older, pk=booking.pk).update(
        told_revision=booking.revision,
        told_starts_at=booking.starts_at,
        is_invited=invited[method] if method else booking.is_invited,
    )
