"""Which parts of a text a search found, for templates to mark; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from config.alphabet import fold
from glossary import words

Part = tuple[str, bool]
"""Some text, and whether it was found."""

SNIPPET_LENGTH = 220
LOOKED_AT = 10_000
"""Characters of a text in which a snippet is looked for."""
MOST_UNITS = 6
"""Words of a query that a snippet is looked for by."""
NEAR = 60
"""Characters from a promising place on that are looked at."""
TELLING = 3
"""Letters from which on the beginning of a word is marked; shorter ones must be the whole word."""


def parts(text: str, units: Sequence[str]) -> list[Part]:
    """Return `text` in parts, those that one of `units` found marked as hits.

    Words are compared folded and found by their beginning; the parts hold the
    text as it is written and together are the text.
    """
    bounds = [0]
    for start, end in _hits(text, units):
        if start >= bounds[-1]:
            bounds += [start, end]
    bounds.append(len(text))
    marked = [(text[a:b], place % 2 == 1) for place, (a, b) in enumerate(pairwise(bounds))]
    return [part for part in marked if part[0]]


def has_hit(text: str, units: Sequence[str]) -> bool:
    return next(_hits(text, units), None) is not None


def snippet(text: str, units: Sequence[str]) -> list[Part]:
    """Return the parts of about 220 characters of `text` around its first hit; [] without one."""
    text = " ".join(text[:LOOKED_AT].split())
    hit = _first_hit(text, units[:MOST_UNITS])
    if hit is None:
        return []
    start = max(0, hit - SNIPPET_LENGTH // 3)
    if start:
        start += text[start:hit].find(" ") + 1
    end = start + SNIPPET_LENGTH
    piece = text[start:end]
    if end < len(text):
        piece = (piece.rpartition(" ")[0] or piece) + " …"
    return parts(f"… {piece}" if start else piece, units)


def _first_hit(text: str, units: Sequence[str]) -> int | None:
    """Where the first hit begins; looks closely only where a unit's first letters stand."""
    folded = _folded(text)
    if len(folded) != len(text):
        return next((start for start, _ in _hits(text, units)), None)
    beginnings = {start for unit in units for start in _beginnings(unit)}
    # Scripts without spaces have no bounds to look for.
    places = (rf"\b{re.escape(b)}" if b.isascii() else re.escape(b) for b in sorted(beginnings))
    for match in re.finditer("|".join(places) or "(?!)", folded):
        piece = text[match.start() : match.start() + NEAR]
        if next(_hits(piece, units), (1, 1))[0] == 0:
            return match.start()
    return None


def _beginnings(unit: str) -> list[str]:
    """What every hit of `unit` begins with: one of these."""
    first, *others = unit.split() or [""]
    return [first] if others else words.variants(first)


def _hits(text: str, units: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where `units` stand in `text`, from left to right."""
    sought = [_Sought(unit.split(), set(words.variants(unit))) for unit in units]
    spans = [span for run in words.runs(text) for span in _signs(text, *run)]
    for place, (start, _) in enumerate(spans):
        for one in sought:
            if end := one.end_of_hit(text, spans, place):
                yield start, end
                break


@dataclass(frozen=True, slots=True)
class _Sought:
    """A unit of the query: a word, or signs that stand one after another."""

    signs: list[str]
    variants: set[str]

    def end_of_hit(self, text: str, spans: list[tuple[int, int]], place: int) -> int:
        """Where a hit that begins with the span at `place` ends; 0 if none does."""
        *others, last = self.signs
        spans = spans[place : place + len(self.signs)]
        if len(spans) < len(self.signs):
            return 0
        if others and [_folded(text[a:b]) for a, b in spans[:-1]] != others:
            return 0
        start, end = spans[-1]
        word = _folded(text[start:end])
        if word == last or (not others and word in self.variants):
            return end
        if len(last) >= TELLING and word.startswith(last):
            return _end_of_beginning(text, start, end, last)
        return 0


def _end_of_beginning(text: str, start: int, end: int, beginning: str) -> int:
    """Where the letters from `start` on that fold to `beginning` end, with their accents."""
    for place in range(start + 1, end):
        if len(_folded(text[start:place])) >= len(beginning) and _folded(text[place]):
            return place
    return end


def _signs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A run of letters, taken apart where its script has no spaces."""
    if text[start:end].isascii():
        return iter([(start, end)])
    return ((start + a, start + b) for a, b in words.signs(text[start:end]))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else fold(text)
