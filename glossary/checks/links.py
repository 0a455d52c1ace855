"""What is said about the links of a text: where they lead, and whether there are any."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.utils import formats, timezone

from config.alphabet import fold
from glossary import terms
from glossary.checks.text import Link, Text
from glossary.checks.values import Answer, Draft, Facts, Finding, Other, Place, Severity, State

_SCHEMES = ("http://", "https://", "mailto:", "tel:")
_BECOMES = {
    State.DRAFT: "is a draft",
    State.SCHEDULED: "is not published yet",
    State.WITHDRAWN: "was withdrawn",
}


def check(draft: Draft, text: Text, facts: Facts) -> Iterator[Finding]:
    links = all_links(text)
    for link in links:
        yield from _link(link, text, facts)
    for written in text.bare:
        sentence = (
            f"“{_short(written.text)}” is no link. Write [words that say where it leads](address)."
        )
        yield Finding("address_bare", sentence, written.place, Severity.HINT)
    yield from _named(text, facts)
    if (
        text.plain.strip()
        and not links
        and not text.named
        and not _links_itself(draft, text, facts)
    ):
        sentence = "This text leads nowhere: it has no link, and no term in it becomes one."
        yield Finding("links_none", sentence, Place("body"), Severity.HINT)


def all_links(text: Text) -> list[Link]:
    """Return the links in Markdown and in raw HTML."""
    raw = [
        Link(tag.attributes["href"], "\ufffc", tag.place)
        for tag in text.tags
        if tag.name == "a" and "href" in tag.attributes
    ]
    return [*text.links, *raw]


def _link(link: Link, text: Text, facts: Facts) -> Iterator[Finding]:
    if not link.words:
        sentence = "This link has no words: nobody sees it. Write them between [ and ]."
        yield Finding("link_empty", sentence, link.place)
    href = link.href.strip()
    if not href:
        yield Finding("link_nowhere", "This link has no address.", link.place)
    elif href.startswith("#"):
        wanted = unquote(href[1:])
        if wanted and wanted not in text.ids | facts.anchors:
            sentence = f"No heading of this text has the id “{_short(wanted)}”."
            yield Finding("link_anchor", sentence, link.place)
    elif is_ours(href):
        yield from _internal(link, href, facts)
    elif href.startswith(_SCHEMES):
        if answer := facts.answers.get(href):
            yield from _external(link, answer)
    elif not _has_scheme(href):
        sentence = (
            f"“{_short(href)}” is no complete address. Begin with / for a page of this site, "
            "with https:// for another one."
        )
        yield Finding("link_incomplete", sentence, link.place)


def _internal(link: Link, href: str, facts: Facts) -> Iterator[Finding]:
    if href in facts.missing:
        sentence = f"There is no page at {_short(href)} on this site."
        yield Finding("link_broken", sentence, link.place)
    if href not in facts.pages:
        return
    other = facts.pages[href]
    if other is None:
        sentence = f"There is no entry at {_short(href)}: readers see the words without a link."
        yield Finding("link_broken", sentence, link.place)
    elif other.pk == facts.own:
        sentence = "This link leads to the page on which it stands."
        yield Finding("link_to_itself", sentence, link.place, Severity.HINT)
    elif other.state in _BECOMES:
        yield Finding("link_unpublished", _not_yet(other), link.place)


def _not_yet(other: Other) -> str:
    becomes = _BECOMES[other.state]
    return f"“{other.term}” {becomes}: until readers can see it, this is plain words."


def _external(link: Link, answer: Answer) -> Iterator[Finding]:
    is_fine = answer.status is not None and answer.status < 400
    if is_fine or (answer.status is None and not answer.error):
        return
    said = f"answered {answer.status}" if answer.status else "did not answer"
    day = formats.date_format(timezone.localtime(answer.checked_at), "j F Y")
    sentence = f"{_short(link.href)} {said} when it was last tried, on {day}."
    yield Finding("link_dead", sentence, link.place)


def _named(text: Text, facts: Facts) -> Iterator[Finding]:
    for name in text.named:
        key = fold(name.text)
        claims = facts.aliases.get(key, ())
        meant = facts.terms.get(key) or (claims[0] if len(claims) == 1 else None)
        if meant and meant.state in _BECOMES:
            yield Finding("link_unpublished", _not_yet(meant), name.place)
        if meant or key in facts.remembered:
            continue
        if claims:
            sentence = f"“{_short(name.text)}” is a name of several entries: it links nowhere."
            yield Finding("name_claimed", sentence, name.place)
            continue
        sentence = (
            f"No entry is called “{_short(name.text)}” yet: readers see the words, and the term "
            "is noted as wanted."
        )
        yield Finding("name_wanted", sentence, name.place, Severity.HINT)


def _links_itself(draft: Draft, text: Text, facts: Facts) -> bool:
    """Whether a term in the text will become a link."""
    if not draft.get("links_terms", True):
        return False
    uses = terms.find(text.plain, facts.index)
    return any(
        use.name is not None and use.name.is_linked and use.name.target != facts.own
        for use in uses
    )


def is_ours(href: str) -> bool:
    is_path = href.startswith("/") and not href.startswith("//")
    return is_path or href == settings.SITE_URL or href.startswith(settings.SITE_URL + "/")


def _has_scheme(href: str) -> bool:
    """Whether `href` has a scheme or a host; what they may be, the sanitiser decides."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return bool(parts.scheme or parts.netloc)


def _short(words: str) -> str:
    return words if len(words) <= 80 else f"{words[:79]}…"
