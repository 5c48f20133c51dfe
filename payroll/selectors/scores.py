"""What somebody's month is worth, decided by policy: as it was published, or as the books stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import get_language

from kefu import punctuation
from kefu.policy.calculation import Decided
from kefu.policy.calculations import calculation
from kefu.policy.months import last_day, month_of
from kefu.policy.recurring import Occurrence, occurrences, recurring
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import score_money
from kefu.policy.steps import Step
from kefu.policy.vocabulary import word
from kefu.rulebooks.selectors import Edition, edition
from kefu.staff.models import Employee
from payroll.models import MonthScore
from payroll.selectors.holidays import calendar
from payroll.selectors.score_facts import Gathered, gather


@dataclass(frozen=True, slots=True)
class Scored:
    """What a month comes to. ``points`` None: it is not scored, and ``refused`` says by field what is missing;
    without it the person is not assessed yet. ``published``: the row that stands, if it does.
    """

    employee_id: int
    month: date
    rulebook_id: int
    mechanism: str
    clause: str
    facts: Mapping[str, Any]
    points: Decimal | None
    grade: str
    steps: tuple[Step, ...] = ()
    refused: Mapping[str, Any] = field(default_factory=dict)
    money: Decimal | None = None
    published: MonthScore | None = None

    @property
    def assessed(self) -> bool:
        return self.points is not None


def score_of(employees: Iterable[Employee], month: date) -> dict[int, Scored]:
    """Return each one's score of a month by his id: as it was published, else as the books stand. Nobody is there
    whose department scores no months. ``month``: its first day.
    """
    people = list(employees)
    found = {row.employee_id: stored(row) for row in standing(month).filter(employee__in=people)}
    rest = [one for one in people if one.pk not in found]
    for gathered in gather(rest, month):
        if gathered.mechanism:
            found[gathered.employee.pk] = decide(gathered)
    return found


def running(employees: Iterable[Employee], month: date) -> dict[int, Scored]:
    """The same while the month goes on: without the numbers that only the whole of it tells."""
    gathered = [one for one in gather(employees, month) if one.mechanism]
    return {one.employee.pk: decide(one, numbers=False) for one in gathered}


def standing(month: date) -> Any:
    """The published scores of a month, of each person the last number."""
    later = MonthScore.objects.filter(
        employee=OuterRef("employee"), month=OuterRef("month"), number__gt=OuterRef("number")
    )
    return MonthScore.objects.filter(~Exists(later), month=month)


def stored(row: MonthScore) -> Scored:
    """A score as it was published, with the steps that its frozen facts come to."""
    decided = run(row.mechanism, edition(row.rulebook_id), row.facts)
    return Scored(
        row.employee_id,
        row.month,
        row.rulebook_id,
        row.mechanism,
        row.clause,
        row.facts,
        row.points,
        row.grade,
        decided.steps,
        {},
        _money(edition(row.rulebook_id), row.mechanism, row.points),
        row,
    )


def run(mechanism: str, using: Edition, facts: Mapping[str, Any]) -> Decided:
    """Decide by policy. Raises Refused."""
    return calculation(mechanism).run(using.rules, facts)


def decide(gathered: Gathered, **facts: Any) -> Scored:
    """What somebody's month comes to by what is known of it; ``facts``: as ``Gathered.facts`` takes them."""
    using, told = gathered.using, gathered.facts(**facts)
    given: dict[str, Any] = {
        "employee_id": gathered.employee.pk,
        "month": gathered.month,
        "rulebook_id": using.version_id,
        "mechanism": gathered.mechanism,
        "facts": told,
    }
    try:
        decided = run(gathered.mechanism, using, told)
    except Refused as error:
        return Scored(**given, clause="", points=None, grade="", refused=dict(error.faults))
    points, grade = result_of(gathered.mechanism, decided)
    clause = decided.steps[-1].clause if decided.steps else ""
    money = _money(using, gathered.mechanism, points)
    return Scored(
        **given, clause=clause, points=points, grade=grade, steps=decided.steps, money=money
    )


def result_of(mechanism: str, decided: Decided) -> tuple[Decimal | None, str]:
    """The points and the grade of a decision; None in a month that is not assessed."""
    points = decided.result["total" if mechanism == "assessment" else "points"]
    return (None if points is None else Decimal(points)), decided.result.get("grade", "")


def _money(using: Edition, mechanism: str, points: Decimal | None) -> Decimal | None:
    if mechanism != "month_score" or points is None:
        return None
    found = score_money(using.rules, points)
    return found[0] if found else None


def closes_on(gathered: Gathered) -> date:
    """The first day on which a month may be published: the day of the assessment where the rulebook has one, the
    last of the period where it ends with a payday, else the day after it (ES-603.01, SD-233.13).
    """
    if gathered.mechanism == "assessment":
        assessed = assessment_of(gathered.using.rules, gathered.month)
        return assessed.on if assessed else gathered.last_on
    if gathered.first_on != gathered.month:
        return gathered.last_on
    return gathered.last_on + timedelta(days=1)


def assessment_of(rules: Rulebook, month: date) -> Occurrence | None:
    """When a month is assessed, by the days that are worked; None where the rulebook names no day (ES-603.01)."""
    try:
        clause = recurring("monthly_assessment", rules)
        days = calendar(rules, {month.year})
        return next(iter(occurrences(clause, month, last_day(month_of(month)), days)), None)
    except Refused:
        return None


def part_in_words(part: str) -> str:
    """A part of an assessment in the reader's language."""
    return word(part, get_language() or "zh-hans")


def refusals_in_words(scored: Scored) -> list[str]:
    """Why a month is not scored, in the reader's language."""
    language = get_language() or "zh-hans"
    told = []
    for name, why in scored.refused.items():
        what = word(name.rpartition(".")[2], language) if name else ""
        told.append(punctuation.headed(what, why.said(language)) if what else why.said(language))
    return told
