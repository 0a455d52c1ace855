from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config import images, outbox, site, staff_admin
from config.editor import MarkdownEditor
from config.models import OutboxMessage, Picture, SiteSettings, WebhookEndpoint
from config.outbox_admin import OutboxMessageAdmin
from config.picture_admin import PictureAdmin
from config.webhook_admin import WebhookAdmin

admin.site.site_title = "Headword"
admin.site.index_title = "Desk"
# What Django shows where a value is missing says nothing to an editor.
admin.site.empty_value_display = "–"

admin.site.register(OutboxMessage, OutboxMessageAdmin)
admin.site.register(Picture, PictureAdmin)
admin.site.register(WebhookEndpoint, WebhookAdmin)
staff_admin.register()


class SiteSettingsForm(forms.ModelForm):
    class Meta:
        widgets = {
            "home_body": MarkdownEditor(attrs={"rows": 12}),
            "footer": MarkdownEditor(attrs={"rows": 4}),
            "privacy_text": MarkdownEditor(attrs={"rows": 12}),
            "accent_colour": forms.TextInput(attrs={"type": "color"}),
            "address": forms.Textarea(attrs={"rows": 3}),
            "lead_recipients": forms.Textarea(attrs={"rows": 3}),
            "home_intro": forms.Textarea(attrs={"rows": 3}),
            "consent_text": forms.Textarea(attrs={"rows": 3}),
            "marketing_text": forms.Textarea(attrs={"rows": 3}),
        }

    def clean_logo(self) -> Any:
        return images.cleaned(self.cleaned_data["logo"], longest_edge=images.LOGO_EDGE)


@admin.register(SiteSettings)
class SiteSettingsAdmin(admin.ModelAdmin):
    """One row: the list leads straight to it."""

    form = SiteSettingsForm
    fieldsets = [
        ("Identity", {"fields": ["name", "tagline", "logo", "accent_colour"]}),
        ("Language and time", {"fields": ["language", "time_zone", "title_pattern"]}),
        ("Home page", {"fields": ["home_heading", "home_intro", "home_body"]}),
        (
            "Organisation",
            {
                "fields": [
                    "organisation_name",
                    "contact_email",
                    "contact_phone",
                    "address",
                    "footer",
                ]
            },
        ),
        (
            "Editing",
            {
                "fields": [
                    "requires_review",
                    "accepts_shared_approval",
                    "review_months",
                    "shows_overdue",
                ]
            },
        ),
        ("Requests", {"fields": ["lead_recipients", "answer_hours", "currency"]}),
        ("Privacy", {"fields": ["consent_text", "marketing_text", "privacy_text"]}),
        ("Search engines and AI", {"fields": ["ai_access", "robots_rules", "indexnow_key"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SiteSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if SiteSettings.objects.exists():
            return redirect("admin:config_sitesettings_change", 1)
        return redirect("admin:config_sitesettings_add")

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        obj.pk = 1
        obj.save()
        if "language" in form.changed_data:
            # The language without prefix is another one: every stored link has changed.
            outbox.enqueue("config.language_changed")
        if "review_months" in form.changed_data:
            outbox.enqueue("config.review_interval_changed")
        site.renew()
