"""What a customer gets for a delay, a damage or a loss."""

from decimal import Decimal
from itertools import pairwise
from typing import Literal, Self

from pydantic import model_validator

from kefu.policy.clauses.base import ClauseBase, Count, Factor, Money, Strict

Event = Literal["delay", "damage", "loss"]


class ScaleStep(Strict):
    """From so many days of delay on, this much."""

    from_days: Count
    amount: Money


class CompensationHouse(Strict):
    """House settings, where the regulation is silent: the scale that is proposed within a range,
    what is proposed without a proof of value (so many times the freight), from which amount on a
    manager approves, and whether nothing has to be given after force majeure.
    """

    scale: tuple[ScaleStep, ...] = ()
    without_proof: Factor | None = None
    approval_above: Money | None = None
    optional_after_force_majeure: bool = False

    @model_validator(mode="after")
    def _rises(self) -> Self:
        steps = self.scale
        for step, after in pairwise(steps):
            if step.from_days >= after.from_days or step.amount > after.amount:
                raise ValueError("the scale rises with the days")
        return self


class Compensation(ClauseBase):
    """One term of what is paid for an ``event``; ``insured`` and ``repairable`` narrow it down,
    None: either way.

    It sets the amount, its minimum or its maximum, on the ``basis`` of a fixed ``amount``, of what
    a person chooses between ``at_least`` and ``at_most``, or so many times (``multiple``) a fact. ``partial``: of goods that are lost or damaged in part, the share or the
    whole counts. ``limited_to_proof``: never more than the proved value; ``limited_to_insured``:
    never more than the insured amount, where there is one. ``dearer_repair``: a repair that costs
    more than the goods are worth is paid all the same, or they count as not repairable.
    """

    kind: Literal["compensation"]
    event: Event
    insured: bool | None = None
    repairable: bool | None = None
    sets: Literal["amount", "minimum", "maximum"]
    basis: Literal["fixed", "chosen", "proved_value", "insured_amount", "repair_cost", "freight"]
    form: Literal["money", "coupon"] = "money"
    amount: Money | None = None
    multiple: Factor = Decimal(1)
    at_least: Money | None = None
    at_most: Money | None = None
    partial: Literal["share", "whole"] = "whole"
    limited_to_proof: bool = False
    limited_to_insured: bool = False
    dearer_repair: Literal["paid", "as_not_repairable"] = "paid"
    house: CompensationHouse = CompensationHouse()

    @model_validator(mode="after")
    def _basis_is_complete(self) -> Self:
        if (self.amount is not None) != (self.basis == "fixed"):
            raise ValueError("an amount is written for the basis fixed, and for no other")
        ends = (self.at_least, self.at_most)
        if (self.basis == "chosen") != all(ends) or any(ends) != all(ends):
            raise ValueError("at_least and at_most are written for the basis chosen")
        if self.at_least and self.at_most and self.at_least >= self.at_most:
            raise ValueError("at_least is below at_most")
        for step in self.house.scale:
            if not (
                self.at_least and self.at_most and self.at_least <= step.amount <= self.at_most
            ):
                raise ValueError(f"{step.amount} is proposed and not in the range")
        return self

    @property
    def question(self) -> tuple[str, ...]:
        return (
            "compensation",
            self.event,
            str(self.insured),
            str(self.repairable),
            self.sets,
        )
