"""How a glossary is ordered: folded keys and index letters, the same on both databases."""

import re
import unicodedata

DIGITS = "0-9"
OTHER = "#"
_SKIPPED = re.compile(r"[\W_]+", re.UNICODE)
# Letters that Unicode does not decompose but readers look up under their base letter.
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i"})


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
