"""Where a text uses the names of entries; pure, values in and values out.

Names are found by a dictionary of their first words, as MediaWiki's Lingo does
it: the cost grows with the text, not with the glossary.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from config.alphabet import MARKS

MOST_WORDS = 8
"""Names are looked up by so many of their words; what follows is compared afterwards."""
REACH = 300
"""Characters that a use can be long: a name of 150, and blanks where its text has more."""

_WORD = re.compile(rf"[\w{MARKS}]+")
# Scripts written without spaces: each sign begins a word. Katakana and Hangul come in runs.
_SIGN = (
    r"\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff"
)
_SIGN += r"\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA = r"\u30a1-\u30fe\u31f0-\u31ff\uff66-\uff9f"
_HANGUL = r"\u1100-\u11ff\uac00-\ud7af"
_UNSPACED = re.compile(f"[{_SIGN}{_KATAKANA}{_HANGUL}]")
_PART = re.compile(
    rf"[{_SIGN}][{MARKS}]*|[{_KATAKANA}]+|[{_HANGUL}]+|[^{_SIGN}{_KATAKANA}{_HANGUL}]+"
)
_HYPHENS = str.maketrans("\u2010\u2011", "--")
_APOSTROPHES = "'’"
_STICKY = "-\u2010\u2011/_\\@#+~$"
"""Signs that make one word of what they touch: pod is not in pod-lifecycle, nor C in C++."""
_STICKY_BETWEEN = ".:=&*^%\u00ad\u200c\u200d\u2060"
"""Signs that do so only between two words: a.pod, but not the full stop after it.

The last four are not seen: a hyphen where a line may end, and what joins letters or parts them.
"""


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a published entry; `is_exact` means that its capitals count."""

    text: str
    target: int
    slug: str
    is_term: bool = True
    is_exact: bool = False
    is_linked: bool = True


@dataclass(frozen=True, slots=True)
class Use:
    """A place in a text, in characters, that uses a name; no name where two entries claim it."""

    start: int
    end: int
    name: Name | None


@dataclass(frozen=True, slots=True)
class _Parts:
    """A name as it is compared: what stands before its first word, its words, what follows."""

    before: str
    key: str
    first_word: str
    count: int
    after: str


@dataclass(slots=True)
class _Words:
    """The words of a text, folded, with their places and what stands between them."""

    starts: list[int]
    ends: list[int]
    folded: list[str]
    gaps: list[str]

    def key(self, first: int, count: int) -> str:
        count = min(count, MOST_WORDS)
        if count == 1:
            return self.folded[first]
        words = self.folded[first : first + count]
        gaps = [*self.gaps[first : first + count - 1], ""]
        return "".join([part for pair in zip(words, gaps, strict=True) for part in pair])


_Sought = tuple[Name, str, str]


class TermIndex:
    """The names of one language, looked up by their words.

    `has_plurals` adds the English rule: a last word may stand in the plural
    (-s, -es after a hiss, -ies for -y) and in the possessive.
    """

    def __init__(self, names: Iterable[Name], *, has_plurals: bool = False) -> None:
        self.has_plurals = has_plurals
        # By their words; with each the signs before and after them.
        self._names: dict[str, list[_Sought]] = defaultdict(list)
        # For each first word the numbers of words that names beginning with it have, as bits.
        self._counts: dict[str, int] = defaultdict(int)
        for name in names:
            parts = _parts(name.text)
            if parts.count:
                self._names[parts.key].append((name, parts.before, parts.after))
                self._counts[parts.first_word] |= 1 << parts.count

    def __len__(self) -> int:
        return sum(map(len, self._names.values()))

    def at(
        self, words: "_Words", first: int, count: int
    ) -> tuple[list["_Sought"], list["_Sought"]]:
        """The names that `count` words from `first` on may be: in the singular, in the plural."""
        key = words.key(first, count)
        plural: list[_Sought] = []
        if self.has_plurals and count > MOST_WORDS:
            plural += self._names.get(key, ())
        elif self.has_plurals:
            last = words.folded[first + count - 1]
            stem = key[: len(key) - len(last)]
            for single in _singulars(last):
                plural += self._names.get(stem + single, ())
        return self._names.get(key, []), plural

    def may_occur_in(self, text: str) -> bool:
        """Whether a name may be used in `text`: quick for few names, and wrong only with a yes."""
        folded = _folded(text)
        return any(word.removesuffix("y") in folded for word in self._counts)

    def counts(self, words: _Words, first: int) -> list[int]:
        """How many words a name that begins here can have, the most first."""
        word = words.folded[first]
        bits = self._counts.get(word, 0)
        if self.has_plurals:
            for single in _singulars(word):
                bits |= self._counts.get(single, 0) & 2
        most = min(bits.bit_length() - 1, len(words.folded) - first)
        return [n for n in range(most, 0, -1) if bits >> n & 1]


