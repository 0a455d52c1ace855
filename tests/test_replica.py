"""A replica of the database: read where nobody can tell, and only there.

The stand-in is a copy whose one entry is called otherwise, so that each answer
shows which of the two was asked. The last tests ask a real one.
"""

import logging
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ConnectionHandler

from config import health, replica
from config.models import LimitCounter
from glossary.models import Entry
from tests import clusters
from tests.__main__ import server_binaries
from tests.factories import make_entry
from tests.processes import worker

BOTH = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _every_server_is_new():
    replica._server.cache_clear()
    yield
    replica._server.cache_clear()


def connection_to(**database: object):
    """A connection that the guards of the test suite take for the site's own."""
    usual = connections.settings["default"]
    return ConnectionHandler({"default": {**usual, **database}})["default"]


@contextmanager
def replica_at(settings, **database: object):
    """Let the site have a replica that the settings of its own database, but for these, reach."""
    connections.settings["replica"] = connections.settings["default"]
    connections["replica"] = connection_to(**database)
    settings.DATABASE_ROUTERS = ["config.replica.Router"]
    settings.REPLICA_CHECK = "tests.test_replica.is_current"
    try:
        yield
    finally:
        connections["replica"].close()
        del connections["replica"], connections.settings["replica"]


def is_current() -> bool:
    return True


def is_behind() -> bool:
    return False


@pytest.fixture
def stand_in(settings, transactional_db, tmp_path):
    """A replica on which the only entry is called Replicated; on the primary it is Original."""
    make_original()
    if connection.vendor == "sqlite":
        path = tmp_path / "copy.sqlite3"
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        place = {"NAME": str(path)}
    else:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE SCHEMA copy; CREATE TABLE copy.glossary_entry AS TABLE glossary_entry"
            )
        place = {"OPTIONS": {"options": "-c search_path=copy,public"}}
    with replica_at(settings, **place):
        with connections["replica"].cursor() as cursor:
            cursor.execute("UPDATE glossary_entry SET term = 'Replicated'")
        yield
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA copy CASCADE")


def make_original() -> None:
    make_entry(term="Original", slug="warp", aliases=["Loom"], short_definition="Threads.")


def seen(client, path: str) -> str:
    """Which of the two databases answers `path`."""
    text = client.get(path).content.decode()
    found = {name for name in ("Replicated", "Original") if name in text}
    assert len(found) == 1, text
    return found.pop()


SEARCH, SUGGEST, LOST = "/search/?q=loom", "/search/suggest/?q=loom", "/glossary/looms/"


# Who reads what ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", [SEARCH, SUGGEST, LOST])
def test_what_costs_much_is_read_from_the_replica(stand_in, client, path):
    assert seen(client, path) == "Replicated"


@pytest.mark.parametrize("path", ["/glossary/warp/", "/", "/glossary/", "/feed/"])
def test_other_pages_are_read_from_the_primary(stand_in, client, path):
    assert seen(client, path) == "Original"


@pytest.mark.parametrize("path", [SEARCH, SUGGEST, LOST])
def test_a_replica_that_lags_is_not_read(stand_in, client, settings, path):
    settings.REPLICA_CHECK = "tests.test_replica.is_behind"
    assert seen(client, path) == "Original"


def test_the_desk_reads_the_primary(stand_in, publisher):
    assert seen(publisher, "/admin/glossary/entry/") == "Original"


def test_who_wants_the_primary_gets_it(stand_in, client):
    with replica.reading_primary():
        assert seen(client, SEARCH) == "Original"
    assert seen(client, SEARCH) == "Replicated"


def test_a_transaction_reads_what_it_wrote(stand_in, client):
    with transaction.atomic():
        assert seen(client, SEARCH) == "Original"


def answer_of(read) -> tuple:
    """What `read` returns within a view that the replica may answer."""
    found = []
    request = type("Request", (), {"method": "GET"})
    replica.may_answer(lambda request: found.append(read()) or "answer")(request)
    return found[0]


def term() -> str:
    return Entry.objects.get().term


def test_what_follows_a_write_is_read_from_the_primary(stand_in):
    def read() -> tuple:
        before = term()
        LimitCounter.objects.create(key="k", ends_at="2026-03-02T12:00Z")
        return before, term(), replica.alias()

    assert answer_of(read) == ("Replicated", "Original", "default")
    # Only there: the next request is free again.
    assert (replica.alias(), answer_of(term)) == ("default", "Replicated")


