"""What this process knows of changes, and how long it may rely on that.

A process asks the database what was stamped, at most once in every `LEASE`
seconds; in between it relies on the last answer. Whoever changed something
answers only when a lease has passed since: by then every process, on every
machine, has asked again or must ask before it serves anything. So a page is
never older than the last change that was answered, and serving one costs no
query. Nothing has to be told to anybody.
"""

import logging
import time
from collections.abc import Collection
from contextlib import suppress
from threading import Lock
from typing import Protocol

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from config import page_stamps
from config.page_stamps import NOW

logger = logging.getLogger(__name__)

MOST_ASKED = 1_000
"""Changes that are followed one by one; after more of them nothing known is relied on."""
MOST_REMEMBERED = 20_000
SOON_GIVEN_UP = {
    "connect_timeout": 2,
    "tcp_user_timeout": 1000,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}
"""Seconds, one of them milliseconds, after which a machine that vanished is not waited for: all
readers of this process wait for the one that asks. Pages are made anew meanwhile."""
LOCKED = 0.1
"""Seconds that whoever notes that a date has come waits for those who write."""
LEFT_ALONE_FOR = 1.0
"""Seconds in which a database that did not answer is not asked again, so that not every request
waits for it."""
LOOK_AGAIN = 60.0
LOOK_SOON = 1.0
"""Seconds after which it is asked anew whether the triggers are there; the same while not. Dates
are looked at as often: this machine may have slept, or clocks have been set."""

_SECONDS = {
    "sqlite": "(julianday(at) - julianday({now})) * 86400",
    "postgresql": "extract(epoch FROM at - {now})::float",
}
"""From the present moment to the one in a column `at`."""

Depends = Collection[str] | None
"""Keys of stamps; None is whatever there is."""


class Hearing(Protocol):
    """Somebody who has to know of changes as soon as this process does."""

    def begin(self) -> int:
        """Return the version up to which changes are known; -1 for none."""
        ...

    def hear(self, keys: Collection[str] | None, version: int) -> None:
        """Take note of what was stamped up to `version`; None where nobody can say what."""
        ...


def let_all_know() -> None:
    """Wait until no process shows what was changed before: others are about to come and look."""
    time.sleep(settings.PAGE_LEASE)


