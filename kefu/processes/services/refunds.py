"""Orders in refund or dispute: looked through once a day, and the owners of what is open reminded."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.cases import services as cases
from kefu.cases.models import Case, Interaction
from kefu.errors import Conflict, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.processes import Target, routed
from kefu.policy.refusals import NotInRulebook
from kefu.processes.models import ProcessRun, RefundCheck, RefundCheckReminder
from kefu.processes.refunds import (
    REMINDED,
    Duty,
    Untold,
    duty,
    open_refunds,
    states_of,
    untold,
)
from kefu.processes.roles import owner_of
from kefu.staff.models import Employee

MATTER = "open_refund_or_dispute"


@transaction.atomic
def check_refunds(*, by: Employee, now: datetime) -> RefundCheck:
    """Record that ``by`` looked through the orders in refund or dispute, with how many were open.

    Raises Conflict where that was done for today. Source: SD-221.08.
    """
    wanted = _duty_of(by, now)
    check, made = RefundCheck.objects.get_or_create(
        department=by.department,
        due_on=wanted.due.on,
        defaults={
            "checked_at": now,
            "checked_by": by,
            "open_runs": len(open_refunds(wanted, at=now)),
        },
    )
    if not made:  # rule: SD-221.08
        raise Conflict(_("%(who)s 已经看过了") % {"who": check.checked_by}, code="already_checked")
    return check


def _duty_of(by: Employee, now: datetime) -> Duty:
    wanted = duty(department_id=by.department_id, at=now)
    if wanted is None:
        raise Conflict(_("适用的规章没有要求看退款维权单"), code="no_check_due")
    if not wanted.owner.allows(by.user):
        raise NotAllowed(_("退款维权单由主管查看"), code="not_yours", owner=wanted.owner.name)
    return wanted


@transaction.atomic
def remind_owner(*, case: Case, by: Employee, now: datetime) -> Interaction:
    """Remind whoever has an order in refund or dispute; without an owner, the desk it lies with (SD-221.09).

    Each reminder is a line of the case. Raises Conflict where it is not open, lies with nobody but oneself, or the
    rulebook knows no such reminder.
    """
    wanted = _duty_of(by, now)
    case = cases.lock(case=case)
    run = ProcessRun.objects.filter(case=case, ended_at=None).first()
    if run is None or not states_of(run, wanted):
        raise Conflict(_("这一单不在退款或维权中，不用催"), code="not_open")
    targets = _targets(wanted)
    people = {user for target in targets for user in _people(target, case)} - {by.user_id}
    if not people:  # rule: SD-221.09
        raise Conflict(_("没有别人可催：先转给办单的人"), code="nobody_to_remind")
    line = cases.step(
        case=case,
        action=REMINDED,
        actor=by.user,
        now=now,
        who=case.owner.name if case.owner else case.department.name,
        clause=targets[0].clause,
    )
    notifications.ring(
        kind=Event.Kind.PROCESS_REMINDED, at=now, user_ids=people, data={}, case_id=case.pk
    )
    return line


def _targets(wanted: Duty) -> tuple[Target, ...]:
    try:
        targets, _steps = routed(wanted.using.rules, MATTER)
    except NotInRulebook:
        targets = ()
    if not targets:
        raise Conflict(_("适用的规章没有这种提醒"), code="no_reminder")
    return targets


def _people(target: Target, case: Case) -> set[int]:
    found: set[int] = set()
    for name in target.to:
        if name != "case_owner":
            found |= set(owner_of(name).people())
        elif case.owner is not None:
            found.add(case.owner.user_id)
        else:
            desk = Employee.objects.assignable().filter(department=case.department_id)
            found |= set(desk.values_list("user_id", flat=True))
    return found


@transaction.atomic
def remind_of_checks(*, now: datetime) -> int:
    """Tell those who look through the orders once before it is due, where the house set a time, at its other time the
    shift lead if nobody did by then, and once who missed it with something open; return how often somebody was told.
    Twice is harmless. Departments without anybody of the role are not told.
    """
    return sum(_tell(one, now=now) for one in untold(at=now))


def _tell(wanted: Untold, *, now: datetime) -> bool:
    due_on = wanted.duty.due.on
    _row, first = RefundCheckReminder.objects.get_or_create(
        department_id=wanted.duty.department_id,
        due_on=due_on,
        late=wanted.late,
        to_lead=wanted.to_lead,
        defaults={"told_at": now},
    )
    if first:
        notifications.ring(
            kind=Event.Kind.REFUNDS_LATE if wanted.late else Event.Kind.REFUNDS_DUE,
            at=now,
            user_ids=wanted.people,
            data={
                "on": f"{due_on:%m-%d}",
                "number": wanted.number,
                "unchecked": wanted.to_lead,
            },
        )
    return first
