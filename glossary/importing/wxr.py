"""Reading WordPress's export format (WXR 1.0 to 1.2) as a stream of items, of any size.

Only what an import needs is kept of an item, and only until the next one.
Comments are never read into memory at all: what is not there cannot leak.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from glossary.importing.sources import BrokenSource

PIECE = 64 * 1024
_NAMESPACES = {"content": "content", "excerpt": "excerpt", "elements": "dc", "export": "wp"}
"""The telling word of a namespace's address → the prefix that WordPress gives it."""
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_LONGEST_META = 4_000_000


@dataclass
class Item:
    """A post, page, attachment or whatever else was exported."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    """Text by element: "title", "link", "wp:post_id", "content:encoded" …"""
    terms: list[tuple[str, str, str]] = field(default_factory=list)
    """(taxonomy, nicename, name) of categories, tags and the like."""
    meta: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def key(self) -> str:
        return self.get("wp:post_id").strip()

    @property
    def kind(self) -> str:
        return self.get("wp:post_type").strip() or "post"


@dataclass
class Channel:
    """What the export says of the site itself; grows while its items are read."""

    values: dict[str, str] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)
    """Shown names by login; addresses are not kept."""
    parents: dict[str, str] = field(default_factory=dict)
    """Categories' nicenames → that of the category above, "" for none."""


def items(file: BinaryIO, channel: Channel) -> Iterator[Item]:
    """Yield the items of an export, filling `channel`. Raises BrokenSource with the line."""
    target = _Target(channel)
    parser = DefusedXMLParser(target=target)
    target.expat = parser.parser
    file.seek(0)
    try:
        for piece in iter(lambda: file.read(PIECE), b""):
            # Old exports hold control characters, which XML forbids; no letter holds these bytes.
            parser.feed(piece.translate(None, _CONTROLS) if _is_bytewise(target, piece) else piece)
            yield from target.taken()
        parser.close()
    except DefusedXmlException as error:
        reason = "this file defines entities of its own, which no export of WordPress does"
        raise BrokenSource(reason, line=parser.parser.CurrentLineNumber) from error
    except ParseError as error:
        line, _ = error.position
        reason = f"the XML is broken here ({str(error).partition(':')[0]})"
        raise BrokenSource(reason, line=line) from error
    except (ValueError, LookupError) as error:
        raise BrokenSource(f"its encoding is not known: {error}", line=1) from error
    if not target.has_channel:
        raise BrokenSource("this XML is no export of WordPress: it has no channel", line=1)


def _is_bytewise(target: "_Target", piece: bytes) -> bool:
    """Whether the file's encoding keeps ASCII as it is, which UTF-16 does not."""
    if target.is_bytewise is None:
        target.is_bytewise = not piece.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"))
    return target.is_bytewise


class _Target:
    """What the parser tells of; keeps one item at a time."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.path: list[str] = []
        self.texts: list[list[str]] = []
        self.item: Item | None = None
        self.found: list[Item] = []
        self.group: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.depth_of_comment = 0
        self.has_channel = False
        self.is_bytewise: bool | None = None
        self.expat: object = None

    def taken(self) -> list[Item]:
        found, self.found = self.found, []
        return found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _short(tag)
        self.path.append(name)
        self.texts.append([])
        if self.depth_of_comment or name == "wp:comment":
            self.depth_of_comment += 1
        elif name == "channel":
            self.has_channel = True
        elif name == "item":
            self.item = Item(line=getattr(self.expat, "CurrentLineNumber", 0))
        elif name == "category":
            self.attributes = attributes
        elif name in _GROUPS:
            self.group = {}

    def data(self, text: str) -> None:
        if self.texts and not self.depth_of_comment:
            self.texts[-1].append(text)

    def end(self, tag: str) -> None:
        name, text = self.path.pop(), "".join(self.texts.pop())
        if self.depth_of_comment:
            self.depth_of_comment -= 1
            return
        above = self.path[-1] if self.path else ""
        if above in _GROUPS:
            self.group[name] = text.strip()
        elif name in _GROUPS:
            _GROUPS[name](self)
        elif above == "item" and self.item:
            self._of_item(self.item, name, text)
        elif name == "item" and self.item:
            self.found.append(self.item)
            self.item = None
        elif above == "channel":
            self.channel.values.setdefault(name, text.strip())

    def _of_item(self, item: Item, name: str, text: str) -> None:
        if name != "category":
            item.values.setdefault(name, text)
            return
        domain = self.attributes.get("domain", "category")
        nicename = self.attributes.get("nicename", "")
        if text.strip() and (domain, nicename, text.strip()) not in item.terms:
            item.terms.append((domain, nicename, text.strip()))

    def close(self) -> None:
        return

    def meta(self) -> None:
        value = self.group.get("wp:meta_value", "")
        if self.item and len(value) <= _LONGEST_META:
            self.item.meta.setdefault(self.group.get("wp:meta_key", ""), value)

    def author(self) -> None:
        login = self.group.get("wp:author_login", "")
        self.channel.authors[login] = self.group.get("wp:author_display_name", "") or login

    def category(self) -> None:
        parent = self.group.get("wp:category_parent", "")
        self.channel.parents[self.group.get("wp:category_nicename", "")] = parent


_GROUPS = {
    "wp:postmeta": _Target.meta,
    "wp:author": _Target.author,
    "wp:category": _Target.category,
}


def _short(tag: str) -> str:
    """`{http://wordpress.org/export/1.2/}status` → `wp:status`."""
    namespace, _, name = tag.rpartition("}")
    if not namespace:
        return name
    words = [word for word in re.split(r"[/{]", namespace) if word]
    known = [_NAMESPACES[word] for word in reversed(words) if word in _NAMESPACES]
    return f"{known[0]}:{name}" if known else name
