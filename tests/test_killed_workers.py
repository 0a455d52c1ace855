"""A worker dies somewhere on the way of a mail or a webhook, and another one goes on."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from config import webhooks
from config.models import OutboxMessage, WebhookDelivery
from leads.models import Booking
from leads.requesting import Request, request_consultation
from tests.factories import make_booking, make_calendar, make_endpoint, make_offer, make_site
from tests.posting import mail_server
from tests.processes import crew
from tests.receivers import receiving

pytestmark = pytest.mark.django_db(transaction=True)

ANYWHERE = {
    "outbox.claimed": 0,
    "outbox.acted": 1,
    "outbox.noting": 1,
    "outbox.noted": 0,
}
"""How often more than once a message arrives whose worker died there."""
MAIL = {**ANYWHERE, "mail.sending": 0, "mail.sent": 1}
WEBHOOK = {**ANYWHERE, "webhook.sending": 0, "webhook.answered": 1, "webhook.kept": 1}


@pytest.fixture(scope="module")
def workers(django_db_setup):
    with crew() as work:
        yield work


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")


@contextmanager
def succeeded(workers, place, **settings):
    """Yield what takes over from a worker that died at `place` of its first message."""
    assert workers({place: "kill"}, **settings) == ["killed"]
    # Ten minutes later nobody believes any more that the first one is at work.
    OutboxMessage.objects.exclude(claimed_until=None).update(
        claimed_until=timezone.now() - timedelta(seconds=1)
    )
    yield
    assert workers({}, **settings) == ["done"]
    assert {message.state for message in OutboxMessage.objects.all()} == {"done"}


@pytest.mark.parametrize(("place", "repeats"), MAIL.items())
def test_a_killed_worker_loses_no_mail_and_repeats_one_at_most(workers, place, repeats):
    request = Request({"name": "Paula", "email": "paula@example.com"}, (), "en")
    request_consultation(request, mark="m")
    with mail_server() as server:
        with succeeded(workers, place, **server.settings):
            before = len(server.mails)
        assert (before, len(server.mails)) == (repeats or place == "outbox.noted", 2 + repeats)
    promised = {f"<{row.kind}.{row.pk}@glossary.example>" for row in OutboxMessage.objects.all()}
    assert {mail["Message-ID"] for mail in server.mails} == promised
    assert len(promised) == 2


@pytest.mark.parametrize(("place", "repeats"), [("outbox.claimed", 0), ("mail.sent", 1)])
def test_an_invitation_survives_its_worker_and_a_repeated_one_changes_nothing(
    workers, place, repeats
):
    make_calendar(make_offer())
    start = (timezone.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    booked = make_booking(start=start)
    OutboxMessage.objects.filter(due_at__gt=timezone.now()).delete()
    with mail_server() as server, succeeded(workers, place, **server.settings):
        booked.refresh_from_db()
        assert (booked.told_revision, booked.is_invited) == (None, False)
    invitations = [mail for mail in server.mails if mail["To"] == "paula@example.com"]
    assert (len(invitations), len(server.mails)) == (1 + repeats, 2 + repeats)
    assert len({mail["Message-ID"] for mail in invitations}) == 1
    # A calendar that gets it twice has the same event of the same revision.
    events = [event for mail in invitations for event in events_of(mail)]
    seen = {(event["UID"], event["SEQUENCE"], event["DTSTART"].dt) for event in events}
    assert seen == {(booked.uid, 0, start)}
    told = Booking.objects.get()
    assert (told.told_revision, told.told_starts_at, told.is_invited) == (0, start, True)


def events_of(mail):
    """The events of the invitation within `mail`, which is there once to see and once to keep."""
    found = [
        part for part in mail.walk() if part.get_content_type().endswith(("calendar", "/ics"))
    ]
    assert len(found) == 2
    return [
        event
        for part in found
        for event in Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    ]


@pytest.mark.parametrize(("place", "repeats"), WEBHOOK.items())
def test_a_killed_worker_loses_no_webhook_and_repeats_one_at_most(workers, place, repeats):
    with receiving() as receiver:
        endpoint = make_endpoint(url=receiver.url)
        for number in range(2):
            webhooks.emit("lead.created", subject=f"lead:{number}", data=dict)
        with succeeded(workers, place, OUTGOING_ALLOWED_HOSTS=[receiver.host]):
            pass
        assert len(receiver.verified(endpoint.secret)) == 2 + repeats
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 2
    assert {each.state for each in WebhookDelivery.objects.all()} == {"delivered"}


def test_a_worker_that_stood_still_too_long_does_not_undo_what_its_successor_noted(workers):
    request = Request({"name": "Paula", "email": "paula@example.com"}, (), "en")
    request_consultation(request, mark="m")
    OutboxMessage.objects.filter(kind="leads.notify_staff").delete()
    with mail_server() as server:
        assert workers({"mail.sent": "stop"}, **server.settings) == ["stopped"]
        OutboxMessage.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
        assert workers({}, **server.settings) == ["done"]
        (message,) = OutboxMessage.objects.all()
        assert workers() == ["done"]
        assert len(server.mails) == 2
        assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert OutboxMessage.objects.get().done_at == message.done_at
    assert [(each.number, each.outcome) for each in message.tries.all()] == [(2, "done")]
