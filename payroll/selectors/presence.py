"""What is known of somebody's shifts: punches, leave, outings, what a supervisor found, and the rules that bind."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from kefu.clock import SHANGHAI
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import CalendarDays, NotSet
from kefu.policy.moments import DAY
from kefu.policy.presence import (
    CORRECTIONS,
    Admission,
    Presence,
    ShiftFacts,
    Stretch,
    admission,
    presence,
)
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.models import Assignment
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.staff.models import Duty, Employee
from payroll.models import (
    Away,
    Correction,
    FalsePunch,
    Leave,
    Outing,
    Placement,
    Punch,
    PunchExemption,
    RosteredShift,
)
from payroll.selectors.holidays import calendar

BEFORE, AFTER = timedelta(hours=4), timedelta(hours=6)  # a punch so far from a shift is not of it


@dataclass(frozen=True, slots=True)
class Known:
    """A shift and what is known of it. ``asked``: the punches that somebody asked to have signed."""

    shift: RosteredShift
    facts: ShiftFacts
    using: Edition
    leaves: Sequence[Leave]
    asked: frozenset[str]


class Editions:
    """The editions that bind departments, each asked for once between two days on which another begins to hold."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], Edition] = {}

    @cached_property
    def _changes(self) -> list[date]:
        days = Assignment.objects.order_by("effective_on").values_list("effective_on", flat=True)
        return list(days.distinct())

    def on(self, department_id: int, day: date) -> Edition:
        """Raises KefuError where the centre has no rulebook."""
        key = department_id, bisect_right(self._changes, day)
        if key not in self._found:
            self._found[key] = _edition_on(department_id, day)
        return self._found[key]


def known(
    employee: Employee,
    shifts: Sequence[RosteredShift],
    *,
    now: datetime,
    editions: Editions | None = None,
) -> list[Known]:
    """Return what is known of these shifts of one person, in order of time; as many questions however many they are.
    ``editions``: of a batch of people.
    """
    if not shifts:
        return []
    shifts = sorted(shifts, key=lambda shift: shift.starts_at)
    since, until = shifts[0].starts_at - BEFORE, max(s.ends_at for s in shifts) + AFTER
    punches = list(employee.punches.filter(at__gte=since, at__lte=until).order_by("at"))
    within = {"starts_at__lt": until, "ends_at__gt": since}
    leaves = list(employee.leaves.filter(state=Leave.State.APPROVED, **within))
    outings = list(employee.outings.filter(state=Outing.State.APPROVED, **within))
    left = list(
        employee.aways.filter(
            finding=Away.Finding.LEFT_POST, began_at__lt=until, ended_at__gt=since
        )
    )
    duties = list(
        Duty.objects.filter(employee=employee, started_at__lt=until).exclude(ended_at__lt=since)
    )
    exempt = list(PunchExemption.objects.filter(employee=employee, to_on__gte=shifts[0].day))
    forged = dict(FalsePunch.objects.filter(shift__in=shifts).values_list("shift", "kind"))
    asked = set(Correction.objects.filter(shift__in=shifts).values_list("shift", "direction"))
    placed, editions = Placements(employee), editions or Editions()
    own = _neighbours(employee, shifts)
    found = []
    for shift in shifts:
        came_at, left_at = _punches(shift, punches, own)
        found.append(
            Known(
                shift,
                ShiftFacts(
                    windows=_stretches(shift.working),
                    came_at=came_at,
                    left_at=left_at,
                    leaves=_stretches((leave.starts_at, leave.ends_at) for leave in leaves),
                    outings=_stretches((out.starts_at, out.ends_at) for out in outings),
                    left_post=_stretches(_of(shift, ((a.began_at, a.ended_at) for a in left))),
                    seen=any(_of(shift, ((d.started_at, d.ended_at or now) for d in duties))),
                    exempt=any(one.from_on <= shift.day <= one.to_on for one in exempt),
                    forged=forged.get(shift.pk),
                    as_of=now,
                ),
                editions.on(placed.department(shift.day), shift.day),
                [one for one in leaves if any(_of(shift, [(one.starts_at, one.ends_at)]))],
                frozenset(direction for pk, direction in asked if pk == shift.pk),
            )
        )
    return found


