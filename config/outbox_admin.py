"""The desk's pages for the outbox: what waits, what failed and why, and trying it again."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.defaultfilters import truncatechars
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config import health, outbox
from config.flat_lists import FlatList
from config.models import OutboxAttempt, OutboxMessage, Worker
from config.outbox_forms import FailedSinceForm

LIST = "admin:config_outboxmessage_changelist"
CHANGE = "admin:config_outboxmessage_change"
TEMPLATES = "admin/config/outboxmessage"
LOOKS = {"done": "published", "failed": "withdrawn", "retrying": "scheduled", "waiting": "draft"}


class OutboxStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("waiting", "Waiting or retrying"), ("failed", "Failed"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen: dict[str, dict[str, Any]] = {
            "waiting": {"done_at": None, "failed_at": None},
            "failed": {"failed_at__isnull": False},
            "done": {"done_at__isnull": False},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


class KindFilter(admin.SimpleListFilter):
    """Every kind that there can be, rather than those among all messages."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in sorted(settings.OUTBOX_HANDLERS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self.value()
        return queryset.filter(kind=chosen) if chosen in settings.OUTBOX_HANDLERS else queryset


class TryInline(admin.TabularInline):
    """Every try of a message: nobody writes them but the worker."""

    model = OutboxAttempt
    readonly_fields = ("number", "started_at", "milliseconds", "outcome", "error")
    fields = readonly_fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("config.view_outboxmessage")


class OutboxMessageAdmin(FlatList):
    """Nobody writes messages by hand: those who may change them try them again."""

    list_display = ["kind", "state_in_words", "attempts", "when", "said"]
    list_filter = [OutboxStateFilter, "failed_at", KindFilter]
    search_fields = ["kind", "last_error"]
    list_per_page = 50
    inlines = [TryInline]
    actions = ["try_again"]
    change_list_template = f"{TEMPLATES}/list.html"
    change_form_template = f"{TEMPLATES}/message.html"

    class Media:
        css = {"all": ["css/outbox.css"]}

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(address, wrapped, name=f"config_outboxmessage_{name}")

        return [
            page("failed/", self.failed_view, "failed"),
            page("<int:pk>/again/", self.again_view, "again"),
            *super().get_urls(),
        ]

    # The list -------------------------------------------------------------------------

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        context = {
            "title": "Outbox",
            "workers": Worker.objects.all()[:10],
            "late_before": now - health.WORKER_IS_LATE_AFTER,
            "oldest": OutboxMessage.objects.due(now).order_by("due_at").first(),
            "failed_count": OutboxMessage.objects.failed().count(),
            "may_retry": self.has_change_permission(request),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    @admin.display(description="state")
    def state_in_words(self, message: OutboxMessage) -> SafeString:
        words = message.state.capitalize()
        return format_html('<span class="state {}">{}</span>', LOOKS[message.state], words)

    @admin.display(description="done, failed or due", ordering="due_at")
    def when(self, message: OutboxMessage) -> datetime:
        return message.done_at or message.failed_at or message.due_at

    @admin.display(description="what was said")
    def said(self, message: OutboxMessage) -> str:
        """The last error: for a mail or a webhook, the words of the other side."""
        return truncatechars(message.last_error, 120)

    @admin.action(description="Try failed messages again", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        _say_tried(request, outbox.retry(queryset))

    # One message, all that failed -----------------------------------------------------

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= dict.fromkeys(["show_save", "show_save_and_continue"], False)
        return super().render_change_form(request, context, *args, **kwargs)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        self._require_change(request)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        get_object_or_404(OutboxMessage, pk=pk)
        _say_tried(request, outbox.retry(OutboxMessage.objects.filter(pk=pk)))
        return redirect(CHANGE, pk)

    def failed_view(self, request: HttpRequest) -> HttpResponse:
        """Say how many failed since a time; asked by POST, try them again."""
        self._require_change(request)
        first = OutboxMessage.objects.failed().order_by("failed_at").first()
        if first is None:
            messages.info(request, "No message has failed.")
            return redirect(LIST)
        sent = request.POST if request.method == "POST" else request.GET
        form = FailedSinceForm(sent if "since" in sent else {"since": first.failed_at})
        chosen = form.chosen() if form.is_valid() else OutboxMessage.objects.none()
        if request.method == "POST" and form.is_valid():
            _say_tried(request, outbox.retry(chosen))
            return redirect(LIST)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Try all failed messages again",
            "form": form,
            "count": chosen.count(),
            "media": self.media,
        }
        return TemplateResponse(request, f"{TEMPLATES}/failed.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> list[str]:
        return [field.name for field in OutboxMessage._meta.fields]

    def _require_change(self, request: HttpRequest) -> None:
        if not self.has_change_permission(request):
            raise PermissionDenied


def _say_tried(request: HttpRequest, count: int) -> None:
    if not count:
        messages.info(request, "Nothing was changed: only what failed can be tried again.")
        return
    which = "One message is" if count == 1 else f"{count} messages are"
    messages.success(request, f"{which} tried again at once, with all tries.")
