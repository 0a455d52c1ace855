"""Answers at addresses without a page of their own: moved, gone, or better elsewhere."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import get_language, override

from glossary import reading, topics
from glossary.models import Entry, OldPath

NUMBERED = ("p", "page_id")
"""How WordPress addresses a post by its number: /?p=12."""


def moved_or_gone(
    request: HttpRequest, slug: str, *, route: str = "glossary:entry"
) -> HttpResponse:
    """Answer an address without a live entry: where it moved, that it is gone, or Http404."""
    language = get_language()
    entry = reading.entry_called(slug, language=language)
    if entry:
        with override(entry.language):
            return redirect(reverse(route, args=[entry.slug]), permanent=True)
    if reading.is_gone(slug, language=language):
        return render(request, "glossary/entry_gone.html", status=410)
    raise Http404(slug)


def moved_or_gone_topic(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer a topic's address without a page in this language, as for entries."""
    language = get_language()
    if topic := topics.moved(slug, language=language):
        return redirect(topic, permanent=True)
    if topics.is_gone(slug, language=language):
        return render(request, "glossary/topic_gone.html", status=410)
    raise Http404(slug)


def from_former_site(request: HttpRequest) -> HttpResponse | None:
    """Answer an address of the site before this one: moved, gone, or None for not known.

    Only for addresses without a page: a live one always wins. At most three queries.
    """
    path = request.path_info.rstrip("/")
    given = {name: request.GET.get(name, "") for name in NUMBERED}
    numbers = [f"{path}/?{name}={said}" for name, said in given.items() if said.isdecimal()]
    paths = [each for each in (*numbers, path) if "\0" not in each]
    # A number says more than the page it stands on.
    known = OldPath.objects.filter(path__in=paths).select_related("topic")
    for old in sorted(known, key=lambda each: each.path == path):
        if old.topic:
            return redirect(old.topic.get_absolute_url(), permanent=True)
        if entry := Entry.objects.published().for_lists().filter(old_paths=old).first():
            return redirect(entry.get_absolute_url(), permanent=True)
        if Entry.objects.withdrawn().filter(old_paths=old).exists():
            return render(request, "glossary/entry_gone.html", status=410)
    return None


def prefer_twin(request: HttpRequest, slug: str) -> HttpResponse:
    """Send a program that asked for Markdown to the entry's twin, in one step.

    Only this answer depends on what was asked for, so only it varies and is
    kept by nobody; the page itself stays the same bytes for everyone.
    """
    language = get_language()
    public = Entry.objects.published().in_language(language).for_lists()
    entry = public.filter(slug=slug).first() or reading.entry_called(slug, language=language)
    if entry is None:
        return moved_or_gone(request, slug)
    with override(entry.language):
        twin = reverse("glossary:entry_markdown", args=[entry.slug])
    response = HttpResponse(status=303, headers={"Location": twin})
    patch_vary_headers(response, ["Accept"])
    add_never_cache_headers(response)
    return response
