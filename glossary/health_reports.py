"""What is wrong with the glossary: reports for editors, each a list of rows that can be counted.

Whether an entry belongs into a report is asked along an index, entry by entry in
the order of the list: a page is read as far as its rows are found. A count goes
through all entries and is kept for some minutes where that takes long; where
there is nothing to count, no page is read at all.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from glossary import duplicates, external_links, freshness, health_rows, link_health
from glossary.duplicates import Pair
from glossary.health_rows import Filters, Row, naming
from glossary.models import Entry, EntryQuerySet, ExternalLink

SLOW = 0.3
"""Seconds from which on an answer is kept."""
KEPT = timedelta(minutes=10)
CHUNK = 500
"""Rows that a download reads at a time."""


@dataclass(frozen=True)
class Report:
    """One of the things that can be wrong."""

    name: str
    title: str
    says: str
    """What it means and what to do, to the editor."""
    nothing: str
    """What to say when there is no row."""
    columns: tuple[str, ...]
    find: Callable[[Filters], Any]
    """Rows as they are stored: a QuerySet, or a list."""
    show: Callable[[Sequence[Any], Filters], list[Row]]
    """Some of them as they are shown, with a fixed number of queries."""
    filters: tuple[str, ...] = ("language", "topic", "author")

    def rows(self, filters: Filters) -> Iterator[Row]:
        """Yield all rows, read piece by piece."""
        found = self.find(filters)
        stored = found.iterator(chunk_size=CHUNK) if isinstance(found, QuerySet) else iter(found)
        while chunk := list(islice(stored, CHUNK)):
            yield from self.show(chunk, filters)

    def count(self, filters: Filters) -> tuple[int, datetime | None]:
        """Return how many rows there are, and when they were counted unless that was now."""
        chosen = ".".join(str(value or "") for value in vars(filters).values())
        return _kept(f"health.{self.name}.{chosen}", lambda: _number_of(self.find(filters)))


def _kept(key: str, make: Callable[[], Any]) -> tuple[Any, datetime | None]:
    """What `make` returns, or returned some minutes ago if that took long, and when."""
    if (kept := cache.get(key)) is not None:
        return kept
    began = time.monotonic()
    value = make()
    if time.monotonic() - began > SLOW:
        cache.set(key, (value, timezone.now()), KEPT.total_seconds())
    return value, None


def _number_of(found: Any) -> int:
    return found.count() if isinstance(found, QuerySet) else len(found)


# What is found ------------------------------------------------------------------------------


def _overdue(filters: Filters) -> EntryQuerySet:
    due = filters.entries().filter(review_due_on__lt=freshness.today())
    return due.order_by("review_due_on", "sort_key", "pk").select_related("owner", "author")


def _wanted(filters: Filters) -> QuerySet:
    return link_health.wanted(naming(filters))


def _broken_elsewhere(filters: Filters) -> QuerySet[ExternalLink]:
    answers = {
        "": Q(),
        "4xx": Q(status__gte=400, status__lt=500),
        "5xx": Q(status__gte=500),
        "none": Q(status=None),
        "redirect": Q(status__lt=400),
    }
    found = external_links.broken().filter(answers[filters.answer])
    condition = filters.on("entry__")
    if condition:
        leads = external_links.leads_of_shown().filter(condition, externallink=OuterRef("pk"))
        found = found.filter(Exists(leads))
    return found.order_by("-failures", "url")


def _duplicates(filters: Filters) -> list[Pair]:
    pairs, _ = _kept("health.pairs", duplicates.found)
    if not filters.on():
        return pairs
    keys = {name.entry for pair in pairs for name in (pair.one, pair.other)}
    of_interest = Entry.objects.filter(filters.on(), pk__in=keys)
    chosen = set(of_interest.values_list("pk", flat=True))
    return [pair for pair in pairs if {pair.one.entry, pair.other.entry} & chosen]


# All of them --------------------------------------------------------------------------------

_ENTRY = ("Entry", "Language", "Author")
_WITH_STATE = (*_ENTRY, "State")
_BY_STATE = ("language", "topic", "author", "state")

REPORTS = [
    Report(
        "orphans",
        "Orphans",
        "No other entry's text links to them, so that readers only come by search or the index. "
        "Mention them elsewhere, or give them the names that texts use.",
        "Nothing here: every entry is linked from another one.",
        _WITH_STATE,
        lambda filters: link_health.orphans(filters.entries()),
        health_rows.show_entries,
    ),
    Report(
        "dead-ends",
        "Dead ends",
        "Their texts link to no other entry: who has read them has nowhere to go. "
        "Use the terms of other entries, or link them by [[name]].",
        "Nothing here: every entry leads on to another one.",
        _WITH_STATE,
        lambda filters: link_health.dead_ends(filters.entries()),
        health_rows.show_entries,
    ),
    Report(
        "wanted",
        "Wanted terms",
        "Texts name them in [[brackets]], and no entry explains them. Write the entry, or take "
        "the brackets away.",
        "Nothing here: every [[name]] in a text has its entry.",
        ("Term", "Language", "Texts", "Named in"),
        _wanted,
        health_rows.show_wanted,
    ),
    Report(
        "dropped-links",
        "Broken links within the glossary",
        "Their texts link to an entry that is not on the site; readers see plain words instead. "
        "Publish that entry, or change the link.",
        "Nothing here: every link within the glossary leads somewhere.",
        (*_ENTRY, "Leads in vain to"),
        lambda filters: link_health.with_dropped_links(filters.entries()),
        health_rows.show_dropped,
    ),
    Report(
        "broken-links",
        "Broken links to other sites",
        "These addresses failed on at least two days. Some servers refuse programs and serve "
        "people: open the address before you change the text.",
        "Nothing here: what was checked answers.",
        ("Address", "Answer", "Last check", "Failed days", "Entries"),
        _broken_elsewhere,
        health_rows.show_broken_elsewhere,
        filters=("language", "topic", "author", "answer"),
    ),
    Report(
        "duplicates",
        "Duplicates and near-duplicates",
        "Names of two entries that are the same, or nearly. Make one an alias of the other, or "
        "word them so that readers see the difference. Short names are only compared as a whole.",
        "Nothing here: all names are clearly different.",
        ("One", "Other", "How alike", "Language"),
        _duplicates,
        health_rows.show_duplicates,
    ),
    Report(
        "no-reviewer",
        "Without a reviewer",
        "Nobody vouches for them but their author.",
        "Nothing here: every entry has its reviewer.",
        _WITH_STATE,
        lambda filters: filters.entries().filter(reviewer=None),
        health_rows.show_entries,
        filters=_BY_STATE,
    ),
    Report(
        "no-owner",
        "Without an owner",
        "Nobody is reminded when their review is due, but for the site's contact.",
        "Nothing here: somebody looks after every entry.",
        _WITH_STATE,
        lambda filters: filters.entries().filter(owner=None),
        health_rows.show_entries,
        filters=_BY_STATE,
    ),
    Report(
        "no-definition",
        "Without a short definition",
        "Lists, previews and search results have nothing to show of them.",
        "Nothing here: every entry answers in a sentence.",
        _WITH_STATE,
        lambda filters: filters.entries().filter(short_definition=""),
        health_rows.show_entries,
        filters=_BY_STATE,
    ),
    Report(
        "overdue",
        "Overdue for review",
        "The day on which somebody should have read them again has passed.",
        "Nothing here: all reviews are up to date.",
        (*_ENTRY, "Owner", "Was due on"),
        _overdue,
        health_rows.show_overdue,
    ),
]
