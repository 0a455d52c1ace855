"""The places where tests let a worker die cost nothing and are armed by nobody else."""

import re
from collections import Counter
from pathlib import Path

import pytest

from config import failpoints, outbox, webhooks
from config.models import OutboxMessage
from leads.requesting import Request, request_consultation
from tests.factories import make_endpoint, make_site
from tests.processes import python
from tests.receivers import receiving

ROOT = Path(__file__).resolve().parent.parent


class Looked(dict):
    """No failpoints, which count how often somebody looks for one."""

    times = 0

    def __bool__(self):
        Looked.times += 1
        return False

    def get(self, *_):
        raise AssertionError("looked up though there is none")

    __getitem__ = keys = get


def test_every_place_is_reached_by_the_code_and_no_other():
    files = [path for path in (ROOT / "config").rglob("*.py") if path.name != "failpoints.py"]
    named = [
        name for path in files for name in re.findall(r'\breach\("(.+?)"\)', path.read_text())
    ]
    assert set(named) == failpoints.PLACES.keys()


@pytest.mark.django_db
def test_without_failpoints_a_message_costs_one_look_at_each_place(settings):
    make_site(lead_recipients="desk@example.com")
    with receiving() as receiver:
        settings.OUTGOING_ALLOWED_HOSTS = [receiver.host]
        make_endpoint(url=receiver.url)
        for number in range(3):
            answers = {"name": "Paula", "email": f"paula{number}@example.com"}
            request_consultation(Request(answers, (), "en"), mark=str(number))
        settings.FAILPOINTS, Looked.times = Looked(), 0
        while message := outbox.claim():
            assert outbox.run(message)
    mails = OutboxMessage.objects.exclude(kind=webhooks.KIND).count()
    told = OutboxMessage.objects.filter(kind=webhooks.KIND).count()
    assert (mails, told, Looked.times) == (6, 3, 6 * 6 + 3 * 7)


@pytest.mark.parametrize(
    ("acts", "place"),
    [({"mail.snet": "kill"}, "mail.sent"), ({"mail.sent": "kill"}, "mail.snet")],
)
def test_a_place_that_nobody_reaches_is_an_error(settings, acts, place):
    settings.FAILPOINTS = acts
    with pytest.raises(LookupError, match="snet"):
        failpoints.reach(place)


def test_an_act_may_wait_for_its_time(settings, monkeypatch):
    monkeypatch.setattr(failpoints, "_passed", Counter())
    settings.FAILPOINTS = {"mail.sent": "raise@3"}
    for _ in range(2):
        failpoints.reach("mail.sent")
    with pytest.raises(failpoints.Failed):
        failpoints.reach("mail.sent")
    failpoints.reach("mail.sent")


def test_the_environment_arms_nothing():
    words = "from config import settings; print(settings.FAILPOINTS)"
    with python("-c", words, seconds=60, FAILPOINTS="mail.sent=kill", DEBUG="1") as process:
        assert process.communicate()[0] == "{}\n"
