"""Every mail that the site can send, as its reader's mail server sees it."""

import inspect
import sys
from datetime import UTC, date, timedelta
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from smtplib import SMTPServerDisconnected

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from config import outbox, site
from config.models import OutboxMessage
from glossary import publishing, revisions, voices
from glossary.models import Asker, Entry
from leads import digest, failures, replying
from leads.models import Offer
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_site,
)
from tests.test_notices import make_reader

pytestmark = pytest.mark.django_db
HERE = "tests.test_mail_headers"
CONTACT, PROSPECT, STAFF = "desk@example.com", "paula@example.org", "ines@example.com"
NOBODY_S = {"leads.fetch_feed", "leads.expire_booking", "glossary.tell_askers"}
"""Kinds whose handlers stand in a module that sends mails, and send none."""


class BreaksOnce(EmailBackend):
    """A mail server that takes every mail, and says so at the second try only."""

    def send_messages(self, messages):
        super().send_messages(messages)
        if len(mail.outbox) == 1:
            raise SMTPServerDisconnected


@pytest.fixture(autouse=True)
def _site():
    make_site(name="Lexicon", contact_email=CONTACT, lead_recipients="group@example.com")


def a_booking(**options):
    make_calendar(make_offer(), host=make_author(user=make_reader("ines")))
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=30)
    return make_booking(start=start, lead=make_lead(email=PROSPECT), **options)


def a_feed():
    calendar = make_calendar(
        host=make_author(user=make_reader("ines")), feed_url="https://x.example"
    )
    return outbox.enqueue("leads.warn_of_feed", calendar=calendar.pk)


def a_reminder():
    booked = a_booking()
    Offer.objects.update(reminders="48h")
    return outbox.enqueue(
        "leads.remind", booking=booked.pk, starts_at=booked.starts_at.isoformat()
    )


def of_booking(kind, **payload):
    def make():
        booked = a_booking()
        if kind == "leads.notify_of_booking":
            payload["user"] = make_reader("reader", email="reader@example.com").pk
        event = booked.events.get(kind="booking.created")
        return outbox.enqueue(kind, booking=booked.pk, event=event.pk, **payload)

    return make


def of_lead(kind):
    return lambda: outbox.enqueue(kind, lead=make_lead(email=PROSPECT).pk)


def a_digest():
    make_lead(email=PROSPECT)
    user = make_reader("ines", has_digest=True)
    today = timezone.localdate(timezone=site.current().zone)
    return outbox.enqueue(digest.KIND, user=user.pk, day=today.isoformat())


def a_failure():
    failed = outbox.enqueue("leads.confirm_request", lead=make_lead(email=PROSPECT).pk)
    OutboxMessage.objects.update(failed_at=timezone.now(), last_error="No.")
    user = make_reader("ines")
    return outbox.enqueue(failures.KIND, user=user.pk, messages=[failed.pk], bounces=[])


def a_review(verb):
    def make():
        entry = make_draft(term="Webhook", owner=None)
        writer = make_reader("ines", "writer")
        reviewer = make_reader("rui", "reviewer", email="rui@example.com")
        publishing.save_draft(entry, revisions.snapshot_of(entry), by=writer)
        publishing.submit(entry, by=writer)
        if verb == "tell_writer":
            publishing.return_with_comment(entry, note="Too long.", by=reviewer)
        return outbox.enqueue(f"glossary.{verb}", entry=entry.pk)

    return make


def reviews():
    make_entry()
    Entry.objects.update(review_due_on=date(2020, 1, 1))
    return outbox.enqueue("glossary.remind_of_reviews", owner=None, week="2026-01-05")


def an_answer():
    voices.suggest("Webhook", note="", language="en", email=PROSPECT)
    entry, asker = make_entry(term="Webhook"), Asker.objects.get()
    return outbox.enqueue("glossary.tell_asker", entry=entry.pk, asker=asker.pk)


def a_reply():
    by = make_reader("ines")
    written = replying.reply(make_lead(email=PROSPECT), subject="Hello", body="Call me.", by=by)
    return OutboxMessage.objects.get(payload__reply=written.pk)


