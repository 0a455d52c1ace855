"""Queries whose SQL is compiled once per process, and asked with other values each time.

Django makes the SQL of a queryset anew for every use. For the queries behind
every page, with their many subqueries, that cost more than all else a page does.
"""

import re
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Model, QuerySet, Value
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=Model)
_PLACE = re.compile("(?<!%)%s")


class PreparedQuery(Generic[M]):
    """The first row of the queryset that `build` makes of the named values.

    `stand_ins` are values by the same names, of the same types, that nothing
    else in the query equals: where the compiled SQL asks for one of them, it is
    later given the value of that name. `build` must treat all values alike.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], **stand_ins: Any) -> None:
        self.build = build
        self.stand_ins = stand_ins
        self._statements: dict[str, _Statement[M]] = {}
        self._lock = Lock()

    def first(self, **values: Any) -> M | None:
        """Return what `build(**values).first()` would of an ordered queryset; one query."""
        # The queryset knows, as any other, which database is to be asked this time.
        alias = self._queryset.db
        statement = self._statements.get(alias) or self._compiled(alias)
        return statement.first(values)

    def _compiled(self, alias: str) -> "_Statement[M]":
        # While it is compiled, a queryset is not fit to be used by two threads.
        with self._lock:
            if alias not in self._statements:
                self._statements[alias] = _Statement(self._queryset, alias, self.stand_ins)
            return self._statements[alias]

    @cached_property
    def _queryset(self) -> QuerySet[M]:
        return self.build(**self.stand_ins)[:1]


class _Statement(Generic[M]):
    """SQL for one database, and how its rows become objects: as QuerySet itself does it.

    Threads share it, so nothing of it belongs to a connection.
    """

    def __init__(self, queryset: QuerySet[M], alias: str, stand_ins: dict[str, Any]) -> None:
        compiler = queryset.query.get_compiler(using=alias)
        self.alias = alias
        self.sql, self.params = compiler.as_sql()
        self.kinds = {name: Value(value).output_field for name, value in stand_ins.items()}
        adapted = {value: name for name, value in self._adapted(stand_ins).items()}
        self.names = [adapted.get(param) for param in self.params]
        if missing := set(stand_ins) - set(self.names):
            raise ValueError(f"the query does not ask for {', '.join(sorted(missing))}")
        if connections[alias].vendor == "sqlite":
            self._write_constants()
        self.converters = compiler.get_converters([column[0] for column in compiler.select])
        self.annotations = compiler.annotation_col_map
        # The stubs describe Django 6.1, where it takes one argument more.
        self.populators = get_related_populators(  # type: ignore[call-arg]
            compiler.klass_info, compiler.select, alias
        )
        places = compiler.klass_info["select_fields"]
        self.own = slice(places[0], places[-1] + 1)
        self.fields = [column[0].target.attname for column in compiler.select[self.own]]
        self.model = queryset.model

    def _write_constants(self) -> None:
        """Have in the SQL itself what is asked for each time, such as the state of entries.

        Where a value may decide which index serves, SQLite compiles a statement
        anew whenever it is bound (https://www.sqlite.org/c3ref/prepare.html),
        which takes three times as long as to run it.
        """
        first, *others = _PLACE.split(self.sql)
        sql, kept = [first], []
        for name, param, text in zip(self.names, self.params, others, strict=True):
            literal = None if name else _literal(param)
            sql += [literal or "%s", text]
            if literal is None:
                kept.append((name, param))
        self.sql = "".join(sql)
        self.names, self.params = [name for name, _ in kept], tuple(param for _, param in kept)

    def first(self, values: dict[str, Any]) -> M | None:
        adapted = self._adapted(values)
        places = zip(self.names, self.params, strict=True)
        params = [adapted[name] if name else param for name, param in places]
        with connections[self.alias].cursor() as cursor:
            cursor.execute(self.sql, params)
            row = cursor.fetchone()
        return self._object(list(row)) if row else None

    def _adapted(self, values: dict[str, Any]) -> dict[str, Any]:
        """`values` as the database is told them, such as SQLite a time as text."""
        connection = connections[self.alias]
        return {
            name: self.kinds[name].get_db_prep_value(value, connection=connection)
            for name, value in values.items()
        }

    def _object(self, row: list[Any]) -> M:
        connection = connections[self.alias]
        for place, (converters, column) in self.converters.items():
            for converter in converters:
                row[place] = converter(row[place], column, connection)
        found = self.model.from_db(self.alias, self.fields, row[self.own])
        for populator in self.populators:
            populator.populate(row, found)
        for name, place in self.annotations.items():
            setattr(found, name, row[place])
        return found


def _literal(value: object) -> str | None:
    """`value` as SQLite reads it in a statement; None where it had better be told apart."""
    match value:
        case str() if "\0" not in value:
            return "'" + value.replace("'", "''").replace("%", "%%") + "'"
        case int():
            return str(int(value))
    return None
