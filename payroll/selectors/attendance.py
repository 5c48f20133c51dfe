"""What attendance comes to: a month for score and pay, a month as a picture, a day as a list."""

from calendar import monthrange
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from django.db.models import Count, F, Q, QuerySet, Sum

from kefu.clock import SHANGHAI
from kefu.policy.attendance import Absent, AttendanceRules, Late, Lateness, Worked, lateness
from kefu.policy.attendance import Leave as LeaveTaken
from kefu.policy.clauses import Allowance
from kefu.policy.clauses.attendance import AttendanceEvent
from kefu.policy.measures import counted
from kefu.policy.months import Month, first_day
from kefu.policy.months import month_of as month_name
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Department, Employee
from kefu.workbench.selectors import Desk
from payroll.models import (
    AttendanceClerk,
    AttendanceDay,
    Away,
    Correction,
    Leave,
    Outing,
    Overtime,
    Punch,
    RosteredShift,
)
from payroll.selectors.people import people_of

Status = AttendanceDay.Status
# Those whose presence is of interest this instant: their shift has begun and is not over.
CALLED = timedelta(minutes=1)
NEAR = timedelta(hours=4)  # a punch so long before a shift is of it


# A month for score and pay.


@dataclass(frozen=True, slots=True)
class AttendanceMonth:
    """One employee's month as ``PayFacts`` takes it. ``events``: how often what happened; ``hours``: paid duty by
    kind; ``full_attendance``: nothing of the month costs the bonus under the rulebook that binds him at its end.
    """

    events: Mapping[AttendanceEvent, int] = field(default_factory=dict)
    absences: tuple[Absent, ...] = ()
    leaves: tuple[LeaveTaken, ...] = ()
    overtime: tuple[Worked, ...] = ()
    hours: Mapping[str, Decimal] = field(default_factory=dict)
    full_attendance: bool = False


DAYS = """
SELECT d.employee_id,
       jsonb_object_agg(d.day || '/' || d.shift_id, d.absent_hours::text) FILTER (WHERE d.absent_hours > 0),
       jsonb_object_agg(d.day || '/' || d.shift_id, d.inputs->'leaves') FILTER (WHERE d.leave_hours > 0),
       jsonb_agg(d.inputs->'events') FILTER (WHERE d.inputs->'events' <> '{}'::jsonb),
       count(*)
FROM payroll_attendanceday d
WHERE d.employee_id = ANY(%(employees)s) AND d.day >= %(first)s AND d.day < %(end)s AND d.status <> 'expected'
GROUP BY 1
"""
EXTRA = """
SELECT o.employee_id, o.duty, o.starts_at, o.ends_at, o.settle, o.specially_approved
FROM payroll_overtime o
WHERE o.employee_id = ANY(%(employees)s) AND o.state = 'approved'
  AND o.starts_at < %(end_at)s AND o.ends_at > %(first_at)s
ORDER BY o.employee_id, o.starts_at
"""
PLACED = """
SELECT e.id, coalesce(p.department_id, e.department_id)
FROM staff_employee e
LEFT JOIN LATERAL (SELECT department_id FROM payroll_placement
                   WHERE employee_id = e.id AND from_on < %(end)s ORDER BY from_on DESC, id DESC LIMIT 1) p ON true
WHERE e.id = ANY(%(employees)s)
"""


