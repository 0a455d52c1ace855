"""Searches with a search server: what it is asked, and what happens when it fails."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from config import search_address
from config import search_server as calls
from glossary import publishing, reindexing, server_search
from glossary.models import PinnedResult, SearchDocument, Topic
from tests.engines import catch_up, search
from tests.factories import make_entry
from tests.search_servers import answer_with, search_server_for

pytestmark = pytest.mark.django_db
CERTIFICATE = Path(__file__).parent / "data" / "hook.pem"


@dataclass
class Clock:
    """Stands in for the module `time`, where a test moves it."""

    monotonic: Callable[[], float]


def make_words(term: str, **fields):
    fields.setdefault("short_definition", "")
    fields.setdefault("body", "")
    return make_entry(term=term, **fields)


def found(query: str, **options) -> list[str]:
    results = search(query, **{"language": "en", **options}).results
    return [result.entry.term for result in results]


def asked(server) -> list[dict]:
    """The questions that `server` heard."""
    return [json.loads(body) for _, path, _, body in server.seen if path.endswith("/_search")]


# Who decides what ---------------------------------------------------------------------------


def test_the_server_finds_what_the_database_cannot(search_server):
    make_words("Loom", body="The warp.")
    catch_up()
    # Nobody does this; it shows who was asked.
    SearchDocument.objects.update(body="", definition="")
    assert found("warp") == ["Loom"]


def test_a_published_entry_is_found_by_its_name_before_the_server_knows_it(search_server):
    make_words("Warp")
    results = search("warp", language="en", is_current=True).results
    assert [result.entry.term for result in results] == ["Warp"]


def test_what_the_server_still_believes_in_is_not_shown(search_server):
    """A withdrawal is obeyed at once, and so is a date, whatever the index says."""
    public = make_words("Loom", body="The warp.")
    withdrawn = make_words("Frame", body="The warp.")
    doomed = make_words("Cloth", body="The warp.")
    abroad = make_words("Stuhl", body="The warp.", language="de")
    later = make_words("Weft", body="The warp.")
    catch_up()
    publishing.withdraw(withdrawn)
    publishing.delete([doomed])
    tomorrow = timezone.now() + timedelta(days=1)
    type(later).objects.filter(pk=later.pk).update(published_at=tomorrow)
    [index] = search_server.indexes.values()
    index.documents[str(abroad.pk)]["language"] = "en"
    results = search("warp", language="en", is_current=True).results
    assert [result.entry for result in results] == [public]
    until = time.monotonic() + 5
    keys = server_search.with_any(["warp"], language="en", topic=None, now=None, until=until)[
        "anywhere"
    ]
    assert sorted(keys) == sorted(map(int, index.documents))


def test_pins_names_beginnings_definitions_and_texts_come_in_this_order(search_server):
    texts = {"Zebra": {"body": "latency latency"}, "Yak": {"short_definition": "Of latency."}}
    entries = {term: make_words(term, **fields) for term, fields in texts.items()}
    for term in ("Latency budget", "Low latency", "Latency", "Pinned"):
        entries[term] = make_words(term)
    PinnedResult.objects.create(phrase="latency", entry=entries["Pinned"])
    assert found("latency") == [
        *("Pinned", "Latency", "Latency budget", "Low latency"),
        *("Yak", "Zebra"),
    ]


def test_beginnings_in_texts_count_only_when_the_word_is_nowhere(search_server):
    make_words("Loom", body="An integration.")
    make_words("Frame", body="To integrate it.")
    assert sorted(found("integr")) == ["Frame", "Loom"]
    make_words("Cloth", body="The integr.")
    assert found("integr") == ["Cloth"]


def test_topics_are_asked_for_and_followed(search_server):
    for number, topics in enumerate([["Looms"], ["Looms", "Cloth"], ["Cloth"]], start=1):
        make_words(f"Frame {number}", topics=topics, body="warp")
    looms = Topic.objects.get(name="Looms")
    assert found("warp", topic=looms) == ["Frame 1", "Frame 2"]
    assert {"term": {"topics": looms.pk}} in asked(search_server)[-1]["query"]["bool"]["filter"]


def test_most_found_words_first_when_no_entry_has_them_all(search_server):
    make_words("Loom")
    make_words("Frame", body="warp and loom")
    make_words("Cloth", body="warp")
    assert found("warp zeppelin loom") == ["Frame", "Loom", "Cloth"]


def test_unspaced_scripts_are_found_within_their_runs(search_server):
    make_words("機械学習", body="これは学習です。")
    make_words("Other", body="学校で習う")
    assert found("学習") == ["機械学習"]


def test_the_server_hears_its_name_the_password_and_no_syntax(search_server):
    make_words("Loom")
    hostile = 'warp" OR term:* ~2 AND {"match_all":{}}'
    found(hostile)
    [(_, path, headers, _)] = [each for each in search_server.seen if "_search" in each[1]][:1]
    host = search_server.host
    assert (path, headers["Host"]) == ("/headword/_search", host)
    assert headers["Authorization"] == "Basic aGVhZHdvcmQ6c2VjcmV0"
    assert "query_string" not in json.dumps(asked(search_server))


def test_the_answer_and_the_question_are_bounded(search_server):
    make_words("Loom", body="warp")
    found("warp " * 2_000)
    question = asked(search_server)[0]
    assert question["size"] == server_search.MOST
    assert len(json.dumps(question)) < 20_000


def test_connections_are_kept(search_server, monkeypatch):
    make_words("Loom", body="warp")
    catch_up()
    opened = []
    connect = socket.socket.connect

    def counted(self, address):
        opened.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)
    for _ in range(3):
        assert found("warp") == ["Loom"]
    assert opened == []


# When it fails ------------------------------------------------------------------------------


def raw(content: bytes, *, status: int = 200, length: int | None = None):
    """An answer of these bytes, which says that there are `length` of them."""

    def answer(handler):
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    return answer


def said(content: object, **options):
    return raw(json.dumps(content).encode(), **options)


def hit(**fields):
    return answer_with([{"_id": "1", "matched_queries": ["names"], **fields}])


FAULTS = {
    "overloaded": said({"error": {"type": "rejected"}}, status=503),
    "no index": said({"error": {"type": "index_not_found_exception"}}, status=404),
    "unauthorised": raw(b"Unauthorized", status=401),
    "redirect": raw(b"", status=302),
    "html": raw(b"<!DOCTYPE html><p>Welcome"),
    "nothing": raw(b""),
    "half": raw(b'{"took": 1, "timed_out": fal', length=400),
    "half, and no more": raw(b'{"took": 1, "timed_out": fal'),
    "deep": raw(b"[" * 200_000),
    "much": raw(b'{"took": "' + b"x" * 400_000 + b'"}'),
    "list": said([]),
    "null": said(None),
    "number": raw(b"1e999"),
    "empty": said({}),
    "no hits": said({"timed_out": False, "_shards": {"failed": 0}}),
    "hits as a number": said({"timed_out": False, "_shards": {"failed": 0}, "hits": 7}),
    "hits as words": said(answer_with("warp")),
    "hits of words": said(answer_with(["warp"])),
    "timed out": said(answer_with([], timed_out=True)),
    "timed out, perhaps": said(answer_with([], timed_out=None)),
    "a shard is missing": said(answer_with([], failed=1)),
    "a key that is none": said(hit(_id="one")),
    "a key of other digits": said(hit(_id="١")),
    "a key too long": said(hit(_id="9" * 19)),
    "a key far too long": said(hit(_id="9" * 5_000)),
    "a number as key": said(hit(_id=1)),
    "no places": said(answer_with([{"_id": "1"}])),
    "odd places": said(hit(matched_queries=[["names"]])),
    "not http": lambda handler: (
        handler.connection.sendall(b"\0\1\2 garbage\r\n\r\n")
        or setattr(handler, "close_connection", True)
    ),
    "hung up": lambda handler: setattr(handler, "close_connection", True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_database_searches_when_the_answer_is_of_no_use(search_server, fault, caplog):
    entry = make_words("Loom", body="The warp.")
    catch_up()
    search_server.fault = FAULTS[fault]
    results = search("warp", language="en").results
    assert [result.entry for result in results] == [entry]
    [line] = caplog.records
    assert line.getMessage().startswith("the search server failed, the database searches: ")
    assert "warp" not in line.getMessage()
    assert "secret" not in line.getMessage()


def test_keys_that_nobody_has_are_left_out(search_server):
    entry = make_words("Loom", body="The warp.")
    catch_up()
    keys = [str(entry.pk), "0", "9" * 18, str(entry.pk)]
    hits = [{"_id": key, "matched_queries": ["anywhere", "of our own"]} for key in keys]
    search_server.fault = said(answer_with(hits))
    assert found("warp") == ["Loom"]


def drip(handler):
    """Say something now and then, so that no single silence is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not handler.server.is_over.wait(0.05):
        try:
            handler.wfile.write(b"X-More: yes\r\n")
        except OSError:
            return


