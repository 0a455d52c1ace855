"""Sums of money in the site's currency, in words that people read."""

from decimal import Decimal

from django.utils.formats import number_format

from config import site


def written(value: Decimal) -> str:
    """Return `value` as “EUR 12,400”, with cents where there are any."""
    places = 0 if value == value.to_integral_value() else 2
    amount = number_format(value, decimal_pos=places, force_grouping=True)
    return f"{site.current().currency}\N{NO-BREAK SPACE}{amount}"
