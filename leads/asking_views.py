"""The form for a request without a slot."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from config.http import form_page
from leads import arrival, origin, puzzles, submission, suspicion
from leads.forms import ConsultationForm, ContactForm
from leads.models import Offer
from leads.puzzles import OneMoreStep
from leads.requesting import Request, request_consultation


@form_page
def ask(
    request: HttpRequest, offer: Offer | None, *, note: str = "", times_url: str = ""
) -> HttpResponse:
    """Show the form, or keep what was sent. `note` says why no time is shown."""
    if request.method != "POST":
        source, initial = asked_from(request, offer)
        form = ConsultationForm(initial=initial)
        return _form(request, form, offer, source=source, note=note, times_url=times_url)
    form = ConsultationForm(request.POST)
    source = origin.clean_path(request.POST.get("source", ""))
    if not form.is_valid():
        return _form(request, form, offer, source=source, status=422)
    mark = submission.mark(form.cleaned_data["token"], form.answers)
    try:
        wanted = asked(request, form, source, offer, mark=mark)
    except OneMoreStep:
        form.ask_one_more_step()
        return _form(request, form, offer, source=source, status=422)
    request_consultation(wanted, offer=offer, mark=mark)
    return redirect("leads:thanks")


def asked_from(request: HttpRequest, offer: Offer | None) -> tuple[str, dict[str, str]]:
    """Return the page that the address names, and what a fresh form holds beside its answers."""
    source = origin.clean_path(request.GET.get("from", ""))
    return source, {
        "token": submission.issue(),
        "source": source,
        "via": origin.signed_via(request.GET.get("via", ""), source, offer),
        "arrival": arrival.first_seen(request).text,
    }


def asked(
    request: HttpRequest, form: ContactForm, source: str, offer: Offer | None, *, mark: str
) -> Request:
    """Return what was sent by a valid form, and what to think of it. Raises OneMoreStep."""
    position = origin.position_of(form.cleaned_data["via"] or "", source, offer)
    verdict = suspicion.of(request, form, mark=mark)
    return Request(
        form.answers,
        agreements=form.agreements,
        language=get_language() or "",
        page=request.path,
        entry=origin.entry_at(source),
        source_path=source,
        trail=replace(form.trail, position=position),
        suspicion=verdict.suspicion,
        solution=verdict.solution,
    )


def has_parameters(request: HttpRequest) -> bool:
    """Return whether search engines should leave this address alone.

    They run scripts, and come to the first page with the zone they pretend to
    be in; that one they may keep, under its canonical address.
    """
    return bool(set(request.GET) - {"zone"})


def _form(
    request: HttpRequest,
    form: ConsultationForm,
    offer: Offer | None,
    *,
    source: str,
    note: str = "",
    times_url: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "offer": offer,
        "entry": origin.entry_at(source),
        "note": note,
        "times_url": times_url,
        "is_variant": has_parameters(request),
        "puzzle": puzzles.offered(
            request, form["token"].value(), is_needed=form.needs_one_more_step
        ),
    }
    return render(request, "leads/consultation.html", context, status=status)
