"""The funnel from the first look to the won client: how many came how far, and by what.

Each stage is counted by its own day: who asked in March and was won in April
is a request of March and a client of April. What is suspected spam counts
nowhere; erased people count as before.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal

from django.db.models import Count, Q, Sum

from leads import ledger, periods
from leads.models import Attribution, DayCount
from leads.models.ledger import AttributionQuerySet, DayCountQuerySet
from leads.periods import Period

By = Literal["entry", "offer"]
STAGES = {
    "views": "Views",
    "clicks": "Clicks",
    "requests": "Requests",
    "booked": "Booked",
    "held": "Held",
    "won": "Won",
}
_DAY_OF = {
    "requests": "requested_on",
    "booked": "booked_on",
    "held": "held_on",
    "won": "won_on",
}
_KIND_OF = {"views": DayCount.Kind.VIEW, "clicks": DayCount.Kind.CLICK}
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Counts:
    """How many came how far, and what that is worth."""

    views: int = 0
    clicks: int = 0
    requests: int = 0
    booked: int = 0
    held: int = 0
    won: int = 0
    value: Decimal = Decimal(0)

    def __add__(self, other: "Counts") -> "Counts":
        both = zip(astuple(self), astuple(other), strict=True)
        return Counts(*(one + another for one, another in both))

    def __bool__(self) -> bool:
        return any(astuple(self))

    def rate(self, stage: str) -> float | None:
        """Return what part of the stage before `stage` is; None where nobody was there.

        It can be more than 1: some ask on the phone without a click, and some
        talks were booked before the period began.
        """
        before = _BEFORE.get(stage)
        whole = getattr(self, before) if before else 0
        return getattr(self, stage) / whole if whole else None


_BEFORE = {stage: before for before, stage in pairwise(STAGES)}


@dataclass(frozen=True)
class Part:
    """What happened on one day, or in one week or month, of a period."""

    period: Period
    requests: int
    booked: int


def total(counts: Iterable[Counts]) -> Counts:
    return sum(counts, start=Counts())


def grouped(
    counts: Mapping[int, Counts], groups: Mapping[int, Iterable[int]]
) -> dict[int, Counts]:
    """Return the sums of `counts` for each of the groups that `groups` gives their keys.

    What belongs to two groups counts in both.
    """
    sums: dict[int, Counts] = defaultdict(Counts)
    for key, each in counts.items():
        for group in groups[key]:
            sums[group] += each
    return dict(sums)


# Counting ---------------------------------------------------------------------------------


def by(what: By, period: Period) -> dict[int, Counts]:
    """Return the counts of each entry or offer in `period`, by its key; two queries.

    Under 0 is what belongs to none; so are requests whose entry or offer was
    deleted. Views and clicks of a deleted one keep its key.
    """
    seen = _seen(period).order_by().values_list(f"{what}_key").annotate(**_times())
    found = {key: Counts(views or 0, clicks or 0) for key, views, clicks in seen}
    lines = _moved(period).order_by().values_list(f"{what}_id").annotate(**_reached(period))
    for key, *reached in lines:
        found[key or 0] = found.get(key or 0, Counts()) + _counts(reached)
    return found


def of_entry(key: int, period: Period) -> Counts:
    """Return the counts of one entry in `period`; two queries."""
    seen, moved = _seen(period).filter(entry_key=key), _moved(period).filter(entry=key)
    return _counts_of(seen, moved, period)


def whole(period: Period) -> Counts:
    """Return the counts of all in `period`; two queries, along the days."""
    return _counts_of(_seen(period), _moved(period), period)


def of_month(now: datetime | None = None) -> Counts:
    """Return the counts of the month that it is at `now`, up to that day; two queries."""
    return whole(periods.named("this-month", ledger.day_of(now)))


def trend(period: Period) -> list[Part]:
    """Return requests and bookings of each day, week or month of `period`; two queries."""
    requests, booked = (_per_day(stage, period) for stage in ("requests", "booked"))
    return [Part(part, _within(requests, part), _within(booked, part)) for part in period.parts()]


# Rows -------------------------------------------------------------------------------------


def _seen(period: Period) -> DayCountQuerySet:
    return DayCount.objects.during(period.first, period.last)


def _moved(period: Period) -> AttributionQuerySet:
    return Attribution.objects.counted().moving(period.first, period.last)


def _counts_of(seen: DayCountQuerySet, moved: AttributionQuerySet, period: Period) -> Counts:
    times, reached = seen.aggregate(**_times()), moved.aggregate(**_reached(period))
    return Counts(times["views"] or 0, times["clicks"] or 0) + _counts(reached.values())


def _times() -> dict[str, Any]:
    """The sums of what was counted, as views and clicks."""
    return {name: Sum("times", filter=Q(kind=kind)) for name, kind in _KIND_OF.items()}


def _reached(period: Period) -> dict[str, Any]:
    """How many leads reached each stage in `period`, and what those are worth that were won."""
    ranges = {
        stage: Q(**{f"{column}__range": (period.first, period.last)})
        for stage, column in _DAY_OF.items()
    }
    counted = {stage: Count("pk", filter=condition) for stage, condition in ranges.items()}
    return {**counted, "worth": Sum("value", filter=ranges["won"])}


def _counts(reached: Iterable[Any]) -> Counts:
    """The columns of `_reached` as counts; SQLite adds up decimals as floating numbers."""
    *stages, worth = reached
    by_name = dict(zip(_DAY_OF, stages, strict=True))
    return Counts(**by_name, value=Decimal(worth or 0).quantize(_CENT))


def _per_day(stage: str, period: Period) -> dict[date, int]:
    column = _DAY_OF[stage]
    lines = Attribution.objects.counted().filter(
        **{f"{column}__range": (period.first, period.last)}
    )
    return dict(lines.order_by().values_list(column).annotate(Count("pk")))


def _within(per_day: Mapping[date, int], part: Period) -> int:
    return sum(count for day, count in per_day.items() if part.first <= day <= part.last)
