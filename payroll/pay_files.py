"""The files of a month's pay: the register as a workbook, a payslip as PDF, the bank's file as CSV."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kefu import pdf
from kefu.errors import KefuError
from kefu.network.selectors import our_company
from kefu.privacy import redact
from kefu.spreadsheets import write_csv, write_workbook
from kefu.staff.models import Employee
from payroll.models import BankAccount, PayExport, PayRun, Payslip, PayslipLine
from payroll.selectors import pay as selectors
from payroll.selectors.slips import rules_citing

# The columns a bank may ask for, and what each says of a slip and its account.
COLUMNS: dict[str, tuple[Promise, Callable[[Payslip, dict[str, str]], str]]] = {
    "number": (gettext_lazy("工号"), lambda slip, _account: slip.employee.number),
    "name": (gettext_lazy("姓名"), lambda slip, _account: slip.employee.name),
    "holder": (gettext_lazy("户名"), lambda _slip, account: account["holder"]),
    "bank": (gettext_lazy("开户行"), lambda _slip, account: account["bank"]),
    "account": (pgettext_lazy("bank", "账号"), lambda _slip, account: account["account"]),
    "amount": (gettext_lazy("金额"), lambda slip, _account: f"{slip.net:.2f}"),
    "month": (gettext_lazy("月份"), lambda slip, _account: f"{slip.run.month:%Y-%m}"),
    "purpose": (gettext_lazy("用途"), lambda slip, _account: _("%(month)s 工资") % {"month": f"{slip.run.month:%Y-%m}"}),
}  # fmt: skip
USUAL = ("account", "holder", "bank", "amount", "purpose")


def columns_last_used() -> list[str]:
    last = PayExport.objects.filter(kind=PayExport.Kind.BANK).order_by("-pk").first()
    return list(last.columns) if last else list(USUAL)


def kept(run: PayRun, kind: str, content: bytes, *, columns: Sequence[str] = (), actor: Any, now: datetime) -> PayExport:  # fmt: skip
    """That everybody's pay left as a file is on record before it leaves."""
    return PayExport.objects.create(
        run=run,
        kind=kind,
        columns=list(columns),
        digest=hashlib.sha256(content).hexdigest(),
        taken_by=actor,
        taken_at=now,
    )


def bank_file(run: PayRun, columns: Sequence[str]) -> bytes:
    """What is paid to whom, as CSV in the columns asked for. Whoever is paid nothing is left out.

    Raises KefuError (not_locked, columns, no_account naming who has none).
    """
    if run.state != PayRun.State.LOCKED:
        raise KefuError(_("工资锁定后才能出银行文件"), code="not_locked")
    if not columns or any(one not in COLUMNS for one in columns):
        raise KefuError(_("请选要导出的栏目"), code="columns", field="columns")
    slips = list(
        run.slips.filter(net__gt=0).select_related("employee", "run").order_by("employee__number")
    )
    accounts: dict[int, dict[str, str]] = {}
    rows = BankAccount.objects.filter(employee__in=[slip.employee_id for slip in slips])
    for row in rows.order_by("pk"):
        accounts[row.employee_id] = row.sealed
    lacking = [str(slip.employee) for slip in slips if slip.employee_id not in accounts]
    if lacking and {"account", "holder", "bank"} & set(columns):
        raise KefuError(
            _("这些人还没有登记工资账户：%(who)s") % {"who": _("、").join(lacking[:5])},
            code="no_account",
            field="columns",
        )
    empty = {"holder": "", "bank": "", "account": ""}
    table = [
        [COLUMNS[one][1](slip, accounts.get(slip.employee_id, empty)) for one in columns]
        for slip in slips
    ]
    return write_csv([[str(COLUMNS[one][0]) for one in columns], *table])


def keep_account(
    *, employee: Employee, holder: str, bank: str, account: str, actor: Any, now: datetime
) -> BankAccount:
    """Record where somebody's pay goes. Raises KefuError naming the field."""
    given = {"holder": holder, "bank": bank, "account": account}
    for name, text in given.items():
        given[name] = redact.clean(text, max_length=60, field=name, required=True, multiline=False)
    number = given["account"].replace(" ", "")
    if not (number.isascii() and number.isdigit() and 8 <= len(number) <= 30):
        raise KefuError(_("账号是 8 到 30 位数字"), code="bad_account", field="account")
    given["account"] = number
    return BankAccount.objects.create(
        employee=employee,
        masked=f"**** {number[-4:]}",
        sealed=given,
        recorded_by=actor,
        recorded_at=now,
    )


