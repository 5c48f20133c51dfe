"""An outlet appeals, two people decide, and the money follows."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from inquiries import services as inquiries
from kefu.appeals import services as appeals
from kefu.appeals.models import Appeal, Decision
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.ledger.models import Account, Entry
from kefu.notifications.models import Event
from kefu.overview.appeal_checks import APPEAL_CHECKS
from kefu.overview.verify import verify
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty
from kefu.penalties.selectors import explained
from tests.appeals.conftest import PDF, ask_second, attach, decide, file
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def owed(centre):
    return Account.objects.get(party=centre.chengdu).balance


def settle(fine, now):
    penalties.settle(
        penalty=fine,
        taken=fine.value,
        kept=Decimal(0),
        month=now.date().replace(day=1),
        actor=None,
        now=now,
    )


def wrong():
    """What verify finds wrong with appeals."""
    ours = {name for name, *_rest in APPEAL_CHECKS} | {"appeal_evidence_is_as_added"}
    found = [result for result in verify() if result.check in ours]
    assert len(found) == len(ours)
    return [result.check for result in found if not result.ok]


@pytest.mark.parametrize(
    ("moment", "taken"), [("2026-12-06 00:00:00", True), ("2026-12-06 00:00:01", False)]
)
def test_an_outlet_has_fifteen_days_after_it_was_told_to_the_last_second(
    centre, fine, clock, moment, taken
):
    now = clock(moment)
    if taken:
        assert file(fine, centre.chengdu, now).due_at == at("2026-12-17 00:00:00")
        return
    with pytest.raises(KefuError) as refused:
        file(fine, centre.chengdu, now)
    assert (refused.value.code, refused.value.field) == ("too_late", "penalty")
    assert not Appeal.objects.exists()


def test_upheld_the_fine_is_met_by_a_counter_entry_and_the_outlet_is_told(
    centre, fine, filed, clock
):
    decide(filed, centre.chen, clock("13:00:00"), uphold=True)

    fine.refresh_from_db()
    assert (fine.state, fine.disputed, owed(centre)) == ("reversed", False, Decimal("0.00"))
    first, second = Entry.objects.order_by("id")
    assert (second.reverses, second.posted_by) == (first, centre.chen.user)
    assert fine.events.get(kind="reversed").fact == {"reversal": "appeal", "appeal": filed.pk}
    told = Event.objects.filter(kind="appeal.changed", party_id=centre.chengdu.pk).order_by("id")
    assert [event.data["state"] for event in told] == ["first", "upheld"]
    actions = fine.case.interactions.filter(action__startswith="appeal_").order_by("id")
    assert [line.action for line in actions] == ["appeal_filed", "appeal_upheld"]
    assert wrong() == []


def test_rejected_twice_by_two_people_the_fine_stands(centre, fine, filed, clock):
    decide(filed, centre.chen, clock("13:00:00"))
    ask_second(filed, clock("2026-11-28 00:00:00"))  # the last second of seven days
    decide(filed, centre.he, clock("2026-11-28 09:00:00"))

    filed.refresh_from_db()
    fine.refresh_from_db()
    assert (filed.state, fine.state, fine.disputed) == ("final", "payable", False)
    assert owed(centre) == Decimal("200.00")
    assert [d.decided_by for d in filed.decisions.all()] == [centre.chen.user, centre.he.user]
    for again in (ask_second, lambda appeal, now: decide(appeal, centre.chen, now)):
        with pytest.raises(Conflict):
            again(filed, clock("2026-11-28 10:00:00"))
    with pytest.raises(Conflict):
        file(fine, centre.chengdu, clock("2026-11-28 10:00:00"))
    assert wrong() == []


def test_the_second_instance_closes_with_its_window(centre, fine, filed, clock):
    decide(filed, centre.chen, clock("13:00:00"))
    with pytest.raises(KefuError) as refused:
        ask_second(filed, clock("2026-11-28 00:00:01"))
    assert refused.value.code == "too_late"

    assert appeals.follow(now=clock("2026-11-28 00:00:00")) == 0
    assert appeals.follow(now=clock("2026-11-28 00:00:01")) == 1

    filed.refresh_from_db()
    assert (filed.state, filed.due_at) == ("final", None)
    assert appeals.follow(now=clock("2026-11-28 00:00:02")) == 0


def test_who_decided_first_does_not_decide_again(centre, filed, clock):
    decide(filed, centre.chen, clock("13:00:00"))
    ask_second(filed, clock("14:00:00"))

    with pytest.raises(KefuError) as refused:
        decide(filed, centre.chen, clock("15:00:00"), uphold=True)

    assert refused.value.code == "same_person"
    with pytest.raises(IntegrityError, match="appeal_two_people"), transaction.atomic():
        Decision.objects.create(
            appeal=filed,
            instance=2,
            upheld=False,
            reason="再看过",
            decided_by=centre.chen.user,
            decided_at=at("15:00:00"),
        )
    assert filed.decisions.count() == 1


def test_who_proposed_a_waiver_does_not_decide(centre, fine, filed, clock):
    penalties.propose_waiver(
        penalty=fine,
        ground="goodwill",
        reason="当日成都暴雨停电",
        actor=centre.chen.user,
        now=clock("12:10:00"),
    )

    with pytest.raises(KefuError) as refused:
        decide(filed, centre.chen, clock("13:00:00"))

    assert refused.value.code == "involved"
    with pytest.raises(IntegrityError, match="appeal_not_involved"), transaction.atomic():
        Decision.objects.create(
            appeal=filed,
            instance=1,
            upheld=False,
            reason="看过了",
            decided_by=centre.chen.user,
            decided_at=at("13:00:00"),
        )
    decide(filed, centre.he, clock("13:00:00"))


@pytest.mark.parametrize("who", ["lin", "wang"])
def test_supervisors_decide(centre, filed, clock, who):
    with pytest.raises(NotAllowed):
        decide(filed, getattr(centre, who), clock("13:00:00"))

    assert not Decision.objects.exists()


def test_while_an_appeal_is_open_the_penalty_is_not_settled(centre, fine, filed, clock):
    for step in (
        lambda: None,
        lambda: decide(filed, centre.chen, clock("13:00:00")),
        lambda: ask_second(filed, clock("14:00:00")),
    ):
        step()
        with pytest.raises(Conflict) as refused:
            settle(fine, clock("15:00:00"))
        assert refused.value.code == "disputed"
        with pytest.raises(IntegrityError), transaction.atomic():  # nor by a way round the service
            Penalty.objects.filter(pk=fine.pk).update(state="settled")
    appeals.withdraw(appeal=filed, actor=None, now=clock("16:00:00"))

    settle(fine, clock("17:00:00"))

    fine.refresh_from_db()
    assert fine.state == "settled"
    assert wrong() == []


def test_a_settled_penalty_is_appealed_against_no_more(centre, fine, clock):
    settle(fine, clock("12:00:00"))

    with pytest.raises(Conflict):
        file(fine, centre.chengdu, clock("12:30:00"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.create(
            penalty=fine,
            party=centre.chengdu,
            reason="没有收到",
            filed_at=at("12:30:00"),
            due_at=at("13:30:00"),
        )


def test_a_waiver_approved_meanwhile_closes_it(centre, fine, filed, clock):
    waiver = penalties.propose_waiver(
        penalty=fine,
        ground="force_majeure",
        reason="当日成都暴雨停电",
        actor=centre.wang.user,
        now=clock("12:10:00"),
    )
    penalties.decide_waiver(
        waiver=waiver, approve=True, actor=centre.chen.user, now=clock("13:00:00")
    )

    filed.refresh_from_db()
    assert (filed.state, filed.due_at, filed.closed_at) == ("closed", None, at("13:00:00"))
    with pytest.raises(Conflict):
        decide(filed, centre.he, clock("14:00:00"), uphold=True)
    assert Entry.objects.filter(kind="reversal").count() == 1
    assert wrong() == []


def test_only_outlets_appeal_here_and_only_against_their_own(centre, fine, clock):
    case = centre.inquiry(now=at("09:00:00"))
    inquiries.customer_again(
        case=case, text="还没有消息", channel="phone", actor=centre.lin.user, now=clock("09:40:00")
    )
    own = case.penalties.get()

    for penalty, party, code in (
        (fine, centre.xian, "not_own"),
        (own, own.party, "not_an_outlet"),
    ):
        with pytest.raises(NotAllowed) as refused:
            file(penalty, party, clock("12:00:00"))
        assert refused.value.code == code
    assert not Appeal.objects.exists()


def test_one_appeal_a_penalty(centre, fine, filed, clock):
    with pytest.raises(Conflict) as refused:
        file(fine, centre.chengdu, clock("12:10:00"))

    assert refused.value.code == "already_appealed"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ\x90\x00 no file of ours", "picture_refused"),
        (b"%PDF-1.7\ncut off", "evidence_refused"),
        (b"%PDF-" + b"x" * 15_000_001, "evidence_refused"),
    ],
    ids=["program", "cut off", "large"],
)
def test_what_proves_nothing_is_refused_at_its_field(filed, clock, content, code):
    with pytest.raises(KefuError) as refused:
        attach(filed, clock("12:10:00"), content)

    assert (refused.value.code, refused.value.field) == (code, "file")
    assert not filed.evidence.exists()


def test_evidence_is_sealed_numbered_and_limited(centre, filed, clock):
    now = clock("12:10:00")
    kept = attach(filed, now)
    assert (kept.number, kept.media, kept.size) == (1, "application/pdf", len(PDF))
    kept.refresh_from_db()
    assert kept.photo.open() == PDF
    with pytest.raises(Conflict) as refused:
        attach(filed, now)
    assert refused.value.code == "evidence_already_there"
    for n in range(9):
        attach(filed, now, PDF + b"%d" % n)
    with pytest.raises(Conflict) as refused:
        attach(filed, now, PDF + b"eleventh")
    assert (refused.value.code, refused.value.field) == ("too_much_evidence", "file")
    decide(filed, centre.chen, clock("13:00:00"))
    with pytest.raises(Conflict):
        attach(filed, now, PDF + b"late")
    with pytest.raises(DatabaseError), transaction.atomic():
        filed.evidence.filter(number=1).update(digest="0" * 64)
    assert wrong() == []


def test_supervisors_hear_of_what_is_due_and_of_what_is_late(centre, filed, clock):
    def rung():
        bells = Event.objects.filter(kind__startswith="appeal.", user_id=centre.chen.user.pk)
        return list(bells.order_by("id").values_list("kind", flat=True))

    assert filed.due_at == at("2026-12-01 00:00:00")
    appeals.follow(now=clock("2026-11-29 23:59:59"))
    assert rung() == []
    appeals.follow(now=clock("2026-11-30 00:00:00"))
    appeals.follow(now=clock("2026-12-01 00:00:00"))  # exactly on it is in time
    assert rung() == ["appeal.due"]
    appeals.follow(now=clock("2026-12-01 00:00:01"))
    appeals.follow(now=clock("2026-12-01 00:01:00"))
    assert rung() == ["appeal.due", "appeal.late"]
    filed.refresh_from_db()
    assert (filed.state, filed.late_at) == ("first", at("2026-12-01 00:00:01"))


def test_the_explanation_tells_of_the_appeal(centre, fine, filed, clock):
    def told():
        fine.refresh_from_db()
        return [line.text for line in explained(fine, "zh-hans").arithmetic]

    assert any("有异议在审议" in text for text in told())
    decide(filed, centre.chen, clock("13:00:00"), uphold=True)
    assert any("异议成立" in text for text in told())
    assert not any("有异议在审议" in text for text in told())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_uphold_at_once_one_does(centre, fine, filed, clock):
    now = clock("13:00:00")

    def one(who):
        return lambda: decide(Appeal.objects.get(pk=filed.pk), who, now, uphold=True)

    done = at_once(one(centre.chen), one(centre.he))

    assert sorted(type(d).__name__ for d in done) == ["Conflict", "NoneType"]
    assert Entry.objects.filter(kind="reversal").count() == 1
    assert owed(centre) == Decimal("0.00")


def test_verify_finds_an_upheld_appeal_whose_penalty_stands(centre, fine, filed, clock):
    with transaction.atomic():
        Appeal.objects.filter(pk=filed.pk).update(
            state="upheld", due_at=None, closed_at=at("13:00:00")
        )

    assert wrong() == ["upheld_appeal_reverses_its_penalty", "appeal_state_has_its_decisions"]
