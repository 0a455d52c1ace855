"""Entries as a table: CSV that spreadsheets open without running anything in it.

A cell that begins with = + - @, a tab or a carriage return would be a formula
to a spreadsheet. It gets an apostrophe in front, and so does a cell that has
one before such a sign already; whoever reads the table takes one away again.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from config import markdown
from glossary.exchange.contents import Contents, in_batches
from glossary.exchange.going import page_of
from glossary.exchange.pages import Malformed, Page, of_texts
from glossary.models import EntryQuerySet

COLUMNS = (
    *("term", "slug", "language", "aliases", "topics", "short_definition", "body", "author"),
    *("reviewer", "reviewed_on", "seo_title", "seo_description", "title_override", "case_rule"),
    *("links_terms", "is_linked_to", "offer", "state", "published_at", "updated_at"),
    *("alias_rules", "related", "import_ref", "digest"),
)
_OURS = {"term", "slug", "language", "body", "import_ref", "digest"}
_LONGEST_CELL = 4 * markdown.MAX_LENGTH
_SIGNS = re.compile("[,;|]")
"""What a reader may take for the end of a name, where a cell has a single line."""
FILE = "entries.csv"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def defuse(cell: str) -> str:
    """Return `cell` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def undefuse(cell: str) -> str:
    """Return what `defuse` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def rows(entries: EntryQuerySet) -> Iterator[dict[str, str]]:
    """Yield a row for the live version of each of `entries`, its cells not yet defused."""
    contents = Contents()
    for batch in in_batches(entries):
        for entry in batch:
            yield _row(page_of(entry, contents))


def lines(entries: EntryQuerySet) -> Iterator[str]:
    """Yield the table line by line, the names of the columns first."""
    yield _line(COLUMNS)
    for row in rows(entries):
        yield _line(defuse(row[name]) for name in COLUMNS)


def is_ours(columns: Iterable[str]) -> bool:
    """Whether a table with these columns was exported by us."""
    return set(columns) >= _OURS


def read(file: TextIO, *, name: str = FILE) -> Iterator[tuple[str, Page | Malformed]]:
    """Yield what `pages_of` does of a CSV file, opened with `newline=""`."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield from pages_of(_numbered(file), name=name)
    finally:
        csv.field_size_limit(before)


def pages_of(
    rows: Iterable[tuple[int, dict[str, str]]], *, name: str
) -> Iterator[tuple[str, Page | Malformed]]:
    """Yield (place, page) for each of `rows` (line, cells by column), or why it is none."""
    for line, row in rows:
        texts = {key: undefuse(text) for key, text in row.items() if key in COLUMNS}
        try:
            yield f"{name}:{line}", _page(texts, line=line)
        except Malformed as error:
            yield name, error


def _numbered(file: TextIO) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(file, restval="")
    line = 2
    for row in reader:
        yield line, row
        line = reader.line_num + 1


def write_folder(folder: Path, entries: EntryQuerySet) -> int:
    """Write the table into `folder`, made if missing; return how many rows it has.

    Raises NotADirectoryError, and FileExistsError for one that holds anything.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty.")
    count = -1
    with (folder / FILE).open("w", encoding="utf-8", newline="") as file:
        for line in lines(entries):
            file.write(line)
            count += 1
    return count


def _row(page: Page) -> dict[str, str]:
    said = {name: page.get(name, "") for name in COLUMNS}
    for role in ("author", "reviewer"):
        said[role] = page.get(role, {}).get("slug", "")
    said["aliases"] = _joined(alias["name"] for alias in page["aliases"])
    rules = [alias["case_rule"] for alias in page["aliases"]]
    said["alias_rules"] = "\n".join(rules) if set(rules) - {"auto"} else ""
    said["related"] = "\n".join(page["related"])
    said["topics"] = _joined(page["topics"])
    for flag in ("links_terms", "is_linked_to"):
        said[flag] = "true" if page[flag] else "false"
    return said


def _page(texts: dict[str, str], *, line: int) -> Page:
    page = of_texts(texts, line=line)
    rules = texts.get("alias_rules", "").split("\n")
    for alias, rule in zip(page.get("aliases", []), rules, strict=False):
        alias["case_rule"] = rule or "auto"
    return page


def _joined(names: Iterable[str]) -> str:
    """One name a line; a line break after a single one keeps its commas from separating."""
    found = list(names)
    is_unclear = len(found) == 1 and _SIGNS.search(found[0])
    return "\n".join([*found, ""] if is_unclear else found)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
