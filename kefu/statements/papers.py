"""The statement as a paper and as a workbook: from its row and its lines, and from nothing else.

The words of the paper are Chinese whatever the reader's language, as those of the claims' papers.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from kefu import pdf
from kefu.clock import SHANGHAI
from kefu.network.selectors import our_company
from kefu.pdf import Block, Facts, Heading, Paper, Rows, Signatures, Words
from kefu.policy.money import in_capitals
from kefu.spreadsheets import write_workbook
from kefu.statements.models import Line, Statement

TITLE = "网点对账单"
TOLD_IN_FULL = 300  # lines; a paper takes some 15 ms of drawing for each that is explained
LONG = f"明细超过 {TOLD_IN_FULL} 行，逐笔的计算说明见同一份对账单的 Excel 或接口。"
STATES: Mapping[str, str] = {
    Statement.State.DRAWN: "已编制，未发出",
    Statement.State.ISSUED: "已发出，待确认",
    Statement.State.CONFIRMED: "已确认",
    Statement.State.LOCKED: "已锁定",
}
CONFIRMED: Mapping[str, str] = {
    Statement.Confirmation.OUTLET: "网点确认",
    Statement.Confirmation.SILENCE: "期满未提，视为确认",
}


def as_pdf(statement: Statement) -> bytes:
    """Return the statement as a PDF file. Raises pdf.NoFont."""
    return pdf.draw(paper(statement, _lines(statement)))


def paper(statement: Statement, lines: Sequence[Line]) -> Paper:
    blocks: list[Block] = [
        _heads(statement),
        Heading("一、汇总"),
        _sums(statement),
        Words(_owed(statement.closing)),
        Heading("二、明细"),
        _table(statement, lines),
        Words("金额为正的增加应付，为负的减少应付。每笔都是台账中的一笔，入账时间为北京时间。"),
        *([Words(LONG)] if len(lines) > TOLD_IN_FULL else []),
        Signatures(["客服部", "网点"]),
    ]
    return Paper(TITLE, statement.number, our_company().name, blocks)


def _heads(statement: Statement) -> Facts:
    return Facts(
        [
            ("网点", statement.party.name),
            ("编号", statement.party.code),
            ("月份", f"{statement.month:%Y 年 %m 月}"),
            ("状态", STATES[statement.state]),
            ("发出时间", _moment(statement.issued_at)),
            ("确认期限", _moment(statement.confirm_by)),
            ("确认时间", _moment(statement.confirmed_at)),
            ("确认方式", CONFIRMED.get(statement.confirmation, "—")),
        ]
    )


def _sums(statement: Statement) -> Rows:
    rows = [
        ["期初应付", f"{statement.opening:,.2f}"],
        ["考核款", f"{statement.penalties:,.2f}"],
        ["理赔追偿及其他", f"{statement.recoveries:,.2f}"],
        ["冲销", f"{statement.reversals:,.2f}"],
        ["来款", f"{statement.payments:,.2f}"],
        ["期末应付", f"{statement.closing:,.2f}"],
    ]
    return Rows(["项目", "金额（元）"], rows, [7, 3], frozenset({1}))


def _owed(closing: Decimal) -> str:
    if closing < 0:
        return f"期末多付 {-closing:,.2f} 元，抵以后的应付。"
    return f"期末应付人民币 {closing:,.2f} 元（大写：{in_capitals(closing)}）。"


def _table(statement: Statement, lines: Sequence[Line]) -> Rows:
    rows = [
        [
            str(line.number),
            f"{line.at.astimezone(SHANGHAI):%m-%d}",
            _told(statement, line, in_full=len(lines) <= TOLD_IN_FULL),
            f"{line.of_month:%Y-%m}",
            f"{line.amount:,.2f}",
        ]
        for line in lines
    ] or [["—", "—", "本月没有发生额", "—", "—"]]
    return Rows(
        ["序号", "入账", "事项和说明", "所属月份", "金额（元）"],
        rows,
        [4, 5, 29, 7, 8],
        frozenset({4}),
    )


def _told(statement: Statement, line: Line, *, in_full: bool) -> str:
    words = line.told["zh"]
    about = [words["summary"]]
    if line.waybill_number:
        about.append(f"运单 {line.waybill_number}")
    if line.party_id != statement.party_id:
        about.append(f"承包区 {line.party.name}")
    details = "；".join(words["details"]) if in_full else ""
    return "\n".join(["　".join(about), details]).rstrip()


def _moment(at: datetime | None) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else "—"


def as_workbook(statement: Statement) -> bytes:
    """Return the statement as an Excel file: the sums, and the lines with their explanations, in the reader's language."""
    sums = [
        [_("项目"), _("内容")],
        [_("对账单"), statement.number],
        [_("网点"), statement.party.name],
        [_("月份"), f"{statement.month:%Y-%m}"],
        [_("状态"), statement.get_state_display()],
        [_("期初应付（元）"), f"{statement.opening:.2f}"],
        [_("考核款（元）"), f"{statement.penalties:.2f}"],
        [_("理赔追偿及其他（元）"), f"{statement.recoveries:.2f}"],
        [_("冲销（元）"), f"{statement.reversals:.2f}"],
        [_("来款（元）"), f"{statement.payments:.2f}"],
        [_("期末应付（元）"), f"{statement.closing:.2f}"],
    ]
    heads = [
        *(_("序号"), _("入账时间"), _("所属月份"), _("类别"), _("金额（元）"), _("哪一方")),
        *(_("条款"), _("运单号"), _("事项"), _("说明")),
    ]
    lines = [
        [
            str(line.number),
            f"{line.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            f"{line.of_month:%Y-%m}",
            line.get_kind_display(),
            f"{line.amount:.2f}",
            line.party.name,
            line.clause,
            line.waybill_number,
            line.telling["summary"],
            "\n".join(line.telling["details"]),
        ]
        for line in _lines(statement)
    ]
    return write_workbook(
        (_("汇总"), (22, 30), sums),
        (_("明细"), (6, 20, 10, 14, 12, 20, 10, 16, 40, 60), [heads, *lines]),
        created=statement.drawn_at,
    )


def _lines(statement: Statement) -> Sequence[Line]:
    return list(statement.lines.select_related("party").order_by("number"))
