"""Finding entries: names first, then definitions, then texts; typing errors are forgiven.

Nothing a visitor types is query syntax: words are taken out of the text and
quoted one by one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import overload

from django.db import connection

from config.alphabet import fold
from glossary import candidates, ranking, spelling, words
from glossary.candidates import Scope
from glossary.models import Entry, SearchDocument, Topic

MAX_QUERY = 200
"""Characters of a query that are looked at."""
MAX_WORDS = 12
MAX_RESULTS = 200
"""Entries that one search can page through."""

_QUESTION = re.compile(
    r"^\s*(what\s+(is|are)|what[’']s|o\s+que\s+é|was\s+ist|was\s+sind)\s*:?\s+", re.IGNORECASE
)
_ARTICLE = re.compile(r"^(an?|the)\s+", re.IGNORECASE)
# Words that every text has and nobody means; no abbreviations such as IT, OR or WHO.
_COMMON = frozenset(
    "a an and are at be by does for from how in is of on that the this to what when "
    "which why with das der die ein eine fur ist mit und von was wie a as com da de do e em "
    "o os para por que se um uma".split()
)


@dataclass(frozen=True, slots=True)
class Query:
    """What a visitor looks for: the text without its question, its key, its words."""

    text: str
    key: str
    units: list[str]

    @property
    def telling_units(self) -> list[str]:
        return [unit for unit in self.units if unit not in _COMMON] or self.units


@dataclass(frozen=True, slots=True)
class Result:
    """A found entry, without its long columns."""

    entry: Entry
    query: Query
    is_pinned: bool = False

    @property
    def alias(self) -> str:
        """The other name of the entry that the query found where its term does not fit; or ""."""
        return matching_alias(self.entry.term, self.entry.public_aliases, self.query)


class Results(Sequence[Result]):
    """Found entries, best first; a slice is read in one query, when it is asked for."""

    def __init__(self, found: dict[int, bool], query: Query, scope: Scope) -> None:
        self.keys = list(found)[:MAX_RESULTS]
        self._is_pinned = found
        self._query = query
        self._scope = scope

    def __len__(self) -> int:
        return len(self.keys)

    def __iter__(self) -> Iterator[Result]:
        return iter(self[:])

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> list[Result]: ...
    def __getitem__(self, place: int | slice) -> Result | list[Result]:
        results = self._read(self.keys[place] if isinstance(place, slice) else [self.keys[place]])
        return results if isinstance(place, slice) else results[0]

    def _read(self, keys: list[int]) -> list[Result]:
        # Not by language as well: SQLite would go through all entries of the language instead.
        public = Entry.objects.published(self._scope.now).for_lists()
        entries = public.in_bulk(keys) if keys else {}
        return [
            Result(entries[key], self._query, self._is_pinned[key])
            for key in keys
            if key in entries
        ]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first; `corrected_to` is what was searched for instead."""

    query: str
    results: Sequence[Result] = ()
    corrected_to: str = ""
    units: list[str] = field(default_factory=list)
    """The words that were found, for highlighting."""

    @property
    def keys(self) -> list[int]:
        """The keys of the entries that were found."""
        return self.results.keys if isinstance(self.results, Results) else []


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
        term=words.searchable(entry.term),
        aliases="\n".join(map(words.searchable, entry.public_aliases)),
        definition=words.searchable(entry.short_definition),
        body=words.searchable(entry.plain_text),
    )


def remove(entry: Entry) -> None:
    SearchDocument.objects.filter(entry=entry).delete()


def documents_mentioning(
    names: Sequence[str], *, language: str, most: int | None = None
) -> list[int]:
    """Return the keys of the published entries, due or not yet, whose texts hold one of `names`.

    Perhaps some more: stems are compared, and signs are not. At most `most` of
    them, where it is given. One query.
    """
    phrases = sorted({phrase for name in names if (phrase := words.searchable(name))})
    if not phrases:
        return []
    if connection.vendor == "postgresql":
        sql, wanted = _mentioned_postgresql(phrases)
    else:
        sql, wanted = _mentioned_sqlite(phrases)
    if most is not None:
        sql += f" LIMIT {int(most)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*wanted, language])
        return [row[0] for row in cursor.fetchall()]


