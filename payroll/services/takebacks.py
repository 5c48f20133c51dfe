"""A line of a paid month turns out to be wrong, or its examination is marked late: what the slip took or gave for it
comes back with a later wage.
"""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kefu.policy.sheets import wanted
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee
from payroll.models import ExamMark, PayAdjustment, Payslip, RegisterEntry
from payroll.selectors.metrics import EXAM
from payroll.selectors.paid import difference, inputs_of, known_since, late_mark, paid_slip
from payroll.services import adjustments


def take_back(*, entry: RegisterEntry, actor: Any, now: datetime) -> PayAdjustment | None:
    """Owe whoever was paid with the line the difference to a slip without it, and without those that were withdrawn
    before; None where it comes to nothing. ``entry``: of a locked month.
    """
    slip = _slip(entry.employee, entry.month)
    if slip is None:
        return None
    before = known_since(entry.employee_id, entry.month)
    after = replace(before, gone=[*before.gone, entry])
    return _owe(
        slip,
        inputs_of(slip, before, after),
        clause=entry.clause,
        rulebook_id=entry.rulebook_id,
        reason=_("工资锁定后撤销的登记"),
        source=f"entry:{entry.pk}",
        actor=actor,
        now=now,
    )


def mark_late(*, mark: ExamMark, actor: Any, now: datetime) -> PayAdjustment | None:
    """Owe whoever was paid without this mark, or with the one that it corrects, the difference that it makes; None
    where it makes none. ``mark``: of a monthly examination whose month is locked (CD-12.55).
    """
    paper = mark.paper
    slip = _slip(paper.employee, paper.exam.month)
    if slip is None:
        return None
    after = known_since(paper.employee_id, paper.exam.month)
    before = replace(after, mark=late_mark(paper.employee_id, paper.exam.month, before=mark.pk))
    inputs = inputs_of(slip, before, after)
    if inputs["sheet"] is None:
        return None
    version = inputs["sheet"]["version"]
    numbers = wanted(edition(version).rules, paper.exam.month.month)
    clause = next((one.clause for one in numbers if one.metric == EXAM), "")
    return _owe(
        slip,
        inputs,
        clause=clause,
        rulebook_id=version,
        reason=_("工资锁定后出的考试成绩"),
        source=f"exam_mark:{mark.pk}",
        actor=actor,
        now=now,
    )


def _slip(employee: Employee, month: date) -> Payslip | None:
    # One change of a paid month at a time.
    rows = paid_slip(employee.pk, month).select_for_update(of=["self"], no_key=True)
    return rows.select_related("run", "employee").first()


def _owe(slip: Payslip, inputs: dict[str, Any], **given: Any) -> PayAdjustment | None:
    amount = difference(inputs)
    if not amount:
        return None
    return adjustments.adjust(
        employee=slip.employee, of_month=slip.run.month, amount=amount, inputs=inputs, **given
    )
