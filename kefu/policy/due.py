"""What any clock of a rulebook comes to, whatever kind it is of.

``due("complaint_solution", ClockFacts({"receipt": …}, case="major"), rulebook)`` finds the clause by
what it measures and for whom, and runs it. The clocks with rules of their own (the reply to a
customer, the promise to call back) are in ``clocks``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from kefu.policy.calendar_days import calendar_days, last_day, months_after
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import (
    CalendarDays,
    Clock,
    Elapsed,
    FixedTime,
    Notice,
    NotSet,
    Schedule,
)
from kefu.policy.clocks import Due, NoCalendar, Pause, check_pauses, fixed_time, made, run_elapsed
from kefu.policy.moments import DAY, SHANGHAI, day_of, end_of, stretches
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant
from kefu.policy.working_hours import time_worked, unknown_years

DISPATCH, DISPATCH_CUT_OFF = "dispatch", "dispatch_cut_off"


class NoClock(NotInRulebook):
    """The rulebook has no clause that measures this, for such a case."""

    def __init__(self, code: str, times: str, case: str) -> None:
        super().__init__(cannot_be("no_clock", code=code, times=times, case=case))
        self.times, self.case = times, case


class MissingMoment(BadFacts):
    """A clause counts from, or up to, something of which nobody said when it happened."""

    def __init__(self, clause: str, event: str) -> None:
        super().__init__(wanted("when_was", clause=clause, event=event))
        self.clause, self.event = clause, event


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What happened when, and what sort of case it is.

    ``moments`` by the names that clauses count from ("receipt", "resolved" …); ``case``: its class,
    type or sort. ``classed_at``: when it got its present class, if it had another before.
    ``promised_for``: the time named for this very case. ``calendar``: the department's.
    """

    moments: Mapping[str, datetime]
    case: str = "any"
    channel: str = "any"
    message: str = "any"
    classed_at: datetime | None = None
    promised_for: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    calendar: Calendar | None = None

    def moment(self, clause: str, event: str) -> datetime:
        """Raises MissingMoment, ValueError for one without zone."""
        if event not in self.moments:
            raise MissingMoment(clause, event)
        return instant(self.moments[event])


def clock_for(times: str, facts: ClockFacts, rulebook: Rulebook) -> Clock:
    """Return the clause made for this case, else the one for any. Raises NoClock."""
    fitting = [
        clause
        for clause in rulebook.in_force(Clock)
        if clause.times == times
        and (not clause.cases or facts.case in clause.cases)
        and clause.channel in ("any", facts.channel)
        and clause.message in ("any", facts.message)
    ]
    if not fitting:
        raise NoClock(rulebook.code, times, facts.case)
    return max(fitting, key=lambda c: (bool(c.cases), c.channel != "any", c.message != "any"))


def due(times: str, facts: ClockFacts, rulebook: Rulebook) -> Due | None:
    """Return when what ``times`` measures is due, or None where the clause sets no time.

    Raises NoClock, MissingMoment, NoCalendar, NotSet (a time has to be named for the case) and
    BadFacts for a pause the clause does not know. ValueError for a moment without zone.
    """
    clause = clock_for(times, facts, rulebook)
    check_pauses(clause, facts.pauses)
    if isinstance(clause, Elapsed) and clause.promised:
        return _promised(clause, facts)
    if not clause.runs:
        return None
    if isinstance(clause, Notice):
        return _ahead(clause, facts)
    starts_at, because = _start(clause, facts)
    match clause:
        case Elapsed():
            found = run_elapsed("clock", clause, starts_at, facts.pauses, facts.calendar)
            if not clause.binding:
                estimate = Step.of(clause.id, "estimate", at=found.due_at)
                found = replace(found, steps=(*found.steps, estimate), breaches=False)
        case FixedTime():
            due_at = fixed_time(starts_at, clause.at, clause.days, facts.pauses)
            step = Step.of(clause.id, "due_fixed", days=clause.days, time=clause.at, at=due_at)
            found = made("clock", clause.id, starts_at, due_at, clause.house, step)
        case CalendarDays():
            found = _days(clause, facts, starts_at)
        case _:
            raise TypeError(f"{clause.id} is a clock of no kind we know")
    return replace(found, steps=(*because, *found.steps))


