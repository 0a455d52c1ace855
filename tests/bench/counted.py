"""The application, which leaves word of how many pages each process has rendered.

A file for each process in the folder BENCH_RENDERED, named by its number,
holds the number of pages.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from config.wsgi import application as shipped

_FILE = Path(os.environ["BENCH_RENDERED"]) / str(os.getpid())
_noted = 0


def application(environ: dict, start_response: object) -> Iterable[bytes]:
    global _noted
    answer = shipped(environ, start_response)
    made = getattr(shipped, "made", 0)
    if made != _noted:
        _noted = made
        _FILE.write_text(str(made))
    return answer
