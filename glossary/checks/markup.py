"""What the sanitiser takes out of a text: what went in compared with what came out."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from config.sanitising import is_local, sanitised
from glossary.checks.text import Link, Tag, Text
from glossary.checks.values import Finding, Severity

MOST_WORK = 200_000
"""Raw elements times blocks from which on the whole is not compared: HTML can multiply."""

_WITH_CONTENT = ("script", "style")
_EMBEDDED = ("iframe", "video", "audio", "object", "embed", "form", "input", "button", "svg")
_CELL = "<table><tbody><tr>"
_WITHIN = {
    **dict.fromkeys(("td", "th"), _CELL),
    **dict.fromkeys(("tbody", "thead", "tfoot", "caption", "colgroup"), "<table>"),
    "tr": "<table><tbody>",
    "col": "<table><colgroup>",
}
_ELEMENT = re.compile(r"<([a-z][a-z0-9]*)((?:\s+[^\s=>\"]+(?:=\"[^\"]*\")?)*)\s*/?>")
_NAME = re.compile(r"([^\s=\"]+)=\"[^\"]*\"")
_OPENING = re.compile(r"<([a-zA-Z][\w:-]*)")


def check(text: Text) -> Iterator[Finding]:
    removed: Counter[str] = Counter()
    ids: set[str] = set()
    for tag in text.tags:
        kept = _kept(tag.name, tag.written)
        if kept is None:
            removed[tag.name] += 1
            yield _gone(tag)
            continue
        yield from _attributes(tag, kept, ids)
    for link in text.links:
        yield from _address(link)
    for words in text.unclosed:
        sentence = "This comment has no end (-->): nothing after it is shown."
        yield Finding("markup_removed", sentence, words.place)
    yield from _displaced(text, removed)


@lru_cache(maxsize=2048)
def _kept(name: str, written: str) -> frozenset[str] | None:
    """The attributes with which the element comes out, or None if it does not."""
    found = _ELEMENT.findall(sanitised(_WITHIN.get(name, "") + written))
    for element, attributes in reversed(found):
        if element == name:
            return frozenset(_NAME.findall(attributes))
    return None


def _gone(tag: Tag) -> Finding:
    name = f"<{tag.name}>"
    if tag.name in _WITH_CONTENT:
        sentence = f"{name} and what stands in it are taken out: pages run nothing of this kind."
    elif tag.name in _EMBEDDED:
        sentence = f"{name} is taken out: pages embed nothing. Write a link to it instead."
    else:
        sentence = (
            f"{name} is taken for HTML that pages may not have, and is taken out. "
            f"If readers should see it, write `{name}` or &lt;{tag.name}&gt;."
        )
    return Finding("markup_removed", sentence, tag.place)


def _attributes(tag: Tag, kept: frozenset[str], ids: set[str]) -> Iterator[Finding]:
    lost = [name for name in tag.attributes if name not in kept]
    # Said by other checks in their own words.
    if tag.name == "img" and not is_local(tag.attributes.get("src", "")):
        lost = [name for name in lost if name != "src"]
    if lost:
        listed = ", ".join(lost[:5])
        sentence = f"Of <{tag.name}>, this is taken out: {listed}."
        yield Finding("attribute_removed", sentence, tag.place)
    wanted = tag.attributes.get("id")
    if wanted and wanted in ids and "id" in kept:
        sentence = f"The id “{wanted[:60]}” was given before: only the first one is kept."
        yield Finding("attribute_removed", sentence, tag.place)
    ids.add(wanted or "")


def _address(link: Link) -> Iterator[Finding]:
    scheme = link.href.partition(":")[0]
    if ":" in link.href and scheme.isalpha() and not _allows(scheme.lower()):
        sentence = f"Links to {scheme}: addresses are taken out; their words stay."
        yield Finding("attribute_removed", sentence, link.place)


@lru_cache(maxsize=256)
def _allows(scheme: str) -> bool:
    return "href" in sanitised(f'<a href="{scheme}:x">x</a>') if scheme.isascii() else False


def _displaced(text: Text, removed: Counter[str]) -> Iterator[Finding]:
    """What is allowed by itself and yet does not come out, because of where it stands."""
    names = {tag.name for tag in text.tags} - removed.keys()
    if not names or len(text.tags) * len(text.tokens) > MOST_WORK:
        return
    rendered = text.rendered()
    went_in = Counter(name.lower() for name in _OPENING.findall(rendered))
    came_out = Counter(_OPENING.findall(sanitised(rendered)))
    for tag in text.tags:
        if tag.name in names and came_out[tag.name] < went_in[tag.name]:
            names.discard(tag.name)
            sentence = (
                f"<{tag.name}> is taken out in at least one place, because HTML does not allow it "
                "there."
            )
            yield Finding("markup_removed", sentence, tag.place, Severity.WARNING)
