"""Markdown in, safe HTML, contents list and plain text out: the only renderer of the site."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from config import headings, picture_names, wikilinks
from config.headings import Anchor, Heading
from config.sanitising import is_local, sanitised
from config.tokens import inline_text, inlines, text_of

RENDERER_VERSION = 3
"""Raised whenever the same source gives other HTML; `manage.py rerender` finds older rows."""

MAX_LENGTH = 200_000
"""Longest text that forms and importers accept, in characters (a novel's chapter is 30,000)."""


@dataclass(frozen=True)
class Unlinked:
    """No link, and a sentence on why, for those who write; readers get plain words."""

    why: str


LinkResolver = Callable[[str], str | Unlinked | None]
"""Maps a link's target to the one to show; None keeps the words and drops the link.

Unlinked drops it, too, and leaves a mark, which only previews want.
"""

NameResolver = Callable[[list[str]], Mapping[str, str | Unlinked]]
"""Maps the names in `[[ ]]` of a text to their targets; of the others the words remain."""

Weaver = Callable[[list[Token]], None]
"""Changes the tokens of a parsed text, as `glossary.linking` does to add links."""


@dataclass(frozen=True)
class Rendered:
    """What a text becomes."""

    html: SafeString
    contents: list[Heading]
    anchors: list[Anchor]
    text: str


def to_html(text: str) -> SafeString:
    """Return `text` as sanitised HTML, its highest heading an <h2>."""
    return render(text).html


def to_text(text: str) -> str:
    """Return the words of `text` without markup or code blocks, a line per block."""
    return text_of(_PARSER.parse(_clean_source(text), {}))


def to_contents(text: str) -> list[Heading]:
    """Return the headings of `text` as the contents list of its page, two levels deep."""
    return render(text).contents


def render(
    text: str,
    *,
    link: LinkResolver | None = None,
    named: NameResolver | None = None,
    weave: Weaver | None = None,
    anchors: Sequence[Anchor] | None = None,
    first_heading: int | None = 2,
) -> Rendered:
    """Return everything that is derived from `text`.

    `link` decides on each link's target, `named` on those of all `[[names]]`;
    `weave` may then put links between the tokens. With `anchors`, those of the
    text's earlier version, headings keep their ids and become links to
    themselves. The highest heading of the text becomes `<h{first_heading}>`
    and the others follow; None leaves them.
    CommonMark 0.31 with tables, strikethrough, footnotes, definition lists and
    `{#id .class}` attributes; raw HTML passes through the sanitiser.
    """
    tokens = _PARSER.parse(_clean_source(text), {})
    if first_heading:
        headings.move(tokens, first_heading)
    known = headings.name(tokens, anchors or ())
    _make_cells_clean(tokens)
    names = wikilinks.names(tokens) if named else []
    targets = named(names) if named and names else {}
    for inline in inlines(tokens):
        inline.children = _resolved_links(inline.children or [], link=link, targets=targets)
        inline.children = _local_images(inline.children or [])
    text_without_markup = text_of(tokens)
    if weave:
        weave(tokens)
    if anchors is not None:
        headings.link_to_themselves(tokens, known)
    if first_heading:
        _move_raw_headings(tokens)
    rendered = _PARSER.renderer.render(tokens, _PARSER.options, {})
    ids = frozenset(heading["id"] for heading in known)
    return Rendered(
        html=mark_safe(sanitised(rendered, heading_ids=ids, link=link and _bare(link))),
        contents=headings.nested(tokens, known),
        anchors=known,
        text=text_without_markup,
    )


def link_of_term(path: str, words: str) -> str:
    """Return the HTML of a link as `glossary.linking` puts it into a text, without its context."""
    opening = Token("link_open", "a", 1, attrs={"href": path, "class": "term"})
    tokens = [opening, Token("text", "", 0, content=words), Token("link_close", "a", -1)]
    return sanitised(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def names_in(text: str) -> list[str]:
    """Return the names that `text` has in `[[ ]]`, code left out, each once, in order."""
    return wikilinks.names(_PARSER.parse(_clean_source(text), {})) if "[[" in text else []


def with_names(text: str, name_for: Callable[[str], str | None]) -> str:
    """Return `text` with another name in each `[[name]]` for which `name_for` has one.

    What readers see stays: `[[CRM]]` becomes `[[Customer management|CRM]]`.
    """
    if "[[" not in text:
        return text
    source = re.sub(r"\r\n?", "\n", _clean_source(text))
    return wikilinks.renamed(source, _PARSER.parse(source, {}), name_for)


def parsed(text: str) -> list[Token]:
    """Return `text` as the tokens that `render` begins with."""
    return _PARSER.parse(_clean_source(text), {})


def code_lines(text: str) -> set[int]:
    """Return the numbers, from 0, of the lines of `text` that are blocks of code."""
    blocks = [t for t in _BLOCKS.parse(text, {}) if t.type in ("fence", "code_block")]
    return {line for block in blocks for line in range(*(block.map or (0, 0)))}


def trusted(stored: str) -> SafeString:
    """Return HTML that this module rendered and a row kept, ready for a template."""
    return mark_safe(stored)


# Parsing ----------------------------------------------------------------------------------


def parser() -> MarkdownIt:
    """Return a new parser of the site's Markdown."""
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin).use(deflist_plugin).use(attrs_plugin, allowed=["id", "class"])
    parser.use(wikilinks.plugin)
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


# Headings ---------------------------------------------------------------------------------

_RAW_H1 = re.compile(r"(</?h)1\b", re.IGNORECASE)


def _move_raw_headings(tokens: list[Token]) -> None:
    """Lower <h1> in raw HTML: the page has its own."""
    raw = [token for token in tokens if token.type == "html_block"]
    raw += [
        child
        for inline in inlines(tokens)
        for child in inline.children or []
        if child.type == "html_inline"
    ]
    for token in raw:
        token.content = _RAW_H1.sub(r"\g<1>2", token.content)


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


def _resolved_links(
    children: list[Token], *, link: LinkResolver | None, targets: Mapping[str, str | Unlinked]
) -> list[Token]:
    kept: list[Token] = []
    closings: list[list[Token]] = []
    """What closes each link that is open: its own end, that of a mark, or nothing."""
    for token in children:
        if token.type == "link_open":
            target: str | Unlinked | None
            if name := wikilinks.name_of(token):
                target = targets.get(name)
            else:
                target = str(token.attrGet("href") or "")
                target = link(target) if link else target
            opening, closing = _link_to(target, token)
            kept += opening
            closings.append(closing)
        elif token.type == "link_close":
            kept += closings.pop()
        else:
            kept.append(token)
    return kept


def _link_to(target: str | Unlinked | None, token: Token) -> tuple[list[Token], list[Token]]:
    """What stands for the opening of a link, and for its end."""
    if target is None:
        return [], []
    if isinstance(target, Unlinked):
        attributes: dict[str, str | int | float] = {"class": "unlinked", "title": target.why}
        return (
            [Token("mark_open", "span", 1, attrs=attributes)],
            [Token("mark_close", "span", -1)],
        )
    token.attrSet("href", target)
    return [token], [Token("link_close", "a", -1)]


def _bare(link: LinkResolver) -> Callable[[str], str | None]:
    """The same for links in raw HTML, which leave no mark."""

    def target_of(href: str) -> str | None:
        target = link(href)
        return None if isinstance(target, Unlinked) else target

    return target_of


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


def _size_image(image: Token) -> None:
    """Say where readers fetch the file, and what its name tells: its size, and smaller ones."""
    address = picture_names.fetched_at(str(image.attrGet("src")), settings.MEDIA_URL)
    image.attrSet("src", address)
    for name, value in picture_names.attributes(address).items():
        image.attrSet(name, value)


def _image_as_words(image: Token, *, as_link: bool) -> list[Token]:
    source = str(image.attrGet("src") or "")
    words = Token("text", "", 0, content=inline_text(image.children or []) or source)
    if not as_link or not source.startswith(("http://", "https://")):
        return [words]
    return [
        Token("link_open", "a", 1, attrs={"href": source}),
        words,
        Token("link_close", "a", -1),
    ]


_PARSER = parser()
_BLOCKS = MarkdownIt("commonmark").disable(["inline", "text_join"])
"""Sees where blocks begin and end, and nothing within them."""
