"""What a search field offers while somebody types."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import Truncator

from glossary import candidates, ranking, spelling
from glossary.candidates import Scope
from glossary.models import Entry
from glossary.search import Query, clean, matching_alias, understood

MOST = 8
DEFINITION_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Offered:
    """An entry that may be meant, and its other name where that is what was typed."""

    term: str
    alias: str
    url: str
    definition: str


def suggestions(typed: str, *, language: str, now: datetime | None = None) -> list[Offered]:
    """Return at most eight entries whose names begin with `typed` or have its words.

    If there are none, what was typed is taken for a typing error. At most four
    queries.
    """
    asked = understood(clean(typed))
    if not asked.key:
        return []
    scope = Scope(language, now=now)
    keys = _named(asked, scope)
    if not keys and (corrected := _corrected(asked, language=language)):
        asked = corrected
        keys = _named(asked, scope)
    return _offered(keys, asked, scope)


def nearest(typed: str, *, language: str, now: datetime | None = None) -> list[Offered]:
    """Return entries with any of the words of `typed`, or of words near them, in their names.

    For searches without a result. At most three queries.
    """
    asked = understood(clean(typed))
    meant = spelling.nearest(asked.units, language=language, is_beginning=True)
    units = [meant.get(unit, unit) for unit in asked.telling_units]
    scope = Scope(language, now=now)
    found = candidates.with_any_in_names(units, scope=scope, limit=3 * MOST)
    keys = ranking.ranked_by_words(found, units=units)[:MOST]
    return _offered(keys, Query(" ".join(units), " ".join(units), units), scope)


def _named(asked: Query, scope: Scope) -> list[int]:
    found = candidates.with_names(asked.key, asked.units, scope=scope, enough=MOST)
    return ranking.ranked(found, key=asked.key, units=asked.units)[:MOST]


def _corrected(asked: Query, *, language: str) -> Query | None:
    meant = spelling.nearest(asked.units, language=language, is_beginning=True)
    if not meant:
        return None
    units = [meant.get(unit, unit) for unit in asked.units]
    return Query(" ".join(units), " ".join(units), units)


def _offered(keys: list[int], asked: Query, scope: Scope) -> list[Offered]:
    columns = ("term", "slug", "language", "short_definition", "public_aliases")
    entries = Entry.objects.published(scope.now).only(*columns).in_bulk(keys) if keys else {}
    return [
        Offered(
            term=entry.term,
            alias=matching_alias(entry.term, entry.public_aliases, asked),
            url=entry.get_absolute_url(),
            definition=Truncator(entry.short_definition).chars(DEFINITION_LENGTH, truncate="…"),
        )
        for key in keys
        if (entry := entries.get(key))
    ]
