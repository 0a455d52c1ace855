from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import site
from config.http import form_page, public_page
from leads import origin, submission
from leads.forms import ConsultationForm
from leads.models import Offer
from leads.requesting import Request, request_consultation


# The form acts for nobody who is logged in, so there is no authority to forge; its own signed
# token takes the place of Django's, which would need a cookie.
@csrf_exempt
@form_page
@require_http_methods(["GET", "HEAD", "POST"])
def consultation(request: HttpRequest, slug: str = "") -> HttpResponse:
    offer = _offer(slug)
    consent_text = site.current().consent_text
    if request.method != "POST":
        source = origin.clean_path(request.GET.get("from", ""))
        form = ConsultationForm(
            initial={"token": submission.issue(), "source": source}, consent_text=consent_text
        )
        return _form(request, form, offer=offer, source=source)
    form = ConsultationForm(request.POST, consent_text=consent_text)
    source = origin.clean_path(request.POST.get("source", ""))
    if not form.is_valid():
        return _form(request, form, offer=offer, source=source, status=422)
    asked = Request(
        form.answers,
        consent_text=form.cleaned_data["consent_shown"],
        language=get_language(),
        entry=origin.entry_at(source),
        source_path=source,
        is_suspect=form.looks_automatic,
    )
    mark = submission.mark(form.cleaned_data["token"], form.answers)
    request_consultation(asked, offer=offer, mark=mark)
    return redirect("leads:thanks")


@public_page
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "leads/thanks.html")


def _offer(slug: str) -> Offer | None:
    """The offer at this address; without slug the default, None while there is none."""
    offers = Offer.objects.active()
    return get_object_or_404(offers, slug=slug) if slug else offers.filter(is_default=True).first()


def _form(
    request: HttpRequest,
    form: ConsultationForm,
    *,
    offer: Offer | None,
    source: str,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "offer": offer, "entry": origin.entry_at(source)}
    return render(request, "leads/consultation.html", context, status=status)
