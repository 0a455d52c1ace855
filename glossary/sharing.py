"""Drafts for people without a login: a link to one version, for a time, until it is revoked."""

from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation

from authors.models import Author
from config import site
from config.markdown import Rendered
from glossary import history, permissions, publishing, rendering, revisions
from glossary.models import DraftComment, DraftShare, Entry

LONGEST = timedelta(days=90)
MOST_COMMENTS = 200
"""Comments by one link: nobody has more to say, but a program might."""
LONGEST_COMMENT = 2000

_SIGNER = signing.Signer(salt="glossary.sharing", sep="~")


class LinkEnded(Exception):
    """The link was right once; it has expired or was revoked."""


class TextChanged(Exception):
    """The version that was shared is no longer the newest one."""


@transaction.atomic
def share(
    entry: Entry,
    *,
    recipient: str,
    lasts: timedelta,
    reviewer: Author | None = None,
    by: Any = None,
    now: datetime | None = None,
) -> DraftShare:
    """Make a link to the newest version of `entry`; with a `reviewer` it may approve.

    Such a link is made by those who may approve drafts themselves: whoever
    has it answers for the reviewer. Raises PermissionDenied.
    """
    permissions.require(by, "share", entry)
    if reviewer is not None:
        permissions.require(by, "approve")
    now = now or timezone.now()
    revisions.lock(entry)
    newest = entry.draft or entry.live
    if newest is None:
        newest = revisions.record(entry, revisions.snapshot_of(entry), by=by, now=now)
        entry.draft = newest
        entry.save(update_fields=["draft"])
    made = DraftShare.objects.create(
        revision=newest,
        recipient=recipient,
        reviewer=reviewer,
        created_by=by,
        created_at=now,
        expires_at=now + min(lasts, LONGEST),
    )
    history.note(entry, "shared", by=by, note=f"For {recipient}", revision=newest, now=now)
    return made


@transaction.atomic
def revoke(made: DraftShare, *, by: Any = None, now: datetime | None = None) -> None:
    """End a link at once."""
    entry = made.revision.entry
    permissions.require(by, "share", entry)
    now = now or timezone.now()
    if DraftShare.objects.filter(pk=made.pk, revoked_at=None).update(revoked_at=now):
        note = f"For {made.recipient}"
        history.note(entry, "revoked", by=by, note=note, revision=made.revision, now=now)


def path_of(made: DraftShare) -> str:
    """Return the address of a link, in the language of its text."""
    with translation.override(made.revision.snapshot["language"]):
        return reverse("glossary:draft", args=[_SIGNER.sign(str(made.pk))])


def share_at(token: str, now: datetime | None = None) -> DraftShare | None:
    """Return what `token` stands for, None if it is none of ours. Raises LinkEnded."""
    try:
        key = int(_SIGNER.unsign(token))
    except (signing.BadSignature, ValueError):
        return None
    found = DraftShare.objects.select_related(
        "reviewer", "revision__entry__live", "revision__entry__draft"
    )
    made = found.filter(pk=key).first()
    if made and not made.is_open(now):
        raise LinkEnded
    return made


def text_of(made: DraftShare) -> tuple[Entry, Rendered]:
    """Return the entry as the shared version has it, in memory, and its rendered text."""
    entry = Entry.objects.get(pk=made.revision.entry_id)
    revisions.show_in(entry, made.revision.snapshot)
    return entry, rendering.of_draft(entry)


@transaction.atomic
def comment(
    made: DraftShare,
    text: str,
    *,
    heading: tuple[str, str] = ("", ""),
    now: datetime | None = None,
) -> bool:
    """Keep what the reader of a link says about a heading (id, words); return whether it was."""
    if made.comments.count() >= MOST_COMMENTS:
        return False
    now = now or timezone.now()
    DraftComment.objects.create(
        share=made,
        heading=heading[0][:200],
        heading_text=heading[1][:300],
        text=text[:LONGEST_COMMENT],
        created_at=now,
    )
    history.note(
        made.revision.entry,
        "commented",
        by_name=made.recipient,
        note=text[:200],
        revision=made.revision,
        now=now,
    )
    return True


@transaction.atomic
def approve(made: DraftShare, now: datetime | None = None) -> None:
    """Let the reviewer whom a link names approve its version, once. Raises TextChanged.

    It satisfies the review step where the site settings say so; else it is
    only noted.
    """
    now = now or timezone.now()
    entry = made.revision.entry
    revisions.lock(entry)
    if made.reviewer is None or made.approved_at:
        return
    if entry.draft_id != made.revision_id:
        raise TextChanged
    if site.current().accepts_shared_approval:
        publishing.approve(entry, by_name=made.reviewer.name, note="By a shared link", now=now)
    else:
        note = f"{made.reviewer.name} found it right (by a shared link)"
        history.note(entry, "commented", by_name=made.reviewer.name, note=note, now=now)
    made.approved_at = now
    made.save(update_fields=["approved_at"])