class Versions:
    """The stamps, as far as they have been asked for. Safe for any number of threads."""

    def __init__(self, hearing: Hearing | None = None, *, lease: float | None = None) -> None:
        self.lease: float = settings.PAGE_LEASE if lease is None else lease
        self.hearing = hearing
        self.lock = Lock()
        self.connection: BaseDatabaseWrapper | None = None
        self.version = hearing.begin() if hearing else -1
        self.floor = self.version
        """Changes up to here are not known one by one."""
        self.changed: dict[str, int] = {}
        self.trusted_until = 0.0
        self.left_alone_until = 0.0
        self.next_date = 0.0
        self.looked_at = float("-inf")
        self.are_stamped = False

    def current(self) -> int | None:
        """Return the newest version; None if nobody can say, so that nothing kept may be used."""
        if time.monotonic() < self.trusted_until:
            return self.version
        with self.lock:
            if time.monotonic() < self.trusted_until:
                return self.version
            if time.monotonic() < self.left_alone_until:
                return None
            try:
                return self._ask()
            except (DatabaseError, InterfaceError) as error:
                self._leave_alone(error)
                return None

    def are_right(self, depends: Depends, since: int, current: int) -> bool | None:
        """Return whether what was made at version `since` is right at `current`; None: ask."""
        if since >= current:
            return True
        if depends is None:
            return False
        changed = self.changed
        if any(changed.get(key, 0) > since for key in depends):
            return False
        return True if since >= self.floor else None

    def have_stayed(self, depends: Collection[str], since: int) -> bool:
        """Ask the database whether nothing of `depends` was stamped after `since`."""
        with self.lock:
            if time.monotonic() < self.left_alone_until:
                return False
            try:
                names = ", ".join(["%s"] * len(depends))
                found = self._rows(
                    f"SELECT 1 FROM config_pagestamp WHERE version > %s AND key IN ({names})"  # noqa: S608
                    " LIMIT 1",
                    [since, *depends],
                )
            except (DatabaseError, InterfaceError) as error:
                self._leave_alone(error)
                return False
        return not found

    def settle(self, before: int | None) -> None:
        """Wait until nobody relies on what was known at version `before`, if it has changed."""
        after = self.renewed()
        # Who cannot ask does not know that others rely on nothing.
        if after is not None and after == before:
            return
        time.sleep(self.lease)
        if self.hearing and after is not None:
            # Once more: somebody may have been about to write what he had read before.
            is_known = before is not None and before >= self.floor
            changed = [key for key, version in self.changed.items() if version > (before or 0)]
            self.hearing.hear(changed if is_known else None, self.version)

    def renewed(self) -> int | None:
        """As `current`, but asked for now."""
        self.trusted_until = self.left_alone_until = 0.0
        return self.current()

    def close(self) -> None:
        """Give the connection back."""
        with self.lock:
            self._hang_up()

    # Asking -----------------------------------------------------------------------------

    def _ask(self) -> int | None:
        began = time.monotonic()
        if began - self.looked_at > (LOOK_AGAIN if self.are_stamped else LOOK_SOON):
            is_first = self.looked_at < 0
            self.looked_at = began
            if page_stamps.are_installed(self._connected()):
                self.are_stamped = True
            elif self.are_stamped or is_first:
                self._distrust("run manage.py migrate, triggers are missing")
        if not self.are_stamped:
            return None
        is_new = self._learn()
        if is_new and page_stamps.are_away(self._connected()):
            self.looked_at = began
            self._distrust("manage.py migrate is running")
            return None
        if is_new or time.monotonic() >= self.next_date:
            self._look_at_dates()
        self.trusted_until = min(began + self.lease, self.next_date)
        return self.version

    def _distrust(self, reason: str) -> None:
        """Keep no page, here or in files, as changes leave no stamp."""
        self.are_stamped = False
        logger.error("pages are not kept: %s", reason)
        if self.hearing:
            self.hearing.hear(None, self.version)

    def _learn(self) -> bool:
        """Take in what was stamped since; return whether anything was."""
        if self.version < 0:
            [[newest]] = self._rows("SELECT coalesce(max(version), 0) FROM config_pagestamp")
            self._begin_at(newest)
            return True
        rows = self._rows(
            "SELECT key, version FROM config_pagestamp WHERE version > %s"
            " ORDER BY version LIMIT %s",
            [self.version, MOST_ASKED + 1],
        )
        if not rows:
            return False
        if len(rows) > MOST_ASKED or len(self.changed) > MOST_REMEMBERED:
            [[newest]] = self._rows("SELECT max(version) FROM config_pagestamp")
            self._begin_at(newest)
        else:
            # A new dictionary, so that nobody reads one that is half done.
            self.changed = {**self.changed, **dict(rows)}
            self.version = rows[-1][1]
            if self.hearing:
                self.hearing.hear([key for key, _ in rows], self.version)
        return True

    def _begin_at(self, version: int) -> None:
        self.floor = version
        self.changed = {}
        self.version = version
        if self.hearing:
            self.hearing.hear(None, version)

    def _look_at_dates(self) -> None:
        """Stamp what changed because its time has come, and learn when the next time is.

        By the database's clock, as stamps are: a machine whose own is ahead would stamp before
        the others make anything else of the page, and what they make then would stay.
        """
        vendor = self._connected().vendor
        now = NOW[vendor]
        seconds_to_it = _SECONDS[vendor].format(now=now)
        while True:
            began = time.monotonic()
            [[is_due, seconds]] = self._rows(
                f"SELECT at <= {now}, {seconds_to_it}"  # noqa: S608
                " FROM (SELECT min(at) AS at FROM config_pagedate) AS next"
            )
            if not is_due:
                break
            # Triggers stamp what each of them changes; one statement, so only one process.
            self._do(f"DELETE FROM config_pagedate WHERE at <= {now}")  # noqa: S608
            self._learn()
        self.next_date = began + (LOOK_AGAIN if seconds is None else min(seconds, LOOK_AGAIN))

    # The connection: one of its own, so that no request's transaction is in its way -----------

    def _rows(self, sql: str, params: Collection[str | int] = ()) -> list[tuple]:
        with self._connected().cursor() as cursor:
            cursor.execute(sql, list(params))
            return cursor.fetchall()

    def _do(self, sql: str, params: Collection[str | int | None] = ()) -> None:
        with self._connected().cursor() as cursor:
            cursor.execute(sql, list(params))

    def _connected(self) -> BaseDatabaseWrapper:
        if self.connection is None:
            self.connection = connection = impatient(connections["default"])
            if connection.vendor == "postgresql":
                # Whoever publishes thousands of entries holds the lock under which dates pass.
                self._do(f"SET lock_timeout = '{LOCKED}s'")
        return self.connection

    def _leave_alone(self, error: Exception) -> None:
        self._hang_up()
        self.left_alone_until = time.monotonic() + LEFT_ALONE_FOR
        logger.warning("pages are not kept: %s", type(error).__name__)

    def _hang_up(self) -> None:
        connection, self.connection = self.connection, None
        self.trusted_until = 0.0
        if connection is not None:
            with suppress(DatabaseError, InterfaceError):
                connection.close()


def impatient(connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """Return a connection to the same database, for all threads, that waits for nobody long."""
    own = connection.copy()
    options = own.settings_dict["OPTIONS"]
    if own.vendor == "postgresql":
        options.pop("pool", None)
        options.update(SOON_GIVEN_UP)
    else:
        options["timeout"] = LOCKED
    own.inc_thread_sharing()
    return own
