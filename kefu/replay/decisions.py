"""What a replay is made of: a stored decision with its facts, what it came to, what it lacks.

Each app tells of its own decisions: it registers a ``Replayable`` for each kind when it is ready.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from kefu.clock import SHANGHAI
from kefu.penalties.models import Penalty
from kefu.policy.months import Month, first_day, last_day
from kefu.policy.rulebook import Rulebook

# States of a charge: it costs, it may still come to cost, it costs nothing.
COUNTS = frozenset({"payable", "settled"})
WAITS = frozenset({"provisional", "held"})


@dataclass(frozen=True, slots=True)
class Charge:
    """What a decision costs one party by one clause. ``unit``: "fine" in yuan, or "points"."""

    clause: str
    party_id: int
    unit: str
    value: Decimal
    state: str  # of kefu.penalties.models.Penalty.State
    condition: str
    at: datetime


def charged(penalty: Penalty | None) -> tuple[Charge, ...]:
    """What stands in the books of a decision that has one penalty, or none."""
    if penalty is None:
        return ()
    return (
        Charge(
            clause=penalty.clause,
            party_id=penalty.party_id,
            unit=penalty.kind,
            value=penalty.value,
            state=penalty.state,
            condition=penalty.condition,
            at=penalty.incurred_at,
        ),
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was decided: ``fields`` by name as plain JSON, and what it costs whom."""

    fields: Mapping[str, Any]
    charges: tuple[Charge, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it stands in the database, and the facts it is to be made of again."""

    key: int
    clause: str
    version_id: int
    case_id: int | None
    case_number: str
    department_id: int | None
    facts: Any
    stored: Outcome
    private: bool = (
        False  # what it came to is for those it is about; a try-out says only where it differs
    )


class Missing(Exception):
    """What a decision needs and nobody recorded, or what the rulebook leaves open.

    ``what`` is one of kefu.replay.models.Gap.What, ``detail`` what it says about it.
    """

    def __init__(self, what: str, clause: str = "", detail: str = "") -> None:
        super().__init__(" ".join(filter(None, (what, clause, detail))))
        self.what, self.clause, self.detail = what, clause, detail


class Replayable(Protocol):
    """One kind of decision."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        """How many were made in a month, under one rulebook or any."""

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        """The next ones in the order of their keys, in as many questions however many they are.

        ``at``: as of when; what lies ahead is not decided yet.
        """

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        """Decide anew; pure. Raises Missing."""


_replayables: dict[str, Replayable] = {}


def register(kind: str, replayable: Replayable) -> None:
    """Say how decisions of a kind are replayed; called from ``AppConfig.ready()`` of the app that makes them."""
    _replayables[kind] = replayable


def replayables() -> Mapping[str, Replayable]:
    return _replayables


def span(month: Month) -> tuple[datetime, datetime]:
    """The first instant of a month in Shanghai, and the first after it."""
    end = last_day(month) + timedelta(days=1)
    return (
        datetime.combine(first_day(month), time.min, SHANGHAI),
        datetime.combine(end, time.min, SHANGHAI),
    )


# Holding what is stored against what comes out.


@dataclass(frozen=True, slots=True)
class Difference:
    """``field`` of a decision, or of what it costs by ``clause``, is not what its facts come to."""

    clause: str
    field: str
    stored: Any
    recomputed: Any


def differences(decision: Decision, found: Outcome) -> Iterator[Difference]:
    """Yield each field in which a decision does not come out as it is stored.

    What was taken back counts for nothing: whether it was ever there is only asked of a charge that
    ought to be there.
    """
    for name, value in found.fields.items():
        if decision.stored.fields[name] != value:
            yield Difference(decision.clause, name, decision.stored.fields[name], value)
    stored = list(decision.stored.charges)
    for charge in found.charges:
        twin = next((one for one in stored if _who(one) == _who(charge)), None)
        if twin is None:
            yield Difference(charge.clause, "charge", None, told(charge))
            continue
        stored.remove(twin)
        before, after = _compared(twin), _compared(charge)
        for name, value in after.items():
            if before[name] != value:
                yield Difference(charge.clause, name, before[name], value)
    for charge in stored:
        if charge.state in COUNTS | WAITS:
            yield Difference(charge.clause, "charge", told(charge), None)


def _who(charge: Charge) -> tuple[str, int]:
    return charge.clause, charge.party_id


def _compared(charge: Charge) -> dict[str, str]:
    return {
        "unit": charge.unit,
        "value": str(charge.value.quantize(Decimal("0.01"))),
        "state": "payable" if charge.state in COUNTS else charge.state,
        "condition": charge.condition,
        "incurred_at": charge.at.isoformat(),
    }


def told(charge: Charge) -> str:
    return f"{charge.unit} {charge.value} {charge.state}, party {charge.party_id}"


# Holding what was against what would be.


@dataclass(frozen=True, slots=True)
class Change:
    """What one party bears by one clause for one decision, before and after; "" where there is nothing."""

    clause: str
    party_id: int
    unit: str
    before: Decimal = field(default=Decimal(0))
    before_state: str = ""
    after: Decimal = field(default=Decimal(0))
    after_state: str = ""

    @property
    def other(self) -> bool:
        return (self.before, self.before_state) != (self.after, self.after_state)


def changes(stored: Outcome, found: Outcome) -> list[Change]:
    """What is borne or may come to be borne, by what is stored or by what comes out; the same or not."""
    before, after = _borne(stored), _borne(found)
    return [
        Change(
            *who,
            *_value_and_state(before.get(who)),
            *_value_and_state(after.get(who)),
        )
        for who in dict.fromkeys((*before, *after))
    ]


def borne(outcome: Outcome, unit: str) -> Decimal:
    """What counts of a decision."""
    counting = (one for one in outcome.charges if one.unit == unit and one.state in COUNTS)
    return sum((one.value for one in counting), Decimal(0))


def _borne(outcome: Outcome) -> dict[tuple[str, int, str], Charge]:
    return {
        (charge.clause, charge.party_id, charge.unit): charge
        for charge in outcome.charges
        if charge.state in COUNTS | WAITS
    }


def _value_and_state(charge: Charge | None) -> tuple[Decimal, str]:
    return (charge.value, charge.state) if charge else (Decimal(0), "")
