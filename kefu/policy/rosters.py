"""Shifts and whose turn they are, what may be asked for, how often, seasons and courses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from kefu.policy.calendars import Calendar
from kefu.policy.clauses import (
    Course,
    Limit,
    NotSet,
    Rotation,
    Season,
    ShiftRequests,
    Shifts,
)
from kefu.policy.clauses.rosters import Shift, Window
from kefu.policy.clocks import NoCalendar
from kefu.policy.moments import DAY
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

Wish = Literal["leave", "rest", "swap"]


# Shifts.


def shift_on(post: str, name: str, weekday: int, rulebook: Rulebook) -> Shift | None:
    """Return a post's shift on a weekday (Monday = 1); None: it has none that day.

    Raises NotInRulebook for a shift no clause speaks of, NotSet for one without hours.
    """
    for clause in rulebook.in_force(Shifts):
        for shift in clause.shifts:
            if clause.post == post and shift.name == name:
                if shift.windows is None:
                    raise NotSet(clause.id, f"hours of the shift {name}")
                return shift if weekday in clause.weekdays else None
    raise NotInRulebook(cannot_be("no_shift", code=rulebook.code, shift=name, post=post))


def shifts_of(post: str, weekday: int, rulebook: Rulebook) -> tuple[Shift, ...]:
    """Return all shifts of a post on a weekday (Monday = 1), the earliest first (CD-12.40).

    Raises NotSet for one without hours.
    """
    own = [clause for clause in rulebook.in_force(Shifts) if clause.post == post]
    names = dict.fromkeys(shift.name for clause in own for shift in clause.shifts)
    on = [found for name in names if (found := shift_on(post, name, weekday, rulebook))]
    return tuple(sorted(on, key=lambda shift: min(w.opens for w in shift.windows or ())))


def minutes_of(shift: Shift) -> int:
    """The length of a shift, breaks left out; 0 where the regulation gives no hours."""
    return sum(window.minutes for window in shift.windows or ())


def usual_week(post: str, rulebook: Rulebook) -> tuple[tuple[Window, ...], ...]:
    """The working windows of Monday to Sunday of those who follow no roster, as a calendar takes them:
    all shifts of the post, on the days of its working week (ES-131.01, ES-131.04, ES-131.05).

    Raises NotSet where a shift has no hours, NotInRulebook where the post has none.
    """
    own = [clause for clause in rulebook.in_force(Shifts) if clause.post == post]
    week = next((set(clause.weekdays) for clause in own if not clause.shifts), None)
    days: list[list[Window]] = [[] for _day in range(7)]
    for clause in own:
        for shift in clause.shifts:
            if shift.windows is None:
                raise NotSet(clause.id, f"hours of the shift {shift.name}")
            for weekday in set(clause.weekdays) & (week or set(clause.weekdays)):
                days[weekday - 1] += shift.windows
    if not any(days):
        raise NotInRulebook({"windows": wanted("no_shifts", code=rulebook.code, post=post)})
    return tuple(tuple(sorted(windows, key=lambda w: w.opens)) for windows in days)


# Whose turn.


def _rotation(shift: str, by: str, rulebook: Rulebook) -> Rotation:
    for clause in rulebook.in_force(Rotation):
        if shift in clause.shifts and clause.by == by:
            return clause
    raise NotInRulebook(cannot_be("no_rotation", code=rulebook.code, shift=shift))


def shift_in_turn(
    shift: str, began_on: date, rostered: Iterable[date], on: date, rulebook: Rulebook
) -> str:
    """Return which shift somebody works on a day, who began with ``shift`` on ``began_on`` and was
    rostered for the days given: SD-232.01 changes it every five days rostered; rest days do not count.

    Raises NotInRulebook where shifts do not rotate, BadFacts for a day before the first.
    """
    clause = _rotation(shift, "every", rulebook)
    if on < began_on:
        raise BadFacts({"on": cannot_be("day_before", on=on, began_on=began_on)})
    done = (on - began_on).days
    if clause.counts == "rostered_days":
        done = len({day for day in rostered if began_on <= day < on})
    order, every = clause.shifts, int(clause.given("every"))
    return order[(order.index(shift) + done // every) % len(order)]


def free_after(shift: str, worked_on: date, on: date, rulebook: Rulebook) -> bool:
    """Is ``on`` a free turn of somebody who worked this shift on ``worked_on``? After an evening the
    next one is free; Sundays have a rota of their own and do not count (OS-04.03).

    Raises NotInRulebook where nothing rotates, BadFacts if ``on`` is not the later day.
    """
    clause = _rotation(shift, "every", rulebook)
    if on <= worked_on:
        raise BadFacts({"on": cannot_be("not_later", on=on, worked_on=worked_on)})
    days = (worked_on + n * DAY for n in range(1, (on - worked_on).days + 1))
    turns = [day for day in days if day.isoweekday() not in clause.apart_from]
    return on in turns and len(turns) <= (clause.off or 0)


def next_in_turn(shift: str, last_duty: Mapping[str, date | None], rulebook: Rulebook) -> str:
    """Return whose turn it is: who had the shift longest ago, or never; of equals the first named.

    Source: OS-04.05. Raises NotInRulebook where the shift has no such rota, BadFacts for nobody.
    """
    _rotation(shift, "longest_ago", rulebook)
    if not last_duty:
        raise BadFacts(wanted("nobody_in_turn"))
    return min(last_duty, key=lambda who: last_duty[who] or date.min)


# What may be asked for.


def request_refused(wish: Wish, shifts: Iterable[str], rulebook: Rulebook) -> tuple[Step, ...]:
    """Return the clauses that refuse a wish for a shift of these sorts; () if none does.

    One refusal is enough: what a clause allows is what it leaves open, not a right against another.
    Source: SD-215.05, SD-215.06, SD-215.08, SD-215.09, SD-232.02.
    """
    sorts = set(shifts)
    return tuple(
        Step.of(clause.id, f"{wish}_refused", sorts=sorted(sorts & set(clause.shifts)))
        for clause in rulebook.in_force(ShiftRequests)
        if wish in clause.refused and sorts & set(clause.shifts)
    )


def wishes_left(shifts: Iterable[str], rulebook: Rulebook) -> tuple[str, ...]:
    """What the clauses about such a shift name as still allowed and none of them refuses."""
    sorts = set(shifts)
    found = [c for c in rulebook.in_force(ShiftRequests) if sorts & set(c.shifts)]
    refused = {wish for clause in found for wish in clause.refused}
    return tuple(sorted({wish for clause in found for wish in clause.allowed} - refused))


def beside_swapped(
    on: date, rostered: Iterable[date], swapped: Iterable[date], rulebook: Rulebook
) -> bool:
    """Does the shift of a day lie directly beside a swapped one? In the person's own roster, where
    rest days between do not break the row, or by the calendar (SD-215.08).

    Raises NotInRulebook where no clause asks.
    """
    for clause in rulebook.in_force(ShiftRequests):
        if clause.neighbours is None:
            continue
        already = set(swapped) - {on}
        if clause.neighbours == "calendar":
            return bool({on - DAY, on + DAY} & already)
        days = sorted({*rostered, *already, on})
        place = days.index(on)
        return bool(set(days[max(0, place - 1) : place + 2]) & already)
    raise NotInRulebook(cannot_be("no_swaps", code=rulebook.code))


# How often.


def limit_of(what: str, per: str, rulebook: Rulebook) -> Limit:
    """Raises NotInRulebook where no clause limits it."""
    for clause in rulebook.in_force(Limit):
        if (clause.of, clause.per) == (what, per):
            return clause
    raise NotInRulebook(cannot_be("no_limit", code=rulebook.code, what=what, per=per))


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that a limit may count: who asked, with whom, and whether it was granted."""

    by: str
    other: str | None
    granted: bool


