"""Courses of single people: the week before the job, the training after a failed assessment, their marks and what
follows from them. Nobody is dismissed here: what the rulebook says of that is proposed with the score (ES-603.24).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.clauses import Consequence
from kefu.policy.clauses import Course as CourseClause
from kefu.policy.entries import enterable
from kefu.policy.examinations import FULL, pass_mark
from kefu.policy.measures import counted
from kefu.policy.moments import DAY
from kefu.policy.penalties import Breach, assess
from kefu.policy.processes import template
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import course_plan
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import (
    Course,
    CourseResult,
    Employment,
    MonthScore,
    Paper,
    RosteredShift,
    SessionAttendance,
    Suspension,
    TrainingSession,
)
from payroll.selectors import courses as selectors
from payroll.selectors.departments import ruled
from payroll.selectors.holidays import calendar
from payroll.selectors.reach import heads_of
from payroll.services import register
from payroll.services.training import check_runs, written

Kind, State, Part = Course.Kind, Course.State, CourseResult.Part
# Who joined earlier than this was trained before courses were kept here.
LOOK_BACK = 30 * DAY
FAILED_AGAIN = "re_exam_failed"


# The week before the job.


@transaction.atomic
def open_pre_job(
    *,
    employee: Employee,
    starts_on: date,
    mentor: Employee | None = None,
    actor: Any = None,
    now: datetime,
) -> Course:
    """Plan the days before the job as the rulebook has them; who is in one already keeps it. ``actor`` None: by itself.

    Raises NotAllowed, KefuError where the rulebook knows no such training (ES-602.02 to ES-602.06).
    """
    if actor is not None:
        check_runs(actor, employee.department_id)
    there = Course.objects.filter(employee=employee, kind=Kind.PRE_JOB, state=State.ONGOING)
    if (course := there.first()) is not None:
        return course
    using = edition_in_force(department_id=employee.department_id, at=now)
    days = calendar(using.rules, {starts_on.year, starts_on.year + 1})
    try:
        plan = course_plan(selectors.PRE_JOB, starts_on, using.rules, days)
    except NotInRulebook:
        raise KefuError(
            _("这个部门的规章没有岗前培训"), code="no_course", field="employee"
        ) from None
    _check_mentor(mentor, employee)
    course = Course.objects.create(
        employee=employee, kind=Kind.PRE_JOB, clause=_whole(using.rules), rulebook_id=using.version_id,
        starts_on=plan[0].on, ends_on=plan[-1].on, mentor=mentor, opened_by=actor, opened_at=now,
    )  # fmt: skip
    TrainingSession.objects.bulk_create(
        TrainingSession(
            department=employee.department, kind=TrainingSession.Kind.COURSE, clause=day.clause,
            rulebook_id=using.version_id, course=course, day_number=day.number,
            topics=list(day.topics), needs_mentor=day.mentor, trainer=mentor if day.mentor else None,
            due_on=day.on, on=day.on, planned_by=actor, planned_at=now,
        )
        for day in plan
    )  # fmt: skip
    _tell(course, "course", f"{course.starts_on:%m-%d}", now)
    return course


def _whole(rules: Rulebook) -> str:
    """The clause that says how long the course is (ES-602.02)."""
    parts = (one for one in rules.in_force(CourseClause) if one.course == selectors.PRE_JOB)
    return next(one.id for one in parts if not one.topics)


def _check_mentor(mentor: Employee | None, employee: Employee) -> None:
    if mentor is not None and (mentor.pk == employee.pk or mentor.status != "active"):
        raise KefuError(_("带教人要另外选一个在岗的人"), code="no_mentor", field="mentor")


def open_for_new(*, now: datetime) -> int:
    """Plan the week of everybody who joined a department that has one and is within it; return how many are new."""
    today = now.astimezone(SHANGHAI).date()
    count = 0
    for department, using in ruled(Department.objects.filter(active=True), at=now):
        rules = using.rules
        if selectors.asks_to_pass(rules, "take_case") is None:
            continue
        joined = Employment.objects.filter(
            employee__department=department,
            employee__status=Employee.Status.ACTIVE,
            left_on=None,
            hired_on__gte=today - LOOK_BACK,
        ).exclude(employee__courses__kind=Kind.PRE_JOB)
        for row in joined.select_related("employee__department"):
            if selectors.week_before_job(row.hired_on, rules) >= today:
                open_pre_job(employee=row.employee, starts_on=row.hired_on, now=now)
                count += 1
    return count


@transaction.atomic
def choose_mentor(*, course: Course, mentor: Employee, actor: Any, now: datetime) -> None:
    """Say who teaches the newcomer on the days that ask for it. Raises NotAllowed, KefuError, Conflict."""
    course = _lock(course)
    check_runs(actor, course.employee.department_id)
    _check_ongoing(course)
    _check_mentor(mentor, course.employee)
    course.mentor = mentor
    course.save(update_fields=["mentor"])
    ahead = course.sessions.filter(needs_mentor=True, state=TrainingSession.State.PLANNED)
    ahead.update(trainer=mentor)


def _lock(course: Course) -> Course:
    rows = Course.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("employee__department", "employee__user").get(pk=course.pk)


def _check_ongoing(course: Course) -> None:
    if course.state != State.ONGOING:
        raise Conflict(_("这一期已经有结果了，请刷新"), code="course_over")


# After a failed assessment.


def retrain(*, score: MonthScore, actor: Any, now: datetime) -> Course | None:
    """Plan the special training that a failed assessment brings, from the next day worked on; once a score, and
    nobody is in two at a time. None where the rulebook asks for none (ES-603.21).
    """
    if score.grade != "fail" or Course.objects.filter(score=score).exists():
        return None
    using = edition(score.rulebook_id)
    try:
        quota = counted(using.rules, "special_training_days", {"any": Decimal(0)}).counts[0]
    except NotInRulebook:
        return None
    ongoing = Course.objects.filter(employee=score.employee, kind=Kind.SPECIAL, state=State.ONGOING)
    if ongoing.exists():
        return None
    days = _days_from(now.astimezone(SHANGHAI).date() + DAY, int(quota.short), using)
    course = Course.objects.create(
        employee=score.employee, kind=Kind.SPECIAL, clause=quota.clause, score=score,
        rulebook_id=using.version_id, starts_on=days[0], ends_on=days[-1], opened_by=actor,
        opened_at=now,
    )  # fmt: skip
    TrainingSession.objects.bulk_create(
        TrainingSession(
            department=score.employee.department, kind=TrainingSession.Kind.COURSE,
            clause=quota.clause, rulebook_id=using.version_id, course=course, day_number=number,
            due_on=on, on=on, planned_by=actor, planned_at=now,
        )
        for number, on in enumerate(days, 1)
    )  # fmt: skip
    _tell(course, "course", f"{course.starts_on:%m-%d}", now)
    return course


def _days_from(first: date, number: int, using: Edition) -> Sequence[date]:
    """So many days worked from a day on."""
    worked = calendar(using.rules, {first.year, first.year + 1})
    days: list[date] = []
    day = first
    while len(days) < number:
        if worked is None or worked.works(day):
            days.append(day)
        day += DAY
    return days


# Marks.


@transaction.atomic
def record_result(
    *,
    course: Course,
    part: str,
    mark: Decimal | None,
    note: str = "",
    paper: Paper | None = None,
    actor: Any,
    now: datetime,
) -> CourseResult:
    """Record a mark: of theory and practice at the end of the week before the job, of the re-exam after the special
    training. Both parts passed, the person may work; a re-exam that failed keeps him from work for the time the
    rulebook says (ES-602.06, ES-602.07, ES-603.22, ES-603.23). With ``paper`` it is the paper's.

    Raises NotAllowed, KefuError naming the field, Conflict.
    """
    course = _lock(course)
    if paper is None:
        check_runs(actor, course.employee.department_id)
        if actor.pk == course.employee.user_id:
            raise NotAllowed(_("不能给自己登记成绩"))
    _check_ongoing(course)
    rules = edition(course.rulebook_id).rules
    _check_part(course, part, rules, now)
    mark = mark_in_range(mark)
    bound = pass_mark(rules)
    if bound is None:
        raise KefuError(_("这个部门的规章没有及格线"), code="no_pass_mark", field="mark")
    last = course.results.filter(part=part).aggregate(last=Max("number"))["last"] or 0
    row = CourseResult.objects.create(
        course=course, part=part, number=last + 1, mark=mark, pass_mark=bound[0],
        passed=mark >= bound[0], paper=paper, note=written(note, "note", 500, required=False),
        recorded_by=actor, recorded_at=now,
    )  # fmt: skip
    _settle(course, row, rules, now)
    return row


def mark_in_range(mark: Decimal | None, field: str = "mark") -> Decimal:
    """The mark, of 0 to 100 with at most two decimals. Raises KefuError naming the field."""
    if mark is None or not mark.is_finite():
        raise KefuError(_("成绩要写数字"), code="not_a_number", field=field)
    if mark < 0:
        raise KefuError(_("成绩不能小于 0"), code="below_nought", field=field)
    if mark > FULL:
        raise KefuError(_("成绩不能超过 100"), code="over_hundred", field=field)
    if mark != mark.quantize(Decimal("0.01")):
        raise KefuError(_("成绩最多两位小数"), code="too_fine", field=field)
    return mark


def _check_part(course: Course, part: str, rules: Rulebook, now: datetime) -> None:
    parts = {Part.THEORY, Part.PRACTICE} if course.kind == Kind.PRE_JOB else {Part.RE_EXAM}
    if part not in parts:
        raise KefuError(_("这一期没有这一部分"), code="no_such_part", field="part")
    if course.kind == Kind.PRE_JOB and now.astimezone(SHANGHAI).date() < course.ends_on:
        raise KefuError(
            _("考核在最后一天 {on}").format(on=f"{course.ends_on:%m-%d}"), code="too_early", field="part"
        )  # fmt: skip
    if course.kind == Kind.SPECIAL and not _trained(course, rules):
        raise Conflict(_("专项培训还没有上完，上完再重考"), code="training_first")


def _trained(course: Course, rules: Rulebook) -> bool:
    """Were all days of the special training held, with him there? The re-exam comes after it (ES-603.22)."""
    steps = [part.step.code for part in template(rules, "failed_assessment").parts]
    if "train" not in steps:
        return True
    there = SessionAttendance.objects.filter(
        session__course=course,
        employee=course.employee_id,
        status=SessionAttendance.Status.PRESENT,
    )
    return there.count() >= course.sessions.count()


def _settle(course: Course, row: CourseResult, rules: Rulebook, now: datetime) -> None:
    today = now.astimezone(SHANGHAI).date()
    if course.kind == Kind.PRE_JOB:
        latest = {one.part: one.passed for one in course.results.order_by("number")}
        if latest.get(Part.THEORY) and latest.get(Part.PRACTICE):
            # rule: ES-602.07
            _end(course, State.PASSED, today)
        return
    _end(course, State.PASSED if row.passed else State.FAILED, today)
    if not row.passed:
        _suspend(course, row, rules, today, now)


def _end(course: Course, state: str, today: date) -> None:
    course.state, course.ended_on = state, today
    course.save(update_fields=["state", "ended_on"])


def suspending_clause(rules: Rulebook) -> Consequence | None:
    """What the rulebook says of a re-exam that failed."""
    return next((one for one in rules.in_force(Consequence) if FAILED_AGAIN in one.needs), None)


def _suspend(
    course: Course, row: CourseResult, rules: Rulebook, today: date, now: datetime
) -> Suspension | None:
    """Keep him from work for the days the rulebook says: no shift and no case (ES-603.23)."""
    clause = suspending_clause(rules)
    if clause is None:
        return None
    found = assess(rules, Breach(clause=clause.id, established=(FAILED_AGAIN,), on=today))
    if found.lasts is None or found.lasts.first_on is None or found.lasts.last_on is None:
        return None
    employee = course.employee
    try:
        with transaction.atomic():
            kept = Suspension.objects.create(
                employee=employee, starts_on=found.lasts.first_on, ends_on=found.lasts.last_on,
                clause=clause.id, rulebook_id=course.rulebook_id, result=row,
                inputs={"steps": [step.to_json() for step in found.steps]}, recorded_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("这几天已经停岗"), code="suspended_already") from error
    # Shifts that were published stay on record and are worked no more.
    RosteredShift.objects.on_duty().filter(
        employee=employee, day__gte=kept.starts_on, day__lte=kept.ends_on, starts_at__gt=now
    ).update(live=False)
    line = enterable(rules).get(clause.id)
    if line is not None:
        register.enter(
            employee=employee,
            clause=clause.id,
            rulebook_id=course.rulebook_id,
            kind=line.kind,
            happened_on=today,
            reason=_("重考 {mark} 分，停岗 {first} 至 {last}").format(
                mark=row.mark, first=f"{kept.starts_on:%m-%d}", last=f"{kept.ends_on:%m-%d}"
            ),
            source=f"course:{course.pk}",
            inputs={"result": row.pk, **kept.inputs},
            verified=True,
            actor=None,
            now=now,
        )
    _tell(course, "suspended", f"{kept.starts_on:%m-%d}", now)
    return kept


def remind_of_re_exams(*, now: datetime) -> int:
    """Tell the heads, once, that a special training has been sat through and the re-exam may come (ES-603.22)."""
    today = now.astimezone(SHANGHAI).date()
    last = TrainingSession.objects.filter(
        course__kind=Kind.SPECIAL,
        course__state=State.ONGOING,
        state=TrainingSession.State.HELD,
        settled_at__gt=now - timedelta(days=31),
        late_told_at=None,
        on__lte=today,
    )
    count = 0
    for session in last.select_related("course__employee__department"):
        course = session.course
        assert course is not None
        if session.day_number == course.sessions.count() and _trained(
            course, edition(course.rulebook_id).rules
        ):
            _tell(course, "re_exam", "", now)
            TrainingSession.objects.filter(pk=session.pk).update(late_told_at=now)
            count += 1
    return count


def _tell(course: Course, state: str, on: str, now: datetime) -> None:
    employee = course.employee
    users = [*heads_of(employee.department_id), employee.user_id]
    if state == "course" and course.mentor is not None:
        users.append(course.mentor.user_id)
    notifications.ring(
        kind=Event.Kind.TRAINING,
        at=now,
        user_ids=dict.fromkeys(users),
        data={
            "state": state,
            "who": employee.name,
            "what": str(course.get_kind_display()),
            "on": on,
        },
    )
