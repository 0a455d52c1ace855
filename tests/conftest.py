"""Fixtures for all tests: a media folder of their own, fresh site settings."""

import os
import shutil
import threading
from contextlib import suppress

import hypothesis
import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.dispatch import receiver
from django.test import TransactionTestCase
from django.urls import set_urlconf
from playwright.sync_api import Error

from config import site
from glossary import reindexing
from leads import counting
from tests import emptying, valkey
from tests.factories import make_staff
from tests.search_servers import search_server_for

hypothesis.settings.register_profile("suite", max_examples=30, deadline=None)
hypothesis.settings.load_profile("suite")


# What Django does after each test that commits, only faster; there is no public way to say so.
TransactionTestCase._fixture_teardown = emptying.empty


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        emptying.remember()


class InFlight:
    """Requests that the site is answering, which a browser may leave behind."""

    LONGEST = 5
    """Seconds after which a request is not waited for: its browser has gone."""

    def __init__(self) -> None:
        self.count = 0
        self.changed = threading.Condition()
        request_started.connect(self._begin)
        request_finished.connect(self._end)

    def _begin(self, **_: object) -> None:
        with self.changed:
            self.count += 1

    def _end(self, **_: object) -> None:
        with self.changed:
            self.count -= 1
            self.changed.notify_all()

    def forget(self) -> None:
        with self.changed:
            self.count = 0

    def wait(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.count <= 0, timeout=self.LONGEST)


in_flight = InFlight()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    in_flight.forget()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Let no browser ask the site anything while its tables are emptied: not even by leaving."""
    if "browser" not in item.fixturenames:
        return
    browser = item._request.getfixturevalue("browser")
    for context in browser.contexts:
        with suppress(Error):
            context.set_offline(True)
    in_flight.wait()


def pytest_terminal_summary(terminalreporter):
    """Show what tests measured, by record_property("figure", …)."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "figure" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.partition('::')[2]}: {value}")


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@receiver(request_finished)
def keep_urls(**_: object) -> None:
    """Let a test reverse as its last request did. Django forgets the URLs with the request, so
    that the next address would cost a query, if no test before had asked for one."""
    if language := site.unprefixed_language():
        set_urlconf(site.Urls(language))


@pytest.fixture(autouse=True)
def _fresh_settings():
    site.forget()
    set_urlconf(site.Urls("en"))
    cache.clear()
    counting.forget()
    yield
    site.forget()
    counting.forget()


@pytest.fixture
def search_server(settings, db):
    """A stand-in for OpenSearch that searches use, with an index of what there is: nothing."""
    with search_server_for(settings) as server:
        reindexing.reindex()
        yield server


@pytest.fixture(params=["database", "server"])
def engine(request, caplog, monkeypatch):
    """Let the test run twice: with the database's own search, and with a search server."""
    # Slowness has tests of its own; here a busy machine would let the database answer.
    monkeypatch.setattr("config.search_server.TIMEOUT", 30)
    yield request.param == "server" and request.getfixturevalue("search_server")
    # Otherwise the database would have stood in for a server that did not understand us.
    assert [each.getMessage() for each in caplog.get_records("call")] == []


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The machine's own Chromium: Playwright's would have to be downloaded."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        pytest.skip("no Chromium found")
    # Playwright's loop lives in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {
        **browser_type_launch_args,
        "executable_path": chromium,
        "args": ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    }


@pytest.fixture(scope="session")
def base_url():
    """None: tests name the address of their live server. The plugin's own is deprecated."""
    return


@pytest.fixture(scope="session")
def _valkey():
    if not valkey.program():
        pytest.skip("neither Valkey nor Redis found")
    with valkey.server() as server:
        yield server


@pytest.fixture
def shared_cache(settings, _valkey):
    """Let the site share a cache for this test, an empty one; its server."""
    backend = "config.shared_cache.SharedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": _valkey.address}}
    _valkey.client.flushall()
    yield _valkey
    cache.close()


@pytest.fixture
def publisher(client):
    client.force_login(make_staff("publisher"))
    return client
