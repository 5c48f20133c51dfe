"""What was decided about records of problem parcels, to be decided anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from kefu.policy.months import Month
from kefu.policy.problem_records import judge_record
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Decision, Outcome, span
from problem_parcels.models import ProblemRecord


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What the clerk said, and what was on record then."""

    facts: dict[str, str]
    recorded: frozenset[str]
    remark: str


class ProblemRecords:
    """Whether the record was complete as its type asks, and whether its reason counted (CD section 9)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _made_in(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            _made_in(month, rulebook_id)
            .filter(pk__gt=after)
            .select_related("case")
            .defer("sealed", "case__sealed", "case__lookup", "case__search")
            .order_by("pk")[:limit]
        )
        return [_decision(row) for row in rows]

    def decide(self, facts: RecordFacts, rules: Rulebook) -> Outcome:
        judged = judge_record(rules, facts.facts, facts.recorded, facts.remark)
        valid = "reason" in facts.recorded and not judged.invalid
        return Outcome({"accepted": judged.accepted, "valid": valid})


def _made_in(month: Month, rulebook_id: int | None) -> QuerySet[ProblemRecord]:
    first, end = span(month)
    rows = ProblemRecord.objects.filter(recorded_at__gte=first, recorded_at__lt=end)
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _decision(row: ProblemRecord) -> Decision:
    steps = row.inputs["steps"]
    return Decision(
        key=row.pk,
        clause=steps[0]["clause"] if steps else "",
        version_id=row.rulebook_id,
        case_id=row.case_id,
        case_number=row.case.number,
        department_id=row.case.department_id,
        facts=RecordFacts(row.inputs["facts"], frozenset(row.inputs["recorded"]), row.remark),
        # Only what was accepted was ever stored.
        stored=Outcome({"accepted": True, "valid": row.valid}),
    )
