"""Names of different entries that readers could take for one; pure, but for `found`.

Names are compared as they are searched for: without capitals and accents.
The cost grows with the names, not with their pairs: those one letter apart
meet under the form that both have without that letter, as in `spelling`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from glossary import spelling, words
from glossary.models import Entry, TermName

SAME, PLURAL, NEAR = "The same name", "Singular and plural", "One letter apart"
MOST = 2_000
"""Pairs that are looked for: nobody reads more."""


@dataclass(frozen=True, slots=True)
class Known:
    """A name, as it is compared and as it is written."""

    key: str
    text: str
    entry: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names of different entries in one language."""

    kind: str
    language: str
    one: Known
    other: Known


def found() -> list[Pair]:
    """Return the pairs among the names of entries on the site, the surest first. One query."""
    by_language: dict[str, list[Known]] = defaultdict(list)
    names = TermName.objects.filter(entry__state=Entry.State.PUBLISHED).order_by()
    columns = ("language", "search_key", "text", "entry")
    for language, *name in names.values_list(*columns).iterator(chunk_size=5_000):
        by_language[language].append(Known(*name))
    each = (pairs_of(names, language=language) for language, names in sorted(by_language.items()))
    pairs = [pair for pairs in each for pair in islice(pairs, MOST)]
    return sorted(pairs, key=lambda pair: (SAME, PLURAL, NEAR).index(pair.kind))[:MOST]


def pairs_of(names: Iterable[Known], *, language: str) -> Iterator[Pair]:
    """Yield the pairs among `names`: equal ones, then plurals, then those one letter apart."""
    known: dict[str, list[Known]] = defaultdict(list)
    for name in sorted(names, key=lambda name: (name.key, name.entry, name.text)):
        known[name.key].append(name)
    for same in known.values():
        for one, other in pairwise({name.entry: name for name in same}.values()):
            yield Pair(SAME, language, one, other)
    seen: set[tuple[str, str]] = set()
    for kind, find in ((PLURAL, _plurals), (NEAR, _near)):
        if kind == PLURAL and language != "en":
            continue
        for near in find(known):
            keys = (min(near), max(near))
            if keys not in seen:
                seen.add(keys)
                yield from _of_two(kind, language, *(known[key] for key in keys))


def _of_two(kind: str, language: str, ones: list[Known], others: list[Known]) -> Iterator[Pair]:
    """The first pair of different entries; entries that have both names say so on purpose."""
    both = {name.entry for name in ones} & {name.entry for name in others}
    one = next((name for name in ones if name.entry not in both), None)
    other = next((name for name in others if name.entry not in both), None)
    if one and other:
        yield Pair(kind, language, one, other)


def _plurals(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = set(keys)
    for key in sorted(known):
        before, _, last = key.rpartition(" ")
        for variant in words.variants(last):
            other = f"{before} {variant}" if before else variant
            if key < other and other in known:
                yield key, other


def _near(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs that differ at one place: a letter more, another letter, or two that changed places.

    One place after the other, so that only the forms of one are in memory.
    Other numbers make other things: GPT-3 and GPT-4.
    """
    long = {key for key in keys if len(key) >= spelling.LONG}
    ordered = sorted(long)
    for place in range(max(map(len, long), default=0)):
        first: dict[str, str] = {}
        for key in ordered:
            letter = key[place : place + 1]
            if not letter or letter.isdigit():
                continue
            before, after = key[:place], key[place + 1 :]
            form = before + after
            alike = first.setdefault(form, key)
            if alike is not key:
                yield alike, key
            if form in long:
                yield form, key
            following = after[:1]
            if letter < following and f"{before}{following}{letter}{after[1:]}" in long:
                yield key, f"{before}{following}{letter}{after[1:]}"
