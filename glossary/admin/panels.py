"""What the panels beside an entry's form ask for: findings, the social card, links."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from config import site
from glossary import cards, edits, link_review, permissions, revisions
from glossary.checks import facts, panel
from glossary.models import CaseRule, Entry
from glossary.would_link import would_link

View = Callable[..., HttpResponse]

ENDED = "Your session has ended. Log in again in another tab; your text stays in the field."
NOT_YOURS = "You do not have the permission to write entries."
NOT_LIVE = "Readers see this page: its links are decided by those who may publish."
NOT_EVERYWHERE = "Links in all texts are decided by those who may publish."
DECISIONS = {"accept": True, "never": False, "undo": None}
EVERYWHERE = {"never-anywhere": False, "anywhere": True}


def for_writers(*methods: str) -> Callable[[View], View]:
    """Let a view answer, by these methods, staff who may write entries; others get a sentence."""

    def guard(view: View) -> View:
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user = request.user
            if not (user.is_active and user.is_staff):
                return _refusal(ENDED, status=403)
            if not (user.has_perm("glossary.add_entry") or user.has_perm("glossary.change_entry")):
                return _refusal(NOT_YOURS, status=403)
            if request.method not in methods:
                return _refusal("This address only answers the editor.", status=405)
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return guarded

    return guard


@for_writers("POST")
def checks(request: HttpRequest) -> HttpResponse:
    """Answer the entry's form, as it stands in the browser, with the panel about it."""
    try:
        draft = panel.draft_of(request.POST)
    except ValueError as error:
        return _refusal(str(error), status=400)
    own = panel.entry_of(request.POST)
    return HttpResponse(panel.panel(draft, facts.gather(draft, own=own)))


@for_writers("GET")
def card(request: HttpRequest) -> HttpResponse:
    """Draw the social card of a heading; kept by this browser for a while, and by nobody else."""
    language = request.GET.get("language", "")
    if language not in dict(settings.LANGUAGES):
        language = site.current().language
    title = panel.said(request.GET, "title")[: panel.LONGEST_TITLE]
    response = HttpResponse(cards.preview(title, language=language), content_type="image/png")
    response.headers["Cache-Control"] = "private, max-age=600"
    return response


@for_writers("GET")
def name_uses(request: HttpRequest) -> HttpResponse:
    """Say which published texts use ?name= and would link it."""
    language, rule = request.GET.get("language", ""), request.GET.get("case_rule", "")
    if language not in dict(settings.LANGUAGES):
        language = site.current().language
    found = would_link(
        panel.said(request.GET, "name"),
        language=language,
        case_rule=rule if rule in CaseRule.values else CaseRule.AUTO,
        entry=panel.entry_of(request.GET),
    )
    return render(request, "admin/glossary/checks/_would_link.html", {"found": found})


@for_writers("GET", "POST")
def links(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the automatic links of an entry's newest text; by POST, take a decision on one.

    The page itself works without a script; with ?part=1 it is the part that
    the panel shows.
    """
    user, may_publish = request.user, permissions.may(request.user, "publish")
    if not permissions.may(user, "save_draft"):
        return _refusal(NOT_YOURS, status=403)
    entry = get_object_or_404(Entry.objects.select_related("draft"), pk=pk)
    is_part, may_decide = "part" in request.GET, edits.may_edit(user, entry)
    if request.method == "POST":
        decided = request.POST.get("decide", "")
        if decided.partition(":")[0] in EVERYWHERE and not may_publish:
            return _refusal(NOT_EVERYWHERE, status=403)
        if not may_decide:
            # The next rendering, whatever it is for, would show it to readers.
            return _refusal(NOT_LIVE, status=403)
        _decide(entry, decided, by=user)
        if not is_part:
            return redirect("entry_links", pk=pk)
    found = link_review.links_of(revisions.newest(entry), entry)
    context = {
        "entry": entry,
        "made": [link for link in found if link.passed is None],
        "passed": [link for link in found if link.passed is not None],
        "may_publish": may_publish,
        "may_decide": may_decide,
    }
    if is_part:
        return render(request, "admin/glossary/checks/_links.html", context)
    around = admin.site.each_context(request)
    return render(request, "admin/glossary/checks/links.html", around | context)


def _decide(entry: Entry, decided: str, *, by: Any) -> None:
    """Do what a button says: "never:12" is no link to entry 12 in this text. Raises Http404."""
    verb, _, key = decided.partition(":")
    if verb not in DECISIONS | EVERYWHERE or not (key.isascii() and key.isdigit()):
        raise Http404
    target = get_object_or_404(Entry.objects.exclude(pk=entry.pk), pk=int(key[:18]))
    if verb in EVERYWHERE:
        link_review.link_everywhere(target, is_wanted=EVERYWHERE[verb], by=by)
        return
    link_review.decide(
        entry,
        target=target,
        is_wanted=DECISIONS[verb],
        by=by,
        shows=permissions.may(by, "publish"),
    )


def _refusal(sentence: str, *, status: int) -> HttpResponse:
    response = HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
