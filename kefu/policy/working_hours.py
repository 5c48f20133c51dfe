"""Working time: what is due after so many hours in which a department works."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from kefu.policy.calendars import MICROSECOND, Calendar, Table, micros, moment
from kefu.policy.moments import Pause, day_of, stretches
from kefu.policy.refusals import BadFacts, cannot_be
from kefu.policy.steps import Step, instant

LONGEST = timedelta(hours=10_000)  # about five years of work: anything longer is a slip
Spans = list[tuple[int, int]]


def working_hours(
    start: datetime, length: timedelta, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> datetime:
    """Return the moment by which ``length`` was worked since ``start``, in UTC.

    Windows are half open: the very moment of closing is no longer inside. A start outside begins
    with the next window, and what is used up as a window closes is due then, not when the next one
    opens. Pauses are left out, overlapping ones once; one that begins at the due time comes too
    late. Exactly on the due time is in time.

    Raises BadFacts for a length that is not positive or above 10,000 hours and for a pause without
    length, OutOfCalendar where the calendar does not reach, ValueError for a moment without zone.
    """
    if not timedelta(0) < length <= LONGEST:
        hours = LONGEST // timedelta(hours=1)
        raise BadFacts({"minutes": cannot_be("work_length", hours=hours)})
    starts_at = instant(start)
    paused = _paused(pauses, starts_at) if pauses else []
    begin, left, year = micros(starts_at), length // MICROSECOND, starts_at.year
    table = calendar.table(year, year + 1)  # Shanghai may have the next year already
    while (due := _due(table, begin, left, paused)) is None:
        table = calendar.table(year, table.last + 1)
    return moment(due)


def _paused(pauses: Iterable[Pause], after: datetime) -> Spans:
    return [(micros(begins), micros(ends)) for begins, ends in stretches(pauses, after=after)]


def _due(table: Table, begin: int, left: int, paused: Spans) -> int | None:
    """The due instant; None if it lies beyond the table."""
    for pause_begins, pause_ends in paused:
        due = table.reached(table.worked(begin) + left)
        if due is None or due <= pause_begins:
            return due
        if pause_ends >= table.ends_at:
            return None
        left -= table.worked(pause_begins) - table.worked(begin)
        begin = pause_ends
    return table.reached(table.worked(begin) + left)


def time_worked(
    begin: datetime, end: datetime, calendar: Calendar, pauses: Iterable[Pause] = ()
) -> timedelta:
    """Return how much was worked between two moments, pauses left out; 0 if the second is earlier.

    Raises BadFacts as ``working_hours`` does.
    """
    starts_at, ends_at = instant(begin), instant(end)
    if ends_at <= starts_at:
        return timedelta(0)
    table = calendar.table(starts_at.year, ends_at.year + 1)
    worked = table.worked(micros(ends_at)) - table.worked(micros(starts_at))
    for pause_begins, pause_ends in _paused(pauses, starts_at):
        cut_off = min(pause_ends, micros(ends_at))
        if pause_begins < cut_off:
            worked -= table.worked(cut_off) - table.worked(pause_begins)
    return worked * MICROSECOND


def working_steps(
    clause: str,
    start: datetime,
    length: timedelta,
    calendar: Calendar,
    pauses: Iterable[Pause] = (),
) -> tuple[Step, ...]:
    """Tell how ``working_hours`` comes to its moment: the length, each window that was counted and
    each pause, in order of time, and the years of which the calendar knows the week only.
    """
    pauses = tuple(pauses)
    starts_at = instant(start)
    due_at = working_hours(start, length, calendar, pauses)
    steps = [Step.of(clause, "working_length", start=starts_at, limit=length)]
    paused = [span for span in _paused(pauses, starts_at) if span[0] < micros(due_at)]
    lines: list[tuple[int, Step]] = []
    left = length
    for opens, closes in _counted(calendar, starts_at, due_at, paused):
        counted = (closes - opens) * MICROSECOND
        left -= counted
        inputs = {"opens_at": moment(opens), "closes_at": moment(closes)}
        line = Step.of(clause, "working_window", **inputs, counted=counted, left=left)
        lines.append((opens, line))
    for begins, ends in paused:
        inputs = {"opens_at": moment(begins), "closes_at": moment(ends)}
        lines.append((begins, Step.of(clause, "working_pause", **inputs)))
    steps += [line for _at, line in sorted(lines, key=lambda pair: pair[0])]
    steps += unknown_years(clause, day_of(starts_at), day_of(due_at), calendar)
    return *steps, Step.of(clause, "working_due", at=due_at)


def _counted(
    calendar: Calendar, starts_at: datetime, due_at: datetime, paused: Spans
) -> Iterator[tuple[int, int]]:
    """The windows between start and due time, with the pauses cut out of them."""
    begin = micros(starts_at)
    table = calendar.table(starts_at.year, due_at.year + 1)
    for pause_begins, pause_ends in [*paused, (micros(due_at), micros(due_at))]:
        if begin < pause_begins:
            yield from table.windows(begin, pause_begins)
        begin = max(begin, pause_ends)


def unknown_years(clause: str, first: date, last: date, calendar: Calendar) -> list[Step]:
    """A step for each year between two days of which the calendar does not know the holidays."""
    years = range(first.year, last.year + 1)
    return [
        Step.of(clause, "year_unknown", year=year)
        for year in years
        if not calendar.knows(date(year, 1, 1))
    ]
