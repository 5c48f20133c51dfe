"""How reports about a week or a month are made: by whom, from what, until when."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from kefu.policy.clauses import NotSet, Rate
from kefu.policy.measures import Plan, report_plan
from kefu.policy.recurring import period, report_by, report_due
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

LAST_STEPS = {"issue", "submit"}


@dataclass(frozen=True, slots=True)
class Due:
    """The first and the last day a report is about, and until when it is issued; None: no time is given."""

    first_on: date
    last_on: date
    due_at: datetime | None
    steps: tuple[Step, ...]


def register_plan(rulebook: Rulebook, report: str) -> Plan:
    """Return what the clauses say of a report that is issued; where none says by whom, the centre does it.

    A rate that is told month by month is such a report too. Raises NotInRulebook. Source: LC-01.04, LC-01.25,
    LC-01.26, LC-02.07, LC-02.12, LC-04.09, LC-05.08, LC-06.01.
    """
    try:
        plan = report_plan(rulebook, report)
    except NotInRulebook:
        rate = next((one for one in rulebook.in_force(Rate) if one.rate == report), None)
        if rate is None or not rate.per:
            raise
        columns = (rate.counted, rate.of, rate.rate)
        plan = Plan(report, (rate.id,), rate.per[0], (), columns, rate.by, (), (), False, None)
    if LAST_STEPS & {step for step, _role in plan.steps}:
        return plan
    return replace(plan, steps=(*plan.steps, ("issue", "centre")))


def register_due(rulebook: Rulebook, report: str, about: date, *, beside: str = "") -> Due:
    """Return what period with ``about`` in it a report covers and until when it is issued; ``beside``: the report
    it goes with where the rulebook gives it no day of its own. Raises NotInRulebook, NotSet for no period.
    """
    for name in filter(None, (report, beside)):
        try:
            found = report_due(name, about, rulebook)
        except (NotInRulebook, NotSet):
            continue
        assert found.covers is not None
        return Due(*found.covers, found.due_at, found.steps)
    plan = register_plan(rulebook, report)
    if plan.per is None:
        raise NotSet(plan.clauses[0], "per")
    first, last = period(plan.per, about, plan.clauses[0])
    return Due(first, last, None, (Step.of(plan.clauses[0], "covers", from_on=first, to_on=last),))


def plan_due(plan: Plan, about: date) -> Due:
    """Return what period with ``about`` in it a report covers and until when it is issued, where the plan itself
    says how often and by which day of the house.
    """
    assert plan.per is not None and plan.house is not None
    found = report_by(plan.clauses[0], plan.per, plan.house, about)
    assert found.covers is not None
    return Due(*found.covers, found.due_at, found.steps)
