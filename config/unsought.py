"""A column by which no index is sought, for queries that had better begin elsewhere."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func
from django.db.models.sql.compiler import SQLCompiler


class Unsought(Func):
    """The column itself. SQLite, which has no statistics, leaves its indexes alone.

    A unary plus says so (https://www.sqlite.org/optoverview.html, "Disqualifying
    WHERE clause terms using unary +"). PostgreSQL knows by itself what is rare.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)
