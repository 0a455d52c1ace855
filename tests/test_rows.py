"""Rows of other tables within one query, as the page of an entry and the offers use them."""

import pytest
from django.db.models import OuterRef

from config.rows import JsonRows
from glossary.models import Alias, Entry
from tests.factories import make_draft

pytestmark = pytest.mark.django_db

ODD = ['“quotes” "and" \\slashes\\', "学習 é e\u0301 😀", "<b>&amp;</b>\n", "null"]


def aliases(order: str, *, most: int | None = None) -> dict[str, list[dict]]:
    """Each entry's aliases as rows, by its term."""
    rows = JsonRows(
        Alias.objects.filter(entry=OuterRef("pk")).order_by(order)[:most],
        name="name",
        term="entry__term",
        author="entry__author",
    )
    return {entry.term: entry.rows for entry in Entry.objects.annotate(rows=rows)}


def test_rows_keep_their_order_limit_and_words(django_assert_num_queries):
    make_draft(term="Odd", aliases=ODD)
    make_draft(term="Plain", aliases=["b", "c", "a"])
    make_draft(term="None")
    with django_assert_num_queries(1):
        found = aliases("pk")
    assert found == {
        "Odd": [{"name": name, "term": "Odd", "author": None} for name in ODD],
        "Plain": [{"name": name, "term": "Plain", "author": None} for name in "bca"],
        "None": [],
    }


def test_the_order_is_that_of_the_rows_wanted():
    make_draft(term="Plain", aliases=["b", "c", "a"])
    for most, names in ((None, "cba"), (2, "cb"), (0, "")):
        assert [row["name"] for row in aliases("-name", most=most)["Plain"]] == list(names)
