from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler
from django.utils import timezone

from config import health, outbox, search_address
from config.deploy_checks import check_proxies, check_worker
from config.models import OutboxMessage, Worker

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
READY = {"database": "ok", "cache": "ok", "migrations": "ok"}


@pytest.fixture
def another_database():
    """Let this thread's connection lead to another SQLite file for the rest of the test."""
    usual = connections["default"]

    def lead_to(path) -> None:
        database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
        connections["default"] = ConnectionHandler({"default": database})["default"]

    yield lead_to
    connections["default"].close()
    connections["default"] = usual


def test_process_is_alive_without_a_database_whatever_host_is_asked(client):
    response = client.get("/healthz", headers={"host": "10.1.2.3:8000"})
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response.headers["Cache-Control"] == "no-store"


def test_process_is_asked_over_plain_http_by_probes(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readiness_is_answered_over_plain_http_and_never_stored(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {**READY, "worker": "never seen"})
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seen", "due", "expected"),
    [
        ([], [], "never seen"),
        ([0], [], "ok"),
        ([0], [0, 4], "ok"),
        ([0], [0, 6, 7], "2 messages overdue"),
        ([2], [], "ok"),
        ([3], [6], "last seen 2026-03-01 11:57 UTC"),
        ([90, 1], [], "ok"),
    ],
)
def test_state_of_the_worker_in_words(seen, due, expected):
    for minutes in seen:
        Worker.objects.create(name=f"host:{minutes}", seen_at=NOW - timedelta(minutes=minutes))
    for minutes in due:
        outbox.enqueue("glossary.relink", due_at=NOW - timedelta(minutes=minutes), entry=1)
    long_ago = NOW - timedelta(days=1)
    OutboxMessage.objects.create(kind="done", due_at=long_ago, done_at=long_ago)
    OutboxMessage.objects.create(kind="failed", due_at=long_ago, failed_at=long_ago)
    assert health.readiness(NOW) == (True, {**READY, "worker": expected})


@pytest.mark.django_db
def test_pending_migrations_make_the_process_unready(client):
    MigrationRecorder.Migration.objects.filter(app="leads").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**READY, "migrations": "pending", "worker": "unknown"}


@pytest.mark.django_db
def test_cache_that_cannot_be_written_is_told_of(client, settings, tmp_path):
    (tmp_path / "file").touch()
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": tmp_path / "file" / "cache"}}
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {**READY, "cache": "unreachable", "worker": "never seen"}


@pytest.mark.django_db
def test_database_that_is_away_makes_the_process_unready(client, another_database, tmp_path):
    another_database(tmp_path / "no folder" / "db.sqlite3")
    response = client.get("/readyz")
    unknown = {"migrations": "unknown", "worker": "unknown"}
    assert response.status_code == 503
    assert response.json() == {"database": "unreachable", "cache": "ok", **unknown}


@pytest.mark.django_db
def test_database_without_tables_makes_the_process_unready(client, another_database, tmp_path):
    another_database(tmp_path / "new.sqlite3")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {**READY, "migrations": "pending", "worker": "unknown"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ("none", "ok"),
        ("no index", "without an index, the database searches"),
        ("gone", "unreachable, the database searches"),
    ],
)
def test_readiness_tells_of_the_server_and_does_not_depend_on_it(
    search_server, client, settings, fault, state
):
    if fault == "no index":
        search_server.indexes.clear()
    if fault == "gone":
        settings.SEARCH_SERVER = search_address.read("opensearch://127.0.0.1:1")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["search"]) == (200, state)


# Before going live ------------------------------------------------------------------------


@pytest.mark.django_db
def test_going_live_without_a_worker_is_an_error():
    [error] = check_worker()
    assert (error.id, error.msg) == ("headword.E001", "The worker: never seen.")
    Worker.objects.create(name="w", seen_at=timezone.now())
    assert check_worker() == []


def test_going_live_behind_a_proxy_without_naming_it_is_warned_of(settings):
    settings.TRUSTED_PROXIES = []
    [warning] = check_proxies()
    assert (warning.id, warning.is_serious()) == ("headword.W001", False)
    assert "all visitors then count as one network" in warning.msg
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert check_proxies() == []


@pytest.mark.django_db
def test_before_the_first_migration_no_worker_is_missed(another_database, tmp_path):
    another_database(tmp_path / "new.sqlite3")
    assert check_worker() == []
    another_database(tmp_path / "no folder" / "new.sqlite3")
    assert check_worker() == []
