"""The question bank as a workbook, and back again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.errors import KefuError
from kefu.imports.columns import Column, Columns, word, words
from kefu.imports.tables import read_table
from kefu.spreadsheets import unquoted, write_workbook
from payroll.models import Question, QuestionVersion
from payroll.selectors.exams import LETTERS, questions
from payroll.services import questions as services
from payroll.services.questions import Words
from payroll.sheets import Fault

MAX_BYTES = 2_000_000
MAX_ROWS = 2_000
OPTION = "option_"

COLUMNS = Columns(
    Column("id", gettext_lazy("编号"), ("编号", "题号", "id"), gettext_lazy("导出时带出，改题不改它；新题空着"), "", 8),
    Column("kind", gettext_lazy("题型"), ("题型", "kind", "type"), gettext_lazy("单选、多选、判断或简答"), "单选", 8),
    Column("category", gettext_lazy("分类"), ("分类", "类别", "category"), gettext_lazy("组卷时按它抽题"), "进仓费", 12),
    Column("text", gettext_lazy("题目"), ("题目", "题干", "question"), gettext_lazy("必填"), "", 40),
    *(
        Column(f"{OPTION}{place}", format_lazy("{} {}", gettext_lazy("选项"), letter), (f"选项{letter}", letter, f"option {letter}"), gettext_lazy("单选、多选填"), "", 14)
        for place, letter in enumerate(LETTERS)
    ),
    Column("answer", gettext_lazy("答案"), ("答案", "正确答案", "answer"), gettext_lazy("单选 B，多选 ACD，判断写对或错，简答写参考答案"), "B", 12),
    Column("explanation", gettext_lazy("解析"), ("解析", "说明", "explanation"), gettext_lazy("评讲后给考生看"), "", 30),
    hint=gettext_lazy("题型、题目、答案"),
)  # fmt: skip

KINDS = words(
    ("单选 单选题 single", Question.Kind.SINGLE.value),
    ("多选 多选题 multiple", Question.Kind.MULTIPLE.value),
    ("判断 判断题 truefalse true_false", Question.Kind.TRUE_FALSE.value),
    ("简答 简答题 问答 text", Question.Kind.TEXT.value),
)
TRUTHS = words(("对 正确 √ 是 true t yes y 1", 0), ("错 错误 × x 否 false f no n 0", 1))


def workbook(rows: Sequence[QuestionVersion], *, created: datetime) -> bytes:
    """These questions as they stand; the file can be brought back."""
    columns = list(COLUMNS)
    table = [[str(column.label) for column in columns]]
    for row in rows:
        cells = {
            "id": str(row.question_id),
            "kind": str(row.question.get_kind_display()),
            "category": row.question.category,
            "text": row.text,
            "answer": _answer(row),
            "explanation": row.explanation,
        }
        cells |= {f"{OPTION}{place}": text for place, text in enumerate(row.options)}
        table.append([cells.get(column.field, "") for column in columns])
    told = [[_("填写说明"), ""]] + [[str(one.label), str(one.hint)] for one in columns]
    return write_workbook(
        (_("题库"), [one.width for one in columns], table),
        (_("填写说明"), (14, 60), told),
        created=created,
    )


def _answer(row: QuestionVersion) -> str:
    if row.question.kind == Question.Kind.TEXT:
        return row.answer
    if row.question.kind == Question.Kind.TRUE_FALSE:
        return (_("对"), _("错"))[row.correct[0]]
    return "".join(LETTERS[place] for place in row.correct)


@dataclass(frozen=True, slots=True)
class Change:
    """What a row of the file brings: a new question, or another version of one."""

    row: int
    question: Question | None
    kind: str
    category: str
    words: Words


@dataclass(slots=True)
class Read:
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    same: int = 0


def read(content: bytes) -> Read:
    """Hold a table against the bank: what is new, what says something else, what cannot be taken, by row and column.

    A question that stands there already word by word, or earlier in the file, is not brought twice. Raises KefuError.
    """
    if len(content) > MAX_BYTES:
        raise KefuError(_("文件太大，请分成几个"), code="file_too_large", field="file")
    table = read_table(content, COLUMNS)
    if table.rows > MAX_ROWS:
        raise KefuError(_("一次最多 {n} 题").format(n=MAX_ROWS), code="too_many_rows", field="file")
    places = COLUMNS.places_of(table.header)
    for name in ("kind", "text", "answer"):
        if name not in places:
            raise KefuError(
                _("缺少“{column}”一栏").format(column=COLUMNS[name].label),
                code="column_missing",
                field="file",
            )
    reader = _Reader(places)
    with table.below_header(content) as rows:
        for number, cells in enumerate(rows, start=table.header_row + 2):
            if any(cell.strip() for cell in cells):
                reader.take(number, cells)
    return reader.found


class _Reader:
    def __init__(self, places: Mapping[str, int]) -> None:
        self.places, self.found = places, Read()
        self.bank = {row.question_id: row for row in questions()}
        self.known = {(row.question.kind, word(row.text)) for row in self.bank.values()}
        self.seen: set[Any] = set()

    def take(self, number: int, cells: Sequence[str]) -> None:
        said = {
            name: unquoted(str(cells[place]).strip()) if place < len(cells) else ""
            for name, place in self.places.items()
        }
        try:
            change = self._change(number, said)
        except KefuError as error:
            name = error.field or "text"
            if name == "options":
                name = f"{OPTION}0"
            elif name == "correct":
                name = "answer"
            self.found.faults.append(Fault(number, str(COLUMNS[name].label), str(error)))
            return
        if change is None:
            self.found.same += 1
        else:
            self.found.changes.append(change)

    def _change(self, number: int, said: Mapping[str, str]) -> Change | None:
        kind = KINDS.get(word(said["kind"]), "")
        given = self._words(kind, said)
        checked = services.checked(kind, given)
        category = said.get("category", "") or _("其他")
        row = self._named(said.get("id", ""))
        if row is not None:
            if row.question.kind != kind:
                raise KefuError(_("题型不能改，请另出一题"), code="other_kind", field="kind")
            same = all(getattr(row, name) == value for name, value in checked.items())
            if same and row.question.category == category:
                return None
            return Change(number, row.question, kind, category, given)
        key = (kind, word(checked["text"]))
        if key in self.known or key in self.seen:
            return None
        self.seen.add(key)
        return Change(number, None, kind, category, given)

    def _named(self, said: str) -> QuestionVersion | None:
        if not said:
            return None
        row = self.bank.get(int(said)) if said.isdecimal() and len(said) < 12 else None
        if row is None:
            raise KefuError(_("题库里没有这个编号"), code="no_such_question", field="id")
        if row.question_id in self.seen:
            raise KefuError(_("这个编号前面已有一行"), code="twice", field="id")
        self.seen.add(row.question_id)
        return row

    @staticmethod
    def _words(kind: str, said: Mapping[str, str]) -> Words:
        answer = said["answer"]
        options = [said.get(f"{OPTION}{place}", "") for place in range(len(LETTERS))]
        correct: list[int] = []
        if kind == Question.Kind.TRUE_FALSE:
            correct = [TRUTHS[word(answer)]] if word(answer) in TRUTHS else []
        elif kind in services.CHOSEN:
            letters = [one for one in word(answer).upper() if one.isalnum()]
            if any(one not in LETTERS for one in letters):
                raise KefuError(
                    _("答案写选项的字母，如 B 或 ACD"), code="no_answer", field="answer"
                )
            correct = [LETTERS.index(one) for one in letters]
        return Words(said["text"], options, correct, answer, said.get("explanation", ""))


@transaction.atomic
def take(found: Read, *, actor: Any, now: datetime) -> int:
    """Put into the bank what a file brings; return how many questions are new or say something else."""
    for change in found.changes:
        given: dict[str, Any] = {
            "category": change.category,
            "words": change.words,
            "actor": actor,
            "now": now,
        }
        if change.question is None:
            services.write(kind=change.kind, **given)
        else:
            services.rewrite(question=change.question, **given)
    return len(found.changes)
