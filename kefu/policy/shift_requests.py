"""What becomes of a wish to swap a shift or to stay away: refused, waiting for whom, in effect; with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from kefu.policy.clauses import Request
from kefu.policy.conditions import applying
from kefu.policy.due import ClockFacts, NoClock, due
from kefu.policy.processes import Lodged, judge_request
from kefu.policy.refusals import NotInRulebook
from kefu.policy.requirements import requirements
from kefu.policy.rosters import limit_of, request_refused, within_limit
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, plain

__all__ = [
    "AwayFacts",
    "LeaveFacts",
    "LeaveVerdict",
    "SwapFacts",
    "SwapVerdict",
    "approvers",
    "judge_away",
    "judge_leave",
    "judge_swap",
]

SUPERVISOR = "supervisor"
# Leave that the law gives: a shift it falls on is told of, and does not refuse it.
BY_LAW = frozenset({"sick", "marriage", "maternity"})


def approvers(request: str, rulebook: Rulebook, facts: Mapping[str, str]) -> tuple[str, ...]:
    """Who decides on a request, one after the other; the supervisor where no clause names anybody.

    Source: CD-02.11, CD-02.13, SD-215.12 to SD-215.14, SD-233.34, SD-311.06.
    """
    speaking = (c for c in rulebook.in_force(Request) if request in c.requests)
    named = dict.fromkeys(role for c in applying(speaking, facts) for role in c.approvers)
    return tuple(named) or (SUPERVISOR,)


# Swaps.


@dataclass(frozen=True, slots=True)
class SwapFacts:
    """``sorts``: of each shift given away; ``numbers``: the swaps of the month of each person whom it counts
    for, this one included; ``earlier_at``: when the earlier of the two shifts begins; ``at``: the moment of
    judging; ``approvals``: roles that have agreed.
    """

    sorts: Sequence[Sequence[str]]
    numbers: Sequence[int]
    asked_at: datetime
    earlier_at: datetime
    at: datetime
    agreed: bool = False
    approvals: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        moments = ("asked_at", "earlier_at", "at")
        return cls(**{**content, **{n: datetime.fromisoformat(content[n]) for n in moments}})


@dataclass(frozen=True, slots=True)
class SwapVerdict:
    """``refused``: why it cannot be; ``warned``: what its supervisor has to know; ``lacks``: who or what is still
    waited for. It takes effect when none of the first and of the last is left.
    """

    refused: tuple[Step, ...]
    warned: tuple[Step, ...]
    lacks: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def effective(self) -> bool:
        return not self.refused and not self.lacks


def judge_swap(facts: SwapFacts, rulebook: Rulebook) -> SwapVerdict:
    """Judge a swap, or one standing in for another, as it is at ``facts.at``.

    Source: CD-02.11, OS-04.13, OS-04.14, SD-215.03 to SD-215.10, SD-215.14, SD-232.02, SD-233.25, SD-233.26,
    SD-311.06.
    """
    steps = [step for sorts in facts.sorts for step in request_refused("swap", sorts, rulebook)]
    refused: list[Step] = list(steps)
    warned: list[Step] = []
    for number in facts.numbers:
        try:
            verdict = within_limit(number, limit_of("shift_swap", "month", rulebook))
        except NotInRulebook:
            break
        steps += verdict.steps
        if not verdict.within:
            (refused if verdict.then == "refuse" else warned).extend(verdict.steps)
    in_time, told = _before_the_shift(facts, rulebook)
    steps += told
    refused += () if in_time else told
    lacks, standing, late = _standing(facts, rulebook)
    refused += late
    return SwapVerdict(tuple(refused), tuple(warned), lacks, (*steps, *standing))


def _before_the_shift(facts: SwapFacts, rulebook: Rulebook) -> tuple[bool, tuple[Step, ...]]:
    """Whether there is time left to approve it; it begins to matter where a clause says so (SD-233.26)."""
    moments = {"earlier_shift_start": facts.earlier_at}
    try:
        found = due("swap_approval", ClockFacts(moments), rulebook)
    except NoClock:
        return facts.at < facts.earlier_at, ()
    return found is None or facts.at < found.due_at, found.steps if found else ()


def _standing(
    facts: SwapFacts, rulebook: Rulebook
) -> tuple[tuple[str, ...], tuple[Step, ...], list[Step]]:
    agreed = ("colleague",) if facts.agreed else ()
    briefed = ("giver_confirmed", *(("taker_confirmed",) if facts.agreed else ()))
    lodged = Lodged(
        filed_at=facts.asked_at,
        before={"earlier_shift": facts.earlier_at, "shift": facts.earlier_at},
        consents=agreed,
        told=("supervisor", "shop_manager"),
        approvals=facts.approvals,
        recorded=("handover_note", *briefed),
    )
    lacks = dict.fromkeys(() if facts.agreed else ("colleague",))
    lacks |= dict.fromkeys(requirements(rulebook, "swap_briefing", briefed).missing)
    try:
        standing = judge_request(rulebook, "swap", lodged)
    except NotInRulebook:
        lacks |= dict.fromkeys(() if facts.approvals else (SUPERVISOR,))
        return tuple(lacks), (), []
    lacks |= dict.fromkeys(name for _clause, name in standing.missing if name != "late")
    late = {clause for clause, name in standing.missing if name == "late"}
    return tuple(lacks), standing.steps, [step for step in standing.steps if step.clause in late]


# Leave.


@dataclass(frozen=True, slots=True)
class LeaveFacts:
    """``sorts``: of each shift it takes; ``filed_at``: when it was asked for, or told by phone; ``shift_at``: when the
    first of those shifts begins, or the leave where there is none; ``role``: whose it is, a supervisor's own goes
    one level up; ``approvals``: roles in the order they agreed.
    """

    kind: str
    emergency: bool
    phone: bool
    sorts: Sequence[Sequence[str]]
    filed_at: datetime
    starts_at: datetime
    shift_at: datetime
    cover: bool = False
    handover: bool = False
    slip: bool = False
    approvals: Sequence[str] = ()
    chain: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        return {name: plain(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        moments = ("filed_at", "starts_at", "shift_at")
        return cls(**{**content, **{n: datetime.fromisoformat(content[n]) for n in moments}})

    @property
    def sort(self) -> str:
        if self.kind != "personal":
            return self.kind
        return "emergency" if self.emergency else "ordinary"

    @property
    def announced(self) -> dict[str, str]:
        return {"leave": self.sort, "announced_by": "phone" if self.phone else "slip"}


@dataclass(frozen=True, slots=True)
class LeaveVerdict:
    """As of a swap. ``next_level``: whose word is waited for, "" after the last; ``afterwards``: what is brought on
    return.
    """

    refused: tuple[Step, ...]
    warned: tuple[Step, ...]
    lacks: tuple[str, ...]
    next_level: str
    afterwards: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def effective(self) -> bool:
        return not (self.refused or self.lacks or self.next_level)


def judge_leave(facts: LeaveFacts, rulebook: Rulebook) -> LeaveVerdict:
    """Judge a request for leave with the approvals it has; none passes over the one before it.

    What the law gives (sick, marriage, maternity leave) is not refused for the shift it falls on: its supervisor is
    told of the clause.
    Source: CD-02.13, ES-133.09 to ES-133.11, OS-04.08, SD-215.05, SD-215.06, SD-215.09, SD-215.11 to SD-215.14,
    SD-232.02, SD-233.34 to SD-233.38.
    """
    shifts = [step for sorts in facts.sorts for step in request_refused("leave", sorts, rulebook)]
    by_law = facts.kind in BY_LAW
    refused, warned = ([], shifts) if by_law else (list(shifts), [])
    steps = list(shifts)
    in_time, told = _told_in_time(facts, rulebook)
    steps += told
    if not in_time:
        (warned if by_law else refused).extend(told)
    chain = facts.chain or approvers("leave", rulebook, facts.announced)
    got = list(facts.approvals)
    next_level = (
        ""
        if got == list(chain)
        else chain[len(got)]
        if got == list(chain[: len(got)])
        else chain[0]
    )
    lacks, standing, late, afterwards = _leave_standing(facts, rulebook, chain)
    (warned if by_law else refused).extend(late)
    warned += [step for step in standing if step.key == "request_late_warned"]
    return LeaveVerdict(
        tuple(refused), tuple(warned), lacks, next_level, afterwards, (*steps, *standing)
    )


def _told_in_time(facts: LeaveFacts, rulebook: Rulebook) -> tuple[bool, tuple[Step, ...]]:
    """A day before, two hours before: as the clause for this sort of leave says."""
    clock = ClockFacts({"shift_start": facts.shift_at}, case=facts.sort)
    try:
        found = due("leave_request", clock, rulebook)
    except NoClock:
        return True, ()
    return found is None or facts.filed_at <= found.due_at, found.steps if found else ()


def _leave_standing(
    facts: LeaveFacts, rulebook: Rulebook, chain: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Step, ...], list[Step], tuple[str, ...]]:
    recorded = ["leave_type", "period", "reason", "leave_slip"]
    recorded += ["cover_person"] * facts.cover + ["handover"] * facts.handover
    if facts.phone and not facts.slip:
        recorded.remove("leave_slip")
    wanted = requirements(rulebook, "leave_type", recorded)
    lacks = dict.fromkeys(wanted.missing)
    try:
        standing = judge_request(
            rulebook,
            "leave",
            Lodged(
                filed_at=facts.filed_at,
                before={"leave": facts.starts_at, "shift": facts.shift_at},
                told=("responsible_person", "supervisor"),
                approvals=chain if list(facts.approvals) == list(chain) else facts.approvals,
                recorded=recorded,
            ),
            facts.announced,
        )
    except NotInRulebook:
        return tuple(lacks), wanted.steps, [], ()
    known = {*chain, "late", *approvers("leave", rulebook, facts.announced)}
    lacks |= dict.fromkeys(name for _clause, name in standing.missing if name not in known)
    late = {clause for clause, name in standing.missing if name == "late"}
    late_steps = [step for step in standing.steps if step.clause in late]
    return tuple(lacks), (*wanted.steps, *standing.steps), late_steps, standing.open


# Absence that is announced, and leaving for a while.


@dataclass(frozen=True, slots=True)
class AwayFacts:
    """``request``: "absence", "outing", "leaving_post" or "going_offline"; ``before_at``: what it has to precede."""

    request: str
    filed_at: datetime
    before_at: datetime
    explained: bool = False
    approvals: Sequence[str] = ()


def judge_away(
    facts: AwayFacts, rulebook: Rulebook
) -> tuple[tuple[str, ...], bool, tuple[Step, ...]]:
    """Return who is still asked, whether it came too late, and why; nobody where no clause speaks of it.

    Source: CD-02.10, CD-02.12, ES-133.07, OS-04.07, SD-233.33, SD-311.07, SD-312.03.
    """
    recorded = {"purpose", "reason", "from_at", "to_at", "out_at", "back_at"}
    lodged = Lodged(
        filed_at=facts.filed_at,
        before=dict.fromkeys(("departure", "shift", "going_offline"), facts.before_at),
        told=("supervisor", "shop_manager"),
        approvals=facts.approvals,
        recorded=recorded | ({"emergency_explained"} if facts.explained else set()),
    )
    try:
        found = judge_request(rulebook, facts.request, lodged)
    except NotInRulebook:
        return (), facts.filed_at > facts.before_at, ()
    missing = dict.fromkeys(name for _clause, name in found.missing)
    late = bool({"late", "emergency_explained"} & set(missing))
    return tuple(n for n in missing if n not in ("late", "emergency_explained")), late, found.steps
