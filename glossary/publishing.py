"""The verbs of the desk: what may happen to an entry, from its draft to its withdrawal.

Each is one transaction, asks `glossary.permissions`, and leaves a line in the
entry's history. `by=None` is the system: imports, the worker, the demonstration.
Those that readers do not notice are written down in `glossary.drafting`.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max, prefetch_related_objects
from django.utils import timezone

from config import outbox, site
from config.models import OutboxMessage
from glossary import (
    addresses,
    askers,
    cards,
    external_links,
    freshness,
    history,
    indexing,
    indexnow,
    named_links,
    names,
    permissions,
    pictures,
    related,
    relinking,
    rendering,
    revisions,
    search,
    webhooks,
)
from glossary.drafting import (
    NewerDraft,
    NoDraft,
    NotApproved,
    approve,
    discard,
    restore,
    return_with_comment,
    save_draft,
    submit,
)
from glossary.models import (
    SIGNIFICANT,
    Change,
    Entry,
    EntryEvent,
    OldSlug,
    Revision,
    TermName,
)
from glossary.rendering import DERIVED_FIELDS, Lookups

__all__ = [
    "NewerDraft",
    "NoDraft",
    "NotApproved",
    "NotPublished",
    "TimeIsPast",
    "approve",
    "delete",
    "discard",
    "publish",
    "publish_planned",
    "rename",
    "renew_topics",
    "restore",
    "return_with_comment",
    "save_draft",
    "schedule",
    "submit",
    "unschedule",
    "withdraw",
]


class NotPublished(Exception):
    """Only what was published can be withdrawn."""


class TimeIsPast(Exception):
    """A change can only be scheduled for a time to come."""


# Publication ------------------------------------------------------------------------------


@transaction.atomic
def publish(
    entry: Entry,
    *,
    by: Any = None,
    at: datetime | None = None,
    change: str = Change.MEANING,
    why: str = "",
    revision: Revision | None = None,
    lookups: Lookups | None = None,
    reload: bool = True,
    now: datetime | None = None,
) -> None:
    """Make the newest version of `entry` public from `at` on, or else keep its date, or else now.

    That is `revision`, or the draft, or the rows as they stand. Stores the
    derived content, the links, the names and the search document, and renders
    the entries whose texts mention it: at once when they are few, by the
    outbox when they are many or when its date is in the future. A date in the
    future is simply not yet public. For an entry that was published before,
    `change` says what the new version means to readers: typing errors move no
    date. The row is locked and read again first, unless `reload` is False
    because the caller has just stored it; `lookups` may answer for many
    entries at once, as imports do, which see to the other texts themselves.
    Raises PermissionDenied, NotApproved, and ValidationError when address or
    term are another entry's by now.
    """
    permissions.require(by, "publish", entry)
    now = now or timezone.now()
    if reload:
        revisions.lock(entry)
    _require_approval(entry, by, revision)
    was_shown, was_public = entry.state == Entry.State.PUBLISHED, entry.is_public(now)
    is_first_time = entry.updated_at is None
    version = _put_in_place(entry, revision, by=by, now=now)
    entry.state = Entry.State.PUBLISHED
    entry.published_at = at or entry.published_at or now
    _date(entry, version, change="" if is_first_time else change, why=why, now=now)
    pictures.remember(entry, entry.body)
    newer = [entry.draft.snapshot["body"]] if entry.draft else []
    named_links.remember(entry, [entry.body, *newer], now)
    named_links.settle(entry, now)
    has_dropped_links = rendering.show(entry, lookups or Lookups(now=now))
    freshness.renew(entry, now)
    entry.save(
        update_fields=[
            *DERIVED_FIELDS,
            *("state", "published_at", "updated_at", "live", "draft", "review", "planned"),
            *("planned_at", "reviewed_on", "review_due_on"),
        ]
    )
    verb = "published" if entry.is_public(now) else "scheduled"
    history.note(entry, verb, by=by, note=why, revision=version, now=now)
    changed_names = names.store(entry)
    search.index(entry)
    indexing.later([entry.pk])
    external_links.store(entry, entry.body_html)
    if has_dropped_links:
        # A target may be published by another transaction that does not see this one's links.
        outbox.enqueue("glossary.rerender", entries=[entry.pk])
    if lookups is None:
        is_new_here = not (was_shown and entry.is_public(now))
        _let_others_follow(
            entry, changed_names, is_new_here=is_new_here, is_first_time=is_first_time, now=now
        )
    appears_at = max(now, entry.published_at)
    askers.answered(entry, due_at=appears_at)
    indexnow.announce([entry.get_absolute_url()], due_at=appears_at)
    webhooks.published(entry, was_public=was_public, change=version.change, now=now)


def _let_others_follow(
    entry: Entry,
    changed_names: list[TermName],
    *,
    is_new_here: bool,
    is_first_time: bool,
    now: datetime,
) -> None:
    """Render the texts that mention `entry` again, and what is related to it."""
    if changed_names or is_new_here:
        # Perhaps postponed: what links to it must not lead readers to a page that has gone.
        relinking.relink(entry, was_public=not is_first_time, also=changed_names, now=now)
    relinking.check_later(entry, now)
    related.renew(entry)
    # Those around it may want to lead here, which can wait.
    neighbours = related.neighbours(entry) if is_first_time else related.mentioned(entry)
    if neighbours:
        outbox.enqueue("glossary.relate", entries=neighbours)


@transaction.atomic
def schedule(
    entry: Entry,
    *,
    at: datetime,
    by: Any = None,
    change: str = Change.MEANING,
    why: str = "",
    now: datetime | None = None,
) -> None:
    """Let the newest version of `entry` appear at `at`, a time to come. Raises TimeIsPast.

    An entry that readers do not know yet needs nothing more than its date.
    For one that they read, the worker puts the new version in the place of
    the old one at that time; until then the old one stays.
    """
    permissions.require(by, "schedule", entry)
    now = now or timezone.now()
    if at <= now:
        raise TimeIsPast
    revisions.lock(entry)
    if not entry.is_public(now):
        publish(entry, by=by, at=at, change=change, why=why, now=now)
        return
    if entry.draft is None:
        raise NoDraft
    _require_approval(entry, by, None)
    entry.planned, entry.planned_at = entry.draft, at
    entry.planned.change, entry.planned.why = Change(change), why[:200]
    entry.planned.save(update_fields=["change", "why"])
    entry.save(update_fields=["planned", "planned_at"])
    outbox.enqueue(
        "glossary.publish_planned", due_at=at, entry=entry.pk, revision=entry.planned.pk
    )
    history.note(entry, "scheduled", by=by, note=why, revision=entry.planned, now=now)


@transaction.atomic
def unschedule(entry: Entry, *, by: Any = None, now: datetime | None = None) -> None:
    """Take back what was planned: a change, or an entry's appearance. Raises NoDraft."""
    permissions.require(by, "schedule", entry)
    now = now or timezone.now()
    revisions.lock(entry)
    dropped: Revision | None
    if entry.planned:
        dropped, entry.planned, entry.planned_at = entry.planned, None, None
        entry.save(update_fields=["planned", "planned_at"])
    elif entry.state == Entry.State.PUBLISHED and not entry.is_public(now):
        dropped = entry.live
        # Readers never saw it, and are not told of it once its date has come.
        entry.revisions.filter(pk=entry.live_id or 0).update(change="", published_at=None)
        _hide(entry, Entry.State.DRAFT)
        entry.published_at = entry.updated_at = None
        entry.draft, entry.live = entry.draft or dropped, None
        entry.save(update_fields=["published_at", "updated_at", "draft", "live"])
    else:
        raise NoDraft
    history.note(entry, "unscheduled", by=by, revision=dropped, now=now)


