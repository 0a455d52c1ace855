"""A Markdown text taken apart, each part with its place in the source.

The parser says in which lines a block stands; where in them a link begins is
noted by the parser's own rules, which are wrapped for that.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

from config import headings, markdown
from config.tokens import inline_text, text_of
from glossary.checks.values import Place

Rule = Callable[[StateInline, bool], bool]
Span = tuple[int, int]

_START_TAG = re.compile(r"<([a-zA-Z][\w:-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'=<>`]+))?")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_OPEN_COMMENT = re.compile(r"\s*<!--(?!.*-->)", re.DOTALL)
_BARE = re.compile(r"(?:https?://|www\.)[^\s<>\[\]()\"'`]*[^\s<>\[\]()\"'`.,;:!?]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    title: str
    place: Place


@dataclass(frozen=True, slots=True)
class Link:
    href: str
    words: str
    place: Place


@dataclass(frozen=True, slots=True)
class Picture:
    source: str
    alt: str
    place: Place


@dataclass(frozen=True, slots=True)
class Tag:
    """The start of a raw HTML element, as it is written, and its attributes."""

    name: str
    written: str
    attributes: dict[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text: a paragraph, an address that is no link, a `[[name]]`, a comment."""

    text: str
    place: Place


@dataclass
class Text:
    """The parts of a text in their order. Made by `parsed`; not to be changed."""

    source: str
    tokens: list[Token]
    headings: list[Heading] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    paragraphs: list[Words] = field(default_factory=list)
    bare: list[Words] = field(default_factory=list)
    named: list[Words] = field(default_factory=list)
    unclosed: list[Words] = field(default_factory=list)
    """Comments and the like that have no end, so that nothing after them is shown."""
    ids: frozenset[str] = frozenset()
    plain: str = ""

    def rendered(self) -> str:
        """Return the HTML before it is sanitised."""
        return str(_PARSER.renderer.render(self.tokens, _PARSER.options, {}))


@lru_cache(maxsize=2)
def parsed(body: str) -> Text:
    """Return the parts of `body`; remembered, because facts and checks need the same."""
    source = unified(body)
    text = Text(source, _PARSER.parse(source, {}))
    # First, because it takes the ids that the author chose out of the headings' words.
    text.ids = frozenset(anchor["id"] for anchor in headings.name(text.tokens, ()))
    reader = _Reader(text)
    for token in text.tokens:
        reader.take(token)
    text.plain = text_of(text.tokens)
    text.ids |= {tag.attributes["id"] for tag in text.tags if "id" in tag.attributes}
    return text


def unified(body: str) -> str:
    """Return `body` with line breaks of one character, as a browser's field has them."""
    plain = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return plain.encode("utf-8", "replace").decode("utf-8")


# Places -----------------------------------------------------------------------------------


