"""How incidents are decided anew: from the times at which their complaints came in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from inquiries.models import Incident
from kefu.policy.clauses import NotSet
from kefu.policy.incidents import mass_incident
from kefu.policy.months import Month
from kefu.policy.refusals import NotInRulebook
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Decision, Missing, Outcome, span


class MassIncidents:
    """Incidents that complaints opened; those opened by hand are nobody's arithmetic."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            self._rows(month, rulebook_id)
            .filter(pk__gt=after, started_at__lte=at)
            .select_related("case")
            .order_by("pk")
        )
        return [_decision(row) for row in rows[:limit]]

    def decide(self, facts: Any, rules: Rulebook) -> Outcome:
        received = [datetime.fromisoformat(moment) for moment in facts["received"]]
        try:
            found = mass_incident(received, rules)
        except NotSet as error:
            raise Missing("setting", error.clause, error.setting) from error
        except NotInRulebook:
            found = None  # by these rules nothing opens it
        return Outcome({"started_at": plain(found.starts_at) if found else None})

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Incident, Incident]:
        first, end = span(month)
        rows = Incident.objects.filter(
            started_at__gte=first, started_at__lt=end, inputs__has_key="facts"
        )
        return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _decision(row: Incident) -> Decision:
    return Decision(
        key=row.pk,
        clause=row.inputs["steps"][-1]["clause"],
        version_id=row.rulebook_id,
        case_id=row.pk,
        case_number=row.case.number,
        department_id=row.case.department_id,
        facts=row.inputs["facts"],
        stored=Outcome({"started_at": plain(row.started_at)}),
    )
