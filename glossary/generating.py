"""Invented entries in any number, alike for the same seed: material for benchmarks.

The words follow Zipf's law, as real texts do, so that searches meet common and
rare ones; entries have aliases and topics and mention each other, by links and
in plain words. Everything is written at once as publishing would make it, which
is ten times as fast as rendering; a test holds the two alike.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, islice, product

from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Max, prefetch_related_objects
from django.utils import timezone

from config import markdown
from config.slugs import slugify
from glossary import addresses, names, rendering, search, spelling, words
from glossary.models import (
    Alias,
    Entry,
    EntryTopic,
    InternalLink,
    Mention,
    RelatedEntry,
    SearchDocument,
    TermName,
    Topic,
)

ADJECTIVES = """
adaptive agile atomic binary causal central cloud cold compact constant cyclic deep dense
digital direct dynamic elastic event fast federated finite flat formal fuzzy global graph hidden
hybrid implicit inner joint lazy linear local logical mobile modular mutual native nested
neutral nominal open optical optimal outer parallel partial passive primary private public
random rapid reactive remote robust scalar secure serial shared sparse stable static strict
tabular thin tidal total uniform virtual warm weighted
""".split()
NOUNS = """
access account agent alert anchor archive array balance batch beacon bound branch bridge broker
bucket buffer cache catalogue chain channel check cluster code column commit context control
cursor cycle data delta domain edge engine entry error event factor feature feed field filter
flag flow frame function gateway grid group guard handle hash heap hook index input intent key
label layer lease ledger level limit link list load lock log loop map mask matrix memory merge
message metric mirror model module monitor network node object offset order output packet panel
parser patch path pattern peer phase pipeline plan point policy pool port process profile
protocol proxy query queue range rate record region register relay replica report request
resource response result role route rule sample scale schema scope segment sensor series server
session shard signal sink slot snapshot socket source space stack stage state step store stream
stub style subject switch table target task template tenant test thread tier token topic trace
tree trigger unit update user value vector version view volume watch window worker zone
""".split()
CONNECTING = """
the a of to in and is that for with as on by it from this are be or an which can has when each
one two often more than between over until after before into without about under where while
because both same other most only then so if not also may will must
""".split()
HEADINGS = ("How it works", "An example", "Limits", "History")
TOPICS = ("Storage", "Networking", "Planning", "Security", "Quality", "Teams", "Design")
BATCH = 500


def generate(count: int, *, seed: int = 1, now: datetime | None = None) -> int:
    """Create and publish `count` entries; return how many are new.

    Terms already there are left alone, so that a second run with the same seed
    and a higher count only adds the difference; their texts do not link the
    new terms until `rerender`.
    """
    now = now or timezone.now()
    wanted = list(islice(_terms(seed), count))
    known = set(Entry.objects.values_list("term", flat=True))
    topics = [Topic.objects.get_or_create(name=name)[0] for name in TOPICS]
    new = [term for term in wanted if term not in known]
    # Keys are given here, because texts link entries that are stored after them.
    first = (Entry.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    keys = {term: first + place for place, term in enumerate(new)}
    keys.update(Entry.objects.filter(term__in=known & set(wanted)).values_list("term", "pk"))
    store = _Store(_Writer(wanted, seed), keys, topics, now)
    for start in range(0, len(new), BATCH):
        with transaction.atomic():
            store.store(new[start : start + BATCH])
    with transaction.atomic(), connection.cursor() as cursor:
        spelling.learn_words({("en", word) for word in words.units(" ".join(new))})
        for statement in connection.ops.sequence_reset_sql(no_style(), [Entry]):
            cursor.execute(statement)
    return len(new)


def _terms(seed: int) -> Iterator[str]:
    combined = [f"{a} {n} {m}" for a, n, m in product(ADJECTIVES, NOUNS, NOUNS[::7]) if n != m]
    random.Random(seed).shuffle(combined)  # noqa: S311 - nothing secret
    return (term.capitalize() for term in combined)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as its author writes it and as publishing renders it."""

    body: str
    html: str
    plain: str
    headings: list[str]
    mentioned: list[str]
    """Terms, every other one linked by hand."""


