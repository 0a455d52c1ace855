"""Views and clicks: added up in memory, and written together.

A page that is read a thousand times a second costs one row in one statement
every few seconds. What a process has not written when it is killed is lost:
some seconds of counts, and nothing else.
"""

import logging
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from multiprocessing.util import Finalize
from threading import Lock, Timer
from typing import Any

from django.conf import settings
from django.db import Error, connection, connections
from django.utils import timezone

from leads import ledger
from leads.models.ledger import DayCount

logger = logging.getLogger(__name__)

QUARTER = timedelta(minutes=15)
"""Every zone's day begins at one: which day it is on the site is asked when it is written."""
MOST_WAITING = 50_000
"""Different counts that wait for a database which does not answer."""
BATCH = 150
"""Rows of one statement: SQLite may know no more than 999 parameters."""
AFTER_A_FAULT = 30
"""Seconds until a database that did not answer is tried again."""
KEPT = timedelta(days=3 * 366)

Key = tuple[date | datetime, str, int, int, str]
"""Day, or the quarter of an hour (UTC) that began; kind, entry, offer, position."""
Row = tuple[date, str, int, int, str]
_COLUMNS = ("day", "kind", "entry_key", "offer_key", "position")


class Waiting:
    """Counts that are not written yet; safe for any number of threads."""

    counts: Counter[Key]
    timer: Timer | None

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Have nothing waiting, whatever state the lock and timer were in."""
        self.lock = Lock()
        self.counts = Counter()
        self.timer = None

    def add(self, counts: Mapping[Key, int]) -> None:
        """Add `counts`, unless too many others wait already."""
        with self.lock:
            for key, times in counts.items():
                if key in self.counts or len(self.counts) < MOST_WAITING:
                    self.counts[key] += times

    def take(self) -> Counter[Key]:
        with self.lock:
            taken, self.counts = self.counts, Counter()
        return taken

    def arrange(self, seconds: float) -> None:
        """Have the counts written in a while, unless that is arranged already."""
        with self.lock:
            if self.timer or not seconds:
                return
            timer = Timer(seconds, self.write)
            timer.daemon = True
            # A process that is about to end starts no thread; it writes at its end.
            with suppress(RuntimeError):
                timer.start()
                self.timer = timer

    def write(self) -> None:
        with self.lock:
            self.timer = None
        try:
            flush()
        except Error as error:
            logger.warning("counts wait for the database: %s", type(error).__name__)
            self.arrange(AFTER_A_FAULT)
        finally:
            connections.close_all()


_waiting = Waiting()


def count(
    kind: str,
    *,
    entry_key: int = 0,
    offer_key: int = 0,
    position: str = "",
    day: date | None = None,
    times: int = 1,
) -> None:
    """Count a view or click of today, or of `day`; no query. It is written a little later."""
    when = day or _quarter(timezone.now())
    _waiting.add({(when, str(kind), entry_key, offer_key, str(position)): times})
    _waiting.arrange(settings.COUNTS_WAIT)


def flush() -> int:
    """Write what waits and return how many it was; a statement for each 150 different counts.

    Raises django.db.Error; what could not be written goes on waiting.
    """
    rest: Mapping[Any, int] = _waiting.take()
    written = 0
    try:
        # Always in the same order: two processes that write at once do not lock each other out.
        rows = sorted(_by_day(rest).items())
        for begin in range(0, len(rows), BATCH):
            batch = dict(rows[begin : begin + BATCH])
            _write(batch)
            written += sum(batch.values())
            rest = dict(rows[begin + BATCH :])
    finally:
        _waiting.add(rest)
    return written


def forget() -> None:
    """Drop what waits, as in a process that was just forked: its parent writes that."""
    _waiting.begin()


def tidy(now: datetime | None = None) -> int:
    """Delete the counts of more than three years ago; return how many rows."""
    oldest = ledger.day_of(now) - KEPT
    return DayCount.objects.filter(day__lt=oldest).delete()[0]


def _quarter(now: datetime) -> datetime:
    seconds = QUARTER.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, tz=UTC)


def _by_day(counts: Mapping[Key, int]) -> Counter[Row]:
    """`counts` by the days of the site's zone."""
    found: Counter[Row] = Counter()
    for (when, kind, entry_key, offer_key, position), times in counts.items():
        day = ledger.day_of(when) if isinstance(when, datetime) else when
        found[day, kind, entry_key, offer_key, position] += times
    return found


def _write(counts: Mapping[Row, int]) -> None:
    """Add `counts` to their rows, in one statement."""
    quote = connection.ops.quote_name
    table = quote(DayCount._meta.db_table)
    key = ", ".join(map(quote, _COLUMNS))
    holders = ", ".join(["(%s, %s, %s, %s, %s, %s)"] * len(counts))
    values: list[Any] = [
        value
        for (day, *others), times in counts.items()
        for value in (connection.ops.adapt_datefield_value(day), *others, times)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({key}, times) VALUES {holders} "  # noqa: S608 - names of ours
            f"ON CONFLICT ({key}) DO UPDATE SET times = {table}.times + excluded.times",
            values,
        )


def _write_the_rest() -> None:
    with suppress(Error):
        flush()


# Servers fork their workers, which end without calling what `atexit` knows; this reaches both.
Finalize(None, _write_the_rest, exitpriority=0)
os.register_at_fork(after_in_child=forget)
