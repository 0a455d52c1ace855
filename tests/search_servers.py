"""A stand-in for OpenSearch on loopback: it understands the calls that we make, and no others.

What it answers has the shapes of OpenSearch's documentation. Stems are cruder
than those of porter2, and scores are counts of words.
"""

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from config import outbox, search_address, search_server
from config.models import OutboxMessage
from tests.serving import serving

GAP = 100
"""Positions between two values of a field."""


@dataclass
class Index:
    shape: dict[str, Any]
    aliases: set[str]
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        analysis = self.shape["settings"]["analysis"]
        self.fields = self.shape["mappings"]["properties"]
        self.analyzers = analysis["analyzer"]
        self.is_stemming = {
            name: any(analysis["filter"][each]["type"] == "stemmer" for each in one["filter"])
            for name, one in self.analyzers.items()
            if "filter" in one
        }

    def words(self, name: str, text: str) -> list[str]:
        analyzer = self.fields[name]["analyzer"]
        assert self.analyzers[analyzer]["tokenizer"] == "whitespace"
        found = text.split()
        return [stem(word) for word in found] if self.is_stemming.get(analyzer) else found

    def places(self, name: str, document: dict) -> dict[int, str]:
        """The words of a field by their positions."""
        values = document.get(name, [])
        found, start = {}, 0
        for value in values if isinstance(values, list) else [values]:
            words = self.words(name, value)
            found.update(enumerate(words, start))
            start += len(words) + GAP
        return found


class NotUnderstood(Exception):
    """OpenSearch might understand it; we do not ask it."""


def stem(word: str) -> str:
    for ending, kept in (("ies", "i"), ("ss", "ss"), ("s", ""), ("y", "i")):
        if word.endswith(ending) and len(word) > 3:
            word = word.removesuffix(ending) + kept
            break
    return word.removesuffix("e") if len(word) > 3 else word


# Questions --------------------------------------------------------------------------------


def score(index: Index, query: dict, document: dict, matched: set[str]) -> float | None:
    """How well `document` answers, None: not at all; `matched` gets the names of what does."""
    [(kind, said)] = query.items()
    found = KINDS[kind](index, said, document, matched) if kind in KINDS else unknown(kind)
    if found is not None and "_name" in said:
        matched.add(said["_name"])
    return found


def unknown(kind: str):
    raise NotUnderstood(f"unknown query [{kind}]")


def _bool(index, said, document, matched):
    if unexpected := set(said) - {"must", "filter", "should", "minimum_should_match", "_name"}:
        raise NotUnderstood(unexpected)

    def scores(part):
        return [score(index, each, document, matched) for each in said.get(part, [])]

    must, among, should = scores("must"), scores("filter"), scores("should")
    fitting = [each for each in should if each is not None]
    if None in must or None in among or len(fitting) < said.get("minimum_should_match", 0):
        return None
    return float(sum(must) + sum(fitting))


def _constant(index, said, document, matched):
    fits = score(index, said["filter"], document, matched) is not None
    return said["boost"] if fits else None


def _term(index, said, document, matched):
    [(name, value)] = said.items()
    stored = document.get(name)
    return 0.0 if stored == value or (isinstance(stored, list) and value in stored) else None


def _range(index, said, document, matched):
    [(name, limits)] = said.items()
    [(limit, most)] = limits.items()
    assert limit == "lte"
    return 0.0 if name in document and document[name] <= most else None


def _phrase(index, said, document, matched, *, begins=False):
    [(name, how)] = said.items()
    *before, last = index.words(name, how["query"])
    places = index.places(name, document)

    def ends(word):
        return word.startswith(last) if begins else word == last

    hits = [
        place
        for place, word in places.items()
        if ends(word)
        and all(places.get(place - back) == each for back, each in enumerate(before[::-1], 1))
    ]
    return float(len(hits)) if hits else None


def _beginning(index, said, document, matched):
    [how] = said.values()
    assert len(how["query"].split()) == 1
    return _phrase(index, said, document, matched, begins=True)


def _phrase_beginning(index, said, document, matched):
    return _phrase(index, said, document, matched, begins=True)


KINDS = {
    "bool": _bool,
    "constant_score": _constant,
    "term": _term,
    "range": _range,
    "match_phrase": _phrase,
    "match_bool_prefix": _beginning,
    "match_phrase_prefix": _phrase_beginning,
}


# Calls ------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, options = self.path.partition("?")
        self.server.seen.append((self.command, path, dict(self.headers), body))
        if path.endswith("/_search") and self.server.fault:
            self.server.fault(self)
            return
        status, said = self.reply(path, options, body)
        self.send(status, said)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - named by the library

    def reply(self, path: str, options: str, body: bytes) -> tuple[int, Any]:
        said = self.server.answers
        if prepared := said.get(self.command) or said.get(path.rpartition("/")[2]):
            return prepared
        for method, pattern, act in CALLS:
            if self.command == method and (match := re.fullmatch(pattern, path)):
                with self.server.lock:
                    return act(self.server, match[1], options, body)
        return 400, error("no handler found for uri")

    def send(self, status: int, said: Any) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *arguments):
        """Nothing: the test looks at what was seen."""


def error(reason: str, kind: str = "illegal_argument_exception") -> dict[str, Any]:
    return {"error": {"type": kind, "reason": reason}}


def _under(server, name: str) -> list[str]:
    return [key for key, index in server.indexes.items() if name in index.aliases]


def _one(server, name: str) -> Index | None:
    found = [name] if name in server.indexes else _under(server, name)
    return server.indexes[found[0]] if found else None


