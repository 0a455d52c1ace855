"""Mails that outbox handlers send: text and HTML from templates, recognisable when repeated."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from config.models import OutboxMessage


def send(
    message: OutboxMessage,
    template: str,
    context: dict[str, object],
    *,
    to: Sequence[str],
    reply_to: Sequence[str] = (),
) -> None:
    """Send `template` (with `_subject.txt`, `.txt` and `.html`) for an outbox message.

    Raises what the mail server says, so that the message is tried again.
    """
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=list(to),
        reply_to=list(reply_to),
        headers={
            # The same id on every try, so that a repeated mail is recognised as one.
            "Message-ID": f"<{message.kind}.{message.pk}@{settings.SITE_HOST}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    mail.send()
