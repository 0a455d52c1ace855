"""The panel of findings and previews beside an entry's form."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from taggit.utils import parse_tags

from config import markdown, site
from glossary.checks import Draft, Facts, check, ease, previews
from glossary.checks.called import MOST_NAMES
from glossary.checks.text import parsed
from glossary.checks.values import Severity

TEXTS = (
    *("term", "slug", "short_definition", "body", "title_override", "seo_title"),
    *("seo_description", "case_rule"),
)
LONGEST_FIELD = 10_000
"""Characters of a field other than the text that are looked at."""
LONGEST_TITLE = 150
LABELS = {
    "term": "Term",
    "slug": "Slug",
    "short_definition": "Short definition",
    "body": "Text",
    "aliases": "Other names",
    "title_override": "Other heading",
    "seo_title": "Title for search engines",
    "seo_description": "Description for search engines",
}


def panel(draft: Draft, facts: Facts) -> SafeString:
    """Return what the checks say to `draft`, with its previews, as HTML."""
    findings = check(draft, facts)
    text = parsed(str(draft.get("body") or ""))
    language = str(draft.get("language") or site.current().language)
    title = previews.heading(draft, facts)
    card = urlencode({"title": title[:LONGEST_TITLE], "language": language})
    context = {
        "findings": [(finding, LABELS[finding.place.field]) for finding in findings],
        "counts": [
            (severity.value, sum(finding.severity == severity for finding in findings))
            for severity in Severity
        ],
        "measures": ease.measure(text, language=language),
        "result": previews.search_result(
            draft, facts, text=text.plain, host=urlsplit(settings.SITE_URL).netloc
        ),
        "title": title,
        "card_address": f"{reverse('entry_card')}?{card}",
    }
    return render_to_string("admin/glossary/checks/_panel.html", context)


def draft_of(data: QueryDict) -> dict[str, Any]:
    """Return the draft that the fields of the entry's form make; nothing is checked yet.

    Raises ValueError with a sentence if the text is too long for one page.
    """
    draft: dict[str, Any] = {name: said(data, name)[:LONGEST_FIELD] for name in TEXTS}
    draft["body"] = said(data, "body")
    # Fields send line breaks as two characters, which nobody typed.
    if len(draft["body"].replace("\r\n", "\n")) > markdown.MAX_LENGTH:
        raise ValueError("This text is too long for one page; it was not checked.")
    languages = dict(settings.LANGUAGES)
    language = data.get("language", "")
    draft["language"] = language if language in languages else site.current().language
    draft["author"] = _key(data.get("author", ""))
    draft["links_terms"] = data.get("links_terms", "on") == "on"
    draft["topics"] = parse_tags(said(data, "topics")[:LONGEST_FIELD])
    draft["aliases"] = [
        {"name": name, "case_rule": rule} for name, rule in list(_aliases(data))[:MOST_NAMES]
    ]
    return draft


def said(data: QueryDict, name: str) -> str:
    """Return what a field says, without NUL, which no database takes."""
    return data.get(name, "").replace("\0", "")


def entry_of(data: QueryDict) -> int | None:
    """Return the key of the entry whose form it is; None for a new one."""
    return _key(data.get("entry", ""))


def _key(written: str) -> int | None:
    return int(written) if re.fullmatch(r"[1-9][0-9]{0,17}", written) else None


def _aliases(data: QueryDict) -> Iterator[tuple[str, str]]:
    """The names in the rows of the form, or else in the lines of one field."""
    for line in said(data, "aliases")[:LONGEST_FIELD].splitlines():
        if line.strip():
            yield line.strip(), "auto"
    for field in data:
        row = re.fullmatch(r"aliases-(\d{1,5})-name", field)
        name = said(data, field).strip()[:LONGEST_TITLE] if row else ""
        if row and name and f"aliases-{row[1]}-DELETE" not in data:
            yield name, data.get(f"aliases-{row[1]}-case_rule", "auto")
