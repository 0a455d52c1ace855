from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from authors.models import Author
from config import images
from config.editor import MarkdownEditor
from config.slugs import AddressForm


class AuthorForm(AddressForm):
    class Meta:
        widgets = {
            "biography": MarkdownEditor(attrs={"rows": 6}),
            "profiles": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_portrait(self) -> Any:
        return images.cleaned(self.cleaned_data["portrait"], longest_edge=images.PORTRAIT_EDGE)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("portrait") and not cleaned.get("portrait_alt"):
            self.add_error("portrait_alt", "Say what the portrait shows: not everybody sees it.")
        return cleaned


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):
    form = AuthorForm
    list_display = ["name", "role", "user", "is_visible"]
    list_filter = ["is_visible"]
    list_select_related = ["user"]
    search_fields = ["name", "role", "biography"]
    autocomplete_fields = ["user"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "role", "is_visible"]}),
        ("Portrait", {"fields": ["portrait", "portrait_alt"]}),
        ("About", {"fields": ["biography", "profiles"]}),
        ("Login", {"fields": ["user"]}),
    ]

    def view_on_site(self, author: Author) -> str | None:
        return author.get_absolute_url() if author.is_visible else None

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        """Only those who may manage logins can tie one to a person."""
        return [] if request.user.has_perm("auth.view_user") else ["user"]
