"""How long things are kept, and from when they may or have to be destroyed."""

from dataclasses import dataclass
from datetime import date

from kefu.policy.calendar_days import months_after
from kefu.policy.clauses import Retention
from kefu.policy.moments import DAY
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step


@dataclass(frozen=True, slots=True)
class Kept:
    """``last_on``: the last day on which it is kept; None: no end is set, or something is still
    open. From the day after it may be destroyed, or has to be (``must``)."""

    clause: str
    last_on: date | None
    must: bool
    steps: tuple[Step, ...]

    @property
    def destroy_from(self) -> date | None:
        return None if self.last_on is None else self.last_on + DAY

    def destroyable(self, on: date) -> bool:
        return self.last_on is not None and on > self.last_on


def retention_of(what: str, rulebook: Rulebook) -> Retention:
    """Raises NotInRulebook where no clause speaks of it: nothing may be destroyed then."""
    for clause in rulebook.in_force(Retention):
        if what in clause.of:
            return clause
    raise NotInRulebook(cannot_be("nothing_about_keeping", code=rulebook.code, kept=what))


def retention_ends(what: str, since: date, rulebook: Rulebook, *, held: bool = False) -> Kept:
    """Return until when something is kept that became due for keeping on ``since``.

    That day is not counted, unless the clause counts it as the first. Two years after 29 February
    end on 28 February. ``held``: an open case or claim still needs it, so there is no end.
    Source: CD-05.14 (180 days), ES-403.06 (7 days), ES-404.11, ES-404.12 (years).

    Raises NotInRulebook where no clause speaks of it, BadFacts for a date beyond the calendar.
    """
    clause = retention_of(what, rulebook)
    must = clause.then == "must_destroy"
    if clause.keep is None or clause.unit is None:
        step = Step.of(clause.id, "kept_without_end", from_on=since)
        return Kept(clause.id, None, False, (step,))
    if clause.unit == "days":
        last_on = _days_after(since, clause.keep - clause.start_counts)
    else:
        last_on = months_after(since, clause.keep * (12 if clause.unit == "years" else 1))
    key = f"kept_{clause.unit}" + ("_with_first" if clause.start_counts else "")
    steps = [Step.of(clause.id, key, from_on=since, n=clause.keep, last_on=last_on)]
    if held:
        steps.append(Step.of(clause.id, "kept_while_open"))
        return Kept(clause.id, None, False, tuple(steps))
    steps.append(Step.of(clause.id, clause.then, destroy_on=last_on + DAY))
    return Kept(clause.id, last_on, must, tuple(steps))


def _days_after(day: date, days: int) -> date:
    try:
        return day + days * DAY
    except OverflowError:
        raise BadFacts(cannot_be("days_beyond", n=days, on=day)) from None


def destroyable_until(what: str, on: date, rulebook: Rulebook) -> date:
    """Return the latest day of ``since`` whose time is over on ``on``: all that became due for keeping by then
    may be destroyed, or has to be. What is asked of many rows at once is asked of their day, not of each.

    Raises NotInRulebook where no clause speaks of it or gives a length, BadFacts beyond the calendar.
    """
    clause = retention_of(what, rulebook)
    if clause.keep is None or clause.unit is None:
        raise NotInRulebook(cannot_be("nothing_about_keeping", code=rulebook.code, kept=what))
    if clause.unit == "days":
        return _days_after(on, clause.start_counts - clause.keep - 1)
    # From a day that is certainly too late: a month's end is shortened, so that several days may end on one.
    day = _days_after(on, -28 * clause.keep * (12 if clause.unit == "years" else 1))
    while not retention_ends(what, day, rulebook).destroyable(on):
        day -= DAY
    return day
