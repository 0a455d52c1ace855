"""`[[name]]` and `[[name|shown words]]` in Markdown: links that say what is meant, not where.

Knows no entries: a rule finds the names, and a callback decides where they lead.
"""

import re
from collections.abc import Callable, Iterable
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from config.tokens import inlines

LONGEST_NAME = 150
"""Characters, as of an entry's term."""

# No two branches begin alike and an opening bracket ends the search, so that time grows with
# the text alone. In a cell of a table the bar comes without its backslash.
_WRITTEN = re.compile(
    r"""\[\[(?!\^)
    (?P<name>(?:\\[^|\n]|[^\[\]\\|`<])+)
    (?:\\?\|(?P<shown>(?:\\.|`[^`\[\]]*`|[^\[\]\\`<])+))?
    \]\](?!\])""",
    re.VERBOSE,
)


def plugin(parser: MarkdownIt) -> None:
    """Teach `parser` the names; what CommonMark itself takes for a link stays that link."""
    parser.inline.ruler.after("link", "wikilink", _rule)


def name_of(token: Token) -> str:
    """Return the name that the opening of a link stands for; "" for any other token."""
    return str(token.meta.get("name", "")) if token.type == "link_open" else ""


def names(tokens: Iterable[Token]) -> list[str]:
    """Return the names in a parsed text, each once, in order."""
    found = (name_of(child) for inline in inlines(tokens) for child in inline.children or ())
    return list(dict.fromkeys(filter(None, found)))


def written(name: str, shown: str = "") -> str:
    """Return the link as an editor would write it, every sign of it meant as it stands."""
    inside = _escaped(name) + (f"|{_escaped(shown)}" if shown else "")
    return f"[[{inside}]]"


def renamed(source: str, tokens: Iterable[Token], name_for: Callable[[str], str | None]) -> str:
    """Return `source`, of which `tokens` were made, with other names and the same shown words.

    `name_for` answers with the new name, or None where the old one may stay.
    """
    starts = list(accumulate((len(line) + 1 for line in source.split("\n")), initial=0))
    changes: list[tuple[int, int, str]] = []
    done: dict[int, int] = {}
    for inline in inlines(tokens):
        names_at = {c.meta["at"]: name_of(c) for c in inline.children or () if name_of(c)}
        line = inline.map[0] if inline.map else 0
        position = done.get(line, starts[line])
        for match in _WRITTEN.finditer(inline.content) if names_at else ():
            place = _in_source(match[0]).search(source, position)
            if not place:
                break
            position = done[line] = place.end()
            new = name_for(names_at[match.start()]) if match.start() in names_at else None
            if new is not None:
                changes.append((*place.span(), _with_name(place[0], new)))
    return _changed(source, sorted(changes))


def _changed(source: str, changes: list[tuple[int, int, str]]) -> str:
    parts, position = [], 0
    for start, end, text in changes:
        parts += [source[position:start], text]
        position = end
    return "".join([*parts, source[position:]])


def _in_source(link: str) -> re.Pattern[str]:
    """What `link` looks like in the source: a bar may be escaped, lines may be quoted."""
    signs = {"|": r"\\?\|", "\n": r"\n[ \t>]*", "\\": r"\\(?!\|)"}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in link))


def _with_name(link: str, name: str) -> str:
    """`link` under another name, its bar escaped if it was, the words that are shown kept."""
    match = _WRITTEN.fullmatch(link)
    if match is None:
        return link
    if match["shown"] is None:
        return f"[[{_escaped(name)}|{match['name'].strip()}]]"
    return f"[[{_escaped(name)}{link[match.end('name') :]}"


def _escaped(words: str) -> str:
    escaped = re.sub(r"[\[\]\\`<]|^\^", r"\\\g<0>", words)
    return re.sub(r"&(?=#?\w+;)", "&amp;", escaped).replace("|", "&#124;")


def _rule(state: StateInline, silent: bool) -> bool:
    """Within links and images the shown words stand alone: links do not nest."""
    start = state.pos
    is_begun = state.src.startswith("[[", start) and not state.src.endswith(("[", "!"), 0, start)
    if silent or not is_begun:
        return False
    match = _WRITTEN.match(state.src, start, state.posMax)
    if match is None or _is_reference(match, state):
        return False
    name = _plain(match["name"])
    if not name or len(name) > LONGEST_NAME:
        return False
    is_link = not state.linkLevel
    if is_link:
        opening = state.push("link_open", "a", 1)
        opening.meta = {"name": name, "at": start}
    _push_words(state, match, name)
    if is_link:
        state.push("link_close", "a", -1)
    state.pos = match.end()
    return True


def _push_words(state: StateInline, match: re.Match[str], name: str) -> None:
    words = match["shown"] or ""
    if not words.strip():
        state.push("text", "", 0).content = name
        return
    maximum = state.posMax
    state.pos = match.end("shown") - len(words.lstrip())
    state.posMax = match.start("shown") + len(words.rstrip())
    state.linkLevel += 1
    state.md.inline.tokenize(state)
    state.linkLevel -= 1
    state.posMax = maximum


def _is_reference(match: re.Match[str], state: StateInline) -> bool:
    inside = normalizeReference(match[0][2:-2])
    return inside in state.env.get("references", {})


def _plain(name: str) -> str:
    return " ".join(unescapeAll(name).split())
