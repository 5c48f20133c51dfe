"""Inquiries from tables that offices send. ``services`` is what pages call; ``columns`` says what the columns
mean, ``rows`` checks one row, ``load`` files chunks of them. What is the same for every table is in
``kefu.imports``. Each knows only those named after it in: services, load, rows, columns."""

from inquiries.imports.services import KINDS, TABLE, Options, kind_choices, start_import

__all__ = ["KINDS", "TABLE", "Options", "kind_choices", "start_import"]
