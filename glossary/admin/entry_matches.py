"""Finding entries by parts of words, drafts as well, as the desk does.

Both databases keep three letters in a row of what is searched: PostgreSQL for
`icontains`, SQLite in tables of FTS5. Shorter parts lead to names alone, of
which they begin a word.
"""

from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.text import smart_split, unescape_string_literal

from config.alphabet import fold
from glossary.models import Alias, Entry
from glossary.search import clean

SHORTEST = 3
"""Letters that the indexes keep together."""
_LAST_CHARACTER = "\U0010ffff"
_HOLDING = """
    SELECT rowid FROM glossary_entry_parts WHERE glossary_entry_parts MATCH %s
    UNION ALL
    SELECT entry_id FROM glossary_alias WHERE id IN (
        SELECT rowid FROM glossary_alias_parts WHERE glossary_alias_parts MATCH %s
    )
"""
_BEGINNING = """
    SELECT id FROM glossary_entry WHERE sort_key >= %s AND sort_key < %s
    UNION ALL
    SELECT entry_id FROM glossary_alias WHERE name_key >= %s AND name_key < %s
    UNION ALL
"""


def matching(entries: Any, asked: str) -> Any:
    """Return those of `entries` that have each word of `asked` in a name, address or definition.

    What stands in quotation marks is one word.
    """
    for word in smart_split(clean(asked)):
        is_quoted = len(word) > 1 and word[0] == word[-1] and word[0] in "\"'"
        part = unescape_string_literal(word) if is_quoted else word
        found = _on_sqlite if connection.vendor == "sqlite" else _on_postgresql
        entries = entries.filter(pk__in=found(part))
    return entries


def _on_sqlite(part: str) -> RawSQL:
    if len(part) >= SHORTEST:
        return RawSQL(_HOLDING, [_phrase(part)] * 2)  # noqa: S611 - nothing but placeholders
    a_range = [fold(part), fold(part) + _LAST_CHARACTER]
    inside = _phrase(f" {part}")
    return RawSQL(_BEGINNING + _HOLDING, [*a_range, *a_range, f"term : {inside}", inside])  # noqa: S611


def _phrase(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'


def _on_postgresql(part: str) -> QuerySet:
    own, others = Entry.objects.order_by(), Alias.objects.order_by()
    if len(part) >= SHORTEST:
        own = own.filter(
            Q(term__icontains=part) | Q(slug__icontains=part) | Q(short_definition__icontains=part)
        )
        others = others.filter(name__icontains=part)
    else:
        inside = f" {part}"
        own = own.filter(Q(term__istartswith=part) | Q(term__icontains=inside))
        others = others.filter(Q(name__istartswith=part) | Q(name__icontains=inside))
    # Not by an OR of both tables: that has no index.
    return own.values("pk").union(others.values("entry"), all=True)
