"""Finding entries: the term and its aliases first, then the words, in each database's own index.

Nothing a visitor types is query syntax: words are taken out of the text and
quoted one by one.
"""

import re

from django.db import connection
from django.db.models import Case, Q, QuerySet, Value, When

from config.alphabet import fold
from glossary.models import Entry, SearchDocument

MAX_QUERY = 200
"""Characters of a query that are looked at."""
MAX_WORDS = 12
MAX_RESULTS = 200
"""Entries that one search can page through."""

_WORD = re.compile(r"\w+", re.UNICODE)
_QUESTION = re.compile(
    r"^\s*(what\s+(is|are)|o\s+que\s+é|was\s+ist|was\s+sind)\s*:?\s+", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(an?|the)\s+", re.IGNORECASE)

# No weight outdoes a text that repeats a word a thousand times, so their place comes first.
_SQLITE = """
    SELECT rowid FROM glossary_search WHERE glossary_search MATCH %(any)s
    ORDER BY
        rowid IN (SELECT rowid FROM glossary_search WHERE glossary_search MATCH %(names)s) DESC,
        rowid IN (SELECT rowid FROM glossary_search WHERE glossary_search MATCH %(lead)s) DESC,
        bm25(glossary_search, 10.0, 8.0, 3.0, 1.0), rowid LIMIT %(limit)s
"""
_POSTGRESQL = """
    SELECT entry_id FROM glossary_searchdocument WHERE words @@ to_tsquery('headword', %(any)s)
    ORDER BY words @@ to_tsquery('headword', %(names)s) DESC,
        words @@ to_tsquery('headword', %(lead)s) DESC,
        ts_rank(words, to_tsquery('headword', %(any)s)) DESC, entry_id LIMIT %(limit)s
"""


def index(entry: Entry) -> None:
    """Store the words of a published `entry`, in the caller's transaction."""
    SearchDocument.objects.bulk_create(
        [document(entry)],
        update_conflicts=True,
        unique_fields=["entry"],
        update_fields=["term", "aliases", "definition", "body"],
    )


def document(entry: Entry) -> SearchDocument:
    """Return the words of `entry`, not stored."""
    return SearchDocument(
        entry=entry,
        term=entry.term,
        aliases="\n".join(entry.public_aliases),
        definition=entry.short_definition,
        body=entry.plain_text,
    )


def remove(entry: Entry) -> None:
    SearchDocument.objects.filter(entry=entry).delete()


def clean(query: str) -> str:
    """Return what a visitor typed without control characters, on one line, at most 200 long."""
    printable = "".join(char if char.isprintable() else " " for char in query[: 4 * MAX_QUERY])
    return " ".join(printable.split())[:MAX_QUERY].strip()


def search(query: str, *, language: str) -> list[Entry]:
    """Return the published entries that `query` finds, best first, at most 200.

    An entry whose term or alias is the query comes first, then terms that
    begin with it, then by weight of term, aliases, definition and body. All
    words must occur; if nothing has them all, any may. At most four queries.
    """
    text = _QUESTION.sub("", clean(query)).rstrip("?! ")
    text = _ARTICLE.sub("", text) or text
    named = _named(text, language)
    found = _matching(text)
    wanted = list(dict.fromkeys([*named, *found]))[:MAX_RESULTS]
    entries = Entry.objects.published().in_language(language).for_lists().in_bulk(wanted)
    return [entries[pk] for pk in wanted if pk in entries]


def _named(text: str, language: str) -> list[int]:
    """Keys of the entries named `text`, then of those whose term begins so."""
    key = fold(text)
    if not key:
        return []
    is_term, is_alias = Q(term_key=key), Q(aliases__name_key=key)
    begins = Q(term_key__startswith=key)
    ranked: QuerySet[Entry] = (
        Entry.objects.published()
        .in_language(language)
        .filter(is_term | is_alias | begins)
        .annotate(
            place=Case(
                When(is_term, then=Value(0)), When(is_alias, then=Value(1)), default=Value(2)
            )
        )
        .order_by("place", "sort_key")
    )
    return list(ranked.values_list("pk", flat=True)[:MAX_RESULTS])


def _matching(text: str) -> list[int]:
    words = _WORD.findall(text)[:MAX_WORDS]
    if not words:
        return []
    return _look_up(words, every=True) or (_look_up(words, every=False) if words[1:] else [])


def _look_up(words: list[str], *, every: bool) -> list[int]:
    """Keys of the documents that hold the words, the last one as a beginning."""
    if connection.vendor == "postgresql":
        sql, joint = _POSTGRESQL, " & " if every else " | "
        any_, names, lead = (
            joint.join(
                [f"'{word}':{weights}" for word in words[:-1]] + [f"'{words[-1]}':*{weights}"]
            )
            for weights in ("ABCD", "A", "AB")
        )
    else:
        sql, joint = _SQLITE, " AND " if every else " OR "
        any_ = joint.join([f'"{word}"' for word in words[:-1]] + [f'"{words[-1]}"*'])
        names, lead = f"{{term aliases}}: ({any_})", f"{{term aliases definition}}: ({any_})"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"any": any_, "names": names, "lead": lead, "limit": MAX_RESULTS})
        return [row[0] for row in cursor.fetchall()]
