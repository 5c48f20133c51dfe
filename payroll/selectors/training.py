"""Training as people look at it: what is planned, who came, which marks count, and everybody's archive."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kefu import punctuation
from kefu.clock import SHANGHAI
from kefu.policy.measures import counted
from kefu.policy.money import cut
from kefu.policy.processes import routed
from kefu.policy.refusals import BadFacts, NotInRulebook
from kefu.policy.requirements import offered
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import sheet_lines
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Department, Employee, User
from payroll.models import (
    CourseResult,
    Exam,
    ExamMark,
    MonthScore,
    Paper,
    SessionAttendance,
    Talk,
    TrainingSession,
    TypingTest,
)
from payroll.selectors.awards import grade_in_words
from payroll.selectors.metrics import EXAM, metrics
from payroll.selectors.people import UNSCORED, people_of
from payroll.selectors.reach import overseen

Kind = TrainingSession.Kind
FAILED = "fail"  # as the rulebooks call the grade that brings a training (ES-603.21)
# What the rulebooks call a round of the cycle (CD-12.52 to CD-12.54, ES-602.08).
RHYTHMS = {
    "training": Kind.TRAINING,
    "exam": Kind.EXAM,
    "exam_review": Kind.REVIEW,
    "regular_training": Kind.REGULAR,
}


def trainees(departments: Iterable[Department] | Iterable[int]) -> QuerySet[Employee]:
    """Those who are taught and examined: everybody at work there who leads nobody and keeps no books."""
    people = Employee.objects.filter(
        status=Employee.Status.ACTIVE, department__in=list(departments)
    )
    return people.exclude(user__role__in=UNSCORED).select_related("user").order_by("number")


def reach(user: Any) -> QuerySet[Department]:
    """The departments whose training somebody looks after or into."""
    if user.role == User.Role.SHIFT_LEAD:
        return Department.objects.filter(active=True, employees__user=user.pk)
    return overseen(user)


def visible_people(user: Any) -> QuerySet[Employee]:
    """Those whose archive somebody may look at, besides his own."""
    if not user.has_perm("payroll.see_training"):
        return Employee.objects.none()
    return people_of(user) | Employee.objects.filter(department__in=overseen(user)).exclude(
        user=user.pk
    )


# Marks.


def exam_marks(month: date, employee_ids: Collection[int] | None = None) -> dict[int, Decimal]:
    """By employee: his mark in the examination of a month; nobody who has none. ``month``: its first day."""
    numbers = metrics(month, employee_ids, names={EXAM})
    return {pk: own[EXAM] for pk, own in numbers.items()}  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class TeamResult:
    """The marks of one department's month, for the assessment of its supervisor."""

    department: Department
    clause: str
    mean: Decimal
    sat: int
    topics: Sequence[str]


def team_results(departments: Iterable[Department], month: date) -> list[TeamResult]:
    """How the departments did in the month's examination, where their rulebook shows it of the supervisor (CD-12.56)."""
    found = []
    exams = Exam.objects.filter(department__in=departments, month=month, kind=Exam.Kind.MONTHLY)
    published = exams.exclude(state=Exam.State.DRAFT).select_related("department").order_by("pk")
    by_department: dict[Department, list[Exam]] = {}
    for exam in published:
        by_department.setdefault(exam.department, []).append(exam)
    for department, own in by_department.items():
        shown = sheet_lines(edition(own[-1].rulebook_id).rules, "month", of="supervisor")
        clause = next((line.clause for line in shown if line.name == "exam_average"), None)
        people = Paper.objects.filter(exam__in=own).values_list("employee", flat=True)
        marks = exam_marks(month, list(people))
        if clause is None or not marks:
            continue
        mean = cut(sum(marks.values(), Decimal(0)) / len(marks))
        topics = dict.fromkeys(part["category"] for exam in own for part in exam.parts)
        found.append(TeamResult(department, clause, mean, len(marks), list(filter(None, topics))))
    return found


# Sessions.


def sessions_of(departments: Iterable[Department], month: date, end: date) -> list[TrainingSession]:
    """Those from one day to another, both included, in the order of their days."""
    rows = TrainingSession.objects.filter(department__in=departments, on__gte=month, on__lte=end)
    return list(
        rows.select_related("department", "trainer", "course__employee")
        .prefetch_related("attendances__employee", "exams")
        .order_by("on", "starts_at", "pk")
    )


def too_short(session: TrainingSession) -> str | None:
    """The clause by which a session that was held did not last long enough (ES-602.09); None where it did."""
    if session.minutes is None or session.kind != Kind.REGULAR:
        return None
    try:
        found = counted(
            edition(session.rulebook_id).rules,
            "training_hours",
            {"any": Decimal(session.minutes) / 60},
        )
    except NotInRulebook:
        return None
    return next((count.clause for count in found.counts if count.short), None)


def choices(rules: Rulebook, of: str) -> list[tuple[str, str]]:
    """What the rulebook offers as category or mode of a session, in the reader's language (ES-602.10 to ES-602.13)."""
    english = (get_language() or "").startswith("en")
    return [(item.key, item.en if english else item.zh) for item in offered(rules, of).items]


def topics_in_words(session: TrainingSession) -> str:
    """The topics the rulebook names for it, in the reader's language."""
    language = get_language() or "zh-hans"
    return punctuation.alike(*(word(topic, language) for topic in session.topics))


