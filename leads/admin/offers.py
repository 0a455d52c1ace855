from django import forms
from django.contrib import admin

from config.editor import MarkdownEditor
from config.slugs import AddressForm
from leads.models import Offer


class OfferForm(AddressForm):
    class Meta:
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3}),
            "search_phrases": forms.Textarea(attrs={"rows": 3}),
            "description": MarkdownEditor(attrs={"rows": 10}),
        }


@admin.register(Offer)
class OfferAdmin(admin.ModelAdmin):
    form = OfferForm
    list_display = ["name", "heading", "is_default", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["host"]
    search_fields = ["name", "heading", "text"]
    autocomplete_fields = ["host"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_default", "is_active"]}),
        ("Call to action on pages", {"fields": ["heading", "text", "button", "host"]}),
        ("In searches", {"fields": ["search_phrases"]}),
        ("Beside the form", {"fields": ["description"]}),
    ]

    def view_on_site(self, offer: Offer) -> str | None:
        return offer.get_absolute_url() if offer.is_active else None
