"""How a month's score is decided anew: from the facts beside it, by the edition it was published under or another."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from kefu.policy.calculations import calculation
from kefu.policy.clauses import NotSet
from kefu.policy.months import Month
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Decision, Missing, Outcome, span
from payroll.models import MonthScore
from payroll.selectors.scores import result_of

HUNDREDTH = Decimal("0.01")


class Scores:
    """Each published score, by the month in which it was published."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        columns = (
            "pk",
            "clause",
            "rulebook_id",
            "department_id",
            "mechanism",
            "facts",
            "points",
            "grade",
        )
        rows = self._rows(month, rulebook_id).filter(pk__gt=after, published_at__lte=at)
        return [self._decision(row) for row in rows.order_by("pk").values(*columns)[:limit]]

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        mechanism, told = facts
        try:
            decided = calculation(mechanism).run(rules, told)
        except NotSet as error:
            raise Missing("setting", error.clause, error.setting) from error
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        return Outcome(_fields(*result_of(mechanism, decided)))

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[MonthScore]:
        first, end = span(month)
        rows = MonthScore.objects.filter(published_at__gte=first, published_at__lt=end)
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)

    def _decision(self, row: Mapping[str, Any]) -> Decision:
        return Decision(
            key=row["pk"],
            clause=row["clause"],
            version_id=row["rulebook_id"],
            case_id=None,
            case_number="",
            department_id=row["department_id"],
            facts=(row["mechanism"], row["facts"]),
            private=True,
            stored=Outcome(_fields(row["points"], row["grade"])),
        )


def _fields(points: Any, grade: str) -> dict[str, Any]:
    shown = None if points is None else plain(points.quantize(HUNDREDTH))
    return {"points": shown, "grade": grade}


SCORES = Scores()
