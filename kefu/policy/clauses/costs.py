"""What a clause of another kind costs by itself."""

from typing import Self

from pydantic import model_validator

from kefu.policy.clauses.base import ClauseBase, Money, Points
from kefu.policy.clauses.penalties import Condition, Role


class Costing(ClauseBase):
    """With ``points`` or ``fine`` the clause costs ``role`` that much each time, under ``condition``."""

    role: Role | None = None
    condition: Condition | None = None
    points: Points | None = None
    fine: Money | None = None

    @model_validator(mode="after")
    def _cost_is_complete(self) -> Self:
        if self.points is not None and self.fine is not None:
            raise ValueError("a clause costs points or money, not both")
        costs = self.points is not None or self.fine is not None
        if costs != (self.role is not None) or costs != (self.condition is not None):
            raise ValueError("role and condition go with points or fine")
        return self
