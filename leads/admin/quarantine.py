"""Suspected spam on the desk: why each was put aside, taking it up, putting another aside.

Nothing here deletes: what is spam for sure goes by itself, when its time to be kept is over.
"""

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from config.staff_admin import member_of_staff
from leads.admin.panels import Panel
from leads.models import Lead
from leads.requesting import NO_SPAM, accept, has_heard, put_aside


def panel(user: User, lead: Lead) -> Panel | None:
    """Why `lead` was put aside, and what taking it up does; two queries for a suspect."""
    if lead.state != Lead.State.SPAM:
        return None
    context = {
        "lead": lead,
        "has_heard": has_heard(lead),
        "may_take_up": user.has_perm("leads.change_lead"),
    }
    return Panel("quarantine", "Suspected spam", "admin/leads/lead/_quarantine.html", context)


@require_POST
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """The button of the panel. Raises PermissionDenied, Http404."""
    if not request.user.has_perm("leads.change_lead"):
        raise PermissionDenied
    lead = get_object_or_404(Lead, pk=pk)
    if accept(lead, by=member_of_staff(request)):
        messages.success(request, f"Taken up: {lead.name} is new now.")
    else:
        messages.info(request, f"{lead.name} had been taken up before. Nothing was changed.")
    return redirect("admin:leads_lead_change", pk)


@admin.action(description="Not spam: take up and confirm", permissions=["change"])
def accept_selected(
    modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Lead]
) -> None:
    by = member_of_staff(request)
    done = sum(accept(lead, by=by) for lead in queryset.filter(state=Lead.State.SPAM))
    messages.success(request, f"Taken up: {done}. Mails that were held back go out now.")


@admin.action(description="Mark as suspected spam", permissions=["change"])
def suspect_selected(
    modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Lead]
) -> None:
    by = member_of_staff(request)
    others = list(queryset.exclude(state=Lead.State.SPAM))
    left = [lead.name for lead in others if not put_aside(lead, by=by)]
    if len(others) > len(left):
        done = f"Put aside: {len(others) - len(left)}."
        messages.success(request, f"{done} They stay under “Suspected spam”; nobody is told.")
    if left:
        messages.warning(request, f"Left as they were: {', '.join(left)}. {NO_SPAM}")