def key_of(text: str) -> str:
    """Return what a name is looked up by: its first words, folded, and the signs between them."""
    return _parts(text).key


def keys_in(text: str, *, has_plurals: bool = False) -> set[str]:
    """Return every key that a name used in `text` can have."""
    words = _words(text)
    keys: set[str] = set()
    for first in range(len(words.folded)):
        for count in range(1, min(MOST_WORDS, len(words.folded) - first) + 1):
            keys.update(_keys_at(words, first, count, has_plurals=has_plurals))
    return keys


def keys_touching(text: str, start: int, end: int, *, has_plurals: bool = False) -> set[str]:
    """Return every key of a name whose use in `text` would share a sign with start…end.

    Those of long names may belong to uses that end before it.
    """
    words = _words(text)
    first = bisect_right(words.ends, start)
    last = bisect_left(words.starts, end)
    # The signs around a name are part of it: those between two words may belong to either.
    if first and not text[words.ends[first - 1] : start].isspace():
        first -= 1
    if last < len(words.starts) and not text[end : words.starts[last]].isspace():
        last += 1
    keys: set[str] = set()
    for begin in range(last):
        if words.starts[begin] < start - REACH:
            continue
        for count in range(1, min(MOST_WORDS, len(words.folded) - begin) + 1):
            if begin + count > first or count == MOST_WORDS:
                keys.update(_keys_at(words, begin, count, has_plurals=has_plurals))
    return keys


def _keys_at(words: "_Words", first: int, count: int, *, has_plurals: bool) -> Iterator[str]:
    key = words.key(first, count)
    yield key
    if has_plurals:
        last = words.folded[first + count - 1]
        stem = key[: len(key) - len(last)]
        for single in _singulars(last):
            yield stem + single


def is_exact(text: str, rule: str) -> bool:
    """Return whether the capitals of the name `text` count under its case rule.

    As usual (auto) they do for names written in capitals only: IT, CI/CD, 5G.
    """
    if rule == "auto":
        return text.upper() == text and text.lower() != text
    return rule == "exact"


def plural(text: str) -> str:
    """Return the plural of an English name by the declared rule."""
    folded = text.casefold()
    if folded.endswith(("s", "x", "z", "ch", "sh")):
        return text + "es"
    if folded[-1:] == "y" and folded[-2:-1] not in "aeiou" and text[-1] == "y":
        return text[:-1] + "ies"
    return text + "s"


def find(text: str, index: TermIndex) -> Iterator[Use]:
    """Yield the uses of names in `text` from left to right, the longest where several begin.

    A name that two entries claim as an alias gives a use without a name; an
    entry's own term goes before another one's alias.
    """
    words = _words(text)
    first = done = 0
    while first < len(words.folded):
        use, count = _use_at(text, words, first, index)
        # A name may begin with signs that ended the one before.
        if use and use.start >= done:
            yield use
            done = use.end
        first += count


def _use_at(text: str, words: _Words, first: int, index: TermIndex) -> tuple[Use | None, int]:
    """The longest use that begins with word `first`, and how many words to go on by."""
    for count in index.counts(words, first):
        start, end = words.starts[first], words.ends[first + count - 1]
        single, plurals = index.at(words, first, count)
        fitting: list[tuple[int, int, Name]] = []
        as_plural: list[tuple[int, int, Name]] = []
        for names, found, is_plural in ((single, fitting, False), (plurals, as_plural, True)):
            for sought in names:
                span = _span(text, start, end, sought, is_plural=is_plural, index=index)
                if span:
                    found.append((*span, sought[0]))
        if fitting or as_plural:
            return _decided(fitting, as_plural), count
    return None, 1


