"""Scanners of mail follow every link before its reader does, and must not act for them.

Every kind of mail that the site can send is sent here, every address in it
asked for with GET and HEAD by a stranger, and nothing in the database may be
another afterwards. A new kind that sends mail needs a maker in MAKERS.
"""

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.message import Message
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from config import outbox, site
from config.models import OutboxMessage
from glossary import askers, drafting, publishing, reminding, revisions
from glossary.models import Entry, Suggestion
from leads import booking, bounces, failures, replying
from leads.consenting import to_answer
from leads.models import Calendar, Lead, NoticeChoices
from leads.requesting import Request, request_consultation
from tests.calls import PACKAGES, ROOT, reached_from
from tests.desk import work
from tests.dumping import changes, dump
from tests.factories import (
    make_author,
    make_booking,
    make_calendar,
    make_draft,
    make_entry,
    make_lead,
    make_offer,
    make_site,
    make_staff,
)

pytestmark = pytest.mark.django_db
SENDS = ("config.mail", "deliver")
"""What every handler that sends mail leads to."""
HOMES = ("https://glossary.example", "webcal://glossary.example")
ACTING = {
    "leads.confirm_request": {"/consultation/consent/TOKEN/"},
    "leads.notify_staff": {"/admin/leads/desk/notifications/"},
    "leads.tell_of_failures": {"/admin/config/outboxmessage/?state=failed"},
    "leads.send_digest": {"/admin/leads/desk/notifications/"},
    "leads.tell_prospect": {
        "/consultation/booking/TOKEN/",
        "/de/consultation/booking/TOKEN/",
        "/pt/consultation/booking/TOKEN/verify/TOKEN/",
    },
}
"""Addresses of buttons that have to be among those of a kind, so that we know they were found."""


# What makes the mails ---------------------------------------------------------------------


def ask():
    """A request that came from an entry."""
    hears_of_all("all")
    answers = {"name": "Paula", "email": "paula@example.com", "message": "Call me."}
    request = Request(answers, to_answer("I agree."), "en", entry=make_entry())
    request_consultation(request, mark="m", offer=make_offer())


def reply():
    """A reply of staff with the address of every page that a template can name."""
    by = with_email(make_staff("sales"))
    body = f"Choose a time: {HOMES[0]}/consultation/"
    replying.reply(make_lead(), subject="Hello", body=body, by=by)


def write_a_digest():
    """One with a line of every part."""
    user = hears_of_all("bea", has_digest=True)
    now = timezone.now()
    lead = make_lead(owner=user, next_step="Call", next_step_on=date(2020, 1, 1))
    Lead.objects.filter(pk=lead.pk).update(bounced_at=now)
    for hours, case in enumerate([{}, {"confirms_by_hand": True}]):
        offer = make_offer(name=f"Offer {hours}", is_default=not hours, **case)
        starts_at = (now + timedelta(hours=25 + hours)).replace(minute=0, second=0, microsecond=0)
        make_calendar(offer)
        make_booking(offer=offer, start=starts_at, lead=make_lead(submission=f"{hours}"))
    given_up().update(failed_at=now)
    entry = make_entry(owner=user)
    Entry.objects.filter(pk=entry.pk).update(review_due_on=date(2020, 1, 1))
    today = timezone.localdate(timezone=site.current().zone)
    outbox.enqueue("leads.send_digest", user=user.pk, day=today.isoformat())


def give_up():
    """A mail to a prospect, a webhook and something else that could not be sent; a bounce."""
    hears_of_all("bea")
    lead = make_lead()
    bounces.came_back(lead, "hard", reason="No such mailbox", mark="x")
    failures.gather("bounces", lead.events.latest("pk").pk, lead=lead)
    for message in given_up(lead=lead.pk):
        failures.note(message)
    # It gathers others for a while.
    OutboxMessage.objects.filter(kind=failures.KIND).update(due_at=timezone.now())


def given_up(**payload):
    keys = [outbox.enqueue("leads.expire_booking", booking=0, **payload).pk for _ in range(2)]
    found = OutboxMessage.objects.filter(pk__in=keys)
    found.update(failed_at=timezone.now(), last_error="No.")
    return found


def hears_of_all(name: str, **choices):
    user = with_email(make_staff("administrator", username=name))
    fields = ("new_leads", "bookings", "cancellations", "failures")
    NoticeChoices.objects.create(user=user, **dict.fromkeys(fields, "all"), **choices)
    return user


