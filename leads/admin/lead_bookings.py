"""What the page of a lead says of its bookings, and why some leads cannot be deleted yet."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.webhooks import erase
from leads import clock
from leads.admin.panels import Panel
from leads.models import Booking, Lead
from leads.webhooks import subject_of


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
        open_ones = [_named(booking) for booking in upcoming_of(objs)]
        allowed = lacking - {str(Booking._meta.verbose_name)}
        return shown, counts, allowed, [*protected, *open_ones]

    def delete_model(self, request: HttpRequest, obj: Lead) -> None:
        _delete([obj])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        _delete(list(queryset))


def upcoming_of(leads: Iterable[Lead]) -> QuerySet[Booking]:
    """Return the bookings of `leads`, and of those merged into them, that somebody counts on."""
    coming = Booking.objects.upcoming().without_lapsed()
    return coming.filter(Q(lead__in=leads) | Q(lead__merged_into__in=leads)).with_people()


@transaction.atomic
def _delete(leads: list[Lead]) -> None:
    """Delete `leads`, unless somebody booked since the page was shown. Raises PermissionDenied."""
    keys = [lead.pk for lead in leads]
    merged = Q(pk__in=keys) | Q(merged_into__in=keys)
    kept = Lead.objects.select_for_update().filter(merged).order_by("pk")
    # A booking that is being made refers to its lead, and waits for this lock.
    if upcoming_of(list(kept)).exists():
        raise PermissionDenied("Somebody has booked meanwhile: cancel that booking first.")
    for lead in kept:
        erase(subject_of(lead))
    kept.delete()


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
