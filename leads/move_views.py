"""A booking's page for another time: days, their times, then a button that says the new one."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from config import zones
from leads import booking as verbs
from leads import booking_page, choosing, schedules
from leads.booking import NotPossible, SlotTaken, TooLate
from leads.booking_views import MOVED, late, page, secret_page
from leads.models import Booking


@secret_page
def booking_move(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    if request.method == "POST":
        return _move(request, booking, token)
    if not booking_page.can_change(booking):
        return redirect("leads:booking", token)
    start = choosing.start_of(request.GET.get("time", ""))
    return _times(request, booking, token, start=start, is_lost="time" in request.GET)


def _move(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    start = choosing.start_of(request.POST.get("time", ""))
    zone = zones.find(request.POST.get("zone", ""))
    try:
        verbs.move(booking, start=start or choosing.NEVER, visitor_zone=zone.key if zone else "")
    except SlotTaken:
        # The verb has laid hands on the row that it gave up to change.
        booking.refresh_from_db()
        return _times(request, booking, token, lost=start, is_lost=True, status=409)
    except TooLate:
        return late(request, token)
    except NotPossible:
        return redirect("leads:booking", token)  # which says what it is now
    return redirect(f"{reverse('leads:booking', args=[token])}?done={MOVED}", permanent=False)


def _times(
    request: HttpRequest,
    booking: Booking,
    token: str,
    *,
    start: datetime | None = None,
    lost: datetime | None = None,
    is_lost: bool = False,
    status: int = 200,
) -> HttpResponse:
    """Show the free times, or `start` alone where it is one of them."""
    given = request.POST if request.method == "POST" else request.GET
    visitor = choosing.zone_for(
        given.get("zone", "") or booking.visitor_zone, default=booking.host_zone
    )
    address = choosing.Address(reverse("leads:booking_move", args=[token]), {"zone": visitor.key})
    free = schedules.times([booking.calendar], booking.offer, without=booking)
    times = [each for each in free if each != booking.starts_at]
    day = given.get("day", "")
    if wanted := start or lost:
        day = choosing.day_text(wanted, visitor.zone)
    context = {
        "booking": booking,
        "token": token,
        "visitor": visitor,
        "address": address,
        "choice": times and choosing.choice(times, zone=visitor.zone, day=day, address=address),
        "chosen": start if start in times else None,
        "chosen_text": choosing.text_of(start) if start else "",
        "back_url": address.at(day=day),
        "is_lost": is_lost and start not in times,
        "asks_again": booking.offer.confirms_by_hand and booking.is_confirmed,
    }
    return page(request, "move", context, status=status)
