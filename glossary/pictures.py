"""Which entries show which pictures, in any of their versions. One of settings.PICTURE_USES."""

from collections.abc import Collection, Iterator

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from config import pictures
from config.models import OutboxMessage, Picture
from config.pictures import Use, mentioned_in
from glossary.models import Entry, EntryPicture, Revision

BATCH = 100
"""Entries looked at together when the rows are made for the first time."""


def remember(entry: Entry, text: str) -> None:
    """Note the pictures that `text`, a version of the entry's, shows.

    Nothing is ever taken back: an older version may be restored. For the
    transaction that saves the text; a picture that is being deleted
    meanwhile is waited for, and then not noted. At most two queries.
    """
    _remember(entry.pk, mentioned_in(text))


def _remember(entry: int, paths: set[str]) -> None:
    if not paths:
        return
    held = Picture.objects.select_for_update(no_key=True).filter(path__in=paths).order_by("pk")
    EntryPicture.objects.bulk_create(
        [EntryPicture(entry_id=entry, picture_id=pk) for pk in held.values_list("pk", flat=True)],
        ignore_conflicts=True,
    )


def uses(paths: Collection[str]) -> dict[str, list[Use]]:
    """Return the entries that show the pictures at `paths`, and in which version. One query."""
    shown = EntryPicture.objects.filter(picture__path__in=paths).order_by("entry__sort_key")
    needed = ("picture__path", "entry__term", "entry__body", "entry__state", "entry__draft")
    rows = shown.select_related("picture", "entry__draft").only(
        *needed, "entry__draft__snapshot", "entry__published_at"
    )
    found: dict[str, list[Use]] = {}
    for row in rows:
        versions = " and ".join(_versions(row.entry, row.picture.path)) or "an older version"
        url = reverse("admin:glossary_entry_change", args=[row.entry_id])
        use = Use(f"{row.entry.term} ({versions})", url)
        found.setdefault(row.picture.path, []).append(use)
    return found


def unused(found: QuerySet[Picture]) -> QuerySet[Picture]:
    """Return those of `found` that no entry shows, in no version."""
    return found.filter(entry_uses=None)


def _versions(entry: Entry, path: str) -> list[str]:
    """The versions that show the picture, in words; none if only older ones do."""
    states = [_state(entry)] if path in mentioned_in(entry.body) else []
    draft = entry.draft.snapshot.get("body", "") if entry.draft else ""
    return list(dict.fromkeys(states + ["draft"] * (path in mentioned_in(draft))))


def _state(entry: Entry) -> str:
    if entry.state == Entry.State.PUBLISHED:
        return "live" if entry.is_public() else "scheduled"
    return entry.get_state_display().lower()


def adopt(message: OutboxMessage) -> None:
    """Outbox: bring pictures from before the library into it: rows, places, words."""
    pictures.adopt()
    for texts in _texts():
        with transaction.atomic():
            for entry, text in texts.items():
                _remember(entry, mentioned_in(text))
                pictures.learn_words(text)


def _texts() -> Iterator[dict[int, str]]:
    """Yield all texts of entries, some entries at a time: key → newest text, then its versions."""
    last = 0
    while found := dict(
        Entry.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "body")[:BATCH]
    ):
        versions = Revision.objects.filter(entry__in=found).order_by("entry", "-number")
        for entry, body in versions.values_list("entry", "snapshot__body"):
            found[entry] += f"\n\n{body or ''}"
        yield found
        last = max(found)