def register(run: PayRun, language: str) -> bytes:
    """The month as a workbook: a row each with every part of the wage, and all lines on a second sheet."""
    computed = run.slips.exclude(net=None).select_related("employee__department")
    slips = list(computed.order_by("employee__number"))
    sums: dict[tuple[int, str], Decimal] = {}
    items: dict[str, None] = {}
    lines = (
        PayslipLine.objects.filter(part__slip__run=run)
        .select_related("part__slip__employee")
        .order_by("part__slip__employee__number", "part__number", "number")
    )
    details: list[Sequence[str]] = [
        [_("工号"), _("姓名"), _("条款"), _("项目"), _("金额（元）"), _("说明")]
    ]
    for line in lines.iterator(2_000):
        one = line.part.slip.employee
        label = selectors.label_of(line, rules_citing(line.part), language)
        said = _("未扣") if line.kept else ""
        details.append([one.number, one.name, line.clause, label, f"{line.amount:.2f}", said])
        if not line.kept:
            items[line.item] = None
            key = line.part.slip_id, line.item
            sums[key] = sums.get(key, Decimal("0.00")) + line.amount
    heads = [_("工号"), _("姓名"), _("部门")]
    heads += [selectors.item_name(item, language) for item in items]
    heads += [_("应发"), _("扣款"), _("实发"), _("未扣")]
    table: list[Sequence[str]] = [heads]
    for slip in slips:
        amounts = [sums.get((slip.pk, item)) for item in items]
        table.append(
            [
                slip.employee.number,
                slip.employee.name,
                str(slip.employee.department),
                *("" if amount is None else f"{amount:.2f}" for amount in amounts),
                *(f"{one:.2f}" for one in (slip.gross, slip.deductions, slip.net, slip.not_deducted)),
            ]
        )  # fmt: skip
    return write_workbook(
        (_("工资表"), [10, 14, 18] + [12] * (len(heads) - 3), table),
        (_("明细"), (10, 14, 12, 30, 14, 12), details),
        created=run.computed_at,
    )


def payslip(slip: Payslip, language: str) -> bytes:
    """One payslip as PDF, every line with its arithmetic. Raises pdf.NoFont."""
    run, one = slip.run, slip.employee
    blocks: list[Any] = [
        pdf.Facts(
            [
                (_("员工"), str(one)),
                (_("月份"), f"{run.month:%Y-%m}"),
                (_("应发"), f"{slip.gross:,.2f}"),
                (_("扣款"), f"{slip.deductions:,.2f}"),
                (_("实发"), f"{slip.net:,.2f}"),
                (_("未扣"), f"{slip.not_deducted:,.2f}"),
            ]
        )
    ]
    for part in selectors.shown(slip, language):
        head = f"{part.department} {part.from_on:%m-%d} – {part.until_on:%m-%d}"
        blocks.append(pdf.Heading(head))
        blocks.append(
            pdf.Rows(
                (_("条款"), _("项目"), _("怎么算的"), _("金额（元）")),
                list(_rows(part.lines)),
                (2, 4, 9, 3),
                frozenset({3}),
            )
        )
        if part.kept:
            blocks.append(pdf.Heading(_("超出扣款上限，没有扣的")))
            kept = list(_rows(part.kept))
            heads = (_("条款"), _("项目"), _("怎么算的"), _("金额（元）"))
            blocks.append(pdf.Rows(heads, kept, (2, 4, 9, 3), frozenset({3})))
    number = f"{run.month:%Y-%m}-{one.number}"
    return pdf.draw(pdf.Paper(_("工资条"), number, our_company().name, blocks))


def _rows(lines: Sequence[selectors.ShownLine]) -> Iterator[Sequence[str]]:
    for line in lines:
        told = _("；").join(f"{one.text} = {one.value}" for one in line.told)
        yield line.clause, line.label, told, f"{line.amount:,.2f}"
