"""What the rulebook says of a complaint: what its form asks, its class, the next step, what a finding costs. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inquiries.models import Complaint, ComplaintStep
from kefu import punctuation
from kefu.deadlines.models import Deadline
from kefu.errors import KefuError, NotAllowed
from kefu.policy import compensation
from kefu.policy.access import Actor, may
from kefu.policy.clauses import (
    Access,
    Compensation,
    Consequence,
    Criterion,
    Elapsed,
    Fields,
    Items,
    NotSet,
    Process,
    Quota,
    Rate,
    Request,
    Route,
    ScoreEvent,
    is_chinese,
)
from kefu.policy.conditions import MissingFact, said
from kefu.policy.consequences import consequence
from kefu.policy.explanation import label
from kefu.policy.measures import Classed, classify, counted
from kefu.policy.penalties import Assessed, Breach, assess
from kefu.policy.processes import Done, Position, next_step, routed
from kefu.policy.refusals import NotInRulebook, Refused
from kefu.policy.requirements import requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

PROCESS = "complaint"
REGISTRATION = "complaint_registration"
Stage = Complaint.Stage
Code = ComplaintStep.Code


def said_in(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [step.to_json() for step in steps]


# Which rulebook speaks of what.


Says = Callable[[Rulebook], bool]


def has_process(rules: Rulebook) -> bool:
    """Whether it says how a complaint goes on."""
    return any(clause.process == PROCESS for clause in rules.in_force(Process))


def has_registration(rules: Rulebook) -> bool:
    return any(clause.form == REGISTRATION for clause in rules.in_force(Fields))


def promises_time(rules: Rulebook) -> bool:
    """Whether a time has to be named to the customer (LC-02.05)."""
    times = Deadline.Action.COMPLAINT_HANDLING
    return any(c.times == times and c.promised for c in rules.in_force(Elapsed))


def routes(matter: str) -> Says:
    return lambda rules: any(clause.matter == matter for clause in rules.in_force(Route))


def offers(of: str) -> Says:
    return lambda rules: any(clause.of == of for clause in rules.in_force(Items))


def allows(act: str) -> Says:
    return lambda rules: any(act in clause.acts for clause in rules.in_force(Access))


def processes(process: str) -> Says:
    return lambda rules: any(clause.process == process for clause in rules.in_force(Process))


def asks_for(request: str) -> Says:
    return lambda rules: any(request in clause.requests for clause in rules.in_force(Request))


def rates(rate: str) -> Says:
    return lambda rules: any(clause.rate == rate for clause in rules.in_force(Rate))


def names(clause: str) -> Says:
    return lambda rules: clause in rules


# Registration.

# What the rulebooks ask for, as the form calls it.
FIELDS = {
    "customer_name": "customer_name",
    "customer": "customer_name",
    "contact": "customer_phone",
    "phone": "customer_phone",
    "phone_checked": "customer_phone",
    "waybill_number": "waybill_number",
    "waybill_checked": "waybill_number",
    "problem": "text",
    "description": "text",
    "demand": "demand",
    "outlet_or_department": "against",
    "issue_type": "category",
    "complaint_category": "category",
    "complaint_channel": "channel",
    "received_at": "received",
    "handled_by": "owner",
    "customer_calmed": "calmed",
}


def wanted(rules: Rulebook, *, agitated: bool) -> Iterator[tuple[str, str]]:
    """Yield (clause, what it wants) of everything that registering a complaint asks for."""
    facts = {"customer": "agitated" if agitated else "calm"}
    for form in (REGISTRATION, "fact_questions", "complaint_category", "complaint_channel"):
        for lack in requirements(rules, form, (), facts).lacks:
            yield from ((lack.clause, name) for name in lack.names)


def check_registration(rules: Rulebook, given: Collection[str], *, agitated: bool) -> None:
    """Refuse a registration that lacks what the rulebook wants, naming the field and the clause.

    Source: ES-302.01, ES-302.02, ES-303.02 … ES-303.04, LC-01.03.
    """
    for clause, name in wanted(rules, agitated=agitated):
        if name not in given:
            raise KefuError(
                _lacks(name) % {"clause": clause, "what": named(name)},
                code="field_required",
                field=FIELDS.get(name, name),
            )


def _lacks(name: str) -> str:
    if name == "waybill_checked":
        return _("按 %(clause)s 要核对单号：库里没有这张运单")
    if name == "customer_calmed":
        return _("按 %(clause)s 先安抚客户，再问情况")
    return _("按 %(clause)s 还要有：%(what)s")


# The class.


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """All that decides about the class, as it stands in a grading's ``inputs``."""

    category: str
    cause: str
    contents: str = ""
    delay_days: int | None = None
    item_value: str | None = None
    same_issue: int = 1  # complaints of the same customer about it, this one among them
    earlier: str = "none"  # or "unsolved"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> "ClassFacts":
        return cls(**written)


