"""What is known of a month when its pay is computed: read for many people at once, as policy's facts.

However many people, the questions to the database are as many; each employee's facts then come out of what was read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.penalties.models import Penalty
from kefu.policy import penalties as breaches
from kefu.policy.clauses import Award, Consequence
from kefu.policy.months import last_day, month_of
from kefu.policy.pay import PayRules
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.models import Assignment
from kefu.rulebooks.selectors import edition, edition_saying
from kefu.staff.models import Department, Employee, Position, User
from payroll.models import (
    Employment,
    PayAdjustment,
    PayTerms,
    Placement,
    PoolPayment,
    RegisterEntry,
    Wage,
)
from payroll.selectors import attendance, scores
from payroll.selectors.paid import forfeits, late_losses
from payroll.selectors.people import UNSCORED
from payroll.selectors.presence import working_days
from payroll.selectors.slips import chosen, pay_rules

Kind = RegisterEntry.Kind
HANDED_OVER = ("transferred", "consulted", "escalated")


# Why somebody's month cannot be paid from what is known, as data: told in the reader's language.
WHY = {
    "employed_twice": _("这个月有两段任职，请先核对，差额登记为调整"),
    "no_placement": _("%(day)s 没有登记部门，请先登记任职部门"),
    "no_pay_rules": _("%(department)s 适用的规章没有工资条款"),
    "lacking": _("%(clause)s 的数额算不出，缺 %(what)s"),
    "no_value": _("%(clause)s 的数额要由登记人填写"),
}


class NoFacts(KefuError):
    """What is known of somebody's month is not enough to begin with; ``field`` says what is missing."""

    def __init__(self, code: str, *, field: str, **details: str) -> None:
        super().__init__(WHY[code] % details, code=code, field=field, **details)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a penalty of the facts comes from, and the edition that names its clause."""

    of: str  # "penalty", "entry", "clause", "adjustment"
    key: int
    version_id: int

    def to_json(self) -> list[Any]:
        return [self.of, self.key, self.version_id]


@dataclass(frozen=True, slots=True)
class Stint:
    """Days of a month in one department, under one edition, for one agreed wage."""

    department: Department
    post: str | None
    version_id: int
    wage: Wage | None
    from_on: date
    until_on: date

    def has(self, day: date) -> bool:
        return self.from_on <= day <= self.until_on


@dataclass(frozen=True, slots=True)
class Part:
    stint: Stint
    facts: Mapping[str, Any]
    sources: Sequence[Source]


def pays(rules: Rulebook) -> bool:
    """Whether a rulebook says anything about what somebody earns."""
    return _pays(PayRules.of(rules))


def _pays(rules: PayRules) -> bool:
    # Without a base of its own a rulebook still pays who has agreed on one.
    return bool(
        rules.bases
        or rules.formulas
        or rules.general
        or rules.performance
        or rules.allowances
        or rules.attendance.rate
    )


def wage_name(department: Department) -> str:
    """What the wage clauses call a department: its desk, or the house's own code where no desk is meant."""
    desk = department.desk.removesuffix("_desk").removesuffix("_office")
    return desk or _as_name(department.code)


def post_name(position: Position) -> str | None:
    """What a table of wages by post calls a position: what the rulebooks call it, else its English name."""
    return position.post or _as_name(slugify(position.name_en)) or None


def _as_name(text: str) -> str:
    return text.lower().replace("-", "_")


