"""Two purses beside the wage: the supervisor's pool of the reports (CD-12.77), a department's fund (SD-233.04)."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError, NotAllowed
from kefu.policy.pay import PayRules
from kefu.privacy import redact
from kefu.rulebooks.selectors import edition_saying
from kefu.staff.models import Department, Employee
from payroll.models import FundEntry, PoolPayment
from payroll.selectors import pay as selectors
from payroll.selectors.reach import oversees
from payroll.services import months


@transaction.atomic
def give(
    *, employee: Employee, month: date, amount: Decimal, reason: str, actor: Any, now: datetime
) -> PoolPayment:
    """Give one of one's people part of the pool with a month's wage; what is not given is carried over.

    Raises NotAllowed, KefuError naming the field (no_pool, not_in_pool, own_gift), Conflict (month_locked).
    """
    if not actor.has_perm("payroll.share_pool"):
        raise NotAllowed(_("只有主管可以分配奖励池"))
    if employee.user_id == actor.pk:
        raise KefuError(_("奖励池是发给员工的，不能发给自己"), code="own_gift", field="employee")
    if not oversees(actor, employee.department_id):
        raise NotAllowed(_("只能发给自己部门的人"), field="employee")
    month = month.replace(day=1)
    months.check_open(month, field="month")
    using = edition_saying(
        lambda rules: PayRules.of(rules).pool is not None,
        department_id=employee.department_id,
        at=now,
    )
    clause = PayRules.of(using.rules).pool if using else None
    if using is None or clause is None:
        said = _("这个员工适用的规章没有奖励池")
        raise KefuError(said, code="no_pool", field="employee")
    _alone("payroll.pool")
    if amount > selectors.pool(month).left:
        raise KefuError(_("奖励池里没有这么多"), code="not_in_pool", field="amount")
    return PoolPayment.objects.create(
        employee=employee,
        month=month,
        clause=clause.id,
        rulebook_id=using.version_id,
        amount=amount,
        reason=_said(reason, "reason"),
        given_by=actor,
        given_at=now,
    )


@transaction.atomic
def spend(
    *, department: Department, amount: Decimal, purpose: str, actor: Any, now: datetime
) -> FundEntry:
    """Spend of a fund of one's own departments, in yuan. Raises NotAllowed, KefuError (not_in_fund)."""
    if not actor.has_perm("payroll.spend_fund"):
        raise NotAllowed(_("只有主管可以动用活动经费"))
    if not oversees(actor, department.pk):
        raise NotAllowed(_("只能动用自己部门的活动经费"), field="department")
    _alone("payroll.fund")
    if amount > selectors.fund_left(department):
        raise KefuError(_("经费里没有这么多"), code="not_in_fund", field="amount")
    return FundEntry.objects.create(
        department=department,
        on=now.astimezone(SHANGHAI).date(),
        amount=-amount,
        purpose=_said(purpose, "purpose"),
        entered_by=actor,
        entered_at=now,
    )


def _alone(purse: str) -> None:
    """Two people do not spend the same yuan: one waits for the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [purse])


def _said(text: str, field: str) -> str:
    cleaned = redact.clean(text, max_length=300, field=field, required=True, multiline=False)
    return redact.redact(cleaned)
