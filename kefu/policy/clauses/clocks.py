"""Promises with a time limit, hours, and moments of the day."""

from datetime import time, timedelta
from typing import Literal, Self

from pydantic import model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Money, Name, Points, Strict
from kefu.policy.clauses.penalties import Condition, Role


class Warnings(Strict):
    """House setting: how long before the due time to tell the owner, and then the shift lead;
    blank: not at all.
    """

    warn_before_minutes: Blank[Count]
    lead_before_minutes: Blank[Count]

    @model_validator(mode="after")
    def _owner_first(self) -> Self:
        owner, lead = self.warn_before_minutes, self.lead_before_minutes
        if lead and (not owner or lead > owner):
            raise ValueError("the shift lead is told after the owner, never before")
        return self


class Clock(ClauseBase):
    """A promise with a time limit. ``times`` says what it measures, and with channel and message
    finds the clause.
    """

    times: Literal["customer_reply", "unreachable_reply", "outlet_reply", "promise", "handling"]
    channel: Literal["any", "phone", "chat"] = "any"
    message: Literal["any", "first", "later"] = "any"
    role: Role
    pause_reasons: tuple[Name, ...] = ()
    house: Warnings


class Elapsed(Clock):
    """Time that simply passes, nights and holidays included. A blank limit: age is measured,
    nothing breaches.
    """

    kind: Literal["elapsed"]
    limit: Blank[Count]
    unit: Blank[Literal["seconds", "minutes", "hours"]]

    @model_validator(mode="after")
    def _unit_goes_with_limit(self) -> Self:
        if (self.limit is None) != (self.unit is None):
            raise ValueError("limit and unit are both given or both blank")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "clock", self.times, self.channel, self.message

    @property
    def length(self) -> timedelta:
        """The limit as a duration. Raises NotSet."""
        limit, unit = self.given("limit"), self.given("unit")
        return timedelta(**{unit: limit})


class FixedTime(Clock):
    """Due at a time of day, on the day it starts or on the next calendar day."""

    kind: Literal["fixed_time"]
    day: Literal["same", "next"]
    at: time
    # From this time of day on the clause may take the place of the elapsed clock.
    applies_from: time

    @property
    def question(self) -> tuple[str, ...]:
        return "clock", self.times, self.channel, self.message

    @property
    def days(self) -> int:
        return 1 if self.day == "next" else 0


class Entry(ClauseBase):
    """How long after a contact ended it may still be entered."""

    kind: Literal["entry"]
    minutes: Blank[Count]

    @property
    def question(self) -> tuple[str, ...]:
        return ("entry",)


class Hours(ClauseBase):
    """When a line is answered or a department works. ``open_at_close``: is the closing instant
    itself still inside?
    """

    kind: Literal["hours"]
    line: Literal["query", "business", "department"]
    opens: Blank[time]
    closes: Blank[time]
    open_at_close: bool = True
    points: Points | None = None

    @property
    def question(self) -> tuple[str, ...]:
        return "hours", self.line

    def closed(self, clock_time: time) -> bool:
        """Is it over for the day at this wall time? Raises NotSet."""
        closes = self.given("closes")
        return bool(clock_time > closes or (clock_time == closes and not self.open_at_close))


class Schedule(ClauseBase):
    """A moment of every day: something is due ``by`` it, happens ``from`` it on, or changes
    ``after`` it.

    With ``points`` or ``fine`` missing the moment costs ``role`` that much, under ``condition``.
    """

    kind: Literal["schedule"]
    subject: Literal["pickup_cut_off", "pickup_window", "seat_ready"]
    edge: Literal["by", "from", "after"]
    at: time
    role: Role | None = None
    condition: Condition | None = None
    points: Points | None = None
    fine: Money | None = None
    house: Warnings | None = None

    @model_validator(mode="after")
    def _cost_is_complete(self) -> Self:
        if self.points is not None and self.fine is not None:
            raise ValueError("a schedule costs points or money, not both")
        costs = self.points is not None or self.fine is not None
        if costs != (self.role is not None) or costs != (self.condition is not None):
            raise ValueError("role and condition go with points or fine")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "schedule", self.subject
