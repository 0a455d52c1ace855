"""Cells that nobody's spreadsheet runs, and that say what was written; CSV and XLSX."""

import csv
import tempfile
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from config.spreadsheets import Digits, csv_lines, defused, xlsx

PREFIXES = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "\u00a0=",
    "\ufeff=",
]
FORMULAS = [f"{prefix}1+1|cmd" for prefix in PREFIXES]


def read_csv(*cells) -> list[str]:
    text = "".join(csv_lines([cells]))
    assert text[0] == "\ufeff"
    [row] = csv.reader(StringIO(text[1:], newline=""))
    return row


def read_xlsx(*cells) -> tuple:
    with xlsx([["Head"] * len(cells), cells], title="Leads") as file:
        [row] = openpyxl.load_workbook(file)["Leads"].iter_rows(min_row=2)
    assert {cell.data_type for cell in row} <= {"s", "n", "d"}
    return tuple(cell.value for cell in row)


def sheet_of(*cells) -> str:
    with xlsx([["Head"], cells], title="Leads") as file, ZipFile(file) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula_and_each_says_what_was_written(text):
    assert read_csv(text) == [f"'{text}"]
    assert "<f" not in sheet_of(text)
    assert read_xlsx(text, Digits(text)) == (text.replace("\r", "\n"),) * 2
    assert read_csv(Digits(text)) == [f"'{text}"]


@pytest.mark.parametrize("text", ["-5", "+5", "-1,234.50", "-5 000", "0", "3.5", "Anna-Lena", ""])
def test_numbers_and_plain_words_stay_as_they_are(text):
    assert (defused(text), read_csv(text)) == (text, [text])


@pytest.mark.parametrize(
    ("phone", "cell"),
    [
        ("+351 21 000 0000", "+351 21 000 0000"),
        ("0049 30 555 0162", "0049 30 555 0162"),
        # As numbers they would lose a sign or a zero.
        ("+351210000000", "'+351210000000"),
        ("0210000000", "'0210000000"),
        # As a sum it would be -5531.
        ("+49-30-5550", "'+49-30-5550"),
        ("+49 (0)30 5550", "'+49 (0)30 5550"),
        ("(030) 5550", "(030) 5550"),
    ],
)
def test_phone_numbers_are_texts_and_readable(phone, cell):
    assert read_csv(Digits(phone)) == [cell]
    assert read_xlsx(Digits(phone)) == (phone,)


def test_numbers_and_dates_are_what_they_are():
    cells = (Decimal("-5.00"), 7, 0, None, date(2026, 3, 2), datetime(2026, 3, 2, 9, 5))
    assert read_csv(*cells) == ["-5.00", "7", "0", "", "2026-03-02", "2026-03-02 09:05"]
    assert read_xlsx(*cells) == (-5, 7, 0, None, datetime(2026, 3, 2), datetime(2026, 3, 2, 9, 5))


def test_a_text_stays_one_when_somebody_edits_it():
    with xlsx([["Head"], ["=1+1"]], title="Leads") as file:
        cell = openpyxl.load_workbook(file).active["A2"]
    assert (cell.number_format, cell.quotePrefix) == ("@", True)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a\x00b\x08c\x1fd\ufffee", "abcde"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        (" spaces ", " spaces "),
        ("#REF! <b>&amp; 🙂 学", "#REF! <b>&amp; 🙂 学"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_what_a_workbook_cannot_hold_is_left_out(text, read):
    assert read_xlsx(text) == (read,)


def test_a_text_that_looks_like_a_code_is_told_from_one():
    assert "_x005F_x003D_1+1 _x_ _xyz" in sheet_of("_x003D_1+1 _x_ _xyz")


def test_rows_that_break_off_leave_no_file_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def rows():
        yield ["Head"]
        raise LookupError

    with pytest.raises(LookupError):
        xlsx(rows(), title="Leads")
    assert list(Path(tmp_path).iterdir()) == []