def counted(asked: Iterable[Asked], who: str, clause: Limit) -> int:
    """How many requests of a period count for somebody."""
    return sum(
        1
        for one in asked
        if (one.granted or clause.counts != "granted")
        and (one.by == who or (clause.whose == "both" and one.other == who))
    )


@dataclass(frozen=True, slots=True)
class Within:
    """Whether one more, or so much, is within a limit; ``then``: what becomes of it if not."""

    within: bool
    then: str | None
    steps: tuple[Step, ...]


def within_limit(amount: int, clause: Limit) -> Within:
    """Is this many (the one asked for included), or this long, within the limit? Exactly is.

    Raises BadFacts for a number below 0.
    """
    if amount < 0:
        raise BadFacts(cannot_be("number_below_nought", n=amount))
    within = amount <= clause.at_most
    key = f"limit_{clause.unit}" if within else f"limit_{clause.unit}_passed"
    step = Step.of(clause.id, key, n=amount, most=clause.at_most)
    if within:
        return Within(True, None, (step,))
    return Within(False, clause.beyond, (step, Step.of(clause.id, f"beyond_{clause.beyond}")))


# Seasons.


@dataclass(frozen=True, slots=True)
class Seasons:
    """The seasons of a rulebook, exceptions before the rule."""

    code: str
    clauses: tuple[Season, ...]

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        clauses = sorted(rulebook.in_force(Season), key=lambda c: not c.exception)
        return cls(rulebook.code, tuple(clauses))

    def season(self, month: int, table: str = "") -> tuple[str, str]:
        """Return the season of a month of the year (1 to 12) for a scale, and the clause that says so.

        Source: CD-12.04, CD-12.05. Raises BadFacts for no month, NotSet for one that no clause
        gives a season.
        """
        if not 1 <= month <= 12:
            raise BadFacts({"month": cannot_be("no_month", n=month)})
        for clause in self.clauses:
            for season, months in clause.seasons.items():
                if month in months and (not clause.tables or table in clause.tables):
                    return season, clause.id
        raise NotSet(self.code, f"season.{month:02}")


def season_of(month: int, rulebook: Rulebook, table: str = "") -> tuple[str, str]:
    """``Seasons.season`` of a rulebook that is asked once."""
    return Seasons.of(rulebook).season(month, table)


# Courses.


@dataclass(frozen=True, slots=True)
class CourseDay:
    number: int
    on: date
    clause: str
    topics: tuple[str, ...]
    mentor: bool


def course_plan(
    course: str, starts_on: date, rulebook: Rulebook, calendar: Calendar | None = None
) -> tuple[CourseDay, ...]:
    """Return what is taught on which day of a course that begins on ``starts_on``, or on the first
    day worked after it. Source: ES-602.02 to ES-602.06.

    Raises NotInRulebook for a course no clause speaks of, NoCalendar where its days are working days.
    """
    parts = [clause for clause in rulebook.in_force(Course) if clause.course == course]
    whole = next((clause for clause in parts if not clause.topics), None)
    if whole is None:
        raise NotInRulebook(cannot_be("no_course", code=rulebook.code, course=course))
    if whole.day_type == "working" and calendar is None:
        raise NoCalendar(whole.id)
    plan, day = [], starts_on
    for number in range(1, whole.last + 1):
        while calendar is not None and whole.day_type == "working" and not calendar.works(day):
            day += DAY
        part = next((p for p in parts if p.topics and p.first <= number <= p.last), whole)
        plan.append(CourseDay(number, day, part.id, part.topics, part.mentor))
        day += DAY
    return tuple(plan)
