"""The bank and its examinations as people look at them: what may be drawn, one's own paper, the results of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from kefu.clock import SHANGHAI
from kefu.policy import examinations
from kefu.policy.examinations import Drawn
from payroll.models import Answer, Exam, ExamMark, Paper, Question, QuestionVersion, TextMark
from payroll.selectors.training import reach

TENTHS = [Decimal(n) for n in range(0, 100, 10)]
State = Paper.State
LETTERS = "ABCDEFGH"


# The bank.


def questions(
    *, kind: str = "", category: str = "", text: str = "", retired: bool = False
) -> QuerySet[QuestionVersion]:
    """The latest version of each question, as filtered."""
    later = QuestionVersion.objects.filter(
        question=OuterRef("question"), number__gt=OuterRef("number")
    )
    rows = QuestionVersion.objects.filter(~Exists(later), question__retired_at__isnull=not retired)
    if kind:
        rows = rows.filter(question__kind=kind)
    if category:
        rows = rows.filter(question__category=category)
    if text:
        rows = rows.filter(Q(text__icontains=text) | Q(explanation__icontains=text))
    return rows.select_related("question", "written_by").order_by("question__category", "question")


def categories() -> list[str]:
    found = Question.objects.filter(retired_at=None).order_by("category")
    return list(found.values_list("category", flat=True).distinct())


def used_in_exams(question: Question) -> int:
    """In how many published examinations a version of it may be drawn."""
    mine = set(question.versions.values_list("pk", flat=True))
    pools = Exam.objects.exclude(state=Exam.State.DRAFT).values_list("pool", flat=True)
    return sum(any(mine & set(part) for part in pool) for pool in pools)


# Drawing.


def parts_of(
    parts: Sequence[Mapping[str, Any]], pool: Sequence[Sequence[int]]
) -> list[examinations.Part]:
    """The parts of an examination as policy draws from them."""
    versions = QuestionVersion.objects.in_bulk({pk for part in pool for pk in part})
    found = []
    for part, pks in zip(parts, pool, strict=True):
        sizes = [len(versions[pk].options) for pk in pks]
        found.append(examinations.Part(part["count"], Decimal(part["points"]), pks, sizes))
    return found


def drawn_for(exam: Exam, number: str) -> tuple[Drawn, ...]:
    """Which questions somebody gets, by his staff number: the same each time."""
    return examinations.draw(exam.seed, number, parts_of(exam.parts, exam.pool))


# A paper.


@dataclass(frozen=True, slots=True)
class Option:
    place: int  # as written, from 0
    letter: str  # as shown
    text: str
    chosen: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One question of a paper, as its person sees it."""

    place: int
    kind: str
    label: str
    points: Decimal
    text: str
    options: Sequence[Option]
    written: str  # the answer in words
    model: str  # how the bank answers it
    explanation: str
    got: Decimal | None
    note: str

    @property
    def number(self) -> int:
        return self.place + 1

    @property
    def answered(self) -> bool:
        return bool(self.written) or any(option.chosen for option in self.options)

    @property
    def several(self) -> bool:
        return self.kind == Question.Kind.MULTIPLE

    @property
    def in_words(self) -> bool:
        return self.kind == Question.Kind.TEXT


def items_of(
    paper: Paper, words: tuple[str, str], marks: Mapping[int, TextMark] | None = None
) -> list[Item]:
    """The questions of a paper with what was answered. ``words``: how true and false read; ``marks``: what
    ``text_marks`` gave, where the caller has it.
    """
    versions = QuestionVersion.objects.select_related("question").in_bulk(
        [one["version"] for one in paper.questions]
    )
    answers = {one.place: one for one in paper.answers.all()}
    marks = text_marks(paper) if marks is None else marks
    found = []
    for place, drawn in enumerate(paper.questions):
        version, answer = versions[drawn["version"]], answers.get(place)
        found.append(_item(place, drawn, version, answer, marks.get(place), words))
    return found


def text_marks(paper: Paper) -> dict[int, TextMark]:
    """By question: what was given for a text last."""
    return {
        one.place: one for one in paper.text_marks.order_by("number").select_related("marked_by")
    }


