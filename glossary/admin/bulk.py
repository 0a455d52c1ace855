"""Acts on a selection in the list of entries: a value, a summary before, a report after."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_safe

from authors.models import Author
from glossary import bulk, bulk_runs, calls, permissions
from glossary.models import Change, Entry, Topic

SHOWN = 20
"""Entries that are named for each outcome; the others are counted."""
LONGEST_KEY = len(str(2**63))
"""Digits of the first number that no database takes for a key."""
WAIT = "5"
"""Seconds after which an unfinished report is asked for again."""


class ActForm(forms.Form):
    """What the chosen entries are to get; its fields depend on the act."""

    def __init__(self, *args: Any, act: bulk.Act, entries: QuerySet[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if make := _FIELDS.get(act.name):
            self.fields["value"] = make(entries)
        if act.name == "publish":
            self.fields["value"] = forms.ChoiceField(
                choices=Change, label="For entries that readers know, this is", initial="meaning"
            )
        if act.name in ("publish", "withdraw"):
            self.fields["note"] = forms.CharField(
                max_length=200, required=False, label="Why, in one line"
            )

    @property
    def value(self) -> Any:
        """The chosen value as JSON: the key of a row, or a topic's name."""
        value = self.cleaned_data.get("value")
        return value.name if isinstance(value, Topic) else getattr(value, "pk", value)


class TopicNameField(forms.CharField):
    def clean(self, value: Any) -> str:
        """One name; the comma that the suggestions leave is no part of it."""
        name = " ".join(super().clean(value).strip(" ,").split())
        if not name:
            raise forms.ValidationError("Write the name of a topic.")
        if "," in name:
            raise forms.ValidationError("One topic at a time: a name has no comma.")
        return name


def _topic_to_add(entries: QuerySet[Entry]) -> forms.Field:
    suggestions = reverse_lazy("admin:glossary_entry_topics")
    attrs = {"data-suggestions": suggestions, "class": "vTextField"}
    longest = Topic._meta.get_field("name").max_length
    widget = forms.TextInput(attrs=attrs)
    return TopicNameField(max_length=longest, label="Topic", widget=widget)


def _topic_to_remove(entries: QuerySet[Entry]) -> forms.Field:
    chosen = entries.order_by().values("pk")
    used = Topic.objects.filter(memberships__content_object__in=chosen).distinct()
    return forms.ModelChoiceField(used.order_by("name"), label="Topic", to_field_name="name")


def _author(entries: QuerySet[Entry]) -> forms.Field:
    return forms.ModelChoiceField(
        Author.objects.all(), required=False, label="Author", empty_label="Nobody"
    )


def _owner(entries: QuerySet[Entry]) -> forms.Field:
    staff = get_user_model().objects.filter(is_active=True, is_staff=True)
    return forms.ModelChoiceField(
        staff.order_by("username"), required=False, label="Owner", empty_label="Nobody"
    )


def _interval(entries: QuerySet[Entry]) -> forms.Field:
    return forms.IntegerField(
        min_value=1,
        max_value=120,
        required=False,
        label="Months between reviews",
        help_text="Empty: as the site says.",
    )


def _offer(entries: QuerySet[Entry]) -> forms.Field:
    active = [(offer["id"], offer["name"]) for offer in calls.offers()]
    return forms.TypedChoiceField(
        choices=[("", "As its topics or the site say"), *active],
        coerce=int,
        empty_value=None,
        required=False,
        label="Call to action",
    )


_FIELDS: dict[str, Callable[[QuerySet[Entry]], forms.Field]] = {
    "add_topic": _topic_to_add,
    "remove_topic": _topic_to_remove,
    "author": _author,
    "owner": _owner,
    "interval": _interval,
    "offer": _offer,
}


def _action(act: bulk.Act) -> Callable[..., HttpResponse | None]:
    """The admin's action for `act`: asks, shows, and only then does it."""

    @admin.action(description=act.label, permissions=["bulk"])
    def run(
        model_admin: "BulkActions", request: HttpRequest, queryset: QuerySet[Entry]
    ) -> HttpResponse | None:
        return model_admin.act_on(request, queryset, act)

    run.__name__ = f"bulk_{act.name}"
    return run


