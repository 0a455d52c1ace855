"""Which entries a search looks at: a bounded number from each place.

Texts are looked into by the search server where there is one and it answers,
else by the database's own index. What is pinned, what is called like the query
and what is public is the database's to say in any case.

The places (PINNED … ANYWHERE) are asked in the order of their weight, in one
statement; a later one is not even begun when the earlier ones gave enough.
Ranking happens in `glossary.ranking`, over these rows alone.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from config import search_server
from config.replica import connection
from glossary import server_search
from glossary.models import Entry, Topic
from glossary.ranking import ANYWHERE, LEAD, NAMED, NAMES, PINNED, Candidate
from glossary.words import variants

ENOUGH = 200
"""Entries after which no lesser place is looked into."""
PER_PLACE = 300
PER_TEXTS = ENOUGH
"""Of definitions and texts: each place holds the earlier ones, so that this many are enough."""
MOST_WORDS = 6
"""Words of a query that are looked for one by one when no entry has them all."""
HARDLY_A_WORD = 3
"""A shorter beginning is in too many texts to say anything."""
TEXT_LENGTH = 4_000
"""Characters of a text that ranking looks at."""
FIRST_HITS = 1_000
"""Documents in which a language is looked for to know whether it has a word."""

SAMPLE = ("mod(entry_id, 8) = 0", "mod(entry_id, 8) <> 0")
"""Of PostgreSQL's texts those that have an index of their own, and the others. What is common is
found in the sample: an index gives nothing before it has read all that it knows of a word."""

_LAST_CHARACTER = "\U0010ffff"
_TABLES = {
    NAMES: "glossary_search_names",
    LEAD: "glossary_search_lead",
    ANYWHERE: "glossary_search",
}
_COLUMNS = {NAMES: "names", LEAD: "lead", ANYWHERE: "words"}


@dataclass(frozen=True, slots=True)
class Scope:
    """Among which entries is searched."""

    language: str
    topic: Topic | None = None
    now: datetime | None = None
    until: float = field(
        default_factory=lambda: time.monotonic() + search_server.TIMEOUT, compare=False
    )
    """When the search server is not waited for any more; a moment of the monotonic clock."""

    def told(self) -> dict[str, Any]:
        """The same for the search server."""
        topic = self.topic.pk if self.topic else None
        return {"language": self.language, "topic": topic, "now": self.now, "until": self.until}

    def condition(self) -> tuple[str, list[Any]]:
        """The WHERE of the entries' QuerySet, so that published() is defined once."""
        entries = Entry.objects.published(self.now).in_language(self.language)
        if self.topic:
            entries = entries.about(self.topic)
        query = entries.query
        sql, params = query.get_compiler(connection=connection).compile(query.where)
        return sql, list(params)


