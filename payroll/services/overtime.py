"""Overtime: asked for, approved, settled in money or in time off; evening duty paid by the hour."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.clauses import HourlyPay, Request
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.staff.models import Employee, User
from payroll.models import Overtime, Wage
from payroll.selectors.presence import edition_of, working_days
from payroll.services import months
from payroll.services.punches import check_keeper

APPROVE = "payroll.approve_overtime"
LONGEST = timedelta(hours=16)
AHEAD = timedelta(days=60)
State, Settle = Overtime.State, Overtime.Settle


@transaction.atomic
def ask(
    *,
    employee: Employee,
    starts_at: datetime,
    ends_at: datetime,
    settle: str,
    reason: str,
    duty: str = "",
    afterwards: str = "",
    actor: Any,
    now: datetime,
) -> Overtime:
    """Ask for overtime of one's own, or for one's people; ``duty``: the paid duty that it is instead (CD-12.41).

    Asked for after it began, it needs to say why (``afterwards``) where the rulebook wants it beforehand. Raises
    NotAllowed, KefuError naming the field, Conflict (overtime_there, month_locked). Source: ES-132.01.
    """
    if employee.user_id != actor.pk:
        check_keeper(APPROVE, employee, actor)
    if ends_at <= starts_at:
        raise KefuError(_("加班结束要晚于开始"), code="no_length", field="ends_at")
    if ends_at - starts_at > LONGEST:
        raise KefuError(_("一次加班不超过 16 小时，请核对"), code="too_long", field="ends_at")
    if starts_at > now + AHEAD:
        raise KefuError(_("开始太远了，请核对"), code="too_far", field="starts_at")
    for moment, field in ((starts_at, "starts_at"), (ends_at, "ends_at")):
        months.check_open(moment.astimezone(SHANGHAI).date(), field=field)
    rules = edition_of(employee, starts_at.astimezone(SHANGHAI).date()).rules
    if duty and duty not in duties(rules):
        raise KefuError(_("规章里没有这种计时值班"), code="no_such_duty", field="duty")
    if settle == Settle.PAY and not duty and not paid(rules):
        raise KefuError(
            _("这里的规章没有加班费标准，请选调休"), code="no_overtime_pay", field="settle"
        )
    reason = _cleaned(reason, "reason", required=True)
    clause = _beforehand(rules)
    if clause and starts_at < now:  # rule: ES-132.01
        reason = _("{reason}（补报：{why}）").format(
            reason=reason, why=_cleaned(afterwards, "afterwards", required=True)
        )
    try:
        with transaction.atomic():
            return Overtime.objects.create(
                employee=employee,
                starts_at=starts_at,
                ends_at=ends_at,
                settle=settle,
                duty=duty,
                reason=reason[:300],
                asked_by=actor,
                asked_at=now,
            )
    except IntegrityError as error:
        if "overtime_once_at_a_time" not in str(error):
            raise
        raise Conflict(_("这段时间已登记加班"), code="overtime_there", field="starts_at") from error


def duties(rules: Rulebook) -> list[str]:
    """The duties that are paid by the hour (CD-12.41); staying on late is none of them."""
    return [
        clause.of for clause in rules.in_force(HourlyPay) if not clause.of.startswith("overtime_")
    ]


def paid(rules: Rulebook) -> bool:
    """Does the rulebook say what an hour of overtime is worth?"""
    return any(clause.of.startswith("overtime_") for clause in rules.in_force(HourlyPay))


def _beforehand(rules: Rulebook) -> str:
    return next(
        (c.id for c in rules.in_force(Request) if "overtime" in c.requests and c.lodged_before), ""
    )


@transaction.atomic
def decide(
    *,
    overtime: Overtime,
    approved: bool,
    specially: bool = False,
    actor: Any,
    now: datetime,
) -> Overtime:
    """Approve it, or not; never one's own. ``specially``: pay it to who gets a post allowance (ES-132.03), which is
    the general manager's to say.

    Raises NotAllowed, KefuError, Conflict (decided, month_locked).
    """
    overtime = (
        Overtime.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee")
        .get(pk=overtime.pk)
    )
    check_keeper(APPROVE, overtime.employee, actor)
    if overtime.asked_by_id == actor.pk:
        raise NotAllowed(_("不能审批自己提的申请"))
    if overtime.state != State.ASKED:
        raise Conflict(_("已经答复过了"), code="decided")
    months.check_open(overtime.starts_at.astimezone(SHANGHAI).date())
    if specially and actor.role != User.Role.MANAGER:
        # rule: ES-132.03
        raise NotAllowed(_("特批支薪由总经理核准"))
    overtime.state = State.APPROVED if approved else State.REFUSED
    overtime.specially_approved = approved and specially
    overtime.decided_by, overtime.decided_at = actor, now
    overtime.save(update_fields=["state", "specially_approved", "decided_by", "decided_at"])
    return overtime


def day_types(overtime: Overtime, rules: Rulebook) -> list[tuple[date, str]]:
    """The days a stretch falls on, each with its kind (ES-132.04 to ES-132.07); [] without a working week."""
    first, last = (at.astimezone(SHANGHAI).date() for at in (overtime.starts_at, overtime.ends_at))
    found = working_days(rules, first)
    days = [first] if first == last else [first, last]
    return [(day, found.day(day).type) for day in days] if found else []


def allowance_holder(employee: Employee, at: datetime) -> bool:
    """Does he get a post allowance then, so that overtime is given back as time off (ES-132.02)?"""
    last = (
        Wage.objects.filter(employee=employee, from_on__lte=at.astimezone(SHANGHAI).date())
        .order_by("from_on", "pk")
        .last()
    )
    return last is not None and last.post_allowance


def _cleaned(text: str, field: str, *, required: bool) -> str:
    return redact.redact(
        redact.clean(text, max_length=200, field=field, required=required, multiline=False)
    )
