"""What was decided about attendance, to be decided anew."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.months import Month, first_day, last_day
from kefu.policy.presence import ShiftFacts, presence
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Decision, Missing, Outcome
from payroll.models import AttendanceDay

COLUMNS = (
    "status", "late_minutes", "early_minutes", "worked_minutes", "absent_hours", "leave_hours",
)  # fmt: skip
HOURS = {"absent_hours", "leave_hours"}


class AttendanceDays:
    """What each rostered shift came to. A day that was never looked at since its shift ended is not decided yet."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            self._rows(month, rulebook_id)
            .filter(pk__gt=after, decided_at__lte=at)
            .order_by("pk")
            .values("pk", "rulebook_id", "employee__department_id", "inputs", *COLUMNS)
        )
        return [_decision(row) for row in rows[:limit]]

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        try:
            found = presence(ShiftFacts.model_validate(facts), rules)
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        return Outcome({name: _shown(name, getattr(found, name)) for name in COLUMNS})

    @staticmethod
    def _rows(month: Month, rulebook_id: int | None) -> QuerySet[AttendanceDay]:
        rows = AttendanceDay.objects.filter(day__gte=first_day(month), day__lte=last_day(month))
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _shown(name: str, value: Any) -> Any:
    return f"{value:.4f}" if name in HOURS else plain(value)


def _decision(row: Mapping[str, Any]) -> Decision:
    steps = row["inputs"].get("steps") or [{"clause": ""}]
    return Decision(
        key=row["pk"],
        clause=steps[-1]["clause"],
        version_id=row["rulebook_id"],
        case_id=None,
        case_number="",
        department_id=row["employee__department_id"],
        facts=row["inputs"].get("facts"),
        stored=Outcome({name: _shown(name, row[name]) for name in COLUMNS}),
    )


DAYS = AttendanceDays()
