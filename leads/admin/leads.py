"""The inbox: everybody who asked, what is next with each, and leads that staff enter."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timesince import timesince

from config import site
from config.flat_lists import FlatList
from config.staff_admin import member_of_staff
from glossary.history import name_of
from leads import consenting, ledger, notices, pipeline, webhooks
from leads.admin import bounces, lead_lists, quarantine
from leads.admin.lead_bookings import LeadBookings
from leads.admin.lead_bulk import LeadBulk
from leads.admin.lead_filters import FILTERS
from leads.admin.lead_merging import LeadMerging
from leads.admin.lead_page import PAGE, LeadPage
from leads.admin.lead_views import LeadViews
from leads.models import Lead


class EnteredLeadForm(forms.ModelForm):
    """A lead that staff enter: they say in what words the person agreed."""

    language = forms.ChoiceField(
        choices=settings.LANGUAGES, help_text="In which they are written to."
    )
    consent_text = forms.CharField(
        label="What they agreed to",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="And how: “Said on the phone that we may keep the details.”",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["language"] = site.current().language


@admin.register(Lead)
class LeadAdmin(FlatList, LeadPage, LeadViews, LeadBulk, LeadMerging, LeadBookings):
    """Requests as they came in; what a visitor wrote is never rewritten."""

    form = EnteredLeadForm
    list_display = ["who", "state_in_words", "received", "next", "owner_name", "entry_term"]
    list_filter = FILTERS
    list_select_related = ["entry", "owner"]
    list_per_page = 50
    search_fields = ["name", "email", "company", "message", "phone", "next_step"]
    search_help_text = "Name, e-mail, company, phone, message or next step"
    actions = [
        *("assign_selected", "change_state_selected", "merge_selected"),
        *(quarantine.accept_selected, quarantine.suspect_selected),
    ]
    autocomplete_fields = ["entry"]
    fieldsets = [
        (None, {"fields": ["name", "email", "phone", "company", "language"]}),
        ("What they asked", {"fields": ["message", "preferred_time"]}),
        ("Where they came from", {"fields": ["entry", "source_path", "offer", "created_at"]}),
        ("What they agreed to", {"fields": ["consent_text"]}),
    ]

    # The list -------------------------------------------------------------------------

    def get_ordering(self, request: HttpRequest) -> Any:
        return lead_lists.VIEWS[lead_lists.name_of(request.GET)].ordering

    @admin.display(description="who", ordering="name")
    def who(self, lead: Lead) -> SafeString:
        company = format_html('<span class="company">{}</span>', lead.company)
        asked = format_html('<span class="asked">{}</span>', Truncator(lead.message).chars(120))
        return format_html(
            "{}{}{}{}",
            lead.name,
            company if lead.company else "",
            asked if lead.message else "",
            bounces.mark(lead),
        )

    @admin.display(description="state", ordering="state")
    def state_in_words(self, lead: Lead) -> SafeString:
        words = lead.get_state_display()
        return format_html('<span class="state {}">{}</span>', lead.state, words)

    @admin.display(description="asked", ordering="-created_at")
    def received(self, lead: Lead) -> SafeString:
        late = format_html(' <span class="state overdue">{}</span>', "Overdue")
        return format_html(
            '<time datetime="{}" title="{}">{}</time>{}',
            lead.created_at.isoformat(timespec="seconds"),
            date_format(timezone.localtime(lead.created_at), "j M Y, H:i"),
            _ago(lead.created_at),
            late if lead.is_overdue(hours=site.current().answer_hours) else "",
        )

    @admin.display(description="next step", ordering="next_step_on", empty_value="")
    def next(self, lead: Lead) -> SafeString | None:
        if not lead.next_step:
            return None
        return format_html("{} {}", lead.next_step, _day(lead.next_step_on))

    @admin.display(description="owner", ordering="owner__first_name")
    def owner_name(self, lead: Lead) -> str | SafeString:
        return name_of(lead.owner) or format_html('<span class="quiet">{}</span>', "nobody")

    @admin.display(description="from entry", ordering="entry__term", empty_value="–")
    def entry_term(self, lead: Lead) -> str | None:
        return lead.entry.term if lead.entry else None

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        view = lead_lists.VIEWS[lead_lists.name_of(request.GET)]
        context = {"title": "Inbox", "nothing": view.nothing, **(extra_context or {})}
        response = super().changelist_view(request, context)
        shown = response.context_data if isinstance(response, TemplateResponse) else None
        if shown and "cl" in shown:
            shown |= self.tabs_for(request)
            # Each tab says how many it holds; “all” would be something else than its own rows.
            shown["cl"].full_result_count = shown["cl"].result_count
        return response

    # A lead that staff enter ------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        by = member_of_staff(request)
        super().save_model(request, obj, form, change)
        consenting.record(obj, consenting.to_answer(form.cleaned_data["consent_text"]))
        ledger.open_line(obj, now=obj.created_at)
        pipeline.note(obj, "lead.created", by=by)
        webhooks.lead_created(obj, by=by)
        notices.of_lead(obj, by=by, to_group=False)

    def response_post_save_add(self, request: HttpRequest, obj: Lead) -> HttpResponseRedirect:
        """Go on where the owner and the next step are said."""
        return redirect(PAGE, obj.pk)


def _ago(moment: datetime) -> str:
    is_new = timezone.now() - moment < timedelta(minutes=1)
    return "just now" if is_new else f"{timesince(moment, depth=1)} ago"


def _day(on: date | None) -> str:
    """Return the day of a step, marked if it is today or has passed."""
    if on is None:
        return ""
    today = timezone.localdate(timezone=site.current().zone)
    look, words = "", date_format(on, "j M" if on.year == today.year else "j M Y")
    if on == today:
        look, words = "today", "today"
    elif on < today:
        look, words = "overdue", f"{words}, late"
    return format_html('<span class="step-day{}">{}</span>', f" state {look}" * bool(look), words)
