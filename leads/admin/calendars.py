"""The desk's pages for calendars: hours, days off, what to respect, what to subscribe to."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config import site, zones
from leads.admin import outlook
from leads.admin.calendar_feeds import CalendarFeeds
from leads.admin.calendar_forms import (
    TIMES_IN,
    BlockedPeriodForm,
    BlockedPeriodFormSet,
    CalendarForm,
    DateOverrideForm,
    DateOverrideFormSet,
)
from leads.admin.keeping import KeptWithBookings
from leads.models import BlockedPeriod, Calendar, DateOverride
from leads.models.calendars import WEEKDAYS

_HOURS = "Any number of times a day, each on a line: 9:00–12:00. An empty day is closed."
_TO_RESPECT = (
    "Another calendar of the host, such as the one on their phone. When it cannot be read for "
    "some hours, no time is offered rather than a wrong one."
)


class DateOverrideInline(admin.TabularInline):
    model = DateOverride
    form = DateOverrideForm
    formset = DateOverrideFormSet
    extra = 1
    verbose_name = "other day"
    verbose_name_plural = "days with other hours (no hours: closed)"


class BlockedPeriodInline(admin.TabularInline):
    """The clock of its times is the host's, and the heading says so."""

    model = BlockedPeriod
    form = BlockedPeriodForm
    formset = BlockedPeriodFormSet
    extra = 1
    verbose_name = "time away"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        zone = times_in(request, obj)
        where = f"clock of {zone.replace('_', ' ')}" if zone else "clock of the calendar's zone"
        self.verbose_name_plural = f"away ({where}; without times: whole days)"
        return super().get_formset(request, obj, **kwargs)


def times_in(request: HttpRequest, calendar: Calendar | None) -> str:
    """Return the zone in which the page shows times; "" before there is one."""
    if zones.find(request.POST.get(TIMES_IN, "")):
        return request.POST[TIMES_IN]
    return calendar.time_zone if calendar and calendar.pk else ""


class FeedFilter(admin.SimpleListFilter):
    title = "calendar to respect"
    parameter_name = "feed"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("none", "None"), ("given", "Given"), ("failing", "Cannot be read")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        given = queryset.exclude(feed_url="")
        chosen = {
            "none": queryset.filter(feed_url=""),
            "given": given,
            "failing": given.exclude(feed_error=""),
        }
        return chosen.get(self.value() or "", queryset)


@admin.register(Calendar)
class CalendarAdmin(CalendarFeeds, KeptWithBookings):
    form = CalendarForm
    holder = "calendar"
    instead = "To stop new ones, untick this host in the offers."
    inlines = [DateOverrideInline, BlockedPeriodInline]
    list_display = ["host", "time_zone", "offer_names", "open_hours", "upcoming", "feed_state"]
    list_filter = ["offers", FeedFilter, "time_zone"]
    list_select_related = ["author"]
    list_per_page = 50
    search_fields = ["author__name", "time_zone", "offers__name"]
    autocomplete_fields = ["author"]
    fieldsets = [
        (None, {"fields": ["author", "time_zone"]}),
        (
            "Weekly hours",
            {"fields": [WEEKDAYS], "classes": ["week-of-hours"], "description": _HOURS},
        ),
        (
            "Calendar to respect",
            {"fields": ["feed_url", "feed_hours"], "description": _TO_RESPECT},
        ),
    ]

    class Media:
        css = {"all": ["css/calendars.css"]}

    # The list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Calendar]:
        calendars = super().get_queryset(request)
        return calendars.select_related("author").prefetch_related("offers")

    @admin.display(description="host", ordering="author__name_key")
    def host(self, calendar: Calendar) -> str:
        return calendar.author.name

    @admin.display(description="offers")
    def offer_names(self, calendar: Calendar) -> str:
        return ", ".join(offer.name for offer in calendar.offers.all()) or "–"

    @admin.display(description="open a week")
    def open_hours(self, calendar: Calendar) -> str:
        minutes = sum(closes - opens for day in calendar.weekly for opens, closes in day)
        return f"{minutes / 60:g} h"

    @admin.display(description="calendar to respect")
    def feed_state(self, calendar: Calendar) -> SafeString | str:
        if not calendar.feed_url:
            return "–"
        words, look = "Read", "published"
        if not calendar.feed_good_at and not calendar.feed_error:
            words, look = "Not read yet", "scheduled"
        elif not calendar.knows_plans():
            words, look = "Closed", "withdrawn"
        elif calendar.feed_error:
            words, look = "Failing", "scheduled"
        return format_html('<span class="state {}">{}</span>', look, words)

    # The form -------------------------------------------------------------------------

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "time_zone": site.current().time_zone,
            **super().get_changeform_initial_data(request),
        }

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look is not shown the secret address."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        masked = {"fields": ["feed_state", "feed_hours"], "description": _TO_RESPECT}
        return [*self.fieldsets[:-1], (self.fieldsets[-1][0], masked)]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["feed_state"]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        shown = kwargs.get("obj")
        if shown and shown.pk:
            # The form that is shown again has changed its own row, which nobody saved.
            is_stored = request.method == "GET"
            stored = shown if is_stored else self.get_queryset(request).get(pk=shown.pk)
            context |= {
                "times_in": times_in(request, stored),
                "outlooks": outlook.of_calendar(stored),
                "zone": stored.zone,
                **self.feed_context(stored),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving ---------------------------------------------------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        has_moved = {"time_zone", *WEEKDAYS} & set(form.changed_data)
        if change and (has_moved or any(formset.has_changed() for formset in formsets)):
            self._tell_of_talks_outside(request, form.instance)

    def _tell_of_talks_outside(self, request: HttpRequest, calendar: Calendar) -> None:
        count = outlook.outside_hours(calendar)
        if not count:
            return
        talks, they = f"{count} booked talks are", "They stay as they are"
        if count == 1:
            talks, they = "1 booked talk is", "It stays as it is"
        messages.warning(
            request,
            format_html(
                "{} now outside the hours of {}. {}: move or cancel where needed, in "
                '<a href="{}">the list of bookings</a>.',
                *(talks, calendar, they, self.bookings_of(calendar)),
            ),
        )