MAILS = {
    "glossary.remind_of_reviews": (reviews, CONTACT, CONTACT),
    "glossary.tell_asker": (an_answer, PROSPECT, CONTACT),
    "glossary.tell_reviewer": (a_review("tell_reviewer"), "rui@example.com", STAFF),
    "glossary.tell_writer": (a_review("tell_writer"), STAFF, "rui@example.com"),
    "leads.confirm_request": (of_lead("leads.confirm_request"), PROSPECT, CONTACT),
    "leads.notify_of_booking": (
        of_booking("leads.notify_of_booking"),
        "reader@example.com",
        PROSPECT,
    ),
    "leads.notify_staff": (of_lead("leads.notify_staff"), "group@example.com", PROSPECT),
    "leads.remind": (a_reminder, PROSPECT, STAFF),
    "leads.send_digest": (a_digest, STAFF, CONTACT),
    "leads.send_reply": (a_reply, PROSPECT, STAFF),
    "leads.tell_host": (of_booking("leads.tell_host"), f"group@example.com, {STAFF}", PROSPECT),
    "leads.tell_of_failures": (a_failure, STAFF, CONTACT),
    "leads.tell_prospect": (of_booking("leads.tell_prospect"), PROSPECT, STAFF),
    "leads.warn_of_feed": (a_feed, f"group@example.com, {STAFF}", CONTACT),
}
"""Kind → what makes a message, to whom its mail goes, whom an answer reaches."""
BY_PEOPLE = {replying.KIND}
"""Kinds whose mails somebody wrote, so that programs may answer them."""


def test_the_table_holds_every_kind_that_sends_a_mail():
    """A new kind that sends mails is missing here until its headers are looked at."""
    sending = set()
    for kind, path in settings.OUTBOX_HANDLERS.items():
        __import__(path.rpartition(".")[0])
        if "mail.send(" in inspect.getsource(sys.modules[path.rpartition(".")[0]]):
            sending.add(kind)
    assert sending - NOBODY_S == set(MAILS)


@pytest.mark.parametrize("kind", MAILS)
def test_each_mail_is_whole_and_stays_the_same_when_it_is_sent_again(settings, kind):
    make, to, answers = MAILS[kind]
    message = make()
    OutboxMessage.objects.waiting().exclude(pk=message.pk).delete()
    site.forget()
    settings.EMAIL_BACKEND = f"{HERE}.BreaksOnce"
    mail.outbox.clear()
    results = []
    for _ in range(2):
        OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
        results.append(outbox.run_here(message))
    assert (results, len(mail.outbox)) == ([False, True], 2)
    first, again = (sent.message() for sent in mail.outbox)
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"].endswith("@glossary.example>")
    assert (first["To"], first["Reply-To"]) == (to, answers)
    assert first["From"] == '"Lexicon" <website@glossary.example>'
    assert first["Auto-Submitted"] == (None if kind in BY_PEOPLE else "auto-generated")
    sent_at = parsedate_to_datetime(first["Date"]).replace(tzinfo=UTC)
    assert abs(sent_at - timezone.now()) < timedelta(minutes=1)
    once = ("From", "To", "Subject", "Date", "Message-ID", "Reply-To")
    assert [len(first.get_all(name)) for name in once] == [1] * len(once)
    asks = ("Return-Receipt-To", "Disposition-Notification-To", "Bcc", "X-Confirm-Reading-To")
    assert [name for name in asks if name in first] == []
    bodies = [part.get_content_type() for part in first.walk() if not part.is_multipart()]
    assert bodies[:2] == ["text/plain", "text/html"]
    plain, html = list(filter(lambda part: not part.is_multipart(), first.walk()))[:2]
    text = plain.get_payload(decode=True).decode()
    assert [slip for slip in ("{{", "{%", "None", "&amp;", "&#x27;") if slip in text] == []
    assert "<html lang=" in html.get_payload(decode=True).decode()


@pytest.mark.parametrize(
    ("name", "sender", "shown"),
    [
        ("Café “Ñ”", "us@x.example", "Café “Ñ” <us@x.example>"),
        ('A "b" \\ c,\r\nd@e', "us@x.example", '"A b  c, d@e" <us@x.example>'),
        ("", "us@x.example", "us@x.example"),
        ("Lexicon", "Desk <us@x.example>", '"Desk" <us@x.example>'),
    ],
)
def test_mails_bear_the_name_of_the_site(settings, name, sender, shown):
    make_site(name=name, contact_email=CONTACT)
    settings.DEFAULT_FROM_EMAIL = sender
    assert outbox.run_here(of_lead("leads.confirm_request")())
    header = str(make_header(decode_header(mail.outbox[0].message()["From"])))
    assert header == shown
