"""A plan of who works when: the shifts that can be given, a fair draft of them, and what is wrong with a plan."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from kefu.policy.clauses import Hours, Rotation, Shifts
from kefu.policy.clauses.rosters import Window
from kefu.policy.measures import counted
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rosters import (
    free_after,
    limit_of,
    next_in_turn,
    shift_in_turn,
    shifts_of,
    usual_week,
    within_limit,
)
from kefu.policy.rulebook import Rulebook

__all__ = ["Flaw", "Pattern", "Turn", "Worked", "draft", "flaws", "patterns", "post_of"]

WHOLE_DAY = "day"  # the name of the shift that is the department's own hours
EVERYBODY = "any"  # the post of those without shifts of their own
POSTS = {"warehouse_office": "warehouse", "label_clerk": "label_clerk"}
WEEK = 7  # days


def post_of(desk: str) -> str:
    """The post whose shifts a desk works, as the rulebooks call both."""
    return POSTS.get(desk, "agent")


# What can be given.


@dataclass(frozen=True, slots=True)
class Pattern:
    """A shift of a weekday, breaks left out. ``after_hours``: a duty that follows the day's work."""

    name: str
    windows: tuple[Window, ...]
    after_hours: bool = False

    @property
    def minutes(self) -> int:
        return sum(window.minutes for window in self.windows)


def patterns(post: str, weekday: int, rulebook: Rulebook) -> tuple[Pattern, ...]:
    """Return the shifts a post can be given on a weekday (Monday = 1), the earliest first; () if none.

    A post without shifts of its own works those of everybody; where everybody has a working week, its
    stretches are one shift. Where a post's own shifts only begin when its department closes, the
    department's hours are the shift of the day and they are duties after it.
    Source: CD-12.38 to CD-12.40, ES-131.01, ES-131.04, ES-131.05, OS-04.02, OS-04.04, SD-232.03 to
    SD-232.05, SD-312.01. Raises NotSet where a shift has no hours.
    """
    hours = _department_hours(rulebook)
    own = _has_shifts(post, rulebook)
    if not own and _has_week(rulebook):
        windows = usual_week(EVERYBODY, rulebook)[weekday - 1]
        return (Pattern(WHOLE_DAY, windows),) if windows else ()
    post = post if own else EVERYBODY
    found = [
        Pattern(shift.name, shift.windows or ()) for shift in shifts_of(post, weekday, rulebook)
    ]
    if hours is None or (post == EVERYBODY and found):
        return tuple(found)
    if any(pattern.windows[0].opens < hours.closes for pattern in found):
        return tuple(found)
    duties = (Pattern(pattern.name, pattern.windows, after_hours=True) for pattern in found)
    return Pattern(WHOLE_DAY, (hours,)), *duties


def _has_shifts(post: str, rulebook: Rulebook) -> bool:
    return any(c.post == post and c.shifts for c in rulebook.in_force(Shifts))


def _has_week(rulebook: Rulebook) -> bool:
    return any(c.post == EVERYBODY and not c.shifts for c in rulebook.in_force(Shifts))


def _department_hours(rulebook: Rulebook) -> Window | None:
    for clause in rulebook.in_force(Hours):
        if clause.line == "department" and clause.opens and clause.closes:
            return Window(opens=f"{clause.opens:%H:%M}", closes=f"{clause.closes:%H:%M}")
    return None


# A draft.


@dataclass(frozen=True, slots=True)
class Turn:
    """One shift of one person on one day."""

    who: str
    on: date
    shift: str


def draft(
    people: Sequence[str],
    days: Sequence[date],
    post: str,
    rulebook: Rulebook,
    *,
    before: Iterable[Turn] = (),
    rest_days: int = 1,
    after_hours: int = 1,
    away: Collection[tuple[str, date]] = (),
) -> tuple[Turn, ...]:
    """Return a plan of ``days`` for a post: rotating shifts in their turn, going on from what was worked
    ``before``; one for each shift that falls to whoever had it longest ago; everybody else's rest days
    spread over the week.

    ``rest_days``: of each a week, where turns do not bring them; ``after_hours``: how many stay for a
    duty after the day's work; ``away``: who is not to be counted on which day.
    Source: OS-04.02 to OS-04.05, SD-232.01, SD-311.04. Raises NotSet.
    """
    plan: list[Turn] = sorted(before, key=lambda turn: turn.on)
    done = len(plan)
    for day in days:
        here = [who for who in people if (who, day) not in away]
        plan += _on(day, here, people, post, rulebook, plan, rest_days, after_hours)
    return tuple(plan[done:])


