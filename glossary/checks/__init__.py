"""What an editor should know before readers see a text. Pure: values in, findings out.

Five findings hold back a publication (`BLOCKING`): the term or the address is
missing or another entry's, or the text is empty. All others are advice.
"""

from collections.abc import Iterable

from glossary.checks import called, ease, fields, links, markup, structure
from glossary.checks.text import parsed
from glossary.checks.values import Draft, Facts, Finding, Place, Severity

__all__ = ["Draft", "Facts", "Finding", "Place", "Severity", "blocking", "check"]

BLOCKING = ("term_missing", "term_taken", "address_missing", "address_taken", "body_empty")
MOST_OF_A_KIND = 20
"""Findings with the same code that are told; nobody reads the hundredth."""

_ORDER = list(Severity)


def check(draft: Draft, facts: Facts) -> list[Finding]:
    """Return what is to be said about `draft`: the most serious first, then by place."""
    text = parsed(str(draft.get("body") or ""))
    measures = ease.measure(text, language=str(draft.get("language") or ""))
    found = [
        *fields.check(draft, facts),
        *called.check(draft, facts),
        *structure.check(text, facts),
        *links.check(draft, text, facts),
        *markup.check(text),
        *ease.check(measures),
    ]
    found.sort(key=lambda each: (_ORDER.index(each.severity), each.place.start or 0))
    return _few_of_each(found)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Return those that hold back a publication."""
    return [finding for finding in findings if finding.severity == Severity.BLOCKING]


def _few_of_each(findings: list[Finding]) -> list[Finding]:
    """The first of each kind; the last one that is told says how many there are."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    told: dict[str, int] = {}
    kept = []
    for finding in findings:
        told[finding.code] = told.get(finding.code, 0) + 1
        if told[finding.code] > MOST_OF_A_KIND:
            continue
        more = counts[finding.code] - MOST_OF_A_KIND
        if told[finding.code] == MOST_OF_A_KIND and more > 0:
            sentence = f"{finding.sentence} There are {more:,} more of this kind."
            finding = Finding(finding.code, sentence, finding.place, finding.severity)
        kept.append(finding)
    return kept
