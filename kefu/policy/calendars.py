"""A department's working calendar: an edition that is handed in and never changes.

Who fills it, from whatever source, and who confirms it is not policy's business; what is not in the
edition is not known here.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from kefu.policy.clauses.base import Name, Strict, Text
from kefu.policy.clauses.rosters import Weekday, Window, in_order, minutes
from kefu.policy.moments import DAY, SHANGHAI
from kefu.policy.refusals import BadFacts, cannot_be

FIRST_YEAR, LAST_YEAR = 1950, 2999  # before and after, no edition of ours makes sense
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LONGEST_TABLE = 100  # years
KEPT_TABLES = 4  # a calendar is asked about this year and perhaps about an old one
A_MINUTE = 60_000_000  # microseconds, in which the tables count

DayType = Literal["working", "rest", "statutory_holiday"]
Windows = tuple[Window, ...]
AnyDay = TypeVar("AnyDay", datetime, date)


def _in_reach(on: AnyDay) -> AnyDay:
    if not FIRST_YEAR <= on.year < LAST_YEAR:
        raise BadFacts(cannot_be("year_range", first=FIRST_YEAR, last=LAST_YEAR - 1))
    return on


# Facts that people type in: a year that no calendar of ours reaches is a slip.
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
Date = Annotated[date, AfterValidator(_in_reach)]


class OutOfCalendar(BadFacts):
    """A moment that no calendar reaches."""

    def __init__(self, year: int) -> None:
        why = cannot_be("out_of_calendar", first=FIRST_YEAR, last=LAST_YEAR, year=year)
        super().__init__(why)
        self.year = year


class MakeUpDay(Strict):
    """A rest day that is worked in exchange (调休上班), with the hours of a weekday."""

    on: date
    like: Weekday


class Day(Strict):
    """What a day is. ``known`` is False in a year the edition says nothing about: then the weekday
    alone decided."""

    on: date
    type: DayType
    windows: Windows
    known: bool


class Calendar(Strict):
    """An edition of one department's calendar. ``week``: the working windows of Monday to Sunday, as
    Shanghai wall times, breaks left out; none: a rest day.

    ``statutory_holidays`` and ``days_off`` (free in exchange) are not worked, ``make_up`` days are.
    They are complete for ``years``; of any other year only the week is known.
    """

    department: Name
    edition: Text
    week: Annotated[tuple[Windows, ...], Field(min_length=7, max_length=7)]
    years: tuple[Annotated[int, Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)], ...] = ()
    statutory_holidays: tuple[date, ...] = ()
    days_off: tuple[date, ...] = ()
    make_up: tuple[MakeUpDay, ...] = ()

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        for windows in self.week:
            in_order(windows)
        if not any(self.week):
            raise BadFacts({"week": cannot_be("idle_week")})
        named = [*self.statutory_holidays, *self.days_off, *(day.on for day in self.make_up)]
        if len(set(named)) < len(named):
            raise BadFacts(cannot_be("day_twice"))
        for day in named:
            if day.year not in self.years:
                raise BadFacts({"years": cannot_be("day_of_unknown_year", on=day)})
        for make_up in self.make_up:
            if not self.week[make_up.like - 1]:
                raise BadFacts({"make_up": cannot_be("made_up_by_idle_day", on=make_up.on)})
        return self

    @classmethod
    def plain(cls, windows: dict[int, tuple[tuple[str, str], ...]], **given: Any) -> Self:
        """A calendar from {1: (("08:00", "12:00"), ("13:30", "17:30")), …}, Monday = 1."""
        week = tuple(
            tuple(Window(opens=opens, closes=closes) for opens, closes in windows.get(day, ()))
            for day in range(1, 8)
        )
        return cls(**{"department": "department", "edition": "1", **given}, week=week)

    @cached_property
    def _exceptions(self) -> dict[date, tuple[DayType, Windows]]:
        days: dict[date, tuple[DayType, Windows]] = {}
        days |= dict.fromkeys(self.statutory_holidays, ("statutory_holiday", ()))
        days |= dict.fromkeys(self.days_off, ("rest", ()))
        return days | {day.on: ("working", self.week[day.like - 1]) for day in self.make_up}

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self.years)

    def day(self, on: date) -> Day:
        """What a day is, and whether that is known."""
        windows = self.week[on.isoweekday() - 1]
        usual: tuple[DayType, Windows] = ("working" if windows else "rest", windows)
        type_, windows = self._exceptions.get(on, usual)
        return Day(on=on, type=type_, windows=windows, known=on.year in self._known)

    def works(self, on: date) -> bool:
        return bool(self._windows(on))

    def knows(self, on: date) -> bool:
        return on.year in self._known

    def _windows(self, on: date) -> Windows:
        found = self._exceptions.get(on)
        return self.week[on.isoweekday() - 1] if found is None else found[1]

    def last_working_day(self, of: date) -> date:
        """The last working day of a month; ``of`` is any of its days.

        Raises BadFacts for a month without one.
        """
        first = of.replace(day=1)
        day = (first + 31 * DAY).replace(day=1) - DAY
        while day >= first:
            if self.works(day):
                return day
            day -= DAY
        raise BadFacts(cannot_be("no_working_day", month=f"{of:%Y-%m}"))

    # Working time. The windows of a run of years stand in one table with the time worked before
    # each, so that a due time is two searches, however far away it is.

    @cached_property
    def _tables(self) -> "list[Table]":
        return []

    def table(self, first: int, last: int) -> "Table":
        """A table that reaches at least from the year ``first`` to ``last``. Raises OutOfCalendar."""
        for kept in self._tables:
            if kept.first <= first and last <= kept.last:
                return kept
        for year in (first, last):
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise OutOfCalendar(year)
        if last - first > LONGEST_TABLE:
            raise OutOfCalendar(last)
        made = Table.of(self, first, last)
        self._tables[:] = [made, *self._tables[: KEPT_TABLES - 1]]
        return made


@dataclass(frozen=True, slots=True)
class Table:
    """The working windows of some years as instants, in microseconds since 1970: where each opens
    and closes, how much was worked before it opens, and after it has closed."""

    first: int
    last: int
    starts_at: int
    ends_at: int
    opens: list[int]
    closes: list[int]
    before: list[int]
    after: list[int]

    @classmethod
    def of(cls, calendar: Calendar, first: int, last: int) -> Self:
        day, end = date(first, 1, 1), date(last + 1, 1, 1)
        spans: list[tuple[int, int]] = []
        offset = _offset(day)
        starts_at = _midnight(day, offset)
        while day < end:
            next_offset = _offset(day + DAY)
            windows = calendar._windows(day)
            if windows and offset == next_offset:
                midnight = _midnight(day, offset)
                spans += [
                    (
                        midnight + minutes(window.opens) * A_MINUTE,
                        midnight + minutes(window.closes) * A_MINUTE,
                    )
                    for window in windows
                ]
            elif windows:
                spans += _on_a_day_of_change(day, windows, offset, next_offset)
            day, offset = day + DAY, next_offset
        after = list(accumulate(closes - opens for opens, closes in spans))
        return cls(
            first,
            last,
            starts_at,
            _midnight(end, offset),
            [opens for opens, _closes in spans],
            [closes for _opens, closes in spans],
            [0, *after[:-1]],
            after,
        )

    def worked(self, at: int) -> int:
        """The microseconds worked from the beginning of the table to an instant."""
        index = bisect_right(self.closes, at)
        if index == len(self.opens):
            return self.after[-1] if self.after else 0
        return self.before[index] + max(0, at - self.opens[index])

    def reached(self, worked: int) -> int | None:
        """The first instant by which so much was worked; None: not within the table."""
        index = bisect_left(self.after, worked)
        if index == len(self.after):
            return None
        return self.closes[index] - (self.after[index] - worked)

    def windows(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The windows between two instants, cut off at them."""
        for index in range(bisect_right(self.closes, begin), bisect_left(self.opens, end)):
            yield max(begin, self.opens[index]), min(end, self.closes[index])


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970; it has a zone."""
    return (moment - EPOCH) // MICROSECOND


def moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def _offset(day: date) -> int:
    """How far Shanghai is ahead of UTC as a day begins, in microseconds."""
    ahead = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).utcoffset()
    assert ahead is not None
    return ahead // MICROSECOND


def _midnight(day: date, offset: int) -> int:
    return (day.toordinal() - EPOCH.toordinal()) * 1440 * A_MINUTE - offset


def _on_a_day_of_change(
    day: date, windows: Windows, offset: int, next_offset: int
) -> Iterator[tuple[int, int]]:
    """The windows of a day on which the clocks are changed: an instant is inside when the clock on
    the wall says so, at both passes of an hour that is repeated."""
    begin, end = _midnight(day, offset), _midnight(day + DAY, next_offset)
    change = _change(begin, end)
    spans = []
    for from_, to, ahead in ((begin, change, offset), (change, end, next_offset)):
        midnight = _midnight(day, ahead)
        for window in windows:
            opens = max(from_, midnight + minutes(window.opens) * A_MINUTE)
            closes = min(to, midnight + minutes(window.closes) * A_MINUTE)
            if opens < closes:
                spans.append((opens, closes))
    merged: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if merged and merged[-1][1] == opens:
            merged[-1] = merged[-1][0], closes
        else:
            merged.append((opens, closes))
    yield from merged


def _change(begin: int, end: int) -> int:
    """The first instant between two at which Shanghai's offset is the later one's."""

    def ahead(at: int) -> timedelta | None:
        return moment(at).astimezone(SHANGHAI).utcoffset()

    later = ahead(end)
    points = range(begin, end, A_MINUTE)
    return next(
        second
        for first, second in pairwise(points)
        if ahead(first) != later and ahead(second) == later
    )
