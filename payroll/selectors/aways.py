"""Long absences from the desk: what was said of them, what is still to be found, who is busy without a word (CD-03.01)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q

from kefu.audit.models import AuditRow
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.presence import Span, away_due
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Duty, Employee
from payroll.models import Away, Leave, Outing, RosteredShift
from payroll.selectors.people import people_of
from payroll.selectors.rosters import lunch_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """An absence that is over. ``is_long``: it asked for a busy seat and a word; ``clause``: what was asked for and not
    done.
    """

    row: Away
    minutes: int
    is_long: bool
    clause: str


@dataclass(slots=True)
class AwayTally:
    """Somebody's long absences of a month."""

    employee: Employee
    times: int = 0
    minutes: int = 0
    unsaid: int = 0
    to_find: int = 0


def thresholds(people: Iterable[Employee], at: datetime) -> dict[int, tuple[int, str]]:
    """By department of these people."""
    found: dict[int, tuple[int, str]] = {}
    for department in {one.department_id for one in people}:
        try:
            found[department] = away_due(edition_in_force(department_id=department, at=at).rules)
        except KefuError:
            found[department] = (0, "")
    return found


def long_ones(user: Any, month: date) -> list[Weighed]:
    """Those of one's people in a month that ended, the latest first."""
    first = datetime.combine(month, time.min, SHANGHAI)
    end = datetime.combine((month + timedelta(days=31)).replace(day=1), time.min, SHANGHAI)
    rows = list(
        Away.objects.filter(
            employee__in=people_of(user),
            began_at__gte=first,
            began_at__lt=end,
            ended_at__isnull=False,
        )
        .exclude(rest_until__gte=F("ended_at"))
        .select_related("employee", "told", "found_by")
        .order_by("-began_at")
    )
    return [one for one in weigh(rows, end - timedelta(seconds=1)) if one.is_long]


def weigh(rows: Sequence[Away], at: datetime) -> list[Weighed]:
    """By the rulebooks that hold at a moment for those who were away (CD-03.01)."""
    bounds = thresholds((one.employee for one in rows), at)
    found = []
    for row in rows:
        least, clause = bounds[row.employee.department_id]
        wanting = row.minutes >= least and not (row.busy and row.told_id)
        found.append(Weighed(row, row.minutes, row.minutes >= least, clause if wanting else ""))
    return found


def tallies(rows: Sequence[Weighed]) -> list[AwayTally]:
    """Person by person, who was away longest first."""
    found: dict[int, AwayTally] = {}
    for one in rows:
        tally = found.setdefault(one.row.employee_id, AwayTally(one.row.employee))
        tally.times += 1
        tally.minutes += one.minutes
        tally.unsaid += bool(one.clause)
        tally.to_find += not one.row.finding
    return sorted(found.values(), key=lambda one: (-one.minutes, one.employee.number))


@dataclass(slots=True)
class Seat:
    """What is known of somebody's seat and whereabouts over some days; spans of time. ``working`` None: no roster."""

    employee: Employee
    busy: list[Span] = field(default_factory=list)
    said: list[Span] = field(default_factory=list)
    working: list[Span] | None = None


def seats(since: datetime, until: datetime) -> list[Seat]:
    """Whose seat was busy and is no more, of what is on record from ``since`` to before ``until``; six questions
    however many they are. When a seat changed back, the audit row of the change says since when it had been busy.
    """
    duties = {
        str(one.pk): one
        for one in Duty.objects.filter(started_at__lt=until)
        .filter(Q(ended_at=None) | Q(ended_at__gte=since))
        .select_related("employee")
    }
    found: dict[int, Seat] = {}

    def add(duty: Duty, began: datetime, ended: datetime) -> None:
        seat = found.setdefault(duty.employee_id, Seat(duty.employee))
        seat.busy.append((max(began, since), min(ended, until)))

    changes = AuditRow.objects.filter(
        table=Duty._meta.db_table,
        object_id__in=duties,
        action="seat",
        before__seat=Duty.Seat.BUSY,
        at__gte=since,
        at__lt=until,
    )
    for key, began, at in changes.values_list("object_id", "before__since", "at"):
        add(duties[key], datetime.fromisoformat(began), at)
    for duty in duties.values():
        if duty.seat == Duty.Seat.BUSY and duty.ended_at is not None:
            add(duty, duty.seat_since, duty.ended_at)
    _whereabouts(found, since, until)
    return list(found.values())


def _whereabouts(found: dict[int, Seat], since: datetime, until: datetime) -> None:
    aways = Away.objects.filter(employee__in=found, began_at__lt=until).exclude(ended_at__lte=since)
    for pk, began, ended in aways.values_list("employee", "began_at", "ended_at"):
        found[pk].said.append((began, ended or until))
    within = {"employee__in": found, "starts_at__lt": until, "ends_at__gt": since}
    for model in (Leave, Outing):
        rows = model.objects.filter(state=model.State.APPROVED, **within)
        for pk, starts, ends in rows.values_list("employee", "starts_at", "ends_at"):
            found[pk].said.append((starts, ends))
    for shift in RosteredShift.objects.on_duty().filter(**within).select_related("roster"):
        seat = found[shift.employee_id]
        seat.working = [*(seat.working or ()), *shift.working]
        if (lunch := lunch_of(shift)) is not None:
            seat.said.append(lunch)


def busy_now(user: Any, now: datetime) -> list[tuple[Duty, int]]:
    """Whose seat has been busy for so long that a word is due, and who has not said where to: with the minutes."""
    rows = list(
        Duty.objects.filter(employee__in=people_of(user), ended_at=None, seat=Duty.Seat.BUSY)
        .exclude(employee__in=Away.objects.filter(ended_at=None).values("employee"))
        .select_related("employee")
        .order_by("seat_since")
    )
    bounds = thresholds((one.employee for one in rows), now)
    found = []
    for row in rows:
        minutes = (now - row.seat_since) // timedelta(minutes=1)
        if minutes >= (bounds[row.employee.department_id][0] or 1):
            found.append((row, minutes))
    return found
