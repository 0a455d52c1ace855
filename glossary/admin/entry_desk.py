"""The pages and answers beside an entry's form: versions, comparison, autosave, who is here."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.forms.formsets import all_valid
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.views.decorators.http import require_POST

from glossary import permissions, presence, publishing, revisions
from glossary.admin.entry_form import refusal_of
from glossary.admin.entry_panel import differences, mark_of
from glossary.models import Entry, Revision

EVENTS = 100
"""The newest lines of an entry's history that its page shows."""
VERSIONS_PER_PAGE = 100


class EntryDesk(admin.ModelAdmin):
    """What the form's page asks for while somebody writes, and where its links lead."""

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Any]] = {
            "versions": ("<int:pk>/versions/", self.versions_view),
            "compare": ("<int:pk>/compare/", self.compare_view),
            "restore": ("<int:pk>/versions/<int:number>/restore/", self.restore_view),
            "autosave": ("<int:pk>/autosave/", self.autosave_view),
            "here": ("<int:pk>/here/", self.here_view),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"glossary_entry_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    # Versions -------------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own list of saves says less than ours."""
        if not (object_id.isascii() and object_id.isdigit()):
            raise Http404(object_id)
        return redirect("admin:glossary_entry_versions", object_id)

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self.entry_for(request, pk)
        versions = Paginator(entry.revisions.defer("snapshot"), VERSIONS_PER_PAGE)
        context = {
            **self.page_context(request, entry, "Versions"),
            "versions": versions.get_page(request.GET.get("page")),
            "events": entry.events.select_related("revision")[:EVENTS],
            "may_restore": permissions.may(request.user, "restore"),
        }
        return TemplateResponse(request, "admin/glossary/entry/versions.html", context)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Two versions beside each other; without ?old= and ?new=, the live and the newest one."""
        entry = self.entry_for(request, pk)
        new = _version(entry, request.GET.get("new"), entry.draft or entry.revisions.first())
        old = _version(entry, request.GET.get("old"), _before(entry, new))
        snapshots = [each.snapshot if each else {} for each in (old, new)]
        context = {
            **self.page_context(request, entry, "Compare versions"),
            "old": old,
            "new": new,
            "is_inline": request.GET.get("view") == "inline",
            "differences": differences(*snapshots),
            "may_restore": permissions.may(request.user, "restore"),
        }
        return TemplateResponse(request, "admin/glossary/entry/compare.html", context)

    def restore_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        return require_POST(self._restore)(request, pk, number)

    def _restore(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        entry = self.entry_for(request, pk)
        revision = get_object_or_404(entry.revisions, number=number)
        try:
            publishing.restore(entry, revision, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join([*error.messages, "Nothing was restored."]))
        else:
            messages.success(
                request, f"Version {number} is the newest draft again. No other version is lost."
            )
        return redirect("admin:glossary_entry_change", entry.pk)

    # While somebody writes ------------------------------------------------------------

    def autosave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep what the form says by itself; answer what became of it, as JSON."""
        return require_POST(self._autosave)(request, pk)

    def _autosave(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self.entry_for(request, pk)
        permissions.require(request.user, "save_draft", entry)
        if entry.draft:
            revisions.show_in(entry, entry.draft.snapshot)
        form: Any = self.get_form(request, entry, change=True)(request.POST, instance=entry)
        # Django's own way from the inlines to their formsets has no public name.
        make_formsets: Any = getattr(self, "_create_formsets")  # noqa: B009
        formsets, _ = make_formsets(request, form.instance, change=True)
        if not all_valid(formsets) or not form.is_valid():
            conflict = form.conflict
            if conflict:
                said = form.non_field_errors()[0]
                return JsonResponse({"conflict": str(said)}, status=409)
            return JsonResponse({"kept": "", "errors": sorted(form.errors)})
        snapshot, base = form.snapshot(formsets), request.POST.get("base", "")
        stored = Entry.objects.get(pk=pk)
        try:
            publishing.save_draft(stored, snapshot, by=request.user, base=base, is_autosave=True)
        except publishing.NewerDraft as newer:
            return JsonResponse({"conflict": refusal_of(newer.newest)}, status=409)
        presence.note(stored, user=request.user)
        kept = formats.date_format(timezone.localtime(), "H:i")
        return JsonResponse({"kept": kept, "base": mark_of(stored)})

    def here_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a heartbeat; answer who else is here and which version is the newest."""
        return require_POST(self._here)(request, pk)

    def _here(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = self.entry_for(request, pk)
        permissions.require(request.user, "save_draft", entry)
        if request.POST.get("leaving"):
            presence.leave(entry, user=request.user)
        else:
            presence.note(entry, user=request.user)
        others = [
            {
                "name": other.user.get_full_name() or other.user.get_username(),
                "since": formats.date_format(timezone.localtime(other.since), "H:i"),
            }
            for other in presence.others(entry, user=request.user)
        ]
        return JsonResponse({"others": others, "base": mark_of(entry)})

    # Parts ----------------------------------------------------------------------------

    def entry_for(self, request: HttpRequest, pk: int) -> Entry:
        """The entry, for those who may see it. Raises PermissionDenied and Http404."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = Entry.objects.select_related("draft", "live", "planned")
        return get_object_or_404(found, pk=pk)

    def page_context(self, request: HttpRequest, entry: Entry, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": f"{title}: {entry.term}",
            "subtitle": None,
            "opts": self.opts,
            "entry": entry,
        }


def _version(entry: Entry, said: str | None, default: Revision | None) -> Revision | None:
    """The version with the number `said`. Raises Http404 where there is none."""
    if not said:
        return default
    if not said.isdecimal() or len(said) > 9:
        raise Http404(said)
    return get_object_or_404(entry.revisions, number=int(said))


def _before(entry: Entry, new: Revision | None) -> Revision | None:
    """What a version is compared with by itself: the live one, or the one before it."""
    if new is None or (entry.live_id and entry.live_id != new.pk):
        return entry.live
    return entry.revisions.filter(number__lt=new.number).first()
