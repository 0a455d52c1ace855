"""A booking at its secret address: what was agreed, move it, cancel it, verify an address.

Programs open the links of mails before people do, so that GET and HEAD change
nothing; each change is a button. The secret in the address is all the
authority there is and nobody is logged in, so no other token is needed.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import wraps

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from config import site
from config.http import form_page
from leads import booking as verbs
from leads import booking_page, calendar_links, links, schedules
from leads.booking import NotPossible, SlotTaken, TooLate
from leads.models import Booking

View = Callable[..., HttpResponse]
LONGEST_REASON = 500


class CancelForm(forms.Form):
    """Why somebody cancels, if they like to say."""

    reason = forms.CharField(
        label=_("Why do you cancel?"),
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("Please say it in 500 characters at most.")},
    )


def secret_page(view: View) -> View:
    """Give `view` the booking whose secret is in the address; all others get one same page.

    No copy is kept, no search engine lists it, and no link on it tells another
    site its address.
    """

    @wraps(view)
    def found(request: HttpRequest, token: str, **parts: str) -> HttpResponse:
        booking = links.booking_at(token)
        response = view(request, booking, token, **parts) if booking else missing(request)
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return csrf_exempt(form_page(found))


def missing(request: HttpRequest) -> HttpResponse:
    return _page(request, "missing", {}, status=404)


@secret_page
@require_safe
def booking(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    return _booking(request, booking, token)


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_move(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    now = timezone.now()
    if not booking_page.can_change(booking, now) and request.method != "POST":
        return redirect("leads:booking", token)
    if request.method != "POST":
        return _times(request, booking, token, chosen=_moment(request.GET.get("time", "")))
    start = _moment(request.POST.get("start", ""))
    if start is None:
        return _times(request, booking, token, status=422)
    try:
        verbs.move(booking, start=start, now=now)
    except SlotTaken:
        return _times(request, booking, token, was_taken=start, status=409)
    except TooLate:
        return _booking(request, booking, token, was_late=True, status=409)
    except NotPossible:
        pass  # the page says what it is now
    return redirect("leads:booking", token)


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_cancel(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    if request.method != "POST":
        if not booking_page.can_change(booking):
            return redirect("leads:booking", token)
        return _page(request, "cancel", {"booking": booking, "token": token, "form": CancelForm()})
    form = CancelForm(request.POST)
    if not form.is_valid():
        context = {"booking": booking, "token": token, "form": form}
        return _page(request, "cancel", context, status=422)
    try:
        verbs.cancel(booking, reason=form.cleaned_data["reason"])
    except TooLate:
        return _booking(request, booking, token, was_late=True, status=409)
    except NotPossible:
        pass  # the page says what it is now
    return redirect("leads:booking", token)


@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def booking_verify(request: HttpRequest, booking: Booking, token: str, code: str) -> HttpResponse:
    if not links.verifies(booking, code):
        return missing(request)
    if request.method != "POST":
        if booking_page.standing(booking) != Booking.State.UNVERIFIED:
            return redirect("leads:booking", token)
        return _page(request, "verify", {"booking": booking, "token": token})
    with suppress(NotPossible):  # the page says what it is now
        verbs.verify(booking)
    return redirect("leads:booking", token)


def _booking(
    request: HttpRequest,
    booking: Booking,
    token: str,
    *,
    was_late: bool = False,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    standing = booking_page.standing(booking, now)
    is_confirmed = standing == Booking.State.CONFIRMED
    place = " ".join(booking.offer.place.split())
    event = (booking.offer.name, booking.starts_at, booking.ends_at)
    context = {
        "booking": booking,
        "token": token,
        "standing": standing,
        "is_ahead": booking_page.is_ahead(booking, now),
        "can_change": booking_page.can_change(booking, now),
        "changes_until": booking_page.changes_until(booking),
        "was_late": was_late,
        "google_url": calendar_links.google(*event, place=place) if is_confirmed else "",
        "outlook_url": calendar_links.outlook(*event, place=place) if is_confirmed else "",
    }
    return _page(request, "booking", context, status=status)


def _times(
    request: HttpRequest,
    booking: Booking,
    token: str,
    *,
    chosen: datetime | None = None,
    was_taken: datetime | None = None,
    status: int = 200,
) -> HttpResponse:
    times = schedules.times([booking.calendar], booking.offer, without=booking)
    context = {
        "booking": booking,
        "token": token,
        "zone": booking.shown_zone,
        "times": times,
        "chosen": chosen if chosen in times else None,
        "was_taken": was_taken,
    }
    return _page(request, "move", context, status=status)


def _page(
    request: HttpRequest, name: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    # What programs read in the head of the page must not hold its address.
    address = site.absolute(reverse("leads:consultation"))
    context = {**context, "canonical_url": address}
    return render(request, f"leads/booking/{name}.html", context, status=status)


def _moment(text: str) -> datetime | None:
    """Return the moment that an address or a form names; None for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
