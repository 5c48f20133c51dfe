"""Two people, one decision, one counter-entry."""

import time
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from inquiries import services as inquiries
from kefu.cases import services as cases
from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty, Waiver
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def fine(centre, clock):
    """Chengdu's 200 yuan, payable since 11:40."""
    case = centre.inquiry(now=at("08:55:00"))
    inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:00:00"),
    )
    inquiries.file_complaint(
        cause="no_reply",
        against=centre.chengdu,
        text="没有答复",
        channel="phone",
        asker="receiver",
        origin=case,
        department=centre.query_desk,
        owner=centre.zhou,
        actor=centre.zhou.user,
        now=clock("11:40:00"),
    )
    return case.penalties.get(clause="CD-05.10")


@pytest.fixture
def propose(centre, clock):
    def by(who, fine, **given):
        facts = {"ground": "force_majeure", "reason": "当日成都暴雨停电"}
        return penalties.propose_waiver(
            penalty=fine, actor=who.user, now=clock("12:00:00"), **(facts | given)
        )

    return by


def decide(waiver, who, clock, *, approve=True):
    penalties.decide_waiver(waiver=waiver, approve=approve, actor=who.user, now=clock("13:00:00"))


def owed(centre):
    return Account.objects.get(party=centre.chengdu).balance


def test_approved_the_fine_is_met_by_a_counter_entry_that_names_it(centre, fine, propose, clock):
    decide(propose(centre.wang, fine), centre.chen, clock)

    fine.refresh_from_db()
    assert (fine.state, owed(centre)) == ("reversed", Decimal("0.00"))
    first, second = Entry.objects.order_by("id")
    assert (second.reverses, second.posted_by) == (first, centre.chen.user)
    assert fine.events.get(kind="reversed").fact["reversal"] == "waiver"


def test_refused_the_fine_stands_and_may_be_proposed_again(centre, fine, propose, clock):
    decide(propose(centre.wang, fine), centre.chen, clock, approve=False)

    fine.refresh_from_db()
    assert (fine.state, owed(centre)) == ("payable", Decimal("200.00"))
    decide(propose(centre.wang, fine), centre.he, clock)
    assert owed(centre) == Decimal("0.00")


def test_nobody_decides_what_he_proposed(centre, fine, propose, clock):
    waiver = propose(centre.chen, fine)

    with pytest.raises(KefuError) as refused:
        decide(waiver, centre.chen, clock)

    assert refused.value.code == "own_proposal"
    with pytest.raises(IntegrityError), transaction.atomic():  # nor by a way round the service
        Waiver.objects.filter(pk=waiver.pk).update(
            approved=True, decided_by=centre.chen.user, decided_at=at("13:00:00")
        )
    waiver.refresh_from_db()
    assert (waiver.approved, owed(centre)) == (None, Decimal("200.00"))


def test_nobody_decides_about_a_penalty_of_his_own(centre, propose, clock):
    case = centre.inquiry(now=at("09:00:00"), owner=centre.chen)
    inquiries.customer_again(
        case=case, text="还没有消息", channel="phone", actor=centre.lin.user, now=clock("09:40:00")
    )
    own = Penalty.objects.get(clause="CD-12.17")
    waiver = propose(centre.wang, own)

    with pytest.raises(KefuError) as refused:
        decide(waiver, centre.chen, clock)
    assert refused.value.code == "own_penalty"

    decide(waiver, centre.he, clock)
    own.refresh_from_db()
    assert own.state == "reversed"
    assert not Entry.objects.exists()  # points are no money


@pytest.mark.parametrize(
    ("proposer", "decider"), [("lin", None), ("wang", "lin"), ("wang", "wang")]
)
def test_leads_propose_and_supervisors_decide(centre, fine, propose, clock, proposer, decider):
    if decider is None:
        with pytest.raises(NotAllowed):
            propose(getattr(centre, proposer), fine)
        assert not Waiver.objects.exists()
        return
    waiver = propose(getattr(centre, proposer), fine)

    with pytest.raises(NotAllowed):
        decide(waiver, getattr(centre, decider), clock)

    assert owed(centre) == Decimal("200.00")


