"""The acts that change what readers see: publish, withdraw, rename, render again."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from config import outbox
from glossary import addresses, cards, indexnow, names, related, relinking, rendering, search
from glossary.models import Entry, OldSlug
from glossary.rendering import DERIVED_FIELDS, Lookups


@transaction.atomic
def publish(
    entry: Entry,
    *,
    at: datetime | None = None,
    lookups: Lookups | None = None,
    reload: bool = True,
    now: datetime | None = None,
) -> None:
    """Make `entry` public from `at` on, or else keep its date, or else now.

    Stores the derived content, the links, the names and the search document
    of the entry as it stands, and renders the entries whose texts mention it:
    at once when they are few, by the outbox when they are many or when its
    date is in the future. A date in the future is simply not yet public.
    Publishing a published entry again shows its changes and moves the date of
    update. The row is locked and read again first, unless `reload` is False
    because the caller has just stored it; `lookups` may answer for many
    entries at once, as imports do, which see to the other texts themselves.
    """
    now = now or timezone.now()
    if reload:
        _lock(entry)
    was_shown = entry.state == Entry.State.PUBLISHED
    is_first_time = entry.updated_at is None
    entry.state = Entry.State.PUBLISHED
    entry.published_at = at or entry.published_at or now
    entry.updated_at = entry.published_at if is_first_time else max(now, entry.published_at)
    has_dropped_links = rendering.show(entry, lookups or Lookups(now=now))
    entry.save(update_fields=[*DERIVED_FIELDS, "state", "published_at", "updated_at"])
    changed_names = names.store(entry)
    search.index(entry)
    if has_dropped_links:
        # A target may be published by another transaction that does not see this one's links.
        outbox.enqueue("glossary.rerender", entries=[entry.pk])
    if lookups is None:
        if changed_names or not (was_shown and entry.is_public(now)):
            # Perhaps postponed: what links to it must not lead readers to a page that has gone.
            relinking.relink(entry, was_public=not is_first_time, also=changed_names, now=now)
        relinking.check_later(entry, now)
        related.renew(entry)
        # Those around it may want to lead here, which can wait.
        neighbours = related.neighbours(entry) if is_first_time else related.mentioned(entry)
        if neighbours:
            outbox.enqueue("glossary.relate", entries=neighbours)
    indexnow.announce([entry.get_absolute_url()], due_at=max(now, entry.published_at))


@transaction.atomic
def withdraw(entry: Entry) -> None:
    """Take `entry` off every public page; nothing of it is lost."""
    _lock(entry)
    was_public = entry.is_public()
    entry.state = Entry.State.WITHDRAWN
    entry.save(update_fields=["state"])
    search.remove(entry)
    relinking.relink(entry, was_public=True, also=names.remove(entry))
    relinking.check_later(entry, timezone.now())
    transaction.on_commit(partial(cards.forget, entry.pk))
    if was_public:
        indexnow.announce([entry.get_absolute_url()])


@transaction.atomic
def delete(entries: Iterable[Entry]) -> None:
    """Delete `entries` for good and take the links to them out of other entries."""
    doomed = list(entries)
    sources = {pk for entry in doomed for pk in relinking.sources_of(entry)}
    sources -= {entry.pk for entry in doomed}
    for entry in doomed:
        relinking.unlink(sources, entry)
        if entry.is_public():
            indexnow.announce([entry.get_absolute_url()])
        transaction.on_commit(partial(cards.forget, entry.pk))
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
    relinking.relink(entry, was_public=entry.is_public())
    relinking.check_later(entry, timezone.now())
    if entry.is_public():
        indexnow.announce([addresses.path_of(slug, language=language), entry.get_absolute_url()])


@transaction.atomic
def renew_topics(entries: Iterable[int]) -> None:
    """Show the present topics on the pages of the published ones among `entries` (keys)."""
    keys = list(entries)
    for start in range(0, len(keys), relinking.BATCH):
        published = Entry.objects.filter(
            pk__in=keys[start : start + relinking.BATCH], state=Entry.State.PUBLISHED
        )
        found = list(published.only("pk"))
        prefetch_related_objects(found, "topics")
        for entry in found:
            entry.public_topics = rendering.public_topics(entry)
        Entry.objects.bulk_update(found, ["public_topics"])


def _lock(entry: Entry) -> None:
    """Make others wait, and `entry` what is stored: a row loaded earlier may be stale.

    Not its key: two entries that mention each other may be published at once,
    and each one's mentions refer to the other's key.
    """
    entry.refresh_from_db(from_queryset=Entry.objects.select_for_update(no_key=True))
