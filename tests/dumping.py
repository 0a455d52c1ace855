"""The whole database as values, to say that nothing changed in it."""

from django.db import connection


def dump() -> dict[str, list[str]]:
    """Every row of every table, those of search indexes and sessions included, in no order."""
    with connection.cursor() as cursor:
        return {
            table: sorted(map(repr, _rows(cursor, table)))
            for table in connection.introspection.table_names(cursor)
        }


def changes(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, list[str]]:
    """The rows that only one of two dumps has, by table."""
    tables = before.keys() | after.keys()
    found = {t: sorted({*before.get(t, ())} ^ {*after.get(t, ())}) for t in tables}
    return {table: rows for table, rows in found.items() if rows}


def _rows(cursor, table: str) -> list[tuple]:
    cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
    return cursor.fetchall()
