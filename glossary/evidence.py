"""What stands behind a demand: the phrases, addresses, texts and notes that were counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Sum
from django.utils import timezone

from config.slugs import in_words, slugify
from glossary import asks, linking, search, terms
from glossary.models import Asker, Demand, Entry, NamedLink, Suggestion
from glossary.sentences import Sentence
from glossary.terms import Name, TermIndex

MOST_ROWS = 10
"""Phrases, addresses and links that are shown."""
MOST_SENTENCES = 5
LOOKED_AT = 30
"""Texts in which sentences are looked for."""
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Evidence:
    """Rows to show; each phrase and address with `times` and `last`, its last day."""

    phrases: list[dict[str, Any]]
    paths: list[dict[str, Any]]
    links: list[NamedLink]
    uses: list[Sentence]
    suggestion: Suggestion | None
    waiting: int
    """Readers who want to hear of it."""


def of(demand: Demand, now: datetime | None = None) -> Evidence:
    """Return what stands behind `demand`. At most seven queries."""
    now = now or timezone.now()
    same = {"language": demand.language, "term_key": demand.term_key}
    suggestion = Suggestion.objects.filter(**same).first()
    links = asks.links_to(demand.term_key, language=demand.language)
    return Evidence(
        phrases=_phrases(demand, now),
        paths=_paths(demand, now),
        links=list(links.select_related("source").order_by("source__sort_key", "pk")[:MOST_ROWS]),
        uses=list(_uses(demand, now)),
        suggestion=suggestion,
        waiting=Asker.objects.filter(suggestion=suggestion).count() if suggestion else 0,
    )


def _phrases(demand: Demand, now: datetime) -> list[dict[str, Any]]:
    rows = asks.searches_of(demand.term_key, language=demand.language, now=now)
    counted = rows.values("phrase").annotate(total=Sum("times"), last=Max("day"))
    found = [
        {"text": row["phrase"], "times": row["total"], "last": row["last"]}
        for row in counted.order_by("-total", "phrase")
        if asks.key_of(asks.term_of(row["phrase"])) == demand.term_key
    ]
    return found[:MOST_ROWS]


def _paths(demand: Demand, now: datetime) -> list[dict[str, Any]]:
    # The slug's words are the term's; what slugs leave out is compared once they are words.
    rows = asks.misses_of(demand.language, now).filter(slug__icontains=slugify(demand.term)[:40])
    counted = rows.values("slug").annotate(total=Sum("times"), last=Max("day"))
    found = [
        {"text": row["slug"], "times": row["total"], "last": row["last"]}
        for row in counted.order_by("-total", "slug")
        if asks.key_of(asks.term_of(in_words(row["slug"]))) == demand.term_key
    ]
    return found[:MOST_ROWS]


def _uses(demand: Demand, now: datetime) -> Iterator[Sentence]:
    """Sentences of public entries that use the term."""
    keys = search.documents_mentioning([demand.term], language=demand.language)[:LOOKED_AT]
    public = Entry.objects.published(now).filter(pk__in=keys).order_by("sort_key", "pk")
    name = Name(demand.term, 0, "", is_exact=terms.is_exact(demand.term, "auto"))
    index = TermIndex([name], has_plurals=demand.language == "en")
    shown = 0
    for row in public.values("term", "slug", "plain_text"):
        text = row["plain_text"][:LONGEST_TEXT]
        use = next(terms.find(text, index), None)
        if use is None:
            continue
        sentence, start = linking.sentence_around(text, use.start, use.end)
        place = {"sentence": sentence, "start": start, "length": use.end - use.start}
        yield Sentence({**row, **place})
        shown += 1
        if shown == MOST_SENTENCES:
            return
