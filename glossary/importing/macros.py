"""What a generator of pages would have filled in: turned into Markdown, left out, or told."""

import re

from glossary.importing.links import outside_code

_LINE = re.compile(r"^[ \t]*\{\{[<%][^\n]*[>%]\}\}[ \t]*$\n?", re.MULTILINE)
_MDN = re.compile(r"\{\{\s*(\w+)\s*\(\s*\"([^\"]*)\"(?:\s*,\s*\"([^\"]*)\")?[^{}]*\)\s*\}\}")
_MDN_ALONE = re.compile(r"^[ \t]*\{\{\s*(\w+)\s*(?:\([^{}\n]*\))?\s*\}\}[ \t]*$\n?", re.MULTILINE)
_LEFT = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_ADMONITION = re.compile(
    r"^(?:!!!|\?\?\?\+?)[ \t]+([\w-]+)(?:[ \t]+\"([^\"\n]*)\")?[ \t]*\n"
    r"((?:(?: {4}|\t)[^\n]*(?:\n|\Z)|[ \t]*\n(?=(?: {4}|\t)))+)",
    re.MULTILINE,
)
_SHOWN = 80


def without_macros(text: str) -> tuple[str, list[str]]:
    """Return `text` without the macros of Hugo, MkDocs and MDN, and what to tell of them.

    Hugo's shortcodes on a line of their own are left out, MDN's links become
    links, MkDocs' admonitions quotations; what else there is stays as text.
    """
    told: list[str] = []

    def leave_out(match: re.Match[str]) -> str:
        told.append(f"macro of the generator left out: {match[0].strip()}")
        return ""

    def reference(match: re.Match[str]) -> str:
        name, target, shown = match[1].lower(), match[2], match[3] or match[2]
        if name == "glossary":
            return f"[{shown}](/{target.lower().replace(' ', '_')})"
        told.append(f"reference became plain words: {match[0][:_SHOWN]}")
        return f"`{shown}`"

    text = outside_code(text, _LINE, leave_out)
    text = outside_code(text, _ADMONITION, lambda match: _quotation(match, told))
    text = outside_code(text, _MDN, reference)
    text = outside_code(text, _MDN_ALONE, leave_out)
    return outside_code(text, _LEFT, lambda match: _tell(match, told)), told


def _tell(match: re.Match[str], told: list[str]) -> str:
    told.append(f"macro of the generator kept as text: {match[0][:_SHOWN]}")
    return match[0]


def _quotation(match: re.Match[str], told: list[str]) -> str:
    told.append(f"admonition became a quotation: {match[1]}")
    title = match[2] if match[2] is not None else match[1].capitalize()
    lines = [re.sub(r"^(?: {4}|\t)", "", line) for line in match[3].rstrip().split("\n")]
    quoted = [f"> {line}".rstrip() for line in ([f"**{title}**", "", *lines] if title else lines)]
    is_followed = match.string[match.end() : match.end() + 1] not in ("", "\n")
    return "\n".join(quoted) + "\n" * (1 + is_followed)
