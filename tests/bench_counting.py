"""What counting views costs: python -m tests.bench_counting.

Hands reports of browsers to the middleware that answers them, from several
threads, on the site that the environment names; what is written is taken away
again. Prints JSON: answers a second, and the statements that wrote them.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from io import BytesIO

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from leads import beacons, counting  # noqa: E402
from leads.models import DayCount  # noqa: E402
from leads.models.ledger import Position  # noqa: E402

THREADS = 4
REPORTS = 5_000
"""Of each thread."""
ENTRIES = 300
"""Different pages that are read."""
FIRST = 10**12
"""Keys that no entry has."""


def main() -> None:
    middleware = beacons.SeenMiddleware(lambda _: sys.exit("went on"))
    middleware.crowd = beacons.Crowd(most=THREADS * REPORTS)
    pages = [beacons.address_of(FIRST + number, 1) for number in range(ENTRIES)]
    call = beacons.call_mark(Position.END, 1).encode()

    def read() -> None:
        for number in range(REPORTS):
            body = call if number % 40 == 0 else b""
            middleware(request(pages[number % ENTRIES], body))

    # All of it in one go: a server writes every few seconds.
    settings.COUNTS_WAIT = 0
    seconds = took(read)
    with CaptureQueriesContext(connection) as spoken:
        started = time.perf_counter()
        written = counting.flush()
        writing = time.perf_counter() - started
    statements = [each["sql"] for each in spoken if each["sql"].startswith("INSERT")]
    DayCount.objects.filter(entry_key__gte=FIRST).delete()
    figures = {
        "answers a second": round(THREADS * REPORTS / seconds),
        "counted": written,
        "statements": len(statements),
        "milliseconds of writing": round(writing * 1000, 1),
    }
    sys.stdout.write(json.dumps(figures))


def took(read: Callable[[], None]) -> float:
    threads = [threading.Thread(target=read) for _ in range(THREADS)]
    started = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return time.perf_counter() - started


def request(address: str, body: bytes) -> WSGIRequest:
    path, _, query = address.partition("?")
    return WSGIRequest(
        {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "text/plain;charset=UTF-8",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            "wsgi.input": BytesIO(body),
        }
    )


if __name__ == "__main__":
    main()