@pytest.mark.parametrize("fault", [lambda handler: handler.server.is_over.wait(), drip])
def test_nobody_waits_longer_than_half_a_second_and_the_next_not_at_all(search_server, fault):
    make_words("Loom", body="The warp.")
    catch_up()
    search_server.fault = fault
    started = time.monotonic()
    assert found("warp") == ["Loom"]
    assert 0.4 < time.monotonic() - started < 1.5
    search_server.seen.clear()
    assert found("warp") == ["Loom"]
    assert asked(search_server) == []


def test_all_questions_of_a_search_together_take_half_a_second(search_server):
    """Nothing has all these words, so that the server is asked once more, and once too often."""
    make_words("Loom", body="The warp.")
    catch_up()

    def answer_late(handler):
        handler.server.is_over.wait(0.3)
        handler.send(200, answer_with([]))

    search_server.fault = answer_late
    started = time.monotonic()
    assert found("warp zeppelin") == ["Loom"]
    assert 0.5 < time.monotonic() - started < 1.5
    assert len(asked(search_server)) == 2


def test_a_server_that_is_gone_is_tried_again_by_one_after_a_pause(settings, monkeypatch, caplog):
    make_words("Loom", body="The warp.")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    settings.SEARCH_SERVER = search_address.read(f"opensearch://127.0.0.1:{port}")
    tries = []
    send = calls.send

    def counted(*arguments, **options):
        tries.append(clock)
        return send(*arguments, **options)

    clock = real = time.monotonic()
    monkeypatch.setattr(calls, "send", counted)
    monkeypatch.setattr(calls, "time", Clock(lambda: clock))
    for seconds in (0, 1, 29, 31, 32, 60, 62, 95):
        clock = real + seconds
        assert found("warp") == ["Loom"]
    assert [round(when - real) for when in tries] == [0, 31, 62, 95]
    assert len(caplog.records) == 2  # at 0 and at 62: once a minute


