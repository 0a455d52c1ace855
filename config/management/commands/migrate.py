from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from config import page_stamps


class Command(migrate.Command):
    """Django's own, with the triggers that keep pages fresh taken off before and put on after.

    SQLite loses a table's triggers whenever a migration makes the table anew, and refuses to
    while others mention it; PostgreSQL alters no table with triggers still to run.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        using = options["database"]
        only_looks = options["plan"] or options["check_unapplied"]
        if not only_looks and (options["app_label"] or _has_plan(using)):
            page_stamps.remove(using)
        super().handle(*args, **options)
        if not only_looks and page_stamps.has_all_tables(using):
            page_stamps.install(using)


def _has_plan(using: str) -> bool:
    executor = MigrationExecutor(connections[using])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