@dataclass
class Month:
    """What was read about some people and one month. ``first``: the month's first day."""

    first: date
    terms: PayTerms
    employees: Mapping[int, Employee]
    editions: dict[tuple[int, date], int | None] = field(default_factory=dict)

    @cached_property
    def last(self) -> date:
        return last_day(month_of(self.first))

    @cached_property
    def ids(self) -> list[int]:
        return sorted(self.employees)

    # Who works where, under which rules.

    @cached_property
    def employments(self) -> Mapping[int, list[Employment]]:
        rows = Employment.objects.filter(employee__in=self.ids, hired_on__lte=self.last)
        return _by_employee(
            row for row in rows.order_by("hired_on") if not row.left_on or row.left_on >= self.first
        )

    @cached_property
    def placements(self) -> Mapping[int, list[Placement]]:
        rows = Placement.objects.filter(employee__in=self.ids, from_on__lte=self.last)
        rows = rows.select_related("department", "position").order_by("from_on", "pk")
        return _by_employee(rows)

    @cached_property
    def wages(self) -> Mapping[int, list[Wage]]:
        rows = Wage.objects.filter(employee__in=self.ids, from_on__lte=self.last)
        return _by_employee(rows.order_by("from_on", "pk"))

    @cached_property
    def turns(self) -> list[date]:
        """The days of the month on which another edition may begin to hold."""
        begun = Assignment.objects.filter(effective_on__gt=self.first, effective_on__lte=self.last)
        return [self.first, *sorted(set(begun.values_list("effective_on", flat=True)))]

    def version(self, department_id: int, day: date) -> int | None:
        turn = max(one for one in self.turns if one <= day)
        if (department_id, turn) not in self.editions:
            at = datetime.combine(turn, time(12), SHANGHAI)
            found = edition_saying(pays, department_id=department_id, at=at)
            self.editions[department_id, turn] = found.version_id if found else None
        return self.editions[department_id, turn]

    def stints(self, employee: Employee) -> tuple[Employment, list[Stint]]:
        """Raises NoFacts: employed twice, in no department, under no rulebook that pays."""
        employed = self.employments[employee.pk]
        if len(employed) > 1:
            raise NoFacts("employed_twice", field="employment")
        job = employed[0]
        first, last = max(self.first, job.hired_on), min(self.last, job.left_on or self.last)
        placed, wages = self.placements.get(employee.pk, []), self.wages.get(employee.pk, [])
        changes = {first, *(turn for turn in self.turns if first < turn <= last)}
        changes |= {row.from_on for row in placed if first < row.from_on <= last}
        changes |= {row.from_on for row in wages if first < row.from_on <= last}
        days = sorted(changes)
        found = []
        for day, following in zip(days, [*days[1:], last + timedelta(days=1)], strict=True):
            place = _newest(placed, day)
            if place is None:
                raise NoFacts("no_placement", field="department", day=day.isoformat())
            version = self.version(place.department_id, day)
            if version is None:
                place_name = str(place.department)
                raise NoFacts("no_pay_rules", field="rulebook", department=place_name)
            until = following - timedelta(days=1)
            found.append(
                Stint(place.department, post_name(place.position), version, _newest(wages, day), day, until)
            )  # fmt: skip
        return job, list(_joined(found))

    # What happened.

    @cached_property
    def attendances(self) -> Mapping[int, Any]:
        return attendance.month_of(self.ids, self.first)

    @cached_property
    def scored(self) -> Mapping[int, Any]:
        wanted = {**self.employees, **{one.pk: one for team in self.teams.values() for one in team}}
        return scores.score_of(list(wanted.values()), self.first)

    @cached_property
    def teams(self) -> Mapping[int, list[Employee]]:
        """By department of a supervisor among these people: whom he leads at the end of the month."""
        led = {
            placed[-1].department_id
            for pk, placed in self.placements.items()
            if self.employees[pk].user.role == User.Role.SUPERVISOR
        }
        if not led:
            return {}
        newest = (
            Placement.objects.filter(from_on__lte=self.last)
            .order_by("employee_id", "-from_on", "-pk")
            .distinct("employee_id")
            .values_list("employee_id", "department_id")
        )
        placed = {employee: department for employee, department in newest if department in led}
        there = Employment.objects.filter(hired_on__lte=self.last, employee__in=placed)
        here = {row.employee_id for row in there if not row.left_on or row.left_on >= self.last}
        found = defaultdict(list)
        people = Employee.objects.filter(pk__in=here).exclude(user__role=User.Role.SUPERVISOR)
        for one in people.select_related("user", "department").order_by("number"):
            found[placed[one.pk]].append(one)
        return found

    @cached_property
    def entries(self) -> Mapping[int, list[RegisterEntry]]:
        rows = RegisterEntry.objects.counted().of_month(self.first).filter(employee__in=self.ids)
        rows = rows.exclude(kind__in=[Kind.POINTS, Kind.REMARK])
        # By what they say and not by when somebody wrote them down: a limit cuts off the same line.
        return _by_employee(rows.order_by("happened_on", "clause", "value", "pk"))

    @cached_property
    def late_losses(self) -> Mapping[int, Decimal]:
        """What is taken off months that were paid before, by line. These are few: each is reckoned by itself."""
        found: dict[int, Decimal] = {}
        for own in self.entries.values():
            late = (one for one in own if one.kind == Kind.FORFEIT and one.happened_on < self.first)
            found |= late_losses(late)
        return found

    @cached_property
    def penalties(self) -> Mapping[int, list[Penalty]]:
        """Fines of cases that are owed and were not paid by an earlier month; those of a locked month have become
        adjustments.
        """
        end = datetime.combine(self.last + timedelta(days=1), time.min, SHANGHAI)
        parties = {one.party_id: pk for pk, one in self.employees.items()}
        taken = set(
            PayAdjustment.objects.filter(employee__in=self.ids, source__startswith="penalty:").values_list(
                "source", flat=True
            )
        )  # fmt: skip
        rows = Penalty.objects.filter(
            party__in=parties, kind=Penalty.Kind.FINE, state=Penalty.State.PAYABLE, incurred_at__lt=end
        )  # fmt: skip
        found = defaultdict(list)
        for row in rows.order_by("incurred_at", "clause", "value", "pk"):
            if f"penalty:{row.pk}" not in taken:
                found[parties[row.party_id]].append(row)
        return found

    @cached_property
    def adjustments(self) -> Mapping[int, list[PayAdjustment]]:
        rows = PayAdjustment.objects.filter(employee__in=self.ids, month=self.first)
        return _by_employee(rows.order_by("of_month", "clause", "amount", "pk"))

    @cached_property
    def pool_payments(self) -> Mapping[int, list[PoolPayment]]:
        rows = PoolPayment.objects.filter(employee__in=self.ids, month=self.first)
        return _by_employee(rows.order_by("pk"))

    @cached_property
    def pieces(self) -> Mapping[int, Mapping[tuple[date, str], int]]:
        """By employee: how many reports and complaint records of a kind on a day (CD-12.74 … CD-12.76)."""
        found: dict[int, dict[tuple[date, str], int]] = defaultdict(dict)
        with connection.cursor() as cursor:
            cursor.execute(
                PIECES,
                {
                    "ids": self.ids,
                    "first": self.first,
                    "end": self.last + timedelta(days=1),
                    "handed_over": list(HANDED_OVER),
                },
            )
            for employee, day, of, count in cursor.fetchall():
                found[employee][day, of] = count
        return found

    # One employee's facts.

    def parts(self, employee: Employee) -> list[Part]:
        """The facts of each part of an employee's slip, in the order of the days. Raises NoFacts, Refused."""
        job, stints = self.stints(employee)
        return [self._part(employee, job, stint, stints) for stint in stints]

    def _part(
        self, employee: Employee, job: Employment, stint: Stint, stints: Sequence[Stint]
    ) -> Part:
        rules = pay_rules(stint.version_id)
        last = stint is stints[-1]

        def here(day: date) -> bool:
            # What no stint has, a debt of an earlier month above all, goes to the last.
            return stint.has(day) or (last and not any(one.has(day) for one in stints))

        facts: dict[str, Any] = {
            "month": month_of(self.first),
            "hired_on": job.hired_on.isoformat(),
            "left_on": job.left_on.isoformat() if job.left_on and job.left_on <= self.last else None,
            "department": wage_name(stint.department),
            "post": stint.post,
            "limits": limits_of(self.terms),
            **self._agreed(stint),
            **self._attended(employee.pk, stint, here, last, rules),
            **self._assessed(employee, stint, rules),
        }  # fmt: skip
        if len(stints) > 1:
            facts["stint"] = {
                "from_on": stint.from_on.isoformat(),
                "until_on": stint.until_on.isoformat(),
            }
        earned = self.pieces.get(employee.pk, {})
        facts["pieces"] = [
            {"of": of, "count": count, "done": DONE[of]}
            for of, count in _summed((of, n) for (day, of), n in earned.items() if here(day))
            if of in rules.pieces
        ]
        if last:
            given = [row.amount for row in self.pool_payments.get(employee.pk, [])]
            facts["pool_paid"] = str(sum(given, Decimal("0.00")))
        booked = self._booked(employee, facts, stint, here, last)
        return Part(stint, facts | booked[0], booked[1])

    def _agreed(self, stint: Stint) -> dict[str, Any]:
        wage = stint.wage
        return {
            "base": str(wage.base) if wage and wage.base is not None else None,
            "post_allowance": bool(wage and wage.post_allowance),
        }

    def _attended(
        self, pk: int, stint: Stint, here: Any, last: bool, rules: PayRules
    ) -> dict[str, Any]:
        there = self.attendances.get(pk)
        if there is None:
            return {}
        absences, leaves = _plain(there.absences), _plain(there.leaves)
        overtime = _plain(there.overtime)
        worked = [one for one in overtime if here(_day(one["starts_at"]))]
        if rules.attendance.time_off is None:
            # Hours given back, of which the rulebook says nothing, are no matter of the wage.
            worked = [one for one in worked if one["settle"] != "time_off"]
        found = {
            "attendance": dict(there.events),
            "absences": [one for one in absences if stint.has(_day(one["on"]))],
            "leaves": [one for one in leaves if stint.has(_day(one["on"]))],
            "overtime": worked,
            "leave_shares": self.terms.leave_shares,
        }
        if last:
            found["hours"] = {kind: str(number) for kind, number in sorted(there.hours.items())}
        if worked and (days := self.terms.calendar or self._week_of(stint.version_id)):
            found["calendar"] = days
        return found

    def _week_of(self, version_id: int) -> dict[str, Any] | None:
        """The days of this year and the next by the rulebook's week and the holidays of the state."""
        if version_id not in self._weeks:
            found = working_days(edition(version_id).rules, self.first)
            self._weeks[version_id] = None if found is None else found.model_dump(mode="json")
        return self._weeks[version_id]

    @cached_property
    def _weeks(self) -> dict[int, dict[str, Any] | None]:
        return {}

    def _assessed(self, employee: Employee, stint: Stint, rules: PayRules) -> dict[str, Any]:
        unscored = employee.user.role in UNSCORED
        found = None if unscored else self.scored.get(employee.pk)
        if found is not None and _code(found.rulebook_id) != rules.code:
            return {"assessed": False}  # by another rulebook, in the other part of the month
        facts: dict[str, Any] = {}
        if unscored:
            facts["assessed"] = False
        if found is not None:
            if found.refused:
                raise BadFacts({f"score.{name}": why for name, why in found.refused.items()})
            if found.points is None and not found.grade:
                facts["assessed"] = False
            facts["score"] = None if found.points is None else f"{found.points:f}"
            facts["grade"] = found.grade or None
        if rules.team is not None and employee.user.role == User.Role.SUPERVISOR:
            team = self._team_scores(stint)
            facts["team_scores"] = [f"{points:f}" for points in team]
        return facts

    def _team_scores(self, stint: Stint) -> list[Decimal]:
        """Of the staff of a supervisor: highest first, for the order says nothing."""
        team = (self.scored.get(one.pk) for one in self.teams.get(stint.department.pk, []))
        points = (one.points for one in team if one is not None and one.points is not None)
        return sorted((max(Decimal(0), one) for one in points), reverse=True)

    def _booked(
        self, employee: Employee, facts: Mapping[str, Any], stint: Stint, here: Any, last: bool
    ) -> tuple[dict[str, Any], list[Source]]:
        """Awards, parts that are lost, penalties, adjustments; with where each penalty comes from."""
        awards: list[dict[str, Any]] = []
        forfeited: dict[tuple[str, str], None] = {}
        owed: list[tuple[dict[str, Any], Source]] = []
        adjusted: list[tuple[dict[str, Any], Source]] = []
        for entry in self.entries.get(employee.pk, []):
            if not here(entry.happened_on):
                continue
            if entry.happened_on < self.first and entry.kind in (
                Kind.FINE,
                Kind.CHARGE,
                Kind.AWARD,
            ):
                amount = _amount(entry, facts)
                signed = amount if entry.kind == Kind.AWARD else -amount
                adjusted.append((_adjustment(entry.clause, signed, entry.happened_on), _of(entry)))
            elif entry.kind == Kind.AWARD:
                awards.append({"clause": entry.clause, "amount": chosen(entry)})
            elif entry.pk in self.late_losses:
                if taken := self.late_losses[entry.pk]:
                    adjusted.append(
                        (_adjustment(entry.clause, taken, entry.happened_on), _of(entry))
                    )
            elif entry.kind == Kind.FORFEIT:
                forfeited |= {(one["part"], one["clause"]): None for one in forfeits(entry)}
            else:
                amount = _amount(entry, facts)
                owed.append(({"clause": entry.clause, "amount": str(amount)}, _of(entry)))
        for penalty in self.penalties.get(employee.pk, []):
            if here(penalty.incurred_at.astimezone(SHANGHAI).date()):
                source = Source("penalty", penalty.pk, penalty.rulebook_id)
                owed.append(({"clause": penalty.clause, "amount": str(penalty.value)}, source))
        owed += self._computed(facts, stint, {one["clause"] for one, _source in owed})
        if last:
            for row in self.adjustments.get(employee.pk, []):
                source = Source("adjustment", row.pk, row.rulebook_id)
                adjusted.append((_adjustment(row.clause, row.amount, row.of_month), source))
        booked = {
            "awards": awards,
            "forfeited": [{"part": part, "clause": clause} for part, clause in forfeited],
            "penalties": [one for one, _source in owed],
            "adjustments": [one for one, _source in adjusted],
        }
        return booked, [source for _one, source in (*owed, *adjusted)]

    def _computed(
        self, facts: Mapping[str, Any], stint: Stint, entered: Collection[str]
    ) -> Iterator[tuple[dict[str, Any], Source]]:
        """What the month itself costs where the rulebook makes a penalty of it: absence without a price of its own
        (SD-233.40), a supervisor's people below a score (SD-233.17).
        """
        rules = edition(stint.version_id).rules
        absences, team = facts.get("absences", []), facts.get("team_scores")
        pay = pay_rules(stint.version_id)
        fine = pay.absence_fine if pay.attendance.absence is None else None
        if absences and fine and fine not in entered:
            base = Decimal(facts["base"]) if facts["base"] else None
            given = {"established": ("absent",), "verified": True, "base": base}
            yield from _assessed(rules, stint, fine, len(absences), **given)
        if team:
            lowest = {"numbers": {"lowest_score": Decimal(team[-1])}}
            for clause in rules.in_force(Consequence):
                bounds = {bound.of for bound in clause.when}
                if clause.role == "supervisor" and "lowest_score" in bounds:
                    yield from _assessed(rules, stint, clause.id, 1, **lowest)


