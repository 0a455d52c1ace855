"""Files that come together, in a folder or in a ZIP: read one by one, never unpacked."""

import zipfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Protocol

from django.core.files import File
from django.core.files.base import ContentFile

from config import images

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif")
MOST_FILES = 200_000
_UNWANTED = ("__MACOSX/", ".git/")


class Folder(Protocol):
    """Files by their paths, relative and with slashes."""

    name: str

    def files(self, suffixes: Iterable[str] = ()) -> Iterator[str]:
        """Yield the paths of files with one of `suffixes`, or of all, in a stable order."""

    def read(self, path: str, most: int) -> bytes:
        """Return the bytes of a file, cut off after `most` and one more. Raises OSError."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""


class FilesFolder:
    """A folder of the machine. Raises NotADirectoryError."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise NotADirectoryError(f"There is no folder {path}.")
        self.root = path.resolve()
        self.name = self.root.name

    def files(self, suffixes: Iterable[str] = ()) -> Iterator[str]:
        wanted = tuple(suffixes)
        found = (path for path in self.root.rglob("*") if not wanted or _is(path, wanted))
        parts = sorted(path.relative_to(self.root).parts for path in found if path.is_file())
        return iter(["/".join(each) for each in parts])

    def read(self, path: str, most: int) -> bytes:
        with (self.root / path).open("rb") as file:
            return file.read(most + 1)

    def has(self, path: str) -> bool:
        return (self.root / path).is_file()


class ZipFolder:
    """The files of a ZIP, seen from its only folder if there is just one. Raises OSError."""

    def __init__(self, path: Path | File, *, name: str = "") -> None:
        try:
            self.archive = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            raise OSError(f"This ZIP cannot be read: {error}") from error
        names = [info.filename for info in self.archive.infolist() if _is_wanted(info)]
        if len(names) > MOST_FILES:
            raise OSError(f"This ZIP holds more than {MOST_FILES:,} files")
        tops = {each.partition("/")[0] for each in names if "/" in each}
        has_one_top = len(tops) == 1 and all("/" in each for each in names)
        self.top = f"{tops.pop()}/" if has_one_top else ""
        self.name = self.top.strip("/") or Path(name or str(path)).stem
        self.names = sorted((each[len(self.top) :] for each in names), key=_parts)

    @cached_property
    def known(self) -> set[str]:
        return set(self.names)

    def files(self, suffixes: Iterable[str] = ()) -> Iterator[str]:
        wanted = tuple(suffixes)
        return (name for name in self.names if not wanted or _is(PurePosixPath(name), wanted))

    def read(self, path: str, most: int) -> bytes:
        try:
            with self.archive.open(self.top + path) as file:
                return file.read(most + 1)
        # An encrypted file is a RuntimeError to Python, an unknown compression is not implemented.
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise OSError(f"damaged or encrypted within the ZIP ({error})") from error

    def has(self, path: str) -> bool:
        return path in self.known


def first_picture(folder: Folder, *paths: str) -> str:
    """The first of `paths` that is a file named like a picture, or ""."""
    named = (path for path in paths if is_picture(path))
    return next((path for path in named if folder.has(path)), "")


def picture_at(folder: Folder, path: str) -> File:
    """Return the picture at `path`; one that is too large is cut off, and refused later."""
    return ContentFile(folder.read(path, images.MAX_BYTES), name=PurePosixPath(path).name)


def is_picture(path: str) -> bool:
    return _is(PurePosixPath(path), PICTURES)


def _is(path: PurePosixPath | Path, suffixes: tuple[str, ...]) -> bool:
    return path.suffix.lower() in suffixes


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    return not info.is_dir() and not any(part in f"/{info.filename}" for part in _UNWANTED)


def _parts(name: str) -> list[str]:
    return name.split("/")
