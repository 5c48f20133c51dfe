"""For how long a failed re-exam keeps somebody from work, decided anew."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from kefu.clock import SHANGHAI
from kefu.policy.months import Month
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Decision, Missing, Outcome, span
from payroll.models import Suspension
from payroll.services.courses import FAILED_AGAIN, suspending_clause


class Suspensions:
    """Each suspension, by the month in which its re-exam was marked."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _rows(month, rulebook_id).filter(pk__gt=after, recorded_at__lte=at)
        return [_decision(row) for row in rows.select_related("employee").order_by("pk")[:limit]]

    def decide(self, facts: date, rules: Rulebook) -> Outcome:
        clause = suspending_clause(rules)
        if clause is None:
            return Outcome(_fields(None, None))
        try:
            breach = Breach(clause=clause.id, established=(FAILED_AGAIN,), on=facts)
            lasts = assess(rules, breach).lasts
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        if lasts is None:
            return Outcome(_fields(None, None))
        return Outcome(_fields(lasts.first_on, lasts.last_on))


def _rows(month: Month, rulebook_id: int | None) -> QuerySet[Suspension]:
    first, end = span(month)
    rows = Suspension.objects.filter(recorded_at__gte=first, recorded_at__lt=end)
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _decision(row: Suspension) -> Decision:
    return Decision(
        key=row.pk,
        clause=row.clause,
        version_id=row.rulebook_id,
        case_id=None,
        case_number="",
        department_id=row.employee.department_id,
        facts=row.recorded_at.astimezone(SHANGHAI).date(),
        stored=Outcome(_fields(row.starts_on, row.ends_on)),
    )


def _fields(first: date | None, last: date | None) -> dict[str, Any]:
    return {"first_on": str(first or ""), "last_on": str(last or "")}


SUSPENSIONS = Suspensions()
