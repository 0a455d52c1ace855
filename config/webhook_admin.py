"""The desk's pages for webhooks: who is told of what, and what became of it."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.models import WebhookDelivery, WebhookEndpoint
from config.webhook_acts import WebhookActs
from config.webhook_forms import EndpointForm, SinceForm

SHOWN = 50
"""Deliveries in the log of a webhook."""


class WebhookAdmin(WebhookActs):
    form = EndpointForm
    list_display = ["name", "state_in_words", "host", "count_of_events", "failed", "last_success"]
    list_filter = ["is_active"]
    search_fields = ["name", "url"]
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["name", "url", "is_active", "events"]}),
        (
            "A header of your own",
            {
                "fields": ["header_name", "header_value"],
                "description": "Optional: what n8n's “Header Auth” compares by itself.",
            },
        ),
    ]

    class Media:
        css = {"all": ["css/webhooks.css"]}
        js = ["js/copying.js"]

    # The list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return (
            super()
            .get_queryset(request)
            .annotate(
                failed_count=Count(
                    "deliveries", filter=Q(deliveries__message__failed_at__isnull=False)
                ),
                last_success_at=Max("deliveries__delivered_at"),
            )
        )

    @admin.display(description="state", ordering="is_active")
    def state_in_words(self, endpoint: WebhookEndpoint) -> SafeString:
        look, words = "published", "Active"
        if not endpoint.is_active:
            look, words = "draft", "Switched off"
        if not endpoint.is_active and endpoint.switched_off_at:
            look, words = "withdrawn", "Gone (410)"
        return format_html('<span class="state {}">{}</span>', look, words)

    @admin.display(description="host")
    def host(self, endpoint: WebhookEndpoint) -> str:
        """Without the path, which may be a secret."""
        return urlsplit(endpoint.url).hostname or "–"

    @admin.display(description="events")
    def count_of_events(self, endpoint: WebhookEndpoint) -> str:
        return f"{len(endpoint.events)} of {len(settings.WEBHOOK_EVENTS)}"

    @admin.display(description="failed", ordering="failed_count")
    def failed(self, endpoint: Any) -> int | None:
        return endpoint.failed_count or None

    @admin.display(description="last success", ordering="last_success_at")
    def last_success(self, endpoint: Any) -> datetime | None:
        return endpoint.last_success_at

    # The form -------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look is shown neither the address nor the header."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["name", "state_in_words", "host", "told_of"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["state_in_words", "host", "told_of"]

    @admin.display(description="Told when")
    def told_of(self, endpoint: WebhookEndpoint) -> str:
        return ", ".join(settings.WEBHOOK_EVENTS.get(name, name) for name in endpoint.events)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = kwargs.get("obj")
        if shown and shown.pk and self.has_change_permission(request, shown):
            # The form that is shown again has changed its own row, which nobody saved.
            stored = WebhookEndpoint.objects.get(pk=shown.pk)
            context |= {"stored": stored, "log": _log(stored), "since_form": SinceForm()}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        if not change:
            super().save_model(request, obj, form, change)
            return
        changed = list(form.changed_data)
        if "is_active" in changed:
            obj.switched_off_at = None
            changed.append("switched_off_at")
        # The worker switches off and the acts change secrets in the same row.
        obj.save(update_fields=changed)
        if "is_active" in changed and obj.is_active:
            messages.info(
                request, "Switched on. What failed before is sent again by the button below."
            )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Without a line for each delivery, of which there are thousands."""
        return [str(each) for each in objs], {}, set(), []


def _log(endpoint: WebhookEndpoint) -> list[WebhookDelivery]:
    """The last deliveries; one query."""
    found = endpoint.deliveries.select_related("event", "message").defer("event__body")
    return list(found.order_by("-pk")[:SHOWN])
