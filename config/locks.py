"""Doing one thing at a time, however many processes there are."""

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
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [crc32(name.encode())])


def be_patient() -> None:
    """Let this transaction wait `PATIENCE` at most for any lock, rather than for ever."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE}")
