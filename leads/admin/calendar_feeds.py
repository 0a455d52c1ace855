"""The two addresses of a calendar: the one it respects, and the one to subscribe to."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from leads import busy_feeds, subscriptions
from leads.models import Calendar


class CalendarFeeds(admin.ModelAdmin):
    """Fetches what is to be respected, and makes new addresses to subscribe to."""

    def feed_context(self, calendar: Calendar) -> dict[str, object]:
        return {
            "feed_status": busy_feeds.status(calendar) if calendar.feed_url else None,
            "subscription": subscriptions.url_of(calendar),
        }

    def save_model(self, request: HttpRequest, obj: Calendar, form: Any, change: bool) -> None:
        if change:
            # The worker writes what it fetched into the same row.
            obj.save(update_fields=form.changed_data)
        else:
            super().save_model(request, obj, form, change)
        changed = set(form.changed_data)
        # Whole days of the other calendar are those of this zone.
        if "feed_url" in changed or (obj.feed_url and "time_zone" in changed):
            busy_feeds.start(obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.renew_view)
        return [path("<int:pk>/renew/", view, name="leads_calendar_renew"), *super().get_urls()]

    def renew_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first; then end the address to subscribe to, and make another."""
        calendar = get_object_or_404(Calendar.objects.select_related("author"), pk=pk)
        if not self.has_change_permission(request, calendar):
            raise PermissionDenied
        if request.method == "POST":
            subscriptions.renew(calendar)
            self.log_change(request, calendar, "Made a new address to subscribe to.")
            messages.success(
                request, "The old address has ended. Give the host the new one to subscribe to."
            )
            return redirect("admin:leads_calendar_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Make a new address",
            "calendar": calendar,
        }
        return TemplateResponse(request, "admin/leads/calendar/renew.html", context)
