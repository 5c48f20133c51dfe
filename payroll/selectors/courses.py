"""Who may not work yet or for a while: whoever has not passed the training before the job, and who is suspended."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.policy.access import Actor, may
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import course_plan
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Employee
from payroll.models import Course, Employment, Suspension
from payroll.selectors.holidays import calendar

PRE_JOB = "pre_job_training"


@dataclass(frozen=True, slots=True)
class Bar:
    """Days on which somebody does not work. ``last_on`` None: until he has passed."""

    employee_id: int
    what: str  # untrained, suspended
    first_on: date
    last_on: date | None
    clause: str

    def covers(self, day: date) -> bool:
        return self.first_on <= day and (self.last_on is None or day <= self.last_on)

    def in_words(self, who: str, on: date) -> str:
        if self.what == "suspended":
            return _("{who} {on} 停岗，不能排班").format(who=who, on=f"{on:%m-%d}")
        if self.last_on is None:
            return _("{who} 岗前培训还没有考核合格，不能排班").format(who=who)
        return _("{who} 到 {on} 还在岗前培训，考核合格前不能排班").format(
            who=who, on=f"{self.last_on:%m-%d}"
        )


def bars(employees: Collection[int], rules: Rulebook) -> dict[int, list[Bar]]:
    """Return by employee when he must not stand on a roster (ES-602.07, ES-603.23).

    Of whoever has a course before the job its result decides; without one nobody has passed before the end of the
    week that his day of joining begins (ES-602.02).
    """
    found: dict[int, list[Bar]] = {}
    for row in Suspension.objects.filter(employee__in=employees):
        bar = Bar(row.employee_id, "suspended", row.starts_on, row.ends_on, row.clause)
        found.setdefault(row.employee_id, []).append(bar)
    for bar in _untrained(employees, rules):
        found.setdefault(bar.employee_id, []).append(bar)
    return found


def barred_on(found: dict[int, list[Bar]], employee_id: int, day: date) -> Bar | None:
    """The first of these bars that keeps somebody from work on a day; ``found``: by employee."""
    return next((bar for bar in found.get(employee_id, ()) if bar.covers(day)), None)


def _untrained(employees: Collection[int], rules: Rulebook) -> Sequence[Bar]:
    clause = asks_to_pass(rules, "be_rostered")
    if clause is None:
        return []
    courses = Course.objects.filter(employee__in=employees, kind=Course.Kind.PRE_JOB)
    latest = {row.employee_id: row for row in courses.order_by("starts_on", "pk")}
    found = [
        Bar(row.employee_id, "untrained", row.starts_on, None, clause)
        for row in latest.values()
        if row.state != Course.State.PASSED
    ]
    rest = [pk for pk in employees if pk not in latest]
    hired = Employment.objects.filter(employee__in=rest, left_on=None)
    for employee, hired_on in hired.values_list("employee_id", "hired_on"):
        last_on = week_before_job(hired_on, rules)
        found.append(Bar(employee, "untrained", date.min, last_on, clause))
    return found


def asks_to_pass(rules: Rulebook, act: str) -> str | None:
    """The clause that lets nobody do ``act`` who has not passed the training before the job; None without one."""
    try:
        permission = may(rules, act, Actor(recorded=()))
    except NotInRulebook:
        return None
    return permission.refused_by[0] if permission.refused_by else None


def week_before_job(hired_on: date, rules: Rulebook) -> date:
    """The last day of the training before the job of somebody who joins on a day."""
    days = calendar(rules, {hired_on.year, hired_on.year + 1})
    return course_plan(PRE_JOB, hired_on, rules, days)[-1].on


def why_not(employee: Employee, now: datetime) -> str:
    """Why somebody may take no case now; "" where he may."""
    today = now.astimezone(SHANGHAI).date()
    mine = OuterRef("pk")
    suspended = Suspension.objects.filter(employee=mine, starts_on__lte=today, ends_on__gte=today)
    untrained = Course.objects.filter(
        employee=mine, kind=Course.Kind.PRE_JOB, state=Course.State.ONGOING
    )
    [(stopped, learning)] = Employee.objects.filter(pk=employee.pk).values_list(
        Exists(suspended), Exists(untrained)
    )
    if stopped:
        return _("%(who)s 在停岗，不能接单") % {"who": employee}
    if learning and _takes_no_case(employee, now):
        return _("%(who)s 岗前培训还没有考核合格，不能接单") % {"who": employee}
    return ""


def _takes_no_case(employee: Employee, now: datetime) -> bool:
    try:
        rules = edition_in_force(department_id=employee.department_id, at=now).rules
    except KefuError:
        return False
    return asks_to_pass(rules, "take_case") is not None


def rules_of(course: Course) -> Rulebook:
    """The rulebook it was opened under."""
    return edition(course.rulebook_id).rules
