"""Trying a decision out: it comes out, or it is said why it does not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kefu import punctuation
from kefu.calculator import faults
from kefu.calculator.faults import Fault
from kefu.policy.calculation import Calculation, Decided
from kefu.policy.clauses import NotSet
from kefu.policy.refusals import BadFacts, Refused
from kefu.policy.rulebook import Rulebook, RulebookError
from kefu.rulebooks.faults import faults_of


@dataclass(frozen=True, slots=True)
class Trial:
    """One of: what was decided; what is wrong with the facts; why the rulebook does not say."""

    decided: Decided | None = None
    faults: tuple[Fault, ...] = ()
    silent: str = ""
    blank: bool = False  # a clause of the rulebook is there and leaves it open

    @property
    def incomplete(self) -> bool:
        """Is nothing wrong but that something is not filled in yet?"""
        return bool(self.faults) and all(fault.missing for fault in self.faults)


def try_out(calculation: Calculation, rulebook: Rulebook, facts: Mapping[str, Any]) -> Trial:
    """Never raises for anything that can be typed: not for facts that cannot be, nor for blanks."""
    try:
        return Trial(calculation.run(rulebook, facts))
    except NotSet as error:
        blank = rulebook.get(error.clause) is not None
        return Trial(silent=faults.of_blank(error, rulebook), blank=blank)
    except Refused as error:
        found = tuple(_named(calculation, one) for one in faults.of_refused(error))
        # A fact that the rulebook has no answer to is a fault at its field; else the rulebook is silent.
        if isinstance(error, BadFacts) or any(one.loc for one in found):
            return Trial(faults=found)
        return Trial(silent=punctuation.in_turn(*(one.text for one in found)))
    except RulebookError as error:  # weights and grades are looked at only where they are used
        return Trial(silent=punctuation.in_turn(*map(str, faults_of(error, {}))))


# Where policy calls a fact otherwise than one of its calculations does.
ALIASES: Mapping[object, str] = {
    "overtime": "worked",
    "quantity": "weight",
    "week": "windows",
}


def _named(calculation: Calculation, fault: Fault) -> Fault:
    """The fault at the name that the calculation has for its fact."""
    if not fault.loc or fault.loc[0] in calculation.facts.model_fields:
        return fault
    own = ALIASES.get(fault.loc[0], "")
    known = own in calculation.facts.model_fields
    return replace(fault, loc=(own, *fault.loc[1:])) if known else fault
