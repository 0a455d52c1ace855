"""Word of what could not be sent: to whom, how often, and never about itself."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from config import outbox
from config.models import OutboxAttempt, OutboxMessage, WebhookEvent
from config.retries import GiveUp
from leads import failures
from leads.models import Lead
from tests.factories import make_lead, make_site
from tests.test_notices import make_reader

pytestmark = pytest.mark.django_db
HERE = "tests.test_failures"


class RefusesForGood(EmailBackend):
    """A mail server that knows nobody outside the company."""

    def send_messages(self, messages):
        if any(address.endswith(".org") for sent in messages for address in sent.to):
            raise SMTPRecipientsRefused({"paula@example.org": (550, b"no such user")})
        return super().send_messages(messages)


def gives_up(message):
    raise GiveUp("The other side is gone: tell <rui@example.org>")


def breaks(message):
    raise RuntimeError


@pytest.fixture(autouse=True)
def _handlers(settings):
    make_site(name="Lexicon")
    settings.OUTBOX_HANDLERS = {**settings.OUTBOX_HANDLERS, "tests.fail": f"{HERE}.gives_up"}


def fail(times: int = 1, **payload) -> OutboxMessage:
    for _ in range(times):
        message = outbox.enqueue("tests.fail", **payload)
        outbox.run(outbox.claim())
    return message


def promised() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind=failures.KIND).order_by("pk"))


def send(*, works: bool = True) -> list[tuple[str, str]]:
    """Send the mails about failures that wait: to whom, and what they say."""
    for message in OutboxMessage.objects.waiting().filter(kind=failures.KIND).order_by("pk"):
        OutboxMessage.objects.filter(pk=message.pk).update(due_at=timezone.now())
        assert outbox.run_here(message) == works
    said = [(sent.to[0], sent.body) for sent in mail.outbox]
    mail.outbox.clear()
    return said


def test_failures_reach_those_who_chose_them():
    owner = make_reader("owner")
    make_reader("all", failures="all")
    make_reader("mine", failures="mine")
    make_reader("none", failures="none", bookings="all")
    fail(lead=make_lead(owner=owner).pk)
    assert [address for address, _ in send()] == ["owner@example.com", "all@example.com"]
    fail(lead=make_lead(submission="2").pk)
    assert [address for address, _ in send()] == ["all@example.com", "mine@example.com"]
    fail(entries=[1])
    assert [address for address, _ in send()] == ["all@example.com", "mine@example.com"]


def test_the_site_s_group_hears_of_failures_and_nobody_twice():
    make_site(lead_recipients="desk@example.com\nall@example.com")
    make_reader("all", "administrator", failures="all")
    lead = make_lead()
    fail(lead=lead.pk)
    fail(entries=[1])
    sent = dict(send())
    assert sorted(sent) == ["all@example.com", "desk@example.com"]
    for body in sent.values():
        assert body.count("The other side is gone") == 2
        assert f"/admin/leads/lead/{lead.pk}/change/" in body
    link = "/admin/leads/desk/notifications/"
    assert [link in sent[address] for address in sorted(sent)] == [True, False]


def test_an_owner_who_is_the_whole_group_hears_once():
    make_site(lead_recipients="Owner@example.com")
    fail(lead=make_lead(owner=make_reader("owner")).pk)
    assert [address for address, _ in send()] == ["owner@example.com"]


def test_many_failures_are_one_mail_with_their_number():
    make_reader("all", "administrator", failures="all")
    fail(times=7, lead=make_lead().pk)
    [message] = promised()
    assert timedelta(minutes=4) < message.due_at - timezone.now() < timedelta(minutes=6)
    ((_, body),) = send()
    assert body.count("/admin/leads/lead/") == body.count("The other side is gone") == 5
    assert "And 2 more." in body
    assert "/admin/config/outboxmessage/?state=failed" in body
    assert "example.org" not in body


def test_the_next_mail_comes_an_hour_after_the_last():
    make_reader("all", failures="all")
    fail()
    assert len(send()) == 1
    fail(times=2)
    first, second = promised()
    assert second.due_at - OutboxMessage.objects.get(pk=first.pk).done_at == timedelta(hours=1)
    assert len(second.payload["messages"]) == 2


def test_what_was_done_since_is_not_told():
    make_reader("all", failures="all")
    fail(times=2)
    OutboxMessage.objects.filter(kind="tests.fail").update(failed_at=None)
    assert send() == []


def test_a_failing_mail_about_failures_makes_no_other_one(settings):
    make_reader("all", failures="all", email="all@example.org")
    fail()
    settings.EMAIL_BACKEND = f"{HERE}.RefusesForGood"
    assert send(works=False) == []
    assert [row.state for row in promised()] == ["failed"]


@pytest.mark.parametrize("path", ["breaks", "no_such_name"])
def test_a_broken_hook_neither_hides_the_failure_nor_stops_the_worker(settings, path):
    settings.OUTBOX_GIVEN_UP = [f"{HERE}.{path}", "leads.failures.note"]
    make_reader("all", failures="all")
    message = fail()
    message.refresh_from_db()
    assert (message.state, len(promised())) == ("failed", 1)


def test_a_worker_that_died_at_every_try_is_a_failure_too():
    make_reader("all", failures="all")
    outbox.enqueue("tests.fail")
    OutboxMessage.objects.update(attempts=99)
    assert outbox.claim() is None
    assert OutboxAttempt.objects.get().outcome == "failed"
    assert outbox.DIED_EACH_TIME in send()[0][1]


def test_the_lead_of_a_webhook_is_found_by_what_it_is_about():
    lead = make_lead()
    event = WebhookEvent.objects.create(kind="lead.created", subject=f"lead:{lead.pk}", body="{}")
    other = WebhookEvent.objects.create(kind="entry.updated", subject="entry:1", body="{}")
    found = [
        failures.lead_of(OutboxMessage(kind="config.deliver_webhook", payload={"event": each}))
        for each in (event.pk, other.pk, 0)
    ]
    assert found == [lead, None, None]


def test_a_prospect_whose_address_is_refused_is_marked_and_told_of_once(settings):
    settings.EMAIL_BACKEND = f"{HERE}.RefusesForGood"
    owner = make_reader("owner")
    lead = make_lead(owner=owner, email="paula@example.org")
    message = outbox.enqueue("leads.confirm_request", lead=lead.pk)
    outbox.run(outbox.claim())
    outbox.retry(OutboxMessage.objects.filter(pk=message.pk))
    outbox.run(outbox.claim())
    [line] = lead.events.all()
    assert (line.kind, line.data["kind"]) == ("mail.bounced", "hard")
    assert Lead.objects.get().bounced_at is not None
    ((address, body),) = send()
    assert address == "owner@example.com"
    assert "The mail that confirms a request: The mail server refused it for good" in body
    assert "no such user" in body
    assert "paula" not in body


def test_what_waits_for_a_reader_is_found_by_an_index():
    """However much was sent: in a storm it is looked for with each message."""
    OutboxMessage.objects.bulk_create(
        OutboxMessage(kind=f"leads.kind_{number % 20}", payload={}, due_at=timezone.now())
        for number in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE config_outboxmessage")
    mine = OutboxMessage.objects.filter(kind=failures.KIND, payload__user=1)
    assert "outbox_kind" in mine.order_by("-pk").explain()
