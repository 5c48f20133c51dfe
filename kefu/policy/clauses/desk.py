"""What a desk has to have, to fill in, to tick and to do."""

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import (
    Blank,
    ClauseBase,
    ClauseId,
    Count,
    Money,
    Name,
    Points,
    Strict,
    Text,
)
from kefu.policy.clauses.costs import Costing

# When a clause applies: each fact named has one of its values.
When = dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]]


class Item(Strict):
    """One line of a list. ``code`` is what a form and a decision call it; ``override``: who may
    nevertheless let it pass.
    """

    zh: Text
    en: Text
    code: Name | None = None
    override: Literal["supervisor"] | None = None

    @property
    def key(self) -> str:
        """What a form calls it: a line that the house added without a code goes by its words."""
        return self.code or self.zh


class Checklist(ClauseBase):
    """A line a supervisor ticks, or several under one heading. Its points or money stand here or in
    the clause named by ``scored_by``; ``counts_as``: what it is counted by where several clauses make a ladder.
    """

    kind: Literal["checklist"]
    occasion: Literal[
        "conduct", "daily", "closing", "quality", "appearance", "vehicle", "safety", "spot_check"
    ]
    lines: tuple[Item, ...] = ()
    at: time | None = None
    points: Points | None = None
    fine: Money | None = None
    scored_by: ClauseId | None = None
    counts_as: Name | None = None

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        if self.scored_by is not None:
            yield "scored_by", self.scored_by


class Items(ClauseBase):
    """A list the house can edit; blank where the regulation leaves its words to the company.

    ``fields``: what a form must hold before the list has been gone through at all. ``when``: the
    list is offered only there; ``only``: a field that is asked only under a condition of its own.
    """

    kind: Literal["items"]
    of: Name
    when: When = {}
    items: Blank[tuple[Item, ...]]
    fields: tuple[Name, ...] = ()
    only: dict[Name, When] = {}

    @model_validator(mode="after")
    def _only_speaks_of_its_fields(self) -> Self:
        if set(self.only) - set(self.fields):
            raise ValueError("only speaks of a field that is not asked for")
        return self


class Fields(ClauseBase):
    """What a form must hold before it is accepted, or what must be on record before something is
    done: all of the fields, or any one of them; blank: not named. ``when``: it is asked only there;
    ``only``: a field that is asked only under a condition of its own.
    """

    kind: Literal["fields"]
    form: Name
    when: When = {}
    required: Literal["all", "any"]
    fields: Blank[Annotated[tuple[Name, ...], Field(min_length=1)]]
    only: dict[Name, When] = {}

    @model_validator(mode="after")
    def _only_speaks_of_its_fields(self) -> Self:
        if set(self.only) - set(self.fields or ()):
            raise ValueError("only speaks of a field that is not asked for")
        return self


class Staffing(Costing):
    """How many of something must be there, all day or from a time of day on; until when, the clause
    ``ends_with`` says, else the hours of the lines (``kefu.policy.seats``).
    """

    kind: Literal["staffing"]
    at_least: Annotated[dict[Name, Count], Field(min_length=1)]
    applies_from: time | None = None
    ends_with: ClauseId | None = None

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        if self.ends_with is not None:
            yield "ends_with", self.ends_with


class Duty(ClauseBase):
    """What somebody has to do, with no number to set; ``counts`` holds the few numbers that some
    duties have.
    """

    kind: Literal["duty"]
    subject: Name
    counts: dict[Name, Blank[Count]] = {}
