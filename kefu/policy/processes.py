"""Which step comes next, what a request still needs, and where a matter goes.

Processes are templates: several clauses may each give a part of one, and a supervisor changes them
in the rulebook. What has been done is told as it happened; nothing is kept here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kefu.policy.clauses import Process, ProcessStep, Request, Route
from kefu.policy.conditions import Facts, MissingFact, applying, holds, known, said
from kefu.policy.refusals import BadFacts, NotInRulebook, Refusal, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant

__all__ = [
    "Done",
    "Lodged",
    "OutOfOrder",
    "Part",
    "Position",
    "Standing",
    "Target",
    "Template",
    "check",
    "judge_request",
    "next_step",
    "position",
    "routed",
    "template",
]

How = Literal["owner", "told", "result"]


class OutOfOrder(BadFacts):
    """What is said to be done does not follow the process."""

    def __init__(self, why: Refusal) -> None:
        super().__init__({"done": why})


@dataclass(frozen=True, slots=True)
class Part:
    """One step, the clause it stands in, and the clause's place in the process. ``blocks``: what
    follows waits for it.
    """

    clause: str
    position: int
    step: ProcessStep
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """A whole process: its parts in order, how often it is gone through (None: on occasion), and
    whether the house has to switch it on.
    """

    process: str
    parts: tuple[Part, ...]
    per: str | None
    times: int | None
    optional: bool


def template(rulebook: Rulebook, process: str) -> Template:
    """Put the clauses of a process together by their positions.

    Raises NotInRulebook for a process the rulebook does not have, BadFacts where a step stands twice
    or a step refers to one that is not there.
    Source: CD-04.09, CD-04.10, CD-06.14, CD-13.01 …, ES-123.01, ES-303.05 …, LC-01.07, LC-04.06,
    SD-150.02 …, SD-222.08 …, SD-321.05 …, OS-30.01 and the like.
    """
    clauses = sorted(
        (clause for clause in rulebook.in_force(Process) if clause.process == process),
        key=lambda clause: clause.position,
    )
    if not clauses:
        raise NotInRulebook(cannot_be("no_process", code=rulebook.code, process=process))
    parts = tuple(
        Part(clause.id, clause.position, step) for clause in clauses for step in clause.steps
    )
    check(process, parts)
    often = next((clause for clause in clauses if clause.per is not None), clauses[0])
    optional = all(clause.optional for clause in clauses)
    return Template(process, parts, often.per, often.times, optional)


def check(process: str, parts: Sequence[Part]) -> None:
    """Raises BadFacts where a step stands twice or refers to none before it."""
    codes = [part.step.code for part in parts]
    if len(set(codes)) < len(codes):
        raise BadFacts(cannot_be("step_twice", process=process))
    for place, part in enumerate(parts):
        earlier = {*part.step.back_to.values()} | ({part.step.other_than} - {None})
        if strange := sorted({str(code) for code in earlier} - set(codes[:place])):
            raise BadFacts(cannot_be("no_earlier_step", clause=part.clause, tasks=strange))


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was done: by whom (a number or name, "" where nobody asks), with which outcome, and
    which facts became known with it.
    """

    code: str
    outcome: str = ""
    person: str = ""
    told: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a process stands. ``step`` is the code of the next one, "" when it is finished;
    ``by``: whose it is; ``missing``: what is not on record yet; ``not_by``: who may not do it;
    ``outcomes``: what it can come to; ``minutes``: its limit, None where there is none.
    """

    step: str
    clause: str
    by: str | None
    missing: tuple[str, ...]
    not_by: str
    outcomes: tuple[str, ...]
    minutes: int | None
    steps: tuple[Step, ...]
    open: tuple[
        str, ...
    ] = ()  # all that may be done now: the next one, and those that nothing blocks
    passed: tuple[str, ...] = ()  # what is done and was not sent back

    @property
    def finished(self) -> bool:
        return not self.step

    @property
    def ready(self) -> bool:
        return bool(self.step) and not self.missing


def next_step(
    rulebook: Rulebook,
    process: str,
    done: Sequence[Done] = (),
    *,
    recorded: Collection[str] = (),
    facts: Facts | None = None,
) -> Position:
    """Return the next step of a process, after what was ``done`` in the order it happened.

    A step whose condition does not hold is passed over. An outcome may lead back, and the steps from
    there on are done again. Raises NotInRulebook for a process the rulebook does not have, OutOfOrder for
    a step that was not due, an outcome it does not have or a person who may not do it, MissingFact.
    """
    return position(template(rulebook, process), done, recorded=recorded, facts=facts)


def position(
    plan: Template,
    done: Sequence[Done] = (),
    *,
    recorded: Collection[str] = (),
    facts: Facts | None = None,
) -> Position:
    """Return where a process stands; raises OutOfOrder and MissingFact as ``next_step`` does.

    A step that does not block may be done late: what follows is open beside it.
    """
    known, passed, steps, people = dict(facts or {}), set[int](), list[Step](), dict[str, str]()
    for entry in done:
        due = _open(plan, passed, known)
        place = next((at for at in due if plan.parts[at].step.code == entry.code), None)
        steps.append(_follow(plan, due, place, entry, people))
        assert place is not None  # _follow refuses what is not open
        people[entry.code] = entry.person
        known |= entry.told
        passed = _after(plan, place, passed, entry)
    due = _open(plan, passed, known)
    behind = tuple(plan.parts[at].step.code for at in sorted(passed))
    if not due:
        last = plan.parts[-1].clause
        steps.append(Step.of(last, "process_finished"))
        return Position("", last, None, (), "", (), None, tuple(steps), passed=behind)
    opened = tuple(plan.parts[at].step.code for at in due)
    return _waiting(plan.parts[due[0]], recorded, people, steps, opened, behind)


def _open(plan: Template, passed: Collection[int], facts: Facts) -> list[int]:
    """The places that may be done: those left open whose condition holds, up to the first that blocks."""
    due = []
    for place, part in enumerate(plan.parts):
        if place in passed or not holds(part.clause, part.step.when, facts):
            continue
        due.append(place)
        if part.blocks:
            break
    return due


def _follow(
    plan: Template, due: Sequence[int], place: int | None, entry: Done, people: Mapping[str, str]
) -> Step:
    process = plan.process
    if not due:
        raise OutOfOrder(cannot_be("finished_before", process=process, task=entry.code))
    if place is None:
        first = plan.parts[due[0]].step.code
        raise OutOfOrder(cannot_be("other_step_due", process=process, due=first, task=entry.code))
    part = plan.parts[place]
    step = part.step
    if (step.outcomes or entry.outcome) and entry.outcome not in step.outcomes:
        why = cannot_be("no_such_outcome", process=process, task=entry.code, outcome=entry.outcome)
        raise OutOfOrder(why)
    if step.other_than and entry.person and people.get(step.other_than) == entry.person:
        why = cannot_be("done_by_other", process=process, task=entry.code, other=step.other_than)
        raise OutOfOrder(why)
    if entry.outcome:
        return Step.of(part.clause, "step_done_with", step=_named(step), what=said([entry.outcome]))
    return Step.of(part.clause, "step_done", step=_named(step))


def _after(plan: Template, place: int, passed: Collection[int], entry: Done) -> set[int]:
    back = plan.parts[place].step.back_to.get(entry.outcome)
    if back is None:
        return {*passed, place}
    earlier = next(at for at, part in enumerate(plan.parts) if part.step.code == back)
    return {at for at in passed if at < earlier}


def _waiting(
    part: Part,
    recorded: Collection[str],
    people: Mapping[str, str],
    steps: list[Step],
    opened: tuple[str, ...],
    behind: tuple[str, ...],
) -> Position:
    step = part.step
    missing = tuple(name for name in step.needs if name not in recorded)
    if step.by is None:
        steps.append(Step.of(part.clause, "step_next", step=_named(step)))
    else:
        steps.append(Step.of(part.clause, "step_next_by", step=_named(step), who=said([step.by])))
    if missing:
        steps.append(Step.of(part.clause, "step_lacks", names=list(missing), what=said(missing)))
    not_by = people.get(step.other_than, "") if step.other_than else ""
    return Position(
        step.code,
        part.clause,
        step.by,
        missing,
        not_by,
        step.outcomes,
        step.within_minutes,
        tuple(steps),
        opened,
        behind,
    )


def _named(step: ProcessStep) -> dict[str, str]:
    return {"zh": step.zh, "en": step.en}


# Requests.


@dataclass(frozen=True, slots=True)
class Lodged:
    """A request as it stands. ``filed_at`` and ``before``: aware instants, ``before`` by what it has
    to precede (a departure, a shift); ``approvals``: roles in the order they agreed.
    """

    filed_at: datetime | None = None
    before: Mapping[str, datetime] = field(default_factory=dict)
    consents: Collection[str] = ()
    told: Collection[str] = ()
    approvals: Sequence[str] = ()
    recorded: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a request takes effect. ``missing``: by clause, what it still lacks ("late": it was
    lodged too late); ``open``: what is brought afterwards; ``outcomes``: what can be decided.
    """

    missing: tuple[tuple[str, str], ...]
    open: tuple[str, ...]
    outcomes: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def effective(self) -> bool:
        return not self.missing


