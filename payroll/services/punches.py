"""Come, go, explain a punch that is missing, sign for it; who need not punch, and whose punch was false."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.policy.access import Actor, may
from kefu.policy.clauses import Consequence
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.staff.models import Department, Employee, User
from payroll.models import (
    AttendanceClerk,
    Correction,
    FalsePunch,
    Punch,
    PunchExemption,
    RegisterEntry,
    RosteredShift,
)
from payroll.selectors.attendance import names_clerks_of
from payroll.selectors.people import leads
from payroll.selectors.presence import admitted, asked_in_month, edition_of, known, reach
from payroll.services import months, register
from payroll.services.attendance import assess_days

REASON = 300  # characters
SIGN = "payroll.sign_card"
A_DAY = timedelta(days=1)
Direction = Punch.Direction


# By the web.


@transaction.atomic
def punch(*, employee: Employee, direction: str, actor: Any, now: datetime) -> Punch:
    """Come or go, by the server's time and one's own hand. Source: ES-133.02, SD-215.01, SD-233.18.

    Raises NotAllowed for somebody else's punch, Conflict for coming twice (punched_in) or in a locked month.
    """
    if employee.user_id != actor.pk:
        raise NotAllowed(_("只能打自己的卡"))
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    today = now.astimezone(SHANGHAI).date()
    months.check_open(today)
    last = employee.punches.filter(at__gt=now - A_DAY).order_by("at").last()
    if direction == Direction.IN and last is not None and last.direction == Direction.IN:
        shift = shift_at(employee, now)
        since = reach(shift, [shift])[0] if shift else now - A_DAY / 2
        if last.at >= since:
            at = f"{last.at.astimezone(SHANGHAI):%H:%M}"
            raise Conflict(_("%(at)s 已打过上班卡") % {"at": at}, code="punched_in")
    made = Punch.objects.create(
        employee=employee,
        at=now,
        direction=direction,
        source=Punch.Source.WEB,
        recorded_by=actor,
        recorded_at=now,
    )
    assess_days(employee, today - A_DAY, today, now)
    return made


def shift_at(employee: Employee, now: datetime) -> RosteredShift | None:
    """The shift that a punch at ``now`` is of, if there is one."""
    day = now.astimezone(SHANGHAI).date()
    own = list(
        RosteredShift.objects.on_duty()
        .of(employee, since=day - A_DAY, until=day + A_DAY)
        .select_related("roster")
        .order_by("starts_at")
    )
    for shift in own:
        since, until = reach(shift, own)
        if since <= now <= until:
            return shift
    return None


# Corrections.


@transaction.atomic
def ask_correction(
    *,
    shift: RosteredShift,
    direction: str,
    at: time,
    reason: str,
    actor: Any,
    now: datetime,
) -> Correction:
    """Explain one's own missing or wrong punch; ``at``: the time of day it ought to show. The general manager may do so
    for somebody whose time has run out; a supervisor signs all the same.

    Raises NotAllowed for another's, KefuError naming the field, Conflict: month_locked, correction_open, asked_late
    and asked_too_often with the clause that closes it. Source: ES-133.12, SD-233.19, SD-233.21.
    """
    employee = shift.employee
    overrides = actor.role == User.Role.MANAGER and employee.user_id != actor.pk
    if employee.user_id != actor.pk and not overrides:
        raise NotAllowed(_("只能说明自己的打卡"))
    Employee.objects.select_for_update(no_key=True).get(pk=employee.pk)
    if not shift.live:
        raise Conflict(_("这个班已经换出去了"), code="shift_gone")
    months.check_open(shift.day)
    reason = _cleaned(reason, "reason")
    moment = _moment(shift, direction, at, now)
    _check_order(shift, direction, moment, now)
    using = edition_of(employee, shift.day)
    before = asked_in_month(employee, shift.day)
    verdict = admitted(shift, direction, using, before=before, asked_at=now)
    if verdict.late and not overrides:  # rule: ES-133.12
        due = verdict.due_at and f"{verdict.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"
        raise Conflict(
            _("%(clause)s：补签截止 %(due)s，已经过了") % {"clause": verdict.late, "due": due},
            code="asked_late",
        )
    if verdict.too_many:
        raise Conflict(
            _("%(clause)s：这个月的补签已申请 %(n)d 次，不能再申请")
            % {"clause": verdict.too_many, "n": before},
            code="asked_too_often",
        )
    try:
        with transaction.atomic():
            made = Correction.objects.create(
                shift=shift,
                employee=employee,
                direction=direction,
                at=moment,
                reason=reason,
                asked_by=actor,
                asked_at=now,
                rulebook_id=using.version_id,
                inputs={
                    "before": before,
                    "due_at": verdict.due_at and verdict.due_at.isoformat(),
                    "steps": [step.to_json() for step in verdict.steps],
                },
            )
    except IntegrityError as error:
        if "correction_one_open" not in str(error):
            raise
        raise Conflict(_("这张卡已有一份补签在等答复"), code="correction_open") from error
    assess_days(employee, shift.day, shift.day, now)
    return made


def _moment(shift: RosteredShift, direction: str, at: time, now: datetime) -> datetime:
    """The moment within reach of the shift at which the clock showed this time; nearest to where the shift begins,
    or ends."""
    since, until = reach(shift, [shift])
    mark = shift.starts_at if direction == Direction.IN else shift.ends_at
    days = (shift.day + n * A_DAY for n in (-1, 0, 1))
    found = [datetime.combine(day, at, SHANGHAI) for day in days]
    within = [moment for moment in found if since <= moment <= until]
    if not within:
        raise KefuError(_("这个时间不在这一班前后"), code="not_of_shift", field="at")
    moment = min(within, key=lambda one: abs(one - mark))
    if moment > now:
        raise KefuError(_("补签时间不能晚于现在"), code="in_the_future", field="at")
    return moment


def _check_order(shift: RosteredShift, direction: str, moment: datetime, now: datetime) -> None:
    """Coming precedes going. Raises KefuError."""
    facts = known(shift.employee, [shift], now=now)[0].facts
    if direction == Direction.IN and facts.left_at and moment >= facts.left_at:
        raise KefuError(_("上班时间要早于下班卡"), code="out_of_order", field="at")
    if direction == Direction.OUT and facts.came_at and moment <= facts.came_at:
        raise KefuError(_("下班时间要晚于上班卡"), code="out_of_order", field="at")


@transaction.atomic
def decide_correction(
    *, correction: Correction, signed: bool, answer: str = "", actor: Any, now: datetime
) -> Correction:
    """Sign the card, which makes a punch of it, or refuse with a reason; never one's own (SD-233.20).

    Raises NotAllowed, KefuError, Conflict: decided, month_locked, punch_there.
    """
    correction = (
        Correction.objects.select_for_update(of=["self"], no_key=True)
        .select_related("employee", "shift")
        .get(pk=correction.pk)
    )
    check_keeper(SIGN, correction.employee, actor)
    if correction.state != Correction.State.ASKED:
        raise Conflict(_("这份补签已经答复过了"), code="decided")
    if correction.asked_by_id == actor.pk:
        raise NotAllowed(_("自己提的补签由另一个人签卡"))
    months.check_open(correction.shift.day)
    answer = redact.redact(
        redact.clean(answer, max_length=REASON, field="answer", required=not signed)
    )
    if signed:
        correction.punch = _signed(correction, actor, now)
    correction.state = Correction.State.SIGNED if signed else Correction.State.REFUSED
    correction.answer, correction.decided_by, correction.decided_at = answer, actor, now
    correction.save(update_fields=["state", "answer", "decided_by", "decided_at", "punch"])
    assess_days(correction.employee, correction.shift.day, correction.shift.day, now)
    return correction


def _signed(correction: Correction, actor: Any, now: datetime) -> Punch:
    try:
        with transaction.atomic():
            return Punch.objects.create(
                employee=correction.employee,
                at=correction.at,
                direction=correction.direction,
                source=Punch.Source.CORRECTION,
                recorded_by=actor,
                recorded_at=now,
            )
    except IntegrityError as error:
        if "punch_once" not in str(error):
            raise
        raise Conflict(_("这个时间已经有一张卡了"), code="punch_there") from error


def check_keeper(permission: str, employee: Employee, actor: Any) -> None:
    """Whoever decides about somebody's attendance is over him and is not he. Raises NotAllowed, KefuError."""
    if not actor.has_perm(permission):
        raise NotAllowed(_("由主管办理"))
    if employee.user_id == actor.pk:
        # rule: SD-311.02
        raise KefuError(_("不能办理自己的考勤"), code="own_attendance", field="employee")
    if not leads(actor, employee):
        raise NotAllowed(_("只能办理自己部门的人"), field="employee")


