"""What is searched for: counted by day, so that editors see what readers miss; nobody's name."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from config.alphabet import fold
from glossary.models import SearchedPhrase

MOST_A_DAY = 5_000
"""Different phrases that are kept of a day: no program fills the table."""
KEPT = timedelta(days=400)
SALT = "glossary.hearing"

Row = TypeVar("Row", bound=Model)

_PERSONAL = re.compile(r"@|(\d\D*){7}")
"""Addresses and telephone numbers have no place in a list of phrases."""


def mark(phrase: str, *, language: str, results: int) -> str:
    """Return what proves that a page of ours was shown for `phrase`."""
    said = f"{language}\0{phrase}\0{results}"
    return salted_hmac(SALT, said, algorithm="sha256").hexdigest()[:32]


def is_marked(given: str, phrase: str, *, language: str, results: int) -> bool:
    return constant_time_compare(given, mark(phrase, language=language, results=results))


def looks_personal(text: str) -> bool:
    """Whether `text` may hold an address or a telephone number, which no list of ours keeps."""
    return bool(_PERSONAL.search(text))


def heard(phrase: str, *, language: str, results: int, now: datetime | None = None) -> None:
    """Count that `phrase` was searched for and found `results` entries.

    What looks personal is not kept, nor are more than 5,000 phrases of a day.
    """
    key = fold(phrase)[:200]
    if not key or looks_personal(phrase):
        return
    day = timezone.localdate(now or timezone.now())
    same = SearchedPhrase.objects.filter(language=language, phrase_key=key, day=day)
    fresh = SearchedPhrase(
        language=language, phrase=phrase[:200], day=day, times=0, results=results
    )
    count(same, fresh, is_full=lambda: _is_full(day), results=results)


@transaction.atomic
def count(
    same: QuerySet[Row], fresh: Row, *, is_full: Callable[[], bool], **known: object
) -> None:
    """Add one to `times` of the row `same`; without one, store `fresh` unless the day `is_full`.

    Two readers at once both add to the row, whichever of them made it.
    """
    if same.update(times=F("times") + 1, **known) or is_full():
        return
    type(fresh)._default_manager.bulk_create([fresh], ignore_conflicts=True)
    same.update(times=F("times") + 1, **known)


def tidy(now: datetime | None = None) -> int:
    """Delete what was heard more than 400 days ago; return how many rows."""
    oldest = timezone.localdate(now or timezone.now()) - KEPT
    return SearchedPhrase.objects.filter(day__lt=oldest).delete()[0]


def _is_full(day: date) -> bool:
    return SearchedPhrase.objects.filter(day=day).count() >= MOST_A_DAY
