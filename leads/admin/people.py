"""One person on the desk: what is held of them, to hand over and to erase."""

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from config.http import key_of
from config.staff_admin import member_of_staff
from leads import erasing, traces
from leads import person as people
from leads.models import Lead

LISTED = 50
LATEST = 10
"""Erasures that the page tells of."""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest) -> HttpResponse:
    """What is held of an address, which is posted: addresses of pages end up in logs."""
    user = member_of_staff(request)
    if not user.has_perm("leads.view_lead"):
        raise PermissionDenied
    email = _email(request)
    act = request.POST.get("act", "")
    if email and act == "export":
        return _file(email)
    if email and act == "erase":
        return _erased(request, email, user)
    return _page(request, email, user, asks=act == "ask")


def _email(request: HttpRequest) -> str:
    """The address that was posted, or that of the lead which the page's address names."""
    key = key_of(request.GET.get("lead", ""))
    if request.method == "POST" or key is None:
        return request.POST.get("email", "").replace("\0", "").strip()
    return get_object_or_404(Lead, pk=key).email


def _page(
    request: HttpRequest, email: str, user: User, *, asks: bool = False, status: int = 200
) -> HttpResponse:
    held = traces.of_address(email) if email else None
    context = {
        **admin.site.each_context(request),
        "title": "Erase a person?" if asks else "What is held about a person",
        "email": email,
        "leads": held.requests[:LISTED] if held else [],
        "found": people.held_of(held) if held else [],
        "ahead": erasing.talks_ahead(held.keys) if held else [],
        "asks": asks,
        "may_erase": user.has_perm("leads.delete_lead"),
        "latest": _latest(),
    }
    return TemplateResponse(request, "admin/leads/person/person.html", context, status=status)


def _file(email: str) -> HttpResponse:
    # The name of the file says nothing of the person: downloads lie about for long.
    name = f"person-{timezone.localdate():%Y-%m-%d}.zip"
    response = HttpResponse(people.archive(email), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _erased(request: HttpRequest, email: str, user: User) -> HttpResponse:
    if not user.has_perm("leads.delete_lead"):
        raise PermissionDenied
    try:
        number = erasing.erase_address(email, by=user)
    except erasing.TalkAhead:
        return _page(request, email, user, status=409)
    requests = "1 request" if number == 1 else f"{number} requests"
    messages.success(request, f"Erased: {requests}, with all that was held of the person.")
    return redirect("lead_desk:person")


def _latest() -> QuerySet[LogEntry]:
    of_leads = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Lead))
    erasures = of_leads.filter(action_flag=DELETION, object_id=None)
    return erasures.select_related("user").order_by("-action_time")[:LATEST]
