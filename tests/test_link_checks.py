"""Asking other sites whether our links lead somewhere: what counts, how often, how politely."""

import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.core.management import call_command

from config import outbox, outgoing
from config.models import OutboxMessage
from glossary import link_checks
from glossary.external_links import store
from glossary.link_checks import Outcome, ask, check_due, note, retry_at
from glossary.models import ExternalLink
from tests.factories import make_draft, make_entry
from tests.serving import serving
from tests.test_outgoing import dripping, names

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAGES = {
    "/ok": [200, {}],
    "/busy": [429, {"Retry-After": "7200"}],
    "/down": [503, {"Retry-After": "120"}],
    "/broken": [500, {}],
    "/forbidden": [403, {}],
    "/loop": [302, {"Location": "/loop"}],
    "/one": [301, {"Location": "/two"}],
    "/two": [307, {"Location": "three"}],
    "/three": [308, {"Location": "/ok"}],
    "/zero": [301, {"Location": "/one"}],
    "/to-nothing": [302, {"Location": "/nothing"}],
    "/within": [302, {"Location": "http://10.0.0.1/admin"}],
    "/file": [302, {"Location": "file:///etc/passwd"}],
    "/unread": [302, {"Location": "http://[::1/"}],
    "/nowhere": [302, {}],
}


class Pages(BaseHTTPRequestHandler):
    """Answers by the path; /huge never ends, /shy answers GET alone."""

    def do_HEAD(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        is_get = self.command == "GET"
        if self.path == "/shy":
            status, headers = (200 if is_get else 405), {}
        elif self.path == "/huge":
            status, headers = (200 if is_get else 501), {"Content-Length": str(10**12)}
        else:
            status, headers = PAGES.get(self.path.partition("?")[0], [404, {}])
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if is_get and self.path == "/huge":
            self.pour()

    def pour(self):
        try:
            while True:
                self.wfile.write(b"x" * 65536)
                self.server.poured += 65536
        except OSError:
            return

    do_GET = do_HEAD  # noqa: N815 - named by the library

    def log_message(self, *arguments):
        """Nothing: the test looks at what was seen."""


def running():
    return serving(Pages, seen=[], poured=0)


@pytest.fixture
def there(settings):
    with running() as server:
        server.url = f"http://{server.host}"
        settings.OUTGOING_ALLOWED_HOSTS = [server.host]
        yield server


def lead_to(*urls, entry=None) -> list[ExternalLink]:
    store(entry or make_entry(), "".join(f'<a href="{url}">x</a>' for url in urls))
    ExternalLink.objects.filter(checked_at=None).update(check_at=NOW)
    # Those of publishing have nothing to do with it.
    OutboxMessage.objects.all().delete()
    return list(ExternalLink.objects.order_by("url"))


# One address --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "error", "asked"),
    [
        ("/ok", 200, "", ["HEAD /ok"]),
        ("/gone", 404, "", ["HEAD /gone", "GET /gone"]),
        ("/broken", 500, "", ["HEAD /broken", "GET /broken"]),
        ("/forbidden", 403, "", ["HEAD /forbidden", "GET /forbidden"]),
        ("/shy", 200, "", ["HEAD /shy", "GET /shy"]),
        ("/huge", 200, "", ["HEAD /huge", "GET /huge"]),
        ("/one", 200, "", ["HEAD /one", "HEAD /two", "HEAD /three", "HEAD /ok"]),
        (
            "/zero",
            308,
            "It redirects more than 3 times",
            ["HEAD /zero", "HEAD /one", "HEAD /two", "HEAD /three"],
        ),
        ("/loop", 302, "It redirects more than 3 times", ["HEAD /loop"] * 4),
        ("/to-nothing", 404, "", ["HEAD /to-nothing", "HEAD /nothing", "GET /nothing"]),
        ("/nowhere", 302, "", ["HEAD /nowhere"]),
        ("/unread", 302, "It redirects to an address that cannot be read", ["HEAD /unread"]),
    ],
)
def test_answer_is_found_as_a_browser_would_find_it(there, path, status, error, asked):
    outcome = ask(f"{there.url}{path}", now=NOW)
    assert (outcome.status, outcome.error, outcome.retry_at) == (status, error, None)
    assert [f"{method} {path}" for method, path, _ in there.seen] == asked


def test_servers_learn_who_asks_and_no_more(there):
    ask(f"{there.url}/shy")
    for method, _, headers in there.seen:
        assert headers == {
            "Host": there.host,
            "User-Agent": "Headword (+https://glossary.example)",
            "Accept-Encoding": "identity",
        }, method


