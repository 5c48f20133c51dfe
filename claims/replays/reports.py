"""What reports earn and what forgotten ones cost, decided anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from claims.models import ForgottenReport, ReportBonus
from claims.services.reports import piece_of
from kefu.penalties.models import Penalty, Waiver
from kefu.policy import fault_reports as policy
from kefu.policy.consequences import consequence
from kefu.policy.months import Month, first_day
from kefu.policy.refusals import Refused
from kefu.policy.rulebook import Rulebook
from kefu.replay.decisions import Charge, Decision, Missing, Outcome, charged, span


@dataclass(frozen=True, slots=True)
class BonusFacts:
    fault: str
    to: str


class ReportBonuses:
    """What accepted reports of a month earn their authors and the pool (CD-12.74, CD-12.75, CD-12.77)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _credited(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            _credited(month, rulebook_id)
            .filter(pk__gt=after, credited_at__lte=at)
            .select_related("report__case")
            .order_by("pk")[:limit]
        )
        return [
            Decision(
                key=row.pk,
                clause=row.clause,
                version_id=row.rulebook_id,
                case_id=row.report_id,
                case_number=row.report.case.number,
                department_id=row.report.case.department_id,
                facts=BonusFacts(row.inputs["facts"]["of"], row.to),
                stored=Outcome({"amount": f"{row.amount:.2f}"}),
            )
            for row in rows
        ]

    def decide(self, facts: BonusFacts, rules: Rulebook) -> Outcome:
        earned = [one for one in policy.bonuses(rules, piece_of(facts.fault)) if one.to == facts.to]
        return Outcome({"amount": f"{earned[0].amount:.2f}" if earned else "0.00"})


def _credited(month: Month, rulebook_id: int | None) -> QuerySet[ReportBonus]:
    rows = ReportBonus.objects.filter(month=first_day(month))
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


@dataclass(frozen=True, slots=True)
class ForgottenFacts:
    """``confirmed_at``: when a person imposed it; None: it is only proposed, or was dismissed."""

    fault: str
    party_id: int
    confirmed_at: datetime | None
    waived: bool


class ForgottenReports:
    """What a report costs that was not made, found in a month (CD-12.79)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _found(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = list(
            _found(month, rulebook_id)
            .filter(pk__gt=after, found_at__lte=at)
            .select_related("case", "employee", "penalty")
            .defer("case__sealed", "case__lookup", "case__search")
            .order_by("pk")[:limit]
        )
        waived = set(
            Waiver.objects.filter(
                penalty__in=[row.penalty_id for row in rows], approved=True
            ).values_list("penalty_id", flat=True)
        )
        return [_decision(row, waived) for row in rows]

    def decide(self, facts: ForgottenFacts, rules: Rulebook) -> Outcome:
        try:
            found = policy.forgotten(rules, facts.fault)
        except Refused as error:
            raise Missing("fact", detail=str(error)) from error
        amount = found.amount if found is not None else None
        fields = {"amount": f"{amount:.2f}" if amount is not None else "0.00"}
        if found is None or amount is None or facts.confirmed_at is None:
            return Outcome(fields)
        charge = Charge(
            clause=found.clause,
            party_id=facts.party_id,
            unit=Penalty.Kind.FINE.value,
            value=amount,
            state=(Penalty.State.REVERSED if facts.waived else Penalty.State.PAYABLE).value,
            condition=consequence(rules, found.clause).condition,
            at=facts.confirmed_at,
        )
        return Outcome(fields, (charge,))


def _found(month: Month, rulebook_id: int | None) -> QuerySet[ForgottenReport]:
    first, end = span(month)
    rows = ForgottenReport.objects.filter(found_at__gte=first, found_at__lt=end)
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _decision(row: ForgottenReport, waived: set[Any]) -> Decision:
    fine = row.penalty
    return Decision(
        key=row.pk,
        clause=row.clause,
        version_id=row.rulebook_id,
        case_id=row.case_id,
        case_number=row.case.number,
        department_id=row.case.department_id,
        facts=ForgottenFacts(
            fault=row.fault,
            party_id=row.employee.party_id,
            confirmed_at=fine.incurred_at if fine else None,
            waived=row.penalty_id in waived,
        ),
        stored=Outcome({"amount": f"{row.amount:.2f}"}, charged(fine)),
    )