def judge_request(
    rulebook: Rulebook, request: str, lodged: Lodged, facts: Facts | None = None
) -> Standing:
    """Judge a request (leave, swap, outing, overtime …) by every clause that speaks of it.

    Lodged at the very moment it has to precede is in time (a day ends at 24:00); later it is good
    only with all that makes a late one good, or where it is only warned about. Where approvals go in order, one given before its turn does not count. Raises
    NotInRulebook for a request the rulebook does not know, MissingFact where the moment or a fact that
    decides is not given, ValueError for a moment without a zone.
    Source: CD-02.10 … CD-02.13, CD-05.24, ES-132.01, ES-133.03 … ES-133.11, SD-215.03 … SD-215.14,
    SD-233.20 … SD-233.37, SD-311.06, SD-311.07, SD-312.03, OS-04.07, OS-04.13.
    """
    asked = [clause for clause in rulebook.in_force(Request) if request in clause.requests]
    if not asked:
        raise NotInRulebook(cannot_be("no_request", code=rulebook.code, request=request))
    clauses = list(applying(asked, facts or {}))
    chain = tuple(dict.fromkeys(role for clause in clauses for role in clause.approvers))
    in_order = [clause.id for clause in clauses if clause.in_order]
    counted = _counted(lodged.approvals, chain) if in_order else set(lodged.approvals)
    missing: list[tuple[str, str]] = []
    steps: list[Step] = []
    if in_order and (passed := set(lodged.approvals) - counted):
        steps.append(Step.of(in_order[0], "approval_out_of_order", who=said(sorted(passed))))
        missing += [(in_order[0], role) for role in sorted(passed)]
    for clause in clauses:
        found, told = _lacking(clause, lodged, counted)
        missing += [(clause.id, name) for name in found]
        steps += told
    return Standing(
        tuple(missing),
        tuple(name for c in clauses for name in c.afterwards if name not in lodged.recorded),
        tuple(dict.fromkeys(name for clause in clauses for name in clause.outcomes)),
        tuple(steps),
    )


