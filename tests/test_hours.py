"""Opening hours as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.hours import NotHours, parse, write


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        (" , ", ()),
        ("9-12", ((540, 720),)),
        ("9:00–12:00, 13:30–17:00", ((540, 720), (810, 1020))),
        ("13:30 to 17; 9 — 12", ((540, 720), (810, 1020))),
        ("9:00-12:00\n12:00-14:00", ((540, 840),)),
        ("0:00–24:00", ((0, 1440),)),
        ("22:00–0:00", ((1320, 1440),)),
    ],
)
def test_hours_are_read_as_people_write_them(text, hours):
    assert parse(text) == hours


@pytest.mark.parametrize(
    "text",
    ["nine to five", "9:00", "12-9", "9-9", "9-12, 11-14", "25-26", "9:60-10", "-1-3", "٩-١٢x"],
)
def test_what_is_no_hours_says_so(text):
    with pytest.raises(NotHours):
        parse(text)


@given(st.lists(st.integers(0, 1440), min_size=2, max_size=8, unique=True))
def test_what_is_written_reads_the_same(times):
    times = sorted(times)[: len(times) // 2 * 2]
    hours = tuple(zip(times[::2], times[1::2], strict=True))
    assert parse(write(hours)) == hours
