"""Two web servers, two workers and one database, as on several machines: what all readers see."""

import http.client
import re
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import urlencode

import pytest

from glossary import publishing
from glossary.models import Entry
from tests import desk, valkey
from tests.factories import make_entry, make_site, make_staff
from tests.nginx import wait_for
from tests.processes import python
from tests.serving import free_port

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = 12
READERS = 2
"""Of each web server."""
TOKEN = "a" * 32


class Web:
    """A web server of its own, with what a browser of somebody of the staff sends."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}"}

    def post(self, path: str, data: dict) -> http.client.HTTPResponse:
        body = urlencode({**data, "csrfmiddlewaretoken": TOKEN}, doseq=True)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", path, body, {**self.headers, **kind})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer


class Reader(threading.Thread):
    """Reads a page again and again, and notes when it asked and which number it was told."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self.port, self.path = port, path
        self.read: list[tuple[float, int]] = []
        self.failed: list[int] = []
        self.is_done = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self.is_done.is_set():
            asked_at = time.monotonic()
            connection.request("GET", self.path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                self.read.append((asked_at, int(re.search(rb"Number (\d+)", body)[1])))
            else:
                self.failed.append(answer.status)
        connection.close()


def end(server: subprocess.Popen) -> None:
    """Let a web server end those that it has started; a kill would leave them behind."""
    server.terminate()
    server.wait(30)


@contextmanager
def machines(cache_url: str):
    """Two web servers of two processes each, and two workers; yields the ports."""
    ports = [free_port(), free_port()]
    values = {"settings": "tests.web", "WEB_CACHE_URL": cache_url, "seconds": 120}
    server = ("-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", "2")
    with ExitStack() as stack:
        for port in ports:
            named = ("--port", str(port), "--log-level", "error", "config.wsgi:application")
            web = stack.enter_context(python(*server, *named, **values))
            stack.callback(end, web)
        for _ in range(2):
            stack.enter_context(python("manage.py", "work", **values))
        for port in ports:
            wait_for(port, web)
        yield ports


@pytest.mark.parametrize("shared", ["files", "valkey"])
def test_whoever_reads_after_a_publication_reads_what_was_published(
    shared, client, tmp_path, record_property
):
    make_site()
    entry = make_entry(term="Webhook", slug="webhook", body="Number 0. " * 80)
    source = make_entry(term="API", slug="api", body="An API may call a callback. " * 20)
    client.force_login(make_staff("publisher"))
    answered: list[tuple[float, int]] = [(time.monotonic(), 0)]
    with ExitStack() as stack:
        if shared == "valkey":
            url = stack.enter_context(valkey.server()).address
        else:
            url = f"file://{tmp_path}/cache"
        first, second = stack.enter_context(machines(url))
        web = Web(first, client.cookies["sessionid"].value)
        readers = [Reader(port, "/glossary/webhook/") for port in (first, second) * READERS]
        for reader in readers:
            reader.start()
        path = f"/admin/glossary/entry/{entry.pk}/change/"
        for number in range(1, CHANGES + 1):
            web.port = (first, second)[number % 2]
            body = f"Number {number}. " * 80
            answer = desk.publish_change(web, path, seen_by=client, body=body)
            assert answer.status == 302
            answered.append((time.monotonic(), number))
        # A term that another page mentions: the workers put the link there.
        newcomer = Entry(term="Callback", slug="callback", body="It calls back.")
        newcomer.save()
        publishing.publish(newcomer)
        for reader in readers:
            reader.is_done.set()
            reader.join(60)
        assert b'href="/glossary/callback/"' in ask_once(second, "/glossary/api/")
    reads = [each for reader in readers for each in reader.read]
    stale = [
        (asked_at, told, number)
        for asked_at, told in reads
        for number in [max(n for at, n in answered if at <= asked_at)]
        if told < number
    ]
    assert not [status for reader in readers for status in reader.failed]
    assert stale == []
    assert source.state == Entry.State.PUBLISHED
    record_property("figure", f"{CHANGES} publications, {len(reads)} reads, 0 of them stale")


def ask_once(port: int, path: str) -> bytes:
    """Return the page as soon as it links the newcomer; what the worker does takes a moment."""
    end = time.monotonic() + 60
    body = b""
    while time.monotonic() < end and b"callback/" not in body:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path)
        body = connection.getresponse().read()
        connection.close()
    return body
