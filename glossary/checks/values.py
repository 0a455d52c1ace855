"""What checks are told and what they say; values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from glossary.terms import TermIndex

Draft = Mapping[str, Any]
"""A snapshot of an entry, as `Revision.snapshot` holds it; what it lacks is empty."""


class Severity(StrEnum):
    """How much a finding matters; the most serious first."""

    BLOCKING = "blocking"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Place:
    """A field of the entry's form and, within its text, a line and a range.

    `line` counts from 1. `start` and `end` are characters (code points) of the
    text with each line break counted as one, as a browser's field holds it.
    """

    field: str
    line: int | None = None
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an editor should know before readers see the text."""

    code: str
    sentence: str
    place: Place
    severity: Severity = Severity.WARNING


class State(StrEnum):
    """What readers get at an entry's address."""

    PUBLIC = "public"
    SCHEDULED = "scheduled"
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Other:
    """Another entry."""

    pk: int
    term: str
    state: State = State.PUBLIC


@dataclass(frozen=True, slots=True)
class Answer:
    """How an address on another site answered when it was last asked."""

    status: int | None
    checked_at: datetime
    error: str = ""


@dataclass(frozen=True)
class Facts:
    """What the database knows about a draft and those around it; `facts.gather` fills it."""

    heading: str = ""
    """The heading of the page; empty: the term."""
    site_name: str = ""
    pages: Mapping[str, Other | None] = field(default_factory=dict)
    """What stands at each address of an entry that the text links to, old addresses included."""
    missing: frozenset[str] = frozenset()
    """Other addresses on this site, as the text has them, at which there is nothing."""
    pictures: frozenset[str] = frozenset()
    """Addresses of pictures in the text whose files exist."""
    address_of_another: Other | None = None
    old_address_of: Other | None = None
    terms: Mapping[str, Other] = field(default_factory=dict)
    """Other entries in the language by their folded term, where the draft uses it."""
    aliases: Mapping[str, tuple[Other, ...]] = field(default_factory=dict)
    """Those that claim a name of the draft as an alias, by the folded name."""
    remembered: frozenset[str] = frozenset()
    """Folded names in `[[ ]]` whose entry the text has found before, whatever it is called now."""
    similar: tuple[Other, ...] = ()
    """Those whose names hardly differ from the term."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    index: TermIndex = field(default_factory=lambda: TermIndex([]))
    """The public names that a text without any link may use."""
    anchors: frozenset[str] = frozenset()
    """Ids that the headings of the stored text answer to."""
    own: int | None = None
