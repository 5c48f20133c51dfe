"""Examinations: set up, published with a pool that does not change any more, closed when their time is over."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.examinations import FULL, draw
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import Course, Exam, Paper, TrainingSession
from payroll.selectors import exams as selectors
from payroll.selectors.reach import heads_of
from payroll.selectors.training import trainees
from payroll.services import months
from payroll.services.courses import mark_in_range
from payroll.services.training import check_runs, written

Kind, State = Exam.Kind, Exam.State
LONGEST = 600  # minutes
MOST_QUESTIONS = 200


@dataclass(frozen=True, slots=True)
class DrawPart:
    """So many questions of a category and kind ("" any), each worth ``points``."""

    category: str
    kind: str
    count: int
    points: Decimal

    def to_json(self) -> dict[str, Any]:
        return {
            "category": self.category,
            "kind": self.kind,
            "count": self.count,
            "points": str(self.points),
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """What an examination is to be."""

    title: str
    month: date
    opens_at: datetime
    closes_at: datetime
    minutes: int
    review_on: date
    counts: bool = True  # as the month's examination, in the score
    parts: Sequence[DrawPart] = ()
    on_paper: bool = False
    pass_mark: Decimal | None = None
    session: TrainingSession | None = None
    course: Course | None = None
    part: str = ""


@transaction.atomic
def set_up(
    *,
    department: Department,
    setting: Setting,
    exam: Exam | None = None,
    actor: Any,
    now: datetime,
) -> Exam:
    """Write a draft, or ``exam``, one that is there, anew. Raises NotAllowed, KefuError naming the field, Conflict."""
    check_runs(actor, department.pk)
    if exam is not None:
        exam = Exam.objects.select_for_update(no_key=True).get(pk=exam.pk)
        if exam.state != State.DRAFT:
            raise Conflict(_("已发布的考试不能再改"), code="published")
    _check(setting)
    if setting.course is not None and setting.course.employee.department_id != department.pk:
        raise KefuError(_("这一期不是这个部门的人"), code="other_department", field="course")
    using = edition_in_force(department_id=department.pk, at=now)
    given: dict[str, Any] = {
        "title": written(setting.title, "title", 100),
        "department": department,
        "kind": _kind(setting),
        "month": setting.month.replace(day=1),
        "course": setting.course,
        "part": setting.part,
        "session": setting.session or _session(department, setting),
        "rulebook_id": using.version_id,
        "on_paper": setting.on_paper,
        "opens_at": setting.opens_at,
        "closes_at": setting.closes_at,
        "minutes": setting.minutes,
        "pass_mark": setting.pass_mark,
        "review_on": setting.review_on,
        "parts": [part.to_json() for part in setting.parts],
        "made_by": actor,
        "made_at": now,
    }
    if exam is None:
        return Exam.objects.create(seed=secrets.token_hex(8), **given)
    for name, value in given.items():
        setattr(exam, name, value)
    exam.save()
    return exam


def _session(department: Department, setting: Setting) -> TrainingSession | None:
    """The examination of the month's cycle, where this is it."""
    if setting.course is not None or not setting.counts:
        return None
    month = setting.month
    rounds = TrainingSession.objects.filter(
        department=department,
        kind=TrainingSession.Kind.EXAM,
        due_on__year=month.year,
        due_on__month=month.month,
    )
    return rounds.order_by("due_on").first()


def _kind(setting: Setting) -> str:
    if setting.course is not None:
        return Kind.COURSE
    return Kind.MONTHLY if setting.counts else Kind.OTHER


def _check(setting: Setting) -> None:
    months.check_open(setting.month, field="month")
    if setting.closes_at <= setting.opens_at:
        raise KefuError(_("截止要晚于开放"), code="closes_before", field="closes_at")
    if not 1 <= setting.minutes <= LONGEST:
        raise KefuError(_("时长要在 1 到 600 分钟之间"), code="minutes", field="minutes")
    if setting.pass_mark is not None:
        mark_in_range(setting.pass_mark, "pass_mark")
    if setting.course is not None and not setting.part:
        raise KefuError(_("请选是哪一部分"), code="part_wanted", field="part")
    for part in setting.parts:
        if part.count < 1 or part.points <= 0 or not part.points.is_finite():
            raise KefuError(_("题数和分值要大于 0"), code="part_numbers", field="parts")
    if sum(part.count for part in setting.parts) > MOST_QUESTIONS:
        raise KefuError(_("一份卷最多 200 题"), code="too_many", field="parts")


