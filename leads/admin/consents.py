"""What a lead agreed to, for staff: a section of its page, and a page to take it back for them."""

from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from config.staff_admin import member_of_staff
from leads import withdrawing
from leads.admin.panels import Panel
from leads.models import Consent, Lead


@dataclass(frozen=True)
class Answer:
    """A row of consent with what staff may conclude from it, in a word."""

    consent: Consent

    @property
    def word(self) -> str:
        if self.consent.withdrawn_at:
            return "Taken back"
        return "Yes" if self.consent.is_given else "No"

    @property
    def colour(self) -> str:
        """The class of a state that has the same meaning to the eye."""
        return "confirmed" if self.word == "Yes" else "cancelled"

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether it can be taken back alone: without the request nothing may be held at all."""
        return self.word == "Yes" and self.consent.purpose != Consent.Purpose.REQUEST


def panel(user: User, lead: Lead) -> Panel | None:
    if not user.has_perm("leads.view_consent"):
        return None
    context = {"answers": answers_of(lead), "lead": lead}
    return Panel("consents", "What they agreed to", "admin/leads/lead/_consents.html", context)


def answers_of(lead: Lead) -> list[Answer]:
    return [Answer(consent) for consent in lead.consents.all()]


@require_http_methods(["GET", "HEAD", "POST"])
def lead_consents(request: HttpRequest, pk: int) -> HttpResponse:
    """The sentences that a lead was shown; POST takes one agreement back, as they asked for."""
    user = member_of_staff(request)
    if not user.has_perms(["leads.view_lead", "leads.view_consent"]):
        raise PermissionDenied
    lead = get_object_or_404(Lead, pk=pk)
    if request.method == "POST":
        _withdraw(request, lead, user)
        return redirect("lead_desk:consents", lead.pk)
    context = {
        **admin.site.each_context(request),
        "title": "What they agreed to",
        "lead": lead,
        "answers": answers_of(lead),
        "may_change": user.has_perm("leads.change_lead"),
    }
    return TemplateResponse(request, "admin/leads/person/consents.html", context)


def _withdraw(request: HttpRequest, lead: Lead, user: User) -> None:
    if not user.has_perm("leads.change_lead"):
        raise PermissionDenied
    wanted = request.POST.get("purpose")
    for answer in answers_of(lead):
        if answer.consent.purpose == wanted and answer.can_be_withdrawn:
            withdrawing.withdraw(lead, wanted, by=user)
            messages.success(request, "Taken back, for every request of this address.")
