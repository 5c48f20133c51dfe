"""Sitting an examination: begun once, saved answer by answer, handed in once and in time; then marked."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.policy.examinations import points_for
from kefu.privacy import redact
from kefu.staff.models import Employee
from payroll.models import Answer, Exam, ExamMark, Paper, Question, QuestionVersion, TextMark
from payroll.selectors import exams as selectors
from payroll.selectors.reach import heads_of
from payroll.services import courses, months, takebacks
from payroll.services.courses import mark_in_range
from payroll.services.exams import check_marks
from payroll.services.training import check_runs, written

log = logging.getLogger(__name__)
State, Source = Paper.State, ExamMark.Source
MOST_EXTRA = 240  # minutes
LOOKS = 2  # at each text, by two people


def _lock(paper: Paper) -> Paper:
    rows = Paper.objects.select_for_update(of=["self"], no_key=True)
    return rows.select_related("exam", "exam__course__employee", "employee__user").get(pk=paper.pk)


def _own(paper: Paper, actor: Any) -> Paper:
    paper = _lock(paper)
    if paper.employee.user_id != actor.pk:
        raise NotAllowed(_("只能考自己的卷"))
    return paper


# Sitting.


@transaction.atomic
def begin(*, paper: Paper, actor: Any, now: datetime) -> Paper:
    """Begin, and from then on the time runs; who has begun goes on where he was.

    Raises NotAllowed for another's paper; Conflict: not_open, too_late, over.
    """
    paper = _own(paper, actor)
    if paper.state == State.SITTING:
        return paper
    exam, until = paper.exam, selectors.may_start_until(paper)
    if exam.state == Exam.State.DRAFT or exam.on_paper or now < exam.opens_at:
        raise Conflict(_("还没有开放"), code="not_open")
    if paper.state == State.MISSED or (paper.state == State.WAITING and now >= until):
        raise Conflict(_("开考时间已过，请找主管"), code="too_late")
    if paper.state != State.WAITING:
        raise Conflict(_("这份卷已经交了"), code="handed_in")
    paper.questions = [
        {"version": one.question, "points": str(one.points), "order": list(one.order)}
        for one in selectors.drawn_for(exam, paper.employee.number)
    ]
    paper.started_at = now
    paper.ends_at = min(now + timedelta(minutes=exam.minutes), until)
    paper.state = State.SITTING
    paper.save()
    return paper


def save(
    *, paper: Paper, place: int, chosen: Collection[int], text: str, actor: Any, now: datetime
) -> Answer:
    """Keep one answer as it stands; the last one saved counts. Raises NotAllowed, KefuError, Conflict (time_over,
    handed_in); a paper whose time is over is handed in with what was saved.
    """
    _close_if_over(paper, now)
    with transaction.atomic():
        paper = _own(paper, actor)
        _check_sitting(paper)
        return _save(paper, place, chosen, text, now)


def _save(paper: Paper, place: int, chosen: Collection[int], text: str, now: datetime) -> Answer:
    if not 0 <= place < len(paper.questions):
        raise KefuError(_("没有这一题"), code="no_such_question", field="place")
    version = QuestionVersion.objects.select_related("question").get(
        pk=paper.questions[place]["version"]
    )
    kind = version.question.kind
    size = {Question.Kind.TRUE_FALSE: 2, Question.Kind.TEXT: 0}.get(
        Question.Kind(kind), len(version.options)
    )
    picked = sorted(set(chosen))
    if any(not 0 <= one < size for one in picked) or (
        len(picked) > 1 and kind != Question.Kind.MULTIPLE
    ):
        raise KefuError(_("没有这个选项"), code="no_such_option", field="chosen")
    words = redact.clean(text, max_length=2000, field="text") if kind == "text" else ""
    answer, _new = Answer.objects.update_or_create(
        paper=paper,
        place=place,
        defaults={"chosen": picked, "text": redact.redact(words), "saved_at": now},
    )
    return answer


def _check_sitting(paper: Paper) -> None:
    if paper.state == State.WAITING:
        raise Conflict(_("还没有开始"), code="not_begun")
    if paper.state != State.SITTING:
        raise Conflict(
            _("时间已到，已按保存的答案自动交卷") if paper.by_itself else _("这份卷已经交了"),
            code="time_over" if paper.by_itself else "handed_in",
        )


def _close_if_over(paper: Paper, now: datetime) -> None:
    """A refusal takes its transaction back, so that this has one of its own."""
    if paper.ends_at is not None and now > paper.ends_at:
        with transaction.atomic():
            locked = _lock(paper)
            if locked.state == State.SITTING:
                _hand_in(locked, by_itself=True, now=now)


def hand_in(
    *,
    paper: Paper,
    answers: Mapping[int, tuple[Collection[int], str]] | None = None,
    actor: Any,
    now: datetime,
) -> Paper:
    """Hand it in, with the last answers (by place) that were on the page; once. Raises NotAllowed, KefuError,
    Conflict (time_over, handed_in): what is sent later does not count, what was saved does.
    """
    _close_if_over(paper, now)
    with transaction.atomic():
        paper = _own(paper, actor)
        _check_sitting(paper)
        for place, (chosen, text) in (answers or {}).items():
            _save(paper, place, chosen, text, now)
        _hand_in(paper, by_itself=False, now=now)
    return paper


def _hand_in(paper: Paper, *, by_itself: bool, now: datetime) -> None:
    paper.state, paper.by_itself = State.HANDED_IN, by_itself
    paper.handed_in_at = paper.ends_at if by_itself else now
    paper.save()
    if not _mark(paper, now=now):
        users = heads_of(paper.employee.department_id)
        _tell(paper, "to_mark", users, now)


def close_run_out(*, now: datetime) -> int:
    """Hand in what nobody did in time, as it was saved, and note who never began; return how many papers.

    Nothing twice; a paper that cannot be handed in does not stop the others.
    """
    run_out = Paper.objects.run_out(now).order_by("ends_at")[:500]
    count = sum(_closed(paper, now) for paper in run_out)
    waiting = Paper.objects.filter(state=State.WAITING, exam__on_paper=False)
    waiting = waiting.exclude(exam__state=Exam.State.DRAFT).filter(exam__closes_at__lte=now)
    missed = waiting.filter(until=None) | waiting.filter(until__lte=now)
    return count + missed.update(state=State.MISSED)


def _closed(paper: Paper, now: datetime) -> bool:
    try:
        with transaction.atomic():
            locked = _lock(paper)
            if locked.state != State.SITTING or locked.ends_at is None or locked.ends_at > now:
                return False
            _hand_in(locked, by_itself=True, now=now)
            return True
    except Exception:
        log.exception("paper %s: cannot be handed in by itself", paper.pk)
        return False


@transaction.atomic
def more_time(*, paper: Paper, minutes: int, actor: Any, now: datetime) -> Paper:
    """Give somebody who sits more time, as when our own line was down. Raises NotAllowed, KefuError, Conflict."""
    paper = _lock(paper)
    check_runs(actor, paper.exam.department_id)
    _check_not_own(paper, actor)
    if paper.state != State.SITTING or paper.ends_at is None:
        raise Conflict(_("只有在考的才能加时"), code="not_sitting")
    if not 1 <= minutes <= MOST_EXTRA:
        raise KefuError(_("加时 1 到 240 分钟"), code="minutes", field="minutes")
    paper.ends_at += timedelta(minutes=minutes)
    paper.save(update_fields=["ends_at"])
    return paper


@transaction.atomic
def let_sit_later(*, paper: Paper, until: datetime, actor: Any, now: datetime) -> Paper:
    """Let somebody who missed it begin until a moment after the others. Raises NotAllowed, KefuError, Conflict."""
    paper = _lock(paper)
    check_runs(actor, paper.exam.department_id)
    _check_not_own(paper, actor)
    if paper.state != State.MISSED:
        raise Conflict(_("只有缺考的才能补考"), code="not_missed")
    if until <= now:
        raise KefuError(_("补考截止要在现在以后"), code="in_the_past", field="until")
    months.check_open(paper.exam.month)
    paper.state, paper.until = State.WAITING, until
    paper.save(update_fields=["state", "until"])
    _tell(paper, "exam", [paper.employee.user_id], now, on=until)
    return paper


def _check_not_own(paper: Paper, actor: Any) -> None:
    if paper.employee.user_id == actor.pk:
        raise NotAllowed(_("不能改自己的考试"))


# Marking.


def _mark(paper: Paper, *, now: datetime) -> bool:
    """Add the points up, once every text has been looked at twice; whether it has a mark now."""
    got: list[Decimal] = []
    answers = {one.place: one for one in paper.answers.all()}
    texts = selectors.text_marks(paper)
    versions = QuestionVersion.objects.select_related("question").in_bulk(
        [one["version"] for one in paper.questions]
    )
    for place, drawn in enumerate(paper.questions):
        version, answer = versions[drawn["version"]], answers.get(place)
        if version.question.kind == Question.Kind.TEXT:
            if answer is None or not answer.text:
                got.append(Decimal(0))  # nothing to judge
            elif place in texts and texts[place].number == LOOKS:
                got.append(texts[place].points)
            else:
                return False
        else:
            chosen = answer.chosen if answer else ()
            got.append(points_for(version.correct, chosen, Decimal(drawn["points"])))
    _put(paper, sum(got, Decimal(0)), Source.COMPUTED, {"points": [str(one) for one in got]}, "", None, now)  # fmt: skip
    return True


def _put(
    paper: Paper, mark: Decimal, source: str, inputs: dict[str, Any], reason: str, actor: Any, now: datetime
) -> ExamMark:  # fmt: skip
    last = selectors.latest_mark(paper)
    month = months.open_month(paper.exam.month)
    row = ExamMark.objects.create(
        paper=paper, number=last.number + 1 if last else 1, month=month, mark=mark,
        source=source, inputs=inputs, reason=reason, recorded_by=actor, recorded_at=now,
    )  # fmt: skip
    if paper.state != State.MARKED:
        paper.state = State.MARKED
        paper.save(update_fields=["state"])
    exam = paper.exam
    if month != exam.month and exam.kind == Exam.Kind.MONTHLY:
        takebacks.mark_late(mark=row, actor=actor, now=now)
    if exam.course is not None and exam.course.state == exam.course.State.ONGOING:
        courses.record_result(
            course=exam.course, part=exam.part, mark=mark, paper=paper, actor=actor, now=now
        )
    _tell(paper, "mark", [paper.employee.user_id], now)
    return row


@transaction.atomic
def judge_text(
    *, paper: Paper, place: int, points: Decimal | None, note: str, actor: Any, now: datetime
) -> TextMark:
    """Give points for an answer in words; a second person looks again and what he gives holds. The last one makes the
    mark. Raises NotAllowed, KefuError naming the field, Conflict.
    """
    paper = _lock(paper)
    check_marks(paper.exam, actor, paper.employee)
    if paper.state != State.HANDED_IN:
        raise Conflict(_("这份卷不在评卷"), code="not_to_mark")
    if not 0 <= place < len(paper.questions):
        raise KefuError(_("没有这一题"), code="no_such_question", field="place")
    drawn = paper.questions[place]
    version = QuestionVersion.objects.select_related("question").get(pk=drawn["version"])
    if version.question.kind != Question.Kind.TEXT:
        raise KefuError(_("这一题由系统评"), code="not_a_text", field="place")
    most = Decimal(drawn["points"])
    given = mark_in_range(points, "points")
    if given > most:
        raise KefuError(_("这一题最多 {n} 分").format(n=most), code="over_most", field="points")
    before = paper.text_marks.filter(place=place).order_by("-number").first()
    if before is not None and before.number >= LOOKS:
        raise Conflict(_("这一题已经评过两遍"), code="marked_twice")
    if before is not None and before.marked_by_id == actor.pk:
        raise Conflict(_("复评要换一个人"), code="second_person")
    try:
        with transaction.atomic():
            row = TextMark.objects.create(
                paper=paper, place=place, number=before.number + 1 if before else 1, points=given,
                note=written(note, "note", 300, required=False), marked_by=actor, marked_at=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("刚有人评过这一题，请刷新"), code="marked_before") from error
    _mark(paper, now=now)
    return row


@transaction.atomic
def enter_mark(
    *,
    paper: Paper,
    mark: Decimal | None,
    reason: str = "",
    source: str = Source.ENTERED,
    actor: Any,
    now: datetime,
) -> ExamMark:
    """Write a mark down: of an examination on paper, or instead of the one that stands, with a reason. What it changes
    of a month that is paid is owed with the next.

    Raises NotAllowed, KefuError naming the field, Conflict (not_published, online).
    """
    paper = _lock(paper)
    check_runs(actor, paper.exam.department_id)
    _check_not_own(paper, actor)
    if paper.exam.state == Exam.State.DRAFT:
        raise Conflict(_("考试还没有发布"), code="not_published")
    given = mark_in_range(mark)
    there = selectors.latest_mark(paper)
    if there is None and not paper.exam.on_paper:
        raise Conflict(_("在线考试由系统出成绩"), code="online")
    if there is not None and there.mark == given:
        return there
    why = written(reason, "reason", 300, required=there is not None)
    return _put(paper, given, source, {}, why, actor, now)


def enter_marks(
    *, exam: Exam, marks: Sequence[tuple[Employee, Decimal]], reason: str = "", actor: Any, now: datetime
) -> int:  # fmt: skip
    """The marks of a table, all or none; return how many are new or changed. Raises what ``enter_mark`` raises."""
    with transaction.atomic():
        papers = {one.employee_id: one for one in exam.papers.all()}
        before = {pk: row.mark for pk, row in selectors.latest_marks([one.pk for one in papers.values()]).items()}  # fmt: skip
        changed = [(papers[one.pk], mark) for one, mark in marks if before.get(papers[one.pk].pk) != mark]  # fmt: skip
        for paper, mark in changed:
            enter_mark(
                paper=paper, mark=mark, reason=reason or _("导入更正"), source=Source.IMPORTED,
                actor=actor, now=now,
            )  # fmt: skip
    return len(changed)


def _tell(
    paper: Paper, state: str, users: Sequence[int], now: datetime, on: datetime | None = None
) -> None:
    when = on or paper.exam.closes_at
    notifications.ring(
        kind=Event.Kind.TRAINING,
        at=now,
        user_ids=users,
        data={"state": state, "what": paper.exam.title, "on": f"{when:%m-%d}"},
    )
