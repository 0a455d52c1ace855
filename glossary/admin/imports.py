"""The desk's pages for imports: upload, see what would happen, do it, read what happened."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from glossary.importing import Report, running
from glossary.importing.opening import kind_of
from glossary.importing.report import KINDS
from glossary.importing.sources import BrokenSource
from glossary.models import ImportRun

MOST_BYTES = 500 * 1024 * 1024
SHOWN = 100
"""Lines of each list that the page shows; the report to download has them all."""
TITLES = {
    "created": ("Would be created", "Created"),
    "updated": ("Would be updated", "Updated"),
    "unchanged": ("Already as they are there", "Already as they were there"),
    "skipped": ("Would be left out", "Left out"),
    "published": ("Would become public", "Made public"),
    "warnings": ("Would be different here", "Different here"),
}


class ImportForm(forms.Form):
    """What an import needs to know before it looks into the file."""

    file = forms.FileField(
        help_text="A WordPress export (XML, or a ZIP of it with its uploads folder), a ZIP of "
        "Markdown files, or a table (CSV or XLSX). At most 500 MB. Nothing is imported yet: "
        "first you see what would happen."
    )
    types = forms.CharField(
        label="Kinds of WordPress posts",
        required=False,
        max_length=200,
        help_text="Such as glossary, page. Empty: those of a glossary if there are any, "
        "else posts and pages.",
    )
    publishes = forms.BooleanField(
        label="Publish",
        required=False,
        help_text="What is public there becomes public here, with its date. Drafts, private and "
        "protected texts stay drafts in any case.",
    )
    overwrites = forms.BooleanField(
        label="Overwrite what was changed here",
        required=False,
        help_text="Entries that somebody changed since their import are taken back to what the "
        "file says. Their versions stay in the history.",
    )
    downloads = forms.BooleanField(
        label="Fetch pictures from the former site",
        required=False,
        help_text="Otherwise pictures that did not come along stay there, and the text links "
        "to them.",
    )

    def __init__(self, *args: Any, may_publish: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_publish:
            # Overwriting a published entry shows the change to readers at once.
            for name in ("publishes", "overwrites"):
                del self.fields[name]

    def clean_file(self) -> UploadedFile:
        upload = self.cleaned_data["file"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(
                "This file is larger than 500 MB. Use the command import_entries for it."
            )
        try:
            kind_of(upload)
        except BrokenSource as error:
            raise forms.ValidationError(f"This file cannot be imported: {error}.") from error
        return upload


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    """Imports, the newest first."""

    list_display = ["name", "format", "what_it_is", "counts", "created_by", "created_at"]
    list_filter = ["state", "format"]
    list_select_related = ["created_by"]
    search_fields = ["name"]

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            return path(address, self.admin_site.admin_view(view), name=name)

        return [
            page("<int:pk>/progress/", self.progress, "glossary_importrun_progress"),
            page("<int:pk>/start/", self.carry_out, "glossary_importrun_start"),
            page("<int:pk>/continue/", self.resume, "glossary_importrun_continue"),
            page("<int:pk>/report/", self.report, "glossary_importrun_report"),
            *super().get_urls(),
        ]

    # Permissions ----------------------------------------------------------------------

    def may_import(self, request: HttpRequest) -> bool:
        return request.user.has_perm("glossary.import_entry")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may_import(request)

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self.may_import(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_import(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def run_of(self, request: HttpRequest, pk: int) -> ImportRun:
        """The run; Http404 for none, PermissionDenied for those who may not import."""
        if not self.may_import(request):
            raise PermissionDenied
        return get_object_or_404(ImportRun.objects.select_related("created_by"), pk=pk)

    # The list -------------------------------------------------------------------------

    @admin.display(description="state", ordering="state")
    def what_it_is(self, run: ImportRun) -> SafeString:
        names = {"done": "published", "failed": "withdrawn"}
        name = "scheduled" if run.is_trial else names.get(run.state, "scheduled")
        words = f"Trial: {run.get_state_display().lower()}" if run.is_trial else None
        return format_html(
            '<span class="state {}">{}</span>', name, words or run.get_state_display()
        )

    @admin.display(description="entries")
    def counts(self, run: ImportRun) -> str:
        if run.state != ImportRun.State.DONE:
            return f"{run.done} of {run.total}" if run.total else "–"
        report = Report.from_json(run.report)
        return f"{len(report.created)} new, {len(report.updated)} updated"

    # The pages ------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.may_import(request):
            raise PermissionDenied
        may_publish = request.user.has_perm("glossary.publish_entry")
        form = ImportForm(
            request.POST or None, request.FILES or None, may_publish=may_publish, label_suffix=""
        )
        if request.method == "POST" and form.is_valid():
            options = {name: form.cleaned_data[name] for name in form.fields if name != "file"}
            run = running.start(
                form.cleaned_data["file"], by=cast("User", request.user), **options
            )
            return redirect("admin:glossary_importrun_change", run.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Import entries",
            "form": form,
            "opts": self.opts,
        }
        return render(request, "admin/glossary/importrun/add_form.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        run = self.run_of(request, int(object_id[:19]) if object_id.isdecimal() else 0)
        report = Report.from_json(run.report)
        context = {
            **self.admin_site.each_context(request),
            "title": run.name,
            "opts": self.opts,
            "run": run,
            "is_under_way": run.state in running.UNDER_WAY,
            "may_do": run.is_trial and run.state == "done" and bool(run.file),
            "may_resume": run.state != "done" and bool(run.file),
            "error": run.report.get("error", ""),
            "sections": _sections(report, is_trial=run.is_trial),
            "differences": report.differences,
            "has_converted": any(there for _, there, _ in report.differences),
            "to_store": len(report.created) + len(report.updated),
        }
        return render(request, "admin/glossary/importrun/detail.html", context)

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.run_of(request, pk)
        response = JsonResponse(
            {
                "state": run.state,
                "done": run.done,
                "total": run.total,
                "words": _progress(run),
            }
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def carry_out(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self.act(request, pk, running.carry_out, "This import was started before.")

    def resume(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return self.act(request, pk, running.resume, "This import has nothing left to do.")

    def act(self, request: HttpRequest, pk: int, act: Any, otherwise: str) -> HttpResponseBase:
        @require_POST
        def answer(request: HttpRequest) -> HttpResponse:
            run = self.run_of(request, pk)
            is_more = run.publishes or run.overwrites
            if is_more and not request.user.has_perm("glossary.publish_entry"):
                raise PermissionDenied
            if not act(run):
                messages.info(request, otherwise)
            return redirect("admin:glossary_importrun_change", pk)

        return answer(request)

    def report(self, request: HttpRequest, pk: int) -> HttpResponse:
        """All lines as a text to keep."""
        run = self.run_of(request, pk)
        report = Report.from_json(run.report)
        lines = [f"{run.name}: {report.summary}"]
        lines += [f"{kind}\t{line}" for kind in KINDS for line in getattr(report, kind)]
        response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
        response.headers["Content-Disposition"] = f'attachment; filename="import-{pk}.txt"'
        response.headers["Cache-Control"] = "no-store"
        return response


def _progress(run: ImportRun) -> str:
    if run.state == ImportRun.State.WAITING:
        return "Waiting for the worker."
    return f"{run.done:,} of {run.total:,} steps" if run.total else "Reading the file."


def _sections(report: Report, *, is_trial: bool) -> list[dict[str, Any]]:
    """What the page lists: title, count, the first lines with their entries' addresses."""
    return [
        {
            "name": kind,
            "title": TITLES[kind][0 if is_trial else 1],
            "count": len(lines),
            "lines": [(line, _address(report, line)) for line in lines[:SHOWN]],
            "more": max(0, len(lines) - SHOWN),
        }
        for kind in KINDS
        if (lines := getattr(report, kind))
    ]


def _address(report: Report, line: str) -> str:
    pk = report.entries.get(line)
    return reverse("admin:glossary_entry_change", args=[pk]) if pk else ""
