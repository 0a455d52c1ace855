"""What calendars and offers have in common on the desk: bookings hold them."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads.models import Booking


class KeptWithBookings(admin.ModelAdmin):
    """Counts the talks to come, and deletes nothing that has bookings."""

    holder: str
    """The field of a booking that names the row."""
    instead: str
    """What to do instead of deleting, as a sentence."""

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        talks = Booking.objects.upcoming().without_lapsed().filter(**{self.holder: OuterRef("pk")})
        counted = talks.order_by().values(self.holder).annotate(count=Count("pk"))
        upcoming = Coalesce(Subquery(counted.values("count")), 0)
        return super().get_queryset(request).annotate(upcoming_count=upcoming)

    @admin.display(description="upcoming bookings", ordering="upcoming_count")
    def upcoming(self, row: Any) -> SafeString | int:
        if not row.upcoming_count:
            return 0
        return format_html('<a href="{}">{}</a>', self.bookings_of(row), row.upcoming_count)

    def bookings_of(self, row: Any) -> str:
        """Return the address of the list of the talks of `row`."""
        return f"{reverse('admin:leads_booking_changelist')}?{self.holder}__id__exact={row.pk}"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Rows are deleted one by one: each is looked at for bookings."""
        actions = super().get_actions(request)
        return {name: act for name, act in actions.items() if name != "delete_selected"}

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        is_theirs = row is not None and self.has_delete_permission(request, row)
        if row is not None and is_theirs and row.bookings.exists():
            messages.error(request, f"“{row}” has bookings, and they are kept. {self.instead}")
            return redirect(f"admin:leads_{self.opts.model_name}_change", row.pk)
        return super().delete_view(request, object_id, extra_context)
