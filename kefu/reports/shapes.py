"""What somebody asked for when he built a report: columns, what narrows it, how it is grouped. Kept as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from kefu.reports.columns import GROUPS, MEASURES, Column, columns_of
from kefu.reports.content import Span

DAY = timedelta(days=1)


class On(models.TextChoices):
    """By which instant a case lies in the period."""

    OPENED = "opened_at", _("建单时间")
    CLOSED = "closed_at", _("结案时间")


class Period(models.TextChoices):
    """Which days, seen from the day the report is made; so that a report can be made again and again."""

    TODAY = "today", _("今天")
    YESTERDAY = "yesterday", _("昨天")
    LAST_7_DAYS = "last_7_days", _("近 7 天（到昨天）")
    THIS_WEEK = "this_week", _("本周")
    LAST_WEEK = "last_week", _("上周")
    THIS_MONTH = "this_month", _("本月")
    LAST_MONTH = "last_month", _("上月")
    THIS_YEAR = "this_year", _("今年")
    BETWEEN = "between", _("从…到…")


@dataclass(frozen=True, slots=True)
class Shape:
    """``choices``: by column, the codes that pass. ``ranges``: by column, the least and the most that pass. ``first``
    and ``last`` where the period is "between".
    """

    kind: str
    columns: tuple[str, ...]
    groups: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    on: str = On.OPENED
    period: str = Period.LAST_MONTH
    first: date | None = None
    last: date | None = None
    departments: tuple[int, ...] = ()
    outlet: int | None = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[Decimal | None, Decimal | None]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            "groups": list(self.groups),
            "measures": list(self.measures),
            "on": self.on,
            "period": self.period,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
            "departments": list(self.departments),
            "outlet": self.outlet,
            "choices": {name: list(codes) for name, codes in self.choices.items()},
            "ranges": {
                name: [None if one is None else str(one) for one in both]
                for name, both in self.ranges.items()
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """What was kept; columns that there are no longer fall away."""
        known = columns_of(kept["kind"])
        return cls(
            kind=kept["kind"],
            columns=tuple(name for name in kept["columns"] if name in known),
            groups=tuple(n for n in kept["groups"] if n in known and known[n].of in GROUPS),
            measures=tuple(n for n in kept["measures"] if n in known and known[n].of in MEASURES),
            on=kept["on"],
            period=kept["period"],
            first=kept["first"] and date.fromisoformat(kept["first"]),
            last=kept["last"] and date.fromisoformat(kept["last"]),
            departments=tuple(kept["departments"]),
            outlet=kept["outlet"],
            choices={n: tuple(codes) for n, codes in kept["choices"].items() if n in known},
            ranges={
                name: (least and Decimal(least), most and Decimal(most))
                for name, (least, most) in kept["ranges"].items()
                if name in known
            },
        )

    @property
    def shown(self) -> list[Column]:
        return self._named(self.columns)

    @property
    def grouped(self) -> list[Column]:
        return self._named(self.groups)

    @property
    def measured(self) -> list[Column]:
        return self._named(self.measures)

    def _named(self, names: tuple[str, ...]) -> list[Column]:
        known = columns_of(self.kind)
        return [known[name] for name in names if name in known]

    def span(self, today: date) -> Span:
        """The days it is about, seen from ``today``."""
        monday, first = today - today.weekday() * DAY, today.replace(day=1)
        match self.period:
            case Period.TODAY:
                return Span(today, today)
            case Period.YESTERDAY:
                return Span(today - DAY, today - DAY)
            case Period.LAST_7_DAYS:
                return Span(today - 7 * DAY, today - DAY)
            case Period.THIS_WEEK:
                return Span(monday, today)
            case Period.LAST_WEEK:
                return Span(monday - 7 * DAY, monday - DAY)
            case Period.THIS_MONTH:
                return Span(first, today)
            case Period.LAST_MONTH:
                return Span((first - DAY).replace(day=1), first - DAY)
            case Period.THIS_YEAR:
                return Span(today.replace(month=1, day=1), today)
        assert self.first is not None and self.last is not None
        return Span(self.first, self.last)
