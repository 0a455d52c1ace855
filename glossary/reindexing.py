"""Building the index on the search server anew, beside the one that answers meanwhile."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from config import search_server
from config.search_server import Unavailable
from glossary import indexing
from glossary.models import SearchDocument, ServerIndex

SHAPE: dict[str, Any] = {
    "settings": {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "analysis": {
            # Words come folded by `glossary.words`, and are set apart by spaces.
            "filter": {"headword_stem": {"type": "stemmer", "language": "porter2"}},
            "analyzer": {
                "headword_words": {"type": "custom", "tokenizer": "whitespace"},
                "headword_stems": {
                    "type": "custom",
                    "tokenizer": "whitespace",
                    "filter": ["headword_stem"],
                },
            },
        },
    },
    "mappings": {
        "dynamic": "strict",
        # Nothing of a document is ever read back.
        "_source": {"enabled": False},
        "properties": {
            "entry": {"type": "long"},
            "language": {"type": "keyword"},
            "published_at": {"type": "long"},
            "topics": {"type": "long"},
            "names": {"type": "text", "analyzer": "headword_words"},
            "lead": {"type": "text", "analyzer": "headword_stems"},
            "words": {"type": "text", "analyzer": "headword_stems"},
        },
    },
}
"""Stems are those of PostgreSQL's search, so that both find the same."""


PATIENCE = 60.0
"""Seconds for each request; somebody is looking on, and nothing waits."""


class NoServer(Exception):
    """SEARCH_URL names no search server."""


class NameTaken(Exception):
    """The name of the index in SEARCH_URL is that of an index, and not of an alias of ours."""


class Overtaken(Exception):
    """The index that was being built is gone: another run has finished or removed it."""


def reindex(
    *, say: Callable[[int], object] = lambda through: None, now: datetime | None = None
) -> int:
    """Build a new index from all documents and let searches use it; return how many were read.

    What an earlier run left unfinished is gone on with. Changes meanwhile go
    into both indexes. Memory and each request are bounded by
    `indexing.BATCH`. `say` hears of each batch. Raises NoServer, NameTaken,
    Overtaken, indexing.Refused and Unavailable; the old index answers until all is done.
    """
    if settings.SEARCH_SERVER is None:
        raise NoServer
    alias = search_server.index()
    if not _indexes_under(alias) and _call("HEAD", f"/{alias}", fine={200, 404})[0] == 200:
        raise NameTaken
    state = ServerIndex.objects.get_or_create(pk=1)[0]
    if _indexes_under(indexing.building_alias()) != [state.building]:
        _begin(state, now or timezone.now())
    count = 0
    while keys := _next_keys(state):
        lines = indexing.read(keys)
        if not indexing.tell(indexing.building_alias(), lines, timeout=PATIENCE):
            raise Overtaken
        state.built_through = keys[-1]
        state.save(update_fields=["built_through"])
        count += len(keys)
        say(count)
    _switch(state)
    return count


def _begin(state: ServerIndex, now: datetime) -> None:
    """Create an empty index to be built, in the place of those that nobody finished."""
    alias = indexing.building_alias()
    for forgotten in _indexes_under(alias):
        _change([{"remove_index": {"index": forgotten}}])
    state.building = f"{search_server.index()}-{now:%Y%m%d%H%M%S%f}"
    state.built_through = 0
    _call("PUT", f"/{state.building}", {**SHAPE, "aliases": {alias: {}}})
    state.save(update_fields=["building", "built_through"])


def _next_keys(state: ServerIndex) -> list[int]:
    rest = SearchDocument.objects.filter(pk__gt=state.built_through).order_by("pk")
    return list(rest.values_list("pk", flat=True)[: indexing.BATCH])


def _switch(state: ServerIndex) -> None:
    """Let searches use what was built, and remove what they used; one step for the server."""
    _call("POST", f"/{state.building}/_refresh")
    alias = search_server.index()
    old = [index for index in _indexes_under(alias) if index != state.building]
    _change(
        [
            {"add": {"index": state.building, "alias": alias}},
            {"remove": {"index": state.building, "alias": indexing.building_alias()}},
            *({"remove_index": {"index": index}} for index in old),
        ]
    )
    state.building, state.built_through = "", 0
    state.save(update_fields=["building", "built_through"])


def _indexes_under(alias: str) -> list[str]:
    status, answer = _call("GET", f"/_alias/{alias}", fine={200, 404})
    if status == 404:
        return []
    if not isinstance(answer, dict):
        raise Unavailable("the search server's answer has another shape")
    return sorted(answer)


def _change(actions: list[dict[str, Any]]) -> None:
    _call("POST", "/_aliases", {"actions": actions})


def _call(
    method: str, path: str, content: object = None, *, fine: set[int] | None = None
) -> tuple[int, Any]:
    status, answer = search_server.send(method, path, content, timeout=PATIENCE)
    if status not in (fine or {200}):
        raise Unavailable(f"the search server answered {status} to {method} {path}{_why(answer)}")
    return status, answer


def _why(answer: Any) -> str:
    """What OpenSearch says is wrong, for operators."""
    try:
        return f": {answer['error']['reason']}"[:300]
    except (TypeError, KeyError):
        return ""
