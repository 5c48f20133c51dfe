"""Complaints decided anew: which class each was put into, and what was found against whom comes to."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from inquiries import complaint_rules as rules_of
from inquiries.complaint_rules import ClassFacts
from inquiries.models import ComplaintGrading, Finding
from kefu.penalties.models import Penalty, PenaltyEvent, Waiver
from kefu.policy.clauses import NotSet
from kefu.policy.conditions import MissingFact
from kefu.policy.consequences import consequence
from kefu.policy.months import Month
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import NotInRulebook, Refused
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Charge, Decision, Missing, Outcome, charged, span

State = Penalty.State
ABOUT = ("case_id", "case__number", "case__department_id", "rulebook_id")


@contextmanager
def _gaps() -> Iterator[None]:
    try:
        yield
    except NotSet as error:
        raise Missing("setting", error.clause, error.setting) from error
    except MissingFact as error:
        raise Missing("fact", error.clause, error.fact) from error
    except Refused as error:
        raise Missing("fact", detail=str(error)) from error


def _in_month(
    rows: QuerySet[Any], column: str, month: Month, rulebook_id: int | None
) -> QuerySet[Any]:
    first, end = span(month)
    rows = rows.filter(**{f"{column}__gte": first, f"{column}__lt": end})
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


class ComplaintClasses:
    """What the rulebook classed in a month (ES-302.03 … ES-302.12); what a person chose is no decision of policy."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return self._rows(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            self._rows(month, rulebook_id)
            .filter(pk__gt=after, graded_at__lte=at)
            .order_by("pk")
            .values("pk", "grade", "inputs", *ABOUT)[:limit]
        )
        return [
            Decision(
                key=row["pk"],
                clause=next((step["clause"] for step in row["inputs"].get("steps", [])), ""),
                version_id=row["rulebook_id"],
                case_id=row["case_id"],
                case_number=row["case__number"],
                department_id=row["case__department_id"],
                facts=row["inputs"]["facts"],
                stored=Outcome({"grade": row["grade"]}),
            )
            for row in rows
        ]

    def decide(self, facts: Mapping[str, Any], rules: Rulebook) -> Outcome:
        if not rules_of.asks_class(rules):
            return Outcome({"grade": ""})
        with _gaps():
            return Outcome({"grade": rules_of.classed(rules, ClassFacts.of(facts)).of})

    def _rows(self, month: Month, rulebook_id: int | None) -> QuerySet[Any]:
        by_rules = ComplaintGrading.objects.filter(inputs__has_key="facts")
        return _in_month(by_rules, "graded_at", month, rulebook_id)


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """What was found, and what became known of its penalty afterwards."""

    clause: str
    breach: Mapping[str, Any]
    party_id: int
    found_at: datetime
    confirmed: bool
    waived: bool


class Findings:
    """What was found against somebody in a month, with what it costs."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _in_month(Finding.objects.all(), "found_at", month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = list(
            _in_month(Finding.objects.all(), "found_at", month, rulebook_id)
            .filter(pk__gt=after, found_at__lte=at)
            .select_related("penalty", "case")
            .order_by("pk")[:limit]
        )
        ids = [row.penalty_id for row in rows if row.penalty_id]
        confirmed = set(
            PenaltyEvent.objects.filter(
                penalty__in=ids, kind=PenaltyEvent.Kind.CONFIRMED
            ).values_list("penalty_id", flat=True)
        )
        waived = set(
            Waiver.objects.filter(penalty__in=ids, approved=True).values_list(
                "penalty_id", flat=True
            )
        )
        return [_decision(row, confirmed, waived) for row in rows]

    def decide(self, facts: FindingFacts, rules: Rulebook) -> Outcome:
        with _gaps():
            if "event" in facts.breach:
                return _points(facts, rules)
            try:
                found = assess(rules, Breach.model_validate(facts.breach))
                condition = consequence(rules, facts.clause).condition
            except NotInRulebook:
                return Outcome({"measure": "", "liability": ""})
        if found.state == "does_not_apply":
            return Outcome({"measure": "", "liability": ""})
        fields = {
            "measure": found.measures[0] if found.measures else "",
            "liability": found.liability or "",
        }
        value = found.amount if found.amount is not None else found.points
        if value is None:
            return Outcome(fields)
        applies = found.state == "applies"
        return Outcome(fields, (_charge(facts, found.kind, value, condition, applies=applies),))


def _points(facts: FindingFacts, rules: Rulebook) -> Outcome:
    fields = {"measure": "", "liability": ""}
    clause = rules_of.score_event(rules, facts.breach["event"])
    if clause is None:
        return Outcome(fields)
    charge = _charge(facts, "points", abs(clause.points), "verification", applies=False)
    return Outcome(fields, (charge,))


def _charge(
    facts: FindingFacts, unit: str, value: Decimal, condition: str, *, applies: bool
) -> Charge:
    counts = applies or facts.confirmed
    state = State.REVERSED if facts.waived else State.PAYABLE if counts else State.PROVISIONAL
    return Charge(
        clause=facts.clause,
        party_id=facts.party_id,
        unit=unit,
        value=value,
        state=state.value,
        condition=condition,
        at=facts.found_at,
    )


def _decision(row: Finding, confirmed: set[int], waived: set[int]) -> Decision:
    return Decision(
        key=row.pk,
        clause=row.clause,
        version_id=row.rulebook_id,
        case_id=row.case_id,
        case_number=row.case.number,
        department_id=row.case.department_id,
        facts=FindingFacts(
            clause=row.clause,
            breach=row.inputs.get("facts", {}),
            party_id=row.party_id,
            found_at=row.found_at,
            confirmed=row.penalty_id in confirmed,
            waived=row.penalty_id in waived,
        ),
        stored=Outcome(
            {"measure": plain(row.measure), "liability": row.liability}, charged(row.penalty)
        ),
    )


CLASSES = ComplaintClasses()
FINDINGS = Findings()
