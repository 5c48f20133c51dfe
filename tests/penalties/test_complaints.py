"""When a complaint makes a late answer cost money: once, by its cause, to the fen."""

from decimal import Decimal

import pytest

from inquiries import services as inquiries
from inquiries.models import Complaint
from kefu.cases.models import CaseLink
from kefu.deadlines import services as deadlines
from kefu.errors import Conflict
from kefu.ledger.models import Account, Entry
from kefu.policy.consequences import confirms, consequence
from kefu.policy.rulebook import load
from tests.centre import at
from tests.threads import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CD-05.10")]


@pytest.fixture
def case(centre):
    """Chengdu was asked at 09:00 and has until 11:00."""
    case = centre.inquiry(now=at("08:55:00"))
    inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:00:00"),
    )
    return case


@pytest.fixture
def complain(centre, clock):
    def file(case, when, cause="no_reply"):
        return inquiries.file_complaint(
            cause=cause,
            against=centre.chengdu,
            text="一直没有人给我答复",
            channel="phone",
            asker="receiver",
            origin=case,
            department=centre.query_desk,
            owner=centre.zhou,
            actor=centre.zhou.user,
            now=clock(when),
        )

    return file


def owed(centre):
    account = Account.objects.filter(party=centre.chengdu).first()
    return account.balance if account else None


@pytest.mark.parametrize("cause", Complaint.Cause.values)
def test_only_a_cause_that_the_clause_names_makes_it_payable(centre, case, complain, clock, cause):
    clock("11:30:00")
    deadlines.sweep()

    complain(case, "11:40:00", cause)

    fine = case.penalties.get(clause="CD-05.10")
    counts = cause in {"late_reply", "no_reply"}
    assert fine.state == ("payable" if counts else "provisional")
    assert owed(centre) == (Decimal("200.00") if counts else None)
    # Policy's own function says the same of every cause the desk can choose.
    assert confirms(consequence(load("CD"), "CD-05.10"), cause) is counts


def test_a_second_complaint_makes_nothing_more_payable(centre, case, complain):
    complain(case, "11:40:00")
    complain(case, "11:50:00", "late_reply")

    assert owed(centre) == Decimal("200.00")
    assert Entry.objects.count() == 1
    assert case.penalties.get(clause="CD-05.10").events.count() == 1


def test_the_same_complaint_is_linked_for_the_same_cause_once(centre, case, complain, clock):
    complaint = complain(case, "11:40:00", "lost")

    with pytest.raises(Conflict) as refused:
        inquiries.link_complaint(
            complaint=complaint,
            origin=case,
            cause="lost",
            actor=centre.zhou.user,
            now=clock("11:41:00"),
        )
    assert refused.value.code == "already_linked"
    assert CaseLink.objects.count() == 1

    payable = inquiries.link_complaint(
        complaint=complaint,
        origin=case,
        cause="no_reply",
        actor=centre.zhou.user,
        now=clock("11:42:00"),
    )
    assert [p.clause for p in payable] == ["CD-05.10"]


@pytest.mark.parametrize(
    ("when", "paid"), [("11:00:00", None), ("11:00:00.000001", Decimal("200.00"))]
)
def test_a_complaint_that_comes_before_the_sweep_finds_the_breach_decided(
    centre, case, complain, when, paid
):
    complain(case, when)

    assert owed(centre) == paid
    assert deadlines.sweep() == 0 or paid is None


def test_a_complaint_before_the_due_time_makes_a_later_breach_no_dearer(
    centre, case, complain, clock
):
    complain(case, "10:30:00")
    clock("11:00:01")
    deadlines.sweep()

    assert case.penalties.get(clause="CD-05.10").state == "provisional"
    assert owed(centre) is None


def test_a_feedback_in_time_leaves_a_complaint_nothing_to_confirm(centre, case, complain, clock):
    inquiries.record_feedback(
        query=case.network_queries.get(),
        answer="件在仓库，下午派送",
        channel="outlet",
        actor=None,
        now=clock("11:00:00"),
    )

    complain(case, "11:40:00")

    assert not case.penalties.filter(clause="CD-05.10").exists()
    assert owed(centre) is None


def test_only_a_complaint_is_linked(centre, case, clock):
    other = centre.inquiry(now=at("09:00:00"))

    with pytest.raises(Conflict) as refused:
        inquiries.link_complaint(
            complaint=other,
            origin=case,
            cause="no_reply",
            actor=centre.lin.user,
            now=clock("11:40:00"),
        )
    assert refused.value.code == "not_a_complaint"


@pytest.mark.django_db(transaction=True)
def test_complaints_filed_at_once_book_the_fine_once(centre, case, clock):
    now = clock("11:40:00")

    def file():
        return inquiries.file_complaint(
            cause="no_reply",
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

    done = at_once(*[file] * 4, deadlines.sweep)

    assert [d for d in done if isinstance(d, Exception)] == []
    assert owed(centre) == Decimal("200.00")
    assert Entry.objects.count() == 1
