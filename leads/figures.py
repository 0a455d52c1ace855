"""The lines of the figures: entries, topics, authors and offers by their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Exists, OuterRef

from config import site
from config.alphabet import sort_key
from glossary.models import Entry, EntryQuerySet, EntryTopic
from leads import funnel
from leads.funnel import STAGES, Counts
from leads.models import Attribution, DayCount, Offer
from leads.periods import Period

COLUMNS = ("name", *STAGES, "value")
NONE, DELETED, PLAIN = 0, -1, -2
"""Keys of lines without a row: no entry, one that is gone, one that is in no group."""


@dataclass(frozen=True)
class Line:
    """What one row of the glossary, or of the offers, brought in."""

    key: int
    """Of its row; not above 0 where there is none."""
    name: str
    counts: Counts
    language: str = ""
    """Of an entry that is in another language than the site."""

    @property
    def has_row(self) -> bool:
        return self.key > 0


@dataclass(frozen=True)
class Figures:
    """The lines that are not all zero, and what all of them together are."""

    lines: list[Line]
    total: Counts
    """Counts everything once, also what is in two of the lines."""


def of(what: str, period: Period) -> Figures:
    """Return the figures by one of BY for `period`; four queries at most."""
    return BY[what](period)


def ordered(lines: list[Line], column: str, *, down: bool) -> list[Line]:
    """Return `lines` by one of COLUMNS; what is equal there goes by requests, clicks, views."""
    named = sorted(lines, key=lambda line: sort_key(line.name))
    if column == "name":
        return named[::-1] if down else named
    ranked = (column, "requests", "clicks", "views")
    first = sorted(
        named, key=lambda line: [getattr(line.counts, each) for each in ranked[1:]], reverse=True
    )
    return sorted(first, key=lambda line: getattr(line.counts, column), reverse=down)


def never_viewed(period: Period, *, now: datetime | None = None) -> EntryQuerySet:
    """Return the public entries that nobody looked at in `period`, the oldest first.

    What was published after it could not be seen in it.
    """
    end = datetime.combine(period.last + timedelta(days=1), time(), tzinfo=site.current().zone)
    views = DayCount.objects.during(period.first, period.last).filter(
        entry_key=OuterRef("pk"), kind=DayCount.Kind.VIEW, times__gt=0
    )
    entries = Entry.objects.published(now).filter(~Exists(views), published_at__lt=end)
    return entries.for_lists().select_related("author").order_by("published_at", "pk")


# By what ----------------------------------------------------------------------------------


def _by_entry(period: Period) -> Figures:
    counts = funnel.by("entry", period)
    own = site.current().language
    rows = _entries(period).values_list("pk", "term", "language")
    known = {pk: (term, language) for pk, term, language in rows}
    lines = []
    for key, each in counts.items():
        term, language = known.get(key, (_no_entry(key), own))
        shown = key if key in known else NONE
        lines.append(Line(shown, term, each, "" if language == own else language))
    return _figures(lines, counts)


def _by_topic(period: Period) -> Figures:
    counts = funnel.by("entry", period)
    known = set(_entries(period).values_list("pk", flat=True))
    names, groups = _others("Entries without a topic"), _groups(counts, known)
    memberships = EntryTopic.objects.filter(content_object__in=_entries(period))
    for entry, topic, name in memberships.values_list("content_object", "tag", "tag__name"):
        names[topic] = name
        groups[entry] = [*(each for each in groups.get(entry, []) if each > 0), topic]
    return _summed(counts, groups, names)


def _by_author(period: Period) -> Figures:
    counts = funnel.by("entry", period)
    names = _others("Entries without an author")
    rows = list(_entries(period).values_list("pk", "author", "author__name"))
    groups = _groups(counts, {pk for pk, *_ in rows})
    for entry, author, name in rows:
        if author:
            names[author] = name
            groups[entry] = [author]
    return _summed(counts, groups, names)


def _by_offer(period: Period) -> Figures:
    counts = funnel.by("offer", period)
    known = dict(Offer.objects.values_list("pk", "name"))
    lines = [
        Line(key if key in known else NONE, known.get(key) or _no_offer(key), each)
        for key, each in counts.items()
    ]
    return _figures(lines, counts)


BY: dict[str, Callable[[Period], Figures]] = {
    "entry": _by_entry,
    "topic": _by_topic,
    "author": _by_author,
    "offer": _by_offer,
}


# Names ------------------------------------------------------------------------------------


def _entries(period: Period) -> EntryQuerySet:
    """The entries that were counted in `period`, in whatever state they are now."""
    seen = DayCount.objects.during(period.first, period.last).filter(entry_key=OuterRef("pk"))
    moved = Attribution.objects.counted().moving(period.first, period.last)
    asked = moved.filter(entry=OuterRef("pk"))
    return Entry.objects.filter(Exists(seen) | Exists(asked)).order_by()


def _no_entry(key: int) -> str:
    return f"Deleted entry (no. {key})" if key else "Other pages, or an entry that was deleted"


def _no_offer(key: int) -> str:
    return f"Deleted offer (no. {key})" if key else "No offer, or one that was deleted"


def _others(plain: str) -> dict[int, str]:
    return {NONE: _no_entry(0), DELETED: "Deleted entries", PLAIN: plain}


def _groups(counts: Mapping[int, Counts], known: set[int]) -> dict[int, list[int]]:
    """The groups of entries that are in no other one."""
    return {key: [(PLAIN if key in known else DELETED) if key else NONE] for key in counts}


def _summed(
    counts: Mapping[int, Counts], groups: Mapping[int, list[int]], names: Mapping[int, str]
) -> Figures:
    sums = funnel.grouped(counts, groups)
    return _figures([Line(key, names[key], each) for key, each in sums.items()], counts)


def _figures(lines: list[Line], counts: Mapping[int, Counts]) -> Figures:
    return Figures([line for line in lines if line.counts], funnel.total(counts.values()))
