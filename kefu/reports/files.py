"""A report as a workbook of typed cells, written line by line however many there are."""

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import IO, Any

import xlsxwriter

from kefu.clock import SHANGHAI
from kefu.reports.columns import Of
from kefu.reports.selectors.built import Head

WIDTHS = {Of.INSTANT: 17, Of.DAY: 12, Of.MONTH: 9, Of.NUMBER: 10, Of.MINUTES: 14, Of.YUAN: 13}
FORMATS = {
    Of.INSTANT: "yyyy-mm-dd hh:mm",
    Of.DAY: "yyyy-mm-dd",
    Of.MONTH: "yyyy-mm",
    Of.YUAN: "#,##0.00",
    Of.MINUTES: "#,##0.0",
    Of.NUMBER: "#,##0",
}
MOMENTS = frozenset({Of.INSTANT, Of.DAY, Of.MONTH})
KNOWN = 1_000  # words of a column that are kept at hand
EPOCH, DAY = datetime(1899, 12, 30, tzinfo=UTC), timedelta(days=1)


def write_report(
    name: str, heads: Sequence[Head], rows: Iterable[Sequence[Any]], *, created: datetime
) -> tuple[IO[bytes], int]:
    """Write a workbook to a file of its own, which goes when it is closed; return it at its beginning, and how many
    lines it has. Words stay words: nothing in a cell is run.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever takes it closes it
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    number = 0
    with xlsxwriter.Workbook(file, options) as workbook:
        workbook.set_properties({"created": created.astimezone(UTC).replace(tzinfo=None)})
        heading = workbook.add_format({"bold": True, "bottom": 1})
        formats = {of: workbook.add_format({"num_format": words}) for of, words in FORMATS.items()}
        sheet = workbook.add_worksheet(_sheet_name(name))
        sheet.freeze_panes(1, 0)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, WIDTHS.get(head.of, 18))
            sheet.write_string(0, column, head.label, heading)
        cells = [_cell(sheet, head, formats) for head in heads]
        for number, row in enumerate(rows, 1):
            for column, (value, write) in enumerate(zip(row, cells, strict=True)):
                if value is not None and value != "":
                    write(number, column, value)
    file.seek(0)
    return file, number


def _cell(sheet: Any, head: Head, formats: Mapping[Of, Any]) -> Callable[[int, int, Any], object]:
    """How a value of a column is put into its cell: decided once a column, as there are very many cells."""
    style = formats.get(head.of)
    if style is None:
        words = lru_cache(KNOWN)(head.written)
        return lambda row, column, value: sheet.write_string(row, column, words(value))
    if head.of in MOMENTS:
        return lambda row, column, value: sheet.write_number(row, column, _serial(value), style)
    return lambda row, column, value: sheet.write_number(row, column, value, style)


def _serial(at: date) -> float:
    """A day or an instant as spreadsheets count them: days since 1899-12-30 by the clock in Shanghai."""
    if not isinstance(at, datetime):
        return (at - EPOCH.date()).days
    return (at.astimezone(SHANGHAI).replace(tzinfo=UTC) - EPOCH) / DAY


def _sheet_name(name: str) -> str:
    """Without the signs that a sheet's name must not have."""
    return "".join(" " if sign in "[]:*?/\\" else sign for sign in name).strip("' ")[:31] or "kefu"
