"""Rewards and sanctions that people propose: which clause leads to which level, and the how-manieth time it is."""

from dataclasses import dataclass

from kefu.policy.clauses import Consequence, Items, Reward, ScoreEvent
from kefu.policy.clauses.base import ClauseBase
from kefu.policy.conditions import said
from kefu.policy.ladders import NoLadder, escalation
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = ["Accumulated", "Proposable", "accumulated", "event_counted", "levels", "proposable"]

SANCTIONS = ("warning", "demerit", "major_demerit", "dismissal")
PERSONAL = {"owner", "agent", "employee", "supervisor"}


@dataclass(frozen=True, slots=True)
class Proposable:
    """A clause as somebody may propose it. ``levels``: what it leads to, of several a person chooses; ``ground``: its
    number in the list of grounds. ``needs`` and ``needs_any``: what is established or on record with it. ``by_hand``
    false: the facts are counted by the program, which suggests it; ``counts``: what it is a step of the ladder of.
    """

    clause: str
    levels: tuple[str, ...]
    rewards: bool
    ground: str
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    by_hand: bool = True
    counts: str = ""


def levels(clause: ClauseBase) -> tuple[str, ...]:
    """The rewards or sanctions that a clause leads to; () for one that nobody proposes so."""
    match clause:
        case Reward():
            return (clause.level,)
        case Consequence() if clause.role in PERSONAL and set(clause.measures) & set(SANCTIONS):
            return tuple(one for one in clause.measures if one in SANCTIONS or one == "fine")
    return ()


def proposable(rulebook: Rulebook) -> dict[str, Proposable]:
    """Return the clauses under which a reward or a sanction can be proposed, in the order of the rulebook.

    Source: ES-137.01 to ES-138.39, ES-125.02, ES-133.23, ES-133.24, ES-603.24, OS-04.23, SD-233.12, SD-233.48,
    SD-233.50.
    """
    found = {}
    for clause in rulebook.clauses:
        given = levels(clause)
        if clause.yields_to is not None or not given:
            continue
        if isinstance(clause, Reward):
            found[clause.id] = Proposable(clause.id, given, True, clause.ground, clause.needs)
        elif isinstance(clause, Consequence):
            of = clause.counts.of if clause.counts else ""
            by_hand = not of or clause.nth is None or event_counted(rulebook, of) is not None
            found[clause.id] = Proposable(
                clause.id,
                given,
                False,
                clause.ground or "",
                clause.needs,
                clause.needs_any,
                by_hand and not clause.when,
                of,
            )
    return found


def event_counted(rulebook: Rulebook, of: str) -> ScoreEvent | None:
    """The line of the score sheet that counts the same thing ever since, such as doing something else at work."""
    events = rulebook.in_force(ScoreEvent)
    return next((one for one in events if of in one.of and one.counted == "ever"), None)


@dataclass(frozen=True, slots=True)
class Accumulated:
    """``nth``: the how-manieth time it is, nought where the clause counts nothing. ``instead``: the clause that
    speaks at this time, where it is another one.
    """

    nth: int
    instead: str
    steps: tuple[Step, ...]


def accumulated(rulebook: Rulebook, clause: str, before: int) -> Accumulated:
    """Return what earlier times do to a sanction: nothing turns into a graver one unless a clause says so.

    ``before``: how often it was counted already. Source: ES-138.01, SD-233.48 to SD-233.50, OS-04.23.
    """
    found = rulebook[clause]
    if not isinstance(found, Consequence) or found.counts is None:
        lists = (one for one in rulebook.in_force(Items) if one.of == "sanction_levels")
        steps = tuple(Step.of(one.id, "sanction_alone") for one in lists)
        return Accumulated(0, "", steps if isinstance(found, Consequence) else ())
    of, nth = found.counts.of, before + 1
    step = Step.of(clause, "sanction_nth", n=nth, of=of, what=said([of]))
    if found.nth is None:
        return Accumulated(nth, "", (step, Step.of(clause, "sanction_by_hand")))
    try:
        speaking = escalation(rulebook, of, nth)
    except NoLadder:
        speaking = None
    if speaking is not None and speaking.id == clause:
        return Accumulated(nth, "", (step,))
    event = event_counted(rulebook, of)
    if event is not None and nth >= event.from_count:
        other = event.id
    else:
        other = speaking.id if speaking is not None else ""
    return Accumulated(nth, other, (step, Step.of(other or clause, "sanction_instead", n=nth)))
