"""Tables for people with a spreadsheet: CSV and XLSX in which nothing is a formula.

In CSV a cell that a program could take for a formula gets an apostrophe in
front (OWASP, CSV injection). A number is none, so that `-5` stays `-5`. In
XLSX each cell says what it is; texts stay as they are.
"""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from tempfile import TemporaryFile
from typing import IO, Any

MARK = "\ufeff"
"""By which spreadsheets see that a file is UTF-8."""
LONGEST = 32_767
"""Characters of a cell that Excel takes."""
_BEGINS_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[ .,][0-9]+)*")
_BARE = re.compile(r"[+-]?[0-9.,]+")
"""What a spreadsheet would read as a number: its plus and its leading zeros would be lost."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""What XLSX would read as the code of a character (ECMA-376 Part 1, 22.9.2.19)."""


class Digits(str):
    """A text of digits that is no number, such as that of a phone."""


Cell = str | int | Decimal | date | datetime | None
"""Moments are those of a wall clock: a cell has no zone."""
Rows = Iterable[Sequence[Cell]]


def defused(text: str) -> str:
    """Return `text` as a cell of CSV that no spreadsheet takes for a formula."""
    is_harmless = _NUMBER.fullmatch(text) or not _BEGINS_FORMULA.match(text)
    return text if is_harmless else f"'{text}"


# CSV --------------------------------------------------------------------------------------


def csv_lines(rows: Rows) -> Iterator[str]:
    """Yield `rows` as the lines of a CSV file (RFC 4180), the mark of UTF-8 first."""
    lines = csv.writer(_Echo(), lineterminator="\r\n")
    yield MARK
    for row in rows:
        yield str(lines.writerow([_text(cell) for cell in row]))


class _Echo:
    """A file for csv.writer that hands each line on."""

    def write(self, line: str) -> str:
        return line


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, Digits):
        # In groups, as +351 21 000 0000, it is a text to every spreadsheet.
        return f"'{cell}" if _BARE.fullmatch(cell) else defused(cell)
    return defused(cell) if isinstance(cell, str) else str(cell)


# XLSX -------------------------------------------------------------------------------------


def xlsx(rows: Rows, *, title: str) -> IO[bytes]:
    """Return a temporary file with `rows` as a workbook, the first row as its head.

    Rows are written to the disk as they come, whatever their number.
    """
    # 13 MB of memory that no process needs before somebody wants a workbook.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    make, bold = partial(WriteOnlyCell, sheet), Font(bold=True)
    sheet.freeze_panes = "A2"
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    try:
        for number, row in enumerate(rows):
            cells = [_cell(make, cell) for cell in row]
            for cell in cells if not number else ():
                if cell is not None:
                    cell.font = bold
            sheet.append(cells)
    finally:
        # After an error as well: it takes openpyxl's own temporary file away.
        book.save(file)
    file.seek(0)
    return file


def _cell(make: Callable[[Any], Any], cell: Cell) -> Any:
    if not cell and cell != 0:
        return None
    if isinstance(cell, str):
        return _text_cell(make, cell)
    written = make(cell)
    if isinstance(cell, datetime):
        written.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(cell, date):
        written.number_format = "yyyy-mm-dd"
    elif isinstance(cell, Decimal):
        written.number_format = "0.00"
    return written


def _text_cell(make: Callable[[Any], Any], text: str) -> Any:
    """A cell that is a text when it is read, and stays one when somebody edits it."""
    plain = _NOT_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    written = make(_ESCAPE.sub("_x005F_", plain)[:LONGEST])
    # Without this a text that begins with = is a formula.
    written.data_type = "s"
    written.number_format = "@"
    written.quotePrefix = True
    return written
