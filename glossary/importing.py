"""Taking entries in: idempotent, row by row, with a reason for everything left out."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone, translation

from authors.models import Author
from config import markdown, outbox, site
from config.sanitising import is_local
from glossary import addresses, names, publishing, relinking, sources
from glossary.addresses import Found
from glossary.exchange import coming
from glossary.models import Alias, Entry, EntryTopic, Topic
from glossary.sources import NotAnEntry, Source

LANGUAGES = {code for code, _ in settings.LANGUAGES}
_LINK = re.compile(r"(\]\(\s*<?)([^)\s>]+)|(^ {0,3}\[[^\]^][^\]]*\]:\s*<?)([^\s>]+)", re.MULTILINE)
# Code within a line ends with its paragraph at the latest.
_CODE = re.compile(r"(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)


@dataclass
class Report:
    """What an import did, file by file."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """"path:line: reason" of each file that gave no entry."""
    warnings: list[str] = field(default_factory=list)

    @property
    def summary(self) -> str:
        names = ("created", "updated", "unchanged", "skipped", "published", "warnings")
        return ", ".join(f"{len(getattr(self, name))} {name}" for name in names)


class _DryRun(Exception):
    """Rolls an import back that was only meant to be looked at."""


def import_markdown(
    folder: Path, *, publish: bool = False, dry_run: bool = False, drafts: bool = False
) -> Report:
    """Import the Markdown files below `folder`; return what happened.

    Each file is known by `folder`'s name and its path, so that a second run
    updates what changed in the files and nothing else, and an entry that an
    editor changed since is left alone. `publish` makes what is not a draft
    public, at the date in its front matter or now. A dry run changes nothing.
    Files that we exported say by themselves whose they are; `drafts` takes the
    drafts among them as well. Raises NotADirectoryError.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"There is no folder {folder}.")
    report = Report()
    try:
        with transaction.atomic() if dry_run else nullcontext():
            _Import(folder.resolve(), report, publish=publish).run()
            ours = coming.Options(publishes=publish, with_drafts=drafts)
            for _ in coming.take_in(coming.files_below(folder.resolve()), report, ours):
                pass
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    return report


class _Import:
    def __init__(self, folder: Path, report: Report, *, publish: bool) -> None:
        self.folder = folder
        self.report = report
        self.publish = publish
        self.now = timezone.now()
        self.language = site.current().language
        self.zone = site.current().zone
        self.authors = {author.slug: author for author in Author.objects.all()}
        self.topics = {topic.name.casefold(): topic for topic in Topic.objects.all()}
        self.authors |= {author.name: author for author in self.authors.values()}

    def run(self) -> None:
        read = list(self.read())
        self.slugs = _distinct_slugs(read)
        self.locations = {source.location: source for source in read}
        self.entries = {
            entry.import_ref: entry
            for entry in Entry.objects.filter(import_ref__startswith=self.ref(""))
        }
        to_publish = [entry for source in read if (entry := self.store(source))]
        self.show(to_publish)

    def read(self) -> Iterator[Source]:
        for path in sources.files(self.folder):
            relative = path.relative_to(self.folder).as_posix()
            if coming.is_ours_file(path):
                continue
            try:
                source = sources.read(path, folder=self.folder, zone=self.zone)
            except NotAnEntry as error:
                self.skip(relative, str(error), line=error.line)
            except OSError as error:
                self.skip(relative, f"cannot be read: {error.strerror}")
            else:
                self.report.warnings += [f"{relative}: {said}" for said in source.warnings]
                if source.language and source.language.partition("-")[0] not in LANGUAGES:
                    said = f"taken as {self.language}: language {source.language}"
                    self.report.warnings.append(f"{relative}: {said}")
                yield source

    def ref(self, path: str) -> str:
        return f"markdown:{self.folder.name}/{path}"

    def skip(self, path: str, reason: str, *, line: int = 0) -> None:
        self.report.skipped.append(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")

    def store(self, source: Source) -> tuple[Entry, Source] | None:
        """Create or update the entry of `source`; return it when it should become public."""
        values = self.values(source)
        digest = _digest(values, source)
        entry = self.entries.get(self.ref(source.path))
        if entry and entry.import_digest == digest:
            self.report.unchanged.append(source.path)
            return (entry, source) if self.wants(entry, source) else None
        # Without a digest an earlier run ended between storing and publishing.
        if entry and entry.import_digest and entry.import_digest != _digest_of(entry):
            self.skip(source.path, "changed here since it was imported; left as it is")
            return None
        is_new = entry is None
        entry = entry or Entry(import_ref=self.ref(source.path))
        is_to_show = entry.state == Entry.State.PUBLISHED or self.wants(entry, source)
        try:
            with transaction.atomic():
                self.write(entry, values, source, digest="" if is_to_show else digest)
        except ValidationError as error:
            self.skip(source.path, "; ".join(error.messages))
            return None
        except IntegrityError:
            self.skip(source.path, _conflict(entry))
            return None
        entry.import_digest = digest
        (self.report.created if is_new else self.report.updated).append(source.path)
        return (entry, source) if is_to_show else None

    def values(self, source: Source) -> dict[str, object]:
        return {
            "term": source.term,
            "slug": self.slugs[source.path],
            "language": self.language_of(source),
            "title_override": source.title_override,
            "short_definition": source.definition,
            "body": self.with_our_links(source),
            "seo_title": source.seo_title,
            "seo_description": source.seo_description,
            "author": self.person(source, source.author),
            "reviewer": self.person(source, source.reviewer),
        }

    def write(self, entry: Entry, values: dict[str, object], source: Source, digest: str) -> None:
        is_new = entry.pk is None
        old_address = entry.language, entry.slug
        for name, value in values.items():
            setattr(entry, name, value)
        entry.import_digest = digest
        entry.clean_fields()
        for name in source.topics:
            Topic(name=name).clean_fields(exclude=["slug"])
        aliases = [Alias(entry=entry, name=name) for name in source.aliases]
        for alias in aliases:
            alias.clean_fields(exclude=["entry"])
        entry.save()
        if not is_new and entry.updated_at and old_address != (entry.language, entry.slug):
            publishing.rename(entry, old_address=old_address)
        self.write_aliases(entry, aliases)
        # Last: a topic made before an error would be rolled back and remembered all the same.
        self.write_topics(entry, [self.topic(name) for name in source.topics])

    def write_aliases(self, entry: Entry, aliases: list[Alias]) -> None:
        """Store what is new and delete what is gone; what stays keeps what editors gave it."""
        wanted = {alias.name: alias for alias in aliases}
        stored = {alias.name: alias for alias in entry.aliases.all()}
        if [*stored] != [*wanted]:
            for name, alias in wanted.items():
                alias.case_rule = stored[name].case_rule if name in stored else alias.case_rule
            entry.aliases.all().delete()
            Alias.objects.bulk_create(wanted.values())

    def write_topics(self, entry: Entry, topics: list[Topic]) -> None:
        """The same for topics: a place under “Start here” stays."""
        entry.memberships.exclude(tag__in=topics).delete()
        EntryTopic.objects.bulk_create(
            [EntryTopic(tag=topic, content_object=entry) for topic in topics],
            ignore_conflicts=True,
        )

    def topic(self, name: str) -> Topic:
        """The topic of that name in whatever case, made if there is none."""
        key = name.casefold()
        if key not in self.topics:
            topic = Topic(name=name)
            topic.save()
            self.topics[key] = topic
        return self.topics[key]

    def language_of(self, source: Source) -> str:
        """The language of the site that the file is in: en for en-us."""
        base = source.language.partition("-")[0]
        return next((code for code in (source.language, base) if code in LANGUAGES), self.language)

    def person(self, source: Source, name: str) -> Author | None:
        if name and name not in self.authors:
            self.report.warnings.append(f"{source.path}: no author called {name}")
        return self.authors.get(name)

    def wants(self, entry: Entry, source: Source) -> bool:
        """Whether this import should publish `entry`, which is not public yet."""
        return self.publish and not source.is_draft and entry.state == Entry.State.DRAFT

    def show(self, ready: Iterable[tuple[Entry, Source]]) -> None:
        """Publish what is ready, when all of it is stored: links find their targets at once."""
        ready = list(ready)
        stored = [entry for entry, _ in ready]
        prefetch_related_objects(stored, "topics", "aliases", "internal_links")
        for entry, source in ready:
            if entry.state != Entry.State.PUBLISHED:
                entry.published_at = source.published_at or self.now
                self.report.published.append(source.path)
        to_be = [name for entry in stored if self.is_due(entry) for name in names.of(entry)]
        found = _Addresses(stored, now=self.now)
        known = relinking.whole_lookups(also=to_be, now=self.now)
        lookups = replace(known, entry_at=found)
        for entry in stored:
            with transaction.atomic():
                publishing.publish(entry, lookups=lookups, reload=False, now=self.now)
                entry.save(update_fields=["import_digest"])
        self.leave_the_rest(stored)

    def is_due(self, entry: Entry) -> bool:
        return entry.published_at is not None and entry.published_at <= self.now

    def leave_the_rest(self, stored: list[Entry]) -> None:
        """Let the worker see to the texts around the imported ones, and to what is related."""
        for start in range(0, len(stored), relinking.BATCH):
            pks = [entry.pk for entry in stored[start : start + relinking.BATCH]]
            outbox.enqueue("glossary.relink", entries=pks)
            outbox.enqueue("glossary.relate", entries=pks)
            if dead := relinking.sources_of_dead_links(pks):
                # Withdrawn since this import began.
                outbox.enqueue("glossary.rerender", entries=sorted(dead))
        for entry in stored:
            if not self.is_due(entry):
                relinking.check_later(entry, self.now)

    # Links ----------------------------------------------------------------------------

    def with_our_links(self, source: Source) -> str:
        """Return the body with links between the files turned into addresses of entries."""
        in_line = [match.span() for match in _CODE.finditer(source.body)]
        in_block = markdown.code_lines(source.body)

        def replaced(match: re.Match[str]) -> str:
            line = source.body.count("\n", 0, match.start())
            if line in in_block or any(start <= match.start() < end for start, end in in_line):
                return match[0]
            opening, target = (match[1], match[2]) if match[1] else (match[3], match[4])
            return opening + self.address(source, target)

        return _LINK.sub(replaced, source.body)

    def address(self, source: Source, href: str) -> str:
        """Return our address of the page that `href` names, or `href` itself."""
        if href.startswith("#") or not is_local(href):
            if "://" in href and not href.startswith(("http://", "https://")):
                self.report.warnings.append(f"{source.path}: cannot be shown: {href}")
            return href
        try:
            parts = urlsplit(href)
        except ValueError:
            return href
        target = self.find(source, unquote(parts.path))
        if target is None:
            self.report.warnings.append(f"{source.path}: leads to no imported page: {href}")
            return href
        with translation.override(self.language_of(target)):
            address = reverse("glossary:entry", args=[self.slugs[target.path]])
        return f"{address}#{parts.fragment}" if parts.fragment else address

    def find(self, source: Source, path: str) -> Source | None:
        """The file at `path`: beside the source, else by the longest known end of the path."""
        wanted = re.sub(r"\.(md|markdown|html?)$", "", path.strip("/"))
        wanted = re.sub(r"(^|/)_?index$", "", wanted)
        if not path.startswith("/"):
            beside = _joined(source.path.rpartition("/")[0], wanted)
            if beside in self.locations:
                return self.locations[beside]
            wanted = _joined("", wanted)
        parts = wanted.split("/")
        ends = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((self.locations[end] for end in ends if end in self.locations), None)


class _Addresses:
    """Answers for the links of a whole import: what it publishes, without asking each time."""

    def __init__(self, entries: Iterable[Entry], *, now: datetime) -> None:
        self.known: dict[addresses.Target, Found | None] = {
            (entry.language, entry.slug): Found(entry.pk, entry.get_absolute_url())
            for entry in entries
            if entry.published_at and entry.published_at <= now
        }

    def __call__(self, target: addresses.Target) -> Found | None:
        if target not in self.known:
            self.known[target] = addresses.public_entry(target)
        return self.known[target]


def _distinct_slugs(read: Iterable[Source]) -> dict[str, str]:
    """A slug for each path; files of one name take their folders' names along."""
    read = list(read)
    often = Counter(source.slug for source in read)
    return {
        source.path: source.slug
        if often[source.slug] == 1
        else sources.slugify(source.location.replace("/", " "))
        for source in read
    }


