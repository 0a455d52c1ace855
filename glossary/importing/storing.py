"""Storing what a reader yields: idempotent, item by item, with a reason for all left out."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from authors.models import Author
from config import site
from glossary import history, pictures, publishing, revisions
from glossary.exchange import coming
from glossary.importing import digests, links, showing
from glossary.importing.counting import counts_of
from glossary.importing.folders import FilesFolder
from glossary.importing.index import Index
from glossary.importing.markdown_files import MarkdownFiles
from glossary.importing.neighbours import Neighbours
from glossary.importing.pictures import kept
from glossary.importing.report import Report
from glossary.importing.sources import Reader, Skipped, Source
from glossary.importing.tables import Table
from glossary.models import Entry

LANGUAGES = {code for code, _ in settings.LANGUAGES}
BATCH = 100
"""Items whose rows are looked for together."""
CHANGED_HERE = "changed here since it was imported; left as it is"
HIDDEN_THERE = "not public where it comes from, but public here; left as it is: withdraw it here"
_AROUND = ("topics", "aliases")
_NOT_CHECKED = ["author", "reviewer", "owner", "draft", "live", "planned"]


@dataclass(frozen=True)
class Options:
    """What an import may do."""

    publishes: bool = False
    """Whether what is no draft becomes public, at its date or now."""
    overwrites: bool = False
    """Whether entries that were changed here are taken back to what the source says."""
    is_trial: bool = False
    """Whether it only tells what it would do; nothing changes."""
    with_drafts: bool = False
    """Whether drafts beside published texts are taken from our own exports as well."""


def import_markdown(
    folder: Path,
    *,
    publish: bool = False,
    dry_run: bool = False,
    overwrite: bool = False,
    drafts: bool = False,
) -> Report:
    """Import the Markdown files below `folder`; return what happened. Raises NotADirectoryError.

    Each file is known by `folder`'s name and its path.
    """
    reader = MarkdownFiles(FilesFolder(folder), zone=site.current().zone)
    return import_from(reader, Options(publish, overwrite, dry_run, drafts))


def import_from(
    reader: Reader, options: Options, *, report: Report | None = None, now: datetime | None = None
) -> Report:
    """Import what `reader` yields; return what happened. Raises BrokenSource.

    A second run updates what changed at the source and nothing else, and an
    entry that an editor changed since is left alone unless `options` say
    otherwise. One that was killed half-way is completed by the next.
    """
    run = Import(reader, options, report=report, now=now)
    for _ in run.steps():
        pass
    return run.report


class Import:
    """One import; `steps` does it and can be begun at any item."""

    def __init__(
        self,
        reader: Reader,
        options: Options,
        *,
        report: Report | None = None,
        now: datetime | None = None,
    ) -> None:
        self.reader = reader
        self.options = options
        self.report = report or Report()
        self.now = now or timezone.now()
        self.language = site.current().language
        self.index = Index(self.understood(reader.scan()), language=self.language)
        self.neighbours = Neighbours(creates_authors=reader.creates_authors)

    def steps(self, *, start: int = 0) -> Iterator[tuple[int, int]]:
        """Import from item number `start` on; after each batch yield (done, of how many)."""
        items = islice(self.reader.read(), start, None) if start < self.index.total else iter(())
        done = start
        while batch := list(islice(items, BATCH)):
            self.store_batch(batch)
            done += len(batch)
            yield done, self.index.total
        if not self.options.is_trial:
            done += len(self.report.published)
            for published, of_all in showing.show_all(
                self.reader.prefix, self.report, now=self.now
            ):
                yield done + published, done + of_all
        self.take_in_own()

    def take_in_own(self) -> None:
        """Import what we exported ourselves: such files say everything, nothing is guessed."""
        if not isinstance(self.reader, MarkdownFiles | Table):
            return
        chosen = self.options
        wanted = coming.Options(chosen.publishes, chosen.overwrites, chosen.with_drafts)
        with transaction.atomic() if chosen.is_trial else nullcontext():
            for _ in coming.take_in(self.reader.own_files(), self.report, wanted, now=self.now):
                pass
            if chosen.is_trial:
                transaction.set_rollback(True)

    def understood(self, items: Iterator[Source | Skipped]) -> Iterator[Source | Skipped]:
        """Yield `items`, their languages being those of the site: en for en-us."""
        for item in items:
            if isinstance(item, Source) and item.language:
                base = item.language.partition("-")[0]
                known = [code for code in (item.language, base) if code in LANGUAGES]
                if not known:
                    said = f"taken as {self.language}: language {item.language}"
                    item.warnings.append(said)
                item.language = known[0] if known else ""
            yield item

    def store_batch(self, batch: list[Source | Skipped]) -> None:
        if not self.options.is_trial:
            self.store_all(batch)
            return
        with transaction.atomic():
            self.store_all(batch)
            transaction.set_rollback(True)
        self.neighbours = Neighbours(creates_authors=self.reader.creates_authors)

    def store_all(self, batch: list[Source | Skipped]) -> None:
        items = list(self.understood(iter(batch)))
        known = _Known([item for item in items if isinstance(item, Source)], self)
        for item in items:
            if isinstance(item, Skipped):
                self.skip(item, item.reason)
                continue
            self.report.warnings += [f"{item.place}: {said}" for said in item.warnings]
            self.store(item, known)

    # One item -------------------------------------------------------------------------

    def store(self, source: Source, known: "_Known") -> None:
        """Create or update the entry of `source`, or say why not."""
        pictures: list[str] = []
        values = self.values(source, pictures)
        said = digests.of_source(values, source, pictures)
        entry = known.by_ref(source)
        if entry is None:
            self.store_new(source, values, said, known)
            return
        self.report.entries[source.place] = entry.pk
        is_changed = digests.is_changed_here(entry)
        if is_changed and not self.options.overwrites:
            self.leave(source, entry, is_same=digests.said_by_source(entry) == said)
        elif digests.said_by_source(entry) == said and not is_changed:
            self.keep(source, entry)
        elif _would_leak(source, entry):
            self.skip(source, HIDDEN_THERE)
        else:
            self.write(source, entry, values, said)

    def store_new(
        self, source: Source, values: dict[str, Any], said: str, known: "_Known"
    ) -> None:
        here = known.by_address(values)
        if here and digests.of_entry(here) == digests.of_values(values, source):
            self.report.entries[source.place] = here.pk
            self.report.unchanged.append(source.place)
        elif here and self.options.overwrites and _would_leak(source, here):
            self.skip(source, HIDDEN_THERE)
        elif here and self.options.overwrites:
            here.import_ref = self.ref(source)
            self.write(source, here, values, said)
        elif self.options.is_trial and self.index.is_repetition(source):
            self.skip(source, "There is already an entry about this term.")
        else:
            self.write(source, Entry(import_ref=self.ref(source)), values, said)

    def leave(self, source: Source, entry: Entry, *, is_same: bool) -> None:
        """Leave an entry that was changed here as it is; only news from its source is news."""
        if is_same and not digests.is_pending(entry):
            self.report.unchanged.append(source.place)
        else:
            self.skip(source, CHANGED_HERE)

    def keep(self, source: Source, entry: Entry) -> None:
        """Nothing is new: but perhaps it is to become public only now, or was left half-way."""
        was_pending = digests.is_pending(entry)
        kind = self.report.updated if was_pending else self.report.unchanged
        kind.append(source.place)
        if source.is_hidden and entry.state == Entry.State.PUBLISHED:
            self.report.warnings.append(f"{source.place}: {HIDDEN_THERE}")
        is_to_show = self.wants(entry, source) or (
            was_pending and entry.state == Entry.State.PUBLISHED
        )
        self.note_trial(entry, source)
        if is_to_show == was_pending:
            return
        mark = digests.PENDING if is_to_show else ""
        entry.import_digest = entry.import_digest.rstrip(digests.PENDING) + mark
        entry.published_at = entry.published_at or source.published_at
        entry.save(update_fields=["import_digest", "published_at"])

    def write(self, source: Source, entry: Entry, values: dict[str, Any], said: str) -> None:
        is_new = entry.pk is None
        if not self.options.is_trial:
            values = {**values, "body": self.with_pictures(source, values["body"])}
        try:
            with transaction.atomic():
                self.write_rows(source, entry, values, said)
        except ValidationError as error:
            self.skip(source, "; ".join(error.messages))
            return
        except IntegrityError:
            self.skip(source, _conflict(entry))
            return
        if not (is_new and self.options.is_trial):
            self.report.entries[source.place] = entry.pk
        self.count(source, values["body"])
        (self.report.created if is_new else self.report.updated).append(source.place)
        self.note_trial(entry, source)

    def write_rows(self, source: Source, entry: Entry, values: dict[str, Any], said: str) -> None:
        if entry.pk:
            revisions.hold(entry)
        was_known = entry.updated_at is not None
        old_address = entry.language, entry.slug
        for name, value in {**values, **source.more}.items():
            setattr(entry, name, value)
        if entry.state == Entry.State.DRAFT:
            entry.published_at = source.published_at or entry.published_at
        # Where an editor had a version of their own, this one is the newest now.
        entry.draft = entry.planned = entry.planned_at = None
        entry.review = Entry.Review.NONE
        entry.clean_fields(exclude=_NOT_CHECKED)
        topics, aliases = self.neighbours.checked(entry, source)
        is_to_show = entry.state == Entry.State.PUBLISHED or self.wants(entry, source)
        mark = digests.PENDING if is_to_show else ""
        is_new = entry.pk is None
        if not is_new:
            aliases = self.neighbours.with_rules(entry, aliases)
        entry.import_digest = digests.of_row(entry, source.topics, aliases) + said + mark
        entry.save()
        if was_known and old_address != (entry.language, entry.slug):
            publishing.rename(entry, old_address=old_address)
        self.neighbours.store(entry, source, topics, aliases, is_new=is_new)
        pictures.remember(entry, entry.body)
        history.note(entry, "imported", note=source.place, now=self.now)

    def wants(self, entry: Entry, source: Source) -> bool:
        """Whether this import should publish `entry`, which is not public yet."""
        is_draft = source.is_draft or source.is_hidden
        return self.options.publishes and not is_draft and entry.state == Entry.State.DRAFT

    def note_trial(self, entry: Entry, source: Source) -> None:
        if self.options.is_trial and self.wants(entry, source):
            self.report.published.append(source.place)

    def skip(self, item: Source | Skipped, reason: str) -> None:
        self.report.skipped.append(f"{item.place}: {reason}")

    # What it says ---------------------------------------------------------------------

    def ref(self, source: Source) -> str:
        return f"{self.reader.prefix}{source.key}"

    def values(self, source: Source, pictures: list[str]) -> dict[str, Any]:
        """Return the fields of the entry; `pictures` gets those that came along, by address."""
        return {
            "term": source.term,
            "slug": self.index.slug_of(source.key),
            "language": source.language or self.language,
            "title_override": source.title_override,
            "short_definition": source.definition,
            "body": links.rewritten(
                source.body, lambda href: self.address(source, href, pictures)
            ),
            "seo_title": source.seo_title,
            "seo_description": source.seo_description,
            "author": self.person(source, source.author),
            "reviewer": self.person(source, source.reviewer),
        }

    def person(self, source: Source, name: str) -> Author | None:
        if not name:
            return None
        person, said = self.neighbours.person(name)
        if said:
            self.report.warnings.append(f"{source.place}: {said}")
        return person

    def address(self, source: Source, href: str, pictures: list[str]) -> str:
        """Return our address of the page that `href` names, or `href` itself."""
        if href.startswith("#"):
            return href
        if key := self.reader.find(source, href, self.index.locations):
            with translation.override(self.index.language_of(key) or self.language):
                address = reverse("glossary:entry", args=[self.index.slug_of(key)])
            _, hash_sign, fragment = href.partition("#")
            return f"{address}{hash_sign}{fragment}"
        if self.reader.brings(source, href):
            pictures.append(href)
        elif "://" in href and not href.startswith(("http://", "https://")):
            self.report.warnings.append(f"{source.place}: cannot be shown: {href}")
        elif self.reader.is_ours(href):
            self.report.warnings.append(f"{source.place}: leads to no imported page: {href}")
        return href

    def with_pictures(self, source: Source, body: str) -> str:
        def lead(href: str) -> str:
            try:
                upload = self.reader.picture(source, href)
                return kept(upload) if upload else href
            except ValidationError as error:
                said = f"{source.place}: {href}: {error.messages[0]}"
                self.report.warnings.append(said)
                return href

        return links.rewritten(body, lead)

    def count(self, source: Source, body: str) -> None:
        """Add up what the original held and what the text holds; name each difference."""
        found = source.counts
        if found is None:
            return
        here = counts_of(body)
        self.report.found += found
        self.report.kept += here
        for name, number in vars(found).items():
            if number != vars(here)[name]:
                words = f"{name.replace('_', ' ')}: {number} there, {vars(here)[name]} here"
                self.report.warnings.append(f"{source.place}: {words}")


class _Known:
    """The entries that a batch of items may be about; two queries."""

    def __init__(self, batch: list[Source], run: Import) -> None:
        self.run = run
        rows = Entry.objects.defer("body_html", "plain_text", "contents", "anchors")
        rows = rows.select_related("author", "reviewer").prefetch_related(*_AROUND)
        refs = [run.ref(source) for source in batch]
        self.refs = {entry.import_ref: entry for entry in rows.filter(import_ref__in=refs)}
        new = [source for source in batch if run.ref(source) not in self.refs]
        slugs = [run.index.slug_of(source.key) for source in new]
        there = rows.at(slugs) if slugs else []
        self.addresses = {(entry.language, entry.slug): entry for entry in there}

    def by_ref(self, source: Source) -> Entry | None:
        return self.refs.get(self.run.ref(source))

    def by_address(self, values: dict[str, Any]) -> Entry | None:
        return self.addresses.get((values["language"], values["slug"]))


def _would_leak(source: Source, entry: Entry) -> bool:
    """Whether storing `source` would show readers what is not public where it comes from."""
    return (source.is_hidden or source.is_draft) and entry.state == Entry.State.PUBLISHED


def _conflict(entry: Entry) -> str:
    """Say in words why the database refused `entry`."""
    try:
        entry.validate_constraints()
    except ValidationError as error:
        return "; ".join(error.messages)
    return "another entry took this term or address at the same moment"
