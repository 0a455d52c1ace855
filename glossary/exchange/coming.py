"""Reading our own files back: what is as it was stays untouched, everything else is told.

An entry is found by its `import_ref`, or by its address if it has none. It is
changed when it still is what it was at the export, or at the last import.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from authors.models import Author
from config import markdown
from glossary import calls, publishing, revisions, topic_names
from glossary.exchange.contents import PLAIN, Contents, digest, forget, prefetch
from glossary.exchange.going import ref_of
from glossary.exchange.pages import BEGINNING, Malformed, Page, is_ours, parse
from glossary.exchange.showing import Waiting, show
from glossary.models import Alias, Entry, RelatedEntry, Topic

BATCH = 100
"""Files whose entries are looked for together."""
CHANGED_HERE = "changed here since it was exported; left as it is"
IS_A_DRAFT = "a draft beside the published text; taken only when drafts are asked for"
Content = bytes | Page | Malformed
"""A file as it is, or what a row of a table says, or why it says nothing."""
MOST_BYTES = 4 * markdown.MAX_LENGTH + 100_000
_USUAL = {name: getattr(Entry(), name) for name in PLAIN}
_NOT_CHECKED = ["author", "reviewer", "owner", "draft", "live", "planned"]


class Report(Protocol):
    """Where it is written down what became of each file."""

    created: list[str]
    updated: list[str]
    unchanged: list[str]
    published: list[str]
    skipped: list[str]
    warnings: list[str]


@dataclass(frozen=True)
class Options:
    publishes: bool = False
    overwrites: bool = False
    with_drafts: bool = False


@dataclass
class _Left:
    """What has to wait until every file is read: it may name entries that come later."""

    to_show: list[Waiting] = field(default_factory=list)
    related: dict[int, list[str]] = field(default_factory=dict)
    drafts: list[tuple[str, Page]] = field(default_factory=list)


def is_ours_file(path: Path) -> bool:
    """Whether the file at `path` begins as ours do."""
    with path.open("rb") as file:
        return is_ours(file.read(BEGINNING).decode("utf-8", "replace"))


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (path within `folder`, content) of the files of ours, in the order of their paths."""
    for path in sorted(folder.rglob("*.md")):
        if path.is_file() and is_ours_file(path):
            with path.open("rb") as file:
                yield path.relative_to(folder).as_posix(), file.read(MOST_BYTES + 1)


def take_in(
    files: Iterable[tuple[str, Content]],
    report: Report,
    options: Options,
    *,
    now: datetime | None = None,
) -> Iterator[int]:
    """Import files of ours, (place, content) each; yield how many are done after each batch."""
    run = _TakingIn(report, options, now or timezone.now())
    remaining, done = iter(files), 0
    while batch := list(islice(remaining, BATCH)):
        run.store_all(batch)
        done += len(batch)
        yield done
    run.finish()