def test_no_more_than_the_beginning_of_a_page_is_fetched(there):
    assert ask(f"{there.url}/huge").status == 200
    # What the system keeps on its way to us, not what would have come.
    assert there.poured < 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("path", "words"),
    [("/within", "not on the public internet"), ("/file", "Only addresses with http")],
)
def test_redirect_leads_nowhere_that_a_link_may_not(there, path, words):
    outcome = ask(f"{there.url}{path}")
    assert (outcome.status, words in outcome.error, outcome.has_failed) == (None, True, True)
    assert len(there.seen) == 1


def test_address_on_this_machine_is_never_asked(there, settings, monkeypatch):
    settings.OUTGOING_ALLOWED_HOSTS = []
    monkeypatch.setattr(outgoing, "PORTS", {there.server_port})
    assert "not on the public internet" in ask(f"{there.url}/ok").error
    names(monkeypatch, inner_example=["10.0.0.1"])
    assert "not on the public internet" in ask(f"http://inner.example:{there.server_port}/").error
    assert there.seen == []


def test_slow_server_does_not_keep_us(settings, monkeypatch):
    monkeypatch.setattr(link_checks, "PATIENCE", 0.2)
    with dripping(b"H") as host:
        settings.OUTGOING_ALLOWED_HOSTS = [host]
        began = time.monotonic()
        outcome = ask(f"http://{host}/")
    assert (outcome.status, outcome.has_failed) == (None, True)
    assert time.monotonic() - began < 2


def test_unknown_host_is_said(monkeypatch):
    names(monkeypatch)
    assert ask("https://gone.example/").error == "Nobody knows the name gone.example"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + timedelta(minutes=2)),
        (" 0 ", NOW),
        ("9" * 30, NOW + timedelta(days=30)),
        ("Wed, 25 Nov 2026 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("Wed, 25 Nov 2026 13:00:00 -0000", NOW + timedelta(hours=1)),
        ("Wed, 25 Nov 2099 13:00:00 GMT", NOW + timedelta(days=30)),
        ("Wed, 25 Nov 2020 13:00:00 GMT", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
        ("", None),
    ],
)
def test_time_to_come_back_is_read(value, expected):
    assert retry_at(value, NOW) == expected


# What is remembered -------------------------------------------------------------------------


@pytest.mark.django_db
def test_address_is_broken_after_failing_on_two_days(there):
    [link] = lead_to("https://example.org/")
    for hours, failures, days in [(0, 1, 1), (5, 1, 1), (24, 2, 2), (72, 3, 4), (200, 4, 7)]:
        now = NOW + timedelta(hours=hours)
        note(link, Outcome(404), now=now)
        link.refresh_from_db()
        assert (link.status, link.failures, link.checked_at) == (404, failures, now)
        assert link.check_at == now + timedelta(days=days)
    note(link, Outcome(200), now=now)
    link.refresh_from_db()
    assert (link.status, link.failures, link.error) == (200, 0, "")
    assert link.check_at == now + timedelta(days=7)


@pytest.mark.django_db
def test_server_that_is_busy_has_not_failed_and_is_left_alone():
    [link] = lead_to("https://example.org/")
    note(link, Outcome(None, "Nobody knows the name"), now=NOW)
    note(link, Outcome(429), now=NOW + timedelta(days=1))
    assert (link.status, link.failures, link.error) == (429, 1, "")
    assert link.check_at == NOW + timedelta(days=2)
    until = NOW + timedelta(days=20)
    note(link, Outcome(503, retry_at=until), now=NOW + timedelta(days=2))
    assert (link.failures, link.check_at) == (2, until)


# Rounds -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_round_checks_what_is_due_of_published_entries(there):
    lead_to(f"{there.url}/ok", f"{there.url}/gone", f"{there.url}/later")
    lead_to(f"{there.url}/draft", entry=make_draft())
    ExternalLink.objects.filter(url__endswith="/later").update(check_at=NOW + timedelta(hours=1))
    assert check_due(NOW) == 2
    found = {link.url.removeprefix(there.url): link.status for link in ExternalLink.objects.all()}
    assert found == {"/ok": 200, "/gone": 404, "/later": None, "/draft": None}
    assert check_due(NOW) == 0


