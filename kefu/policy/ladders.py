"""The how-manieth time something happens, and what is done at which time."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from kefu.policy.clauses import Consequence
from kefu.policy.clauses.base import Name, Quantity, Strict
from kefu.policy.clauses.penalties import Counting
from kefu.policy.refusals import BadFacts, NotInRulebook, cannot_be, wanted
from kefu.policy.rulebook import Rulebook


class NoLadder(NotInRulebook):
    """The rulebook counts nothing of this name."""

    def __init__(self, code: str, of: str) -> None:
        super().__init__(cannot_be("counts_no", code=code, of=of))
        self.of = of


class Happening(Strict):
    """Something on a day that is counted (or ``amount`` added up) under the name ``of``; ``other``:
    something of another kind, which may break a row.
    """

    of: Name
    on: date
    amount: Quantity = Decimal(1)
    other: bool = False


def count(history: Sequence[Happening], counting: Counting, on: date | None, top: int) -> int:
    """Return the how-manieth time the latest happening is; ``top`` is where the ladder ends.

    ``on`` is the day it is judged, needed where a calendar period counts. Raises BadFacts for a
    happening after it, or for a period without it.
    """
    counted = 0
    for happening in since(history, counting.of, counting.within, on):
        if not happening.other:
            counted = 1 if counting.restarts and counted >= top else counted + 1
        elif counting.others_break:
            counted = 0
    return counted


def since(
    history: Sequence[Happening], of: str, within: str, on: date | None
) -> Iterator[Happening]:
    """The happenings of a name in the period of the day ``on``, in order of time."""
    if within != "all" and on is None:
        raise BadFacts({"on": wanted("which_period", of=of, within=within)})
    for happening in sorted(history, key=lambda happening: happening.on):
        if happening.of != of:
            continue
        if on is not None and happening.on > on:
            why = cannot_be("after_judged", on=happening.on, judged_on=on)
            raise BadFacts({"history": why})
        if within == "all" or (on and _same(within, happening.on, on)):
            yield happening


def _same(within: str, day: date, on: date) -> bool:
    return day.year == on.year and (within == "calendar_year" or day.month == on.month)


def ladder(rulebook: Rulebook, of: str) -> tuple[Consequence, ...]:
    """Return the steps that are taken one after the other as ``of`` is counted, the first first.

    Raises NoLadder. A step for which the regulation gives no number is not among them.
    """
    steps = [
        clause
        for clause in rulebook.in_force(Consequence)
        if clause.counts is not None and clause.counts.of == of and clause.nth is not None
    ]
    if not steps:
        raise NoLadder(rulebook.code, of)
    return tuple(sorted(steps, key=lambda clause: clause.nth or 0))


def escalation(rulebook: Rulebook, of: str, counted: int) -> Consequence | None:
    """Return the clause for the ``counted``-th time, or None where it costs nothing (yet).

    Each step applies from its number until the next begins. Source: OS-04.21 to OS-04.23,
    SD-233.48, ES-204.04, ES-603.24, CD-05.26. Raises NoLadder, BadFacts for a count below 0.
    """
    if counted < 0:
        raise BadFacts({"count": cannot_be("times_below_nought", n=counted)})
    reached = [step for step in ladder(rulebook, of) if (step.nth or 0) <= counted]
    if not reached:
        return None
    last = reached[-1]
    if last.counts and last.counts.exactly and last.nth != counted:
        return None
    return last
