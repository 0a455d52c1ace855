"""What stands beside an entry's form: its state, its versions, what may be done with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from config import site
from config.models import OutboxMessage
from glossary import calls, demand, diffing, freshness, permissions, presence, revisions, states
from glossary.admin import remarks
from glossary.admin.remarks import Remark
from glossary.calls import Choice
from glossary.models import Entry, EntryEvent, Presence, Revision

VERSIONS = 5
"""The newest versions that the panel lists."""
MOST_ROWS = 2_000
"""Lines of a comparison that are shown beside each other; browsers choke on more."""
LATE = timedelta(minutes=5)
"""After which a planned change that has not appeared is worth a warning."""
NAMES = {
    "short_definition": "Short definition",
    "body": "Text",
    "title_override": "Other heading",
    "seo_title": "Title for search engines",
    "seo_description": "Description for search engines",
    "links_terms": "Link terms in this text",
    "is_linked_to": "Link here from other texts",
    "case_rule": "Capitals",
    "offer": "Call to action",
    "aliases": "Other names",
    "related": "Related entries",
    "slug": "Address",
}


@dataclass(frozen=True)
class Panel:
    """What the template shows; every question is answered here."""

    entry: Entry | None
    states: list[tuple[str, str]] = field(default_factory=list)
    may: dict[str, bool] = field(default_factory=dict)
    versions: list[Revision] = field(default_factory=list)
    others: list[Presence] = field(default_factory=list)
    comment: EntryEvent | None = None
    reasons: list[str] = field(default_factory=list)
    overdue: str = ""
    is_due: bool = False
    is_own: bool = False
    needs_review: bool = False
    call: Choice | None = None
    """What readers are offered on the page now."""
    next_call: Choice | None = None
    """What the newest version will offer them, where that is something else."""
    remarks: list[Remark] = field(default_factory=list)

    @property
    def is_public(self) -> bool:
        return bool(self.entry and self.entry.is_public())

    @property
    def was_published(self) -> bool:
        return bool(self.entry and self.entry.updated_at)

    @property
    def has_draft(self) -> bool:
        """Whether there is something that readers do not see."""
        is_hidden = self.entry and self.entry.state == Entry.State.DRAFT
        return bool(self.entry and (self.entry.draft_id or is_hidden))

    @property
    def is_planned(self) -> bool:
        entry = self.entry
        waits = entry and entry.state == Entry.State.PUBLISHED and not entry.is_public()
        return bool(entry and (entry.planned_id or waits))


@dataclass(frozen=True)
class Conflict:
    """Two versions that were written at the same time."""

    theirs: Revision
    differences: list[tuple[diffing.FieldDiff, list[diffing.Row | None]]]
    """Each field that differs, with the rows around its changes."""


def panel_of(entry: Entry | None, *, user: Any, now: datetime | None = None) -> Panel:
    """Return what stands beside the form of `entry`; a new one has no row yet."""
    may = {verb: permissions.may(user, verb) for verb in permissions.PERMISSIONS}
    if entry is None or entry.pk is None:
        return Panel(None, may=may)
    now = now or timezone.now()
    returned = entry.review == Entry.Review.RETURNED
    said = entry.events.filter(verb=EntryEvent.Verb.RETURNED).first() if returned else None
    return Panel(
        entry,
        states=states.said_of(entry, now),
        may=may,
        versions=list(entry.revisions.defer("snapshot")[:VERSIONS]),
        others=presence.others(entry, user=user, now=now),
        comment=said,
        reasons=demand.reasons(entry),
        overdue=_overdue(entry, now),
        is_due=bool(entry.review_due_on and entry.review_due_on < freshness.today(now)),
        is_own=bool(entry.draft and entry.draft.created_by_id == user.pk),
        needs_review=site.current().requires_review,
        call=_call(entry),
        next_call=_next_call(entry),
        remarks=remarks.about(entry, user=user),
    )


def conflict_of(form: Any, formsets: Sequence[Any]) -> Conflict:
    """Return both versions of a form that was refused, and how they differ."""
    theirs: Revision = form.conflict
    form.cleaned_data.setdefault("topics", [])
    mine = form.snapshot(list(formsets))
    return Conflict(theirs, differences(theirs.snapshot, mine))


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[tuple[diffing.FieldDiff, list[diffing.Row | None]]]:
    """Return what differs between two snapshots, the fields called as the form calls them.

    Of each field at most MOST_ROWS rows and one more, by which the page knows
    that there are others.
    """
    found = []
    for each in diffing.fields(old, new):
        name = NAMES.get(each.name, each.name.replace("_", " ").capitalize())
        near = list(islice(diffing.near_changes(each.rows), MOST_ROWS + 1))
        found.append((diffing.FieldDiff(name, each.rows, each.inline), near))
    return found


def _call(entry: Entry) -> Choice | None:
    """What the page shows; the row in memory may have the words of the draft."""
    if not entry.is_public():
        return None
    own = entry.live.snapshot.get("offer") if entry.live else entry.offer
    return calls.choose(own, (topic["name"] for topic in entry.public_topics))


def _next_call(entry: Entry) -> Choice | None:
    if entry.is_public() and not entry.draft:
        return None
    own = entry.draft.snapshot.get("offer") if entry.draft else entry.offer
    found = calls.choose(own, sorted(revisions.newest_part(entry, "topics")))
    return None if found == _call(entry) else found


def _overdue(entry: Entry, now: datetime) -> str:
    """What should have happened by now and has not."""
    if entry.planned_at and entry.planned_at < now - LATE:
        return "A change should have appeared by now: the worker may not be running."
    waiting = OutboxMessage.objects.overdue(now).filter(kind__startswith="glossary.").count()
    if entry.state == Entry.State.PUBLISHED and waiting:
        return f"{waiting} steps around entries are overdue: the worker may not be running."
    return ""


def mark_of(entry: Entry) -> str:
    return revisions.mark(entry.revisions.first())