@dataclass(slots=True)
class _Statement:
    """A statement in the making: its parts in order, each with its parameters."""

    scope: Scope
    parts: list[str] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    visible: tuple[str, list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.visible = self.scope.condition()

    def pinned(self, key: str) -> None:
        self._add(
            PINNED,
            "CAST(position AS text) AS key, true AS is_term FROM glossary_pinnedresult",
            ("phrase_key = %s", [key]),
            order="position",
        )

    def named(self, key: str, *, limit: int) -> None:
        """Names that are `key` or begin with it; the key itself is the first of its range."""
        collation = "C" if _is_postgresql() else "BINARY"
        by = f'search_key COLLATE "{collation}"'
        self._add(
            NAMED,
            "search_key AS key, is_term FROM glossary_termname",
            (
                f"glossary_termname.language = %s AND {by} >= %s AND {by} < %s",
                [self.scope.language, key, key + _LAST_CHARACTER],
            ),
            order=by,
            limit=limit,
        )

    def holding(
        self,
        place: int,
        expression: str,
        *,
        limit: int = PER_PLACE,
        enough: int = ENOUGH,
        sample_first: bool = False,
    ) -> None:
        """Documents that match `expression`, unless there are `enough` entries by now."""
        among = SAMPLE if sample_first and _is_postgresql() else ()
        if _is_postgresql():
            configuration = "simple" if place == NAMES else "headword"
            source = "glossary_searchdocument"
            sought = f"to_tsquery('{configuration}', %s)"
            # Two common words may never meet: of a query that it does not know yet, PostgreSQL
            # supposes that it finds little, and asks the index instead of reading all texts.
            sought = f"(SELECT {sought})" if among else sought
            match = f"{_COLUMNS[place]} @@ {sought}"
        else:
            source = _TABLES[place]
            match = f"{source} MATCH %s"
        self._add(
            place,
            f"'' AS key, true AS is_term FROM {source}",
            (match, [expression]),
            limit=limit,
            enough=enough,
            among=among,
        )

    def given(self, place: int, keys: list[int], *, enough: int = 0) -> None:
        """Documents that the search server named, unless there are `enough` entries by now."""
        if keys:
            source = "glossary_searchdocument"
            among = f"{source}.entry_id IN ({', '.join(['%s'] * len(keys))})"
            what = f"'' AS key, true AS is_term FROM {source}"
            self._add(place, what, (among, keys), limit=len(keys), enough=enough)

    def run(self, *, text_length: int = TEXT_LENGTH) -> list[Candidate]:
        found = " UNION ALL ".join(
            f"SELECT {place} AS place, entry, key, is_term FROM place{number}"  # noqa: S608
            for number, place in enumerate(self.places)
        )
        sql = f"""
            WITH {", ".join(self.parts)}
            SELECT found.place, found.entry, found.key, found.is_term, term, aliases, definition,
                CASE WHEN found.place = {ANYWHERE} THEN substr(body, 1, %s) ELSE '' END
            FROM ({found}) AS found
            JOIN glossary_searchdocument ON glossary_searchdocument.entry_id = found.entry
        """  # noqa: S608 - nothing but our own names is put in
        return [_candidate(*row) for row in self.execute(sql, [*self.params, text_length])]

    def execute(self, sql: str, params: list[Any]) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def _add(
        self,
        place: int,
        what: str,
        condition: tuple[str, list[Any]],
        *,
        order: str = "",
        limit: int = PER_PLACE,
        enough: int = 0,
        among: tuple[str, ...] = (),
    ) -> None:
        """Add a place; with `among`, rows of the second part only where the first has too few."""
        source = what.rpartition(" ")[2]
        key = "rowid" if source in _TABLES.values() else "entry_id"
        so_far = self._so_far() if enough and self.places else ""
        # SQLite asks a condition at each row; PostgreSQL plans badly for a limit it cannot see.
        gate = f"{so_far} < {enough} AND" if so_far and _is_postgresql() else ""
        bound = str(limit)
        if so_far and not gate:
            bound = f"(CASE WHEN {so_far} < {enough} THEN {limit} ELSE 0 END)"
        rows = [
            # SQLite joins in the order in which a CROSS JOIN is written.
            f"SELECT {source}.{key} AS entry, {what} CROSS JOIN glossary_entry "
            f"WHERE {gate} {part} {condition[0]} AND glossary_entry.id = {source}.{key} "
            f"AND {self.visible[0]}"
            for part in ([f"{each} AND" for each in among] or [""])
        ]
        self.parts.append(
            f"place{len(self.places)} AS MATERIALIZED ({' UNION ALL '.join(rows)} "
            f"{f'ORDER BY {order}' if order else ''} LIMIT {bound})"
        )
        self.params += [*condition[1], *self.visible[1]] * len(rows)
        self.places.append(place)

    def _so_far(self) -> str:
        places = (f"SELECT entry FROM place{n}" for n in range(len(self.places)))  # noqa: S608
        return f"(SELECT count(*) FROM ({' UNION '.join(places)}) AS earlier)"  # noqa: S608


def with_all(key: str, units: list[str], *, telling: list[str], scope: Scope) -> list[Candidate]:
    """Return entries pinned to or named like `key`, and those that have all `units`.

    The last unit may be the beginning of a word. Whole texts are only asked for the
    `telling` ones, as each has the others. One query.
    """
    statement = _Statement(scope)
    statement.pinned(key)
    statement.named(key, limit=PER_PLACE)
    if units:
        is_long = len(units[-1]) >= HARDLY_A_WORD
        found = server_search.with_all(units, telling=telling, begins=is_long, **scope.told())
        if found is None:
            _look_for_all(statement, units, telling, is_long=is_long)
        else:
            _take_all(statement, found)
    return statement.run()


def _look_for_all(
    statement: _Statement, units: list[str], telling: list[str], *, is_long: bool
) -> None:
    statement.holding(NAMES, _names_holding(units))
    lead = _texts_holding(units, is_beginning=is_long)
    statement.holding(LEAD, lead, limit=PER_TEXTS, sample_first=True)
    everywhere = _texts_holding(telling, is_beginning=False)
    statement.holding(ANYWHERE, everywhere, limit=PER_TEXTS, sample_first=True)
    if is_long:
        # The beginning of a word is looked for in whole texts only if it is no word itself.
        begun = _texts_holding(units, is_beginning=True)
        statement.holding(ANYWHERE, begun, limit=PER_TEXTS, enough=1, sample_first=True)


def _take_all(statement: _Statement, found: server_search.Found) -> None:
    """Each of the `found` entries at its best place."""
    taken: set[int] = set()
    for place, where, enough in (
        (NAMES, server_search.NAMES, 0),
        (LEAD, server_search.LEAD, 0),
        (ANYWHERE, server_search.ANYWHERE, 0),
        (ANYWHERE, server_search.BEGUN, 1),
    ):
        keys = [key for key in found.get(where, ()) if key not in taken]
        taken.update(keys)
        statement.given(place, keys, enough=enough)


def with_any(units: list[str], *, scope: Scope) -> list[Candidate]:
    """Return entries that have one of `units`, some of each. One query."""
    wanted = sorted(dict.fromkeys(units), key=len, reverse=True)[:MOST_WORDS]
    if not wanted:
        return []
    statement = _Statement(scope)
    found = server_search.with_any(wanted, **scope.told())
    if found is not None:
        statement.given(NAMES, found.get(server_search.NAMES, []))
        statement.given(ANYWHERE, found.get(server_search.ANYWHERE, []))
        return statement.run() if statement.places else []
    limit = PER_PLACE // len(wanted)
    for unit in wanted:
        statement.holding(NAMES, _names_holding([unit]), limit=limit, enough=0)
    for unit in wanted:
        expression = _texts_holding([unit], is_beginning=False)
        statement.holding(ANYWHERE, expression, limit=limit, enough=0)
    return statement.run()


def with_any_in_names(units: list[str], *, scope: Scope, limit: int) -> list[Candidate]:
    """Return entries that have one of `units` in their names, `limit` of each. One query."""
    wanted = sorted(dict.fromkeys(units), key=len, reverse=True)[:MOST_WORDS]
    if not wanted:
        return []
    statement = _Statement(scope)
    for unit in wanted:
        statement.holding(NAMES, _names_holding([unit]), limit=limit, enough=0)
    return statement.run()


def with_names(key: str, units: list[str], *, scope: Scope, enough: int) -> list[Candidate]:
    """Return entries with a name that begins with `key`, or else a word of one so. One query."""
    statement = _Statement(scope)
    statement.named(key, limit=3 * enough)
    if units:
        statement.holding(NAMES, _names_holding(units), limit=6 * enough, enough=enough)
    return statement.run()


def known_words(words: list[str], *, language: str) -> set[str]:
    """Return those of `words` that a published text of `language` uses. One query."""
    condition, params = Scope(language).condition()
    if _is_postgresql():
        source, key = "glossary_searchdocument", "entry_id"
        match = "words @@ to_tsquery('headword', %s)"
    else:
        source, key = "glossary_search", "rowid"
        match = "glossary_search MATCH %s"
    each = f"""
        SELECT %s WHERE EXISTS (
            SELECT 1 FROM (SELECT {key} AS entry FROM {source} WHERE {match} LIMIT {FIRST_HITS})
            AS hits JOIN glossary_entry ON glossary_entry.id = entry WHERE {condition}
        )
    """  # noqa: S608 - nothing but our own names is put in
    with connection.cursor() as cursor:
        values = [value for word in words for value in (word, _quoted(word), *params)]
        cursor.execute(" UNION ALL ".join([each] * len(words)), values)
        return {row[0] for row in cursor.fetchall()}


def _names_holding(units: list[str]) -> str:
    """A query for all `units` in names, in the singular or plural, the last one as a beginning."""
    *others, last = units
    words = ["(" + _or(_quoted(v) for v in variants(unit)) + ")" for unit in others]
    ends = [_beginning(last), *(_quoted(variant) for variant in variants(last)[1:])]
    return _and([*words, f"({_or(ends)})"])


def _texts_holding(units: list[str], *, is_beginning: bool) -> str:
    *others, last = map(_quoted, units)
    return _and([*others, _beginning(units[-1]) if is_beginning else last])


def _quoted(unit: str) -> str:
    """`unit` as a literal of the query language; units hold no quotation marks."""
    return f"'{unit}'" if _is_postgresql() else f'"{unit}"'


def _beginning(unit: str) -> str:
    return _quoted(unit) + (":*" if _is_postgresql() else "*")


def _and(parts: object) -> str:
    return (" & " if _is_postgresql() else " AND ").join(parts)  # type: ignore[arg-type]


def _or(parts: object) -> str:
    return (" | " if _is_postgresql() else " OR ").join(parts)  # type: ignore[arg-type]


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _candidate(
    place: int, pk: int, key: str, is_term: bool, term: str, aliases: str, lead: str, text: str
) -> Candidate:
    names = [term, *aliases.split("\n")] if aliases else [term]
    return Candidate(place, pk, key, bool(is_term), names, lead, text)
