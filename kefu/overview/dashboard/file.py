"""The front page as a workbook: a sheet a panel, all lines of it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from kefu.overview.dashboard.decisions import Wait
from kefu.overview.dashboard.matters import Claims
from kefu.overview.dashboard.promises import Outlets, Promises
from kefu.overview.dashboard.work import Queue, Seats
from kefu.spreadsheets import write_workbook
from kefu.workbench.wording import stretch

Sheet = tuple[str, Sequence[int], list[list[str]]]


def workbook(figures: dict[str, Any]) -> bytes:
    """Write what ``page.figures`` found; what its reader may not look at is not in it."""
    return write_workbook(*_sheets(figures))


def _sheets(figures: dict[str, Any]) -> Iterator[Sheet]:
    asked = figures["asked"]
    if figures["promises"]:
        yield from _promises(figures["promises"], asked)
    if figures["queue"]:
        yield _queue(figures["queue"])
    if figures["seats"]:
        yield _seats(figures["seats"])
    if figures["outlets"]:
        yield _outlets(figures["outlets"])
    if figures["claims"]:
        yield _claims(figures["claims"])
    yield _waits(figures["waits"])


def _promises(found: Promises, asked: Any) -> Iterator[Sheet]:
    kept, open_, broken = _("兑现"), _("未到期"), _("超时")
    span = f"{asked.first} – {asked.last}"
    head = [
        _("条款"),
        _("事项"),
        _("应兑现"),
        kept,
        open_,
        _("临期"),
        broken,
        _("兑现率"),
        _("到期"),
    ]
    lines = [
        [
            one.clause,
            one.title,
            *(each.shown for each in (one.due, one.met, one.open, one.risk, one.broken)),
            one.share,
            span,
        ]
        for one in (*found.lines, found.whole)
    ]
    yield _("承诺"), (12, 36, 10, 10, 10, 10, 10, 10, 26), [head, *lines]
    moments = [
        [one.label, one.met.shown, one.broken.shown, one.open.shown] for one in found.chart.columns
    ]
    yield _("按到期时间"), (12, 10, 10, 10), [[_("时间"), kept, broken, open_], *moments]


def _queue(found: Queue) -> Sheet:
    rows = [[band.label, band.number.shown] for band in found.bands]
    return _("队列账龄"), (20, 10), [[_("建单至今"), _("件数")], *rows]


def _seats(found: Seats) -> Sheet:
    head = [_("工号"), _("坐席"), _("部门"), _("状态"), _("在手"), _("10 分钟内"), _("超时")]
    rows = [
        [
            one.employee.number,
            one.employee.name,
            str(one.department),
            _("示忙") if one.busy else _("在线"),
            one.open.shown,
            one.soon.shown,
            one.late.shown,
        ]
        for one in found.lines
    ]
    return _("在班与负荷"), (10, 16, 16, 10, 10, 10, 10), [head, *rows]


def _outlets(found: Outlets) -> Sheet:
    rows = [[one.name, one.due.shown, one.broken.shown, one.share] for one in found.lines]
    head = [_("网点"), _("已到期"), _("超时"), _("每百项")]
    return _("网点每百项超时"), (28, 10, 10, 10), [head, *rows]


def _claims(found: Claims) -> Sheet:
    head = [_("类型"), *found.heads, _("合计"), _("超期")]
    rows = [
        [one.label, *(cell.shown for cell, _bar in one.cells), one.whole.shown, one.late.shown]
        for one in found.lines
    ]
    return _("理赔账龄"), (16, *(12 for _head in head[1:])), [head, *rows]


def _waits(found: Sequence[Wait]) -> Sheet:
    rows = [
        [one.label, one.number.shown, stretch(one.oldest) if one.oldest else ""] for one in found
    ]
    return _("等我办理"), (30, 10, 16), [[_("事项"), _("数量"), _("最久")], *rows]
