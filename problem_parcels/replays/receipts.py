"""Receipts decided anew: until when each is kept, and what one that was not produced costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.penalties.models import Penalty, Waiver
from kefu.policy.conditions import MissingFact
from kefu.policy.months import Month, first_day, last_day
from kefu.policy.rulebook import Rulebook
from kefu.policy.steps import plain
from kefu.replay.decisions import Charge, Decision, Missing, Outcome, charged, span
from problem_parcels.models import Receipt, ReceiptRequest
from problem_parcels.receipt_rules import kept, receipt_fine, service_owed

Row = Mapping[str, Any]


class ReceiptKeeping:
    """Until when the slips of a month are kept (CD-05.14)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _delivered_in(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = (
            _delivered_in(month, rulebook_id)
            .filter(pk__gt=after)
            .order_by("pk")
            .values(
                *("id", "kept_since", "keep_until", "batch_id", "batch__case__number"),
                *("batch__rulebook_id", "batch__case__department_id"),
            )[:limit]
        )
        return [
            Decision(
                key=row["id"],
                clause="",
                version_id=row["batch__rulebook_id"],
                case_id=row["batch_id"],
                case_number=row["batch__case__number"],
                department_id=row["batch__case__department_id"],
                facts=row["kept_since"],
                stored=Outcome({"keep_until": plain(row["keep_until"])}),
            )
            for row in rows
        ]

    def decide(self, facts: date, rules: Rulebook) -> Outcome:
        return Outcome({"keep_until": plain(kept(facts, rules).until)})


def _delivered_in(month: Month, rulebook_id: int | None) -> QuerySet[Receipt]:
    rows = Receipt.objects.filter(delivered_on__range=(first_day(month), last_day(month)))
    return rows if rulebook_id is None else rows.filter(batch__rulebook__rulebook=rulebook_id)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """All that decides about one request for a receipt, as it was recorded."""

    service: str
    kept_since: date
    asked_on: date
    outcome: str
    answered_at: datetime
    party_id: int
    ours: bool
    waived: bool


class ReceiptRequests:
    """Requests that were answered in a month, with what a receipt not produced costs (CD-05.14 … CD-05.16)."""

    def count(self, month: Month, rulebook_id: int | None) -> int:
        return _answered_in(month, rulebook_id).count()

    def read(
        self, month: Month, rulebook_id: int | None, *, after: int, limit: int, at: datetime
    ) -> Sequence[Decision]:
        rows = list(
            _answered_in(month, rulebook_id)
            .filter(pk__gt=after)
            .order_by("pk")
            .values(
                *(
                    "case_id",
                    "case__number",
                    "case__department_id",
                    "rulebook_id",
                    "asked_id",
                    "asked__kind",
                ),
                *("service", "kept_since", "asked_at", "outcome", "answered_at", "owed"),
                *("keep_until", "penalty_id"),
            )[:limit]
        )
        fines = {
            fine.pk: fine
            for fine in Penalty.objects.filter(
                pk__in=[row["penalty_id"] for row in rows if row["penalty_id"]]
            )
        }
        waived = set(
            Waiver.objects.filter(penalty__in=fines, approved=True).values_list(
                "penalty_id", flat=True
            )
        )
        return [_decision(row, fines.get(row["penalty_id"]), waived) for row in rows]

    def decide(self, facts: RequestFacts, rules: Rulebook) -> Outcome:
        try:
            owed = service_owed(facts.service, facts.kept_since, facts.asked_on, rules).owed
        except MissingFact as error:
            raise Missing("fact", error.clause, error.fact) from error
        fields = {
            "keep_until": plain(kept(facts.kept_since, rules).until),
            "owed": owed,
        }
        if facts.outcome == ReceiptRequest.Outcome.PRODUCED:
            return Outcome(fields)
        fined = receipt_fine(facts.outcome, owed=owed, ours=facts.ours, rules=rules)
        if fined is None or fined.amount is None:
            return Outcome(fields)
        charge = Charge(
            clause=fined.clause,
            party_id=facts.party_id,
            unit=Penalty.Kind.FINE.value,
            value=fined.amount,
            state=(Penalty.State.REVERSED if facts.waived else Penalty.State.PAYABLE).value,
            condition=fined.condition,
            at=facts.answered_at,
        )
        return Outcome(fields, (charge,))


def _answered_in(month: Month, rulebook_id: int | None) -> QuerySet[ReceiptRequest]:
    first, end = span(month)
    rows = ReceiptRequest.objects.filter(answered_at__gte=first, answered_at__lt=end)
    return rows if rulebook_id is None else rows.filter(rulebook__rulebook=rulebook_id)


def _decision(row: Row, fine: Penalty | None, waived: set[int]) -> Decision:
    return Decision(
        key=row["case_id"],
        clause=fine.clause if fine else "",
        version_id=row["rulebook_id"],
        case_id=row["case_id"],
        case_number=row["case__number"],
        department_id=row["case__department_id"],
        facts=RequestFacts(
            service=row["service"],
            kept_since=row["kept_since"],
            asked_on=row["asked_at"].astimezone(SHANGHAI).date(),
            outcome=row["outcome"],
            answered_at=row["answered_at"],
            party_id=row["asked_id"],
            ours=row["asked__kind"] == Party.Kind.COMPANY,
            waived=row["penalty_id"] in waived,
        ),
        stored=Outcome(
            {"keep_until": plain(row["keep_until"]), "owed": row["owed"]}, charged(fine)
        ),
    )
