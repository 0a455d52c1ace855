"""The desk's pages for offers: what pages say, which times there are, who hosts."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from leads.admin import outlook
from leads.admin.keeping import KeptWithBookings
from leads.admin.minutes import write
from leads.admin.offer_entries import OfferEntries
from leads.admin.offer_forms import OfferForm, OfferTopicForm, OfferTopicFormSet
from leads.models import Calendar, Offer, OfferTopic

STATES = {
    "bookable": ("Bookable", "published"),
    "requests": ("Requests only", "scheduled"),
    "paused": ("Paused", "scheduled"),
    "off": ("Not active", "withdrawn"),
}
"""An offer's states: words for staff, and how they look."""


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        running = queryset.filter(is_active=True, is_paused=False)
        hosted = Offer.objects.filter(calendars__author__is_visible=True).values("pk")
        chosen = {
            "bookable": running.filter(pk__in=hosted),
            "requests": running.exclude(pk__in=hosted),
            "paused": queryset.filter(is_active=True, is_paused=True),
            "off": queryset.filter(is_active=False),
        }
        return chosen.get(self.value() or "", queryset)


class HostFilter(admin.SimpleListFilter):
    title = "host"
    parameter_name = "host"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        hosts = Calendar.objects.filter(offers__isnull=False).distinct()
        return [(str(key), name) for key, name in hosts.values_list("pk", "author__name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        is_known = self.value() in dict(self.lookup_choices)
        return queryset.filter(calendars=self.value()) if is_known else queryset


class OfferTopicInline(admin.TabularInline):
    model = OfferTopic
    form = OfferTopicForm
    formset = OfferTopicFormSet
    extra = 1
    autocomplete_fields = ["topic"]
    verbose_name_plural = "topics whose entries show this offer"


@admin.register(Offer)
class OfferAdmin(OfferEntries, KeptWithBookings):
    form = OfferForm
    holder = "offer"
    instead = "Pause it instead, or untick “Active”: then nobody can book it."
    inlines = [OfferTopicInline]
    list_display = [
        *("name", "is_default", "state_in_words", "lasts", "host_names", "shown_by", "upcoming"),
    ]
    list_filter = [StateFilter, HostFilter]
    list_select_related = ["host"]
    list_per_page = 50
    search_fields = ["name", "heading", "text", "calendars__author__name"]
    autocomplete_fields = ["host"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "is_default", "is_active"]}),
        (
            "Call to action",
            {"fields": ["heading", "text", "button", "host", "search_phrases", "shown_by"]},
        ),
        ("The talk", {"fields": ["duration", "place", "description"]}),
        (
            "Times",
            {
                "fields": [
                    ("interval", "notice", "horizon"),
                    ("buffer_before", "buffer_after", "most_a_day"),
                ],
                "classes": ["in-columns"],
            },
        ),
        ("Hosts", {"fields": ["calendars"]}),
        (
            "Confirming",
            {"fields": ["confirms_by_hand", "pending_hours", "verifies_email", "most_open"]},
        ),
        ("Changes and reminders", {"fields": ["change_cutoff", "contact", "reminders"]}),
        ("Pause", {"fields": ["is_paused", "pause_message"]}),
    ]

    class Media:
        css = {"all": ["css/calendars.css"]}

    def view_on_site(self, offer: Offer) -> str | None:
        return offer.get_absolute_url() if offer.is_active else None

    # The list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Offer]:
        hosts = Calendar.objects.select_related("author")
        return super().get_queryset(request).prefetch_related(Prefetch("calendars", hosts))

    @admin.display(description="state")
    def state_in_words(self, offer: Offer) -> SafeString:
        state = (
            "bookable" if any(c.author.is_visible for c in offer.calendars.all()) else "requests"
        )
        if offer.is_paused:
            state = "paused"
        if not offer.is_active:
            state = "off"
        words, look = STATES[state]
        return format_html('<span class="state {}">{}</span>', look, words)

    @admin.display(description="lasts", ordering="duration")
    def lasts(self, offer: Offer) -> str:
        return write(offer.duration).replace(" ", "\xa0")

    @admin.display(description="hosts")
    def host_names(self, offer: Offer) -> str:
        return ", ".join(each.author.name for each in offer.calendars.all()) or "–"

    # The form -------------------------------------------------------------------------

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "calendars":
            kwargs["queryset"] = Calendar.objects.select_related("author")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = kwargs.get("obj")
        if shown and shown.pk:
            # The form that is shown again has changed its own row, which nobody saved.
            stored = shown if request.method == "GET" else Offer.objects.get(pk=shown.pk)
            # Its page is linked to, which one without an address would not have.
            kwargs["obj"] = stored
            context |= {
                "outlook": outlook.of_offer(stored),
                "page": self.view_on_site(stored),
            }
        return super().render_change_form(request, context, *args, **kwargs)