@pytest.mark.django_db
def test_host_is_asked_but_a_few_times_in_a_round(there):
    lead_to(*(f"{there.url}/ok?{number}" for number in range(11)))
    assert check_due(NOW) == 4
    assert len(there.seen) == 4
    waiting = ExternalLink.objects.filter(checked_at=None).order_by("check_at")
    waits = [(link.check_at - NOW) // timedelta(minutes=1) for link in waiting]
    assert waits == [1, 1, 1, 1, 2, 2, 2]
    assert check_due(NOW) == 0
    assert check_due(NOW + timedelta(minutes=1)) == 4


@pytest.mark.django_db
def test_others_are_asked_while_one_host_has_to_wait(there, settings):
    local = f"localhost:{there.server_port}"
    settings.OUTGOING_ALLOWED_HOSTS += [local]
    lead_to(*(f"{there.url}/ok?{number}" for number in range(6)), f"http://{local}/ok")
    assert check_due(NOW) == 5
    assert sorted(headers["Host"] for _, _, headers in there.seen) == [there.host] * 4 + [local]


@pytest.mark.django_db
def test_ports_of_one_host_share_its_patience(there, settings):
    with running() as other:
        host = f"127.0.0.1:{other.server_port}"
        settings.OUTGOING_ALLOWED_HOSTS += [host]
        lead_to(*(f"{there.url}/ok?{number}" for number in range(4)), f"http://{host}/ok")
        check_due(NOW)
        assert len(there.seen) + len(other.seen) == 4


@pytest.mark.django_db
def test_host_that_wants_to_rest_is_asked_nothing_more(there):
    lead_to(f"{there.url}/a", f"{there.url}/busy", f"{there.url}/c", "http://127.0.0.10/")
    ExternalLink.objects.filter(url__endswith="/busy").update(check_at=NOW - timedelta(hours=1))
    ExternalLink.objects.filter(url__contains="127.0.0.10").update(check_at=NOW + timedelta(1))
    assert check_due(NOW) == 1
    assert [path for _, path, _ in there.seen] == ["/busy"]
    until = NOW + timedelta(hours=2)
    waits = dict(ExternalLink.objects.values_list("url", "check_at"))
    assert waits[f"{there.url}/a"] == waits[f"{there.url}/c"] == until
    assert waits["http://127.0.0.10/"] == NOW + timedelta(1)
    assert ExternalLink.objects.get(url__endswith="/busy").failures == 0


@pytest.mark.django_db
def test_round_ends_when_its_time_is_over(there, monkeypatch):
    monkeypatch.setattr(link_checks, "ROUND", -1.0)
    lead_to(f"{there.url}/ok")
    assert (check_due(NOW), there.seen) == (0, [])
    assert ExternalLink.objects.get().check_at == NOW


@pytest.mark.django_db
def test_address_that_another_worker_took_is_left_to_it(there):
    [link] = lead_to(f"{there.url}/ok")
    ExternalLink.objects.update(check_at=NOW + timedelta(minutes=10))
    assert link_checks._is_claimed(link, NOW) is False


# The outbox ---------------------------------------------------------------------------------


def planned() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.waiting().filter(kind=link_checks.KIND))


@pytest.mark.django_db
def test_rounds_are_planned_once_and_only_if_something_is_due(there):
    assert link_checks.plan(NOW) is False
    lead_to(f"{there.url}/ok")
    assert link_checks.plan(NOW - timedelta(seconds=1)) is False
    assert [link_checks.plan(NOW), link_checks.plan(NOW)] == [True, False]
    assert len(planned()) == 1


@pytest.mark.django_db
def test_round_leaves_word_for_the_next_one_as_long_as_something_is_due(there):
    lead_to(*(f"{there.url}/ok?{number}" for number in range(6)))
    began = outbox.enqueue(link_checks.KIND)
    assert outbox.run(outbox.claim())
    began.refresh_from_db()
    [following] = planned()
    assert following.due_at >= began.done_at + timedelta(seconds=55)
    assert outbox.claim() is None
    assert outbox.run(outbox.claim(following.due_at))
    # Those that were put off by the clock come due within the hour; then all is quiet.
    ExternalLink.objects.update(check_at=following.due_at + timedelta(days=1))
    OutboxMessage.objects.waiting().delete()
    outbox.enqueue(link_checks.KIND)
    assert outbox.run(outbox.claim())
    assert planned() == []


@pytest.mark.django_db
def test_next_round_waits_for_an_address_that_is_due_soon(there):
    soon = link_checks.timezone.now() + timedelta(minutes=30)
    lead_to(f"{there.url}/ok")
    ExternalLink.objects.update(check_at=soon)
    outbox.enqueue(link_checks.KIND)
    assert outbox.run(outbox.claim())
    assert [message.due_at for message in planned()] == [soon]


@pytest.mark.django_db
def test_worker_begins_the_rounds_by_itself(there, capsys):
    lead_to(f"{there.url}/gone")
    for _ in range(2):
        call_command("work", once=True)
    assert ExternalLink.objects.get().status == 404
    assert planned() == []
