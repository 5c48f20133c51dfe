"""Training sessions: planned by the rulebook's rhythm, announced, held with their attendance; who skips one is reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import NoCalendar
from kefu.policy.entries import enterable
from kefu.policy.moments import DAY, end_of
from kefu.policy.months import last_day, month_of
from kefu.policy.recurring import occurrences, recurring
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.privacy import redact
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import RegisterEntry, SessionAttendance, TrainingSession
from payroll.selectors.departments import ruled
from payroll.selectors.holidays import calendar
from payroll.selectors.reach import heads_of, oversees
from payroll.selectors.training import RHYTHMS, choices, named, trainees
from payroll.services import register

RUN = "payroll.run_training"
SKIPPED = "ES-138.07"
Kind, State = TrainingSession.Kind, TrainingSession.State
Status = SessionAttendance.Status


def check_runs(actor: Any, department_id: int) -> None:
    """Raises NotAllowed but for whoever looks after the department's training."""
    if actor is None or not actor.has_perm(RUN) or not oversees(actor, department_id):
        raise NotAllowed(_("只有这个部门的主管可以安排和登记培训"))


# The rhythm.


def plan_ahead(*, now: datetime) -> int:
    """Plan what the rulebooks ask of each department from today to the end of next month; return how many sessions
    are new. Twice is harmless. Source: CD-12.52 to CD-12.54, ES-602.08.
    """
    today = now.astimezone(SHANGHAI).date()
    last = last_day(month_of(last_day(month_of(today)) + DAY))
    rows = []
    for department, using in ruled(Department.objects.filter(active=True), at=now):
        if not trainees([department]).exists():
            continue
        for subject, kind in RHYTHMS.items():
            rows += [
                TrainingSession(
                    department=department, kind=kind, clause=clause, rulebook_id=using.version_id,
                    due_on=on, on=on, planned_at=now,
                )
                for clause, on in _rounds(subject, using.rules, today, last)
            ]  # fmt: skip
    before = TrainingSession.objects.count()
    TrainingSession.objects.bulk_create(rows, ignore_conflicts=True)
    return TrainingSession.objects.count() - before


def _rounds(subject: str, rules: Rulebook, first: date, last: date) -> list[tuple[str, date]]:
    """The days on which the rulebook wants it. A day off counts like any other: the regulation names the day; the
    supervisor may move the session."""
    try:
        clause = recurring(subject, rules)
        days = calendar(rules, {first.year, last.year})
        return [(one.clause, one.on) for one in occurrences(clause, first, last, days)]
    except (NotInRulebook, NotSet, NoCalendar):
        return []


def remind(*, now: datetime) -> int:
    """Ring before each session, and again for the heads when its day has passed and nobody recorded it; return how
    many sessions were told of. Nothing twice.
    """
    today = now.astimezone(SHANGHAI).date()
    planned = TrainingSession.objects.select_for_update(skip_locked=True, of=["self"]).filter(
        state=State.PLANNED
    )
    told = 0
    with transaction.atomic():
        soon = planned.filter(told_at=None, on__gte=today, on__lte=today + 31 * DAY)
        for session in soon.select_related("department", "course__employee"):
            if end_of(session.on) - _ahead(session) <= now:
                _tell(session, "due", _expected_users(session), now)
                TrainingSession.objects.filter(pk=session.pk).update(told_at=now)
                told += 1
        for session in planned.filter(late_told_at=None, on__lt=today).select_related("department"):
            _tell(session, "late", heads_of(session.department_id), now)
            TrainingSession.objects.filter(pk=session.pk).update(late_told_at=now)
            told += 1
    return told


def _ahead(session: TrainingSession) -> timedelta:
    """How long before the end of its day people hear of a session: as its clause says, else on the day before."""
    subject = next((name for name, kind in RHYTHMS.items() if kind == session.kind), "")
    try:
        minutes = recurring(subject, edition(session.rulebook_id).rules).house.warn_before_minutes
    except NotInRulebook:
        minutes = None
    return timedelta(minutes=minutes) if minutes else 2 * DAY


def _expected_users(session: TrainingSession) -> list[int]:
    heads = heads_of(session.department_id)
    return list(dict.fromkeys([*heads, *(one.user_id for one in expected(session))]))


