"""Mails about requests; outbox handlers, so that a mail server's bad day loses none."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from config import site
from config.models import OutboxMessage
from leads.models import Lead


class NoRecipient(LookupError):
    """Nobody is named who should hear of requests; the message waits until somebody is."""


def notify_staff(message: OutboxMessage) -> None:
    """Tell staff of the lead in `message`; answering the mail answers the prospect.

    Raises NoRecipient.
    """
    lead = _lead(message)
    recipients = site.current().recipients
    if lead is None:
        return
    if not recipients:
        raise NoRecipient("Name somebody in the site settings under “who hears of new requests”.")
    with translation.override(site.current().language):
        path = reverse("admin:leads_lead_change", args=[lead.pk])
        context = {"lead": lead, "site": site.current(), "admin_url": site.absolute(path)}
        _send(message, "leads/mail/staff", context, to=recipients, reply_to=[lead.email])


def confirm_request(message: OutboxMessage) -> None:
    """Tell the prospect that their request arrived, with a copy of what they wrote."""
    lead = _lead(message)
    if lead is None:
        return
    with translation.override(lead.language):
        context = {"lead": lead, "site": site.current(), "site_url": settings.SITE_URL}
        contact = site.current().contact_email
        _send(
            message,
            "leads/mail/confirmation",
            context,
            to=[lead.email],
            reply_to=[contact] if contact else [],
        )


def _lead(message: OutboxMessage) -> Lead | None:
    """The lead of the message; None when it was erased before its mail went out."""
    return Lead.objects.select_related("entry", "offer").filter(pk=message.payload["lead"]).first()


def _send(
    message: OutboxMessage,
    template: str,
    context: dict[str, object],
    *,
    to: list[str],
    reply_to: list[str],
) -> None:
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=to,
        reply_to=reply_to,
        headers={
            # The same id on every try, so that a repeated mail is recognised as one.
            "Message-ID": f"<{message.kind}.{message.pk}@{settings.SITE_HOST}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    mail.send()
