"""Reading tables, CSV or XLSX: one row for each entry, its columns named in the first row."""

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo
from io import StringIO, TextIOWrapper
from itertools import islice
from typing import Any, BinaryIO

from django.core.files import File

from config import markdown
from config.alphabet import fold
from config.sanitising import is_local
from config.slugs import slugify
from glossary.exchange import coming, tables
from glossary.importing.foreign_html import TooDeep, to_markdown, to_words
from glossary.importing.own_fields import OWN_KEYS, own_fields
from glossary.importing.sources import (
    BrokenSource,
    NotAnEntry,
    Skipped,
    Source,
    line_of,
    moment_of,
    term_of,
    unique,
)

COLUMNS = {
    "term": ("term", "title", "name", "word", "headword"),
    "slug": ("slug",),
    "language": ("language", "lang"),
    "definition": ("short_definition", "definition", "excerpt", "summary"),
    "body": ("body", "description", "content", "text"),
    "aliases": ("aliases", "synonyms", "variations", "abbreviations", "abbreviation"),
    "topics": ("topics", "categories", "category", "tags"),
    "author": ("author",),
    "reviewer": ("reviewer",),
    "heading": ("title_override", "heading"),
    "seo_title": ("seo_title",),
    "seo_description": ("seo_description",),
    "state": ("state", "status"),
    "date": ("published_at", "date"),
}
"""What a column may be called; the first that has something in it counts, lists add up."""
NOT_FOR_IMPORT = {"updated_at", "created_at", "url", "address", "owner", "offer", "review_due_on"}
"""Columns of our own export that only tell."""
SEPARATORS = ",;\t|"
LONGEST_CELL = 4_000_000
MOST_COLUMNS = 200
MOST_BYTES = 300_000_000
"""Of a spreadsheet, unpacked."""
_SAMPLE = 64 * 1024
_IS_HTML = re.compile(r"</?(?:p|br|div|ul|ol|li|h[1-6]|table|strong|em|b|i|a|span)\b[^>]*>", re.I)
_HIDDEN_STATES = {"draft", "pending", "withdrawn", "private", "trash"}
_DEFUSED = re.compile(r"^'(?=[=+\-@\t\r])")
"""What an export puts before a cell that a spreadsheet would take for a formula."""

Row = tuple[int, list[str]]
"""Number of the row or line, from 1, and its cells."""


class Table:
    """A CSV or XLSX file, known by its content."""

    creates_authors = False

    def __init__(self, file: BinaryIO, *, name: str, zone: tzinfo = UTC) -> None:
        self.file = file
        self.name = name
        self.zone = zone
        self.prefix = f"csv:{name.rpartition('.')[0] or name}/"

    def scan(self) -> Iterator[Source | Skipped]:
        return self.read(with_texts=False)

    def read(self, *, with_texts: bool = True) -> Iterator[Source | Skipped]:
        rows = self.rows()
        header = next(rows, None)
        if header is None:
            raise BrokenSource("this table is empty", line=1)
        if tables.is_ours(map(_name, header[1])):
            return
        columns = _columns(header)
        unknown = _unknown(header[1])
        seen: dict[str, int] = {}
        for number, cells in rows:
            place = f"{self.name}:{number}"
            if not any(cell.strip() for cell in cells):
                continue
            try:
                source = _source(place, cells, columns, self.zone, with_texts=with_texts)
                if source.key in seen:
                    raise NotAnEntry(f"says the same term as row {seen[source.key]}")
                seen[source.key] = number
                if unknown:
                    source.warnings.append(f"columns not used: {', '.join(unknown)}")
                    unknown = []
                yield source
            except NotAnEntry as error:
                yield Skipped(place, str(error))

    def own_files(self) -> Iterator[tuple[str, coming.Content]]:
        """Yield the rows of a table that we exported, which says everything."""
        header = next(self.rows(), (1, []))[1]
        if not tables.is_ours(map(_name, header)):
            return
        names = [_name(cell) for cell in header]
        body = ((line, dict(zip(names, cells, strict=False))) for line, cells in self.rows())
        yield from tables.pages_of(islice(body, 1, None), name=self.name)

    def rows(self) -> Iterator[Row]:
        self.file.seek(0)
        is_archive = self.file.read(4) == b"PK\x03\x04"
        self.file.seek(0)
        return _sheet_rows(self.file) if is_archive else _csv_rows(self.file)

    def find(self, source: Source, href: str, locations: dict[str, str]) -> str | None:
        return None

    def is_ours(self, href: str) -> bool:
        return is_local(href) and not href.startswith("/")

    def brings(self, source: Source, href: str) -> bool:
        return False

    def picture(self, source: Source, href: str) -> File | None:
        return None


# Cells ------------------------------------------------------------------------------------


