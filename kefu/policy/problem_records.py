"""What the record of a problem parcel has to say, type by type, and what may be done upon it.

Facts and choices have the names of the clauses: {"problem": "nobody_home", "reached": "no",
"nobody_home_remark": "no_answer"}; ``recorded`` names what is there besides. A rulebook without the clauses
asks for nothing and forbids nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import time
from functools import partial
from typing import TypeVar

from kefu.policy.access import Actor, may
from kefu.policy.clauses import Consequence, Hours, Item
from kefu.policy.conditions import Facts, MissingFact
from kefu.policy.measures import classify
from kefu.policy.processes import routed
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import Lack, composed, judge_text, offered, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = [
    "CHOICES",
    "CONTRACTOR",
    "NEED_A_REASON",
    "Judged",
    "Possible",
    "fixed_remark",
    "judge_record",
    "message_due",
    "possible",
    "time_of_day",
]

# What is chosen from a list of the rulebook, where one applies.
CHOICES = (
    "unreachable_reason",
    "nobody_home_remark",
    "refusal_reason",
    "pickup_answer",
    "pickup_place",
    "return_asked_by",
)
# The forms of a type besides the record itself.
FORMS = {
    "address_change": ("delivery_change",),
    "delayed": ("delay_case",),
    "missent": ("missent_parcel",),
    "opened_inspection": ("opened_parcel_notice", "bring_back"),
}
# The remark that is fixed for a type.
REMARKS = {"nobody_home": "nobody_home_remark", "missorted": "missorted_remark"}
# The type says why by itself; the others want a reason in words, or chosen from a list.
NEED_A_REASON = frozenset({"refused", "returned", "collect_refused", "delayed", "other"})
CONTRACTOR = "contractor"

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Judged:
    """``lacks``: what it still asks for; ``strange``: what stands there and may not; ``options``: what may
    be chosen, by name. ``owner``: whose matter it is, where the rulebook says so. ``invalid``: the clauses by
    which the reason does not count, so that delivery and its delay stay with the courier.
    """

    lacks: tuple[Lack, ...]
    strange: tuple[Lack, ...]
    options: Mapping[str, tuple[Item, ...]]
    owner: str
    invalid: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def accepted(self) -> bool:
        return not (self.lacks or self.strange) and self.owner != CONTRACTOR

    @property
    def asked(self) -> tuple[str, ...]:
        """The names still asked for, each once, in the order of the rulebook."""
        return tuple(dict.fromkeys(name for lack in self.lacks for name in lack.names))


def judge_record(
    rulebook: Rulebook, facts: Facts, recorded: Collection[str], remark: str = ""
) -> Judged:
    """Judge a record: what its type asks for, the lists it chooses from, and whose matter it is.

    A fact on which something hangs and that is not given is asked for like any other field.
    Source: CD-06.23 … CD-06.25, CD-09.01 … CD-09.27, LC-05.10, SD-150.13.
    """
    lacks: list[Lack] = []
    strange: list[Lack] = []
    steps: list[Step] = []
    options: dict[str, tuple[Item, ...]] = {}
    there = {*recorded, *(name for name, value in facts.items() if value)}

    def ask(question: Callable[[Facts], Found]) -> Found | None:
        """Note each fact the answer hangs on, and ask on as if it were none of the values that count."""
        known = dict(facts)
        while True:
            try:
                return question(known)
            except MissingFact as missing:
                lacks.append(Lack(missing.clause, (missing.fact,)))
                known[missing.fact] = ""
            except NotInRulebook:
                return None

    for name in CHOICES:
        offer = ask(partial(offered, rulebook, name))
        if offer is None or not offer.items:
            continue
        options[name] = offer.items
        steps += offer.steps
        clause = offer.steps[-1].clause
        if name not in facts:
            lacks.append(Lack(clause, (name,)))
        elif facts[name] not in offer.keys:
            strange.append(Lack(clause, (name,)))
    for form in ("problem_record", *CHOICES, *FORMS.get(facts["problem"], ())):
        found = ask(partial(requirements, rulebook, form, there))
        if found is not None:
            lacks += found.lacks
            steps += found.steps
    verdict = ask(partial(judge_text, rulebook, "problem_remark", remark))
    if verdict is not None:
        steps += verdict.steps
        if not verdict.accepted:
            strange.append(Lack(verdict.steps[-1].clause, ("remark",)))
    # What hangs on the cause is asked for before anybody wants to write a message.
    ask(lambda known: possible(rulebook, "post_message", known, ("reason",)))
    goes = ask(partial(routed, rulebook, "problem_parcel"))
    targets, told = goes or ((), ())
    steps += told
    owner = next((to for target in targets if target.how == "owner" for to in target.to), "")
    invalid = _not_counting(rulebook, {*facts.values()})
    return Judged(tuple(lacks), tuple(strange), options, owner, invalid, tuple(steps))


def _not_counting(rulebook: Rulebook, known: Collection[str]) -> tuple[str, ...]:
    """The clauses that leave the delay with the courier, by what was chosen (CD-09.18)."""
    return tuple(
        clause.id
        for clause in rulebook.in_force(Consequence)
        if clause.liability == "delay" and clause.needs and set(clause.needs) <= set(known)
    )


def fixed_remark(rulebook: Rulebook, facts: Facts) -> str:
    """Return the words that are fixed for such a record, "" where there are none (CD-09.14, CD-09.26)."""
    form = REMARKS.get(facts["problem"])
    if form is None:
        return ""
    try:
        return composed(rulebook, form, facts).text or ""
    except MissingFact:  # what the words hang on was not said
        return ""


@dataclass(frozen=True, slots=True)
class Possible:
    """Whether something may be done; else the clauses that refuse it, and what they want first."""

    refused_by: tuple[str, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def allowed(self) -> bool:
        return not self.refused_by


def possible(
    rulebook: Rulebook, act: str, facts: Facts, recorded: Iterable[str], role: str = ""
) -> Possible:
    """Return whether a message may be posted ("post_message", "post_online") or the parcel go back
    ("return_parcel"). Source: CD-04.28, CD-09.28, CD-09.29, CD-09.32. Raises MissingFact.
    """
    there = tuple(recorded)
    try:
        permission = may(rulebook, act, Actor(role, recorded=there), facts)
    except NotInRulebook:
        return Possible((), (), ())
    missing = tuple(
        name
        for step in permission.steps
        if step.key == "act_lacks"
        for name in step.inputs["names"]
    )
    return Possible(permission.refused_by, missing, permission.steps)


def time_of_day(rulebook: Rulebook, clock_time: time) -> str:
    """Return "evening" once the department's hours are over, else "day" (CD-04.28)."""
    hours = next((one for one in rulebook.in_force(Hours) if one.line == "department"), None)
    if hours is None or hours.closes is None:
        return "day"
    return "evening" if hours.closed(clock_time) else "day"


def message_due(rulebook: Rulebook, *, same_city: bool) -> bool:
    """Is a message owed for a parcel that was not delivered? Not within the city (CD-07.09)."""
    try:
        found = classify(
            rulebook, "message_duty", {"destination": "same_city" if same_city else "out_of_town"}
        )
    except NotInRulebook:
        return True
    return found.of != "exempt"
