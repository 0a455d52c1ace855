"""In which orders lists read entries, and how far they count: the indexes behind flat lists."""

from typing import Any

from django.db import connections, models
from django.db.models.functions import Coalesce

MOST_COUNTED = 1000
"""Entries up to which lists say how many there are; above, that there are more."""
SITEMAP_FILE = 1000
"""Keys of entries that one file of the sitemap covers."""

PUBLISHED = Coalesce("published_at", "published_at")
"""The date of publication by another name. An index on the bare column would seem to serve every
`published_at <= now`, so that SQLite would read all rows along it and sort them."""

_PUBLISHED = models.Q(state="published")

ENTRY_INDEXES = [
    models.Index(
        fields=["language", "letter", "sort_key", "id"],
        name="entry_published_by_letter",
        condition=_PUBLISHED,
    ),
    # With its last column, counting does not look at the rows themselves.
    models.Index(
        fields=["language", "sort_key", "id", "published_at"],
        name="entry_published_by_term",
        condition=_PUBLISHED,
    ),
    models.Index(
        fields=["language", "-updated_at", "-id"],
        name="entry_published_by_update",
        condition=_PUBLISHED,
    ),
    models.Index(
        "language",
        PUBLISHED.desc(),
        models.F("id").desc(),
        name="entry_published_by_date",
        condition=_PUBLISHED,
    ),
    models.Index(
        fields=["author", "language", "sort_key", "id"],
        name="entry_published_by_author",
        condition=_PUBLISHED,
    ),
    models.Index(
        fields=["author", "language", "-updated_at"],
        name="entry_published_of_author",
        condition=_PUBLISHED,
    ),
    models.Index(
        models.F("id") / SITEMAP_FILE,
        "updated_at",
        name="entry_published_by_file",
        condition=_PUBLISHED,
    ),
    # Of the desk, which shows those that are not published as well.
    models.Index(fields=["sort_key", "id"], name="entry_by_term"),
    models.Index(fields=["letter", "sort_key", "id"], name="entry_by_letter"),
    models.Index(fields=["author", "sort_key", "id"], name="entry_by_author"),
    models.Index(fields=["owner", "sort_key", "id"], name="entry_by_owner"),
    # One for each state: an index that begins with it would seem to serve all that is published.
    models.Index(
        fields=["sort_key", "id"], name="entry_drafts", condition=models.Q(state="draft")
    ),
    models.Index(
        fields=["sort_key", "id"], name="entry_withdrawn", condition=models.Q(state="withdrawn")
    ),
    models.Index(fields=["-updated_at", "-id"], name="entry_by_update"),
    models.Index(
        fields=["review_due_on"],
        name="entry_due_for_review",
        condition=_PUBLISHED,
    ),
    models.Index(
        fields=["review", "id"],
        name="entry_in_review",
        condition=~models.Q(review=""),
    ),
]


def steps(
    entries: models.QuerySet, *, by: str, above: str = "''", beside: str = ""
) -> list[tuple[Any, Any]]:
    """Return each value of `by` among `entries` once, in order, with `beside` of its rows.

    These are SQL of our own; all values are `above` something, which leaves
    the planner no doubt of the index, and `beside` is the first or the last of
    one. One query that goes from value to value in the index ("loose index
    scan") instead of through all rows, which no database does by itself.
    """
    compiler = entries.query.get_compiler(using=entries.db)
    condition, params = compiler.compile(entries.query.where)
    found = f"FROM glossary_entry WHERE {condition}"
    beside_it = f"(SELECT {beside} {found} AND {by} = found.step)" if beside else "NULL"
    sql = f"""
        WITH RECURSIVE found(step) AS (
            SELECT (SELECT {by} {found} AND {by} > {above} ORDER BY {by} LIMIT 1)
            UNION ALL
            SELECT (SELECT {by} {found} AND {by} > found.step ORDER BY {by} LIMIT 1)
            FROM found WHERE found.step IS NOT NULL
        )
        SELECT step, {beside_it} FROM found WHERE step IS NOT NULL
    """  # noqa: S608 - the condition is the query's own
    with connections[entries.db].cursor() as cursor:
        cursor.execute(sql, [*params, *params, *(params if beside else ())])
        return cursor.fetchall()
