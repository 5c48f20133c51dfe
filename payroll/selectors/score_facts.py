"""The facts of somebody's month, collected for many at once, before anybody decides."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.utils.functional import cached_property

from inquiries.selectors.people import ComplaintAbout, complaints_about
from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.penalties.models import Penalty, Waiver
from kefu.policy import sheets
from kefu.policy.clauses import ScorePeriod
from kefu.policy.months import last_day, month_of
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import AssessmentRules, ScoreRules, missing_parts, score_period
from kefu.rulebooks.selectors import Edition, edition_in_force, edition_saying
from kefu.staff.models import Department, Employee
from payroll.models import (
    AttendanceDay,
    Employment,
    JudgedPart,
    MonthScore,
    Objection,
    Placement,
    RegisterEntry,
)
from payroll.selectors.metrics import desk_metrics, metrics
from payroll.selectors.paydays import paydays_around
from payroll.selectors.score_lines import Line, complaint_lines, day_of, entry_line, penalty_line

# What the score sheets call the work of a desk; whoever else answers the phone is phone staff.
WORK_OF = {Department.Desk.PROCESSING: "outbound", Department.Desk.WAREHOUSE: "inbound"}


ABSENT = {AttendanceDay.Status.ABSENT, AttendanceDay.Status.LEAVE, AttendanceDay.Status.EXPECTED}


@dataclass(frozen=True)
class Gathered:
    """All that is known of one person's month, before anybody decides."""

    employee: Employee
    department: Department
    using: Edition
    month: date
    first_on: date
    last_on: date
    hired_on: date | None
    lines: Sequence[Line]
    numbers: Mapping[str, Any]
    desk_numbers: Mapping[str, Any]
    judged: Sequence[JudgedPart]
    earlier: Mapping[str, int]
    days: tuple[int, int] | None
    history: Sequence[
        MonthScore
    ]  # of all months, the latest first, corrections before what they correct

    @cached_property
    def mechanism(self) -> str:
        return sheets.mechanism(self.using.rules)

    @cached_property
    def rules(self) -> ScoreRules:
        return ScoreRules.of(self.using.rules)

    @property
    def work(self) -> str:
        """What the clauses call the work he is measured by."""
        desk = self.department.desk
        own = WORK_OF.get(Department.Desk(desk)) if desk else None
        return own or ("phone" if "phone" in self.employee.channels else "")

    def facts(self, *, until: date | None = None, numbers: bool = True) -> dict[str, Any]:
        """As policy reads them; ``until``: of what had happened by then. Without ``numbers`` those that only the
        whole month tells are left out.
        """
        lines = [one for one in self.lines if one.counts and (until is None or one.on <= until)]
        found: dict[str, Any] = {"month": month_of(self.month)}
        found |= sheets.event_facts([one.item for one in lines], self.rules)
        if self.earlier:
            found["earlier"] = dict(sorted(self.earlier.items()))
        if self.mechanism == "assessment":
            return found | self._assessed()
        return found | self._sheet(lines, numbers=numbers)

    def _sheet(self, lines: Sequence[Line], *, numbers: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"hired_on": self.hired_on and self.hired_on.isoformat()}
        if extra := sheets.extra_clause(self.using.rules):
            of_extra = [one.good for one in lines if one.clause == extra]
            found["commendations"] = of_extra.count(True)
            found["complaints"] = of_extra.count(False)
        if not numbers:
            return found
        work = self.work
        found["desks"] = [work] if work in self.rules.desks else []
        known = self.rules.metrics
        found["metrics"] = {n: str(v) for n, v in sorted(self.numbers.items()) if n in known}
        found["desk_metrics"] = {
            n: str(v) for n, v in sorted(self.desk_numbers.items()) if n in known
        }
        if self.days is not None:
            found["days_worked"], found["days_scheduled"] = self.days
        return found

    def _assessed(self) -> dict[str, Any]:
        measured = {}
        for indicator in indicators(self.using):
            done, out_of = self.numbers.get(indicator, (0, 0))
            measured[indicator] = {"done": str(done), "out_of": str(out_of)}
        judged: dict[str, Any] = {}
        known = {rating.name for rating in sheets.ratings(self.using.rules)}
        for row in self.judged:  # the latest first
            if row.part in known and row.part not in judged:
                own = row.given_by_id == self.employee.user_id
                judged[row.part] = {"points": str(row.points), "by": row.given_as, "own": own}
        return {"measured": measured, "judged": dict(sorted(judged.items()))}

    @cached_property
    def missing(self) -> tuple[tuple[str, str], ...]:
        """The parts that lack before it may be published, each with its clause (ES-603.02)."""
        if self.mechanism != "assessment":
            return ()
        there = {row.part for row in self.judged}
        wanted = sheets.ratings(self.using.rules)
        whole = {"quantitative"} | (
            {"qualitative"} if all(rating.name in there for rating in wanted) else set()
        )
        parts = missing_parts(self.using.rules, "month", whole)
        lacking = [(rating.id, rating.name) for rating in wanted if rating.name not in there]
        return tuple(lacking) if parts else ()


