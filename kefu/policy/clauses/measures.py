"""How many there have to be, which class a case is of, what a report holds, and rates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import (
    Blank,
    ClauseBase,
    Count,
    Name,
    Quantity,
    Share,
    Strict,
)
from kefu.policy.clauses.desk import Item, When


class Quota(ClauseBase):
    """How many of something there have to be ``per`` occasion; the name of what is counted ends in
    its unit where it is not pieces. A bound that is written blank is not given by the regulation.

    ``among``: the kinds that are counted, together or ``each`` for itself. ``needs``: what is
    recorded with them.
    """

    kind: Literal["quota"]
    of: Name
    at_least: Blank[Quantity] = None
    at_most: Blank[Quantity] = None
    per: Name
    among: tuple[Item, ...] = ()
    each: bool = False
    needs: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if not {"at_least", "at_most"} & self.model_fields_set:
            raise ValueError("at_least or at_most is written, or both")
        if self.each and not self.among:
            raise ValueError("each goes with among")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most")
        return self


class Criterion(ClauseBase):
    """What makes a case one of a class: ``when`` holds, and what is measured is in bounds (those
    written are inside; ``more_than`` is not).

    ``within_minutes``: only what fell into so many minutes is counted, any so many (``rolling``) or
    those between two strokes of the clock.
    """

    kind: Literal["criterion"]
    of: Name
    gives: Name
    when: When = {}
    measure: Name | None = None
    at_least: Quantity | None = None
    at_most: Quantity | None = None
    more_than: Quantity | None = None
    within_minutes: Count | None = None
    window: Literal["rolling", "clock_hour"] = "rolling"

    @model_validator(mode="after")
    def _measure_has_bounds(self) -> Self:
        bounds = [b for b in (self.at_least, self.at_most, self.more_than) if b is not None]
        if (self.measure is None) != (not bounds):
            raise ValueError("a measure and its bounds go together")
        if self.at_least is not None and self.more_than is not None:
            raise ValueError("at_least and more_than are two ways to say one thing")
        if self.measure is None and not self.when:
            raise ValueError("a criterion asks for something")
        lower = self.more_than if self.at_least is None else self.at_least
        if lower is not None and self.at_most is not None and lower > self.at_most:
            raise ValueError("the bounds leave nothing between them")
        return self


class ReportDue(Strict):
    """House setting, where the regulation names no day: when a report is due in the period after the
    one it is about. Weekdays count from Monday = 1.
    """

    weekday: Blank[Annotated[int, Field(strict=True, ge=1, le=7)]] = None
    day: Blank[Annotated[int, Field(strict=True, ge=1, le=28)]] = None
    hour: Blank[Annotated[int, Field(strict=True, ge=0, le=23)]] = None


class Report(ClauseBase):
    """Reports, or one clause's part in them: how often they are made, who does which step, what they
    hold, who gets them.

    ``per`` blank: the regulation says that it is regular and names no period. ``needs``: what is on
    record before it is issued. ``frozen``: what was issued does not change. Several clauses may speak of one report; all of them hold.
    """

    kind: Literal["report"]
    reports: Annotated[tuple[Name, ...], Field(min_length=1)]
    per: Blank[Literal["day", "week", "month", "quarter", "year", "occasion", "request"]] = None
    steps: dict[Literal["prepare", "review", "issue", "submit", "check"], Name] = {}
    columns: tuple[Name, ...] = ()
    group_by: tuple[Name, ...] = ()
    needs: tuple[Name, ...] = ()
    recipients: tuple[Name, ...] = ()
    frozen: bool = False
    house: ReportDue | None = None


class Rate(ClauseBase):
    """A share of the whole in percent: ``counted`` out of ``of``, by itself and, where ``by`` names
    something, for each of it. ``target``: what it should reach; blank: none is given.
    """

    kind: Literal["rate"]
    rate: Name
    counted: Name
    of: Name
    by: tuple[Name, ...] = ()
    target: Blank[Share] = None
    decimals: Annotated[int, Field(strict=True, ge=0, le=4)] = 1
    per: tuple[Literal["month", "quarter", "year"], ...] = ()

    @property
    def question(self) -> tuple[str, ...]:
        return "rate", self.rate