class _TakingIn:
    def __init__(self, report: Report, options: Options, now: datetime) -> None:
        self.report = report
        self.options = options
        self.now = now
        self.left = _Left()
        self.contents = Contents()
        self.authors = {author.slug: author for author in Author.objects.all()}
        self.offers = {offer["slug"]: offer["id"] for offer in calls.offers()}
        self.topics: dict[str, Topic] = {}

    def skip(self, place: str, reason: str) -> None:
        self.report.skipped.append(f"{place}: {reason}")

    # Files ----------------------------------------------------------------------------

    def store_all(self, batch: list[tuple[str, Content]]) -> None:
        pages = []
        for place, content in batch:
            try:
                page = _page(content)
            except Malformed as error:
                self.skip(f"{place}:{error.line}", str(error))
                continue
            if "draft_of" not in page:
                pages.append((place, page))
            elif self.options.with_drafts:
                self.left.drafts.append((place, page))
            else:
                self.skip(place, IS_A_DRAFT)
        known = _known(page for _, page in pages)
        self.learn_topics(page for _, page in pages)
        for place, page in pages:
            try:
                self.resolve(place, page)
            except ValidationError as error:
                self.skip(place, "; ".join(error.messages))
                continue
            self.store(place, page, known.get(_ref(page)))
        forget(known.values())

    def resolve(self, place: str, page: Page) -> None:
        """Make what the page says hold here: people are made, unknown offers dropped."""
        for role in ("author", "reviewer"):
            if role in page:
                self.person(place, page[role])
        if page.get("offer") and page["offer"] not in self.offers:
            self.report.warnings.append(f"{place}: no offer called {page['offer']}")
            del page["offer"]
        spelled = [self.topics[n].name if n in self.topics else n for n in page["topics"]]
        page["topics"] = sorted({topic_names.key_of(name): name for name in spelled}.values())

    def person(self, place: str, said: dict[str, str]) -> None:
        if said["slug"] in self.authors:
            return
        author = Author(slug=said["slug"], name=said["name"], is_visible=False)
        author.clean_fields(exclude=["user"])
        author.save()
        self.authors[author.slug] = author
        self.contents.people[author.pk] = {"slug": author.slug, "name": author.name}
        self.report.warnings.append(
            f"{place}: author made, not visible until you say so: {author.name}"
        )

    def learn_topics(self, pages: Iterable[Page]) -> None:
        names = {name for page in pages for name in page["topics"]}
        self.topics |= topic_names.called(names - self.topics.keys())

    # One entry ------------------------------------------------------------------------

    def store(self, place: str, page: Page, entry: Entry | None) -> None:
        """Create or update the entry of a page, or say why not."""
        if entry is None:
            self.write(place, page, Entry(import_ref=_ref(page)))
            return
        here = digest(self.contents.of_entry(entry))
        if here == digest(_content(page)):
            self.keep(place, page, entry)
            return
        is_as_it_was = here in (page.get("digest"), entry.import_digest)
        has_news = entry.draft_id is not None and entry.state != Entry.State.DRAFT
        if self.options.overwrites or (is_as_it_was and not has_news and not entry.planned_id):
            self.write(place, page, entry)
        else:
            self.skip(place, CHANGED_HERE)

    def keep(self, place: str, page: Page, entry: Entry) -> None:
        if self.wants(page, entry):
            self.wait(place, page, entry)
        self.report.unchanged.append(place)

    def write(self, place: str, page: Page, entry: Entry) -> None:
        is_new = entry.pk is None
        try:
            with transaction.atomic():
                self.write_rows(page, entry)
        except ValidationError as error:
            self.skip(place, "; ".join(error.messages))
            return
        except IntegrityError:
            self.skip(place, "another entry took this term or address at the same moment")
            return
        (self.report.created if is_new else self.report.updated).append(place)
        if entry.state == Entry.State.PUBLISHED or self.wants(page, entry):
            self.wait(place, page, entry)

    def write_rows(self, page: Page, entry: Entry) -> None:
        is_new, old_address = entry.pk is None, (entry.language, entry.slug)
        if not is_new:
            revisions.hold(entry)
        for name in PLAIN:
            setattr(entry, name, page[name])
        entry.author = self.authors.get(page.get("author", {}).get("slug"))
        entry.reviewer = self.authors.get(page.get("reviewer", {}).get("slug"))
        entry.offer = self.offers.get(page.get("offer", ""))
        entry.reviewed_on = page.get("reviewed_on")
        entry.import_digest = digest(_content(page))
        if is_new:
            entry.published_at = page.get("published_at")
            if page.get("state") == Entry.State.WITHDRAWN:
                entry.state, entry.updated_at = Entry.State.WITHDRAWN, page.get("updated_at")
        else:
            # What the file says is the newest version now, and nobody approved it.
            entry.draft = entry.planned = entry.planned_at = None
            entry.review = Entry.Review.NONE
        entry.clean_fields(exclude=_NOT_CHECKED)
        entry.validate_constraints(exclude=set(_NOT_CHECKED))
        aliases = [Alias(entry=entry, **each) for each in page["aliases"]]
        for alias in aliases:
            alias.clean_fields(exclude=["entry"])
        entry.save()
        if entry.updated_at and not is_new and old_address != (entry.language, entry.slug):
            publishing.rename(entry, old_address=old_address)
        entry.aliases.all().delete()
        Alias.objects.bulk_create(aliases)
        self.set_topics(entry, page["topics"])
        self.left.related[entry.pk] = page["related"]

    def set_topics(self, entry: Entry, names: list[str]) -> None:
        for name in names:
            if name not in self.topics:
                topic = Topic(name=name)
                topic.clean_fields(exclude=["slug"])
                topic.save()
                self.topics[name] = topic
        entry.topics.set([self.topics[name] for name in names])

    def wants(self, page: Page, entry: Entry) -> bool:
        is_public_there = page.get("state") == Entry.State.PUBLISHED
        return self.options.publishes and is_public_there and entry.state == Entry.State.DRAFT

    def wait(self, place: str, page: Page, entry: Entry) -> None:
        is_first = entry.state != Entry.State.PUBLISHED
        if is_first:
            self.report.published.append(place)
        at = page.get("published_at") if is_first else None
        updated_at = page.get("updated_at") if is_first else None
        self.left.to_show.append(
            Waiting(entry.pk, entry.language, entry.slug, at or entry.published_at, updated_at)
        )

    # Afterwards -----------------------------------------------------------------------

    def finish(self) -> None:
        """Do what needs every entry to be there: related entries, publication, drafts."""
        for key, addresses in self.left.related.items():
            _relate(key, addresses)
        show(self.left.to_show, now=self.now)
        for place, page in self.left.drafts:
            self.save_draft(place, page)

    def save_draft(self, place: str, page: Page) -> None:
        ref = page["draft_of"]
        entry = _known([{**page, "import_ref": ref, "slug": ref.rpartition("/")[2]}]).get(ref)
        if entry is None:
            self.skip(place, "there is no entry of which this is a draft")
            return
        self.learn_topics([page])
        try:
            self.resolve(place, page)
        except ValidationError as error:
            self.skip(place, "; ".join(error.messages))
            return
        before, after = revisions.newest(entry), self.snapshot(page)
        if before == after:
            self.report.unchanged.append(place)
        elif entry.draft_id and not self.options.overwrites:
            self.skip(place, "has another draft here; left as it is")
        else:
            publishing.save_draft(entry, after, note="Imported", now=self.now)
            self.report.updated.append(place)

    def snapshot(self, page: Page) -> revisions.Snapshot:
        plain: dict[str, Any] = {name: page[name] for name in PLAIN}
        people = {
            role: getattr(self.authors.get(page.get(role, {}).get("slug")), "pk", None)
            for role in ("author", "reviewer")
        }
        related = enumerate(_keys_of(page["related"]), start=1)
        return {
            **plain,
            **people,
            "offer": self.offers.get(page.get("offer", "")),
            "topics": page["topics"],
            "aliases": page["aliases"],
            "related": [{"entry": key, "position": place} for place, key in related],
        }


