"""Conditions that no program can see: a supervisor confirms them, with what he found."""

from decimal import Decimal

import pytest

from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.penalties import services as penalties
from kefu.penalties.models import FOUND_BY_PEOPLE, Penalty
from kefu.penalties.selectors import open_steps
from kefu.workbench.selectors import costs
from tests.centre import at

pytestmark = pytest.mark.django_db

FOUND = "录音证实，致电 13800004545 核对过"


@pytest.fixture
def penalty(centre):
    """200 yuan of Chengdu that count once there is evidence."""
    return fine(centre, centre.inquiry(now=at("09:00:00"), owner=centre.lin))


def fine(centre, case, **given):
    facts = {
        "case": case,
        "clause": "CD-05.08",
        "rulebook_id": case.deadlines.first().rulebook_id,
        "party": centre.chengdu,
        "kind": "fine",
        "value": "200.00",
        "condition": "evidence",
        "state": "provisional",
        "incurred_at": at("09:00:00"),
        "decided_at": at("09:00:00"),
    }
    return Penalty.objects.create(**(facts | given))


@pytest.fixture
def find(clock):
    def by(who, penalty):
        penalties.confirm_finding(
            penalty=penalty, reason=FOUND, actor=who.user, now=clock("10:00:00")
        )

    return by


def test_it_becomes_payable_and_the_finding_is_kept_without_numbers(centre, penalty, find):
    find(centre.chen, penalty)

    penalty.refresh_from_db()
    event = penalty.events.get()
    assert (penalty.state, event.kind, event.actor) == ("payable", "confirmed", centre.chen.user)
    assert "录音证实" in event.fact["reason"]
    assert "13800004545" not in event.fact["reason"]
    assert Account.objects.get(party=centre.chengdu).balance == Decimal("200.00")


@pytest.mark.parametrize("who", ["lin", "wang"])
def test_only_a_supervisor_confirms(centre, penalty, find, who):
    with pytest.raises(NotAllowed):
        find(getattr(centre, who), penalty)

    assert not Entry.objects.exists()


def test_what_the_program_judges_is_not_for_people(centre, penalty, find, clock):
    clock("09:40:00")
    deadlines.sweep()
    judged = Penalty.objects.exclude(pk=penalty.pk).get()
    assert judged.condition not in FOUND_BY_PEOPLE

    with pytest.raises(Conflict, match="由程序判断"):
        find(centre.chen, judged)


def test_nobody_confirms_what_he_bears_himself(centre, penalty, find):
    own = fine(centre, penalty.case, party=centre.chen.party, condition="verification")

    with pytest.raises(KefuError) as refused:
        find(centre.chen, own)
    assert refused.value.code == "own_penalty"

    find(centre.he, own)
    own.refresh_from_db()
    assert own.state == "payable"


@pytest.mark.parametrize("state", ["payable", "held"])
def test_once_and_only_what_is_provisional(centre, penalty, find, state):
    if state == "payable":
        find(centre.chen, penalty)
    else:
        Penalty.objects.filter(pk=penalty.pk).update(state=state)
    events = penalty.events.count()

    with pytest.raises(Conflict, match="不是暂记"):
        find(centre.chen, penalty)

    assert penalty.events.count() == events  # nor is the fact of a refused step kept


@pytest.mark.parametrize(
    ("state", "condition", "steps"),
    [
        ("provisional", "evidence", {"propose-waiver", "confirm"}),
        ("provisional", "complaint", {"propose-waiver"}),
        ("held", "evidence", {"propose-waiver", "release"}),
        ("payable", "evidence", {"propose-waiver"}),
        ("lapsed", "evidence", set()),
        ("reversed", "evidence", set()),
    ],
)
def test_what_may_still_be_done_goes_by_its_state(centre, penalty, state, condition, steps):
    one = fine(centre, penalty.case, clause="CD-05.07", state=state, condition=condition)

    assert open_steps(one, actor=centre.chen.user) == steps


@pytest.mark.parametrize("state", ["provisional", "held"])
def test_while_a_waiver_waits_no_second_one_is_offered(centre, penalty, state):
    Penalty.objects.filter(pk=penalty.pk).update(state=state)
    penalty.refresh_from_db()
    before = open_steps(penalty, actor=centre.chen.user)
    waiver = penalties.propose_waiver(
        penalty=penalty,
        ground="our_fault",
        reason="当天电话线路中断",
        actor=centre.wang.user,
        now=at("10:00:00"),
    )

    assert open_steps(penalty, actor=centre.chen.user) == before - {"propose-waiver"}

    penalties.decide_waiver(waiver=waiver, approve=False, actor=centre.he.user, now=at("10:00:00"))
    assert open_steps(penalty, actor=centre.chen.user) == before


@pytest.mark.parametrize("state", ["provisional", "held"])
def test_who_bears_it_is_offered_neither_to_confirm_nor_to_release(centre, penalty, state):
    own = fine(centre, penalty.case, party=centre.chen.party, state=state)

    assert open_steps(own, actor=centre.chen.user) == {"propose-waiver"}
    assert open_steps(own, actor=centre.he.user) > {"propose-waiver"}


@pytest.mark.parametrize(("kind", "words"), [("fine", "应付 2 元"), ("points", "应扣 2 分")])
def test_money_is_owed_and_points_are_deducted(kind, words):
    assert costs.of_penalties([Penalty(kind=kind, value=Decimal(2), state="payable")]) == words