def _joined(folder: str, path: str) -> str:
    """`path` seen from `folder`, "." and ".." resolved, never above the root."""
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _conflict(entry: Entry) -> str:
    """Say in words why the database refused `entry`."""
    try:
        entry.validate_constraints()
    except ValidationError as error:
        return "; ".join(error.messages)
    return "another entry took this term or address at the same moment"


IMPORTED_FIELDS = (
    "term",
    "slug",
    "language",
    "title_override",
    "short_definition",
    "body",
    "seo_title",
    "seo_description",
    "author",
    "reviewer",
)


def _digest(values: dict[str, object], source: Source) -> str:
    return _hash([values[name] for name in IMPORTED_FIELDS], source.topics, source.aliases)


def _digest_of(entry: Entry) -> str:
    """The digest that `entry` would have, had it just been imported as it stands."""
    topics = [topic.name for topic in entry.topics.all()]
    aliases = [alias.name for alias in entry.aliases.all()]
    return _hash([getattr(entry, name) for name in IMPORTED_FIELDS], topics, aliases)


def _hash(values: list[object], topics: list[str], aliases: list[str]) -> str:
    plain = [value.slug if isinstance(value, Author) else value for value in values]
    parts = [plain, sorted(topic.casefold() for topic in topics), aliases]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
