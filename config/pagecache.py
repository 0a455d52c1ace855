"""Finished pages around Django: found, made once, answered before any other work is done.

A WSGI application that the server calls instead of Django's. What it keeps is
right or not used: `config.page_versions` says which. Everything that is no
page of `config.http.public_page` passes through untouched.
"""

import time
from collections.abc import Callable, Hashable, Iterable
from threading import Condition
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host

from config import page_files, page_store, release
from config.http import KEEPER, NOTHING_CHANGED
from config.page_files import PageFiles
from config.page_memory import PageMemory
from config.page_store import SharedPages
from config.page_versions import Versions
from config.pages import Environ, Headers, Page
from config.proxies import TrustedProxyMiddleware

StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Asked = tuple[tuple[str, ...], tuple[str, ...]]
"""Names in the query that make a page another one, and those with which none is kept."""

SAFE = {"GET", "HEAD"}
LONGEST_QUERY = 500
MOST_ADDRESSES = 20_000
MOST_HOSTS = 100
LONGEST_WAIT = 0.2
"""Seconds that a request waits for another one that makes the same page."""


def around(application: Application) -> "PageCache":
    """Return the cache around `application` as the settings want it."""
    if not settings.PAGE_MEMORY:
        return PageCache(application)
    files = page_files.kept()
    return PageCache(
        application,
        memory=PageMemory(settings.PAGE_MEMORY * 1_000_000),
        shared=page_store.shared(release.digest()),
        files=files,
    )


class PageCache:
    """Keeps the pages of `application`; without memory it keeps none, and only finishes them."""

    def __init__(
        self,
        application: Application,
        *,
        memory: PageMemory | None = None,
        shared: SharedPages | None = None,
        files: PageFiles | None = None,
    ) -> None:
        self.application = application
        self.memory = memory
        self.shared = shared
        self.files = files
        self.versions = Versions(files)
        self.asked: dict[str, Asked] = {}
        self.allowed_hosts = [host for host in settings.ALLOWED_HOSTS if host]
        self.hosts: set[str] = set()
        self.flights = Flights()
        self.is_secure_only = settings.SECURE_SSL_REDIRECT
        self.is_secure = TrustedProxyMiddleware(lambda _: HttpResponse()).is_secure
        self.made = 0
        """Pages that this process has rendered."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in SAFE:
            return self._changing(environ, start_response)
        if not self._is_for_a_page(environ):
            return self.application(environ, start_response)
        version = None if self.memory is None else self.versions.current()
        page = None if version is None else self._kept(environ, version)
        if page is None:
            return self._ask_django(environ, start_response, version)
        status, headers, body = page.answer(environ)
        start_response(status, headers)
        # Twice asked for is worth the work: once, and after the answer.
        return [body] if page.is_done else _Afterwards(body, lambda: self._improve(environ, page))

    # Which request --------------------------------------------------------------------------

    def _is_for_a_page(self, environ: Environ) -> bool:
        """Whether the request is one of those that all get the same answer."""
        host = environ.get("HTTP_HOST", "")
        if host not in self.hosts and not self._knows(host):
            return False
        if self.is_secure_only and not self.is_secure(environ):
            return False
        if environ.get("SCRIPT_NAME"):
            return False
        return "markdown" not in environ.get("HTTP_ACCEPT", "").lower()

    def _knows(self, host: str) -> bool:
        domain, _ = split_domain_port(host)
        if not domain or not validate_host(domain, self.allowed_hosts):
            return False
        if len(self.hosts) < MOST_HOSTS:
            self.hosts.add(host)
        return True

    def _kept(self, environ: Environ, version: int) -> Page | None:
        key: Hashable | None = environ["PATH_INFO"]
        if environ.get("QUERY_STRING"):
            asked = self.asked.get(environ["PATH_INFO"])
            key = _key_of(environ, asked) if asked else None
        return None if key is None else self.find(key, version)

    # What is kept ---------------------------------------------------------------------------

    def find(self, key: Hashable, version: int) -> Page | None:
        """Return the page of `key` if it is kept and right at `version`."""
        assert self.memory is not None  # noqa: S101 - callers have looked
        page = self.memory.get(key)
        if page is not None and self._is_right(page, version):
            return page
        stored = self.shared.get(key) if self.shared is not None else None
        if stored is not None and self._is_right(stored, version):
            self.memory.put(key, stored)
            return stored
        if page is not None:
            self.memory.drop(key)
        return None

    def _is_right(self, page: Page, version: int) -> bool:
        if page.until <= time.time():
            return False
        if page.checked == version:
            return True
        is_right = self.versions.are_right(page.depends, page.checked, version)
        if is_right is None:
            assert page.depends is not None  # noqa: S101 - what depends on all is never unsure
            is_right = self.versions.have_stayed(page.depends, page.checked)
        if is_right:
            page.checked = version
        return is_right

    def keep(self, key: Hashable, page: Page) -> None:
        if self.memory is not None:
            self.memory.put(key, page)
            if self.shared is not None:
                self.shared.put(key, page)

    def remember(self, path: str, asked: Asked) -> None:
        """Note what the view at `path` asks of a query."""
        if len(self.asked) >= MOST_ADDRESSES:
            self.asked = {}
        self.asked[path] = asked

    def _improve(self, environ: Environ, page: Page) -> None:
        """Compress `page` as well as can be, and let others have it."""
        if page.is_improving:
            return
        page.is_improving = True
        key = _key_of(environ, (page.parameters, page.unkept))
        if not page.is_best:
            page.compress(best=True)
            if key is not None:
                self.keep(key, page)
        if self.files is None or not isinstance(key, str):
            page.is_done = True
        else:
            page.is_done = self.files.write(key, page, self.versions)
        page.is_improving = False

    # Django ---------------------------------------------------------------------------------

    def _ask_django(
        self, environ: Environ, start_response: StartResponse, version: int | None
    ) -> Iterable[bytes]:
        keeper = environ[KEEPER] = Keeper(self, environ, version)
        said: list[Any] = []
        try:
            parts = self.application(environ, lambda *words: said.extend(words))
            page = keeper.found
            if page is None and keeper.is_page and said[0].startswith("200 "):
                page = Page(
                    said[1],
                    b"".join(parts),
                    keeper.depends,
                    *keeper.asked,
                    checked=-1 if version is None else version,
                    made_at=keeper.began_at,
                    until=keeper.until,
                )
                self.made += 1
                is_whole = environ["REQUEST_METHOD"] == "GET"
                may_be_kept = is_whole and keeper.is_in_time and _may_be_kept(said[1])
                if keeper.key is not None and may_be_kept:
                    self.keep(keeper.key, page)
        finally:
            keeper.end()
        if page is None:
            start_response(*said)
            return parts
        close = getattr(parts, "close", None)
        if close:
            close()
        status, headers, body = page.answer(environ)
        start_response(status, headers)
        return [body]

    def _changing(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let a request that may change pages be answered once all processes know of it."""
        if self.memory is None:
            return self.application(environ, start_response)
        before = self.versions.current()
        answer = self.application(environ, start_response)
        if NOTHING_CHANGED not in environ:
            self.versions.settle(before)
        return answer


