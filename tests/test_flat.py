"""What lists cost does not grow: they read along an index that has their order, and stop."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from authors import views as author_views
from authors.models import Author
from glossary import publishing, views
from glossary.models import Entry, EntryTopic, Mention, Topic
from tests.factories import make_author, make_comparison, make_draft, make_path, make_site

pytestmark = pytest.mark.django_db

FEW, MANY = 1_200, 4_800
"""More than are counted, so that only what grows without end is seen."""
GROWN = 1.2
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MIDST = "after=term-1104"
LISTS = {
    "/": ["entry_published_by_date", "topic_entries_by_term|topic_all_by_term"],
    "/glossary/": ["entry_published_by_term"],
    f"/glossary/?{MIDST}": ["entry_published_by_term"],
    "/glossary/letter/M/": ["entry_published_by_letter"],
    f"/glossary/letter/M/?{MIDST}": ["entry_published_by_letter"],
    "/topics/": ["topic_entries_by_term|topic_all_by_term"],
    "/topics/large/": ["topic_entries_by_term|topic_all_by_term", "topic_entries_to_start"],
    f"/topics/large/?{MIDST}": ["topic_entries_by_term|topic_all_by_term"],
    "/topics/large.md": ["topic_entries_by_term|topic_all_by_term"],
    "/authors/ana/": ["entry_published_by_author"],
    f"/authors/ana/?{MIDST}": ["entry_published_by_author"],
    "/glossary/term-0/mentions/": ["mention_by_target"],
    f"/glossary/term-0/mentions/?{MIDST}": ["mention_by_target"],
    "/glossary/term-0/": ["mention_by_target", "entry_published_by_term"],
    "/feed/": ["entry_published_by_update|entry_by_update"],
    "/llms.txt": ["entry_published_by_term"],
    "/sitemap-pages.xml": [],
    "/sitemap-entries.xml": [],
    "/sitemap-topics.xml": ["topic_entries_by_update"],
    "/sitemap-authors.xml": ["entry_published_of_author|entry_by_update"],
}
"""Public lists, and the indexes that give their orders."""


def fill(numbers: range) -> None:
    """Published entries of one topic and author; every eighth mentions the first of them."""
    now = timezone.now()
    author = Author.objects.filter(slug="ana").first() or make_author(name="Ana")
    large, _ = Topic.objects.get_or_create(name="Large", slug="large")
    entries = Entry.objects.bulk_create(
        Entry(
            term=f"{LETTERS[n % 26]} term {n}",
            slug=f"term-{n}",
            author=author,
            state="published",
            published_at=now - timedelta(minutes=n),
            updated_at=now - timedelta(minutes=n),
        )
        for n in numbers
    )
    EntryTopic.objects.bulk_create(EntryTopic(tag=large, content_object=each) for each in entries)
    first = Entry.objects.published().get(slug="term-0")
    Mention.objects.bulk_create(
        Mention(source=each, target=target, sentence="A term.", start=2, length=4)
        for before, each in pairwise(entries)
        for target in ({first, before} if each.pk % 8 == first.pk % 8 else {before})
    )
    # PostgreSQL does so by itself; a site on SQLite has no statistics.
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.fixture
def _small_pages(monkeypatch):
    for module in (views, author_views):
        monkeypatch.setattr(module, "ENTRIES_PER_PAGE", 10)
    monkeypatch.setattr(views, "MENTIONS_PER_PAGE", 10)


def statements(ask: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        ask()
    said = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in said if sql.lstrip().startswith(("SELECT", "WITH"))]


def explained(sql: str, options: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {options} {sql}")
        return [str(row[-1]) for row in cursor.fetchall()]


def plan_of(sql: str) -> str:
    is_postgresql = connection.vendor == "postgresql"
    return "\n".join(explained(sql, "" if is_postgresql else "QUERY PLAN"))


def cost_of(ask: Callable[[], object]) -> int:
    """What the database does for it: rows that PostgreSQL looks at, steps of SQLite."""
    if connection.vendor == "postgresql":
        return sum(map(rows_of, statements(ask)))
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connection.connection.set_progress_handler(count, 10)
    try:
        ask()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps


def rows_of(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        said = cursor.fetchone()[0]
    plan = said if isinstance(said, list) else json.loads(said)
    return sum(map(rows_at, nodes(plan[0]["Plan"])))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def rows_at(node: dict[str, Any]) -> int:
    seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(seen * node["Actual Loops"])


# Lists ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_small_pages")
def test_lists_cost_the_same_for_few_and_many_and_use_their_indexes(client: Client):
    make_site()
    fill(range(FEW))
    pair = Entry.objects.order_by("pk")[1:3]
    make_comparison(*pair)
    make_path(*pair)
    few = {path: cost_of(lambda path=path: client.get(path)) for path in LISTS}
    fill(range(FEW, MANY))
    many, lacking = {}, {}
    for path, indexes in LISTS.items():
        assert client.get(path).status_code == 200, path
        many[path] = cost_of(lambda path=path: client.get(path))
        plans = "\n".join(map(plan_of, statements(lambda path=path: client.get(path))))
        lacking[path] = [index for index in indexes if not re.search(index, plans)]
    # PostgreSQL chooses among several, by statistics that its own vacuum may renew meanwhile.
    if connection.vendor == "sqlite":
        assert {path: lacks for path, lacks in lacking.items() if lacks} == {}
    grown = {path: (few[path], many[path]) for path in LISTS if many[path] > GROWN * few[path]}
    assert grown == {}


# What memberships repeat of their entries ---------------------------------------------------


def repeated(entry: Entry) -> dict[str, object]:
    return entry.memberships.values("language", "sort_key", "public_from", "updated_at").get()


def test_memberships_follow_their_entry_whoever_writes():
    entry = make_draft(term="Zeta", topics=["One"])
    assert repeated(entry) == {
        "language": "en",
        "sort_key": "zeta",
        "public_from": None,
        "updated_at": None,
    }
    publishing.publish(entry)
    entry.refresh_from_db()
    assert repeated(entry)["public_from"] == entry.published_at
    assert repeated(entry)["updated_at"] == entry.updated_at
    Entry.objects.filter(pk=entry.pk).update(sort_key="alpha", language="de")
    assert (repeated(entry)["sort_key"], repeated(entry)["language"]) == ("alpha", "de")
    publishing.withdraw(entry)
    assert repeated(entry)["public_from"] is None


def test_nobody_writes_what_memberships_repeat():
    membership = make_draft(term="Zeta", topics=["One"]).memberships.get()
    membership.sort_key, membership.position = "wrong", 4
    membership.save()
    membership.refresh_from_db()
    assert (membership.sort_key, membership.position) == ("zeta", 4)
