"""A link put into a stored page, without rendering it again; pure, values in and values out.

What comes out is what rendering would make of the same text. Wherever that is
not certain, NeedsRendering is raised.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from glossary import terms
from glossary.linking import Mention, mention_of
from glossary.terms import TermIndex

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)(?:[^">]|"[^"]*")*>')
_SIGN = re.compile(r"&#?\w+;|.", re.DOTALL)
_CLOSED = {"h1", "h2", "h3", "h4", "h5", "h6", "th"}
_BLOCKS = {"p", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "hr", "pre", "div"}
_BLOCKS |= {"table", "thead", "tbody", "tr", "td", *_CLOSED}
_WITHIN = {"a", "br", "code", "em", "img", "s", "strong"}
_LEFT_ALONE = {"a", "code"}
_NOT_TEXT = "\ufffc"


class NeedsRendering(Exception):
    """Whether and where the text would link is not to be seen from its page alone."""


@dataclass(frozen=True, slots=True)
class Place:
    """A use of a name: the words of its paragraph and where in them it stands; where in the page.

    `is_free` means that a link may stand there.
    """

    text: str
    readable: str
    start: int
    end: int
    html_start: int
    html_end: int
    is_free: bool

    def mention(self, target: int, *, is_link: bool) -> Mention:
        return mention_of(target, self.readable, self.start, self.end, is_link=is_link)

    def linked(self, page: str, opening: str) -> str:
        """Return `page`, of which this is a place, with a link that begins with `opening`."""
        before, words, after = (
            page[: self.html_start],
            page[self.html_start : self.html_end],
            page[self.html_end :],
        )
        return f"{before}{opening}{words}</a>{after}"


def places_in(page: str, index: TermIndex) -> list[Place]:
    """Return the uses of the names of one entry in a stored `page`, in order.

    For texts without raw HTML. Raises NeedsRendering.
    """
    return [
        place
        for inline in _inlines(page)
        if index.may_occur_in(inline.text)
        for place in inline.places(index)
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text without markup in it: where it stands among its neighbours, and in the page."""

    start: int
    end: int
    html_start: int
    source: str
    is_free: bool

    def in_page(self, offset: int) -> int:
        """Where in the page a sign of the paragraph stands, in which some are written as &amp;."""
        offset -= self.start
        if "&" in self.source:
            offset = sum(map(len, _SIGN.findall(self.source)[:offset]))
        return self.html_start + offset


@dataclass(slots=True)
class _Inline:
    """What one block says, its tags left out."""

    is_open: bool = True
    is_quoted: bool = False
    has_image: bool = False
    left_alone: list[str] = field(default_factory=list)
    pieces: list[_Piece] = field(default_factory=list)
    text: str = ""
    readable: str = ""
    """As long, with code as it reads."""

    def take_text(self, source: str, html_start: int) -> None:
        if "<" in source:
            raise NeedsRendering
        readable = html.unescape(source) if "&" in source else source
        if "code" in self.left_alone:
            self.text += _NOT_TEXT * len(readable)
        else:
            start, end = len(self.text), len(self.text) + len(readable)
            is_free = self.is_open and not self.left_alone
            self.pieces.append(_Piece(start, end, html_start, source, is_free))
            self.text += readable
        self.readable += readable

    def take_tag(self, name: str, *, is_closing: bool) -> None:
        self.has_image |= name == "img"
        if name in _LEFT_ALONE and is_closing:
            self.left_alone.remove(name)
        elif name in _LEFT_ALONE:
            self.left_alone.append(name)

    def places(self, index: TermIndex) -> Iterator[Place]:
        # A line's end after the last word, before a list within, belongs to no paragraph.
        begin = len(self.text) - len(self.text.lstrip("\n"))
        text, readable = self.text.strip("\n"), self.readable.strip("\n")
        for use in terms.find(text, index):
            if use.name is None or self.has_image or self.is_quoted:
                raise NeedsRendering
            start, end = begin + use.start, begin + use.end
            piece = next((p for p in self.pieces if p.start <= start and end <= p.end), None)
            if piece is None:
                raise NeedsRendering
            yield Place(
                text,
                readable,
                use.start,
                use.end,
                piece.in_page(start),
                piece.in_page(end),
                piece.is_free,
            )


def _inlines(page: str) -> Iterator[_Inline]:
    """What stands between the tags of blocks."""
    inline = _Inline()
    position = closed = quoted = 0
    for tag in _TAG.finditer(page):
        if position < tag.start():
            inline.take_text(page[position : tag.start()], position)
        position = tag.end()
        name, is_closing = tag[2], bool(tag[1])
        if name in _WITHIN:
            inline.take_tag(name, is_closing=is_closing)
            continue
        if name not in _BLOCKS:
            raise NeedsRendering
        yield inline
        depth = -1 if is_closing else 1
        closed += depth * (name in _CLOSED)
        quoted += depth * (name == "blockquote")
        inline = _Inline(is_open=not closed, is_quoted=bool(quoted))
    yield inline