# Exemptions, false punches, clerks.


@transaction.atomic
def exempt(
    *, employee: Employee, from_on: date, to_on: date, reason: str, actor: Any, now: datetime
) -> PunchExemption:
    """The general manager lets somebody go without punching for some days (ES-133.03).

    Raises NotAllowed, KefuError, Conflict (exempt_already, month_locked).
    """
    if actor.role != User.Role.MANAGER:
        # rule: ES-133.03
        raise NotAllowed(_("免打卡由总经理批准"))
    if employee.user_id == actor.pk:
        raise KefuError(_("不能批准自己免打卡"), code="own_attendance", field="employee")
    if to_on < from_on:
        raise KefuError(_("结束日不能早于开始日"), code="no_length", field="to_on")
    months.check_open(from_on, field="from_on")
    try:
        with transaction.atomic():
            made = PunchExemption.objects.create(
                employee=employee,
                from_on=from_on,
                to_on=to_on,
                reason=_cleaned(reason, "reason", 200),
                approved_by=actor,
                approved_at=now,
            )
    except IntegrityError as error:
        if "exemption_once_at_a_time" not in str(error):
            raise
        raise Conflict(_("这段时间已经免打卡"), code="exempt_already", field="from_on") from error
    assess_days(employee, from_on, min(to_on, now.astimezone(SHANGHAI).date()), now)
    return made


