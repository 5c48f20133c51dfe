"""What comes late: a line of the next open month that names the month it belongs to."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from claims.models import ReportBonus
from kefu.clock import SHANGHAI
from kefu.errors import KefuError, NotAllowed
from kefu.penalties.models import Penalty, PenaltyEvent
from kefu.privacy import redact
from kefu.staff.models import Employee
from payroll.models import LockedMonth, PayAdjustment
from payroll.services import months

RUN = "payroll.run_pay"


def adjust(
    *,
    employee: Employee,
    of_month: date,
    clause: str,
    rulebook_id: int,
    amount: Decimal,
    reason: str,
    source: str = "",
    inputs: dict[str, Any] | None = None,
    actor: Any,
    now: datetime,
) -> PayAdjustment:
    """Owe somebody more (or less, below nought) for a locked month, in yuan; it stands on the slip of the next open
    one. The same ``source`` again returns the same row. ``inputs``: what a computed amount was reckoned from.

    Raises NotAllowed, KefuError naming the field: month_open for one that can still change, reason, amount.
    """
    if not source and not actor.has_perm(RUN):
        raise NotAllowed(_("只有人事和财务可以登记调整"))
    if not source and employee.user_id == actor.pk:
        raise KefuError(_("不能登记自己的调整"), code="own_entry", field="employee")
    of_month = of_month.replace(day=1)
    if not months.is_locked(of_month):
        raise KefuError(
            _("%(month)s 还没有锁定，直接改那个月的记录就可以") % {"month": f"{of_month:%Y-%m}"},
            code="month_open",
            field="of_month",
        )
    if not amount:
        raise KefuError(_("数额不能是 0"), code="no_amount", field="amount")
    reason = redact.clean(reason, max_length=500, field="reason", required=True, multiline=False)
    given = {
        "of_month": of_month,
        "month": months.open_month(of_month),
        "clause": clause,
        "rulebook_id": rulebook_id,
        "amount": amount,
        "reason": redact.redact(reason),
        "inputs": inputs or {},
        "entered_by": actor,
        "entered_at": now,
    }
    if not source:
        return PayAdjustment.objects.create(employee=employee, **given)
    rows = PayAdjustment.objects
    return rows.get_or_create(employee=employee, source=source, defaults=given)[0]


def take_late(*, month: date, now: datetime) -> int:
    """Turn what became known after a month was locked into adjustments of this one; return how many are new.

    Bonuses of reports that were accepted later, fines that became payable later, and fines that were taken off a wage
    and are taken back since (CD-12.74, CD-12.75).
    """
    before = PayAdjustment.objects.count()
    for late in (*_late_bonuses(month), *_late_fines(month), *_taken_back(month)):
        adjust(**late, actor=None, now=now)
    return PayAdjustment.objects.count() - before


def _locked() -> dict[date, datetime]:
    return dict(LockedMonth.objects.values_list("month", "locked_at"))


def _late_bonuses(month: date) -> list[dict[str, Any]]:
    locked = _locked()
    rows = ReportBonus.objects.filter(
        to=ReportBonus.To.AUTHOR, month__in=[one for one in locked if one < month]
    ).select_related("employee")
    return [
        {
            "employee": row.employee,
            "of_month": row.month,
            "clause": row.clause,
            "rulebook_id": row.rulebook_id,
            "amount": row.amount,
            "reason": _("报告在工资锁定后才受理"),
            "source": f"report_bonus:{row.pk}",
        }
        for row in rows
        if row.credited_at > locked[row.month]
    ]


def _late_fines(month: date) -> list[dict[str, Any]]:
    locked = _locked()
    rows = Penalty.objects.filter(
        kind=Penalty.Kind.FINE,
        state=Penalty.State.PAYABLE,
        party__employee__isnull=False,
    ).select_related("party__employee")
    found = []
    for row in rows:
        of = row.incurred_at.astimezone(SHANGHAI).date().replace(day=1)
        if of in locked and of < month:
            found.append(
                _fine(row, of, -row.value, f"penalty:{row.pk}", _("罚款在工资锁定后才生效"))
            )
    return found


def _taken_back(month: date) -> list[dict[str, Any]]:
    rows = PenaltyEvent.objects.filter(
        penalty__state=Penalty.State.REVERSED,
        kind=PenaltyEvent.Kind.SETTLED,
        fact__has_key="taken",  # by a wage; what an outlet paid is on its statement
    ).select_related("penalty__party__employee")
    found = []
    for event in rows:
        of = date.fromisoformat(event.fact["month"])
        taken = Decimal(event.fact["taken"])
        if taken and of < month:
            said = _("已扣的罚款后来冲销，退还")
            source = f"refund:{event.penalty_id}"
            found.append(_fine(event.penalty, of, taken, source, said))
    return found


def _fine(row: Penalty, of: date, amount: Decimal, source: str, reason: str) -> dict[str, Any]:
    return {
        "employee": row.party.employee,
        "of_month": of,
        "clause": row.clause,
        "rulebook_id": row.rulebook_id,
        "amount": amount,
        "reason": reason,
        "source": source,
    }
