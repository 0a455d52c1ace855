"""The other requests of an address on a lead's page, and the page that asks before two are one."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from config.staff_admin import member_of_staff
from leads import merging
from leads.admin.panels import Panel
from leads.merging import NotMerged
from leads.models import Lead

NEWEST = 20
"""Other requests that a lead's page lists."""


@dataclass(frozen=True)
class Other:
    """Another request, and whether the two can become one."""

    lead: Lead
    can_go: bool
    """It into the one whose page this is."""
    can_stay: bool
    """The one whose page this is into it."""


def same_email(user: User, lead: Lead) -> Panel | None:
    """The other requests of the address, but those that are one with `lead`."""
    found = Lead.objects.same_email(lead).exclude(pk=lead.kept.pk).exclude(merged_into=lead)
    others = list(found.select_related("entry", "merged_into")[: NEWEST + 1])
    if not others:
        return None
    may_merge = user.has_perm("leads.change_lead")
    context = {
        "lead": lead,
        "others": [
            Other(
                each,
                can_go=may_merge and not lead.merged_into_id and not merging.why_not(each, lead),
                can_stay=may_merge and not merging.why_not(lead, each.kept),
            )
            for each in others[:NEWEST]
        ],
        "has_more": len(others) > NEWEST,
    }
    return Panel("same-email", "Same e-mail", "admin/leads/lead/_same_email.html", context)


def merged(user: User, lead: Lead) -> Panel | None:
    """What was merged into `lead`, with what they wrote."""
    gone = list(lead.merged.select_related("entry", "offer"))
    if not gone:
        return None
    return Panel("merged", "Merged", "admin/leads/lead/_merged.html", {"gone": gone})


@require_http_methods(["GET", "HEAD", "POST"])
def merge_leads(request: HttpRequest, pk: int, into: int) -> HttpResponse:
    """Show both side by side and ask; POST merges the first into the second."""
    if not request.user.has_perms(["leads.view_lead", "leads.change_lead"]):
        raise PermissionDenied
    rows = Lead.objects.select_related("entry", "offer", "owner", "merged_into")
    gone = get_object_or_404(rows, pk=pk)
    kept = get_object_or_404(rows, pk=into).kept
    if request.method == "POST":
        return _merge(request, gone, kept)
    refusal = merging.why_not(gone, kept)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Merge two requests",
        "opts": Lead._meta,
        "lead": kept,
        "gone": gone,
        "kept": kept,
        "both": [kept, gone],
        "refusal": refusal,
        "can_swap": not refusal and not merging.why_not(kept, gone),
        "state_after": merging.state_after(gone, kept).label,
        "two_deals": gone.state == kept.state == Lead.State.WON,
        "worth_after": merging.worth_after(gone, kept),
    }
    return TemplateResponse(request, "admin/leads/lead/merge.html", context)


def _merge(request: HttpRequest, gone: Lead, kept: Lead) -> HttpResponse:
    try:
        end = merging.merge(gone, into=kept, by=member_of_staff(request))
    except NotMerged as error:
        messages.error(request, f"Nothing was merged. {error}")
        return redirect("admin:leads_lead_change", gone.pk)
    messages.success(request, "Merged. What was asked and what happened with both is here now.")
    return redirect("admin:leads_lead_change", end.pk)


class LeadMerging(admin.ModelAdmin):
    """Mixin: choosing two in the list, whatever their addresses."""

    @admin.action(description="Merge two requests …", permissions=["change"])
    def merge_selected(
        self, request: HttpRequest, queryset: QuerySet[Lead]
    ) -> HttpResponse | None:
        chosen = list(queryset.order_by("created_at", "pk")[:3])
        if len(chosen) != 2:
            messages.warning(request, "Choose the two requests that are to become one.")
            return None
        older, newer = chosen
        return redirect("lead_desk:merge", newer.pk, older.pk)
