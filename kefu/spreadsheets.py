"""Tables for spreadsheet programs, which would run a cell that begins like a formula."""

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

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
