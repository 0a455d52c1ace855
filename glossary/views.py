from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config import seo, site
from config.addresses import address_of
from config.alphabet import rail
from config.http import public_page
from config.keyset import PARAMETERS, page_of
from glossary import cards, freshness, guides, jsonld, page_stamps, reading, twins
from glossary.citing import citation
from glossary.models import Entry, EntryQuerySet, EntryTopic, Topic
from glossary.models.orders import MOST_COUNTED
from glossary.moves import moved_or_gone, moved_or_gone_topic, prefer_twin
from glossary.page_stamps import LISTS
from glossary.sentences import Sentence

ENTRIES_PER_PAGE = 120
A_TO_Z = ("sort_key", "pk")
MENTIONS_PER_PAGE = 50


def entries() -> EntryQuerySet:
    """What a list may show in the language of this address."""
    return Entry.objects.published().in_language(get_language()).for_lists()


@public_page(depends=LISTS, parameters=PARAMETERS)
def entry_index(request: HttpRequest) -> HttpResponse:
    settings = site.current()
    index_path = address_of("glossary:index")
    graph = [
        jsonld.defined_term_set(settings, index_path=index_path),
        seo.breadcrumbs([(_("Home"), address_of("home")), (_("Glossary"), index_path)]),
    ]
    context = {
        "letters": rail(entries().letters()),
        "number": entries().number(),
        "most": MOST_COUNTED,
        "page": page_of(request, entries(), size=ENTRIES_PER_PAGE, by=A_TO_Z),
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "glossary/entry_index.html", context)


@public_page(depends=LISTS, parameters=PARAMETERS)
def letter_detail(request: HttpRequest, letter: str) -> HttpResponse:
    letters = entries().letters()
    if letter not in letters:
        if letter.upper() in letters:
            return redirect("glossary:letter", letter.upper(), permanent=True)
        raise Http404
    page = page_of(request, entries().under(letter), size=ENTRIES_PER_PAGE, by=A_TO_Z)
    trail = [
        (_("Home"), address_of("home")),
        (_("Glossary"), address_of("glossary:index")),
        (letter, reverse("glossary:letter", args=[letter])),
    ]
    context = {
        "letter": letter,
        "letters": rail(letters),
        "page": page,
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/letter_detail.html", context)


@require_safe
def entry_detail(request: HttpRequest, slug: str) -> HttpResponse:
    if twins.wants_markdown(request):
        return prefer_twin(request, slug)
    return entry_page(request, slug)


@public_page
def entry_page(request: HttpRequest, slug: str) -> HttpResponse:
    around = reading.page_of(slug, language=get_language())
    if around is None:
        return moved_or_gone(request, slug)
    entry = around.entry
    page_stamps.depends(request, entry)
    trail = [
        (_("Home"), address_of("home")),
        (_("Glossary"), address_of("glossary:index")),
        (entry.term, entry.get_absolute_url()),
    ]
    # Each shown several times.
    title, description, card_url = entry.title, entry.description, cards.address(entry)
    graph = jsonld.entry_graph(
        entry,
        settings=site.current(),
        index_path=address_of("glossary:index"),
        trail=trail,
        name=title,
        description=description,
        card=card_url,
    )
    context = {
        "entry": entry,
        "title": title,
        "description": description,
        "trail": trail,
        "around": around,
        "overdue_on": freshness.overdue_on(entry),
        "mentions": [Sentence(row) for row in around.mentions[: reading.MOST_MENTIONS]],
        "has_more_mentions": len(around.mentions) > reading.MOST_MENTIONS,
        "changes": [reading.Told.of(row) for row in around.changes],
        "citation": citation(entry),
        "card_url": card_url,
        "json_ld": seo.json_ld(graph),
    }
    return render(request, "glossary/entry_detail.html", context)


@public_page
def entry_card(request: HttpRequest, slug: str) -> HttpResponse:
    """The short definition alone, for the card that links show."""
    public = Entry.objects.published().in_language(get_language()).for_lists()
    entry = public.filter(slug=slug).first()
    if entry is None:
        return moved_or_gone(request, slug, route="glossary:card")
    page_stamps.depends(request, entry)
    response = render(request, "glossary/entry_card.html", {"entry": entry})
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@public_page(parameters=PARAMETERS)
def mention_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All sentences of other entries that use a term."""
    public = Entry.objects.published().in_language(get_language()).for_lists()
    entry = public.filter(slug=slug).first()
    if entry is None:
        return moved_or_gone(request, slug, route="glossary:mentions")
    page_stamps.depends(request, entry)
    mentions = reading.mentions_of(entry)
    page = page_of(request, mentions, size=MENTIONS_PER_PAGE, by=("pk",), named="source__slug")
    trail = [
        (_("Home"), address_of("home")),
        (_("Glossary"), address_of("glossary:index")),
        (entry.term, entry.get_absolute_url()),
        (_("Mentioned in"), request.path),
    ]
    context = {
        "entry": entry,
        "page": page,
        "mentions": [Sentence.of(mention) for mention in page],
        "trail": trail,
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/mention_list.html", context)


@public_page(depends=LISTS)
def topic_list(request: HttpRequest) -> HttpResponse:
    trail = [(_("Home"), address_of("home")), (_("Topics"), address_of("glossary:topics"))]
    context = {
        "topics": Topic.objects.in_use(get_language()).with_numbers(get_language()),
        "most": MOST_COUNTED,
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/topic_list.html", context)


@public_page(depends=LISTS, parameters=PARAMETERS)
def topic_detail(request: HttpRequest, slug: str) -> HttpResponse:
    topic = Topic.objects.in_use(get_language()).filter(slug=slug).first()
    if topic is None:
        return moved_or_gone_topic(request, slug)
    page = page_of(
        request,
        EntryTopic.objects.of(topic).public(get_language()).with_entries(get_language()),
        size=ENTRIES_PER_PAGE,
        by=("sort_key", "content_object_id"),
        named="content_object__slug",
    )
    trail = [
        (_("Home"), address_of("home")),
        (_("Topics"), address_of("glossary:topics")),
        (topic.name, topic.get_absolute_url()),
    ]
    context = {
        "topic": topic,
        "first_entries": guides.first_entries(topic).in_language(get_language()),
        "paths": guides.paths().in_language(get_language()).filter(topic=topic),
        "page": page,
        "entries": [membership.content_object for membership in page],
        "trail": trail,
        "description": seo.description(topic.description, topic.name),
        "json_ld": seo.json_ld([seo.breadcrumbs(trail)]),
    }
    return render(request, "glossary/topic_detail.html", context)
