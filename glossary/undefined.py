"""Words and phrases that texts use as if everybody knew them; pure, plain texts in.

A candidate is part of a run of words between signs and everyday words, as in
RAKE (Rose and others, “Automatic keyword extraction from individual documents”,
2010), one to three words long, and counts once for a text. What a longer
phrase nearly always contains is no phrase of its own. Memory is bounded by
lossy counting (Manku and Motwani, “Approximate frequency counts over data
streams”, 2002): what stays rare is dropped, and a count may be a little low.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from config.alphabet import fold
from glossary.everyday import DETERMINERS, JOINERS, NO_TERMS, NOT_ALONE, SUBJECTS

MOST_WORDS = 3
FEWEST_TEXTS = 3
"""Texts that have to use a phrase before it is a candidate."""
FEWEST_TEXTS_OF_A_WORD = 5
"""The same for a single ordinary word, which is less often a term."""
LONGEST_TEXT = 20_000
"""Characters of a text that are looked at."""
MOST_PHRASES = 100_000
"""Phrases in hand, before the rare ones are dropped."""
COMMONPLACE = 0.4
"""The share of the texts above which a single ordinary word says nothing."""
PART_OF = 0.7
"""The share of a phrase's texts that has it in a longer phrase, above which it is only a part."""

_WORD = re.compile(r"[^\W\d_]\w*(?:[-’'&/.][^\W_]\w*)*[+#]*")
_SENTENCE_END = re.compile(r"[.!?:…]\s|\n")
_ACRONYM = re.compile(r"(?=.{2,6}$)[A-Z][A-Z0-9&/-]*[A-Z0-9]s?$")
_INNER_CAPITAL = re.compile(r"[A-Za-z]*[a-z][A-Z]\w*$")
_NOT_LAST = {"en": ("ly", "ed"), "pt": ("mente",), "de": ()}
_NOT_FIRST = {"en": ("ly",), "pt": ("mente", "ar", "er", "ir"), "de": ()}
_SHORTEST_WORD = 5
"""Letters of a single ordinary word; shorter ones are seldom terms."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A candidate as it is written, its key (`alphabet.fold`), and how many texts use it."""

    text: str
    key: str
    texts: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    is_first: bool
    """Of a sentence, where a capital says nothing."""
    is_determined: bool
    is_verb: bool = False
    is_joiner: bool = False

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper() and not self.is_first


