"""Mails about requests; outbox handlers, so that a mail server's bad day loses none."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from config import mail, site
from config.models import OutboxMessage
from config.typed import as_name, harmless
from leads import attributing, bounces, links, notices
from leads.models import Booking, Lead


class NoRecipient(LookupError):
    """Nobody is named who should hear of requests; the message waits until somebody is."""


def notify_staff(message: OutboxMessage) -> None:
    """Tell whom `message` names of the lead in it; answering the mail answers the prospect.

    Raises NoRecipient.
    """
    lead = _lead(message)
    recipients = _recipients(message) if lead else []
    if lead is None or not recipients:
        return
    with translation.override(site.current().language):
        path = reverse("admin:leads_lead_change", args=[lead.pk])
        leave_at = notices.choices_url() if "user" in message.payload else ""
        context: dict[str, object] = {
            "lead": lead,
            "place": attributing.place_of(lead),
            "site": site.current(),
            "admin_url": site.absolute(path),
            "choices_url": leave_at,
        }
        mail.send(
            message,
            "leads/mail/staff",
            context,
            to=recipients,
            reply_to=[lead.email],
            leave_at=leave_at,
        )


def confirm_request(message: OutboxMessage) -> None:
    """Tell the prospect that their request arrived, with a copy of what they wrote."""
    lead = _lead(message)
    if lead is None:
        return
    with translation.override(lead.language):
        context = {
            "lead": lead,
            "sent": _repeated(lead),
            "site": site.current(),
            "site_url": settings.SITE_URL,
            # A full stop follows, and “Lda.” has its own.
            "publisher": site.current().publisher.rstrip("."),
            "bookings": _bookings_of(lead),
            "agreed": " ".join(each.text for each in lead.consents.valid()),
            "consents_url": consents_url(lead),
        }
        with bounces.noticed(lead, message):
            mail.send(message, "leads/mail/confirmation", context, to=[lead.email])


def _repeated(lead: Lead) -> dict[str, str]:
    """What the confirmation repeats: nothing by which it would carry others' words or links."""
    return {
        "name": as_name(lead.name),
        "email": lead.email,
        "phone": lead.phone,
        "company": harmless(lead.company),
        "preferred_time": harmless(lead.preferred_time),
    }


def _recipients(message: OutboxMessage) -> list[str]:
    """Whom the message is for, as long as they are: one of staff, one of the site's group.

    A message that names neither was written when nobody was named, and is for
    the whole group. Raises NoRecipient.
    """
    if "user" in message.payload:
        user = notices.reader(message.payload["user"])
        return [user.email] if user else []
    group = site.current().recipients
    if "address" in message.payload:
        return [each for each in group if notices.mark_of(each) == message.payload["address"]]
    if not group:
        raise NoRecipient("Name somebody in the site settings under “who hears of new requests”.")
    return group


def consents_url(lead: Lead) -> str:
    """Return the secret address at which whoever sent `lead` can take back what they agreed to."""
    return site.absolute(reverse("leads:consent", args=[links.consent_token_of(lead)]))


def _bookings_of(lead: Lead, now: datetime | None = None) -> list[tuple[Booking, str]]:
    """Return the open bookings that the address has of the offer, with their pages.

    Whoever asks for one more than they may have can move one of these; the
    mail reaches nobody but the address itself. One query.
    """
    if lead.offer is None:
        return []
    upcoming = Booking.objects.upcoming(now).without_lapsed(now)
    found = upcoming.filter(offer=lead.offer).of_address(lead.email)
    return [
        (each, site.absolute(reverse("leads:booking", args=[links.token_of(each)])))
        for each in found
    ]


def _lead(message: OutboxMessage) -> Lead | None:
    """The lead of the message; None when it was erased, or booked a time and hears of that."""
    leads = Lead.objects.select_related("entry", "offer", "attribution")
    lead = leads.filter(pk=message.payload["lead"]).first()
    has_booked = lead is not None and lead.bookings.exists()
    return None if has_booked and message.payload.get("unless_booked") else lead
