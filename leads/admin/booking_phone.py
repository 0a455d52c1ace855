"""“Book for someone on the phone”: one form, which keeps what was typed on every error."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from config import site
from config.http import key_of
from config.staff_admin import member_of_staff
from leads import clock, schedules, submission
from leads.admin.booking_acts import taken
from leads.admin.booking_forms import ActForm, CallerForm, ChoiceForm
from leads.admin.booking_times import Offered, TimeForm, day_of, name_of, offered, why_none
from leads.booking import SlotTaken
from leads.models import Booking, Calendar, Lead, Offer
from leads.phoning import Call, book_on_phone

OTHER_DAYS = "days"
"""Name of the buttons that show other times and book nothing."""


class BookingPhone(admin.ModelAdmin):
    """Adding a booking is booking for somebody."""

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        lead = _lead(request)
        if lead and lead.state == Lead.State.SPAM:
            messages.error(request, "This lead is suspected spam. Take it up before you book.")
            return redirect("admin:leads_lead_change", lead.pk)
        page = PhonePage(request, self.admin_site, lead)
        booked = page.book(member_of_staff(request)) if page.is_sent else None
        if booked:
            messages.success(request, page.success(booked))
            return redirect("admin:leads_booking_change", booked.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": "Book for someone on the phone",
            "opts": self.opts,
            "page": page,
            "none": why_none(page.offer, page.hosts) if page.offer else "",
            "zone_name": name_of(page.zone),
            "media": self.media + page.caller.media,
        }
        return TemplateResponse(request, "admin/leads/booking/phone.html", context)


class PhonePage:
    """The forms of the page, which are sent as one."""

    def __init__(self, request: HttpRequest, admin_site: AdminSite, lead: Lead | None) -> None:
        self.lead = lead
        is_post = request.method == "POST"
        self.is_sent = is_post and OTHER_DAYS not in request.POST
        asked = request.POST if is_post else request.GET
        sent = request.POST if self.is_sent else None
        initial = {
            **asked.dict(),
            **{name: name in asked for name in ("tell", "consent", "marketing")},
        }
        if not is_post:
            initial = {"offer": _offer_of(lead), **asked.dict(), "tell": True}
        self.offer = _chosen(Offer.objects.active(), initial.get("offer"))
        initial["offer"] = self.offer
        self.choice = ChoiceForm(sent, initial=initial)
        self.token = request.POST.get("token") or submission.issue()
        self.wanted = day_of(asked.get(OTHER_DAYS) or asked.get("from") or "")
        shown = {"shown_zone": self.zone.key}
        self.time = TimeForm(sent, zone=self.zone, initial={**initial, **shown})
        self.caller = CallerForm(sent, initial=initial, admin_site=admin_site, known=bool(lead))
        self.tell = ActForm(
            sent,
            initial=initial,
            name=lead.name if lead else "them",
            asks_reason=False,
            tells=True,
        )

    # What is shown --------------------------------------------------------------------

    @cached_property
    def hosts(self) -> list[Calendar]:
        return schedules.calendars_of(self.offer) if self.offer else []

    @cached_property
    def host(self) -> Calendar | None:
        """The host that was chosen, if they host the offer; None: any."""
        key = key_of(str(self.choice["host"].value() or ""))
        return next((each for each in self.hosts if each.pk == key), None)

    @cached_property
    def zone(self) -> ZoneInfo:
        """By whose clock times are shown: the host's, or the first one's of several."""
        first = self.host or (self.hosts[0] if self.hosts else None)
        return first.zone if first else site.current().zone

    @cached_property
    def times(self) -> Offered:
        hosts: Sequence[Calendar] = [self.host] if self.host else self.hosts
        found = schedules.times(hosts, self.offer) if self.offer else []
        return offered(found, self.zone, self.wanted, self.time.chosen)

    @property
    def has_errors(self) -> bool:
        return any(form.errors for form in (self.choice, self.time, self.caller, self.tell))

    def success(self, booked: Booking) -> str:
        when = clock.whole(booked.starts_at, booked.host_zone)
        name, tells = booked.lead.name, self.tell.cleaned_data["tell"]
        told = f"{name} is told by mail." if tells else f"{name} is not told by mail."
        return f"Booked with {booked.calendar.author.name}: {when}. {told}"

    # What is done ---------------------------------------------------------------------

    def book(self, by: User) -> Booking | None:
        """The booking that was made; None if the forms have something to say first."""
        if self.has_errors or not self._is_hosted():
            return None
        call = self._call()
        if call is None or not self._is_fresh():
            return None
        wrote = {**self.caller.answers, "note": call.note, "lead": call.lead and call.lead.pk}
        mark = submission.mark(
            self.token, {**wrote, "offer": call.offer.pk, "start": call.start.isoformat()}
        )
        try:
            return book_on_phone(call, mark=mark, by=by, tell=self.tell.cleaned_data["tell"])
        except SlotTaken:
            host = self.host.author.name if self.host else "Every host"
            self.time.add_error(None, taken(self.time, host))
            return None

    def _call(self) -> Call | None:
        start, answers = self.time.starts_at, self.caller.cleaned_data
        if self.offer is None or start is None:
            return None
        return Call(
            self.offer,
            start=start,
            any_time=self.time.is_other,
            calendar=self.host,
            lead=self.lead,
            answers=self.caller.answers,
            entry=answers.get("entry"),
            language=answers.get("language", ""),
            agreements=self.caller.agreed,
            visitor_zone=answers["visitor_zone"],
            note=answers["message"] if self.lead else "",
        )

    def _is_hosted(self) -> bool:
        if not self.hosts:
            self.choice.add_error(
                "offer", "Nobody hosts this offer yet. Choose hosts on its page."
            )
        elif self.choice.cleaned_data["host"] and not self.host:
            self.choice.add_error("host", "They do not host this offer. Choose somebody else.")
        return self.choice.is_valid()

    def _is_fresh(self) -> bool:
        try:
            submission.age(self.token)
        except submission.FormExpired:
            self.token = submission.issue()
            self.time.add_error(None, "This form was open for a day. Please send it once more.")
            return False
        return True


def _lead(request: HttpRequest) -> Lead | None:
    """The lead that the page is for, for those who see leads. Raises Http404."""
    text = request.POST.get("lead") or request.GET.get("lead")
    if not text:
        return None
    if not request.user.has_perm("leads.view_lead"):
        raise PermissionDenied
    return get_object_or_404(Lead.objects.select_related("offer"), pk=key_of(text))


def _offer_of(lead: Lead | None) -> int | None:
    return lead.offer_id if lead else None


def _chosen(offers: Any, key: object) -> Offer | None:
    """The offer with `key`; without one that is active, the first of all: the default."""
    wanted = key_of(str(key or ""))
    return (offers.filter(pk=wanted).first() if wanted else None) or offers.first()