class BulkActions(admin.ModelAdmin):
    """Mixin: acts on the entries that are chosen in the list."""

    change_list_template = "admin/glossary/bulk/change_list.html"
    actions = [_action(act) for act in bulk.ACTS.values()]

    def has_bulk_permission(self, request: HttpRequest) -> bool:
        return permissions.may(request.user, "bulk")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without those acts that no entry would take from this user."""
        found = super().get_actions(request)
        if not permissions.may(request.user, "publish"):
            for name in ("bulk_publish", "bulk_withdraw"):
                found.pop(name, None)
        return found

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Refuse what is no key before it reaches the database."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(key.isdecimal() and len(key) < LONGEST_KEY for key in chosen):
            messages.warning(request, "These are no entries. Choose them in the list again.")
            return redirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)

    def act_on(
        self, request: HttpRequest, entries: QuerySet[Entry], act: bulk.Act
    ) -> HttpResponse:
        """Ask for what is missing, show what would happen, and do what was confirmed."""
        step = request.POST.get("step", "")
        is_sent = step in ("show", "do")
        form = ActForm(request.POST if is_sent else None, act=act, entries=entries)
        if form.fields and not (is_sent and form.is_valid()):
            return self._page(request, entries, act, form=form, step="show")
        if not form.fields:
            form.cleaned_data = {}
        keys = list(entries.order_by("sort_key", "pk").values_list("pk", flat=True))
        has_moved = step == "do" and request.POST.get("count") != str(len(keys))
        if step == "do" and not has_moved:
            return self._do(request, act, keys, form)
        return self._summary(request, entries, act, keys=keys, form=form, has_moved=has_moved)

    def _do(
        self, request: HttpRequest, act: bulk.Act, keys: list[int], form: ActForm
    ) -> HttpResponse:
        note = form.cleaned_data.get("note", "")
        try:
            run = bulk_runs.begin(act, keys, value=form.value, by=request.user, note=note)
        except bulk.TargetGone as error:
            messages.error(request, f"Nothing was changed: {error}.")
            return redirect("admin:glossary_entry_changelist")
        return redirect("desk:bulk_report", run)

    def _summary(
        self,
        request: HttpRequest,
        entries: QuerySet[Entry],
        act: bulk.Act,
        *,
        keys: list[int],
        form: ActForm,
        has_moved: bool,
    ) -> HttpResponse:
        try:
            plan = bulk.plan(act, keys, value=form.value, by=request.user)
            words = act.in_words(act.target(form.value))
        except bulk.TargetGone as error:
            messages.error(request, f"Nothing was changed: {error}.")
            return redirect("admin:glossary_entry_changelist")
        refused = [(why, len(rows), rows[:SHOWN]) for why, rows in plan.refused.items()]
        more = {
            "plan": plan,
            "ready": plan.ready[:SHOWN],
            "refused": refused,
            "words": words,
            "has_moved": has_moved,
            "is_for_worker": len(keys) > bulk_runs.AT_ONCE,
            "shown": SHOWN,
        }
        return self._page(request, entries, act, form=form, step="do", **more)

    def _page(
        self,
        request: HttpRequest,
        entries: QuerySet[Entry],
        act: bulk.Act,
        *,
        form: ActForm,
        step: str,
        **more: Any,
    ) -> HttpResponse:
        is_across = request.POST.get("select_across") == "1"
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": act.label,
            "act": act,
            "action": f"bulk_{act.name}",
            "form": form,
            "step": step,
            "count": more["plan"].total if "plan" in more else entries.count(),
            "is_across": is_across,
            # All of the list is asked for again by its filters; one key tells that there is some.
            "chosen": chosen[:1] if is_across else chosen,
            **more,
        }
        return TemplateResponse(request, f"admin/glossary/bulk/{step}.html", context)


@require_safe
def bulk_report(request: HttpRequest, run: UUID) -> HttpResponse:
    """What became of a run, for whoever began it and for those who publish."""
    if not permissions.may(request.user, "bulk"):
        raise PermissionDenied
    found = bulk_runs.report(str(run))
    if found is None:
        raise Http404("There is no such report, or it was older than 30 days.")
    if found.by != request.user.pk and not permissions.may(request.user, "publish"):
        raise PermissionDenied
    is_open = not (found.is_finished or found.has_failed)
    context = {
        **admin.site.each_context(request),
        "opts": Entry._meta,
        "title": f"{found.act.label}: report",
        "report": found,
        "is_open": is_open,
        "done": Entry.objects.only("term").filter(pk__in=found.done[:SHOWN]),
        "done_more": max(0, len(found.done) - SHOWN),
        "skipped": bulk_runs.reasons(found, most=SHOWN),
        "list": reverse("admin:glossary_entry_changelist"),
    }
    response = TemplateResponse(request, "admin/glossary/bulk/report.html", context)
    if is_open:
        response.headers["Refresh"] = WAIT
    return response
