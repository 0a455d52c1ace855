"""Names of pictures in texts: they carry the size, so that a page asks neither file nor row."""

import re
import secrets
from collections.abc import Iterator

WIDTHS = (400, 800, 1600)
"""Widths of the smaller files, in pixels; only those narrower than the picture itself exist."""

IN_TEXTS = "/media/"
"""How texts begin the address of an upload, wherever it is kept."""

SIZES = "(min-width: 44rem) 42rem, 100vw"
"""How wide a text shows a picture: `--measure` of static/css/site.css, the whole of a phone."""

_SIZE = r"([1-9]\d{0,4})x([1-9]\d{0,4})"
_OURS = rf"pictures/[A-Za-z0-9_-]{{22}}-{_SIZE}"
_EARLIER = rf"content/[A-Za-z0-9_-]{{16}}-{_SIZE}"
"""As version 0.1 named them; these have no smaller files."""

_PATH = re.compile(rf"(?:{_OURS}|{_EARLIER})\.webp")
_IN_TEXT = re.compile(rf"({_OURS}|{_EARLIER})(?:-\d{{3,4}})?\.webp")
_ADDRESS = re.compile(rf"([^\s,]*?{_OURS})\.webp")
_CANDIDATE = re.compile(rf"([^\s,]*?{_OURS}(?:-\d{{3,4}})?\.webp) \d{{1,5}}w")
_DESCRIBED = re.compile(rf"!\[((?:\\.|[^\[\]\\])+)\]\(<?[^\s()]*?({_OURS}|{_EARLIER})\.webp")
_SIZED = re.compile(rf"-{_SIZE}\.webp\Z")


def new_path(width: int, height: int) -> str:
    """Return a path that nobody can guess, for a picture of this size in pixels."""
    return f"pictures/{secrets.token_urlsafe(16)}-{width}x{height}.webp"


def size_of(path: str) -> tuple[int, int] | None:
    """Return (width, height) in pixels of the picture at `path`; None if we named no such file."""
    if not _PATH.fullmatch(path):
        return None
    sized = _SIZED.search(path)
    return (int(sized[1]), int(sized[2])) if sized else None


def fetched_at(address: str, base: str) -> str:
    """Return where an uploaded picture is fetched below `base` that a text names by /media/."""
    is_upload = address.startswith(IN_TEXTS) and _IN_TEXT.fullmatch(address, len(IN_TEXTS))
    return f"{base}{address.removeprefix(IN_TEXTS)}" if is_upload else address


def smaller(address: str) -> dict[int, str]:
    """Return where the smaller files of a picture are, by width: addresses or paths, as given."""
    if not _ADDRESS.fullmatch(address):
        return {}
    sized = _SIZED.search(address)
    stem = address.removesuffix(".webp")
    widths = [width for width in WIDTHS if sized and width < int(sized[1])]
    return {width: f"{stem}-{width}.webp" for width in widths}


def attributes(address: str) -> dict[str, str]:
    """Return what an <img> of this address says, so that nothing moves and little is loaded.

    Of pictures that version 0.1 stored, only the size is known; of others nothing.
    """
    sized = _SIZED.search(address)
    if not sized:
        return {}
    said = {"width": sized[1], "height": sized[2], "loading": "lazy"}
    if not _ADDRESS.fullmatch(address):
        return said
    said["decoding"] = "async"
    files = smaller(address)
    if files:
        candidates = [f"{file} {width}w" for width, file in files.items()]
        said["srcset"] = ", ".join([*candidates, f"{address} {sized[1]}w"])
        said["sizes"] = SIZES
    return said


def addresses_in(srcset: str) -> list[str]:
    """Return the addresses in a `srcset`; none unless all of them are named as ours."""
    found = [_CANDIDATE.fullmatch(part) for part in srcset.split(", ")]
    addresses = [match[1] for match in found if match]
    return addresses if len(addresses) == len(found) else []


def paths_in(text: str) -> Iterator[str]:
    """Yield the path of each picture that a text names, as often as it does."""
    for match in _IN_TEXT.finditer(text):
        yield f"{match[1]}.webp"


def words_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield (path, alternative text) of each picture that a Markdown text shows with words."""
    for match in _DESCRIBED.finditer(text):
        yield f"{match[2]}.webp", re.sub(r"\\(.)", r"\1", match[1]).strip()
