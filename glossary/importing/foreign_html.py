"""HTML that others wrote as the Markdown that our editors would have written."""

import re
from typing import Any

from bs4 import NavigableString, Tag
from markdownify import BACKSLASH, MarkdownConverter

from glossary.importing.sources import Counts
from glossary.importing.tidying import Tidied

DEEPEST = 100
"""Elements within elements; markup that lies deeper is an attack or an accident."""
_SPECIAL = re.compile(
    r"[\\`*\[\]]"
    r"|(?<![^\W_])_|_(?![^\W_])"  # within a word it marks nothing
    r"|~(?=~)|(?<=~)~"
    r"|<(?=[A-Za-z/!?])"
    r"|&(?=#?\w+;)"
    r"|\{(?=[#.:])"
)
_LINE_START = re.compile(
    r"^(\s*)(?:(>|[-+:#=|](?=[\s#>=-]|$))|(\d{1,9})([.)])(?=\s|$))", re.MULTILINE
)
_TRAILING_SIGNS = re.compile(r"(#+)\s*$")
_LANGUAGE = re.compile(r"\b(?:language|lang|brush:?)[-: ]\s*([A-Za-z0-9_+#.-]+)")
_ATTRIBUTES = ("data-language", "data-lang", "data-enlighter-language", "lang")
_WITHIN_LINES = {"a", "b", "code", "em", "i", "img", "s", "span", "strong", "sub", "sup", "u"}
_SIGNS_IN_ADDRESS = re.compile(r"[\s()<>\\]")


class TooDeep(ValueError):
    """Elements lie within elements beyond `DEEPEST`."""


def to_markdown(content: str) -> tuple[str, Counts, list[str]]:
    """Return HTML as Markdown, what it held, and what to tell. Raises TooDeep."""
    try:
        tidied = Tidied(content)
        if _depth(tidied.soup) > DEEPEST:
            raise TooDeep
        text = _Converter().convert_soup(tidied.soup)
    except RecursionError as error:
        raise TooDeep from error
    return _clean(text), tidied.counts, tidied.told


def to_words(content: str) -> str:
    """Return what HTML says, on one line."""
    return " ".join(Tidied(content).soup.get_text(" ").split())


def _depth(node: Tag) -> int:
    """How deep elements lie within `node`, without recursion."""
    deepest, waiting = 0, [(node, 0)]
    while waiting:
        tag, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(child, depth + 1) for child in tag.children if isinstance(child, Tag)]
    return deepest


