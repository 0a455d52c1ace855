import logging
import sys

from config.logs import DiscreetFormatter


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
