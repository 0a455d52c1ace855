"""What a process knows of changes: all of them, or it relies on nothing kept."""

import socket
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler
from django.utils import timezone

from config import page_versions
from config.models import PageDate, PageStamp
from config.page_stamps import LOCK
from config.page_versions import SOON_GIVEN_UP, Versions
from tests.asking import ask
from tests.factories import make_entry
from tests.kept import change, keeping, make_webhook

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site():
    with keeping() as site:
        yield site


@pytest.fixture
def entry():
    return make_webhook()


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


def test_a_machine_whose_clock_is_ahead_lets_no_date_pass_early(site, monkeypatch):
    """What the others make of the page before its time would stay: nothing stamps once more."""
    entry = make_entry(at=timezone.now() + timedelta(seconds=40))
    before = site.versions.current()
    seconds, now = time.time, timezone.now
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: seconds() + 60)
        ahead.setattr(timezone, "now", lambda: now() + timedelta(seconds=60))
        assert site.versions.current() == before
        ahead.setattr(site.versions, "next_date", 0)
        assert site.versions.current() == before
    assert PageDate.objects.get().row_id == entry.pk


def test_a_date_passes_when_it_has_come(site):
    entry = make_entry(at=timezone.now() + timedelta(hours=1))
    before = site.versions.current()
    PageDate.objects.update(at=timezone.now() - timedelta(seconds=1))
    site.versions.next_date = 0
    assert site.versions.are_right([f"entry:{entry.pk}"], before, site.versions.current()) is False
    assert not PageDate.objects.exists()


def test_it_is_known_when_the_next_date_comes(site):
    """At most a minute ahead: machines sleep, and clocks are set."""
    for seconds, expected in ((30, 30), (3600, page_versions.LOOK_AGAIN)):
        entry = make_entry(at=timezone.now() + timedelta(seconds=seconds))
        site.versions.current()
        assert site.versions.next_date - time.monotonic() == pytest.approx(expected, abs=5)
        entry.delete()
        PageDate.objects.all().delete()


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
    come = timezone.now() - timedelta(seconds=1)
    PageDate.objects.create(kind="changes", row_id=entry.pk, at=come)
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


def test_a_database_that_vanishes_is_soon_given_up(monkeypatch):
    """Otherwise all readers of the process wait, for up to a quarter of an hour."""
    given = {"ENGINE": "django.db.backends.postgresql", "NAME": "x", "OPTIONS": {"pool": True}}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = {"HOST": "127.0.0.1", "PORT": silent.getsockname()[1]}
        away = ConnectionHandler({"default": {**given, **place}})
        asked = page_versions.impatient(away["default"]).get_connection_params()
        assert {name: asked[name] for name in SOON_GIVEN_UP} == SOON_GIVEN_UP
        monkeypatch.setattr(page_versions, "connections", away)
        versions, began = Versions(lease=0), time.monotonic()
        assert [versions.current(), versions.current()] == [None, None]
        assert time.monotonic() - began < 2 * SOON_GIVEN_UP["connect_timeout"]


def test_who_did_not_answer_is_not_asked_about_each_page(site, entry, monkeypatch):
    asked = []

    def fail(*_):
        asked.append(1)
        raise OperationalError

    monkeypatch.setattr(site.versions, "_rows", fail)
    assert not site.versions.have_stayed(["site"], 0)
    assert not site.versions.have_stayed(["site"], 0)
    assert site.versions.current() is None
    assert len(asked) == 1


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
