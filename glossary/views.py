from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config import seo, site
from config.http import page_of, public_page
from glossary import jsonld
from glossary import search as searching
from glossary.models import Entry, EntryQuerySet, OldSlug, Topic

ENTRIES_PER_PAGE = 120
RESULTS_PER_PAGE = 20


def entries() -> EntryQuerySet:
    """What a list may show in the language of this address."""
    return Entry.objects.published().in_language(get_language()).for_lists()


@public_page
def entry_index(request: HttpRequest) -> HttpResponse:
    settings = site.current()
    index_path = reverse("glossary:index")
    graph = [
        jsonld.defined_term_set(settings, index_path=index_path),
        seo.breadcrumbs([(_("Home"), reverse("home")), (_("Glossary"), index_path)]),
    ]
    context = {
        "letters": entries().letters(),
        "page": page_of(request, entries(), size=ENTRIES_PER_PAGE),
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "glossary/entry_index.html", context)


@public_page
def letter_detail(request: HttpRequest, letter: str) -> HttpResponse:
    letters = entries().letters()
    if letter not in letters:
        if letter.upper() in letters:
            return redirect("glossary:letter", letter.upper(), permanent=True)
        raise Http404
    page = page_of(request, entries().under(letter), size=ENTRIES_PER_PAGE)
    trail = [
        (_("Home"), reverse("home")),
        (_("Glossary"), reverse("glossary:index")),
        (letter, reverse("glossary:letter", args=[letter])),
    ]
    context = {
        "letter": letter,
        "letters": letters,
        "page": page,
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/letter_detail.html", context)


@public_page
def entry_detail(request: HttpRequest, slug: str) -> HttpResponse:
    entry = (
        Entry.objects.published().with_people().filter(language=get_language(), slug=slug).first()
    )
    if entry is None:
        return _moved(slug)
    trail = [
        (_("Home"), reverse("home")),
        (_("Glossary"), reverse("glossary:index")),
        (entry.term, entry.get_absolute_url()),
    ]
    graph = jsonld.entry_graph(
        entry, settings=site.current(), index_path=reverse("glossary:index"), trail=trail
    )
    context = {"entry": entry, "trail": trail, "json_ld": seo.json_ld(graph)}
    return render(request, "glossary/entry_detail.html", context)


def _moved(slug: str) -> HttpResponse:
    """Answer an address that an entry once had; raises Http404 for any other."""
    old = OldSlug.objects.filter(language=get_language(), slug=slug).values("entry")
    return redirect(get_object_or_404(Entry.objects.published(), pk__in=old), permanent=True)


@public_page
def topic_list(request: HttpRequest) -> HttpResponse:
    trail = [(_("Home"), reverse("home")), (_("Topics"), reverse("glossary:topics"))]
    context = {
        "topics": Topic.objects.used_by(entries()),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/topic_list.html", context)


@public_page
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    topic = get_object_or_404(Topic.objects.used_by(entries()), slug=slug)
    trail = [
        (_("Home"), reverse("home")),
        (_("Topics"), reverse("glossary:topics")),
        (topic.name, topic.get_absolute_url()),
    ]
    context = {
        "topic": topic,
        "page": page_of(request, entries().about(topic), size=ENTRIES_PER_PAGE),
        "trail": trail,
        "description": seo.description(topic.description, topic.name),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/topic_detail.html", context)


@public_page
def search(request: HttpRequest) -> HttpResponse:
    query = searching.clean(request.GET.get("q", ""))
    found = searching.search(query, language=get_language()) if query else []
    context = {"query": query, "page": page_of(request, found, size=RESULTS_PER_PAGE)}
    return render(request, "glossary/search.html", context)
