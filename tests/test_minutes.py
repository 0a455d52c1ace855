"""Lengths of time as staff write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.admin.minutes import NotMinutes, parse, write


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("90", 90),
        ("0", 0),
        ("30m", 30),
        ("30 min", 30),
        ("45 Minutes", 45),
        ("24h", 1440),
        ("1h30", 90),
        ("1 h 30", 90),
        ("1h, 30 min", 90),
        ("1 hour and 30 minutes", 90),
        ("1.5 h", 90),
        ("1,5h", 90),
        ("2 d", 2880),
        ("1 day 2 h 5 min", 1565),
        ("  2  weeks ", 20160),
    ],
)
def test_lengths_are_read_as_people_write_them(text, minutes):
    assert parse(text) == minutes


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "-5",
        "5 30",
        "1:30",
        "1.5",
        "0.01 h",
        "2 y",
        "h",
        "1h foo",
        "9" * 80,
        "1" * 9,
    ],
)
def test_what_is_no_length_is_refused(text):
    with pytest.raises(NotMinutes):
        parse(text)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0, "0 min"), (45, "45 min"), (90, "1 h 30 min"), (1440, "1 day"), (2910, "2 days 30 min")],
)
def test_lengths_are_written_in_words(minutes, text):
    assert write(minutes) == text


@given(st.integers(0, 100_000))
def test_what_is_written_is_read_back(minutes):
    assert parse(write(minutes)) == minutes


@given(st.text(max_size=80))
def test_no_text_breaks_it(text):
    try:
        assert parse(text) >= 0
    except NotMinutes:
        assert text != "1 h"