@transaction.atomic
def find_false(
    *,
    shift: RosteredShift,
    kind: str,
    note: str,
    proxy: Employee | None = None,
    actor: Any,
    now: datetime,
) -> FalsePunch:
    """A supervisor has verified that a punch of the shift is false: its owner loses the day, and both come before
    whoever decides on the demerit. Source: ES-133.06.

    Raises NotAllowed, KefuError naming the field, Conflict for one that is found already.
    """
    check_keeper(SIGN, shift.employee, actor)
    months.check_open(shift.day)
    if (kind == FalsePunch.Kind.PROXY_REQUESTED) != (proxy is not None):
        raise KefuError(_("托人代打要写代打人，其他情形不写"), code="proxy", field="proxy")
    if proxy == shift.employee:
        raise KefuError(_("代打人不能是本人"), code="proxy_is_owner", field="proxy")
    using = edition_of(shift.employee, shift.day)
    if not _forbids(using.rules, kind):
        raise KefuError(
            _("%(code)s 里没有假卡的规定") % {"code": using.rules.code},
            code="no_clause",
            field="kind",
        )
    note = _cleaned(note, "note")
    made, first = FalsePunch.objects.get_or_create(
        shift=shift,
        defaults={
            "kind": kind,
            "proxy": proxy,
            "note": note,
            "verified_by": actor,
            "verified_at": now,
        },
    )
    if not first:
        raise Conflict(_("这一班的假卡已经核实过"), code="found_already")
    _report_demerits(made, using.version_id, using.rules, actor, now)
    assess_days(shift.employee, shift.day, shift.day, now)
    return made


def _forbids(rules: Rulebook, kind: str) -> bool:
    return any(
        "absence" in clause.measures and kind in clause.needs_any
        for clause in rules.in_force(Consequence)
    )


def _report_demerits(
    found: FalsePunch, version_id: int, rules: Rulebook, actor: Any, now: datetime
) -> None:
    """Whoever had it done and whoever did it are reported under the clause on false punches, if there is one."""
    who = [(found.shift.employee, str(found.kind))]
    if found.proxy is not None:
        who.append((found.proxy, "proxy_done"))
    for clause in rules.in_force(Consequence):
        for employee, fact in who:
            if "demerit" in clause.measures and fact in clause.needs_any:
                register.enter(
                    employee=employee,
                    clause=clause.id,
                    rulebook_id=version_id,
                    kind=RegisterEntry.Kind.REMARK,
                    happened_on=found.shift.day,
                    reason=str(found.get_kind_display()),
                    source=f"false:{found.pk}",
                    actor=actor,
                    now=now,
                )


@transaction.atomic
def name_clerk(
    *, department: Department, employee: Employee, actor: Any, now: datetime
) -> AttendanceClerk:
    """Put somebody of a department in charge of its attendance (SD-311.01).

    Raises NotAllowed for a department that is not the actor's, KefuError for who is not here, Conflict.
    """
    _check_names(department, actor)
    if employee.status != Employee.Status.ACTIVE:
        raise KefuError(_("他不在岗"), code="not_active", field="employee")
    if employee.department_id != department.pk:
        raise KefuError(_("考勤员要是本部门的人"), code="not_of_department", field="employee")
    made, first = AttendanceClerk.objects.get_or_create(
        department=department,
        employee=employee,
        ended_at=None,
        defaults={"named_by": actor, "named_at": now},
    )
    if not first:
        raise Conflict(_("已经是这个部门的考勤员"), code="clerk_already", field="employee")
    return made


def end_clerk(*, clerk: AttendanceClerk, actor: Any, now: datetime) -> None:
    """Take somebody's charge back. Raises NotAllowed for a department that is not the actor's."""
    _check_names(clerk.department, actor)
    AttendanceClerk.objects.filter(pk=clerk.pk, ended_at=None).update(ended_at=now)


def _check_names(department: Department, actor: Any) -> None:
    if not names_clerks_of(actor).filter(pk=department.pk).exists():
        raise NotAllowed(_("考勤员由本部门的主管指定"))


def end_charge(*, employee: Employee, now: datetime) -> None:
    """Whoever goes to another department keeps the attendance of the old one no longer (SD-311.01)."""
    others = AttendanceClerk.objects.filter(employee=employee, ended_at=None)
    others.exclude(department=employee.department_id).update(ended_at=now)


def may_edit(rules: Rulebook, *, own: bool) -> bool:
    """May whoever keeps attendance bring these punches? Never his own where the rulebook bars it (SD-311.02)."""
    actor = Actor(role="attendance_clerk", relations=("subject",) if own else ())
    try:
        return may(rules, "edit_attendance", actor).allowed
    except NotInRulebook:
        return True


def _cleaned(text: str, field: str, most: int = REASON) -> str:
    cleaned = redact.clean(text, max_length=most, field=field, required=True, multiline=False)
    return redact.redact(cleaned)