def _clean(text: str) -> str:
    """No spaces at line ends, no more than one blank line, code blocks untouched."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        mark = re.match(r"\s*(?:[-*+>]\s+|\d+[.)]\s+)*(`{3,})", line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif mark:
            fence = mark[1]
        elif not line.strip():
            if lines and not lines[-1].strip():
                continue
            line = ""
        else:
            line = line.rstrip(" \t\xa0")
        lines.append(line)
    # A line break before the end of its paragraph would be shown as a backslash.
    return re.sub(r"\\\n(?=\n|$)", "\n", "\n".join(lines)).strip("\n")


# Its type stubs leave the methods out.
_Markdownify: Any = MarkdownConverter


class _Converter(_Markdownify):
    """markdownify with what it leaves open: cells, code, captions, signs that mean something."""

    def __init__(self) -> None:
        super().__init__(
            heading_style="atx",
            bullets="-",
            newline_style=BACKSLASH,
            sub_symbol="<sub>",
            sup_symbol="<sup>",
            table_infer_header=True,
            autolinks=False,
        )
        self.is_line_start = True

    def process_text(self, el: NavigableString, parent_tags: set[str] | None = None) -> str:
        before = el.previous_sibling
        self.is_line_start = not (
            isinstance(before, NavigableString)
            or (isinstance(before, Tag) and before.name in _WITHIN_LINES)
            or (before is None and el.parent is not None and el.parent.name in _WITHIN_LINES)
        )
        return super().process_text(el, parent_tags)

    def escape(self, text: str, parent_tags: set[str]) -> str:
        plain = _SPECIAL.sub(r"\\\g<0>", text)
        if self.is_line_start or "\n" in plain:
            plain = _LINE_START.sub(_escaped_start, plain)
        return plain.replace("|", r"\|") if parent_tags & {"td", "th"} else plain

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        target = _SIGNS_IN_ADDRESS.sub(
            lambda sign: f"%{ord(sign[0]):02X}", str(el.get("href") or "").strip()
        )
        words = " ".join(text.split())
        if not words or not target or "_noformat" in parent_tags:
            return text
        before = " " * text[:1].isspace()
        return f"{before}[{words}]({target}){' ' * text[-1:].isspace()}"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        alt = " ".join(str(el.get("alt") or "").split())
        source = _SIGNS_IN_ADDRESS.sub(
            lambda sign: f"%{ord(sign[0]):02X}", str(el.get("src") or "").strip()
        )
        return f"![{self.escape(alt, parent_tags)}]({source})"

    def convert_br(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if parent_tags & {"td", "th"}:
            return "<br>"
        if "pre" in parent_tags:
            return "\n"
        return " " if "_inline" in parent_tags or "a" in parent_tags else "\\\n"

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        text = re.sub(r"\\\n[ \t]+", "\\\n", text)
        words = text.strip()
        if el.get("data-caption") and words and "_inline" not in parent_tags:
            is_plain = not re.search(r"[*_\n]", words)
            return f"\n\n*{words}*\n\n" if is_plain else f"\n\n{words}\n\n"
        return super().convert_p(el, text, parent_tags)

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "_noformat" in parent_tags:
            return text
        content = " ".join(text.split())
        if parent_tags & {"td", "th"}:
            content = content.replace("|", r"\|")
        return super().convert_code(el, content, parent_tags)

    convert_kbd = convert_samp = convert_tt = convert_var = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        for line_break in el.find_all("br"):
            line_break.replace_with("\n")
        code = el.get_text().replace("\xa0", " ").strip("\n")
        if not code.strip():
            return ""
        longest = max(map(len, re.findall("`+", code)), default=0)
        fence = "`" * max(3, longest + 1)
        return f"\n\n{fence}{_language_of(el)}\n{code}\n{fence}\n\n"

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802
        words = _TRAILING_SIGNS.sub(lambda match: match[0].replace("#", r"\#"), text.strip())
        if not words or "_inline" in parent_tags:
            return words
        name = str(el.get("id") or "")
        own = f" {{#{name}}}" if re.fullmatch(r"[A-Za-z][\w-]*", name) else ""
        return f"\n\n{'#' * n} {' '.join(words.split())}{own}\n\n"

    def convert_hw_comment(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"<!-- {el.get('data-say')} -->"

    def convert_q(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return f"“{text}”"

    def convert_td(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        words = re.sub(r"(?:\s*<br>\s*)+$", "", " ".join(text.split()))
        span = str(el.get("colspan") or "1")
        return f" {words} |" + " |" * (min(int(span), 100) - 1 if span.isdecimal() else 0)

    convert_th = convert_td

    def convert_table(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Rows of equal length below the first: what is missing would be cut off otherwise."""
        lines = text.strip().split("\n")
        rows = [line for line in lines if line.startswith("|")]
        others = [line for line in lines if not line.startswith("|") and line.strip()]
        if not rows:
            return f"\n\n{text.strip()}\n\n"
        cells = [_cells(row) for row in rows if not re.fullmatch(r"\|(?: --- \|)+", row)]
        width = max(map(len, cells), default=1)
        even = [[*row, *[""] * (width - len(row))] for row in cells]
        shown = [f"| {' | '.join(row)} |" for row in [even[0], ["---"] * width, *even[1:]]]
        return "\n\n" + "\n".join([*others, *[""] * bool(others), *shown]) + "\n\n"


def _cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def _escaped_start(match: re.Match[str]) -> str:
    space, sign, number, after = match.groups()
    return f"{space}{number}\\{after}" if number else f"{space}\\{sign}"


def _language_of(block: Tag) -> str:
    """The language that a block of code, or the code in it, says it is in."""
    inner = block.find("code")
    places = [block, *([inner] if isinstance(inner, Tag) else [])]
    for place in places:
        for name in _ATTRIBUTES:
            if place.get(name):
                return re.sub(r"[^A-Za-z0-9_+#.-]", "", str(place[name]))
        classes = place.get("class")
        words = " ".join(classes) if isinstance(classes, list) else str(classes or "")
        found = _LANGUAGE.search(words)
        if found:
            return found[1]
    return ""
