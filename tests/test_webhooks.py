"""Webhooks on their way: signed, tried, given up, sent again."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from config import outbox, outgoing, webhook_delivery, webhooks
from config.models import OutboxMessage, WebhookDelivery, WebhookEndpoint, WebhookEvent
from config.retries import LONGEST_WAIT, MOST_ATTEMPTS
from tests.factories import make_endpoint, make_site
from tests.receivers import OK, receiving, status

pytestmark = pytest.mark.django_db

NAUGHTY = {"name": "Zoë 🙂 “李”", "value": 0.1, "small": 1e-7, "line": "a\u2028b\n\x7f"}


@pytest.fixture
def receiver(settings):
    with receiving() as running:
        settings.OUTGOING_ALLOWED_HOSTS = [running.host]
        yield running


def say(kind="lead.created", subject="lead:1", **data):
    webhooks.emit(kind, subject=subject, data=lambda: data or NAUGHTY)


def work(now: datetime | None = None) -> OutboxMessage:
    """Let a worker take the next message at `now`; the message as it is afterwards."""
    message = outbox.claim(now or timezone.now())
    assert message
    outbox.run(message)
    message.refresh_from_db()
    return message


def in_days(days: int) -> datetime:
    return timezone.now() + timedelta(days=days)


def test_every_try_is_signed_anew_with_the_same_id(receiver):
    endpoint = make_endpoint(url=receiver.url)
    receiver.answers = [*[status(500)] * 4, OK]
    say()
    states = [work(in_days(day)).state for day in range(5)]
    assert states == ["retrying"] * 4 + ["done"]
    contents = receiver.verified(endpoint.secret)
    assert [content["data"] for content in contents] == [NAUGHTY] * 5
    ids = {headers["webhook-id"] for headers, _ in receiver.seen}
    assert ids == {WebhookEvent.objects.get().uid}
    assert len({body for _, body in receiver.seen}) == 1


def test_timestamp_is_that_of_the_try(receiver):
    endpoint = make_endpoint(url=receiver.url)
    say()
    WebhookEvent.objects.update(created_at=timezone.now() - timedelta(days=2))
    work()
    # The library refuses a timestamp that is more than five minutes old.
    assert len(receiver.verified(endpoint.secret)) == 1


def test_old_and_changed_bytes_are_refused_by_the_library(receiver):
    endpoint = make_endpoint(url=receiver.url)
    say()
    work()
    [(headers, body)] = receiver.seen
    for changed, sent in ((headers, body + b" "), ({**headers, "webhook-timestamp": "1"}, body)):
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.secret).verify(sent, changed)


def test_hex_signature_is_of_the_raw_body_with_the_text_of_the_secret(receiver):
    endpoint = make_endpoint(url=receiver.url, header_name="X-Token", header_value="s3cret")
    say()
    work()
    [(headers, body)] = receiver.seen
    computed = hmac.new(endpoint.secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-headword-signature"] == f"sha256={computed}"
    assert headers["x-token"] == "s3cret"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert "é".encode() not in body
    assert "Zoë 🙂".encode() in body


def test_both_secrets_verify_until_the_former_one_is_forgotten(receiver):
    endpoint = make_endpoint(url=receiver.url)
    former = endpoint.secret
    assert webhooks.renew_secret(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.secret != former
    say()
    work()
    assert receiver.verified(former) == receiver.verified(endpoint.secret)
    [(headers, body)] = receiver.seen
    for secret in (former, endpoint.secret):
        computed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert f"sha256={computed}" in headers["x-headword-signature"].split(",")
    webhooks.forget_former(endpoint)
    say()
    work()
    with pytest.raises(WebhookVerificationError):
        receiver.verified(former)[1]
    assert len(Webhook(endpoint.secret).verify(receiver.seen[1][1], receiver.seen[1][0])) == 4


def test_a_second_click_on_new_secret_does_not_lose_the_one_in_use():
    endpoint = make_endpoint()
    used = endpoint.secret
    assert [webhooks.renew_secret(endpoint) for _ in range(2)] == [True, False]
    endpoint.refresh_from_db()
    assert endpoint.former_secret == used


@pytest.mark.parametrize(
    ("answer", "state", "kept"),
    [
        (status(204), "done", 204),
        (status(404, body=b"not registered"), "retrying", 404),
        (status(302, "Location: http://127.0.0.1/"), "retrying", 302),
        (status(429), "retrying", 429),
        (status(500), "retrying", 500),
        (status(410), "failed", 410),
        (b"\x00\xff garbage\r\n\r\n", "retrying", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf", "retrying", None),
        (b"", "retrying", None),
    ],
)
def test_what_an_answer_means(receiver, answer, state, kept):
    endpoint = make_endpoint(url=receiver.url)
    receiver.answers = [answer]
    say()
    assert work().state == state
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.delivered_at is not None) == (kept, state == "done")
    assert len(receiver.seen) == 1
    endpoint.refresh_from_db()
    assert endpoint.is_active == (kept != 410)


def test_404_is_tried_for_three_days_and_never_switches_off(receiver):
    endpoint = make_endpoint(url=receiver.url)
    receiver.answers = [status(404)]
    say()
    now, begun = timezone.now(), timezone.now()
    for _ in range(MOST_ATTEMPTS):
        message = work(now)
        now = max(now, begun) + (message.due_at - timezone.now()) + timedelta(seconds=1)
    assert (message.state, len(receiver.seen)) == ("failed", MOST_ATTEMPTS)
    assert now - begun >= timedelta(days=3)
    endpoint.refresh_from_db()
    assert endpoint.is_active
    receiver.answers = [OK]
    webhooks.send_all_again(endpoint.deliveries.failed(since=begun - timedelta(days=1)))
    assert work().state == "done"
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 1


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [
        ("120", 120, 121),
        ("1", 60, 70),
        ("999999", LONGEST_WAIT.total_seconds(), LONGEST_WAIT.total_seconds() + 1),
        ("soon", 60, 70),
        ("Wed, 99 Nov 2026 00:00:00 GMT", 60, 70),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 60, 70),
    ],
)
@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_honoured(receiver, code, asked, least, most):
    make_endpoint(url=receiver.url)
    receiver.answers = [status(code, f"Retry-After: {asked}")]
    say()
    before = timezone.now()
    wait = work().due_at - before
    assert least <= wait.total_seconds() <= most + (timezone.now() - before).total_seconds()


def test_retry_after_may_be_a_date(receiver):
    make_endpoint(url=receiver.url)
    until = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    receiver.answers = [status(503, f"Retry-After: {format_datetime(until, usegmt=False)}")]
    say()
    assert abs(work().due_at - until) < timedelta(seconds=5)


def test_a_stalling_receiver_is_left_after_the_timeout(receiver, monkeypatch):
    monkeypatch.setattr(webhook_delivery, "TIMEOUT", 0.3)
    make_endpoint(url=receiver.url)
    receiver.answers = [None]
    say()
    message = work()
    assert (message.state, "Unreachable" in message.last_error) == ("retrying", True)


def test_an_answer_is_cut_short_and_stored_whatever_it_holds(receiver):
    make_endpoint(url=receiver.url)
    receiver.answers = [status(500, body=b"\x00\xff" + "é".encode() * 50_000)]
    say()
    work()
    answer = WebhookDelivery.objects.get().answer
    assert (len(answer), answer[:3]) == (1000, "\ufffdéé")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://localhost:8000/", "http://u:p@a.example/"]
)
def test_inner_addresses_are_never_called(url):
    make_endpoint(url=url)
    say()
    message = work()
    assert message.state == "failed"
    assert WebhookDelivery.objects.get().status is None


def test_gone_switches_off_and_what_waits_can_be_sent_again(receiver):
    endpoint = make_endpoint(url=receiver.url)
    receiver.answers = [status(410), OK]
    say(subject="lead:1")
    say(subject="lead:2")
    assert [work().state for _ in range(2)] == ["failed", "failed"]
    assert len(receiver.seen) == 1
    say(subject="lead:3")
    assert WebhookEvent.objects.count() == 2
    WebhookEndpoint.objects.update(is_active=True, switched_off_at=None)
    since = timezone.now() - timedelta(hours=1)
    assert webhooks.send_all_again(endpoint.deliveries.failed(since=since)) == 2
    assert [work().state for _ in range(2)] == ["done", "done"]
    assert len(receiver.verified(endpoint.secret)) == 3


def test_only_failed_ones_since_a_time_are_sent_again():
    endpoint = make_endpoint()
    for _ in range(3):
        say()
    old, failed, _waiting = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.filter(pk__in=[old.pk, failed.pk]).update(failed_at=timezone.now())
    WebhookEvent.objects.filter(deliveries__message=old).update(created_at=in_days(-3))
    assert webhooks.send_all_again(endpoint.deliveries.failed(since=in_days(-1))) == 1
    assert [m.state for m in OutboxMessage.objects.order_by("pk")] == [
        "failed",
        "waiting",
        "waiting",
    ]


def test_what_was_delivered_is_sent_again_with_its_id(receiver):
    make_endpoint(url=receiver.url)
    say()
    work()
    webhooks.send_again(WebhookDelivery.objects.get())
    assert WebhookDelivery.objects.get().state == "waiting"
    work()
    assert [headers["webhook-id"] for headers, _ in receiver.seen] == [
        WebhookEvent.objects.get().uid
    ] * 2


def test_what_waits_is_sent_at_once(receiver):
    make_endpoint(url=receiver.url)
    receiver.answers = [status(500), OK]
    say()
    work()
    assert outbox.claim() is None
    webhooks.send_again(WebhookDelivery.objects.get())
    assert work().state == "done"


def test_a_worker_killed_after_the_answer_repeats_with_the_same_id(receiver):
    endpoint = make_endpoint(url=receiver.url)
    say()
    killed = outbox.claim()
    webhook_delivery.deliver(killed)
    later = work(timezone.now() + outbox.CLAIM_LASTS + timedelta(minutes=1))
    assert (later.state, len(receiver.verified(endpoint.secret))) == ("done", 2)
    assert len({headers["webhook-id"] for headers, _ in receiver.seen}) == 1


def test_what_is_rolled_back_is_not_told():
    make_endpoint()
    with transaction.atomic():
        say()
        transaction.set_rollback(True)
    assert (WebhookEvent.objects.count(), OutboxMessage.objects.count()) == (0, 0)


def test_saying_calls_nobody(receiver):
    make_endpoint(url=receiver.url)
    receiver.answers = [None]
    say()
    assert receiver.seen == []


def test_only_active_endpoints_that_want_it_are_told():
    wants = make_endpoint(events=["lead.created"])
    make_endpoint(name="other", events=["booking.moved"])
    make_endpoint(name="off", is_active=False)
    say()
    assert [d.endpoint for d in WebhookDelivery.objects.all()] == [wants]


def test_an_unknown_event_is_an_error_of_ours():
    with pytest.raises(LookupError):
        say("lead.imagined")


def test_nobody_to_tell_costs_nothing(django_assert_num_queries):
    make_site()
    make_endpoint(is_active=False)
    with django_assert_num_queries(1):
        say()
    with django_assert_num_queries(0):
        for _ in range(100):
            say()


def test_without_site_settings_it_costs_two_queries_once(django_assert_num_queries):
    with django_assert_num_queries(2):
        for _ in range(100):
            say()


def test_a_test_goes_to_one_endpoint_whatever_it_wants(receiver):
    tested = make_endpoint(url=receiver.url, events=[])
    make_endpoint(name="another")
    webhooks.send_test(tested)
    work()
    [content] = receiver.verified(tested.secret)
    assert (content["type"], content["data"]["endpoint"]) == ("test", "n8n")


def test_erasing_leaves_nothing_of_what_was_said(receiver):
    make_endpoint(url=receiver.url)
    receiver.answers = [status(500, body=b"Paula Prospect is unknown")]
    say(subject="lead:1", name="Paula Prospect")
    say(subject="lead:17", name="Somebody Else")
    work()
    assert webhooks.erase("lead:1") == 1
    assert [json.loads(e.body)["data"]["name"] for e in WebhookEvent.objects.all()] == [
        "Somebody Else"
    ]
    rows = [*OutboxMessage.objects.values_list("payload", "last_error", "tries__error")]
    rows += [*WebhookDelivery.objects.values_list("answer")]
    assert "Paula" not in str(rows)
    assert (OutboxMessage.objects.count(), WebhookDelivery.objects.count()) == (1, 1)


def test_what_was_erased_while_a_worker_had_it_is_not_an_error(receiver):
    make_endpoint(url=receiver.url)
    say(subject="lead:1")
    message = outbox.claim()
    webhooks.erase("lead:1")
    webhook_delivery.deliver(message)
    assert receiver.seen == []


def test_old_events_are_tidied_unless_they_wait():
    make_endpoint()
    for _ in range(3):
        say()
    done, failed, _waiting = OutboxMessage.objects.order_by("pk")
    OutboxMessage.objects.filter(pk=done.pk).update(done_at=timezone.now())
    OutboxMessage.objects.filter(pk=failed.pk).update(failed_at=timezone.now())
    assert webhooks.tidy() == 0
    assert webhooks.tidy(in_days(31)) == 2
    assert [m.state for m in OutboxMessage.objects.all()] == ["waiting"]


def test_moments_are_utc():
    assert webhooks.moment(datetime(2026, 7, 1, 9, 30, tzinfo=UTC)) == "2026-07-01T09:30:00Z"


def test_an_address_is_judged_by_its_words_alone():
    outgoing.check("https://n8n.example/webhook/x")
    for url in ("ftp://n8n.example/", "https://n8n.example:5678/", "http://127.0.0.1/"):
        with pytest.raises(outgoing.Refused):
            outgoing.check(url)
