"""What a breach costs, in money, points or otherwise."""

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from kefu.policy.clauses.base import (
    Blank,
    ClauseBase,
    ClauseId,
    Count,
    Factor,
    Money,
    Name,
    Points,
    Quantity,
    Strict,
    Text,
)

Condition = Literal["at_once", "complaint", "repeat_call", "evidence", "verification", "nth"]
Role = Literal[
    "owner",  # whoever works the case when the clock runs out
    "queried_outlet",
    "asking_outlet",
    "liable_outlet",  # the outlet whose people did it
    "origin_outlet",
    "delivery_outlet",
    "parent_outlet",  # the outlet a contract area belongs to
    "contractor",
    "department",
    "employee",  # any of them, whatever the post
    "agent",
    "courier",
    "supervisor",
    "keeper",  # in whose shift the parcel was in store
    "poster",  # who let the message pass the check
]
Measure = Literal[
    "warning",
    "demerit",
    "major_demerit",
    "dismissal",  # always proposed; a person decides
    "training",
    "suspension",
    "suspension_training",
    "police",
    "rectification",
    "fine",  # of an amount the regulation does not name
    "late",
    "early_leave",
    "absence",
    "performance_pay_lost",
    "full_attendance_lost",
]
Period = Literal["all", "calendar_year", "calendar_month"]


class Cause(StrEnum):
    """What a customer complains of; the complaint form offers these, the clauses say which of them
    count.
    """

    LATE_REPLY = "late_reply"
    NO_REPLY = "no_reply"
    RUDE_LANGUAGE = "rude_language"
    IDENTITY_REFUSED = "identity_refused"
    SHIRKING = "shirking"
    PHONE_UNREACHABLE = "phone_unreachable"
    CLAIM_DELAYED = "claim_delayed"
    LOST = "lost"
    DAMAGED = "damaged"
    DELAYED = "delayed"
    UNCLEAR_EXPLANATION = "unclear_explanation"
    OTHER = "other"


def _any_cause(value: object) -> object:
    return tuple(Cause) if value == "any" else value


class Proposal(Strict):
    """House setting: what to propose for one severity, if need be only where the parcel is lost or
    its value has come to a limit.
    """

    severity: Name
    amount: Money
    lost_or_value_from: Money | None = None


class Proposals(Strict):
    proposals: tuple[Proposal, ...] = ()


class FineRange(Strict):
    """A fine that a person chooses, both ends inside; of the house's proposals the first that fits
    is offered.
    """

    at_least: Money
    at_most: Money
    house: Proposals = Proposals()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least >= self.at_most:
            raise ValueError("at_least is below at_most")
        for proposal in self.house.proposals:
            if not self.at_least <= proposal.amount <= self.at_most:
                raise ValueError(f"{proposal.amount} is proposed and not in the range")
        return self


class Derived(Strict):
    """An amount that comes out of another: times ``multiplier``, divided by ``divisor``.

    ``of`` names a sum that is handed in (what was promised, a list price, a month's base wage) or
    the clause whose fine it is.
    """

    of: ClauseId | Name
    multiplier: Factor = Decimal(1)
    divisor: Factor = Decimal(1)


class Term(Strict):
    """How long a measure lasts: a number of days or hours, or until something happens; blank: the
    regulation does not say.
    """

    number: Blank[Count] = None
    unit: Literal["hours", "days"] | None = None
    starts: Literal["at_once", "next_day"] = "at_once"
    until: Name | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Self:
        if ("number" in self.model_fields_set) == (self.until is not None):
            raise ValueError("a term has a number or says until when")
        if (self.unit is None) == ("number" in self.model_fields_set):
            raise ValueError("number and unit go together")
        return self


class Bounds(Strict):
    """A number that has to lie within bounds: ``over`` and ``under`` are outside, ``at_least`` and
    ``at_most`` inside. ``within``: what happened in this period is added up.
    """

    of: Name
    over: Quantity | None = None
    at_least: Quantity | None = None
    under: Quantity | None = None
    at_most: Quantity | None = None
    within: Period | None = None

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        lows = [low for low in (self.over, self.at_least) if low is not None]
        highs = [high for high in (self.under, self.at_most) if high is not None]
        if not lows and not highs:
            raise ValueError("a number has a bound")
        if len(lows) > 1 or len(highs) > 1:
            raise ValueError("a bound is inside or outside, not both")
        if lows and highs and lows[0] >= highs[0]:
            raise ValueError("the bounds leave nothing between them")
        return self

    def holds(self, number: Decimal) -> bool:
        return (
            (self.over is None or number > self.over)
            and (self.at_least is None or number >= self.at_least)
            and (self.under is None or number < self.under)
            and (self.at_most is None or number <= self.at_most)
        )


