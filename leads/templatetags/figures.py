"""Numbers in words, for templates: `{{ counts.views|counted }}`, `{{ counts.value|money }}`."""

from django import template
from django.utils.formats import number_format

from leads import charts, money
from leads.charts import Bar
from leads.funnel import Counts

register = template.Library()
register.filter("money", money.written)
register.filter("share", charts.share)


@register.filter
def counted(number: int) -> str:
    """Return a whole number with its thousands set apart, as “1,204”."""
    return number_format(number, force_grouping=True)


@register.filter
def bars(counts: Counts) -> list[Bar]:
    """Return the stages of a funnel as the bars of its chart."""
    return charts.funnel_bars(counts)
