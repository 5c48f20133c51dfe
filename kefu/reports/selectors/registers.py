"""Reports about a week or a month: what their rulebook says of them, what they hold, whose step is next."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.measures import Plan, report_step
from kefu.policy.refusals import NotInRulebook
from kefu.policy.registers import register_plan
from kefu.policy.rulebook import Rulebook
from kefu.reports.content import Span, digest
from kefu.reports.definitions import DEFINITIONS, RIGHTS
from kefu.reports.models import Register, RegisterStep
from kefu.reports.wording import ROLES
from kefu.rulebooks.selectors import Edition, edition, edition_anywhere

Step = RegisterStep.Step
ANALYSIS = "analysis_text"


def plan_by(rules: Rulebook, kind: str) -> Plan:
    """How a rulebook has a report made. Raises NotInRulebook."""
    definition = DEFINITIONS.get(kind)
    if definition is not None and definition.plan is not None:
        return definition.plan(rules)
    return register_plan(rules, kind)


def speaks(rules: Rulebook, kind: str) -> bool:
    try:
        plan_by(rules, kind)
    except NotInRulebook:
        return False
    return True


def edition_for(kind: str, *, at: datetime) -> Edition | None:
    """The edition that asks for a report; None where none in force does."""
    return edition_anywhere(lambda rules: speaks(rules, kind), at=at)


def plan_of(register: Register) -> Plan:
    """What the edition of a report says of it; reports that are told within it add their ways to group."""
    rules = edition(register.rulebook_id).rules
    own = plan_by(rules, register.kind)
    within = [
        register_plan(rules, name)
        for name in DEFINITIONS[register.kind].with_plans
        if speaks(rules, name)
    ]
    groups = dict.fromkeys(name for plan in (own, *within) for name in plan.group_by)
    clauses = dict.fromkeys(clause for plan in (own, *within) for clause in plan.clauses)
    return replace(own, clauses=tuple(clauses), group_by=tuple(groups))


def compute(register: Register) -> dict[str, Any]:
    """The figures of a report from what is on record now, as they are kept: {"tables"}."""
    rules = edition(register.rulebook_id).rules
    span = Span(register.first_on, register.last_on)
    tables = DEFINITIONS[register.kind].compute(span, plan_of(register), rules)
    return {"tables": [table.to_json() for table in tables]}


def kinds_of(user: Any) -> set[str]:
    """The kinds of reports that somebody of the centre may look at."""
    return {
        kind for kind, one in DEFINITIONS.items() if not one.seen_by or user.has_perm(one.seen_by)
    }


def visible_to(user: Any) -> QuerySet[Register]:
    return Register.objects.filter(kind__in=kinds_of(user))


def altered() -> tuple[int, list[str]]:
    """How many reports were issued, and those that are no longer what was issued."""
    found, n = [], 0
    for row in Register.objects.exclude(issued_at=None).order_by("pk").iterator(100):
        n += 1
        if digest(row.content or {}, row.analysis) != row.digest:
            found.append(f"register {row.pk} is not what its digest says")
    return n, found


def done_steps(steps: Sequence[RegisterStep]) -> list[RegisterStep]:
    """The steps that count: those since it was last prepared; none once it was sent back."""
    counting: list[RegisterStep] = []
    for one in steps:
        if one.step == Step.SEND_BACK:
            counting = []
        elif one.step == Step.PREPARE:
            counting = [one]
        else:
            counting.append(one)
    return counting


@dataclass(frozen=True, slots=True)
class Next:
    """The next step of a report: whose it is, and what it lacks. ``step`` is "" where all is done."""

    step: str
    role: str
    lacks: tuple[str, ...]
    done: Sequence[RegisterStep]

    @property
    def label(self) -> str:
        return str(Step(self.step).label) if self.step else ""

    @property
    def whose(self) -> str:
        return str(ROLES.get(self.role, self.role))

    @property
    def right(self) -> str:
        return RIGHTS.get(self.role, RIGHTS["centre"])

    def may(self, user: Any) -> bool:
        """Has he the right, and is it not his own work that he would look through?"""
        return user.has_perm(self.right) and not self.prepared_by(user)

    def prepared_by(self, user: Any) -> bool:
        return any(one.step == Step.PREPARE and one.by_id == user.pk for one in self.done)


def next_of(register: Register, plan: Plan) -> Next:
    done = done_steps(list(register.steps.all()))
    names = {one.step for one in done} & {step for step, _role in plan.steps}
    step, role, lacks = report_step(plan, names, {ANALYSIS} if register.analysis else set())
    return Next(step, role, lacks, done)


def may_prepare(plan: Plan, user: Any) -> bool:
    """Is there somebody who prepares the report, and has he the right?"""
    role = dict(plan.steps).get(Step.PREPARE)
    return role is not None and bool(user.has_perm(RIGHTS[role]))
