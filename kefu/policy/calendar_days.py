"""Whole days: so many calendar or working days, to 24:00 of the last one."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal

from kefu.policy.calendars import Calendar
from kefu.policy.moments import DAY, SHANGHAI, Pause, day_of, end_of, stretches
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.steps import instant

MOST_DAYS = 3660  # ten years
NOUGHT = timedelta(0)
FURTHEST = 36_600 * DAY  # beyond this a pause has no end

DayType = Literal["calendar", "working"]


def calendar_days(
    start: datetime,
    n: int,
    pauses: Iterable[Pause] = (),
    *,
    day_type: DayType = "calendar",
    calendar: Calendar | None = None,
    start_counts: bool = False,
) -> datetime:
    """Return the end of the last of ``n`` days, in UTC: 24:00 of it, the midnight that follows, which
    is still in time.

    The day of ``start`` is not counted, unless ``start_counts``; 0 days end on that day. Days are
    days on the wall, also where summer time made one of 23 hours. What a pause takes away of the
    days that count is added, all pauses together and overlapping ones once, and the period again
    ends with a whole day. Working days need the calendar.

    Raises BadFacts for a number below 0 or above 3660, for working days without a calendar, and
    where pauses leave no day within a hundred years.
    """
    return end_of(last_day(start, n, pauses, day_type, calendar, start_counts=start_counts))


def last_day(
    start: datetime,
    n: int,
    pauses: Iterable[Pause] = (),
    day_type: DayType = "calendar",
    calendar: Calendar | None = None,
    *,
    start_counts: bool = False,
) -> date:
    """The last day of what ``calendar_days`` describes, where it raises too."""
    if not 0 <= n <= MOST_DAYS:
        raise BadFacts({"days": cannot_be("days_range", most=MOST_DAYS, n=n)})
    if day_type == "working" and calendar is None:
        raise BadFacts({"calendar": wanted("working_days_calendar")})
    day, starts_at = day_of(start), _naive(instant(start))
    stood_still = [(_naive(b), _naive(e)) for b, e in stretches(pauses, after=instant(start))]
    working = calendar if day_type == "working" else None
    if not stood_still and working is None:
        return day + (n - start_counts if n else 0) * DAY
    if n == 0:  # what is left of the day has to be had in full, worked or not
        rest = datetime.combine(day + DAY, time.min) - starts_at
        return _day_reached(starts_at, rest, stood_still, None)
    first = datetime.combine(day if start_counts else day + DAY, time.min)
    return _day_reached(first, n * DAY, stood_still, working)


def _day_reached(
    begin: datetime,
    needed: timedelta,
    stood_still: Sequence[tuple[datetime, datetime]],
    working: Calendar | None,
) -> date:
    """The first day by whose end so much time of counting days has passed without a pause."""
    latest = begin + FURTHEST
    while begin <= latest:
        day = begin.date()
        end = datetime.combine(day + DAY, time.min)
        if working is None or working.works(day):
            lost = (min(e, end) - max(b, begin) for b, e in stood_still)
            needed -= end - begin - sum((max(span, NOUGHT) for span in lost), NOUGHT)
            if needed <= NOUGHT:
                return day
        begin = end
    raise BadFacts({"pauses": cannot_be("paused_for_ever")})


def _naive(moment: datetime) -> datetime:
    """The time on the wall, where every day has 24 hours."""
    return moment.astimezone(SHANGHAI).replace(tzinfo=None)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, the last one of a month that is too short for it.

    Raises BadFacts for a number below 0 or a year beyond the calendar.
    """
    if months < 0:
        raise BadFacts(cannot_be("months_below_nought", n=months))
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        raise BadFacts(cannot_be("months_beyond", n=months, on=day))
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
