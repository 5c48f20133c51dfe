"""How old open cases are, held against the days that they may take."""

from collections.abc import Mapping
from datetime import date, datetime, time

from kefu.policy.clauses import CalendarDays
from kefu.policy.moments import DAY, wall
from kefu.policy.rulebook import Rulebook


def limits(rulebook: Rulebook, times: str) -> dict[str, int]:
    """The days that a clock counted in days allows, by the sort of case; {} where none is so counted.

    Source: CD-05.17, CD-05.19.
    """
    return {
        sort: clause.length
        for clause in rulebook.in_force(CalendarDays)
        if clause.times == times and clause.length is not None and clause.unit == "days"
        for sort in clause.cases
    }


def bands(allowed: Mapping[str, int]) -> tuple[int, ...]:
    """The ages at which one band ends and the next begins, in days: each limit once, the shortest first."""
    return tuple(sorted(set(allowed.values())))


def begun_since(today: date, days: int) -> datetime:
    """What began at this instant or later is at most so many days old; the day it began is not counted."""
    return wall(today - days * DAY, time.min)
