"""Telling the search server what there is to find, through the outbox.

Documents are read for it in a transaction that counts the readings first, so
that they queue: a later one has read at least as much. The server is given
that count as the version of each document (version_type `external`) and
refuses what was read earlier, however late it arrives and however often.
What is not published any more is told as an empty document rather than
deleted: a server soon forgets the version of what was deleted.
"""

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from config import outbox, search_server
from config.models import OutboxMessage
from config.search_server import Unavailable
from glossary.models import Entry, EntryTopic, SearchDocument, ServerIndex

BATCH = 100
"""Documents that are read at once."""
MOST_SENT = 5_000_000
"""Bytes of a request, where documents allow; OpenSearch recommends 5 to 15 MB."""
PATIENCE = 10.0
"""Seconds that a worker waits for the server, while mails wait for the worker."""
MOST_TOLD = 1024 * 1024
"""Bytes of what the server says of a batch."""

FINE = {200, 201, 409}
"""Stored, or something newer was stored already."""
BUSY = {429, 500, 502, 503, 504}


class Refused(Exception):
    """The server does not take a document, and is well otherwise."""


def later(entries: Iterable[int]) -> None:
    """Leave word, in the caller's transaction, that these entries (keys) changed for searches.

    Nothing is left without a search server.
    """
    keys = sorted(set(entries))
    if settings.SEARCH_SERVER:
        for start in range(0, len(keys), BATCH):
            outbox.enqueue("glossary.index_entries", entries=keys[start : start + BATCH])


def index(message: OutboxMessage) -> None:
    """Outbox handler: tell the server how the `entries` (keys) of `message` are now.

    Also the index that is being built, if there is one; one that is not there
    at all is left to `manage.py reindex`, which reads everything. Raises
    Refused and Unavailable, the latter at once while the server is left alone.
    """
    if settings.SEARCH_SERVER is None:
        return
    lines = read(message.payload["entries"])
    for alias in (search_server.index(), building_alias()):
        search_server.ask(partial(tell, alias, lines))


def building_alias() -> str:
    """Return the name under which the index that is being built is written to."""
    return f"{search_server.index()}-next"


def read(entries: Iterable[int]) -> list[bytes]:
    """Return what is to be told of each of `entries` (keys): an action with its document."""
    keys = list(entries)
    with transaction.atomic():
        version = _count_reading()
        documents = _documents(keys)
    return [_action(key, version, documents.get(key, {})) for key in keys]


def tell(alias: str, lines: list[bytes], *, timeout: float = PATIENCE) -> bool:
    """Send `lines` to the index under `alias`; return whether there is one.

    Each request may take `timeout` seconds. Raises Refused and Unavailable.
    """
    return all(_send(alias, batch, timeout) for batch in _batches(lines))


def _count_reading() -> int:
    ServerIndex.objects.get_or_create(pk=1)
    # The row stays locked, so that whoever reads next reads after us.
    ServerIndex.objects.filter(pk=1).update(readings=F("readings") + 1)
    return ServerIndex.objects.values_list("readings", flat=True).get(pk=1)


def _documents(keys: list[int]) -> dict[int, dict[str, Any]]:
    """The documents of the published ones among the entries, due or not yet. Two queries."""
    topics: dict[int, list[int]] = {}
    memberships = EntryTopic.objects.filter(content_object__in=keys)
    for key, topic in memberships.values_list("content_object", "tag"):
        topics.setdefault(key, []).append(topic)
    published = SearchDocument.objects.filter(entry__in=keys, entry__state=Entry.State.PUBLISHED)
    found = {}
    for row in published.select_related("entry").only(
        "term", "aliases", "definition", "body", "entry__language", "entry__published_at"
    ):
        names = [row.term, *row.aliases.splitlines()]
        published_at = row.entry.published_at
        assert published_at is not None  # noqa: S101 - what is published has a date
        found[row.pk] = {
            "entry": row.pk,
            "language": row.entry.language,
            "published_at": int(published_at.timestamp()),
            "topics": sorted(topics.get(row.pk, [])),
            "names": names,
            "lead": [*names, row.definition],
            "words": [*names, row.definition, row.body],
        }
    return found


def _action(key: int, version: int, document: dict[str, Any]) -> bytes:
    named = {"_id": str(key), "version": version, "version_type": "external"}
    said = (json.dumps(each, separators=(",", ":")) for each in ({"index": named}, document))
    return "".join(f"{line}\n" for line in said).encode()


def _batches(lines: list[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and size + len(line) > MOST_SENT:
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line)
    if batch:
        yield batch


def _send(alias: str, batch: list[bytes], timeout: float) -> bool:
    # A name that is no alias would become an index that finds nothing.
    path = f"/{alias}/_bulk?require_alias=true"
    status, answer = search_server.send(
        "POST", path, lines=b"".join(batch), timeout=timeout, limit=MOST_TOLD
    )
    if status == 404:
        return False
    if status != 200:
        raise Unavailable(f"the search server answered {status}")
    try:
        outcomes = [item["index"]["status"] for item in answer["items"]]
    except (TypeError, KeyError) as error:
        raise Unavailable("the search server's answer has another shape") from error
    if len(outcomes) != len(batch):
        raise Unavailable(f"the search server spoke of {len(outcomes)} of {len(batch)} documents")
    refused = [status for status in outcomes if status not in {*FINE, 404}]
    if refused:
        kind = Unavailable if BUSY.intersection(refused) else Refused
        raise kind(f"the search server took {len(refused)} documents with {refused[0]}")
    return 404 not in outcomes
