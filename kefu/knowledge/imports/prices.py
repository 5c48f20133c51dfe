"""What a parcel costs to where, from a table."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.columns import Column, Columns
from kefu.imports.services import TableImport
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.knowledge.imports import rows
from kefu.knowledge.models import Edition, Place, Rate

KIND = "knowledge.prices"
A_GRAM_10 = Decimal("0.01")
COLUMNS = Columns(
    *rows.PLACE,
    Column(
        "first_kg",
        _("首重"),
        ("首重", "首重公斤", "首重重量", "first weight", "first kg"),
        _("公斤；空着算 1"),
        "1",
        8,
    ),
    Column(
        "first_price",
        _("首重价"),
        ("首重价", "首重价格", "首重费用", "首重运费", "first price"),
        _("必填；元"),
        "8.00",
        10,
    ),
    Column(
        "step_kg",
        _("续重单位"),
        ("续重单位", "续重重量", "续重", "step kg", "continued weight"),
        _("公斤；空着算 1"),
        "1",
        10,
    ),
    Column(
        "step_price",
        _("续重价"),
        ("续重价", "续重价格", "续重费用", "续重运费", "step price", "continued price"),
        _("必填；每个续重单位多少元"),
        "2.00",
        10,
    ),
    Column(
        "divisor",
        _("体积系数"),
        ("体积系数", "抛比", "轻抛系数", "divisor", "volumetric divisor"),
        _("长×宽×高（厘米）除以多少算一公斤；空着不计体积"),
        "8000",
        10,
    ),
    Column(
        "fuel_percent",
        _("燃油附加费"),
        ("燃油附加费", "燃油附加", "燃油费率", "fuel", "fuel percent"),
        _("百分之几；空着算 0"),
        "3",
        12,
    ),
    Column(
        "surcharge",
        _("附加费"),
        ("附加费", "其他附加费", "surcharge"),
        _("元，每件；空着算 0"),
        "0.50",
        10,
    ),
    Column(
        "surcharge_name",
        _("附加费名称"),
        ("附加费名称", "附加费项目", "surcharge name"),
        _("附加费是什么，如旺季附加费"),
        "旺季附加费",
        14,
    ),
    Column(
        "days",
        _("时效"),
        ("时效", "时效天数", "天数", "transit days", "days"),
        _("几天送到；空着不说"),
        "2",
        8,
    ),
    hint=_("省、首重价、续重价"),
)  # fmt: skip


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(rows.Filing):
    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        return cls(**cls.about(job, table, COLUMNS))

    def row(self, number: int, cells: Sequence[str]) -> rows.Row:
        path = self.path(cells)
        one = Decimal("1.00")
        said = {
            "first_kg": self.amount(cells, "first_kg", 1000, least=A_GRAM_10) or one,
            "first_price": self._price(cells, "first_price"),
            "step_kg": self.amount(cells, "step_kg", 1000, least=A_GRAM_10) or one,
            "step_price": self._price(cells, "step_price"),
            "divisor": self.whole(cells, "divisor", 100_000) or None,
            "fuel_percent": self.amount(cells, "fuel_percent", 100) or Decimal("0.00"),
            "surcharge": self.amount(cells, "surcharge", 99_999) or Decimal("0.00"),
            "surcharge_name": self.words(cells, "surcharge_name", 30),
            "days": self.whole(cells, "days", 60),
        }
        return rows.Row(number, cells, path, "", said)

    def _price(self, cells: Sequence[str], column: str) -> Decimal:
        found = self.amount(cells, column, 99_999)
        if found is None:
            raise read.refused(column, "price_required")
        return found

    def prepared(self, **given: Any) -> "Prepared":
        return Prepared(filing=self, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(rows.Prepared):
    kind = Edition.Kind.PRICES
    fields = (
        "first_kg",
        "first_price",
        "step_kg",
        "step_price",
        "divisor",
        "fuel_percent",
        "surcharge",
        "surcharge_name",
        "days",
    )

    def existing(self, places: Sequence[Place]) -> Sequence[Rate]:
        return list(Rate.objects.from_on(self.filing.effective_on).filter(place__in=places))

    def made(self, row: rows.Row, place: Place) -> Rate:
        assert row.said is not None
        return Rate(place=place, **row.said)


TABLE = TableImport(
    kind=KIND,
    columns=COLUMNS,
    reasons=rows.REASONS,
    required=[
        (["province"], _("缺少“省”一栏")),
        (["first_price"], _("缺少“首重价”一栏")),
        (["step_price"], _("缺少“续重价”一栏")),
    ],
    noted={"divisor": _("没有“体积系数”一栏：不计体积")},
    name=_("运价"),
    run=run,
    may=rows.may_import,
    about="knowledge_rate",
)
