"""Texts as cells of CSV files that people open in a spreadsheet."""

MARK = "\ufeff"
"""By which spreadsheets see that a file is UTF-8."""
_BEGINS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def defused(text: str) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
