"""What the form of an entry says of the figures."""

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.formats import number_format

from glossary.admin.remarks import Remark
from glossary.models import Entry
from leads import funnel, ledger, periods

DAYS = 90


def figures(entry: Entry, user: User) -> Remark | None:
    """Say what the last three months brought, to those who may see figures; two queries."""
    if not user.has_perm("leads.view_attribution"):
        return None
    counts = funnel.of_entry(entry.pk, periods.latest(DAYS, ledger.day_of(None)))
    numbers = [
        (counts.views, "view", "views"),
        (counts.clicks, "click", "clicks"),
        (counts.requests, "request", "requests"),
        (counts.booked, "booked", "booked"),
    ]
    words = ", ".join(
        f"{number_format(count, force_grouping=True)} {one if count == 1 else many}"
        for count, one, many in numbers
    )
    return Remark(
        "Figures", f"Last {DAYS} days: {words}.", f"{reverse('lead_desk:figures')}?period=last-90"
    )
