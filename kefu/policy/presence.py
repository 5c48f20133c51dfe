"""What one rostered shift came to: on time, late, early, on leave, a punch missing, absent.

The roster says when somebody was to be there, approved leave and outings take from that, punches say when
he was (ES-133.04). Minutes are whole ones, seconds dropped; hours are counted without the breaks.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field

from kefu.policy.attendance import exact
from kefu.policy.calculation import Calculation, Decided, labelled
from kefu.policy.calendars import Calendar, Moment
from kefu.policy.clauses import (
    CalendarDays,
    Consequence,
    Criterion,
    Items,
    Notice,
    Quota,
    Request,
    ScoreEvent,
)
from kefu.policy.clauses.attendance import AttendanceEvent
from kefu.policy.clauses.base import Name, Strict
from kefu.policy.due import ClockFacts, due
from kefu.policy.ladders import Happening
from kefu.policy.money import cut
from kefu.policy.penalties import Assessed, Breach, assess
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be
from kefu.policy.rosters import limit_of, within_limit
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step, instant
from kefu.policy.wording import Both

__all__ = [
    "CALCULATIONS",
    "CORRECTIONS",
    "Admission",
    "Cost",
    "Presence",
    "ShiftFacts",
    "Stretch",
    "admission",
    "costs",
    "grave_absence",
    "hours_within",
    "presence",
]

Status = Literal[
    "expected", "present", "late", "early", "both", "missing", "leave", "absent", "exempt"
]
Span = tuple[datetime, datetime]
PLACES = Decimal("0.0001")  # of an hour
LONGEST = timedelta(days=2)  # a longer shift is a slip


# Facts.


class Stretch(Strict):
    """From one moment up to another."""

    starts_at: Annotated[Moment, labelled("开始", "From")]
    ends_at: Annotated[Moment, labelled("结束", "To")]

    @classmethod
    def of(cls, starts_at: datetime, ends_at: datetime) -> Self:
        return cls(starts_at=starts_at, ends_at=ends_at)


Stretches = Annotated[tuple[Stretch, ...], Field(max_length=40)]


class ShiftFacts(Strict):
    """What is known of one shift as of a moment. ``leaves`` and ``outings`` are approved; ``left_post``: away
    from the post without leave, as a supervisor found. ``seen``: at work without a punch, as the desk shows.
    ``forged``: how a punch of the shift was found to be false; ``told``: what is established besides.
    """

    windows: Annotated[Stretches, labelled("班次时段", "Hours of the shift")]
    came_at: Annotated[Moment | None, labelled("上班卡", "Punched in")] = None
    left_at: Annotated[Moment | None, labelled("下班卡", "Punched out")] = None
    leaves: Annotated[Stretches, labelled("批准的请假", "Approved leave")] = ()
    outings: Annotated[Stretches, labelled("批准的外出", "Approved outings")] = ()
    left_post: Annotated[Stretches, labelled("擅自离岗", "Away without leave")] = ()
    seen: Annotated[bool, labelled("有在岗记录", "Seen at the desk")] = False
    exempt: Annotated[bool, labelled("免打卡", "Exempt from punching")] = False
    forged: Annotated[Name | None, labelled("假卡情形", "How a punch is false")] = None
    told: Annotated[
        tuple[Name, ...], labelled("另已查明", "Established besides"), Field(max_length=10)
    ] = ()
    as_of: Annotated[Moment, labelled("截至", "As of")]


# What it came to.


@dataclass(frozen=True, slots=True)
class Presence:
    """``absent_hours`` and ``leave_hours`` are of the shift's own, to four places; ``missing``: the punches that
    are not there, "in" and "out"; ``events``: what counts against full attendance, and how often.
    """

    status: Status
    late_minutes: int = 0
    early_minutes: int = 0
    worked_minutes: int = 0
    absent_hours: Decimal = Decimal(0)
    leave_hours: Decimal = Decimal(0)
    missing: tuple[Literal["in", "out"], ...] = ()
    late: bool = False
    early: bool = False
    left_post: int = 0
    not_early_enough: bool = False
    steps: tuple[Step, ...] = ()

    @property
    def events(self) -> Mapping[AttendanceEvent, int]:
        found: dict[AttendanceEvent, int] = {
            "late": int(self.late),
            "early_leave": int(self.early),
            "absence": int(self.absent_hours > 0),
            "leave": int(self.leave_hours > 0),
            "left_post": self.left_post,
        }
        return {event: number for event, number in found.items() if number}


def presence(facts: ShiftFacts, rulebook: Rulebook) -> Presence:
    """Return what a shift came to.

    Late and early are measured from where the shift begins and ends once approved leave and outings are taken
    from it. Beyond the limits of the rulebook they are absence for the hours that were missed; without limits
    any full minute is late. Until the shift is over nobody is absent and no punch is missing.
    Source: CD-02.02, ES-133.02 to ES-133.08, ES-133.13 to ES-133.15, ES-133.20, SD-215.01, SD-215.02,
    SD-233.18, SD-233.35, SD-233.39, SD-321.01, OS-04.06.

    Raises BadFacts (no hours, stretches or punches out of order, a kind of false punch no clause knows).
    """
    return _Shift.of(facts, rulebook).told()


@dataclass(frozen=True, slots=True)
class _Shift:
    """A shift being judged: ``own`` its hours, ``expected`` those without leave, ``required`` those in which he
    had to be at the post.
    """

    facts: ShiftFacts
    rules: Rulebook
    own: tuple[Span, ...]
    expected: tuple[Span, ...]
    required: tuple[Span, ...]
    came_at: datetime | None
    left_at: datetime | None
    as_of: datetime

    @classmethod
    def of(cls, facts: ShiftFacts, rules: Rulebook) -> Self:
        own = _spans(facts.windows, "windows")
        if not own or own[-1][1] - own[0][0] > LONGEST:
            raise BadFacts({"windows": cannot_be("no_shift_hours")})
        expected = _without(own, _spans(facts.leaves, "leaves"))
        came_at, left_at = (at and instant(at) for at in (facts.came_at, facts.left_at))
        if came_at and left_at and left_at < came_at:
            why = cannot_be("left_before_coming", came_at=came_at, left_at=left_at)
            raise BadFacts({"left_at": why})
        return cls(
            facts,
            rules,
            own,
            expected,
            _without(expected, _spans(facts.outings, "outings")),
            came_at,
            left_at,
            instant(facts.as_of),
        )

    def told(self) -> Presence:
        if self.facts.forged:
            return self._forged(self.facts.forged)
        leave = _hours(self.own) - _hours(self.expected)
        found = replace(self._judged(), leave_hours=_places(leave))
        if leave:
            step = self._step("leave", "presence_leave", hours=_shown(leave))
            found = replace(found, steps=(step, *found.steps))
        return found

    def _judged(self) -> Presence:
        if not self.expected:
            return Presence("leave")
        if self.facts.exempt:
            minutes = _minutes(self.expected)
            step = self._step("punch_exemption", "presence_exempt", n=minutes)
            return Presence("exempt", worked_minutes=minutes, steps=(step,))
        if not self.required:
            return Presence("present", worked_minutes=_minutes(self.expected), steps=self._outing())
        over = self.as_of >= self.required[-1][1]
        if self.came_at is None and self.left_at is None:
            return self._without_punches() if over else self._to_come()
        return self._punched(over=over)

    def _to_come(self) -> Presence:
        step = self._step("missed", "presence_expected", start=self.required[0][0])
        return Presence("expected", steps=(step,))

    # No punch at all.

    def _without_punches(self) -> Presence:
        """Absence, unless the desk shows that he was there and the rulebook asks for more than a punch."""
        evidence = self._clause("absence", {"no_punches"})
        if self.facts.seen and evidence is None:
            step = self._step("punches", "presence_missing", punches=["in", "out"])
            return Presence("missing", missing=("in", "out"), steps=(*self._outing(), step))
        found = evidence or self._clause("absence", {"did_not_come"}, set(self.facts.told))
        hours = _hours(self.required)
        steps = self._assessed(found, "no_punches", "did_not_come") if found else ()
        step = self._step("absence", "presence_absent", hours=_shown(hours))
        return Presence(
            "absent", absent_hours=_places(hours), steps=(*self._outing(), *steps, step)
        )

    # One punch or both.

    def _punched(self, *, over: bool) -> Presence:
        came_at, left_at = self.came_at, self.left_at
        starts_at, ends_at = self.required[0][0], self.required[-1][1]
        late = _whole_minutes(came_at - starts_at) if came_at else 0
        early = _whole_minutes(ends_at - left_at) if left_at else 0
        missing: tuple[Literal["in", "out"], ...] = ()
        if over and came_at is None:
            missing = ("in",)
        elif over and left_at is None:
            missing = ("out",)
        steps = [*self._outing(), *self._arrival()]
        absent = Fraction(0)
        was_late = was_early = False
        if late and came_at:
            verdict, why = self._limit("late", late)
            steps += [self._step("late", "presence_late", start=starts_at, came_at=came_at, n=late)]
            steps += why
            was_late = verdict == "late"
            absent += _hours(_until(self.required, came_at)) if verdict == "absence" else 0
        if early and left_at:
            verdict, why = self._limit("early_leave", early)
            steps += [
                self._step("early", "presence_early", end_at=ends_at, left_at=left_at, n=early)
            ]
            steps += why
            was_early = verdict == "early_leave"
            absent += _hours(_from(self.required, left_at)) if verdict == "absence" else 0
        gone, told = self._left_post()
        absent, steps = absent + gone, [*steps, *told]
        if missing:
            steps.append(self._step("punches", "presence_missing", punches=list(missing)))
        if absent:
            steps.append(self._step("absence", "presence_absent", hours=_shown(absent)))
        worked = self._worked(came_at, left_at) - int(gone * 60)
        if not steps and over:
            steps.append(self._step("missed", "presence_on_time", n=worked))
        return Presence(
            _status(was_late, was_early, absent, missing),
            late_minutes=late,
            early_minutes=early,
            worked_minutes=worked,
            absent_hours=_places(absent),
            missing=missing,
            late=was_late,
            early=was_early,
            left_post=len(self.facts.left_post),
            not_early_enough=any(step.key == "presence_not_early" for step in steps),
            steps=tuple(steps),
        )

    def _limit(
        self, measure: Literal["late", "early_leave"], minutes: int
    ) -> tuple[str, list[Step]]:
        """What so many minutes are under the rulebook: the measure itself, absence, or nothing it speaks of."""
        of = "minutes_late" if measure == "late" else "minutes_early"
        limits = [
            clause
            for clause in self.rules.in_force(Consequence)
            if {measure, "absence"} & set(clause.measures)
            and any(bounds.of == of for bounds in clause.when)
        ]
        if not limits:
            return measure, []
        for clause in limits:
            breach = Breach(
                clause=clause.id, numbers={of: Decimal(minutes)}, established=("no_leave",)
            )
            found = assess(self.rules, breach)
            if found.state == "applies":
                return found.measures[0], list(found.steps)
        return "", []

    def _left_post(self) -> tuple[Fraction, list[Step]]:
        """The hours away from the post, where the rulebook makes absence of them (ES-133.08)."""
        away = _common(self.required, _spans(self.facts.left_post, "left_post"))
        clause = self._clause("absence", {"left_post"})
        if not away or clause is None:
            return Fraction(0), []
        told = self._assessed(clause, "left_post")
        return _hours(away), [
            *told,
            Step.of(clause.id, "presence_left_post", hours=_shown(_hours(away))),
        ]

    def _worked(self, came_at: datetime | None, left_at: datetime | None) -> int:
        if came_at is None or left_at is None:
            return 0
        there = _common(self.required, ((came_at, left_at),))
        return _minutes(there) + _minutes(self.expected) - _minutes(self.required)

    def _arrival(self) -> tuple[Step, ...]:
        """Came before the shift, though later than the rulebook expects: listed, no more (SD-321.01)."""
        asked = next((c for c in self.rules.in_force(Notice) if c.times == "arrival"), None)
        starts_at = self.required[0][0]
        if asked is None or self.came_at is None or self.came_at > starts_at:
            return ()
        wanted = due("arrival", ClockFacts({asked.before: starts_at}), self.rules)
        if wanted is None or self.came_at <= wanted.due_at:
            return ()
        step = Step.of(asked.id, "presence_not_early", came_at=self.came_at, at=wanted.due_at)
        return (*wanted.steps, step)

    def _outing(self) -> tuple[Step, ...]:
        out = _minutes(self.expected) - _minutes(self.required)
        return (self._step("outing", "presence_outing", n=out),) if out else ()

    def _forged(self, kind: str) -> Presence:
        """The whole day is lost, whatever was punched (ES-133.06)."""
        clause = next(
            (
                clause
                for clause in self.rules.in_force(Consequence)
                if "absence" in clause.measures and kind in clause.needs_any
            ),
            None,
        )
        if clause is None:
            raise BadFacts({"forged": cannot_be("no_false_punch", code=self.rules.code)})
        found = assess(self.rules, Breach(clause=clause.id, established=(kind,), verified=True))
        hours = Decimal(found.lasts.hours or 0) if found.lasts else Decimal(0)
        return Presence("absent", absent_hours=hours, steps=found.steps)

    # Which clause speaks.

    def _clause(
        self, measure: str, needs: set[str], told: Collection[str] = ()
    ) -> Consequence | None:
        """The clause that makes ``measure`` of these facts; of several the one all of whose needs are met."""
        fitting = [
            clause
            for clause in self.rules.in_force(Consequence)
            if measure in clause.measures and needs <= set(clause.needs) and not clause.when
        ]
        known = {*needs, *told, "no_leave", "leave_not_approved"}
        return next((c for c in reversed(fitting) if set(c.needs) <= known), None)

    def _assessed(self, clause: Consequence, *facts: str) -> tuple[Step, ...]:
        told = ("no_leave", "leave_not_approved", *self.facts.told)
        return assess(self.rules, Breach(clause=clause.id, established=(*facts, *told))).steps

    def _step(self, about: str, key: str, **inputs: object) -> Step:
        return Step.of(_speaking(self.rules, about), key, **inputs)


def _status(late: bool, early: bool, absent: Fraction, missing: Sequence[str]) -> Status:
    if absent:
        return "absent"
    if missing:
        return "missing"
    if late and early:
        return "both"
    return "late" if late else "early" if early else "present"


def _speaking(rules: Rulebook, about: str) -> str:
    """The clause by which something of a shift is told; "" where the rulebook says nothing of it."""
    return next(_about(rules, about), "")


def _about(rules: Rulebook, about: str) -> Iterator[str]:
    quotas = {
        "punches": ("punches",),
        "late": ("minutes_missed", "minutes_late"),
        "early": ("minutes_missed",),
        "absence": ("minutes_missed",),
    }
    if about == "absence":
        yield from (
            c.id for c in rules.in_force(Consequence) if "absence" in c.measures and not c.when
        )
    if about in ("late", "early"):
        measure = "late" if about == "late" else "early_leave"
        yield from (c.id for c in rules.in_force(Consequence) if c.measures == (measure,))
        yield from (c.id for c in rules.in_force(ScoreEvent) if measure in c.of)
    yield from (c.id for c in rules.in_force(Quota) if c.of in quotas.get(about, ()))
    asked = "leave" if about == "absence" else about
    yield from (c.id for c in rules.in_force(Request) if asked in c.requests)
    yield from (c.id for c in rules.in_force(Items) if c.of == "shift_source")


# Stretches of time.


def away_due(rulebook: Rulebook) -> tuple[int, str]:
    """From how many minutes away on the seat is to be busy and the supervisor told, and by which clause; (0, "")
    where the rulebook says nothing. Source: CD-03.01.
    """
    for clause in rulebook.in_force(Criterion):
        if clause.of == "away_from_seat" and clause.at_least is not None:
            return int(clause.at_least), clause.id
    return 0, ""


def unsaid(
    busy: Iterable[Span], *, said: Iterable[Span], working: Iterable[Span] | None
) -> tuple[Span, ...]:
    """Return what is left of the stretches in which a seat was busy: in working time (None: nobody was rostered, so
    all of it counts), without those of which it was said where to. Source: CD-03.01.
    """
    in_time = tuple(busy) if working is None else _common(busy, tuple(working))
    return _without(in_time, sorted(said))


def _spans(stretches: Iterable[Stretch], fact: str) -> tuple[Span, ...]:
    """In order of time, those that overlap made one. Raises BadFacts for one without length."""
    spans: list[Span] = []
    for starts_at, ends_at in sorted((instant(s.starts_at), instant(s.ends_at)) for s in stretches):
        if ends_at <= starts_at:
            raise BadFacts({fact: cannot_be("no_length", which_at=starts_at)})
        if spans and starts_at <= spans[-1][1] and fact != "windows":
            spans[-1] = spans[-1][0], max(ends_at, spans[-1][1])
        elif spans and starts_at < spans[-1][1]:
            raise BadFacts({fact: cannot_be("overlaps", which_at=starts_at)})
        else:
            spans.append((starts_at, ends_at))
    return tuple(spans)


def _common(spans: Iterable[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(
        (max(start, begin), min(end, stop))
        for start, end in spans
        for begin, stop in others
        if max(start, begin) < min(end, stop)
    )


def _without(spans: Iterable[Span], taken: Sequence[Span]) -> tuple[Span, ...]:
    left: list[Span] = []
    for start, end in spans:
        at = start
        for begin, stop in taken:
            if stop <= at or begin >= end:
                continue
            if begin > at:
                left.append((at, begin))
            at = min(max(at, stop), end)
        if at < end:
            left.append((at, end))
    return tuple(left)


def _until(spans: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    return tuple((start, min(end, at)) for start, end in spans if start < at)


def _from(spans: Iterable[Span], at: datetime) -> tuple[Span, ...]:
    return tuple((max(start, at), end) for start, end in spans if end > at)


def _hours(spans: Iterable[Span]) -> Fraction:
    seconds = sum(((end - start).total_seconds() for start, end in spans), 0.0)
    return Fraction(seconds) / 3600


def hours_within(windows: Iterable[Stretch], starts_at: datetime, ends_at: datetime) -> Decimal:
    """The hours of a shift that lie in a stretch of time, to four places."""
    span = instant(starts_at), instant(ends_at)
    return _places(_hours(_common(_spans(windows, "windows"), (span,))))


def _minutes(spans: Iterable[Span]) -> int:
    return int(_hours(spans) * 60)


def _whole_minutes(much: timedelta) -> int:
    return max(0, much // timedelta(minutes=1))


def _places(hours: Fraction) -> Decimal:
    return exact(hours).quantize(PLACES)


def _shown(hours: Fraction) -> str:
    return f"{cut(exact(hours), PLACES):f}".rstrip("0").rstrip(".")


# What it costs.


@dataclass(frozen=True, slots=True)
class Cost:
    """One line that a shift brings into the register, once for each ``source``: "late", "absence",
    "unsigned:in". ``part``: the part of the wage that is forfeited.
    """

    clause: str
    kind: Literal["points", "fine", "forfeit"]
    source: str
    steps: tuple[Step, ...]


def costs(found: Presence, rulebook: Rulebook, *, unsigned: Sequence[str] = ()) -> tuple[Cost, ...]:
    """Return what a shift costs by itself: points for coming late or leaving early, a fine for absence or for a
    missing punch (``unsigned``: those nobody asked in time to have signed), and the bonus lost with it.

    What absence takes off the wage is not a line of the register. Leaving the post costs what a supervisor finds.
    Source: CD-12.57, SD-233.22, SD-233.23, SD-233.40, SD-233.41.
    """
    lines = [
        Cost(clause.id, "points", event, found.steps)
        for clause in rulebook.in_force(ScoreEvent)
        for event in ("late", "early_leave")
        if clause.active and event in clause.of and event in found.events
    ]
    if "absence" in found.events:
        lines += _with_loss(rulebook, ("absent",), "absence", found.steps)
    for direction in unsigned:
        told = ("punch_missing", "no_request_in_time")
        lines += _with_loss(rulebook, told, f"unsigned:{direction}", found.steps)
    return tuple(lines)


def _with_loss(
    rulebook: Rulebook, established: tuple[str, ...], source: str, why: tuple[Step, ...]
) -> Iterator[Cost]:
    """The fine of a clause that asks for just these facts, and what is only lost with it."""
    clauses = list(rulebook.in_force(Consequence))
    for clause in clauses:
        if set(clause.needs) != set(established) or clause.currency != "fine":
            continue
        found = assess(rulebook, Breach(clause=clause.id, established=established))
        yield Cost(clause.id, "fine", source, (*why, *found.steps))
        for other in clauses:
            if clause.id in other.only_with and "full_attendance_lost" in other.measures:
                breach = Breach(clause=other.id, raised=(clause.id,))
                lost = assess(rulebook, breach)
                yield Cost(other.id, "forfeit", source, lost.steps)


BY_A_PERSON = {"measure", "verification"}  # what of a clause is never established by facts alone


def grave_absence(
    rulebook: Rulebook, days: Sequence[tuple[date, Decimal, bool]]
) -> tuple[Assessed, ...]:
    """Return the clauses that so much absence brings before management, judged on the last of ``days``.

    ``days``: each rostered day with the hours absent and whether all of it was missed; days off are not among
    them and break no row. Which measure is taken a person decides. Source: ES-133.23, ES-133.24,
    ES-138.36.
    """
    if not days:
        return ()
    history = [
        Happening(of="absent_hours", on=on, amount=hours) for on, hours, _whole in days if hours
    ]
    history += [Happening(of="absent_days", on=on, other=not whole) for on, _hours, whole in days]
    on = max(day for day, _hours, _whole in days)
    found = []
    for clause in rulebook.in_force(Consequence):
        by_hours = any(bounds.of in ("absent_hours", "absent_days") for bounds in clause.when)
        by_days = clause.counts is not None and clause.counts.of == "absent_days"
        if by_hours or by_days:
            breach = Breach(clause=clause.id, history=tuple(history), on=on)
            assessed = assess(rulebook, breach)
            if set(assessed.missing) <= BY_A_PERSON and assessed.state != "does_not_apply":
                found.append(assessed)
    return tuple(found)


# Corrections.


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a missing punch may still be explained. ``due_at``: until when; None: the rulebook sets no day.
    ``late`` and ``too_many``: the clause that closes it.
    """

    due_at: datetime | None
    late: str
    too_many: str
    steps: tuple[Step, ...]

    @property
    def admitted(self) -> bool:
        return not self.late and not self.too_many


