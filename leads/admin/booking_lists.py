"""What the list of bookings shows: its tabs, and what each of them holds."""

from datetime import date, datetime, time
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from config.http import key_of
from leads.models import OPEN, WAITING, Booking, Calendar

PARAMETER = "show"
MONTHS_AHEAD, MONTHS_BACK = 3, 12
TABS = {
    "upcoming": "Upcoming",
    "waiting": "To be confirmed",
    "past": "Did it take place?",
    "all": "All",
}
COUNTED = ("waiting", "past")
"""Tabs that wait for somebody: they say how many they hold."""
NOTHING = {
    "upcoming": "Nobody has booked a time that is still to come.",
    "waiting": "No booking waits for an answer.",
    "past": "Every talk that is over has its outcome.",
    "all": "Nobody has booked yet. Once prospects choose a time, or you book for somebody on "
    "the phone, it is listed here.",
}


def conditions() -> dict[str, Q]:
    """What the rows of each tab have in common; an upcoming one is not over yet."""
    now = timezone.now()
    lapsed = Q(state__in=WAITING, holds_until__lte=now)
    return {
        "upcoming": Q(state__in=OPEN, ends_at__gt=now) & ~lapsed,
        "waiting": Q(state__in=WAITING) & ~lapsed,
        "past": Q(state=Booking.State.CONFIRMED, ends_at__lte=now),
        "all": Q(),
    }


def tab_of(request: HttpRequest) -> str:
    """Return the tab that was asked for, the first for none."""
    name = request.GET.get(PARAMETER, "")
    return name if name in TABS else "upcoming"


class TabFilter(admin.SimpleListFilter):
    """The tabs are above the list, so that the side shows nothing of them."""

    title = "what is shown"
    parameter_name = PARAMETER
    template = "admin/leads/booking/_no_filter.html"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(TABS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(conditions()[tab_of(request)])


class HostFilter(admin.SimpleListFilter):
    """All hosts by one query, whatever their number."""

    title = "host"
    parameter_name = "host"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[Any, str]]:
        return list(Calendar.objects.values_list("pk", "author__name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        key = key_of(self.value() or "")
        return queryset.filter(calendar=key) if key else queryset


class MonthFilter(admin.SimpleListFilter):
    """The months around this one; no question to the database, however long bookings go back."""

    title = "month"
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        today = timezone.localdate()
        firsts = (_month(today, distance) for distance in range(MONTHS_AHEAD, -MONTHS_BACK, -1))
        return [(first.strftime("%Y-%m"), date_format(first, "F Y")) for first in firsts]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        try:
            first = date.fromisoformat(f"{self.value() or ''}-01")
        except ValueError:
            return queryset
        begin, end = (
            datetime.combine(day, time(), timezone.get_current_timezone())
            for day in (first, _month(first, 1))
        )
        return queryset.filter(starts_at__gte=begin, starts_at__lt=end)


def _month(day: date, distance: int) -> date:
    """The first day of the month so many months after that of `day`."""
    months = day.year * 12 + day.month - 1 + distance
    return date(months // 12, months % 12 + 1, 1)


def tabs(changelist: ChangeList, current: str) -> list[dict[str, Any]]:
    """Return the tabs with their addresses and, where somebody is waited for, counts; one query.

    The address keeps what is searched for and filtered by.
    """
    held = conditions()
    found = Booking.objects.open()
    counts = found.aggregate(**{n: Count("pk", filter=held[n]) for n in COUNTED})
    return [
        {
            "words": words,
            "url": changelist.get_query_string({PARAMETER: name}, ["p"]),
            "count": counts.get(name, 0),
            "is_current": name == current,
        }
        for name, words in TABS.items()
    ]


def ordering(tab: str) -> list[str]:
    """Return what comes first: what is next, and of what is over, the last."""
    return ["starts_at", "pk"] if tab in ("upcoming", "waiting") else ["-starts_at", "-pk"]
