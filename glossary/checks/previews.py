"""How a draft looks where others show it: in search results, and as a card where it is shared."""

from collections.abc import Callable
from dataclasses import dataclass

from config import seo
from config.slugs import slugify
from glossary.checks.values import Draft, Facts

TITLE_SIZE, TEXT_SIZE = 20, 14
"""Pixels of the letters in Google's results."""
DESKTOP = (600, 920)
MOBILE = (920, 680)
"""Pixels that a title and a description get; a title on a phone runs over two lines."""

# The widths of Arial's letters in thousandths of their size, by Adobe's metrics of Helvetica.
_WIDTHS = {
    222: "ijl‘’",
    278: " !,./:;I[\\]ft",
    333: "()-`r",
    389: "*",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopquß",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    944: "W",
}
_WIDTH = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_WIDTH |= {"'": 191, "|": 260, '"': 355, "{": 334, "}": 334, "%": 889, "@": 1015, "…": 1000}
_USUAL, _SQUARE = 556, 1000
_FIRST_SQUARE = "\u2e80"
"""Signs from here on are as wide as they are high."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one kind of screen shows of a result."""

    title: str
    is_title_cut: bool
    description: str
    is_description_cut: bool


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page among search results."""

    trail: str
    desktop: Shown
    mobile: Shown


def search_result(draft: Draft, facts: Facts, *, text: str = "", host: str = "") -> SearchResult:
    """Return how Google shows the page; `text` are the words of the body, `host` the site's."""
    title = str(draft.get("seo_title") or seo.page_title(heading(draft, facts), facts.site_name))
    described = (str(draft.get(name) or "") for name in ("seo_description", "short_definition"))
    description = seo.description(*described, text[:400])
    slug = str(draft.get("slug") or slugify(str(draft.get("term") or "")))
    return SearchResult(
        trail=" › ".join(filter(None, (host, "glossary", slug))),
        desktop=_shown(title, description, DESKTOP),
        mobile=_shown(title, description, MOBILE),
    )


def cut_title(title: str) -> str:
    """Return what a search on a computer shows of `title`: all of it, or words and an ellipsis."""
    return _cut(title, lambda text: width(text, TITLE_SIZE) <= DESKTOP[0])


def heading(draft: Draft, facts: Facts) -> str:
    """Return the heading of the draft's page."""
    return str(draft.get("title_override") or facts.heading or draft.get("term") or "")


def width(text: str, size: int) -> float:
    """Return the width of `text` in Arial of `size` pixels, roughly."""
    return sum(map(_letter, text)) * size / 1000


def _letter(char: str) -> int:
    return _WIDTH.get(char, _USUAL if char < _FIRST_SQUARE else _SQUARE)


def _shown(title: str, description: str, room: tuple[int, int]) -> Shown:
    shown_title = _cut(title, lambda text: width(text, TITLE_SIZE) <= room[0])
    shown = _cut(description, lambda text: width(text, TEXT_SIZE) <= room[1])
    return Shown(shown_title, shown_title != title, shown, shown != description)


def _cut(text: str, fits: Callable[[str], bool]) -> str:
    """Return `text` if it fits, else as many of its words as fit with an ellipsis."""
    if fits(text):
        return text
    kept = text
    while kept and not fits(f"{kept} …"):
        kept = kept.rpartition(" ")[0] or kept[:-1]
    return f"{kept} …"