@transaction.atomic
def publish_planned(message: OutboxMessage) -> None:
    """Outbox handler: put a planned version in its place, unless it was taken back."""
    # Held, so that nobody takes it back between the look and the act.
    held = Entry.objects.select_for_update(no_key=True)
    entry = held.filter(pk=message.payload["entry"]).first()
    planned: int = message.payload["revision"]
    if entry is None or entry.planned_id != planned or entry.state != Entry.State.PUBLISHED:
        return
    if entry.planned_at and entry.planned_at > timezone.now():
        # Postponed: another message is due then.
        return
    version = Revision.objects.get(pk=planned)
    publish(entry, revision=version, change=version.change or Change.MEANING, why=version.why)


@transaction.atomic
def withdraw(entry: Entry, *, by: Any = None, note: str = "", now: datetime | None = None) -> None:
    """Take `entry` off every public page; nothing of it is lost. Raises NotPublished."""
    permissions.require(by, "withdraw", entry)
    revisions.lock(entry)
    if entry.state != Entry.State.PUBLISHED:
        raise NotPublished
    was_public = entry.is_public()
    entry.planned, entry.planned_at = None, None
    if not was_public:
        # Only what readers once saw is gone, and not what would have appeared at a date.
        shown = entry.events.filter(verb=EntryEvent.Verb.PUBLISHED)
        entry.published_at = entry.updated_at = shown.aggregate(last=Max("at"))["last"]
    _hide(entry, Entry.State.WITHDRAWN)
    entry.save(update_fields=["planned", "planned_at", "published_at", "updated_at"])
    history.note(entry, "withdrawn", by=by, note=note, revision=entry.live, now=now)
    if was_public:
        indexnow.announce([entry.get_absolute_url()])
        webhooks.withdrawn(entry, now=now)