def _counted(approvals: Sequence[str], chain: Sequence[str]) -> set[str]:
    """The approvals that came in their turn."""
    counted: list[str] = []
    for role in approvals:
        if len(counted) < len(chain) and role == chain[len(counted)]:
            counted.append(role)
    return set(counted)


def _lacking(
    clause: Request, lodged: Lodged, approved: Collection[str]
) -> tuple[list[str], list[Step]]:
    lacks = [name for name in clause.consents if name not in lodged.consents]
    if clause.told and not set(clause.told) & set(lodged.told):
        lacks.append(clause.told[0])
    lacks += [name for name in clause.approvers if name not in approved]
    lacks += [name for name in clause.needs if name not in lodged.recorded]
    steps = []
    if lacks:
        steps.append(Step.of(clause.id, "request_lacks", names=lacks, what=said(lacks)))
    if clause.lodged_before is not None:
        step, late = _timing(clause, clause.lodged_before, lodged)
        steps.append(step)
        lacks += late
    if not steps:
        steps.append(Step.of(clause.id, "request_met"))
    return lacks, steps


def _timing(clause: Request, before: str, lodged: Lodged) -> tuple[Step, list[str]]:
    for name, given in (("filed_at", lodged.filed_at), (before, lodged.before.get(before))):
        if given is None:
            raise MissingFact(clause.id, name)
    assert lodged.filed_at is not None
    filed, limit = instant(lodged.filed_at), instant(lodged.before[before])
    told = {"filed_at": filed, "limit_at": limit, "event": said([before])}
    if filed <= limit:
        return Step.of(clause.id, "request_in_time", **told), []
    if clause.beyond == "warn":
        return Step.of(clause.id, "request_late_warned", **told), []
    absent = [name for name in clause.late_with if name not in lodged.recorded]
    if clause.late_with and not absent:
        step = Step.of(clause.id, "request_late_excused", what=said(clause.late_with), **told)
        return step, []
    return Step.of(clause.id, "request_late", **told), absent or ["late"]


