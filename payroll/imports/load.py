"""File the rows of a time clock's table: one punch a row, each once, those of locked months and of oneself refused."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.imports import cells as read
from kefu.imports import chunks, tables
from kefu.imports.chunks import Refused, Written
from kefu.jobs.models import Job
from kefu.jobs.services import Chunk
from kefu.rulebooks.selectors import edition_in_force
from kefu.spreadsheets import unquoted
from kefu.staff.models import Department, Employee
from payroll.imports import columns
from payroll.models import AttendanceClerk, LockedMonth, Punch, RosteredShift
from payroll.selectors.attendance import kept_by
from payroll.selectors.presence import Editions, reach
from payroll.services.attendance import assess_days
from payroll.services.punches import may_edit

Direction = Punch.Direction
A_DAY = timedelta(days=1)
# What another table, or this one further up, has brought already is left out and not told as new.
FILE = """
INSERT INTO payroll_punch (employee_id, at, direction, source, recorded_by_id, recorded_at)
SELECT e, t, d, %(source)s, %(actor)s, %(now)s
FROM unnest(%(employees)s::bigint[], %(moments)s::timestamptz[], %(directions)s::text[]) AS r(e, t, d)
ON CONFLICT (employee_id, at, direction) DO NOTHING
RETURNING employee_id
"""
REASONS: dict[str, Promise] = read.REASONS | {
    "number_required": _("没有工号"),
    "number_unknown": _("没有这个工号"),
    "not_yours": _("不是你管考勤的部门"),
    "own_attendance": _("考勤员不能登记自己的考勤"),
    "time_required": _("没有打卡时间"),
    "direction_unknown": _("上下班要写上班或下班"),
    "no_shift": _("没有写上下班，这个人这天也没有排班，分不清是哪一张"),
    "out_of_order": _("下班卡早于这一班的上班卡，请核对"),
    "month_locked": _("这个月的工资已锁定"),
}


def run(job: Job, more: Callable[[], bool]) -> Generator[Chunk, None, None]:
    """The handler of these jobs."""
    return chunks.run(job, more, Filing.of)


@dataclass(slots=True)
class Row:
    """A punch as a row tells it."""

    number: int
    cells: Sequence[str]
    employee: Employee
    at: datetime
    direction: str

    @property
    def key(self) -> tuple[int, datetime, str]:
        return self.employee.pk, self.at, self.direction


@dataclass(frozen=True, slots=True)
class Seen:
    """The shifts of a chunk's people, the earliest first, when they came, and the months that are locked."""

    shifts: Mapping[int, Sequence[RosteredShift]] = field(default_factory=dict)
    came: Mapping[int, Sequence[datetime]] = field(default_factory=dict)
    locked: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(chunks.Filing):
    """What holds for all rows of an import. ``barred``: the employee who must not bring his own punches."""

    people: Mapping[str, Employee]
    kept: frozenset[int]
    barred: int | None

    @classmethod
    def of(cls, job: Job, table: tables.Table) -> "Filing":
        user = job.created_by
        assert user is not None  # who started it
        department = Department.objects.get(pk=job.params["department"])
        me = Employee.objects.filter(user=user).first()
        own = me is not None and not may_edit(
            edition_in_force(department_id=me.department_id, at=clock.now()).rules, own=True
        )
        clerk = AttendanceClerk.objects.in_charge().filter(employee=me).exists()
        people = Employee.objects.exclude(status=Employee.Status.LEFT)
        return cls(
            job=job,
            columns=columns.COLUMNS,
            places=columns.COLUMNS.places_of(table.header),
            department=department,
            owner=None,
            people={one.number.casefold(): one for one in people},
            kept=frozenset(one.pk for one in kept_by(user)),
            barred=me.pk if me is not None and (own or clerk) else None,
        )

    def look(self, part: Sequence[tables.Cells]) -> Seen:
        numbers, moments = set(), []
        for cells in part:
            numbers.add(self._number(cells))
            try:
                moments.append(self._moment(cells))
            except KefuError:
                continue
        people = [self.people[number] for number in numbers if number in self.people]
        if not people or not moments:
            return Seen()
        first, last = (f(moments).astimezone(SHANGHAI).date() for f in (min, max))
        shifts: dict[int, list[RosteredShift]] = {}
        for shift in (
            RosteredShift.objects.on_duty()
            .filter(employee__in=people, day__gte=first - A_DAY, day__lte=last + A_DAY)
            .order_by("starts_at")
        ):
            shifts.setdefault(shift.employee_id, []).append(shift)
        came: dict[int, list[datetime]] = {}
        for employee, at in Punch.objects.filter(
            employee__in=people,
            direction=Direction.IN,
            at__gte=min(moments) - A_DAY,
            at__lte=max(moments),
        ).values_list("employee", "at"):
            came.setdefault(employee, []).append(at)
        locked = LockedMonth.objects.filter(month__gte=first.replace(day=1), month__lte=last)
        return Seen(shifts, came, frozenset(locked.values_list("month", flat=True)))

    def prepare(
        self, first: int, part: Sequence[tables.Cells], *, now: datetime, seen: Any = None
    ) -> "Prepared":
        rows: dict[tuple[int, datetime, str], Row] = {}
        refused: list[Refused] = []
        duplicates = 0
        for number, cells in enumerate(part, first):
            if not "".join(cells).strip():
                continue
            try:
                row = self._read(number, cells, now, seen)
            except KefuError as error:
                refused.append(Refused(number, cells, error.field or "", error.code))
            except Exception as error:  # one bad row does not stop the others
                refused.append(self.set_aside(number, cells, error))
            else:
                duplicates += row.key in rows
                rows.setdefault(row.key, row)
        good = []
        for row in rows.values():
            if row.direction == Direction.OUT and self._before_coming(row, rows.values(), seen):
                refused.append(Refused(row.number, row.cells, "at", "out_of_order"))
            else:
                good.append(row)
        return Prepared(
            filing=self,
            now=now,
            taken=len(part),
            rows=[(row, row.key) for row in good],
            refused=refused,
            duplicates=duplicates,
        )

    def _read(self, number: int, cells: Sequence[str], now: datetime, seen: Seen) -> Row:
        """Return what the row says. Raises KefuError naming the column."""
        said = self._number(cells)
        if not said:
            raise read.refused("number", "number_required")
        employee = self.people.get(said)
        if employee is None:
            raise read.refused("number", "number_unknown")
        if employee.pk == self.barred:
            # rule: SD-311.02
            raise read.refused("number", "own_attendance")
        if employee.department_id not in self.kept:
            raise read.refused("number", "not_yours")
        at = self._moment(cells)
        if at > now:
            raise read.refused("at", "in_future")
        if at.astimezone(SHANGHAI).date().replace(day=1) in seen.locked:
            raise read.refused("at", "month_locked")
        direction = read.one_of(
            columns.DIRECTIONS, self.cell(cells, "direction"), "direction", ""
        ) or self._nearer(employee, at, seen)
        return Row(number, cells, employee, at, direction)

    def _number(self, cells: Sequence[str]) -> str:
        return unquoted(str(self.cell(cells, "number")).strip()).casefold()

    def _moment(self, cells: Sequence[str]) -> datetime:
        whole = self.cell(cells, "at")
        if not whole.strip():
            day, clock_time = self.cell(cells, "day"), self.cell(cells, "clock")
            whole = f"{day.partition(' ')[0]} {clock_time}" if clock_time.strip() else ""
        at = read.moment(whole, "at")
        if at is None:
            raise read.refused("at", "time_required")
        return at

    @staticmethod
    def _nearer(employee: Employee, at: datetime, seen: Seen) -> str:
        """Which of its shift's two punches one without a direction is. Raises KefuError without a shift."""
        own = seen.shifts.get(employee.pk, ())
        for shift in own:
            since, until = reach(shift, own)
            if since <= at <= until:
                middle = shift.starts_at + (shift.ends_at - shift.starts_at) / 2
                return Direction.IN.value if at < middle else Direction.OUT.value
        raise read.refused("direction", "no_shift")

    @staticmethod
    def _before_coming(row: Row, rows: Any, seen: Seen) -> bool:
        """Did he go before he came? Told only where the shift has a coming at all."""
        own = seen.shifts.get(row.employee.pk, ())
        for shift in own:
            since, until = reach(shift, own)
            if since <= row.at <= until:
                came = [*seen.came.get(row.employee.pk, ())] + [
                    other.at
                    for other in rows
                    if other.employee.pk == row.employee.pk and other.direction == Direction.IN
                ]
                within = [at for at in came if since <= at <= until]
                return bool(within) and row.at < min(within)
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(chunks.Prepared[Row]):
    """A chunk ready to be written; called inside its transaction."""

    filing: Filing

    def write(self, rows: Sequence[tuple[Row, Any]]) -> Written:
        """File the punches that are not there yet, and class the days of whom they are anew."""
        found = [row for row, _line in rows]
        with connection.cursor() as cursor:
            cursor.execute(
                FILE,
                {
                    "employees": [row.employee.pk for row in found],
                    "moments": [row.at for row in found],
                    "directions": [row.direction for row in found],
                    "source": Punch.Source.CLOCK,
                    "actor": self.filing.job.created_by_id,
                    "now": self.now,
                },
            )
            new = [employee for (employee,) in cursor.fetchall()]
        days: dict[int, list[date]] = {}
        people = {row.employee.pk: row.employee for row in found}
        for row in found:
            if row.employee.pk in new:
                days.setdefault(row.employee.pk, []).append(row.at.astimezone(SHANGHAI).date())
        editions = Editions()
        for pk, own in sorted(days.items()):
            assess_days(people[pk], min(own) - A_DAY, max(own), self.now, editions=editions)
        return Written(accepted=len(new), duplicates=len(found) - len(new))

    def announce(self, accepted: int) -> None:
        """No queue changes by a punch."""
