"""Rewards and sanctions that were given, decided anew: whether the clause leads to that level, and what it rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from kefu.policy.months import Month
from kefu.policy.pay import reward
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.sanctions import proposable
from kefu.replay.decisions import Decision, Missing, Outcome, span
from payroll.models import ProposedMeasure
from payroll.selectors.discipline import reckoned

NTH = "sanction_nth"
# The steps that are told by the decision itself; those before them were told by what suggested it.
OWN = {"reward", "sanction_alone", "sanction_by_hand", "sanction_instead", NTH}


@dataclass(frozen=True, slots=True)
class MeasureFacts:
    """What was given under a clause; ``before``: how often it was counted by then; what is on record of a reward."""

    clause: str
    given: str
    before: int
    on_record: Mapping[str, str]


class Measures:
    """What was given, by the month in which it was decided."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = _rows(month, rulebook_id).filter(pk__gt=after, proposal__decided_at__lte=at)
        rows = rows.select_related("entry", "proposal").order_by("pk")
        return [_decision(row) for row in rows[:limit]]

    def decide(self, facts: MeasureFacts, rules: Rulebook) -> Outcome:
        line = proposable(rules).get(facts.clause)
        if line is None:
            return Outcome({"given": "", "why": []})
        try:
            if line.rewards:
                steps = [reward(rules, facts.clause, facts.on_record)[1]]
            else:
                steps = list(reckoned(rules, facts.clause, facts.before).steps)
        except Refused as error:
            raise Missing("fact", facts.clause, str(error)[:200]) from error
        given = facts.given if facts.given in line.levels else ""
        return Outcome({"given": given, "why": [step.to_json() for step in steps]})


def _rows(month: Month, rulebook_id: int | None) -> QuerySet[ProposedMeasure]:
    first, end = span(month)
    rows = ProposedMeasure.objects.exclude(given="").filter(
        proposal__decided_at__gte=first, proposal__decided_at__lt=end
    )
    return rows if rulebook_id is None else rows.filter(entry__rulebook__rulebook=rulebook_id)


def _decision(row: ProposedMeasure) -> Decision:
    proposal, clause = row.proposal, row.entry.clause
    steps = _own_steps(row)
    nth = next((step["inputs"]["n"] for step in steps if step["key"] == NTH), 1)
    return Decision(
        key=row.pk,
        clause=clause,
        version_id=row.entry.rulebook_id,
        case_id=None,
        case_number="",
        department_id=proposal.department_id,
        facts=MeasureFacts(
            clause,
            row.given,
            int(nth) - 1,
            # It was given, so the evidence was there: its own words or a picture.
            {"description": proposal.facts, "evidence": proposal.evidence or "1"},
        ),
        stored=Outcome({"given": row.given, "why": steps}),
    )


def _own_steps(row: ProposedMeasure) -> list[dict[str, Any]]:
    """Of several rewards for one event each has its step."""
    steps = [step for step in row.proposal.steps if step["key"] in OWN]
    if row.proposal.rewards:
        return [step for step in steps if step["clause"] == row.entry.clause]
    return steps


MEASURES = Measures()
