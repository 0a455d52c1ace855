"""Publishing and what follows it cost by the texts that mention a term, not by the glossary."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import outbox
from glossary import names, publishing
from glossary.generating import ADJECTIVES, NOUNS, generate
from glossary.models import Entry, NamedLink
from tests.factories import make_entry, make_site

pytestmark = pytest.mark.django_db

GROWING = ("alias", "entry", "entrytopic", "internallink", "mention", "namedlink", "relatedentry",
           "revision", "searchdocument", "termname")  # fmt: skip
WITHOUT_CONDITION = ("seqscan", "indexscan", "indexonlyscan")  # scans that can do without one
TABLES = {f"glossary_{name}" for name in GROWING}


def work_off() -> None:
    while message := outbox.claim():
        assert outbox.run(message)


def publish_again(entry: Entry) -> None:
    """A change of a public entry, and all that the worker does about it."""
    publishing.publish(entry, change="typo")
    work_off()


def appear_and_go() -> None:
    """A new term that a text uses already, gone again."""
    entry = make_entry(term="Zeppelin port")
    work_off()
    publishing.withdraw(entry)
    work_off()


@pytest.fixture
def glossary() -> Entry:
    make_site()
    generate(800)
    invented = Entry.objects.filter(language="en")
    NamedLink.objects.bulk_create(
        NamedLink(source=entry, key=f"wanted {entry.pk}") for entry in invented
    )
    make_entry(term="Harbour", body="It lies beside a zeppelin port. See [[Adaptive]].")
    make_entry(term="Pier", body="In a [harbour](/glossary/harbour/), or a zeppelin port.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return Entry.objects.get(term="Harbour")


def read_whole(queries: CaptureQueriesContext) -> dict[str, str]:
    """Growing tables that a query reads from end to end, each with such a query."""
    asked = [
        each["sql"] for each in queries if re.match(r"\s*(SELECT|UPDATE|DELETE)", each["sql"])
    ]
    return {table: sql for sql in asked for table in tables_read_whole(sql) & TABLES}


def tables_read_whole(sql: str) -> set[str]:
    """Tables, or indexes from end to end, that the database would read for a statement.

    PostgreSQL is left only scans that need a condition on an index; what it reads whole then
    nevertheless, it would read whole at any size and with any statistics.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for way in WITHOUT_CONDITION:
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", [])
            plan = cursor.fetchone()[0][0]["Plan"]
            for way in WITHOUT_CONDITION:
                cursor.execute(f"SET LOCAL enable_{way} = on")
            return set(_whole(plan))
        cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}", [])
        said = [row[-1] for row in cursor.fetchall()]
        return {words.split()[1] for words in said if words.startswith("SCAN ")}


def _whole(node: dict) -> Iterator[str]:
    if "Relation Name" in node and not {"Index Cond", "Plans"} & node.keys():
        yield node["Relation Name"]
    for part in node.get("Plans", []):
        yield from _whole(part)


@pytest.mark.parametrize("act", [publish_again, lambda _: appear_and_go()])
def test_nothing_reads_a_growing_table_from_end_to_end(glossary, act):
    with CaptureQueriesContext(connection) as queries:
        act(glossary)
    assert read_whole(queries) == {}


def test_a_condition_for_several_kinds_of_sources_would_be_found(glossary):
    with CaptureQueriesContext(connection) as queries:
        list(Entry.objects.filter(body_html__contains="port"))
    assert list(read_whole(queries)) == ["glossary_entry"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks up each key anyway")
def test_names_of_a_long_text_are_looked_up_one_by_one(glossary):
    text = " ".join(f"{ADJECTIVES[n % 40]} {NOUNS[n % 97]} w{n}" for n in range(150))
    with CaptureQueriesContext(connection) as queries:
        names.index_for(text, language="en")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[0]['sql'].replace('%', '%%')}", [])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Index Scan using term_name_by_link_key" in plan
    assert "Seq Scan" not in plan


def test_it_costs_the_same_queries_in_a_larger_glossary(glossary):
    counts = []
    for size in (800, 1_200):
        generate(size)
        publish_again(glossary)
        with CaptureQueriesContext(connection) as queries:
            publish_again(glossary)
        counts.append(len(queries))
    assert counts[0] == counts[1]
