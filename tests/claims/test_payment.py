"""Finance pays what was agreed and approved, at most once (guarantees 23 and 24)."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client

from claims import services
from claims.models import Claim, Payment, Settlement
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Entry
from kefu.staff.models import User
from tests.centre import at
from tests.claims.conftest import build_desk
from tests.claims.money import AGREED, AMOUNT, PAID, approved, balances, pay
from tests.pages import fields
from tests.threads import at_once


@pytest.mark.rule("CD-05.17", "LC-04.06")
def test_the_customer_is_paid_what_was_agreed(desk):
    case = approved(desk)

    payment = pay(desk, case)

    claim = desk.claim(case)
    assert (claim.stage, claim.deadline.state) == (Claim.Stage.RECOVERY, Deadline.State.MET)
    assert balances() == {("KF", "claim_cost"): AMOUNT, ("KF", "bank"): -AMOUNT}
    assert (payment.entry.kind, payment.entry.source) == (
        "claim_payment",
        f"claim_payment:{case.pk}",
    )
    assert (payment.payee_masked, payment.account_masked) == ("陈*梅", "*" * 15 + "3445")
    assert payment.sealed == {"payee": "陈晓梅", "account": "6222020200112233445"}
    line = case.interactions.get(action="claim_paid")
    assert line.data == {"amount": "1200.00", "method": "transfer"}
    assert "陈晓梅" not in line.text

    with pytest.raises(Conflict) as refused:
        pay(desk, case)
    assert refused.value.code == "already_paid"


def test_what_cannot_be_is_refused_and_nothing_is_half_done(desk):
    case = approved(desk)

    for changed, field in (
        ({"amount": Decimal("1200.01")}, "amount"),
        ({"amount": Decimal("-1200")}, "amount"),
        ({"amount": Decimal("NaN")}, "amount"),
        ({"paid_at": at("15:00:01")}, "paid_at"),  # not yet
        ({"paid_at": at("10:59:59")}, "paid_at"),  # before the customer agreed
        ({"method": "barter"}, "method"),
        ({"payee": " "}, "payee"),
        ({"payee": "陈" * 61}, "payee"),
        ({"account": ""}, "account"),
        ({"reference": ""}, "reference"),
    ):
        with pytest.raises(KefuError) as refused:
            pay(desk, case, **changed)
        assert refused.value.field == field
        assert not Payment.objects.exists() and not Entry.objects.exists()
        assert desk.claim(case).stage == Claim.Stage.PAYMENT

    # Cash asks for neither account nor reference, and may have changed hands at the agreement.
    payment = pay(desk, case, method="cash", account="", reference="", paid_at=AGREED)
    assert (payment.paid_at, payment.account_masked) == (AGREED, "")


def test_only_finance_pays_and_nobody_what_he_proposed_or_approved(desk):
    case = approved(desk)
    for other in (desk.gu, desk.centre.lin, desk.centre.chen, desk.luo):
        with pytest.raises(NotAllowed):
            pay(desk, case, actor=other.user)

    # Whoever proposed it has moved to finance since; so has whoever approved it.
    for moved in (desk.gu, desk.centre.chen):
        User.objects.filter(pk=moved.user_id).update(role=User.Role.FINANCE)
        with pytest.raises(KefuError) as refused:
            pay(desk, case, actor=User.objects.get(pk=moved.user_id))
        assert refused.value.code == "own_settlement"
    assert not Payment.objects.exists()


def test_nothing_is_paid_before_it_is_approved_or_after_the_claim_ended(desk):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    settlement = desk.agreed(case, "1200", now=AGREED)
    assert settlement.state == Settlement.State.PROPOSED

    for stage in (Claim.Stage.APPROVAL, Claim.Stage.CLOSED):
        with pytest.raises(Conflict, match=str(stage.label)) as refused:
            pay(desk, case)
        assert (refused.value.code, desk.claim(case).stage) == ("other_stage", stage)
        if stage == Claim.Stage.APPROVAL:
            services.withdraw(case=case, reason="客户撤回", actor=desk.gu.user, now=at("13:00"))
    assert not Payment.objects.exists() and not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_requests_at_once_pay_once(settings):
    desk = build_desk()
    case = approved(desk)

    done = at_once(*[lambda: pay(desk, case)] * 50)

    assert [one.pk for one in done if isinstance(one, Payment)] == [case.pk]
    refused = [one for one in done if not isinstance(one, Payment)]
    assert {(type(one), one.code) for one in refused} == {(Conflict, "already_paid")}
    assert Entry.objects.filter(kind="claim_payment").count() == 1
    assert balances()[("KF", "claim_cost")] == AMOUNT

    # The same by the page: open in twenty-five tabs, and each form sent twice.
    settings.KEFU_NOW = PAID
    other = approved(desk, waybill_number=desk.waybill("770612045502").number)
    path = f"/claims/money/{other.number}/"
    browser = Client(SERVER_NAME="localhost")
    browser.force_login(desk.fang.user, backend="django.contrib.auth.backends.ModelBackend")
    form = fields(browser.get(path).content.decode()) | {
        "do": "pay",
        "amount": "1200",
        "method": "transfer",
        "payee": "陈晓梅",
        "account": "6222020200112233445",
        "reference": "B2611200043",
    }

    def post(n: int) -> Any:
        tab = Client(SERVER_NAME="localhost")
        tab.cookies = browser.cookies
        return tab.post(path, form | {"ticket": f"{n % 25:032}"})

    answers = at_once(*(partial(post, n) for n in range(50)))

    payment = Payment.objects.get(claim=other.pk)
    assert Entry.objects.get(source=f"claim_payment:{other.pk}") == payment.entry
    assert balances()[("KF", "claim_cost")] == 2 * AMOUNT
    paid = [one for one in answers if one.status_code == 302]
    assert [one.url for one in paid] == [path, path]  # the form that paid, and the same sent again
    late = [one for one in answers if one.status_code != 302]
    assert {one.status_code for one in late} == {422}
    assert all("已经付过这一笔，不能再付" in one.content.decode() for one in late)
