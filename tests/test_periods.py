"""Periods: presets, and what a chart shows them in."""

from datetime import date

import pytest

from leads.charts import days
from leads.periods import PRESETS, Period, latest, named

TODAY = date(2028, 3, 1)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("this-month", date(2028, 3, 1), TODAY),
        ("last-month", date(2028, 2, 1), date(2028, 2, 29)),
        ("last-30", date(2028, 2, 1), TODAY),
        ("last-90", date(2027, 12, 3), TODAY),
        ("this-year", date(2028, 1, 1), TODAY),
    ],
)
def test_each_preset_ends_today_or_before(name, first, last):
    assert named(name, TODAY) == Period(first, last)
    assert name in PRESETS


@pytest.mark.parametrize(
    ("length", "part", "count"),
    [(1, "day", 1), (31, "day", 31), (90, "week", 14), (366, "month", 13)],
)
def test_parts_are_days_weeks_or_months_and_leave_out_no_day(length, part, count):
    period = latest(length, TODAY)
    parts = period.parts()
    assert (period.part_name, len(parts)) == (part, count)
    assert (parts[0].first, parts[-1].last) == (period.first, period.last)
    assert sum(each.days for each in parts) == period.days == length


def test_weeks_begin_on_mondays_within_a_period():
    weeks = latest(90, TODAY).parts()
    assert {each.first.weekday() for each in weeks[1:]} == {0}
    assert {each.last.weekday() for each in weeks[:-1]} == {6}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (TODAY, TODAY, "1 March 2028"),
        (TODAY, date(2028, 3, 31), "1–31 March 2028"),
        (TODAY, date(2028, 4, 2), "1 March – 2 April 2028"),
        (date(2027, 12, 3), TODAY, "3 December 2027 – 1 March 2028"),
    ],
)
def test_days_are_said_with_no_word_twice(first, last, said):
    assert days(Period(first, last)) == said
