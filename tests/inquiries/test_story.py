"""The main job from the first call to the counter-entry, by services alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inquiries import services as inquiries
from kefu import clock
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError
from kefu.ledger.models import Account, Entry
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from tests import centre as tests

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def centre(now):
    return tests.build(now=now)


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_an_outlet_that_lets_two_hours_pass_owes_200_only_once_a_complaint_says_so(centre, now):
    asked_at = now - timedelta(hours=3)
    case = centre.inquiry(now=asked_at)
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="件到成都后没有扫描，请核实",
        actor=centre.lin.user,
        now=asked_at,
    )

    deadlines.sweep()

    deadline = Deadline.objects.get(pk=query.deadline_id)
    assert deadline.state == "breached"
    assert deadline.breached_at == deadline.due_at == asked_at + timedelta(hours=2)
    fine = Penalty.objects.get(clause="CD-05.10")
    assert (fine.party, fine.value, fine.state) == (
        centre.chengdu,
        Decimal("200.00"),
        "provisional",
    )
    assert not Entry.objects.exists()

    complaint = inquiries.file_complaint(
        cause="no_reply",
        against=centre.chengdu,
        text="一直没有人给我答复",
        channel="phone",
        asker="receiver",
        origin=case,
        department=centre.query_desk,
        owner=centre.lin,
        actor=centre.lin.user,
        now=now,
    )

    fine.refresh_from_db()
    assert fine.state == "payable"
    owed = Account.objects.get(party=centre.chengdu, book="fines")
    assert owed.balance == Decimal("200.00")
    assert complaint.links.get().origin == case

    waiver = penalties.propose_waiver(
        penalty=fine,
        ground="force_majeure",
        reason="当日成都暴雨停电",
        actor=centre.wang.user,
        now=now,
    )
    with pytest.raises(KefuError):
        penalties.decide_waiver(waiver=waiver, approve=True, actor=centre.wang.user, now=now)
    penalties.decide_waiver(waiver=waiver, approve=True, actor=centre.chen.user, now=now)

    fine.refresh_from_db()
    owed.refresh_from_db()
    assert (fine.state, owed.balance) == ("reversed", Decimal("0.00"))
    assert list(Entry.objects.order_by("id").values_list("kind", flat=True)) == [
        "penalty",
        "reversal",
    ]
    with pytest.raises(Conflict):
        penalties.decide_waiver(waiver=waiver, approve=True, actor=centre.he.user, now=now)


@pytest.mark.rule("CD-03.23", "CD-12.17")
def test_a_late_reply_costs_the_agent_half_a_point_only_if_the_customer_calls_again_first(
    centre, now
):
    late = centre.inquiry(now=now - timedelta(days=1, minutes=5))
    quiet = centre.inquiry(now=now - timedelta(days=1, minutes=5))
    deadlines.sweep()
    assert Penalty.objects.filter(clause="CD-12.17", state="provisional").count() == 2

    inquiries.customer_again(
        case=late, text="怎么还没消息", channel="phone", actor=centre.lin.user, now=now
    )
    inquiries.answer_customer(
        case=quiet,
        text="件已在派送",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=now,
    )

    assert late.penalties.get().state == "payable"
    assert late.penalties.get().value == Decimal("0.50")
    assert quiet.penalties.get().state == "lapsed"
    assert not Entry.objects.exists()  # points are no money


def test_an_answer_before_the_due_time_costs_nothing_and_a_second_sweep_changes_nothing(
    centre, now
):
    case = centre.inquiry(now=now)
    inquiries.answer_customer(
        case=case,
        text="件今天派送",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=now,
    )

    assert deadlines.sweep() == 0
    assert Deadline.objects.get().state == "met"
    assert not Penalty.objects.exists()
    case.refresh_from_db()
    assert (case.state, case.next_due_at) == ("answered", None)
