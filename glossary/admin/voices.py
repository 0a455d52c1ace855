"""The desk's pages for what readers say."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from glossary.models import Asker, Feedback, Suggestion


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

    list_display = ["term", "times", "waiting", "note", "language", "last_at", "is_done"]
    list_filter = ["is_done", "language"]
    search_fields = ["term", "note"]
    actions = ["deal_with"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return ["term", "note", "times", "language", "created_at", "last_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Suggestion]:
        return super().get_queryset(request).annotate(waiting=Count("askers"))

    @admin.display(description="want to be told", ordering="waiting")
    def waiting(self, suggestion: Any) -> int:
        return suggestion.waiting

    @admin.action(description="Mark as dealt with", permissions=["change"])
    def deal_with(self, request: HttpRequest, queryset: QuerySet[Suggestion]) -> None:
        count = queryset.update(is_done=True)
        messages.success(request, f"Dealt with: {count}.")


@admin.register(Asker)
class AskerAdmin(admin.ModelAdmin):
    """Addresses of readers who wait for a term; found and deleted when somebody asks for it."""

    list_display = ["email", "suggestion", "language", "created_at"]
    list_filter = ["language"]
    list_select_related = ["suggestion"]
    search_fields = ["email", "suggestion__term"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
