"""A lost parcel, from the call to the approval of what was agreed."""

from decimal import Decimal

import pytest

from claims import services
from claims.models import Approval, Claim, Settlement
from claims.selectors.amounts import borne
from kefu.cases.models import CaseLink
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from tests.centre import at


@pytest.mark.rule(
    "CD-05.17", "LC-01.15", "LC-01.16", "LC-04.04", "LC-01.17", "LC-01.18", "LC-01.20"
)
def test_a_loss_from_the_call_to_the_approval(desk):
    desk.work_by("LC")
    inquiry = desk.centre.inquiry(now=at("08:30"), waybill=desk.lost)

    case = desk.register(origin=inquiry)

    claim = desk.claim(case)
    assert (case.number[:2], case.owner, case.department, case.outlet) == (
        "LP",
        desk.gu,
        desk.claims,
        desk.chengdu,
    )
    assert CaseLink.objects.get().origin == inquiry
    assert (claim.insured_amount, claim.freight) == (Decimal("1200.00"), Decimal("18.00"))
    assert (claim.deadline.clause, claim.deadline.party) == ("CD-05.17", desk.chengdu)
    assert claim.deadline.due_at == at("2026-12-21 00:00")

    with pytest.raises(Conflict) as refused:
        services.submit_finding(
            case=case,
            facts="无到件扫描",
            cause="lost_in_transit",
            reason="未交接",
            liable=desk.chengdu_alone(),
            actor=desk.gu.user,
            now=at("09:10"),
        )
    assert refused.value.code == "evidence_missing"

    finding = desk.confirmed(case, now=at("10:00"))
    assert finding.decided_by == desk.centre.chen.user
    services.make_offer(
        case=case,
        offered=Decimal(1000),
        counter_amount=Decimal(1500),
        reply="rejected",
        channel="phone",
        actor=desk.gu.user,
        now=at("10:30"),
    )
    settlement = desk.agreed(case, "1200.00", now=at("11:00"))

    claim = desk.claim(case)
    assert claim.stage == Claim.Stage.APPROVAL and settlement.needs == ["supervisor"]
    assert claim.deadline.state == Deadline.State.MET and claim.settled_at == at("11:00")
    assert [(one.party, amount) for one, amount in borne(settlement)] == [
        (desk.chengdu, Decimal("1200.00"))
    ]
    with pytest.raises(KefuError) as own:
        services.decide_settlement(
            settlement=settlement, approve=True, actor=desk.gu.user, now=at("11:05")
        )
    assert own.value.code == "own_settlement" and not Approval.objects.exists()

    services.decide_settlement(
        settlement=settlement, approve=True, actor=desk.centre.chen.user, now=at("11:10")
    )
    assert desk.claim(case).stage == Claim.Stage.PAYMENT
    assert Settlement.objects.get().state == Settlement.State.APPROVED
