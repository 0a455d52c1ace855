"""Links that make themselves: the terms that a text uses lead to their entries.

Works between the tokens of a parsed text, so that no markup is ever touched by
a pattern. Pure: values in, values out.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from markdown_it.token import Token

from glossary import terms
from glossary.terms import Name, TermIndex, Use

LONGEST_SENTENCE = 300
"""Characters of a sentence that are kept around a term."""
FAR_AWAY = 2 * LONGEST_SENTENCE
"""Characters before and after a term among which its sentence is looked for."""

_PASSAGE = re.compile(r"<!--\s*(no links|links)\s*-->")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LINE_BREAK = re.compile(r"<br\b", re.IGNORECASE)
_LEFT_ALONE = {"a", "abbr", "button", "cite", "code", "h1", "h2", "h3", "h4", "h5", "h6", "kbd"}
_LEFT_ALONE |= {"pre", "samp", "script", "style", "summary", "textarea", "var"}
_SOURCE_OF_QUOTATION = re.compile(r"\s*(—|―|–|--)\s?\S")
_BREAKS = ("softbreak", "hardbreak")
_TEXTS = ("text", "text_special", *_BREAKS)
_NOT_TEXT = "\ufffc"
_SENTENCE_END = re.compile(r"[.!?…؟۔।॥]+[\"'”’»)\]]*\s+(?=[^\s\W]|[\"'“‘«(])|[。！？]\s*|\n{2,}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|approx|no|fig|dr|mr|mrs|ms|prof|st|z\.\s?B|d\.\s?h|bzw|ca|usw|"
    r"p\.\s?ex|sr|sra)|\b\w)\.$",
    re.IGNORECASE,
)


class Passed(StrEnum):
    """Why a use of a name becomes no link."""

    CLAIMED = "claimed by two entries"
    OWN = "the entry's own name"
    SECOND = "named before"
    BY_HAND = "linked by hand"
    LEFT_ALONE = "in a heading, a link, code, or where no links are wanted"
    REFUSED = "refused for this text"
    NOT_LINKED = "linked from no text"
    OFF = "this text links no terms"


MENTIONED = (Passed.REFUSED, Passed.NOT_LINKED, Passed.OFF)
"""Uses that are mentions all the same."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The first use of another entry's term: its sentence, and where in it the term stands."""

    target: int
    sentence: str
    start: int
    length: int
    is_link: bool


@dataclass(slots=True)
class _Piece:
    """The text of one inline token; pieces of one `run` stand together without markup between."""

    token: Token
    start: int
    run: int
    is_open: bool

    @property
    def end(self) -> int:
        return self.start + len(_written(self.token))


