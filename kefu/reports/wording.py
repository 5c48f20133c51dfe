"""Reports in the reader's language: what is kept in codes, as pages, sheets and papers show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kefu.reports.content import FIGURE, NOBODY, Row, Table
from kefu.reports.definitions import DEFINITIONS

HEADS: Mapping[str, Any] = {
    "received": pgettext_lazy("figure", "受理"),
    "open": pgettext_lazy("figure", "未结"),
    "closed": pgettext_lazy("figure", "已结"),
    "registered_count": _("立案（件）"),
    "settled_count": _("已赔（件）"),
    "settled_amount_yuan": _("已赔（元）"),
    "insurer_recovered_yuan": _("保险到账（元）"),
    "open_at_month_end": _("月末未结（件）"),
    "incident_count": _("事故（件）"),
    "incident_amount_yuan": _("金额（元）"),
    "count": _("件数"),
    "amount_yuan": _("金额（元）"),
    "complaints": _("投诉（件）"),
    "consignments": _("承运（票）"),
    "complaint_rate": _("投诉率（%）"),
    "text": _("内容"),
    "cause": _("原因"),
    "suggestion": _("建议"),
    "reward_count": _("奖励（笔）"),
    "reward_amount_yuan": _("奖励（元）"),
    "penalty_count": _("处罚（笔）"),
    "penalty_amount_yuan": _("处罚（元）"),
    "net_yuan": _("奖减罚（元）"),
    "target_of": _("对象"),
    "direction": _("奖或罚"),
    "clause": _("条款"),
    "points": _("分"),
    "reason": _("事由"),
    "decided_by": _("决定人"),
    "response_done": _("及时"),
    "response_of": _("响应"),
    "response_rate": _("达标率（%）"),
    "first_done": _("一次解决"),
    "first_of": _("办结"),
    "first_contact_rate": _("一次解决率（%）"),
    "ratings": pgettext_lazy("figure", "评价"),
    "satisfaction": _("满意度"),
    "target": _("目标"),
    "result": _("实际"),
    "gap": _("差额"),
    "reached": _("达标"),
    "people": _("人数"),
    "shifts": _("班次"),
    "late": _("迟到（次）"),
    "early": _("早退（次）"),
    "absent_hours": _("旷工（小时）"),
    "leave_hours": _("请假（小时）"),
    "overtime_hours": _("加班（小时）"),
    "sessions": _("应有培训（次）"),
    "held": _("已举行（次）"),
    "present": pgettext_lazy("training", "到场（人次）"),
    "excused": pgettext_lazy("training", "请假（人次）"),
    "absent": pgettext_lazy("training", "缺席（人次）"),
    "presence_rate": _("到场率（%）"),
    "exam_mark": _("考试（分）"),
}
ABOUT: Mapping[str, Any] = {
    "outlet": _("按网点"),
    "department": _("按部门"),
    "issue_type": _("按类别"),
    "status": _("按状态"),
    "route": _("按线路"),
    "cause": _("按原因"),
    "liable_party": _("按责任方"),
    "loss_type": _("按类型"),
    "party_type": _("按哪一方"),
    "customer_needs": _("客户需求"),
    "suggestions": _("原因和建议"),
    "detail": _("逐笔明细"),
    "targets": _("与目标相比"),
    "employee": _("按人"),
    "attendance": _("出勤，按部门"),
    "training": _("培训，按部门"),
}
# What is listed, and what each of its lines is called by.
LISTS: Mapping[str, Any] = {
    "customer_needs": pgettext_lazy("case", "单号"),
    "suggestions": pgettext_lazy("case", "单号"),
    "detail": _("日期"),
    "targets": _("指标"),
}
CELLS: Mapping[str, Mapping[str, Any]] = {
    "direction": {"reward": _("奖励"), "penalty": _("处罚")},
    "reached": {"yes": _("是"), "no": _("否")},
}
ROLES: Mapping[str, Any] = {
    "agent": _("坐席"),
    "lead": _("班长"),
    "adjuster": _("理赔员"),
    "inspector": _("监察员"),
    "supervisor": _("主管"),
    "centre": _("客服中心"),
}


def label_in_words(kind: str, about: str, of: str, code: str) -> str:
    """How a row of a report of this kind is called, in the reader's language."""
    if of == NOBODY:
        return str(_("没有责任方") if about == "liable_party" else _("没有填"))
    if of in ("status", FIGURE):
        return str(HEADS.get(code, code))
    choices: Any = DEFINITIONS[kind].codes.get(of)
    if choices is not None and code in choices.values:
        return str(choices(code).label)
    return code


BESIDE = 5  # columns that fit beside another table


@dataclass(frozen=True, slots=True)
class Line:
    """``share``: what its bar is long, in percent of the longest; a figure for SVG."""

    label: str
    cells: tuple[str, ...]
    share: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in words. ``figures``: its cells are figures, and the first of them has bars; a list has none, and
    ``subject`` over the names of its lines.
    """

    about: str
    title: str
    subject: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    total: tuple[str, ...]
    figures: bool

    @property
    def wide(self) -> bool:
        """Takes the whole line, and has no room for bars."""
        return len(self.heads) > BESIDE


def shown_tables(kind: str, content: Mapping[str, Any] | None) -> list[Shown]:
    return [_shown(kind, Table.from_json(one)) for one in (content or {}).get("tables", ())]


def _shown(kind: str, table: Table) -> Shown:
    figures = table.about not in LISTS
    longest = (
        max((_first(row) for row in table.rows), default=Decimal(0)) if figures else Decimal(0)
    )
    return Shown(
        about=table.about,
        title=str(ABOUT.get(table.about, table.about)),
        subject=str(LISTS.get(table.about, "")),
        heads=tuple(str(HEADS.get(name, name)) for name in table.columns),
        lines=tuple(
            Line(
                label_in_words(kind, table.about, *row.label),
                tuple(
                    str(CELLS.get(name, {}).get(cell, cell))
                    for name, cell in zip(table.columns, row.cells, strict=True)
                ),
                f"{max(100 * _first(row) / longest, 0):.1f}" if longest > 0 else "0",
            )
            for row in table.rows
        ),
        total=table.total,
        figures=figures,
    )


def _first(row: Row) -> Decimal:
    return Decimal(row.cells[0] or 0)


def sheet_rows(shown: Shown) -> Iterator[Sequence[str]]:
    """A table as a spreadsheet takes it."""
    yield (shown.title, *shown.heads)
    for line in shown.lines:
        yield (line.label, *line.cells)
    if shown.total:
        yield (str(_("合计")), *shown.total)
