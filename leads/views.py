from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.http import public_page
from leads import asking_views, choosing_views
from leads.forms import BookingForm
from leads.models import Offer


# The forms act for nobody who is logged in, so there is no authority to forge; their own signed
# token takes the place of Django's, which would need a cookie.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Free times where the offer has any, else the form for a request."""
    meant = _meant(request.POST.get("offer", ""))
    offer = meant or _offer(slug, is_sent=request.method == "POST")
    if offer is None:
        return asking_views.ask(request, offer)
    if request.method != "POST":
        return choosing_views.choose(request, offer)
    is_booking = BookingForm.was_sent(request.POST)
    return choosing_views.book(request, offer) if is_booking else asking_views.ask(request, offer)


@public_page
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "leads/thanks.html")


def _meant(slug: str) -> Offer | None:
    """The offer that a form was shown for, whichever this address shows when it is sent."""
    return Offer.objects.filter(slug=slug).first() if slug and slug.isprintable() else None


def _offer(slug: str, *, is_sent: bool) -> Offer | None:
    """The offer at this address; without slug the default, None while there is none.

    A form that was sent is taken although its offer ended while it was open.
    """
    offers = Offer.objects.all() if is_sent else Offer.objects.active()
    return get_object_or_404(offers, slug=slug) if slug else offers.filter(is_default=True).first()