def test_while_one_finds_out_whether_it_is_back_the_others_do_not_wait(search_server, monkeypatch):
    make_words("Loom", body="The warp.")
    catch_up()
    search_server.fault = FAULTS["overloaded"]
    assert found("warp") == ["Loom"]
    is_asked, may_answer = threading.Event(), threading.Event()
    clock = time.monotonic() + 31

    def question():
        is_asked.set()
        may_answer.wait(5)
        return "answered"

    monkeypatch.setattr(calls, "time", Clock(lambda: clock))
    answers = []
    first = threading.Thread(target=lambda: answers.append(calls.attempt(question)))
    first.start()
    assert is_asked.wait(5)
    assert calls.attempt(lambda: "asked as well") is None
    may_answer.set()
    first.join()
    assert answers == ["answered"]
    assert calls.attempt(lambda: "asked again") == "asked again"


@pytest.mark.parametrize(
    ("host", "ca", "state"),
    [
        ("hook.example", CERTIFICATE, "ok"),
        ("hook.example", None, "unreachable, the database searches"),
        ("other.example", CERTIFICATE, "unreachable, the database searches"),
    ],
)
def test_the_password_is_told_to_the_right_server_only(settings, monkeypatch, host, ca, state):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    look_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *rest, **options: look_up("127.0.0.1", *rest, **options)
    )
    with search_server_for(settings, tls=context) as server:
        options = "tls=true" + (f"&ca={ca}" if ca else "")
        url = f"opensearch://headword:secret@{host}:{server.server_port}/headword?{options}"
        settings.SEARCH_SERVER = search_address.read(url)
        if state == "ok":
            reindexing.reindex()
        assert calls.state() == state
        assert (server.seen != []) == (state == "ok")


def test_suggestions_never_ask_the_server(search_server, client):
    make_words("Loom", aliases=["Warp frame"])
    catch_up()
    search_server.seen.clear()
    answer = client.get("/search/suggest/", {"q": "warp"}).json()["suggestions"]
    assert [each["term"] for each in answer] == ["Loom"]
    assert search_server.seen == []
