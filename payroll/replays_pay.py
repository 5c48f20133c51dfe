"""How payslips are decided anew: from the facts that were frozen, by the edition they were decided by or by another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from kefu.policy import pay
from kefu.policy.clauses import NotSet
from kefu.policy.months import Month, first_day
from kefu.policy.pay import PayRules
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Decision, Missing, Outcome
from payroll.models import PayRun, PayslipPart
from payroll.selectors.slips import pay_rules


@dataclass(frozen=True, slots=True)
class SlipFacts:
    """Frozen facts of a part, and the other editions that its fines are called by."""

    facts: Mapping[str, Any]
    cited: frozenset[int]
    most: Decimal | None


class Payslips:
    """The parts of the slips of a locked month, to the fen and line by line."""

    def __init__(self) -> None:
        self._known: tuple[Rulebook, PayRules] | None = None

    def _of(self, rules: Rulebook) -> PayRules:
        """A replay asks by the same book again and again."""
        if self._known is None or self._known[0] is not rules:
            self._known = rules, PayRules.of(rules)
        return self._known[1]

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _parts(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _parts(month, rulebook_id).filter(pk__gt=after, slip__run__locked_at__lte=at)
        return [
            self._decision(row) for row in rows.prefetch_related("lines").order_by("pk")[:limit]
        ]

    def _decision(self, row: PayslipPart) -> Decision:
        assert row.result is not None
        lines = list(row.lines.all())
        return Decision(
            key=row.pk,
            clause=next((line.clause for line in lines if line.clause), ""),
            version_id=row.rulebook_id,
            case_id=None,
            case_number="",
            department_id=row.department_id,
            facts=SlipFacts(row.facts, frozenset(one[2] for one in row.sources), row.most),
            private=True,
            stored=Outcome(
                {
                    "net": row.result["net"],
                    "not_deducted": row.result["not_deducted"],
                    "lines": [
                        [line.clause, line.item, f"{line.amount:.2f}", line.kept] for line in lines
                    ],
                }
            ),
        )

    def decide(self, facts: SlipFacts, rules: Rulebook) -> Outcome:
        try:
            cited = [pay_rules(one) for one in sorted(facts.cited)]
            known = pay.PayFacts.model_validate(facts.facts)
            slip = pay.payslip(known, self._of(rules).citing(cited), most=facts.most)
        except NotSet as error:
            raise Missing("setting", error.clause, error.setting) from error
        except (Refused, ValueError) as error:
            raise Missing("fact", "", str(error)[:200]) from error
        lines = [*((line, False) for line in slip.lines), *((line, True) for line in slip.excess)]
        return Outcome(
            {
                "net": f"{slip.net:.2f}",
                "not_deducted": f"{slip.not_deducted:.2f}",
                "lines": [
                    [line.clause, line.part, f"{line.amount:.2f}", kept] for line, kept in lines
                ],
            }
        )


def _parts(month: Month, rulebook_id: int | None) -> QuerySet[PayslipPart]:
    rows = PayslipPart.objects.filter(
        slip__run__month=first_day(month),
        slip__run__state=PayRun.State.LOCKED,
        result__isnull=False,
    )
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


PAYSLIPS = Payslips()
