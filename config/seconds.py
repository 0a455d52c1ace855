"""Instants as whole seconds since 1970, counted by the database: datetimes cost Python much."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Func
from django.db.models.sql.compiler import SQLCompiler


class SecondsDown(Func):
    """The seconds that had passed since 1970 at an instant; what is left of one is dropped."""

    arity = 1
    output_field = BigIntegerField()
    round = "FLOOR"
    # SQLite keeps text; without its fraction, which strftime would round.
    sqlite = "CAST(strftime('%%%%s', substr(%(expressions)s, 1, 19)) AS INTEGER)"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        template = f"{self.round}(EXTRACT(EPOCH FROM %(expressions)s))::bigint"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Any:
        return self.as_sql(compiler, connection, template=self.sqlite, **context)


class SecondsUp(SecondsDown):
    """As SecondsDown; a second that has begun counts as a whole one."""

    round = "CEIL"
    # Django writes fractions of a second only where there are some.
    sqlite = f"({SecondsDown.sqlite} + (length(%(expressions)s) > 19))"
