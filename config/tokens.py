"""What the tokens of a parsed Markdown text say."""

import re
from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from config.sanitising import plain

_TAG = re.compile(r"<(/?)(\w+)")


def inlines(tokens: Iterable[Token]) -> Iterator[Token]:
    return (token for token in tokens if token.type == "inline")


def text_of(tokens: Iterable[Token]) -> str:
    """Return the words of a text without markup or code blocks, a line per block."""
    blocks = [
        plain(token.content.replace("<", " <"))
        if token.type == "html_block"
        else inline_text(token.children or [])
        for token in tokens
        if token.type in ("inline", "html_block")
    ]
    return "\n".join(line for block in blocks if (line := " ".join(block.split())))


def inline_text(children: Iterable[Token]) -> str:
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
            words.append(inline_text(token.children or []))
    return "".join(words)
