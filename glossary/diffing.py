"""What differs between two versions, word by word in the Markdown source. Pure.

Lines are compared first and words only within lines that differ, so that the
time stays bounded whatever the texts are. The algorithm is difflib's
(Ratcliff and Obershelp, 1988).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

MOST_WORDS = 1500
"""Words on either side of a passage up to which they are compared one by one."""
CONTEXT = 2
"""Lines without a change that are shown around one."""

Kind = Literal["same", "old", "new"]

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text that stands in both versions, only in the old or only in the new one."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of both versions beside each other; None where a version has no such line."""

    old: list[Part] | None
    new: list[Part] | None
    old_number: int | None = None
    new_number: int | None = None

    @property
    def is_same(self) -> bool:
        parts = [*(self.old or []), *(self.new or [])]
        return None not in (self.old, self.new) and all(part.kind == "same" for part in parts)


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """How one field of a version differs: as rows beside each other, and in one text."""

    name: str
    rows: list[Row]
    inline: list[Part]


def words(old: str, new: str) -> list[Part]:
    """Return one text with what went and what came marked."""
    left, right = _WORD.findall(old), _WORD.findall(new)
    if old == new:
        return [Part("same", old)] if old else []
    if max(len(left), len(right)) > MOST_WORDS:
        return [Part(kind, text) for kind, text in (("old", old), ("new", new)) if text]  # type: ignore[arg-type]
    parts: list[Part] = []
    for tag, a, b, c, d in _opcodes(left, right):
        if tag == "equal":
            parts.append(Part("same", "".join(left[a:b])))
            continue
        parts += [Part("old", "".join(left[a:b]))] if b > a else []
        parts += [Part("new", "".join(right[c:d]))] if d > c else []
    return parts


def rows(old: str, new: str) -> list[Row]:
    """Return the lines of both texts beside each other, changed ones marked by words."""
    left, right = old.splitlines(), new.splitlines()
    found: list[Row] = []
    for tag, a, b, c, d in _opcodes(left, right):
        if tag == "equal":
            for place in range(b - a):
                same = [Part("same", left[a + place])]
                found.append(Row(same, same, a + place + 1, c + place + 1))
            continue
        for place in range(max(b - a, d - c)):
            one = a + place if a + place < b else None
            other = c + place if c + place < d else None
            found.append(_beside(left, right, one, other))
    return found


def near_changes(all_rows: Sequence[Row]) -> Iterator[Row | None]:
    """Yield the rows around changes, and None where others are left out."""
    changed = [place for place, row in enumerate(all_rows) if not row.is_same]
    shown = {
        near
        for place in changed
        for near in range(max(0, place - CONTEXT), min(len(all_rows), place + CONTEXT + 1))
    }
    last = -1
    for place in sorted(shown):
        if place != last + 1:
            yield None
        yield all_rows[place]
        last = place
    if shown and last != len(all_rows) - 1:
        yield None


def fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldDiff]:
    """Return what differs between two snapshots, field by field, values as their text."""
    found = []
    for name in dict.fromkeys([*old, *new]):
        left, right = _text_of(old.get(name)), _text_of(new.get(name))
        if left != right:
            beside = rows(left, right)
            found.append(FieldDiff(name, beside, _inline(beside)))
    return found


def _inline(beside: list[Row]) -> list[Part]:
    """All lines below each other in one text."""
    parts: list[Part] = []
    for row in beside:
        if row.is_same and row.old:
            parts += row.old
        elif row.old is not None and row.new is not None:
            parts += words(_plain(row.old), _plain(row.new))
        else:
            parts += row.old or row.new or []
        parts.append(Part("same", "\n"))
    return parts


def _plain(parts: list[Part]) -> str:
    return "".join(part.text for part in parts)


def _beside(left: list[str], right: list[str], one: int | None, other: int | None) -> Row:
    if one is None:
        assert other is not None  # noqa: S101 - a row has at least one side
        return Row(None, [Part("new", right[other])], None, other + 1)
    if other is None:
        return Row([Part("old", left[one])], None, one + 1, None)
    parts = words(left[one], right[other])
    return Row(
        [part for part in parts if part.kind != "new"],
        [part for part in parts if part.kind != "old"],
        one + 1,
        other + 1,
    )


def _opcodes(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """What turns `left` into `right`; what both begin and end with need not be compared.

    Of long sequences, parts that recur all over (blank lines) do not anchor a
    match: without that rule the time would grow with the square of their number.
    """
    first = 0
    while first < min(len(left), len(right)) and left[first] == right[first]:
        first += 1
    last = 0
    room = min(len(left), len(right)) - first
    while last < room and left[-1 - last] == right[-1 - last]:
        last += 1
    middle = SequenceMatcher(
        None, left[first : len(left) - last], right[first : len(right) - last]
    )
    found = [("equal", 0, first, 0, first)] if first else []
    found += [
        (t, a + first, b + first, c + first, d + first) for t, a, b, c, d in middle.get_opcodes()
    ]
    if last:
        found.append(("equal", len(left) - last, len(left), len(right) - last, len(right)))
    return found


def _text_of(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(map(_text_of, value))
    if isinstance(value, dict):
        return ", ".join(_text_of(each) for each in value.values())
    return str(value)
