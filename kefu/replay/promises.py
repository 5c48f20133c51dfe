"""A promise and what breaking it costs, decided anew from facts alone; pure.

This is the second voice: what the services did step by step as things happened is said here at once, from
all that was recorded. What a person decided (an answer accepted late, evidence, a waiver, a release) is a fact.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kefu.deadlines.models import Consequence, Deadline
from kefu.deadlines.services.promises import OUTLETS
from kefu.penalties.models import FOUND_BY_PEOPLE, Penalty
from kefu.policy.clauses import NotSet
from kefu.policy.clocks import (
    Due,
    NoCalendar,
    OutletRules,
    Pause,
    PromiseRules,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    promise_due,
    reply_due,
)
from kefu.policy.conditions import MissingFact
from kefu.policy.consequences import (
    ConsequenceSpec,
    Interruption,
    answered_in_time,
    confirms,
    consequences_of,
    entry_time_allowed,
    held_for_interruption,
    repeat_call_counts,
)
from kefu.policy.due import due_since
from kefu.policy.plans import Limit, step_due
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Charge, Missing, Outcome

Action = Deadline.Action
Door = Consequence.Door
State = Deadline.State

SILENT = timedelta(
    seconds=30
)  # a door whose probe is silent for longer counts as closed (sweep.sql)


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch in which one of our doors was closed."""

    door: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class People:
    """What became known of one penalty after the breach; ``condition`` as it was asked for then."""

    condition: str
    found: bool = False  # a person found the evidence, or the truth of it
    waived: bool = False
    released_at: datetime | None = None
    held_at: datetime | None = (
        None  # when it was learnt after the sweep that our door had been closed
    )


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """All that decides about one promise, as it was recorded."""

    action: str
    asked_at: datetime  # when it was said, and when that was entered
    entered_at: datetime
    imported: bool
    channel: str
    first: bool
    sort: str  # of case, where the rulebook tells them apart
    party_id: int
    party_is_ours: bool
    party_is_employee: bool
    # Until when the row followed the case from owner to owner, and when the case went to another.
    settled_at: datetime
    given_at: tuple[datetime, ...]
    # Until when an unanswered, unreleased clock has been looked at.
    seen_at: datetime
    promised_for: datetime | None = None
    classed_at: datetime | None = None  # when it became of this sort, if it was of another
    limit: Mapping[str, Any] | None = None  # of a step of a process
    failed_contacts: tuple[datetime, ...] = ()
    pauses: tuple[Pause, ...] = ()
    answered_at: datetime | None = None
    released_at: datetime | None = None
    replaced: bool = False
    set_aside: bool = False
    calls: tuple[datetime, ...] = ()  # of the customer again, in the order they were entered
    complaints: tuple[tuple[datetime, str], ...] = ()  # linked when, by which cause
    closed: tuple[Closed, ...] = ()
    broken_at: datetime | None = None
    noticed_at: datetime | None = None  # by the sweep
    people: Mapping[str, People] | None = None  # by clause


def decide(facts: ClockFacts, rules: Rulebook) -> Outcome:
    """Return when it was due, whether it was kept, and what it costs. Raises Missing."""
    if facts.set_aside:
        raise Missing("set_aside")
    try:
        due = _due(facts, rules)
        if due is None:
            return Outcome({"state": ""})
        state = _state(facts, due.due_at)
        charges = _charges(facts, due, rules) if state == State.BREACHED else ()
        return Outcome(
            {
                "clause": due.clause,
                "starts_at": plain(due.starts_at),
                "due_at": plain(due.due_at),
                "warn_at": plain(due.warn_at),
                "lead_warn_at": plain(due.lead_warn_at),
                "answered_at": plain(facts.answered_at),
                "state": state.value,
            },
            tuple(charges),
        )
    except NotSet as error:
        raise Missing("setting", error.clause, error.setting) from error
    except NoCalendar as error:
        raise Missing("calendar", error.clause) from error
    except MissingFact as error:
        raise Missing("fact", error.clause, error.fact) from error


def _due(facts: ClockFacts, rules: Rulebook) -> Due | None:
    start = _start(facts, rules)
    if facts.action == Action.CALLBACK:
        if facts.promised_for is None:
            raise Missing("promise")
        return promise_due(start, facts.promised_for, PromiseRules.of(rules))
    if facts.action == Action.PROCESS_STEP:
        if facts.limit is None:
            raise Missing("fact", detail="limit")
        return step_due(Limit.model_validate(facts.limit), start, rules)
    try:
        if facts.action == Action.FEEDBACK:
            return outlet_due(start, OutletRules.of(rules), facts.pauses)
        if facts.action != Action.REPLY:
            return due_since(
                facts.action,
                start,
                rules,
                case=facts.sort,
                pauses=facts.pauses,
                classed_at=facts.classed_at,
                promised_for=facts.promised_for,
            )
        reply = ReplyFacts(
            received_at=start,
            failed_contact_at=min(
                (at for at in facts.failed_contacts if at >= start), default=None
            ),
            channel=facts.channel,
            first=facts.first,
            pauses=facts.pauses,
        )
        return reply_due(reply, ReplyRules.of(rules))
    except (NoCalendar, MissingFact):
        raise
    except ValueError as error:  # a person let it pause for a reason that these rules do not know
        raise Missing(
            "pause", detail=", ".join(sorted({one.reason for one in facts.pauses}))
        ) from error