@dataclass
class Weaver:
    """Puts links into the tokens of one entry's text and notes whom it mentions.

    Longest name first, the first use of each entry only, whatever it is
    called. Headings, links, code, the sources of quotations, passages marked
    `<!-- no links -->` and the entry's own names are left alone. `index_for`
    gets the words of the text and answers with the names to look for;
    `by_hand` tells which addresses in the text lead to which entries, and
    `refused` holds those that an editor does not want linked here: they are
    mentioned. `on_pass` hears of each use that becomes no link, with the text
    around it.
    """

    index_for: Callable[[str], TermIndex]
    address_of: Callable[[Name], str]
    own: int | None = None
    by_hand: Mapping[str, int] = field(default_factory=dict)
    is_linking: bool = True
    refused: Collection[int] = ()
    on_pass: Callable[[Use, str, Passed], None] | None = None
    mentions: dict[int, Mention] = field(default_factory=dict)
    is_passage_off: bool = False
    index: TermIndex = field(init=False)

    def __call__(self, tokens: list[Token]) -> None:
        for token in tokens:
            for child in token.children or ():
                self._mark(child)
        texts = ("".join(map(_written, token.children or ())) for token in tokens)
        self.index = self.index_for("\n\n".join(filter(None, texts)))
        left_alone = 0
        for token, is_open, is_quoted in _inlines(tokens):
            if token.type == "html_block":
                self.heed(token.content)
                left_alone = max(0, left_alone + _depth(token.content))
            elif token.children:
                self._weave(token, is_open=is_open and not left_alone, is_quoted=is_quoted)

    def _mark(self, token: Token) -> None:
        """Let a link that the author wrote to an entry look and act like ours."""
        if token.type == "link_open" and self.target_of(token) is not None:
            token.attrJoin("class", "term")

    def target_of(self, token: Token) -> int | None:
        return self.by_hand.get(str(token.attrGet("href") or "").partition("#")[0])

    def heed(self, markup: str) -> None:
        for said in _PASSAGE.findall(markup):
            self.is_passage_off = said == "no links"

    def _weave(self, inline: Token, *, is_open: bool, is_quoted: bool) -> None:
        children = inline.children or []
        scan = _Scan(self, is_open=is_open, is_quoted=is_quoted)
        for token in children:
            scan.take(token)
        readable = "".join(_readable(child) for child in children)
        for start, end, target in scan.made_by_hand:
            self._note(target, readable, start, end, is_link=True)
        places: list[tuple[Use, str]] = []
        for use in terms.find("".join(map(_written, children)), self.index):
            passed = self._passes(use, scan.pieces)
            if passed and self.on_pass:
                self.on_pass(use, readable, passed)
            if use.name is None or (passed and passed not in MENTIONED):
                continue
            self._note(use.name.target, readable, use.start, use.end, is_link=not passed)
            if not passed:
                places.append((use, self.address_of(use.name)))
        if places:
            inline.children = list(_linked(children, places))

    def _passes(self, use: Use, pieces: list[_Piece]) -> Passed | None:
        """Why the use becomes no link, or None: it becomes one."""
        name = use.name
        if name is None:
            return Passed.CLAIMED
        if name.target == self.own:
            return Passed.OWN
        if name.target in self.by_hand.values():
            return Passed.BY_HAND
        if name.target in self.mentions:
            return Passed.SECOND
        if not _stands_free(use, pieces):
            return Passed.LEFT_ALONE
        if not self.is_linking:
            return Passed.OFF
        if not name.is_linked:
            return Passed.NOT_LINKED
        return Passed.REFUSED if name.target in self.refused else None

    def _note(self, target: int, text: str, start: int, end: int, *, is_link: bool) -> None:
        is_wordless = not text[start:end].strip()
        if is_wordless or target == self.own or target in self.mentions:
            return
        self.mentions[target] = mention_of(target, text, start, end, is_link=is_link)


class _Scan:
    """Walks the tokens of one inline: where its texts lie, and which of them are left alone."""

    def __init__(self, weaver: Weaver, *, is_open: bool, is_quoted: bool) -> None:
        self.weaver = weaver
        self.is_open = is_open
        self.is_quoted = is_quoted
        self.pieces: list[_Piece] = []
        self.made_by_hand: list[tuple[int, int, int]] = []
        """(start, end, entry) of each link that the author wrote."""
        self.offset = self.run = self.left_alone = 0
        self.begins_line = True
        self.is_source = False
        self.link: tuple[int, int] | None = None

    def take(self, token: Token) -> None:
        if token.type in _TEXTS:
            self._take_text(token)
        else:
            self._take_markup(token)
        self.offset += len(_written(token))

    def _take_text(self, token: Token) -> None:
        if self.is_quoted and self.begins_line:
            self.is_source |= bool(_SOURCE_OF_QUOTATION.match(token.content))
        self.begins_line = token.type in _BREAKS
        is_kept = self.left_alone or self.is_source or self.weaver.is_passage_off
        self.pieces.append(_Piece(token, self.offset, self.run, self.is_open and not is_kept))

    def _take_markup(self, token: Token) -> None:
        self.run += 1
        if token.type == "html_inline":
            self.weaver.heed(token.content)
            self.left_alone = max(0, self.left_alone + _depth(token.content))
            self.begins_line |= _is_line_break(token)
        elif token.type == "link_open":
            self.left_alone += 1
            target = self.weaver.target_of(token)
            self.link = (self.offset, target) if target is not None and self.is_open else None
        elif token.type == "link_close":
            self.left_alone -= 1
            if self.link:
                self.made_by_hand.append((self.link[0], self.offset, self.link[1]))
            self.link = None


def mention_of(target: int, text: str, start: int, end: int, *, is_link: bool) -> Mention:
    """Return the mention of `target` by the words start…end of `text`."""
    sentence, at = sentence_around(text, start, end)
    length = min(len(_on_one_line(text[start:end])), len(sentence) - at)
    return Mention(target, sentence, at, length, is_link)