class Keeper:
    """What a view that answers with a public page tells the cache, and is told by it."""

    def __init__(self, cache: PageCache, environ: Environ, version: int | None) -> None:
        self.cache, self.environ, self.version = cache, environ, version
        self.began_at = time.time()
        self.is_page = False
        self.key: Hashable | None = None
        self.asked: Asked = ((), ())
        self.depends: frozenset[str] | None = None
        self.until = float("inf")
        self.found: Page | None = None
        self.flight: Hashable | None = None

    @property
    def is_in_time(self) -> bool:
        """Whether this machine's clock is past the last change.

        One that is behind does not show yet what another one has just published.
        """
        return self.version is not None and self.began_at * 1_000_000 >= self.version

    def begin(self, asked: Asked) -> bool:
        """Take note that a page is asked for; return whether it is there by now.

        One request makes it, others wait for that, for a short while.
        """
        self.asked = asked
        if self.version is None:
            return False
        self.cache.remember(self.environ["PATH_INFO"], asked)
        self.key = _key_of(self.environ, asked)
        if self.key is None:
            return False
        if self.cache.flights.begin(self.key, LONGEST_WAIT) and self._is_first():
            self.flight = self.key
        # Those who were first may have finished just before.
        self.found = self.cache.find(self.key, self.version)
        return self.found is not None

    def _is_first(self) -> bool:
        """Whether no other process makes this page; waits for one that does."""
        shared = self.cache.shared
        if shared is None or shared.claim(self.key):
            return True
        self.cache.flights.end(self.key)
        end = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < end and not shared.is_free(self.key):
            time.sleep(0.004)
        return False

    def end(self) -> None:
        """Let those go on that wait for the page."""
        if self.flight is not None:
            self.cache.flights.end(self.flight)
            if self.cache.shared is not None:
                self.cache.shared.free(self.flight)
            self.flight = None


class Flights:
    """Which pages are being made in this process."""

    def __init__(self) -> None:
        self.changed = Condition()
        self.keys: set[Hashable] = set()

    def begin(self, key: Hashable, seconds: float) -> bool:
        """Return True for whoever is to make the page, False after waiting for who makes it."""
        with self.changed:
            if key not in self.keys:
                self.keys.add(key)
                return True
            self.changed.wait_for(lambda: key not in self.keys, timeout=seconds)
            return False

    def end(self, key: Hashable) -> None:
        with self.changed:
            self.keys.discard(key)
            self.changed.notify_all()


class _Afterwards:
    """A body, and what is done once it has been sent."""

    def __init__(self, body: bytes, act: Callable[[], None]) -> None:
        self.parts = iter([body])
        self.act = act

    def __iter__(self) -> "_Afterwards":
        return self

    def __next__(self) -> bytes:
        return next(self.parts)

    def close(self) -> None:
        self.act()


def _key_of(environ: Environ, asked: Asked) -> Hashable | None:
    """Return what the page is kept under: its path, with what counts of the query.

    None where no page is kept: a name that the view leaves open, one given twice, odd bytes.
    """
    path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
    if not query:
        return path
    names, unkept = asked
    # Bytes that are not encoded are read in one way here, in another by Django.
    if len(query) > LONGEST_QUERY or not query.isascii():
        return None
    given = parse_qsl(query, keep_blank_values=True)
    counting = [pair for pair in given if pair[0] in names]
    if any(name in unkept for name, _ in given) or len(dict(counting)) < len(counting):
        return None
    return (path, *sorted(counting)) if counting else path


def _may_be_kept(headers: Headers) -> bool:
    """Whether an answer is for everybody."""
    known = {name.lower(): value for name, value in headers}
    return (
        "public" in known.get("cache-control", "")
        and "set-cookie" not in known
        and known.get("vary", "Accept-Encoding") == "Accept-Encoding"
    )
