"""Hire, place, agree a wage, let go: what a day of employment is paid by, each from the day it holds from.

A month whose pay is locked stays as it was paid. Only a hire that is recorded late is still possible there, for it is
true all the same: the department then counts from the first day that is open, and the difference is an adjustment.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.privacy import redact
from kefu.staff import services as staff
from kefu.staff.models import Department, Employee, Position
from payroll.models import Employment, Leaving, Placement, Wage
from payroll.selectors.employment import (
    employment_on,
    latest_employment,
    placement_on,
    seated_elsewhere,
)
from payroll.selectors.reach import heads_of
from payroll.services import months
from payroll.services.punches import end_charge

KEEP, WAGES = "payroll.keep_people", "payroll.view_all_pay"

log = logging.getLogger(__name__)


def may_keep(actor: Any, employee: Employee | None = None, right: str = KEEP) -> None:
    """Raises NotAllowed for who does not keep the files, and for one's own file."""
    if actor is None or not actor.has_perm(right):
        raise NotAllowed(_("只有人事和经理可以办理入职、调动和离职"))
    if employee is not None and employee.user_id == actor.pk:
        raise NotAllowed(_("不能办理自己的档案，请找另一位人事或经理"))


def today_of(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


@transaction.atomic
def hire(
    *,
    employee: Employee,
    hired_on: date,
    department: Department | None,
    position: Position | None,
    reason: str = "",
    actor: Any,
    now: datetime,
) -> Employment:
    """Begin a stay with the company, in a department and a post; who left before gets his account back.

    Raises NotAllowed, Conflict (hired_already), KefuError naming the field: no_department, no_position, in_the_future.
    """
    may_keep(actor, employee)
    if department is None or not department.active:
        raise KefuError(_("请选择在用的部门"), code="no_department", field="department")
    if position is None:
        raise KefuError(_("请选择岗位"), code="no_position", field="position")
    if hired_on > today_of(now):
        raise KefuError(
            _("入职当天再办理，日期不能晚于今天"), code="in_the_future", field="hired_on"
        )
    employee = _lock(employee)
    stays = employee.employments.exclude(left_on__lt=hired_on)
    if (there := stays.order_by("hired_on").first()) is not None:
        raise Conflict(
            _("%(who)s 已在职，%(day)s 入职") % {"who": employee, "day": there.hired_on},
            code="hired_already",
            field="hired_on",
        )
    if employee.status == Employee.Status.LEFT:
        said = _("再次入职")
        staff.take_back(employee=employee, reason=reason or said, actor=actor, now=now)
    employment = Employment.objects.create(employee=employee, hired_on=hired_on)
    # rule: ES-116.01
    _placed(employee, department, position, months.open_month_day(hired_on), reason, actor, now)
    return employment


@transaction.atomic
def place(
    *,
    employee: Employee,
    department: Department | None,
    position: Position | None,
    from_on: date,
    reason: str = "",
    actor: Any,
    now: datetime,
) -> Placement:
    """Somebody works elsewhere from a day on, which may be one to come.

    Raises NotAllowed, Conflict (month_locked, placed_already), KefuError naming the field: no_department,
    no_position, before_hire.
    """
    may_keep(actor, employee)
    if department is None or not department.active:
        raise KefuError(_("请选择在用的部门"), code="no_department", field="department")
    if position is None:
        raise KefuError(_("请选择岗位"), code="no_position", field="position")
    employee = _lock(employee)
    _employed(employee, from_on, "from_on")
    months.check_open(from_on, field="from_on")
    known = placement_on(employee, from_on)
    if known and (known.department_id, known.position_id) == (department.pk, position.pk):
        raise Conflict(
            _("%(who)s 那天已经在%(department)s任%(position)s")
            % {"who": employee, "department": department, "position": position},
            code="placed_already",
            field="department",
        )
    return _placed(employee, department, position, from_on, reason, actor, now)


def _placed(
    employee: Employee, department: Department, position: Position, from_on: date, reason: str,
    actor: Any, now: datetime,
) -> Placement:  # fmt: skip
    row = Placement.objects.create(
        employee=employee,
        department=department,
        position=position,
        from_on=from_on,
        reason=_text(reason, 200),
        recorded_by=actor,
        recorded_at=now,
    )
    _sit_where_placed(employee, actor=actor, now=now)
    return row


def _sit_where_placed(employee: Employee, *, actor: Any, now: datetime) -> bool:
    """Let the employee's file say what holds today; return whether it said something else."""
    holds = placement_on(employee, today_of(now))
    if holds is None:
        return False
    if (holds.department_id, holds.position_id) == (employee.department_id, employee.position_id):
        return False
    staff.move(
        employee=employee,
        department=holds.department,
        position=holds.position,
        actor=actor,
        now=now,
    )
    end_charge(employee=employee, now=now)
    return True


@transaction.atomic
def agree_wage(
    *,
    employee: Employee,
    from_on: date,
    base: Decimal | None,
    post_allowance: bool = False,
    reason: str,
    actor: Any,
    now: datetime,
) -> Wage:
    """From a day on that base wage is agreed, in yuan; None: what the rulebook says for the post (ES-116.01).

    Raises NotAllowed, Conflict (month_locked), KefuError naming the field: before_hire, out_of_range, reason.
    """
    may_keep(actor, employee)
    may_keep(actor, employee, WAGES)
    employee = _lock(employee)
    _employed(employee, from_on, "from_on")
    months.check_open(from_on, field="from_on")
    if base is not None and not 0 < base <= 999_999:
        raise KefuError(_("约定工资要在 0 到 999,999 元之间"), code="out_of_range", field="base")
    return Wage.objects.create(
        employee=employee,
        from_on=from_on,
        base=base,
        post_allowance=post_allowance,
        reason=_text(reason, 200, required=True),  # whoever departs from the post's pay says why
        recorded_by=actor,
        recorded_at=now,
    )


@transaction.atomic
def leave(
    *,
    employee: Employee,
    last_day: date,
    kind: str = Leaving.Kind.RESIGNED,
    reason: str,
    at_once: bool = False,
    actor: Any,
    now: datetime,
) -> Leaving:
    """Somebody leaves after ``last_day``. Access ends with this very step if that day is over, or if ``at_once`` it
    is today; otherwise when the day is over, or ``end_access`` says so.

    Raises NotAllowed, Conflict (not_employed, leaving_already, month_locked), KefuError naming the field:
    before_hire, not_today, reason.
    """
    may_keep(actor, employee)
    employee = _lock(employee)
    stay = latest_employment(employee)
    if stay is None or stay.left_on is not None:
        code = "leaving_already" if stay and stay.left_on else "not_employed"
        said = _("%(who)s 已登记离职") if code == "leaving_already" else _("%(who)s 没有在职记录")
        raise Conflict(said % {"who": employee}, code=code, field="last_day")
    if last_day < stay.hired_on:
        raise KefuError(
            _("最后工作日不能早于入职日期 %(day)s") % {"day": stay.hired_on},
            code="before_hire",
            field="last_day",
        )
    if at_once and last_day > today_of(now):
        raise KefuError(
            _("立即停用账号时，最后工作日不能晚于今天"), code="not_today", field="last_day"
        )
    months.check_open(last_day, field="last_day")
    stay.left_on = last_day
    stay.save(update_fields=["left_on"])
    row = Leaving.objects.create(
        employment=stay,
        kind=kind,
        reason=_text(reason, 500, required=True),
        last_day=last_day,
        recorded_by=actor,
        recorded_at=now,
    )
    if at_once or last_day < today_of(now):
        _take_effect(row, employee, actor=actor, now=now)
    return row


@transaction.atomic
def stay_on(*, leaving: Leaving, actor: Any, now: datetime) -> None:
    """A leaving that has not taken effect is taken back. Raises NotAllowed, Conflict."""
    employee = _lock(leaving.employment.employee)
    may_keep(actor, employee)
    leaving = _waiting(leaving)
    months.check_open(leaving.last_day, field="last_day")
    leaving.withdrawn_at, leaving.withdrawn_by = now, actor
    leaving.save(update_fields=["withdrawn_at", "withdrawn_by"])
    Employment.objects.filter(pk=leaving.employment_id).update(left_on=None)


@transaction.atomic
def end_access(*, leaving: Leaving, actor: Any, now: datetime) -> None:
    """On the last day, or after it, everything is done: his account closes now. Raises NotAllowed, Conflict."""
    employee = _lock(leaving.employment.employee)
    may_keep(actor, employee)
    leaving = _waiting(leaving)
    if leaving.last_day > today_of(now):
        raise Conflict(_("最后工作日还没到，到那天才能停用账号"), code="too_early")
    _take_effect(leaving, employee, actor=actor, now=now)


def _waiting(leaving: Leaving) -> Leaving:
    row = Leaving.objects.select_for_update(no_key=True).get(pk=leaving.pk)
    if row.withdrawn_at or row.effected_at:
        raise Conflict(_("这次离职已经撤回或已经生效，请刷新"), code="leaving_decided")
    return row


def carry_out(*, now: datetime) -> int:
    """Do what was dated ahead and is due: departments that hold from today, last days that are over. Returns how many.

    Each in a transaction of its own, so that one that cannot be done holds up no other.
    """
    today, done = today_of(now), 0
    for employee in seated_elsewhere(today).order_by("pk"):
        with _alone("employee %s: cannot take his new seat", employee.pk):
            done += _sit_where_placed(_lock(employee), actor=None, now=now)
    due = Leaving.objects.filter(effected_at=None, withdrawn_at=None, last_day__lt=today)
    for row in due.select_related("employment").order_by("pk"):
        with _alone("leaving %s: cannot take effect", row.pk):
            employee = _lock(row.employment.employee)
            current = Leaving.objects.select_for_update(no_key=True).get(pk=row.pk)
            if current.effected_at is None and current.withdrawn_at is None:
                _take_effect(current, employee, actor=None, now=now)
                done += 1
    return done


@contextmanager
def _alone(words: str, pk: int) -> Iterator[None]:
    """A transaction whose failure is logged and stops nothing else."""
    try:
        with transaction.atomic():
            yield
    except Exception:
        log.exception(words, pk)


def _take_effect(leaving: Leaving, employee: Employee, *, actor: Any, now: datetime) -> None:
    """Close the account with all its sessions; what is still open in his name goes back to its department's queue,
    because nobody else would answer it.
    """
    left = list(Case.objects.open().of(employee).order_by("pk"))
    note = _("%(who)s 已离职，请接手") % {"who": employee}
    items = [desk.HandOverItem(case=case, to=None, note=note) for case in left]
    if items:
        desk.hand_over(giver=employee, items=items, actor=actor, now=now)
    if employee.status != Employee.Status.LEFT:
        reason = f"{leaving.get_kind_display()} {leaving.last_day:%Y-%m-%d}"
        staff.close_access(employee=employee, reason=reason, actor=actor, now=now)
    leaving.effected_at = now
    leaving.save(update_fields=["effected_at"])
    notifications.ring(
        kind=Event.Kind.PERSON_LEFT,
        at=now,
        user_ids=[one for one in heads_of(employee.department_id) if one != employee.user_id],
        data={"who": str(employee), "number": employee.number, "cases": len(items)},
    )


def _lock(employee: Employee) -> Employee:
    return (
        Employee.objects.select_for_update(of=["self"], no_key=True)
        .select_related("user", "department", "position")
        .get(pk=employee.pk)
    )


def _employed(employee: Employee, day: date, field: str) -> Employment:
    """The stay that ``day`` belongs to. Raises KefuError (before_hire) naming the field."""
    stay = employment_on(employee, day)
    if stay is None:
        raise KefuError(
            _("%(who)s 在 %(day)s 不在职，日期要在入职之后、离职之前")
            % {"who": employee, "day": day},
            code="before_hire",
            field=field,
        )
    return stay


def _text(text: str, most: int, *, required: bool = False) -> str:
    cleaned = redact.clean(
        text, max_length=most, field="reason", required=required, multiline=False
    )
    return redact.redact(cleaned)