def test_a_transaction_within_a_page_reads_the_primary(stand_in):
    def read() -> tuple:
        with transaction.atomic():
            within = term()
        return within, term()

    assert answer_of(read) == ("Original", "Replicated")


def test_only_reading_requests_are_answered_from_the_replica(stand_in):
    request = type("Request", (), {"method": "POST"})
    assert replica.may_answer(lambda request: term())(request) == "Original"


def test_a_row_of_the_replica_is_written_to_the_primary(stand_in):
    def rename() -> None:
        entry = Entry.objects.get()
        entry.term = f"{entry.term} renamed"
        entry.save(update_fields=["term"])

    answer_of(rename)
    assert term() == "Replicated renamed"


def test_the_worker_knows_no_replica(stand_in):
    with worker("--once") as process:
        assert process.wait(60) == 0
    assert term() == "Original"


# Away -------------------------------------------------------------------------------------


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="config.neighbours")
    return lambda: [e.getMessage() for e in caplog.records if e.name == "config.neighbours"]


@pytest.fixture
def nowhere(settings, transactional_db, tmp_path):
    """A replica that cannot be reached."""
    make_original()
    is_file = connection.vendor == "sqlite"
    place = {"NAME": str(tmp_path / "none" / "x")} if is_file else {"HOST": str(tmp_path)}
    with replica_at(settings, **place):
        yield


def test_without_its_replica_the_site_goes_on_and_warns_once(nowhere, client, warnings):
    assert [seen(client, path) for path in (SEARCH, SUGGEST, SEARCH)] == ["Original"] * 3
    assert warnings() == ["the replica did not answer: OperationalError"]


def test_readiness_tells_of_a_replica_that_is_away_and_serves_on(nowhere):
    is_ready, checks = health.readiness()
    assert (is_ready, checks["replica"]) == (True, "unreachable")


@BOTH
def test_without_a_replica_nobody_speaks_of_one(client, settings):
    make_original()
    assert settings.DATABASE_ROUTERS == []
    assert "replica" not in health.readiness()[1]
    assert seen(client, SEARCH) == "Original"


# A real one -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folders():
    """Where the sockets of a primary and of its replica are."""
    binaries = server_binaries()
    if not binaries:
        pytest.skip("no PostgreSQL binaries found")
    with tempfile.TemporaryDirectory(prefix="headword-pair-") as name:
        folder = Path(name)
        # Whoever PostgreSQL runs as has to pass.
        folder.chmod(0o755)
        with clusters.pair(binaries, folder) as found:
            yield found


@pytest.fixture
def real(folders, settings, db):
    """Let the site's database be the primary, and its replica the replica of that."""
    if connection.vendor != "postgresql":
        pytest.skip("said once, with the tests on PostgreSQL")
    usual = connections["default"]
    primary, copy = (
        {"HOST": str(each), "USER": "headword", "NAME": "postgres", "PASSWORD": "", "PORT": ""}
        for each in folders
    )
    connections["default"] = connection_to(**primary)
    try:
        with replica_at(settings, **copy):
            tell("CREATE TABLE IF NOT EXISTS note (text text)")
            until(replica.has_everything)
            yield
    finally:
        connections["default"].close()
        connections["default"] = usual


def tell(statement: str, *, using: str = "default") -> list[tuple]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def until(claim) -> None:
    """Ask again and again whether `claim` holds, for twenty seconds at most."""
    ends_at = time.monotonic() + 20
    while not claim():
        assert time.monotonic() < ends_at


def is_paused() -> bool:
    return tell("SELECT pg_get_wal_replay_pause_state()", using="replica") == [("paused",)]


def test_a_real_replica_answers_once_it_has_everything(real):
    tell("SELECT pg_wal_replay_pause()", using="replica")
    until(is_paused)
    tell("INSERT INTO note VALUES ('new')")
    assert not replica.has_everything()
    assert re.fullmatch(r"[\d,]+ bytes behind", replica.state())
    assert tell("SELECT text FROM note", using="replica") == []
    tell("SELECT pg_wal_replay_resume()", using="replica")
    until(replica.has_everything)
    assert tell("SELECT text FROM note", using="replica") == [("new",)]
    until(lambda: replica.state() == "ok")


def test_a_database_that_follows_nobody_is_no_replica(real):
    connections["replica"].close()
    connections["replica"] = ConnectionHandler({"default": connections["default"].settings_dict})[
        "default"
    ]
    assert not replica.has_everything()
    assert replica.state() == "no replica of this database"
