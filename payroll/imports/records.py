"""What is the same for every table that a machine writes about people: whose row it is, when, and that a row counts
once.
"""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Refused
from kefu.imports.columns import Columns
from kefu.jobs.models import Job
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.spreadsheets import unquoted
from kefu.staff.models import Department, Employee
from payroll.models import LockedMonth
from payroll.selectors.calls import recorded_for

REASONS: dict[str, Promise] = read.REASONS | {
    "who_required": _("没有工号，也没有分机"),
    "number_unknown": _("没有这个工号"),
    "extension_unknown": _("没有人用这个分机"),
    "extension_shared": _("几个人共用这个分机，请填工号"),
    "not_yours": _("不是你部门的人"),
    "time_required": _("没有时间"),
    "month_locked": _("这个月的工资已锁定"),
    "seconds_unreadable": _("认不出几秒，请写秒数或 时:分:秒"),
    "number_unreadable": _("要写整数"),
    "out_of_range": _("超出可能的范围"),
    "row_differs": _("同一人同一时间已有一条，内容不同"),
}
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})")
_WHOLE = re.compile(r"(-?\d+)(?:\.0+)?\s*(?:秒|s)?")


def edition_now(department: Department) -> Edition | None:
    """The rulebook a department works by today, None without one."""
    try:
        return edition_in_force(department_id=department.pk, at=clock.now())
    except KefuError:
        return None


@dataclass(slots=True, eq=False)
class Row:
    """A row as the table tells it. ``key``: what it is once; ``said``: what it says of it."""

    number: int
    cells: Sequence[str]
    employee: Employee
    at: datetime
    key: tuple[Any, ...]
    said: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(chunks.Filing):
    """What holds for all rows. ``by_number``, ``by_extension``: who somebody is; None: several are. ``allowed``:
    whose rows may be brought.
    """

    by_number: Mapping[str, Employee]
    by_extension: Mapping[str, Employee | None]
    allowed: frozenset[int]
    locked: frozenset[date]

    @classmethod
    def about(cls, job: Job, table: tables.Table, columns: Columns) -> dict[str, Any]:
        """What every such filing is told."""
        user = job.created_by
        assert user is not None  # who started it
        people = list(Employee.objects.order_by("pk"))
        extensions: dict[str, Employee | None] = {}
        for one in people:
            if one.extension and one.status != Employee.Status.LEFT:
                extensions[one.extension] = None if one.extension in extensions else one
        return {
            "job": job,
            "columns": columns,
            "places": columns.places_of(table.header),
            "department": Department.objects.get(pk=job.params["department"]),
            "owner": None,
            "by_number": {one.number.casefold(): one for one in people},
            "by_extension": extensions,
            "allowed": frozenset(recorded_for(user).values_list("pk", flat=True)),
            "locked": frozenset(LockedMonth.objects.values_list("month", flat=True)),
        }

    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "chunks.Prepared[Row]":
        rows: dict[tuple[Any, ...], Row] = {}
        refused: list[Refused] = []
        duplicates = 0
        for number, cells in enumerate(part, first):
            if not "".join(cells).strip():
                continue
            try:
                row = self.row(number, cells, now)
            except KefuError as error:
                refused.append(Refused(number, cells, error.field or "", error.code))
            except Exception as error:  # one bad row does not stop the others
                refused.append(self.set_aside(number, cells, error))
            else:
                there = rows.setdefault(row.key, row)
                if there is row:
                    continue
                if there.said == row.said:
                    duplicates += 1
                else:
                    refused.append(Refused(number, cells, "at", "row_differs"))
        return self.prepared(
            now=now,
            taken=len(part),
            rows=[(row, row.key) for row in rows.values()],
            refused=refused,
            duplicates=duplicates,
        )

    @abstractmethod
    def row(self, number: int, cells: Sequence[str], now: datetime) -> Row:
        """Return what a row says. Raises KefuError naming the column."""

    @abstractmethod
    def prepared(self, **given: Any) -> "chunks.Prepared[Row]":
        """The chunk, ready to be written."""

    def who(self, cells: Sequence[str]) -> Employee:
        """By staff number, else by extension. Raises KefuError."""
        number = unquoted(self.cell(cells, "number").strip())
        if number:
            found = self.by_number.get(number.casefold()) or self.by_number.get(number.zfill(4))
            if found is None:
                raise read.refused("number", "number_unknown")
            return self._allowed(found, "number")
        extension = unquoted(self.cell(cells, "extension").strip())
        if not extension:
            raise read.refused("number", "who_required")
        found = self.by_extension.get(extension)
        if found is None:
            shared = extension in self.by_extension
            raise read.refused("extension", "extension_shared" if shared else "extension_unknown")
        return self._allowed(found, "extension")

    def _allowed(self, one: Employee, column: str) -> Employee:
        if one.pk not in self.allowed:
            raise read.refused(column, "not_yours")
        return one

    def moment(self, cells: Sequence[str], now: datetime) -> datetime:
        """When it began, of a month that is open. Raises KefuError."""
        at = read.moment(self.cell(cells, "at"), "at")
        if at is None:
            raise read.refused("at", "time_required")
        if at > now:
            raise read.refused("at", "in_future")
        if self.locked and at.astimezone(SHANGHAI).date().replace(day=1) in self.locked:
            raise read.refused("at", "month_locked")
        return at

    def seconds(self, cells: Sequence[str], column: str, most: int) -> int | None:
        """So many seconds, None where the cell is empty. Raises KefuError."""
        return self._within(_seconds(self.cell(cells, column)), column, most, "seconds_unreadable")

    def whole(self, cells: Sequence[str], column: str, most: int) -> int | None:
        return self._within(_whole(self.cell(cells, column)), column, most, "number_unreadable")

    @staticmethod
    def _within(found: int | str | None, column: str, most: int, code: str) -> int | None:
        if isinstance(found, str):
            raise read.refused(column, code)
        if found is not None and not 0 <= found <= most:
            raise read.refused(column, "out_of_range")
        return found


@lru_cache(maxsize=4096)
def _seconds(cell: str) -> int | str | None:
    text = cell.strip()
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return (hours * 60 + minutes) * 60 + seconds
    return _whole(text)


@lru_cache(maxsize=4096)
def _whole(cell: str) -> int | str | None:
    """The number, the cell itself where it is none."""
    text = unquoted(cell.strip())
    if not text:
        return None
    found = _WHOLE.fullmatch(text)
    return int(found[1]) if found and len(text) < 12 else text
