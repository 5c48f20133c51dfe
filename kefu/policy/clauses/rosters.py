"""When people work: shifts, whose turn it is, what may be asked for, how often, seasons, courses."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from kefu.policy.clauses.base import Blank, ClauseBase, Count, Name, Strict
from kefu.policy.clauses.costs import Costing

Weekday = Annotated[int, Field(strict=True, ge=1, le=7)]  # Monday = 1
Month = Annotated[int, Field(strict=True, ge=1, le=12)]
# "08:00"; midnight at the end of a day is "24:00", which no time of day can say.
WallTime = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


def minutes(clock_time: str) -> int:
    """“18:30” in minutes since midnight."""
    hour, minute = clock_time.split(":")
    return int(hour) * 60 + int(minute)


class Window(Strict):
    """A stretch of a day in which is worked: its first moment is inside, its last is not."""

    opens: WallTime
    closes: WallTime

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(f"a window closes after it opens: {self.opens} to {self.closes}")
        return self

    @property
    def minutes(self) -> int:
        return minutes(self.closes) - minutes(self.opens)


def in_order(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """Return them as they are. Raises ValueError if they overlap or are not in order of time."""
    for earlier, later in pairwise(windows):
        if later.opens < earlier.closes:
            raise ValueError(f"windows overlap or are out of order: {later.opens}")
    return windows


class Shift(Strict):
    """One shift, its breaks left out. Blank: the regulation gives no hours."""

    name: Name
    windows: Blank[Annotated[tuple[Window, ...], Field(min_length=1)]]

    @model_validator(mode="after")
    def _windows_in_order(self) -> Self:
        in_order(self.windows or ())
        return self


class Shifts(Costing):
    """On which weekdays and in which shifts a ``post`` works; "any": everybody without a roster of
    his own. What it costs is for each breach of the roster.
    """

    kind: Literal["shifts"]
    post: Name
    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1)] = EVERY_DAY
    shifts: tuple[Shift, ...] = ()

    @model_validator(mode="after")
    def _weekdays_once(self) -> Self:
        if list(self.weekdays) != sorted(set(self.weekdays)):
            raise ValueError("the weekdays stand once each, Monday first")
        return self

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        if not self.shifts:
            return (("work_week", self.post),)
        return tuple(("shift", self.post, shift.name) for shift in self.shifts)


class Rotation(ClauseBase):
    """Whose turn a shift is, or which shift comes next.

    ``every``: after so many of ``counts`` the next of ``shifts`` follows. ``off``: so many turns are
    free after each; the weekdays of ``apart_from`` do not count. ``longest_ago``: it falls to whoever
    had it longest ago.
    """

    kind: Literal["rotation"]
    shifts: Annotated[tuple[Name, ...], Field(min_length=1)]
    by: Literal["every", "longest_ago"]
    every: Count | None = None
    counts: Literal["rostered_days", "calendar_days"] = "rostered_days"
    off: Count | None = None
    apart_from: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _every_goes_with_its_number(self) -> Self:
        if (self.by == "every") != (self.every is not None):
            raise ValueError("by every and the number go together")
        if self.off is not None and self.every is None:
            raise ValueError("off goes with every")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return "rotation", *self.shifts


class ShiftRequests(ClauseBase):
    """What is refused to whoever works such a shift, and what he may ask for instead.

    ``neighbours``: where shifts beside a swapped one are meant, those next to it in the person's own
    roster, or of the next calendar day only.
    """

    kind: Literal["shift_requests"]
    shifts: Annotated[tuple[Name, ...], Field(min_length=1)]
    refused: Annotated[tuple[Literal["leave", "rest", "swap"], ...], Field(min_length=1)]
    allowed: tuple[Literal["leave", "rest", "swap"], ...] = ()
    neighbours: Literal["rostered", "calendar"] | None = None

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if set(self.refused) & set(self.allowed):
            raise ValueError("one thing is refused and allowed at once")
        if ("beside_swapped" in self.shifts) != (self.neighbours is not None):
            raise ValueError("neighbours goes with the shifts beside a swapped one")
        return self


class Limit(Costing):
    """How often or how long something may be at most, and what becomes of more than that.

    ``counts``: what is counted, those applied for or those granted; ``whose``: for both sides of it
    or for the one who asked.
    """

    kind: Literal["limit"]
    of: Name
    at_most: Count
    unit: Literal["times", "minutes", "hours"]
    per: Literal["day", "week", "month", "occasion"]
    beyond: Literal["refuse", "warn", "flag"]
    counts: Literal["applied", "granted"] | None = None
    whose: Literal["asker", "both"] | None = None

    @property
    def question(self) -> tuple[str, ...]:
        return "limit", self.of, self.per


class Season(ClauseBase):
    """Which months belong to which season. ``tables``: for these scales only; none: for all.
    ``exception``: goes before the clauses that are none.
    """

    kind: Literal["season"]
    seasons: Annotated[
        dict[Name, Annotated[tuple[Month, ...], Field(min_length=1)]], Field(min_length=1)
    ]
    tables: tuple[Name, ...] = ()
    exception: bool = False

    @model_validator(mode="after")
    def _a_month_has_one_season(self) -> Self:
        months = [month for named in self.seasons.values() for month in named]
        if len(set(months)) < len(months):
            raise ValueError("a month belongs to one season")
        if not self.exception and len(months) < 12:
            raise ValueError("a month without a season")
        return self

    @property
    def question(self) -> tuple[str, ...] | None:
        return None if self.exception else ("season", *self.tables)


class Course(ClauseBase):
    """A stretch of a course that takes several days: from its ``first`` to its ``last`` day, with what
    is taught. The clause without topics gives the whole length.

    ``day_type``: the days are working days, or simply follow each other. ``mentor``: an experienced
    colleague is named.
    """

    kind: Literal["course"]
    course: Name
    first: Count
    last: Count
    topics: tuple[Name, ...] = ()
    mentor: bool = False
    day_type: Literal["working", "calendar"] | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("a course ends after it begins")
        if (self.day_type is None) != bool(self.topics):
            raise ValueError("the kind of days is said once, by the clause for the whole course")
        if not self.topics and self.first != 1:
            raise ValueError("a course begins on its first day")
        return self

    @property
    def questions(self) -> tuple[tuple[str, ...], ...]:
        if not self.topics:
            return (("course", self.course),)
        days = range(self.first, self.last + 1)
        return tuple(("course", self.course, str(day)) for day in days)
