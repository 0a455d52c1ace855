"""Somebody who goes through everything and leaves traces wherever the site keeps any."""

import json
import logging
import smtplib
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

from django.conf import settings
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone

from config import outbox
from config.logs import DiscreetFormatter
from config.models import OutboxAttempt, OutboxMessage
from glossary import askers
from glossary.models import Asker, Entry, Feedback, Suggestion
from leads import booking as verbs
from leads import pipeline
from leads.arrival import Trail
from leads.consenting import Agreement
from leads.models import Attribution, Booking, Consent, Lead, Offer, Reply, SavedView
from leads.requesting import Request, request_consultation
from tests.desk import work
from tests.factories import (
    make_calendar,
    make_endpoint,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)
from tests.receivers import Receiver, status

NAME = "Quagmíra Proofsdóttir"
EMAIL = "Quag.Proof+1@quagmail.example"
OTHER_EMAIL = "second@quagprivate.example"
PHONE = "+351 967 000 123"
COMPANY = "Quagworks & Söhne"
ANSWERS = {
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
    "company": COMPANY,
    "message": "The quagsecret: call me.",
}
WORDS = (NAME, "Proofsd", "Quag", EMAIL, OTHER_EMAIL, PHONE, "967000123", "967 000", COMPANY)
"""What would tell who it was, and parts of it that survive most ways to write it."""


class Refusing(BaseEmailBackend):
    """A mail server that repeats whom it does not know."""

    def send_messages(self, mails):
        for mail in mails:
            said = f"5.1.1 No mailbox of {NAME} <{EMAIL}> here".encode()
            raise smtplib.SMTPRecipientsRefused(dict.fromkeys(mail.to, (550, said)))


def live(receiver: Receiver, settings) -> None:
    """Let them ask, book, move, cancel, be answered, merged, suggested and edited."""
    make_site(lead_recipients="us@office.example", marketing_text="News?")
    offer = make_offer()
    make_calendar(offer)
    entry, other = make_entry(term="Warp"), make_entry(term="Weft")
    # What is told of entries is told before anybody listens.
    work()
    make_endpoint(url=receiver.url)
    receiver.answers = [
        status(500, body=f'{{"echo": "{NAME} {EMAIL} {PHONE}"}}'.encode()),
        status(200, body=json.dumps(ANSWERS).encode()),
    ]
    trail = Trail(
        landing_path=f"/glossary/?who={quote(EMAIL)}",
        referrer_host="quagworks.example",
        utm={"utm_content": NAME},
        read=("/glossary/warp/",),
        searched=(f"{COMPANY} reviews",),
    )
    agreements = (
        Agreement(Consent.Purpose.REQUEST, "You may answer me."),
        Agreement(Consent.Purpose.MARKETING, f"Write to {EMAIL}."),
    )
    request = Request(ANSWERS, agreements, "en", "/consultation/", entry, "/glossary/warp/", trail)
    asked = request_consultation(request, mark="first", offer=offer)
    work()
    settings.EMAIL_BACKEND = "tests.lives.Refusing"
    start = (timezone.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    booked = _booked(request, offer, start)
    verbs.move(booked, start=start + timedelta(hours=3), any_time=True, by=make_staff("sales"))
    work()
    verbs.cancel(booked, reason=f"{NAME} is ill")
    work()
    _answer(asked)
    _edit(asked, booked)
    _merge(asked)
    _suggest()
    _mention(other)


def _booked(request: Request, offer: Offer, start: datetime) -> Booking:
    """A second request, to which staff gave a time."""
    by = make_staff("sales")
    lead = request_consultation(request, mark="second", offer=offer)
    return verbs.book(offer, start=start, lead=lead, any_time=True, by=by)


def _answer(lead: Lead) -> None:
    pipeline.note(lead, "lead.noted", text=f"{NAME} called from {PHONE}")
    reply = Reply.objects.create(lead=lead, subject=f"Dear {NAME}", body=f"Hello {NAME}!")
    OutboxMessage.objects.create(
        kind="leads.send_reply",
        payload={"reply": reply.pk},
        due_at=timezone.now(),
        failed_at=timezone.now(),
        last_error=f"No mailbox of {NAME}",
    )


def _edit(lead: Lead, booking: Booking) -> None:
    """What the admin writes when staff save forms."""
    staff = make_staff("administrator")
    for row, words in ((lead, lead.name), (booking, f"{booking}, {NAME}")):
        LogEntry.objects.create(
            user=staff,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=words,
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"fields": ["State"]}}]),
        )
    SavedView.objects.create(owner=staff, name="That one", query=f"q={quote_plus(NAME)}")
    SavedView.objects.create(owner=staff, name="By address", query=f"q={quote(EMAIL)}")
    SavedView.objects.create(owner=staff, name="By phone", query=f"q={quote_plus(PHONE)}")
    SavedView.objects.create(owner=staff, name=f"{NAME}, again", query="q=wool")


def _merge(lead: Lead) -> None:
    make_lead(name=NAME, email=OTHER_EMAIL, merged_into=lead)


def _suggest() -> None:
    suggestion = Suggestion.objects.create(term="Loom", note=f"Tell {EMAIL.lower()} of it.")
    askers.wait_for(suggestion, EMAIL)


def _mention(other: Entry) -> None:
    """Texts about other things that name them all the same."""
    told = outbox.enqueue("leads.warn_of_feed", calendar=0)
    told.last_error = f"ines@office.example and {EMAIL} were refused"
    told.save()
    OutboxAttempt.objects.create(
        message=told,
        number=1,
        started_at=timezone.now(),
        milliseconds=1,
        outcome="retry",
        error=told.last_error,
    )
    Feedback.objects.create(entry=other, is_helpful=False, sentence=f"Ask {EMAIL}")
    LogEntry.objects.create(
        user=make_staff("administrator"),
        content_type=ContentType.objects.get_for_model(Asker),
        object_id="0",
        object_repr=EMAIL.lower(),
        action_flag=DELETION,
    )


# Looking for them -------------------------------------------------------------------------


def hits(text: str) -> list[str]:
    """Which of WORDS are in `text`, in any way that programs write them."""
    text = text.casefold()
    ways = (str, quote, quote_plus, lambda word: json.dumps(word)[1:-1])
    return sorted({w for w in WORDS for way in ways if way(w).casefold() in text})


def dump() -> str:
    """Every text of the database."""
    if connection.vendor == "sqlite":
        return "\n".join(connection.connection.iterdump())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema()"
        )
        columns = cursor.fetchall()
        texts = []
        for table, column in columns:
            cursor.execute(f'SELECT "{column}"::text FROM "{table}"')
            texts += [value for (value,) in cursor.fetchall() if value]
    return "\n".join(texts)


def files() -> str:
    """Names and contents of every uploaded file."""
    paths = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in paths)


def counted() -> list[tuple[object, ...]]:
    """The ledger's counts by entry and offer, as the funnel adds them up."""
    days = ("requested_on", "booked_on", "held_on", "won_on")
    rows = Attribution.objects.exclude(requested_on=None)
    return sorted(rows.values_list("entry", "offer", "position", *days), key=str)


@contextmanager
def logging_to(text: StringIO):
    """Write all logs of the site to `text`, formatted as in production."""
    handler = logging.StreamHandler(text)
    handler.setFormatter(DiscreetFormatter("{levelname} {name}: {message}", style="{"))
    loggers = [logging.getLogger(name) for name in ("", "django")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
