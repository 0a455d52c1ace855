"""The page of a lead: what an answerer needs to know, and a small form for each verb."""

import re
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from config import site
from config.http import key_of
from config.staff_admin import member_of_staff
from leads.admin import lead_timeline
from leads.admin.lead_acts import state_in_words, step_in_words
from leads.admin.lead_forms import FORMS, LeadForm
from leads.admin.lead_panels import PANELS, PANELS_ABOVE, PANELS_BELOW
from leads.admin.panels import made_by
from leads.models import Lead

PAGE = "admin:leads_lead_change"
WHOLE = "all"
"""In the address: the timeline from its beginning."""


class LeadPage(admin.ModelAdmin):
    """What the visitor wrote is read here; the rest is changed by the verbs alone."""

    def get_urls(self) -> list[URLPattern]:
        wrapped = self.admin_site.admin_view(self.act_view)
        acts = [
            path(f"<int:pk>/{name}/", wrapped, {"name": name}, f"leads_lead_{name}")
            for name in FORMS
        ]
        return [*acts, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        lead = get_object_or_404(_with_relations(), pk=key_of(object_id))
        return self.page(request, lead)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own list of saves knows nothing of the verbs; the page itself does."""
        return redirect(PAGE, object_id)

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Do what the form `name` asks for, unless it was written about what is no more so."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(PAGE, pk)
        with transaction.atomic():
            # Two who act at once go one after the other, and the second sees the first's change.
            lead = get_object_or_404(_with_relations().select_for_update(of=("self",)), pk=pk)
            form = FORMS[name](request.POST, lead=lead, by=member_of_staff(request))
            if lead.merged_into_id:
                messages.error(request, "Nothing was changed: this request was merged.")
                return redirect(PAGE, pk)
            is_done = form.is_valid()
            said = form.save() if is_done else ""
        if not is_done:
            return self.page(request, lead, sent=form)
        if said:
            messages.success(request, said)
        else:
            messages.info(request, "Nothing to change: it is so already.")
        return redirect(PAGE, pk)

    def page(
        self, request: HttpRequest, lead: Lead, *, sent: LeadForm | None = None
    ) -> HttpResponse:
        """The page of `lead`, with the form that was `sent` as it was filled in."""
        user = member_of_staff(request)
        lines, has_older = lead_timeline.of_lead(lead, user, whole=WHOLE in request.GET)
        may_act = self.has_change_permission(request) and lead.merged_into_id is None
        is_open = may_act and lead.state != Lead.State.SPAM
        today = timezone.localdate(timezone=site.current().zone)
        forms = {name: form(lead=lead, by=user) for name, form in FORMS.items()} if may_act else {}
        if sent:
            forms[sent.name] = sent
        context = {
            **self.admin_site.each_context(request),
            "title": lead.name,
            "opts": self.opts,
            "lead": lead,
            "state": state_in_words(lead),
            "step": step_in_words(lead),
            "is_late": lead.next_step_on is not None and lead.next_step_on < today,
            "is_overdue": lead.is_overdue(hours=site.current().answer_hours),
            "is_mine": lead.owner_id == user.pk,
            "phone_url": f"tel:{re.sub(r'[^0-9+]', '', lead.phone)}",
            "language": dict(settings.LANGUAGES).get(lead.language, lead.language),
            "forms": forms,
            "refused": sent,
            "panels_above": made_by(PANELS_ABOVE, user, lead),
            "panels": made_by(PANELS, user, lead),
            "panels_below": made_by(PANELS_BELOW, user, lead),
            "timeline": lines,
            "older_url": f"{reverse(PAGE, args=[lead.pk])}?{WHOLE}#timeline" if has_older else "",
            "may_reply": is_open and user.has_perm("leads.add_reply"),
            "may_book": is_open and user.has_perm("leads.add_booking"),
            "may_delete": self.has_delete_permission(request, lead),
        }
        return TemplateResponse(request, "admin/leads/lead/detail.html", context)


def _with_relations() -> Any:
    return Lead.objects.select_related("entry", "offer", "owner", "merged_into")
