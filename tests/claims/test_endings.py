"""How a claim ends, is taken up again, and who is told meanwhile."""

import pytest

from claims import services
from claims.models import Claim, Settlement
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from tests.centre import at


def test_withdrawn_and_taken_up_again_the_clock_counts_from_the_demand(desk):
    case = desk.register()
    desk.confirmed(case, now=at("10:00"))
    settlement = desk.agreed(case, "1200.00", now=at("11:00"))

    services.withdraw(case=case, reason="包裹找到了", actor=desk.gu.user, now=at("12:00"))

    claim = desk.claim(case)
    settlement.refresh_from_db()
    assert (claim.stage, claim.ending, claim.case.state) == ("closed", "withdrawn", "closed")
    assert settlement.state == Settlement.State.REFUSED
    with pytest.raises(Conflict):
        services.withdraw(case=case, reason="再撤", actor=desk.gu.user, now=at("12:01"))

    services.reopen(case=case, reason="是别人的包裹", actor=desk.gu.user, now=at("13:00"))
    claim = desk.claim(case)
    assert (claim.stage, claim.ending, claim.case.state) == ("evidence", "", Case.State.OPEN)
    assert claim.deadline.state == Deadline.State.RUNNING
    assert claim.deadline.due_at == at("2026-12-21 00:00")


def test_a_finding_that_waits_still_waits_after_reopening(desk):
    case = desk.register()
    desk.investigated(case, now=at("10:00"))
    services.decline(case=case, reason="违禁品", actor=desk.gu.user, now=at("10:30"))
    assert desk.claim(case).deadline.state == Deadline.State.CANCELLED

    services.reopen(case=case, reason="申诉有理", actor=desk.gu.user, now=at("11:00"))

    assert desk.claim(case).stage == Claim.Stage.CONFIRMATION
    with pytest.raises(Conflict):
        services.reopen(case=case, reason="又一次", actor=desk.gu.user, now=at("11:01"))


def test_what_was_claimed_anew_is_not_taken_up_twice(desk):
    case = desk.register()
    services.withdraw(case=case, reason="先不要", actor=desk.gu.user, now=at("10:00"))
    desk.register(now=at("11:00"))

    with pytest.raises(Conflict) as refused:
        services.reopen(case=case, reason="还是要", actor=desk.gu.user, now=at("12:00"))

    assert refused.value.code == "claimed_already" and desk.claim(case).stage == "closed"


@pytest.mark.rule("LC-04.13", "LC-04.06")
def test_nothing_is_closed_with_loose_ends(desk):
    desk.work_by("LC")
    case = desk.register()
    with pytest.raises(Conflict) as early:
        services.close(case=case, actor=desk.gu.user, now=at("09:10"))
    assert early.value.code == "other_stage"

    desk.confirmed(case, now=at("10:00"))
    settlement = desk.agreed(case, "1200.00", now=at("11:00"))
    services.decide_settlement(
        settlement=settlement, approve=True, actor=desk.centre.chen.user, now=at("11:10")
    )
    Claim.objects.filter(case=case).update(stage=Claim.Stage.RECOVERY)
    with pytest.raises(Conflict) as refused:
        services.close(case=case, actor=desk.gu.user, now=at("12:00"))

    assert refused.value.code == "closing_incomplete"
    assert services.loose_ends(desk.claim(case)) == ["paid", "liable_party_notified"]


@pytest.mark.rule("LC-02.11", "LC-05.06")
def test_reminders_reach_the_adjuster_and_are_counted(desk):
    desk.work_by("LC")
    case = desk.register()
    lin, chen = desk.centre.lin.user, desk.centre.chen.user

    for actor in (lin, chen, chen):
        services.remind(case=case, text="客户又来催", actor=actor, now=at("10:00"))

    lines = case.interactions.filter(action="claim_reminded").order_by("pk")
    assert [line.data.get("clause") for line in lines] == ["LC-05.06", "LC-02.11", "LC-02.11"]
    told = Event.objects.filter(kind="claim.reminded", user_id=desk.gu.user_id)
    assert told.count() == 3
    with pytest.raises(KefuError):
        services.remind(case=case, text="催自己", actor=desk.gu.user, now=at("10:01"))


@pytest.mark.rule("LC-01.24", "LC-04.08")
def test_the_unit_reads_what_the_adjuster_advises(desk):
    desk.work_by("LC")
    case = desk.register()

    services.guide(
        case=case, unit=desk.chengdu, text="先向客户要发票", actor=desk.gu.user, now=at("10:00")
    )

    line = case.interactions.get(action="claim_guidance")
    assert (line.party, line.text) == (desk.chengdu, "先向客户要发票")
    assert Event.objects.get(kind="claim.guided").party_id == desk.chengdu.pk
    services.guide(
        case=case, unit=desk.chengdu, text="中心补充", actor=desk.centre.chen.user, now=at("10:01")
    )
    with pytest.raises(KefuError) as stranger:
        services.guide(
            case=case, unit=desk.centre.xian, text="与你无关", actor=desk.gu.user, now=at("10:02")
        )
    assert stranger.value.field == "unit"
    with pytest.raises(NotAllowed):
        services.guide(
            case=case,
            unit=desk.chengdu,
            text="组长说",
            actor=desk.centre.wang.user,
            now=at("10:03"),
        )