def due_since(
    times: str,
    started_at: datetime,
    rulebook: Rulebook,
    *,
    case: str = "any",
    pauses: tuple[Pause, ...] = (),
    classed_at: datetime | None = None,
    promised_for: datetime | None = None,
) -> Due | None:
    """Return when what ``times`` measures is due, counted from the one moment that starts it.

    None where the rulebook has no such clock, or a clock without a time. Raises what ``due`` raises besides.
    """
    facts = ClockFacts(
        {}, case=case, pauses=pauses, classed_at=classed_at, promised_for=promised_for
    )
    try:
        since = clock_for(times, facts, rulebook).since
    except NoClock:
        return None
    return due(times, replace(facts, moments={since: started_at}), rulebook)


def _start(clause: Clock, facts: ClockFacts) -> tuple[datetime, tuple[Step, ...]]:
    starts_at = facts.moment(clause.id, clause.since)
    classed_at = facts.classed_at and instant(facts.classed_at)
    if classed_at is None or classed_at <= starts_at or not isinstance(clause, Elapsed):
        return starts_at, ()
    if clause.reclassed == "start":
        step = Step.of(clause.id, "reclassed_from_start", classed_at=classed_at, start=starts_at)
        return starts_at, (step,)
    return classed_at, (Step.of(clause.id, "reclassed_from_then", classed_at=classed_at),)


def _promised(clause: Elapsed, facts: ClockFacts) -> Due:
    """Due when it was promised for; the clause wants a time for every case."""
    starts_at = facts.moment(clause.id, clause.since)
    if facts.promised_for is None:
        raise NotSet(clause.id, "promised_for")
    named = instant(facts.promised_for)
    if named < starts_at:
        why = cannot_be("promised_before_start", promised_at=named, starts_at=starts_at)
        raise BadFacts({"promised_for": why})
    step = Step.of(clause.id, "due_promised", start=starts_at, at=named)
    return made("clock", clause.id, starts_at, named, clause.house, step)


def _days(clause: CalendarDays, facts: ClockFacts, starts_at: datetime) -> Due:
    length: int = clause.given("length")
    first_on = day_of(starts_at)
    if clause.unit != "days":
        last_on = months_after(first_on, length * (12 if clause.unit == "years" else 1))
        key = f"due_{clause.unit}"
        step = Step.of(clause.id, key, from_on=first_on, n=length, at=end_of(last_on))
        return made("clock", clause.id, starts_at, end_of(last_on), clause.house, step)

    calendar = facts.calendar if clause.day_type == "working" else None
    if clause.day_type == "working" and calendar is None:
        raise NoCalendar(clause.id)

    def ends(pauses: tuple[Pause, ...]) -> datetime:
        return calendar_days(
            starts_at,
            length,
            pauses,
            day_type=clause.day_type,
            calendar=calendar,
            start_counts=clause.start_counts,
        )

    unpaused, due_at = ends(()), ends(facts.pauses)
    key = "due_days" if calendar is None else "due_working_days"
    if clause.start_counts:
        key = f"{key}_with_first"
    steps = [Step.of(clause.id, key, from_on=first_on, n=length, at=unpaused)]
    if calendar:
        last_on = last_day(starts_at, length, facts.pauses, clause.day_type, calendar)
        steps += [
            Step.of(clause.id, "day_not_worked", rest_on=day)
            for day in _between(first_on, last_on)
            if not calendar.works(day)
        ]
        steps += unknown_years(clause.id, first_on, last_on, calendar)
    if due_at != unpaused:
        lost = sum(
            (
                ends_at - begins_at
                for begins_at, ends_at in stretches(facts.pauses, after=starts_at)
            ),
            timedelta(0),
        )
        steps.append(Step.of(clause.id, "days_paused", paused=lost, at=due_at))
    return made("clock", clause.id, starts_at, due_at, clause.house, *steps)


