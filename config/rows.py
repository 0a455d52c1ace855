"""Rows of other tables as one JSON value of a query, so that a page costs one query.

Written for both databases, because Django's ArraySubquery is PostgreSQL's only.
"""

from typing import Any

from django.db import models
from django.db.models.functions import JSONObject


class JsonRows(models.Subquery):
    """The rows of `queryset` as a list of objects with the fields `columns`, in its order.

    `columns` maps a name to a field path or expression; `queryset` may be
    limited and may use OuterRef.
    """

    # Django answers for querysets that it knows to be empty, such as one cut to [:0].
    empty_result_set_value = "[]"
    template = "(SELECT json_group_array(json(item)) FROM (%(subquery)s) AS items)"

    def __init__(self, queryset: models.QuerySet, **columns: Any) -> None:
        values = queryset.values(item=JSONObject(**columns))
        super().__init__(values, output_field=models.JSONField())

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(SELECT coalesce(jsonb_agg(item), '[]') FROM (%(subquery)s) AS items)"
        return super().as_sql(compiler, connection, template=template, **context)
