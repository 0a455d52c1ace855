"""Mail servers that refuse, go away, say nothing or talk nonsense, over a real socket."""

import pytest
from django.utils import timezone

from config import outbox
from config.models import OutboxMessage
from tests.desk import change, page_of, words
from tests.factories import make_lead, make_site, make_staff
from tests.posting import CLOSE, OK, STALL, mail_server

pytestmark = pytest.mark.django_db
COMMANDS = ["MAIL", "RCPT", "DATA"]
FOR_NOW = ["421 Going down", "451 Greylisted, try later", "Good morning", CLOSE]
"""What a mail is tried again after, at any point of the conversation."""
TROUBLE = [("EHLO", CLOSE), *((command, answer) for command in COMMANDS for answer in FOR_NOW)]


class Moody:
    """Says `answer` to `command` until it gets over it."""

    def __init__(self, command: str, answer: str) -> None:
        self.command, self.answer = command, answer

    def __call__(self, command, mail):
        return self.answer if command == self.command else OK

    def get_over_it(self):
        self.command = ""


def send_through(server, settings) -> OutboxMessage:
    """Let a worker try the only message; the message as it is afterwards."""
    for name, value in server.settings.items():
        setattr(settings, name, value)
    OutboxMessage.objects.waiting().update(due_at=timezone.now())
    message = outbox.claim()
    outbox.run(message)
    message.refresh_from_db()
    return message


@pytest.fixture(autouse=True)
def _promised():
    make_site(lead_recipients="desk@example.com", contact_email="desk@example.com")
    outbox.enqueue("leads.confirm_request", lead=make_lead().pk)


@pytest.mark.parametrize(("command", "answer"), TROUBLE)
def test_a_server_in_trouble_gets_the_mail_later(settings, command, answer):
    mood = Moody(command, answer)
    with mail_server(mood) as server:
        assert send_through(server, settings).state == "retrying"
        assert server.mails == []
        mood.get_over_it()
        assert send_through(server, settings).state == "done"
    (mail,) = server.mails
    message = OutboxMessage.objects.get()
    assert mail["Message-ID"] == f"<leads.confirm_request.{message.pk}@glossary.example>"
    assert [each.outcome for each in message.tries.order_by("number")] == ["retry", "done"]


@pytest.mark.parametrize("command", ["EHLO", *COMMANDS])
def test_a_server_that_says_nothing_is_left_after_a_while(settings, command):
    settings.EMAIL_TIMEOUT = 0.2
    with mail_server(Moody(command, STALL)) as server:
        message = send_through(server, settings)
    assert (message.state, message.attempts) == ("retrying", 1)
    assert "timed out" in message.last_error or "Connection" in message.last_error


def test_nobody_listening_is_a_reason_to_come_back(settings):
    with mail_server() as server:
        pass
    assert send_through(server, settings).state == "retrying"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_refusal_for_good_is_shown_in_the_words_of_the_server(client, settings, command):
    with mail_server(Moody(command, "550 5.1.1 Zoë is unknown\there")) as server:
        message = send_through(server, settings)
    assert (message.state, message.attempts) == ("failed", 1)
    client.force_login(make_staff("administrator"))
    said = "The mail server refused it for good: 550 5.1.1 Zo"
    for path in (change(message), "/admin/config/outboxmessage/"):
        assert said in words(page_of(client.get(path)))
