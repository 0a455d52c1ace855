"""How long leads are kept, on one page, with what each change would erase."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from config.http import key_of
from leads import retention
from leads.models import Lead, RetentionRule

LONGEST = 36500
"""Days; as the column allows."""


class RetentionForm(forms.Form):
    """The days of every state."""

    def __init__(self, *args: Any, days: retention.Days, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for state, words in Lead.State.choices:
            self.fields[state] = forms.IntegerField(
                label=words,
                required=False,
                min_value=1,
                max_value=LONGEST,
                initial=days.get(state),
                error_messages={"invalid": "A whole number of days, or nothing."},
                widget=forms.NumberInput(attrs={"aria-label": f"Days for “{words}”"}),
            )

    @property
    def days(self) -> dict[str, int | None]:
        return dict(self.cleaned_data)


@dataclass(frozen=True)
class Row:
    """One state: how many leads have it now, how many will be gone in a week."""

    field: BoundField
    kept: int
    going: int


@admin.register(RetentionRule)
class RetentionAdmin(admin.ModelAdmin):
    """The list is the form: nothing else can be done with a rule."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now, days = timezone.now(), retention.rules()
        is_sent = request.method == "POST"
        if is_sent and not self.has_change_permission(request):
            raise PermissionDenied
        form = RetentionForm(request.POST if is_sent else None, days=days)
        at_once = 0
        if is_sent and form.is_valid():
            at_once = more_at_once(form.days, days, now)
            if at_once <= (key_of(request.POST.get("confirmed", "")) or 0):
                return self._saved(request, form, days)
        rows = rows_of(form, days, now)
        context = {
            **self.admin_site.each_context(request),
            "title": "How long requests are kept",
            "form": form,
            "rows": rows,
            "week": sum(row.going for row in rows),
            "at_once": at_once,
            "may_change": self.has_change_permission(request),
        }
        return TemplateResponse(request, "admin/leads/person/retention.html", context)

    def _saved(
        self, request: HttpRequest, form: RetentionForm, days: retention.Days
    ) -> HttpResponse:
        changed = {state: n for state, n in form.days.items() if n != days.get(state)}
        with transaction.atomic():
            for state, number in changed.items():
                rule, _ = RetentionRule.objects.update_or_create(
                    state=state, defaults={"days": number}
                )
                self.log_change(request, rule, f"{rule}")
        messages.success(request, "Saved." if changed else "Nothing was changed.")
        return redirect("admin:leads_retentionrule_changelist")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return redirect("admin:leads_retentionrule_changelist")


def more_at_once(wanted: retention.Days, days: retention.Days, now: datetime) -> int:
    """Return how many leads `wanted` erases at once that `days` would have kept."""
    before, after = (retention.going(each, now, now) for each in (days, wanted))
    return sum(max(0, number - before.get(state, 0)) for state, number in after.items())


def rows_of(form: RetentionForm, days: retention.Days, now: datetime) -> list[Row]:
    """Return a row for each state; two queries."""
    kept = dict(Lead.objects.order_by().values_list("state").annotate(Count("pk")))
    going = retention.going(days, now + retention.SOON, now)
    return [Row(form[s], kept.get(s, 0), going.get(s, 0)) for s in Lead.State.values]
