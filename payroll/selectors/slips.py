"""What policy makes of the frozen facts of a slip: the same whenever it is asked."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from kefu.policy import pay
from kefu.policy.calculation import unfit
from kefu.policy.clauses import Award
from kefu.policy.pay import PayRules
from kefu.rulebooks.selectors import edition
from payroll.models import Payslip, PayslipPart, RegisterEntry


@lru_cache(maxsize=32)
def pay_rules(version_id: int) -> PayRules:
    """The clauses of an edition's wage; kept, because what is published never changes."""
    return PayRules.of(edition(version_id).rules)


def rules_citing(part: PayslipPart) -> PayRules:
    """The clauses that pay a part, beside those of the editions that imposed its fines."""
    cited = {one[2] for one in part.sources} - {part.rulebook_id}
    return pay_rules(part.rulebook_id).citing(pay_rules(one) for one in sorted(cited))


def computed(slip: Payslip) -> list[tuple[PayslipPart, pay.Payslip]]:
    """What policy makes of the frozen facts of a slip, part by part. Raises Refused.

    Each fine is called as the edition that imposed it does.
    """
    return decided(list(slip.parts.all()))


def decided(parts: Sequence[PayslipPart]) -> list[tuple[PayslipPart, pay.Payslip]]:
    """What policy makes of parts as they stand. Raises Refused."""
    known = [(facts_of(part.facts), rules_citing(part)) for part in parts]
    made = pay.payslips(known)
    for part, (_decision, most) in zip(parts, made, strict=True):
        part.most = most
    return [(part, decision) for part, (decision, _most) in zip(parts, made, strict=True)]


def facts_of(facts: Any) -> pay.PayFacts:
    """Raises BadFacts naming the field."""
    try:
        return pay.PayFacts.model_validate(facts)
    except ValidationError as error:
        raise unfit(error) from error


def chosen(entry: RegisterEntry) -> str | None:
    """The amount of an award, where its clause leaves it to whoever gives it."""
    clause = edition(entry.rulebook_id).rules[entry.clause]
    fixed = isinstance(clause, Award) and clause.amount is not None
    return None if fixed or entry.value is None else str(entry.value)
