"""Logs that say what happened and where, never who."""

import logging
import re
from typing import Any

_ROW = re.compile(r"^DETAIL: .*$", re.MULTILINE)


class DiscreetFormatter(logging.Formatter):
    """Leaves out of tracebacks what PostgreSQL adds to an error: the values of the row."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        return _ROW.sub("DETAIL: (left out)", super().formatException(ei))
