"""What came back of a paid month, decided anew: the slip without and with what became known, and its score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.clauses import NotSet
from kefu.policy.months import Month
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Decision, Missing, Outcome, span
from kefu.rulebooks.selectors import edition
from payroll.models import PayAdjustment
from payroll.selectors.paid import difference


@dataclass(frozen=True, slots=True)
class TakebackFacts:
    """What the difference is reckoned from, and the edition whose place another takes."""

    inputs: Mapping[str, Any]
    version_id: int


class Takebacks:
    """The adjustments that were reckoned from a paid slip, by the month in which they were."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _rows(month, rulebook_id).filter(pk__gt=after, entered_at__lte=at)
        return [decision_of(row) for row in rows.select_related("employee").order_by("pk")[:limit]]

    def decide(self, facts: TakebackFacts, rules: Rulebook) -> Outcome:
        def book(version_id: int) -> Rulebook:
            return rules if version_id == facts.version_id else edition(version_id).rules

        try:
            amount = difference(facts.inputs, book)
        except NotSet as error:
            raise Missing("setting", error.clause, error.setting) from error
        except (Refused, LookupError) as error:
            raise Missing("fact", detail=str(error)[:200]) from error
        return Outcome({"amount": f"{amount:.2f}"})


def _rows(month: Month, rulebook_id: int | None) -> QuerySet[PayAdjustment]:
    first, end = span(month)
    rows = PayAdjustment.objects.filter(
        entered_at__gte=first, entered_at__lt=end, inputs__has_key="parts"
    )
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def decision_of(row: PayAdjustment) -> Decision:
    return Decision(
        key=row.pk,
        clause=row.clause,
        version_id=row.rulebook_id,
        case_id=None,
        case_number="",
        department_id=row.employee.department_id,
        facts=TakebackFacts(row.inputs, row.rulebook_id),
        stored=Outcome({"amount": f"{row.amount:.2f}"}),
    )


TAKEBACKS = Takebacks()
