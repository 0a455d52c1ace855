"""The headings of a text: their levels, their ids, and the contents list they make.

An id, once given, stays: headings that an edit leaves alone keep theirs
whatever happens around them, and a renamed heading answers to its old id, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import NotRequired, TypedDict

from markdown_it.token import Token

from config.tokens import inline_text

_EXPLICIT_ID = re.compile(r"#([\w:.-]+)(?:\s+[.\w=-]+)*")
_RAW_LINK = re.compile(r"<a\s", re.IGNORECASE)
_RESERVED_ID = re.compile(r"page-|fn(ref)?\d")
MOST_COMPARED = 200
"""Headings of a text that are compared with its earlier version; the time grows by squares."""
LONGEST_COMPARED = 80
"""Characters of a heading that are compared, for the same reason."""
ALIKE = 0.5
"""Share of common pairs of letters from which a heading counts as another one's new wording."""


class Heading(TypedDict):
    """One line of the contents list; `children` are the headings one level below."""

    id: str
    title: str
    children: list["Heading"]


class Anchor(TypedDict):
    """A heading's id, and the ids it had under earlier wordings."""

    id: str
    title: str
    old: NotRequired[list[str]]


def heading_id(title: str) -> str:
    """Return the id of a heading: words of any script, NFC, joined by hyphens."""
    folded = unicodedata.normalize("NFC", title.casefold()).replace("_", " ")
    kept = (char for char in folded if char.isalnum() or char in " -" or _is_mark(char))
    return "-".join("".join(kept).split())


def move(tokens: list[Token], first: int) -> None:
    """Make the highest heading `<h{first}>`; the others follow."""
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    shift = first - min((int(token.tag[1]) for token in headings), default=first)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + shift)}"


def name(tokens: list[Token], earlier: Sequence[Anchor]) -> list[Anchor]:
    """Give each heading its id and return them in order.

    Ids that the author chose go before those of the text's earlier version,
    and these before new ones made from titles; no id is given twice.
    """
    pairs = _headings(tokens)
    chosen = [_take_explicit_id(inline) for _, inline in pairs]
    titles = [inline_text(inline.children or []).strip() for _, inline in pairs]
    before = _predecessors([anchor["title"] for anchor in earlier][:MOST_COMPARED], titles)
    ids = _Ids()
    names = [ids.claim(wanted) if wanted else "" for wanted in chosen]
    for place, old in before.items():
        is_kept = not names[place] and earlier[old]["title"] == titles[place]
        if is_kept and earlier[old]["id"] not in ids.taken:
            names[place] = ids.claim(earlier[old]["id"])
    anchors = []
    for place, title in enumerate(titles):
        anchor = Anchor(id=names[place] or ids.claim(heading_id(title)), title=title)
        if place in before:
            known = earlier[before[place]]
            anchor["old"] = [*known.get("old", []), known["id"]]
        pairs[place][0].attrSet("id", anchor["id"])
        anchors.append(anchor)
    return [_without_taken(anchor, ids) for anchor in anchors]


def link_to_themselves(tokens: list[Token], anchors: Sequence[Anchor]) -> None:
    """Make each heading a link to itself, and a target for the ids it once had."""
    for (_, inline), anchor in zip(_headings(tokens), anchors, strict=True):
        children = inline.children or []
        marks = [
            Token("html_inline", "", 0, content=f'<span id="{old}"></span>')
            for old in anchor.get("old", [])
        ]
        if anchor["title"] and not any(map(_is_link, children)):
            attributes: dict[str, str | int | float] = {
                "href": f"#{anchor['id']}",
                "class": "anchor",
            }
            opening = Token("link_open", "a", 1, attrs=attributes)
            children = [opening, *children, Token("link_close", "a", -1)]
        inline.children = [*marks, *children]


def nested(tokens: list[Token], anchors: Sequence[Anchor]) -> list[Heading]:
    """Return the two upper levels of the headings, the lower within the higher.

    A heading within a quotation or list, or without words, is left out.
    """
    lines = [
        (int(opening.tag[1]), Heading(id=anchor["id"], title=anchor["title"], children=[]))
        for (opening, _), anchor in zip(_headings(tokens), anchors, strict=True)
        if opening.level == 0 and anchor["title"]
    ]
    top = min((level for level, _ in lines), default=0)
    contents: list[Heading] = []
    for level, line in lines:
        if level == top or not contents:
            contents.append(line)
        elif level == top + 1:
            contents[-1]["children"].append(line)
    return contents


