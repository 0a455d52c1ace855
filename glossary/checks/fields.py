"""What is said about the fields beside the text: term, address, definition, titles."""

import re
from collections.abc import Iterator

from config import cards, seo
from config.slugs import slugify
from glossary.checks import previews
from glossary.checks.values import Draft, Facts, Finding, Place, Severity

LONGEST_DEFINITION = 320
"""Characters that the form takes."""

_SIGNS_FIRST = re.compile(r"\s*(#{1,6}\s|[*+-]\s|>\s?|\d+[.)]\s|!?\[|`|<[a-zA-Z/!]|\*\*?\S|__?\S)")
_SIGNS_WITHIN = re.compile(r"\]\(|\*\*|`|<[a-zA-Z/][^>]*>|\[\[")


def check(draft: Draft, facts: Facts) -> Iterator[Finding]:
    yield from _term_and_address(draft, facts)
    yield from _definition(draft)
    yield from _title(draft, facts)
    yield from _description(draft)
    yield from _card(draft, facts)


def _term_and_address(draft: Draft, facts: Facts) -> Iterator[Finding]:
    term = str(draft.get("term") or "").strip()
    slug = str(draft.get("slug") or "")
    if not term:
        yield _blocking("term_missing", "Write the term that this entry explains.", "term")
    elif not (slug or slugify(term)):
        sentence = "No address can be made from this term: write one, such as c-plus-plus."
        yield _blocking("address_missing", sentence, "slug")
    if facts.address_of_another:
        sentence = (
            f"“{facts.address_of_another.term}” already has this address in this language. "
            "Choose another one."
        )
        yield _blocking("address_taken", sentence, "slug")
    elif facts.old_address_of:
        sentence = (
            f"This address used to lead to “{facts.old_address_of.term}”. "
            "From the publication on it leads here."
        )
        yield Finding("address_was_used", sentence, Place("slug"), Severity.HINT)


def _definition(draft: Draft) -> Iterator[Finding]:
    text = " ".join(str(draft.get("short_definition") or "").split())
    place = Place("short_definition")
    if not text:
        sentence = (
            "There is no short definition: the page opens without an answer, and lists and hover "
            "cards show the term alone."
        )
        yield Finding("definition_missing", sentence, place)
        return
    if len(text) > LONGEST_DEFINITION:
        sentence = (
            f"The short definition has {len(text)} characters; {LONGEST_DEFINITION} are possible. "
            "Move the rest into the text."
        )
        yield Finding("definition_long", sentence, place)
    elif len(text) > seo.DESCRIPTION_LENGTH and not draft.get("seo_description"):
        sentence = (
            f"Search results cut the short definition after {seo.DESCRIPTION_LENGTH} of its "
            f"{len(text)} characters. Shorten it, or write a description for search engines."
        )
        yield Finding("definition_cut", sentence, place, Severity.HINT)
    if _SIGNS_FIRST.match(text) or _SIGNS_WITHIN.search(text):
        sentence = (
            "The short definition is shown as it is written: readers would see the signs of "
            "Markdown or HTML in it."
        )
        yield Finding("definition_markup", sentence, place)


def _title(draft: Draft, facts: Facts) -> Iterator[Finding]:
    # Without the site's name, whose end nobody misses.
    title = str(draft.get("seo_title") or previews.heading(draft, facts))
    shown = previews.cut_title(title)
    if shown == title:
        return
    if draft.get("seo_title"):
        sentence, field = "The title for search engines is cut in search results.", "seo_title"
    elif draft.get("title_override"):
        sentence, field = "The heading is cut in search results.", "title_override"
    else:
        sentence, field = "The heading made from this term is cut in search results.", "term"
    sentence += f" Shown is: “{shown}”"
    sentence += "" if field == "seo_title" else " You can write a title for search engines."
    yield Finding("title_long", sentence, Place(field))


def _description(draft: Draft) -> Iterator[Finding]:
    text = " ".join(str(draft.get("seo_description") or "").split())
    if len(text) > seo.DESCRIPTION_LENGTH:
        sentence = (
            f"The description for search engines has {len(text)} characters; "
            f"{seo.DESCRIPTION_LENGTH} are shown."
        )
        yield Finding("description_long", sentence, Place("seo_description"))


def _card(draft: Draft, facts: Facts) -> Iterator[Finding]:
    lacking = cards.missing(previews.heading(draft, facts)[: cards.MOST_CHARACTERS])
    if lacking:
        sentence = f"The social card is drawn without these signs: {' '.join(lacking[:20])}"
        field = "title_override" if draft.get("title_override") else "term"
        yield Finding("card_signs", sentence, Place(field), Severity.HINT)


def _blocking(code: str, sentence: str, field: str) -> Finding:
    return Finding(code, sentence, Place(field), Severity.BLOCKING)
