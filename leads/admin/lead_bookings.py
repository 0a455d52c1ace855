"""What the page of a lead says of its bookings, and why some leads cannot be deleted yet."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.staff_admin import member_of_staff
from leads import clock, erasing, traces
from leads.admin.panels import Panel
from leads.erasing import TalkAhead
from leads.models import Booking, Lead


class LeadBookings(admin.ModelAdmin):
    """Mixin: what may be deleted."""

    delete_confirmation_template = "admin/leads/lead/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/leads/lead/delete_selected_confirmation.html"

    # Deleting -------------------------------------------------------------------------

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Bookings go with their lead; one that is still to come has to be cancelled first.

        Deleting it would free its time and tell nobody.
        """
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        open_ones = [_named(booking) for booking in _talks_ahead(objs)]
        allowed = lacking - {str(Booking._meta.verbose_name)}
        return shown, counts, allowed, [*protected, *open_ones]

    def delete_model(self, request: HttpRequest, obj: Lead) -> None:
        _erase(request, [obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        _erase(request, queryset)


def _talks_ahead(leads: Iterable[Lead]) -> Iterable[Booking]:
    """The bookings that somebody still counts on, of `leads` and those merged with them."""
    return erasing.talks_ahead(traces.together([lead.pk for lead in leads]))


def _erase(request: HttpRequest, leads: Iterable[Lead]) -> None:
    """Erase `leads`, unless somebody booked since the page was shown. Raises PermissionDenied."""
    try:
        erasing.erase(leads, by=member_of_staff(request))
    except TalkAhead as error:
        raise PermissionDenied(
            "Somebody has booked meanwhile: cancel that booking first."
        ) from error


def bookings(user: User, lead: Lead) -> Panel | None:
    if not user.has_perm("leads.view_booking"):
        return None
    newest_first = list(Booking.objects.of(lead).with_people().order_by("-starts_at", "-pk"))
    return Panel(
        "bookings", "Bookings", "admin/leads/lead/_bookings.html", {"bookings": newest_first}
    )


def _named(booking: Booking) -> SafeString:
    return format_html(
        '<a href="{}">{}, {}</a>',
        booking.get_admin_url(),
        booking.lead.name,
        clock.whole(booking.starts_at, booking.host_zone),
    )
