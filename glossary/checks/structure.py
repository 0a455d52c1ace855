"""What is said about the build of a text: headings, paragraphs, pictures."""

import re
from collections.abc import Iterator

from config.alphabet import fold
from config.sanitising import is_local
from glossary.checks.text import Heading, Text
from glossary.checks.values import Facts, Finding, Place, Severity

LONG_PARAGRAPH = 150
"""Words from which on a paragraph is long."""
_UPLOAD = re.compile(r"/(?:content|pictures)/[\w-]+\.webp\Z")
UNDESCRIBED = {"describe this picture", "image", "picture", "photo", "screenshot"}
"""What stands in place of a description, folded; the first is what the editor puts there."""


def check(text: Text, facts: Facts) -> Iterator[Finding]:
    if not text.plain.strip() and not text.pictures:
        sentence = "The text is empty: there is nothing to read but the short definition."
        yield Finding("body_empty", sentence, Place("body"), Severity.BLOCKING)
        return
    yield from _headings(text)
    yield from _paragraphs(text)
    yield from _pictures(text, facts)


def _headings(text: Text) -> Iterator[Finding]:
    # As the page does it, the highest heading of the text counts as the first level.
    above = top = min((heading.level for heading in text.headings), default=1)
    seen: dict[str, Heading] = {}
    for place, heading in enumerate(text.headings):
        if place == 0 and heading.level > top:
            sentence = (
                f"The text begins with a heading of level {heading.level} and has higher ones "
                f"later. Let it begin with {'#' * top}."
            )
            yield Finding("heading_skipped", sentence, heading.place)
        elif place and heading.level > above + 1:
            sentence = (
                f"This heading jumps from level {above} to level {heading.level}. "
                f"Write {'#' * (above + 1)} for the level in between."
            )
            yield Finding("heading_skipped", sentence, heading.place)
        above = heading.level
        if not heading.title:
            yield Finding("heading_empty", "This heading has no words.", heading.place)
            continue
        first = seen.setdefault(fold(heading.title), heading)
        if first is not heading:
            sentence = (
                f"“{_short(heading.title)}” is already the heading in line {first.place.line}: "
                "in the contents list nobody can tell them apart."
            )
            yield Finding("heading_twice", sentence, heading.place)


def _paragraphs(text: Text) -> Iterator[Finding]:
    for paragraph in text.paragraphs:
        count = len(paragraph.text.split())
        if count > LONG_PARAGRAPH:
            sentence = f"This paragraph has {count} words. Readers skip what they cannot survey."
            yield Finding("paragraph_long", sentence, paragraph.place, Severity.HINT)


def _pictures(text: Text, facts: Facts) -> Iterator[Finding]:
    shown = [(picture.source, picture.alt, picture.place) for picture in text.pictures]
    shown += [
        (tag.attributes["src"], tag.attributes.get("alt", ""), tag.place)
        for tag in text.tags
        if tag.name == "img" and "src" in tag.attributes
    ]
    for source, alt, place in shown:
        if not alt.strip():
            sentence = (
                "This picture has no description for those who cannot see it: write what it shows "
                "between ![ and ]."
            )
            yield Finding("picture_undescribed", sentence, place)
        elif fold(alt) in UNDESCRIBED:
            sentence = f"“{alt}” does not say what this picture shows."
            yield Finding("picture_undescribed", sentence, place)
        if not is_local(source):
            sentence = "Pictures from other sites are shown as a link. Put the picture up here."
            yield Finding("picture_elsewhere", sentence, place)
        elif source not in facts.pictures and is_upload(source):
            yield Finding("picture_missing", "This picture is not on this site any more.", place)


def is_upload(source: str) -> bool:
    """Whether a picture's address is one of those that the editor gives to uploads."""
    return _UPLOAD.search(source) is not None


def _short(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"
