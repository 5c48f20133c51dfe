"""What a report holds: tables of figures, kept in codes so that either language can show them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self

from kefu.clock import SHANGHAI

# What a row is about where it is a name and no code.
NAMED, NOBODY, ALL = "name", "nobody", "all"
# What its code is one of the figures' names.
FIGURE = "figure"
Label = tuple[str, str]  # ("loss_type", "loss"), ("name", "成都武侯三部"), ("nobody", "")


@dataclass(frozen=True, slots=True)
class Span:
    """A period of whole days in Shanghai."""

    first_on: date
    last_on: date

    @property
    def first(self) -> datetime:
        return datetime.combine(self.first_on, time.min, SHANGHAI)

    @property
    def end(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.last_on + timedelta(days=1), time.min, SHANGHAI)

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.first <= at < self.end


@dataclass(frozen=True, slots=True)
class Row:
    label: Label
    cells: tuple[str, ...]  # as the columns of its table


@dataclass(frozen=True, slots=True)
class Table:
    """``about``: what its rows are grouped by; of a list, what it lists. ``total`` is () where none makes sense."""

    about: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    total: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "columns": list(self.columns),
            "rows": [[list(row.label), list(row.cells)] for row in self.rows],
            "total": list(self.total),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        rows = (Row((label[0], label[1]), tuple(cells)) for label, cells in kept["rows"])
        return cls(kept["about"], tuple(kept["columns"]), tuple(rows), tuple(kept["total"]))


def digest(content: Mapping[str, Any], analysis: str) -> str:
    """SHA-256 of what was issued, in hex: the figures and the words about them."""
    text = json.dumps(
        {"content": content, "analysis": analysis}, ensure_ascii=False, sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()


Figures = dict[str, Decimal]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that counts: the figures it adds, and how it is called in each of the ways to group."""

    figures: Mapping[str, Decimal]
    labels: Mapping[str, Label]


def grouped(about: str, columns: Sequence[str], facts: Iterable[Fact], total: Figures) -> Table:
    """Add the facts up by what they are ``about``, the largest first; ``total`` over all, each counted once."""
    sums: dict[Label, Figures] = {}
    for fact in facts:
        row = sums.setdefault(fact.labels[about], dict.fromkeys(columns, Decimal(0)))
        for name, figure in fact.figures.items():
            if name in row:
                row[name] += figure
    rows = sorted(sums.items(), key=lambda one: ([-figure for figure in one[1].values()], one[0]))
    return Table(
        about,
        tuple(columns),
        tuple(Row(label, _cells(columns, figures)) for label, figures in rows),
        _cells(columns, total),
    )


def summed(columns: Sequence[str], facts: Iterable[Fact]) -> Figures:
    found = dict.fromkeys(columns, Decimal(0))
    for fact in facts:
        for name, figure in fact.figures.items():
            if name in found:
                found[name] += figure
    return found


def _cells(columns: Sequence[str], figures: Mapping[str, Decimal]) -> tuple[str, ...]:
    return tuple(written(name, figures.get(name, Decimal(0))) for name in columns)


def written(column: str, figure: Decimal) -> str:
    """Yuan with their fen, everything else as a whole number."""
    return f"{figure:.2f}" if column.endswith("_yuan") else f"{figure:.0f}"
