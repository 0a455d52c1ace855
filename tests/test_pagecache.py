"""Finished pages, as whoever asks sees them: by the book, and never another page's."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import page_versions, pagecache
from config.models import PageDate, PageStamp
from config.page_memory import PageMemory
from config.page_stamps import LOCK
from config.page_versions import Versions
from config.pagecache import PageCache
from glossary import publishing, revisions
from tests.asking import ask
from tests.factories import make_entry, make_offer, make_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_lease(settings):
    settings.PAGE_LEASE = 0


@pytest.fixture
def site():
    """A process that keeps pages, after the triggers were looked at."""
    cache = PageCache(WSGIHandler(), memory=PageMemory(10_000_000))
    cache.versions.current()
    yield cache
    cache.versions.close()


@pytest.fixture
def entry():
    return make_entry(term="Webhook", slug="webhook", body="A webhook is a call. " * 60)


def change(entry, words):
    publishing.save_draft(entry, {**revisions.newest(entry), "body": words * 60})
    publishing.publish(entry, change="typo")


# Kept, and right --------------------------------------------------------------------------------


def test_a_page_is_made_once_and_anew_when_it_has_changed(site, entry):
    first = ask(site, "/glossary/webhook/")
    assert [ask(site, "/glossary/webhook/").body for _ in range(4)] == [first.body] * 4
    assert site.made == 1
    change(entry, "Other words. ")
    assert b"Other words." in ask(site, "/glossary/webhook/").body
    assert site.made == 2


def test_a_change_makes_no_other_entry_s_page_new(site, entry):
    make_entry(term="Zebra", slug="zebra")
    make_entry(term="Middle", slug="middle")
    paths = ("/glossary/webhook/", "/glossary/zebra/", "/glossary/middle/", "/glossary/")
    for path in paths:
        ask(site, path)
    change(entry, "Other words. ")
    made = site.made
    for path in paths[1:]:
        ask(site, path)
    assert site.made == made
    ask(site, paths[0])
    assert site.made == made + 1


def test_a_kept_page_costs_one_question_and_none_while_the_lease_lasts(site, entry):
    ask(site, "/glossary/webhook/")
    site.versions.lease = 60
    ask(site, "/glossary/webhook/")
    own = site.versions.connection
    with CaptureQueriesContext(own) as asked, CaptureQueriesContext(connection) as django:
        assert ask(site, "/glossary/webhook/").status == 200
    assert (len(asked), len(django)) == (0, 0)
    site.versions.lease = 0
    site.versions.trusted_until = 0
    with CaptureQueriesContext(own) as asked:
        ask(site, "/glossary/webhook/")
    assert len(asked) == 1


def test_whoever_changes_something_answers_after_the_lease(site, entry, monkeypatch):
    """So that whoever reads after the answer reads the new text, in every process."""
    other = PageCache(site.application, memory=PageMemory(10_000_000))
    ask(other, "/glossary/webhook/")
    waited = []
    monkeypatch.setattr(page_versions.time, "sleep", waited.append)

    def desk(environ, start_response):
        change(entry, "Other words. ")
        start_response("302 Found", [])
        return [b""]

    site.application = desk
    site.versions.lease = 0.05
    ask(site, "/admin/", method="POST")
    assert waited == [0.05]
    site.application = lambda environ, start_response: start_response("204", []) or [b""]
    ask(site, "/search/heard/", method="POST")
    assert waited == [0.05]
    other.versions.close()


def test_reports_of_views_ask_nothing(site, entry):
    site.versions.lease = 60
    ask(site, "/glossary/webhook/")
    with CaptureQueriesContext(site.versions.connection) as asked:
        assert ask(site, "/seen/", method="POST").status == 204
    assert len(asked) == 0


def test_what_is_no_page_is_not_kept(site, entry):
    make_offer()
    make_site()
    for path, status in (
        ("/glossary/nothing/", 404),
        ("/consultation/", 200),
        ("/search/?q=webhook", 200),
        ("/glossary/webhook", 301),
        ("/admin/login/", 200),
    ):
        for _ in range(3):
            assert ask(site, path).status == status, path
    assert len(site.memory.pages) == 0


# By the book ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.8", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("identity, br;q=0.5", ""),
        ("gzip;q=nonsense", ""),
        ("deflate", ""),
        ("br;q=0, *;q=0.5", "gzip"),
    ],
)
def test_codings(site, entry, accepted, coding):
    plain = ask(site, "/glossary/webhook/").body
    unpack = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}
    for _ in range(3):
        answer = ask(site, "/glossary/webhook/", HTTP_ACCEPT_ENCODING=accepted)
        assert answer.headers.get("Content-Encoding", "") == coding
        assert unpack[coding](answer.body) == plain
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["Content-Length"] == str(len(answer.body))


def test_head(site, entry):
    for _ in range(3):
        head = ask(site, "/glossary/webhook/", method="HEAD", HTTP_ACCEPT_ENCODING="gzip")
        assert (head.status, head.body) == (200, b"")
    got = ask(site, "/glossary/webhook/", HTTP_ACCEPT_ENCODING="gzip")
    assert len(got.body) > 0
    for name in ("ETag", "Content-Type", "Cache-Control", "Vary", "Content-Encoding"):
        assert head.headers[name] == got.headers[name]


def test_conditions(site, entry, monkeypatch):
    path = "/glossary/webhook/"
    tag = ask(site, path).headers["ETag"]
    strong = tag.removeprefix("W/")
    for tags in (tag, strong, f'"x", {tag}', "*", f"W/{strong},"):
        answer = ask(site, path, HTTP_IF_NONE_MATCH=tags)
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag)
        assert "Content-Type" not in answer.headers
    for tags in ('"x"', "", "nonsense", strong.strip('"')):
        assert ask(site, path, HTTP_IF_NONE_MATCH=tags).status == 200
    assert ask(site, path, HTTP_IF_MATCH='"x"').status == 412
    assert ask(site, path, HTTP_IF_MATCH="*").status == 200
    assert ask(site, path, HTTP_RANGE="bytes=0-10").status == 200
    # Within the second in which it was made, a date says nothing.
    long_past, far = "Sun, 01 Jan 2023 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"
    assert "Last-Modified" not in ask(site, path).headers
    assert ask(site, path, HTTP_IF_MODIFIED_SINCE=far).status == 200
    seconds = time.time
    monkeypatch.setattr(time, "time", lambda: seconds() + 10)
    date = ask(site, path).headers["Last-Modified"]
    assert ask(site, path, HTTP_IF_MODIFIED_SINCE=date).status == 304
    assert ask(site, path, HTTP_IF_MODIFIED_SINCE=long_past).status == 200
    assert ask(site, path, HTTP_IF_MODIFIED_SINCE="yesterday").status == 200
    assert ask(site, path, HTTP_IF_UNMODIFIED_SINCE=long_past).status == 412
    assert ask(site, path, HTTP_IF_UNMODIFIED_SINCE=date).status == 200
    # A tag goes before a date.
    answer = ask(site, path, HTTP_IF_MODIFIED_SINCE=date, HTTP_IF_NONE_MATCH='"x"')
    assert answer.status == 200


def test_other_hosts_and_methods(site, entry, settings):
    ask(site, "/glossary/webhook/")
    assert ask(site, "/glossary/webhook/", HTTP_HOST="evil.example").status == 400
    assert ask(site, "/glossary/webhook/", HTTP_HOST="127.0.0.1:8000").status == 200
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
        assert ask(site, "/glossary/webhook/", method=method).status in (403, 405)
    assert site.made == 1


def test_nobody_gets_a_page_without_tls_where_it_is_asked_for(entry, settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    site = PageCache(WSGIHandler(), memory=PageMemory(10_000_000))
    path = "/glossary/webhook/"
    safe = {"HTTP_X_FORWARDED_PROTO": "https"}
    assert ask(site, path, **safe).headers["Strict-Transport-Security"]
    assert ask(site, path, **safe).status == 200
    assert ask(site, path).status == 301
    assert ask(site, path, REMOTE_ADDR="203.0.113.9", **safe).status == 301
    assert site.made == 1
    site.versions.close()


def test_programs_that_want_markdown_are_led_to_it(site, entry):
    ask(site, "/glossary/webhook/")
    for wish in ("text/markdown", "Text/Markdown"):
        answer = ask(site, "/glossary/webhook/", HTTP_ACCEPT=wish)
        assert (answer.status, answer.headers["Location"]) == (303, "/glossary/webhook.md")


def test_everybody_gets_the_same_bytes(site, entry):
    first = ask(site, "/glossary/webhook/")
    for headers in (
        {"HTTP_COOKIE": "sessionid=stolen"},
        {"HTTP_ACCEPT_LANGUAGE": "de"},
        {"HTTP_USER_AGENT": "Mobile"},
        {"HTTP_X_FORWARDED_HOST": "evil.example"},
    ):
        again = ask(site, "/glossary/webhook/", **headers)
        assert (again.body, again.headers["ETag"]) == (first.body, first.headers["ETag"])


# Queries ----------------------------------------------------------------------------------------


def test_names_that_no_view_knows_fill_nothing(site, entry):
    plain = ask(site, "/glossary/webhook/").body
    for number in range(5):
        answer = ask(site, f"/glossary/webhook/?utm_source=x{number}&page=2&q=<b>")
        assert answer.body == plain
    assert (site.made, len(site.memory.pages)) == (1, 1)


def test_pages_of_a_list_are_pages_of_their_own(site, entry, monkeypatch):
    monkeypatch.setattr("glossary.views.MENTIONS_PER_PAGE", 1)
    for number in range(3):
        source = make_entry(term=f"Source {number}", body="Not said.")
        source.mentions_made.create(target=entry, sentence="S", start=0, length=1, is_link=True)
    path = "/glossary/webhook/mentions/"
    first, second = ask(site, path), ask(site, f"{path}?after=source-0&utm_source=x")
    assert first.body != second.body
    assert ask(site, f"{path}?utm_source=y&after=source-0").body == second.body
    assert (site.made, len(site.memory.pages)) == (2, 2)
    assert ask(site, f"{path}?after=nothing").status == 302
    assert ask(site, f"{path}?after=source-1&after=source-0").body == second.body
    assert ask(site, f"{path}?after=source-0&x={'y' * 600}").body == second.body
    assert len(site.memory.pages) == 2


def test_bytes_that_two_readers_take_for_different_words_fill_nothing(site, entry):
    """Django takes raw UTF-8 for UTF-8, Python's parser for Latin-1: one would be the other's."""
    source = make_entry(term="Source", slug="café", body="Not said.")
    source.mentions_made.create(target=entry, sentence="S", start=0, length=1, is_link=True)
    path = "/glossary/webhook/mentions/"
    raw = "café".encode().decode("latin-1")
    assert ask(site, f"{path}?after={raw}").status == ask(site, f"{path}?after=caf%C3%A9").status
    assert not [key for key in site.memory.pages if raw in str(key)]


def test_a_machine_whose_clock_is_behind_keeps_nothing_until_it_has_caught_up(site, entry):
    """It does not show what is published yet, and nothing would tell it to make the page anew."""
    PageStamp.objects.update(version=(time.time() + 60) * 1_000_000)
    for _ in range(2):
        assert ask(site, "/glossary/webhook/").status == 200
    assert site.made == 2
    PageStamp.objects.update(version=(time.time() - 60) * 1_000_000)
    site.versions.version = -1
    for _ in range(2):
        assert ask(site, "/glossary/webhook/").status == 200
    assert site.made == 3


# At once ----------------------------------------------------------------------------------------


def at_once(number, act):
    def work(_):
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_one_request_makes_a_page_while_the_others_wait(site, entry, monkeypatch):
    monkeypatch.setattr(pagecache, "LONGEST_WAIT", 20)
    begun = threading.Event()
    django = site.application

    def slow(environ, start_response):
        keeper = environ[pagecache.KEEPER]
        begin = keeper.begin

        def wait(asked):
            is_there = begin(asked)
            if not is_there:
                # Nobody else finds it before all have asked.
                begun.wait(0.1)
            return is_there

        keeper.begin = wait
        return django(environ, start_response)

    site.application = slow
    answers = at_once(6, lambda: ask(site, "/glossary/webhook/"))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert site.made == 1


def test_whoever_makes_a_page_and_fails_holds_up_nobody(site, entry, monkeypatch):
    def fail(*_):
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("glossary.views.citation", fail)
        assert ask(site, "/glossary/webhook/").status == 500
    assert ask(site, "/glossary/webhook/").status == 200
    assert site.flights.keys == set()


# Without what it needs --------------------------------------------------------------------------


def test_without_answers_about_changes_nothing_kept_is_used(site, entry, monkeypatch):
    ask(site, "/glossary/webhook/")

    def fail(*_):
        raise OperationalError

    monkeypatch.setattr(site.versions, "_rows", fail)
    assert ask(site, "/glossary/webhook/").status == 200
    assert site.made == 2
    # Not each request asks anew.
    monkeypatch.undo()
    assert ask(site, "/glossary/webhook/").status == 200
    assert site.made == 3
    site.versions.left_alone_until = 0
    assert ask(site, "/glossary/webhook/").status == 200
    assert site.made == 3


def test_whoever_changes_something_and_cannot_ask_waits_for_the_others(site, monkeypatch):
    waited = []
    monkeypatch.setattr(page_versions.time, "sleep", waited.append)

    def fail(*_):
        raise OperationalError

    monkeypatch.setattr(site.versions, "_rows", fail)
    site.application = lambda environ, start_response: start_response("204", []) or [b""]
    ask(site, "/admin/", method="POST")
    assert waited == [site.versions.lease]


def test_a_date_that_comes_while_somebody_writes_holds_up_no_reader(site, entry):
    """A long import has the only lock under which dates pass, on either database."""
    ask(site, "/glossary/webhook/")
    PageDate.objects.create(kind="changes", row_id=entry.pk, at=timezone.now())
    site.versions.next_date = 0
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            if writer.vendor == "postgresql":
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            else:
                cursor.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert [ask(site, "/glossary/webhook/").status for _ in range(3)] == [200] * 3
        assert time.monotonic() - began < 5
        # What was kept may be old by now.
        assert site.made == 4
    finally:
        writer.rollback()
        writer.close()
    site.versions.left_alone_until = 0
    assert ask(site, "/glossary/webhook/").status == 200
    assert not PageDate.objects.exists()


def test_pages_are_finished_alike_where_none_is_kept(site, entry):
    plain = PageCache(WSGIHandler())
    for path in ("/glossary/webhook/", "/glossary/", "/feed/"):
        kept, made = ask(site, path), ask(plain, path)
        assert (kept.status, kept.headers, kept.body) == (made.status, made.headers, made.body)
    known = ask(plain, "/feed/", HTTP_IF_NONE_MATCH=made.headers["ETag"])
    assert known.status == 304


def test_many_changes_at_once_are_followed_together(site, entry, monkeypatch):
    monkeypatch.setattr(page_versions, "MOST_ASKED", 3)
    ask(site, "/glossary/webhook/")
    for number in range(3):
        make_entry(term=f"Zebra {number}")
    # What is no longer known one by one is asked for.
    assert ask(site, "/glossary/webhook/").status == 200
    made = site.made
    change(entry, "Other words. ")
    for number in range(3):
        make_entry(term=f"Zulu {number}")
    assert b"Other words." in ask(site, "/glossary/webhook/").body
    assert site.made == made + 1


def test_a_process_that_begins_late_knows_what_was_changed_before(entry):
    versions = Versions(lease=0)
    before = versions.current()
    change(entry, "Other words. ")
    late = Versions(lease=0)
    now = late.current()
    keys = [f"entry:{entry.pk}"]
    assert late.are_right(keys, before, now) is None
    assert late.have_stayed(keys, before) is False
    assert late.have_stayed(keys, now) is True
    versions.current()
    assert versions.are_right(keys, before, now) is False
    for each in (versions, late):
        each.close()
