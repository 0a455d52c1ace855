from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads.admin.lead_bookings import LeadBookings
from leads.models import Lead
from leads.requesting import accept


@admin.register(Lead)
class LeadAdmin(LeadBookings):
    """Requests as they came in; what a visitor wrote is never rewritten."""

    list_display = ["name", "state_in_words", "created_at", "entry", "email"]
    list_filter = ["state", "offer", "created_at"]
    list_select_related = ["entry"]
    list_per_page = 50
    search_fields = ["name", "email", "company", "message", "phone"]
    date_hierarchy = "created_at"
    autocomplete_fields = ["entry"]
    actions = ["accept_selected"]
    fieldsets = [
        (None, {"fields": ["state", "name", "email", "phone", "company"]}),
        ("What they asked", {"fields": ["message", "preferred_time"]}),
        ("Where they came from", {"fields": ["entry", "source_path", "offer", "created_at"]}),
        ("What they agreed to", {"fields": ["consent_text", "consent_at"]}),
    ]

    @admin.display(description="state", ordering="state")
    def state_in_words(self, lead: Lead) -> SafeString:
        words = lead.get_state_display()
        return format_html('<span class="state {}">{}</span>', lead.state, words)

    def get_readonly_fields(self, request: HttpRequest, obj: Lead | None = None) -> list[str]:
        if obj is None:
            return []
        shown = [name for _, options in self.fieldsets for name in options["fields"]]
        return [str(name) for name in shown if name != "state"]

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        """Out of the suspects means: the mails that were held back are sent.

        Not so for a lead that is lost at once: nobody wants to hear from us then.
        """
        was_suspect = change and form.initial.get("state") == Lead.State.SPAM
        if was_suspect and obj.state not in (Lead.State.SPAM, Lead.State.LOST):
            accept(obj)
        if not change:
            super().save_model(request, obj, form, change)
            return
        # Not the whole row, which may have been answered anew, or erased, since it was read.
        Lead.objects.filter(pk=obj.pk).update(state=obj.state)

    @admin.action(description="Not spam: take up and confirm", permissions=["change"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        suspects = list(queryset.filter(state=Lead.State.SPAM))
        for lead in suspects:
            accept(lead)
        messages.success(request, f"Taken up: {len(suspects)}. Their mails go out now.")
