"""Safe HTML in, Markdown out: what a page says, for readers that are programs.

Made from the stored HTML rather than from an editor's source, so that it says
what the page says and no more: no comment, no passage that was sanitised away,
no link that readers may not follow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import groupby
from urllib.parse import urljoin

_VOID = {"br", "col", "hr", "img", "wbr"}
_BLOCKS = {
    *("blockquote", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1"),
    *("h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "summary", "table"),
    *("tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
}
_MARKS = {"em": "*", "i": "*", "strong": "**", "b": "**", "del": "~~", "s": "~~"}
_DEEPEST = 100
"""Elements within elements; what lies deeper follows its ancestor instead."""
_CODE = {"code", "kbd", "samp", "var"}


@dataclass
class _Node:
    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["_Node | str"] = field(default_factory=list)

    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def nodes(self, *tags: str) -> list["_Node"]:
        """Return the children with one of `tags`, looking through parts of a table."""
        found: list[_Node] = []
        for child in self.children:
            if isinstance(child, _Node):
                is_part = child.tag in ("thead", "tbody", "tfoot")
                found += child.nodes(*tags) if is_part else [child] * (child.tag in tags)
        return found

    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)


class _Tree(HTMLParser):
    """Builds nodes from HTML that a sanitiser wrote: every tag is closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("div")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID and len(self.open) < _DEEPEST:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in [node.tag for node in self.open[1:]]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def to_markdown(safe_html: str, *, base: str) -> str:
    """Return HTML that `config.sanitising` made as CommonMark with tables and footnotes.

    Addresses become absolute, seen from `base`.
    """
    tree = _Tree()
    tree.feed(safe_html)
    tree.close()
    return "\n\n".join(_Writer(base).blocks(tree.root))


# Text ---------------------------------------------------------------------------------------

_SPECIAL = re.compile(
    r"[\\`*\[\]]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it marks nothing
    r"|~(?=~)|(?<=~)~"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
)
_LINE_START = re.compile(
    r"^(?:([-+:])(?=\s|$)|([>#=]|-(?=-)|~(?=~))|(\d{1,9})([.)])(?=\s|$))", re.M
)


def escaped(text: str) -> str:
    """Return `text` on one line, written so that Markdown reads it as it stands."""
    return _line_starts(_inline_escaped(" ".join(text.split())))


