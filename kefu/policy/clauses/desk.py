"""What a desk has to have, to fill in, to tick and to do."""

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Literal

from pydantic import Field

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


class Checklist(ClauseBase):
    """A line a supervisor ticks. Its points or money stand here or in the clause named by
    ``scored_by``.
    """

    kind: Literal["checklist"]
    occasion: Literal["conduct", "daily", "closing", "quality", "appearance"]
    at: time | None = None
    points: Points | None = None
    fine: Money | None = None
    scored_by: ClauseId | None = None

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        if self.scored_by is not None:
            yield "scored_by", self.scored_by


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


class Items(ClauseBase):
    """A list the house can edit; blank where the regulation leaves its words to the company.

    ``fields``: what a form must hold before the list has been gone through at all.
    """

    kind: Literal["items"]
    of: Name
    items: Blank[tuple[Item, ...]]
    fields: tuple[Name, ...] = ()


class Fields(ClauseBase):
    """What a form must hold before it is accepted: all of the fields, or any one of them; blank:
    not named.
    """

    kind: Literal["fields"]
    form: Name
    required: Literal["all", "any"]
    fields: Blank[Annotated[tuple[Name, ...], Field(min_length=1)]]


class Staffing(ClauseBase):
    """How many of something must be there, all day or from a time of day on."""

    kind: Literal["staffing"]
    at_least: Annotated[dict[Name, Count], Field(min_length=1)]
    applies_from: time | None = None


class Duty(ClauseBase):
    """What somebody has to do, with no number to set; ``counts`` holds the few numbers that some
    duties have.
    """

    kind: Literal["duty"]
    subject: Name
    counts: dict[Name, Blank[Count]] = {}
