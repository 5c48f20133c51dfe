"""A roster as a workbook, people × days, and back again."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kefu.errors import KefuError
from kefu.imports.columns import Column, Columns, word
from kefu.imports.tables import read_table
from kefu.rulebooks.selectors import edition
from kefu.spreadsheets import write_workbook
from kefu.staff.models import Employee
from payroll.models import Roster, RosteredShift
from payroll.selectors import rosters as selectors
from payroll.services.rosters import Change

MAX_BYTES = 2_000_000
MAX_PEOPLE = 500
WIDTHS = (10, 12)
DAY_WIDTH = 7  # characters
FREE = {"", "休", "休息", "off", "-", "—", "/"}
BETWEEN = re.compile(r"[+＋、,，/&]+")
_DAY = re.compile(r"(?:(\d{4})[-/.年])?(\d{1,2})[-/.月](\d{1,2})日?(?!\d)")

COLUMNS = Columns(
    Column("number", gettext_lazy("工号"), ("工号", "staff no.", "number"), gettext_lazy("员工工号"), "0826", 10),
    Column("name", gettext_lazy("姓名"), ("姓名", "name"), gettext_lazy("核对用"), "林小月", 12),
    hint=gettext_lazy("工号"),
)  # fmt: skip


def workbook(roster: Roster) -> bytes:
    """The roster as it stands; filled in again it can be imported. The same roster makes the same file."""
    days = selectors.days_of(roster)
    by_cell: dict[tuple[int, date], list[RosteredShift]] = {}
    shifts = selectors.planned(roster)
    for shift in sorted(shifts, key=lambda one: one.starts_at):
        by_cell.setdefault((shift.employee_id, shift.day), []).append(shift)
    people = {one.pk: one for one in selectors.people_of(roster.department_id)}
    people |= {shift.employee_id: shift.employee for shift in shifts}
    rows = [[_("工号"), _("姓名"), *(f"{day:%Y-%m-%d}" for day in days)]]
    for who in sorted(people.values(), key=lambda one: one.number):
        cells = [
            "+".join(selectors.shift_name(one.name) for one in by_cell.get((who.pk, day), []))
            for day in days
        ]
        rows.append([who.number, who.name, *cells])
    sheets = [(_("排班表"), (*WIDTHS, *([DAY_WIDTH + 5] * len(days))), rows)]
    if lunch := _lunch_rows(rows[0], by_cell, people.values(), days):
        sheets.append((_("午餐"), (*WIDTHS, *([DAY_WIDTH + 5] * len(days))), lunch))
    known = [[_("填写说明"), ""], [_("休息"), _("空着，或写“休”")]]
    known += [
        [_("可填的班次"), name]
        for _value, _short, name in selectors.choices_of(roster, edition(roster.rulebook_id).rules)
    ]
    return write_workbook(*sheets, (_("填写说明"), (14, 40), known), created=roster.made_at)


def _lunch_rows(
    head: list[str],
    by_cell: Mapping[tuple[int, date], Sequence[RosteredShift]],
    people: Iterable[Employee],
    days: Sequence[date],
) -> list[list[str]]:
    """Who eats when, as people × days (CD-12.23); [] where nobody has a batch. It is read only, and not brought back."""
    rows = [
        [
            who.number,
            who.name,
            *("".join(map(selectors.lunch_hours, by_cell.get((who.pk, day), ()))) for day in days),
        ]
        for who in sorted(people, key=lambda one: one.number)
    ]
    rows = [row for row in rows if any(row[2:])]
    return [head, *rows] if rows else []


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be taken. ``row`` as the spreadsheet numbers it."""

    row: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Read:
    """What a file would change in a draft, and what of it cannot be taken."""

    changes: Sequence[Change]
    shown: Sequence[tuple[str, str, str, str]]  # who, day, before, after
    same: int
    faults: Sequence[Fault]


