"""The reports of the centre: what each holds. How they are made and issued: ``claims.services.registers``."""

from collections.abc import Callable
from dataclasses import dataclass

from claims.models import Register
from claims.registers import claims, complaints
from claims.registers.content import Span, Table
from kefu.policy.measures import Plan
from kefu.policy.rulebook import Rulebook

Kind = Register.Kind


@dataclass(frozen=True, slots=True)
class Definition:
    """``compute``: its tables for a period. ``with_plans``: further reports of the rulebook that are part of it.
    ``beside``: the report that it is due with.
    """

    compute: Callable[[Span, Plan, Rulebook], list[Table]]
    with_plans: tuple[str, ...] = ()
    beside: str = ""


DEFINITIONS: dict[str, Definition] = {
    Kind.WEEKLY_COMPLAINTS: Definition(complaints.weekly, with_plans=("complaint_causes",)),
    Kind.MONTHLY_CLAIMS: Definition(claims.monthly),
    Kind.INCIDENT_CAUSES: Definition(claims.causes, beside=Kind.MONTHLY_CLAIMS),
    Kind.SELF_SETTLED: Definition(claims.self_settled),
    Kind.COMPLAINT_RATE: Definition(complaints.rate),
}
