"""What the page of a training month shows: its weeks, and what is still open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.moments import DAY
from kefu.policy.months import last_day, month_of
from kefu.policy.recurring import recurring
from kefu.policy.refusals import NotInRulebook
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Department
from payroll.models import Course, Holiday, Suspension, TrainingSession
from payroll.selectors.training import choices, named, sessions_of, trainees

State = TrainingSession.State


@dataclass(frozen=True, slots=True)
class Cell:
    """One session in its day."""

    session: TrainingSession
    name: str


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    inside: bool  # of this month
    holiday: str
    cells: Sequence[Cell]


def neighbour(month: date, step: int) -> date:
    """The first day of the next month; with a step below nothing, of the one before."""
    return (month + timedelta(days=32 if step > 0 else -1)).replace(day=1)


def weeks(departments: Sequence[Department], first: date, last: date) -> list[list[Day]]:
    """The weeks of a month, Monday first, each day with its sessions; in as many questions however many there are."""
    since = first - (first.isoweekday() - 1) * DAY
    until = last + (7 - last.isoweekday()) * DAY
    by_day: dict[date, list[Cell]] = {}
    for row in sessions_of(departments, since, until):
        who = row.course.employee.name if row.course else ""
        by_day.setdefault(row.on, []).append(Cell(row, who or named(row)))
    names = dict(Holiday.objects.filter(day__gte=since, day__lte=until).values_list("day", "name"))
    days = [since + n * DAY for n in range((until - since).days + 1)]
    shown = [
        Day(day, first <= day <= last, names.get(day, ""), by_day.get(day, [])) for day in days
    ]
    return [shown[n : n + 7] for n in range(0, len(shown), 7)]


def to_record(departments: Sequence[Department], today: date) -> list[TrainingSession]:
    """Sessions whose day has come and that nobody has recorded."""
    rows = TrainingSession.objects.filter(
        department__in=departments, state=State.PLANNED, on__lte=today
    )
    return list(rows.select_related("department", "course__employee").order_by("on", "pk")[:40])


def ongoing(departments: Sequence[Department]) -> list[Course]:
    """Courses that run, the soonest to end first."""
    rows = Course.objects.filter(employee__department__in=departments, state=Course.State.ONGOING)
    return list(rows.select_related("employee", "mentor").order_by("ends_on", "pk"))


def suspended(departments: Sequence[Department], today: date) -> list[Suspension]:
    """Who is kept from work, today or from a day to come."""
    rows = Suspension.objects.filter(employee__department__in=departments, ends_on__gte=today)
    return list(rows.select_related("employee").order_by("starts_on"))


def without_training(
    departments: Sequence[Department], first: date, last: date, now: datetime
) -> list[tuple[Department, str]]:
    """The departments whose rulebook asks for a training each month and that had none in this one, with the clause;
    told from the last days of the month on, as the clause warns (ES-602.08).
    """
    found = []
    for department in departments:
        try:
            rules = edition_in_force(department_id=department.pk, at=now).rules
            clause = recurring("regular_training", rules)
        except (KefuError, NotInRulebook):
            continue
        ahead = timedelta(minutes=clause.house.warn_before_minutes or 0)
        if (now + ahead).astimezone(SHANGHAI).date() <= last_day(month_of(first)) or not trainees(
            [department]
        ).exists():
            continue
        held = TrainingSession.objects.filter(
            department=department,
            state=State.HELD,
            kind__in=[TrainingSession.Kind.REGULAR, TrainingSession.Kind.TRAINING],
            on__gte=first,
            on__lte=last,
        )
        if not held.exists():
            found.append((department, clause.id))
    return found


def offered_word(session: TrainingSession, name: str) -> str:
    """The category or the mode of a session as its rulebook words it."""
    said: str = getattr(session, name)
    return dict(choices(edition(session.rulebook_id).rules, f"training_{name}")).get(said, said)
