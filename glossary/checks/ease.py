"""How long a text is, and how easy to read by the formulas that are known for its language."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from glossary.checks.text import Text
from glossary.checks.values import Finding, Place, Severity
from glossary.rendering import reading_minutes

ENOUGH_WORDS = 60
"""Words below which a formula says nothing."""
HARD = 30

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_END = re.compile(r"[.!?…。！？]+(?=[\s\"'”’»)\]]|$)|[。！？]")
_VOWELS = {
    "en": re.compile(r"[aeiouyáéíóúäöüâêîôûàèï]+"),
    "de": re.compile(r"aa|ee|oo|ai|ei|ie|oi|ui|au|äu|eu|ey|ay|[aeiouyäöüéèàê]"),
    "pt": re.compile(
        r"qu(?=[eéêií])|gu(?=[eéêií])|ão|ãe|õe|[aáâàeéêoóô][iu]|ui|iu|[aeiouyáâãàéêíóôõúü]"
    ),
}
_SILENT = re.compile(r"(?:[^laeiouy]e|[^aeiouydt]ed|[^aeiouyscxzh]es)$")
_WORDS_OF_SCORES = (
    (80, "very easy"),
    (65, "easy"),
    (50, "for most readers"),
    (30, "demanding"),
    (-1000, "hard"),
)


@dataclass(frozen=True, slots=True)
class Measures:
    """What can be counted of a text. `score` runs from about 0 (hard) to 100 (easy)."""

    words: int
    sentences: int
    minutes: int
    score: int | None = None

    @property
    def in_words(self) -> str:
        if self.score is None:
            return ""
        return next(words for least, words in _WORDS_OF_SCORES if self.score >= least)


def measure(text: Text, *, language: str) -> Measures:
    """Return the measures of the whole text; the score is that of its paragraphs."""
    prose = [paragraph.text for paragraph in text.paragraphs]
    words = [word for paragraph in prose for word in _WORD.findall(paragraph.casefold())]
    sentences = sum(max(1, len(_END.findall(paragraph))) for paragraph in prose)
    return Measures(
        words=len(text.plain.split()),
        sentences=sentences,
        minutes=reading_minutes(text.plain),
        score=_score(words, sentences, language),
    )


def check(measures: Measures) -> Iterator[Finding]:
    if measures.score is not None and measures.score < HARD:
        sentence = (
            f"By its words and sentences this text is hard to read ({measures.score} of 100). "
            "Shorter sentences help most."
        )
        yield Finding("reading_hard", sentence, Place("body"), Severity.HINT)


def syllables(word: str, *, language: str) -> int:
    """Return how many syllables a lower-case word has, by its vowels; at least one."""
    vowels = _VOWELS[language]
    if language == "en":
        word = _SILENT.sub("", word) or word
    return max(1, sum(1 for found in vowels.findall(word) if found not in ("qu", "gu")))


def _score(words: list[str], sentences: int, language: str) -> int | None:
    """Flesch for English; Amstad (1978) for German; Martins et al. (1996) for Portuguese."""
    if language not in _VOWELS or len(words) < ENOUGH_WORDS:
        return None
    length = len(words) / sentences
    weight = sum(syllables(word, language=language) for word in words) / len(words)
    if language == "de":
        score = 180 - length - 58.5 * weight
    elif language == "pt":
        score = 248.835 - 1.015 * length - 84.6 * weight
    else:
        score = 206.835 - 1.015 * length - 84.6 * weight
    return math.floor(max(0, min(100, score)))