def named(session: TrainingSession) -> str:
    """What it is about, in a few words."""
    return session.topic or topics_in_words(session) or session.get_kind_display()


# The archive.


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """One training or examination of one person: when, what, with which result (ES-604.01)."""

    on: date
    what: str
    content: str
    result: str
    good: bool | None = None  # None: nothing to pass


def archive(employee: Employee, *, appraisals: bool = True) -> list[ArchiveLine]:
    """Everything somebody was taught and examined in, and how the months were appraised, the latest first (ES-604.01,
    LC-01.32, OS-06.03, SD-221.06). ``appraisals``: without them for who may not see the person's scores.
    """
    lines = [*_taught(employee), *_examined(employee), *_judged(employee), *_typed(employee)]
    if appraisals:  # rule: SD-221.06
        lines.extend(_appraised(employee))
    return sorted(lines, key=lambda line: line.on, reverse=True)


def _taught(employee: Employee) -> Iterable[ArchiveLine]:
    rows = SessionAttendance.objects.filter(employee=employee).select_related("session")
    for row in rows:
        session = row.session
        came = row.status == SessionAttendance.Status.PRESENT
        result = (
            session.result if came else punctuation.listed(row.get_status_display(), row.reason)
        )
        yield ArchiveLine(
            session.on, session.get_kind_display(), named(session), result, None if came else False
        )


def _examined(employee: Employee) -> Iterable[ArchiveLine]:
    """Marks of papers; those of a course stand with its results."""
    rows = ExamMark.objects.filter(paper__employee=employee).exclude(
        paper__exam__kind=Exam.Kind.COURSE
    )
    latest = {}
    for row in rows.select_related("paper__exam").order_by("paper", "number"):
        latest[row.paper_id] = row
    for row in latest.values():
        exam = row.paper.exam
        on = (row.paper.started_at or exam.opens_at).astimezone(SHANGHAI).date()
        passed = None if exam.pass_mark is None else row.mark >= exam.pass_mark
        result = _("{mark} 分").format(mark=plain(row.mark))
        yield ArchiveLine(on, exam.get_kind_display(), exam.title, result, passed)


def _judged(employee: Employee) -> Iterable[ArchiveLine]:
    rows = CourseResult.objects.filter(course__employee=employee).select_related("course")
    for row in rows:
        result = _("{mark} 分").format(mark=plain(row.mark))
        yield ArchiveLine(
            row.recorded_at.astimezone(SHANGHAI).date(),
            row.course.get_kind_display(),
            row.get_part_display(),
            punctuation.listed(result, row.note),
            row.passed,
        )


def _typed(employee: Employee) -> Iterable[ArchiveLine]:
    for row in TypingTest.objects.filter(employee=employee):
        judged = [one for one in (row.fast_enough, row.clean_enough) if one is not None]
        yield ArchiveLine(
            row.tested_on,
            _("打字测试"),
            _("{n} 字，{s} 秒").format(n=row.characters, s=row.seconds),
            _("每分钟 {speed} 字，错 {errors} 字").format(
                speed=plain(cut(Decimal(row.characters) * 60 / row.seconds)), errors=row.errors
            ),
            all(judged) if judged else None,
        )


def plain(mark: Decimal) -> str:
    return f"{mark.normalize() + 0:f}"


def next_session(employee: Employee, now: datetime) -> TrainingSession | None:
    """What somebody goes to next: of his department, or a day of his own course."""
    today = now.astimezone(SHANGHAI).date()
    ahead = TrainingSession.objects.filter(state=TrainingSession.State.PLANNED, on__gte=today)
    own = ahead.filter(course__employee=employee)
    shared = ahead.filter(course=None, department=employee.department_id)
    return (own | shared).select_related("trainer").order_by("on", "starts_at", "pk").first()


def offered_training(employee: Employee) -> str:
    """The clause by which whoever passed his last assessment may join the regular training as he likes (ES-603.19);
    "" where there is none, or he did not pass.
    """
    row = MonthScore.objects.filter(employee=employee).order_by("-month", "-number").first()
    if row is None or not row.grade:
        return ""
    try:
        targets, _steps = routed(
            edition(row.rulebook_id).rules, "regular_training", {"grade": row.grade}
        )
    except (NotInRulebook, BadFacts):
        return ""
    return next((one.clause for one in targets if "offered" in one.to), "")


def _appraised(employee: Employee) -> Iterable[ArchiveLine]:
    """The published score of each month as it stands now, and what was said about it."""
    scores = MonthScore.objects.filter(employee=employee).order_by("month", "-number")
    for row in scores.distinct("month"):
        points = (
            _("不计分") if row.points is None else _("{mark} 分").format(mark=plain(row.points))
        )
        yield ArchiveLine(
            row.last_on,
            _("月度考评"),
            f"{row.month:%Y-%m}",
            punctuation.listed(points, grade_in_words(row.grade)),
            False if row.grade == FAILED else None,
        )
    for talk in Talk.objects.filter(employee=employee):
        yield ArchiveLine(
            talk.talked_on,
            _("一对一沟通"),
            f"{talk.month:%Y-%m}",
            punctuation.in_turn(talk.strengths, talk.weaknesses),
        )
