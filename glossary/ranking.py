"""Which found entry stands before which; pure, over the few that the indexes gave.

No index's own weights: none of them outdoes a text that repeats a word a
thousand times, and each database would weigh differently.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from glossary.words import variants

PINNED, NAMED, NAMES, LEAD, ANYWHERE = range(5)
"""Where something was found: pinned to the query; a name that is or begins with it; its words
in names; in names and definition; anywhere."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry and where it was found; names, definition and text are words alone.

    `key` is the pin's position or the folded name that was found.
    """

    place: int
    entry: int
    key: str
    is_term: bool
    names: list[str]
    definition: str
    text: str


def ranked(candidates: Iterable[Candidate], *, key: str, units: list[str]) -> list[int]:
    """Return the keys of entries, best first, each once, for a query that they match whole."""
    found = list(candidates)
    sought = list(map(_Sought, units))
    place: dict[int, int] = {}
    for one in found:
        place[one.entry] = min(one.place, place.get(one.entry, one.place))
    best = [one for one in found if one.place == place[one.entry]]
    return _once(sorted(best, key=lambda one: (one.place, _standing(one, key, sought))))


def ranked_by_words(candidates: Iterable[Candidate], *, units: list[str]) -> list[int]:
    """Return the keys of entries, those with most of the words first."""
    sought = list(map(_Sought, units))

    def standing(one: Candidate) -> tuple:
        names = " ".join(one.names)
        everywhere = _hits(sought, f"{names} {one.definition} {one.text}")
        return (-everywhere, -_hits(sought, names), one.place, one.entry)

    return _once(sorted(_best_text(candidates), key=standing))


def has_all(units: list[str], text: str) -> bool:
    """Return whether words of `text` begin with each of `units` or are in another number."""
    return _hits(map(_Sought, units), text) == len(units)


class _Sought:
    """A word of the query as it would stand in a text."""

    def __init__(self, unit: str) -> None:
        self.beginning = f" {unit}"
        self.whole = [f" {variant} " for variant in variants(unit)]
        self.shorter = [word for word in self.whole if not word.startswith(self.beginning)]

    def begins_word(self, text: str) -> bool:
        if self.beginning in text:
            return True
        return bool(self.shorter) and any(word in text for word in self.shorter)

    def is_word(self, text: str) -> bool:
        return any(word in text for word in self.whole)


def _hits(sought: Iterable[_Sought], text: str) -> int:
    text = f" {text} "
    return sum([each.begins_word(text) for each in sought])


def _standing(one: Candidate, key: str, sought: list[_Sought]) -> tuple:
    if one.place == PINNED:
        return (int(one.key), one.entry)
    if one.place == NAMED:
        return _standing_of_name(one.key, key, is_alias=not one.is_term)
    if one.place == NAMES:
        return (*_best_name(one.names, sought), one.entry)
    words = f" {one.definition if one.place == LEAD else one.text}"
    occurrences = sum([words.count(each.beginning) for each in sought])
    in_names, in_definition = _hits(sought, " ".join(one.names)), _hits(sought, one.definition)
    return (-in_names, -in_definition, -occurrences, one.entry)


def _standing_of_name(name: str, key: str, *, is_alias: bool) -> tuple:
    """The name itself, then names that go on with another word, then those with a longer one."""
    rest = name[len(key) :]
    return (bool(rest), rest[:1].isalnum(), is_alias, name)


def _best_name(names: list[str], sought: list[_Sought]) -> tuple:
    """The name with most of the words and fewest others, whole ones first, the term first."""
    standings = []
    for place, name in enumerate(names):
        text = f" {name} "
        begun = sum(each.begins_word(text) for each in sought)
        whole = sum(each.is_word(text) for each in sought)
        standings.append((-begun, -whole, name.count(" "), place > 0, name))
    return min(standings)


def _best_text(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate per entry, the one that brought its text where there is one."""
    best: dict[int, Candidate] = {}
    for one in candidates:
        if one.entry not in best or one.text:
            best[one.entry] = one
    return list(best.values())


def _once(candidates: Iterable[Candidate]) -> list[int]:
    return list(dict.fromkeys(one.entry for one in candidates))
