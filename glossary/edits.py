"""Editorial changes beside the text: in the live version and in the draft alike."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from config import site
from glossary import freshness, history, permissions, publishing, revisions
from glossary.models import Change, Entry
from glossary.revisions import Snapshot

Changing = Callable[[Snapshot], Snapshot]
"""Returns a changed copy of a snapshot, or an equal one where nothing is to be done."""


class ChangePlanned(Exception):
    """A version is waiting for its date, and would bring back what is changed now."""


def may_edit(user: Any, entry: Entry) -> bool:
    """Whether `user` may change `entry`; what readers see is changed by those who publish."""
    is_live = entry.state == Entry.State.PUBLISHED
    return permissions.may(user, "bulk", entry) and (
        not is_live or permissions.may(user, "publish", entry)
    )


def needs_review(user: Any) -> bool:
    """Whether what readers see is changed by way of a review only: not from lists and tables."""
    return user is not None and site.current().requires_review


@transaction.atomic
def revise(
    entry: Entry,
    changing: Changing,
    *,
    by: Any = None,
    note: str = "",
    now: datetime | None = None,
) -> bool:
    """Make a new version of `entry` with what `changing` says; return whether anything changed.

    Readers see it at once if they saw the entry before; it counts as a small
    correction, so that no public date moves. A draft beside the live version
    is changed in the same way and stays a draft. Raises PermissionDenied,
    ChangePlanned, NotApproved and ValidationError.
    """
    if not may_edit(by, entry):
        raise PermissionDenied
    now = now or timezone.now()
    revisions.lock(entry)
    if entry.planned_id:
        raise ChangePlanned
    has_changed = False
    draft = entry.draft
    if entry.state == Entry.State.PUBLISHED:
        has_changed = _revise_live(entry, changing, by=by, note=note, now=now)
    if draft or entry.state != Entry.State.PUBLISHED:
        before = draft.snapshot if draft else revisions.snapshot_of(entry)
        after = changing(before)
        if after != before:
            has_changed = True
            publishing.save_draft(entry, after, by=by, note=note, now=now)
    return has_changed


def _revise_live(entry: Entry, changing: Changing, *, by: Any, note: str, now: datetime) -> bool:
    before = revisions.snapshot_of(entry)
    after = changing(before)
    if after == before:
        return False
    if needs_review(by):
        raise publishing.NotApproved
    version = revisions.record(entry, after, by=by, note=note, now=now)
    publishing.publish(entry, by=by, revision=version, change=Change.TYPO, why=note, now=now)
    return True


@transaction.atomic
def set_field(
    entry: Entry,
    name: str,
    value: Any,
    *,
    by: Any = None,
    note: str = "",
    now: datetime | None = None,
) -> None:
    """Change a field that belongs to no version, such as the owner. Raises PermissionDenied."""
    if not may_edit(by, entry):
        raise PermissionDenied
    setattr(entry, name, value)
    freshness.renew(entry, now)
    entry.save(update_fields=[name, "review_due_on"])
    history.note(entry, "changed", by=by, note=note, now=now)
