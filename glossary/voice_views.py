"""Forms of readers: was this helpful, and which term is missing.

They act for nobody who is logged in, so there is no authority to forge, and
need no cookie; what comes from another site's page is turned away.
"""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config import limits
from config.http import form_page, public_page
from glossary import reading, voices
from glossary.forms import SentenceForm, SuggestionForm
from glossary.models import Entry

View = Callable[..., HttpResponse]
DAY = timedelta(days=1)
MOST_OF_NETWORK = 60
"""Votes, and suggestions, of one network that are kept of a day: two school classes give no more,
and an entry, or the site, takes several times as many of all its readers."""


def reader_form(view: View) -> View:
    """A form page that readers send from our own pages. Raises PermissionDenied for others."""

    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        origin = request.headers.get("Sec-Fetch-Site", "same-origin")
        if request.method == "POST" and origin not in ("same-origin", "none"):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return csrf_exempt(form_page(require_http_methods(["GET", "HEAD", "POST"])(checked)))


@reader_form
def helpful(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep “yes” or “no”, then ask for a sentence; the page has the first step's buttons."""
    public = Entry.objects.published().for_lists().in_language(get_language())
    # A page left open may still have the address of yesterday.
    moved = reading.entry_called(slug, language=get_language())
    entry = public.filter(slug=slug).first() or moved
    if entry is None:
        raise Http404(slug)
    if request.method == "POST" and request.POST.get("helpful") in ("yes", "no"):
        is_helpful = request.POST["helpful"] == "yes"
        said = "" if _floods(request, "vote") else voices.vote(entry, is_helpful=is_helpful)
        if not said:
            return redirect("glossary:thanks")
        here = reverse("glossary:helpful", args=[slug])
        return redirect(f"{here}?{urlencode({'said': said})}", permanent=False)
    if request.method != "POST":
        form = SentenceForm(initial={"said": request.GET.get("said", "")})
        context = {"entry": entry, "form": form, "is_asking": bool(request.GET.get("said"))}
        return render(request, "glossary/helpful.html", context)
    form = SentenceForm(request.POST)
    if not form.is_valid():
        context = {"entry": entry, "form": form, "is_asking": True}
        return render(request, "glossary/helpful.html", context, status=422)
    if not form.looks_automatic:
        voices.add_sentence(form.cleaned_data["said"], form.cleaned_data["sentence"])
    return redirect("glossary:thanks")


@reader_form
def suggest_term(request: HttpRequest) -> HttpResponse:
    """Keep a term that somebody misses, or lead to the entry that there is about it."""
    if request.method != "POST":
        form = SuggestionForm(initial={"term": request.GET.get("term", "")[:150]})
        return render(request, "glossary/suggest_term.html", {"form": form})
    form = SuggestionForm(request.POST)
    if not form.is_valid():
        return render(request, "glossary/suggest_term.html", {"form": form}, status=422)
    said, language = form.cleaned_data, get_language()
    known = reading.entry_named(said["term"], language=language)
    if known:
        return redirect(known)
    if not form.looks_automatic and not _floods(request, "suggestion"):
        voices.suggest(said["term"], note=said["note"], language=language, email=said["email"])
    return redirect("glossary:thanks")


def _floods(request: HttpRequest, kind: str) -> bool:
    """Count one more `kind` of the network; whether that is more than is kept."""
    return limits.hit_by(request, f"glossary.{kind}", window=DAY) > MOST_OF_NETWORK


@public_page
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "glossary/thanks.html")
