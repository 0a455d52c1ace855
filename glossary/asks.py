"""What is asked for, added up by term from each place where readers and editors ask.

A term's score is the sum over the places of the asks there times their weight,
where at most 50 of a place count, so that nothing that one program repeats drowns
what several people want, and where asks of readers fade: they count whole for
30 days, half for 30 more, a quarter after that. Searches and addresses are
forgotten after 90 days; suggestions stay, at last with an eighth.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, Count, F, FloatField, Min, QuerySet, Sum, Value, When
from django.utils import timezone

from config.alphabet import fold
from config.slugs import in_words
from glossary import search
from glossary.models import Entry, MissedPath, NamedLink, SearchedPhrase, Suggestion

WEIGHTS = {"searches": 1.0, "missed": 1.0, "wanted": 4.0, "suggested": 5.0, "used_in": 0.5}
"""What one ask of each place is worth. A suggestion is work for a reader, a link to a term that
is missing a promise to all readers of a text; a word in a text is nobody's question."""
MOST_COUNTED = 50
"""Asks of a place that count for a term."""
FADES = timedelta(days=30)
"""After this, an ask counts half."""
FADED = (1.0, 0.5, 0.25, 0.125)
LOOKS_BACK = timedelta(days=90)
FEWEST_MISSES = 2
"""Tries of an address; one may be a slip of the finger."""
MOST_OF_A_PLACE = 2_000
"""Terms of each place that are gathered, the most asked for."""
LONGEST_TERM = 150
LONGEST_KEY = 200
MOST_WORDS = 6
"""A longer search is a sentence, not a term."""

Key = tuple[str, str]
"""A language and a folded term."""


@dataclass(slots=True)
class Ask:
    """A term that is asked for: how often in each place, and what that is worth by now."""

    language: str
    term: str
    since: datetime
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 0))
    recent: dict[str, float] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 0.0))

    @property
    def score(self) -> int:
        """At least 1: what is asked for at all has a place."""
        points = (
            weight * min(self.recent[place], MOST_COUNTED) for place, weight in WEIGHTS.items()
        )
        return max(1, round(sum(points)))


class Asks(dict[Key, Ask]):
    """Asks by language and folded term; the first writing of a term is kept."""

    def add(
        self,
        place: str,
        text: str,
        *,
        language: str,
        times: int,
        recent: float,
        since: datetime,
    ) -> None:
        """Add `times` asks for what `text` means, worth `recent` of them by now."""
        term = term_of(text)
        if not term or language not in _LANGUAGES:
            return
        ask = self.setdefault((language, key_of(term)), Ask(language, term, since))
        ask.since = min(ask.since, since)
        ask.counts[place] += times
        ask.recent[place] += recent

    def read(self, now: datetime) -> None:
        """Add what stands in the tables: suggestions, wanted links, searches, missed addresses."""
        for row in _suggested():
            faded = row["times"] * _fading(now - row["last_at"])
            self._take("suggested", row, recent=faded, since=row["created_at"])
        for row in _wanted():
            self._take("wanted", row, recent=row["times"], since=now)
        today = timezone.localdate(now)
        for place, rows in (("searches", _searched(today)), ("missed", _missed(today))):
            for row in rows:
                midnight = datetime.combine(row["since"], datetime.min.time())
                since = min(now, timezone.make_aware(midnight))
                self._take(place, row, recent=row["recent"], since=since)

    def _take(self, place: str, row: dict[str, Any], *, recent: float, since: datetime) -> None:
        self.add(
            place,
            row["text"],
            language=row["in_language"],
            times=row["times"],
            recent=recent,
            since=since,
        )


def term_of(text: str) -> str:
    """Return the term in what somebody typed, "" if it is no term.

    "What is a data mesh?" → "data mesh". Long sentences are none, nor is what
    has no letter.
    """
    term = search.understood(search.clean(text)).text
    is_term = len(term) <= LONGEST_TERM and len(term.split()) <= MOST_WORDS
    return term if is_term and any(map(str.isalpha, term)) else ""


def key_of(term: str) -> str:
    """Return what a term is compared by, as long as the column is."""
    return fold(term)[:LONGEST_KEY]


def in_batches(asks: Iterable[Key], size: int = 500) -> Iterator[tuple[str, list[str]]]:
    """Yield languages with their keys, at most `size` at a time."""
    by_language: dict[str, list[str]] = {}
    for language, key in asks:
        by_language.setdefault(language, []).append(key)
    for language, keys in by_language.items():
        for start in range(0, len(keys), size):
            yield language, keys[start : start + size]


def searches_of(term_key: str, *, language: str, now: datetime) -> QuerySet[SearchedPhrase]:
    """Return searches without results that may have meant the term, for `term_of` to decide."""
    rows = _without_results(timezone.localdate(now))
    return rows.filter(language=language, phrase_key__contains=term_key)


def misses_of(language: str, now: datetime) -> QuerySet[MissedPath]:
    return _recent(MissedPath.objects.all(), timezone.localdate(now)).filter(language=language)


def links_to(term_key: str, *, language: str) -> QuerySet[NamedLink]:
    return _links().filter(source__language=language, key=term_key)


_LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


def _fading(age: timedelta) -> float:
    return FADED[min(max(0, age // FADES), len(FADED) - 1)]


def _recent(rows: QuerySet, today: date) -> QuerySet:
    return rows.filter(day__gt=today - LOOKS_BACK)


def _without_results(today: date) -> QuerySet[SearchedPhrase]:
    return _recent(SearchedPhrase.objects.filter(results=0), today)


def _links() -> QuerySet[NamedLink]:
    return NamedLink.objects.filter(target=None).exclude(source__state=Entry.State.WITHDRAWN)


def _searched(today: date) -> QuerySet:
    rows = _without_results(today).values("phrase_key", in_language=F("language"))
    return _most(rows.annotate(text=Min("phrase"), **_sums(today)))


def _missed(today: date) -> Iterator[dict[str, Any]]:
    rows = _recent(MissedPath.objects.all(), today).values("slug", in_language=F("language"))
    often = rows.annotate(**_sums(today)).filter(times__gte=FEWEST_MISSES)
    return ({**row, "text": in_words(row["slug"])} for row in _most(often))


def _wanted() -> QuerySet:
    rows = _links().values("key", in_language=F("source__language"))
    counted = rows.annotate(text=Min("text"), times=Count("source", distinct=True))
    return counted.order_by("-times", "key")[:MOST_OF_A_PLACE]


def _suggested() -> QuerySet:
    rows = Suggestion.objects.filter(is_done=False).order_by("-last_at", "pk")
    columns = ("times", "created_at", "last_at")
    return rows.values(*columns, text=F("term"), in_language=F("language"))[:MOST_OF_A_PLACE]


def _sums(today: date) -> dict[str, Any]:
    ages = [
        When(day__gt=today - (place + 1) * FADES, then=Value(worth))
        for place, worth in enumerate(FADED)
    ]
    worth = Case(*ages, default=Value(FADED[-1]), output_field=FloatField())
    return {
        "recent": Sum(F("times") * worth, output_field=FloatField()),
        "times": Sum("times"),
        "since": Min("day"),
    }


def _most(rows: QuerySet) -> QuerySet:
    return rows.order_by("-recent", "-since")[:MOST_OF_A_PLACE]