def _stretches(spans: Iterable[tuple[datetime, datetime]]) -> tuple[Stretch, ...]:
    return tuple(Stretch.of(starts_at, ends_at) for starts_at, ends_at in spans)


def _of(shift: RosteredShift, spans: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return [(a, b) for a, b in spans if a < shift.ends_at and b > shift.starts_at and a < b]


def _neighbours(employee: Employee, shifts: Sequence[RosteredShift]) -> list[RosteredShift]:
    """The person's shifts around these, the earliest first: a punch belongs to the nearer one."""
    first, last = shifts[0].day - DAY, shifts[-1].day + DAY
    return list(
        RosteredShift.objects.on_duty().of(employee, since=first, until=last).order_by("starts_at")
    )


def reach(shift: RosteredShift, own: Sequence[RosteredShift]) -> tuple[datetime, datetime]:
    """From when to when a punch is of this shift: half way to the shifts beside it, some hours at most."""
    place = bisect_right([one.starts_at for one in own], shift.starts_at)
    before = [one.ends_at for one in own[: place - 1]][-1:] if place else []
    after = [one.starts_at for one in own[place:]][:1]
    since, until = shift.starts_at - BEFORE, shift.ends_at + AFTER
    for end in before:
        since = max(since, end + (shift.starts_at - end) / 2)
    for start in after:
        until = min(until, shift.ends_at + (start - shift.ends_at) / 2)
    return since, until


def _punches(
    shift: RosteredShift, punches: Sequence[Punch], own: Sequence[RosteredShift]
) -> tuple[datetime | None, datetime | None]:
    """The first coming of a shift and the last leaving after it: one in and one out a shift (SD-215.01)."""
    since, until = reach(shift, own)
    near = [punch for punch in punches if since <= punch.at <= until]
    came = [p.at for p in near if p.direction == Punch.Direction.IN and p.at < shift.ends_at]
    came_at = came[0] if came else None
    left = [
        p.at
        for p in near
        if p.direction == Punch.Direction.OUT and p.at >= (came_at or shift.starts_at)
    ]
    return came_at, left[-1] if left else None


def _edition_on(department_id: int, day: date) -> Edition:
    return edition_in_force(
        department_id=department_id, at=datetime.combine(day, time(12), SHANGHAI)
    )


class Placements:
    """The departments somebody is placed in, day by day."""

    def __init__(self, employee: Employee) -> None:
        self.employee = employee
        rows = Placement.objects.filter(employee=employee).order_by("from_on", "pk")
        self.rows = list(rows.values_list("from_on", "department_id"))

    def department(self, day: date) -> int:
        placed = [department for from_on, department in self.rows if from_on <= day]
        return placed[-1] if placed else self.employee.department_id


def edition_of(employee: Employee, day: date) -> Edition:
    """The edition that binds somebody on a day: that of the department he is placed in then."""
    return _edition_on(Placements(employee).department(day), day)


def judged(one: Known) -> Presence:
    return presence(one.facts, one.using.rules)


def admitted(
    shift: RosteredShift, direction: str, using: Edition, *, before: int, asked_at: datetime
) -> Admission:
    """Whether a missing punch of a shift may still be explained, and until when."""
    missed_at = shift.starts_at if direction == Punch.Direction.IN else shift.ends_at
    days = None
    if any(
        clause.times in CORRECTIONS and clause.day_type == "working"
        for clause in using.rules.in_force(CalendarDays)
    ):
        days = working_days(using.rules, shift.day)
    return admission(using.rules, missed_at, asked_at, before, days)


def working_days(rules: Rulebook, day: date) -> Calendar | None:
    """The calendar of the year of a day and the next; None where the rulebook gives no hours of a working week."""
    try:
        return calendar(rules, {day.year, day.year + 1})
    except NotSet:
        return None


def asked_in_month(employee: Employee, day: date) -> int:
    """How many corrections somebody asked for in the month of a day, refused ones too (SD-233.21)."""
    return Correction.objects.filter(
        employee=employee, shift__day__year=day.year, shift__day__month=day.month
    ).count()