# Where a matter goes.


@dataclass(frozen=True, slots=True)
class Target:
    """Where a matter goes by one clause. ``how``: as its owner, to be told, or what is made of it;
    ``times``: how often they are told; ``at_once``: with no delay, though no minutes are given.
    """

    clause: str
    how: How
    to: tuple[str, ...]
    times: int
    receipt: bool
    at_once: bool


def routed(
    rulebook: Rulebook, matter: str, facts: Facts | None = None
) -> tuple[tuple[Target, ...], tuple[Step, ...]]:
    """Return where a matter goes, clause by clause, with the steps; () where no clause applies.

    Raises NotInRulebook for a matter the rulebook does not know, MissingFact, BadFacts for a value that
    the clause has no target for.
    Source: CD-04.21, CD-05.04, CD-07.16, CD-09.01, CD-09.02, CD-12.27 … CD-12.34, ES-303.07,
    ES-303.11, ES-404.14, ES-502.02 …, LC-01.08, LC-04.04, SD-150.09, SD-221.04 …, OS-03.01.
    """
    speaking = [clause for clause in rulebook.in_force(Route) if clause.matter == matter]
    if not speaking:
        raise NotInRulebook(cannot_be("goes_nowhere", code=rulebook.code, matter=matter))
    targets, steps = [], []
    for clause in applying(speaking, facts or {}):
        to = _chosen(clause, facts or {})
        targets.append(
            Target(clause.id, clause.how, to, clause.times, clause.receipt, clause.at_once)
        )
        key = f"goes_{clause.how}" + "_often" * (clause.how == "told" and clause.times > 1)
        steps.append(Step.of(clause.id, key, names=list(to), who=said(to), times=clause.times))
    return tuple(targets), tuple(steps)


def _chosen(clause: Route, facts: Facts) -> tuple[str, ...]:
    if clause.by is None:
        return clause.to["any"]
    if clause.by not in facts:
        raise MissingFact(clause.id, clause.by)
    known([facts[clause.by]], clause.to.keys(), clause.by, fact=clause.by)
    return clause.to[facts[clause.by]]