def _create(server, name, options, body):
    if _one(server, name):
        return 400, error(f"index [{name}] already exists", "resource_already_exists_exception")
    shape = json.loads(body)
    server.indexes[name] = Index(shape, set(shape.get("aliases", {})))
    return 200, {"acknowledged": True, "shards_acknowledged": True, "index": name}


def _exists(server, name, options, body):
    return (200 if _one(server, name) else 404), {}


def _aliases_of(server, alias, options, body):
    found = {name: {"aliases": {alias: {}}} for name in _under(server, alias)}
    missing = {"error": f"alias [{alias}] missing", "status": 404}
    return (200, found) if found else (404, missing)


def _change_aliases(server, _, options, body):
    for action in json.loads(body)["actions"]:
        [(act, said)] = action.items()
        if said.get("alias") in server.indexes:
            return 400, error("an index exists with the same name as the alias")
        if said["index"] not in server.indexes:
            return 404, error(f"no such index [{said['index']}]", "index_not_found_exception")
        if act == "remove_index":
            del server.indexes[said["index"]]
        elif act == "add":
            server.indexes[said["index"]].aliases.add(said["alias"])
        else:
            server.indexes[said["index"]].aliases.remove(said["alias"])
    return 200, {"acknowledged": True}


def _bulk(server, alias, options, body):
    assert options == "require_alias=true"
    assert body.endswith(b"\n")
    lines = [json.loads(line) for line in body.splitlines()]
    outcomes = [
        _store(server, alias, action["index"], document)
        for action, document in zip(lines[::2], lines[1::2], strict=True)
    ]
    items = [{"index": outcome} for outcome in outcomes]
    return 200, {"took": 1, "errors": any("error" in each for each in outcomes), "items": items}


def _store(server, alias, action, document):
    assert action["version_type"] == "external"
    key, version, said = action["_id"], action["version"], {"_index": alias, "_id": action["_id"]}
    if not (names := _under(server, alias)):
        return {**said, "status": 404, **error("not an alias", "index_not_found_exception")}
    index = server.indexes[names[0]]
    if server.refusing:
        return {**said, "status": server.refusing, **error("rejected", "rejected_execution")}
    if unexpected := set(document) - set(index.fields):
        return {**said, "status": 400, **error(f"strict: {unexpected}", "mapper_exception")}
    if version <= index.versions.get(key, -1):
        return {**said, "status": 409, **error("conflict", "version_conflict_engine_exception")}
    status = 200 if key in index.versions else 201
    index.versions[key], index.documents[key] = version, document
    return {**said, "_version": version, "status": status, "result": "created"}


def _search(server, name, options, body):
    index = _one(server, name)
    if index is None:
        return 404, error(f"no such index [{name}]", "index_not_found_exception")
    question = json.loads(body)
    assert question["sort"] == [{"_score": {"order": "desc"}}, {"entry": {"order": "asc"}}]
    hits = []
    for key, document in index.documents.items():
        matched: set[str] = set()
        try:
            points = score(index, question["query"], document, matched)
        except NotUnderstood as problem:
            return 400, error(str(problem), "parsing_exception")
        if points is not None:
            hits.append((-points, document["entry"], key, sorted(matched)))
    hits.sort()
    shown = [
        {"_index": name, "_id": key, "_score": -points, "sort": [-points, entry]}
        | ({"matched_queries": matched} if matched else {})
        for points, entry, key, matched in hits[: question["size"]]
    ]
    return 200, answer_with(shown)


def answer_with(hits: list[dict], *, timed_out: Any = False, failed: Any = 0) -> dict[str, Any]:
    shards = {"total": 1, "successful": 1, "skipped": 0, "failed": failed}
    found = {"max_score": None, "hits": hits}
    return {"took": 1, "timed_out": timed_out, "_shards": shards, "hits": found}


def _refresh(server, name, options, body):
    return (200 if _one(server, name) else 404), {"_shards": {"failed": 0}}


CALLS = [
    ("POST", r"/(_)aliases", _change_aliases),
    ("GET", r"/_alias/([^/]+)", _aliases_of),
    ("PUT", r"/([^/_][^/]*)", _create),
    ("HEAD", r"/([^/_][^/]*)", _exists),
    ("POST", r"/([^/_][^/]*)/_bulk", _bulk),
    ("POST", r"/([^/_][^/]*)/_search", _search),
    ("POST", r"/([^/_][^/]*)/_refresh", _refresh),
]


@contextmanager
def search_server_for(settings, *, tls=None):
    """Run a server without an index, which SEARCH_URL names; stop it in the end."""
    noted = {"indexes": {}, "seen": [], "fault": None, "refusing": 0, "answers": {}}
    events = {"is_over": threading.Event(), "lock": threading.Lock()}
    with serving(Handler, tls=tls, **noted, **events) as server:
        url = f"opensearch://headword:secret@{server.host}/headword"
        settings.SEARCH_SERVER = search_address.read(url)
        try:
            yield server
        finally:
            server.is_over.set()
            search_server.forget()


def catch_up() -> None:
    """Do what waits for the search server, as the worker does; nothing without a server."""
    for message in OutboxMessage.objects.filter(kind="glossary.index_entries", done_at=None):
        assert outbox.run_here(message), OutboxMessage.objects.get(pk=message.pk).last_error


def texts(server, name: str = "headword") -> dict[int, list[str]]:
    """The names of the documents in the index under `name`; none for those that are empty."""
    index = _one(server, name)
    return {int(key): document.get("names", []) for key, document in index.documents.items()}
