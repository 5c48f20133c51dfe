"""Due times of real cases: recomputed from their facts, never moved by a delta."""

import pytest

from inquiries import services as inquiries
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Pause
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError
from tests.centre import at

pytestmark = pytest.mark.django_db


@pytest.mark.rule("CD-03.23", "CD-03.13", "CD-12.38")
@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("07:59:59.999999", "09:00:00"),  # before the desk opens: the same day
        ("00:00:00", "09:00:00"),
        ("08:00:00", "08:30:00"),
        ("18:30:00", "19:00:00"),  # the line's last moment is open
        ("18:30:00.000001", "2026-11-21 09:00:00"),
        ("23:59:59", "2026-11-21 09:00:00"),  # a Saturday: no shift
    ],
)
def test_a_question_outside_the_hours_waits_for_nine_o_clock(centre, clock, asked, due):
    case = centre.inquiry(now=clock(asked))

    deadline = case.deadlines.get()
    assert (deadline.due_at, deadline.clause) == (at(due), "CD-03.23")
    case.refresh_from_db()
    assert case.next_due_at == at(due)
    assert deadline.consequences.get().clause == "CD-12.17"


def in_vain(centre, case, now, **given):
    return inquiries.contact_failed(
        case=case,
        outlet=centre.chengdu,
        text="成都查询电话无人接听",
        actor=centre.lin.user,
        now=now,
        **given,
    )


@pytest.mark.rule("CD-03.14")
@pytest.mark.parametrize(
    ("asked", "called", "due", "clause"),
    [
        ("17:29:59.999999", "17:40:00", "17:59:59.999999", "CD-03.23"),  # not evening duty yet
        ("17:30:00", "17:40:00", "2026-11-21 09:00:00", "CD-03.14"),
        ("17:30:00", "18:00:00", "2026-11-21 09:00:00", "CD-03.14"),  # on the due time
        ("17:30:00", "18:00:00.000001", "18:00:00", "CD-03.23"),  # too late: it is broken
    ],
)
def test_a_call_in_vain_in_the_evening_gives_time_until_nine(
    centre, clock, asked, called, due, clause
):
    case = centre.inquiry(now=clock(asked))

    in_vain(centre, case, clock(called))

    deadline = case.deadlines.get()
    assert (deadline.due_at, deadline.clause) == (at(due), clause)
    assert deadline.inputs["clause"] == clause
    costs = set(Consequence.objects.values_list("clause", flat=True))
    assert costs == ({"CD-12.17"} if clause == "CD-03.23" else set())
    redated = case.interactions.filter(action="redated").count()
    assert redated == (clause == "CD-03.14")


@pytest.mark.rule("CD-03.14")
def test_a_second_call_in_vain_takes_nothing_back(centre, clock):
    case = centre.inquiry(now=clock("17:50:00"))
    in_vain(centre, case, clock("18:00:00"))

    in_vain(centre, case, clock("18:45:00"))

    assert case.deadlines.get().due_at == at("2026-11-21 09:00:00")
    clock("2026-11-21 09:00:00")
    assert deadlines.sweep() == 0


@pytest.mark.rule("CD-03.14")
def test_warnings_follow_a_due_time_that_moved(centre, clock):
    case = centre.inquiry(now=clock("17:50:00"))
    clock("18:16:00")
    deadlines.warn()
    in_vain(centre, case, clock("18:17:00"))

    deadline = case.deadlines.get()
    assert (deadline.warn_at, deadline.warned_at) == (at("2026-11-21 08:30:00"), None)
    clock("2026-11-21 08:30:00")
    assert deadlines.warn() == 1


def test_a_transfer_keeps_a_due_time_that_moved(centre, clock):
    case = centre.inquiry(now=clock("17:50:00"))
    in_vain(centre, case, clock("18:00:00"))

    desk.transfer(
        case=case,
        to=centre.zhou,
        department=centre.query_desk,
        note="明早请再打",
        actor=centre.lin.user,
        now=clock("18:05:00"),
    )

    deadline = case.deadlines.get()
    assert (deadline.due_at, deadline.party) == (at("2026-11-21 09:00:00"), centre.zhou.party)
    assert not deadline.consequences.exists()  # the next morning's clause names no price


def test_no_clock_pauses_for_a_reason_its_clause_does_not_know(centre, clock):
    case = centre.inquiry(now=clock("09:00:00"))
    inquiries.answer_customer(
        case=case,
        text="十点回您",
        channel="phone",
        substantive=False,
        promised_for=at("10:00:00"),
        actor=centre.lin.user,
        now=clock("09:05:00"),
    )
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=clock("09:06:00"),
    )
    before = {d.pk: d.due_at for d in case.deadlines.all()}
    assert query.deadline_id in before and len(before) == 3

    for deadline in case.deadlines.all():
        with pytest.raises(KefuError) as refused:
            deadlines.pause(
                deadline=deadline,
                reason="lunch",
                note="",
                until=at("12:00:00"),
                actor=centre.chen.user,
                now=clock("09:10:00"),
            )
        assert (refused.value.code, refused.value.field) == ("pause_not_allowed", "reason")

    assert {d.pk: d.due_at for d in case.deadlines.all()} == before
    assert not Pause.objects.exists()


def test_a_broken_clock_cannot_be_paused_any_more(centre, clock):
    deadline = centre.inquiry(now=clock("09:00:00")).deadlines.get()

    with pytest.raises(Conflict):
        deadlines.pause(
            deadline=deadline,
            reason="lunch",
            note="",
            until=at("12:00:00"),
            actor=centre.chen.user,
            now=clock("09:30:00.000001"),
        )