def delay_days(promised_on: date | None, until: date) -> int | None:
    """Calendar days between the promised day and that of the delivery, or today; never below nought."""
    return None if promised_on is None else max(0, (until - promised_on).days)


def classed(rules: Rulebook, facts: ClassFacts) -> Classed:
    """Return the class of a complaint and what decided it. Raises MissingFact, NotInRulebook.

    Source: ES-302.03 … ES-302.12.
    """
    said = {
        "category": facts.category,
        "cause": facts.cause,
        "earlier_complaint": facts.earlier,
    }
    if facts.contents or facts.category == Complaint.Category.DAMAGED:
        said["contents"] = facts.contents or Complaint.Contents.DAMAGED
    numbers = {"complaints_on_same_issue": Decimal(facts.same_issue)}
    if facts.delay_days is not None:
        numbers["delay_days"] = Decimal(facts.delay_days)
    if facts.item_value is not None:
        numbers["item_value_yuan"] = Decimal(facts.item_value)
    return classify(rules, "complaint_class", said, numbers)


# What the form calls the facts that a class may hang on.
CLASS_FIELDS = {"delay_days": "promised_on", "item_value_yuan": "item_value"}


def class_or_refuse(rules: Rulebook, facts: ClassFacts) -> Classed:
    """``classed``; a fact that is missing is refused at its field."""
    try:
        return classed(rules, facts)
    except MissingFact as error:
        field = CLASS_FIELDS.get(error.fact, error.fact)
        raise KefuError(
            _("定级要用（%(clause)s），请填写") % {"clause": error.clause},
            code="field_required",
            field=field,
        ) from error


def asks_class(rules: Rulebook) -> bool:
    return any(clause.of == "complaint_class" for clause in rules.in_force(Criterion))


# The order of the steps.

# What is to be done next, as the page calls it.
STAGES = {
    "verify": Stage.VERIFICATION,
    "investigate": Stage.VERIFICATION,
    "propose": Stage.SOLUTION,
    "answer": Stage.NEGOTIATION,
    "follow_up": Stage.FOLLOW_UP,
    "": Stage.DONE,
}


def position(rules: Rulebook, grade: str, done: Sequence[Done]) -> Position:
    """Return where a complaint stands. Source: ES-303.05, ES-303.08, ES-303.21, ES-303.26."""
    return next_step(rules, PROCESS, done, facts={"complaint_class": grade})


def step_for(rules: Rulebook, grade: str, code: str) -> Position | None:
    """The step of that name for this class, whatever was done; None where the class has none such."""
    for clause in rules.in_force(Process):
        if clause.process != PROCESS:
            continue
        for step in clause.steps:
            when = step.when.get("complaint_class")
            if step.code == code and (when is None or grade in when):
                return Position(
                    code, clause.id, step.by, step.needs, "", step.outcomes, step.within_minutes, ()
                )
    return None


def evidence_short(rules: Rulebook, kinds: Collection[str]) -> tuple[str, int]:
    """Return (clause, how many pieces are missing) of a grave complaint (ES-303.09); ("", 0) where none is asked."""
    try:
        found = counted(rules, "evidence", {kind: Decimal(1) for kind in set(kinds)})
    except NotInRulebook:
        return "", 0
    short = [count for count in found.counts if count.short]
    return (short[0].clause, int(short[0].short)) if short else ("", 0)


def evidence_kinds(rules: Rulebook) -> list[tuple[str, str, str]]:
    """(key, Chinese, English) of what counts as evidence."""
    return [
        (item.key, item.zh, item.en)
        for quota in rules.in_force(Quota)
        if quota.of == "evidence"
        for item in quota.among
    ]


def may_resolve(rules: Rulebook, *, accepted: bool) -> None:
    """Refuse to call it solved, or to pay, before the customer accepted (ES-303.20)."""
    recorded = {"customer_acceptance"} if accepted else set()
    try:
        allowed = may(rules, "resolve_complaint", Actor(recorded=recorded))
    except NotInRulebook:
        return
    if not allowed.allowed:
        raise NotAllowed(
            _("客户认可方案之后才算解决（%(clause)s）") % {"clause": allowed.refused_by[0]},
            field="accepted",
        )


def specialists(rules: Rulebook, grade: str) -> tuple[str, ...]:
    """The posts a complaint of this class goes to at once; () where it stays (ES-303.07)."""
    try:
        targets, _steps = routed(rules, PROCESS, {"complaint_class": grade})
    except NotInRulebook:
        return ()
    return tuple(name for target in targets if target.how == "owner" for name in target.to)


