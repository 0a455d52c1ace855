"""What staff do with a webhook beside its form: tests, secrets, sending again."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from config import webhooks
from config.models import WebhookEndpoint
from config.webhook_forms import SinceForm

CHANGE = "admin:config_webhookendpoint_change"
TEMPLATES = "admin/config/webhookendpoint"


class WebhookActs(admin.ModelAdmin):
    """Pages and buttons for those who may change the webhook. Opening one changes nothing."""

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{address}/", wrapped, name=f"config_webhookendpoint_{name}")

        return [
            page("test", self.test_view, "test"),
            page("secret", self.secret_view, "secret"),
            page("former-secret", self.former_view, "former"),
            page("failed", self.failed_view, "failed"),
            page("again/<int:delivery>", self.again_view, "again"),
            *super().get_urls(),
        ]

    def endpoint_for(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        """The webhook, for those who may change it. Raises PermissionDenied, Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        return get_object_or_404(WebhookEndpoint, pk=pk)

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.endpoint_for(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not endpoint.is_active:
            messages.error(request, "Nothing was sent: it is switched off. Switch it on first.")
            return redirect(CHANGE, pk)
        webhooks.send_test(endpoint)
        messages.success(
            request, "A test is on its way. Load this page again to see what was answered."
        )
        return redirect(CHANGE, pk)

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first; then sign with a new secret, and with the old one as well."""
        endpoint = self.endpoint_for(request, pk)
        if request.method == "POST":
            if webhooks.renew_secret(endpoint):
                self.log_change(request, endpoint, "Made a new secret.")
                messages.success(
                    request, "Give the other side the new secret, then forget the old one."
                )
            else:
                messages.error(
                    request, "Nothing was changed: forget the old secret before you make another."
                )
            return redirect(CHANGE, pk)
        return self._ask(request, endpoint, "secret", "Make a new secret")

    def former_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask first; then sign with the present secret alone."""
        endpoint = self.endpoint_for(request, pk)
        if request.method == "POST":
            webhooks.forget_former(endpoint)
            self.log_change(request, endpoint, "Forgot the old secret.")
            messages.success(request, "The old secret is forgotten.")
            return redirect(CHANGE, pk)
        return self._ask(request, endpoint, "former", "Forget the old secret")

    def failed_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self.endpoint_for(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = SinceForm(request.POST)
        if not endpoint.is_active:
            messages.error(request, "Nothing was sent: it is switched off. Switch it on first.")
        elif form.is_valid():
            failed = endpoint.deliveries.failed(since=form.cleaned_data["since"])
            count = webhooks.send_all_again(failed)
            messages.success(request, f"Sent again: {count}.")
        else:
            messages.error(request, " ".join(map(str, form.errors["since"])))
        return redirect(CHANGE, pk)

    def again_view(self, request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
        endpoint = self.endpoint_for(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        chosen = get_object_or_404(endpoint.deliveries, pk=delivery)
        if endpoint.is_active:
            webhooks.send_again(chosen)
            messages.success(request, "It is sent again, with the same id.")
        else:
            messages.error(request, "Nothing was sent: it is switched off. Switch it on first.")
        return redirect(CHANGE, pk)

    def _ask(
        self, request: HttpRequest, endpoint: WebhookEndpoint, act: str, title: str
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "endpoint": endpoint,
            "act": act,
        }
        return TemplateResponse(request, f"{TEMPLATES}/ask.html", context)
