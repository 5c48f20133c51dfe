"""A text in both languages."""

from typing import NamedTuple


class Both(NamedTuple):
    zh: str
    en: str
