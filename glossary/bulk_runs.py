"""Acts on many entries as outbox messages: begun here or left to the worker, with a report.

A run is one message for each 200 entries. A message notes each outcome in the
transaction of the entry itself, so that a worker which takes over goes on
where the last one stopped, and its payload is the report afterwards.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.db import transaction

from config import outbox
from config.models import OutboxMessage
from glossary import bulk
from glossary.models import Entry

KIND = "glossary.bulk"
AT_ONCE = 200
"""Entries that are done within the request; and those of one message."""


@dataclass
class Report:
    """What a run has come to so far."""

    act: bulk.Act
    by: int | None
    words: str
    total: int = 0
    done: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str]] = field(default_factory=list)
    """(key of the entry, reason)."""
    is_finished: bool = True
    has_failed: bool = False

    @property
    def waiting(self) -> int:
        return self.total - len(self.done) - len(self.skipped)


def begin(
    act: bulk.Act, keys: list[int], *, value: Any = None, by: Any = None, note: str = ""
) -> str:
    """Do `act` to the entries with `keys`, or leave it to the worker if they are many.

    Returns the name of the run, by which `report` tells of it. Raises
    bulk.TargetGone.
    """
    run = str(uuid4())
    words = act.in_words(act.target(value))
    said = {"run": run, "act": act.name, "value": value, "by": getattr(by, "pk", None)}
    with transaction.atomic():
        messages = [
            outbox.enqueue(
                KIND,
                **said,
                note=note,
                words=words,
                keys=keys[start : start + AT_ONCE],
                done=[],
                skipped=[],
            )
            for start in range(0, len(keys), AT_ONCE)
        ]
    if len(messages) == 1:
        outbox.run_here(messages[0])
    return run


def carry_on(message: OutboxMessage) -> None:
    """Outbox handler: do what is left of a message, entry by entry."""
    payload = message.payload
    act = bulk.ACTS[payload["act"]]
    by = get_user_model().objects.filter(pk=payload["by"]).first()
    seen = {*payload["done"], *(key for key, _ in payload["skipped"])}
    for key in payload["keys"]:
        if key in seen:
            continue
        with transaction.atomic():
            reason = _outcome(act, key, payload, by)
            if reason:
                payload["skipped"].append([key, reason])
            else:
                payload["done"].append(key)
            OutboxMessage.objects.filter(pk=message.pk).update(payload=payload)


def _outcome(act: bulk.Act, key: int, payload: dict[str, Any], by: Any) -> str:
    if payload["by"] is not None and by is None:
        return "whoever began this is no longer on the staff"
    return bulk.perform(act, key, value=payload["value"], by=by, note=payload["note"])


def report(run: str) -> Report | None:
    """Return what has become of a run, as long as its messages are kept: 30 days. One query."""
    messages = list(OutboxMessage.objects.filter(kind=KIND, payload__run=run).order_by("pk"))
    if not messages:
        return None
    first = messages[0].payload
    found = Report(bulk.ACTS[first["act"]], first["by"], first["words"])
    for message in messages:
        found.total += len(message.payload["keys"])
        found.done += message.payload["done"]
        found.skipped += [(key, reason) for key, reason in message.payload["skipped"]]
        found.is_finished &= message.done_at is not None
        found.has_failed |= message.failed_at is not None
    return found


def reasons(found: Report, *, most: int) -> list[tuple[str, int, list[Entry]]]:
    """Return (reason, how many, the first `most` of them) of what was skipped; one query."""
    by_reason: dict[str, list[int]] = {}
    for key, reason in found.skipped:
        by_reason.setdefault(reason, []).append(key)
    shown = [key for keys in by_reason.values() for key in keys[:most]]
    entries = Entry.objects.only("term").in_bulk(shown)
    return [
        (reason, len(keys), [entries[key] for key in keys[:most] if key in entries])
        for reason, keys in by_reason.items()
    ]
