"""What somebody agreed to, at the secret address that our mails name, and taking it back."""

from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config import site
from leads import erasing, links, secret_pages, traces, withdrawing
from leads.models import Booking, Consent, Lead
from leads.secret_pages import View

Purpose = Consent.Purpose
TITLES: dict[Purpose, Promise] = {
    Purpose.MARKETING: _("News and offers"),
    Purpose.READING: _("What you read here"),
    Purpose.REQUEST: _("Answering your request"),
}
WITHDRAWN_BY_BUTTON = (Purpose.MARKETING, Purpose.READING)
"""The other one takes everything with it, which is asked first."""


@dataclass(frozen=True)
class Asked:
    """What somebody was asked for one purpose, the newest answer first."""

    purpose: Purpose
    answers: list[Consent]

    @property
    def title(self) -> Promise:
        return TITLES[self.purpose]

    @property
    def holds(self) -> bool:
        return any(each.is_given and each.withdrawn_at is None for each in self.answers)

    @property
    def erases(self) -> bool:
        """Whether nothing may be held any more once it is taken back."""
        return self.purpose not in WITHDRAWN_BY_BUTTON


def secret_page(view: View) -> View:
    """Give `view` the lead whose secret is in the address; all others get one same page."""

    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        lead = links.lead_at(token)
        if lead is None:
            return secret_pages.page(request, "leads/consent/missing.html", {}, status=404)
        return view(request, lead, token)

    return secret_pages.guarded(found)


@secret_page
def consent(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Show what was agreed to; a button takes one thing back."""
    if request.method == "POST":
        if request.POST.get("purpose") in WITHDRAWN_BY_BUTTON:
            withdrawing.withdraw(lead, request.POST["purpose"])
        return redirect("leads:consent", token)
    return _shown(request, lead, token)


@secret_page
def consent_erase(request: HttpRequest, lead: Lead, token: str) -> HttpResponse:
    """Take back that anything is held: POST erases, unless somebody counts on a talk."""
    if request.method == "POST":
        try:
            withdrawing.withdraw_request(lead)
        except withdrawing.IsClient:
            return _shown(request, lead, token, is_client=True)
        except erasing.TalkAhead:
            pass  # the page says which
        else:
            return secret_pages.page(request, "leads/consent/erased.html", {})
    ahead = erasing.talks_ahead(traces.of_address(lead.email).keys)
    context = {"lead": lead, "token": token, "ahead": [(each, _page_of(each)) for each in ahead]}
    status = 409 if request.method == "POST" else 200
    return secret_pages.page(request, "leads/consent/erase.html", context, status=status)


def _shown(
    request: HttpRequest, lead: Lead, token: str, *, is_client: bool = False
) -> HttpResponse:
    answers = list(traces.of_address(lead.email).consents.order_by("-at", "-pk"))
    asked = [Asked(p, [each for each in answers if each.purpose == p]) for p in TITLES]
    context = {
        "lead": lead,
        "token": token,
        "asked": [each for each in asked if each.answers],
        "zone": site.current().zone,
        "is_client": is_client,
    }
    return secret_pages.page(request, "leads/consent/consent.html", context)


def _page_of(booking: Booking) -> str:
    """The page on which the booking can be cancelled, "" where nobody can tell its address."""
    token = links.known_token_of(booking)
    return reverse("leads:booking", args=[token]) if token else ""