@dataclass(slots=True)
class _Tally:
    """In how many texts each key was, how it was written, and which are single ordinary words."""

    counts: dict[str, int] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    ordinary: set[str] = field(default_factory=set)
    dropped: int = 0

    def add(self, found: dict[str, tuple[str, bool]]) -> None:
        for key, (text, is_ordinary) in found.items():
            if key not in self.counts:
                self.written[key] = text
                if is_ordinary:
                    self.ordinary.add(key)
            elif not is_ordinary:
                self.ordinary.discard(key)
            self.counts[key] = self.counts.get(key, 0) + 1
        if len(self.counts) > MOST_PHRASES:
            # Half of them at once: looking through all of them for each text takes too long.
            self.drop_rare(down_to=MOST_PHRASES // 2)

    def drop_rare(self, *, down_to: int) -> None:
        while len(self.counts) > down_to:
            self.dropped += 1
            for key in [k for k, count in self.counts.items() if count <= self.dropped]:
                del self.counts[key], self.written[key]
                self.ordinary.discard(key)


def phrases(texts: Iterable[str], *, language: str, fewest: int = FEWEST_TEXTS) -> list[Phrase]:
    """Return what at least `fewest` of `texts` use like a term, the most used first.

    A language without lists in `glossary.everyday` gives acronyms and words
    with capitals inside only. One pass; `texts` may be a stream.
    """
    tally, total = _Tally(), 0
    for text in texts:
        total += 1
        tally.add(_in_text(text[:LONGEST_TEXT], language))
    often = {key: count for key, count in tally.counts.items() if count >= fewest}
    some, most = FEWEST_TEXTS_OF_A_WORD, max(FEWEST_TEXTS_OF_A_WORD, int(total * COMMONPLACE))
    parts = _parts(often)
    return [
        Phrase(tally.written[key], key, count)
        for key, count in sorted(often.items(), key=lambda item: (-item[1], item[0]))
        if key not in parts and (key not in tally.ordinary or some <= count <= most)
    ]


def _parts(often: dict[str, int]) -> set[str]:
    """Those of the keys that are little more than parts of longer ones."""
    found = set()
    for key, count in often.items():
        words = key.split()
        for start in range(len(words)):
            for end in range(start + 1, len(words) + 1):
                part = " ".join(words[start:end])
                if part != key and count >= PART_OF * often.get(part, count * 2):
                    found.add(part)
    return found


def _in_text(text: str, language: str) -> dict[str, tuple[str, bool]]:
    """The candidates of a text by key: how each is written, and whether it is an ordinary word."""
    found: dict[str, tuple[str, bool]] = {}
    for run in _runs(text, language):
        for start in range(len(run)):
            for words in (run[start : start + n] for n in range(1, MOST_WORDS + 1)):
                if len(words) == 1 and not _is_single(words[0], run, language):
                    continue
                if len(words) > 1 and not _is_phrase(words, language):
                    continue
                written = _written(words, language)
                found.setdefault(fold(written), (written, len(words) == 1 and _is_plain(words[0])))
    return found


def _runs(text: str, language: str) -> Iterator[list[_Word]]:
    """The words between signs and everyday words; joiners stay between two words of a run."""
    no_terms, joiners, determiners, subjects = (
        lists.get(language, frozenset()) for lists in (NO_TERMS, JOINERS, DETERMINERS, SUBJECTS)
    )
    run: list[_Word] = []
    end, before, joiner = 0, "", ""
    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        word = match[0].removesuffix("'s").removesuffix("’s")
        low = word.casefold()
        if gap.strip() or "\n" in gap:
            yield run
            run, before, joiner = [], "", ""
        # The Things of the Internet of Things.
        is_part = bool(run) and word[0].isupper() and language != "de"
        if low not in no_terms or is_part:
            if joiner:
                run.append(_Word(joiner, False, False, is_joiner=True))
            is_first = end == 0 or bool(_SENTENCE_END.search(gap))
            is_verb = before in subjects and not word[0].isupper()
            run.append(_Word(word, is_first, before in determiners, is_verb))
            joiner = ""
        elif run and low in joiners and not joiner:
            joiner = word
        else:
            yield run
            run, joiner = [], ""
        if word != match[0]:
            # What somebody has is another phrase.
            yield run
            run = []
        end, before = match.end(), low
    yield run


def _is_phrase(words: Sequence[_Word], language: str) -> bool:
    first, last = words[0], words[-1]
    if first.is_joiner or first.is_verb or last.is_joiner or language not in NO_TERMS:
        return False
    if language == "de" and not last.text[0].isupper():
        return False
    if len(fold(last.text)) < 2 or len({word.text.casefold() for word in words}) < len(words):
        return False
    is_name = all(word.is_joiner or word.text[0].isupper() for word in words)
    return is_name or not (
        last.text.endswith(_NOT_LAST[language]) or first.text.endswith(_NOT_FIRST[language])
    )


def _is_single(word: _Word, run: Sequence[_Word], language: str) -> bool:
    if word.is_joiner:
        return False
    if not _is_plain(word):
        return True
    if len(word.text) < _SHORTEST_WORD or language not in NO_TERMS:
        return False
    if _singular(word.text, language).casefold() in NOT_ALONE[language]:
        return False
    if language == "de":
        return word.is_capital
    is_alone = len(run) == 1 and word.is_determined
    return is_alone and not word.text.endswith(_NOT_LAST[language])


def _is_plain(word: _Word) -> bool:
    """Whether nothing but its use says that the word is a term: neither ETL nor GraphQL."""
    return not (_ACRONYM.match(word.text) or _INNER_CAPITAL.match(word.text))


def _written(words: Sequence[_Word], language: str) -> str:
    """The phrase in the singular, without the capital of a sentence's beginning."""
    *others, last = (word.text for word in words)
    # The head of a joined phrase is its first word: banco de dados.
    is_joined = any(word.is_joiner for word in words)
    texts = [*others, last if is_joined else _singular(last, language)]
    first = words[0]
    if first.is_first and len(words) > 1 and _is_plain(first) and not words[-1].is_capital:
        texts[0] = texts[0][0].lower() + texts[0][1:]
    return " ".join(texts)


def _singular(word: str, language: str) -> str:
    if _ACRONYM.match(word):
        return word.removesuffix("s")
    # DevOps is no plural.
    if len(word) < _SHORTEST_WORD or not word.endswith("s") or _INNER_CAPITAL.match(word):
        return word
    if language == "en" and not word.endswith(("ss", "us", "is")):
        if word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]
    if language == "pt" and word.endswith(("as", "es", "os")):
        return word.removesuffix("ões") + "ão" if word.endswith("ões") else word[:-1]
    return word