def read_month(first: date, employees: Iterable[Employee], terms: PayTerms) -> Month:
    return Month(first, terms, {one.pk: one for one in employees})


def limits_of(terms: PayTerms) -> dict[str, Any]:
    return {
        "edition": terms.edition,
        "share": str(terms.share),
        "minimum_wage": None if terms.minimum_wage is None else str(terms.minimum_wage),
        "keeps_minimum": terms.keeps_minimum,
        "deductions": terms.deductions,
    }


def _assessed(
    rules: Rulebook, stint: Stint, clause: str, times: int, **given: Any
) -> Iterator[tuple[dict[str, Any], Source]]:
    found = breaches.assess(rules, breaches.Breach(clause=clause, **given))
    if found.state == "does_not_apply":
        return
    if found.amount is None:
        lacking = ", ".join(found.missing)
        raise NoFacts("lacking", field="base", clause=clause, what=lacking)
    for _one in range(times):
        source = Source("clause", 0, stint.version_id)
        yield {"clause": clause, "amount": str(found.amount)}, source


def _amount(entry: RegisterEntry, facts: Mapping[str, Any]) -> Decimal:
    """What a line costs or brings: chosen by a person, or as its clause says."""
    if entry.value is not None:
        return entry.value
    rules = edition(entry.rulebook_id).rules
    clause = rules[entry.clause]
    if isinstance(clause, Award):
        amount: Decimal = clause.given("amount")
        return amount
    if isinstance(clause, Consequence) and clause.fine is not None:
        return clause.fine
    base = Decimal(facts["base"]) if facts["base"] else None
    known = breaches.Breach(
        clause=entry.clause,
        verified=True,
        established=getattr(clause, "needs", ()),
        base=base,
    )
    found = breaches.assess(rules, known).amount
    if found is None:
        raise NoFacts("no_value", field="penalties", clause=entry.clause)
    return found


