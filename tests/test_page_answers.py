"""How finished pages are answered: by the book, and the same bytes for everybody."""

import gzip
import time

import brotli
import pytest
from django.core.handlers.wsgi import WSGIHandler

from config.pagecache import PageCache
from tests.asking import ask
from tests.kept import keeping, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site():
    with keeping() as site:
        yield site


@pytest.fixture
def entry():
    return make_webhook()


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
    path = "/glossary/webhook/"
    safe = {"HTTP_X_FORWARDED_PROTO": "https"}
    with keeping() as site:
        assert ask(site, path, **safe).headers["Strict-Transport-Security"]
        assert ask(site, path, **safe).status == 200
        assert ask(site, path).status == 301
        assert ask(site, path, REMOTE_ADDR="203.0.113.9", **safe).status == 301
        assert site.made == 1


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


def test_pages_are_finished_alike_where_none_is_kept(site, entry):
    plain = PageCache(WSGIHandler())
    for path in ("/glossary/webhook/", "/glossary/", "/feed/"):
        kept, made = ask(site, path), ask(plain, path)
        assert (kept.status, kept.headers, kept.body) == (made.status, made.headers, made.body)
    known = ask(plain, "/feed/", HTTP_IF_NONE_MATCH=made.headers["ETag"])
    assert known.status == 304
