"""Social cards: the picture that shows a page where people share its address."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from itertools import groupby
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, features

from config.colours import LIGHT_PAGE, palette

VERSION = 1
"""Raised whenever the same words give another picture."""

WIDTH, HEIGHT = 1200, 630
MARGIN = 88
TITLE_TOP, TITLE_BOTTOM = 176, 486
TITLE_SIZES = (92, 84, 76, 68, 62, 56, 50, 46, 42, 38, 34)
SMALL = 30
MOST_CHARACTERS = 400
"""More than any card shows."""
LINE_HEIGHT = 1.24
INK, MUTED, LINE = "#1d2326", "#566066", "#dcd7cc"

_FOLDER = Path(__file__).parent / "fonts"
_BOLD = "NotoSans-Bold.ttf"
_REGULAR = "NotoSans-Regular.ttf"
_OTHERS = (
    "NotoSansArabic-Bold.ttf",
    "NotoSansHebrew-Bold.ttf",
    "NotoSansDevanagari-Bold.ttf",
    "NotoSansThai-Bold.ttf",
    "NotoSansArmenian-Bold.ttf",
    "NotoSansGeorgian-Bold.ttf",
    "DroidSansFallback.ttf",
    "NotoSansSymbols2-Regular.ttf",
)
"""In the order in which they are asked for what the first font lacks."""

_DIRECTIONS = {"L": False, "EN": False, "AN": False, "R": True, "AL": True}
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_JOINERS = "\u200c\u200d"
_NO_LINE_START = set(
    "、。，．：；？！）］｝〉》」』】〕〗々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…"
)
"""Signs that East Asian typography keeps with what they follow."""


def draw(*, title: str, label: str, site_name: str, accent: str, footer: str = "") -> bytes:
    """Return a PNG of 1200 by 630 pixels: the same bytes for the same words on one machine.

    The title is set as large as it fits and cut with an ellipsis where even
    the smallest size is too large; characters that no font has are left out.
    `accent` is a colour such as #0f6b5c, darkened until it can be read.
    """
    shade = palette(accent).light
    picture = Image.new("RGB", (WIDTH, HEIGHT), LIGHT_PAGE)
    canvas = ImageDraw.Draw(picture)
    canvas.rectangle((0, 0, WIDTH, 13), fill=shade)
    heading = _drawable(title)
    starts_right = _is_right_to_left(heading)
    width = WIDTH - 2 * MARGIN
    _write(canvas, _fitted(label, _BOLD, SMALL, width), 84, shade, at_right=starts_right)
    size, lines = _set_title(heading, width)
    step = round(size * LINE_HEIGHT)
    top = TITLE_TOP + (TITLE_BOTTOM - TITLE_TOP - step * len(lines)) // 2
    for place, line in enumerate(lines):
        words = _Line(line, _BOLD, size, starts_right)
        _write(canvas, words, top + place * step, INK, at_right=starts_right)
    canvas.rectangle((MARGIN, 514, WIDTH - MARGIN, 515), fill=LINE)
    name = _fitted(site_name, _BOLD, SMALL, width)
    _write(canvas, name, 540, INK, at_right=starts_right)
    note = _fitted(footer, _REGULAR, SMALL - 4, width - name.width - 40)
    _write(canvas, note, 543, MUTED, at_right=not starts_right)
    encoded = BytesIO()
    # Flat colours and the edges of letters: few shades say it all in a third of the bytes.
    picture.quantize(64, dither=Image.Dither.NONE).save(encoded, "PNG", optimize=True)
    return encoded.getvalue()


def missing(text: str) -> str:
    """Return the characters of `text` that no font has, each once."""
    needed = (c for c in unicodedata.normalize("NFC", text) if _needs_glyph(c))
    return "".join(c for c in dict.fromkeys(needed) if _font_of(c, _BOLD) is None)


# Characters and fonts ---------------------------------------------------------------------


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    engine = ImageFont.Layout.RAQM if _shapes() else ImageFont.Layout.BASIC
    return ImageFont.truetype(_FOLDER / name, size, layout_engine=engine)


@cache
def _shapes() -> bool:
    """Whether letters are joined as Arabic and Indic scripts want it; needs FriBiDi."""
    return features.check_feature("raqm") is True and features.check_feature("fribidi") is True


@cache
def _nothing(name: str) -> bytes:
    """The picture a font shows for what it lacks, here a character that is none."""
    return _glyph(name, "\U0010ffff")


def _glyph(name: str, char: str) -> bytes:
    font = ImageFont.truetype(_FOLDER / name, 24, layout_engine=ImageFont.Layout.BASIC)
    mask = font.getmask(char)
    return bytes(mask) + repr((mask.size, font.getlength(char))).encode()


@lru_cache(maxsize=4096)
def _has(name: str, char: str) -> bool:
    return _glyph(name, char) != _nothing(name)


def _font_of(char: str, first: str) -> str | None:
    return next((name for name in (first, *_OTHERS) if _has(name, char)), None)


def _needs_glyph(char: str) -> bool:
    return not (char.isspace() or unicodedata.category(char)[0] == "C")


def _drawable(text: str) -> str:
    """Return `text` on one line, without what cannot be drawn."""
    composed = unicodedata.normalize("NFC", text)
    lacking = set(missing(composed))
    kept = (
        char if _needs_glyph(char) or char in _JOINERS else " " * char.isspace()
        for char in composed
        if char not in lacking
    )
    return " ".join("".join(kept).split())[:MOST_CHARACTERS]


def _is_right_to_left(text: str) -> bool:
    """Whether the first letter with a direction is of a script written from the right."""
    directions = map(unicodedata.bidirectional, text)
    return next((found for found in directions if found in ("L", "R", "AL")), "L") != "L"


# Lines ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Run:
    """Neighbouring characters of one font and one direction."""

    text: str
    font: ImageFont.FreeTypeFont
    is_right_to_left: bool

    @property
    def shown(self) -> str:
        """The text as the font is given it: in order of sight where nothing else turns it."""
        if not self.is_right_to_left or _shapes():
            return self.text
        return "".join(reversed(_clusters(self.text))).translate(_MIRRORED)

    @property
    def direction(self) -> str | None:
        return ("rtl" if self.is_right_to_left else "ltr") if _shapes() else None

    @property
    def width(self) -> float:
        return self.font.getlength(self.shown, direction=self.direction)


class _Line:
    """One line of text as runs, from left to right."""

    def __init__(self, text: str, first: str, size: int, is_right_to_left: bool = False) -> None:
        runs = [
            _Run(part, _font(name, size), turned)
            for name, turned, part in _parts(text, first, is_right_to_left)
        ]
        self.runs = runs[::-1] if is_right_to_left else runs
        self.width = sum(run.width for run in runs)
        self.size = size


def _parts(text: str, first: str, is_right_to_left: bool) -> Iterator[tuple[str, bool, str]]:
    """Yield (font, direction, text) in reading order; signs and spaces stay with their word."""
    keys: list[tuple[str, bool]] = []
    name = first
    for char, turned in zip(text, _turned(text, is_right_to_left), strict=True):
        is_letter = unicodedata.category(char)[0] in "LN"
        if is_letter or not _has(name, char):
            name = _font_of(char, first) or first
        keys.append((name, turned))
    for (name, turned), pairs in groupby(zip(keys, text, strict=True), key=lambda pair: pair[0]):
        yield name, turned, "".join(char for _, char in pairs)


def _turned(text: str, is_right_to_left: bool) -> list[bool]:
    """Return for each character whether it is read from the right.

    Signs between two words of one direction follow them, others the whole line
    (UAX #9, N1 and N2, without embeddings).
    """
    strong = [_DIRECTIONS.get(unicodedata.bidirectional(char)) for char in text]
    before, after = _carried(strong), _carried(strong[::-1])[::-1]
    return [
        one if one is not None and one == other else is_right_to_left
        for one, other in zip(before, after, strict=True)
    ]


def _carried(directions: Sequence[bool | None]) -> list[bool | None]:
    """Return `directions` with each gap filled by the one before it."""
    found: list[bool | None] = []
    for direction in directions:
        found.append(direction if direction is not None or not found else found[-1])
    return found


def _write(
    canvas: ImageDraw.ImageDraw, line: _Line, top: int, colour: str, *, at_right: bool
) -> None:
    left = WIDTH - MARGIN - line.width if at_right else float(MARGIN)
    baseline = top + line.size
    for run in line.runs:
        position = (left, baseline)
        canvas.text(position, run.shown, colour, run.font, anchor="ls", direction=run.direction)
        left += run.width


def _fitted(text: str, first: str, size: int, width: float) -> _Line:
    """Return `text` as one line no wider than `width`, cut where it has to be."""
    drawable = _drawable(text)
    turned = _is_right_to_left(drawable)
    return _Line(_cut(drawable, first, size, width, turned), first, size, turned)


def _cut(text: str, first: str, size: int, width: float, turned: bool) -> str:
    if _Line(text, first, size, turned).width <= width:
        return text
    pieces = _clusters(text)

    def shortened(length: int) -> str:
        return "".join(pieces[:length]).rstrip() + "…"

    fitting = bisect_right(
        range(1, len(pieces)),
        width,
        key=lambda length: _Line(shortened(length), first, size, turned).width,
    )
    return shortened(fitting) if fitting else ""


# The title --------------------------------------------------------------------------------


def _set_title(text: str, width: int) -> tuple[int, list[str]]:
    """Return the largest size at which `text` fits, and its lines."""
    for size in TITLE_SIZES:
        lines = _wrapped(text, size, width)
        if lines is not None and len(lines) <= _most_lines(size):
            return size, lines
    size = TITLE_SIZES[-1]
    lines = _wrapped(text, size, width, breaks_words=True) or []
    most = _most_lines(size)
    if len(lines) > most:
        turned = _is_right_to_left(text)
        lines = [*lines[: most - 1], _cut(" ".join(lines[most - 1 :]), _BOLD, size, width, turned)]
    return size, lines


def _most_lines(size: int) -> int:
    most = (TITLE_BOTTOM - TITLE_TOP) // round(size * LINE_HEIGHT)
    # Three lines of large letters read better than four of small ones.
    return min(most, 3 if size > TITLE_SIZES[4] else 6)


def _wrapped(text: str, size: int, width: int, *, breaks_words: bool = False) -> list[str] | None:
    """Return the lines of `text`, None if a word is too long and may not be broken."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if _width(line + word.rstrip(), size) <= width:
            line += word
            continue
        if line.strip():
            lines.append(line.strip())
        line = word
        if _width(word.rstrip(), size) > width:
            if not breaks_words:
                return None
            *whole, line = _broken(word, size, width)
            lines += whole
    return [*lines, line.strip()] if line.strip() else lines


@lru_cache(maxsize=4096)
def _width(text: str, size: int) -> float:
    return _Line(text, _BOLD, size).width


def _broken(word: str, size: int, width: int) -> list[str]:
    """Return the pieces of a word that is longer than a line."""
    pieces = [""]
    for cluster in _clusters(word):
        if pieces[-1] and _width((pieces[-1] + cluster).rstrip(), size) > width:
            pieces.append("")
        pieces[-1] += cluster
    return pieces


def _words(text: str) -> Iterator[str]:
    """Yield what stays on one line: words with the space after them, East Asian signs alone."""
    word = ""
    for cluster in _clusters(text):
        is_free = _is_east_asian(cluster) or (bool(word) and _is_east_asian(word[-1]))
        may_break = word[-1:] in (" ", "-", "–", "/") or is_free
        if word and may_break and cluster[0] not in _NO_LINE_START and cluster != " ":
            yield word
            word = ""
        word += cluster
    if word:
        yield word


def _clusters(text: str) -> list[str]:
    """Return letters together with the marks and joiners upon them."""
    found: list[str] = []
    for char in text:
        is_upon = unicodedata.category(char)[0] == "M" or char in _JOINERS
        is_joined = bool(found) and found[-1][-1] in _JOINERS
        if found and (is_upon or is_joined):
            found[-1] += char
        else:
            found.append(char)
    return found


def _is_east_asian(cluster: str) -> bool:
    """Whether a line may end beside this sign; Korean breaks at spaces as we do."""
    return bool(re.match("[\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uff9f]", cluster))
