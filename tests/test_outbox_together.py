"""Eight workers on a thousand messages, half of them mails and half webhooks.

Mail server and receiver refuse, go away and talk nonsense at first, and five
of the workers are killed. Each message arrives once, and twice with the same
id only where a worker was killed between a success and the note of it.
"""

from collections import Counter
from itertools import chain, cycle

import pytest
from django.utils import timezone

from config import webhooks
from config.models import OutboxMessage, WebhookDelivery, WebhookEvent
from leads.models import Lead
from tests.factories import make_endpoint, make_site
from tests.posting import CLOSE, mail_server
from tests.posting import OK as TAKEN
from tests.processes import crew
from tests.receivers import OK as DELIVERED
from tests.receivers import receiving, status

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, OF_EACH = 8, 500
LATER_ROUNDS = 2
"""What was refused in the first arrives in the second; what nobody had seen then, in the third."""
KILLED = [
    # Before the effect: nobody notices.
    {"outbox.claimed": "kill@2"},
    {"mail.sending": "kill@2"},
    {"webhook.sending": "kill@2"},
    # Between a success and the note of it: one repeat each.
    {"mail.sent": "kill@2"},
    {"outbox.acted": "kill@2"},
]
REPEATS = 2
WHOLE_CREW = [*KILLED, *[{}] * (WORKERS - len(KILLED))]
REFUSALS = ["451 Try later", CLOSE, "Good morning", "421 Going down"]
NO_SUCCESSES = [status(503), b"", b"Good morning\r\n\r\n", DELIVERED[:-1], status(404)]


def moody(answers, success):
    """Return what answers every third thing with one of `answers` the first time that it comes."""
    answers, known = cycle(answers), set()

    def answer(key):
        is_new = key not in known
        known.add(key)
        return next(answers) if is_new and len(known) % 3 == 0 else success

    return answer


def write_a_thousand(endpoint):
    """Two mails to each of 250 requests and 500 events, by turns as on a busy day."""
    now = timezone.now()
    leads = Lead.objects.bulk_create(
        Lead(name=f"Person {n}", email=f"p{n}@example.com", submission=f"{n}", language="en")
        for n in range(OF_EACH // 2)
    )
    kinds = ("leads.notify_staff", "leads.confirm_request")
    mails = [
        OutboxMessage(kind=kind, payload={"lead": lead.pk}, due_at=now)
        for lead in leads
        for kind in kinds
    ]
    body = '{"name": "Zoë 🙂"}'
    events = WebhookEvent.objects.bulk_create(
        WebhookEvent(kind="lead.created", subject=f"lead:{n}", body=body) for n in range(OF_EACH)
    )
    calls = [
        OutboxMessage(
            kind=webhooks.KIND, payload={"endpoint": endpoint.pk, "event": event.pk}, due_at=now
        )
        for event in events
    ]
    OutboxMessage.objects.bulk_create(chain(*zip(mails, calls, strict=True)))
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=endpoint, event=event, message=call)
        for event, call in zip(events, calls, strict=True)
    )


def let_time_pass():
    """Make everything due that waits, and forget the claims of the dead."""
    OutboxMessage.objects.waiting().update(due_at=timezone.now(), claimed_until=None)


def test_eight_workers_on_a_thousand_messages_lose_none(record_property):
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")
    answers = moody(REFUSALS, TAKEN)
    with (
        mail_server(lambda verb, mail: answers(mail["Message-ID"]) if mail else TAKEN) as server,
        receiving(moody(NO_SUCCESSES, DELIVERED)) as receiver,
        crew() as work,
    ):
        endpoint = make_endpoint(url=receiver.url)
        write_a_thousand(endpoint)
        names = {**server.settings, "OUTGOING_ALLOWED_HOSTS": [receiver.host]}
        ends = Counter(work(*WHOLE_CREW, **names))
        assert ends == {"killed": len(KILLED), "done": WORKERS - len(KILLED)}
        for _ in range(LATER_ROUNDS):
            let_time_pass()
            assert set(work(*[{}] * WORKERS, **names)) == {"done"}
        receiver.verified(endpoint.secret)

    arrived = Counter(mail["Message-ID"] for mail in server.mails)
    for (headers, _), said in zip(receiver.seen, receiver.said, strict=True):
        arrived[headers["webhook-id"]] += said == DELIVERED
    mails = OutboxMessage.objects.exclude(kind=webhooks.KIND)
    promised = {f"<{mail.kind}.{mail.pk}@glossary.example>" for mail in mails}
    promised |= set(WebhookEvent.objects.values_list("uid", flat=True))
    lost = promised - (+arrived).keys()
    repeated = arrived.total() - len(+arrived)
    # Shown by tests/conftest.py under the results of all tests.
    figure = f"{WORKERS} workers: sent {len(+arrived)}, lost {len(lost)}, repeated {repeated}"
    record_property("figure", figure)
    assert (len(promised), lost, arrived.keys() - promised) == (2 * OF_EACH, set(), set())
    assert (repeated, max(arrived.values())) == (REPEATS, 2)
    assert {message.state for message in OutboxMessage.objects.all()} == {"done"}
