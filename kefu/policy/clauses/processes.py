"""Steps in their order, requests with their approvals, and where a matter goes."""

import json
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Name, Points, Strict, Text
from kefu.policy.clauses.desk import When

Period = Literal["shift", "day", "week", "month", "quarter", "year", "once"]


class ProcessStep(Strict):
    """One step. ``by``: whose it is, None for whoever works the case; ``needs``: what is on record
    before it counts as done; ``other_than``: the earlier step whose doer may not do this one;
    ``outcomes``: one of them is chosen, and ``back_to`` says to which earlier step an outcome leads.
    ``within_minutes`` blank: at once or soon, without a number.
    """

    code: Name
    zh: Text
    en: Text
    by: Name | None = None
    needs: tuple[Name, ...] = ()
    when: When = {}
    other_than: Name | None = None
    outcomes: tuple[Name, ...] = ()
    back_to: dict[Name, Name] = {}
    within_minutes: Blank[Count] = None

    @model_validator(mode="after")
    def _only_an_outcome_leads_back(self) -> Self:
        if set(self.back_to) - set(self.outcomes):
            raise ValueError("only an outcome of the step leads back")
        return self


class Process(ClauseBase):
    """A part of the process that goes by this name, a whole one if no other clause adds to it;
    ``position`` orders the parts.

    ``per`` and ``times``: how often it is gone through, one part says it; None: whenever there is
    an occasion. ``optional``: the house switches it on.
    """

    kind: Literal["process"]
    process: Name
    position: Count = 1
    steps: Annotated[tuple[ProcessStep, ...], Field(min_length=1)]
    per: Period | None = None
    times: Count | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _how_often_is_complete(self) -> Self:
        if (self.per is None) != (self.times is None):
            raise ValueError("per and times go together")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "process", self.process, str(self.position)


class Request(ClauseBase):
    """What somebody has to ask for, and what makes it take effect.

    ``consents`` agree first, one of ``told`` has been told, ``approvers`` decide one after the other
    (``in_order``: none may be passed over), ``needs`` is on record. ``lodged_before``: what it has
    to precede, its very moment included; ``late_with``: what makes a later one good; ``beyond``:
    whether a later one is refused or only warned about; ``afterwards``: what is still brought when it has taken effect. Several clauses may speak of one
    request; all of them hold.
    """

    kind: Literal["request"]
    requests: Annotated[tuple[Name, ...], Field(min_length=1)]
    when: When = {}
    consents: tuple[Name, ...] = ()
    told: tuple[Name, ...] = ()
    approvers: tuple[Name, ...] = ()
    in_order: bool = False
    needs: tuple[Name, ...] = ()
    lodged_before: Name | None = None
    late_with: tuple[Name, ...] = ()
    beyond: Literal["refuse", "warn"] = "refuse"
    afterwards: tuple[Name, ...] = ()
    outcomes: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _late_with_goes_with_lodged_before(self) -> Self:
        if (self.late_with or self.beyond == "warn") and self.lodged_before is None:
            raise ValueError("what follows being late goes with lodged_before")
        if self.late_with and self.beyond == "warn":
            raise ValueError("what is only warned about needs nothing to be good")
        return self


class Route(ClauseBase):
    """Where a matter goes: who owns it, who is told of it, or what is made of it (a place, a state).

    ``to`` names the targets by the value of the fact ``by``; without such a fact they stand under
    "any". ``times``: how often they are told; ``receipt``: against receipt; ``at_once``: with no
    delay, though the regulation gives no minutes. ``points``: what reported neglect costs.
    """

    kind: Literal["route"]
    matter: Name
    how: Literal["owner", "told", "result"]
    by: Name | None = None
    to: Annotated[dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]], Field(min_length=1)]
    when: When = {}
    times: Count = 1
    receipt: bool = False
    at_once: bool = False
    points: Points | None = None

    @model_validator(mode="after")
    def _targets_are_found(self) -> Self:
        if (self.by is None) != (set(self.to) == {"any"}):
            raise ValueError('without "by" the targets stand under "any", with it they never do')
        return self

    @property
    def question(self) -> tuple[str, ...] | None:
        if self.how == "told":  # many may be told
            return None
        return "route", self.matter, self.how, json.dumps(self.when, sort_keys=True)
