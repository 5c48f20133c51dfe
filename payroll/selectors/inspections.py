"""What an inspector's day holds: what is to be heard, checked, looked at again and decided, and what was missed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.translation import get_language

from kefu.clock import SHANGHAI
from kefu.policy.clauses import NotSet
from kefu.policy.inspections import (
    CALL,
    CLEANING,
    SPOT_CHECK,
    CheckItem,
    audit_clause,
    check_items,
    neglected_checks,
    occasions,
    reply_due,
)
from kefu.policy.measures import counted
from kefu.policy.recurring import period
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import Edition, edition, edition_in_force
from kefu.staff.models import Department
from payroll.models import (
    Finding,
    Inspection,
    Rectification,
    Sample,
    SampleDraw,
)
from payroll.selectors.departments import ruled
from payroll.selectors.inspected import SETTLE, departments_of, findings_of, samples_of
from payroll.selectors.people import people_of
from payroll.selectors.reach import overseen

QUOTA = "cleaning_checks"
WEEKS = 4  # that are over and still shown


# What has to be checked.


@dataclass(frozen=True, slots=True)
class Week:
    """The cleaning checks of a week: how many were made of how many the rulebook wants (CD-12.51)."""

    department: Department
    clause: str
    first: date
    last: date
    done: int
    wanted: int
    short: int
    neglect: str = ""  # the clause for whoever had to check and did not (ES-138.09)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be checked without a number of times: when it was done last, and until when it is due where the
    rulebook names a period.
    """

    department: Department
    occasion: str
    clause: str
    last_at: datetime | None
    waiting: int = 0
    per: str = ""
    late: bool = False


def week_of(day: date) -> tuple[date, date]:
    return period("week", day, QUOTA)


def cleaning_weeks(departments: Iterable[Department], now: datetime) -> list[Week]:
    """This week of each department whose rulebook wants checks, and those of the last weeks that fell short."""
    today = now.astimezone(SHANGHAI).date()
    monday, _sunday = week_of(today)
    first = monday - timedelta(weeks=WEEKS)
    editions = dict(ruled(departments, at=now))
    done = _checks_done(editions, first)
    found = []
    for department, using in editions.items():
        for n in range(WEEKS + 1):
            begins = monday - timedelta(weeks=n)
            week = _week(department, using, begins, done.get((department.pk, begins), 0))
            if week is not None and (n == 0 or week.short):
                found.append(week)
    return found


