"""Moments as machines read them."""

from datetime import datetime

from django import template

register = template.Library()


@register.filter(expects_localtime=True)
def iso(moment: datetime | None) -> str:
    """Return `moment` by ISO 8601, to the second, in the zone of the page; "" for none."""
    return moment.isoformat(timespec="seconds") if moment else ""
