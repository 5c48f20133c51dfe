"""What a breach costs, whom, and which recorded fact makes it payable. Late alone is a fact, not
yet a price.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from kefu.policy.clauses import Cause, Condition, Consequence, Costing, Role
from kefu.policy.money import points, yuan
from kefu.policy.refusals import OtherKind, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import instant

__all__ = [
    "Cause",
    "ConsequenceSpec",
    "Interruption",
    "answered_in_time",
    "confirms",
    "consequence",
    "consequences_of",
    "entry_time_allowed",
    "held_for_interruption",
    "repeat_call_counts",
]


@dataclass(frozen=True, slots=True)
class ConsequenceSpec:
    """One price of one breach: ``amount`` in yuan or ``points``, the other is None; both are None
    where the regulation names no number and a person has to, and where it costs a measure.
    ``follows`` is the breached clock, "" if there is none.

    ``condition`` turns it from provisional to payable; ``also`` are further facts that have to be
    there.
    """

    clause: str
    follows: str
    role: Role
    kind: Literal["fine", "points", "measure"]
    amount: Decimal | None
    points: Decimal | None
    condition: Condition
    also: tuple[Condition, ...] = ()
    causes: tuple[Cause, ...] = ()
    evidence_any_of: tuple[str, ...] = ()
    nth: int | None = None

    @property
    def each(self) -> Decimal | None:
        return self.amount if self.kind == "fine" else self.points

    @property
    def inputs(self) -> dict[str, Any]:
        """What a consequence row keeps, as plain JSON; "each" is yuan or points as text, null
        where not set:

        {"clause", "follows", "role", "kind", "each", "times", "condition", "also", "causes"}
        """
        return {
            "clause": self.clause,
            "follows": self.follows,
            "role": self.role,
            "kind": self.kind,
            "each": None if self.each is None else str(self.each),
            "times": 1,
            "condition": self.condition,
            "also": list(self.also),
            "causes": [cause.value for cause in self.causes],
        }


def consequences_of(
    rulebook: Rulebook, clock_clause: str, roles: Collection[str] | None = None
) -> tuple[ConsequenceSpec, ...]:
    """Return what a breach of this clause costs, in the order of the rulebook; () if it costs
    nothing. A measure is never raised by a clock: a person decides on it.

    ``roles`` keeps those that somebody is there to bear, such as {"owner"} for a case without
    outlet.
    """
    found = [
        _spec(clause, follows=clock_clause)
        for clause in rulebook.in_force(Consequence)
        if clock_clause in clause.follows and clause.currency != "measure"
    ]
    clock = rulebook.get(clock_clause)
    if isinstance(clock, Costing) and clock.role and clock.condition:
        found.append(_own_cost(clock, clock.role, clock.condition))
    return tuple(spec for spec in found if roles is None or spec.role in roles)


def consequence(rulebook: Rulebook, clause: str) -> ConsequenceSpec:
    """Return the price that a clause names itself, whether or not a clock leads to it (CD-05.02,
    CD-05.07 …).

    Raises NotInRulebook for an unknown clause, OtherKind for one that is no consequence.
    """
    found = rulebook[clause]
    if not isinstance(found, Consequence):
        raise OtherKind({"clause": cannot_be("no_consequence", clause=clause)})
    return _spec(found, follows="")


def _spec(clause: Consequence, *, follows: str) -> ConsequenceSpec:
    return ConsequenceSpec(
        clause=clause.id,
        follows=follows,
        role=clause.role,
        kind=clause.currency,
        amount=None if clause.fine is None else yuan(clause.fine),
        points=None if clause.points is None else points(clause.points),
        condition=clause.condition,
        also=clause.also,
        causes=clause.causes,
        evidence_any_of=clause.evidence_any_of,
        nth=clause.nth,
    )


def _own_cost(clause: Costing, role: Role, condition: Condition) -> ConsequenceSpec:
    return ConsequenceSpec(
        clause=clause.id,
        follows=clause.id,
        role=role,
        kind="points" if clause.fine is None else "fine",
        amount=None if clause.fine is None else yuan(clause.fine),
        points=None if clause.points is None else points(clause.points),
        condition=condition,
    )


# The facts that decide.


def answered_in_time(due_at: datetime, happened_at: datetime) -> bool:
    """Was it answered in time? Exactly on the due time is; when it was recorded does not matter."""
    return instant(happened_at) <= instant(due_at)


def confirms(spec: ConsequenceSpec, cause: str) -> bool:
    """Does a linked complaint with this cause show that the breach led to a complaint?"""
    return "complaint" in (spec.condition, *spec.also) and cause in spec.causes


def repeat_call_counts(
    overdue_since: datetime, answered_at: datetime | None, called_at: datetime
) -> bool:
    """Did the customer have to contact us again about the same parcel because the reply was late?

    Only a contact after the due time and before the answer counts; one at the very due time or in
    the very moment of the answer does not. ``answered_at`` None: not answered yet. Source:
    CD-12.17.
    """
    called = instant(called_at)
    return instant(overdue_since) < called and (
        answered_at is None or called < instant(answered_at)
    )


def entry_time_allowed(happened_at: datetime, recorded_at: datetime, allowance: timedelta) -> bool:
    """May the author state this time without another person's approval? Back by the allowance at
    most, to the very second; never ahead."""
    back_by = instant(recorded_at) - instant(happened_at)
    return timedelta(0) <= back_by <= allowance


@dataclass(frozen=True, slots=True)
class Interruption:
    """A stretch in which the door the party needed was closed; ``ends_at`` None: it still is."""

    starts_at: datetime
    ends_at: datetime | None


def held_for_interruption(
    interruptions: Iterable[Interruption],
    starts_at: datetime,
    due_at: datetime,
    share: Decimal,
) -> bool:
    """Is the penalty held for a supervisor because our own door was closed?

    It is when a door was closed at the due instant (its first and last moment included), or for
    more than ``share`` of the clock, overlapping stretches counted once. Exactly the share is not
    more than the share.
    """
    start, due = instant(starts_at), instant(due_at)
    lost, counted_to = timedelta(0), start
    for began, ended in sorted(_span(interruption, until=due) for interruption in interruptions):
        if began <= due <= ended:
            return True
        if ended > counted_to and began < due:
            lost += min(ended, due) - max(began, counted_to)
            counted_to = ended
    microsecond = timedelta(microseconds=1)
    return Decimal(lost // microsecond) > share * ((due - start) // microsecond)


def _span(interruption: Interruption, *, until: datetime) -> tuple[datetime, datetime]:
    began = instant(interruption.starts_at)
    ended = max(began, until) if interruption.ends_at is None else instant(interruption.ends_at)
    return began, ended
