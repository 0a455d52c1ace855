"""WordPress's block editor: comments around HTML, some of them with everything in them."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

_COMMENT = re.compile(
    r"<!--\s+(?P<end>/)?wp:(?P<name>[a-z][a-z0-9_/-]*)\s*(?P<json>\{.*?\})?\s*(?P<void>/)?-->",
    re.DOTALL,
)
_EMPTY = {"spacer", "separator", "more", "nextpage", "kadence/spacer"}
_LANGUAGES = ("language", "lang", "codeLanguage")
_WORDS = ("title", "heading", "text", "content", "label", "description")
_TARGETS = ("url", "link", "href")

Reusable = Callable[[str], str]
"""Returns the content of a reusable block by its number, "" when it did not come along."""


def has_blocks(content: str) -> bool:
    return bool(_COMMENT.search(content))


def without_comments(content: str, reusable: Reusable) -> tuple[str, list[str]]:
    """Return the HTML of block markup, and what to tell about it.

    The language of a code block is left as an element `hw-language` before it.
    """
    told: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        if match["end"]:
            return ""
        name = match["name"].removeprefix("core/")
        attributes = _attributes(match["json"], name, told)
        if match["void"]:
            return _void(name, attributes, reusable, told)
        language = next((str(attributes[key]) for key in _LANGUAGES if attributes.get(key)), "")
        return f'<hw-language data-language="{html.escape(language)}"></hw-language>' * bool(
            language and "code" in name
        )

    return _COMMENT.sub(replaced, content), told


def _attributes(raw: str | None, name: str, told: list[str]) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        told.append(f"settings of the block not understood: {name}")
        return {}
    return found if isinstance(found, dict) else {}


def _void(name: str, attributes: dict[str, Any], reusable: Reusable, told: list[str]) -> str:
    """A block that the site filled in when it was shown: what can be kept of it."""
    if name in _EMPTY:
        return ""
    if name == "block":
        content = reusable(str(attributes.get("ref", "")))
        if content:
            return content
        told.append(f"reusable block that did not come along: {attributes.get('ref', '')}")
        return ""
    words = [str(attributes[key]) for key in _WORDS if isinstance(attributes.get(key), str)]
    shown = " ".join(filter(None, words))
    target = next((str(attributes[key]) for key in _TARGETS if attributes.get(key)), "")
    if not isinstance(target, str) or not (shown or target):
        told.append(f"block without a text of its own left out: {name}")
        return ""
    told.append(f"block kept as plain words: {name}")
    if target:
        return f'<p><a href="{html.escape(target)}">{shown or html.escape(target)}</a></p>'
    return f"<p>{shown}</p>"