@transaction.atomic
def publish(*, exam: Exam, actor: Any, now: datetime) -> Exam:
    """Fix what may be drawn and who sits it, and tell them. From now on it does not change.

    Raises NotAllowed; KefuError naming the field: the points do not add up to 100, the bank has too few questions,
    nobody is to sit it, it is over already; Conflict where it is published.
    """
    exam = Exam.objects.select_for_update(of=["self"], no_key=True).select_related("department", "course__employee").get(pk=exam.pk)  # fmt: skip
    check_runs(actor, exam.department_id)
    if exam.state != State.DRAFT:
        raise Conflict(_("这场考试已经发布，请刷新"), code="published")
    months.check_open(exam.month, field="month")
    if exam.closes_at <= now and not exam.on_paper:
        raise KefuError(_("截止时间已过"), code="over", field="closes_at")
    people = [exam.course.employee] if exam.course else list(trainees([exam.department_id]))
    if not people:
        raise KefuError(_("这个部门没有要考的人"), code="nobody", field="department")
    exam.pool = [] if exam.on_paper else _pool(exam)
    exam.state, exam.published_by, exam.published_at = State.PUBLISHED, actor, now
    exam.save()
    Paper.objects.bulk_create(Paper(exam=exam, employee=one) for one in people)
    _tell(exam, "exam", [one.user_id for one in people], now)
    return exam


def _pool(exam: Exam) -> list[list[int]]:
    """The versions that each part may draw. Raises KefuError (parts)."""
    total = sum(Decimal(part["points"]) * part["count"] for part in exam.parts)
    if total != FULL:
        raise KefuError(
            _("各部分的分加起来要是 100，现在是 {n}").format(n=total), code="not_hundred", field="parts"
        )  # fmt: skip
    pool = []
    for part in exam.parts:
        rows = selectors.questions(kind=part["kind"], category=part["category"])
        pool.append(sorted(rows.values_list("pk", flat=True)))
    drawn = draw("", "", selectors.parts_of(exam.parts, pool))
    wanted = sum(part["count"] for part in exam.parts)
    if len(drawn) < wanted:
        raise KefuError(
            _("题库里不够抽：要 {wanted} 题，只有 {there} 题").format(
                wanted=wanted, there=len(drawn)
            ),
            code="bank_too_small",
            field="parts",
        )
    return pool


def discard(*, exam: Exam, actor: Any, now: datetime) -> None:
    """Throw a draft away. Raises NotAllowed, Conflict once it is published."""
    check_runs(actor, exam.department_id)
    if exam.state != State.DRAFT:
        raise Conflict(_("已发布的考试不能删"), code="published")
    Exam.objects.filter(pk=exam.pk, state=State.DRAFT).delete()


def close_over(*, now: datetime) -> int:
    """Close the examinations whose time is over and whom nobody sits any more; the heads hear of those without a
    mark, which cost nobody points (CD-12.53). Return how many were closed.
    """
    over = Exam.objects.filter(state=State.PUBLISHED, closes_at__lte=now).exclude(
        papers__state__in=[Paper.State.SITTING, Paper.State.HANDED_IN]
    )
    count = 0
    for exam in over.exclude(papers__state=Paper.State.WAITING, on_paper=False):
        with transaction.atomic():
            if not Exam.objects.filter(pk=exam.pk, state=State.PUBLISHED).update(
                state=State.CLOSED
            ):
                continue
            if exam.papers.filter(marks=None).exists():
                _tell(exam, "unmarked", heads_of(exam.department_id), now)
            count += 1
    return count


def _tell(exam: Exam, state: str, users: Sequence[int], now: datetime) -> None:
    notifications.ring(
        kind=Event.Kind.TRAINING,
        at=now,
        user_ids=users,
        data={"state": state, "what": exam.title, "on": f"{exam.closes_at:%m-%d}"},
    )


def markers_of(exam: Exam, actor: Any) -> bool:
    """May somebody mark the papers of this examination?"""
    return (
        bool(actor.has_perm("payroll.mark_papers"))
        and selectors.exams_of(actor).filter(pk=exam.pk).exists()
    )


def check_marks(exam: Exam, actor: Any, about: Employee | None = None) -> None:
    """Raises NotAllowed but for those who mark there, and for one's own paper."""
    if actor is None or not markers_of(exam, actor):
        raise NotAllowed(_("只有这个部门的组长和主管可以评卷"))
    if about is not None and about.user_id == actor.pk:
        raise NotAllowed(_("不能评自己的卷"))
