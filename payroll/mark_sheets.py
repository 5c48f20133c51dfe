"""The marks of an examination on paper, from a table."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.errors import KefuError
from kefu.imports.columns import Column, Columns, word
from kefu.imports.tables import read_table
from kefu.spreadsheets import unquoted, write_workbook
from kefu.staff.models import Employee
from payroll.models import Exam
from payroll.selectors.exams import results_of
from payroll.selectors.training import plain
from payroll.services.courses import mark_in_range
from payroll.sheets import Fault

MAX_BYTES = 2_000_000
MAX_ROWS = 2_000
NUMBER = re.compile(r"[-+]?\d{1,6}(?:\.\d{1,6})?")
# Nobody gets a mark by these.
MISSED = {"", "缺考", "缺", "absent", "-", "—"}

COLUMNS = Columns(
    Column("number", gettext_lazy("工号"), ("工号", "员工编号", "staff no.", "employee number", "number"), gettext_lazy("必填；单元格设为文本，前面的 0 才不会丢"), "0826", 10),
    Column("name", gettext_lazy("姓名"), ("姓名", "name"), gettext_lazy("核对用"), "林小月", 12),
    Column("mark", gettext_lazy("成绩"), ("成绩", "分数", "得分", "mark", "score"), gettext_lazy("0 到 100；缺考空着"), "86", 8),
    hint=gettext_lazy("工号、成绩"),
)  # fmt: skip


@dataclass(slots=True)
class Read:
    """What a file brings: marks by employee, rows that say the same twice, and what cannot be taken."""

    marks: dict[Employee, Decimal] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    twice: int = 0
    missed: int = 0

    @property
    def pairs(self) -> list[tuple[Employee, Decimal]]:
        return list(self.marks.items())


def read(exam: Exam, content: bytes) -> Read:
    """Read a table against those who had to sit it; rows are numbered as the spreadsheet has them. Raises KefuError."""
    if len(content) > MAX_BYTES:
        raise KefuError(_("文件太大"), code="file_too_large", field="file")
    table = read_table(content, COLUMNS)
    if table.rows > MAX_ROWS:
        raise KefuError(_("行数太多"), code="too_many_rows", field="file")
    places = COLUMNS.places_of(table.header)
    for name in ("number", "mark"):
        if name not in places:
            raise KefuError(
                _("缺少“{column}”一栏").format(column=COLUMNS[name].label),
                code="column_missing",
                field="file",
            )
    papers = exam.papers.select_related("employee")
    people = {paper.employee.number: paper.employee for paper in papers}
    found = Read()
    with table.below_header(content) as rows:
        for number, cells in enumerate(rows, start=table.header_row + 2):
            if any(cell.strip() for cell in cells):
                said = {
                    name: unquoted(str(cells[place]).strip()) if place < len(cells) else ""
                    for name, place in places.items()
                }
                _take(found, number, said, people)
    return found


def _take(found: Read, row: int, said: dict[str, str], people: dict[str, Employee]) -> None:
    def fault(column: str, text: str) -> None:
        found.faults.append(Fault(row, str(COLUMNS[column].label), text))

    number = said["number"]
    who = people.get(number) or people.get(number.zfill(4))
    if who is None:
        fault("number", _("这场考试没有工号“{number}”").format(number=number[:20]))
        return
    name = said.get("name", "")
    if name and word(name) != word(who.name):
        fault("name", _("工号 {number} 不是这个人").format(number=who.number))
        return
    if word(said["mark"]) in MISSED:
        found.missed += 1
        return
    try:
        mark = mark_in_range(_number(said["mark"]))
    except KefuError as error:
        fault("mark", str(error))
        return
    if who in found.marks:
        if found.marks[who] == mark:
            found.twice += 1
        else:
            fault("number", _("这个工号前面已有一行，成绩不同"))
        return
    found.marks[who] = mark


def _number(said: str) -> Decimal | None:
    text = unicodedata.normalize("NFKC", said).strip().removesuffix("分").strip()
    if not NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def workbook(exam: Exam, *, created: datetime) -> bytes:
    """Everybody's result, to print or to fill in."""
    rows: list[Sequence[str]] = [[str(column.label) for column in COLUMNS] + [_("状态")]]
    for paper, mark in results_of(exam).rows:
        shown = plain(mark.mark) if mark else ""
        rows.append(
            [paper.employee.number, paper.employee.name, shown, str(paper.get_state_display())]
        )
    return write_workbook((_("成绩"), (10, 12, 8, 12), rows), created=created)
