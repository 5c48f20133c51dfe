"""What a month's score is made of: sheets, tiers, events, indicators, weights and grades."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kefu.policy.clauses.base import (
    Blank,
    ClauseBase,
    ClauseId,
    Count,
    Name,
    Points,
    Quantity,
    Share,
    Strict,
    Text,
    _no_float,
)

# Points as they move a score: minus takes, plus gives.
Change = Annotated[
    Decimal,
    BeforeValidator(_no_float),
    Field(ge=-100, le=100, decimal_places=2, allow_inf_nan=False),
]
Total = Annotated[Decimal, BeforeValidator(_no_float), Field(gt=0, le=1_000, decimal_places=2)]


class Section(Strict):
    """A part of a score sheet: at ``most`` so many points, less what its ``lines`` take. A line is
    the id of any clause with points, or of tiers.
    """

    name: Name
    zh: Text
    en: Text
    most: Points
    lines: Annotated[tuple[ClauseId, ...], Field(min_length=1)]


class ScoreSheet(ClauseBase):
    """The sheet of one person and month: it opens at ``total``, and events move it.

    With ``sections`` each is a purse of its own and counts its ``lines`` only; without, every score
    event of the rulebook counts, up and down. ``floor``: what never falls below nought. A blank
    total: the regulation wants an appraisal and gives no scale.
    """

    kind: Literal["score_sheet"]
    of: Literal["agent", "staff", "team"] = "agent"
    total: Blank[Total]
    floor: Literal["section", "total", "none"] = "none"
    sections: tuple[Section, ...] = ()

    @model_validator(mode="after")
    def _sections_make_the_total(self) -> Self:
        if self.sections and sum(section.most for section in self.sections) != self.total:
            raise ValueError("the sections do not add up to the total")
        lines = [line for section in self.sections for line in section.lines]
        if len(lines) != len(set(lines)):
            raise ValueError("a line stands in two sections, or twice in one")
        if len({section.name for section in self.sections}) != len(self.sections):
            raise ValueError("two sections go by one name")
        if self.floor == "section" and not self.sections:
            raise ValueError("there are no sections to have a floor")
        if self.floor != "none" and self.total is None:
            raise ValueError("a sheet without a scale has no floor")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        for section in self.sections:
            yield from ((f"sections.{section.name}", line) for line in section.lines)

    @property
    def question(self) -> tuple[str, ...]:
        return "score_sheet", self.of


class ScorePeriod(ClauseBase):
    """From when to when a sheet runs, and whether points are carried into the next."""

    kind: Literal["score_period"]
    runs: Literal["calendar_month", "payday"]
    carries_over: bool

    @property
    def question(self) -> tuple[str, ...]:
        return ("score_period",)


class Assessment(ClauseBase):
    """What belongs to an assessment besides points: from which month of service it is made, which
    ``parts`` must be there before it is published, what it ``shows`` for information, and in which
    clause that counts (``counted_by``). ``mean``: what the year shows the mean of.
    """

    kind: Literal["assessment"]
    sheet: Literal["month", "year"]
    of: Literal["agent", "supervisor"] = "agent"
    from_month: Count | None = None
    parts: tuple[Name, ...] = ()
    shows: tuple[Name, ...] = ()
    counted_by: tuple[ClauseId, ...] = ()
    mean: Name | None = None

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        yield from (("counted_by", target) for target in self.counted_by)


class Tier(Strict):
    """From ``at_least`` on, up to the tier above: so many points."""

    at_least: Quantity
    points: Change


class ScoreTiers(ClauseBase):
    """Points by how much of something was reached; a bound belongs to the tier it opens.

    ``season``: only in such months. ``applies_to``: only to who works there. ``scope``: the
    person's own number, or the desk's. ``edge`` worse: exactly on a bound is the tier below.
    ``part_month`` prorated: the bounds shrink to the share of days worked. ``missing``: whether a
    number that is not there is refused or costs nothing.
    """

    kind: Literal["score_tiers"]
    metric: Name
    season: Literal["peak", "low"] | None = None
    applies_to: Name | None = None
    scope: Literal["person", "desk"] = "person"
    edge: Literal["better", "worse"] = "better"
    part_month: Literal["full", "prorated"] = "full"
    missing: Literal["refuse", "nothing"] = "refuse"
    tiers: Annotated[tuple[Tier, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _tiers_leave_no_gap(self) -> Self:
        for above, below in pairwise(self.tiers):
            if above.at_least <= below.at_least:
                raise ValueError("the tiers go down, each bound below the one before")
            if above.points < below.points:
                raise ValueError("a lower tier gives more points than the one above")
        if self.tiers[-1].at_least != 0:
            raise ValueError("the lowest tier begins at 0, or numbers below it have no points")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "score_tiers", self.metric, self.season or "any"


class ScoreEvent(ClauseBase):
    """What one event does to a score; ``up_to``: whoever approves it chooses between both.

    ``of``: what it is counted by, besides its own id. ``on``: whose score. ``cap``: this line takes
    no more than that in a month. ``from_count``: the first so many free, counted in the ``counted``
    month or ever. ``instead_of``: of one incident this counts and those do not. ``active`` false:
    in the catalogue, not in use until the house switches it on. ``second_person``: whoever was part
    of it and writes it down does not verify it alone. ``occasion``: the check it is a line of.
    """

    kind: Literal["score_event"]
    of: tuple[Name, ...] = ()
    on: Literal["agent", "courier"] = "agent"
    points: Change
    up_to: Change | None = None
    cap: Points | None = None
    from_count: Count = 1
    counted: Literal["month", "ever"] = "month"
    instead_of: tuple[ClauseId, ...] = ()
    active: bool = True
    second_person: bool = False
    occasion: Literal["call", "cleaning", "conduct"] | None = None

    @model_validator(mode="after")
    def _moves_the_score(self) -> Self:
        if self.points == 0:
            raise ValueError("an event of no points is no score event")
        if self.up_to is not None and not 0 < self.points < self.up_to:
            raise ValueError("up_to is above points, and both give")
        if self.cap is not None and self.cap < abs(self.points):
            raise ValueError("the cap is below a single event")
        if self.up_to is not None and (self.of or self.cap or self.from_count > 1):
            raise ValueError("points that are chosen are not counted")
        if self.counted == "ever" and self.from_count == 1:
            raise ValueError("what counts from the first time on has no history to count")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        yield from (("instead_of", target) for target in self.instead_of)


class ExtraPoints(ClauseBase):
    """Points beside the sections: for each commendation and each complaint, the sum within
    ``limit`` either way.
    """

    kind: Literal["extra_points"]
    commendation: Points
    complaint: Annotated[Change, Field(lt=0)]
    limit: Points

    @property
    def question(self) -> tuple[str, ...]:
        return ("extra_points",)


class Indicator(ClauseBase):
    """A number measured against a target: so much done out of so many.

    ``full``: the most it can be. Where it earns points, ``earns`` says whether by the share of the
    target reached or all or nothing, ``weight`` its share of the part among those that apply. ``measured_by``: the clauses that say
    what is counted as done. ``within_days``: how long afterwards something still counts.
    """

    kind: Literal["indicator"]
    part: Name
    metric: Name
    target: Annotated[Quantity, Field(gt=0)]
    compare: Literal["at_least", "at_most"] = "at_least"
    full: Annotated[Quantity, Field(gt=0)] | None = None
    earns: Literal["proportional", "all_or_nothing"] | None = None
    weight: Count | None = None
    measured_by: tuple[ClauseId, ...] = ()
    within_days: Count | None = None

    @model_validator(mode="after")
    def _target_can_be_reached(self) -> Self:
        if self.full is not None and self.target > self.full:
            raise ValueError("the target is above what can be reached")
        if (self.earns is None) != (self.weight is None):
            raise ValueError("earns and weight go together, where it earns points")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        yield from (("measured_by", target) for target in self.measured_by)

    @property
    def question(self) -> tuple[str, ...]:
        return "indicator", self.metric


class Rating(ClauseBase):
    """Points of 0 to 100 that a person gives: ``scorer``, never oneself. ``shows``: what lies
    beside the sheet while it is scored.
    """

    kind: Literal["rating"]
    part: Name
    name: Name
    scorer: Name
    weight: Count = 1
    shows: tuple[Name, ...] = ()

    @property
    def question(self) -> tuple[str, ...]:
        return "rating", self.name


class Weight(ClauseBase):
    """A part's share of the total; the weights of a rulebook add up to 1."""

    kind: Literal["weight"]
    part: Name
    share: Annotated[Share, Field(gt=0)]

    @property
    def question(self) -> tuple[str, ...]:
        return "weight", self.part


class Grade(ClauseBase):
    """A grade from ``at_least`` points on, ``below`` the next; None: the lowest, the highest."""

    kind: Literal["grade"]
    grade: Name
    at_least: Quantity | None = None
    below: Quantity | None = None

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.at_least is None and self.below is None:
            raise ValueError("a grade has a bound")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError("the grade has no room between its bounds")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "grade", self.grade
