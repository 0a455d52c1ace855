"""The week: what each host has planned, day by day, by the host's own clock."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from config.http import key_of
from leads import weeks
from leads.models import Calendar


class BookingWeek(admin.ModelAdmin):
    """The page of a week, for those who see bookings."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.week_view)
        return [path("week/", view, name="leads_booking_week"), *super().get_urls()]

    def week_view(self, request: HttpRequest) -> HttpResponse:
        """Without ?host= all hosts, without ?from= this week; what is neither counts as none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        calendars = list(Calendar.objects.select_related("author"))
        key = key_of(request.GET.get("host", ""))
        shown = [each for each in calendars if each.pk == key] or calendars
        today = _today(shown)
        first = weeks.monday_of(request.GET.get("from", ""), today)
        context = {
            **self.admin_site.each_context(request),
            "title": "Week",
            "opts": self.opts,
            "calendars": calendars,
            "host": shown[0] if len(shown) == 1 and key else None,
            "days": weeks.week(shown, first),
            "today": today,
            "may_add": self.has_add_permission(request),
            "unknown": [each for each in shown if not each.knows_plans()],
            **_around(first),
            **_zones(shown),
        }
        return TemplateResponse(request, "admin/leads/booking/week.html", context)


def _today(calendars: Sequence[Calendar]) -> date:
    """The day it is for the hosts, or for the site where they are in several zones."""
    zones = {each.zone for each in calendars}
    return timezone.localdate(timezone=zones.pop() if len(zones) == 1 else None)


def _around(first: date) -> dict[str, Any]:
    one_week = timedelta(days=weeks.DAYS)
    return {
        "first": first,
        "last": first + one_week - timedelta(days=1),
        "former": first - one_week,
        "following": first + one_week,
    }


def _zones(calendars: Sequence[Calendar]) -> dict[str, Any]:
    """Whether one sentence can say the zone of all, or each card has to."""
    names = {each.time_zone for each in calendars}
    return {"zone": calendars[0].zone if len(names) == 1 else None, "zones_differ": len(names) > 1}
