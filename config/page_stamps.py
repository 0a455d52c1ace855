"""Triggers that stamp what a change of a row makes new on public pages.

Whoever changes a row, by whatever way, leaves a stamp: a verb, a form of the
desk, `QuerySet.update()`, a colleague in psql. Each app says in a module
`page_stamps` which of its tables pages show (settings.PAGE_STAMPS); `migrate`
installs the triggers.

PostgreSQL stamps at the very end of a transaction and one transaction after
the other (an advisory lock that is held for that moment only), so that versions
are seen in the order in which they were given. SQLite has one writer anyway.

Foreign keys are checked at the end as well, and wait for whoever has locked the
row that they name; he may be waiting for that lock. So a change first leaves a
row in `page_stamp_turn`, whose own trigger takes the lock: PostgreSQL calls what
is queued at the end only after all that was queued before. Whoever holds the
lock then waits for nobody.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from django.conf import settings
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.utils.module_loading import import_string

Event = Literal["insert", "update", "delete"]
EVERY: tuple[Event, ...] = ("insert", "update", "delete")
PREFIX = "page_stamp_"
SITE = "site"
"""The key that every page depends on."""
AWAY = "no triggers"
"""The key that is there while triggers may be missing, when no page may be kept."""
LOCK = 7_248_001
"""The advisory lock of PostgreSQL under which versions are given."""

_VERSION = {
    "sqlite": "SELECT max(coalesce((SELECT max(version) FROM config_pagestamp), 0) + 1,"
    " CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER))",
    "postgresql": "SELECT greatest(coalesce((SELECT max(version) FROM config_pagestamp), 0) + 1,"
    " (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)",
}
TURN = f"{PREFIX}turn_1"
_TURN = [
    # Always empty for everybody else; of nothing that has to last.
    """
        CREATE UNLOGGED TABLE IF NOT EXISTS page_stamp_turn
        (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, work text, new jsonb, old jsonb)
    """,
    f"""
        CREATE OR REPLACE FUNCTION "{TURN}"() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
        PERFORM pg_advisory_xact_lock({LOCK});
        EXECUTE format('SELECT %I($1, $2)', NEW.work) USING NEW.new, NEW.old;
        DELETE FROM page_stamp_turn WHERE id = NEW.id;
        RETURN NULL;
        END $body$
    """,
    f"""
        CREATE CONSTRAINT TRIGGER "{TURN}" AFTER INSERT ON page_stamp_turn
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "{TURN}"()
    """,
]
"""What happens when it is a transaction's turn; its name changes with it."""
_DIFFERENT = {"sqlite": "IS NOT", "postgresql": "IS DISTINCT FROM"}
NOW = {"sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')", "postgresql": "clock_timestamp()"}


@dataclass(frozen=True)
class Stamp:
    """What changes of rows of `table` make new.

    `keys` are SQL expressions or SELECTs of a column `key`, in which {row}
    stands for the row as it is after the change and, once more, as it was
    before; {now} for the present moment. `columns` are those whose change
    counts, none meaning all. Only rows that fit `only`, before or after,
    count. `statements` run first, with {row} as it is after the change.
    """

    table: str
    keys: tuple[str, ...] = ()
    events: tuple[Event, ...] = EVERY
    columns: tuple[str, ...] = ()
    only: str = ""
    statements: tuple[str, ...] = ()


STAMPS = [
    Stamp("config_sitesettings", (f"'{SITE}'",)),
    Stamp("config_webhookendpoint", (f"'{SITE}'",), columns=("events", "is_active")),
]
"""What the floor itself shows."""


def declared() -> list[Stamp]:
    """Return what all apps declare."""
    return [stamp for path in settings.PAGE_STAMPS for stamp in import_string(path)]


def wanted(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Return the names of all triggers, each with the statements that make it.

    A name holds a digest of them, so that names alone say what is installed.
    """
    make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
    triggers = {}
    for stamp in declared():
        for event in stamp.events:
            draft = make("{name}", stamp, event)
            digest = blake2b("\n".join(draft).encode(), digest_size=6).hexdigest()
            name = f"{PREFIX}{digest}"
            triggers[name] = make(name, stamp, event)
    if connection.vendor == "postgresql":
        triggers[TURN] = _TURN
    return triggers


def installed(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of the triggers that the database has; one query."""
    catalogue = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s",
        "postgresql": "SELECT DISTINCT tgname FROM pg_trigger WHERE tgname LIKE %s",
    }
    with connection.cursor() as cursor:
        cursor.execute(catalogue[connection.vendor], [f"{PREFIX}%"])
        return {row[0] for row in cursor.fetchall()}


def are_installed(connection: BaseDatabaseWrapper) -> bool:
    """Whether all triggers are there, and nobody is about to take them away; two queries."""
    return installed(connection) == set(wanted(connection)) and not are_away(connection)


