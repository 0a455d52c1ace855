"""The desk's pages for searches: what is searched for, and what stands first then."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.alphabet import fold
from glossary.models import PinnedResult, SearchedPhrase


class PinnedResultForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Refuse the same pin in other letters: the key that is unique is not in the form."""
        given = super().clean() or self.cleaned_data
        key = fold(given.get("phrase", ""))[:200]
        same = PinnedResult.objects.filter(phrase_key=key, entry=given.get("entry"))
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError("This entry is already pinned to this phrase.")
        return given


@admin.register(PinnedResult)
class PinnedResultAdmin(admin.ModelAdmin):
    """Entries that stand first when somebody searches for a phrase."""

    form = PinnedResultForm
    list_display = ["phrase", "entry", "position", "state"]
    list_select_related = ["entry"]
    search_fields = ["phrase", "entry__term"]
    autocomplete_fields = ["entry"]

    @admin.display(description="state")
    def state(self, pin: PinnedResult) -> str:
        return "Shown" if pin.entry.is_public() else "Hidden: the entry is not public"


class FoundFilter(admin.SimpleListFilter):
    title = "results"
    parameter_name = "found"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", "Nothing was found"), ("yes", "Something was found")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "no":
            return queryset.filter(results=0)
        return queryset.filter(results__gt=0) if self.value() == "yes" else queryset


@admin.register(SearchedPhrase)
class SearchedPhraseAdmin(admin.ModelAdmin):
    """What visitors search for, by day; counted by the site, never written."""

    list_display = ["phrase", "times", "results", "day", "language"]
    list_filter = [FoundFilter, "day", "language"]
    search_fields = ["phrase"]
    date_hierarchy = "day"
    change_list_template = "admin/glossary/searchedphrase/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with how many searches its rows stand for."""
        answer = super().changelist_view(request, extra_context)
        data = answer.context_data if isinstance(answer, TemplateResponse) else None
        if data and "cl" in data:
            data["total"] = data["cl"].queryset.aggregate(total=Sum("times"))["total"] or 0
        return answer
