"""Choosing a time and booking it: days, times, a short form, in this order.

Each step is a page at an address that holds what was chosen, so that it needs
no script and no cookie; the last one books.
"""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control

from config.http import form_page
from leads import availability, choosing, links, origin, puzzles, schedules, submission
from leads.asking_views import ask, asked, asked_from, has_parameters
from leads.booking import SlotTaken, TooManyBookings
from leads.choosing import Address, VisitorZone
from leads.forms import BookingForm
from leads.models import Calendar, Offer
from leads.puzzles import OneMoreStep
from leads.requesting import request_booking

NO_TIME = "none"
"""What an address says as its time when none of those suits."""


def choose(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Show what the address asks for: days and times, the form for one, or for a request."""
    if offer.is_paused:
        no_times = _("No times can be booked at the moment.")
        return ask(request, offer, note=offer.pause_message or no_times)
    now = timezone.now()
    calendars = _open_calendars(offer, now)
    if not calendars:
        return ask(request, offer)
    visitor = choosing.zone_for(request.GET.get("zone", ""), default=calendars[0].zone)
    source, initial = asked_from(request, offer)
    kept = {"from": source, "via": initial["via"], "arrival": initial["arrival"]}
    address = Address(request.path, {"zone": visitor.key, **kept})
    time = request.GET.get("time", "")
    if time == NO_TIME:
        return ask(request, offer, times_url=address.at())
    start = choosing.start_of(time)
    hosts = _free_at(start, calendars, offer, now) if start else []
    if start and hosts:
        return _new_form(request, offer, start, hosts, visitor, address, initial)
    return _times(request, offer, calendars, visitor, address, was_taken=bool(time), now=now)


@form_page
def book(request: HttpRequest, offer: Offer) -> HttpResponse:
    """Hold the time for whoever sent the form; one form books once."""
    source = origin.clean_path(request.POST.get("source", ""))
    form = BookingForm(request.POST)
    start = choosing.start_of(request.POST.get("start", ""))
    if not form.is_valid():
        return _form_again(request, offer, form, start, source)
    mark = submission.form_mark(form.cleaned_data["token"])
    try:
        booking = request_booking(
            asked(request, form, source, offer, mark=mark),
            offer=offer,
            start=form.cleaned_data["start"],
            visitor_zone=form.cleaned_data["zone"],
            mark=mark,
        )
    except TooManyBookings:
        # Nobody is told what an address has booked; its mails say that the request arrived.
        return _see(reverse("leads:thanks"))
    except OneMoreStep:
        form.ask_one_more_step()
        return _form_again(request, offer, form, start, source)
    except SlotTaken:
        return _form_again(request, offer, form, start, source, is_kept=True)
    if booking is None:
        return _see(reverse("leads:thanks"))
    return _see(reverse("leads:booking", args=[links.token_of(booking)]))


@form_page
def _times(
    request: HttpRequest,
    offer: Offer,
    calendars: list[Calendar],
    visitor: VisitorZone,
    address: Address,
    *,
    was_taken: bool,
    now: datetime,
) -> HttpResponse:
    times = schedules.times(calendars, offer, now=now)
    if not times:
        return ask(request, offer, note=_("All times are taken at the moment."))
    day = request.GET.get("day", "")
    context = {
        **_around(request, offer, calendars, address.kept["from"]),
        "choice": choosing.choice(times, zone=visitor.zone, day=day, address=address),
        "visitor": visitor,
        "address": address,
        "was_taken": was_taken,
        "no_time_url": address.at(time=NO_TIME),
    }
    return render(request, "leads/times.html", context)


# Whoever comes back to the form finds it as they left it, with the token that books once.
@cache_control(private=True, no_cache=True)
def _new_form(
    request: HttpRequest,
    offer: Offer,
    start: datetime,
    hosts: list[Calendar],
    visitor: VisitorZone,
    address: Address,
    initial: dict[str, str],
) -> HttpResponse:
    form = BookingForm(initial=initial)
    context = {
        **_around(request, offer, hosts, address.kept["from"]),
        **_chosen(start, hosts, visitor, address),
        "form": form,
        "puzzle": puzzles.offered(request, initial["token"]),
    }
    return render(request, "leads/book.html", context)


def _form_again(
    request: HttpRequest,
    offer: Offer,
    form: BookingForm,
    start: datetime | None,
    source: str,
    *,
    is_kept: bool = False,
) -> HttpResponse:
    """The form with what was written; if the time has gone, with others to take in one click.

    `is_kept` says that the request was stored, although it got no time.
    """
    now = timezone.now()
    calendars = _open_calendars(offer, now)
    hosts = _free_at(start, calendars, offer, now) if start and not is_kept else []
    default = calendars[0].zone if calendars else choosing.UTC_ZONE
    visitor = choosing.zone_for(request.POST.get("zone", ""), default=default)
    via = origin.signed_via(request.POST.get("via", ""), source, offer)
    kept = {"from": source, "via": via, "arrival": form.way.text}
    address = Address(request.path, {"zone": visitor.key, **kept})
    context = {
        **_around(request, offer, hosts or calendars, source),
        "form": form,
        "puzzle": puzzles.offered(
            request, form["token"].value(), is_needed=form.needs_one_more_step
        ),
    }
    if start and hosts:
        context |= _chosen(start, hosts, visitor, address)
    else:
        times = choosing.near(schedules.times(calendars, offer, now=now), start or now)
        context |= {
            "fresh": choosing.days(times, zone=visitor.zone, address=address),
            "start_text": choosing.text_of(start) if start else "",
            "visitor": visitor,
            "times_url": address.at(),
            "is_kept": is_kept,
        }
    was_lost = is_kept and start is not None
    return render(request, "leads/book.html", context, status=409 if was_lost else 422)


def _around(
    request: HttpRequest, offer: Offer, calendars: list[Calendar], source: str
) -> dict[str, object]:
    """What every step shows of the offer and of where the visitor came from."""
    return {
        "offer": offer,
        "duration": choosing.duration(offer.duration),
        "hosts": [calendar.author for calendar in calendars],
        "entry": origin.entry_at(source),
        "is_variant": has_parameters(request),
    }


def _chosen(
    start: datetime, hosts: list[Calendar], visitor: VisitorZone, address: Address
) -> dict[str, object]:
    """The chosen time as the visitor and the hosts see it, and the way back."""
    host_zones = {host.time_zone: host.zone for host in hosts}
    return {
        "start": start,
        "start_text": choosing.text_of(start),
        "visitor": visitor,
        "host_zones": [z for name, z in host_zones.items() if name != visitor.zone.key],
        "times_url": address.at(day=choosing.day_text(start, visitor.zone)),
    }


def _open_calendars(offer: Offer, now: datetime) -> list[Calendar]:
    return [each for each in schedules.calendars_of(offer) if each.knows_plans(now)]


def _free_at(
    start: datetime, calendars: list[Calendar], offer: Offer, now: datetime
) -> list[Calendar]:
    """Those of `calendars` that have `start`; three queries."""
    found = schedules.of(calendars, offer, first=start, last=start, now=now)
    return [
        calendar
        for calendar, schedule in found.items()
        if availability.is_offered(schedule, offer.rules, start, now)
    ]


def _see(url: str) -> HttpResponse:
    """Send on to `url` by GET, whatever the method was (RFC 9110 §15.4.4)."""
    return HttpResponseRedirect(url, status=303)
