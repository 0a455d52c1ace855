"""Counting what a text holds, so that a conversion can be checked."""

import re

from config import markdown
from glossary.importing.sources import Counts

_RAW = {
    "links": re.compile(r"<a\b[^>]*\bhref", re.IGNORECASE),
    "images": re.compile(r"<img\b", re.IGNORECASE),
    "headings": re.compile(r"<h[1-6]\b", re.IGNORECASE),
    "code_blocks": re.compile(r"<pre\b", re.IGNORECASE),
}
_TOKENS = {
    "heading_open": "headings",
    "link_open": "links",
    "image": "images",
    "fence": "code_blocks",
    "code_block": "code_blocks",
}


def counts_of(text: str) -> Counts:
    """Return what the Markdown `text` holds, raw HTML in it included."""
    found = Counts()
    for block in markdown.parsed(text):
        for token in (block, *(block.children or [])):
            if name := _TOKENS.get(token.type):
                setattr(found, name, getattr(found, name) + 1)
            elif token.type in ("html_block", "html_inline"):
                for raw, pattern in _RAW.items():
                    setattr(found, raw, getattr(found, raw) + len(pattern.findall(token.content)))
    return found
