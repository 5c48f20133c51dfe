"""What units settled themselves: a record of six facts, apart from all that claims paid (LC-02.13)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from claims.models import Claim, Payment, SelfSettledCase
from claims.services import self_settled
from claims.services.self_settled import Settled
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Entry
from kefu.network.models import Party
from tests.centre import at


@pytest.mark.rule("LC-02.13")
def test_six_facts_and_nothing_of_it_among_the_claims(desk):
    desk.work_by("LC")
    driver = Party.objects.create(kind="driver", code="DC07", name="孙师傅")
    told = Settled(
        "line_haul_driver", driver, "王建国", "7706 1204 5501", Decimal("80.00"), date(2026, 11, 19)
    )

    def record(**changed):
        return self_settled.record(
            told=replace(told, **changed),
            department_id=desk.claims.pk,
            actor=desk.gu.user,
            now=at("10:00"),
        )

    for changed, field in (
        ({"party_type": ""}, "party_type"),
        ({"party_type": "courier"}, "party_type"),
        ({"party": None}, "party"),
        ({"party": desk.chengdu}, "party"),  # an outlet drives no lorry
        ({"customer": ""}, "customer"),
        ({"waybill_number": ""}, "waybill_number"),
        ({"waybill_number": "7706"}, "waybill_number"),
        ({"amount_yuan": None}, "amount_yuan"),
        ({"amount_yuan": Decimal(0)}, "amount_yuan"),
        ({"amount_yuan": Decimal("-1")}, "amount_yuan"),
        ({"amount_yuan": Decimal("0.005")}, "amount_yuan"),
        ({"amount_yuan": Decimal("99999999")}, "amount_yuan"),
        ({"settled_on": None}, "settled_on"),
        ({"settled_on": date(2026, 11, 21)}, "settled_on"),
        ({"settled_on": date(2026, 11, 16)}, "settled_on"),  # the day before it was accepted
    ):
        with pytest.raises(KefuError) as refused:
            record(**changed)
        assert refused.value.field == field, changed
    assert not SelfSettledCase.objects.exists()

    row = record()

    assert (row.waybill_number, row.customer_masked) == ("770612045501", "王*国")
    assert row.sealed == {"customer": "王建国"}
    with pytest.raises(Conflict):
        record()
    assert not Claim.objects.exists() and not Payment.objects.exists()
    assert not Entry.objects.exists()


def test_a_wrong_one_is_withdrawn_and_stays_on_record(desk):
    told = Settled(
        "outlet", desk.chengdu, "王建国", "770612045501", Decimal(80), date(2026, 11, 19)
    )
    common = {"actor": desk.gu.user, "now": at("10:00")}
    row = self_settled.record(told=told, department_id=desk.claims.pk, **common)

    with pytest.raises(NotAllowed):
        self_settled.withdraw(row=row, reason="重复", actor=desk.centre.lin.user, now=at("11:00"))
    with pytest.raises(KefuError):
        self_settled.withdraw(row=row, reason=" ", **common)
    self_settled.withdraw(row=row, reason="王建国的电话 13800004545 打来说金额记错", **common)
    row.refresh_from_db()
    assert row.withdrawn_for == "王*国的电话 138******45 打来说金额记错"
    with pytest.raises(Conflict):
        self_settled.withdraw(row=row, reason="金额记错", **common)
    again = self_settled.record(
        told=replace(told, amount_yuan=Decimal(60)), department_id=desk.claims.pk, **common
    )

    assert [one.pk for one in SelfSettledCase.objects.standing()] == [again.pk]
    assert SelfSettledCase.objects.count() == 2
