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
from glossary import matching, server_search
from glossary.matching import DOCUMENTS, Match
from glossary.models import SearchDocument, Topic
from glossary.ranking import ANYWHERE, LEAD, NAMED, NAMES, PINNED, Candidate

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
"""Characters of a text that ranking looks at; PostgreSQL, slow to cut them off, stores them."""
FIRST_HITS = 1_000
"""Documents in which a language is looked for to know whether it has a word."""

_LAST_CHARACTER = "\U0010ffff"


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
        """The WHERE of the documents' QuerySet, so that public() is defined once."""
        documents = SearchDocument.objects.public(self.language, self.now)
        if self.topic:
            documents = documents.about(self.topic)
        query = documents.query
        sql, params = query.get_compiler(connection=connection).compile(query.where)
        return sql, list(params)


@dataclass(slots=True)
class _Statement:
    """A statement in the making: its parts in order, each with its parameters."""

    scope: Scope
    parts: list[str] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)
    places: int = 0
    visible: tuple[str, list[Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.visible = self.scope.condition()

    def pinned(self, key: str) -> None:
        self._add(
            PINNED,
            "glossary_pinnedresult",
            ("phrase_key = %s", [key]),
            key="CAST(position AS text)",
            order="position",
        )

    def named(self, key: str, *, limit: int) -> None:
        """Names that are `key` or begin with it; the key itself is the first of its range."""
        by = f'search_key COLLATE "{"C" if _is_postgresql() else "BINARY"}"'
        self._add(
            NAMED,
            "glossary_termname",
            (
                f"glossary_termname.language = %s AND {by} >= %s AND {by} < %s",
                [self.scope.language, key, key + _LAST_CHARACTER],
            ),
            key="search_key",
            is_term="is_term",
            order=by,
            limit=limit,
        )

    def holding(
        self, place: int, match: Match, *, limit: int = PER_PLACE, enough: int = ENOUGH
    ) -> None:
        """Documents that `match`, unless there are `enough` entries by now."""
        condition = (match.condition, match.params)
        self._add(place, match.source, condition, limit=limit, enough=enough, among=match.parts)

    def given(self, place: int, keys: list[int], *, enough: int = 0) -> None:
        """Documents that the search server named, unless there are `enough` entries by now."""
        if keys:
            among = f"{DOCUMENTS}.entry_id IN ({', '.join(['%s'] * len(keys))})"
            self._add(place, DOCUMENTS, (among, keys), limit=len(keys), enough=enough)

    def run(self) -> list[Candidate]:
        found = (f"SELECT * FROM place{n}" for n in range(self.places))  # noqa: S608
        sql = f"WITH {', '.join(self.parts)} {' UNION ALL '.join(found)}"
        return [_candidate(*row) for row in self.execute(sql, self.params)]

    def execute(self, sql: str, params: list[Any]) -> list[tuple]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()

    def _add(
        self,
        place: int,
        source: str,
        condition: tuple[str, list[Any]],
        *,
        key: str = "''",
        is_term: str = "true",
        order: str = "",
        limit: int = PER_PLACE,
        enough: int = 0,
        among: tuple[str, ...] = ("",),
    ) -> None:
        """Add a place; a later part of it is read only where the earlier ones give too little."""
        gate, bound = "", str(limit)
        if enough and self.places:
            so_far = self._so_far()
            # SQLite asks a condition at each row; PostgreSQL plans badly for a hidden limit.
            if _is_postgresql():
                gate = f"{so_far} < {enough} AND"
            else:
                bound = f"(CASE WHEN {so_far} < {enough} THEN {limit} ELSE 0 END)"
        text = _beginning_of_text() if place == ANYWHERE else "''"
        columns = (
            f"{place} AS place, {DOCUMENTS}.entry_id AS entry, {key} AS key, {is_term} AS is_term,"
            f" {DOCUMENTS}.term, {DOCUMENTS}.aliases, {DOCUMENTS}.definition, {text} AS text"
        )
        rows = [
            f"SELECT {columns} FROM {matching.with_documents(source)} "  # noqa: S608 - our own names
            f"WHERE {gate} {f'{part} AND' if part else ''} {condition[0]} AND {self.visible[0]}"
            for part in among
        ]
        self.parts.append(
            f"place{self.places} AS MATERIALIZED ({' UNION ALL '.join(rows)} "
            f"{f'ORDER BY {order}' if order else ''} LIMIT {bound})"
        )
        self.params += [*condition[1], *self.visible[1]] * len(rows)
        self.places += 1

    def _so_far(self) -> str:
        """The number of entries that the places up to now have found."""
        places = (f"SELECT entry FROM place{n}" for n in range(self.places))  # noqa: S608
        name = f"before{self.places}"
        self.parts.append(
            f"{name} AS MATERIALIZED"  # noqa: S608
            f" (SELECT count(*) AS number FROM ({' UNION '.join(places)}) AS earlier)"
        )
        return f"(SELECT number FROM {name})"  # noqa: S608


def _beginning_of_text() -> str:
    return "beginning" if _is_postgresql() else f"substr({DOCUMENTS}.body, 1, {TEXT_LENGTH})"


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
    statement.holding(NAMES, matching.names(units))
    statement.holding(LEAD, matching.lead(units, is_beginning=is_long), limit=PER_TEXTS)
    statement.holding(ANYWHERE, matching.texts(telling), limit=PER_TEXTS)
    if is_long:
        # The beginning of a word is looked for in whole texts only if it is no word itself.
        begun = matching.texts(units, is_beginning=True)
        statement.holding(ANYWHERE, begun, limit=PER_TEXTS, enough=1)


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
        statement.holding(NAMES, matching.names([unit]), limit=limit, enough=0)
    for unit in wanted:
        statement.holding(ANYWHERE, matching.texts([unit]), limit=limit, enough=0)
    return statement.run()


def with_any_in_names(units: list[str], *, scope: Scope, limit: int) -> list[Candidate]:
    """Return entries that have one of `units` in their names, `limit` of each. One query."""
    wanted = sorted(dict.fromkeys(units), key=len, reverse=True)[:MOST_WORDS]
    if not wanted:
        return []
    statement = _Statement(scope)
    for unit in wanted:
        statement.holding(NAMES, matching.names([unit]), limit=limit, enough=0)
    return statement.run()


def with_names(key: str, units: list[str], *, scope: Scope, enough: int) -> list[Candidate]:
    """Return entries with a name that begins with `key`, or else a word of one so. One query."""
    statement = _Statement(scope)
    statement.named(key, limit=3 * enough)
    if units:
        statement.holding(NAMES, matching.names(units), limit=6 * enough, enough=enough)
    return statement.run()


def known_words(words: list[str], *, language: str) -> set[str]:
    """Return those of `words` that a published text of `language` uses. One query."""
    visible, params = Scope(language).condition()
    asked, values = [], []
    for word in words:
        match = matching.texts([word])
        key = "entry_id" if match.source == DOCUMENTS else "rowid"
        hits = [
            f"SELECT {key} AS entry FROM {match.source} "  # noqa: S608 - all our own names
            f"WHERE {f'{part} AND' if part else ''} {match.condition}"
            for part in match.parts
        ]
        asked.append(
            f"SELECT %s WHERE EXISTS (SELECT 1 FROM ({' UNION ALL '.join(hits)} "  # noqa: S608
            f"LIMIT {FIRST_HITS}) AS hits JOIN {DOCUMENTS} ON {DOCUMENTS}.entry_id = entry "
            f"WHERE {visible})"
        )
        values += [word, *match.params * len(hits), *params]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked), values)
        return {row[0] for row in cursor.fetchall()}


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _candidate(
    place: int, pk: int, key: str, is_term: bool, term: str, aliases: str, lead: str, text: str
) -> Candidate:
    names = [term, *aliases.split("\n")] if aliases else [term]
    return Candidate(place, pk, key, bool(is_term), names, lead, text)
