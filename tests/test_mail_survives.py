"""The worker dies between a visitor's commit and the mail server, or right after it said OK."""

from datetime import timedelta

import pytest
from django.utils import timezone

from config.models import OutboxMessage
from leads.requesting import Request, request_consultation
from tests.factories import make_site
from tests.posting import mail_server
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)


def ask():
    request = Request({"name": "Paula", "email": "paula@example.com"}, "I agree.", "en")
    request_consultation(request, mark="m")


@pytest.mark.parametrize(
    ("moment", "repeats"), [("RCPT", 0), ("QUIT", 1)], ids=["before OK", "after OK"]
)
def test_a_killed_worker_loses_no_mail_and_repeats_one_at_most(moment, repeats):
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")
    ask()
    with mail_server() as server:
        environment = {"settings": "tests.posting", "SINK_PORT": str(server.port)}
        server.hold = moment
        with worker(**environment) as killed:
            assert server.is_held.wait(30)
            killed.kill()
            assert killed.wait() == -9
        assert len(server.mails) == repeats
        server.hold = ""
        # Ten minutes later nobody believes any more that the first one is at work.
        assert OutboxMessage.objects.filter(attempts=1, done_at=None).update(
            claimed_until=timezone.now() - timedelta(seconds=1)
        )
        with worker("--once", **environment) as successor:
            output, _ = successor.communicate()
    assert output == "2 done, 0 to be tried again\n"
    promised = {f"<{row.kind}.{row.pk}@glossary.example>" for row in OutboxMessage.objects.all()}
    sent = [mail["Message-ID"] for mail in server.mails]
    assert (len(promised), set(sent), len(sent)) == (2, promised, 2 + repeats)
