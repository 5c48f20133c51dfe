"""By when the scores of a month are to be closed, and whose are still open (ES-603.01, SD-233.13)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kefu.clock import SHANGHAI
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.moments import wall
from kefu.policy.months import last_day, month_of
from kefu.policy.rulebook import Rulebook
from kefu.staff.models import Department, Employee
from payroll.models import Employment, LockedMonth, MonthScore
from payroll.selectors.paydays import paydays_around
from payroll.selectors.people import UNSCORED
from payroll.selectors.scores import assessment_of


@dataclass(frozen=True, slots=True)
class Closing:
    """``month``: its first day; ``open``: how many people have no published score."""

    month: date
    clause: str
    due_at: datetime
    warn_at: datetime | None
    open: int

    @property
    def until(self) -> str:
        """The last moment, as people say it: 24:00 belongs to the day that ends."""
        last = (self.due_at - timedelta(minutes=1)).astimezone(SHANGHAI)
        return (
            f"{last:%m-%d} 24:00"
            if last.time() == time(23, 59)
            else f"{self.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"
        )


def closings(department: Department, rules: Rulebook, *, now: datetime) -> list[Closing]:
    """Of the month before and of this one, where the rulebook says when they are closed and somebody is still open."""
    today = now.astimezone(SHANGHAI).date()
    this = today.replace(day=1)
    found = []
    for month in ((this - timedelta(days=1)).replace(day=1), this):
        if not _locked(month) and (when := _due(rules, month)) is not None:
            clause, due_at, warn_at = when
            count = _open(department, month)
            if count:
                found.append(Closing(month, clause, due_at, warn_at, count))
    return found


def _locked(month: date) -> bool:
    return LockedMonth.objects.filter(month=month).exists()


def _due(rules: Rulebook, month: date) -> tuple[str, datetime, datetime | None] | None:
    """The clause that closes a month, until when, and when to remind of it."""
    _first, paydays = paydays_around(month)
    if paydays:
        moments = {"payday": wall(paydays[1], time.min)}
        try:
            settled = due("score_settlement", ClockFacts(moments), rules)
        except NoClock:
            settled = None
        if settled is not None:
            return settled.clause, settled.due_at, settled.warn_at
    found = assessment_of(rules, month)
    return (found.clause, found.due_at, found.warn_at) if found is not None else None


def _open(department: Department, month: date) -> int:
    """How many people of a department were here in the month before it closed and have no score of it."""
    last = last_day(month_of(month))
    here = Employment.objects.filter(hired_on__lte=last).exclude(left_on__lt=month)
    people = Employee.objects.filter(
        department=department, status=Employee.Status.ACTIVE, pk__in=here.values("employee")
    )
    people = people.exclude(user__role__in=UNSCORED)
    return people.exclude(pk__in=MonthScore.objects.filter(month=month).values("employee")).count()
