"""The desk's list of bookings, and the page of one: read here, changed by its verbs alone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.flat_lists import FlatList
from config.http import key_of
from config.staff_admin import member_of_staff
from leads import booking as verbs
from leads import clock, timeline
from leads.admin import booking_lists as lists
from leads.admin.booking_acts import ACTS, BookingActs, can_move, why_not
from leads.admin.booking_phone import BookingPhone
from leads.admin.week import BookingWeek
from leads.booking import NotPossible, SlotTaken
from leads.models import Booking

EVENTS = 100
"""The newest lines of a booking's history that its page shows."""


@admin.register(Booking)
class BookingAdmin(FlatList, BookingActs, BookingPhone, BookingWeek):
    """Held times. No row is edited by hand: a changed time has to reach calendars and people."""

    list_display = ["when", "who", "state_in_words", "offer", "calendar", "entry", "booked"]
    list_filter = [lists.TabFilter, "state", "offer", lists.HostFilter, lists.MonthFilter]
    list_select_related = ["lead__entry", "offer", "calendar__author"]
    list_per_page = 50
    search_fields = ["lead__name", "lead__email", "lead__company"]
    search_help_text = "Name, e-mail or company"
    actions = ["mark_held", "mark_no_show"]

    # The list -------------------------------------------------------------------------

    def get_ordering(self, request: HttpRequest) -> Any:
        return lists.ordering(lists.tab_of(request))

    @admin.display(description="time", ordering="starts_at")
    def when(self, booking: Booking) -> SafeString:
        start, zone = booking.starts_at, booking.host_zone
        return format_html(
            '{}, {} <span class="zone">{}</span>',
            clock.day(start, zone),
            clock.time(start, zone),
            clock.place(start, zone),
        )

    @admin.display(description="who", ordering="lead__name")
    def who(self, booking: Booking) -> SafeString:
        company = booking.lead.company
        return format_html("{}{}", booking.lead.name, f" ({company})" if company else "")

    @admin.display(description="state", ordering="state")
    def state_in_words(self, booking: Booking) -> SafeString:
        words = booking.get_state_display()
        return format_html('<span class="state {}">{}</span>', booking.state, words)

    @admin.display(description="from entry", ordering="lead__entry__term", empty_value="–")
    def entry(self, booking: Booking) -> str | None:
        return booking.lead.entry.term if booking.lead.entry else None

    @admin.display(description="booked", ordering="created_at")
    def booked(self, booking: Booking) -> str:
        return date_format(timezone.localtime(booking.created_at), "j M Y, H:i")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        tab = lists.tab_of(request)
        context = {"title": "Bookings", "nothing": lists.NOTHING[tab], **(extra_context or {})}
        response = super().changelist_view(request, context)
        if isinstance(response, TemplateResponse) and response.context_data:
            changelist = response.context_data.get("cl")
            if changelist:
                response.context_data["tabs"] = lists.tabs(changelist, tab)
                is_narrowed = bool(set(request.GET) - {lists.PARAMETER})
                response.context_data["is_narrowed"] = is_narrowed
        return response

    # One booking ----------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one booking; there is nothing to save on it."""
        if not self.has_view_permission(request) or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        booking = get_object_or_404(Booking.objects.with_people(), pk=key_of(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": booking.lead.name,
            "opts": self.opts,
            **self.page_of(request, booking),
        }
        return TemplateResponse(request, "admin/leads/booking/detail.html", context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own list of saves knows nothing of the verbs; the page itself does."""
        return redirect("admin:leads_booking_change", object_id)

    def page_of(self, request: HttpRequest, booking: Booking) -> dict[str, Any]:
        """What the page shows: facts, history, and the acts that are possible now."""
        events = booking.events.select_related("by")[:EVENTS]
        may_act = self.may_act(request)
        return {
            "booking": booking,
            "history": timeline.lines(events, booking.host_zone),
            "acts": [act for act in ACTS.values() if may_act and act.is_possible(booking)],
            "can_move": may_act and can_move(booking),
            "week_url": _week_of(booking),
            "may_see_lead": request.user.has_perm("leads.view_lead"),
        }

    # Permissions ----------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        """For the acts of the list; no row is changed by a form."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Booking | None = None) -> bool:
        """A booking is cancelled, so that the prospect hears of it."""
        return False

    # Acts on several ------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What is still to come has no outcome yet."""
        is_over = lists.tab_of(request) in ("past", "all")
        return super().get_actions(request) if is_over else {}

    @admin.action(description="They took place", permissions=["change"])
    def mark_held(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self._mark(request, queryset, verbs.mark_held, "Noted that they took place")

    @admin.action(description="They did not come", permissions=["change"])
    def mark_no_show(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self._mark(request, queryset, verbs.mark_no_show, "Noted that they did not come")

    def _mark(
        self,
        request: HttpRequest,
        queryset: QuerySet[Booking],
        verb: Callable[..., None],
        words: str,
    ) -> None:
        """Do `verb` with each; those that know no such change stay as they are, and are named."""
        count, left = 0, []
        for booking in queryset:
            try:
                verb(booking, by=member_of_staff(request))
                count += 1
            except (NotPossible, SlotTaken) as error:
                left.append(f"{booking.lead.name}: {why_not(error)}")
        if count:
            messages.success(request, f"{words}: {count}.")
        if left:
            messages.warning(request, f"Left as they were: {' '.join(left)}")


def _week_of(booking: Booking) -> str:
    day = booking.starts_at.astimezone(booking.host_zone).date()
    query = urlencode({"from": day.isoformat(), "host": booking.calendar_id})
    return f"{reverse('admin:leads_booking_week')}?{query}"
