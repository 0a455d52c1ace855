"""Reading from a replica of the database, where nobody can tell it from the primary.

A replica of PostgreSQL follows its primary, mostly by milliseconds. Public pages
that cost more than asking twice where both stand, such as a search, are read from
it: only once it has replayed all that the primary had written when the request
began, so that whoever reads after a publication reads what was published.

Everything else reads the primary: the desk, forms, the worker, commands, what is
in a transaction, and what follows a write. So does everybody while the replica
lags, is away, or is none.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, wraps
from typing import Any, cast

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from config.neighbours import Neighbour

ALIAS = "replica"
PAUSES = (0.001, 0.004)
"""Seconds until a replica that lags is asked once more, and again: most lag less."""

_is_read: ContextVar[bool | None] = ContextVar("replica_is_read", default=None)
"""Whether the replica is read; None: as long as nobody has said."""

# What was committed has been flushed, unless the database answers before that. What else waits
# to be flushed is nobody's yet, and a replica does not get it.
_PRIMARY = """
    SELECT CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn()
        ELSE pg_current_wal_flush_lsn() END, system_identifier
    FROM pg_control_system()
"""
_REPLICA = """
    SELECT pg_wal_lsn_diff(%s, pg_last_wal_replay_lsn()),
        pg_is_in_recovery() AND system_identifier = %s
    FROM pg_control_system()
"""


class Router:
    """Says which database a query goes to."""

    def db_for_read(self, model: Any, **_: Any) -> str:
        return alias()

    def db_for_write(self, model: Any, **_: Any) -> str:
        # What was written is read where it was written.
        if _is_read.get():
            _is_read.set(False)
        return DEFAULT_DB_ALIAS

    def allow_relation(self, *_: Any, **__: Any) -> bool:
        return True

    def allow_migrate(self, db: str, *_: Any, **__: Any) -> bool | None:
        return False if db == ALIAS else None


class _Connection:
    """The connection of whatever is read just now, for statements that are no QuerySets."""

    def __getattr__(self, name: str) -> Any:
        return getattr(connections[alias()], name)


connection = cast("BaseDatabaseWrapper", _Connection())


def alias() -> str:
    """Return the name of the database that is read just now."""
    is_read = _is_read.get() and not connections[DEFAULT_DB_ALIAS].in_atomic_block
    return ALIAS if is_read else DEFAULT_DB_ALIAS


def is_configured() -> bool:
    return ALIAS in connections.settings


def may_answer(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let `view`, which only reads, be answered from the replica while that has everything.

    Two short statements more. When the replica fails on the way, the primary
    answers from the beginning.
    """

    @wraps(view)
    def answering(request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponse:
        def from_replica() -> HttpResponse | None:
            if not import_string(settings.REPLICA_CHECK)():
                return None
            with _reading(from_replica=True):
                return view(request, *arguments, **options)

        is_safe = request.method in ("GET", "HEAD")
        is_free = _is_read.get() is None and is_configured() and is_safe
        if is_free and not connections[DEFAULT_DB_ALIAS].in_atomic_block:
            answer = _server().ask(from_replica, None)
            if answer is not None:
                return answer
        return view(request, *arguments, **options)

    return answering


@contextmanager
def reading_primary() -> Iterator[None]:
    """Read the primary while the block runs, whatever views in it could do with."""
    with _reading(from_replica=False):
        yield


@contextmanager
def _reading(*, from_replica: bool) -> Iterator[None]:
    token = _is_read.set(from_replica)
    try:
        yield
    finally:
        _is_read.reset(token)


@cache
def _server() -> Neighbour:
    return Neighbour("the replica", faults=(OperationalError, InterfaceError))


# How far it is ------------------------------------------------------------------------------


def has_everything() -> bool:
    """Return whether the replica has all that the primary had when this was asked.

    Waits some milliseconds for it. Raises django.db.Error when one of them does not answer.
    """
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(_PRIMARY)
        position = cursor.fetchone()
    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        behind, is_ours = _behind(position)
        if behind <= 0 or not is_ours:
            return is_ours
    return False


def state() -> str:
    """Return "ok", or what is wrong with the replica, in words for an operator."""
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(_PRIMARY)
            behind, is_ours = _behind(cursor.fetchone())
    except (OperationalError, InterfaceError):
        return "unreachable"
    if not is_ours:
        return "no replica of this database"
    return f"{behind:,} bytes behind" if behind > 0 else "ok"


def _behind(position: tuple[str, int]) -> tuple[int, bool]:
    """How many bytes the replica is behind `position`, and whether it follows that database."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_REPLICA, position)
        behind, is_ours = cursor.fetchone()
    return int(behind or 0), bool(is_ours)
