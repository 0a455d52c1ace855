"""Where the bars of charts stand: lengths and places as SVG attributes, computed once here.

Lengths across are parts of a hundred, so that a chart is as wide as its page;
heights are pixels, so that words in it stay as large as elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from django.utils.formats import date_format, number_format

from leads.funnel import STAGES, Counts, Part
from leads.periods import Period

ROW = 46
"""Pixels from one bar of a funnel to the next."""
HEIGHT = 200
"""Pixels of a full column."""
_LEAST = 1.5
"""Percent of the width that one of many still has."""
_MOST_LABELS = 6
_STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Bar:
    """A stage of a funnel."""

    stage: str
    label: str
    count: int
    rate: float | None
    """What part of the stage before it is; None where it is none."""
    width: str
    words_y: int
    bar_y: int


@dataclass(frozen=True)
class Rect:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Column:
    """Requests and bookings of a part of a period, side by side."""

    part: Part
    days: str
    requests: Rect
    booked: Rect


@dataclass(frozen=True)
class Mark:
    """A line across with its number, or a word under the columns."""

    at: str
    words: str


@dataclass(frozen=True)
class Columns:
    """A chart of columns."""

    columns: list[Column]
    lines: list[Mark]
    words: list[Mark]


def share(rate: float | None) -> str:
    """Return a part of a whole in percent, as “3.1 %”; a dash for none."""
    if rate is None:
        return "–"
    percent = rate * 100
    places = 1 if 0 < percent < 10 else 0
    # `number_format` cuts off what it does not show.
    rounded = round(percent, places)
    return f"{number_format(rounded, decimal_pos=places, force_grouping=True)}\u202f%"


def _part(rate: float | None) -> float | None:
    """Return `rate` where it is a part; two won of one talk are two, and not 200 %."""
    return rate if rate is None or rate <= 1 else None


# Funnel -----------------------------------------------------------------------------------


def funnel_bars(counts: Counts) -> list[Bar]:
    """Return the stages of `counts`; lengths go by the logarithm.

    Of a thousand views one is won: in proportion, nobody would see it.
    """
    most = max(getattr(counts, stage) for stage in STAGES)
    return [
        Bar(
            stage,
            label,
            count := getattr(counts, stage),
            _part(counts.rate(stage)),
            _percent(_length(count, most)),
            words_y=number * ROW + 14,
            bar_y=number * ROW + 21,
        )
        for number, (stage, label) in enumerate(STAGES.items())
    ]


def _length(count: int, most: int) -> float:
    if not count:
        return 0
    return max(_LEAST, 100 * log(1 + count) / log(1 + most))


# Columns ----------------------------------------------------------------------------------


def columns(parts: Sequence[Part]) -> Columns:
    """Return a chart of `parts`, which has the higher of requests and bookings as its measure."""
    most = max((max(part.requests, part.booked) for part in parts), default=0)
    step = _step(most)
    top = max(step, -(-most // step) * step)
    wide = 100 / max(1, len(parts))
    return Columns(
        [_column(part, number, wide, top) for number, part in enumerate(parts)],
        [
            Mark(f"{HEIGHT - HEIGHT * value / top:.1f}", number_format(value, force_grouping=True))
            for value in range(0, top + 1, step)
        ],
        list(_labels(parts, wide)),
    )


def _column(part: Part, number: int, wide: float, top: int) -> Column:
    begin = number * wide + wide * 0.14
    each = wide * 0.34
    return Column(
        part,
        days(part.period),
        _rect(begin, each, part.requests, top),
        _rect(begin + each + wide * 0.04, each, part.booked, top),
    )


def _rect(x: float, width: float, count: int, top: int) -> Rect:
    height = HEIGHT * count / top
    return Rect(_percent(x), f"{HEIGHT - height:.1f}", _percent(width), f"{height:.1f}")


def _labels(parts: Sequence[Part], wide: float) -> list[Mark]:
    """The first days of some parts, evenly spaced, that do not run into each other."""
    every = -(-len(parts) // _MOST_LABELS)
    shown = range(0, len(parts), every) if parts else ()
    return [
        Mark(_percent((at + 0.5) * wide), date_format(parts[at].period.first, "j M"))
        for at in shown
    ]


def _step(most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 … that makes at most five lines of `most`."""
    size = 1
    while True:
        for step in _STEPS:
            if most <= 4 * step * size:
                return step * size
        size *= 10


def _percent(number: float) -> str:
    return f"{number:.2f}%"


def days(period: Period) -> str:
    """Return the days of `period` as “2 March to 4 April 2026”, with no word twice."""
    first, last = period.first, period.last
    ends = date_format(last, "j F Y")
    if first == last:
        return ends
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{ends}"
    begins = date_format(first, "j F" if first.year == last.year else "j F Y")
    return f"{begins} – {ends}"
