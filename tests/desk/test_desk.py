"""Whose case it is, and what goes with it."""

import pytest
from django.test import Client
from django.urls import reverse

from inquiries import services as inquiries
from inquiries.models import Inquiry
from kefu.cases.models import Case, HandOver, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty
from kefu.policy.rulebook import load
from kefu.staff import services as staff
from kefu.staff.models import Department, Duty, Employee
from tests.centre import at
from tests.threads import at_once

pytestmark = pytest.mark.django_db
TEAMS = ("pre_sale_team", "after_sale_team")


def pass_on(centre, case, to, now, **given):
    facts = {"department": centre.query_desk, "note": "成都那边请继续跟", "actor": centre.lin.user}
    return desk.transfer(case=case, to=to, now=now, **(facts | given))


@pytest.mark.rule("CD-12.17")
def test_running_clocks_and_what_they_cost_go_with_the_case_and_broken_ones_stay(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    inquiries.customer_again(
        case=case,
        text="还没有消息吗",
        channel="phone",
        actor=centre.lin.user,
        now=clock("09:10:00"),
    )

    pass_on(centre, case, centre.zhou, clock("09:35:00"))  # the first is broken, unswept as yet

    broken, running = case.deadlines.order_by("due_at")
    assert (broken.state, broken.party) == ("breached", centre.lin.party)
    assert (running.state, running.party, running.owner) == (
        "running",
        centre.zhou.party,
        centre.zhou,
    )
    assert running.consequences.get().party == centre.zhou.party
    clock("09:50:00")
    deadlines.sweep()
    bearers = Penalty.objects.order_by("incurred_at").values_list("party", flat=True)
    assert list(bearers) == [centre.lin.party_id, centre.zhou.party_id]


@pytest.mark.rule("CD-05.10")
def test_an_outlet_s_clock_stays_the_outlet_s_and_tells_the_new_owner(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("09:05:00"),
    )

    pass_on(centre, case, centre.zhou, clock("09:20:00"))

    query.deadline.refresh_from_db()
    assert query.deadline.party == query.deadline.consequences.get().party == centre.chengdu
    clock("11:05:01")
    deadlines.sweep()
    breach = Event.objects.get(kind="deadline.breach", party_id=centre.chengdu.pk)
    assert breach.user_id == centre.zhou.user_id


@pytest.mark.rule("CD-12.17")
def test_a_case_nobody_has_costs_no_agent_anything_until_one_takes_it(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    pass_on(centre, case, None, clock("09:10:00"))

    deadline = case.deadlines.get()
    assert (deadline.party, deadline.owner) == (centre.company, None)
    assert not deadline.consequences.exists()

    desk.take(case=case, employee=centre.zhou, now=clock("09:29:59"))

    assert Consequence.objects.get().party == centre.zhou.party
    clock("09:30:00.000001")
    deadlines.sweep()
    assert Penalty.objects.get().party == centre.zhou.party


@pytest.mark.rule("CD-12.17")
def test_whoever_takes_a_case_after_the_due_time_does_not_pay_for_it(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    pass_on(centre, case, None, clock("09:10:00"))

    desk.take(case=case, employee=centre.zhou, now=clock("09:30:00.000001"))

    assert case.deadlines.get().state == "breached"
    assert not Penalty.objects.exists()


def test_a_transfer_wants_a_word_why_an_open_case_and_somebody_who_works_here(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    with pytest.raises(KefuError) as refused:
        pass_on(centre, case, centre.zhou, clock("09:05:00"), note="  ")
    assert refused.value.field == "note"
    Employee.objects.filter(pk=centre.zhou.pk).update(status="suspended")
    centre.zhou.refresh_from_db()
    with pytest.raises(Conflict):
        pass_on(centre, case, centre.zhou, clock("09:05:00"))

    case.refresh_from_db()
    assert (case.owner, case.deadlines.get().party) == (centre.lin, centre.lin.party)
    assert not case.interactions.filter(action="transferred").exists()


# Going home.


@pytest.mark.rule("CD-03.11")
def test_nobody_leaves_with_open_cases_in_his_name(centre, clock):
    staff.come_on_duty(employee=centre.lin, now=at("08:00:00"))
    case = centre.inquiry(now=clock("17:20:00"))
    other = centre.inquiry(now=clock("17:20:00"), waybill=None, waybill_number="880612045538")
    with pytest.raises(Conflict) as refused:
        desk.leave(employee=centre.lin, now=clock("17:30:00"))
    assert refused.value.details["count"] == 2
    assert Duty.objects.get().ended_at is None

    desk.hand_over(
        giver=centre.lin,
        items=[
            desk.HandOverItem(case, centre.zhou, "成都未回电，晚上再催"),
            desk.HandOverItem(other, None, "等客户补单号照片"),
        ],
        actor=centre.lin.user,
        now=clock("17:31:00"),
    )
    desk.leave(employee=centre.lin, now=clock("17:32:00"))

    assert Duty.objects.get().ended_at == at("17:32:00")
    assert list(HandOver.objects.order_by("id").values_list("taker", flat=True)) == [
        centre.zhou.pk,
        None,
    ]
    assert set(Case.objects.values_list("handed_over", flat=True)) == {True}
    assert case.deadlines.get().party == centre.zhou.party
    assert other.deadlines.get().party == centre.company


@pytest.mark.rule("CD-03.11")
def test_a_hand_over_is_for_all_or_none_and_only_of_one_s_own(centre, clock):
    mine = centre.inquiry(now=at("09:00:00"))
    his = centre.inquiry(now=at("09:00:00"), owner=centre.zhou)

    for second, code in (
        (desk.HandOverItem(his, centre.wang, "请跟"), "not_yours"),
        (desk.HandOverItem(mine, centre.wang, " "), "note_required"),
    ):
        with pytest.raises(KefuError) as refused:
            desk.hand_over(
                giver=centre.lin,
                items=[desk.HandOverItem(mine, centre.zhou, "请跟"), second],
                actor=centre.lin.user,
                now=clock("09:10:00"),
            )
        assert refused.value.code == code

    assert not HandOver.objects.exists()
    mine.refresh_from_db()
    assert mine.owner == centre.lin


@pytest.mark.rule("CD-03.10")
@pytest.mark.parametrize(("when", "refused"), [("17:29:59.999999", False), ("17:30:00", True)])
def test_in_the_evening_the_last_open_seat_stays_open(centre, clock, when, refused):
    for employee in (centre.lin, centre.zhou):
        staff.come_on_duty(employee=employee, now=at("08:00:00"))

    def busy(employee):
        staff.set_seat(
            employee=employee, seat="busy", rules=load("CD"), actor=employee.user, now=clock(when)
        )

    busy(centre.lin)
    if not refused:
        busy(centre.zhou)
        assert set(Duty.objects.values_list("seat", flat=True)) == {"busy"}
        return
    with pytest.raises(Conflict) as error:
        busy(centre.zhou)

    assert error.value.code == "last_open_seat"
    assert Duty.objects.get(employee=centre.zhou).seat == "available"


# Two at once.


def test_an_answer_to_what_has_changed_meanwhile_names_who_was_faster(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    seen = case.version
    case.refresh_from_db()
    seen = case.version

    def answer(who, text):
        return inquiries.answer_customer(
            case=case,
            text=text,
            channel="phone",
            substantive=True,
            version=seen,
            actor=who.user,
            now=clock("09:10:00"),
        )

    first = answer(centre.zhou, "件在派送")
    with pytest.raises(Conflict) as refused:
        answer(centre.lin, "件还在成都")

    assert (refused.value.code, refused.value.details["interaction"]) == ("case_changed", first.pk)
    assert "周明" in str(refused.value)
    assert case.interactions.filter(action="answered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_agents_who_answer_at_once_one_is_heard(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    case.refresh_from_db()
    now = clock("09:10:00")

    def answer(who):
        return lambda: inquiries.answer_customer(
            case=Case.objects.get(pk=case.pk),
            text="件在派送",
            channel="phone",
            substantive=True,
            version=case.version,
            actor=who.user,
            now=now,
        )

    done = at_once(answer(centre.lin), answer(centre.zhou))

    assert sorted(type(d).__name__ for d in done) == ["Conflict", "Interaction"]
    assert Interaction.objects.filter(action="answered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_case_at_once_one_gets_it_and_the_other_hears_whose_it_is(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    pass_on(centre, case, None, clock("09:10:00"))
    now = clock("09:11:00")

    def take(who):
        return lambda: desk.take(case=Case.objects.get(pk=case.pk), employee=who, now=now)

    done = at_once(take(centre.lin), take(centre.zhou))

    case.refresh_from_db()
    assert "Conflict" in [type(d).__name__ for d in done], done
    [refused] = [d for d in done if isinstance(d, Conflict)]
    assert refused.code == "taken"
    assert str(case.owner) in str(refused)
    assert case.deadlines.get().consequences.get().party == case.owner.party
    assert Interaction.objects.filter(action="taken").count() == 1


# Asking for help.


@pytest.mark.rule("CD-02.07")
def test_an_escalation_waits_for_a_lead_and_is_asked_for_once(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    desk.escalate(case=case, note="网点拒绝配合", actor=centre.lin.user, now=clock("09:10:00"))
    with pytest.raises(Conflict):
        desk.escalate(case=case, note="再催", actor=centre.lin.user, now=clock("09:11:00"))
    with pytest.raises(KefuError):
        desk.settle_escalation(
            case=case, note="自己解决", actor=centre.lin.user, now=clock("09:12:00")
        )
    case.refresh_from_db()
    assert case.escalated_at == at("09:10:00")

    desk.settle_escalation(
        case=case, note="已联系网点负责人", actor=centre.wang.user, now=clock("09:20:00")
    )

    case.refresh_from_db()
    assert case.escalated_at is None


# What the supervisor has himself, and hears of.


@pytest.mark.rule("SD-221.04")
def test_what_is_grave_is_the_supervisors_at_once_with_its_clocks(centre, clock):
    case = centre.inquiry(now=at("09:00:00"))
    step = reverse("workbench:step", args=[case.number, "escalate"])
    lin = Client()
    lin.force_login(centre.lin.user)
    clock("09:10:00")
    assert 'name="flag"' not in lin.get(step).content.decode()  # CD knows no such flag
    with pytest.raises(KefuError) as refused:
        desk.escalate(
            case=case,
            note="客户扬言曝光",
            flag="emergency",
            actor=centre.lin.user,
            now=at("09:10:00"),
        )
    assert refused.value.field == "flag"
    centre.work_by("SD-2")
    asked = lin.get(step).content.decode()
    assert "突发事件" in asked and "重大投诉" in asked

    given = {"note": "媒体来电，客户扬言曝光", "version": case.version, "flag": "nonsense"}
    assert lin.post(step, given).status_code == 422
    case.refresh_from_db()
    assert (case.owner, case.escalated_at) == (centre.lin, None)
    assert lin.post(step, given | {"flag": "major_complaint"}).status_code == 200

    case.refresh_from_db()
    assert (case.owner, case.department) == (centre.chen, centre.query_desk)
    assert (case.priority, case.escalated_at) == (Case.Priority.URGENT, at("09:10:00"))
    assert case.deadlines.get().party == centre.chen.party
    assert Event.objects.filter(kind="case.assigned", user_id=centre.chen.user_id).count() == 1
    told = lin.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert "标为重大投诉，立即交主管" in told

    # One that waits for help already may turn out to be an emergency; help alone takes no case from anybody.
    other = centre.inquiry(now=at("09:00:00"), waybill=None, waybill_number="880612045538")
    lins = {"case": other, "actor": centre.lin.user}
    desk.escalate(**lins, note="网点拒绝配合", now=clock("09:12:00"))
    other.refresh_from_db()
    assert other.owner == centre.lin
    again = reverse("workbench:step", args=[other.number, "escalate"])
    assert again in lin.get(reverse("workbench:case", args=[other.number])).content.decode()
    desk.escalate(**lins, note="仓库起火", flag="emergency", now=clock("09:13:00"))
    other.refresh_from_db()
    assert (other.owner, other.escalated_at) == (centre.chen, at("09:12:00"))


@pytest.mark.rule("SD-221.05")
def test_the_supervisor_hears_what_other_departments_are_asked(centre, clock):
    case, quiet = centre.inquiry(now=at("09:00:00")), centre.inquiry(now=at("09:00:00"))
    ask = {"department": centre.front_desk, "question": "收件时验视过吗", "actor": centre.lin.user}
    desk.consult_department(case=quiet, **ask, now=clock("09:05:00"))
    rings = Event.objects.filter(kind="case.consulted")
    assert not rings.exists()
    centre.work_by("SD-2")

    asked = desk.consult_department(case=case, **ask, now=clock("09:06:00"))

    assert list(rings.values_list("user_id", "case_id")) == [(centre.chen.user_id, case.pk)]
    chen = Client()
    chen.force_login(centre.chen.user)
    assert case.number in chen.get(reverse("workbench:bell")).content.decode()
    out = reverse("workbench:queue") + "?view=consulting"
    assert case.number in chen.get(out).content.decode()
    desk.department_replied(
        consultation=asked, reply="验视过", actor=centre.zhou.user, now=clock("09:30:00")
    )
    page = chen.get(out).content.decode()
    assert case.number not in page and quiet.number in page


@pytest.mark.rule("SD-221.07")
@pytest.mark.parametrize(("about", "team"), [("parcel", "after_sale_team"), ("", "pre_sale_team")])
def test_a_chat_that_reaches_the_main_account_goes_to_its_team(centre, clock, about, team):
    given = {"now": clock("09:00:00"), "kind": Inquiry.Kind.CONSULTATION, "channel": "chat"}
    if not about:
        given["waybill"] = None
    before = centre.inquiry(owner=centre.chen, **given)
    assert before.owner == centre.chen  # CD has no main account
    centre.work_by("SD-2")
    assert centre.inquiry(owner=centre.chen, **given).owner == centre.chen  # no such team yet
    teams = {one: Department.objects.create(code=one, desk=one, name=one) for one in TEAMS}

    case = centre.inquiry(owner=centre.chen, **given)

    assert (case.owner, case.department) == (None, teams[team])
    assert case.interactions.filter(action="main_account", data__department=team).exists()
    assert case.deadlines.get().party == centre.company
    for other in ({"owner": centre.lin}, {"owner": centre.chen, "channel": "phone"}):
        kept = centre.inquiry(**(given | other))
        assert kept.owner == other["owner"]
