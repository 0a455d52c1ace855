import json
import logging

import pytest
from django.db import transaction

from config import outbox, site
from config.models import OutboxMessage
from glossary import indexnow
from tests.factories import make_site
from tests.test_outgoing import running

pytestmark = pytest.mark.django_db

KEY = "a-key-of-12"
HOST = "https://glossary.example"


@pytest.fixture
def service(settings):
    make_site(indexnow_key=KEY)
    site.forget()
    with running() as server:
        settings.OUTGOING_ALLOWED_HOSTS = [server.host]
        settings.INDEXNOW_ENDPOINT = f"http://{server.host}/indexnow"
        yield server


def announced() -> list[list[str]]:
    found = OutboxMessage.objects.filter(kind="glossary.indexnow").order_by("pk")
    return [message.payload["urls"] for message in found]


def test_nobody_is_told_without_a_key():
    indexnow.announce(["/glossary/warp/"])
    assert announced() == []


def test_changed_addresses_wait_in_the_transaction_of_the_change(monkeypatch):
    make_site(indexnow_key=KEY)
    site.forget()
    monkeypatch.setattr(indexnow, "MOST_URLS", 2)
    indexnow.announce(["/a/", "/b/", "/a/", "/c/"])
    assert announced() == [["/a/", "/b/"], ["/c/"]]
    indexnow.announce([])
    with transaction.atomic():
        indexnow.announce(["/d/"])
        transaction.set_rollback(True)
    assert len(announced()) == 2


@pytest.mark.parametrize("status", [200, 202])
def test_service_is_told_in_its_own_words(service, status):
    service.answer = (status, {}, b"")
    indexnow.announce(["/glossary/warp/", f"{HOST}/topics/gpu/"])
    assert outbox.run(outbox.claim())
    [(path, headers, body)] = service.seen
    assert (path, headers["Content-Type"]) == ("/indexnow", "application/json; charset=utf-8")
    assert json.loads(body) == {
        "host": "glossary.example",
        "key": KEY,
        "keyLocation": f"{HOST}/{KEY}.txt",
        "urlList": [f"{HOST}/glossary/warp/", f"{HOST}/topics/gpu/"],
    }


@pytest.mark.parametrize(
    ("status", "is_done"), [(400, True), (403, True), (422, True), (429, False), (503, False)]
)
def test_only_what_may_succeed_later_is_tried_again(service, caplog, status, is_done):
    service.answer = (status, {}, b"")
    indexnow.announce(["/glossary/warp/"])
    message = outbox.claim()
    with caplog.at_level(logging.WARNING):
        assert outbox.run(message) is is_done
    message.refresh_from_db()
    assert (message.done_at is not None, message.failed_at) == (is_done, None)
    assert str(status) in caplog.text + message.last_error


def test_message_without_a_key_any_more_is_done(service):
    indexnow.announce(["/glossary/warp/"])
    make_site(indexnow_key="")
    site.forget()
    indexnow.send(OutboxMessage.objects.get())
    assert service.seen == []


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/{KEY}.txt", 200),
        (f"/{KEY.upper()}.txt", 404),
        ("/.txt", 404),
        ("/%00.txt", 404),
        ("/robots.txt", 200),
    ],
)
def test_key_file_holds_the_key(client, path, status):
    make_site(indexnow_key=KEY)
    response = client.get(path)
    assert response.status_code == status
    assert (response.content.decode() == KEY) == (path == f"/{KEY}.txt")
    make_site(indexnow_key="")
    assert client.get(f"/{KEY}.txt").status_code == 404
