"""WordPress's older editor: blank lines are paragraphs, line ends are line breaks (`wpautop`)."""

import re

from glossary.importing.shortcodes import Shelf

_BLOCKS = (
    "address|article|aside|blockquote|center|dd|details|dir|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hr|iframe|legend|li|main|menu|nav|ol|p|pre|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul|caption|colgroup|col|object|embed|video|audio|style|script"
)
_KEPT = re.compile(r"<(pre|script|style|textarea|table|ul|ol|dl)\b.*?</\1\s*>", re.DOTALL | re.I)
_EDGE = re.compile(rf"\s*(</?(?:{_BLOCKS})\b[^>]*>)\s*", re.IGNORECASE)
_IS_BLOCK = re.compile(rf"^\s*</?(?:{_BLOCKS})\b", re.IGNORECASE)
_TAGS = re.compile(r"<[^>]*>")
_LINE_END = re.compile(r"(?:<br ?/?>)?\n")
_SHELVED = re.compile("^\ue000\\d+\ue001$")


def with_paragraphs(content: str) -> str:
    """Return `content` with the paragraphs and line breaks that WordPress shows."""
    shelf = Shelf()
    text = content.replace("\r\n", "\n").replace("\r", "\n")
    text = _KEPT.sub(lambda match: f"\n\n{shelf.put(match[0])}\n\n", text)
    # A line end within a tag is no line break.
    text = _TAGS.sub(lambda match: match[0].replace("\n", " "), text)
    text = _EDGE.sub(r"\n\n\1\n\n", text)
    pieces = [piece.strip() for piece in re.split(r"\n\s*\n", text)]
    shown = [
        piece
        if _IS_BLOCK.match(piece) or _SHELVED.match(piece)
        else f"<p>{_LINE_END.sub('<br>', piece)}</p>"
        for piece in pieces
        if piece
    ]
    return shelf.back("\n".join(shown))
