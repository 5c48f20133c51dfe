"""What can stand in the register of rewards and penalties: which clauses, in what, for how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from kefu.policy.clauses import (
    Award,
    Checklist,
    Consequence,
    ExtraPoints,
    Reward,
    ScoreEvent,
    ScoreTiers,
)
from kefu.policy.clauses.base import ClauseBase
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.sanctions import PERSONAL, levels
from kefu.policy.scores import ScoreRules

__all__ = ["Enterable", "Kind", "consequences", "enterable", "one_incident"]

Kind = Literal["points", "fine", "award", "forfeit", "charge", "remark"]

PARTS_LOST = {"performance_pay_lost", "full_attendance_lost"}


@dataclass(frozen=True, slots=True)
class Enterable:
    """A clause as a line of the register. ``value``: the points or yuan that the clause itself names, else a
    person chooses them from ``least`` to ``most`` (None: no bound). ``gives``: it is to the person's good.
    ``by_hand`` false: a computation raises it, nobody writes it down. ``second_person``: whoever wrote it down
    does not verify it. ``measures``: of several a person chooses one. ``levels``: the rewards or sanctions that have
    to be proposed and decided under it.
    """

    clause: str
    kind: Kind
    value: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    chosen: bool = False
    gives: bool = False
    by_hand: bool = True
    second_person: bool = False
    measures: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()

    def allows(self, value: Decimal) -> bool:
        """May a person choose so much?"""
        return (
            self.chosen
            and value > 0
            and (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
        )


def enterable(rulebook: Rulebook) -> dict[str, Enterable]:
    """Return the clauses that a line of the register may name, in the order of the rulebook.

    Source: CD-12.01 to CD-12.73, CD-12.88, CD-12.98, ES-137.03 to ES-138.39, ES-204.06, SD-233.02, SD-233.22 to SD-233.63.
    """
    lines = _sheet_lines(rulebook)
    found = (_entered(clause, lines, rulebook) for clause in rulebook.clauses)
    return {one.clause: one for one in found if one is not None}


def one_incident(rulebook: Rulebook, one: str, other: str) -> bool:
    """Do both clauses speak of one incident, so that the more specific of them counts?"""
    clauses = [rulebook[clause] for clause in (one, other)]
    named = [getattr(clause, "instead_of", ()) or () for clause in clauses]
    return one in named[1] or other in named[0]


def _sheet_lines(rulebook: Rulebook) -> dict[str, Decimal]:
    """By clause: the points it moves the sheet by, with their sign."""
    try:
        rules = ScoreRules.of(rulebook)
    except NotInRulebook:
        return {}
    return {clause: line.points for clause, line in rules.lines.items()}


def _entered(clause: ClauseBase, lines: dict[str, Decimal], rulebook: Rulebook) -> Enterable | None:
    if clause.yields_to is not None or isinstance(clause, ScoreTiers):
        return None
    if clause.id in lines:
        return _line(clause, lines[clause.id])
    match clause:
        case Consequence() if clause.role in PERSONAL:
            return _consequence(clause, rulebook)
        case ExtraPoints():  # a commendation; complaints have a case
            return Enterable(clause.id, "points", clause.commendation, gives=True)
        case Reward():
            return Enterable(clause.id, "remark", gives=True, by_hand=False, levels=levels(clause))
        case Award():
            chosen = clause.amount is None
            return Enterable(clause.id, "award", clause.amount, chosen=chosen, gives=True)
        case Checklist() if clause.area == "people" and clause.scored_by is None:
            return _checklist(clause)
    return None


def _line(clause: ClauseBase, points: Decimal) -> Enterable:
    chosen = isinstance(clause, ScoreEvent) and clause.up_to is not None
    return Enterable(
        clause.id,
        "points",
        None if chosen else abs(points),
        points if chosen else None,
        getattr(clause, "up_to", None),
        chosen,
        gives=points > 0,
        by_hand=not getattr(clause, "follows", ()),
        second_person=isinstance(clause, ScoreEvent) and clause.second_person,
    )


def _checklist(clause: Checklist) -> Enterable:
    if clause.fine is not None:
        return Enterable(clause.id, "fine", clause.fine)
    if clause.points is not None:
        return Enterable(clause.id, "points", clause.points)
    return Enterable(clause.id, "remark")


def _consequence(clause: Consequence, rulebook: Rulebook) -> Enterable:
    by_hand = not clause.follows and not clause.when
    if clause.currency == "measure":
        forfeit = bool(clause.measures) and set(clause.measures) <= PARTS_LOST
        kind: Kind = "forfeit" if forfeit else "remark"
        raised = levels(clause)
        return Enterable(
            clause.id,
            kind,
            by_hand=by_hand and not raised,
            measures=tuple(clause.measures),
            levels=raised,
        )
    if clause.currency == "points":
        chosen = clause.points is None
        return Enterable(clause.id, "points", clause.points, chosen=chosen, by_hand=by_hand)
    return _fine(clause, rulebook, by_hand=by_hand)


def _fine(clause: Consequence, rulebook: Rulebook, *, by_hand: bool) -> Enterable:
    if clause.fine_range is not None:
        least, most = clause.fine_range.at_least, clause.fine_range.at_most
        return Enterable(clause.id, "fine", None, least, most, chosen=True, by_hand=by_hand)
    derived = clause.derived
    if derived is None:
        chosen = clause.fine is None
        return Enterable(clause.id, "fine", clause.fine, chosen=chosen, by_hand=by_hand)
    if derived.of[0].isupper():
        other: Consequence = rulebook[derived.of]  # type: ignore[assignment]
        amount = other.given("fine") * derived.multiplier / derived.divisor
        return Enterable(clause.id, "fine", amount, by_hand=by_hand)
    # The very price or loss that is handed in is made good; a part or a multiple of something is a fine.
    kind: Kind = "charge" if derived.multiplier == derived.divisor else "fine"
    return Enterable(clause.id, kind, chosen=True, by_hand=by_hand)


def consequences(rulebook: Rulebook, number: str) -> Iterator[Consequence]:
    """What the rulebook raises when a number of this name, such as a score, is out of bounds."""
    for clause in rulebook.in_force(Consequence):
        if any(bounds.of == number for bounds in clause.when):
            yield clause
