"""Counting as far as anybody wants to know."""

from typing import Any

from django.db import models


class CountUpTo(models.Subquery):
    """The number of rows of `queryset`, at most `most`, along the index that has its order.

    It may use OuterRef.
    """

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    empty_result_set_value = 0

    def __init__(self, queryset: models.QuerySet, most: int, **extra: Any) -> None:
        super().__init__(queryset.values("pk")[:most], models.IntegerField(), **extra)
