"""A host's bookings as a calendar to subscribe to (RFC 5545, RFC 7986). Times are in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Calendar as File
from icalendar import Event, vDuration, vText, vUri

from config import site
from config.typed import one_line, printable
from leads import links
from leads.models import Booking, Calendar
from leads.models.bookings import WAITING
from leads.models.calendars import new_key

PAST = timedelta(days=30)
EVERY = timedelta(minutes=15)
"""How often calendars are asked to come back; some take their time all the same."""
PRODUCT = "-//Headword//Bookings//EN"


def url_of(calendar: Calendar) -> str:
    """Return the secret address that the host subscribes to."""
    return site.absolute(reverse("leads:subscription", args=[links.subscription_of(calendar)]))


def renew(calendar: Calendar) -> str:
    """End the present address at once and return the one that takes its place."""
    calendar.subscription_key = new_key()
    calendar.save(update_fields=["subscription_key"])
    return url_of(calendar)


def bookings_of(calendar: Calendar, now: datetime | None = None) -> Iterable[Booking]:
    """Return what the host's calendar shows: held times from 30 days ago on; one query."""
    now = now or timezone.now()
    held = Booking.objects.held().without_lapsed(now).filter(calendar=calendar)
    return (
        held.filter(blocked_until__gt=now - PAST)
        .select_related("lead__entry", "offer")
        .order_by("starts_at", "pk")
    )


def file_of(calendar: Calendar, now: datetime | None = None) -> bytes:
    """Return the file; the same bytes as long as nothing in it changes."""
    file = File()
    every = vDuration(EVERY)
    for name, value in [
        ("PRODID", vText(PRODUCT)),
        ("VERSION", vText("2.0")),
        ("CALSCALE", vText("GREGORIAN")),
        ("METHOD", vText("PUBLISH")),
        ("X-WR-CALNAME", vText(one_line(f"{site.current().name}: {calendar}"))),
        ("X-PUBLISHED-TTL", every),
    ]:
        file[name] = value
    file["REFRESH-INTERVAL"] = vDuration(EVERY, params={"VALUE": "DURATION"})
    for booking in bookings_of(calendar, now):
        file.add_component(_event(booking))
    return file.to_ical()


def _event(booking: Booking) -> Event:
    is_waiting = booking.state in WAITING
    event = Event()
    event.add("uid", booking.uid)
    event.add("sequence", booking.revision)
    # Not the present time: a file that has not changed is not sent again.
    event.add("dtstamp", booking.created_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", booking.starts_at.astimezone(UTC))
    event.add("dtend", booking.ends_at.astimezone(UTC))
    event.add("status", "TENTATIVE" if is_waiting else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event["SUMMARY"] = vText(_summary(booking, is_waiting))
    event["DESCRIPTION"] = vText(_description(booking))
    event["URL"] = vUri(_admin_url(booking))
    place = one_line(booking.offer.place)
    if place:
        event["LOCATION"] = vText(place)
    return event


def _summary(booking: Booking, is_waiting: bool) -> str:
    words = one_line(f"{booking.lead.name}: {booking.offer.name}")
    return _("To be confirmed: %(booking)s") % {"booking": words} if is_waiting else words


def _description(booking: Booking) -> str:
    lead = booking.lead
    source = lead.entry.term if lead.entry else lead.source_path
    facts = [
        (_("E-mail"), lead.email),
        (_("Phone"), lead.phone),
        (_("Company"), lead.company),
        (_("Came from"), source),
    ]
    lines = [f"{name}: {one_line(value)}" for name, value in facts if value]
    parts = ["\n".join(lines), printable(lead.message).strip(), _admin_url(booking)]
    return "\n\n".join(filter(None, parts))


def _admin_url(booking: Booking) -> str:
    return site.absolute(booking.get_admin_url())
