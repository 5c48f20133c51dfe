"""Tables for spreadsheet programs, which would run a cell that begins like a formula."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet may run


def unquoted(cell: str) -> str:
    """Take away the quote that ``safe`` put before a cell."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA else cell


def safe(cell: str) -> str:
    """Keep a spreadsheet from running a cell of a CSV file as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def write_csv(rows: Iterable[Sequence[str | Decimal]]) -> bytes:
    """A CSV file that Excel opens in the right encoding, and without running anything in it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(
        [safe(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return codecs.BOM_UTF8 + text.getvalue().encode("utf-8")


def write_workbook(
    *sheets: tuple[str, Sequence[int], Iterable[Sequence[str]]], created: datetime | None = None
) -> bytes:
    """A workbook of (name, column widths, rows) sheets. Every cell is text: numbers keep their digits, nothing runs.

    With ``created`` the same rows make the same file, byte for byte.
    """
    file = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        if created is not None:
            workbook.set_properties({"created": created.astimezone(UTC).replace(tzinfo=None)})
        as_text = workbook.add_format({"num_format": "@"})
        heading = workbook.add_format({"num_format": "@", "bold": True, "bottom": 1})
        for name, widths, rows in sheets:
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, width in enumerate(widths):
                sheet.set_column(column, column, width, as_text)
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    sheet.write_string(number, column, cell, heading if number == 0 else as_text)
    return file.getvalue()