def _on(
    day: date,
    here: Sequence[str],
    people: Sequence[str],
    post: str,
    rulebook: Rulebook,
    plan: Sequence[Turn],
    rest_days: int,
    after_hours: int,
) -> list[Turn]:
    found = patterns(post, day.isoweekday(), rulebook)
    shifts = [pattern.name for pattern in found if not pattern.after_hours]
    if not shifts or not here:
        return []
    turns = _turns(shifts, rulebook)
    if turns is not None and turns.by == "longest_ago":
        return [
            Turn(next_in_turn(shifts[0], _last(shifts[0], here, plan), rulebook), day, shifts[0])
        ]
    working = []
    for who in here:
        place = people.index(who)
        if turns is not None and turns.off:
            if _free(shifts[0], who, place, day, plan, turns, rulebook):
                continue
            working.append(Turn(who, day, shifts[0]))
        elif not _rests(place, len(people), day, rest_days):
            working.append(
                Turn(who, day, _shift_of(who, place, day, shifts, plan, turns, rulebook))
            )
    at_work = [turn.who for turn in working]
    for pattern in found:
        if pattern.after_hours:
            last = _last(pattern.name, at_work, plan)
            order = sorted(at_work, key=lambda who: last[who] or date.min)
            working += [Turn(who, day, pattern.name) for who in order[:after_hours]]
    return working


def _turns(shifts: Sequence[str], rulebook: Rulebook) -> Rotation | None:
    return next((c for c in rulebook.in_force(Rotation) if set(shifts) & set(c.shifts)), None)


def _last(shift: str, people: Iterable[str], plan: Sequence[Turn]) -> dict[str, date | None]:
    """When each of them had the shift last."""
    last: dict[str, date | None] = dict.fromkeys(people)
    for turn in plan:
        if turn.shift == shift and turn.who in last:
            last[turn.who] = turn.on
    return last


def _rests(place: int, people: int, day: date, rest_days: int) -> bool:
    """Rest days are the same each week, and those of different people apart."""
    first = place * WEEK // people
    return (day.isoweekday() - 1 - first) % WEEK < rest_days


def _free(
    shift: str,
    who: str,
    place: int,
    day: date,
    plan: Sequence[Turn],
    turns: Rotation,
    rulebook: Rulebook,
) -> bool:
    """Is it his free turn? Those who never had one begin one after the other."""
    last = _last(shift, [who], plan)[who]
    if last is not None:
        return free_after(shift, last, day, rulebook)
    begun = any(turn.shift == shift for turn in plan if turn.on < day)
    return not begun and bool(place % (1 + (turns.off or 0)))


def _shift_of(
    who: str,
    place: int,
    day: date,
    shifts: Sequence[str],
    plan: Sequence[Turn],
    turns: Rotation | None,
    rulebook: Rulebook,
) -> str:
    if turns is None:  # no clause says whose turn it is: a week each
        return shifts[(place + day.isocalendar().week) % len(shifts)]
    order = turns.shifts
    own = [turn for turn in plan if turn.who == who and turn.shift in order]
    if not own:
        return order[place % len(order)]
    row = own[_row_begins(own) :]
    rostered = {turn.on for turn in row}
    return shift_in_turn(row[0].shift, row[0].on, rostered, day, rulebook)


def _row_begins(own: Sequence[Turn]) -> int:
    """Where the row of equal shifts begins that ends now."""
    changes = [n for n, (one, other) in enumerate(pairwise(own), 1) if one.shift != other.shift]
    return changes[-1] if changes else 0


