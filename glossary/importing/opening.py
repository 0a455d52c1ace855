"""Finding the right reader for a file or folder: by what it holds, not by what it is called."""

import zipfile
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import BinaryIO, cast

from django.core.files import File

from glossary.importing.folders import FilesFolder, Folder, ZipFolder
from glossary.importing.markdown_files import SUFFIXES, MarkdownFiles
from glossary.importing.media import Media
from glossary.importing.sources import BrokenSource, Reader
from glossary.importing.tables import Table
from glossary.importing.wordpress import WordPressExport

FORMATS = {
    "markdown": "Markdown files (a folder or a ZIP of it)",
    "wordpress": "a WordPress export (XML, or a ZIP of it with its uploads)",
    "csv": "a table (CSV or XLSX)",
}
_HEAD = 4096


@dataclass(frozen=True)
class Wishes:
    """What a source is to be read with."""

    types: tuple[str, ...] = ()
    """WordPress: kinds of posts; none for the usual ones."""
    media: Path | None = None
    """WordPress: a copy of the site's uploads."""
    downloads: bool = False
    """WordPress: whether pictures may be fetched from the site."""
    zone: tzinfo = UTC


def reader_of(path: Path, kind: str, wishes: Wishes) -> Reader:
    """Return the reader of the folder or file at `path`.

    Raises NotADirectoryError or FileNotFoundError when there is none, and
    BrokenSource when it holds something else than `kind`.
    """
    if path.is_dir() or (kind == "markdown" and not path.is_file()):
        if kind != "markdown":
            raise BrokenSource(f"{path.name} is a folder; {FORMATS[kind]} is a file")
        return MarkdownFiles(FilesFolder(path), zone=wishes.zone)
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    if kind == "markdown" and not zipfile.is_zipfile(path):
        raise NotADirectoryError(f"There is no folder {path}.")
    return reader_of_file(path.open("rb"), name=path.name, kind=kind, wishes=wishes)


def reader_of_file(
    file: BinaryIO | File, *, name: str, kind: str = "", wishes: Wishes | None = None
) -> Reader:
    """Return the reader of an open file, of `kind` or of what it holds. Raises BrokenSource."""
    stream = cast("BinaryIO", file)
    found, wishes = kind_of(stream), wishes or Wishes()
    if kind and found != kind:
        raise BrokenSource(f"{name} is not {FORMATS[kind]}, but {FORMATS[found]}")
    if found == "csv":
        return Table(stream, name=name, zone=wishes.zone)
    if found == "markdown":
        return MarkdownFiles(_zip(stream, name), zone=wishes.zone)
    folder: Folder | None = FilesFolder(wishes.media) if wishes.media else None
    if zipfile.is_zipfile(stream):
        archive = _zip(stream, name)
        member = next(archive.files([".xml"]))
        stream = cast("BinaryIO", archive.archive.open(archive.top + member))
        folder, name = folder or archive, member.rpartition("/")[2]
    media = Media(folder, downloads=wishes.downloads)
    return WordPressExport(stream, name=name, types=wishes.types, media=media, zone=wishes.zone)


def kind_of(file: BinaryIO | File) -> str:
    """Return which of `FORMATS` an open file is. Raises BrokenSource for none of them."""
    stream = cast("BinaryIO", file)
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_archive(stream)
    plain = head.removeprefix(b"\xef\xbb\xbf").removeprefix(b"\xff\xfe").replace(b"\0", b"")
    if plain.lstrip()[:1] == b"<":
        if b"<html" in plain.lower() or b"<!doctype html" in plain.lower():
            raise BrokenSource("this is a web page, not an export")
        return "wordpress"
    if not plain.strip():
        raise BrokenSource("this file is empty")
    if plain.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        raise BrokenSource("this file is neither a table, nor an export, nor a ZIP")
    if plain.startswith((b"---\n", b"---\r\n", b"+++")):
        raise BrokenSource("this is a single Markdown file: put it in a ZIP")
    return "csv"


def _kind_of_archive(stream: BinaryIO) -> str:
    try:
        names = zipfile.ZipFile(stream).namelist()
    except zipfile.BadZipFile as error:
        raise BrokenSource(f"this ZIP cannot be read: {error}") from error
    stream.seek(0)
    if "xl/workbook.xml" in names:
        return "csv"
    if any(name.lower().endswith(SUFFIXES) for name in names):
        return "markdown"
    if any(name.lower().endswith(".xml") for name in names):
        return "wordpress"
    raise BrokenSource("this ZIP holds neither Markdown files nor an export of WordPress")


def _zip(stream: BinaryIO, name: str) -> ZipFolder:
    try:
        return ZipFolder(cast("File", stream), name=name)
    except OSError as error:
        raise BrokenSource(str(error)) from error
