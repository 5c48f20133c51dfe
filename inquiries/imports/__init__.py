"""Inquiries from tables that offices send. ``services`` is what pages call; ``tables`` reads and writes
files, ``columns`` says what the columns mean, ``rows`` checks one row, ``load`` files chunks of them.
Each knows only those named after it in: services, load, rows, tables, columns."""

from inquiries.imports.services import (
    KIND,
    KINDS,
    Options,
    Preview,
    PreviewColumn,
    RefusedRow,
    kind_choices,
    preview,
    refusals,
    refused_file,
    start_import,
    template_file,
)
from inquiries.imports.tables import CONTENT_TYPES, MAX_ROWS
from kefu.jobs.services import MAX_BYTES

__all__ = [
    "CONTENT_TYPES",
    "KIND",
    "KINDS",
    "MAX_BYTES",
    "MAX_ROWS",
    "Options",
    "Preview",
    "PreviewColumn",
    "RefusedRow",
    "kind_choices",
    "preview",
    "refusals",
    "refused_file",
    "start_import",
    "template_file",
]
