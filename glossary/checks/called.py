"""What is said about the names of an entry: those that others have, and those hardly different."""

from collections import Counter
from collections.abc import Iterator

from config.alphabet import fold
from glossary.checks.values import Draft, Facts, Finding, Place, Severity

MOST_NAMES = 200
"""Aliases that are looked at."""


def check(draft: Draft, facts: Facts) -> Iterator[Finding]:
    yield from _term(str(draft.get("term") or "").strip(), facts)
    yield from _aliases(draft, facts)


def aliases_of(draft: Draft) -> list[str]:
    """Return the other names of the draft as they are written."""
    given = draft.get("aliases") or []
    names = (str(alias.get("name") or "").strip() for alias in given[:MOST_NAMES])
    return [name for name in names if name]


def _term(term: str, facts: Facts) -> Iterator[Finding]:
    key = fold(term)
    taken = facts.terms.get(key) if key else None
    if taken:
        sentence = f"There is already an entry about “{taken.term}” in this language. Go on there."
        yield Finding("term_taken", sentence, Place("term"), Severity.BLOCKING)
        return
    for other in facts.aliases.get(key, ()) if key else ():
        sentence = (
            f"“{other.term}” has this term among its other names. Links will lead here; "
            "take the name away there."
        )
        yield Finding("term_is_alias", sentence, Place("term"))
    for other in facts.similar:
        sentence = f"There is an entry about “{other.term}”. Is this the same?"
        yield Finding("term_similar", sentence, Place("term"), Severity.HINT)


def _aliases(draft: Draft, facts: Facts) -> Iterator[Finding]:
    own = fold(str(draft.get("term") or ""))
    names = aliases_of(draft)
    counts = Counter(map(fold, names))
    place = Place("aliases")
    for name in {fold(name): name for name in names}.values():
        key = fold(name)
        if key == own:
            sentence = f"“{name}” is the term itself: it need not be an other name as well."
            yield Finding("alias_is_own_term", sentence, place, Severity.HINT)
            continue
        if counts[key] > 1:
            yield Finding("alias_twice", f"“{name}” is given twice.", place)
        if key in facts.terms:
            sentence = f"“{name}” has an entry of its own: links and searches lead there."
            yield Finding("alias_is_term", sentence, place)
        elif others := facts.aliases.get(key):
            listed = ", ".join(f"“{other.term}”" for other in others)
            sentence = f"“{name}” is another name of {listed}, too: it links nowhere."
            yield Finding("alias_claimed", sentence, place)
