"""When something is due. A due time is a pure function of the start, the clause and the pauses; it
is recomputed from them and never moved by adding to it.

Every moment handed in has a zone, or ValueError; every moment handed out is UTC. Days are those of
Asia/Shanghai. Exactly on the due time is in time. ``None`` instead of a ``Due`` says that the
rulebook sets no time: the age is measured and nothing breaches.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, Self

from kefu.policy.calendars import Calendar
from kefu.policy.clauses import Clock, Elapsed, FixedTime, Hours, NotSet, Schedule, Warnings
from kefu.policy.clauses.clocks import (
    CUSTOMER_REPLY,
    OUTLET_REPLY,
    PROMISED_CALL,
    UNREACHABLE_REPLY,
)
from kefu.policy.moments import SHANGHAI, Pause, stretches, wall
from kefu.policy.refusals import BadFacts, cannot_be, wanted
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant, plain
from kefu.policy.working_hours import working_hours, working_steps

__all__ = [
    "PROMISE",
    "SHANGHAI",
    "Due",
    "Kind",
    "NoCalendar",
    "OutOfHours",
    "OutletRules",
    "Pause",
    "Pickup",
    "PickupRules",
    "PromiseRules",
    "ReplyFacts",
    "ReplyRules",
    "SeatRules",
    "check_pauses",
    "elapsed",
    "fixed_time",
    "made",
    "outlet_due",
    "pickup_day",
    "promise_due",
    "reply_due",
    "run_elapsed",
    "schedules",
    "seat_due",
]

Kind = Literal["reply", "outlet", "promise", "seat", "clock"]
PROMISE = (
    "promise"  # stands for a clause where the rulebook has none: the promise itself is the measure
)


def elapsed(start: datetime, limit: timedelta, pauses: Iterable[Pause] = ()) -> datetime:
    """Return the moment ``limit`` has passed since ``start``, pauses left out and overlapping ones
    counted once.

    A pause that begins at the very due time comes too late to move it.
    """
    due_at = instant(start) + limit
    for begins_at, ends_at in stretches(pauses, after=instant(start)):
        if begins_at >= due_at:
            break
        due_at += ends_at - begins_at
    return due_at


def fixed_time(start: datetime, at: time, days: int, pauses: Iterable[Pause] = ()) -> datetime:
    """Return the moment of the time ``at``, ``days`` calendar days after the Shanghai day of
    ``start``.

    A pause that covers the moment moves it to the end of the pause.
    """
    due_at = wall(instant(start).astimezone(SHANGHAI).date() + timedelta(days=days), at)
    for begins_at, ends_at in stretches(pauses, after=instant(start)):
        if begins_at < due_at < ends_at:
            due_at = ends_at
    return due_at


@dataclass(frozen=True, slots=True)
class Due:
    """When something is due, by which clause, whom to warn when, and the arithmetic.

    ``warn_at`` is for the owner, ``lead_warn_at`` for the shift lead if the owner did nothing;
    None: no warning.
    """

    kind: Kind
    clause: str
    starts_at: datetime
    due_at: datetime
    warn_at: datetime | None
    lead_warn_at: datetime | None
    steps: tuple[Step, ...]
    breaches: bool = True  # not for an estimate that somebody was told

    def inputs(self) -> dict[str, Any]:
        """What a deadline row keeps, as plain JSON:

        {"kind", "clause", "starts_at", "due_at", "warn_at", "lead_warn_at",
         "steps": [{"clause", "key", "inputs"}, …]}
        """
        names = ("kind", "clause", "starts_at", "due_at", "warn_at", "lead_warn_at")
        stored = {name: plain(getattr(self, name)) for name in names}
        return stored | {"steps": [step.to_json() for step in self.steps]}


class NoCalendar(BadFacts):
    """A clause counts working time, and no calendar was handed in."""

    def __init__(self, clause: str) -> None:
        super().__init__({"calendar": wanted("needs_calendar", clause=clause)})
        self.clause = clause


def made(
    kind: Kind,
    clause: str,
    starts_at: datetime,
    due_at: datetime,
    house: Warnings | None,
    *steps: Step,
) -> Due:
    """Put a due time together with the warnings that the house wants before it."""

    def before(minutes: int | None) -> datetime | None:
        # A clock shorter than its warning warns at once.
        return max(starts_at, due_at - timedelta(minutes=minutes)) if minutes else None

    warn_at = before(house.warn_before_minutes if house else None)
    lead_warn_at = before(house.lead_before_minutes if house else None)
    return Due(kind, clause, starts_at, due_at, warn_at, lead_warn_at, steps)


def run_elapsed(
    kind: Kind,
    clause: Elapsed,
    starts_at: datetime,
    pauses: tuple[Pause, ...],
    calendar: Calendar | None = None,
) -> Due:
    """Run an elapsed clock; its limit must be given. Raises NoCalendar for one of working time."""
    if clause.counts == "working":
        if calendar is None:
            raise NoCalendar(clause.id)
        due_at = working_hours(starts_at, clause.length, calendar, pauses)
        steps = working_steps(clause.id, starts_at, clause.length, calendar, pauses)
        return made(kind, clause.id, starts_at, due_at, clause.house, *steps)
    unpaused = starts_at + clause.length
    due_at = elapsed(starts_at, clause.length, pauses)
    first = Step.of(clause.id, "due_elapsed", start=starts_at, limit=clause.length, at=unpaused)
    if due_at == unpaused:
        return made(kind, clause.id, starts_at, due_at, clause.house, first)
    moved = Step.of(clause.id, "due_paused", paused=due_at - unpaused, at=due_at)
    return made(kind, clause.id, starts_at, due_at, clause.house, first, moved)


def _run_fixed(
    clause: str,
    fixed: FixedTime,
    starts_at: datetime,
    days: int,
    pauses: tuple[Pause, ...],
    because: Step,
) -> Due:
    """Run a reply to the fixed time of day; ``clause`` is the one that answers for it."""
    due_at = fixed_time(starts_at, fixed.at, days, pauses)
    step = Step.of(fixed.id, "due_fixed", days=days, time=fixed.at, at=due_at)
    return made("reply", clause, starts_at, due_at, fixed.house, because, step)


def check_pauses(clause: Clock, pauses: Iterable[Pause]) -> None:
    for pause in pauses:
        if pause.reason not in clause.pause_reasons:
            why = cannot_be("no_such_pause", clause=clause.id, pause=pause.reason)
            raise BadFacts({"pauses": why})


def _clocks(rulebook: Rulebook, times: str) -> tuple[Elapsed, ...]:
    """The clocks that run: a clause whose limit is blank only asks for the age."""
    clocks = rulebook.in_force(Elapsed)
    return tuple(c for c in clocks if c.times == times and c.runs and not c.cases)


# The reply to a customer.


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """A customer's message that waits for an answer.

    ``failed_contact_at``: when somebody called the counterpart's query line and nobody answered.
    ``first``: the first message of the contact, not a later one. ``channel`` "chat" has clocks of
    its own in some rulebooks.
    """

    received_at: datetime
    failed_contact_at: datetime | None = None
    channel: str = "phone"
    first: bool = True
    pauses: tuple[Pause, ...] = ()
    calendar: Calendar | None = None  # for a rulebook that counts working time


@dataclass(frozen=True, slots=True)
class OutOfHours:
    """The fixed time that takes over when the line is not answered, and the hours that decide
    about it.
    """

    clause: FixedTime
    department: Hours
    opens: time
    line: Hours
    closes: time
    duty_from: time

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self | None:
        """None if the rulebook has no such clause; NotSet if it has one and leaves the hours
        blank.
        """
        for clause in rulebook.in_force(FixedTime):
            if clause.times != UNREACHABLE_REPLY:
                continue
            hours = {found.line: found for found in rulebook.in_force(Hours)}
            for line in ("department", "query"):
                if line not in hours:
                    raise NotSet(clause.id, f"hours of the {line}")
            department, line_ = hours["department"], hours["query"]
            return cls(
                clause,
                department,
                department.given("opens"),
                line_,
                line_.given("closes"),
                clause.given("applies_from"),
            )
        return None


@dataclass(frozen=True, slots=True)
class ReplyRules:
    """The clauses a reply is measured by."""

    clocks: tuple[Elapsed, ...]
    out_of_hours: OutOfHours | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        """Raises NotSet for a next-day clause without the hours that it needs."""
        return cls(_clocks(rulebook, CUSTOMER_REPLY), OutOfHours.of(rulebook))

    def clock(self, facts: ReplyFacts) -> Elapsed | None:
        """The clock made for this channel and message, else the one for any."""
        message = "first" if facts.first else "later"
        fitting = (
            clause
            for clause in self.clocks
            if clause.channel in ("any", facts.channel) and clause.message in ("any", message)
        )
        return max(
            fitting,
            key=lambda c: (c.channel != "any", c.message != "any"),
            default=None,
        )


def reply_due(facts: ReplyFacts, rules: ReplyRules) -> Due | None:
    """Return when a customer's message has to be answered.

    CD-03.23 gives 30 minutes from receipt. Where the line is not answered 09:00 takes their place:

    - received before the department opens (CD-12.38; exactly 08:00:00 is open): the same day;
    - received after the query line closed (CD-03.13; exactly 18:30:00 is open, a setting): the
      next calendar day, by analogy with CD-03.14;
    - received on the evening duty (from 17:30:00 on) and the counterpart called in vain, after
      receipt and not after the due time: the next calendar day, now under CD-03.14 itself.

    The first two remain a case of CD-03.23, and so does what a breach costs.
    Raises BadFacts for a pause that the clause does not know, ValueError for a moment without zone.
    """
    received_at, pauses = instant(facts.received_at), facts.pauses
    clock = rules.clock(facts)
    if clock is None:
        return None
    check_pauses(clock, pauses)
    if rules.out_of_hours is None:
        return run_elapsed("reply", clock, received_at, pauses, facts.calendar)

    hours, fixed = rules.out_of_hours, rules.out_of_hours.clause
    clock_time = received_at.astimezone(SHANGHAI).time()
    if clock_time < hours.opens:
        because = Step.of(
            hours.department.id,
            "before_opening",
            received=received_at,
            opens=hours.opens,
        )
        due = _run_fixed(clock.id, fixed, received_at, 0, pauses, because)
    elif hours.line.closed(clock_time):
        because = Step.of(hours.line.id, "after_closing", received=received_at, closes=hours.closes)
        due = _run_fixed(clock.id, fixed, received_at, 1, pauses, because)
    else:
        due = run_elapsed("reply", clock, received_at, pauses, facts.calendar)

    failed_at = facts.failed_contact_at and instant(facts.failed_contact_at)
    on_evening_duty = clock_time >= hours.duty_from
    if failed_at and on_evening_duty and received_at <= failed_at <= due.due_at:
        because = Step.of(fixed.id, "unreachable", failed=failed_at, duty_from=hours.duty_from)
        return _run_fixed(fixed.id, fixed, received_at, fixed.days, pauses, because)
    return due


# The other clocks.


@dataclass(frozen=True, slots=True)
class OutletRules:
    clock: Elapsed | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        return cls(next(iter(_clocks(rulebook, OUTLET_REPLY)), None))


def outlet_due(
    asked_at: datetime,
    rules: OutletRules,
    pauses: tuple[Pause, ...] = (),
    calendar: Calendar | None = None,
) -> Due | None:
    """Return when an outlet that was asked has to answer: two hours, round the clock, no weekend
    shift (CD-05.09).
    """
    if rules.clock is None:
        return None
    check_pauses(rules.clock, pauses)
    return run_elapsed("outlet", rules.clock, instant(asked_at), pauses, calendar)


@dataclass(frozen=True, slots=True)
class PromiseRules:
    """``longest``: the clause that says how far off a promised answer may be; ``named``: the one that
    wants a time for each promise instead. Without either the promise alone counts. ``house``: the
    warnings, then taken from the clock for replies.
    """

    longest: Elapsed | None
    named: Elapsed | None
    house: Warnings | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        longest = next(iter(_clocks(rulebook, PROMISED_CALL)), None)
        promises = (c for c in rulebook.in_force(Elapsed) if c.times == PROMISED_CALL)
        named = next((clause for clause in promises if clause.promised), None)
        replies = _clocks(rulebook, CUSTOMER_REPLY)
        general = next((c for c in replies if c.channel == "any" and c.message == "any"), None)
        warns = longest or named or general
        return cls(longest, named, warns.house if warns else None)


def promise_due(
    promised_at: datetime,
    promised_for: datetime | None,
    rules: PromiseRules,
    calendar: Calendar | None = None,
) -> Due | None:
    """Return when a promised call has to be made: at the promised time, and by the clause's limit
    if that is sooner (ES-203.11: 60 minutes). None if neither is given.

    Raises BadFacts for a promise that lies before it was made, NotSet where the clause wants a
    time for each promise (SD-150.10) and none is named.
    """
    starts_at = instant(promised_at)
    due = run_elapsed("promise", rules.longest, starts_at, (), calendar) if rules.longest else None
    if promised_for is None:
        if due is None and rules.named is not None:
            raise NotSet(rules.named.id, "promised_for")
        return due
    promised = instant(promised_for)
    if promised < starts_at:
        why = cannot_be("promised_before", promised_at=promised, starts_at=starts_at)
        raise BadFacts({"promised_for": why})
    if due and due.due_at < promised:
        cut = Step.of(due.clause, "promise_cut", promised=promised, at=due.due_at)
        return replace(due, steps=(*due.steps, cut))
    source = rules.longest or rules.named
    clause = source.id if source else PROMISE
    step = Step.of(clause, "due_promised", start=starts_at, at=promised)
    return made("promise", clause, starts_at, promised, rules.house, step)


def schedules(rulebook: Rulebook) -> dict[str, Schedule]:
    return {clause.subject: clause for clause in rulebook.in_force(Schedule)}


@dataclass(frozen=True, slots=True)
class SeatRules:
    ready: Schedule | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        return cls(schedules(rulebook).get("seat_ready"))


def seat_due(on: date, rules: SeatRules) -> Due | None:
    """Return by when a query-desk seat takes calls on a working day: 08:05:00, which is still in
    time (CD-12.26).
    """
    if rules.ready is None:
        return None
    starts_at, due_at = wall(on, time.min), wall(on, rules.ready.at)
    step = Step.of(rules.ready.id, "due_daily", time=rules.ready.at, at=due_at)
    return made("seat", rules.ready.id, starts_at, due_at, rules.ready.house, step)


@dataclass(frozen=True, slots=True)
class PickupRules:
    cut_off: Schedule | None
    window: Schedule | None

    @classmethod
    def of(cls, rulebook: Rulebook) -> Self:
        found = schedules(rulebook)
        return cls(found.get("pickup_cut_off"), found.get("pickup_window"))


@dataclass(frozen=True, slots=True)
class Pickup:
    """The day of a pickup and the moment from which the courier normally comes."""

    on: date
    starts_at: datetime
    steps: tuple[Step, ...]


def pickup_day(
    recorded_at: datetime, rules: PickupRules, same_day_override: bool = False
) -> Pickup:
    """Return when a pickup order is for, unless the customer names a time.

    Recorded after 19:00:00 it is for the next day, unless a supervisor keeps it (CD-03.17);
    couriers normally come from 15:00 on (CD-06.27), and never before the order. A rulebook without
    these clauses: the same day, at once.
    """
    ordered_at = instant(recorded_at)
    local = ordered_at.astimezone(SHANGHAI)
    on, steps = local.date(), []
    if (cut_off := rules.cut_off) and cut_off.passed(local.time()):
        key = "pickup_kept" if same_day_override else "pickup_next_day"
        on += timedelta(days=0 if same_day_override else 1)
        steps.append(Step.of(cut_off.id, key, recorded=ordered_at, after=cut_off.at, on=on))
    starts_at = ordered_at
    if window := rules.window:
        starts_at = max(ordered_at, wall(on, window.at))
        steps.append(Step.of(window.id, "pickup_window", time=window.at, at=starts_at))
    elif on > local.date():
        starts_at = wall(on, time.min)
    return Pickup(on, starts_at, tuple(steps))
