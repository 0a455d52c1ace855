"""Takes away what a test has committed, at the price of what it committed.

Django empties every table and then makes content types and permissions anew,
which costs more than most of these tests. Here rows are deleted where there
are some, and the groups of the migrations stay, or come back as they were.
"""

from functools import cache

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

Given = Group.permissions.through
MADE_BY_MIGRATIONS = (ContentType, Permission, Group, Given)
_kept: dict[type, list] = {}


def remember() -> None:
    """Keep in mind which groups there are, and what they may."""
    _kept.update({model: list(model.objects.order_by("pk")) for model in (Group, Given)})


def empty(case: object = None) -> None:
    """Bring the database back to where `remember` found it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _filled(cursor):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")
        _restore_groups()


def _filled(cursor) -> list[str]:
    """The tables with rows, but for what migrations made; one query."""
    looks = (
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)})"
        for table in _tables()
    )
    cursor.execute(" UNION ALL ".join(looks))
    return [table for (table,) in cursor.fetchall()]


@cache
def _tables() -> list[str]:
    found = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return sorted(set(found) - {model._meta.db_table for model in MADE_BY_MIGRATIONS})


def _restore_groups() -> None:
    for model, rows in _kept.items():
        if list(model.objects.order_by("pk").values()) != [_values(row) for row in rows]:
            model.objects.exclude(pk__in=[row.pk for row in rows]).delete()
            model.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["pk"],
                update_fields=[f.name for f in model._meta.fields if not f.primary_key],
            )


def _values(row) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.fields}
