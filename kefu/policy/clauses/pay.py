"""What a month's wage is made of."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.attendance import AttendanceEvent
from kefu.policy.clauses.base import (
    Amount,
    Blank,
    ClauseBase,
    ClauseId,
    Count,
    Factor,
    Money,
    Name,
    Quantity,
    Text,
)

# The parts a wage can have besides the base; a formula says which of them a department is paid.
Part = Literal[
    "seniority",
    "performance",
    "report_bonus",
    "complaint_bonus",
    "allowance",
    "full_attendance",
    "score_bonus",
    "team_bonus",
    "award",
    "pool",
    "hourly",
    "overtime",
]


class BasePay(ClauseBase):
    """The base wage: ``amount`` from the ``from_month``-th month of service on, or by the person's
    post from the house's table (``posts``).

    ``parts``: nothing but these is paid besides in such a month; None: all. ``first_month``, from
    which a later month is counted: the month of joining, or the first whole one. ``part_month``: whether a month not worked to the end is paid
    in full or by calendar days.
    """

    kind: Literal["base_pay"]
    by: Literal["service", "post"]
    from_month: Count = 1
    amount: Blank[Money] = None
    posts: Blank[dict[Name, Money]] = None
    parts: tuple[Part, ...] | None = None
    first_month: Literal["of_joining", "first_whole"] | None = None
    part_month: Literal["full", "by_days"] = "full"

    @model_validator(mode="after")
    def _says_where_the_amount_is(self) -> Self:
        wanted = "amount" if self.by == "service" else "posts"
        if {"amount", "posts"} & self.model_fields_set != {wanted}:
            raise ValueError("pay by service has an amount, pay by post a table")
        if (self.from_month > 1) != (self.first_month is not None):
            raise ValueError("first_month goes with a later month than the first")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "base_pay", str(self.from_month)


class WageFormula(ClauseBase):
    """Which parts the wage of these departments has, and their own base wage if they have one.
    Without departments: the general formula, for those that no other names.
    """

    kind: Literal["wage_formula"]
    departments: tuple[Name, ...] = ()
    base: Money | None = None
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("wage_formula", department) for department in self.departments or ("any",))


class Seniority(ClauseBase):
    """One clause's part of the seniority pay: when it begins and with what, by how much it grows
    in how many months, or where it ends.

    ``counts_from``: paid from the month after the anniversary, or in its very month.
    """

    kind: Literal["seniority"]
    part: Literal["start", "step", "cap"]
    amount: Money
    months: Count | None = None
    counts_from: Literal["month_after", "anniversary_month"] | None = None

    @model_validator(mode="after")
    def _says_all_it_needs(self) -> Self:
        if (self.part == "cap") != (self.months is None):
            raise ValueError("start and step go by months, a cap does not")
        if (self.part == "start") != (self.counts_from is not None):
            raise ValueError("counts_from goes with the start")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "seniority", self.part


class PerformancePay(ClauseBase):
    """Performance pay: ``amount`` for the full score and in proportion below, or what the clauses
    with the published grade say. ``above_full``: points above the full score are paid as well.
    """

    kind: Literal["performance_pay"]
    by: Literal["score", "grade"]
    amount: Money | None = None
    full_score: Annotated[Quantity, Field(gt=0)] | None = None
    above_full: bool | None = None

    @model_validator(mode="after")
    def _score_has_numbers(self) -> Self:
        given = (self.amount, self.full_score, self.above_full)
        if any((setting is not None) != (self.by == "score") for setting in given):
            raise ValueError("amount, full_score and above_full go with pay by score")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return ("performance_pay",)


class PieceBonus(ClauseBase):
    """So much for each piece of these kinds, once ``requires`` is on record: to whoever made it, or
    into the supervisor's pool, on top of the former's or out of it.
    """

    kind: Literal["piece_bonus"]
    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    amount: Money
    part: Literal["report_bonus", "complaint_bonus"] | None = None
    requires: tuple[Name, ...] = ()
    to: Literal["author", "pool"] = "author"
    source: Literal["on_top", "from_bonus"] | None = None

    @model_validator(mode="after")
    def _pool_has_a_source(self) -> Self:
        if (self.to == "pool") != (self.source is not None):
            raise ValueError("the source goes with the pool")
        if (self.to == "author") != (self.part is not None):
            raise ValueError("the part of the wage goes with the author")
        return self


class Allowance(ClauseBase):
    """A fixed amount a month, to these departments or to all, if nothing speaks against it.

    ``lost_by``: the events of which one loses it. ``least_score``: only from such a score on.
    ``grade``: only with this grade. ``whole_month``: only to who was employed all of it.
    """

    kind: Literal["allowance"]
    part: Literal["allowance", "full_attendance", "score_bonus", "performance"]
    amount: Blank[Amount]  # nought is an amount: "no bonus" is not "not set"
    departments: tuple[Name, ...] = ()
    lost_by: tuple[AttendanceEvent, ...] = ()
    least_score: Quantity | None = None
    grade: Name | None = None
    whole_month: bool = False

    @model_validator(mode="after")
    def _condition_fits_the_part(self) -> Self:
        pairs = (
            ("full_attendance", bool(self.lost_by)),
            ("score_bonus", self.least_score is not None),
            ("performance", self.grade is not None),
        )
        if any((self.part == part) != given for part, given in pairs):
            raise ValueError("lost_by, least_score and grade go each with their part")
        if self.grade is not None and self.whole_month:
            raise ValueError("a grade is of whatever was assessed")
        return self

    @property
    def question(self) -> tuple[str, ...] | None:
        match self.part:
            case "full_attendance":
                return ("full_attendance",)
            case "performance":
                return "grade_pay", str(self.grade)
        return None


class TeamBonus(ClauseBase):
    """What a supervisor gets when at least ``share_of`` in ``share_out_of`` of the team reach the
    full score.
    """

    kind: Literal["team_bonus"]
    amount: Money
    full_score: Quantity
    share_of: Count
    share_out_of: Count

    @property
    def question(self) -> tuple[str, ...]:
        return ("team_bonus",)


class Award(ClauseBase):
    """Money that somebody chooses a person for; blank: whoever approves it enters the amount.
    ``instead_of``: for one and the same thing either this or that.
    """

    kind: Literal["award"]
    amount: Blank[Money]
    instead_of: ClauseId | None = None

    def references(self) -> Iterator[tuple[str, str]]:
        yield from super().references()
        if self.instead_of is not None:
            yield "instead_of", self.instead_of


class HourlyPay(ClauseBase):
    """Hours of this kind at a ``rate``, or at the person's own hourly wage times ``multiplier``.
    ``while_blank``: hours without a rate are refused, or paid nothing with a warning.
    """

    kind: Literal["hourly_pay"]
    of: Name
    rate: Blank[Money] = None
    multiplier: Factor | None = None
    while_blank: Literal["refuse", "warn"] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if ("rate" in self.model_fields_set) == ("multiplier" in self.model_fields_set):
            raise ValueError("exactly one of rate and multiplier is written")
        if ("rate" in self.model_fields_set) != (self.while_blank is not None):
            raise ValueError("while_blank goes with a rate")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "hourly_pay", self.of


class WageRate(ClauseBase):
    """How a month's base wage becomes the wage of a day and of an hour. Never rounded by itself."""

    kind: Literal["wage_rate"]
    days: Factor
    hours: Factor

    @property
    def question(self) -> tuple[str, ...]:
        return ("wage_rate",)


class Reward(ClauseBase):
    """A ground for a reward of this level; ``needs``: what is on record with it."""

    kind: Literal["reward"]
    level: Name
    ground: Text
    needs: Annotated[tuple[Name, ...], Field(min_length=1)]

    @property
    def question(self) -> tuple[str, ...]:
        return "reward", self.ground