def _mentioned_postgresql(phrases: list[str]) -> tuple[str, list[str]]:
    # A tsvector forgets places (of a word after 256 of them, of any after 16,383), so that the
    # index answers for the words and the text itself for their order.
    conditions, wanted = [], []
    for phrase in phrases:
        *others, last = phrase.split()
        ends = " | ".join(f"'{variant}'" for variant in words.variants(last))
        all_words = " & ".join([*(f"'{word}'" for word in others), f"({ends})"])
        # Of a query that it does not know yet, PostgreSQL supposes that it finds little, and asks
        # the index; it would read all texts for a common word, which takes four times as long.
        conditions.append("words @@ (SELECT to_tsquery('headword', %s))")
        wanted.append(all_words)
        if others:
            conditions[-1] += " AND strpos(' ' || glossary_searchdocument.body, %s) > 0"
            wanted.append(f" {phrase.removesuffix('y')}")
    sql = f"""
        SELECT entry_id FROM glossary_searchdocument
        WHERE ({" OR ".join(f"({condition})" for condition in conditions)})
        AND entry_language = %s
        ORDER BY entry_id
    """  # noqa: S608 - nothing but placeholders is put in
    return sql, wanted


def _mentioned_sqlite(phrases: list[str]) -> tuple[str, list[str]]:
    spelled = []
    for phrase in phrases:
        before, last = phrase[: phrase.rfind(" ") + 1], phrase.rpartition(" ")[2]
        spelled += [f'"{before}{variant}"' for variant in words.variants(last)]
    sql = """
        SELECT glossary_search.rowid FROM glossary_search
        JOIN glossary_searchdocument ON glossary_searchdocument.entry_id = glossary_search.rowid
        WHERE glossary_search MATCH %s AND entry_language = %s
        ORDER BY glossary_search.rowid
    """
    return sql, [f"body: ({' OR '.join(spelled)})"]


def clean(query: str) -> str:
    """Return what a visitor typed without control characters, on one line, at most 200 long."""
    printable = "".join(char if char.isprintable() else " " for char in query[: 4 * MAX_QUERY])
    return " ".join(printable.split())[:MAX_QUERY].strip()


def understood(query: str) -> Query:
    """Return what the cleaned `query` asks for."""
    text = _QUESTION.sub("", query).rstrip("?!？！ ")
    text = _ARTICLE.sub("", text) or text
    return Query(text, fold(text)[:MAX_QUERY], words.units(text)[:MAX_WORDS])


def search(
    query: str, *, language: str, topic: Topic | None = None, now: datetime | None = None
) -> Found:
    """Return the published entries that `query` finds, best first, at most 200.

    Pinned entries, then those whose term or alias is the query or begins with
    it, then those that have all its words in their names, definition, text.
    If none has them all, words that the glossary does not know are taken for
    typing errors; at last any word will do. At most six queries.
    """
    cleaned = clean(query)
    asked = understood(cleaned)
    if not asked.key:
        return Found(cleaned)
    scope = Scope(language, topic, now)
    found = _with_all(asked, scope)
    corrected = None if found else _corrected(asked, language=language)
    if corrected:
        found = _with_all(corrected, scope)
    if not found:
        units = [*asked.telling_units, *(corrected.telling_units if corrected else [])]
        if len(set(units)) > 1:
            some = candidates.with_any(units, scope=scope)
            found = dict.fromkeys(ranking.ranked_by_words(some, units=units), False)
    meant = corrected if corrected and found else asked
    return Found(
        cleaned,
        Results(found, meant, scope),
        corrected_to=meant.text if meant is corrected else "",
        units=meant.units,
    )


def matching_alias(term: str, aliases: Sequence[str], query: Query) -> str:
    """Return the alias that `query` names, or ""; the term itself goes first."""

    def fit(name: str) -> int:
        folded = fold(name)
        if folded == query.key:
            return 3
        if folded.startswith(query.key):
            return 2
        return int(bool(query.units) and ranking.has_all(query.units, words.searchable(name)))

    fits = [fit(term), *map(fit, aliases)]
    best = fits.index(max(fits))
    return aliases[best - 1] if best else ""


def _with_all(query: Query, scope: Scope) -> dict[int, bool]:
    """Keys of the entries that `query` finds, best first, and whether each is pinned."""
    found = candidates.with_all(query.key, query.units, telling=query.telling_units, scope=scope)
    pinned = {one.entry for one in found if one.place == ranking.PINNED}
    return {pk: pk in pinned for pk in ranking.ranked(found, key=query.key, units=query.units)}


def _corrected(query: Query, *, language: str) -> Query | None:
    """The query without its typing errors, if it has any. At most two queries."""
    meant = spelling.nearest(query.telling_units, language=language)
    if meant:
        known = candidates.known_words(sorted(meant), language=language)
        meant = {typed: word for typed, word in meant.items() if typed not in known}
    if not meant:
        return None
    units = [meant.get(unit, unit) for unit in query.units]
    text = " ".join(unit.replace(" ", "") for unit in units)
    return Query(text, text, units)
