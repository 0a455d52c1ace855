"""Markdown in, safe HTML, contents list and plain text out: the only renderer of the site."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypedDict

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from config.sanitising import is_local, plain, sanitised

RENDERER_VERSION = 1
"""Raised whenever the same source gives other HTML; `manage.py rerender` finds older rows."""

MAX_LENGTH = 200_000
"""Longest text that forms and importers accept, in characters (a novel's chapter is 30,000)."""

LinkResolver = Callable[[str], str | None]
"""Maps a link's target to the one to show; None keeps the words and drops the link."""


class Heading(TypedDict):
    """One line of the contents list; `children` are the headings one level below."""

    id: str
    title: str
    children: list["Heading"]


@dataclass(frozen=True)
class Rendered:
    """What a text becomes."""

    html: SafeString
    contents: list[Heading]
    text: str


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


def to_html(text: str) -> SafeString:
    """Return `text` as sanitised HTML, its highest heading an <h2>."""
    return render(text).html


def to_text(text: str) -> str:
    """Return the words of `text` without markup or code blocks, a line per block."""
    return _text(_PARSER.parse(_clean_source(text), {}))


def to_contents(text: str) -> list[Heading]:
    """Return the headings of `text` as the contents list of its page, two levels deep."""
    return render(text).contents


def render(
    text: str, *, link: LinkResolver | None = None, first_heading: int | None = 2
) -> Rendered:
    """Return everything that is derived from `text`.

    `link` decides on each link's target. The highest heading of the text
    becomes `<h{first_heading}>` and the others follow; None leaves them.
    CommonMark 0.31 with tables, strikethrough, footnotes, definition lists and
    `{#id .class}` attributes; raw HTML passes through the sanitiser.
    """
    tokens = _PARSER.parse(_clean_source(text), {})
    if first_heading:
        _move_headings(tokens, first_heading)
    headings = _name_headings(tokens)
    in_contents = [heading for heading in headings if heading[2]]
    _make_cells_clean(tokens)
    for inline in _inlines(tokens):
        if link:
            inline.children = _resolved_links(inline.children or [], link)
        inline.children = _local_images(inline.children or [])
    if first_heading:
        _move_raw_headings(tokens)
    rendered = _PARSER.renderer.render(tokens, _PARSER.options, {})
    ids = frozenset(name for _, name, _ in headings)
    safe = mark_safe(sanitised(rendered, heading_ids=ids))
    return Rendered(html=safe, contents=_nested(in_contents), text=_text(tokens))


def code_lines(text: str) -> set[int]:
    """Return the numbers, from 0, of the lines of `text` that are blocks of code."""
    blocks = [t for t in _BLOCKS.parse(text, {}) if t.type in ("fence", "code_block")]
    return {line for block in blocks for line in range(*(block.map or (0, 0)))}


def trusted(stored: str) -> SafeString:
    """Return HTML that this module rendered and a row kept, ready for a template."""
    return mark_safe(stored)


# Parsing ----------------------------------------------------------------------------------


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin).use(attrs_plugin, allowed=["id", "class"])
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    parser.add_render_rule("footnote_block_open", _open_footnotes)
    return parser


def _fence(self: object, tokens: Sequence[Token], idx: int, options: object, env: object) -> str:
    """Code blocks can be scrolled by keyboard, because they do not wrap."""
    token = tokens[idx]
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    of_language = f' class="language-{escapeHtml(language)}"' if language else ""
    return f'<pre tabindex="0"><code{of_language}>{escapeHtml(token.content)}</code></pre>\n'


def _open_table(
    self: object, tokens: Sequence[Token], idx: int, options: object, env: object
) -> str:
    return '<div class="scroll" tabindex="0"><table>\n'


def _close_table(
    self: object, tokens: Sequence[Token], idx: int, options: object, env: object
) -> str:
    return "</table></div>\n"


def _open_footnotes(
    self: object, tokens: Sequence[Token], idx: int, options: object, env: object
) -> str:
    return '<hr class="footnotes-sep">\n<section class="footnotes">\n<ol class="footnotes-list">\n'


