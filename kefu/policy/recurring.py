"""What comes round again: which days, until when, and what period it is about."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kefu.policy.calendars import Calendar
from kefu.policy.clauses import NotSet, Recurring, Report
from kefu.policy.clauses.measures import ReportDue
from kefu.policy.clauses.recurring import Day
from kefu.policy.clocks import NoCalendar
from kefu.policy.conditions import said
from kefu.policy.moments import DAY, day_of, end_of, wall
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant

FURTHEST = 3660 * DAY  # no rhythm of ours leaves ten years empty


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time it is due, or ``times`` on that day. ``covers``: the first and the last day it is about,
    where the clause says so; ``about``: what it is done about; ``after``: what has to be there
    first; ``ends_at``: when it is over. ``warn_at`` is for whoever has to do it, ``lead_warn_at``
    for the shift lead.
    """

    clause: str
    on: date
    due_at: datetime
    warn_at: datetime | None
    lead_warn_at: datetime | None
    covers: tuple[date, date] | None
    steps: tuple[Step, ...]
    times: int = 1
    about: tuple[str, ...] = ()
    after: str | None = None
    ends_at: datetime | None = None


def recurring(subject: str, rulebook: Rulebook) -> Recurring:
    """Raises NotInRulebook for a subject no clause speaks of."""
    for clause in rulebook.in_force(Recurring):
        if clause.subject == subject:
            return clause
    raise NotInRulebook(cannot_be("no_recurring", code=rulebook.code, subject=subject))


def occurrences(
    clause: Recurring, first: date, last: date, calendar: Calendar | None = None
) -> Iterator[Occurrence]:
    """Yield what is due from one day to another, both included, in order of time.

    Without days it is due once a period, by 24:00 of its last day; without a time of day by 24:00.
    A day that a month does not have is its last one, or none (``short_month``). A day that is not
    worked counts all the same, or is skipped (``on_holiday``).

    Raises NotSet where neither the regulation nor the house names an interval, NoCalendar where the
    clause asks what is a working day, BadFacts for more than ten years.
    """
    if clause.rhythm is None:
        raise NotSet(clause.id, "per")
    if last - first > FURTHEST:
        raise BadFacts(cannot_be("too_long", first_on=first, last_on=last))
    day = first
    while day <= last:
        if _is_due(clause, day, calendar):
            yield from _on(clause, day, calendar)
        day += DAY


def next_occurrence(
    clause: Recurring, after: datetime, calendar: Calendar | None = None
) -> Occurrence:
    """The first one that is due after a moment; one due at that very moment is in time and passed.

    Raises what ``occurrences`` raises.
    """
    moment = instant(after)
    first = day_of(moment)
    for found in occurrences(clause, first, first + FURTHEST, calendar):
        if found.due_at > moment:
            return found
    raise BadFacts(cannot_be("not_due_soon", clause=clause.id))


def _is_due(clause: Recurring, day: date, calendar: Calendar | None) -> bool:
    if clause.on_holiday == "skip":
        if calendar is None:
            raise NoCalendar(clause.id)
        if not calendar.works(day):
            return False
    if clause.rhythm == "year" and day.month not in clause.months:
        return False
    if not clause.on_days:
        return _ends_period(clause, day)
    if clause.rhythm == "week":
        return day.isoweekday() in clause.on_days
    return any(_named(clause, day, named, calendar) for named in clause.on_days)


def _ends_period(clause: Recurring, day: date) -> bool:
    match clause.rhythm:
        case "day":
            return True
        case "week":
            return day.isoweekday() == 7
        case "year":
            return day.month == max(clause.months) and day == _month_end(day)
        case _:
            return day == _month_end(day)


