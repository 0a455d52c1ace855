"""Acts on leads that are chosen in the inbox: a page asks first, and the verbs do it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config.http import key_of
from config.staff_admin import member_of_staff
from glossary.history import name_of
from leads import pipeline
from leads.admin import lead_lists
from leads.admin.lead_acts import bring
from leads.admin.lead_forms import PersonField, possible_owners
from leads.models import Lead

MOST = 200
"""Leads that are changed at once: each is a verb of its own, with its webhooks."""
NAMED = 10
"""Leads that a message names; the others are counted."""
STATES = [(value, words) for value, words in Lead.State.choices if value != Lead.State.SPAM]
FOR_SUSPECTS = ("accept_selected",)
FOR_KNOWN = ("assign_selected", "change_state_selected", "merge_selected", "suspect_selected")


class BulkForm(forms.Form):
    """What the chosen leads are to get."""

    title: str
    button: str
    action: str

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    @staticmethod
    def shown(lead: Lead) -> str:
        """What the page shows of `lead`, by which a change meanwhile is seen."""
        raise NotImplementedError

    def change(self, lead: Lead) -> bool:
        """Change the locked `lead`; return whether that was news."""
        raise NotImplementedError


class BulkOwnerForm(BulkForm):
    title = "Who follows up?"
    button = "Save the owner"
    action = "assign_selected"

    owner = PersonField(
        User.objects.none(),
        required=False,
        empty_label="Nobody",
        error_messages={
            "invalid_choice": "This login may not work with leads any more. Choose another one."
        },
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, by=by, initial={"owner": by.pk}, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = possible_owners(by.pk)

    @staticmethod
    def shown(lead: Lead) -> str:
        return str(lead.owner_id or "")

    def change(self, lead: Lead) -> bool:
        return pipeline.assign(lead, self.cleaned_data["owner"], by=self.by)


class BulkStateForm(BulkForm):
    title = "Which state?"
    button = "Save the state"
    action = "change_state_selected"

    # What is spam has an act of its own, which leaves those with a talk alone.
    state = forms.ChoiceField(
        choices=[("", "Choose one"), *STATES],
        error_messages={"required": "Choose a state."},
    )
    reason = forms.CharField(label="Why they were lost", required=False, max_length=200)

    @staticmethod
    def shown(lead: Lead) -> str:
        return lead.state

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        if found.get("state") == Lead.State.LOST and not found.get("reason"):
            self.add_error("reason", "Say why they were lost: it helps to lose fewer.")
        return found

    def change(self, lead: Lead) -> bool:
        """What is won already keeps its value, and what is lost its reason."""
        state = Lead.State(self.cleaned_data["state"])
        if lead.state == state:
            return False
        return bring(lead, state, by=self.by, reason=self.cleaned_data["reason"])


class LeadBulk(admin.ModelAdmin):
    """Mixin: acts on the leads that are chosen in the list."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Those that the view knows; what was chosen there is done whatever it is now."""
        found = super().get_actions(request)
        is_spam = lead_lists.name_of(request.GET) == "spam"
        if request.method != "POST":
            for name in FOR_KNOWN if is_spam else FOR_SUSPECTS:
                found.pop(name, None)
        return found

    def response_action(
        self, request: HttpRequest, queryset: QuerySet, *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """What is ticked stays chosen, even if it has left the view meanwhile."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(key_of, chosen)):
            messages.warning(request, "These are no leads. Choose them in the list again.")
            return redirect(request.get_full_path())
        if request.POST.get("select_across", "0") in ("", "0"):
            queryset = self.get_queryset(request)
        return super().response_action(request, queryset, *args, **kwargs)

    @admin.action(description="Change the owner …", permissions=["change"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> HttpResponse:
        return self._act(request, queryset, BulkOwnerForm)

    @admin.action(description="Change the state …", permissions=["change"])
    def change_state_selected(
        self, request: HttpRequest, queryset: QuerySet[Lead]
    ) -> HttpResponse:
        return self._act(request, queryset, BulkStateForm)

    def _act(
        self, request: HttpRequest, queryset: QuerySet[Lead], form_class: type[BulkForm]
    ) -> HttpResponse:
        """Say how many and which, ask, and do what was confirmed."""
        found = queryset.order_by("-created_at", "-pk").select_related("owner")
        leads = list(found[: MOST + 1])
        if len(leads) > MOST:
            messages.error(
                request, f"Nothing was changed: choose at most {MOST} leads at a time, please."
            )
            return redirect(request.get_full_path())
        is_sent = request.POST.get("step") == "do"
        form = form_class(request.POST if is_sent else None, by=member_of_staff(request))
        if form.is_valid():
            _do(request, form)
            return redirect(request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": form.title,
            "form": form,
            "rows": [(lead, form.shown(lead)) for lead in leads],
            "suspects": sum(lead.state == Lead.State.SPAM for lead in leads),
            "list_url": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/leads/lead/bulk.html", context)


def _do(request: HttpRequest, form: BulkForm) -> None:
    """Change each lead on its own; those that others changed meanwhile stay, and are named."""
    done, changed, same, gone = 0, [], 0, 0
    for text in request.POST.getlist(ACTION_CHECKBOX_NAME):
        with transaction.atomic():
            rows = Lead.objects.select_related("owner").select_for_update(of=("self",))
            lead = rows.filter(pk=key_of(text) or 0).first()
            if lead is None:
                gone += 1
            elif lead.merged_into_id or request.POST.get(f"shown_{lead.pk}") != form.shown(lead):
                changed.append(_now(lead))
            elif form.change(lead):
                done += 1
            else:
                same += 1
    if done:
        messages.success(request, f"Changed: {done}.")
    if same:
        messages.info(request, f"It was so already with {same} of them.")
    if changed:
        messages.warning(request, f"Left as they are, since others changed them: {_few(changed)}.")
    if gone:
        messages.warning(request, f"Deleted meanwhile: {gone}.")


def _now(lead: Lead) -> str:
    if lead.merged_into_id:
        return f"{lead.name} (merged)"
    return f"{lead.name} ({lead.get_state_display()}, {name_of(lead.owner) or 'nobody'})"


def _few(names: Iterable[str]) -> str:
    shown = list(names)
    more = [f"and {len(shown) - NAMED} more"] * (len(shown) > NAMED)
    return ", ".join([*shown[:NAMED], *more])
