import logging
import sys

import pytest

from config.logs import DiscreetFormatter


@pytest.mark.parametrize(
    ("address", "logged"),
    [
        ("/consultation/booking/s3cr-et/move/", "/consultation/booking/(left out)/move/"),
        ("/pt/consultation/booking/s3cr-et/", "/pt/consultation/booking/(left out)/"),
        ("/consultation/calendar/s3cr-et.ics", "/consultation/calendar/(left out)"),
        (
            "/de/consultation/consent/7-s3cr-et/erase/",
            "/de/consultation/consent/(left out)/erase/",
        ),
        ("/consultation/s3cr-et/", "/consultation/s3cr-et/"),
    ],
)
def test_secret_addresses_stay_out_of_the_log(address, logged):
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Failed: %s", (address,), None)
    formatter = DiscreetFormatter("{message}", style="{")
    assert formatter.format(record) == f"Failed: {logged}"


def test_values_of_a_row_stay_out_of_tracebacks():
    try:
        raise ValueError(
            "null value\nDETAIL: Failing row contains (1, paula@example.com).\nHINT: none"
        )
    except ValueError:
        formatted = DiscreetFormatter("{message}", style="{").format(
            logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, sys.exc_info())
        )
    assert "paula@example.com" not in formatted
    assert formatted.endswith("DETAIL: (left out)\nHINT: none")
