"""Searching, suggestions while typing, and the log of what was searched for."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import parse_qs

from django.db.models.functions import Substr
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config import limits, replica
from config.http import page_of, public_page
from glossary import hearing, highlighting, misses, suggesting
from glossary import search as searching
from glossary.forms import SuggestionForm
from glossary.highlighting import Part
from glossary.models import Entry, Topic
from glossary.search import MAX_RESULTS, Found, Result

RESULTS_PER_PAGE = 20
MOST_TOPICS = 12
LONGEST_REPORT = 4096
"""Bytes of a report of a search: 200 characters of any script, percent-encoded."""

DAY = timedelta(days=1)
MOST_OF_NETWORK = 500
"""Searches of one network that are counted of a day: a tenth of the phrases that a day holds, so
that no single program crowds out what all others look for."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A result as its page shows it, what was found marked."""

    result: Result
    term: list[Part]
    text: list[Part]


@public_page(unkept=("q", "topic", "page"))
@replica.may_answer
def search(request: HttpRequest) -> HttpResponse:
    found = searching.search(request.GET.get("q", ""), language=get_language())
    topics = _topics(found)
    topic = _chosen_topic(request.GET.get("topic", ""))
    if topic:
        # Looked for again rather than filtered: more may be about it than a search pages through.
        found = searching.search(found.query, language=get_language(), topic=topic)
    page = page_of(request, found.results, size=RESULTS_PER_PAGE)
    is_heard = bool(found.query) and page.number == 1 and topic is None
    context = {
        "query": found.query,
        "found": found,
        "page": page,
        "shown": _shown(page.object_list, found.units),
        "topics": topics,
        "chosen_topic": topic,
        "near": _near(found) if found.query and not found.keys else [],
        "mark": _mark(found) if is_heard else "",
        "suggestion": SuggestionForm(
            initial={"term": found.query[:150]}, auto_id="page-suggest-%s"
        ),
    }
    return render(request, "glossary/search.html", context)


@public_page(unkept=("q",))
@replica.may_answer
def suggest(request: HttpRequest) -> HttpResponse:
    offered = suggesting.suggestions(request.GET.get("q", ""), language=get_language())
    return JsonResponse({"suggestions": [asdict(each) for each in offered]})


@csrf_exempt
@require_POST
def heard(request: HttpRequest) -> HttpResponse:
    """Count a search that a page of ours reports; anything else is passed over in silence."""
    report = _report(request)
    phrase, results, mark = (report.get(name, "") for name in ("q", "results", "mark"))
    language = get_language()
    if results.isdecimal() and len(results) <= len(str(MAX_RESULTS)):
        count = int(results)
        is_ours = hearing.is_marked(mark, phrase, language=language, results=count)
        if is_ours and limits.hit_by(request, "glossary.search", window=DAY) <= MOST_OF_NETWORK:
            hearing.heard(phrase, language=language, results=count)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def missed(request: HttpRequest) -> HttpResponse:
    """Count an address without an entry that the page which said so reports."""
    report = _report(request)
    slug, mark = report.get("q", ""), report.get("mark", "")
    is_ours = misses.is_marked(mark, slug, language=get_language())
    if is_ours and not misses.is_robot(request.headers.get("User-Agent", "")):
        misses.missed(slug, language=get_language())
    return HttpResponse(status=204)


def _report(request: HttpRequest) -> dict[str, str]:
    """The fields of a short report; {} for any other body."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_REPORT:
            return {}
        fields = parse_qs(request.body.decode(), max_num_fields=8)
    except (ValueError, OSError):
        return {}
    return {name: values[0] for name, values in fields.items()}


def _mark(found: Found) -> str:
    return hearing.mark(found.query, language=get_language(), results=len(found.keys))


def _chosen_topic(slug: str) -> Topic | None:
    """The topic that the address names. Raises Http404 for one that there is not."""
    if not slug:
        return None
    topic = Topic.objects.filter(slug=slug).first() if slug.isprintable() else None
    if topic is None:
        raise Http404
    return topic


def _topics(found: Found) -> list[Topic]:
    """The topics of what was found, those of most entries first. One query."""
    if not found.keys:
        return []
    topics = Topic.objects.used_by(Entry.objects.published().filter(pk__in=found.keys))
    return sorted(topics, key=lambda topic: (-topic.entry_count, topic.name))[:MOST_TOPICS]


def _near(found: Found) -> list[suggesting.Offered]:
    return suggesting.nearest(found.query, language=get_language())


def _shown(results: Iterable[Result], units: list[str]) -> list[Shown]:
    """The results of a page; a query for the texts of those whose definitions say nothing."""
    results = list(results)
    silent = [
        result.entry.pk
        for result in results
        if not highlighting.has_hit(result.entry.short_definition, units)
    ]
    texts: dict[int, str] = {}
    if silent and units:
        beginning = Substr("plain_text", 1, highlighting.LOOKED_AT)
        public = Entry.objects.published().filter(pk__in=silent).order_by()
        texts = dict(public.annotate(beginning=beginning).values_list("pk", "beginning"))
    return [
        Shown(
            result,
            highlighting.parts(result.entry.term, units),
            highlighting.snippet(texts.get(result.entry.pk, ""), units)
            or highlighting.parts(result.entry.short_definition, units),
        )
        for result in results
    ]
