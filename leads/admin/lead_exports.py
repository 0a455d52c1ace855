"""The list of leads as it is shown, as a file: made while it is sent, or on the disk first."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from config import spreadsheets
from config.staff_admin import member_of_staff
from leads import exporting
from leads.models import Lead

LIST = "admin:leads_lead_changelist"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OF_THE_PAGE = ("p", "all", "e")
"""Parts of the list's address that choose no rows."""


def _csv(leads: QuerySet[Lead]) -> HttpResponseBase:
    lines = spreadsheets.csv_lines(exporting.rows(leads))
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _xlsx(leads: QuerySet[Lead]) -> HttpResponseBase:
    file = spreadsheets.xlsx(exporting.rows(leads), title="Leads")
    # It is compressed; to do so again would only cost time.
    return FileResponse(file, content_type=XLSX, headers={"Content-Encoding": "identity"})


KINDS: dict[str, Callable[[QuerySet[Lead]], HttpResponseBase]] = {"csv": _csv, "xlsx": _xlsx}


@require_safe
def export_page(request: HttpRequest) -> HttpResponse:
    """How many leads the list holds, and as what they can be had."""
    shown = _list(request)
    if shown is None:
        return redirect(LIST)
    count = shown.queryset.count()
    context = {
        **admin.site.each_context(request),
        "opts": Lead._meta,
        "title": "Export leads",
        "count": count,
        "is_narrowed": count < Lead.objects.count(),
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "admin/leads/lead/export.html", context)


@require_POST
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The leads of the list as a file. By POST: no link on another site can start the work."""
    shown = _list(request)
    if kind not in KINDS:
        raise Http404(kind)
    if shown is None:
        return redirect(LIST)
    # All of them, of which the list's own pages show the first ones only.
    _log(request, f"Exported {shown.queryset.count()} leads as {kind.upper()}.")
    response = KINDS[kind](shown.queryset)
    day = timezone.localdate().isoformat()
    response.headers["Content-Disposition"] = f'attachment; filename="leads-{day}.{kind}"'
    return response


def _list(request: HttpRequest) -> ChangeList | None:
    """The list with the search, filters and order of its address; None for one that is no list.

    Raises PermissionDenied.
    """
    desk = admin.site.get_model_admin(Lead)
    if not desk.has_view_permission(request):
        raise PermissionDenied
    asked: Any = request.GET.copy()
    for name in _OF_THE_PAGE:
        asked.pop(name, None)
    request.GET = asked
    try:
        return desk.get_changelist_instance(request)
    except IncorrectLookupParameters:
        return None


def _log(request: HttpRequest, words: str) -> None:
    """Who took how much, and when; not what they searched for, which can be a name."""
    LogEntry.objects.create(
        user=member_of_staff(request),
        content_type=ContentType.objects.get_for_model(Lead),
        object_repr="Leads",
        action_flag=CHANGE,
        change_message=words,
    )