def coupon(
    rules: Rulebook, *, days: int | None, chosen: Decimal | None, force_majeure: bool = False
) -> compensation.Compensated | None:
    """Return what a customer gets for a delay, None where the rulebook gives nothing (ES-303.13).

    Raises KefuError naming ``coupon`` for an amount outside the range.
    """
    if not any(clause.event == "delay" for clause in rules.in_force(Compensation)):
        return None
    claim = compensation.Claim(
        event="delay", delay_days=days, chosen=chosen, force_majeure=force_majeure
    )
    try:
        return compensation.compensate(rules, claim)
    except NotSet:
        return None
    except Refused as error:
        raise KefuError(refused(error), code="outside_range", field="coupon") from error


# Findings: what costs something and follows no clock.


def findable(rules: Rulebook, cause: str) -> list[Consequence]:
    """The clauses that a complaint of this cause may lead to and no clock does, in the order of the rulebook.

    Without what comes by itself with another clause, and what the receipts see to.
    """
    return [
        clause
        for clause in rules.in_force(Consequence)
        if not clause.follows
        and not clause.only_with
        and "asked_in_keeping_period" not in clause.needs
        and (clause.area == "claims" or _of_attitude(clause))
        and ("complaint" not in clause.conditions or not cause or cause in clause.causes)
    ]


def _of_attitude(clause: Consequence) -> bool:
    """Training after complaints about somebody's attitude, and what follows if it fails (ES-204.04, ES-204.05)."""
    counted_of = clause.counts.of if clause.counts else ""
    return counted_of == "attitude_complaints" or "training_failed" in clause.needs


@dataclass(frozen=True, slots=True)
class Cost:
    """What a finding comes to. ``inputs``: as the penalty keeps them; ``waits``: for its condition."""

    assessed: Assessed
    inputs: dict[str, Any]
    waits: bool


def cost_of(rules: Rulebook, breach: Breach) -> Cost:
    """Assess a finding. Raises KefuError naming the fact that is missing.

    Of the conditions only the clause's first may come true later: the penalty waits for it, provisional. Whatever
    else the clause asks for has to be established before.
    """
    try:
        found = assess(rules, breach)
    except Refused as error:
        raise KefuError(refused(error), code="finding_refused", field=_fact(error)) from error
    spec = consequence(rules, breach.clause)
    if found.state == "does_not_apply":
        raise KefuError(
            _("按 %(clause)s 不成立") % {"clause": breach.clause},
            code="does_not_apply",
            field="clause",
        )
    missing = [name for name in found.missing if name != spec.condition]
    if missing:
        raise KefuError(
            _("%(clause)s 还差：%(what)s")
            % {
                "clause": breach.clause,
                "what": punctuation.alike(*map(named, missing[0].split("|"))),
            },
            code="fact_missing",
            field=missing[0].split("|")[0],
        )
    value = found.amount if found.amount is not None else found.points
    inputs = {**spec.inputs, "each": None if value is None else str(value)}
    return Cost(found, inputs, waits=spec.condition in found.missing)


def refused(error: Refused) -> str:
    """Why policy decides nothing, in the reader's language."""
    return punctuation.in_turn(*(why.said(_language()) for why in error.faults.values()))


def _fact(error: Refused) -> str:
    return next(iter(error.faults)) or "clause"


def named(name: str) -> str:
    """A fact of a rulebook in the reader's language."""
    try:
        return label(f"fact.{name}", _language())
    except KeyError:
        return said([name])["zh" if is_chinese(_language()) else "en"]


def _language() -> str:
    return get_language() or "zh-hans"


def excused(rules: Rulebook, clause: str) -> bool:
    """Whether a clause that follows no clock finds nobody at fault in a storm (CD-05.21, CD-05.23)."""
    return any(
        one.id == clause and "force_majeure" in one.excused_by
        for one in rules.in_force(Consequence)
    )


def score_event(rules: Rulebook, event: str) -> ScoreEvent | None:
    """The clause that takes points for an event; None where the rulebook has none in use."""
    return next((one for one in rules.in_force(ScoreEvent) if event in one.of and one.active), None)


def points_inputs(clause: ScoreEvent, *, condition: str) -> dict[str, Any]:
    """What a deduction of a score event keeps, in the shape of ``ConsequenceSpec.inputs``."""
    return {
        "clause": clause.id,
        "follows": "",
        "role": clause.on,
        "kind": "points",
        "each": str(abs(clause.points)),
        "times": 1,
        "condition": condition,
        "also": [],
        "causes": [],
    }


def process_clause(rules: Rulebook, process: str) -> str:
    return next(clause.id for clause in rules.in_force(Process) if clause.process == process)


def entered_inputs(clause: str, amount: Decimal) -> dict[str, Any]:
    """What a fine keeps whose amount a person entered, in the shape of ``ConsequenceSpec.inputs``."""
    return {
        "clause": clause,
        "follows": "",
        "role": "liable_outlet",
        "kind": "fine",
        "each": str(amount),
        "times": 1,
        "condition": "at_once",
        "also": [],
        "causes": [],
    }