CORRECTIONS = ("punch_correction", "missed_punch_explanation")


def admission(
    rulebook: Rulebook,
    missed_at: datetime,
    asked_at: datetime,
    asked_before: int,
    calendar: Calendar | None = None,
) -> Admission:
    """Return whether a punch that was missed at ``missed_at`` may be explained at ``asked_at``.

    ``asked_before``: how many were asked for in the month of the missed one, refused ones too where the clause
    counts applications. Source: ES-133.12, SD-233.19, SD-233.21. Raises NoCalendar.
    """
    steps: list[Step] = []
    due_at, late, too_many = None, "", ""
    clock = next((c for c in rulebook.in_force(CalendarDays) if c.times in CORRECTIONS), None)
    if clock is not None:
        facts = ClockFacts({clock.since: missed_at}, calendar=calendar)
        found = due(clock.times, facts, rulebook)
        assert found is not None
        due_at, steps = found.due_at, [*found.steps]
        if instant(asked_at) > found.due_at:
            late = clock.id
            steps.append(Step.of(clock.id, "presence_asked_late", asked_at=asked_at))
    try:
        limit = limit_of("punch_application", "month", rulebook)
    except NotInRulebook:
        return Admission(due_at, late, too_many, tuple(steps))
    within = within_limit(asked_before + 1, limit)
    if not within.within and within.then == "refuse":
        too_many = limit.id
    return Admission(due_at, late, too_many, (*steps, *within.steps))


# For the calculator.


def _decide(rulebook: Rulebook, facts: ShiftFacts) -> Decided:
    found = presence(facts, rulebook)
    return Decided.of(
        found.steps,
        status=found.status,
        late_minutes=found.late_minutes,
        early_minutes=found.early_minutes,
        worked_minutes=found.worked_minutes,
        absent_hours=found.absent_hours,
        leave_hours=found.leave_hours,
        missing=list(found.missing),
        costs=[{"clause": cost.clause, "kind": cost.kind} for cost in costs(found, rulebook)],
    )


CALCULATIONS = (
    Calculation("presence", Both("班次出勤", "A shift's attendance"), ShiftFacts, _decide),
)