def indicators(using: Edition) -> list[str]:
    """The shares that an assessment measures; none where nothing is assessed."""
    if sheets.mechanism(using.rules) != "assessment":
        return []
    return [one.metric for one in AssessmentRules.of(using.rules).indicators]


def wanted_of(gathered: Gathered) -> list[sheets.Wanted]:
    """The numbers that somebody's month is measured by."""
    wanted = sheets.wanted(gathered.using.rules, gathered.month.month)
    return [one for one in wanted if one.applies_to in (None, gathered.work)]


def gather(employees: Iterable[Employee | int], month: date) -> list[Gathered]:
    """Collect what is known of these people's month, in as many questions however many they are; people may be
    named by their ids.

    Those are left out who work where no rulebook holds.
    """
    end = last_day(month_of(month))
    people = _people([one if isinstance(one, int) else one.pk for one in employees], end)
    if not people:
        return []
    editions = {pk: _edition(pk, end) for pk in {one.department.pk for one in people}}
    periods = {pk: period_of(using, month) for pk, using in editions.items() if using is not None}
    people = [one for one in people if editions[one.department.pk] is not None]
    ids = [one.employee.pk for one in people]
    since = min((first for first, _last in periods.values()), default=month)
    until = max((last for _first, last in periods.values()), default=end)
    parties = [one.employee.party_id for one in people]
    using_all = [using for using in editions.values() if using is not None]
    ever = {clause for using in using_all for clause in _counted_ever(using)}
    (entries, earlier), penalties = _entries(ids, month, ever), _penalties(parties, since, until)
    complaints, history = _complaints(parties, since, until), _history(ids)
    names = {name for using in using_all for name in _measured(using, month)}
    rules = {
        one.employee.pk: using.rules for one in people if (using := editions[one.department.pk])
    }
    numbers = metrics(month, ids, names=names, rules=rules) if names else {}
    by_desk = any(_counts_desks(using, month) for using in using_all)
    desks = desk_metrics(month) if by_desk else {}
    assessing = any(sheets.mechanism(using.rules) == "assessment" for using in using_all)
    judged = _judged(ids, month) if assessing else {}
    days = _days(ids, month) if any(_by_days(using, month) for using in using_all) else {}
    found = []
    for one in people:
        employee, department = one.employee, one.department
        using = editions[department.pk]
        assert using is not None
        first, last = periods[department.pk]
        lines = [entry_line(row, using) for row in entries.get(employee.pk, ())]
        lines += [
            penalty_line(row, using)
            for row in penalties.get(employee.party_id, ())
            if first <= day_of(row.incurred_at) <= last
        ]
        own = history.get(employee.pk, ())
        lines += complaint_lines(
            complaints.get(employee.party_id, ()), using, first, last, _closed(own, month)
        )
        found.append(
            Gathered(
                employee=employee,
                department=department,
                using=using,
                month=month,
                first_on=first,
                last_on=last,
                hired_on=one.hired_on,
                lines=sorted(lines, key=lambda line: (line.on, line.what, line.key)),
                numbers=numbers.get(employee.pk, {}),
                desk_numbers=desks.get(department.desk, {}),
                judged=judged.get(employee.pk, ()),
                earlier={
                    clause: n
                    for clause, n in earlier.get(employee.pk, {}).items()
                    if clause in _counted_ever(using)
                },
                days=days.get(employee.pk),
                history=own,
            )
        )
    return found


