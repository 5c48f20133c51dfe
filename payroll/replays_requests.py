"""What became of swaps and leave, decided anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.months import Month
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.shift_requests import LeaveFacts, SwapFacts, judge_leave, judge_swap
from kefu.replay.decisions import Decision, Missing, Outcome, span
from payroll.models import Leave, Swap


class Swaps:
    """Swaps that took effect: that the rulebook let them, and what it warned of."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _effective(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _effective(month, rulebook_id).filter(pk__gt=after, decided_at__lte=at)
        rows = rows.select_related("asker", "shift").order_by("pk")[:limit]
        return [
            _decision(row, row.asker.department_id, SwapFacts.from_json(row.inputs["facts"]), True)
            for row in rows
        ]

    def decide(self, facts: SwapFacts, rules: Rulebook) -> Outcome:
        try:
            found = judge_swap(facts, rules)
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        warned = list(dict.fromkeys(step.clause for step in found.warned))
        return Outcome({"effective": found.effective, "warned": warned})


class Leaves:
    """Leave that was asked for: that the rulebook let it be, and what it warned of."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _asked(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _asked(month, rulebook_id).filter(pk__gt=after, asked_at__lte=at)
        rows = rows.select_related("employee").order_by("pk")[:limit]
        return [
            _decision(
                row, row.employee.department_id, LeaveFacts.from_json(row.inputs["facts"]), True
            )
            for row in rows
        ]

    def decide(self, facts: LeaveFacts, rules: Rulebook) -> Outcome:
        try:
            found = judge_leave(facts, rules)
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        warned = list(dict.fromkeys(step.clause for step in found.warned))
        possible = not found.refused and not found.lacks
        return Outcome({"effective": possible, "warned": warned})


def _decision(row: Any, department_id: int, facts: Any, effective: bool) -> Decision:
    steps = row.inputs["steps"]
    return Decision(
        key=row.pk,
        clause=steps[0]["clause"] if steps else "",
        version_id=row.rulebook_id,
        case_id=None,
        case_number="",
        department_id=department_id,
        facts=facts,
        stored=Outcome({"effective": effective, "warned": row.inputs["warned"]}),
    )


def _effective(month: Month, rulebook_id: int | None) -> QuerySet[Swap]:
    first, end = span(month)
    rows = Swap.objects.filter(
        state=Swap.State.EFFECTIVE, decided_at__gte=first, decided_at__lt=end
    )
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _asked(month: Month, rulebook_id: int | None) -> QuerySet[Leave]:
    first, end = span(month)
    rows = Leave.objects.filter(
        asked_at__gte=first, asked_at__lt=end, rulebook__isnull=False, inputs__has_key="facts"
    )
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


SWAPS = Swaps()
LEAVES = Leaves()