def _between(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range(1, (last - first).days + 1)]


def _ahead(clause: Notice, facts: ClockFacts) -> Due:
    """Due before something else. Where nobody says since when it was open, the warning is."""
    reference = facts.moment(clause.id, clause.before)
    ahead = clause.length
    days = ahead * 7 if clause.unit == "weeks" else ahead
    told: dict[str, object] = {"event_at": reference}
    if clause.unit in ("days", "weeks"):
        due_at = end_of(day_of(reference) - days * DAY)
        told = {"event_on": day_of(reference)}
    else:
        due_at = reference - timedelta(**{clause.unit: ahead})
    open_since = facts.moments.get(clause.since)
    warned = timedelta(minutes=clause.house.warn_before_minutes or 0)
    starts_at = min(due_at, instant(open_since)) if open_since else due_at - warned
    key = f"due_ahead_{clause.unit}"
    step = Step.of(clause.id, key, **told, n=ahead, at=due_at)
    return made("clock", clause.id, starts_at, due_at, clause.house, step)


@dataclass(frozen=True, slots=True)
class Age:
    """How long something has been open under a clause that sets no time. ``remind_at``: when the
    house likes to be reminded, None: never. Nothing breaches."""

    clause: str
    age: timedelta
    remind_at: datetime | None
    steps: tuple[Step, ...]


def age(times: str, facts: ClockFacts, rulebook: Rulebook, now: datetime) -> Age:
    """Return how old it is at ``now``, pauses left out; in working time where the clause counts it.

    Works for a clause with a limit as well. Raises NoClock, MissingMoment, NoCalendar, and
    BadFacts for a ``now`` before the start.
    """
    clause = clock_for(times, facts, rulebook)
    check_pauses(clause, facts.pauses)
    starts_at, until = facts.moment(clause.id, clause.since), instant(now)
    if until < starts_at:
        raise BadFacts(cannot_be("before_start", until_at=until, starts_at=starts_at))
    if isinstance(clause, Elapsed) and clause.counts == "working":
        if facts.calendar is None:
            raise NoCalendar(clause.id)
        passed = time_worked(starts_at, until, facts.calendar, facts.pauses)
    else:
        passed = until - starts_at
        for begins_at, ends_at in stretches(facts.pauses, after=starts_at):
            passed -= max(timedelta(0), min(ends_at, until) - begins_at)
    remind = clause.house.remind_after_minutes
    remind_at = starts_at + timedelta(minutes=remind) if remind else None
    steps = [Step.of(clause.id, "age", start=starts_at, now_at=until, age=passed)]
    if remind_at:
        steps.append(Step.of(clause.id, "remind", at=remind_at))
    return Age(clause.id, passed, remind_at, tuple(steps))


def dispatch_due(paid_at: datetime, goods: str, rulebook: Rulebook) -> Due:
    """Return by when paid goods have to leave.

    Goods with a clock of their own run by it (SD-222.17: not in stock, the next day; SD-222.18: made
    by hand, 48 hours). What is in stock leaves the same day if it was paid before the cut-off
    (SD-222.16: 16:00:00 is too late), else the next day.

    Raises NoClock for goods that no clause speaks of.
    """
    facts = ClockFacts({"payment": paid_at}, case=goods)
    cut_off = next((c for c in rulebook.in_force(Schedule) if c.subject == DISPATCH_CUT_OFF), None)
    if goods != "in_stock" or cut_off is None:
        found = due(DISPATCH, facts, rulebook)
        if found is None:
            raise NoClock(rulebook.code, DISPATCH, goods)
        return found
    starts_at = instant(paid_at)
    local = starts_at.astimezone(SHANGHAI)
    late = cut_off.passed(local.time())
    due_at = end_of(local.date() + late * DAY)
    key = "dispatch_next_day" if late else "dispatch_same_day"
    step = Step.of(cut_off.id, key, received=starts_at, after=cut_off.at, at=due_at)
    return made("clock", cut_off.id, starts_at, due_at, cut_off.house, step)
