"""The desk's pages about the health of the glossary: an overview, a list for each report."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from authors.models import Author
from config import site, spreadsheets
from glossary.health_reports import KEPT, REPORTS, Report
from glossary.health_rows import ANSWERS, STATES, Filters, Row
from glossary.models import Topic

PER_PAGE = 50
_BY_NAME = {report.name: report for report in REPORTS}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """All reports with their numbers."""
    _require_permission(request)
    counts = [(report, *report.count(Filters())) for report in REPORTS]
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "counts": counts,
        "counted_at": min((at for *_, at in counts if at), default=None),
        "minutes": int(KEPT.total_seconds() // 60),
    }
    return render(request, "admin/glossary/health/overview.html", context)


@require_safe
def report_detail(request: HttpRequest, name: str) -> HttpResponse:
    """A page of a report's rows, for the chosen entries."""
    _require_permission(request)
    report = _report(name)
    filters = _filters(report, request)
    count, counted_at = report.count(filters)
    paginator = Paginator(report.find(filters), PER_PAGE)
    # Counted once, and not again while the number is kept.
    paginator.__dict__["count"] = count
    try:
        page = paginator.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404(str(error)) from error
    chosen = {name: value for name, value in vars(filters).items() if value}
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "rows": [
            list(zip(report.columns, row, strict=True))
            for row in report.show(list(page.object_list), filters)
        ],
        "page": page,
        "count": count,
        "counted_at": counted_at,
        "minutes": int(KEPT.total_seconds() // 60),
        "choices": list(_choices(report, filters)),
        "is_filtered": bool(chosen),
        "query": urlencode(chosen),
    }
    return render(request, "admin/glossary/health/report.html", context)


@require_safe
def download(request: HttpRequest, name: str) -> HttpResponseBase:
    """All rows of a report as CSV, read and sent piece by piece."""
    _require_permission(request)
    report = _report(name)
    filters = _filters(report, request)
    lines = spreadsheets.csv_lines(_cells(report, filters))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{report.name}.csv"'
    return response


def _require_permission(request: HttpRequest) -> None:
    if not request.user.has_perm("glossary.view_entry"):
        raise PermissionDenied


def _report(name: str) -> Report:
    if name not in _BY_NAME:
        raise Http404
    return _BY_NAME[name]


def _filters(report: Report, request: HttpRequest) -> Filters:
    return Filters.of({name: request.GET.get(name, "") for name in report.filters})


def _choices(
    report: Report, filters: Filters
) -> Iterator[tuple[str, str, list[tuple[Any, str]], Any]]:
    """(name, label, options, chosen) of each filter of `report`; two queries at most."""
    everything = [("", "All")]
    options: dict[str, tuple[str, Any]] = {
        "language": ("Language", lambda: everything + list(settings.LANGUAGES)),
        "topic": ("Topic", lambda: everything + list(Topic.objects.values_list("pk", "name"))),
        "author": ("Author", lambda: everything + list(Author.objects.values_list("pk", "name"))),
        "state": ("State", lambda: list(STATES.items())),
        "answer": ("Answer", lambda: list(ANSWERS.items())),
    }
    for name in report.filters:
        label, make = options[name]
        yield name, label, make(), getattr(filters, name) or ""


# Downloads ----------------------------------------------------------------------------------


def _cells(report: Report, filters: Filters) -> Iterator[list[str]]:
    """The lines of the file: each row, and where the desk's form of its entry is."""
    yield [*report.columns, "Form"]
    for row in report.rows(filters):
        yield [*("; ".join(part.text for part in cell) for cell in row), _form_of(row)]


def _form_of(row: Row) -> str:
    keys = [part.entry for cell in row for part in cell if part.entry]
    if not keys:
        return ""
    return site.absolute(reverse("admin:glossary_entry_change", args=[keys[0]]))


urlpatterns = [
    path("", admin.site.admin_view(overview), name="health"),
    path("<slug:name>/", admin.site.admin_view(report_detail), name="health_report"),
    path("<slug:name>.csv", admin.site.admin_view(download), name="health_csv"),
]
