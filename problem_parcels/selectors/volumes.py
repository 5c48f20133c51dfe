"""How many parcels somebody handled this month, and which step of the desk's target that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import get_language

from kefu.clock import SHANGHAI
from kefu.policy.clauses import ScoreTiers
from kefu.policy.explanation import explain
from kefu.policy.rosters import Seasons
from kefu.policy.rulebook import Rulebook
from kefu.policy.scores import tier_reached
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee
from problem_parcels.models import Volume


@dataclass(frozen=True, slots=True)
class Reached:
    """One number against its target. ``missing``: how many more for the next step up, 0 at the top."""

    metric: str
    label: str
    clause: str
    season: str
    number: int
    target: Decimal
    points: Decimal
    missing: Decimal
    told: Sequence[str]

    @property
    def share(self) -> int:
        """Of the full target, in whole percent up to 100."""
        return min(100, int(self.number * 100 / self.target)) if self.target else 100


@dataclass(frozen=True, slots=True)
class PersonVolumes:
    employee: Employee
    reached: Sequence[Reached]


def month_of(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date().replace(day=1)


def volumes(*, people: Sequence[Employee], now: datetime) -> list[PersonVolumes]:
    """Return this month's numbers of these people of one department, each against the season's tiers
    (CD-12.10 … CD-12.13); none where the rulebook sets no targets.
    """
    if not people:
        return []
    rules = edition_in_force(department_id=people[0].department_id, at=now).rules
    month = month_of(now)
    numbers = {
        (volume.employee_id, volume.metric): volume.number
        for volume in Volume.objects.filter(employee__in=people, month=month)
    }
    tiers = list(_tiers(rules, month))
    worked = {metric for _employee, metric in numbers}
    if worked:  # a desk is measured by what it does; one that did nothing yet sees all there is
        tiers = [one for one in tiers if one[0].metric in worked]
    return [
        PersonVolumes(
            one,
            [
                _reached(clause, season, numbers.get((one.pk, clause.metric), 0), by)
                for clause, season, by in tiers
            ],
        )
        for one in people
    ]


def _tiers(rules: Rulebook, month: date) -> Iterator[tuple[ScoreTiers, str, str]]:
    """The tiers that hold this month, the season, and the clause that says which it is."""
    seasons = Seasons.of(rules)
    for clause in rules.in_force(ScoreTiers):
        if clause.metric not in Volume.Metric.values:
            continue
        season, by = seasons.season(month.month, clause.metric)
        if clause.season in (None, season):
            yield clause, season, by


def _reached(clause: ScoreTiers, season: str, number: int, by: str) -> Reached:
    points, step = tier_reached(clause, Decimal(number))
    above = [tier.at_least for tier in clause.tiers if tier.at_least > number]
    return Reached(
        metric=clause.metric,
        label=str(Volume.Metric(clause.metric).label),
        clause=clause.id,
        season=season,
        number=number,
        target=max(tier.at_least for tier in clause.tiers),
        points=points,
        missing=min(above) - number if above else Decimal(0),
        told=[line.text for line in explain([step], get_language() or "zh-hans")],
    )
