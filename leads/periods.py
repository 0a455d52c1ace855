"""Periods that figures are shown for: days of the site's zone, both ends included."""

from dataclasses import dataclass
from datetime import date, timedelta

LONGEST = timedelta(days=3 * 366)
"""Views and clicks are kept no longer."""
_ONE_DAY = timedelta(days=1)
_BY_DAY, _BY_WEEK = 31, 190
"""As many days as can be told apart in a chart, one by one or by weeks."""


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def parts(self) -> "list[Period]":
        """Return the days, weeks or months that the period is made of, cut at its ends."""
        found, begin = [], self.first
        while begin <= self.last:
            end = min(self._end_of_part(begin), self.last)
            found.append(Period(begin, end))
            begin = end + _ONE_DAY
        return found

    @property
    def part_name(self) -> str:
        if self.days <= _BY_DAY:
            return "day"
        return "week" if self.days <= _BY_WEEK else "month"

    def _end_of_part(self, begin: date) -> date:
        if self.part_name == "day":
            return begin
        if self.part_name == "week":
            return begin + timedelta(days=6 - begin.weekday())
        return _next_month(begin) - _ONE_DAY


PRESETS = {
    "this-month": "This month",
    "last-month": "Last month",
    "last-30": "Last 30 days",
    "last-90": "Last 90 days",
    "this-year": "This year",
}


def named(name: str, today: date) -> Period:
    """Return the period of PRESETS called `name`, which ends `today` or before it."""
    if name == "this-month":
        return Period(today.replace(day=1), today)
    if name == "last-month":
        last = today.replace(day=1) - _ONE_DAY
        return Period(last.replace(day=1), last)
    if name == "this-year":
        return Period(today.replace(month=1, day=1), today)
    return latest(int(name.removeprefix("last-")), today)


def latest(days: int, today: date) -> Period:
    """Return the period of so many `days` of which the last is `today`."""
    return Period(today - timedelta(days=days - 1), today)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