class _Writer:
    """Writes the text of a term; the same text for the same term and seed."""

    def __init__(self, terms: list[str], seed: int) -> None:
        self.terms = terms
        self.seed = seed
        self.slugs = {term: slugify(term) for term in terms}
        self.folder = addresses.path_of("x", language="en").removesuffix("x/")
        self.words = CONNECTING + NOUNS + ADJECTIVES
        self.weights = list(accumulate(1 / rank for rank in range(1, len(self.words) + 1)))

    def definition(self, term: str) -> str:
        return f"{term} is {self._words(self._random(term), 14)}."

    def text(self, term: str) -> _Text:
        chance = self._random(term)
        others = chance.sample(self.terms, min(7, len(self.terms)))
        mentioned = [other for other in others if other != term]
        paragraphs = [self._paragraph(chance, n, other) for n, other in enumerate(mentioned)]
        headings = chance.sample(HEADINGS, 3)
        # One paragraph at first, then up to two under each heading.
        for place, heading in zip((1, 4, 7), headings, strict=True):
            paragraphs.insert(place, _heading(heading))
        bodies, htmls, plains = zip(*paragraphs, strict=True)
        return _Text("\n\n".join(bodies), "\n".join(htmls), "\n".join(plains), headings, mentioned)

    def alias(self, term: str) -> str:
        return "".join(word[0] for word in term.split()).upper() + f" {len(term)}"

    def _random(self, term: str) -> random.Random:
        return random.Random(f"{self.seed} {term}")  # noqa: S311 - nothing secret

    def _words(self, chance: random.Random, count: int) -> str:
        return " ".join(chance.choices(self.words, cum_weights=self.weights, k=count))

    def _paragraph(self, chance: random.Random, place: int, other: str) -> tuple[str, str, str]:
        """A paragraph that mentions `other`, as Markdown, as HTML and in plain words."""
        name, path = other.lower(), f"{self.folder}{self.slugs[other]}/"
        sentences = [self._words(chance, chance.randint(8, 18)).capitalize() for _ in range(3)]
        # A sentence that ends in a single letter would be taken for an abbreviation.
        said = f"{'. '.join(sentences)} too. See "
        body = f"{said}{name}." if place % 2 else f"{said}[{name}]({path})."
        html = f'<p>{said}<a href="{path}" class="term">{name}</a>.</p>'
        return body, html, f"{said}{name}."


def _heading(title: str) -> tuple[str, str, str]:
    anchor = slugify(title)
    html = f'<h2 id="{anchor}"><a href="#{anchor}" class="anchor">{title}</a></h2>'
    return f"## {title}", html, title


class _Store:
    """Stores entries in batches, and the mentions among them as soon as both ends are there."""

    def __init__(
        self, writer: _Writer, keys: dict[str, int], topics: list[Topic], now: datetime
    ) -> None:
        self.writer = writer
        self.keys = keys
        self.topics = topics
        self.now = now
        self.waiting: list[Mention] = []

    def store(self, terms: list[str]) -> None:
        """Store a batch with one statement per table instead of ten per entry."""
        texts = [self.writer.text(term) for term in terms]
        entries = list(map(self._entry, terms, texts))
        Entry.objects.bulk_create(entries)
        EntryTopic.objects.bulk_create(
            EntryTopic(tag=topic, content_object=entry)
            for entry in entries
            for topic in self._topics(entry.term)
        )
        Alias.objects.bulk_create(
            Alias(entry=entry, name=name) for entry in entries for name in entry.public_aliases
        )
        InternalLink.objects.bulk_create(
            InternalLink(source=entry, language=entry.language, slug=self.writer.slugs[other])
            for entry, text in zip(entries, texts, strict=True)
            for other in text.mentioned[::2]
        )
        prefetch_related_objects(entries, "aliases")
        TermName.objects.bulk_create(name for entry in entries for name in names.of(entry))
        SearchDocument.objects.bulk_create(map(search.document, entries))
        for entry, text in zip(entries, texts, strict=True):
            self.waiting += map(self._mention, [entry] * len(text.mentioned), text.mentioned)
        self._store_mentions(last=entries[-1].pk)

    def _entry(self, term: str, text: _Text) -> Entry:
        chance = random.Random(term)  # noqa: S311 - nothing secret
        published_at = self.now - timedelta(minutes=chance.randint(1, 500_000))
        anchors = [{"id": slugify(title), "title": title} for title in text.headings]
        return Entry(
            pk=self.keys[term],
            term=term,
            slug=self.writer.slugs[term],
            short_definition=self.writer.definition(term),
            body=text.body,
            state=Entry.State.PUBLISHED,
            published_at=published_at,
            updated_at=published_at,
            body_html=f"{text.html}\n",
            contents=[{**anchor, "children": []} for anchor in anchors],
            anchors=anchors,
            plain_text=text.plain,
            reading_minutes=rendering.reading_minutes(text.plain),
            public_topics=[{"name": each.name, "slug": each.slug} for each in self._topics(term)],
            public_aliases=[self.writer.alias(term)],
            renderer_version=markdown.RENDERER_VERSION,
        )

    def _topics(self, term: str) -> list[Topic]:
        chance = random.Random(term)  # noqa: S311 - nothing secret
        return sorted(chance.sample(self.topics, 2), key=lambda topic: topic.name)

    def _mention(self, source: Entry, other: str) -> Mention:
        return Mention(
            source=source,
            target_id=self.keys[other],
            sentence=f"See {other.lower()}.",
            start=len("See "),
            length=len(other),
        )

    def _store_mentions(self, *, last: int) -> None:
        """Store what mentions entries up to the key `last`; the rest waits for its targets."""
        ready = [mention for mention in self.waiting if mention.target_id <= last]
        self.waiting = [mention for mention in self.waiting if mention.target_id > last]
        Mention.objects.bulk_create(ready)
        RelatedEntry.objects.bulk_create(_related(ready[::3]), ignore_conflicts=True)


def _related(mentions: Iterable[Mention]) -> Iterator[RelatedEntry]:
    """Some of what a text mentions is worth reading next."""
    for mention in mentions:
        yield RelatedEntry(
            entry_id=mention.source_id, other_id=mention.target_id, position=1, is_chosen=False
        )