def are_away(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM config_pagestamp WHERE key = %s", [AWAY])
        return cursor.fetchone() is not None


def has_all_tables(using: str = "default") -> bool:
    """Whether every table is there that a trigger is on or writes to; not so half-way back."""
    present = set(connections[using].introspection.table_names())
    return present >= {"config_pagestamp", "config_pagedate", *(each.table for each in declared())}


def install(using: str = "default") -> None:
    """Bring the triggers of the database to what is declared; nothing where they are.

    Whatever changed while there were none is made good: all pages become new.
    """
    connection = connections[using]
    triggers, present = wanted(connection), installed(connection)
    if are_installed(connection):
        return
    with connection.cursor() as cursor:
        for name in sorted(present - set(triggers)):
            _drop(cursor, connection, name)
        # Others insert into its table, on a site that goes on meanwhile.
        for name in sorted(set(triggers) - present, key=lambda name: (name != TURN, name)):
            for statement in triggers[name]:
                cursor.execute(statement)
        stamp(SITE, using)
        cursor.execute("DELETE FROM config_pagestamp WHERE key = %s", [AWAY])


def remove(using: str = "default") -> None:
    """Take all triggers away, so that tables can be made anew beneath them.

    Processes that run know of it before the first is gone, and keep no page until `install`.
    """
    connection = connections[using]
    names = installed(connection)
    if not names:
        return
    stamp(AWAY, using)
    time.sleep(settings.PAGE_LEASE)
    with connection.cursor() as cursor:
        for name in sorted(names, key=lambda name: name == TURN):
            _drop(cursor, connection, name)


def stamp(key: str, using: str = "default") -> None:
    """Make all pages new that depend on `key`, as if a row had changed."""
    connection = connections[using]
    version = _VERSION[connection.vendor]
    with transaction.atomic(using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(
            f"INSERT INTO config_pagestamp (key, version) SELECT %s, ({version})"
            " WHERE true ON CONFLICT (key) DO UPDATE SET version = excluded.version",
            [key],
        )


def _drop(cursor: CursorWrapper, connection: BaseDatabaseWrapper, name: str) -> None:
    if connection.vendor == "postgresql":
        # With the function goes the trigger, on whichever table it is.
        cursor.execute(f'DROP FUNCTION IF EXISTS "{name}"() CASCADE')
        cursor.execute(f'DROP FUNCTION IF EXISTS "{name}_do"(jsonb, jsonb)')
    else:
        cursor.execute(f'DROP TRIGGER "{name}"')


# Making them --------------------------------------------------------------------------------


def _on_sqlite(name: str, stamp: Stamp, event: Event) -> list[str]:
    condition = _condition(stamp, event, "sqlite")
    when = f"WHEN {condition}" if condition else ""
    body = ";\n".join(_body(stamp, event, "sqlite"))
    return [f'CREATE TRIGGER "{name}" AFTER {event} ON {stamp.table} {when} BEGIN\n{body};\nEND']


def _on_postgresql(name: str, stamp: Stamp, event: Event) -> list[str]:
    condition = _condition(stamp, event, "postgresql")
    when = f"WHEN ({condition})" if condition else ""
    body = ";\n".join(_body(stamp, event, "postgresql"))
    columns = sorted(set(re.findall(r"{row}\.(\w+)", " ".join(stamp.keys + stamp.statements))))
    new, old = (_taken(row, columns, event) for row in ("NEW", "OLD"))
    note = f"""
        CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
        INSERT INTO page_stamp_turn (work, new, old) VALUES ('{name}_do', {new}, {old});
        RETURN NULL;
        END $body$
    """
    do = f"""
        CREATE OR REPLACE FUNCTION "{name}_do"(jsonb, jsonb) RETURNS void
        LANGUAGE plpgsql AS $body$
        DECLARE
        NEW {stamp.table} := jsonb_populate_record(NULL::{stamp.table}, $1);
        OLD {stamp.table} := jsonb_populate_record(NULL::{stamp.table}, $2);
        BEGIN
        {body};
        END $body$
    """
    trigger = f"""
        CREATE CONSTRAINT TRIGGER "{name}" AFTER {event} ON {stamp.table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {when} EXECUTE FUNCTION "{name}"()
    """
    return [do, note, trigger]


def _taken(row: str, columns: Iterable[str], event: Event) -> str:
    """What `_body` needs of a row, as a value of JSON."""
    if row not in _rows(event):
        return "NULL"
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in columns)
    return f"jsonb_build_object({pairs})"


def _condition(stamp: Stamp, event: Event, vendor: str) -> str:
    """Which changes count."""
    parts = []
    if event == "update" and stamp.columns:
        differences = (f"OLD.{name} {_DIFFERENT[vendor]} NEW.{name}" for name in stamp.columns)
        parts.append(" OR ".join(differences))
    if stamp.only:
        parts.append(" OR ".join(stamp.only.format(row=row) for row in _rows(event)))
    return " AND ".join(f"({part})" for part in parts)


def _body(stamp: Stamp, event: Event, vendor: str) -> list[str]:
    now = NOW[vendor]
    statements = [
        each.format(row=row, now=now) for each in stamp.statements for row in _rows(event)[:1]
    ]
    if stamp.keys:
        found = " UNION ".join(_selects(stamp.keys, _rows(event), now))
        statements.append(
            f"INSERT INTO config_pagestamp (key, version) "
            f"SELECT found.key, ({_VERSION[vendor]}) FROM ({found}) AS found "
            f"WHERE found.key IS NOT NULL "
            f"ON CONFLICT (key) DO UPDATE SET version = excluded.version"
        )
    return statements


def _selects(keys: Iterable[str], rows: tuple[str, ...], now: str) -> Iterable[str]:
    for key in keys:
        for row in rows:
            text = key.format(row=row, now=now)
            yield text if text.startswith("SELECT") else f"SELECT {text} AS key"


def _rows(event: Event) -> tuple[str, ...]:
    """What SQL calls the row, the newest form first."""
    return {"insert": ("NEW",), "delete": ("OLD",), "update": ("NEW", "OLD")}[event]
