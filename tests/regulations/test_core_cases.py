"""Taking a matter in, working it with others, telling the customer, closing: the desk's everyday rules."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from inquiries import services as inquiries
from inquiries.models import Inquiry, Pickup
from inquiries.selectors.phrases import unadvised_words
from inquiries.selectors.pickups import nearest_branches
from inquiries.services import PickupOrder
from kefu.audit.models import AuditRow
from kefu.cases.models import Case, CaseLink, Consultation, Interaction
from kefu.deadlines.models import Deadline
from kefu.desk import services as desk
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network import services as network
from kefu.network.models import Party, Region
from kefu.notifications.models import Event
from kefu.parcels.models import Scan
from kefu.policy.rulebook import load
from kefu.privacy import lookup
from kefu.staff.models import Department
from kefu.workbench.selectors import search_cases
from tests.centre import at

CD = load("CD")

pytestmark = pytest.mark.django_db

ADDRESS = "江苏省扬州市邗江区文汇西路 18 号"


def signed_in(employee):
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def pickup(centre, now, *, customer_phone="13800004545", **changed):
    order = {
        "sender_address": ADDRESS,
        "receiver_address": "四川省成都市武侯区科华北路 65 号",
        "goods": "衣物",
        "prohibited_checked": True,
    }
    return centre.inquiry(
        now=now, kind=Inquiry.Kind.PICKUP, text="下午来取件", waybill=None,
        customer_phone=customer_phone, pickup=PickupOrder(**(order | changed)),
    )  # fmt: skip


def answer(centre, case, now, text="件已在派送，今天能到", **given):
    facts = {"channel": "phone", "substantive": True} | given
    return inquiries.answer_customer(case=case, text=text, actor=centre.lin.user, now=now, **facts)


def close(centre, case, now, **given):
    return inquiries.close(
        case=case, note="已核实并告知客户", actor=centre.lin.user, now=now, **given
    )


# -- taking in ----------------------------------------------------------------------------------------


@pytest.mark.rule("CD-01.05")
def test_an_inquiry_on_a_parcel_shows_what_is_known_and_starts_the_clock(centre, clock):
    now = clock("10:00:00")
    Scan.objects.create(
        waybill_number=centre.waybill.number,
        kind="arrived",
        at=now - timedelta(hours=3),
        place="成都分拨",
    )

    case = centre.inquiry(now=now)

    html = signed_in(centre.lin).get(reverse("workbench:case", args=[case.number])).content.decode()
    assert (case.waybill, case.inquiry.kind) == (centre.waybill, "trace")
    assert "成都分拨" in html and "扬州本部" in html and "成都武侯三部" in html
    assert Deadline.objects.get(case=case).due_at == at("10:30:00")


@pytest.mark.rule("CD-01.09")
def test_suggestions_and_complaints_are_records_of_their_own(centre, clock):
    now = clock("10:00:00")
    assert [i.zh for i in CD["CD-01.09"].items] == ["建议", "投诉"]
    origin = centre.inquiry(now=now)

    suggestion = centre.inquiry(
        now=now, kind=Inquiry.Kind.SUGGESTION, waybill=None, text="希望周日也能寄"
    )
    complaint = inquiries.file_complaint(
        cause="late_reply", against=centre.chengdu, origin=origin, text="三天没人理我", channel="phone",
        asker="receiver", department=centre.query_desk, owner=centre.lin, actor=centre.lin.user, now=now,
    )  # fmt: skip

    assert suggestion.inquiry.get_kind_display() == "建议"
    assert not Deadline.objects.filter(case=suggestion).exists()  # thanked for, not timed
    assert (complaint.kind, complaint.complaint.against) == ("complaint", centre.chengdu)
    link = CaseLink.objects.get(case=complaint)
    assert (link.origin, link.cause) == (origin, "late_reply")
    assert complaint.waybill == centre.waybill


@pytest.mark.rule("CD-01.06")
def test_the_timeline_takes_words_with_all_four_parties(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    now = clock("10:05:00")

    for side in ("company", "courier", "driver"):
        desk.log_contact(
            case=case, counterpart=Interaction.Counterpart(side), direction=Interaction.Direction.OUT,
            channel="phone", text="请核实", actor=centre.lin.user, now=now,
        )  # fmt: skip
    answer(centre, case, now)

    spoken_with = {
        line.get_counterpart_display()
        for line in case.interactions.filter(kind="contact", direction="out")
    }
    assert spoken_with == {item.zh for item in CD["CD-01.06"].items}
    assert Deadline.objects.get(case=case).answered_at == now  # the customer's answer only


@pytest.mark.rule("CD-01.08")
def test_what_outlets_say_to_each_other_stays_on_the_case(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    query = inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实签收人",
        actor=centre.lin.user,
        now=clock("10:01:00"),
    )
    inquiries.record_feedback(
        query=query,
        answer="门卫代收",
        channel="phone",
        actor=centre.lin.user,
        now=clock("10:40:00"),
    )

    said = case.interactions.filter(counterpart="outlet").order_by("id")
    assert [(line.action, line.direction, line.text, line.party) for line in said] == [
        ("query_asked", "out", "请核实签收人", centre.chengdu),
        ("query_answered", "in", "门卫代收", centre.chengdu),
    ]
    assert (
        Event.objects.get(kind="query.asked").party_id == centre.chengdu.pk
    )  # who is asked is told


@pytest.mark.rule("LC-05.11")
def test_a_customer_who_wants_help_of_another_kind_is_a_case_too(centre, clock):
    case = centre.inquiry(
        now=clock("10:00:00"), kind=Inquiry.Kind.OTHER, waybill=None, text="请帮我联系收件人改时间"
    )

    assert case.inquiry.get_kind_display() == "其他协助"
    answer(centre, case, clock("10:10:00"))
    assert close(centre, case, clock("10:11:00")).state == "closed"


@pytest.mark.rule("ES-203.14")
@pytest.mark.parametrize(
    ("waybill", "phone", "taken"),
    [(True, "", True), (False, "13912345678", True), (False, "", False)],
)
def test_a_tracking_inquiry_needs_a_number_to_look_for(centre, clock, waybill, phone, taken):
    centre.work_by("ES")
    given = {"waybill": centre.waybill if waybill else None, "customer_phone": phone}

    if taken:
        assert centre.inquiry(now=clock("10:00:00"), **given).pk
        return
    with pytest.raises(KefuError, match=r"ES-203\.14") as refused:
        centre.inquiry(now=clock("10:00:00"), **given)
    assert refused.value.field == "waybill_number"
    assert not Case.objects.exists()


@pytest.mark.rule("ES-203.14")
@pytest.mark.parametrize("typed", ["880612045537", "13800004545", "13912345678"])
def test_the_search_finds_a_parcel_by_waybill_and_by_either_phone(centre, clock, typed):
    centre.work_by("ES")
    centre.waybill.lookup = lookup.tokens_for_person(
        "陈晓梅", "13800004545"
    ) + lookup.tokens_for_person("张国华", "13912345678")
    centre.waybill.save()

    found = search_cases(user=centre.lin.user, text=typed)

    assert [hit.waybill_number for hit in found] == [centre.waybill.number]
    assert search_cases(user=centre.lin.user, text="13911111111") == []


# -- a desk that works no inquiries --------------------------------------------------------------------


@pytest.mark.rule("CD-06.28")
@pytest.mark.parametrize("way", ["transfer", "take", "hand_over"])
def test_a_desk_that_works_no_inquiries_gets_none(centre, clock, way):
    now = clock("10:00:00")
    case = centre.inquiry(now=now)
    centre.zhou.department = centre.front_desk
    centre.zhou.save()

    nobodys = centre.inquiry(now=now)
    Case.objects.filter(pk=nobodys.pk).update(owner=None)
    said = {"actor": centre.lin.user, "now": now}
    item = desk.HandOverItem(case, centre.zhou, "请接手")
    ways = {
        "transfer": lambda: desk.transfer(
            case=case, to=None, department=centre.front_desk, note="请办", **said
        ),
        "take": lambda: desk.take(case=nobodys, employee=centre.zhou, now=now),
        "hand_over": lambda: desk.hand_over(giver=centre.lin, items=[item], **said),
    }

    with pytest.raises(Conflict) as refused:
        ways[way]()

    assert refused.value.code == "desk_forwards_only"
    assert set(Case.objects.values_list("department", flat=True)) == {centre.query_desk.pk}


@pytest.mark.rule("CD-06.28")
def test_it_keeps_what_is_no_inquiry_about_a_parcel_and_passes_on_the_rest(centre, clock):
    now = clock("10:00:00")
    order = pickup(centre, now)

    desk.transfer(
        case=order,
        to=None,
        department=centre.front_desk,
        note="请安排",
        actor=centre.lin.user,
        now=now,
    )
    order.refresh_from_db()
    assert order.department == centre.front_desk

    with pytest.raises(KefuError, match="不办理查件"):
        centre.inquiry(now=now, department=centre.front_desk, owner=None)
    assert centre.inquiry(now=now, department=centre.query_desk, actor=centre.zhou.user).pk


# -- pick-ups -----------------------------------------------------------------------------------------


@pytest.fixture
def courier():
    return Party.objects.create(kind="courier", code="2203", name="王师傅")


@pytest.fixture
def driver():
    return Party.objects.create(kind="driver", code="3301", name="李师傅")


@pytest.mark.rule("CD-01.03")
def test_an_order_by_phone_is_recorded_and_the_courier_told_at_a_time_on_record(
    centre, clock, courier
):
    case = pickup(centre, clock("10:00:00"))
    assert (case.pickup.courier, case.pickup.courier_notified_at) == (None, None)

    line = inquiries.notify_courier(
        case=case, courier=courier, text="三点后取", actor=centre.lin.user, now=clock("10:07:00")
    )

    order = Pickup.objects.get(case=case)
    assert (order.courier, order.courier_notified_at) == (courier, at("10:07:00"))
    assert (line.action, line.counterpart, line.party) == ("courier_notified", "courier", courier)


@pytest.mark.rule("CD-01.03")
def test_a_courier_named_with_the_order_counts_as_told_then(centre, clock, courier):
    case = pickup(centre, clock("10:00:00"), courier=courier)

    assert case.pickup.courier_notified_at == at("10:00:00")


@pytest.mark.rule("CD-06.32")
def test_the_driver_is_told_of_goods_to_fetch_at_a_time_on_record(centre, clock, courier, driver):
    case = pickup(centre, clock("10:00:00"), courier=courier)

    inquiries.notify_driver(case=case, driver=driver, actor=centre.lin.user, now=clock("16:20:00"))

    order = Pickup.objects.get(case=case)
    assert (order.driver, order.driver_notified_at) == (driver, at("16:20:00"))
    assert (order.courier, order.courier_notified_at) == (courier, at("10:00:00"))
    assert case.interactions.filter(action="driver_notified", party=driver).exists()


@pytest.mark.rule("CD-01.03", "CD-06.32")
def test_only_a_pickup_in_hand_has_somebody_to_tell(centre, clock, courier, driver):
    now = clock("10:00:00")
    case = pickup(centre, now)
    said = {"actor": centre.lin.user, "now": now}

    with pytest.raises(KefuError):
        inquiries.notify_courier(case=case, courier=driver, **said)
    with pytest.raises(KefuError):
        inquiries.notify_driver(case=case, driver=courier, **said)
    with pytest.raises(Conflict):
        inquiries.notify_courier(case=centre.inquiry(now=now), courier=courier, **said)
    Party.objects.filter(pk=courier.pk).update(active=False)
    courier.refresh_from_db()
    with pytest.raises(KefuError):
        inquiries.notify_courier(case=case, courier=courier, **said)
    answer(centre, case, now)
    close(centre, case, now)
    with pytest.raises(Conflict):
        inquiries.notify_driver(case=case, driver=driver, **said)
    assert Pickup.objects.get().courier is None and Pickup.objects.get().driver is None


@pytest.mark.rule("CD-01.03", "CD-06.32")
def test_the_case_page_of_a_pickup_tells_who_was_notified(centre, clock, courier, driver):
    case = pickup(centre, clock("10:00:00"), fragile=True)
    client = signed_in(centre.lin)
    page = reverse("workbench:case", args=[case.number])
    assert "还没有通知" in client.get(page).content.decode()
    clock("10:07:00")

    for name, party in (("notify-courier", courier), ("notify-driver", driver)):
        url = reverse("workbench:step", args=[case.number, name])
        assert party.name in client.get(url).content.decode()
        assert client.post(url, {"party": party.pk, "text": ""}).status_code == 200

    html = client.get(page).content.decode()
    assert "还没有通知" not in html
    assert "王师傅" in html and "李师傅" in html and html.count("10:07 通知") == 2


@pytest.mark.rule("CD-07.02", "CD-01.03")
@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ({"sender_address": ""}, "sender_address"),
        ({"goods": ""}, "item_type"),
        ({"customer_phone": ""}, "customer_phone"),
    ],
)
def test_an_order_is_complete_or_it_is_none(centre, clock, missing, field):
    with pytest.raises(KefuError, match=r"CD-07\.02") as refused:
        pickup(centre, clock("10:00:00"), **missing)

    assert refused.value.field == field
    assert pickup(
        centre, clock("10:00:00"), receiver_address=""
    ).pk  # the regulation does not ask for it


@pytest.mark.rule("ES-203.15")
@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ({"sender_address": ""}, "sender_address"),
        ({"receiver_address": ""}, "recipient_address"),
        ({"goods": ""}, "item_type"),
    ],
)
def test_a_shipping_request_has_both_addresses_and_the_goods(centre, clock, missing, field):
    centre.work_by("ES")

    with pytest.raises(KefuError, match=r"ES-203\.15") as refused:
        pickup(centre, clock("10:00:00"), **missing)

    assert refused.value.field == field
    assert pickup(centre, clock("10:00:00")).pk


@pytest.mark.rule("ES-203.16")
def test_a_shipping_request_is_checked_against_the_prohibited_list(centre, clock):
    centre.work_by("ES")

    with pytest.raises(KefuError) as refused:
        pickup(centre, clock("10:00:00"), prohibited_checked=False)

    assert refused.value.field == "prohibited_checked"
    assert not Pickup.objects.exists()


@pytest.mark.rule("ES-203.17")
def test_the_fee_and_the_day_that_were_told_are_kept(centre, clock):
    centre.work_by("ES")

    case = pickup(
        centre, clock("10:00:00"), fee_told=Decimal("18.00"), eta_told_on=date(2026, 11, 23)
    )

    order = Pickup.objects.get(case=case)
    assert (order.fee_told, order.eta_told_on) == (Decimal("18.00"), date(2026, 11, 23))
    html = signed_in(centre.lin).get(reverse("workbench:case", args=[case.number])).content.decode()
    assert "18.00" in html and "11-23 送达" in html


@pytest.mark.rule("ES-203.18")
@pytest.mark.parametrize("fragile", [True, False])
def test_fragile_goods_to_be_collected_carry_the_packing_notice(centre, clock, fragile):
    centre.work_by("ES")
    case = pickup(centre, clock("10:00:00"), fragile=fragile)

    html = signed_in(centre.lin).get(reverse("workbench:case", args=[case.number])).content.decode()

    assert ("提醒加固包装" in html) is fragile


# -- the courier's number, the nearest branch ----------------------------------------------------------


@pytest.mark.rule("CD-06.29")
@pytest.mark.parametrize(
    ("address", "told"),
    [("", False), ("扬州邗江", False), ("文汇西路", False), ("文汇西路 18 号", True)],
)
def test_the_couriers_number_is_told_after_the_full_address(centre, clock, courier, address, told):
    now = clock("09:30:00")
    network.change_number(
        party=courier, kind="personal", number="13800007777", actor=centre.chen.user, now=now
    )
    asked = {
        "courier": courier, "sender_address": address, "department": centre.query_desk,
        "actor": centre.lin.user, "now": now,
    }  # fmt: skip

    if told:
        assert inquiries.courier_number(**asked) == "13800007777"
    else:
        with pytest.raises(KefuError) as refused:
            inquiries.courier_number(**asked)
        assert refused.value.field == "sender_address"
    assert AuditRow.objects.filter(action="reveal").count() == (1 if told else 0)


@pytest.fixture
def branches(centre, clock):
    """Three branches in two districts of one city, and one in another province."""
    now = clock("09:00:00")
    jiangsu = Region.objects.create(name="江苏")
    yangzhou = Region.objects.create(name="扬州", parent=jiangsu)
    hanjiang = Region.objects.create(name="邗江", parent=yangzhou)
    guangling = Region.objects.create(name="广陵", parent=yangzhou)
    made = {}
    for code, name, region, number in (
        ("YZ01", "邗江文汇部", hanjiang, "0514-85550101"),
        ("YZ02", "邗江蒋王部", hanjiang, ""),
        ("YZ03", "广陵东关部", guangling, "0514-85550303"),
    ):
        branch = Party.objects.create(
            kind="outlet", code=code, name=name, region=region, address=f"{name}门口 1 号"
        )
        if number:
            network.change_number(
                party=branch, kind="duty", number=number, actor=centre.chen.user, now=now
            )
        made[code] = branch
    Party.objects.filter(pk=centre.chengdu.pk).update(region=Region.objects.create(name="四川"))
    return made


@pytest.mark.rule("CD-06.30")
@pytest.mark.parametrize(
    ("address", "named"),
    [
        (ADDRESS, ["邗江文汇部", "邗江蒋王部"]),  # its district; one with a number comes first
        ("江苏省扬州市江都区龙川路 8 号", ["邗江文汇部", "广陵东关部", "邗江蒋王部"]),  # its city
        ("浙江省杭州市下沙路 8 号", []),
    ],
)
def test_a_customer_in_a_hurry_is_sent_to_the_nearest_branch(
    centre, clock, branches, address, named
):
    case = pickup(centre, clock("10:00:00"), sender_address=address)

    found = nearest_branches(case=case, now=at("10:00:00"))

    assert sorted(branch.name for branch in found) == sorted(named)
    assert [b.contact is None for b in found] == sorted(b.contact is None for b in found)
    assert all(branch.address for branch in found)


@pytest.mark.rule("CD-06.30")
def test_closed_branches_are_no_help_and_other_cases_have_none(centre, clock, branches):
    Party.objects.filter(code__in=["YZ01", "YZ02"]).update(active=False)
    case = pickup(centre, clock("10:00:00"))

    assert [b.name for b in nearest_branches(case=case, now=at("10:00:00"))] == ["广陵东关部"]
    assert nearest_branches(case=centre.inquiry(now=at("10:00:00")), now=at("10:00:00")) == []


@pytest.mark.rule("CD-06.30", "CD-02.09")
def test_a_branchs_number_is_told_to_the_customer_and_the_look_recorded(centre, clock, branches):
    case = pickup(centre, clock("10:00:00"))
    client = signed_in(centre.lin)

    listed = client.get(reverse("inquiries:branches", args=[case.number])).content.decode()
    assert "邗江文汇部门口 1 号" in listed and "85550101" not in listed

    url = reverse("inquiries:branch_number", args=[case.number, branches["YZ01"].pk])
    shown = client.post(url)
    assert "0514-85550101" in shown.content.decode()
    assert shown.headers["Cache-Control"] == "no-store"
    look = AuditRow.objects.get(action="reveal")
    assert (look.actor_name, look.after) == ("0826", {"fields": ["number", case.number]})

    far = reverse("inquiries:branch_number", args=[case.number, centre.chengdu.pk])
    assert client.post(far).status_code == 422
    assert AuditRow.objects.filter(action="reveal").count() == 1


def test_who_may_not_look_sees_no_branch_number(centre, clock, branches):
    case = pickup(centre, clock("10:00:00"))
    centre.lin.user.role = "finance"

    with pytest.raises(NotAllowed):
        inquiries.branch_number(
            case=case, branch=branches["YZ01"], actor=centre.lin.user, now=clock("10:01:00")
        )
    assert not AuditRow.objects.filter(action="reveal").exists()


# -- telling the customer ------------------------------------------------------------------------------


@pytest.mark.rule("ES-203.04")
@pytest.mark.parametrize(
    ("channel", "text", "warned"),
    [
        ("chat", "急什么，明天就到", ["急什么"]),
        ("oa", "随便你", ["随便你"]),
        ("chat", "明天就到，请放心", []),
        ("phone", "急什么，明天就到", []),  # said is said
    ],
)
def test_a_written_reply_is_warned_of_and_never_stopped(centre, clock, channel, text, warned):
    centre.work_by("ES")
    case = centre.inquiry(now=clock("10:00:00"), channel="chat")
    now = clock("10:00:05")

    assert unadvised_words(case=case, text=text, channel=channel, now=now) == warned
    html = (
        signed_in(centre.lin)
        .post(reverse("inquiries:words", args=[case.number]), {"text": text, "channel": channel})
        .content.decode()
    )
    assert ("含有不建议用语" in html) is bool(warned)
    assert all(word in html for word in warned)
    assert answer(centre, case, now, text, channel=channel).substantive


@pytest.mark.rule("ES-203.12")
@pytest.mark.parametrize(("phone", "kept"), [("13800004545", True), ("", False)])
def test_an_answer_is_put_off_only_to_somebody_we_can_call(centre, clock, phone, kept):
    centre.work_by("ES")
    case = centre.inquiry(now=clock("10:00:00"), customer_phone=phone)
    put_off = {"substantive": False, "promised_for": at("10:40:00")}

    if kept:
        answer(centre, case, clock("10:05:00"), "查到后回电给您", **put_off)
        assert Deadline.objects.get(case=case, action="callback").due_at == at("10:40:00")
        return
    with pytest.raises(KefuError, match=r"ES-203\.12") as refused, transaction.atomic():
        answer(centre, case, clock("10:05:00"), "查到后回电给您", **put_off)
    assert refused.value.field == "contact"
    assert not case.interactions.filter(action="interim").exists()


@pytest.mark.rule("ES-203.13")
@pytest.mark.parametrize(("interim", "solved"), [(False, True), (True, False)])
def test_whether_a_question_was_solved_on_first_contact_is_on_record(
    centre, clock, interim, solved
):
    case = centre.inquiry(now=clock("10:00:00"))
    assert case.inquiry.first_contact is None
    if interim:
        answer(centre, case, clock("10:01:00"), "正在查", substantive=False)

    answer(centre, case, clock("10:10:00"))

    assert Inquiry.objects.get(case=case).first_contact is solved
    answer(centre, case, clock("10:20:00"), "再补充一句")
    assert Inquiry.objects.get(case=case).first_contact is solved


@pytest.mark.rule("LC-02.03")
def test_what_a_customer_wishes_for_is_noted_and_listed(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    desk.add_note(case=case, text="客户在外地", actor=centre.lin.user, now=clock("10:01:00"))
    url = reverse("workbench:step", args=[case.number, "need"])

    answered = signed_in(centre.lin).post(url, {"text": "希望能预约晚上送，电话 13912345678"})

    assert answered.status_code == 200
    need = Interaction.objects.get(action="customer_need")
    assert (need.kind, need.data, "13912345678" in need.text) == ("note", {"need": True}, False)
    assert Deadline.objects.get(case=case).answered_at is None
    listed = signed_in(centre.chen).get(
        reverse("admin:cases_interaction_changelist"), {"need": "yes"}
    )
    assert "希望能预约晚上送" in listed.content.decode()
    assert "客户在外地" not in listed.content.decode()


# -- help from above and from beside --------------------------------------------------------------------


@pytest.mark.rule("LC-02.20", "CD-02.07")
def test_an_escalation_shows_its_age_in_the_supervisors_queue(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    quiet = centre.inquiry(now=clock("10:00:00"))
    desk.escalate(case=case, note="网点拒绝配合", actor=centre.lin.user, now=clock("10:05:00"))
    clock("11:17:00")

    html = (
        signed_in(centre.chen)
        .get(reverse("workbench:queue"), {"view": "escalated"})
        .content.decode()
    )

    assert case.number in html and quiet.number not in html
    assert "已升级 1 小时 12 分" in html


@pytest.mark.rule("LC-05.04")
def test_another_department_is_asked_and_the_case_stays_with_its_agent(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    finance = Department.objects.create(code="report", name="报告部")
    centre.zhou.department = finance
    centre.zhou.save()
    beside = signed_in(centre.zhou)
    assert (
        case.number
        not in beside.get(reverse("workbench:queue"), {"view": "consulted"}).content.decode()
    )

    asked = desk.consult_department(
        case=case, department=finance, question="请核对这票的运费，电话 13912345678",
        actor=centre.lin.user, now=clock("10:05:00"),
    )  # fmt: skip

    case.refresh_from_db()
    assert (case.owner, case.department) == (centre.lin, centre.query_desk)
    assert Deadline.objects.get(case=case).party == centre.lin.party
    assert (asked.department, asked.asked_at, asked.replied_at) == (finance, at("10:05:00"), None)
    assert "13912345678" not in asked.question
    assert asked.sealed["question"] == "请核对这票的运费，电话 13912345678"
    assert (
        case.number
        in beside.get(reverse("workbench:queue"), {"view": "consulted"}).content.decode()
    )
    assert Event.objects.filter(case_id=case.pk, department_id=finance.pk).exists()

    desk.department_replied(
        consultation=asked, reply="运费无误", actor=centre.zhou.user, now=clock("11:30:00")
    )

    replied = Consultation.objects.get()
    assert (replied.replied_by, replied.replied_at) == (centre.zhou.user, at("11:30:00"))
    assert replied.reply == "运费无误"
    assert (
        case.number
        not in beside.get(reverse("workbench:queue"), {"view": "consulted"}).content.decode()
    )


@pytest.mark.rule("LC-05.05")
def test_a_case_closes_only_after_the_departments_reply_was_fed_back(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    asked = desk.consult_department(
        case=case, department=centre.front_desk, question="前台收件时验视过吗",
        actor=centre.lin.user, now=clock("10:05:00"),
    )  # fmt: skip
    answer(centre, case, clock("10:10:00"), "正在核对收件记录，您的件已在派送")
    with pytest.raises(Conflict) as refused:
        close(centre, case, clock("10:11:00"))
    assert refused.value.code == "consultation_open"

    desk.department_replied(
        consultation=asked, reply="验视过，封箱完好", actor=centre.zhou.user, now=clock("11:00:00")
    )
    answer(centre, case, clock("11:01:00"), "正在看", substantive=False)
    with pytest.raises(Conflict) as refused:
        close(centre, case, clock("11:02:00"))
    assert refused.value.code == "reply_not_passed_on"
    case.refresh_from_db()
    assert case.state == "answered"

    answer(centre, case, clock("11:03:00"), "前台验视过，封箱完好")
    assert close(centre, case, clock("11:04:00")).state == "closed"


@pytest.mark.rule("LC-05.05")
def test_the_customer_may_be_told_in_the_very_moment_of_the_reply_not_before(centre, clock):
    for told, closes in (("10:59:59", False), ("11:00:00", True)):
        case = centre.inquiry(now=clock("10:00:00"))
        asked = desk.consult_department(
            case=case,
            department=centre.front_desk,
            question="请核对",
            actor=centre.lin.user,
            now=clock("10:05:00"),
        )
        desk.department_replied(
            consultation=asked, reply="无误", actor=centre.zhou.user, now=clock("11:00:00")
        )
        answer(centre, case, at("11:00:00"), happened_at=at(told))
        if closes:
            assert close(centre, case, clock("11:04:00")).state == "closed"
        else:
            with pytest.raises(Conflict):
                close(centre, case, clock("11:04:00"))


@pytest.mark.rule("LC-05.04")
def test_a_department_is_asked_once_at_a_time_and_never_ones_own(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    ask = {"case": case, "question": "请核对", "actor": centre.lin.user, "now": clock("10:05:00")}

    with pytest.raises(KefuError) as refused:
        desk.consult_department(department=centre.query_desk, **ask)
    assert refused.value.field == "department"
    with pytest.raises(KefuError):
        desk.consult_department(department=centre.front_desk, **{**ask, "question": " "})
    first = desk.consult_department(department=centre.front_desk, **ask)
    with pytest.raises(Conflict):
        desk.consult_department(department=centre.front_desk, **ask)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consultation.objects.create(
            case=case,
            department=centre.front_desk,
            question="",
            asked_by=centre.lin.user,
            asked_at=at("10:05:00"),
        )

    reply = {"consultation": first, "reply": "无误", "now": clock("10:30:00")}
    centre.he.user.role = "finance"
    with pytest.raises(NotAllowed):
        desk.department_replied(actor=centre.he.user, **reply)
    desk.department_replied(actor=centre.zhou.user, **reply)
    with pytest.raises(Conflict):
        desk.department_replied(actor=centre.zhou.user, **reply)
    assert desk.consult_department(department=centre.front_desk, **ask).pk != first.pk


@pytest.mark.rule("LC-05.04", "LC-05.05")
def test_both_are_steps_on_the_case_page(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    client = signed_in(centre.lin)

    consult = reverse("workbench:step", args=[case.number, "consult"])
    assert "前台" in client.get(consult).content.decode()
    sent = {"department": centre.front_desk.pk, "question": "请核对", "version": case.version}
    assert client.post(consult, sent).status_code == 200
    reply = reverse("workbench:step", args=[case.number, "department-reply"])
    asked = Consultation.objects.get()
    assert client.post(reply, {"consultation": asked.pk, "reply": "无误"}).status_code == 200

    html = client.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert "转办给 前台" in html and "前台 答复了转办" in html and "无误" in html


# -- closing ------------------------------------------------------------------------------------------


@pytest.mark.rule("LC-05.01")
def test_a_case_closes_with_a_word_on_how_it_was_handled(centre, clock):
    case = centre.inquiry(now=clock("10:00:00"))
    answer(centre, case, clock("10:10:00"))

    with pytest.raises(KefuError) as refused:
        inquiries.close(case=case, note=" ", actor=centre.lin.user, now=clock("10:11:00"))
    assert refused.value.field == "note"
    case.refresh_from_db()
    assert case.state == "answered"

    close(centre, case, clock("10:12:00"))
    assert case.interactions.get(action="closed").text == "已核实并告知客户"


@pytest.mark.rule("ES-203.19")
def test_before_it_closes_the_customer_is_asked_for_further_needs(centre, clock):
    elsewhere = centre.inquiry(now=clock("10:00:00"))
    answer(centre, elsewhere, clock("10:05:00"))
    assert (
        close(centre, elsewhere, clock("10:06:00")).state == "closed"
    )  # this rulebook does not ask
    centre.work_by("ES")
    case = centre.inquiry(now=clock("10:00:00"))
    answer(centre, case, clock("10:10:00"))
    url = reverse("workbench:step", args=[case.number, "close"])
    client = signed_in(centre.lin)
    case.refresh_from_db()
    said = {"note": "已告知", "version": case.version}

    refused = client.post(url, said)
    assert refused.status_code == 422
    assert "ES-203.19" in refused.content.decode()
    case.refresh_from_db()
    assert case.state == "answered"

    assert client.post(url, {**said, "further_needs_asked": "on"}).status_code == 200
    case.refresh_from_db()
    assert case.state == "closed"
    assert case.interactions.get(action="closed").data == {"further_needs_asked": True}
