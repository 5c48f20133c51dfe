"""The report about parcels whose slips were written wrongly: when it is due, and in what order it is."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from kefu.policy.clauses import Report
from kefu.policy.clocks import Due, made
from kefu.policy.due import ClockFacts, NoClock, clock_for, due
from kefu.policy.moments import DAY, end_of, wall
from kefu.policy.months import Month, last_day
from kefu.policy.recurring import Occurrence, occurrences, recurring
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

REPORT, REMOTE = "misprint_report", "misprint_report_remote"
LIST = "miswriting_list"


def report_due(
    rulebook: Rulebook, month: Month, *, remote: bool = False, days_ahead: int | None = None
) -> Due:
    """Return when the report about ``month`` is due: on its day of the month that follows.

    A ``remote`` outlet reports some days earlier, by 24:00 of that day: ``days_ahead`` of its own, else
    those of the rulebook; with neither on the same day as all. Source: CD-08.07, CD-08.08. Raises
    NotInRulebook for a rulebook without the report.
    """
    clause = recurring(REPORT, rulebook)
    after = last_day(month) + DAY
    found = next(occurrences(clause, after, after + timedelta(days=31)))
    if remote and (earlier := _earlier(rulebook, found, days_ahead)) is not None:
        return earlier
    opened = wall(after, time.min)
    return made("clock", clause.id, opened, found.due_at, clause.house, *found.steps)


def _earlier(rulebook: Rulebook, found: Occurrence, days_ahead: int | None) -> Due | None:
    facts = ClockFacts({REPORT: wall(found.on, time.min)})
    try:
        clause = clock_for(REMOTE, facts, rulebook)
    except NoClock:
        return None
    if days_ahead is None:
        return due(REMOTE, facts, rulebook)
    due_at: datetime = end_of(found.on - days_ahead * DAY)
    step = Step.of(clause.id, "due_ahead_days", event_on=found.on, n=days_ahead, at=due_at)
    opened = wall(found.on.replace(day=1), time.min)
    return made("clock", clause.id, opened, due_at, clause.house, step)


def grouped_by(rulebook: Rulebook) -> tuple[str, ...]:
    """By what the list is put in order, the first before all others; () where no clause says so (CD-08.02)."""
    return tuple(name for clause in _reports(rulebook) for name in clause.group_by)


def needed(rulebook: Rulebook) -> tuple[str, ...]:
    """What has to be there when it is sent (CD-08.06)."""
    return tuple(name for clause in _reports(rulebook) for name in clause.needs)


def frozen(rulebook: Rulebook) -> bool:
    """Whether nothing changes after it was locked, so that paper and file agree (CD-08.10)."""
    return any(clause.frozen for clause in _reports(rulebook))


def _reports(rulebook: Rulebook) -> Sequence[Report]:
    return [clause for clause in rulebook.in_force(Report) if LIST in clause.reports]