def _item(
    place: int,
    drawn: Mapping[str, Any],
    version: QuestionVersion,
    answer: Answer | None,
    mark: TextMark | None,
    words: tuple[str, str],
) -> Item:
    kind, points = version.question.kind, Decimal(drawn["points"])
    chosen = set(answer.chosen) if answer else set()
    texts = list(words) if kind == Question.Kind.TRUE_FALSE else version.options
    order = range(len(texts)) if kind == Question.Kind.TRUE_FALSE else drawn["order"]
    options = [
        Option(one, LETTERS[shown], texts[one], one in chosen, one in version.correct)
        for shown, one in enumerate(order)
    ]
    in_words = kind == Question.Kind.TEXT
    if in_words:
        got = mark.points if mark else None
    else:
        got = examinations.points_for(version.correct, chosen, points)
    return Item(
        place,
        kind,
        str(version.question.get_kind_display()),
        points,
        version.text,
        [] if in_words else options,
        answer.text if answer else "",
        version.answer if in_words else "".join(one.letter for one in options if one.right),
        version.explanation,
        got,
        mark.note if mark else "",
    )


def latest_mark(paper: Paper) -> ExamMark | None:
    """The mark that holds: the last correction."""
    return paper.marks.order_by("-number").first()


def latest_marks(papers: Collection[int]) -> dict[int, ExamMark]:
    """By paper: the mark that holds."""
    rows = ExamMark.objects.filter(paper__in=papers).order_by("number")
    return {row.paper_id: row for row in rows}


def may_start_until(paper: Paper) -> datetime:
    """Until when a paper may be begun: its own extension, else when the examination closes."""
    return paper.until or paper.exam.closes_at


def is_explained(exam: Exam, now: datetime) -> bool:
    """From the day of the review on each question is explained to those who sat it."""
    return now.astimezone(SHANGHAI).date() >= exam.review_on


def my_papers(employee_id: int) -> list[Paper]:
    """One's papers, what is to be sat first, then the latest."""
    rows = Paper.objects.filter(employee=employee_id).select_related("exam")
    order = {State.SITTING: 0, State.WAITING: 1}
    return sorted(rows.order_by("-exam__opens_at"), key=lambda one: order.get(State(one.state), 2))


# Results.


def exams_of(user: Any) -> QuerySet[Exam]:
    """The examinations somebody looks after."""
    rows = Exam.objects.filter(department__in=reach(user)).order_by("-opens_at", "-pk")
    return rows.select_related("department")


WIDTH, GROUND, TALLEST = 30, 92, 78  # of the picture's columns, in its own units


@dataclass(frozen=True, slots=True)
class Column:
    """So many marks from ``least`` up to below ``most``, as a column of the picture."""

    place: int
    least: Decimal
    most: Decimal
    number: int
    height: int

    @property
    def x(self) -> int:
        return self.place * WIDTH + 3

    @property
    def middle(self) -> int:
        return self.place * WIDTH + WIDTH // 2

    @property
    def y(self) -> int:
        return GROUND - self.height

    @property
    def label_y(self) -> int:
        return self.y - 3


@dataclass(frozen=True, slots=True)
class Results:
    rows: Sequence[tuple[Paper, ExamMark | None]]
    columns: Sequence[Column]
    mean: Decimal | None
    highest: Decimal | None
    lowest: Decimal | None
    marked: int  # papers with a mark
    unmarked: int
    passed: int | None  # None: no pass mark
    to_mark: int  # papers with texts that wait for a marker


def all_results(exams: Sequence[Exam]) -> dict[int, Results]:
    """By examination: all its papers with their marks and how these are spread; in two questions."""
    papers: dict[int, list[Paper]] = {exam.pk: [] for exam in exams}
    rows = Paper.objects.filter(exam__in=exams).select_related("employee", "exam")
    for paper in rows.order_by("employee__number"):
        papers[paper.exam_id].append(paper)
    marks = latest_marks([paper.pk for own in papers.values() for paper in own])
    return {exam.pk: _results(exam, papers[exam.pk], marks) for exam in exams}


def results_of(exam: Exam) -> Results:
    return all_results([exam])[exam.pk]


def _results(exam: Exam, papers: Sequence[Paper], all_marks: Mapping[int, ExamMark]) -> Results:
    marks = {paper.pk: all_marks[paper.pk] for paper in papers if paper.pk in all_marks}
    numbers = [mark.mark for mark in marks.values()]
    counts = examinations.spread(numbers, TENTHS)
    top = max(counts, default=0)
    columns = [
        Column(n, least, least + 10, number, number * TALLEST // top if top else 0)
        for n, (least, number) in enumerate(zip(TENTHS, counts, strict=True))
    ]
    passed = None
    if exam.pass_mark is not None:
        passed = sum(number >= exam.pass_mark for number in numbers)
    return Results(
        [(paper, marks.get(paper.pk)) for paper in papers],
        columns,
        sum(numbers, Decimal(0)) / len(numbers) if numbers else None,
        max(numbers, default=None),
        min(numbers, default=None),
        len(numbers),
        len(papers) - len(numbers),
        passed,
        sum(paper.state == State.HANDED_IN for paper in papers),
    )