def _named(clause: Recurring, day: date, named: Day, calendar: Calendar | None) -> bool:
    end = _month_end(day)
    if named == "last":
        return day == end
    if named == "last_working":
        if calendar is None:
            raise NoCalendar(clause.id)
        return day == calendar.last_working_day(day)
    return day.day == named or (named > end.day and day == end and clause.short_month == "last")


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _on(clause: Recurring, day: date, calendar: Calendar | None) -> Iterator[Occurrence]:
    covers = _covered(clause, day) if clause.covers else None
    for due_at in [wall(day, at) for at in clause.at_times] or [end_of(day)]:
        steps = [Step.of(clause.id, "due_recurring", due_on=day, at=due_at)]
        if clause.per is None:
            steps.insert(0, Step.of(clause.id, f"house_rhythm_{clause.rhythm}"))
        if covers:
            steps.append(Step.of(clause.id, "covers", from_on=covers[0], to_on=covers[1]))
        ends_at = wall(day, clause.until) if clause.until else None
        steps += _told(clause, ends_at)
        asked = clause.on_holiday == "skip" or "last_working" in clause.on_days
        if calendar and asked and not calendar.knows(day):
            steps.append(Step.of(clause.id, "year_unknown", year=day.year))
        owner, lead = (
            due_at - timedelta(minutes=before) if before else None
            for before in (clause.house.warn_before_minutes, clause.house.lead_before_minutes)
        )
        yield Occurrence(
            clause.id,
            day,
            due_at,
            owner,
            lead,
            covers,
            tuple(steps),
            times=1 if clause.at_times else clause.times,
            about=clause.about,
            after=clause.after,
            ends_at=ends_at,
        )


def _told(clause: Recurring, ends_at: datetime | None) -> Iterator[Step]:
    """What else the clause says of each time."""
    if clause.times > 1 and not clause.at_times:
        yield Step.of(clause.id, "round_times", n=clause.times)
    if clause.about:
        yield Step.of(clause.id, "round_about", what=said(clause.about))
    if clause.after:
        yield Step.of(clause.id, "round_after", what=said([clause.after]))
    if ends_at:
        yield Step.of(clause.id, "round_until", ends_at=ends_at)


def _covered(clause: Recurring, day: date) -> tuple[date, date]:
    """From the day after the one before it to this one."""
    earlier = day - DAY
    while not _is_due(clause, earlier, None):
        earlier -= DAY
    return earlier + DAY, day


# Reports: due in the period after the one they are about.


def report_due(report: str, about: date, rulebook: Rulebook) -> Occurrence:
    """Return when a report is due that is about the period with ``about`` in it: by the house's day
    and hour in the period that follows, since the regulation names none (LC-01.04, LC-01.14, LC-01.25,
    LC-03.09).

    Raises NotInRulebook for a report no clause gives a period and a day, NotSet for a blank day.
    """
    for clause in rulebook.in_force(Report):
        if report in clause.reports and clause.house is not None and clause.per is not None:
            return report_by(clause.id, clause.per, clause.house, about)
    raise NotInRulebook(cannot_be("no_report_day", code=rulebook.code, report=report))


def report_by(clause: str, per: str, house: ReportDue, about: date) -> Occurrence:
    """Return when a report is due that is made every ``per``, by the day and the hour of the house.

    Raises NotSet for a blank day.
    """
    first, last = period(per, about, clause)
    on = _report_day(clause, house, last)
    due_at = end_of(on) if house.hour is None else wall(on, time(house.hour))
    steps = (
        Step.of(clause, "covers", from_on=first, to_on=last),
        Step.of(clause, "report_due", due_on=on, at=due_at),
    )
    return Occurrence(clause, on, due_at, None, None, (first, last), steps)


def slips_period(rulebook: Rulebook, today: date) -> tuple[date, date] | None:
    """Return the last complete period whose forwarding slips go to finance; None where neither the regulation nor
    the house names a period (CD-06.19).
    """
    for clause in rulebook.in_force(Report):
        if "forwarding_slips" in clause.reports and clause.per not in (None, "occasion", "request"):
            first, _last = period(clause.per, today, clause.id)
            return period(clause.per, first - DAY, clause.id)
    return None


def _report_day(clause: str, house: ReportDue, last: date) -> date:
    after = last + DAY
    if house.weekday is not None:
        return after + (house.weekday - after.isoweekday()) % 7 * DAY
    if house.day is not None:
        return after.replace(day=house.day)
    raise NotSet(clause, "house.day")


def period(per: str, about: date, clause: str) -> tuple[date, date]:
    """The first and the last day of the period a day lies in."""
    match per:
        case "day":
            return about, about
        case "week":
            monday = about - (about.isoweekday() - 1) * DAY
            return monday, monday + 6 * DAY
        case "month":
            return about.replace(day=1), _month_end(about)
        case "quarter":
            first = about.replace(month=(about.month - 1) // 3 * 3 + 1, day=1)
            return first, _month_end(first.replace(month=first.month + 2))
        case "year":
            return about.replace(month=1, day=1), about.replace(month=12, day=31)
    raise NotSet(clause, "per")