def _edition(department_id: int, on: date) -> Edition | None:
    """The edition that scores a department's months, or where none does the one that binds it."""
    at = _start(on)
    try:
        found = edition_saying(scoring, department_id=department_id, at=at)
        return found or edition_in_force(department_id=department_id, at=at)
    except KefuError:
        return None


def scoring(rules: Rulebook) -> bool:
    """Whether a rulebook scores anybody's month."""
    return bool(sheets.mechanism(rules))


def period_of(using: Edition, month: date) -> tuple[date, date]:
    """The first and the last day that a month's sheet is about: the calendar month, or from payday to the day
    before the next. Source: SD-233.15.
    """
    period = next(using.rules.in_force(ScorePeriod), None)
    if period is None or period.runs == "calendar_month":
        return month, last_day(month_of(month))
    try:
        first, last, _opening = score_period(using.rules, *paydays_around(month))
    except Refused:  # no payday is set yet
        return month, last_day(month_of(month))
    return first, last


def sheet_month(using: Edition, on: date) -> date:
    """The first day of the month in whose sheet something counts that happened on a day (SD-233.15)."""
    month = on.replace(day=1)
    first, _last = period_of(using, month)
    return month if on >= first else (month - timedelta(days=1)).replace(day=1)


def _start(on: date) -> datetime:
    return datetime.combine(on, time.min, SHANGHAI)


@dataclass(frozen=True, slots=True)
class _Person:
    employee: Employee
    department: Department
    hired_on: date | None


def _people(ids: Collection[int], on: date) -> list[_Person]:
    """Each with the department he is placed in on a day, or where he works now if he was never placed."""
    own = {"employee": OuterRef("pk")}
    placed = Placement.objects.filter(**own, from_on__lte=on).order_by("-from_on", "-pk")
    hired = Employment.objects.filter(**own, hired_on__lte=on).order_by("-hired_on")
    rows = (
        Employee.objects.filter(pk__in=ids)
        .select_related("department", "user")
        .annotate(
            placed_in=Subquery(placed.values("department")[:1]),
            hired_on=Subquery(hired.values("hired_on")[:1]),
        )
    )
    people = list(rows)
    there = {one.department_id: one.department for one in people}
    other = {one.placed_in for one in people if one.placed_in is not None} - there.keys()
    if other:
        there |= Department.objects.in_bulk(other)
    return [_Person(one, there[one.placed_in or one.department_id], one.hired_on) for one in people]


def _entries(
    ids: Collection[int], month: date, ever: Collection[str]
) -> tuple[dict[int, list[RegisterEntry]], dict[int, Counter[str]]]:
    """By employee: the lines of the month, and how often before it what counts ``ever`` was counted, by clause."""
    objections = Objection.objects.filter(entry=OuterRef("pk")).order_by("-pk")
    rows = (
        RegisterEntry.objects.filter(
            Q(month=month) | Q(month__lt=month, clause__in=ever),
            employee__in=ids,
            kind=RegisterEntry.Kind.POINTS,
            state__in=[RegisterEntry.State.REPORTED, RegisterEntry.State.COUNTED],
        )
        .annotate(
            said=Subquery(objections.values("outcome")[:1]),
            answered=Subquery(objections.values("answer")[:1]),
        )
        .defer("inputs")
    )
    found: dict[int, list[RegisterEntry]] = defaultdict(list)
    earlier: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.month == month:
            found[row.employee_id].append(row)
        elif row.state == RegisterEntry.State.COUNTED:
            earlier[row.employee_id][row.clause] += 1
    return found, earlier


