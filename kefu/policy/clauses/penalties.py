"""What a breach costs."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Literal, Self

from pydantic import model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, ClauseId, Count, Money, Name, Points

Condition = Literal["at_once", "complaint", "repeat_call", "evidence", "verification", "nth"]
Role = Literal[
    "owner",  # whoever works the case when the clock runs out
    "queried_outlet",
    "asking_outlet",
    "liable_outlet",  # the outlet whose people did it
    "origin_outlet",
    "delivery_outlet",
]


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
    OTHER = "other"


class Consequence(ClauseBase):
    """What a breach costs, whom, and which recorded fact makes it payable.

    ``follows`` names the clocks whose breach raises it; empty: a person or another rule proposes
    it. ``also`` are further facts that must be there. ``causes`` are the complaint causes that
    count as having been led to. Exactly one of ``fine`` (yuan) and ``points`` is written; blank:
    the regulation names none, a supervisor enters it.
    """

    kind: Literal["consequence"]
    follows: tuple[ClauseId, ...]
    role: Role
    fine: Blank[Money] = None
    points: Blank[Points] = None
    per: Literal["occurrence"] = "occurrence"
    condition: Condition
    also: tuple[Condition, ...] = ()
    causes: tuple[Cause, ...] = ()
    evidence_any_of: tuple[Name, ...] = ()
    nth: Count | None = None

    @model_validator(mode="after")
    def _says_all_it_needs(self) -> Self:
        if len({"fine", "points"} & self.model_fields_set) != 1:
            raise ValueError("exactly one of fine and points is written")
        needs = {self.condition, *self.also}
        for condition, setting in (("complaint", self.causes), ("nth", self.nth)):
            if bool(setting) != (condition in needs):
                raise ValueError(f"the condition {condition} and what belongs to it go together")
        if self.evidence_any_of and "evidence" not in needs:
            raise ValueError("evidence_any_of goes with the condition evidence")
        return self

    @property
    def currency(self) -> Literal["fine", "points"]:
        return "fine" if "fine" in self.model_fields_set else "points"

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        yield from (("follows", target) for target in self.follows)
