"""Topics, comparisons and learning paths as Markdown for programs that read."""

from collections.abc import Iterable, Sequence
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config import site
from config.html_to_markdown import escaped, to_markdown
from config.http import View, public_page
from glossary import guides, twins
from glossary.models import Entry, EntryTopic, Topic

MOST_LISTED = 500
"""Entries of a topic that its twin names; the page names all."""


def or_twin(view: View) -> View:
    """Send a program that asked for Markdown to the twin of the page instead of `view`.

    Only this answer depends on what was asked for, so only it varies.
    """

    @wraps(view)
    def chosen(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not twins.wants_markdown(request):
            return view(request, *args, **kwargs)
        twin = iri_to_uri(f"{request.path.rstrip('/')}.md")
        response = HttpResponse(status=303, headers={"Location": twin})
        patch_vary_headers(response, ["Accept"])
        add_never_cache_headers(response)
        return response

    return chosen


@public_page
def topic_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    topic = get_object_or_404(Topic.objects.in_use(get_language()), slug=slug)
    public = EntryTopic.objects.of(topic).public(get_language()).with_entries(get_language())
    listed = public.order_by("sort_key", "content_object_id")[:MOST_LISTED]
    about = (membership.content_object for membership in listed)
    first = guides.first_entries(topic).in_language(get_language())
    parts = [
        escaped(topic.description),
        *_section(_("Start here"), map(_entry_line, first)),
        *_section(_("All terms from A to Z"), map(_entry_line, about)),
    ]
    facts = {"title": topic.name, "definition": topic.description}
    return twins.answer(facts, parts, path=topic.get_absolute_url())


@public_page
def comparison_markdown(request: HttpRequest, pair: str) -> HttpResponse:
    comparison = guides.comparison_at(pair, language=get_language())
    if comparison is None:
        raise Http404(pair)
    address = guides.address(comparison)
    if address != pair:
        path = reverse("glossary:comparison_markdown", args=[address])
        return redirect(path, permanent=True)
    left, right = comparison.left, comparison.right
    path = comparison.get_absolute_url()
    base = site.absolute(path)
    table = [(each.aspect, each.left, each.right) for each in comparison.differences.all()]
    parts = [
        to_markdown(comparison.introduction_html, base=base),
        *_section(_("In short"), map(_entry_line, (left, right))),
        *_table((_("Aspect"), left.term, right.term), table),
        *_text(_("Which one to choose"), to_markdown(comparison.verdict_html, base=base)),
    ]
    heading = guides.heading(comparison)
    facts = {"title": heading, "definition": guides.description(comparison)}
    return twins.answer(facts, parts, path=path)


@public_page
def path_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    path = get_object_or_404(guides.paths().in_language(get_language()), slug=slug)
    address = path.get_absolute_url()
    steps = [
        f"{place}. {_link(step.entry)}" + (f": {escaped(step.note)}" if step.note else "")
        for place, step in enumerate(guides.steps(path), start=1)
    ]
    introduction = to_markdown(path.introduction_html, base=site.absolute(address))
    return twins.answer({"title": path.title}, [introduction, "\n".join(steps)], path=address)


def _entry_line(entry: Entry) -> str:
    return twins.line(entry.term, twins.path_of(entry), entry.short_definition)


def _link(entry: Entry) -> str:
    return twins.line(entry.term, twins.path_of(entry), "").removeprefix("- ")


def _section(heading: str, lines: Iterable[str]) -> list[str]:
    return _text(heading, "\n".join(lines))


def _text(heading: str, text: str) -> list[str]:
    return [f"## {escaped(heading)}", text] if text else []


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A table as GitHub writes it, or nothing without rows."""

    def written(cells: Iterable[str]) -> str:
        inside = (escaped(cell).replace("\n", " ").replace("|", "\\|") for cell in cells)
        return f"| {' | '.join(inside)} |"

    if not rows:
        return []
    rule = "|" + " --- |" * len(head)
    lines = [written(head), rule, *map(written, rows)]
    return [f"## {escaped(_('The differences'))}", "\n".join(lines)]