def _csv_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the rows of a CSV file with their lines. Raises BrokenSource."""
    encoding = _encoding(file)
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        sample = text.read(_SAMPLE)
        text.seek(0)
        if "\0" in sample:
            raise BrokenSource("this is neither text nor a spreadsheet", line=1)
        separator = _separator(sample)
        before = csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(text, delimiter=separator, strict=False)
        try:
            line = 1
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except (csv.Error, UnicodeDecodeError) as error:
            reason = f"the table cannot be read from here on: {error}"
            raise BrokenSource(reason, line=reader.line_num) from error
        finally:
            csv.field_size_limit(before)
    finally:
        # The file itself stays open for another reading.
        text.detach()


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if start[1:2] == b"\0" or start[:1] == b"\0":
        return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
    file.seek(0)
    reader = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        for _ in iter(lambda: reader.read(_SAMPLE), ""):
            pass
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        reader.detach()
    return "utf-8-sig"


def _separator(sample: str) -> str:
    """The sign that splits the first row into most cells, quoted ones left whole."""
    first = next(csv.reader(StringIO(sample)), [""])
    head = sample[: sample.find("\n") + 1] or ",".join(first)
    cells = {sign: len(next(csv.reader([head], delimiter=sign), [])) for sign in SEPARATORS}
    return max(cells, key=lambda sign: cells[sign])


def _sheet_rows(file: BinaryIO) -> Iterator[Row]:
    """Yield the rows of the first sheet; formulas as the values last seen, never computed."""
    try:
        if sum(info.file_size for info in zipfile.ZipFile(file).infolist()) > MOST_BYTES:
            raise BrokenSource("this spreadsheet unpacks to more than 300 MB")
        file.seek(0)
        # 13 MB of memory that no process needs before somebody uploads a spreadsheet.
        import openpyxl

        book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        # What the file says of its size is not to be trusted.
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            yield number, [_cell(value) for value in cells[:MOST_COLUMNS]]
        book.close()
    # openpyxl raises whatever a damaged archive leads it to.
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, SyntaxError) as error:
        raise BrokenSource(f"this spreadsheet cannot be read ({type(error).__name__})") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


# Columns ----------------------------------------------------------------------------------


def _columns(header: Row) -> dict[str, list[int]]:
    """Return the places of each kind of column. Raises BrokenSource without a term."""
    number, cells = header
    names = [_name(cell) for cell in cells]
    found = {
        kind: [names.index(name) for name in known if name in names]
        for kind, known in COLUMNS.items()
    }
    for name in ("id", *OWN_KEYS):
        found[name] = [names.index(name)] if name in names else []
    if not found["term"]:
        shown = ", ".join(cell.strip()[:30] for cell in cells[:8] if cell.strip()) or "nothing"
        reason = f"no column is called term or title; the first row says: {shown}"
        raise BrokenSource(reason, line=number)
    # Our own texts are Markdown; a glossary plug-in's description is HTML.
    found["is_ours"] = [names.index("body")] if "body" in names else []
    return found


def _unknown(cells: Iterable[str]) -> list[str]:
    known = {name for names in COLUMNS.values() for name in names}
    known |= {*OWN_KEYS, *NOT_FOR_IMPORT, "id", ""}
    return [cell.strip() for cell in cells if _name(cell) not in known]


def _name(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().casefold().lstrip("\ufeff"))


def _source(
    place: str, cells: list[str], columns: dict[str, list[int]], zone: tzinfo, *, with_texts: bool
) -> Source:
    """Return what one row says. Raises NotAnEntry."""

    def values(kind: str) -> list[str]:
        found = [cells[at] for at in columns[kind] if at < len(cells)]
        return [_DEFUSED.sub("", cell).replace("\0", "") for cell in found if cell.strip()]

    def value(kind: str) -> str:
        return next(iter(values(kind)), "")

    title = _plain(value("term"))
    if not title:
        raise NotAnEntry("no term in this row")
    term, heading = (title, "") if columns["is_ours"] else term_of(title)
    state = line_of(value("state")).casefold()
    slug = slugify(value("slug")) or slugify(term)
    if not slug:
        raise NotAnEntry(f"no address can be made from this term: {term[:60]}")
    language = line_of(value("language")).lower()[:10]
    source = Source(
        key=line_of(value("id")) or "/".join(filter(None, [language, slug])),
        place=place,
        term=term,
        slug=slug,
        definition=_plain(value("definition")),
        author=line_of(value("author")),
        reviewer=line_of(value("reviewer")),
        language=language,
        seo_title=line_of(value("seo_title")),
        seo_description=line_of(value("seo_description")),
        title_override=line_of(value("heading")) or heading,
        is_draft=state in _HIDDEN_STATES,
        published_at=moment_of(value("date").strip(), zone),
        more=own_fields({name: value(name) for name in OWN_KEYS}, zone),
    )
    names = unique([line for cell in values("aliases") for line in _list(cell)])
    source.aliases = [name for name in names if fold(name) != fold(term)]
    source.topics = unique([line for cell in values("topics") for line in _list(cell)])
    if value("date").strip() and source.published_at is None:
        source.warnings.append(f"date not understood: {line_of(value('date'))}")
    if with_texts:
        _add_text(source, value("body"), is_markdown=bool(columns["is_ours"]))
    return source


def _add_text(source: Source, body: str, *, is_markdown: bool) -> None:
    if not is_markdown and _IS_HTML.search(body):
        try:
            source.body, source.counts, told = to_markdown(body)
        except TooDeep as error:
            raise NotAnEntry("its elements lie within each other too deeply") from error
        source.warnings += told
    else:
        source.body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    source.body += "\n" * bool(source.body)
    if len(source.body) > markdown.MAX_LENGTH:
        raise NotAnEntry(f"longer than {markdown.MAX_LENGTH:,} characters")
    if not source.body and not source.definition:
        raise NotAnEntry("neither a text nor a definition in this row")


def _plain(cell: str) -> str:
    return to_words(cell) if _IS_HTML.search(cell) else line_of(cell)


def _list(cell: str) -> list[str]:
    """The names in a cell: split at line ends, or else at semicolons, bars or commas."""
    for sign in ("\n", ";", "|", ","):
        if sign in cell:
            return [name for part in cell.split(sign) if (name := line_of(part))]
    return [line_of(cell)]
