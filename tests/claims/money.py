"""Claims on their way to finance and beyond, made by the services."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from claims import services
from claims.models import InsuranceCase, InsurancePolicy, Payment
from claims.services import Share, insurance, payments, recoveries
from kefu.cases.models import Case
from kefu.ledger.models import Account
from kefu.network.models import Party
from tests.centre import at
from tests.claims.conftest import Desk

AMOUNT = Decimal("1200.00")
AGREED, PAID = at("11:00"), at("15:00")


def approved(
    desk: Desk,
    amount: str = "1200.00",
    liable: Sequence[Share] = (),
    *,
    why: str = "",
    **registered: Any,
) -> Case:
    """A lost parcel whose claim waits for finance; Chengdu alone is liable unless told otherwise."""
    case = desk.register(**registered)
    desk.confirmed(case, now=at("10:00"), liable=liable or desk.chengdu_alone())
    settlement = desk.agreed(case, amount, now=AGREED, deviation_reason=why)
    for who in (desk.centre.chen, desk.luo)[: len(settlement.needs)]:
        services.decide_settlement(
            settlement=settlement, approve=True, actor=who.user, now=at("12:00")
        )
    return case


def pay(desk: Desk, case: Case, **changed: Any) -> Payment:
    given: dict[str, Any] = {
        "amount": AMOUNT,
        "method": "transfer",
        "payee": "陈晓梅",
        "account": "6222020200112233445",
        "reference": "B2611200042",
        "actor": desk.fang.user,
        "now": PAID,
    }
    return payments.pay(case=case, **(given | changed))


def tell(desk: Desk, case: Case) -> None:
    """Gu tells each of the liable his share."""
    for row in recoveries.standing(desk.claim(case)):
        recoveries.notify(case=case, party=row.party, actor=desk.gu.user, now=at("15:30"))


def booked(desk: Desk, case: Case, **paid: Any) -> None:
    """Paid, told and booked, by Gu."""
    pay(desk, case, **paid)
    tell(desk, case)
    recoveries.book(case=case, actor=desk.gu.user, now=at("16:00"))


def reported(desk: Desk, case: Case) -> InsuranceCase:
    """Gu has a policy and reports the claim under it."""
    insurer = Party.objects.create(kind="insurer", code="PICC", name="人保财险扬州")
    policy = insurance.save_policy(
        policy=InsurancePolicy(
            insurer=insurer,
            number="PYII1",
            title="物流责任险",
            cover=Decimal(5000),
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
            report_within_days=2,
            documents_within_days=10,
        ),
        actor=desk.gu.user,
    )
    return insurance.report(case=case, policy=policy, actor=desk.gu.user, now=at("16:00"))


def balances() -> dict[tuple[str, str], Decimal]:
    return {(a.party.code, a.book): a.balance for a in Account.objects.select_related("party")}
