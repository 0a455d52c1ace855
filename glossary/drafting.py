"""Drafts: keeping versions that readers do not see, and having them reviewed.

Public as part of `glossary.publishing`, where all verbs of the desk are found.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from config import outbox
from glossary import history, named_links, permissions, pictures, revisions
from glossary.models import Entry, Revision
from glossary.revisions import Snapshot


class NewerDraft(Exception):
    """Somebody saved a newer version than the one that this change began with."""

    def __init__(self, newest: Revision) -> None:
        super().__init__(f"{newest} by {newest.created_by_name}")
        self.newest = newest


class NotApproved(Exception):
    """The site publishes only what a reviewer approved, and this draft is not approved."""


class NoDraft(Exception):
    """There is no draft to which the verb could apply."""


@transaction.atomic
def save_draft(
    entry: Entry,
    snapshot: Snapshot,
    *,
    by: Any = None,
    note: str = "",
    base: str | None = None,
    is_autosave: bool = False,
    now: datetime | None = None,
) -> Revision | None:
    """Keep `snapshot` as the newest version of `entry`; readers do not see it.

    Until the entry is published its rows follow, afterwards they stay as they
    are. `base` is the mark of the version that the change began with. An
    autosave goes on in the same version; content that is as it was makes no
    version. Raises NewerDraft and PermissionDenied.
    """
    permissions.require(by, "save_draft", entry)
    now = now or timezone.now()
    revisions.lock(entry)
    newest = entry.revisions.first()
    if base is not None and base != revisions.mark(newest) and newest:
        raise NewerDraft(newest)
    revisions.keep_live(entry)
    newest = newest or entry.live
    is_as_it_was = newest is not None and revisions.newest(entry) == snapshot
    if is_as_it_was and not (note or _ends_autosave(newest, is_autosave)):
        return entry.draft or entry.live
    revision = _go_on(entry, newest, snapshot, by=by, note=note, now=now)
    if revision is None:
        revision = revisions.record(
            entry, snapshot, by=by, note=note, is_autosave=is_autosave, now=now
        )
    elif not is_autosave:
        revision.is_autosave = False
        revision.save(update_fields=["is_autosave"])
    if entry.state == Entry.State.DRAFT:
        revisions.apply(entry, snapshot)
    pictures.remember(entry, snapshot["body"])
    named_links.remember(entry, [snapshot["body"], entry.body], now)
    if entry.state == Entry.State.DRAFT:
        named_links.settle(entry, now)
    entry.draft = revision
    if entry.review == Entry.Review.APPROVED:
        # What was approved is not what is there now.
        entry.review = Entry.Review.NONE
    entry.save(update_fields=["draft", "review"])
    if not is_autosave:
        history.note(entry, "saved", by=by, note=note, revision=revision, now=now)
    return revision


@transaction.atomic
def discard(entry: Entry, *, by: Any = None, now: datetime | None = None) -> None:
    """Leave the draft of a published `entry`; it stays among the versions. Raises NoDraft.

    If it was to appear at a date, it no longer does, which only those may
    decide who schedule.
    """
    permissions.require(by, "discard", entry)
    revisions.lock(entry)
    if entry.draft is None or entry.state == Entry.State.DRAFT:
        raise NoDraft
    if entry.planned_id == entry.draft_id:
        permissions.require(by, "schedule", entry)
    dropped, entry.draft, entry.review = entry.draft, None, Entry.Review.NONE
    if entry.planned_id == dropped.pk:
        entry.planned, entry.planned_at = None, None
    entry.save(update_fields=["draft", "review", "planned", "planned_at"])
    named_links.remember(entry, [entry.body], now)
    history.note(entry, "discarded", by=by, revision=dropped, now=now)


@transaction.atomic
def restore(
    entry: Entry, revision: Revision, *, by: Any = None, now: datetime | None = None
) -> Revision | None:
    """Make an earlier version of `entry` its newest draft; nothing is lost."""
    permissions.require(by, "restore", entry)
    note = f"Version {revision.number} again"
    revisions.lock(entry)
    draft = save_draft(entry, revision.snapshot, by=by, note=note, now=now)
    history.note(entry, "restored", by=by, note=note, revision=revision, now=now)
    return draft


@transaction.atomic
def submit(entry: Entry, *, by: Any = None, note: str = "", now: datetime | None = None) -> None:
    """Ask for a review of the draft of `entry`. Raises NoDraft."""
    _review(entry, "submit", Entry.Review.WAITING, by=by, note=note, now=now)
    outbox.enqueue("glossary.tell_reviewer", entry=entry.pk)


@transaction.atomic
def approve(
    entry: Entry,
    *,
    by: Any = None,
    by_name: str = "",
    note: str = "",
    now: datetime | None = None,
) -> None:
    """Say that the draft of `entry` is right. Raises NoDraft.

    `by_name` is the reviewer who approves by a shared link, without a login.
    """
    _review(entry, "approve", Entry.Review.APPROVED, by=by, by_name=by_name, note=note, now=now)


@transaction.atomic
def return_with_comment(
    entry: Entry, *, by: Any = None, note: str, now: datetime | None = None
) -> None:
    """Give the draft of `entry` back to its writer, saying why. Raises NoDraft."""
    _review(entry, "return", Entry.Review.RETURNED, by=by, note=note, now=now)
    outbox.enqueue("glossary.tell_writer", entry=entry.pk)


def _review(
    entry: Entry,
    verb: str,
    outcome: Entry.Review,
    *,
    by: Any,
    note: str,
    by_name: str = "",
    now: datetime | None,
) -> None:
    revisions.lock(entry)
    permissions.require(by, verb, entry)
    if entry.draft is None and entry.state != Entry.State.DRAFT:
        raise NoDraft
    if entry.draft is None:
        entry.draft = revisions.record(entry, revisions.snapshot_of(entry), by=by, now=now)
    entry.review = outcome
    entry.save(update_fields=["draft", "review"])
    done = {"submit": "submitted", "approve": "approved", "return": "returned"}[verb]
    history.note(entry, done, by=by, by_name=by_name, note=note, revision=entry.draft, now=now)


def _ends_autosave(newest: Revision | None, is_autosave: bool) -> bool:
    """Whether an explicit save makes a version of what was only kept by itself."""
    return bool(newest and newest.is_autosave and not is_autosave)


def _go_on(
    entry: Entry,
    newest: Revision | None,
    snapshot: Snapshot,
    *,
    by: Any,
    note: str,
    now: datetime,
) -> Revision | None:
    """The newest version with `snapshot`, if it is an autosave that `by` may go on with."""
    is_open = newest is not None and newest.is_autosave and newest.pk == entry.draft_id
    if not is_open or newest is None or by is None or newest.created_by_id != by.pk:
        return None
    if entry.review or newest.pk == entry.planned_id or newest.shares.exists():
        # Somebody relies on it as it is.
        return None
    newest.snapshot, newest.created_at, newest.note = snapshot, now, note[:200]
    newest.save(update_fields=["snapshot", "created_at", "note"])
    return newest
