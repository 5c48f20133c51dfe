"""Until when a probation ran by the rulebook, and by when a change had to be reported, decided anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import QuerySet

from kefu.clock import SHANGHAI
from kefu.policy.due import due_since
from kefu.policy.months import Month, first_day, last_day
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Decision, Missing, Outcome, span
from payroll.models import PersonalFact, Probation
from payroll.services.personnel import CLOCK as CHANGE
from payroll.services.probation import CLOCK as PROBATION


@dataclass(frozen=True, slots=True)
class Clock:
    """What is measured, from the beginning of which day, for which sort of case."""

    times: str
    since: date
    case: str = "any"


def _due(facts: Clock, rules: Rulebook) -> Outcome:
    start = datetime.combine(facts.since, time.min, SHANGHAI)
    found = due_since(facts.times, start, rules, case=facts.case)
    if found is None:
        raise Missing("clause", detail=facts.times)
    return Outcome(
        {"clause": found.clause, "due_at": found.due_at.astimezone(SHANGHAI).isoformat()}
    )


def _decision(row: Any, department_id: int, facts: Clock, due_at: datetime) -> Decision:
    stored = {"clause": row.clause, "due_at": due_at.astimezone(SHANGHAI).isoformat()}
    return Decision(
        key=row.pk,
        clause=row.clause,
        version_id=row.rulebook_id,
        case_id=None,
        case_number="",
        department_id=department_id,
        facts=facts,
        stored=Outcome(stored),
    )


class Probations:
    """Of those who began in a month: when their probation ended by the rulebook."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = self._rows(month, rulebook_id).filter(pk__gt=after).order_by("pk")[:limit]
        return [self._read(row) for row in rows]

    def _read(self, row: Probation) -> Decision:
        stay = row.employment
        end = due_end(row.first_ends_on)
        return _decision(row, stay.employee.department_id, Clock(PROBATION, stay.hired_on), end)

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Probation]:
        began = (first_day(month), last_day(month))
        rows = Probation.objects.filter(employment__hired_on__range=began)
        rows = rows.select_related("employment__employee")
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)

    def decide(self, facts: Clock, rules: Rulebook) -> Outcome:
        return _due(facts, rules)


class Changes:
    """Changes reported in a month: by when they had to be."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = self._rows(month, rulebook_id).filter(pk__gt=after, reported_at__lte=at)
        return [self._read(row) for row in rows.order_by("pk")[:limit]]

    def _read(self, row: PersonalFact) -> Decision:
        assert (
            row.changed_on is not None and row.due_at is not None
        )  # a constraint keeps them together
        facts = Clock(CHANGE, row.changed_on, row.field)
        return _decision(row, row.employee.department_id, facts, row.due_at)

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[PersonalFact]:
        first, end = span(month)
        rows = PersonalFact.objects.filter(
            due_at__isnull=False, reported_at__gte=first, reported_at__lt=end
        )
        rows = rows.select_related("employee").defer("sealed")
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)

    def decide(self, facts: Clock, rules: Rulebook) -> Outcome:
        return _due(facts, rules)


def due_end(last: date) -> datetime:
    """24:00 of a day."""
    return datetime.combine(date.fromordinal(last.toordinal() + 1), time.min, SHANGHAI)


PROBATIONS, CHANGES = Probations(), Changes()
