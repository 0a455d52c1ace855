"""Links and pictures of an imported text: found outside code, and led elsewhere."""

import re
from collections.abc import Callable

from config import markdown

_TARGET = re.compile(
    r"(?P<inline>\]\(\s*<?)(?P<to>[^)\s>]+)"
    r"|(?P<named>^ {0,3}\[[^\]^][^\]]*\]:\s*<?)(?P<there>[^\s>]+)"
    r"|(?P<tag><(?:a|img)\b[^<>]*?\b(?:href|src)=[\"'])(?P<address>[^\"'<>]+)",
    re.MULTILINE,
)
# Code within a line ends with its paragraph at the latest.
_CODE = re.compile(r"(?P<ticks>`+)(?!`)(?:(?!\n[ \t]*\n).)+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)

Replace = Callable[[re.Match[str]], str]


def outside_code(text: str, pattern: re.Pattern[str], replace: Replace) -> str:
    """Return `text` with what matches `pattern` replaced, unless it is code."""
    if not pattern.search(text):
        return text
    in_line = [match.span() for match in _CODE.finditer(text)]
    in_block = markdown.code_lines(text)

    def replaced(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start())
        if line in in_block or any(start <= match.start() < end for start, end in in_line):
            return match[0]
        return replace(match)

    return pattern.sub(replaced, text)


def rewritten(text: str, lead: Callable[[str], str]) -> str:
    """Return `text` with the target of each link and picture replaced by `lead(target)`."""

    def replaced(match: re.Match[str]) -> str:
        opening = match["inline"] or match["named"] or match["tag"]
        return opening + lead(match["to"] or match["there"] or match["address"])

    return outside_code(text, _TARGET, replaced)
