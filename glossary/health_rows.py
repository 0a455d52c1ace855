"""The rows of health reports: which entries they are about, and how they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Q

from config.http import key_of
from glossary import duplicates, freshness, link_health
from glossary.duplicates import Pair
from glossary.link_health import First
from glossary.models import Entry, EntryQuerySet, EntryTopic, ExternalLink

STATES = {"": "On the site", "draft": "Drafts", "withdrawn": "Withdrawn", "any": "All"}
ANSWERS = {
    "": "All",
    "4xx": "4xx: not there, or not for programs",
    "5xx": "5xx: the server is broken",
    "none": "No answer",
    "redirect": "Redirects in a circle",
}


# What -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """A piece of a cell: words, perhaps of an entry (key) or an address on another site."""

    text: str
    entry: int | None = None
    url: str = ""
    is_day: bool = False


Cell = list[Part]
Row = list[Cell]


@dataclass(frozen=True)
class Filters:
    """Which entries a report is about."""

    language: str = ""
    topic: int | None = None
    author: int | None = None
    state: str = ""
    answer: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Filters":
        """Read what a form sent; whatever it cannot have sent means all."""
        language, state, answer = (given.get(n, "") for n in ("language", "state", "answer"))
        return cls(
            language=language if language in dict(settings.LANGUAGES) else "",
            topic=key_of(given.get("topic", "")),
            author=key_of(given.get("author", "")),
            state=state if state in STATES else "",
            answer=answer if answer in ANSWERS else "",
        )

    def on(self, path: str = "") -> Q:
        """The condition on the entry at `path`, such as "source__", its state left out."""
        condition = Q()
        if self.language:
            condition &= Q(**{f"{path}language": self.language})
        if self.author:
            condition &= Q(**{f"{path}author": self.author})
        if self.topic:
            about = EntryTopic.objects.filter(tag=self.topic).values("content_object")
            condition &= Q(**{f"{path}pk__in": about})
        return condition

    def entries(self) -> EntryQuerySet:
        """The entries in the chosen state, by language, in the order of the alphabet."""
        states = {"": Q(state=Entry.State.PUBLISHED), "any": Q()}
        chosen = Entry.objects.filter(states.get(self.state, Q(state=self.state)), self.on())
        return chosen.order_by("language", "sort_key", "pk").select_related("author").for_lists()


def naming(filters: Filters) -> Q:
    """The condition on entries whose texts want a term: drafts as well, what was withdrawn not."""
    return filters.on("source__") & ~Q(source__state=Entry.State.WITHDRAWN)


# How it is shown ----------------------------------------------------------------------------


def _entry_cells(entry: Entry) -> Row:
    return [
        [Part(entry.term, entry=entry.pk)],
        [Part(entry.get_language_display())],
        [Part(entry.author.name if entry.author else "–")],
    ]


def show_entries(entries: Sequence[Entry], filters: Filters) -> list[Row]:
    return [[*_entry_cells(entry), [Part(entry.get_state_display())]] for entry in entries]


def show_overdue(entries: Sequence[Entry], filters: Filters) -> list[Row]:
    return [
        [
            *_entry_cells(entry),
            [
                Part(
                    entry.owner.get_full_name() or entry.owner.get_username()
                    if entry.owner
                    else "–"
                )
            ],
            [_day(entry.review_due_on)],
        ]
        for entry in entries
    ]


def show_dropped(entries: Sequence[Entry], filters: Filters) -> list[Row]:
    dropped = link_health.dropped_in(entry.pk for entry in entries)
    return [
        [*_entry_cells(entry), [Part(text) for text in dropped.get(entry.pk, ())]]
        for entry in entries
    ]


def show_wanted(terms: Sequence[dict[str, Any]], filters: Filters) -> list[Row]:
    sources = link_health.sources_of(terms, naming(filters))
    languages = dict(settings.LANGUAGES)
    return [
        [
            [Part(term["text"])],
            [Part(languages.get(term["source__language"], term["source__language"]))],
            [Part(str(term["number"]))],
            _first_of(sources.get((term["key"], term["source__language"]), ([], 0))),
        ]
        for term in terms
    ]


def show_broken_elsewhere(links: Sequence[ExternalLink], filters: Filters) -> list[Row]:
    entries = link_health.entries_leading_to(links)
    return [
        [
            [Part(link.url, url=link.url)],
            [Part(answer_of(link))],
            [_day(freshness.today(link.checked_at) if link.checked_at else None)],
            [Part(str(link.failures))],
            _first_of(entries.get((link.pk,), ([], 0))),
        ]
        for link in links
    ]


def show_duplicates(pairs: Sequence[Pair], filters: Filters) -> list[Row]:
    keys = {name.entry for pair in pairs for name in (pair.one, pair.other)}
    terms = dict(Entry.objects.filter(pk__in=keys).values_list("pk", "term"))
    languages = dict(settings.LANGUAGES)

    def cell(name: duplicates.Known) -> Cell:
        term = terms.get(name.entry, name.text)
        words = name.text if name.text == term else f"{name.text} (other name of {term})"
        return [Part(words, entry=name.entry if name.entry in terms else None)]

    return [
        [cell(pair.one), cell(pair.other), [Part(pair.kind)], [Part(languages[pair.language])]]
        for pair in pairs
    ]


def answer_of(link: ExternalLink) -> str:
    """Say how an address answered last."""
    if link.error:
        return link.error
    return "No answer" if link.status is None else f"Status {link.status}"


def _first_of(first: First) -> Cell:
    shown, total = first
    parts = [Part(term, entry=key) for term, key in shown]
    return parts + [Part(f"and {total - len(shown)} more")] * (total > len(shown))


def _day(value: date | None) -> Part:
    return Part(value.isoformat() if value else "–", is_day=True)
