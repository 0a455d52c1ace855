"""The desk's page with all that a host wants to know before a talk; it prints on paper."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from leads import briefing, ledger
from leads.models import Booking

NEEDED = ("leads.view_booking", "leads.view_lead")


@require_safe
def page(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    booking = get_object_or_404(Booking.objects.with_people().select_related("lead__owner"), pk=pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Briefing: {booking.lead.name}",
        "opts": Booking._meta,
        "booking": booking,
        "lead": booking.lead,
        "briefing": briefing.of(booking),
        "today": ledger.day_of(None),
    }
    return TemplateResponse(request, "admin/leads/booking/briefing.html", context)
