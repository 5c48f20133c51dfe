"""What a report that somebody built finds: its cases line by line, or summed up by group."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Avg, Count, F, QuerySet, Sum
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.reports.columns import MEASURES, Column, Of, columns_of
from kefu.reports.shapes import Shape

MOST_GROUPS = 500
# So many lines a file has at most: a spreadsheet program takes a million, and nobody reads them.
MOST_LINES = 200_000
CHUNK = 2_000
TENTH = Decimal("0.1")
Value = Any  # str, Decimal, int, bool, date, datetime or None, as the column is of


def cases_of(shape: Shape, user: Any, today: date) -> QuerySet[Case]:
    """The cases that a report is about, by what its reader may see; ``c_…`` are its columns."""
    span, known = shape.span(today), columns_of(shape.kind)
    used = {*shape.columns, *shape.groups, *shape.measures, *shape.choices, *shape.ranges}
    found = Case.objects.visible_to(user).filter(kind=shape.kind)
    found = found.filter(**{f"{shape.on}__gte": span.first, f"{shape.on}__lt": span.end})
    found = found.annotate(**{_as(name): _source(known[name]) for name in sorted(used)})
    if shape.departments:
        found = found.filter(department__in=shape.departments)
    if shape.outlet is not None:
        found = found.filter(outlet=shape.outlet)
    for name, codes in shape.choices.items():
        found = found.filter(**{f"{_as(name)}__in": codes})
    for name, (least, most) in shape.ranges.items():
        if least is not None:
            found = found.filter(**{f"{_as(name)}__gte": least})
        if most is not None:
            found = found.filter(**{f"{_as(name)}__lte": most})
    return found


def _as(name: str) -> str:
    """A column's name in the statement, which no field of the case has."""
    return f"c_{name}"


def _source(column: Column) -> Any:
    return F(column.source) if isinstance(column.source, str) else column.source


def lines(shape: Shape, user: Any, today: date) -> QuerySet[Case, tuple[Value, ...]]:
    """The values of the shape's columns, the latest case first."""
    rows = cases_of(shape, user, today).order_by("-opened_at", "-pk")
    return rows.values_list(*(_as(name) for name in shape.columns))


@dataclass(frozen=True, slots=True)
class Head:
    """A column of what is shown: its words, and how its values are written. ``opens``: its values open their case."""

    label: str
    of: Of
    choices: Any = None
    opens: bool = False

    @property
    def is_number(self) -> bool:
        return self.of in MEASURES

    def written(self, value: Value) -> str:
        """A value in words, instants as the clock in Shanghai shows them; "" for none."""
        if value is None or value == "":
            return ""
        return WRITTEN.get(self.of, str)(value) if self.choices is None else self._choice(value)

    def _choice(self, value: Value) -> str:
        known = {str(code): label for code, label in self.choices.choices}
        return str(known.get(str(value), value))


WRITTEN: Mapping[Of, Callable[[Any], str]] = {
    Of.INSTANT: lambda at: f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
    Of.DAY: lambda on: f"{on:%Y-%m-%d}",
    Of.MONTH: lambda at: f"{at:%Y-%m}",
    Of.YES: lambda so: _("是") if so else _("否"),
    Of.YUAN: lambda yuan: f"{yuan:,.2f}",
    Of.MINUTES: lambda number: f"{Decimal(number).quantize(TENTH, ROUND_HALF_UP):,}",
    Of.NUMBER: lambda number: f"{number:,}",
}


def heads(shape: Shape) -> list[Head]:
    """What stands over the lines; of a grouped report over its groups."""
    if not shape.groups:
        return [
            Head(str(one.label), one.of, one.choices, opens=one.name == "number")
            for one in shape.shown
        ]
    groups = [Head(str(one.label), one.of, one.choices) for one in shape.grouped]
    measured = [
        Head(words.format(one.label), of)
        for one in shape.measured
        for words, of in ((_("{} 合计"), one.of), (_("{} 平均"), _mean_of(one)))
    ]
    return [*groups, Head(_("件数"), Of.NUMBER), *measured]


def _mean_of(column: Column) -> Of:
    return Of.YUAN if column.of == Of.YUAN else Of.MINUTES  # both keep a place behind the point


def groups(shape: Shape, user: Any, today: date) -> list[tuple[Value, ...]]:
    """How many cases each group has, and of each measure the sum and the mean; the largest first."""
    names = [_as(name) for name in shape.groups]
    sums: dict[str, Any] = {"n": Count("pk")}
    for name in shape.measures:
        sums |= {f"s_{name}": Sum(_as(name)), f"m_{name}": Avg(_as(name))}
    rows = cases_of(shape, user, today).order_by().values(*names).annotate(**sums)
    return list(rows.order_by("-n", *names).values_list(*names, *sums)[:MOST_GROUPS])


@dataclass(frozen=True, slots=True)
class Line:
    """Its cells beside their heads; of a grouped report how long its bar is, in percent of the longest."""

    cells: Sequence[tuple[str, Head]]
    share: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A report as a page shows it. ``more``: there is more than is shown."""

    heads: Sequence[Head]
    lines: Sequence[Line]
    grouped: bool
    first: date
    last: date
    more: bool


def found(shape: Shape, user: Any, now: datetime, *, page: int = 1, rows: int = 50) -> Found:
    """What a report finds: of a grouped one all groups, of another a page of lines."""
    today = now.astimezone(SHANGHAI).date()
    span, over = shape.span(today), heads(shape)
    grouped = bool(shape.groups)
    if grouped:
        values = groups(shape, user, today)
        more = len(values) == MOST_GROUPS
    else:
        start = (page - 1) * rows
        values = list(lines(shape, user, today)[start : start + rows + 1])
        more, values = len(values) > rows, values[:rows]
    count = len(shape.groups)
    longest = max((one[count] for one in values), default=0) if grouped else 0
    told = [
        Line(
            [(head.written(value), head) for head, value in zip(over, one, strict=True)],
            f"{100 * one[count] / longest:.1f}" if grouped else "",
        )
        for one in values
    ]
    return Found(over, told, grouped, span.first_on, span.last_on, more)


def all_rows(shape: Shape, user: Any, today: date) -> Iterable[tuple[Value, ...]]:
    """Everything for a file, read as it is written and never all at once."""
    if shape.groups:
        return groups(shape, user, today)
    return lines(shape, user, today)[:MOST_LINES].iterator(chunk_size=CHUNK)
