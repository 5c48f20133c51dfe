"""Take a parcel in at the counter, or say by which clause it is not taken."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from inquiries.models import CounterAcceptance
from kefu import punctuation
from kefu.errors import KefuError, NotAllowed
from kefu.network.models import Party
from kefu.network.selectors import our_company
from kefu.parcels.models import Waybill
from kefu.parcels.services import Side, register_waybill
from kefu.policy.acceptance import (
    FRAGILE,
    Acceptance,
    AcceptanceRules,
    ParcelFacts,
    judge_parcel,
)
from kefu.policy.explanation import explain
from kefu.rulebooks.selectors import Edition, edition_in_force
from kefu.rulebooks.services import require
from kefu.staff.models import Employee

PAYMENTS = {
    CounterAcceptance.Settlement.PREPAID: Waybill.Payment.SENDER,
    CounterAcceptance.Settlement.COLLECT: Waybill.Payment.RECEIVER,
    CounterAcceptance.Settlement.CONTRACT: Waybill.Payment.MONTHLY,
}


@dataclass(frozen=True, slots=True)
class OfferedParcel:
    """What stands on the counter. ``found``: keys of the rulebook's kinds of goods, and "fragile";
    ``price`` in yuan is what the customer was told."""

    number: str
    destination: Party
    sender: Side
    receiver: Side
    goods: str
    weight_kg: Decimal
    settlement: str
    price: Decimal | None
    fee_told: bool
    inspected: bool
    found: frozenset[str] = frozenset()
    by_air: bool = False
    declared_value: Decimal = Decimal(0)


class ParcelRefused(KefuError):
    """The counter does not take the parcel; ``decision`` says by which clauses."""

    code = "parcel_refused"

    def __init__(self, decision: Acceptance) -> None:
        first = decision.refusals[0]
        super().__init__(
            punctuation.in_turn(*(text for _field, text in reasons(decision))),
            field=first.field,
            clauses=[refusal.step.clause for refusal in decision.refusals],
        )
        self.decision = decision


def judge(
    *,
    parcel: OfferedParcel,
    using: Edition,
    clerk: Employee,
    released: bool,
) -> Acceptance:
    """Let policy decide about a parcel. Raises KefuError for goods that the rulebook does not list."""
    facts = ParcelFacts(
        settlement=parcel.settlement,
        price=parcel.price,
        fee_told=parcel.fee_told,
        inspected=parcel.inspected,
        clerk=clerk.number,
        found=parcel.found,
        by_air=parcel.by_air,
        released=released,
    )
    try:
        return judge_parcel(facts, AcceptanceRules.of(using.rules))
    except ValueError as error:
        raise KefuError(
            _("规则手册里没有这一类，请重新打开页面再选"), code="not_on_the_list", field="found"
        ) from error


@transaction.atomic
def accept_parcel(
    *,
    parcel: OfferedParcel,
    clerk: Employee,
    release: bool = False,
    actor: Any,
    now: datetime,
) -> Waybill:
    """Take a parcel in: its waybill, its first scan, and what the clerk vouched for.

    With ``release`` a supervisor lets fragile goods pass himself; prohibited ones nobody can. Raises ParcelRefused with every reason, KefuError naming a field that is missing or wrong, Conflict for a
    number that was taken in before. Source: CD-06.02, CD-06.03, CD-06.04–06.08, CD-07.15, CD-07.19,
    ES-203.15, ES-203.16, ES-203.18.
    """
    if not actor.has_perm("parcels.accept_parcel"):
        raise NotAllowed(_("你的角色不能在柜台收件"))
    if release and not actor.has_perm("parcels.release_fragile"):
        raise NotAllowed(_("易碎品只有主管可以放行"), field="release")
    if clerk.status != Employee.Status.ACTIVE:
        raise KefuError(
            _("%(who)s 已停岗，不能收件") % {"who": clerk}, code="not_active", field="clerk"
        )
    # 1. Gather the facts, under the rulebook of the clerk's department.
    using = edition_in_force(department_id=clerk.department_id, at=now)
    require(
        using.rules,
        "shipping_request",
        sender_address=parcel.sender.address,
        recipient_address=parcel.receiver.address,
        item_type=parcel.goods,
    )
    if not Party.objects.outlets().filter(pk=parcel.destination.pk).exists():
        # rule: CD-06.03
        raise KefuError(_("那里没有网点派送，不能收"), code="not_served", field="destination")
    # 2. Let policy decide.
    decision = judge(parcel=parcel, using=using, clerk=clerk, released=release)
    if not decision.accepted:
        raise ParcelRefused(decision)
    if parcel.settlement not in PAYMENTS:
        raise KefuError(_("请选结算方式"), code="settlement_required", field="settlement")
    # 3. Record the parcel and the decision.
    settlement = CounterAcceptance.Settlement(parcel.settlement)
    waybill = register_waybill(
        number=parcel.number,
        origin=our_company(),
        destination=parcel.destination,
        sender=parcel.sender,
        receiver=parcel.receiver,
        goods=parcel.goods,
        weight_kg=parcel.weight_kg,
        freight=parcel.price or Decimal(0),
        payment=PAYMENTS[settlement],
        declared_value=parcel.declared_value,
        now=now,
    )
    fragile = FRAGILE in parcel.found
    CounterAcceptance.objects.create(
        waybill=waybill,
        settlement=settlement,
        by_air=parcel.by_air,
        inspected=parcel.inspected,
        fee_told=parcel.fee_told,
        fragile=fragile,
        fragile_approved_by=actor if fragile and release else None,
        mark=decision.mark,
        clerk=clerk,
        accepted_at=now,
        rulebook_id=using.version_id,
        inputs=decision.inputs(),
    )
    return waybill


def reasons(decision: Acceptance) -> list[tuple[str, str]]:
    """Return (field, sentence) of each reason against a parcel, with the clauses that give it.

    Clauses that say the same of the same field share a sentence.
    """
    clauses: dict[tuple[str, str], list[str]] = {}
    lines = explain((refusal.step for refusal in decision.refusals), get_language() or "zh-hans")
    for refusal, line in zip(decision.refusals, lines, strict=True):
        clauses.setdefault((refusal.field, line.text), []).append(line.clause)
    return [
        (
            field,
            _("%(reason)s（%(clauses)s）") % {"reason": text, "clauses": punctuation.alike(*ids)},
        )
        for (field, text), ids in clauses.items()
    ]
