"""What machines read of a page: JSON-LD, embedded so that no text can leave its script."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from config import site
from config.models import SiteSettings

Node = dict[str, Any]

TITLE_LENGTH = 65
"""Characters that search results show of a title, roughly."""
DESCRIPTION_LENGTH = 155
"""Characters that search results show of a description."""

_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


def json_ld(nodes: Iterable[Node]) -> SafeString:
    """Return one graph as the content of a <script type="application/ld+json">.

    <, > and & are written as JSON escapes, so that "</script>" in a text
    stays text (HTML Living Standard, "Restrictions for contents of script").
    """
    graph = {"@context": "https://schema.org", "@graph": [_without_blanks(node) for node in nodes]}
    text = json.dumps(graph, ensure_ascii=False)
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return mark_safe(text)


def description(*candidates: str) -> str:
    """Return the first text that says something, on one line, cut at a word."""
    text = next((line for text in candidates if (line := " ".join(text.split()))), "")
    return Truncator(text).chars(DESCRIPTION_LENGTH, truncate="…")


def page_title(heading: str, site_name: str) -> str:
    """Return the title of a page: with the site's name as long as search results show it."""
    whole = f"{heading} – {site_name}"
    return whole if len(whole) <= TITLE_LENGTH else heading


def organization(settings: SiteSettings) -> Node:
    return {
        "@type": "Organization",
        "@id": site.absolute("/#organization"),
        "name": settings.publisher,
        "url": site.absolute("/"),
        "logo": settings.logo_address,
        "email": settings.contact_email,
        "telephone": settings.contact_phone,
    }


def website(settings: SiteSettings, *, search_path: str) -> Node:
    return {
        "@type": "WebSite",
        "@id": site.absolute("/#website"),
        "name": settings.name,
        "description": settings.tagline,
        "url": site.absolute("/"),
        "publisher": {"@id": site.absolute("/#organization")},
        "potentialAction": {
            "@type": "SearchAction",
            "target": {
                "@type": "EntryPoint",
                "urlTemplate": site.absolute(search_path) + "?q={search_term_string}",
            },
            "query-input": "required name=search_term_string",
        },
    }


def webpage(address: str, *, name: str, language: str, **facts: Any) -> Node:
    """Return the page itself as a part of the site; `facts` are further properties of WebPage."""
    return {
        "@type": "WebPage",
        "@id": address,
        "url": address,
        "name": name,
        "inLanguage": language,
        "isPartOf": {"@id": site.absolute("/#website")},
        **facts,
    }


def breadcrumbs(trail: list[tuple[str, str]]) -> Node:
    """Return a BreadcrumbList of (name, path) pairs, the page itself last."""
    return {
        "@type": "BreadcrumbList",
        "@id": site.absolute(trail[-1][1]) + "#breadcrumb",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": site.absolute(path)}
            for place, (name, path) in enumerate(trail, start=1)
        ],
    }


def _without_blanks(node: Node) -> Node:
    return {key: value for key, value in node.items() if value not in ("", None, [], {})}