def _start(facts: ClockFacts, rules: Rulebook) -> datetime:
    """When it was said; in a table that came in later than an author may state a time, when it came in."""
    if not facts.imported:
        return facts.asked_at
    try:
        allowance = rules.entry_allowance
    except NotSet:
        allowance = timedelta(0)
    allowed = entry_time_allowed(facts.asked_at, facts.entered_at, allowance)
    return facts.asked_at if allowed else facts.entered_at


def _state(facts: ClockFacts, due_at: datetime) -> State:
    if facts.replaced:  # by the clock it should have been: that one tells
        return State.CANCELLED
    if facts.answered_at is not None:
        return State.MET if answered_in_time(due_at, facts.answered_at) else State.BREACHED
    if facts.released_at is not None:
        return State.BREACHED if due_at < facts.released_at else State.CANCELLED
    return State.BREACHED if due_at < facts.seen_at else State.RUNNING


def _charges(facts: ClockFacts, due: Due, rules: Rulebook) -> Iterator[Charge]:
    for spec in consequences_of(rules, due.clause, _roles(facts)):
        if _elsewhere(facts, due.due_at):
            raise Missing("owner", due.clause)
        value = spec.amount if spec.kind == "fine" else spec.points
        if value is None:
            raise Missing("amount", spec.clause)
        yield Charge(
            clause=spec.clause,
            party_id=facts.party_id,
            unit=spec.kind,
            value=value,
            state=_standing(facts, due, spec, rules).value,
            condition=spec.condition,
            at=due.due_at,
        )


def _roles(facts: ClockFacts) -> set[str]:
    """The roles somebody is there to bear: a case without owner costs no agent anything."""
    if role := OUTLETS.get(facts.action):
        return {role}
    return {"owner"} if facts.party_is_employee else set()


def _elsewhere(facts: ClockFacts, due_at: datetime) -> bool:
    """Did the case go to another between the moment whose owner we know and the due time?"""
    if facts.action not in Deadline.OF_THE_OWNER:
        return False
    earlier, later = sorted((facts.settled_at, due_at))
    return any(earlier < at <= later for at in facts.given_at)


def _standing(facts: ClockFacts, due: Due, spec: ConsequenceSpec, rules: Rulebook) -> Penalty.State:
    """Whether it counts, may still come to count, or does not, by all that is known."""
    people = (facts.people or {}).get(spec.clause)
    if people is not None and people.waived:
        return Penalty.State.REVERSED
    confirmed = _confirmed(facts, due.due_at, spec, people)
    if spec.condition == "repeat_call" and facts.answered_at is not None:
        call = next(_calls(facts, due.due_at), None)
        if call is None:
            return Penalty.State.LAPSED
        if not repeat_call_counts(due.due_at, facts.answered_at, call):
            return Penalty.State.REVERSED
    if _held(facts, due, spec, people, rules):
        return Penalty.State.HELD
    return Penalty.State.PAYABLE if confirmed else Penalty.State.PROVISIONAL


def _confirmed(
    facts: ClockFacts, due_at: datetime, spec: ConsequenceSpec, people: People | None
) -> bool:
    """Has the condition come true? What only a person can see is unknown where nobody was asked."""
    condition = spec.condition
    if condition == "at_once":
        return True
    if condition == "complaint":
        return any(at > due_at and confirms(spec, cause) for at, cause in facts.complaints)
    if condition == "repeat_call":
        return any(_calls(facts, due_at))
    if condition in FOUND_BY_PEOPLE and people is not None and people.condition == condition:
        return people.found
    raise Missing("condition", spec.clause, condition)


def _calls(facts: ClockFacts, due_at: datetime) -> Iterator[datetime]:
    """When the customer called again while the answer was overdue and not entered."""
    return (at for at in facts.calls if repeat_call_counts(due_at, None, at))


def _held(
    facts: ClockFacts, due: Due, spec: ConsequenceSpec, people: People | None, rules: Rulebook
) -> bool:
    """Is it held for a supervisor because our own door was closed, and not released since?"""
    ours = facts.action != Action.FEEDBACK or facts.party_is_ours
    doors = {Door.PAGES if ours else Door.API, "database"}
    broken = facts.noticed_at if due.due_at == facts.broken_at else None
    known = [
        Interruption(one.starts_at, one.ends_at)
        for one in _known(facts.closed, broken)
        if one.door in doors and one.starts_at <= due.due_at and one.ends_at >= due.starts_at
    ]
    held_at = people.held_at if people is not None and broken is not None else None
    if held_at is None and known:
        share = rules.interruption_share
        if held_for_interruption(known, due.starts_at, due.due_at, share):
            held_at = due.due_at
    released_at = people.released_at if people is not None else None
    return held_at is not None and (released_at is None or released_at < held_at)


def _known(closed: Iterable[Closed], noticed_at: datetime | None) -> Iterator[Closed]:
    """The stretches that the sweep could know of; all of them where it is asked what would have been."""
    for one in closed:
        if noticed_at is None or one.ends_at <= noticed_at:
            yield one
        elif one.starts_at < noticed_at - SILENT:
            yield Closed(one.door, one.starts_at, noticed_at)
