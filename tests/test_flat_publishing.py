"""To publish a change costs the same among few entries and many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from config import page_stamps
from glossary import completing, guides, link_review, named_links
from glossary.checks import facts
from glossary.exchange import coming
from glossary.models import Alias, Entry, TermName
from glossary.terms import key_of
from tests.desk import publish_change
from tests.factories import make_entry, make_site
from tests.test_flat import cost_of

pytestmark = pytest.mark.django_db

FEW, MANY = 1_000, 3_000
GROWN = 1.2


def fill(numbers: range) -> None:
    """Published entries with another name each."""
    now = timezone.now() - timedelta(days=1)
    entries = Entry.objects.bulk_create(
        Entry(term=f"Term {n:06}", slug=f"term-{n}", state="published", published_at=now)
        for n in numbers
    )
    Alias.objects.bulk_create(
        Alias(entry=entry, name=entry.slug.replace("term-", "T")) for entry in entries
    )
    TermName.objects.bulk_create(
        TermName(
            entry=entry,
            language="en",
            text=entry.term,
            link_key=key_of(entry.term),
            search_key=entry.term_key,
            slug=entry.slug,
            is_term=True,
            is_linked=True,
        )
        for entry in entries
    )
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            # To read all rows of a small table costs less than to ask its index.
            cursor.execute("SET LOCAL enable_seqscan = off")
    end()


def end() -> None:
    """Do what follows at the end of a transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def entries_read() -> int:
    """Rows of entries and their names that PostgreSQL has read in this transaction, or found."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))"
            " FROM pg_stat_xact_user_tables"
            " WHERE relname IN ('glossary_entry', 'glossary_alias', 'glossary_termname')"
        )
        return int(cursor.fetchone()[0])


def cost(act) -> int:
    """What a database does for it, with what follows at the end of the transaction."""

    def whole() -> None:
        act()
        end()

    if connection.vendor != "postgresql":
        return cost_of(whole)
    before = entries_read()
    whole()
    return entries_read() - before


@pytest.fixture
def grown():
    """Do something among few entries and among many; return what it cost."""
    make_site()

    def costs(act) -> tuple[int, int]:
        fill(range(FEW))
        act(0)
        few = cost(lambda: act(1))
        fill(range(FEW, MANY))
        return few, cost(lambda: act(2))

    return costs


def test_publishing_costs_the_same(grown, admin_client: Client):
    entry = make_entry(term="Term 000500 and a half", aliases=["Middle"])
    path = f"/admin/glossary/entry/{entry.pk}/change/"

    def publish(time: int) -> None:
        response = publish_change(admin_client, path, short_definition=f"Said anew {time}.")
        assert response.status_code == 302

    few, many = grown(publish)
    assert many < GROWN * few


@pytest.mark.parametrize("term", ["0", "Term 000500 and a half", "Zulu"])
def test_stamping_neighbours_costs_the_same(grown, term):
    entry = make_entry(term=term)
    assert page_stamps.installed(connection)

    def change(time: int) -> None:
        Entry.objects.filter(pk=entry.pk).update(short_definition=f"Said anew {time}.")

    few, many = grown(change)
    assert many < GROWN * few + 10


@pytest.mark.parametrize(
    "ask",
    [
        lambda: facts.gather({"term": "T7", "aliases": [{"name": "T8"}]}),
        lambda: named_links._resolve(["t7", "nowhere"], "en", None),
        lambda: guides._entries_called({"term-7", "nowhere"}, language="en"),
        lambda: link_review._public([("en", "term-7"), ("en", "term-8")], None),
        lambda: coming._keys_of(["en/term-7", "de/term-8"]),
        lambda: coming._known([{"language": "en", "slug": "term-7"}]),
        pytest.param(
            lambda: completing.offers("t7", language="en"),
            marks=pytest.mark.skipif(
                connection.vendor == "postgresql",
                reason="reads all names of a language, in another order than its index has them",
            ),
        ),
    ],
    ids=["checks", "links by name", "compared", "links", "related", "coming", "completing"],
)
def test_names_are_found_at_the_same_cost(grown, ask):
    few, many = grown(lambda _: ask())
    assert many < GROWN * few + 10
