"""Before it is late: the owner hears of it, and the shift leads on duty when he does not look."""

from datetime import timedelta

import pytest

from inquiries import services as inquiries
from kefu.deadlines import services as deadlines
from kefu.notifications.models import Event
from kefu.staff import services as staff
from tests.centre import at

pytestmark = [pytest.mark.django_db, pytest.mark.rule("CD-03.23")]

# Asked at 09:00, due at 09:30: the owner is warned at 09:25, the leads at 09:28.


@pytest.fixture
def case(centre):
    staff.come_on_duty(employee=centre.wang, now=at("08:00:00"))
    return centre.inquiry(now=at("09:00:00"))


def warned(clock, when):
    """Send what is due by then; return (kind, who) of all warnings so far."""
    clock(when)
    deadlines.warn()
    kinds = ["deadline.warning", "deadline.lead_warning"]
    return list(Event.objects.filter(kind__in=kinds).order_by("id").values_list("kind", "user_id"))


def test_the_owner_is_warned_five_minutes_before_and_once(centre, clock, case):
    assert warned(clock, "09:24:59.999999") == []
    assert warned(clock, "09:25:00") == [("deadline.warning", centre.lin.user_id)]
    assert len(warned(clock, "09:27:59.999999")) == 1


def test_a_warning_the_owner_ignores_reaches_the_lead_on_duty_once(centre, clock, case):
    owner = ("deadline.warning", centre.lin.user_id)
    lead = ("deadline.lead_warning", centre.wang.user_id)
    warned(clock, "09:25:00")

    assert warned(clock, "09:28:00") == [owner, lead]
    assert warned(clock, "09:29:00") == [owner, lead]


def test_a_warning_the_owner_has_seen_troubles_no_lead(centre, clock, case):
    warned(clock, "09:25:00")
    deadlines.see_warnings(case=case, now=clock("09:27:59"))

    assert len(warned(clock, "09:28:00")) == 1
    assert len(warned(clock, "09:29:00")) == 1


def test_a_look_before_the_warning_does_not_count_as_having_seen_it(centre, clock, case):
    deadlines.see_warnings(case=case, now=clock("09:24:00"))
    warned(clock, "09:25:00")

    assert len(warned(clock, "09:28:00")) == 2


def test_a_lead_who_went_home_is_not_told(centre, clock, case):
    staff.go_off_duty(employee=centre.wang, now=at("09:10:00"))
    warned(clock, "09:25:00")

    assert len(warned(clock, "09:28:00")) == 1


def test_an_answered_question_warns_nobody(centre, clock, case):
    inquiries.answer_customer(
        case=case,
        text="件今天派送",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=clock("09:20:00"),
    )

    assert warned(clock, "09:29:00") == []


@pytest.mark.rule("CD-05.09")
def test_an_outlet_s_clock_warns_its_agent_a_quarter_of_an_hour_before(centre, clock, case):
    inquiries.answer_customer(
        case=case,
        text="已问成都，中午回您",
        channel="phone",
        substantive=True,
        actor=centre.lin.user,
        now=clock("09:10:00"),
    )
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:10:00"),
    )

    assert warned(clock, "10:54:59.999999") == []
    assert warned(clock, "10:55:00") == [("deadline.warning", centre.lin.user_id)]
    query.deadline.refresh_from_db()
    assert query.deadline.warned_at == query.deadline.due_at - timedelta(minutes=15)