def month_of(employee_ids: Collection[int], month: date | Month) -> dict[int, AttendanceMonth]:
    """Return the month of each of these employees, in three questions however many they are.

    ``month``: its first day, or "2026-11". Source: CD-12.41, CD-12.82, SD-233.05, ES-132.01, ES-133.21.
    """
    first = first_day(month) if isinstance(month, str) else month.replace(day=1)
    end = (first + timedelta(days=31)).replace(day=1)
    first_at, end_at = (datetime.combine(day, time.min, SHANGHAI) for day in (first, end))
    params = {
        "employees": list(employee_ids),
        "first": first,
        "end": end,
        "first_at": first_at,
        "end_at": end_at,
    }
    found: dict[int, dict[str, Any]] = {pk: {} for pk in employee_ids}
    rostered = set()
    for employee, absent, leaves, events, shifts in _rows(DAYS, params):
        # A bare cursor hands JSON over as text.
        absent, leaves, events = (orjson.loads(part or "null") for part in (absent, leaves, events))
        rostered |= {employee} if shifts else set()
        counted: Counter[str] = Counter()
        for one in events or ():
            counted.update(one)
        found[employee] |= {
            "events": dict(counted),
            "absences": tuple(
                Absent(on=_day(key), hours=Decimal(hours))
                for key, hours in sorted((absent or {}).items())
            ),
            "leaves": tuple(
                LeaveTaken(leave=kind, on=_day(key), hours=Decimal(hours))
                for key, kinds in sorted((leaves or {}).items())
                for kind, hours in kinds.items()
                if Decimal(hours) > 0
            ),
        }
    for employee, extra in _extra(params, month_name(first)).items():
        found[employee] |= extra
    losing = _losing(params, end_at - timedelta(days=1))
    return {
        pk: AttendanceMonth(
            **parts,
            full_attendance=pk in rostered
            and not losing.get(pk, set()) & set(parts.get("events", ())),
        )
        for pk, parts in found.items()
    }


def _day(key: str) -> date:
    return date.fromisoformat(key.partition("/")[0])