class _Ids:
    """The ids of one document: each once, none of the page's own or of a footnote."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.often: Counter[str] = Counter()

    def claim(self, wanted: str) -> str:
        base = f"s-{wanted}" if _RESERVED_ID.match(wanted) else wanted or "section"
        unique = base
        while unique in self.taken:
            self.often[base] += 1
            unique = f"{base}-{self.often[base] + 1}"
        self.taken.add(unique)
        return unique


def _headings(tokens: list[Token]) -> list[tuple[Token, Token]]:
    """Each heading's opening token and its words."""
    return [(a, b) for a, b in pairwise(tokens) if a.type == "heading_open"]


def _predecessors(earlier: list[str], titles: list[str]) -> dict[int, int]:
    """Which heading of the earlier version each heading was.

    What stands unchanged between the same neighbours first, then what moved,
    then what was reworded; in the end what stands where another one stood.
    """
    found: dict[int, int] = {}
    titles = titles[:MOST_COMPARED]
    matcher = SequenceMatcher(a=earlier, b=titles, autojunk=False)
    replaced = []
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind == "equal":
            found |= dict(zip(range(b, b_end), range(a, a_end), strict=True))
        elif kind == "replace":
            replaced.append((range(a, a_end), range(b, b_end)))
    everywhere = [(range(len(earlier)), range(len(titles)))]
    for blocks, is_match in ((everywhere, _is_same), (replaced, _is_alike), (replaced, _is_any)):
        for old_places, places in blocks:
            _pair(found, old_places, places, lambda o, n: is_match(earlier[o], titles[n]))  # noqa: B023 - called at once
    return found


def _pair(
    found: dict[int, int], old_places: range, places: range, is_match: Callable[[int, int], bool]
) -> None:
    """Add what matches of the places that are not yet in `found`, in order."""
    taken = set(found.values())
    free = [old for old in old_places if old not in taken]
    for place in places:
        match = next((old for old in free if place not in found and is_match(old, place)), None)
        if match is not None:
            found[place] = match
            free.remove(match)


def _is_any(old: str, new: str) -> bool:
    return True


def _is_same(old: str, new: str) -> bool:
    return old == new


def _is_alike(old: str, new: str) -> bool:
    one, other = _pairs_of_letters(old), _pairs_of_letters(new)
    return 2 * (one & other).total() > ALIKE * (one.total() + other.total())


@lru_cache(2 * MOST_COMPARED)
def _pairs_of_letters(title: str) -> Counter[tuple[str, str]]:
    """What is compared, as Dice did: unlike the longest common parts, in time that is bounded."""
    return Counter(pairwise(f" {title[:LONGEST_COMPARED].casefold()} "))


def _without_taken(anchor: Anchor, ids: _Ids) -> Anchor:
    """The anchor without old ids that another heading has, each once."""
    old = [known for known in dict.fromkeys(anchor.pop("old", [])) if known not in ids.taken]
    ids.taken.update(old)
    return {**anchor, "old": old} if old else anchor


def _is_link(child: Token) -> bool:
    """Whether a token within a heading is a link, so that the heading cannot be one itself."""
    is_raw = child.type == "html_inline" and bool(_RAW_LINK.match(child.content))
    return is_raw or child.type in ("link_open", "footnote_ref")


def _is_mark(char: str) -> bool:
    """Whether `char` is a sign upon a letter, such as a vowel in Hindi."""
    return unicodedata.category(char).startswith("M")


def _take_explicit_id(inline: Token) -> str:
    """Remove a trailing {#id}, as MkDocs and Hugo write it, and return the id."""
    last = inline.children[-1] if inline.children else None
    if not last or last.type != "text" or not last.content.rstrip().endswith("}"):
        return ""
    title, brace, inside = last.content.rstrip()[:-1].rpartition("{")
    match = _EXPLICIT_ID.fullmatch(inside.strip())
    if not brace or not match:
        return ""
    last.content = title.rstrip()
    return match[1]
