"""Logs that say what happened and where, never who."""

import logging
import re
from typing import Any

_SECRET = re.compile(r"(/consultation/(?:booking|calendar|consent)/)[^/\s?]+")
_ROW = re.compile(r"^DETAIL: .*$", re.MULTILINE)


class DiscreetFormatter(logging.Formatter):
    """Leaves out the secrets of addresses and, of tracebacks, what PostgreSQL adds to an error.

    That are the values of the row.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET.sub(r"\1(left out)", super().format(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return _ROW.sub("DETAIL: (left out)", super().formatException(ei))
