"""What readers and the importer say to each other; knows nothing of the database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from typing import Any, Protocol

from django.core.files import File
from django.utils.dateparse import parse_datetime

from config.alphabet import fold

_QUESTION = re.compile(
    r"^what(?:\s+(?:is|are)|['’]s)\s*:?\s+(?:(?:an?|the)\s+)?(.+?)\s*\?*$", re.I
)


class BrokenSource(Exception):
    """Why nothing can be read from a source, in words; `line` is 0 when unknown."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


class NotAnEntry(Exception):
    """Why an item gives no entry, in words; `line` is counted from 1, 0 when unknown."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


@dataclass
class Skipped:
    """An item that gives no entry: where it is and why."""

    place: str
    reason: str


@dataclass
class Counts:
    """How much of each kind a text holds."""

    headings: int = 0
    links: int = 0
    images: int = 0
    code_blocks: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(mine + vars(other)[name] for name, mine in vars(self).items()))


@dataclass
class Source:
    """What one item says."""

    key: str
    """What it is known by within its source, whatever else changes."""
    place: str
    """Where an editor finds it: "warp.md", "export.xml:120 (post 7)"."""
    term: str
    slug: str
    body: str = ""
    location: str = ""
    """The path by which other items link to it, if that is not its key."""
    definition: str = ""
    aliases: list[str] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    author: str = ""
    reviewer: str = ""
    published_at: datetime | None = None
    language: str = ""
    seo_title: str = ""
    seo_description: str = ""
    title_override: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """Further fields of the entry, by name, that only our own exports have."""
    case_rules: dict[str, str] = field(default_factory=dict)
    """The rule on capitals of those aliases that have one of their own."""
    is_draft: bool = False
    is_hidden: bool = False
    """Kept from the public where it comes from: private, or behind a password."""
    old_paths: list[str] = field(default_factory=list)
    """Addresses on the former site, decoded, as `OldPath` has them."""
    topic_paths: dict[str, str] = field(default_factory=dict)
    """The same for topics: address → name."""
    warnings: list[str] = field(default_factory=list)
    counts: Counts | None = None
    """What the original held, where the text was converted."""


class Reader(Protocol):
    """A source of entries; `read` and `scan` can be begun anew at any time."""

    prefix: str
    """What the `import_ref` of its entries begins with, such as "markdown:content/"."""
    creates_authors: bool
    """Whether people it names become authors, hidden ones, when there are none."""

    def scan(self) -> Iterator[Source | Skipped]:
        """Yield what `read` will, perhaps without the texts. Raises BrokenSource."""

    def read(self) -> Iterator[Source | Skipped]:
        """Yield every item, in a stable order."""

    def find(self, source: Source, href: str, locations: dict[str, str]) -> str | None:
        """Return the key of the item that `href` in the text of `source` names.

        `locations` leads from the location or key of each item to its key.
        """

    def is_ours(self, href: str) -> bool:
        """Whether `href` leads to a page that should have come with the source."""

    def brings(self, source: Source, href: str) -> bool:
        """Whether `picture` would look for what `href` in the text of `source` names."""

    def picture(self, source: Source, href: str) -> File | None:
        """Return the picture that `href` names, None for anything else. Raises ValidationError."""


def term_of(title: str) -> tuple[str, str]:
    """Return the term of a title and the heading to keep: "What is a Warp?" is about "Warp"."""
    question = _QUESTION.match(title)
    if not question:
        return title, ""
    term = question[1]
    # "What are registers?" would become "What is: registers".
    is_plural = title.lower().startswith("what are")
    return term[:1].upper() + term[1:] if term.islower() else term, title if is_plural else ""


def line_of(value: Any) -> str:
    """`value` on one line; nothing for what is no scalar."""
    if value is None or isinstance(value, dict | list | bool):
        return ""
    return " ".join(str(value).replace("\0", "").split())


def lines_of(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [line for item in values if (line := line_of(item))]


def unique(lines: list[str]) -> list[str]:
    """`lines` without those that differ from an earlier one in case or accents alone."""
    kept: dict[str, str] = {}
    for line in lines:
        kept.setdefault(fold(line), line)
    return list(kept.values())


def moment_of(value: Any, zone: tzinfo) -> datetime | None:
    """Return the moment that `value` names, in `zone` unless it says another; None for none."""
    if isinstance(value, str):
        try:
            value = parse_datetime(value) or parse_datetime(f"{value.strip()[:10]}T00:00:00")
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), tzinfo=zone)
    # Hugo writes year 1 for "no date"; time zones cannot be told at the ends of the calendar.
    if not isinstance(value, datetime) or not 1900 < value.year < 9999:
        return None
    return value if value.tzinfo else value.replace(tzinfo=zone)


def is_said(value: Any, word: str) -> bool:
    """Whether `value` says `word`, as YAML's own value or in quotes."""
    return str(value).strip().casefold() == word