@transaction.atomic
def delete(entries: Iterable[Entry]) -> None:
    """Delete `entries` for good and take the links to them out of other entries."""
    doomed = list(entries)
    keys = [entry.pk for entry in doomed]
    sources = {pk for entry in doomed for pk in relinking.sources_of(entry)}
    sources -= {entry.pk for entry in doomed}
    for entry in doomed:
        relinking.unlink(sources, entry)
        if entry.is_public():
            indexnow.announce([entry.get_absolute_url()])
            webhooks.withdrawn(entry)
        transaction.on_commit(partial(cards.forget, entry.pk))
        entry.delete()
    indexing.later(keys)
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
        indexing.later(entry.pk for entry in found)


# Parts ------------------------------------------------------------------------------------


def _require_approval(entry: Entry, by: Any, revision: Revision | None) -> None:
    """Raise NotApproved when the site wants a review and there was none."""
    is_asked_for = by is not None and revision is None and site.current().requires_review
    has_news = entry.draft is not None or entry.live is None
    if is_asked_for and has_news and entry.review != Entry.Review.APPROVED:
        raise NotApproved


def _put_in_place(entry: Entry, revision: Revision | None, *, by: Any, now: datetime) -> Revision:
    """Make the rows of `entry` those of the version to be shown; return it."""
    version = revision or entry.draft
    if version is None:
        snapshot = revisions.snapshot_of(entry)
        if entry.live is None or entry.live.snapshot != snapshot:
            entry.live = revisions.record(entry, snapshot, by=by, now=now)
        return entry.live
    old_address = entry.language, entry.slug
    revisions.apply(entry, version.snapshot)
    if entry.updated_at and old_address != (entry.language, entry.slug):
        rename(entry, old_address=old_address)
    if entry.review == Entry.Review.APPROVED and entry.reviewer and version == entry.draft:
        entry.reviewed_on = timezone.localdate(now, site.current().zone)
    if entry.draft_id == version.pk:
        entry.draft, entry.review = None, Entry.Review.NONE
    # A plan from before would put an older version in the place of this one.
    entry.planned, entry.planned_at = None, None
    entry.live = version
    return version


def _date(entry: Entry, version: Revision, *, change: str, why: str, now: datetime) -> None:
    """Say when this version appears, and move the public date if readers should look again."""
    assert entry.published_at is not None  # noqa: S101 - publish has just set it
    appears_at = max(now, entry.published_at)
    if entry.updated_at is None:
        entry.updated_at = entry.published_at
    elif change in SIGNIFICANT or entry.published_at > now:
        entry.updated_at = appears_at
    version.change, version.why = change, why[:200]
    version.published_at = entry.updated_at if not change else appears_at
    version.save(update_fields=["change", "why", "published_at"])


def _hide(entry: Entry, state: Entry.State) -> None:
    """Take `entry` out of everything that readers, searches and texts see."""
    entry.state = state
    entry.save(update_fields=["state"])
    search.remove(entry)
    indexing.later([entry.pk])
    external_links.store(entry, "")
    relinking.relink(entry, was_public=True, also=names.remove(entry))
    relinking.check_later(entry, timezone.now())
    transaction.on_commit(partial(cards.forget, entry.pk))