def _rows(statement: str, params: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        yield from cursor.fetchall()


def _extra(params: Mapping[str, Any], month: Month) -> dict[int, dict[str, Any]]:
    """Approved overtime, and the hours of paid duty, each cut off at the month."""
    worked: dict[int, list[Worked]] = {}
    hours: dict[int, dict[str, Decimal]] = {}
    for employee, duty, starts_at, ends_at, settle, specially in _rows(EXTRA, params):
        begins, ends = max(starts_at, params["first_at"]), min(ends_at, params["end_at"])
        if duty:
            own = hours.setdefault(employee, {})
            stretch = Decimal((ends - begins).total_seconds()) / 3600
            own[duty] = own.get(duty, Decimal(0)) + stretch.quantize(Decimal("0.0001"))
        else:
            worked.setdefault(employee, []).append(
                Worked(starts_at=begins, ends_at=ends, settle=settle, specially_approved=specially)
            )
    return {
        pk: {"overtime": tuple(worked.get(pk, ())), "hours": hours.get(pk, {})}
        for pk in {*worked, *hours}
    }


def _losing(params: Mapping[str, Any], at: datetime) -> dict[int, set[str]]:
    """What costs each of them the bonus, by the rulebook of where he is placed at the month's end."""
    by_department: dict[int, set[str]] = {}
    found = {}
    for employee, department in _rows(PLACED, params):
        if department not in by_department:
            rules = edition_in_force(department_id=department, at=at).rules
            by_department[department] = set(lost_by(rules))
        found[employee] = by_department[department]
    return found


def lost_by(rules: Rulebook) -> tuple[str, ...]:
    """What costs full attendance; where the rulebook has no such bonus, whatever is not attendance."""
    for clause in rules.in_force(Allowance):
        if clause.part == "full_attendance":
            return tuple(clause.lost_by)
    return ("leave", "absence", "late", "early_leave")


def lateness_of(employee: Employee, month: Month, rules: Rulebook) -> Lateness:
    """Which late arrivals of a month are let pass and which are charged; the year's are the sum of its months
    (ES-133.16 to ES-133.19)."""
    first = first_day(month)
    until = first.replace(day=monthrange(first.year, first.month)[1])
    lates = _lates([employee.pk], _reach(first), until).get(employee.pk, [])
    return lateness(month, lates, AttendanceRules.of(rules))


def graced_in_year(employee_ids: Collection[int], year: int, rules: Rulebook) -> dict[int, int]:
    """By employee: how many late arrivals of a year were let pass, which count in the annual assessment (ES-133.18);
    nothing where the rulebook lets none pass.
    """
    using = AttendanceRules.of(rules)
    if not using.graces:
        return {}
    found = {}
    for pk, lates in _lates(employee_ids, _reach(date(year, 1, 1)), date(year, 12, 31)).items():
        months = sorted({month_name(one.on) for one in lates if one.on.year == year})
        known = {month: [one for one in lates if month_name(one.on) <= month] for month in months}
        found[pk] = sum(len(lateness(month, known[month], using).graced) for month in months)
    return found


def _reach(first: date) -> date:
    """As far back as the longest grace looks."""
    return (first - timedelta(days=62)).replace(day=1)


def _lates(employee_ids: Collection[int], since: date, until: date) -> dict[int, list[Late]]:
    days = AttendanceDay.objects.filter(
        employee__in=employee_ids, day__gte=since, day__lte=until, inputs__events__has_key="late"
    ).order_by("day", "pk")
    found: dict[int, list[Late]] = {}
    for pk, day, minutes in days.values_list("employee_id", "day", "late_minutes"):
        found.setdefault(pk, []).append(Late(on=day, minutes=minutes))
    return found


# A month as a picture.


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the picture: its shifts with what they came to; ``other``: of the month before or after."""

    on: date
    days: tuple["ShiftDay", ...] = ()
    other: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class ShiftDay:
    """A shift and what it came to, None while nobody has looked; ``open_direction``: a punch that may still be
    explained."""

    shift: RosteredShift
    day: AttendanceDay | None
    asked: tuple[Correction, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        asked = {one.direction for one in self.asked if one.state == Correction.State.ASKED}
        found = self.day.inputs.get("missing", ()) if self.day else ()
        return tuple(one for one in found if one not in asked)


def weeks_of(employee: Employee, first: date, *, now: datetime) -> list[list[Cell]]:
    """The weeks of a month, Monday first, each day with its shifts; three questions."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    shifts = (
        RosteredShift.objects.on_duty()
        .of(employee, since=first, until=last)
        .select_related("attendance")
        .order_by("starts_at")
    )
    asked: dict[int, list[Correction]] = {}
    for one in Correction.objects.filter(
        employee=employee, shift__day__gte=first, shift__day__lte=last
    ).order_by("asked_at"):
        asked.setdefault(one.shift_id, []).append(one)
    by_day: dict[date, list[ShiftDay]] = {}
    for shift in shifts:
        by_day.setdefault(shift.day, []).append(
            ShiftDay(shift, getattr(shift, "attendance", None), tuple(asked.get(shift.pk, ())))
        )
    today = now.astimezone(SHANGHAI).date()
    monday = first - timedelta(days=first.weekday())
    cells = []
    day = monday
    while day <= last or day.weekday():
        cells.append(
            Cell(
                day, tuple(by_day.get(day, ())), other=day.month != first.month, today=day == today
            )
        )
        day += timedelta(days=1)
    return [cells[n : n + 7] for n in range(0, len(cells), 7)]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a month came to, in numbers: shifts looked at, and of each sort how many and how long."""

    shifts: int = 0
    late: int = 0
    late_minutes: int = 0
    early: int = 0
    early_minutes: int = 0
    absent_hours: Decimal = Decimal(0)
    leave_hours: Decimal = Decimal(0)
    missing: int = 0


def totals_of(employee: Employee, first: date) -> Totals:
    end = (first + timedelta(days=31)).replace(day=1)
    days = AttendanceDay.objects.filter(employee=employee, day__gte=first, day__lt=end).exclude(
        status=Status.EXPECTED
    )
    found = days.aggregate(
        shifts=Count("pk"),
        late=Count("pk", filter=Q(inputs__events__has_key="late")),
        late_minutes=Sum("late_minutes"),
        early=Count("pk", filter=Q(inputs__events__has_key="early_leave")),
        early_minutes=Sum("early_minutes"),
        absent_hours=Sum("absent_hours"),
        leave_hours=Sum("leave_hours"),
        missing=Count("pk", filter=Q(status=Status.MISSING)),
    )
    numbers: dict[str, Any] = {name: value or 0 for name, value in found.items()}
    return Totals(**numbers)


def punches_of(shift: RosteredShift) -> QuerySet[Punch]:
    """All punches near a shift, those that do not count too."""
    return Punch.objects.filter(
        employee=shift.employee, at__gte=shift.starts_at - NEAR, at__lte=shift.ends_at + NEAR
    ).order_by("at")


# A day as a list.


@dataclass(frozen=True, slots=True)
class Line:
    """One shift of the day. ``standing``: "here", "gone", "missing" (should be here and did not punch), "away",
    "out", "leave", "to_come", or what the day came to once it is over."""

    shift: RosteredShift
    day: AttendanceDay | None
    standing: str
    late_by: int = 0
    away: Away | None = None


def day_list(user: Any, on: date, *, now: datetime) -> list[Line]:
    """Everybody over whom ``user`` is, and his shift of a day; who is missing now stands first."""
    shifts = list(
        RosteredShift.objects.on_duty()
        .filter(day=on, employee__in=people_of(user))
        .select_related("employee__department", "attendance")
        .order_by("starts_at", "employee__number")
    )
    employees = [shift.employee_id for shift in shifts]
    aways = {
        one.employee_id: one for one in Away.objects.filter(employee__in=employees, ended_at=None)
    }
    off = _now_within(Leave, employees, now)
    out = _now_within(Outing, employees, now)
    came = _punched(employees, on)
    lines = []
    for shift in shifts:
        day = getattr(shift, "attendance", None)
        standing, late_by = _standing(shift, day, came, off, out, aways, now)
        lines.append(Line(shift, day, standing, late_by, aways.get(shift.employee_id)))
    order = {"missing": 0, "away": 1, "missing_punch": 2}
    return sorted(lines, key=lambda line: order.get(line.standing, 9))


def _now_within(model: Any, employees: Sequence[int], now: datetime) -> set[int]:
    approved = model.objects.filter(
        employee__in=employees, state="approved", starts_at__lte=now, ends_at__gt=now
    )
    return set(approved.values_list("employee", flat=True))


def _punched(employees: Sequence[int], on: date) -> dict[int, tuple[datetime, str]]:
    """The last punch of each since the day began."""
    begins = datetime.combine(on, time.min, SHANGHAI) - timedelta(hours=4)
    punches = Punch.objects.filter(employee__in=employees, at__gte=begins).order_by("at")
    return {
        pk: (at, direction)
        for pk, at, direction in punches.values_list("employee", "at", "direction")
    }


def _standing(
    shift: RosteredShift,
    day: AttendanceDay | None,
    came: Mapping[int, tuple[datetime, str]],
    off: set[int],
    out: set[int],
    aways: Mapping[int, Away],
    now: datetime,
) -> tuple[str, int]:
    who = shift.employee_id
    if now >= shift.ends_at:
        return (day.status if day and day.status != Status.EXPECTED else "over"), 0
    if now < shift.starts_at:
        return "to_come", 0
    if who in off:
        return "leave", 0
    if who in aways:
        return "away", 0
    if who in out:
        return "out", 0
    if day is not None and day.status == Status.EXEMPT:
        return "here", 0
    at, direction = came.get(who, (None, ""))
    if at is None or at < shift.starts_at - timedelta(hours=4):
        return "missing", (now - shift.starts_at) // CALLED
    return ("here" if direction == Punch.Direction.IN else "gone"), 0


def to_sign(user: Any) -> QuerySet[Correction]:
    """The corrections that wait for this person's signature, the oldest first."""
    return (
        Correction.objects.filter(state=Correction.State.ASKED, employee__in=people_of(user))
        .select_related("employee", "shift")
        .order_by("asked_at")
    )