def _decided(fitting: list[tuple[int, int, Name]], as_plural: list[tuple[int, int, Name]]) -> Use:
    """The longest of them; of two, what is written goes before the plural of something else."""
    longest = max(end - start for start, end, _ in [*fitting, *as_plural])
    best = [found for found in fitting if found[1] - found[0] == longest]
    best = best or [found for found in as_plural if found[1] - found[0] == longest]
    start, end, _ = best[0]
    names = {name.target: name for _, _, name in best}
    terms = {name.target: name for _, _, name in best if name.is_term}
    claims = terms or names
    return Use(start, end, next(iter(claims.values())) if len(claims) == 1 else None)


def _span(
    text: str, start: int, end: int, sought: _Sought, *, is_plural: bool, index: TermIndex
) -> tuple[int, int] | None:
    """Where a name stands around these words, or None: its signs, capitals and bounds decide."""
    name, before, after = sought
    if is_plural and after:
        return None
    start -= len(before)
    end += len(after)
    if start < 0 or end > len(text):
        return None
    written = _on_one_line(text[start:end])
    wanted = _on_one_line(plural(name.text) if is_plural else name.text)
    if name.is_exact:
        if _plain(written) != _plain(wanted):
            return None
    elif _folded(written) != _folded(wanted):
        return None
    if not (_opens(text, start) and _closes(text, end, has_possessive=index.has_plurals)):
        return None
    return start, end


def _opens(text: str, start: int) -> bool:
    """Whether a word can begin here: not within a compound, a path or a dotted name."""
    if start == 0:
        return True
    before = text[start - 1]
    if before in _STICKY or before == ".":
        return False
    if before in _STICKY_BETWEEN:
        return not _is_wordlike(text[start - 2 : start - 1])
    return not _is_wordlike(before) or _touches(before, text[start])


def _closes(text: str, end: int, *, has_possessive: bool) -> bool:
    """Whether a word can end here; an English one also before 's."""
    if end >= len(text):
        return True
    after, beyond = text[end], text[end + 1 : end + 2]
    if after in _STICKY:
        return False
    if after in _STICKY_BETWEEN:
        return not _is_wordlike(beyond)
    if after in _APOSTROPHES and _is_wordlike(beyond):
        is_possessive = beyond in "sS" and not _is_wordlike(text[end + 2 : end + 3])
        return has_possessive and is_possessive
    return not _is_wordlike(after) or _touches(text[end - 1], after)


def _is_wordlike(char: str) -> bool:
    return bool(char) and _WORD.match(char) is not None


def _touches(left: str, right: str) -> bool:
    """Whether two signs that touch belong to different words, as in scripts without spaces."""
    parts = _PART.findall(left + right)
    return len(parts) > 1


def _words(text: str) -> _Words:
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match[0]
        if word.isascii() or not _UNSPACED.search(word):
            spans.append((start, end))
            continue
        spans += [(start + part.start(), start + part.end()) for part in _PART.finditer(word)]
    gaps = [_gap(text[end:start]) for (_, end), (start, _) in pairwise(spans)]
    return _Words(
        starts=[start for start, _ in spans],
        ends=[end for _, end in spans],
        folded=[_folded(text[start:end]) for start, end in spans],
        gaps=gaps,
    )


def _gap(between: str) -> str:
    if between == " " or not between:
        return between
    return " " if between.isspace() else _on_one_line(between)


def _parts(text: str) -> _Parts:
    text = _on_one_line(text)
    words = _words(text)
    count = len(words.folded)
    if not count:
        return _Parts("", "", "", 0, "")
    before, after = text[: words.starts[0]], text[words.ends[-1] :]
    return _Parts(before, words.key(0, count), words.folded[0], count, after)


def _on_one_line(text: str) -> str:
    """`text` with every hyphen as one sign, and every run of blanks."""
    return " ".join(text.translate(_HYPHENS).split())


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _singulars(word: str) -> list[str]:
    """What an English word may be the plural of; the declared rule decides later."""
    if not word.endswith("s") or len(word) < 2:
        return []
    found = [word[:-1]]
    if word.endswith("es"):
        found.append(word[:-2])
    if word.endswith("ies"):
        found.append(word[:-3] + "y")
    return found
