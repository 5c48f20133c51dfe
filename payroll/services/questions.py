"""The question bank: written, written anew as a further version, put out of use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kefu.errors import Conflict, KefuError, NotAllowed
from payroll.models import Question, QuestionVersion
from payroll.services.training import RUN, written

Kind = Question.Kind
FEWEST, MOST = 2, 8  # options
CHOSEN = (Kind.SINGLE, Kind.MULTIPLE)


@dataclass(frozen=True, slots=True)
class Words:
    """What a question says. ``correct``: places of the right options, from 0; of true and false 0 is true."""

    text: str
    options: Sequence[str] = ()
    correct: Sequence[int] = field(default_factory=tuple)
    answer: str = ""
    explanation: str = ""


def check_writes(actor: Any) -> None:
    """Raises NotAllowed but for those who run training."""
    if actor is None or not actor.has_perm(RUN):
        raise NotAllowed(_("只有主管可以改题库"))


@transaction.atomic
def write(*, kind: str, category: str, words: Words, actor: Any, now: datetime) -> Question:
    """Add a question. Raises NotAllowed, KefuError naming the field."""
    check_writes(actor)
    given = checked(kind, words)
    category = written(category, "category", 40)
    question = Question.objects.create(kind=kind, category=category, made_by=actor, made_at=now)
    QuestionVersion.objects.create(question=question, written_by=actor, written_at=now, **given)
    return question


@transaction.atomic
def rewrite(
    *, question: Question, category: str, words: Words, actor: Any, now: datetime
) -> QuestionVersion:
    """Say it otherwise: a further version, unless nothing changed. Papers keep what they were drawn with.

    Raises NotAllowed, KefuError naming the field, Conflict where somebody else did so just now.
    """
    check_writes(actor)
    question = Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    given = checked(question.kind, words)
    category = written(category, "category", 40)
    if category != question.category:
        question.category = category
        question.save(update_fields=["category"])
    latest = question.versions.order_by("-number").first()
    assert latest is not None
    if all(getattr(latest, name) == value for name, value in given.items()):
        return latest
    try:
        with transaction.atomic():
            return QuestionVersion.objects.create(
                question=question,
                number=latest.number + 1,
                written_by=actor,
                written_at=now,
                **given,
            )
    except IntegrityError as error:
        raise Conflict(_("这道题刚被别人改过，请刷新"), code="rewritten") from error


@transaction.atomic
def retire(*, question: Question, back: bool, actor: Any, now: datetime) -> None:
    """Take a question out of use, or back into it; papers that have it keep it. Raises NotAllowed."""
    check_writes(actor)
    Question.objects.filter(pk=question.pk).update(retired_at=None if back else now)


def checked(kind: str, words: Words) -> dict[str, Any]:
    """What a version keeps. Raises KefuError naming the field."""
    if kind not in Kind.values:
        raise KefuError(_("题型要写单选、多选、判断或简答"), code="no_such_kind", field="kind")
    options = [written(one, "options", 300, required=False) for one in words.options]
    while options and not options[-1]:
        options.pop()
    correct = sorted(set(words.correct))
    if kind in CHOSEN:
        _check_options(kind, options, correct)
    elif kind == Kind.TRUE_FALSE and (len(correct) != 1 or correct[0] not in (0, 1)):
        raise KefuError(_("判断题的答案写对或错"), code="no_answer", field="correct")
    answer = written(words.answer, "answer", 2000, required=False)
    if kind == Kind.TEXT and not answer:
        raise KefuError(_("简答题要写参考答案，评卷人要看"), code="no_answer", field="answer")
    return {
        "text": written(words.text, "text", 1000),
        "options": options if kind in CHOSEN else [],
        "correct": [] if kind == Kind.TEXT else correct,
        "answer": answer if kind == Kind.TEXT else "",
        "explanation": written(words.explanation, "explanation", 1000, required=False),
    }


def _check_options(kind: str, options: Sequence[str], correct: Sequence[int]) -> None:
    if not FEWEST <= len(options) <= MOST:
        raise KefuError(_("选项要有 2 到 8 个"), code="options_number", field="options")
    if "" in options:
        raise KefuError(_("选项中间不能空着"), code="option_empty", field="options")
    if len(set(options)) < len(options):
        raise KefuError(_("有两个选项一样"), code="options_alike", field="options")
    if not correct or correct[-1] >= len(options) or correct[0] < 0:
        raise KefuError(_("答案要是其中的选项"), code="no_answer", field="correct")
    if kind == Kind.SINGLE and len(correct) > 1:
        raise KefuError(_("单选题只有一个答案"), code="one_answer", field="correct")
    if kind == Kind.MULTIPLE and len(correct) < 2:
        raise KefuError(_("多选题至少有两个答案"), code="two_answers", field="correct")