def _penalties(parties: Collection[int], first: date, last: date) -> dict[int, list[Penalty]]:
    waivers = Waiver.objects.filter(penalty=OuterRef("pk")).order_by("-pk")
    rows = (
        Penalty.objects.filter(
            party__in=parties,
            kind=Penalty.Kind.POINTS,
            incurred_at__gte=_start(first),
            incurred_at__lt=_start(last + timedelta(days=1)),
        )
        .exclude(state__in=[Penalty.State.LAPSED, Penalty.State.REVERSED])
        .annotate(
            case_number=F("case__number"),
            waiver=Subquery(waivers.values("pk")[:1]),
            waived=Subquery(waivers.values("approved")[:1]),
            answered=Subquery(waivers.values("decision_note")[:1]),
        )
        .defer("inputs")
    )
    found: dict[int, list[Penalty]] = defaultdict(list)
    for row in rows:
        found[row.party_id].append(row)
    return found


def _complaints(
    parties: Collection[int], first: date, last: date
) -> dict[int, list[ComplaintAbout]]:
    found: dict[int, list[ComplaintAbout]] = defaultdict(list)
    until = _start(last + timedelta(days=1))
    for row in complaints_about(parties, since=_start(first), until=until):
        found[row.party_id].append(row)
    return found


def _history(ids: Collection[int]) -> dict[int, list[MonthScore]]:
    found: dict[int, list[MonthScore]] = defaultdict(list)
    rows = MonthScore.objects.filter(employee__in=ids).order_by("-month", "-number")
    for row in rows.defer("facts"):
        found[row.employee_id].append(row)
    return found


def _closed(history: Sequence[MonthScore], month: date) -> list[tuple[date, date, datetime]]:
    """From when to when the earlier sheets ran, and when each was published first."""
    return [
        (row.first_on, row.last_on, row.published_at)
        for row in history
        if row.month < month and row.number == 1
    ]


def _judged(ids: Collection[int], month: date) -> dict[int, list[JudgedPart]]:
    found: dict[int, list[JudgedPart]] = defaultdict(list)
    for row in JudgedPart.objects.filter(employee__in=ids, month=month).select_related("given_by"):
        found[row.employee_id].append(row)
    return found


def _counted_ever(using: Edition) -> set[str]:
    return {clause for clause, line in ScoreRules.of(using.rules).lines.items() if line.ever}


def _measured(using: Edition, month: date) -> set[str]:
    """The numbers that a month of this rulebook is measured by."""
    return {one.metric for one in sheets.wanted(using.rules, month.month)} | {*indicators(using)}


def _counts_desks(using: Edition, month: date) -> bool:
    return any(one.scope == "desk" for one in sheets.wanted(using.rules, month.month))


def _by_days(using: Edition, month: date) -> bool:
    return any(one.by_days for one in sheets.wanted(using.rules, month.month))


def _days(ids: Collection[int], month: date) -> dict[int, tuple[int, int]]:
    """By employee: days worked and days scheduled."""
    rows = (
        AttendanceDay.objects.filter(
            employee__in=ids, day__gte=month, day__lte=last_day(month_of(month))
        )
        .order_by()
        .values("employee_id")
        .annotate(
            worked=Count("day", distinct=True, filter=~Q(status__in=ABSENT)),
            scheduled=Count("day", distinct=True),
        )
        .values_list("employee_id", "worked", "scheduled")
    )
    return {pk: (worked, scheduled) for pk, worked, scheduled in rows if worked and scheduled}