def _clean_source(text: str) -> str:
    """Drop what no database and no browser wants: NUL, lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _inlines(tokens: list[Token]) -> Iterator[Token]:
    return (token for token in tokens if token.type == "inline")


# Headings ---------------------------------------------------------------------------------

_EXPLICIT_ID = re.compile(r"#([\w:.-]+)(?:\s+[.\w=-]+)*")
_RESERVED_ID = re.compile(r"page-|fn(ref)?\d")
_RAW_H1 = re.compile(r"(</?h)1\b", re.IGNORECASE)


def heading_id(title: str) -> str:
    """Return the anchor of a heading: words of any script, NFC, joined by hyphens."""
    folded = unicodedata.normalize("NFC", title.casefold()).replace("_", " ")
    kept = (char for char in folded if char.isalnum() or char in " -" or _is_mark(char))
    return "-".join("".join(kept).split())


def _is_mark(char: str) -> bool:
    """Whether `char` is a sign upon a letter, such as a vowel in Hindi."""
    return unicodedata.category(char).startswith("M")


def _move_headings(tokens: list[Token], first: int) -> None:
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    shift = first - min((int(token.tag[1]) for token in headings), default=first)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1]) + shift)}"


def _name_headings(tokens: list[Token]) -> list[tuple[int, str, str]]:
    """Give each heading its id; return (level, id, title) in order.

    The title of a heading within a quotation or list is left out, which keeps
    it out of the contents. Ids that the author chose go before those made
    from titles, wherever they stand.
    """
    ids = _Ids()
    pairs = [(a, b) for a, b in pairwise(tokens) if a.type == "heading_open"]
    chosen = [_take_explicit_id(inline) for _, inline in pairs]
    names = [ids.claim(wanted) if wanted else "" for wanted in chosen]
    named = []
    for (opening, inline), name in zip(pairs, names, strict=True):
        title = _inline_text(inline.children or []).strip()
        unique = name or ids.claim(heading_id(title))
        opening.attrSet("id", unique)
        named.append((int(opening.tag[1]), unique, title if opening.level == 0 else ""))
    return named


def _move_raw_headings(tokens: list[Token]) -> None:
    """Lower <h1> in raw HTML: the page has its own."""
    raw = [token for token in tokens if token.type == "html_block"]
    raw += [
        child
        for inline in _inlines(tokens)
        for child in inline.children or []
        if child.type == "html_inline"
    ]
    for token in raw:
        token.content = _RAW_H1.sub(r"\g<1>2", token.content)


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


def _nested(headings: list[tuple[int, str, str]]) -> list[Heading]:
    """Return the two upper levels of `headings`, the lower within the higher."""
    top = min((level for level, _, _ in headings), default=0)
    contents: list[Heading] = []
    for level, name, title in headings:
        line = Heading(id=name, title=title, children=[])
        if level == top or not contents:
            contents.append(line)
        elif level == top + 1:
            contents[-1]["children"].append(line)
    return contents


# Blocks -----------------------------------------------------------------------------------


def _make_cells_clean(tokens: list[Token]) -> None:
    """Say alignment by class, since the CSP forbids the parser's style attribute.

    An empty header cell becomes a plain one: it heads nothing.
    """
    for place, token in enumerate(tokens):
        if token.type in ("th_open", "td_open"):
            style = token.attrs.pop("style", "")
            if style:
                token.attrJoin("class", "align-" + str(style).removeprefix("text-align:"))
        if token.type == "th_open" and not tokens[place + 1].content:
            token.tag = tokens[place + 2].tag = "td"


# Links and images -------------------------------------------------------------------------


def _resolved_links(children: list[Token], link: LinkResolver) -> list[Token]:
    kept: list[Token] = []
    open_links: list[bool] = []
    for token in children:
        if token.type == "link_open":
            target = link(str(token.attrGet("href") or ""))
            open_links.append(target is not None)
            if target is None:
                continue
            token.attrSet("href", target)
        elif token.type == "link_close" and not open_links.pop():
            continue
        kept.append(token)
    return kept


def _local_images(children: list[Token]) -> list[Token]:
    """Keep our own images; others become links, for a page asks nobody else for anything."""
    kept: list[Token] = []
    within_link = 0
    for token in children:
        within_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "image" or is_local(str(token.attrGet("src") or "")):
            if token.type == "image":
                _size_image(token)
            kept.append(token)
            continue
        kept += _image_as_words(token, as_link=not within_link)
    return kept


_SIZE_IN_NAME = re.compile(r"-(\d{1,5})x(\d{1,5})\.webp$")


def _size_image(image: Token) -> None:
    """Set width and height from the name that `config.images` gave the file."""
    size = _SIZE_IN_NAME.search(str(image.attrGet("src")))
    if size:
        image.attrSet("width", size[1])
        image.attrSet("height", size[2])
        image.attrSet("loading", "lazy")


def _image_as_words(image: Token, *, as_link: bool) -> list[Token]:
    source = str(image.attrGet("src") or "")
    words = Token("text", "", 0, content=_inline_text(image.children or []) or source)
    if not as_link or not source.startswith(("http://", "https://")):
        return [words]
    return [
        Token("link_open", "a", 1, attrs={"href": source}),
        words,
        Token("link_close", "a", -1),
    ]


# Text -------------------------------------------------------------------------------------


_TAG = re.compile(r"<(/?)(\w+)")


def _text(tokens: list[Token]) -> str:
    blocks = [
        plain(token.content.replace("<", " <"))
        if token.type == "html_block"
        else _inline_text(token.children or [])
        for token in tokens
        if token.type in ("inline", "html_block")
    ]
    return "\n".join(line for block in blocks if (line := " ".join(block.split())))


def _inline_text(children: list[Token]) -> str:
    """Return the words of inline tokens; an image gives its alternative text."""
    words = []
    is_code = False
    for token in children:
        if token.type == "html_inline":
            tag = _TAG.match(token.content)
            is_code = bool(tag and tag[2].lower() in ("script", "style") and not tag[1])
            words.append(" " * bool(tag and tag[2].lower() == "br"))
        elif is_code:
            continue
        elif token.type in ("text", "code_inline", "text_special"):
            words.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            words.append(" ")
        elif token.type == "image":
            words.append(_inline_text(token.children or []))
    return "".join(words)


_PARSER = _parser()
_BLOCKS = MarkdownIt("commonmark").disable(["inline", "text_join"])
"""Sees where blocks begin and end, and nothing within them."""