@pytest.mark.rule("CD-02.08")
def test_an_agent_may_object_to_his_own_deduction_only(centre, fine, propose, clock):
    case = centre.inquiry(now=at("09:00:00"))
    inquiries.customer_again(
        case=case, text="还没有消息", channel="phone", actor=centre.lin.user, now=clock("09:40:00")
    )
    own = case.penalties.get()
    propose(centre.lin, own, ground="objection", reason="客户自己要求明天再说")
    for who, penalty, ground in (
        (centre.lin, fine, "objection"),
        (centre.lin, own, "goodwill"),
        (centre.zhou, own, "objection"),
    ):
        with pytest.raises(NotAllowed):
            propose(who, penalty, ground=ground)

    assert Waiver.objects.get().penalty == own


def test_one_proposal_waits_at_a_time_and_none_for_what_no_longer_counts(
    centre, fine, propose, clock
):
    waiver = propose(centre.wang, fine)
    with pytest.raises(Conflict):
        propose(centre.chen, fine)
    decide(waiver, centre.he, clock)

    with pytest.raises(Conflict):
        propose(centre.wang, fine)
    with pytest.raises(KefuError) as refused:
        propose(centre.wang, fine, reason="免")
    assert refused.value.code == "reason_required"


@pytest.mark.django_db(transaction=True)
def test_of_fifty_who_decide_at_once_one_does(centre, fine, propose, clock):
    waiver = propose(centre.wang, fine)
    now = clock("13:00:00")

    def one(n):
        who = (centre.chen, centre.he)[n % 2]
        return lambda: penalties.decide_waiver(
            waiver=Waiver.objects.get(pk=waiver.pk), approve=True, actor=who.user, now=now
        )

    done = at_once(*[one(n) for n in range(50)])

    assert [type(d).__name__ for d in done].count("Conflict") == 49
    assert done.count(None) == 1
    assert Entry.objects.filter(kind="reversal").count() == 1
    assert owed(centre) == Decimal("0.00")


@pytest.mark.django_db(transaction=True)
def test_a_waiver_and_a_complaint_at_once_wait_for_each_other_and_never_in_a_circle(centre, clock):
    case = centre.inquiry(now=at("08:55:00"))
    inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:00:00"),
    )
    now = clock("11:40:00")
    deadlines.sweep()
    fine = case.penalties.get(clause="CD-05.10")

    def complain(cause):
        return lambda: inquiries.file_complaint(
            cause=cause,
            against=centre.chengdu,
            text="没有答复",
            channel="phone",
            asker="receiver",
            origin=case,
            department=centre.query_desk,
            owner=centre.zhou,
            actor=centre.zhou.user,
            now=now,
        )

    def propose():
        return penalties.propose_waiver(
            penalty=fine,
            ground="force_majeure",
            reason="当日成都暴雨停电",
            actor=centre.wang.user,
            now=now,
        )

    done = at_once(complain("no_reply"), propose, complain("late_reply"), propose)

    assert sorted(type(d).__name__ for d in done) == ["Case", "Case", "Conflict", "Waiver"]
    assert owed(centre) == Decimal("200.00")


def test_the_database_moves_a_penalty_along_known_arrows_and_never_removes_or_alters_it(fine):
    for change in (
        {"state": "provisional"},
        {"state": "held"},
        {"value": Decimal("1.00")},
        {"clause": "CD-05.08"},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            Penalty.objects.filter(pk=fine.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Penalty.objects.filter(pk=fine.pk)._raw_delete("default")

    fine.refresh_from_db()
    assert (fine.state, fine.value) == ("payable", Decimal("200.00"))


@pytest.mark.django_db(transaction=True)
def test_one_waiver_and_a_batch_at_once_wait_for_each_other(centre, fine, propose, clock):
    waiver = propose(centre.wang, fine)
    now = clock("13:00:00")

    def batch():
        with transaction.atomic():
            cases.lock(case=fine.case)
            time.sleep(0.5)  # the other is on his way by now
            return penalties.waive_in_batch(
                penalty=fine,
                ground=Waiver.Ground.FORCE_MAJEURE,
                reason="暴雨停电",
                batch="force_majeure:1",
                proposer=centre.wang.user,
                proposed_at=now,
                actor=centre.chen.user,
                now=now,
            )

    def refuse():
        penalties.decide_waiver(waiver=waiver, approve=False, actor=centre.chen.user, now=now)

    done = at_once(batch, refuse)

    assert done[0] is True and (done[1] is None or isinstance(done[1], Conflict))
    assert owed(centre) == Decimal("0.00")
