"""Downloads of the content: made while they are sent, however much there is."""

from collections.abc import Callable, Iterator

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from glossary import permissions
from glossary.exchange import archives, going, tables, zips
from glossary.models import Entry


def _markdown() -> Iterator[bytes]:
    return zips.stream((path, text.encode()) for path, text in going.files(going.all_entries()))


def _table() -> Iterator[bytes]:
    # The mark tells spreadsheets that this is UTF-8; readers of ours pass over it.
    yield b"\xef\xbb\xbf"
    for line in tables.lines(going.all_entries()):
        yield line.encode()


def _site() -> Iterator[bytes]:
    return zips.stream(archives.files())


KINDS: dict[str, tuple[Callable[[], Iterator[bytes]], str, str]] = {
    "markdown": (_markdown, "entries-{}.zip", "application/zip"),
    "csv": (_table, "entries-{}.csv", "text/csv; charset=utf-8"),
    "site": (_site, "site-{}.zip", "application/zip"),
}
"""What makes each download, its name and its type."""


@require_safe
def export_page(request: HttpRequest) -> HttpResponse:
    """What can be downloaded, and what each is good for."""
    _require(request)
    context = {
        **admin.site.each_context(request),
        "opts": Entry._meta,
        "title": "Export",
        "entry_count": Entry.objects.count(),
        "draft_count": Entry.objects.exclude(draft=None).exclude(state="draft").count(),
    }
    return TemplateResponse(request, "admin/glossary/bulk/export.html", context)


@require_POST
def export(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """One download, streamed. By POST: no link on another site can start the work."""
    _require(request)
    if kind not in KINDS:
        raise Http404(kind)
    make, name, content_type = KINDS[kind]
    response = StreamingHttpResponse(make(), content_type=content_type)
    day = timezone.localdate().isoformat()
    response.headers["Content-Disposition"] = f'attachment; filename="{name.format(day)}"'
    if content_type == "application/zip":
        # It is compressed; to do so again would only cost time.
        response.headers["Content-Encoding"] = "identity"
    return response


def _require(request: HttpRequest) -> None:
    if not permissions.may(request.user, "export"):
        raise PermissionDenied