def sentence_around(text: str, start: int, end: int) -> tuple[str, int]:
    """Return the sentence of `text` that holds start…end, at most 300 characters of it, on one
    line, and where in it the place then begins."""
    first, last = _sentence_bounds(text, start, end)
    if last - first > LONGEST_SENTENCE:
        room = max(0, LONGEST_SENTENCE - (end - start) - len("…  …")) // 2
        cut_first, cut_last = max(first, start - room), min(last, end + room)
        before, after = text[cut_first:start], text[end:cut_last]
        # Between words, if the script sets words apart.
        if cut_first > first:
            before = "… " + (before.partition(" ")[2] if " " in before else before)
        if cut_last < last:
            after = (after.rpartition(" ")[0] if " " in after else after) + " …"
    else:
        before, after = text[first:start], text[end:last]
    before = _on_one_line(before) + " " * bool(before.strip() and before[-1:].isspace())
    after = " " * bool(after[:1].isspace()) + _on_one_line(after)
    middle = _on_one_line(text[start:end])[:LONGEST_SENTENCE]
    return (before + middle + after).rstrip(), len(before)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _sentence_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence begins and ends; what is far away need not be looked at."""
    first, last = max(0, start - FAR_AWAY), min(len(text), end + FAR_AWAY)
    for match in _SENTENCE_END.finditer(text, first, last):
        if _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start() + 1]):
            continue
        if match.end() <= start:
            first = match.end()
        elif match.start() >= end:
            last = match.end()
            break
    return first, last


def _inlines(tokens: list[Token]) -> Iterator[tuple[Token, bool, bool]]:
    """Inline and raw tokens, whether links may stand there, and whether it is a quotation."""
    closed = quoted = 0
    for token in tokens:
        if token.type in ("heading_open", "heading_close", "th_open", "th_close"):
            closed += token.nesting
        elif token.type in ("blockquote_open", "blockquote_close"):
            quoted += token.nesting
        elif token.type in ("inline", "html_block"):
            yield token, not closed, bool(quoted)


def _written(token: Token) -> str:
    """What a token puts between its neighbours: its words, a break, a thing that is no text."""
    if token.type in ("text", "text_special"):
        return token.content
    if token.type in _BREAKS or _is_line_break(token):
        return "\n"
    if token.type in ("code_inline", "image", "footnote_ref"):
        return _NOT_TEXT * max(1, len(token.content))
    return ""


def _is_line_break(token: Token) -> bool:
    return token.type == "html_inline" and bool(_LINE_BREAK.match(token.content))


def _readable(token: Token) -> str:
    """The same, as long, with code as it reads."""
    written = _written(token)
    return token.content or " " if written.startswith(_NOT_TEXT) else written


def _depth(markup: str) -> int:
    """By how much raw HTML opens or closes what is left alone."""
    depth = 0
    for closing, name in _TAG.findall(_COMMENT.sub("", markup)):
        if name.lower() in _LEFT_ALONE:
            depth += -1 if closing else 1
    return depth


def _stands_free(use: Use, pieces: list[_Piece]) -> bool:
    """Whether the use lies in text that may be linked, without markup inside it."""
    first = bisect_right(pieces, use.start, key=attrgetter("start")) - 1
    last = bisect_left(pieces, use.end, key=attrgetter("start"))
    touched = [piece for piece in pieces[max(0, first) : last] if piece.end > use.start]
    runs = {piece.run for piece in touched}
    return len(runs) == 1 and all(piece.is_open for piece in touched)


def _linked(children: list[Token], places: list[tuple[Use, str]]) -> Iterator[Token]:
    """The tokens with the places as links; text is split where a link begins or ends."""
    waiting = list(places)
    is_within = False
    offset = 0
    for token in children:
        content = _written(token)
        if not waiting or offset + len(content) <= waiting[0][0].start or not content:
            yield token
            offset += len(content)
            continue
        done = 0
        while waiting:
            use, address = waiting[0]
            border = (use.end if is_within else use.start) - offset
            if border > len(content) or (border == len(content) and not is_within):
                break
            yield from _cut(token, content, done, border)
            done = border
            if is_within:
                yield Token("link_close", "a", -1)
                waiting.pop(0)
            else:
                yield Token("link_open", "a", 1, attrs={"href": address, "class": "term"})
            is_within = not is_within
        yield from _cut(token, content, done, len(content))
        offset += len(content)


def _cut(token: Token, content: str, start: int, end: int) -> Iterator[Token]:
    if start == 0 and end == len(content):
        yield token
    elif start < end:
        yield Token("text", "", 0, content=content[start:end])