def _checks_done(departments: Iterable[Department], first: date) -> dict[tuple[int, date], int]:
    rows = (
        Inspection.objects.filter(
            department__in=departments,
            occasion=CLEANING,
            happened_at__gte=datetime.combine(first, time.min, SHANGHAI),
        )
        .annotate(week=TruncWeek("happened_at", tzinfo=SHANGHAI))
        .values_list("department", "week")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return {(pk, week.date()): n for pk, week, n in rows}


def _week(department: Department, using: Edition, begins: date, done: int) -> Week | None:
    try:
        count = counted(using.rules, QUOTA, {"any": Decimal(done)}).counts[0]
    except (NotInRulebook, IndexError):
        return None
    short = int(count.short)
    return Week(
        department,
        count.clause,
        begins,
        begins + timedelta(days=6),
        done,
        done + short if short else max(done, _wanted(using.rules)),
        short,
        neglected_checks(using.rules),
    )


def _wanted(rules: Rulebook) -> int:
    return int(counted(rules, QUOTA, {"any": Decimal(0)}).counts[0].short)


def duties(departments: Iterable[Department], now: datetime) -> list[Duty]:
    """Calls to be heard and people who stay on to be looked in on, where the rulebook wants it (CD-12.08, CD-12.43)."""
    editions = dict(ruled(departments, at=now))
    checked = {
        (pk, occasion): at
        for pk, occasion, at in Inspection.objects.filter(department__in=editions)
        .values_list("department", "occasion")
        .annotate(at=Max("happened_at"))
        .order_by()
    }
    drawn = dict(
        SampleDraw.objects.filter(department__in=editions)
        .values_list("department")
        .annotate(at=Max("drawn_at"))
        .order_by()
    )
    waiting = Counter(
        Sample.objects.filter(draw__department__in=editions, inspection=None, unheard="")
        .values_list("draw__department")
    )  # fmt: skip
    found = []
    for department, using in editions.items():
        audit = audit_clause(using.rules)
        if audit is not None:
            last = drawn.get(department.pk)
            late = bool(audit.per) and _late(str(audit.per), audit.id, last, now)
            found.append(
                Duty(
                    department,
                    CALL,
                    audit.id,
                    last,
                    waiting[(department.pk,)],
                    audit.per or "",
                    late,
                )
            )
        if items := check_items(using.rules, SPOT_CHECK):
            last = checked.get((department.pk, SPOT_CHECK))
            found.append(Duty(department, SPOT_CHECK, items[0].clause, last))
    return found


def _late(per: str, clause: str, last: datetime | None, now: datetime) -> bool:
    """Was nothing drawn in the period that is over, nor since?"""
    today = now.astimezone(SHANGHAI).date()
    try:
        first, _last = period(per, today, clause)
        before, _end = period(per, first - timedelta(days=1), clause)
    except NotSet:
        return False
    return last is None or last.astimezone(SHANGHAI).date() < before


# What waits.


def to_hear(user: Any) -> QuerySet[Sample]:
    """Samples that nobody has heard yet, the oldest first."""
    rows = samples_of(user).filter(
        inspection=None, unheard="", draw__department__in=departments_of(user)
    )
    return rows.select_related("employee__department", "draw").order_by("draw", "number")


def to_recheck(user: Any) -> QuerySet[Rectification]:
    return (
        Rectification.objects.open()
        .filter(recheck_by=user.pk)
        .select_related("assignee", "finding__mark", "finding__inspection")
    )


def to_settle(user: Any, now: datetime) -> QuerySet[Finding]:
    """Findings about one's people and places that can be decided: answered, or the time for it is over."""
    if not user.has_perm(SETTLE):
        return Finding.objects.none()
    return _settleable(user).filter(~Q(reply=None) | Q(reply_by__lte=now) | Q(employee=None))


def _settleable(user: Any) -> QuerySet[Finding]:
    mine = Q(employee__in=people_of(user)) | Q(employee=None, department__in=overseen(user))
    return Finding.objects.open().filter(mine)


def overdue(user: Any, today: date) -> QuerySet[Rectification]:
    """What was to be set right before today and is not, of those one may see."""
    rows = Rectification.objects.open().filter(due_on__lt=today, finding__in=findings_of(user))
    return rows.select_related("assignee", "recheck_by", "finding__mark", "finding__inspection")


def about(user: Any) -> QuerySet[Finding]:
    """Findings about somebody himself."""
    return told(Finding.objects.filter(employee__user=user.pk))


def orders_to(user: Any) -> QuerySet[Rectification]:
    """What somebody has to set right."""
    rows = Rectification.objects.open().filter(assignee__user=user.pk)
    return rows.select_related("recheck_by", "finding__mark", "finding__inspection")


def told(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """With everything a list of findings shows."""
    late = Rectification.objects.open().filter(finding=OuterRef("pk"))
    return findings.select_related(
        "mark", "inspection", "employee", "department", "reply", "decision", "found_by"
    ).annotate(being_set_right=Exists(late))


def waiting(desk: Any, now: datetime) -> QuerySet[Any]:
    """What stands beside the page in the navigation: samples to hear, for whoever decides what can be decided."""
    if desk.user.has_perm(SETTLE):
        return to_settle(desk.user, now)
    return to_hear(desk.user)


def unanswered(desk: Any, now: datetime) -> QuerySet[Any]:
    """What somebody has not answered yet."""
    if desk.employee_id is None:
        return Finding.objects.none()
    return Finding.objects.open().filter(employee=desk.employee_id, reply=None)


# Sheets.


def sheets(department: Department, at: datetime) -> tuple[str, ...]:
    """The check sheets that the rulebook of a department has."""
    return occasions(edition_in_force(department_id=department.pk, at=at).rules)


def items_of(department: Department, occasion: str, at: datetime) -> tuple[CheckItem, ...]:
    return check_items(edition_in_force(department_id=department.pk, at=at).rules, occasion)


def labels_of(row: Inspection) -> dict[tuple[str, str], str]:
    """{(clause, line): what the sheet calls it}, as the edition it was filled in by says it."""
    language = get_language() or "zh-hans"
    items = check_items(edition(row.rulebook_id).rules, row.occasion)
    return {(item.clause, item.line): item.label(language) for item in items}


def reply_days(finding: Finding) -> int | None:
    """How many days its rulebook gives to answer it; None where whoever inspected chose the moment."""
    rules = edition(finding.inspection.rulebook_id).rules
    try:
        by_the_book = finding.reply_by == reply_due(rules, finding.found_at)
    except NotSet:
        return None
    return rules.house.finding_reply_days if by_the_book else None


def label_of(finding: Finding) -> str:
    mark = finding.mark
    return labels_of(finding.inspection).get((mark.clause, mark.line), mark.clause)
