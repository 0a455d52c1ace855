"""Which entries a search looks at, by the search server: the questions it is asked, the answers.

The words of a query are values of the questions, never syntax. The server
names keys alone; what readers see of them, whether they may, and in which
order, is for `glossary.candidates` and `glossary.ranking`.
"""

import time
from datetime import datetime
from typing import Any

from django.utils import timezone

from config import search_server
from config.search_server import Unavailable
from glossary.words import variants

NAMES, LEAD, ANYWHERE, BEGUN = "names", "lead", "anywhere", "begun"
"""Where the words were found: in names; in names and definition; in the whole text; there too,
the last one as a beginning."""
MOST = 200
"""Entries that one question asks for."""
SERVER_TIME = "400ms"
"""After which the server stops looking, a little before we stop waiting."""
LONGEST_KEY = 18
"""Digits of a key that every database takes."""

_WEIGHTS = {NAMES: 100_000.0, LEAD: 10_000.0}
"""More than any text scores, so that the few that are asked for are those of the best places."""

Found = dict[str, list[int]]
Query = dict[str, Any]


def with_all(
    units: list[str],
    *,
    telling: list[str],
    begins: bool,
    language: str,
    topic: int | None,
    now: datetime | None,
    until: float,
) -> Found | None:
    """Return keys of the entries that have all `units`, by where; None: the server does not say.

    Of names, the last unit may be the beginning of a word; elsewhere where it
    `begins` one. Whole texts are only asked for the `telling` ones. `until` is
    the moment of the monotonic clock until which an answer is of use.
    """
    *others, last = units
    ends = [_beginning("names", last), *(_phrase("names", v) for v in variants(last)[1:])]
    in_names = [_any([_phrase("names", v) for v in variants(unit)]) for unit in others]
    asked = {
        NAMES: _flat(NAMES, [*in_names, _any(ends)]),
        LEAD: _flat(LEAD, _texts("lead", units, begins=begins)),
        ANYWHERE: _all(ANYWHERE, _texts("words", telling, begins=False)),
    }
    if begins:
        asked[BEGUN] = _all(BEGUN, _texts("words", units, begins=True))
    return _ask(list(asked.values()), language, topic, now, until)


def with_any(
    units: list[str],
    *,
    language: str,
    topic: int | None,
    now: datetime | None,
    until: float,
) -> Found | None:
    """Return keys of the entries that have one of `units`, by where; None as above."""
    in_names = [
        _any([_beginning("names", unit), *(_phrase("names", v) for v in variants(unit)[1:])])
        for unit in units
    ]
    anywhere = [_phrase("words", unit) for unit in units]
    asked = [_any(in_names, name=NAMES), _any(anywhere, name=ANYWHERE)]
    return _ask(asked, language, topic, now, until)


def _ask(
    asked: list[Query], language: str, topic: int | None, now: datetime | None, until: float
) -> Found | None:
    # What is published is asked of the database in any case; here it only saves room.
    among: list[Query] = [
        {"term": {"language": language}},
        {"range": {"published_at": {"lte": int((now or timezone.now()).timestamp())}}},
    ]
    if topic is not None:
        among.append({"term": {"topics": topic}})
    question = {
        "query": {"bool": {"filter": among, "should": asked, "minimum_should_match": 1}},
        "sort": [{"_score": {"order": "desc"}}, {"entry": {"order": "asc"}}],
        "size": MOST,
        "timeout": SERVER_TIME,
        "track_total_hits": False,
        "_source": False,
    }
    return search_server.attempt(lambda: _answer(question, until))


def _answer(question: Query, until: float) -> Found:
    """What the server says. Raises Unavailable when it is not all that was asked for."""
    path = f"/{search_server.index()}/_search?allow_partial_search_results=false"
    status, answer = search_server.send("POST", path, question, timeout=until - time.monotonic())
    if status != 200:
        raise Unavailable(f"it answered {status}")
    try:
        if answer["timed_out"] is not False or answer["_shards"]["failed"] != 0:
            raise Unavailable("it gave half an answer")
        return _found(answer["hits"]["hits"])
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise Unavailable("its answer has another shape") from error


def _found(hits: list[dict[str, Any]]) -> Found:
    found: Found = {}
    for hit in hits[:MOST]:
        key, places = hit["_id"], hit["matched_queries"]
        if not (key.isascii() and key.isdigit() and len(key) <= LONGEST_KEY):
            raise ValueError(key)
        for place in places:
            found.setdefault(place, []).append(int(key))
    return found


# Questions --------------------------------------------------------------------------------


def _texts(field: str, units: list[str], *, begins: bool) -> list[Query]:
    *others, last = units
    end = _beginning(field, last) if begins else _phrase(field, last)
    return [*(_phrase(field, unit) for unit in others), end]


def _phrase(field: str, unit: str) -> Query:
    return {"match_phrase": {field: {"query": unit}}}


def _beginning(field: str, unit: str) -> Query:
    # A run of signs is several words, which stand together.
    kind = "match_phrase_prefix" if " " in unit else "match_bool_prefix"
    return {kind: {field: {"query": unit}}}


def _any(queries: list[Query], *, name: str = "") -> Query:
    one_of: Query = {"should": queries, "minimum_should_match": 1}
    return {"bool": {**one_of, "_name": name} if name else one_of}


def _all(name: str, queries: list[Query]) -> Query:
    return {"bool": {"must": queries, "_name": name}}


def _flat(name: str, queries: list[Query]) -> Query:
    """All of `queries`, whatever each scores."""
    scored = {"constant_score": {"filter": {"bool": {"must": queries}}, "boost": _WEIGHTS[name]}}
    return {"bool": {"must": [scored], "_name": name}}
