"""Promises with a time limit, hours, and moments of the day."""

from datetime import time, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Name, NotSet, Points, Strict
from kefu.policy.clauses.costs import Costing
from kefu.policy.clauses.penalties import Role

# Whoever has to act; only those among the roles of a consequence can be charged for it.
Actor = Role | Literal["supervisor", "inspector", "department", "employee", "outlet"]
Ahead = Annotated[int, Field(strict=True, ge=0, le=100_000)]

# What clocks measure. A rulebook may name others; these are the ones the house asks for.
CUSTOMER_REPLY = "customer_reply"
UNREACHABLE_REPLY = "unreachable_reply"
OUTLET_REPLY = "outlet_reply"
PROMISED_CALL = "promise"
COMPLAINT_SOLUTION = "complaint_solution"
COMPLAINT_VERIFICATION = "complaint_verification"
COMPLAINT_FOLLOW_UP = "complaint_follow_up"
COMPLAINT_REVISIT = "complaint_revisit"
CLAIM_SETTLEMENT = "claim_settlement"


class Warnings(Strict):
    """House setting: how long before the due time to tell the owner, and then the shift lead;
    blank: not at all. ``remind_after_minutes``: where the regulation gives no time, when the house
    likes to be reminded; nothing breaches by it.
    """

    warn_before_minutes: Blank[Count]
    lead_before_minutes: Blank[Count]
    remind_after_minutes: Blank[Count] = None

    @model_validator(mode="after")
    def _owner_first(self) -> Self:
        owner, lead = self.warn_before_minutes, self.lead_before_minutes
        if lead and (not owner or lead > owner):
            raise ValueError("the shift lead is told after the owner, never before")
        return self


class Clock(ClauseBase):
    """A promise with a time limit. ``times`` says what it measures, and with channel, message and
    cases finds the clause; ``since`` is the event it counts from. ``cases`` are the classes of
    complaints, types of claims or sorts of goods it is made for; none: for any.
    """

    times: Name
    since: Name = "start"
    channel: Literal["any", "phone", "chat"] = "any"
    message: Literal["any", "first", "later"] = "any"
    cases: tuple[Name, ...] = ()
    role: Actor
    pause_reasons: tuple[Name, ...] = ()
    house: Warnings

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        asked = self.cases or ("any",)
        return tuple(("clock", self.times, self.channel, self.message, case) for case in asked)

    @property
    def runs(self) -> bool:
        """Is a time given, so that it can breach?"""
        return True

    @model_validator(mode="after")
    def _reminded_of_what_never_breaches(self) -> Self:
        if self.house.remind_after_minutes is not None and self.runs:
            raise ValueError("remind_after_minutes is for a clause without a time of its own")
        return self


class Elapsed(Clock):
    """Time that passes. A blank limit: age is measured, nothing breaches.

    ``counts``: nights and holidays included, or the working time of the department's calendar.
    ``reclassed``: a case that is classed anew counts from its start all the same, or from then.
    ``promised``: no limit for all; a time has to be named case by case. Not ``binding``: what a
    customer is told to expect; passing it breaches nothing.
    """

    kind: Literal["elapsed"]
    limit: Blank[Count]
    unit: Blank[Literal["seconds", "minutes", "hours", "days"]]
    counts: Literal["natural", "working"] = "natural"
    reclassed: Literal["start", "reclassing"] = "start"
    promised: bool = False
    binding: bool = True

    @model_validator(mode="after")
    def _unit_goes_with_limit(self) -> Self:
        if (self.limit is None) != (self.unit is None):
            raise ValueError("limit and unit are both given or both blank")
        if self.promised and self.limit is not None:
            raise ValueError("a time is promised case by case where no limit is given")
        if self.counts == "working" and self.unit == "days":
            raise ValueError("working time is counted in hours; for working days: calendar_days")
        return self

    @property
    def runs(self) -> bool:
        return self.limit is not None

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
    applies_from: time | None = None

    @property
    def days(self) -> int:
        return 1 if self.day == "next" else 0


