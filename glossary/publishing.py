"""The acts that change what readers see: publish, withdraw, rename, render again."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from config import markdown, outbox
from config.models import OutboxMessage
from glossary import addresses, search
from glossary.models import Entry, OldSlug

WORDS_PER_MINUTE = 220
DERIVED_FIELDS = (
    "body_html",
    "contents",
    "plain_text",
    "reading_minutes",
    "public_topics",
    "public_aliases",
    "renderer_version",
)

AddressOf = Callable[[addresses.Target], str | None]


@transaction.atomic
def publish(
    entry: Entry,
    *,
    at: datetime | None = None,
    address_of: AddressOf = addresses.public_address,
    reload: bool = True,
    now: datetime | None = None,
) -> None:
    """Make `entry` public from `at` on, or else keep its date, or else now.

    Stores the derived content, the links and the search document of the entry
    as it stands, and leaves an outbox row, due at its date, that renders the
    entries linking to it. A date in the future is simply not yet public.
    Publishing a published entry again shows its changes and moves the date of
    update. The row is locked and read again first, unless `reload` is False
    because the caller has just stored it; `address_of` may answer for
    many targets at once, as imports do.
    """
    now = now or timezone.now()
    if reload:
        _lock(entry)
    is_first_time = entry.updated_at is None
    entry.state = Entry.State.PUBLISHED
    entry.published_at = at or entry.published_at or now
    entry.updated_at = entry.published_at if is_first_time else max(now, entry.published_at)
    has_dropped_links = _derive(entry, address_of)
    entry.save(update_fields=[*DERIVED_FIELDS, "state", "published_at", "updated_at"])
    search.index(entry)
    outbox.enqueue("glossary.relink", due_at=max(now, entry.published_at), entry=entry.pk)
    if entry.published_at > now and not is_first_time:
        # Perhaps postponed: what links to it must not lead readers to a page that has gone.
        outbox.enqueue("glossary.relink", due_at=now, entry=entry.pk)
    if has_dropped_links:
        # A target may be published by another transaction that does not see this one's links.
        outbox.enqueue("glossary.rerender", entries=[entry.pk])


@transaction.atomic
def withdraw(entry: Entry) -> None:
    """Take `entry` off every public page; nothing of it is lost."""
    _lock(entry)
    entry.state = Entry.State.WITHDRAWN
    entry.save(update_fields=["state"])
    search.remove(entry)
    outbox.enqueue("glossary.relink", entry=entry.pk)


@transaction.atomic
def delete(entries: Iterable[Entry]) -> None:
    """Delete `entries` for good and take the links to them out of other entries."""
    doomed = list(entries)
    sources = {pk for entry in doomed for pk in addresses.sources_linking_to(entry)}
    for entry in doomed:
        entry.delete()
    if sources:
        outbox.enqueue("glossary.rerender", entries=sorted(sources))


@transaction.atomic
def rename(entry: Entry, *, old_address: addresses.Target) -> None:
    """Let `old_address` lead to `entry`, whose new address is already stored.

    The live address always wins: an old address that is now the live one, of
    whichever entry, is forgotten, so that no loop can arise.
    """
    language, slug = old_address
    OldSlug.objects.filter(language=entry.language, slug=entry.slug).delete()
    OldSlug.objects.update_or_create(language=language, slug=slug, defaults={"entry": entry})
    outbox.enqueue("glossary.relink", entry=entry.pk)


@transaction.atomic
def rerender(entry: Entry, *, address_of: AddressOf = addresses.public_address) -> None:
    """Derive the content of a published `entry` again; no date moves."""
    _lock(entry)
    if entry.state != Entry.State.PUBLISHED:
        return
    _derive(entry, address_of)
    entry.save(update_fields=DERIVED_FIELDS)
    search.index(entry)


@transaction.atomic
def renew_topics(entries: Iterable[int]) -> None:
    """Show the present topics on the pages of the published ones among `entries` (keys)."""
    published = Entry.objects.filter(pk__in=list(entries), state=Entry.State.PUBLISHED)
    for entry in published.only("pk"):
        entry.public_topics = _public_topics(entry)
        entry.save(update_fields=["public_topics"])


def relink(message: OutboxMessage) -> None:
    """Outbox handler: render every published entry whose text links to `entry`."""
    entry = Entry.objects.filter(pk=message.payload["entry"]).first()
    if entry:
        _rerender_all(addresses.sources_linking_to(entry))


def rerender_sources(message: OutboxMessage) -> None:
    """Outbox handler: render the published ones among `entries`, keys of rows."""
    _rerender_all(message.payload["entries"])


def reading_minutes(text: str) -> int:
    """Return how many minutes `text` takes at 220 words a minute, at least one."""
    return max(1, math.ceil(len(text.split()) / WORDS_PER_MINUTE))


def rendered_fields(body: str, *, link: markdown.LinkResolver) -> dict[str, Any]:
    """Return the derived fields that come from the text alone, by name."""
    rendered = markdown.render(body, link=link)
    return {
        "body_html": rendered.html,
        "contents": rendered.contents,
        "plain_text": rendered.text,
        "reading_minutes": reading_minutes(rendered.text),
        "renderer_version": markdown.RENDERER_VERSION,
    }


def _rerender_all(entries: Iterable[int]) -> None:
    """Render the published ones among `entries`, each under a lock of its own."""
    for pk in entries:
        with transaction.atomic():
            source = Entry.objects.filter(pk=pk, state=Entry.State.PUBLISHED).first()
            if source:
                rerender(source)


def _lock(entry: Entry) -> None:
    """Make others wait, and `entry` what is stored: a row loaded earlier may be stale."""
    entry.refresh_from_db(from_queryset=Entry.objects.select_for_update())


def _derive(entry: Entry, address_of: AddressOf) -> bool:
    """Set the derived fields of `entry` and store its links; return whether any was dropped."""
    resolver = addresses.LinkResolver(address_of)
    for name, value in rendered_fields(entry.body, link=resolver).items():
        setattr(entry, name, value)
    entry.public_topics = _public_topics(entry)
    entry.public_aliases = [alias.name for alias in entry.aliases.all()]
    addresses.store(entry, resolver.targets)
    return resolver.has_dropped


def _public_topics(entry: Entry) -> list[dict[str, str]]:
    topics = sorted(entry.topics.all(), key=lambda topic: topic.name)
    return [{"name": topic.name, "slug": topic.slug} for topic in topics]
