"""The desk's pages for what readers say."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from glossary.models import Feedback, Suggestion


class WithSentenceFilter(admin.SimpleListFilter):
    title = "sentence"
    parameter_name = "sentence"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "With a sentence")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.exclude(sentence="") if self.value() else queryset


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    """Readers' answers to “Was this helpful?”; they are read and deleted, never written."""

    list_display = ["entry", "is_helpful", "sentence", "created_at"]
    list_filter = ["is_helpful", WithSentenceFilter, "created_at"]
    list_select_related = ["entry"]
    search_fields = ["entry__term", "sentence"]
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Suggestion)
class SuggestionAdmin(admin.ModelAdmin):
    """Terms that readers miss, those that most of them miss first."""

    list_display = ["term", "times", "note", "language", "created_at", "is_done"]
    list_filter = ["is_done", "language"]
    search_fields = ["term", "note"]
    actions = ["deal_with"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return ["term", "note", "times", "language", "created_at"]

    @admin.action(description="Mark as dealt with", permissions=["change"])
    def deal_with(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> None:
        count = queryset.update(is_done=True)
        messages.success(request, f"Dealt with: {count}.")
