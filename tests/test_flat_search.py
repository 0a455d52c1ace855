"""A search costs the same among few texts and many, of common words as of rare ones."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from glossary import matching, publishing
from glossary.models import Entry, SearchDocument
from glossary.search import document, search
from tests.factories import make_draft, make_entry
from tests.test_flat import cost_of, explained, statements

pytestmark = pytest.mark.django_db

LONG = "As long as texts are, for tables in which a database does not look at each row. " * 18
FEW, MANY = 4_000, 6_000
GROWN = 1.2
COMMON = ["shared", "shared data", "shared data query", "the history of data", "shar"]
"""Words that each text has, or two of three: none of the parts that PostgreSQL has of all
documents may lack them, whatever key the first one gets."""
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
            plain_text=f"The history of shared data {'query' if n % 3 else 'loom'} {n}. {LONG}",
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
def test_common_words_are_found_in_the_first_parts():
    fill(range(FEW))
    (asked, _) = statements(lambda: list(search("shared data", language="en").results[:20]))
    plan = explained(asked, "ANALYZE")
    read = [line for line in plan if "Scan on glossary_searchdocument_words" in line]
    # The last four are for beginnings of words in texts, of which none is needed.
    assert ["never executed" in line for line in read] == [False, False, *[True] * 6]
    assert "glossary_searchdocument_words_first" in read[0]
    assert "glossary_searchdocument_words_second" in read[1]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps beginnings itself")
def test_what_begins_a_word_is_gathered_in_whole_texts_alone():
    asked = statements(lambda: search("shared dat", language="en"))[0]
    assert set(re.findall(r"(\w+)\)* @@ [^@]*:\*", asked)) == {"words"}
    assert asked.count("glossary_beginnings") == 2 * len(matching.PARTS)


def test_what_the_first_parts_lack_is_found_as_well():
    fill(range(24))
    for entry in Entry.objects.all():
        assert len(search(f"history {entry.term}", language="en").results) == 1
    assert len(search("history", language="en").results) == 24


@pytest.mark.parametrize(
    ("query", "found"),
    [("wef", True), ("weft", True), ("wefts", True), ("eft", False), ("lo", True),
     ("loom wef", True), ("harb", True), ("harbour", True), ("arb", False), ("harbourx", False)],
)  # fmt: skip
def test_beginnings_of_words_in_names_and_definitions(query, found):
    entry = make_entry(term="Loom weft", short_definition="It lies in a harbour.")
    assert search(query, language="en").keys == ([entry.pk] if found else [])


# What documents repeat of their entries ------------------------------------------------------


def repeated(entry: Entry) -> tuple[str, object]:
    return SearchDocument.objects.values_list("entry_language", "public_from").get(entry=entry)


def test_documents_follow_their_entry_whoever_writes():
    entry = make_draft(term="Zeta", body="A wefted text.")
    publishing.publish(entry)
    entry.refresh_from_db()
    assert repeated(entry) == ("en", entry.published_at)
    later = timezone.now() + timedelta(days=1)
    Entry.objects.filter(pk=entry.pk).update(language="de", published_at=later)
    assert repeated(entry) == ("de", later)
    Entry.objects.filter(pk=entry.pk).update(state="withdrawn")
    assert repeated(entry) == ("de", None)


def test_what_is_found_follows_the_entry():
    entry = make_draft(term="Zeta", body="A wefted text.")
    publishing.publish(entry)
    assert search("wefted", language="en").keys == [entry.pk]
    Entry.objects.filter(pk=entry.pk).update(language="de")
    assert search("wefted", language="en").keys == []
    assert search("wefted", language="de").keys == [entry.pk]
    publishing.publish(entry, change="typo")
    assert search("wefted", language="de").keys == [entry.pk]


def test_searching_asks_documents_alone():
    asked = statements(lambda: search("shared data", language="en"))
    assert [sql for sql in asked if "glossary_entry" in sql] == []
