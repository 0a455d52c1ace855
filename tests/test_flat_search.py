"""A search costs the same among few texts and many, of common words as of rare ones."""

import pytest
from django.db import connection
from django.utils import timezone

from glossary.models import Entry, SearchDocument
from glossary.search import document, search
from tests.test_flat import cost_of, explained, statements

pytestmark = pytest.mark.django_db

LONG = "As long as texts are, for tables in which a database does not look at each row. " * 18
FEW, MANY = 4_000, 6_000
GROWN = 1.2
COMMON = ["shared", "shared data", "shared data query", "the history of data", "shar"]
"""Words that each text has, or every second."""
RARE = ["loom 1998", "zeppelin", "shared zeppelin"]


def fill(numbers: range) -> None:
    now = timezone.now()
    entries = Entry.objects.bulk_create(
        Entry(
            term=f"Term {n}",
            slug=f"term-{n}",
            state="published",
            published_at=now,
            body=LONG,
            plain_text=f"The history of shared data {'query' if n % 2 else 'loom'} {n}. {LONG}",
        )
        for n in numbers
    )
    SearchDocument.objects.bulk_create(map(document, entries))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")


def costs() -> dict[str, int]:
    return {
        query: cost_of(lambda query=query: list(search(query, language="en").results[:20]))
        for query in [*COMMON, *RARE]
    }


def test_searches_cost_the_same_among_few_texts_and_many():
    fill(range(FEW))
    few = costs()
    fill(range(FEW, MANY))
    many = costs()
    assert {q: (few[q], many[q]) for q in few if many[q] > GROWN * few[q]} == {}
    found = [len(search(query, language="en").results) for query in COMMON]
    assert found == [200] * len(COMMON)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite stops when it has enough")
def test_common_words_are_found_in_the_sample():
    fill(range(FEW))
    (asked, _) = statements(lambda: list(search("shared data", language="en").results[:20]))
    plan = explained(asked, "ANALYZE")
    read = [line for line in plan if "glossary_searchdocument_words" in line]
    assert ["never executed" in line for line in read] == [False, True, True, True]
    assert "glossary_searchdocument_words_sample" in read[0]


def test_what_the_sample_lacks_is_found_as_well():
    fill(range(24))
    for entry in Entry.objects.all():
        assert len(search(f"history {entry.term}", language="en").results) == 1
    assert len(search("history", language="en").results) == 24
