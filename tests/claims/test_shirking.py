"""Outlets that will not pay: what they say is kept, the fine waits for a complaint."""

from decimal import Decimal

import pytest

from claims import services
from inquiries import services as inquiries
from kefu.errors import Conflict
from kefu.penalties.models import Penalty
from tests.centre import at

TEN = at("10:00")


def refuses(desk, case, ground, *, now=TEN, **given):
    return services.report_refusal(
        case=case, ground=ground, text="说等总部通知", actor=desk.gu.user, now=now, **given
    )


def complain(desk, case, cause, *, now):
    return inquiries.file_complaint(
        cause=cause,
        against=desk.chengdu,
        text="网点不肯赔",
        channel="phone",
        asker="sender",
        origin=case,
        department=desk.centre.lin.department,
        owner=desk.centre.lin,
        actor=desk.centre.lin.user,
        now=now,
    )


@pytest.mark.rule("CD-05.11")
def test_headquarters_result_is_no_excuse(desk):
    case = desk.register()

    (fine,) = refuses(desk, case, "headquarters", outlet=desk.centre.xian)

    assert (fine.clause, fine.party, fine.value) == ("CD-05.11", desk.centre.xian, Decimal(200))
    assert fine.state == Penalty.State.PROVISIONAL
    complain(desk, case, "claim_delayed", now=at("11:00"))
    fine.refresh_from_db()
    assert fine.state == Penalty.State.PAYABLE
    with pytest.raises(Conflict):
        refuses(desk, case, "headquarters", now=at("12:00"))  # once a claim


@pytest.mark.rule("CD-05.12")
def test_the_origin_shirks_what_is_broken_inside(desk):
    case = desk.register(loss="damage", place="inner")
    complain(desk, case, "shirking", now=at("09:30"))

    (fine,) = refuses(desk, case, "shirked")

    assert (fine.clause, fine.value, fine.party) == ("CD-05.12", Decimal(100), desk.chengdu)
    assert fine.state == Penalty.State.PAYABLE  # the complaint was there before
    assert fine.inputs["established"] == ["inside_damaged", "outside_intact", "shirked"]


@pytest.mark.rule("CD-05.13")
def test_a_claim_after_signing_unchecked_stands_with_its_evidence(desk):
    case = desk.register(loss="damage", place="outer", signed_unchecked=True)
    with pytest.raises(Conflict):
        refuses(desk, case, "shirked")  # no evidence on file yet
    assert not Penalty.objects.exists()
    with pytest.raises(Conflict) as unproved:
        services.submit_finding(
            case=case,
            facts="外箱破",
            cause="other",
            reason="发件网点",
            liable=desk.chengdu_alone(),
            actor=desk.gu.user,
            now=TEN,
        )
    assert unproved.value.field == "evidence"

    services.add_evidence(
        case=case,
        kind="statement",
        note="客户拍的外箱",
        collected_at=at("09:20"),
        actor=desk.gu.user,
        now=at("09:30"),
    )
    (fine,) = refuses(desk, case, "shirked")

    assert (fine.clause, fine.value) == ("CD-05.13", Decimal(100))
    desk.confirmed(case, now=at("10:30"))  # admissible: it goes on like any other


def test_another_outlet_does_not_answer_for_the_origin(desk):
    case = desk.register(loss="damage", place="inner")

    with pytest.raises(Conflict):
        refuses(desk, case, "shirked", outlet=desk.centre.xian)

    assert not Penalty.objects.exists()
    assert not case.interactions.filter(action="claim_refused_by_outlet").exists()
