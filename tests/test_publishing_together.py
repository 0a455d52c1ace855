"""Two editors publish at the same moment; on PostgreSQL their transactions really overlap."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from glossary import publishing
from glossary.models import Entry, Mention
from tests.factories import make_entry, make_site

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4


def at_once(*acts) -> list[BaseException]:
    """Do `acts` in threads of their own that start together; return what they raised."""
    raised: list[BaseException] = []
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        try:
            act()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def entry_called(term: str) -> Entry:
    return Entry.objects.get(term=term)


def test_entries_that_mention_each_other_can_be_published_together():
    make_site()
    make_entry(term="Warp", body="A loom has one.")
    make_entry(term="Loom", body="It holds the warp.")
    for _ in range(ROUNDS):
        raised = at_once(
            lambda: publishing.publish(entry_called("Warp")),
            lambda: publishing.publish(entry_called("Loom")),
        )
        assert raised == []
    assert Mention.objects.count() == 2


def test_entries_that_mention_each_other_can_be_withdrawn_together():
    make_site()
    make_entry(term="Warp", body="A loom has one.")
    make_entry(term="Loom", body="It holds the warp.")
    for _ in range(ROUNDS):
        raised = at_once(
            lambda: publishing.withdraw(entry_called("Warp")),
            lambda: publishing.withdraw(entry_called("Loom")),
        )
        assert raised == []
        for term in ("Warp", "Loom"):
            publishing.publish(entry_called(term))
    assert Entry.objects.published().count() == 2
