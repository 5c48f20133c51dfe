"""When many complaints of one issue become an incident."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kefu.policy.clauses import Criterion, NotSet
from kefu.policy.moments import SHANGHAI
from kefu.policy.refusals import NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant

MASS_INCIDENT = "mass_incident"


@dataclass(frozen=True, slots=True)
class Incident:
    """It starts with the complaint that was one too many; its clocks run from then."""

    clause: str
    starts_at: datetime
    first_at: datetime
    count: int
    steps: tuple[Step, ...]


def incident_rule(rulebook: Rulebook) -> Criterion:
    """Raises NotInRulebook for a rulebook that has no such rule."""
    for clause in rulebook.in_force(Criterion):
        if clause.gives == MASS_INCIDENT:
            return clause
    raise NotInRulebook(cannot_be("no_mass_incident", code=rulebook.code))


def mass_incident(
    received: Iterable[datetime], rulebook: Rulebook, *, is_open: bool = False
) -> Incident | None:
    """Return the incident that complaints of one issue make by their times of receipt, in any order;
    None while there are not enough, or while one of this issue ``is_open``.

    More than 20 within an hour: the 21st starts it, and exactly an hour after the first is within it
    (ES-502.17). By the other reading the hours are those of the clock on the wall.

    Raises NotInRulebook for a rulebook without the rule, NotSet, ValueError for a moment without zone.
    """
    clause = incident_rule(rulebook)
    number, minutes = clause.more_than, clause.within_minutes
    if number is None or minutes is None:
        raise NotSet(clause.id, "more_than" if number is None else "within_minutes")
    if is_open:
        return None
    moments = sorted(instant(moment) for moment in received)
    within = timedelta(minutes=minutes)
    begin = 0
    for end, moment in enumerate(moments):
        while not _together(moments[begin], moment, within, clause):
            begin += 1
        count = end - begin + 1
        if count > number:
            inputs = {"from_at": moments[begin], "until_at": moment, "minutes": minutes}
            step = Step.of(clause.id, "mass_incident", n=count, most=int(number), **inputs)
            return Incident(clause.id, moment, moments[begin], count, (step,))
    return None


def _together(earlier: datetime, later: datetime, within: timedelta, clause: Criterion) -> bool:
    if clause.window == "clock_hour":
        return _stroke(earlier) == _stroke(later)
    return later - earlier <= within


def _stroke(moment: datetime) -> datetime:
    """The last full hour on a Shanghai clock; at both passes of a repeated hour its own."""
    return moment.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