def book():
    """Bookings in every language: confirmed, to be confirmed by staff, to be verified,
    and some of each cancelled or moved."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    cases = [{}, {"confirms_by_hand": True}, {"verifies_email": True}]
    host = make_author(user=with_email(make_staff("sales")))
    hears_of_all("all")
    for number, case in enumerate(cases):
        offer = make_offer(name=f"Offer {number}", is_default=not number, **case)
        calendar = make_calendar(offer, author=host if not number else make_author())
        booked = [
            booking.book(
                offer,
                start=start + timedelta(hours=3 * hours),
                lead=make_lead(
                    language=["en", "de", "pt"][number], email=f"paula{hours}@example.com"
                ),
                calendar=calendar,
                any_time=True,
            )
            for hours in range(3)
        ]
        work()
        booking.cancel(booked[0])
        booking.move(booked[1], start=start + timedelta(hours=12), by=make_staff(), any_time=True)


def remind():
    booked = make_booking(start=timezone.now() + timedelta(minutes=50))
    work()
    mail.outbox.clear()
    # As if the confirmation were of yesterday: whoever has just heard is not reminded.
    OutboxMessage.objects.all().delete()
    outbox.enqueue("leads.remind", booking=booked.pk, starts_at=booked.starts_at.isoformat())


def close_a_calendar():
    """One whose feed was never read, and one that can be read again."""
    fields = {"feed_url": "https://calendar.example/private.ics"}
    closed = make_calendar(author=with_user(), **fields)
    opened = make_calendar(author=with_user(), **fields)
    now = timezone.now()
    Calendar.objects.filter(pk=opened.pk).update(
        feed_good_at=now, feed_checked_at=now, feed_warned_at=now
    )
    outbox.enqueue("leads.warn_of_feed", calendar=closed.pk)
    outbox.enqueue("leads.warn_of_feed", calendar=opened.pk, is_over=True)


def submit_a_draft():
    with_email(make_staff("reviewer"))
    drafting.submit(draft_of(make_staff("writer")), note="Please.")


def return_a_draft():
    entry = draft_of(with_email(make_staff("writer")))
    drafting.return_with_comment(entry, note="Too long.")


def answer_an_asker():
    for number, language in enumerate(["en", "de", "pt"]):
        suggestion = Suggestion.objects.create(
            term="Data mesh", term_key="data mesh", language=language
        )
        askers.wait_for(suggestion, f"rita{number}@example.com")
        publishing.publish(make_draft(term="Data mesh", slug="data-mesh", language=language))


def let_reviews_become_due():
    for owner in (with_email(make_staff("writer")), None):
        entry = make_entry(owner=owner)
        Entry.objects.filter(pk=entry.pk).update(review_due_on=date(2026, 11, 20))
    reminding.plan(datetime(2026, 11, 23, 8, tzinfo=UTC))


MAKERS: dict[str, Callable[[], None]] = {
    "glossary.remind_of_reviews": let_reviews_become_due,
    "glossary.tell_asker": answer_an_asker,
    "glossary.tell_reviewer": submit_a_draft,
    "glossary.tell_writer": return_a_draft,
    "leads.confirm_request": ask,
    "leads.notify_of_booking": book,
    "leads.notify_staff": ask,
    "leads.remind": remind,
    "leads.send_digest": write_a_digest,
    "leads.send_reply": reply,
    "leads.tell_host": book,
    "leads.tell_of_failures": give_up,
    "leads.tell_prospect": book,
    "leads.warn_of_feed": close_a_calendar,
}
"""What has a mail of each kind sent, once the worker has worked."""


def with_email(user):
    user.email = f"{user.username}@example.com"
    user.save()
    return user


def with_user():
    return make_author(user=with_email(make_staff("sales")))


def draft_of(writer) -> Entry:
    entry = make_draft()
    publishing.save_draft(entry, revisions.snapshot_of(entry), by=writer, note="First")
    entry.refresh_from_db()
    return entry


# Reading them -----------------------------------------------------------------------------


def sent(kind: str) -> list[Message]:
    """The mails of a kind, as a server gets them."""
    mails = [each.message() for each in mail.outbox]
    return [each for each in mails if each["Message-ID"].startswith(f"<{kind}.")]


def addresses_in(message: Message) -> set[str]:
    """Everything that looks like an address of a page, in headers, texts and files."""
    texts = [value for name, value in message.items() if name.lower().startswith("list-")]
    for part in message.walk():
        if not part.is_multipart():
            text = part.get_payload(decode=True).decode(errors="ignore")
            # Lines of calendar files are folded, and their line breaks written out.
            texts += [html.unescape(re.sub("\r?\n ", "", text).replace("\\n", "\n"))]
    found = re.findall(r"(?:https?|webcal)://[^\s\"'<>\\)]+", "\n".join(texts))
    return {address.rstrip(".,;:") for address in found}


def ours(addresses: set[str]) -> set[str]:
    """The paths of those that are the site's own."""
    return {
        address.removeprefix(home) or "/"
        for address in addresses
        for home in HOMES
        if address == home or address.startswith(f"{home}/")
    }


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")


@pytest.mark.parametrize("kind", MAKERS)
def test_following_every_link_of_a_mail_changes_nothing(client, kind):
    MAKERS[kind]()
    work()
    mails = sent(kind)
    paths = set().union(*(ours(addresses_in(message)) for message in mails))
    assert (bool(mails), bool(paths)) == (True, True)
    assert ACTING.get(kind, set()) <= {re.sub(r"[\w-]{43,}", "TOKEN", path) for path in paths}
    before = dump()
    for path in sorted(paths):
        for ask_for in (client.get, client.head):
            answer = ask_for(path, follow=True, secure=True)
            assert answer.status_code == 200, path
    assert changes(before, dump()) == {}


def test_every_kind_that_sends_mail_is_among_them():
    sending = {
        kind for kind, path in settings.OUTBOX_HANDLERS.items() if SENDS in reached_from(path)
    }
    assert sending == MAKERS.keys()


def test_nothing_sends_mail_past_the_outbox():
    files = [path for package in PACKAGES for path in Path(ROOT, package).rglob("*.py")]
    sending = {
        str(path.relative_to(ROOT))
        for path in files
        if re.search(r"django\.core(\.| import )mail|smtplib", path.read_text())
    }
    assert sending == {"config/mail.py"}


def test_a_changed_row_is_noticed(client):
    make_draft(term="Before")
    before = dump()
    Entry.objects.update(term="After")
    # With it, on SQLite, what the desk finds it by.
    assert {name for name in changes(before, dump()) if "_parts" not in name} == {"glossary_entry"}