def read(roster: Roster, content: bytes) -> Read:
    """Hold a workbook or a CSV file against a draft. Cells that say what stands there already change nothing, so that
    a file brought twice does nothing twice; days and people it does not name stay as they are.

    Raises KefuError: the file cannot be read, or has no days of this roster.
    """
    if len(content) > MAX_BYTES:
        raise KefuError(_("文件太大，一个部门一张表就够"), code="file_too_large", field="file")
    table = read_table(content, COLUMNS)
    if table.rows > MAX_PEOPLE:
        raise KefuError(_("行数太多"), code="too_many_rows", field="file")
    days = {n: day for n, head in enumerate(table.header) if (day := _day(head, roster))}
    if not days:
        raise KefuError(
            _("表头里没有这张排班表的日期（%(since)s 至 %(until)s）")
            % {"since": roster.starts_on, "until": roster.ends_on},
            code="no_days",
            field="file",
        )
    reader = _Reader(roster, days, COLUMNS.places_of(table.header), table.header)
    with table.below_header(content) as rows:
        for number, cells in enumerate(rows, start=table.header_row + 2):
            reader.take(number, cells)
    return Read(reader.changes, reader.shown, reader.same, reader.faults)


def _day(head: str, roster: Roster) -> date | None:
    """The day of the roster that a heading names: 2026-11-23, 11-23 周一, 11月23日."""
    found = _DAY.search(head)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    for candidate in selectors.days_of(roster):
        if (candidate.month, candidate.day) == (month, day) and year in (0, candidate.year):
            return candidate
    return None


class _Reader:
    def __init__(
        self,
        roster: Roster,
        days: Mapping[int, date],
        places: Mapping[str, int],
        header: Sequence[str],
    ) -> None:
        self.days, self.places, self.header = days, places, header
        self.people = {one.number: one for one in selectors.people_of(roster.department_id)}
        self.now: dict[tuple[int, date], str] = {}
        for shift in sorted(selectors.planned(roster), key=lambda one: one.starts_at):
            key = (shift.employee_id, shift.day)
            self.now[key] = "+".join(filter(None, (self.now.get(key), shift.name)))
        choices = selectors.choices_of(roster, edition(roster.rulebook_id).rules)
        single = [value for value, _short, _name in choices if "+" not in value]
        self.names = {
            word(said): value
            for value in single
            for said in (value, selectors.shift_name(value), selectors.short_name(value))
        }
        self.seen: set[int] = set()
        self.changes: list[Change] = []
        self.shown: list[tuple[str, str, str, str]] = []
        self.faults: list[Fault] = []
        self.same = 0

    def take(self, number: int, cells: Sequence[str]) -> None:
        if not any(cell.strip() for cell in cells):
            return
        place = self.places.get("number", 0)
        staff_number = cells[place].strip().lstrip("'") if place < len(cells) else ""
        who = self.people.get(staff_number) or self.people.get(staff_number.zfill(4))
        if who is None:
            text = _("本部门没有工号“%(number)s”") % {"number": staff_number[:20]}
            self.faults.append(Fault(number, str(COLUMNS["number"].label), text))
            return
        if who.pk in self.seen:
            self.faults.append(
                Fault(number, str(COLUMNS["number"].label), _("这个工号前面已有一行"))
            )
            return
        self.seen.add(who.pk)
        for column, day in self.days.items():
            said = cells[column].strip() if column < len(cells) else ""
            value = self._value(said)
            if value is None:
                text = _("没有“%(shift)s”这个班") % {"shift": said[:20]}
                self.faults.append(Fault(number, self.header[column], text))
                continue
            before = self.now.get((who.pk, day), "")
            if set(before.split("+")) == set(value.split("+")):
                self.same += 1
                continue
            self.changes.append(Change(who.pk, day, value))
            self.shown.append((str(who), f"{day:%m-%d}", _told(before), _told(value)))

    def _value(self, said: str) -> str | None:
        if word(said) in FREE or said in FREE:
            return ""
        parts = [word(part) for part in BETWEEN.split(said) if part.strip()]
        if any(part not in self.names for part in parts):
            return None
        return "+".join(dict.fromkeys(self.names[part] for part in parts))


def _told(value: str) -> str:
    return "+".join(selectors.shift_name(name) for name in value.split("+") if name) or _("休")