def _page(content: Content) -> Page:
    """What a file or row says, with what it leaves out as it usually is. Raises Malformed."""
    if isinstance(content, Malformed):
        raise content
    page = _parsed(content) if isinstance(content, bytes) else content
    usual = {**_USUAL, "topics": [], "aliases": [], "related": []}
    return {**usual, **page}


def _parsed(content: bytes) -> Page:
    if len(content) > MOST_BYTES:
        raise Malformed("too long for an entry")
    try:
        return parse(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Malformed("not a text file in UTF-8", line=line) from error


def _ref(page: Page) -> str:
    return page.get("import_ref") or f"headword:{page['language']}/{page['slug']}"


def _content(page: Page) -> Page:
    """What a page says as `Contents` would have written it."""
    return {**page, "reviewed_on": str(page["reviewed_on"]) if "reviewed_on" in page else None}


def _known(pages: Iterable[Page]) -> dict[str, Entry]:
    """The entries of pages by their `import_ref`; those without one are found by their address."""
    pages = list(pages)
    refs = [_ref(page) for page in pages]
    rows = Entry.objects.defer("body_html", "plain_text", "contents", "anchors")
    rows = rows.select_related("draft")
    found = list(rows.filter(import_ref__in=refs))
    slugs = {ref.rpartition("/")[2] for ref in refs if ref.startswith("headword:")}
    found += [entry for entry in rows.at(slugs) if entry.import_ref is None]
    prefetch(found)
    return {ref_of(entry): entry for entry in reversed(found)}


def _keys_of(addresses: list[str]) -> list[int]:
    """The keys of the entries at `addresses` ("en/webhook"), in their order."""
    wanted = [tuple(address.split("/", 1)) for address in addresses if "/" in address]
    rows = Entry.objects.at(slug for _, slug in wanted)
    keys = {
        (language, slug): pk for pk, language, slug in rows.values_list("pk", "language", "slug")
    }
    return [keys[address] for address in wanted if address in keys]


def _relate(key: int, addresses: list[str]) -> None:
    RelatedEntry.objects.filter(entry=key, is_chosen=True).delete()
    RelatedEntry.objects.bulk_create(
        RelatedEntry(entry_id=key, other_id=other, position=place)
        for place, other in enumerate(_keys_of(addresses), start=1)
        if other != key
    )
