"""Doing one thing at a time, however many processes there are."""

from collections.abc import Iterable
from zlib import crc32

from django.db import connection

PATIENCE = 5000
"""Milliseconds that a transaction waits for others, once it has said so."""


def take(name: str) -> None:
    """Make everybody else who takes `name` wait until this transaction ends.

    On SQLite, transactions that write queue in any case: settings.py opens
    each as IMMEDIATE.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])


def take_all(names: Iterable[str]) -> None:
    """Take several names, always in the same order, so that two cannot wait for each other."""
    for name in sorted(set(names), key=_key):
        take(name)


def be_patient() -> None:
    """Let this transaction wait `PATIENCE` at most for each lock, rather than for ever."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE}")


def _key(name: str) -> int:
    return crc32(name.encode())
