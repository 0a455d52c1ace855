"""Entries as Markdown for programs that read: the twin of each page, and llms.txt."""

import re
from collections.abc import Mapping
from itertools import groupby

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config import site
from config.html_to_markdown import address, escaped, to_markdown
from config.http import public_page
from glossary import page_stamps
from glossary.models import Entry, Topic
from glossary.moves import moved_or_gone
from glossary.page_stamps import LISTS

Fact = str | list[str]

CONTENT_TYPE = "text/markdown; charset=utf-8"
MOST_LISTED = 500
"""Entries that llms.txt names; the sitemap names all."""


# Twins --------------------------------------------------------------------------------------


@public_page
def entry_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    published = Entry.objects.published().with_people().in_language(get_language())
    entry = published.filter(slug=slug).first()
    if entry is None:
        return moved_or_gone(request, slug, route="glossary:entry_markdown")
    page_stamps.depends(request, entry)
    call = import_string(settings.TWIN_CALL)(entry)
    return _answer(markdown_of(entry, call), canonical=site.absolute(entry.get_absolute_url()))


def answer(facts: dict[str, str], parts: list[str], *, path: str) -> HttpResponse:
    """Return the twin of the page at `path`: facts as YAML, its title, its `parts`."""
    canonical = site.absolute(path)
    known = {**facts, "url": canonical, "language": get_language()}
    return _answer(_document(known, facts["title"], parts), canonical=canonical)


def _answer(text: str, *, canonical: str) -> HttpResponse:
    response = HttpResponse(text, content_type=CONTENT_TYPE)
    response.headers["Link"] = f'<{canonical}>; rel="canonical"'
    # The page is for search engines; its twin would only compete with it.
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def path_of(entry: Entry) -> str:
    """Return the path of the twin of `entry`."""
    with translation.override(entry.language):
        return reverse("glossary:entry_markdown", args=[entry.slug])


def markdown_of(entry: Entry, call: str = "") -> str:
    """Return the twin of `entry`: YAML front matter, heading, definition, text, `call`."""
    canonical = site.absolute(entry.get_absolute_url())
    facts: dict[str, Fact] = {
        "title": entry.title,
        "term": entry.term,
        "aliases": entry.public_aliases,
        "definition": entry.short_definition,
        "author": entry.visible_author.name if entry.visible_author else "",
        "reviewer": entry.visible_reviewer.name if entry.visible_reviewer else "",
        "published": entry.published_at.isoformat() if entry.published_at else "",
        "updated": entry.updated_at.isoformat() if entry.updated_at else "",
        "url": canonical,
        "topics": [topic["name"] for topic in entry.public_topics],
        "language": entry.language,
    }
    text = to_markdown(entry.body_html, base=canonical)
    ending = f"---\n\n{call}" if call else ""
    return _document(facts, entry.title, [escaped(entry.short_definition), text, ending])


def _document(facts: Mapping[str, Fact], title: str, parts: list[str]) -> str:
    known = {name: _in_yaml(fact) for name, fact in facts.items() if fact}
    matter = yaml.safe_dump(known, allow_unicode=True, sort_keys=False, width=float("inf"))
    heading = re.sub(r"(#+)$", r"\\\1", escaped(title))
    return "\n\n".join(filter(None, [f"---\n{matter}---", f"# {heading}", *parts])) + "\n"


def _in_yaml(fact: Fact) -> Fact:
    """Return `fact` without the ends of lines that YAML 1.1 knows and 1.2 does not."""
    if isinstance(fact, list):
        return [re.sub("[\x85\u2028\u2029]", " ", each) for each in fact]
    return re.sub("[\x85\u2028\u2029]", " ", fact)


# Who wants them -----------------------------------------------------------------------------

_QUALITY = re.compile(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def wants_markdown(request: HttpRequest) -> bool:
    """Return whether the request names text/markdown and prefers it to HTML (RFC 9110 §12.5.1).

    Of two that are equally welcome, the one that stands first is preferred; a
    wildcard is no wish for Markdown.
    """
    accepted = request.META.get("HTTP_ACCEPT", "").lower()
    if "text/markdown" not in accepted:
        return False
    qualities: dict[str, float] = {}
    for wish in accepted.split(","):
        kind, *parameters = (part.strip() for part in wish.split(";"))
        named = [part for part in parameters if part.partition("=")[0].strip() == "q"]
        match = _QUALITY.fullmatch(named[0]) if named else None
        if not named or match:
            qualities.setdefault(kind, float(match[1]) if match else 1.0)
    markdown = qualities.get("text/markdown", 0.0)
    if "text/html" in qualities:
        order = list(qualities)
        is_first = order.index("text/markdown") < order.index("text/html") if markdown else False
        html = qualities["text/html"]
        return markdown > html or (is_first and markdown == html)
    html = qualities.get("text/*", qualities.get("*/*", 0.0))
    return markdown > 0 and markdown >= html


# llms.txt -----------------------------------------------------------------------------------


@public_page(depends=LISTS)
def llms(request: HttpRequest) -> HttpResponse:
    """The site as a list of links to Markdown, topic by topic (llmstxt.org)."""
    published = Entry.objects.published().in_language(get_language())
    listed = list(published.for_lists()[: MOST_LISTED + 1])
    context = {
        "summary": escaped(site.current().tagline),
        "name": escaped(site.current().name),
        "topics": [
            line(topic.name, topic.get_absolute_url(), topic.description)
            for topic in Topic.objects.in_use(get_language())[:MOST_LISTED]
        ],
        "sections": _by_topic(listed[:MOST_LISTED]),
        "has_more": len(listed) > MOST_LISTED,
    }
    response = render(
        request, "glossary/llms.txt", context, content_type="text/plain; charset=utf-8"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _by_topic(entries: list[Entry]) -> list[tuple[str, list[str]]]:
    """Return (heading, lines), each entry once, under the first of its topics."""

    def topic_of(entry: Entry) -> str:
        return entry.public_topics[0]["name"] if entry.public_topics else ""

    # Without a topic last; within one as the index sorts them.
    ordered = sorted(entries, key=lambda entry: (not topic_of(entry), topic_of(entry)))
    return [
        (
            escaped(topic) if topic else _("More terms"),
            [line(entry.term, path_of(entry), entry.short_definition) for entry in found],
        )
        for topic, found in groupby(ordered, key=topic_of)
    ]


def line(name: str, path: str, note: str) -> str:
    """Return an entry of a list: a link to `path`, and what it is about."""
    link = f"- [{escaped(name)}]({address(site.absolute(path))})"
    return f"{link}: {escaped(note)}" if note.strip() else link