def overtime_to_decide(user: Any) -> QuerySet[Overtime]:
    return (
        Overtime.objects.filter(state=Overtime.State.ASKED, employee__in=people_of(user))
        .exclude(asked_by=user.pk)
        .select_related("employee")
        .order_by("starts_at")
    )


def aways_to_find(user: Any, since: datetime) -> QuerySet[Away]:
    """Absences from the desk that are over and that nobody has judged, the latest first."""
    return (
        Away.objects.filter(
            finding="", ended_at__isnull=False, began_at__gte=since, employee__in=people_of(user)
        )
        .exclude(rest_until__gte=F("ended_at"))  # back before the break was over
        .select_related("employee", "told")
        .order_by("-began_at")
    )


# Clerks.


def clerks(department: Department) -> QuerySet[AttendanceClerk]:
    return (
        AttendanceClerk.objects.in_charge().filter(department=department).select_related("employee")
    )


def kept_by(user: Any) -> list[Department]:
    """The departments whose attendance ``user`` keeps as a clerk, or as whoever is over them."""
    if user.has_perm("payroll.keep_attendance"):
        return list(names_clerks_of(user))
    mine = AttendanceClerk.objects.in_charge().filter(employee__user=user.pk)
    return list(Department.objects.filter(active=True, pk__in=mine.values("department")))


