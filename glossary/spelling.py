"""Typing errors in searches: which word of the glossary's names was meant.

Symmetric deletion (Garbe's SymSpell): a word is stored under each form of its
beginning with a letter or two left out, and looked up by the same forms of
what was typed, so that one indexed query finds everything within reach.
"""

from collections.abc import Iterable
from itertools import combinations

from glossary import words
from glossary.models import Spelling, TermName

SHORTEST = 4
"""Shorter words are not corrected: too many others are one letter away."""
LONGEST = 40
LONG = 8
"""Letters from which on a word may have two errors."""
BEGINNING = 7
"""Letters of a word of which forms are made; the rest is compared with what is found by them."""
MOST_FOUND = 500
"""Words that are compared."""


def learn(names: Iterable[TermName]) -> None:
    """Remember the words of `names`."""
    learn_words({(n.language, word) for n in names for word in words.units(n.search_key)})


def learn_words(found: Iterable[tuple[str, str]]) -> None:
    """Remember these words, each with its language."""
    Spelling.objects.bulk_create(
        [
            Spelling(language=language, key=key, word=word)
            for language, word in sorted(found)
            if is_correctable(word)
            for key in sorted(forms(word))
        ],
        ignore_conflicts=True,
        batch_size=5_000,
    )


def nearest(typed: Iterable[str], *, language: str, is_beginning: bool = False) -> dict[str, str]:
    """Return the word that was probably meant for each of `typed` that no name has.

    With `is_beginning`, what was typed may be the beginning of a word. One query.
    """
    sought = {word: forms(word) for word in typed if is_correctable(word)}
    if not sought:
        return {}
    keys = set().union(*sought.values())
    rows = Spelling.objects.filter(language=language, key__in=keys).values_list("key", "word")
    by_key: dict[str, set[str]] = {}
    for key, word in rows[: MOST_FOUND * len(sought)]:
        by_key.setdefault(key, set()).add(word)
    meant = {}
    for word, own_forms in sought.items():
        near = set().union(*(by_key.get(key, ()) for key in own_forms))
        if word not in near and (best := _nearest(word, near, is_beginning=is_beginning)):
            meant[word] = best
    return meant


def is_correctable(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word.isalpha()


def forms(word: str) -> set[str]:
    """Return the beginning of `word` and it without any one letter, of long words without two."""
    beginning = word[:BEGINNING]
    places = range(len(beginning))
    return {
        "".join(beginning[place] for place in places if place not in left_out)
        for count in range(_allowed(word) + 1)
        for left_out in combinations(places, count)
    }


def distance(one: str, other: str) -> int:
    """Return how many letters to add, drop, replace or swap with a neighbour make one the other.

    Optimal string alignment: no letter is edited twice.
    """
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, wanted in enumerate(other, start=1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != wanted))
            is_swapped = (
                row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted
            )
            line.append(min(cost, before[column - 2] + 1) if is_swapped else cost)
        before, above = above, line
    return above[-1]


def _allowed(word: str) -> int:
    return 2 if len(word) >= LONG else 1


def _nearest(word: str, near: Iterable[str], *, is_beginning: bool) -> str:
    """The nearest within reach, rather one as long and with the same first letter; or ""."""
    allowed = _allowed(word)
    lengths = range(max(SHORTEST, len(word) - 1), len(word) + 2)
    if is_beginning:
        near = {other[:length] for other in near for length in lengths}
    standings = [
        (far, other[0] != word[0], abs(len(other) - len(word)), other)
        for other in near
        if abs(len(other) - len(word)) <= allowed and (far := distance(word, other)) <= allowed
    ]
    return min(standings)[-1] if standings else ""
