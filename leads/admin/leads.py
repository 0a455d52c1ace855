from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.staff_admin import member_of_staff
from leads import consenting, ledger, pipeline, webhooks
from leads.admin.lead_bookings import LeadBookings
from leads.models import Consent, Lead
from leads.requesting import accept


class EnteredLeadForm(forms.ModelForm):
    """A lead that staff enter: they say in what words the person agreed."""

    consent_text = forms.CharField(
        label="What they agreed to",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="And how: “Said on the phone that we may keep the details.”",
    )


class ConsentInline(admin.TabularInline):
    """What a person agreed to, as it was shown: nobody changes it."""

    model = Consent
    fields = readonly_fields = (
        *("purpose", "is_given", "text", "language", "page", "at", "withdrawn_at"),
    )
    extra = 0
    can_delete = False
    verbose_name_plural = "What they agreed to"

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


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

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Let the form carry the state that its page showed, which may be another by now."""
        if obj is None:
            kwargs["form"] = EnteredLeadForm
        form = super().get_form(request, obj, change, **kwargs)
        if "state" in form.base_fields:
            form.base_fields["state"].show_hidden_initial = True
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        agreed = ("What they agreed to", {"fields": ["consent_text"]})
        return self.fieldsets if obj else [*self.fieldsets, agreed]

    def get_inlines(self, request: HttpRequest, obj: Lead | None) -> Any:
        return [ConsentInline] if obj else []

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        """A state is changed by its verb: the timeline and webhooks hear of it."""
        by = member_of_staff(request)
        if not change:
            super().save_model(request, obj, form, change)
            consenting.record(obj, consenting.to_answer(form.cleaned_data["consent_text"]))
            ledger.open_line(obj)
            pipeline.note(obj, "lead.created", by=by)
            webhooks.lead_created(obj, by=by)
            return
        shown = form.data.get("initial-state", form.initial.get("state"))
        if "state" in form.changed_data and not _changed(obj, shown, by):
            messages.error(
                request,
                "The state was left as it is: it has changed since you opened this page.",
            )

    @admin.action(description="Not spam: take up and confirm", permissions=["change"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        suspects = list(queryset.filter(state=Lead.State.SPAM))
        for lead in suspects:
            accept(lead, by=member_of_staff(request))
        messages.success(request, f"Taken up: {len(suspects)}. Their mails go out now.")


def _changed(lead: Lead, former: str, by: AbstractBaseUser) -> bool:
    """Bring `lead` from `former` to its new state; False if somebody changed it meanwhile.

    Out of the suspects means: the mails that were held back are sent. Not so
    for one that is lost at once: nobody wants to hear from us then.
    """
    wanted = Lead.State(lead.state)
    if former not in Lead.State.values:
        return False
    if former == Lead.State.SPAM and wanted != Lead.State.LOST:
        accept(lead, by=by)
        former = Lead.State.NEW
        if wanted == former:
            return True
    return pipeline.advance(lead, wanted, out_of=[Lead.State(former)], by=by)
