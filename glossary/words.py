"""The words of texts and queries, alike for both databases: folded, without signs; pure.

Scripts written without spaces are taken apart sign by sign, so that a phrase of
signs finds them anywhere in a run.
"""

import re
from collections.abc import Iterator

from config.alphabet import MARKS, fold

LONGEST = 64
"""Characters of a word that count; no index takes words of any length."""

_ASCII = re.compile(r"[a-z0-9]+")
_RUN = re.compile(rf"(?:[^\W_]|[{MARKS}])+")
# Thai to Lao, Myanmar, Khmer, kana, Han and Hangul.
_SIGNS = (
    r"\u0e01-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"
    r"\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_SIGNS}]")
_PART = re.compile(f"[{_SIGNS}][{MARKS}]*|[^{_SIGNS}]+")


def runs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of `text` as it is written begin and end."""
    return (match.span() for match in _RUN.finditer(text))


def signs(run: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of one of `runs` begin and end: the signs of unspaced scripts."""
    return (match.span() for match in _PART.finditer(run))


def units(text: str) -> list[str]:
    """Return the words of `text`: "GPT-4 für 学習" → ["gpt", "4", "fur", "学 習"].

    What is one run of signs without spaces is one unit, its signs set apart.
    """
    if text.isascii():
        return [word[:LONGEST] for word in _ASCII.findall(text.lower())]
    return [" ".join(_parts(run)) for run in _RUN.findall(fold(text))]


def searchable(text: str) -> str:
    """Return `text` as it is searched: its words alone."""
    return " ".join(units(text))


def variants(unit: str) -> list[str]:
    """Return `unit` and, by the English rule, its plural or what it may be the plural of."""
    if not unit.isascii() or not unit.isalpha() or len(unit) < 3:
        return [unit]
    found = [unit, unit + ("es" if unit.endswith(("s", "x", "z", "ch", "sh")) else "s")]
    if unit.endswith("y"):
        found.append(unit[:-1] + "ies")
    if unit.endswith("s") and not unit.endswith("ss"):
        found.append(unit[:-1])
    if unit.endswith("ies"):
        found.append(unit[:-3] + "y")
    elif unit.endswith("es"):
        found.append(unit[:-2])
    return found


def _parts(run: str) -> list[str]:
    if not _UNSPACED.search(run):
        return [run[:LONGEST]]
    return [part[:LONGEST] for part in _PART.findall(run)]
