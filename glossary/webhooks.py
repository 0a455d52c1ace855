"""What other systems are told of entries: one builder for all events about one."""

from datetime import datetime

from config import outbox, site, webhooks
from config.models import OutboxMessage
from glossary.models import Entry

APPEARANCE = "glossary.tell_webhooks"


def published(
    entry: Entry, *, was_public: bool, change: str = "", now: datetime | None = None
) -> None:
    """Tell what a publication means to readers, in its transaction.

    `was_public` says whether they saw the entry before. One that appears at a
    date is told of then; one that was public until now disappears first.
    """
    if entry.is_public(now):
        _emit("entry.updated" if was_public else "entry.published", entry, change, now)
        return
    if was_public:
        _emit("entry.withdrawn", entry, "", now)
    outbox.enqueue(
        APPEARANCE,
        due_at=entry.published_at,
        entry=entry.pk,
        revision=entry.live_id,
        at=_moment(entry.published_at),
    )


def withdrawn(entry: Entry, *, now: datetime | None = None) -> None:
    """Tell that readers do not see `entry` any more; before the row goes, if it is deleted."""
    _emit("entry.withdrawn", entry, "", now)


def tell_of_appearance(message: OutboxMessage) -> None:
    """Outbox handler: tell that the date of an entry has come, unless that was changed."""
    key, revision = message.payload["entry"], message.payload["revision"]
    promises = OutboxMessage.objects.filter(kind=APPEARANCE, payload__entry=key)
    entry = Entry.objects.filter(pk=key).first()
    # Of two promises of one appearance the later one keeps it.
    if entry is None or not entry.is_public() or promises.filter(pk__gt=message.pk).exists():
        return
    if entry.live_id == revision and _moment(entry.published_at) == message.payload["at"]:
        _emit("entry.published", entry, "", None)


def payload_of(entry: Entry, *, change: str = "") -> dict[str, object]:
    """Return what is told of `entry`; docs/webhooks.schema.json says what it means."""
    return {
        "id": webhooks.public_id("entry", entry.pk, webhooks.moment(entry.created_at)),
        "revision": entry.events.count(),
        "version": entry.live.number if entry.live else None,
        "change": change or None,
        **reference_to(entry),
        "title": entry.title,
        "short_definition": entry.short_definition,
        "topics": [topic["name"] for topic in entry.public_topics],
        "author": entry.visible_author.name if entry.visible_author else None,
        "published_at": _moment(entry.published_at),
        "updated_at": _moment(entry.updated_at),
    }


def reference_to(entry: Entry) -> dict[str, object]:
    """Return how payloads about something else name an entry."""
    return {
        "term": entry.term,
        "language": entry.language,
        "url": site.absolute(entry.get_absolute_url()),
    }


def _emit(kind: str, entry: Entry, change: str, now: datetime | None) -> None:
    webhooks.emit(
        kind,
        subject=f"entry:{entry.pk}",
        data=lambda: {"entry": payload_of(entry, change=change)},
        now=now,
    )


def _moment(at: datetime | None) -> str | None:
    return webhooks.moment(at) if at else None
