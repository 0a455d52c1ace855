"""The worker dies between a visitor's commit and the mail server, or right after it said OK."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from config.models import OutboxMessage
from leads.models import Booking
from leads.requesting import Request, request_consultation
from tests.factories import make_booking, make_calendar, make_offer, make_site
from tests.posting import mail_server
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)

MOMENTS = pytest.mark.parametrize(
    ("moment", "repeats"), [("RCPT", 0), ("QUIT", 1)], ids=["before OK", "after OK"]
)


@pytest.fixture(autouse=True)
def _site():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")


@contextmanager
def after_a_kill(moment):
    """Yield the mail server once a worker died at `moment` of its first mail; all is due again."""
    with mail_server() as server:
        server.hold = moment
        with worker(**environment(server)) as killed:
            assert server.is_held.wait(30)
            killed.kill()
            assert killed.wait() == -9
        server.hold = ""
        # Ten minutes later nobody believes any more that the first one is at work.
        assert OutboxMessage.objects.filter(attempts=1, done_at=None).update(
            claimed_until=timezone.now() - timedelta(seconds=1)
        )
        yield server


def environment(server):
    return {"settings": "tests.posting", "SINK_PORT": str(server.port)}


def work(server):
    with worker("--once", **environment(server)) as successor:
        return successor.communicate()[0]


@MOMENTS
def test_a_killed_worker_loses_no_mail_and_repeats_one_at_most(moment, repeats):
    request = Request({"name": "Paula", "email": "paula@example.com"}, "I agree.", "en")
    request_consultation(request, mark="m")
    with after_a_kill(moment) as server:
        assert len(server.mails) == repeats
        assert work(server) == "2 done, 0 to be tried again\n"
    promised = {f"<{row.kind}.{row.pk}@glossary.example>" for row in OutboxMessage.objects.all()}
    sent = [mail["Message-ID"] for mail in server.mails]
    assert (len(promised), set(sent), len(sent)) == (2, promised, 2 + repeats)


@MOMENTS
def test_an_invitation_survives_its_worker_and_a_repeated_one_changes_nothing(moment, repeats):
    make_calendar(make_offer())
    start = (timezone.now() + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
    booked = make_booking(start=start)
    with after_a_kill(moment) as server:
        assert len(server.mails) == repeats
        booked.refresh_from_db()
        assert (booked.told_revision, booked.is_invited) == (None, False)
        assert work(server) == "2 done, 0 to be tried again\n"
        assert work(server) == "0 done, 0 to be tried again\n"
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