def _inline_escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def _line_starts(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        sign, other, number, after = match.groups()
        return f"{number}\\{after}" if number else f"\\{sign or other}"

    return _LINE_START.sub(escape, text)


def address(url: str) -> str:
    """Return `url` as a link's target: what would end it early is percent-encoded."""
    return re.sub(r"[\s()<>\\]", lambda sign: f"%{ord(sign[0]):02X}", url)


def _code_span(text: str) -> str:
    content = " ".join(text.split())
    longest = max(map(len, re.findall("`+", content)), default=0)
    if not content:
        return ""
    space = " " * (content[0] == "`" or content[-1] == "`")
    return f"{'`' * (longest + 1)}{space}{content}{space}{'`' * (longest + 1)}"


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def _is_block(child: _Node | str) -> bool:
    return isinstance(child, _Node) and child.tag in _BLOCKS


# Structure ----------------------------------------------------------------------------------


class _Writer:
    def __init__(self, base: str) -> None:
        self.base = base
        self.kinds: dict[str, Callable[[_Node], list[str]]] = {
            "blockquote": self._quotation,
            "dl": self._definitions,
            "hr": lambda node: [] if "footnotes-sep" in node.classes() else ["***"],
            "ol": self._list,
            "pre": self._code,
            "summary": lambda node: [f"**{text}**" for text in [self._paragraph(node)] if text],
            "table": self._table,
            "ul": self._list,
        }

    def blocks(self, node: _Node) -> list[str]:
        """Return the blocks within `node`; loose words among them become paragraphs."""
        found: list[str] = []
        for is_block, group in groupby(node.children, key=_is_block):
            children = list(group)
            if is_block:
                nodes = [child for child in children if isinstance(child, _Node)]
                found += [text for child in nodes for text in self._block(child)]
            else:
                found += filter(None, [self._paragraph(_Node("p", children=children))])
        return found

    def _block(self, node: _Node) -> list[str]:
        if "footnotes" in node.classes():
            return self._footnotes(node)
        if node.tag in self.kinds:
            return self.kinds[node.tag](node)
        if re.fullmatch("h[1-6]", node.tag):
            title = re.sub(r"(#+)$", r"\\\1", " ".join(self._inline(node).split()))
            return [f"{'#' * int(node.tag[1])} {title}"] if title else []
        return self.blocks(node)

    def _paragraph(self, node: _Node) -> str:
        lines = [" ".join(line.split()) for line in self._inline(node).strip().split("\n")]
        return _line_starts("\n".join(lines).rstrip("\\").strip())

    def _quotation(self, node: _Node) -> list[str]:
        inside = "\n\n".join(self.blocks(node))
        return ["\n".join(f"> {line}".rstrip() for line in inside.split("\n"))] if inside else []

    def _code(self, node: _Node) -> list[str]:
        code = node.text().removesuffix("\n")
        spans = node.nodes("code")
        languages = [c.removeprefix("language-") for span in spans for c in span.classes()]
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        return [f"{fence}{''.join(languages[:1])}\n{code}\n{fence}"]

    def _list(self, node: _Node) -> list[str]:
        is_loose = any(item.nodes("p") for item in node.nodes("li"))
        start = node.attributes.get("start", "1")
        number = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1
        items = []
        for place, item in enumerate(node.nodes("li"), start=number):
            marker = f"{place}. " if node.tag == "ol" else "- "
            inside = ("\n\n" if is_loose else "\n").join(self.blocks(item))
            items.append((marker + _indented(inside, " " * len(marker)).lstrip(" ")).rstrip())
        return [("\n\n" if is_loose else "\n").join(items)] if items else []

    def _definitions(self, node: _Node) -> list[str]:
        lines = []
        for part in node.nodes("dt", "dd"):
            inside = "\n\n".join(self.blocks(part))
            is_term = part.tag == "dt"
            lines.append(inside if is_term else f": {_indented(inside, '  ').lstrip(' ')}")
        return ["\n\n".join(lines).replace("\n\n: ", "\n: ")] if lines else []

    def _table(self, node: _Node) -> list[str]:
        rows = [[self._cell(c) for c in row.nodes("td", "th")] for row in node.nodes("tr")]
        width = max(map(len, rows), default=0)
        if not width:
            return []
        even = [[*row, *[""] * (width - len(row))] for row in rows]
        lines = [f"| {' | '.join(row)} |" for row in [even[0], ["---"] * width, *even[1:]]]
        captions = [self._paragraph(caption) for caption in node.nodes("caption")]
        return [*filter(None, captions), "\n".join(lines)]

    def _cell(self, node: _Node) -> str:
        return " ".join(" ".join(self.blocks(node)).replace("\\\n", " ").split()).replace(
            "|", "\\|"
        )

    def _footnotes(self, node: _Node) -> list[str]:
        notes = []
        for item in [item for listing in node.nodes("ol") for item in listing.nodes("li")]:
            inside = _indented("\n\n".join(self.blocks(item)), "    ").lstrip(" ")
            notes.append(f"[^{item.attributes.get('id', '').removeprefix('fn')}]: {inside}")
        return notes

    # Words

    def _inline(self, node: _Node) -> str:
        return "".join(
            _inline_escaped(re.sub(r"\s+", " ", child))
            if isinstance(child, str)
            else self._mark(child)
            for child in node.children
        )

    def _mark(self, node: _Node) -> str:
        if node.tag == "br":
            return "\\\n"
        if node.tag == "img":
            return self._image(node)
        if node.tag in _CODE:
            return _code_span(node.text())
        inside = self._inline(node)
        if node.tag == "a":
            return self._link(node, inside)
        if node.tag == "q":
            return f"“{inside}”"
        sign = _MARKS.get(node.tag, "")
        words = inside.strip()
        if not sign or not words:
            return inside
        # A mark has to touch its words.
        before, after = inside[: inside.find(words)], inside[inside.find(words) + len(words) :]
        return f"{before}{sign}{words}{sign}{after}"

    def _link(self, node: _Node, inside: str) -> str:
        target = node.attributes.get("href", "")
        if "footnote-backref" in node.classes():
            return ""
        if note := re.fullmatch(r"#fn(\d+)", target):
            return f"[^{note[1]}]"
        is_heading_s_own = "anchor" in node.classes() and target.startswith("#")
        if not target or not inside.strip() or is_heading_s_own:
            return inside
        return f"[{inside.strip()}]({self._absolute(target)})"

    def _image(self, node: _Node) -> str:
        words = escaped(node.attributes.get("alt", ""))
        source = node.attributes.get("src", "")
        return f"![{words}]({self._absolute(source)})" if source else words

    def _absolute(self, target: str) -> str:
        try:
            return address(urljoin(self.base, target))
        except ValueError:
            return address(target)
