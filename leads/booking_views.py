"""A booking at its secret address: what was agreed, cancel it, verify an address."""

from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from leads import booking as verbs
from leads import booking_page, links, secret_pages
from leads.booking import NotPossible, SlotTaken, TooLate
from leads.booking_forms import CancelForm
from leads.models import Booking
from leads.secret_pages import View

MOVED = "moved"


def secret_page(view: View) -> View:
    """Give `view` the booking whose secret is in the address; all others get one same page."""

    @wraps(view)
    def found(request: HttpRequest, token: str, **parts: str) -> HttpResponse:
        booking = links.booking_at(token)
        return view(request, booking, token, **parts) if booking else missing(request)

    return secret_pages.guarded(found)


@secret_page
@require_safe
def booking(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    return shown(request, booking, token, has_moved=request.GET.get("done") == MOVED)


@secret_page
def booking_cancel(request: HttpRequest, booking: Booking, token: str) -> HttpResponse:
    form = CancelForm(request.POST if request.method == "POST" else None)
    if not form.is_bound and not booking_page.can_change(booking):
        return redirect("leads:booking", token)
    if not form.is_valid():
        context = {"booking": booking, "token": token, "form": form}
        return page(request, "cancel", context, status=422 if form.is_bound else 200)
    try:
        verbs.cancel(booking, reason=form.cleaned_data["reason"])
    except TooLate:
        return late(request, token)
    except SlotTaken:
        return busy(request, token)
    except NotPossible:
        pass  # the page says what it is now
    return redirect("leads:booking", token)


@secret_page
def booking_verify(request: HttpRequest, booking: Booking, token: str, code: str) -> HttpResponse:
    if not links.verifies(booking, code):
        return missing(request)
    if request.method == "POST":
        try:
            verbs.verify(booking)
        except SlotTaken:
            return busy(request, token)
        except NotPossible:
            pass  # the page says what it is now
    elif booking_page.standing(booking) == Booking.State.UNVERIFIED:
        return page(request, "verify", booking_page.told(booking) | {"token": token})
    return redirect("leads:booking", token)


# Answers ----------------------------------------------------------------------------------


def missing(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing, in the same words whatever was asked for."""
    return page(request, "missing", {}, status=404)


def late(request: HttpRequest, token: str) -> HttpResponse:
    """Say that nothing was changed, and who can still help."""
    return _unchanged(request, token, was_late=True)


def busy(request: HttpRequest, token: str) -> HttpResponse:
    """Say that nothing was changed, since others had the calendar for too long."""
    return _unchanged(request, token, was_busy=True)


def _unchanged(request: HttpRequest, token: str, **said: bool) -> HttpResponse:
    # The verb has laid hands on the row that it gave up to change.
    booking = links.booking_at(token)
    return shown(request, booking, token, status=409, **said) if booking else missing(request)


def shown(
    request: HttpRequest, booking: Booking, token: str, *, status: int = 200, **said: bool
) -> HttpResponse:
    context = booking_page.told(booking) | {"token": token} | said
    return page(request, "booking", context, status=status)


def page(
    request: HttpRequest, name: str, context: dict[str, object], *, status: int = 200
) -> HttpResponse:
    return secret_pages.page(request, f"leads/booking/{name}.html", context, status=status)
