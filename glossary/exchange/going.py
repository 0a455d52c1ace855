"""Writing entries out: a Markdown file for each, and one for a draft beside it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from glossary.exchange.contents import Contents, addresses_of, digest, in_batches
from glossary.exchange.pages import Page, dump
from glossary.models import Entry, EntryQuerySet

MOST_BYTES = 200
"""Of a file's name: file systems take 255."""


def all_entries() -> EntryQuerySet:
    """Every entry in the order of its files."""
    return Entry.objects.order_by("language", "slug")


def files(entries: EntryQuerySet) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for each of `entries`: its live version, and its draft if it has one."""
    contents = Contents()
    for batch in in_batches(entries):
        addresses = addresses_of(
            related["entry"]
            for entry in batch
            if entry.draft
            for related in entry.draft.snapshot["related"]
        )
        for entry in batch:
            yield path_of(entry), dump(page_of(entry, contents))
            if entry.draft and entry.state != Entry.State.DRAFT:
                page = contents.of_snapshot(entry.draft.snapshot, addresses)
                yield path_of(entry, ".draft"), dump(_as_draft(page, entry))


def page_of(entry: Entry, contents: Contents) -> Page:
    """Return the page of `entry` with its state and dates."""
    content = contents.of_entry(entry)
    page = {"import_ref": ref_of(entry), "state": entry.state, **content}
    for name in ("published_at", "updated_at"):
        if moment := getattr(entry, name):
            page[name] = moment.isoformat()
    page["digest"] = digest(content)
    return page


def ref_of(entry: Entry) -> str:
    """What finds the entry again: where it once came from, or else its address."""
    return entry.import_ref or f"headword:{entry.language}/{entry.slug}"


def path_of(entry: Entry, kind: str = "") -> str:
    """The path of its file: the language, and the slug as far as file systems take it."""
    name = entry.slug
    if len(name.encode()) > MOST_BYTES:
        start = name.encode()[: MOST_BYTES - 20].decode(errors="ignore")
        name = f"{start}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    return f"{entry.language}/{name}{kind}.md"


def write_folder(folder: Path, entries: EntryQuerySet) -> int:
    """Write the files of `entries` below `folder`, made if missing; return how many.

    Raises NotADirectoryError, and FileExistsError for one that holds anything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty.")
    count = 0
    for path, text in files(entries):
        place = folder / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(text.encode())
        count += 1
    return count


def _as_draft(page: Page, entry: Entry) -> Page:
    return {"draft_of": ref_of(entry), "state": "draft", **page, "digest": digest(page)}
