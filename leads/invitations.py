"""The invitation of a booking: what its calendar file says, in the language that is active."""

from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from config import site
from config.typed import as_name
from leads import clock, ics
from leads.models import Booking

State = Booking.State


def invitation(
    booking: Booking, *, method: ics.Method, token: str, now: datetime | None = None
) -> bytes:
    """Return the calendar file of `booking`, whose page has the secret `token`."""
    appointment = ics.Appointment(
        uid=booking.uid,
        revision=booking.revision,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        summary=title_of(booking),
        organizer=ics.Person(site.current().name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]),
        attendee=ics.Person(known_name(booking), booking.lead.email),
        place=booking.offer.place if booking.is_confirmed else "",
        description="" if method == "CANCEL" else _description(booking, token),
        is_tentative=not booking.is_confirmed,
    )
    return ics.invitation(appointment, method=method, now=now or timezone.now())


def title_of(booking: Booking) -> str:
    """Return what a calendar shows of the talk in one line."""
    return _("%(offer)s with %(host)s") % {
        "offer": booking.offer.name,
        "host": host_name(booking),
    }


def host_name(booking: Booking) -> str:
    """Return whom the prospect will talk to; the publisher for a host who is not shown."""
    author = booking.calendar.author
    return author.name if author.is_visible else site.current().publisher


def known_name(booking: Booking) -> str:
    """Return how our mails call the prospect; "" for one who may not have asked for any.

    Whoever chose a time gave an address. Where offers have addresses verified,
    a mail repeats nothing that they typed before that was done.
    """
    is_known = booking.is_invited or booking.state in (State.PENDING, State.CONFIRMED)
    is_trusted = is_known or not booking.offer.verifies_email
    return as_name(booking.lead.name) if is_trusted else ""


def page_of(token: str) -> str:
    """Return the absolute address of the booking's page."""
    return site.absolute(reverse("leads:booking", args=[token]))


def _description(booking: Booking, token: str) -> str:
    zones = dict.fromkeys((booking.shown_zone, booking.host_zone))
    return "\n".join(
        [
            *(capfirst(clock.whole(booking.starts_at, zone)) for zone in zones),
            "",
            _("To move or cancel it, open: %(url)s") % {"url": page_of(token)},
        ]
    )