# What is wrong with a plan.


@dataclass(frozen=True, slots=True)
class Worked:
    """A shift as it is planned; ``minutes``: without its breaks."""

    who: str
    on: date
    shift: str
    starts_at: datetime
    ends_at: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong on a day, or in the week that begins on it. ``clause``: "" where no rulebook has to say so;
    ``number``: hours or days that there are, ``bound``: that may or must be.
    """

    what: str
    who: str
    on: date
    clause: str = ""
    number: Decimal = Decimal(0)
    bound: Decimal = Decimal(0)


def flaws(plan: Iterable[Worked], rulebook: Rulebook) -> list[Flaw]:
    """Return what is wrong with a plan, person by person: shifts that overlap, a week without its rest, more
    hours than a day or a week has, a free turn that is worked, a row of equal shifts that is too long.

    Weeks are judged whole, Monday to Sunday. All but an overlap is only warned about.
    Source: ES-131.02, ES-131.03, ES-131.07, OS-04.03, SD-232.01.
    """
    by_person: dict[str, list[Worked]] = {}
    for one in sorted(plan, key=lambda one: one.starts_at):
        by_person.setdefault(one.who, []).append(one)
    found: list[Flaw] = []
    for who, own in by_person.items():
        found += _overlaps(who, own)
        found += _too_long(who, own, rulebook)
        found += _without_rest(who, own, rulebook)
        found += _out_of_turn(who, own, rulebook)
    return found


def _overlaps(who: str, own: Sequence[Worked]) -> Iterator[Flaw]:
    for one, other in pairwise(own):
        if other.starts_at < one.ends_at:
            yield Flaw("overlap", who, other.on)


def _too_long(who: str, own: Sequence[Worked], rulebook: Rulebook) -> Iterator[Flaw]:
    for per, begins in (("day", lambda day: day), ("week", _monday)):
        try:
            limit = limit_of("regular_time", per, rulebook)
        except NotInRulebook:
            continue
        worked: dict[date, int] = {}
        for one in own:
            worked[begins(one.on)] = worked.get(begins(one.on), 0) + one.minutes
        for day, total in worked.items():
            hours = -(-total // 60)  # a begun hour is one more
            if not within_limit(hours, limit).within:
                number, bound = Decimal(total) / 60, Decimal(limit.at_most)
                yield Flaw(f"{per}_hours", who, day, limit.id, number, bound)


def _without_rest(who: str, own: Sequence[Worked], rulebook: Rulebook) -> Iterator[Flaw]:
    weeks: dict[date, set[date]] = {}
    for one in own:
        weeks.setdefault(_monday(one.on), set()).add(one.on)
    for monday, days in weeks.items():
        free = Decimal(WEEK - len(days))
        try:
            verdict = counted(rulebook, "rest_days", {"any": free})
        except NotInRulebook:
            return
        for count in verdict.counts:
            if count.short:
                yield Flaw("no_rest", who, monday, count.clause, free, free + count.short)


def _out_of_turn(who: str, own: Sequence[Worked], rulebook: Rulebook) -> Iterator[Flaw]:
    for clause in rulebook.in_force(Rotation):
        mine = [one for one in own if one.shift in clause.shifts]
        if clause.off:
            for one, other in pairwise(mine):
                if one.on < other.on and free_after(one.shift, one.on, other.on, rulebook):
                    yield Flaw("free_turn", who, other.on, clause.id)
        elif clause.every is not None and len(clause.shifts) > 1:
            yield from _rows_too_long(who, mine, clause)


def _rows_too_long(who: str, mine: Sequence[Worked], clause: Rotation) -> Iterator[Flaw]:
    row = 0
    for n, one in enumerate(mine):
        row = row + 1 if n and mine[n - 1].shift == one.shift else 1
        if clause.every is not None and row == clause.every + 1:
            bound = Decimal(clause.every)
            yield Flaw("no_change", who, one.on, clause.id, bound + 1, bound)


def _monday(day: date) -> date:
    return day - timedelta(days=day.isoweekday() - 1) if day.isoweekday() > 1 else day