def _tell(session: TrainingSession, state: str, users: list[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.TRAINING,
        at=now,
        user_ids=users,
        data={"state": state, "on": f"{session.on:%m-%d}", "what": named(session)},
    )


def expected(session: TrainingSession) -> list[Employee]:
    """Those who have to come."""
    if session.course is not None:
        return [session.course.employee]
    return list(trainees([session.department_id]))


# What the supervisor plans.


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session is to be."""

    on: date
    starts_at: time | None = None
    ends_at: time | None = None
    topic: str = ""
    category: str = ""
    mode: str = ""
    place: str = ""
    trainer: Employee | None = None


@transaction.atomic
def add(
    *, department: Department, kind: str, plan: Plan, actor: Any, now: datetime
) -> TrainingSession:
    """Plan a session beyond the rhythm. Raises NotAllowed, KefuError naming the field."""
    check_runs(actor, department.pk)
    if kind not in (Kind.TRAINING, Kind.REGULAR, Kind.REVIEW, Kind.EXAM, Kind.PRODUCT):
        raise KefuError(_("没有这种安排"), code="no_such_kind", field="kind")
    using = edition_in_force(department_id=department.pk, at=now)
    return TrainingSession.objects.create(
        department=department, kind=kind, clause=_clause(kind, using), rulebook_id=using.version_id,
        due_on=plan.on, planned_by=actor, planned_at=now, **_planned(plan, using.rules),
    )  # fmt: skip


def _clause(kind: str, using: Edition) -> str:
    subject = next((name for name, one in RHYTHMS.items() if one == kind), "")
    try:
        return recurring(subject, using.rules).id
    except NotInRulebook:
        return ""


def _planned(plan: Plan, rules: Rulebook) -> dict[str, Any]:
    for of, said in (("category", plan.category), ("mode", plan.mode)):
        if said and said not in dict(choices(rules, f"training_{of}")):
            raise KefuError(_("规章里没有这一项"), code="not_offered", field=of)
    if plan.starts_at and plan.ends_at and plan.ends_at <= plan.starts_at:
        raise KefuError(_("结束要晚于开始"), code="ends_before", field="ends_at")
    return {
        "on": plan.on,
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "topic": written(plan.topic, "topic", 200, required=False),
        "category": plan.category,
        "mode": plan.mode,
        "place": written(plan.place, "place", 60, required=False),
        "trainer": plan.trainer,
    }


def written(text: str, field: str, most: int, *, required: bool = True) -> str:
    """What somebody wrote on one line, masked. Raises KefuError naming the field for more than ``most`` characters."""
    cleaned = redact.clean(text, max_length=most, field=field, required=required, multiline=False)
    return redact.redact(cleaned)


@transaction.atomic
def arrange(*, session: TrainingSession, plan: Plan, actor: Any, now: datetime) -> TrainingSession:
    """Say when and where it is, what about and by whom; a round of the rhythm stays within its month.

    Raises NotAllowed, KefuError naming the field, Conflict for a session that is over.
    """
    session = _lock(session)
    check_runs(actor, session.department_id)
    _check_planned(session)
    if session.clause and month_of(plan.on) != month_of(session.due_on):
        raise KefuError(_("这一次要在 {month} 内举行").format(month=f"{session.due_on:%Y-%m}"), code="other_month", field="on")  # fmt: skip
    moved = plan.on != session.on
    for name, value in _planned(plan, edition(session.rulebook_id).rules).items():
        setattr(session, name, value)
    if moved:
        session.told_at = session.late_told_at = None
    session.save()
    return session


def _lock(session: TrainingSession) -> TrainingSession:
    rows = TrainingSession.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("department", "course__employee").get(pk=session.pk)


def _check_planned(session: TrainingSession) -> None:
    if session.state != State.PLANNED:
        raise Conflict(_("这一次已经登记过了，请刷新"), code="session_over")


@transaction.atomic
def cancel(*, session: TrainingSession, reason: str, actor: Any, now: datetime) -> None:
    """It does not take place. Raises NotAllowed, Conflict, KefuError without a reason."""
    session = _lock(session)
    check_runs(actor, session.department_id)
    _check_planned(session)
    if session.course is not None:
        raise Conflict(_("个人培训的日子不能取消，可以改期"), code="course_day")
    session.result = written(reason, "reason", 500)
    session.state, session.settled_by, session.settled_at = State.CANCELLED, actor, now
    session.save()


# Who came.


@dataclass(frozen=True, slots=True)
class Came:
    status: str
    reason: str = ""


@transaction.atomic
def hold(
    *,
    session: TrainingSession,
    came: Mapping[int, Came],
    minutes: int | None,
    result: str,
    topic: str = "",
    trainer: Employee | None = None,
    actor: Any,
    now: datetime,
) -> TrainingSession:
    """It took place: who came (by employee id), how long, with which result. Whoever stayed away without a reason is
    reported for a warning, where the rulebook has one (ES-138.07).

    Raises NotAllowed; KefuError naming the field: in_the_future, nobody left out, what the rulebook's log wants
    (LC-01.32, OS-05.07, ES-602.05); Conflict for a session that is over.
    """
    session = _lock(session)
    check_runs(actor, session.department_id)
    _check_planned(session)
    if session.on > now.astimezone(SHANGHAI).date():
        raise KefuError(_("这一天还没有到"), code="in_the_future", field="minutes")
    if minutes is None or not 0 < minutes <= 24 * 60:
        raise KefuError(_("请写实际时长，1 到 1440 分钟"), code="minutes_wanted", field="minutes")
    people = {one.pk: one for one in expected(session)}
    if left := [str(one) for pk, one in people.items() if pk not in came]:
        raise KefuError(
            _("还没有登记：{who}").format(who="、".join(left[:5])), code="left_out", field="came"
        )
    session.topic = written(topic, "topic", 200, required=False) or session.topic or named(session)
    session.trainer = trainer or session.trainer
    session.result = written(result, "result", 500, required=False)
    if session.needs_mentor and session.trainer is None:
        # rule: ES-602.05
        raise KefuError(_("这一天要有带教人"), code="mentor_wanted", field="trainer")
    _check_log(session, any(one.status == Status.PRESENT for one in came.values()))
    session.minutes, session.state = minutes, State.HELD
    session.settled_by, session.settled_at = actor, now
    # Late no more; of the last of a special training the heads are told again (``remind_of_re_exams``).
    session.late_told_at = None
    session.save()
    for pk, employee in people.items():
        _record(session, employee, came[pk], actor, now)
    return session


def _check_log(session: TrainingSession, anybody: bool) -> None:
    rules = edition(session.rulebook_id).rules
    there = {
        "participants": anybody,
        "result": bool(session.result),
        "attendance": anybody,
        "held_on_site": session.mode != "online" and bool(session.place),
    }
    recorded = [name for name, is_there in there.items() if is_there]
    forms: list[tuple[str, dict[str, str]]] = [("training_log", {})]
    if session.kind == Kind.PRODUCT:
        forms.append(("product_training", {"launch": "large"}))
    wanted = {
        "participants": ("came", _("要有人到场")),
        "result": ("result", _("请写结果")),
        "attendance": ("came", _("要有人到场")),
        "held_on_site": ("place", _("新品培训要在现场，请写地点")),
    }
    for form, facts in forms:
        for name in requirements(rules, form, recorded, facts).missing:
            field, text = wanted[name]
            raise KefuError(text, code="field_required", field=field)


def _record(
    session: TrainingSession, employee: Employee, came: Came, actor: Any, now: datetime
) -> None:
    reason = written(came.reason, "reason", 200, required=False)
    if came.status not in Status.values:
        raise KefuError(_("请选到场情况"), code="no_such_status", field="came")
    if came.status == Status.EXCUSED and not reason:
        raise KefuError(_("{who} 请假要写原因").format(who=employee), code="reason_wanted", field="came")  # fmt: skip
    known = SessionAttendance.objects.filter(session=session, employee=employee).first()
    SessionAttendance.objects.update_or_create(
        session=session,
        employee=employee,
        defaults={
            "status": came.status,
            "reason": reason,
            "recorded_by": actor,
            "recorded_at": now,
        },
    )
    if came.status == Status.ABSENT and (known is None or known.status != Status.ABSENT):
        _report(session, employee, now)


def _reports(session: TrainingSession, employee: Employee) -> QuerySet[RegisterEntry]:
    """What was reported of somebody's absence, the latest first; what fell with a correction stays to be seen."""
    rows = RegisterEntry.objects.filter(employee=employee, clause=SKIPPED)
    return rows.filter(source__regex=rf"^training:{session.pk}(:|$)").order_by("-pk")


def _report(session: TrainingSession, employee: Employee, now: datetime) -> None:
    """Report who skipped it; a supervisor verifies (ES-138.07)."""
    line = enterable(edition(session.rulebook_id).rules).get(SKIPPED)
    if line is None:
        return
    again = _reports(session, employee).count()
    register.enter(  # rule: ES-138.07
        employee=employee,
        clause=SKIPPED,
        rulebook_id=session.rulebook_id,
        kind=line.kind,
        happened_on=session.on,
        reason=_("{on} 的培训无故缺席").format(on=f"{session.on:%m-%d}"),
        source=f"training:{session.pk}:{again}" if again else f"training:{session.pk}",
        inputs={"session": session.pk},
        actor=None,
        now=now,
    )


@transaction.atomic
def correct_attendance(
    *, attendance: SessionAttendance, came: Came, actor: Any, now: datetime
) -> None:
    """What was recorded of one person was wrong: say how it was. A report that followed from it falls; absent after
    all, he is reported anew.

    Raises NotAllowed, KefuError (reason_wanted).
    """
    session = _lock(attendance.session)
    check_runs(actor, session.department_id)
    _record(session, attendance.employee, came, actor, now)
    if came.status == Status.ABSENT:
        return
    entry = _reports(session, attendance.employee).first()
    if entry is None:
        return
    why = _("签到已更正")
    if entry.state == RegisterEntry.State.REPORTED:
        register.not_upheld(entry=entry, reason=why, actor=actor, now=now)
    else:
        register.retract(entry=entry, reason=why, now=now)
