"""Lists of the desk that cost the same however many rows there are."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

MOST = 1_000
"""Rows that a list of the desk pages through; what lies further on is found by narrowing it."""


class FirstRows(Paginator):
    """The pages of the first MOST rows: nobody counts the others or walks past them."""

    @cached_property
    def _looked_at(self) -> int:
        rows: Any = self.object_list
        if isinstance(rows, list):
            return len(rows)
        return rows.values("pk")[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._looked_at, MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than these pages show."""
        return self._looked_at > MOST


class FlatList(admin.ModelAdmin):
    """Mixin: a list that neither counts nor walks all of its rows.

    Its orders are those of indexes: name them in `ordering` and `sortable_by`.
    """

    paginator = FirstRows
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 200
