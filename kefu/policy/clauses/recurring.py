"""What comes round again by the calendar, and how long things are kept."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Name
from kefu.policy.clauses.clocks import Actor, Warnings

Per = Literal["day", "week", "month", "year"]
# A weekday (Monday = 1) or a day of the month by its number, or by its place at the end.
Day = Annotated[int, Field(strict=True, ge=1, le=31)] | Literal["last", "last_working"]
Month = Annotated[int, Field(strict=True, ge=1, le=12)]


class RhythmHouse(Warnings):
    """What the house has chosen where the regulation says “regularly” and gives no number."""

    per: Blank[Per] = None
    days: tuple[Day, ...] = ()
    at: tuple[time, ...] = ()


class Recurring(ClauseBase):
    """Due again and again: every day, or on ``days`` of each week, month, or of ``months`` of a year;
    without days once a period, by its end. ``at``: the hours; without one by 24:00.

    ``per`` blank: the regulation names no interval. ``about``: what it is done about. ``until``: when
    it is over, for a meeting. ``short_month``: the day a month does not have is its last day, or is
    left out. ``on_holiday``: what happens on a day that is not worked.
    """

    kind: Literal["recurring"]
    subject: Name
    per: Blank[Per]
    months: tuple[Month, ...] = ()
    days: tuple[Day, ...] = ()
    at: tuple[time, ...] = ()
    until: time | None = None
    times: Count = 1
    about: tuple[Name, ...] = ()
    after: Name | None = None
    short_month: Literal["last", "skip"] = "last"
    on_holiday: Literal["keep", "skip"] = "keep"
    covers: Literal["since_last"] | None = None
    role: Actor
    house: RhythmHouse

    @model_validator(mode="after")
    def _house_fills_blanks_only(self) -> Self:
        own, house = (self.per, self.days, self.at), self.house
        for given, chosen in zip(own, (house.per, house.days, house.at), strict=True):
            if given and chosen:
                raise ValueError("the house chooses where the regulation gives nothing")
        return self

    @model_validator(mode="after")
    def _dates_exist(self) -> Self:
        per, days = self.rhythm, self.on_days
        if days and per not in ("week", "month", "year"):
            raise ValueError("days are those of a week, a month or a year")
        if per == "week" and any(not isinstance(day, int) or day > 7 for day in days):
            raise ValueError("the days of a week are 1 to 7")
        if (per == "year") != bool(self.months):
            raise ValueError("a year goes with its months")
        if len(set(days)) < len(days) or len(set(self.at_times)) < len(self.at_times):
            raise ValueError("a day or a time of day is named twice")
        if self.until is not None and (len(self.at) != 1 or self.until <= self.at[0]):
            raise ValueError("until lies after the one time at which it begins")
        if self.times > 1 and len(self.at_times) not in (0, self.times):
            raise ValueError("times and the times of day say different things")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "recurring", self.subject

    @property
    def rhythm(self) -> Per | None:
        return self.per or self.house.per

    @property
    def on_days(self) -> tuple[Day, ...]:
        return self.days or self.house.days

    @property
    def at_times(self) -> tuple[time, ...]:
        return tuple(sorted(self.at or self.house.at))


class Retention(ClauseBase):
    """How long something is kept, counted from the day of ``since``; ``start_counts``: that day is
    the first one. Blank: no length is given, nothing is ever destroyed by itself.

    ``then``: what is beyond its time may be destroyed, or has to be. ``fields``: what is recorded
    with it.
    """

    kind: Literal["retention"]
    of: Annotated[tuple[Name, ...], Field(min_length=1)]
    keep: Blank[Count]
    unit: Blank[Literal["days", "months", "years"]]
    since: Name
    start_counts: bool = False
    then: Literal["may_destroy", "must_destroy"] = "may_destroy"
    fields: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _unit_goes_with_keep(self) -> Self:
        if (self.keep is None) != (self.unit is None):
            raise ValueError("keep and unit are both given or both blank")
        if self.keep is None and self.then == "must_destroy":
            raise ValueError("what has no length never has to be destroyed")
        if self.start_counts and self.unit != "days":
            raise ValueError("start_counts goes with days")
        return self

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("retention", what) for what in self.of)
