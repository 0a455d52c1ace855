"""How a glossary is ordered: folded keys and index letters, the same on both databases."""

import re
import sys
import unicodedata
from collections.abc import Collection
from string import ascii_uppercase

DIGITS = "0-9"
OTHER = "#"
_SKIPPED = re.compile(r"[\W_]+", re.UNICODE)
# Letters that Unicode does not decompose but readers look up under their base letter.
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


def _marks() -> str:
    """The signs upon letters (Unicode's categories M) as ranges for a pattern's brackets."""
    numbers = [
        number
        for number in range(0x300, min(sys.maxunicode, 0x1FFFF))
        if unicodedata.category(chr(number))[0] == "M"
    ]
    starts = [n for n, before in zip(numbers, [0, *numbers], strict=False) if n != before + 1]
    ends = [n for n, after in zip(numbers, [*numbers[1:], 0], strict=True) if n + 1 != after]
    return "".join(f"{chr(a)}-{chr(b)}" for a, b in zip(starts, ends, strict=True))


MARKS = _marks()
"""Vowel signs, accents and the like, which `\\w` leaves out, for use within `[…]`."""


def fold(text: str) -> str:
    """Return `text` without case, marks or doubled spaces: "Naïve  Bayes" → "naive bayes"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    # Composed again, because Hangul falls apart under decomposition.
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_PLAIN).split())


def sort_key(text: str) -> str:
    """Return what entries are ordered by: folded, without leading punctuation."""
    folded = fold(text)
    return _SKIPPED.sub(" ", folded).strip() or folded


def letter(text: str) -> str:
    """Return the index letter of `text`: upper case, "0-9" for digits, "#" for the rest."""
    first = sort_key(text)[:1]
    if first.isdecimal():
        return DIGITS
    return first.upper() if first.isalpha() else OTHER


def rail(used: Collection[str]) -> list[tuple[str, bool]]:
    """Return the letters of an index in order, each with whether it is in use.

    A Latin index shows all of A to Z, so that readers see what there is not;
    other scripts show what they use.
    """
    latin = set(ascii_uppercase) if not set(used).isdisjoint(ascii_uppercase) else set()
    letters = sorted(latin | set(used), key=lambda each: (not each[:1].isalpha(), each))
    return [(each, each in used) for each in letters]
