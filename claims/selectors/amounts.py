"""What a claim comes to by the rulebook, with its arithmetic; and what each of the liable bears of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from django.utils.translation import get_language

from claims.models import Claim, Finding, Liability, Settlement
from claims.selectors.rules import amount_rules
from kefu.policy import compensation
from kefu.policy.clauses import NotSet
from kefu.policy.compensation import Compensated, compensate
from kefu.policy.refusals import BadFacts
from kefu.rulebooks.selectors import Edition

Form = Literal["money", "coupon"]


def facts_of(claim: Claim, *, agreed: Decimal | None = None) -> compensation.Claim:
    """The facts policy computes by. Missing things are a loss of their share."""
    event = Claim.Loss.LOSS if claim.loss == Claim.Loss.SHORTAGE else Claim.Loss(claim.loss)
    return compensation.Claim(
        event=event.value,
        insured_amount=claim.insured_amount or None,
        proved_value=claim.proved_value,
        freight=claim.freight,
        repairable=claim.repairable,
        repair_cost=claim.repair_cost,
        share=round(claim.share, 4),
        delay_days=claim.delay_days,
        force_majeure=claim.force_majeure,
        chosen=agreed,
        agreed=agreed,
    )


@dataclass(frozen=True, slots=True)
class Computed:
    """What the rulebook says of an amount. ``found`` None: it sets none, or ``fault`` says which fact is missing or
    cannot be (by the fact's name), in the reader's language.
    """

    using: Edition | None
    facts: compensation.Claim
    found: Compensated | None
    fault: str = ""
    field: str = ""


def computed(claim: Claim, *, agreed: Decimal | None = None) -> Computed:
    """Work out what the customer gets, by the edition for amounts (ES-303.13 … ES-303.19, LC-01.20)."""
    using, facts = amount_rules(claim.case), facts_of(claim, agreed=agreed)
    if using is None:
        return Computed(None, facts, None)
    try:
        return Computed(using, facts, compensate(using.rules, facts))
    except NotSet:
        return Computed(using, facts, None)
    except BadFacts as error:
        fact, why = next(iter(error.faults.items()))
        if fact == "agreed":  # nothing was agreed yet, and nothing else sets an amount
            return Computed(using, facts, None)
        return Computed(using, facts, None, why.said(get_language() or "zh-hans"), fact)


def confirmed_finding(claim: Claim) -> Finding | None:
    """The finding that holds: the last one confirmed."""
    return (
        claim.findings.filter(outcome=Finding.Outcome.CONFIRMED)
        .prefetch_related("liable__party")
        .order_by("pk")
        .last()
    )


def agreed_besides(claim: Claim) -> list[Settlement]:
    """What was agreed on other claims for the same parcel, paid or on the way to it."""
    if claim.case.waybill_id is None:
        return []
    others = Settlement.objects.filter(claim__case__waybill=claim.case.waybill_id)
    others = others.exclude(claim=claim).exclude(state=Settlement.State.REFUSED)
    return list(others.select_related("claim__case").order_by("pk"))


def borne(settlement: Settlement) -> Sequence[tuple[Liability, Decimal]]:
    """What each of the liable bears of a settlement, to the fen, as it was divided when it was agreed; () for a
    coupon.
    """
    division: Mapping[str, Any] = settlement.inputs.get("division") or {}
    rows = Liability.objects.select_related("party").in_bulk(division.get("liable", []))
    return [
        (rows[pk], Decimal(amount))
        for pk, amount in zip(division.get("liable", []), division.get("amounts", []), strict=True)
    ]
