"""Whoever stamps waits for nobody while others wait for their turn to stamp."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from config import page_stamps
from tests.factories import make_author, make_entry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time"),
]

SHOWN = "UPDATE glossary_entry SET seo_title = 'New' WHERE id = {source}"
MENTIONS = (
    "INSERT INTO glossary_mention (source_id, target_id, sentence, start, length, is_link)"
    " VALUES ({source}, {target}, 'So', 0, 2, true)"
)
WRITES = "UPDATE glossary_entry SET author_id = {author} WHERE id = {source}"
LOCKS = "SELECT 1 FROM glossary_entry WHERE id = {target} FOR UPDATE"
CHANGES = "UPDATE glossary_entry SET seo_title = 'New' WHERE id = {target}"
RENAMES = "UPDATE authors_author SET slug = 'renamed' WHERE id = {author}"


def waits(other: BaseDatabaseWrapper) -> bool:
    """Whether somebody has what `other` wants."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_blocking_pids(%s)", [other.connection.info.backend_pid])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((SHOWN, MENTIONS), (LOCKS, CHANGES)),
        ((MENTIONS, SHOWN), (LOCKS, CHANGES)),
        ((SHOWN, WRITES), (RENAMES,)),
        ((WRITES, SHOWN), (RENAMES,)),
    ],
)
def test_no_two_changes_wait_for_each_other(one, other):
    """A foreign key waits at the end of a transaction, for whoever has locked what it names."""
    names = {"source": make_entry().pk, "target": make_entry().pk, "author": make_author().pk}
    first, second = connection.copy(), connection.copy()
    try:
        for each, statements in ((first, one), (second, other)):
            each.inc_thread_sharing()
            each.set_autocommit(False)
            with each.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement.format(**names))
        with ThreadPoolExecutor(1) as thread:
            committed = thread.submit(first.commit)
            while not committed.done() and not waits(first):
                pass
            second.commit()
            committed.result()
    finally:
        first.close()
        second.close()


def test_an_older_release_that_knew_no_turns_leaves_nothing_in_the_way():
    """It takes away the triggers with their functions, but for those that triggers call."""
    page_stamps.remove()
    with connection.cursor() as cursor:
        for statement in next(iter(page_stamps.wanted(connection).values()))[:1]:
            cursor.execute(statement)
    call_command("migrate", verbosity=0)
    assert page_stamps.are_installed(connection)


def test_what_waited_for_its_turn_leaves_nothing_behind():
    make_entry(author=make_author())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM page_stamp_turn")
        assert cursor.fetchone() == (0,)