def names_clerks_of(user: Any) -> QuerySet[Department]:
    """The departments for which ``user`` says who keeps attendance."""
    active = Department.objects.filter(active=True)
    if not user.has_perm("payroll.keep_attendance"):
        return active.none()
    if user.role in ("manager", "hr"):
        return active
    return active.filter(pk__in=Employee.objects.filter(user=user.pk).values("department"))


def clerks_lacking(department: Department, rules: Rulebook) -> int:
    """How many clerks a department lacks; 0 where the rulebook asks for none (SD-311.01)."""
    try:
        found = counted(rules, "attendance_clerks", {"any": Decimal(clerks(department).count())})
    except NotInRulebook:
        return 0
    return int(sum((count.short for count in found.counts), Decimal(0)))


def waiting(desk: Desk, now: datetime) -> QuerySet[Correction]:
    """What stands beside the page in the navigation: the corrections that wait for one's signature."""
    user = desk.user
    return to_sign(user) if user.has_perm("payroll.sign_card") else Correction.objects.none()


def may_keep(user: Any) -> bool:
    return bool(user.is_authenticated) and (
        user.has_perm("payroll.keep_attendance")
        or AttendanceClerk.objects.in_charge().filter(employee__user=user.pk).exists()
    )


# The report to HR.

REPORT = """
SELECT e.number, e.name, count(d.shift_id),
       count(*) FILTER (WHERE d.inputs->'events' ? 'late'), coalesce(sum(d.late_minutes), 0),
       count(*) FILTER (WHERE d.inputs->'events' ? 'early_leave'), coalesce(sum(d.early_minutes), 0),
       coalesce(sum(d.absent_hours), 0)::text, coalesce(sum(d.leave_hours), 0)::text,
       coalesce(sum(jsonb_array_length(d.inputs->'missing')), 0),
       count(*) FILTER (WHERE d.inputs->'not_early_enough' = 'true'),
       coalesce(sum(d.worked_minutes), 0), e.id
FROM staff_employee e
JOIN payroll_attendanceday d ON d.employee_id = e.id AND d.day BETWEEN %(first)s AND %(last)s AND d.status <> 'expected'
WHERE e.department_id = %(department)s
GROUP BY e.id ORDER BY e.number
"""
REPORT_COLUMNS = (
    "number", "name", "shifts", "late", "late_minutes", "early", "early_minutes", "absent_hours", "leave_hours",
    "missing", "not_early_enough", "worked_minutes",
)  # fmt: skip


def report_lines(department: Department, first: date, last: date) -> list[dict[str, Any]]:
    """A line for each employee of a department who was rostered: what his shifts came to from one day to another."""
    params = {"department": department.pk, "first": first, "last": last}
    rows = list(_rows(REPORT, params))
    begins, ends = (
        datetime.combine(day, time.min, SHANGHAI) for day in (first, last + timedelta(days=1))
    )
    hours: dict[int, Decimal] = {}
    extra = {"employees": [row[-1] for row in rows], "first_at": begins, "end_at": ends}
    for employee, _duty, starts_at, ends_at, _settle, _specially in _rows(EXTRA, extra):
        stretch = Decimal((min(ends_at, ends) - max(starts_at, begins)).total_seconds()) / 3600
        hours[employee] = hours.get(employee, Decimal(0)) + stretch
    return [
        dict(zip(REPORT_COLUMNS, row[:-1], strict=True))
        | {"overtime_hours": f"{hours.get(row[-1], Decimal(0)):.2f}"}
        for row in rows
    ]
