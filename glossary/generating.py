"""Invented entries in any number, alike for the same seed: material for benchmarks.

The words follow Zipf's law, as real texts do, so that searches meet common and
rare ones; entries have aliases and topics and mention each other.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate, islice, product

from django.db import transaction
from django.utils import timezone

from config.slugs import slugify
from glossary import publishing, search
from glossary.models import Alias, Entry, EntryTopic, InternalLink, SearchDocument, Topic

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
TOPICS = ("Storage", "Networking", "Planning", "Security", "Quality", "Teams", "Design")
BATCH = 500


def generate(count: int, *, seed: int = 1, now: datetime | None = None) -> int:
    """Create and publish `count` entries; return how many are new.

    Terms already there are left alone, so that a second run with the same seed
    and a higher count only adds the difference.
    """
    now = now or timezone.now()
    terms = list(islice(_terms(seed), count))
    known = set(Entry.objects.values_list("term", flat=True))
    topics = [Topic.objects.get_or_create(name=name)[0] for name in TOPICS]
    writer = _Writer(terms, seed)
    new = [term for term in terms if term not in known]
    for chunk in _chunks(new, BATCH):
        with transaction.atomic():
            _store(chunk, writer=writer, topics=topics, now=now)
    return len(new)


def _terms(seed: int) -> Iterator[str]:
    combined = [f"{a} {n} {m}" for a, n, m in product(ADJECTIVES, NOUNS, NOUNS[::7]) if n != m]
    random.Random(seed).shuffle(combined)  # noqa: S311 - nothing secret
    return (term.capitalize() for term in combined)


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


class _Writer:
    """Writes the text of a term; the same text for the same term and seed."""

    def __init__(self, terms: list[str], seed: int) -> None:
        self.terms = terms
        self.seed = seed
        words = CONNECTING + NOUNS + ADJECTIVES
        self.words = words
        self.weights = list(accumulate(1 / rank for rank in range(1, len(words) + 1)))

    def definition(self, term: str) -> str:
        return f"{term} is {self._words(self._random(term), 14)}."

    def body(self, term: str) -> str:
        chance = self._random(term)
        blocks = []
        for title in chance.sample(["How it works", "An example", "Limits", "History"], 3):
            blocks += [f"## {title}", self._paragraph(chance), self._paragraph(chance)]
        return "\n\n".join([self._paragraph(chance), *blocks])

    def aliases(self, term: str) -> list[str]:
        return ["".join(word[0] for word in term.split()).upper() + f" {len(term)}"]

    def _random(self, term: str) -> random.Random:
        return random.Random(f"{self.seed} {term}")  # noqa: S311 - nothing secret

    def _words(self, chance: random.Random, count: int) -> str:
        return " ".join(chance.choices(self.words, cum_weights=self.weights, k=count))

    def _paragraph(self, chance: random.Random) -> str:
        other = chance.choice(self.terms)
        link = f"[{other.lower()}](/glossary/{slugify(other)}/)"
        sentences = [self._words(chance, chance.randint(8, 18)).capitalize() for _ in range(3)]
        return f"{'. '.join(sentences)}. See {link}."


def _store(terms: list[str], *, writer: _Writer, topics: list[Topic], now: datetime) -> None:
    """Store a batch as publishing would, with one statement per table instead of ten per entry."""
    chance = random.Random(terms[0])  # noqa: S311 - nothing secret
    memberships, entries = [], []
    for term in terms:
        own = chance.sample(topics, 2)
        published_at = now - timedelta(minutes=chance.randint(1, 500_000))
        aliases = writer.aliases(term)
        entry = Entry(
            term=term,
            slug=slugify(term),
            short_definition=writer.definition(term),
            body=writer.body(term),
            state=Entry.State.PUBLISHED,
            published_at=published_at,
            updated_at=published_at,
            public_topics=[{"name": topic.name, "slug": topic.slug} for topic in own],
            public_aliases=aliases,
        )
        fields = publishing.rendered_fields(entry.body, link=lambda href: href)
        for name, value in fields.items():
            setattr(entry, name, value)
        entries.append(entry)
        memberships.append(own)
    Entry.objects.bulk_create(entries)
    EntryTopic.objects.bulk_create(
        EntryTopic(tag=topic, content_object=entry)
        for entry, own in zip(entries, memberships, strict=True)
        for topic in own
    )
    Alias.objects.bulk_create(
        Alias(entry=entry, name=name) for entry in entries for name in entry.public_aliases
    )
    InternalLink.objects.bulk_create(
        InternalLink(source=entry, language=entry.language, slug=slug)
        for entry in entries
        for slug in _linked(entry)
    )
    SearchDocument.objects.bulk_create(search.document(entry) for entry in entries)


def _linked(entry: Entry) -> set[str]:
    parts = entry.body.split("](/glossary/")[1:]
    return {part.partition("/)")[0] for part in parts}
