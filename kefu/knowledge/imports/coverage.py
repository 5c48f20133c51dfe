"""Who delivers where, from a table."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.columns import Column, Columns, words
from kefu.imports.services import TableImport
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.knowledge.imports import rows
from kefu.knowledge.models import Coverage, Edition, Place
from kefu.spreadsheets import unquoted

KIND = "knowledge.coverage"
YES, NO, WITHDRAWN = 1, 0, 2
STATES = words(
    ("是 派送 派 送 可派 正常 yes y true delivered 1", YES),
    ("否 不派送 不派 不送 超区 停派 no n false notdelivered 0", NO),
    ("撤销 作废 删除 withdrawn", WITHDRAWN),
)
COLUMNS = Columns(
    *rows.PLACE,
    Column(
        "keyword",
        _("关键词"),
        ("关键词", "地址关键词", "路名", "小区", "keyword", "street"),
        _("地址里有这个词才算，如路名、小区；一行一个，整个地方一条的空着"),
        "文昌西路",
        16,
    ),
    Column(
        "outlet",
        _("网点"),
        ("网点", "网点编号", "派件网点", "派送网点", "网点名称", "outlet", "outlet code"),
        _("网点编号，或不重名的名称"),
        "WD056",
        14,
    ),
    Column(
        "delivered",
        _("是否派送"),
        ("是否派送", "派送", "可否派送", "派送状态", "delivered", "delivery"),
        _("是、否或撤销；空着算是。撤销：从生效那天起这条不再有效"),
        "是",
        10,
    ),
    Column(
        "extra_days",
        _("加几天"),
        ("加几天", "加天数", "延迟天数", "加时效", "extra days"),
        _("比时效多几天；空着算 0"),
        "1",
        8,
    ),
    Column(
        "extra_fee",
        _("加收"),
        ("加收", "加收费", "偏远费", "派送加收", "附加", "extra fee"),
        _("元；空着算 0"),
        "3.00",
        8,
    ),
    Column(
        "cut_off",
        _("截单时间"),
        ("截单时间", "截单", "当天截单时间", "cut off", "cut-off"),
        _("几点前到当天派，如 15:00"),
        "15:00",
        10,
    ),
    Column("note", _("说明"), ("说明", "备注", "note", "remark"), _("可以不填"), "只派到镇上", 24),
    hint=_("省、市、区县、网点"),
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
        keyword = "".join(self.cell(cells, "keyword").split())
        if keyword and not 2 <= len(keyword) <= 12:
            raise read.refused("keyword", "text_too_long" if keyword[1:] else "name_unreadable")
        state = read.one_of(
            STATES, self.cell(cells, "delivered"), "delivered", YES, code="state_unknown"
        )
        if state == WITHDRAWN:
            return rows.Row(number, cells, path, keyword, None)
        outlet = self._outlet(cells)
        if state == YES and outlet is None:
            raise read.refused("outlet", "outlet_required")
        said = {
            "outlet_id": outlet,
            "delivered": state == YES,
            "extra_days": self.whole(cells, "extra_days", 30) or 0,
            "extra_fee": self.amount(cells, "extra_fee", 99_999) or Decimal("0.00"),
            "cut_off": self.clock(cells, "cut_off"),
            "note": self.words(cells, "note", 200),
        }
        return rows.Row(number, cells, path, keyword, said)

    def _outlet(self, cells: Sequence[str]) -> int | None:
        given = unquoted(self.cell(cells, "outlet").strip()).casefold()
        if not given:
            return None
        if given not in self.outlets:
            raise read.refused("outlet", "outlet_unknown")
        found = self.outlets[given]
        if found is None:
            raise read.refused("outlet", "outlet_shared")
        return found

    def prepared(self, **given: Any) -> "Prepared":
        return Prepared(filing=self, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(rows.Prepared):
    kind = Edition.Kind.COVERAGE
    fields = ("outlet_id", "delivered", "extra_days", "extra_fee", "cut_off", "note")

    def existing(self, places: Sequence[Place]) -> Sequence[Coverage]:
        return list(Coverage.objects.from_on(self.filing.effective_on).filter(place__in=places))

    def made(self, row: rows.Row, place: Place) -> Coverage:
        assert row.said is not None
        return Coverage(place=place, keyword=row.keyword, **row.said)


TABLE = TableImport(
    kind=KIND,
    columns=COLUMNS,
    reasons=rows.REASONS,
    required=[
        (["province"], _("缺少“省”一栏")),
        (["outlet"], _("缺少“网点”一栏")),
    ],
    noted={
        "delivered": _("没有“是否派送”一栏：都算派送"),
        "keyword": _("没有“关键词”一栏：每行是整个地方"),
    },
    name=_("派送范围"),
    run=run,
    may=rows.may_import,
    about="knowledge_coverage",
)
