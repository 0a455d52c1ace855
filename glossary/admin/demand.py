"""The desk's page for what readers miss: ranked, with the reasons, and one click to a draft."""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from glossary import demand as demands
from glossary import evidence
from glossary.models import Demand, DemandQuerySet

PLACES = {
    "searches": "Searches without results",
    "suggested": "Suggestions of readers",
    "wanted": "Links to [[missing]] terms",
    "missed": "Addresses that lead nowhere",
    "used_in": "Words used and not explained",
}


class PlaceFilter(admin.SimpleListFilter):
    title = "source"
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(PLACES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        place = self.value()
        return queryset.filter(**{f"{place}__gt": 0}) if place in PLACES else queryset


class StateFilter(admin.SimpleListFilter):
    """Without a choice, what waits: neither refused nor to be read by now."""

    title = "state"
    parameter_name = "state"
    conditions = {
        "open": Q(is_dismissed=False, is_answered=False, work=None),
        "work": Q(is_dismissed=False, is_answered=False, work__isnull=False),
        "dismissed": Q(is_dismissed=True),
        "answered": Q(is_answered=True),
        "all": Q(),
    }

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("open", "Open"),
            ("work", "In work"),
            ("dismissed", "Not for us"),
            ("answered", "Published"),
            ("all", "All"),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Open or in work"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        waits = Q(is_dismissed=False, is_answered=False)
        return queryset.filter(self.conditions.get(self.value() or "", waits))


COLUMNS = {
    "searched": ("searches", "searches"),
    "suggested_by": ("suggested", "suggestions"),
    "linked": ("wanted", "links"),
    "tried": ("missed", "addresses"),
    "used": ("used_in", "texts"),
}
"""The columns of the places: the field that each counts, and its heading."""


def _counting(field: str, heading: str) -> Callable[[Any, Demand], object]:
    @admin.display(description=heading, ordering=field)
    def count(self: Any, demand: Demand) -> object:
        return getattr(demand, field) or "–"

    return count


@admin.register(Demand)
class DemandAdmin(admin.ModelAdmin):
    """What is asked for, what most ask for first; gathered by the site, never written."""

    list_display = ["term", "state_in_words", "score", *COLUMNS, "language"]
    list_filter = [PlaceFilter, StateFilter, "language"]
    list_per_page = 50
    search_fields = ["term", "term_key"]
    ordering = ["-score", "term_key", "pk"]
    actions = ["dismiss", "ask_again"]
    fields = ["state_in_words", "asked_for", "language"]
    readonly_fields = ["state_in_words", "asked_for", "language"]
    change_form_template = "admin/glossary/demand/change_form.html"
    change_list_template = "admin/glossary/demand/change_list.html"

    searched, suggested_by, linked, tried, used = (
        _counting(*column) for column in COLUMNS.values()
    )

    # What is shown --------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> DemandQuerySet:
        return Demand.objects.with_work()

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        may_open = self.may_write(request) or request.user.has_perm("glossary.view_entry")
        term, *others = self.list_display
        return [term, "next_step", *others] if may_open else [term, *others]

    @admin.display(description="state")
    def state_in_words(self, demand: Any) -> SafeString:
        name, words = "scheduled", "Open"
        if demand.is_answered:
            name, words = "published", "Published"
        elif demand.is_dismissed:
            name, words = "withdrawn", "Not for us"
        elif demand.work:
            name, words = "draft", "In work"
        return format_html('<span class="state {}">{}</span>', name, words)

    @admin.display(description="asked for")
    def asked_for(self, demand: Demand) -> str:
        return demands.in_words(demand) if demands.counts_in_words(demand) else "no longer"

    @admin.display(description="next step")
    def next_step(self, demand: Any) -> SafeString:
        """A button of the list's own form, so that beginning a draft is one click, and a POST."""
        if demand.work:
            url = reverse("admin:glossary_entry_change", args=[demand.work])
            return format_html('<a href="{}">Open the entry</a>', url)
        url = reverse("admin:glossary_demand_write", args=[demand.pk])
        return format_html(
            '<button type="submit" class="button" formaction="{}" aria-label="Write it: {}">'
            "Write it</button>",
            url,
            demand.term,
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": "What readers miss", **(extra_context or {})}
        return super().changelist_view(request, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The reasons below the fields; there is nothing to save."""
        context = {"title": "What is behind it", "may_write": self.may_write(request)}
        if object_id and self.has_view_permission(request):
            found = self.get_object(request, object_id)
            context["evidence"] = evidence.of(found) if found else None
        return super().changeform_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    # Permissions ----------------------------------------------------------------------

    def may_write(self, request: HttpRequest) -> bool:
        return request.user.has_perm("glossary.add_entry")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """It would be gathered again: “Not for us” is what stays."""
        return False

    # Acts -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        write = self.admin_site.admin_view(self.write)
        return [
            path("<int:pk>/write/", write, name="glossary_demand_write"),
            *super().get_urls(),
        ]

    def write(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Begin the entry, or find the one there is, and open its form."""
        if not (self.has_view_permission(request) and self.may_write(request)):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        now = timezone.now()
        by = request.user if isinstance(request.user, User) else None
        entry = demands.draft_for(get_object_or_404(Demand, pk=pk), by=by, now=now)
        if entry.created_at == now:
            words = "A draft with an outline. Its history says why it was begun."
        else:
            words = "There is an entry about this already; nothing was doubled."
        messages.info(request, words)
        return redirect("admin:glossary_entry_change", entry.pk)

    @admin.action(description="Not for us", permissions=["change"])
    def dismiss(self, request: HttpRequest, queryset: DemandQuerySet) -> None:
        count, addresses = demands.dismiss(queryset)
        words = f"Not for us: {count}. However often it is asked for, it stays out of the queue."
        if addresses:
            words += f" Deleted addresses of readers who waited: {addresses}."
        messages.success(request, words)

    @admin.action(description="Ask again", permissions=["change"])
    def ask_again(self, request: HttpRequest, queryset: DemandQuerySet) -> None:
        messages.success(request, f"Back in the queue: {demands.ask_again(queryset)}.")
