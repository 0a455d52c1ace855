"""What staff do with a booking: a page for each act, which asks before anybody is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from config.staff_admin import member_of_staff
from leads import booking as verbs
from leads import clock, schedules
from leads.admin.booking_forms import ActForm
from leads.admin.booking_times import TimeForm, day_of, name_of, offered, why_none
from leads.booking import NotPossible, SlotTaken
from leads.models import OPEN, WAITING, Booking

State = Booking.State
TEMPLATES = "admin/leads/booking"


@dataclass(frozen=True)
class Act:
    """A verb as staff see it."""

    name: str
    label: str
    """On the booking's page; an ellipsis says that something is asked first."""
    title: str
    button: str
    """On the page that asks."""
    states: tuple[str, ...]
    """In which a booking has to be."""
    do: Callable[..., None]
    done: str = "Confirmed."
    asks_reason: bool = False
    tells: bool = True
    after_talk: bool = False
    """Whether the talk has to have begun."""
    is_grave: bool = False

    @property
    def address(self) -> str:
        return self.name.replace("_", "-")

    @property
    def url_name(self) -> str:
        return f"admin:leads_booking_{self.name}"

    def is_possible(self, booking: Booking, now: datetime | None = None) -> bool:
        """Whether the state of `booking` knows this act; the verb looks again."""
        now = now or timezone.now()
        if booking.state not in self.states:
            return False
        has_lapsed = booking.holds_until is not None and booking.holds_until <= now
        return not has_lapsed and (not self.after_talk or booking.starts_at <= now)


ACTS = {
    act.name: act
    for act in (
        Act("confirm", "Confirm …", "Confirm this booking?", "Confirm it", WAITING, verbs.confirm),
        Act(
            *("refuse", "Refuse …", "Refuse this booking?", "Refuse it", WAITING, verbs.refuse),
            done="Refused. The time is free again.",
            asks_reason=True,
            is_grave=True,
        ),
        Act(
            *("cancel", "Cancel …", "Cancel this booking?", "Cancel it", OPEN, verbs.cancel),
            done="Cancelled. The time is free again.",
            asks_reason=True,
            is_grave=True,
        ),
        Act(
            *("held", "It took place", "Did the talk take place?", "It took place"),
            states=(State.CONFIRMED, State.NO_SHOW),
            do=verbs.mark_held,
            done="Noted: the talk took place.",
            tells=False,
            after_talk=True,
        ),
        Act(
            *("no_show", "They did not come", "Did they not come?", "They did not come"),
            states=(State.CONFIRMED, State.HELD),
            do=verbs.mark_no_show,
            done="Noted: they did not come.",
            tells=False,
            after_talk=True,
        ),
    )
}


def can_move(booking: Booking) -> bool:
    """Return whether the time can be changed: whenever it can be given back."""
    return ACTS["cancel"].is_possible(booking)


class BookingActs(admin.ModelAdmin):
    """The pages of the acts. Opening one changes nothing."""

    def get_urls(self) -> list[URLPattern]:
        def page(address: str, view: Any, name: str, options: dict[str, str]) -> URLPattern:
            wrapped = self.admin_site.admin_view(view)
            return path(f"<int:pk>/{address}/", wrapped, options, f"leads_booking_{name}")

        acts = [page(a.address, self.act_view, a.name, {"name": a.name}) for a in ACTS.values()]
        return [page("move", self.move_view, "move", {}), *acts, *super().get_urls()]

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perm("leads.change_booking")

    def booking_for(self, request: HttpRequest, pk: int) -> Booking:
        """The booking, for those who may act on it. Raises PermissionDenied, Http404."""
        if not self.may_act(request):
            raise PermissionDenied
        return get_object_or_404(Booking.objects.with_people(), pk=pk)

    def act_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        booking, act = self.booking_for(request, pk), ACTS[name]
        form = ActForm(
            request.POST if request.method == "POST" else None,
            name=booking.lead.name,
            asks_reason=act.asks_reason,
            tells=act.tells,
        )
        if form.is_valid():
            _do(request, booking, act, form.cleaned_data)
            return redirect("admin:leads_booking_change", pk)
        context = self.context_of(request, booking, act.title)
        context |= {"act": act, "form": form, "is_possible": act.is_possible(booking)}
        return TemplateResponse(request, f"{TEMPLATES}/act.html", context)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        booking = self.booking_for(request, pk)
        sent = request.POST if request.method == "POST" else None
        zone = booking.host_zone
        tell = ActForm(sent, name=booking.lead.name, asks_reason=False, tells=True)
        form = TimeForm(sent, zone=zone, initial={"shown_zone": zone.key})
        if form.is_valid() and tell.is_valid() and _move(request, booking, form, tell):
            return redirect("admin:leads_booking_change", pk)
        times = schedules.times([booking.calendar], booking.offer, without=booking)
        context = self.context_of(request, booking, "Move this booking")
        context |= {
            "form": form,
            "tell": tell,
            "times": offered(times, zone, day_of(request.GET.get("from", "")), form.chosen),
            "none": why_none(booking.offer, [booking.calendar]),
            "zone_name": name_of(zone),
            "is_possible": can_move(booking),
        }
        return TemplateResponse(request, f"{TEMPLATES}/move.html", context)

    def context_of(self, request: HttpRequest, booking: Booking, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "booking": booking,
            "opts": self.opts,
        }


def _do(request: HttpRequest, booking: Booking, act: Act, answers: dict[str, Any]) -> None:
    try:
        act.do(booking, by=member_of_staff(request), **answers)
    except (NotPossible, SlotTaken) as error:
        messages.error(request, f"Nothing was changed. {why_not(error)}")
        return
    messages.success(request, " ".join([act.done, *_told(booking, answers)]))


def why_not(error: NotPossible | SlotTaken) -> str:
    """Return the verb's own words, or that others had the calendar for too long."""
    return str(error) or "Too much happened at once in this calendar. Please try it once more."


def _move(request: HttpRequest, booking: Booking, form: TimeForm, tell: ActForm) -> bool:
    """Move `booking`; False if the time has gone, which the form then says."""
    start, answers = form.starts_at, tell.cleaned_data
    if start is None or start == booking.starts_at:
        form.add_error(None, "This is the time that it has. Choose another one.")
        return False
    try:
        verbs.move(
            booking, start=start, any_time=form.is_other, by=member_of_staff(request), **answers
        )
    except SlotTaken:
        form.add_error(None, taken(form, booking.calendar.author.name))
        return False
    except NotPossible as error:
        messages.error(request, f"Nothing was moved. {error}")
        return True
    words = f"Moved to {clock.whole(start, booking.host_zone)}."
    messages.success(request, " ".join([words, *_told(booking, answers)]))
    return True


def taken(form: TimeForm, host: str) -> str:
    """Return what to say when the time that was chosen cannot be had."""
    if form.is_other:
        return (
            f"{host} has another booking then, or one so close that the time between them is "
            "missing. Nothing was changed. Choose another time."
        )
    return "This time has just been taken. Nothing was changed. These times are free now."


def _told(booking: Booking, answers: dict[str, Any]) -> list[str]:
    if "tell" not in answers:
        return []
    name = booking.lead.name
    return [f"{name} is told by mail." if answers["tell"] else f"{name} is not told by mail."]
