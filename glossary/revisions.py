"""Versions of an entry: taking its whole editorial content down, and putting it back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils import timezone

from authors.models import Author
from glossary import history, topic_names
from glossary.models import Alias, CaseRule, Entry, RelatedEntry, Revision

Snapshot = dict[str, Any]

TEXTS = (
    "term",
    "slug",
    "language",
    "case_rule",
    "title_override",
    "short_definition",
    "body",
    "links_terms",
    "is_linked_to",
    "seo_title",
    "seo_description",
    "offer",
)
"""Fields of an entry that a snapshot holds as they are."""
PEOPLE = ("author", "reviewer")
"""Fields of which it holds the key."""


def snapshot_of(entry: Entry) -> Snapshot:
    """Return the editorial content of `entry` as its rows stand.

    At most three queries: topics, aliases, related entries; none for what is prefetched.
    """
    found: Snapshot = {name: getattr(entry, name) for name in TEXTS}
    found |= {name: getattr(entry, f"{name}_id") for name in PEOPLE}
    return found | {name: rows(entry) for name, rows in PARTS.items()}


def newest(entry: Entry) -> Snapshot:
    """Return the newest content: that of the draft, or else of the rows."""
    return entry.draft.snapshot if entry.draft else snapshot_of(entry)


def newest_part(entry: Entry, name: str) -> list[Any]:
    """Return one of the lists in the newest content: "topics", "aliases" or "related"."""
    return entry.draft.snapshot[name] if entry.draft else PARTS[name](entry)


def show_in(entry: Entry, snapshot: Snapshot) -> None:
    """Set the plain fields of `entry` in memory, as forms and previews need it."""
    for name in TEXTS:
        if name in snapshot:
            setattr(entry, name, snapshot[name])
    for name in PEOPLE:
        setattr(entry, f"{name}_id", snapshot.get(name))


def leave_out_gone(entry: Entry) -> None:
    """Take people out of `entry`, in memory, who were deleted since its version was saved."""
    named = [key for name in PEOPLE if (key := getattr(entry, f"{name}_id"))]
    present = set(Author.objects.filter(pk__in=named).values_list("pk", flat=True))
    for name in PEOPLE:
        if getattr(entry, f"{name}_id") not in present:
            setattr(entry, name, None)


def apply(entry: Entry, snapshot: Snapshot) -> None:
    """Make the rows of `entry` what `snapshot` says; the caller holds the lock.

    People and entries that were deleted since are left out. Raises
    ValidationError when the address or the term is another entry's by now.
    """
    show_in(entry, snapshot)
    leave_out_gone(entry)
    entry.validate_constraints(exclude={"draft", "live", "planned"})
    entry.save()
    entry.topics.set(topic_names.spelled(snapshot["topics"]))
    _set_aliases(entry, snapshot["aliases"])
    _set_related(entry, snapshot["related"])
    # What was prefetched is no longer so.
    getattr(entry, "_prefetched_objects_cache", {}).clear()


def lock(entry: Entry) -> None:
    """Make others wait, and `entry` what is stored: a row loaded earlier may be stale.

    Not its key: two entries that mention each other may be published at once,
    and each one's mentions refer to the other's key.
    """
    entry.refresh_from_db(from_queryset=Entry.objects.select_for_update(no_key=True))


def hold(entry: Entry) -> None:
    """Make others wait until `entry` is stored as it is in memory, by whoever loaded it before.

    Raises ValidationError if somebody made a version of it since, or deleted it.
    """
    said = ("draft_id", "live_id", "planned_id", "state")
    held = Entry.objects.select_for_update(no_key=True).filter(pk=entry.pk)
    if held.values_list(*said).first() != tuple(getattr(entry, name) for name in said):
        raise ValidationError("Somebody changed it here at the same moment; import it again.")


def record(
    entry: Entry,
    snapshot: Snapshot,
    *,
    by: Any = None,
    note: str = "",
    is_autosave: bool = False,
    now: datetime | None = None,
) -> Revision:
    """Store `snapshot` as the next version of `entry`, which the caller has locked."""
    last = entry.revisions.aggregate(last=Max("number"))["last"] or 0
    return Revision.objects.create(
        entry=entry,
        number=last + 1,
        snapshot=snapshot,
        created_at=now or timezone.now(),
        created_by=by,
        created_by_name=history.name_of(by),
        note=note[:200],
        is_autosave=is_autosave,
    )


def keep_live(entry: Entry) -> None:
    """Make a version of what readers see, if there is none: it is about to be replaced.

    For entries that were published before there were versions. The caller has
    locked `entry`.
    """
    if entry.live is not None or entry.updated_at is None:
        return
    entry.live = record(entry, snapshot_of(entry), now=entry.updated_at)
    entry.live.published_at = entry.updated_at
    entry.live.save(update_fields=["published_at"])
    entry.save(update_fields=["live"])


def mark(revision: Revision | None) -> str:
    """Return what a form remembers of the version that it shows: "" before the first one.

    An autosave goes on in its row, so that the time belongs to it.
    """
    return f"{revision.pk}.{revision.created_at.timestamp():.6f}" if revision else ""


def _topics(entry: Entry) -> list[str]:
    return sorted(topic.name for topic in entry.topics.all())


def _aliases(entry: Entry) -> list[dict[str, str]]:
    return [{"name": each.name, "case_rule": each.case_rule} for each in entry.aliases.all()]


def _related(entry: Entry) -> list[dict[str, int]]:
    chosen = [each for each in entry.related_entries.all() if each.is_chosen]
    return [{"entry": each.other_id, "position": each.position} for each in chosen]


PARTS: dict[str, Callable[[Entry], list[Any]]] = {
    "topics": _topics,
    "aliases": _aliases,
    "related": _related,
}
"""The lists of a snapshot and where they come from; a query each."""


def _set_aliases(entry: Entry, wanted: list[dict[str, str]]) -> None:
    if _aliases(entry) == wanted:
        return
    entry.aliases.all().delete()
    Alias.objects.bulk_create(
        Alias(entry=entry, name=each["name"], case_rule=each.get("case_rule") or CaseRule.AUTO)
        for each in wanted
    )


def _set_related(entry: Entry, wanted: list[dict[str, int]]) -> None:
    chosen = entry.related_entries.filter(is_chosen=True)
    stored = list(chosen.values_list("other", "position"))
    pairs = [(each["entry"], each["position"]) for each in wanted]
    if stored == pairs:
        return
    present = set(
        Entry.objects.filter(pk__in=[pk for pk, _ in pairs]).values_list("pk", flat=True)
    )
    chosen.delete()
    RelatedEntry.objects.bulk_create(
        RelatedEntry(entry=entry, other_id=pk, position=position)
        for pk, position in pairs
        if pk in present and pk != entry.pk
    )