class Counting(Strict):
    """What is counted towards the n-th time, and since when.

    ``others_break``: something of another kind breaks the row, and the count begins anew.
    ``restarts``: so it does after the last step of the ladder. ``exactly``: that time only, and
    not those after it.
    """

    of: Name
    within: Period = "all"
    others_break: bool = False
    restarts: bool = False
    exactly: bool = False


class Consequence(ClauseBase):
    """What a breach costs, whom, and which recorded fact makes it payable.

    ``follows`` names the clocks whose breach raises it; empty: a person or another rule proposes
    it. ``also`` are further facts that must be there. ``causes`` are the complaint causes that
    count as having been led to.

    Written is one of ``fine`` (yuan), ``fine_range``, ``derived``, ``points`` and ``measures`` (of
    several a person chooses one), or ``liability`` alone; a blank one is not named by the
    regulation and a supervisor enters it. ``per``: what it is counted by; a month, a case and a
    claim cost it once. ``at_most``: the most that one decision may come to.

    ``needs`` are facts of which all must be established, ``needs_any`` of which one, ``when``
    numbers within bounds (all or ``match`` any). ``nth``: from which time on, as ``counts``
    counts; the next step of the ladder takes over from there; blank: a person says when.
    ``only_with``: clauses that must have been raised for the same matter, ``not_beside``: those
    that leave no room for this one. ``ground``: the number under which a list of grounds has it.
    ``excused_by``: what leaves nobody at fault; what follows a clock is excused with it.
    """

    kind: Literal["consequence"]
    follows: tuple[ClauseId, ...] = ()
    role: Role
    fine: Blank[Money] = None
    fine_range: FineRange | None = None
    derived: Derived | None = None
    points: Blank[Points] = None
    measures: tuple[Measure, ...] = ()
    term: Term | None = None
    liability: Literal["delay", "claim"] | None = None
    per: Literal[
        "occurrence", "parcel", "report", "person", "day", "hour", "month", "case", "claim"
    ] = "occurrence"
    at_most: Money | None = None
    condition: Condition
    also: tuple[Condition, ...] = ()
    causes: Annotated[tuple[Cause, ...], BeforeValidator(_any_cause)] = ()
    evidence_any_of: tuple[Name, ...] = ()
    needs: tuple[Name, ...] = ()
    needs_any: tuple[Name, ...] = ()
    when: tuple[Bounds, ...] = ()
    match: Literal["all", "any"] = "all"
    nth: Blank[Count] = None
    counts: Counting | None = None
    only_with: tuple[ClauseId, ...] = ()
    not_beside: tuple[ClauseId, ...] = ()
    ground: Text | None = None
    proposed_for: Name | None = None
    excused_by: tuple[Literal["force_majeure"], ...] = ()

    @model_validator(mode="after")
    def _says_all_it_needs(self) -> Self:
        written = {"fine", "fine_range", "derived", "points", "measures"} & self.model_fields_set
        if len(written) != 1 and not (self.liability and not written):
            raise ValueError(
                "exactly one of fine and points, fine_range, derived and measures is written"
            )
        needed = self.conditions
        given = (("complaint", bool(self.causes)), ("nth", "nth" in self.model_fields_set))
        for condition, setting in given:
            if setting != (condition in needed):
                raise ValueError(f"the condition {condition} and what belongs to it go together")
        if self.evidence_any_of and "evidence" not in needed:
            raise ValueError("evidence_any_of goes with the condition evidence")
        if self.counts and "nth" not in needed:
            raise ValueError("counts goes with nth")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.term and not self.measures:
            raise ValueError("a term is that of a measure")
        if self.match == "any" and len(self.when) < 2:
            raise ValueError("match any chooses among numbers")
        if self.at_most is not None and self.currency != "fine":
            raise ValueError("at_most is an amount of money")
        further = (self.needs, self.needs_any, self.when, self.only_with, self.counts)
        if self.follows and any(further):
            raise ValueError("what follows a clock is raised by time alone, it needs nothing more")
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.condition, *self.also

    @property
    def currency(self) -> Literal["fine", "points", "measure"]:
        """What it is paid in: money, points, or neither."""
        if {"fine", "fine_range", "derived"} & self.model_fields_set:
            return "fine"
        return "points" if "points" in self.model_fields_set else "measure"

    @property
    def once(self) -> bool:
        return self.per in ("month", "case", "claim")

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        for setting in ("follows", "only_with", "not_beside"):
            yield from ((setting, target) for target in getattr(self, setting))
        if self.derived and self.derived.of[0].isupper():
            yield "derived", self.derived.of

    @property
    def question(self) -> tuple[str, ...] | None:
        """Two steps of one ladder cannot begin at one count."""
        if self.counts is None or self.nth is None:
            return None
        return "nth", self.counts.of, str(self.nth)