def _adjustment(clause: str, amount: Decimal, of: date) -> dict[str, Any]:
    return {"clause": clause, "amount": str(amount), "of_month": month_of(of)}


def _of(entry: RegisterEntry) -> Source:
    return Source("entry", entry.pk, entry.rulebook_id)


def _code(version_id: int) -> str:
    return edition(version_id).rules.code


def _newest(rows: Sequence[Any], day: date) -> Any:
    return next((row for row in reversed(rows) if row.from_on <= day), None)


def _joined(stints: Iterable[Stint]) -> Iterator[Stint]:
    """Days that follow each other under the same department, edition and wage are one stint."""

    def same(stint: Stint) -> Any:
        wage = stint.wage
        return (
            stint.department.pk,
            stint.post,
            stint.version_id,
            (wage.base, wage.post_allowance) if wage else (None, False),
        )

    for _key, group in groupby(stints, key=same):
        some = list(group)
        one = some[0]
        yield Stint(
            one.department, one.post, one.version_id, one.wage, one.from_on, some[-1].until_on
        )


def _by_employee(rows: Iterable[Any]) -> Mapping[int, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.employee_id].append(row)
    return found


def _summed(pairs: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    found: dict[str, int] = defaultdict(int)
    for of, number in pairs:
        found[of] += number
    return sorted(found.items())


def _plain(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """As JSON, in an order of their own: that of the facts says nothing."""
    found = [
        one.model_dump(mode="json") if isinstance(one, BaseModel) else dict(one) for one in rows
    ]
    return sorted(found, key=lambda one: [str(value) for value in one.values()])


def _day(text: Any) -> date:
    if isinstance(text, datetime):
        return text.astimezone(SHANGHAI).date()
    if isinstance(text, date):
        return text
    if len(text) == 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(SHANGHAI).date()


# What has to be on record for a piece to be paid, as it is when it is counted here.
DONE = {
    "damage": ["accepted"],
    "delay": ["accepted"],
    "loss": ["accepted"],
    "complaint": ["handed_over", "recorded"],
}
PIECES = """
SELECT b.employee_id, (r.submitted_at AT TIME ZONE 'Asia/Shanghai')::date, r.fault, count(*)
FROM claims_reportbonus b JOIN claims_faultreport r ON r.case_id = b.report_id
WHERE b.employee_id = ANY(%(ids)s) AND b.month = %(first)s GROUP BY 1, 2, 3
UNION ALL
-- A complaint counts for who took it down, on the day it was first handed on to the department concerned: handed on
-- when its own month is paid, it is paid with the next.
SELECT e.id, (handed.at AT TIME ZONE 'Asia/Shanghai')::date, 'complaint', count(*)
FROM cases_case c
JOIN LATERAL (SELECT min(h.recorded_at) AS at FROM cases_interaction h WHERE h.case_id = c.id AND h.action = ANY(%(handed_over)s)) handed
  ON handed.at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
     AND handed.at < %(end)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
JOIN LATERAL (SELECT author_id FROM cases_interaction i WHERE i.case_id = c.id ORDER BY i.happened_at, i.id LIMIT 1) first ON true
JOIN staff_employee e ON e.user_id = first.author_id
WHERE c.kind = 'complaint' AND e.id = ANY(%(ids)s)
  AND c.opened_at < %(end)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
  AND (c.closed_at IS NULL OR c.closed_at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai')
GROUP BY 1, 2, 3
"""
