"""The columns of a table: what its template shows and its import understands."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu.privacy import redact

Word = TypeVar("Word", str, int)  # what a word in a cell stands for

REASON = _("原因")  # heads the column that a file of refused rows has more
REASON_ALIASES = (
    "原因",
    "拒收原因",
    "cause",
    "reason refused",
)  # left out when the mended file comes back
SHOWN = 500  # characters of a cell that a preview redacts

_NOISE = re.compile(r"[\s*:：]+|[(（【\[].*?[)）】\]]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``label`` heads it in files we write; ``aliases`` are taken as well. ``mask``: how a cell of
    it may be shown, if redacting is not enough."""

    field: str
    label: Promise
    aliases: tuple[str, ...]
    hint: Promise
    example: str
    width: int  # characters, in a workbook
    mask: Callable[[str], str] | None = None


class Columns:
    """The columns of one kind of table. ``hint`` names those by which a header is recognised."""

    def __init__(self, *columns: Column, hint: Promise) -> None:
        self.hint = hint
        self._columns = columns
        self._by_field = {column.field: column for column in columns}
        self._fields = {word(alias): c.field for c in columns for alias in c.aliases}

    def __iter__(self) -> Iterator[Column]:
        return iter(self._columns)

    def __contains__(self, field: str) -> bool:
        return field in self._by_field

    def __getitem__(self, field: str) -> Column:
        return self._by_field[field]

    def field_of(self, header: str) -> str:
        """Return the field a header stands for; empty if we know none by this name."""
        return self._fields.get(word(header), "")

    def recognised(self, cells: Sequence[str]) -> int:
        """Return how many different fields a row would name if it were the header."""
        return len({self.field_of(cell) for cell in cells} - {""})

    def places_of(self, header: Sequence[str]) -> dict[str, int]:
        """Return where each field stands; of two columns for one field the first."""
        places: dict[str, int] = {}
        for place, name in enumerate(header):
            if field := self.field_of(name):
                places.setdefault(field, place)
        return places

    def masked(self, field: str, cell: str) -> str:
        """A cell as it may be shown; ``field`` empty for columns we do not know."""
        cell = " ".join(cell.split())
        mask = self._by_field[field].mask if field in self._by_field else None
        return mask(cell) if mask else redact.redact(cell[:SHOWN])


def word(text: str) -> str:
    """Return a header, or a cell of a column with fixed values, in the one spelling we compare."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


def words(*pairs: tuple[str, Word]) -> Mapping[str, Word]:
    """What people write in the cells of a column with fixed values: each word of the first by its value."""
    return {word(said): value for some, value in pairs for said in some.split()}


_REASONS = {word(alias) for alias in REASON_ALIASES}


def is_reason(header: str) -> bool:
    return word(header) in _REASONS