class CalendarDays(Clock):
    """Whole days, to the end of the last one at 24:00 inclusive. ``start_counts``: the day it
    starts is the first one; else it is not counted. 0 days: the same day. Blank: age only.
    """

    kind: Literal["calendar_days"]
    length: Blank[Annotated[int, Field(strict=True, ge=0, le=3660)]]
    unit: Literal["days", "months", "years"] = "days"
    day_type: Literal["calendar", "working"] = "calendar"
    start_counts: bool = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.day_type == "working" and self.unit != "days":
            raise ValueError("working days are counted in days")
        if self.start_counts and (self.unit != "days" or not self.length):
            raise ValueError("start_counts goes with one day or more")
        if self.pause_reasons and self.unit != "days":
            raise ValueError("only days can be paused")
        return self

    @property
    def runs(self) -> bool:
        return self.length is not None


class NoticeHouse(Warnings):
    """``ahead``: the house's own number where the regulation leaves it blank."""

    ahead: Blank[Ahead] = None


class Notice(Clock):
    """Due before something else: so many minutes or hours before it, or by 24:00 of the day that
    lies so many days before its day. 0: before it begins. ``fields``: what is recorded with it,
    all of them or any one.
    """

    kind: Literal["notice"]
    before: Name
    ahead: Blank[Ahead]
    unit: Literal["minutes", "hours", "days", "weeks"]
    fields: tuple[Name, ...] = ()
    required: Literal["all", "any"] = "all"
    house: NoticeHouse

    @model_validator(mode="after")
    def _house_fills_blanks_only(self) -> Self:
        if self.ahead is not None and self.house.ahead is not None:
            raise ValueError("the regulation gives a number; the house has none to choose")
        return self

    @property
    def runs(self) -> bool:
        return self.ahead is not None or self.house.ahead is not None

    @property
    def length(self) -> int:
        """How far ahead, in its unit: the regulation's number, else the house's. Raises NotSet."""
        number = self.ahead if self.ahead is not None else self.house.ahead
        if number is None:
            raise NotSet(self.id, "ahead")
        return number


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


class Schedule(Costing):
    """A moment of every day: something is due ``by`` it, happens ``from`` it on, changes ``after``
    it, lasts ``until`` it, or is allowed ``within`` it and ``until``.

    ``until_in_summer``: blank where the regulation announces another time and does not give it.
    """

    kind: Literal["schedule"]
    subject: Name
    edge: Literal["by", "from", "after", "until", "within"]
    at: time
    until: time | None = None
    until_in_summer: Blank[time] = None
    house: Warnings | None = None

    @model_validator(mode="after")
    def _window_is_complete(self) -> Self:
        if (self.edge == "within") != (self.until is not None):
            raise ValueError("within and until go together")
        if self.until is not None and self.until <= self.at:
            raise ValueError("until lies after at")
        if "until_in_summer" in self.model_fields_set and self.edge != "until":
            raise ValueError("a summer time is for what lasts until a moment")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "schedule", self.subject

    def last(self, *, summer: bool = False) -> time:
        """Until when it lasts. Raises NotSet where a summer time is announced and left blank."""
        if summer and "until_in_summer" in self.model_fields_set:
            given: time = self.given("until_in_summer")
            return given
        return self.at

    def allows(self, clock_time: time) -> bool:
        """Is this wall time in the window? Its first and its last moment are.

        Raises TypeError for a clause that is no window.
        """
        if self.until is None:
            raise TypeError(f"{self.id} is no window of the day")
        return self.at <= clock_time <= self.until

    def passed(self, clock_time: time) -> bool:
        """Is this wall time beyond the moment? Exactly on it: only where it holds from then on."""
        if self.edge == "from":
            return clock_time >= self.at
        return clock_time > self.at
