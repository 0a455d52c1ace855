"""Mails that outbox handlers send: text and HTML from templates, recognisable when repeated."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
)

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from config import site
from config.failpoints import reach
from config.models import OutboxMessage
from config.retries import GiveUp
from config.typed import one_line

MESSAGE = "outbox_message"
"""Under this name a mail service keeps the key of the message that a mail was sent for."""
REFUSED = 500
"""From this reply code on, trying again is of no use (RFC 5321 §4.2.1)."""


class AddressRefused(GiveUp):
    """No mail reaches this address: the server says so for good."""


@dataclass(frozen=True)
class Part:
    """What a mail holds besides text and HTML: another form of the same, or a file."""

    content: bytes
    kind: str
    """The media type with its parameters, but the character set, which is UTF-8."""
    name: str = ""
    """Of a file."""


def send(
    message: OutboxMessage,
    template: str,
    context: dict[str, object],
    *,
    to: Sequence[str],
    reply_to: Sequence[str] = (),
    forms: Sequence[Part] = (),
    files: Sequence[Part] = (),
    mark: str = "",
    is_automatic: bool = True,
    leave_at: str = "",
) -> None:
    """Send `template` (with `_subject.txt`, `.txt` and `.html`) for an outbox message.

    `forms` say the same as the text, in a way that other programs understand.
    `mark` names what the mail says, where the message alone does not: two
    mails with one mark are one. A mail that is not `is_automatic` was written
    by a person, and programs may answer it. `leave_at` is the address of the
    page where its reader can end such mails. Without `reply_to`, the site's
    contact is answered. Raises what the mail server says, so that the message
    is tried again.
    """
    contact = site.current().contact_email
    subject = " ".join(render_to_string(f"{template}_subject.txt", context).split())
    mail = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        from_email=sender(),
        to=list(to),
        reply_to=list(reply_to) or [contact] * bool(contact),
        headers={
            # The same id on every try, so that a repeated mail is recognised as one.
            "Message-ID": f"<{message.kind}.{mark or message.pk}@{settings.SITE_HOST}>",
            **({"Auto-Submitted": "auto-generated"} if is_automatic else {}),
            **({"List-Unsubscribe": f"<{leave_at}>"} if leave_at else {}),
        },
    )
    if settings.MAIL_SERVICE:
        # What it says of the mail later names the message, whatever it made of our Message-ID.
        vars(mail)["metadata"] = {MESSAGE: str(message.pk)}
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    for form in forms:
        mail.attach_alternative(form.content.decode(), form.kind)
    for file in files:
        mail.attach(file.name, file.content, file.kind)
    deliver(mail)


def sender() -> str:
    """Return the sender of all mails: the site's name, unless settings give another one."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = name or one_line(site.current().name)
    quoted = name.replace("\\", "").replace('"', "")
    return f'"{quoted}" <{address}>' if quoted else address


def deliver(mail: EmailMultiAlternatives) -> None:
    """Hand `mail` to the server.

    Raises GiveUp where it says no for good (5xx), AddressRefused if that is for the address.
    """
    reach("mail.sending")
    try:
        mail.send()
    except SMTPAuthenticationError:
        # A password that is wrong today is mended by the operator, not by giving up.
        raise
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (AddressRefused(_words(error)) if min(codes) >= REFUSED else error) from error
    except (SMTPSenderRefused, SMTPDataError) as error:
        raise (GiveUp(_words(error)) if error.smtp_code >= REFUSED else error) from error
    except tuple(map(import_string, settings.MAIL_SERVICE_REFUSALS)) as error:
        raise AddressRefused(f"The mail service takes no mail for it: {error}") from error
    reach("mail.sent")


def _words(error: SMTPException) -> str:
    """The reply code and what the server said to it, each once."""
    if isinstance(error, SMTPRecipientsRefused):
        replies = list(error.recipients.values())
    else:
        replies = [error.args[:2]]
    said = [f"{code} {_text(reply)}" for code, reply in replies]
    return f"The mail server refused it for good: {'; '.join(dict.fromkeys(said))}"


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
