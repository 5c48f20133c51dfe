"""What a claim of its type should have on file, and what is missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from claims.models import Claim, Evidence
from claims.selectors.rules import process_rules
from kefu.policy.clauses import Fields, Quota

Kind = Evidence.Kind
BY_LOSS: dict[str, tuple[Kind, ...]] = {
    Claim.Loss.LOSS: (Kind.WAYBILL, Kind.TRACKING, Kind.VALUE_PROOF),
    Claim.Loss.SHORTAGE: (Kind.WAYBILL, Kind.RECEIPT, Kind.PHOTO, Kind.VALUE_PROOF),
    Claim.Loss.DAMAGE: (Kind.WAYBILL, Kind.PHOTO, Kind.VALUE_PROOF),
    Claim.Loss.DELAY: (Kind.WAYBILL, Kind.TRACKING),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the checklist; ``there``: how many of its kind are on file."""

    kind: Kind
    there: int

    @property
    def label(self) -> str:
        return str(self.kind.label)


def wanted(claim: Claim) -> tuple[Kind, ...]:
    """The kinds of evidence a claim of this type should have, the bill in place of the proof where it is
    repaired; what the rulebook or its own payment asks for besides.
    """
    kinds = BY_LOSS[claim.loss]
    if claim.loss == Claim.Loss.DAMAGE and claim.repairable:
        kinds = tuple(Kind.REPAIR_BILL if k == Kind.VALUE_PROOF else k for k in kinds)
    if claim.signed_unchecked and Kind.PHOTO not in kinds:
        kinds = (*kinds, Kind.PHOTO)
    return (*kinds, Kind.IDENTITY) if needs_identity(claim) else kinds


def checklist(claim: Claim, kinds: Sequence[str]) -> list[Item]:
    """``kinds``: of the evidence on file, one entry a piece."""
    listed = wanted(claim)
    besides = [kind for kind in Kind if kind in kinds and kind not in listed]
    return [Item(kind, kinds.count(kind)) for kind in (*listed, *besides)]


def missing(claim: Claim, kinds: Collection[str]) -> list[Kind]:
    return [kind for kind in wanted(claim) if kind not in kinds]


def needs_identity(claim: Claim) -> bool:
    """Whether anybody may ask for the claimant's papers: a clause in force wants them, or he is being paid."""
    if claim.stage == Claim.Stage.PAYMENT:
        return True
    using = process_rules(claim.case)
    return using is not None and any(
        clause.form.startswith("claim_") and "identity" in (clause.fields or ())
        for clause in using.rules.in_force(Fields)
    )


def least_evidence(claim: Claim) -> tuple[int, str]:
    """How many pieces an investigation needs at least, and by which clause (LC-01.17); (0, "") where none says."""
    using = process_rules(claim.case)
    if using is not None:
        for clause in using.rules.in_force(Quota):
            if clause.of == "evidence" and clause.per == "investigation":
                return int(clause.given("at_least")), clause.id
    return 0, ""