def _noting(rule: Rule, kind: str) -> Rule:
    """The rule, with a note on its token of where in the block it stands."""

    def noting(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            made = (t for t in state.tokens[count:] if t.type == kind and "span" not in t.meta)
            for token in made:
                token.meta["span"] = (start, state.pos)
                break
        return True

    return noting


def _parser() -> MarkdownIt:
    parser = markdown.parser()
    rules = (
        ("link", link, "link_open"),
        ("image", image, "image"),
        ("autolink", autolink, "link_open"),
        ("html_inline", html_inline, "html_inline"),
    )
    for name, rule, kind in rules:
        parser.inline.ruler.at(name, _noting(rule, kind))
    return parser


_PARSER = _parser()


class _Reader:
    """Takes the tokens of a text one by one and sorts what they say into it."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.lines = text.source.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.around: Token | None = None
        self.first = 0
        self.searched: Span = (0, 0)
        """Line and column up to which cells of a table were found."""

    def take(self, token: Token) -> None:
        if token.map and token.map[0] < len(self.lines):
            self.first = token.map[0]
        if token.type.endswith("_open"):
            self.around = token
        elif token.type == "html_block":
            self._take_raw_block(token)
        elif token.type == "inline":
            self._take_inline(token)

    def _whole_lines(self, token: Token) -> Place:
        """The lines of a block, without the blank ones at its end."""
        first, last = token.map or (self.first, self.first + 1)
        while last - 1 > first and not self.lines[last - 1].strip():
            last -= 1
        last = min(max(last, first + 1), len(self.lines))
        return Place("body", first + 1, self.starts[first], self.starts[last] - 1)

    def _columns(self, inline: Token) -> list[tuple[int, int]] | None:
        """(start in the block's content, start in the source) of each of its lines."""
        if inline.map is None:
            return None
        found, offset = [], 0
        for number, line in enumerate(inline.content.split("\n"), start=inline.map[0]):
            if number >= len(self.lines):
                return None
            after = self.searched[1] if self.searched[0] == number else 0
            column = self.lines[number].find(line.rstrip(), after)
            if column < 0:
                return None
            found.append((offset, self.starts[number] + column))
            self.searched = (number, column + len(line.rstrip()))
            offset += len(line) + 1
        return found

    def _take_inline(self, inline: Token) -> None:
        block = self._whole_lines(inline)
        columns = self._columns(inline)

        def at(start: int, end: int) -> Place:
            if columns is None:
                return block
            first, last = self._in_source(columns, start), self._in_source(columns, end)
            return Place("body", bisect_right(self.starts, first), first, last)

        kind = self.around.type if self.around else ""
        words = inline_text(inline.children or []).strip()
        if kind == "heading_open" and self.around:
            self.text.headings.append(Heading(int(self.around.tag[1]), words, block))
        elif kind == "paragraph_open" and words:
            self.text.paragraphs.append(Words(words, block))
        self._take_children(inline, at)

    @staticmethod
    def _in_source(columns: list[tuple[int, int]], offset: int) -> int:
        line = bisect_right(columns, (offset, len(columns) + 10**9)) - 1
        return columns[line][1] + offset - columns[line][0]

    def _take_children(self, inline: Token, at: Callable[[int, int], Place]) -> None:
        children = inline.children or []
        spans = _outermost(child.meta["span"] for child in children if "span" in child.meta)
        is_placed = inline.map is not None
        opened: list[tuple[Token, Place, list[Token]]] = []
        cursor = 0
        for child in children:
            for _, _, within in opened:
                within.append(child)
            place = at(*child.meta.get("span", (0, len(inline.content))))
            if child.type == "link_open" and child.meta.get("name"):
                # A parser that knows links by name says so itself.
                start = int(child.meta.get("at", 0))
                end = inline.content.find("]]", start) + 2
                self.text.named.append(Words(str(child.meta["name"]), at(start, end)))
                opened.append((child, place, []))
            elif child.type == "link_open":
                opened.append((child, place, []))
            elif child.type == "link_close" and opened:
                opening, where, within = opened.pop()
                self._add_link(opening, where, within[:-1])
            elif child.type == "image":
                alt = inline_text(child.children or []).strip()
                self.text.pictures.append(Picture(str(child.attrGet("src") or ""), alt, place))
            elif child.type == "html_inline":
                self._take_tags(child.content, _moved(at, child))
            elif child.type == "text" and not opened and is_placed:
                cursor = self._take_text(child.content, inline.content, cursor, spans, at)

    def _add_link(self, opening: Token, place: Place, within: list[Token]) -> None:
        if opening.meta.get("name"):
            return
        has_picture = any(child.type == "image" for child in within)
        words = inline_text(within).strip() or "\ufffc" * has_picture
        self.text.links.append(Link(str(opening.attrGet("href") or ""), words, place))

    def _take_text(
        self,
        words: str,
        content: str,
        cursor: int,
        spans: list[Span],
        at: Callable[[int, int], Place],
    ) -> int:
        """Note addresses in words that are no link; return where they end."""
        found = [(m.start(), m[0], m[0], self.text.bare) for m in _BARE.finditer(words)]
        for _, written, said, kind in sorted(found, key=itemgetter(0)):
            start = _find_free(content, written, cursor, spans)
            if start >= 0:
                cursor = start + len(written)
                kind.append(Words(said, at(start, cursor)))
        return cursor

    def _take_raw_block(self, block: Token) -> None:
        place = self._whole_lines(block)
        first = block.map[0] if block.map else self.first
        offset, columns = 0, []
        for number, line in enumerate(block.content.split("\n"), start=first):
            if number < len(self.lines):
                column = max(0, self.lines[number].find(line))
                columns.append((offset, self.starts[number] + column))
            offset += len(line) + 1

        def at(start: int, end: int) -> Place:
            begins = self._in_source(columns, start)
            ends = self._in_source(columns, end)
            return Place("body", bisect_right(self.starts, begins), begins, ends)

        if _OPEN_COMMENT.match(block.content):
            self.text.unclosed.append(Words(block.content[:40], place))
        self._take_tags(_COMMENT.sub(_blank, block.content), at)

    def _take_tags(self, markup: str, at: Callable[[int, int], Place]) -> None:
        hidden_until = 0
        for match in _START_TAG.finditer(markup):
            if match.start() < hidden_until:
                continue
            if (name := match[1].lower()) in ("script", "style"):
                end = markup.lower().find(f"</{name}", match.end())
                hidden_until = end if end >= 0 else len(markup)
            attributes: dict[str, str] = {}
            for attribute, value in _ATTRIBUTE.findall(match[2]):
                attributes.setdefault(attribute.lower(), value.strip("\"'"))
            place = at(match.start(), match.end())
            self.text.tags.append(Tag(name, match[0], attributes, place))


def _blank(match: re.Match[str]) -> str:
    """As many characters that say nothing, so that what follows keeps its place."""
    return re.sub(r"[^\n]", " ", match[0])


def _moved(at: Callable[[int, int], Place], token: Token) -> Callable[[int, int], Place]:
    """`at` for what is counted from the beginning of `token`."""
    by = token.meta.get("span", (0, 0))[0]
    return lambda start, end: at(by + start, by + end)


def _outermost(spans: Iterable[Span]) -> list[Span]:
    """Without those that lie within another one."""
    kept: list[Span] = []
    for span in sorted(spans):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _find_free(content: str, written: str, start: int, spans: list[Span]) -> int:
    """Where `written` stands outside of `spans`, from `start` on, or -1."""
    while (start := content.find(written, start)) >= 0:
        place = bisect_right(spans, (start, len(content))) - 1
        if place < 0 or spans[place][1] <= start:
            return start
        start = spans[place][1]
    return -1
