"""Reports about a loss, a delay or a damage: what their author earns, when people are told again, what a forgotten one costs."""

from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from kefu.policy.clauses import Consequence, PieceBonus
from kefu.policy.moments import DAY, day_of, wall
from kefu.policy.money import yuan
from kefu.policy.pay import PayRules, Piece
from kefu.policy.penalties import Assessed, Breach, assess
from kefu.policy.processes import Target, routed
from kefu.policy.requirements import Requirements, requirements
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import Step

__all__ = ["Bonus", "bonuses", "forgotten", "notices", "pays", "told_again_by", "wanted_report"]

NOT_MADE = "report_not_made"
FORM = "fault_case_closing"
NOON = time(12)  # the end of a morning


@dataclass(frozen=True, slots=True)
class Bonus:
    """What one piece of work earns: ``to`` its author or the supervisor's pool; ``amount`` in yuan."""

    clause: str
    to: str
    amount: Decimal
    steps: tuple[Step, ...]


def pays(rulebook: Rulebook) -> bool:
    """Does the rulebook pay for reports, and so ask for them?"""
    return any(clause.part == "report_bonus" for clause in rulebook.in_force(PieceBonus))


def bonuses(rulebook: Rulebook, piece: Piece) -> tuple[Bonus, ...]:
    """Return what a piece of work earns, its author first and the pool after him; () while something that the
    clauses want is not on record.

    Source: CD-12.74, CD-12.75, CD-12.77.
    """
    rules, found = PayRules.of(rulebook), []
    for clause in (*rules.bonuses, *([rules.pool] if rules.pool else ())):
        if piece.of not in clause.of or not piece.done.issuperset(clause.requires):
            continue
        pooled = rules.pooled(clause) if clause.to == "author" else Decimal(0)
        amount = yuan((clause.amount - pooled) * piece.count)
        inputs = {"n": piece.count, "each_yuan": clause.amount, "amount_yuan": amount}
        step = Step.of(clause.id, "pay_pieces", **inputs)
        if pooled:
            step = Step.of(clause.id, "pay_pieces_pooled", pool_yuan=pooled, **inputs)
        found.append(Bonus(clause.id, clause.to, amount, (step,)))
    return tuple(found)


def wanted_report(rulebook: Rulebook, *, outgoing: bool, evident: bool, made: bool) -> Requirements:
    """Return whether a case about a fault still lacks its report: of a parcel that we sent, where it is evident
    who is responsible. Source: CD-12.78.
    """
    facts = {
        "shipment": "outgoing" if outgoing else "incoming",
        "responsibility": "evident" if evident else "unclear",
    }
    return requirements(rulebook, FORM, {"report"} if made else set(), facts)


def forgotten(rulebook: Rulebook, fault: str) -> Assessed | None:
    """Return what a report costs that was not made: the multiple of what it would have earned. Source: CD-12.79.

    None where no clause speaks of it. Raises BadFacts for a fault that no report is paid for.
    """
    for clause in rulebook.in_force(Consequence):
        if NOT_MADE in clause.needs:
            return assess(rulebook, Breach(clause=clause.id, piece=fault, established=(NOT_MADE,)))
    return None


def notices(rulebook: Rulebook) -> tuple[int, tuple[Step, ...]]:
    """Return how often the people concerned are told of a report that came in, with the reasons. Source: CD-12.30."""
    targets, steps = routed(rulebook, "incoming_report")
    told = [target.times for target in targets if _is_told(target)]
    return max(told, default=0), steps


def _is_told(target: Target) -> bool:
    return target.how == "told"


def told_again_by(told_at: datetime) -> datetime:
    """Return until when people who did not answer are told again: noon of the next day. Source: CD-12.30."""
    return wall(day_of(told_at) + DAY, NOON)
