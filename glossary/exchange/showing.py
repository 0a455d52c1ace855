"""Publishing many imported entries, with the dates that they had."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import prefetch_related_objects

from config import outbox
from glossary import addresses, names, publishing, relinking
from glossary.addresses import Found, Target
from glossary.models import Entry
from glossary.rendering import Lookups

BATCH = 50
"""Entries that one transaction publishes: well under a second of others' waiting."""


@dataclass(frozen=True)
class Waiting:
    """An entry that is stored and has to be published."""

    key: int
    language: str
    slug: str
    at: datetime | None
    updated_at: datetime | None
    """The public date of update that it had, if it is to have it again."""


def show(waiting: list[Waiting], *, now: datetime) -> None:
    """Publish all of `waiting`; the worker sees to the texts around them."""
    if not waiting:
        return
    lookups = _lookups(waiting, now)
    for start in range(0, len(waiting), BATCH):
        batch = {each.key: each for each in waiting[start : start + BATCH]}
        with transaction.atomic():
            rows = Entry.objects.filter(pk__in=batch).order_by("pk")
            entries = list(rows.select_for_update(no_key=True))
            prefetch_related_objects(entries, "topics", "aliases", "internal_links")
            for entry in entries:
                _show(entry, batch[entry.pk], lookups, now)
            keys = [entry.pk for entry in entries]
            outbox.enqueue("glossary.relink", entries=keys)
            outbox.enqueue("glossary.relate", entries=keys)


def _show(entry: Entry, waiting: Waiting, lookups: Lookups, now: datetime) -> None:
    at = waiting.at or now
    publishing.publish(entry, at=at, lookups=lookups, reload=False, now=now)
    if waiting.updated_at:
        entry.updated_at = waiting.updated_at
        entry.save(update_fields=["updated_at"])
    if not entry.is_public(now):
        relinking.check_later(entry, now)


def _lookups(waiting: list[Waiting], now: datetime) -> Lookups:
    """Answers for the texts of all: what is public, and what is about to be."""
    due = [each for each in waiting if each.at is None or each.at <= now]
    coming = {
        (each.language, each.slug): Found(
            each.key, addresses.path_of(each.slug, language=each.language)
        )
        for each in due
    }
    keys = [each.key for each in due]
    own = []
    for start in range(0, len(keys), 500):
        rows = Entry.objects.filter(pk__in=keys[start : start + 500]).for_lists()
        own += [name for entry in rows.prefetch_related("aliases") for name in names.of(entry)]

    def entry_at(target: Target) -> Found | None:
        return coming.get(target) or addresses.public_entry(target)

    return replace(relinking.whole_lookups(also=own, now=now), entry_at=entry_at)
