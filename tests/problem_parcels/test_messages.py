"""What is written between outlets about a parcel, and what becomes of it."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from kefu.cases.models import Case
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.network.models import Party
from kefu.overview.verify import verify
from kefu.parcels.models import Scan
from kefu.staff.models import Employee
from problem_parcels import services
from problem_parcels.models import ContactAttempt, Disposal, Message, Volume
from problem_parcels.selectors.case import parcel_facts
from problem_parcels.selectors.undelivered import day_lists
from problem_parcels.services import stays
from tests.centre import at
from tests.problem_parcels.conftest import EVENING, Desk

BACK = "unanswered_parcel_goes_back"


def post(desk: Desk, case: Case, *, now=EVENING, by=None, **given) -> Message:
    by = by or desk.lin
    facts = {"text": "送无人，电话没人接，请联系收件人"} | given
    return services.post_message(case=case, by=by, actor=by.user, now=now, **facts)


def answer(desk: Desk, message: Message, *, now, wish="", text="请再派一次") -> Message:
    return services.reply(
        message=message, text=text, wish=wish, party=desk.centre.chengdu, actor=None, now=now
    )


def keep_in_store(desk: Desk, case: Case, *, now=EVENING):
    return stays.enter(
        number=case.waybill_number,
        location="A-03",
        reason="送无人",
        waybill_present=True,
        keeper=desk.lin,
        case=case,
        actor=desk.lin.user,
        now=now,
    )


@pytest.mark.rule("CD-07.06", "CD-07.12", "CD-05.09", "CD-12.34")
def test_a_message_keeps_the_day_and_starts_two_hours_and_five_days(desk):
    case = desk.register("nobody_home")
    message = post(desk, case)
    day = case.deadlines.get(action=Deadline.Action.UNDELIVERED_MESSAGE)
    assert (day.state, day.answered_at) == ("met", EVENING)
    assert (message.deadline.clause, message.deadline.due_at) == (
        "CD-05.09",
        EVENING + timedelta(hours=2),
    )
    assert (message.wait.clause, message.wait.due_at) == ("CD-07.12", at("2026-11-26 00:00"))
    case.refresh_from_db()
    assert case.state == Case.State.WAITING
    assert Volume.objects.get().number == 1
    with pytest.raises(Conflict) as refused:
        post(desk, case)
    assert refused.value.code == "already_posted"
    reply = answer(desk, message, now=EVENING + timedelta(minutes=90))
    case.refresh_from_db()
    assert case.state == Case.State.ANSWERED
    assert [d.state for d in (message.deadline, message.wait) if d.refresh_from_db() is None] == [
        "met",
        "met",
    ]
    assert list(Message.objects.unread_replies()) == [reply]
    assert services.open_replies(case=case, actor=desk.lin.user, now=EVENING) == 1
    with pytest.raises(Conflict):
        answer(desk, message, now=EVENING + timedelta(minutes=91))


@pytest.mark.rule("CD-07.12", "CD-04.14")
def test_after_five_days_without_a_reply_it_goes_back_the_next_day(desk, settings):
    case = desk.register("nobody_home")
    message = post(desk, case)
    end = at("2026-11-26 00:00")
    settings.KEFU_NOW = end
    deadlines.sweep()
    assert services.return_unanswered(now=end) == 0  # the fifth day is over at 24:00, inclusive
    settings.KEFU_NOW = end + timedelta(seconds=1)
    deadlines.sweep()
    assert services.return_unanswered(now=settings.KEFU_NOW) == 1
    assert services.return_unanswered(now=settings.KEFU_NOW) == 0
    disposal = case.disposals.get()
    assert (disposal.kind, disposal.asked_by) == ("return", "nobody")
    assert disposal.mark == "退回 成都武侯三部"  # nobody asked for it
    assert disposal.deadline.due_at == at("2026-11-27 00:00")
    answer(desk, message, now=end + timedelta(hours=1))  # they speak up after all: not back then
    disposal.refresh_from_db()
    assert disposal.withdrawn_at == end + timedelta(hours=1)


@pytest.mark.rule("CD-04.14", "CD-04.15", "CD-04.06", "CD-09.32")
def test_a_return_asked_for_leaves_the_same_day_after_its_delivery_scan(desk):
    number = desk.waybill("770612045507").number
    case = desk.register("nobody_home", number=number)
    keep_in_store(desk, case)
    message = post(desk, case)
    morning = at("2026-11-21 08:30")
    answer(desk, message, now=morning, wish="return", text="请退回")
    disposal = case.disposals.get()
    assert disposal.deadline.due_at == at("2026-11-22 00:00")
    assert disposal.mark == "应对方要求退回 成都武侯三部"
    act = {"disposal": disposal, "by": desk.lin, "actor": desk.lin.user, "now": morning}
    with pytest.raises(Conflict) as refused:
        services.carry_out(**act)
    assert refused.value.code == "delivery_scan_missing"
    with pytest.raises(Conflict) as refused:
        services.close(case=case, actor=desk.lin.user, now=morning)
    assert (refused.value.code, refused.value.field) == ("closing_incomplete", "out_scan")
    services.scan_delivery(case=case, actor=desk.lin.user, now=morning)
    services.carry_out(**act)
    disposal.deadline.refresh_from_db()
    case.refresh_from_db()
    assert (disposal.deadline.state, case.state) == ("met", Case.State.CLOSED)
    assert stays.open_stay(number) is None
    with pytest.raises(Conflict):
        services.carry_out(**act)
    # What is over takes no more steps.
    scans, lines = Scan.objects.count(), case.interactions.count()
    for late in (
        lambda: services.scan_delivery(case=case, actor=desk.lin.user, now=morning),
        lambda: services.chase(message=message, actor=desk.lin.user, now=morning),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.code == "case_closed"
    assert (Scan.objects.count(), case.interactions.count()) == (scans, lines)


def test_nothing_goes_back_that_nobody_asked_for(desk):
    case = desk.register("nobody_home")
    for asked_by in ("sending_company", "recipient", "rule", "nobody", "desk"):
        with pytest.raises(Conflict) as refused:
            services.decide(
                case=case,
                kind="return",
                asked_by=asked_by,
                reason="没人收",
                actor=desk.lin.user,
                now=EVENING,
            )
        assert refused.value.code == "return_not_asked"


@pytest.mark.rule("CD-07.16")
def test_prohibited_goods_go_back_at_once(desk):
    case = desk.register("prohibited", attempts=[], reason="内有电池")
    disposal = case.disposals.get()
    assert (disposal.kind, disposal.asked_by) == ("return", "rule")
    assert disposal.mark == "退回 成都武侯三部"  # nobody asked for it
    assert disposal.deadline.due_at == at("2026-11-21 00:00")
    assert not Message.objects.exists()
    assert not case.deadlines.exclude(pk=disposal.deadline_id).exists()  # no message is owed
    assert not day_lists(user=desk.lin.user, now=EVENING).silent
    courier = {"kind": "return_to_courier", "asked_by": "desk", "person": "马师傅"}
    services.decide(case=case, **courier, reason="取错", actor=desk.lin.user, now=EVENING)
    case.refresh_from_db()
    assert case.next_due_at == at("2026-11-22 00:00")  # later than the clock it takes the place of


@pytest.mark.rule("CD-04.14", "CD-09.27")
def test_what_is_recorded_as_wanted_back_leaves_the_same_day_and_a_second_record_gains_no_time(
    desk,
):
    given = {"attempts": [], "reason": "发件人不发了"}
    asked = {**given, "chosen": {"return_asked_by": "sending_company"}}
    case = desk.register("returned", **asked)
    disposal = case.disposals.get()
    assert (disposal.kind, disposal.asked_by) == ("return", "sending_company")
    assert (disposal.because, disposal.mark) == ("asked", "应对方要求退回 成都武侯三部")
    assert (disposal.deadline.clause, disposal.deadline.due_at) == (
        "CD-04.14",
        at("2026-11-21 00:00"),
    )
    desk.register("returned", **asked, now=at("2026-11-20 23:59"))
    desk.register("prohibited", attempts=[], now=at("2026-11-21 08:00"))
    assert case.disposals.get() == disposal
    disposal.deadline.refresh_from_db()
    assert disposal.deadline.state == "running"
    # Ours has no sending outlet to go back to, and who may ask is for the rulebook to say.
    ours = desk.register("returned", number=desk.sent.number, **asked)
    assert not ours.disposals.exists()


def test_prohibited_goods_of_ours_have_no_sending_outlet_to_go_back_to(desk):
    case = desk.register("prohibited", number=desk.sent.number, attempts=[])
    assert not case.disposals.exists()
    assert case.deadlines.get().action == Deadline.Action.OUTBOUND_PROBLEM


@pytest.mark.rule("CD-04.14")
def test_what_the_store_scanned_out_has_left_then(desk):
    case = desk.register("nobody_home")
    stay = keep_in_store(desk, case)
    answer(desk, post(desk, case), now=EVENING, wish="return", text="请退回")
    out = EVENING + timedelta(hours=1)
    stays.leave(stay=stay, left_for="退回", by=desk.lin, actor=desk.lin.user, now=out)
    disposal = case.disposals.get()
    services.carry_out(
        disposal=disposal, by=desk.lin, actor=desk.lin.user, now=EVENING + timedelta(hours=15)
    )
    disposal.deadline.refresh_from_db()
    assert (disposal.deadline.state, disposal.deadline.answered_at) == ("met", out)
    assert not Scan.objects.filter(waybill_number=case.waybill_number, kind="departed").exists()


@pytest.mark.rule("CD-04.23", "CD-04.24")
def test_what_goes_back_to_the_courier_names_him_and_leaves_the_next_day(desk):
    case = desk.register("no_outlet", number=desk.sent.number, attempts=[])
    act = {"case": case, "kind": "return_to_courier", "asked_by": "desk", "actor": desk.lin.user}
    with pytest.raises(KefuError) as refused:
        services.decide(**act, reason="", person="马师傅", now=EVENING)
    assert refused.value.field == "reason"
    with pytest.raises(KefuError) as refused:
        services.decide(**act, reason="无网点", person="", now=EVENING)
    assert refused.value.field == "person"
    disposal = services.decide(**act, reason="无网点", person="马师傅", now=EVENING)
    assert disposal.mark == "退回 马师傅"
    assert disposal.deadline.clause == "CD-04.24"
    assert disposal.deadline.due_at == at("2026-11-22 00:00")


@pytest.mark.rule("CD-04.27", "CD-04.28")
def test_first_a_call_and_in_the_evening_from_the_warehouse_office(desk):
    case = desk.register(
        "self_pickup", attempts=[], chosen={"pickup_place": "head_office", "pickup_time": "明早"}
    )
    with pytest.raises(KefuError) as refused:
        post(desk, case)
    assert refused.value.code == "contact_first"
    call = services.Attempt(ContactAttempt.Outcome.NO_ANSWER, at("17:00"))
    services.log_attempt(case=case, attempt=call, actor=desk.lin.user, now=EVENING)
    front = Employee.objects.select_related("department", "user").get(number="0803")
    with pytest.raises(NotAllowed):
        post(desk, case, by=front, now=at("17:30:01"))
    assert post(desk, case, by=front, now=at("17:30"))


@pytest.mark.rule("CD-07.20")
def test_a_mis_sorted_parcels_message_names_the_storefront(desk):
    case = desk.register("missorted", attempts=[])
    with pytest.raises(KefuError) as refused:
        post(desk, case, text="")
    assert refused.value.field == "storefront"
    assert post(desk, case, text="", storefront="东关营业厅").text == "错分，营业厅 东关营业厅"


@pytest.mark.rule("CD-04.25", "CD-07.11")
def test_the_third_day_counts_otherwise_in_the_warehouse_and_at_a_storefront(desk):
    due = {}
    for number, place in (("770612045501", "warehouse"), ("770612045508", "storefront")):
        if place == "storefront":
            desk.waybill(number)
        case = desk.register("nobody_home", number=number, place=place)
        disposal = services.notify_pickup(
            case=case, place="总公司", when="明天上午", actor=desk.lin.user, now=EVENING
        )
        due[place] = disposal.deadline.due_at
    assert due == {"warehouse": at("2026-11-23 00:00"), "storefront": at("2026-11-24 00:00")}
    with override("en"):
        services.collected(
            case=case, signer="王建国", by=desk.lin, actor=desk.lin.user, now=at("2026-11-21 09:00")
        )
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    # What is kept is in the house's language whoever works, and who signed is masked.
    scan = Scan.objects.get(waybill_number=case.waybill_number, kind="signed")
    assert (scan.place, scan.text) == ("仓库管理办公室", "自取")
    line = case.interactions.get(action="collected")
    assert (line.text, line.sealed["text"]) == ("王*国", "王建国")


@pytest.mark.rule("CD-04.25", "CD-07.12")
def test_what_nobody_collects_is_written_about_on_the_third_day_and_goes_back(desk, settings):
    case = desk.register("nobody_home")
    pickup = services.notify_pickup(
        case=case, place="总公司", when="明天上午", actor=desk.lin.user, now=EVENING
    )
    message = post(desk, case, text="客户改为自取")
    pickup.deadline.refresh_from_db()
    assert pickup.deadline.state == "running"  # nobody knows yet that he will not come
    third = at("2026-11-22 10:00")
    services.chase(message=message, text="第三天还没来取", actor=desk.lin.user, now=third)
    pickup.deadline.refresh_from_db()
    assert (pickup.deadline.state, pickup.deadline.answered_at) == ("met", third)
    settings.KEFU_NOW = at("2026-11-26 00:00") + timedelta(seconds=1)
    deadlines.sweep()
    assert services.return_unanswered(now=settings.KEFU_NOW) == 1
    pickup.refresh_from_db()
    assert pickup.withdrawn_at == settings.KEFU_NOW
    assert case.disposals.get(withdrawn_at=None).kind == "return"


@pytest.mark.rule("CD-07.13", "CD-07.14")
def test_damage_inside_is_not_closed_before_the_sending_outlet_was_told(desk, settings):
    case = desk.register("damaged_inside", attempts=[], remark="外箱完好，内有碎玻璃")
    disposal = services.decide(
        case=case, kind="redispatch", asked_by="desk", reason="客户验收", actor=None, now=EVENING
    )
    services.carry_out(disposal=disposal, by=desk.lin, actor=desk.lin.user, now=EVENING)
    case.refresh_from_db()
    assert case.state == Case.State.ANSWERED  # scanned out, and still open
    with pytest.raises(Conflict) as refused:
        services.close(case=case, actor=desk.lin.user, now=EVENING)
    assert refused.value.field == "message_sent"
    post(desk, case, text="外好内损，请处理")
    with pytest.raises(Conflict) as refused:
        services.close(case=case, actor=desk.lin.user, now=EVENING)
    assert refused.value.code == "message_unanswered"
    # Silent for five days they are not waited for any more; what has left does not go back, unless it comes again.
    settings.KEFU_NOW = over = at("2026-11-26 00:10")
    deadlines.sweep()
    assert services.return_unanswered(now=over) == 0
    assert case.disposals.get() == disposal
    settings.KEFU_NOW = over + timedelta(hours=1)
    assert not [one for one in verify() if one.check == BACK and not one.ok]
    shown = parcel_facts(case)
    assert shown.waiting and shown.given_up
    services.close(case=case, actor=desk.lin.user, now=settings.KEFU_NOW)
    assert not parcel_facts(case).waiting


@pytest.mark.rule("CD-07.12")
def test_what_left_and_came_again_goes_back_when_nobody_answered(desk, settings):
    case = desk.register("nobody_home")
    post(desk, case)
    disposal = services.decide(
        case=case, kind="redispatch", asked_by="desk", reason="再派", actor=None, now=EVENING
    )
    Disposal.objects.filter(pk=disposal.pk).update(carried_out_at=EVENING)
    settings.KEFU_NOW = over = at("2026-11-26 08:00")
    deadlines.sweep()
    assert services.return_unanswered(now=over) == 0
    desk.register("nobody_home", now=over)
    assert services.return_unanswered(now=over) == 1


@pytest.mark.rule("CD-12.31", "CD-04.22")
def test_another_outlet_writes_about_a_parcel_we_sent(desk):
    message = services.outlet_writes(
        sender=desk.centre.chengdu,
        number=desk.sent.number,
        text="收件人已搬走，请联系寄件人 13800004545",
        problem="address_moved",
        reference="CD-1",
        actor=None,
        now=EVENING,
    )
    case = message.case
    assert (case.department, case.problem_parcel.direction) == (desk.processing, "outbound")
    assert "13800004545" not in message.text
    assert {d.clause: d.due_at for d in case.deadlines.all()} == {
        "CD-05.09": EVENING + timedelta(hours=2),
        "CD-04.22": at("2026-11-21 00:00"),
    }
    services.reply(
        message=message, text="寄件人说退回", by=desk.zhou, actor=desk.zhou.user, now=EVENING
    )
    assert set(case.deadlines.values_list("state", flat=True)) == {"met"}
    volume = Volume.objects.get()
    assert (volume.metric, volume.employee, volume.number) == (
        "outbound_problem_parcels",
        desk.zhou,
        1,
    )
    with pytest.raises(Conflict) as unrecorded:
        post(desk, case)
    assert unrecorded.value.code == "not_recorded"
    desk.register("no_outlet", number=desk.sent.number)
    assert post(desk, case).wait is None  # what we sent lies with them: there is nothing to return
    ours = Party.objects.create(
        kind="contractor", code="CB1", name="城东承包区", parent=desk.centre.company
    )
    for stranger in (desk.centre.xian, ours):
        with pytest.raises(KefuError) as refused:
            services.outlet_writes(
                sender=stranger,
                number=desk.sent.number,
                text="?",
                problem="other",
                actor=None,
                now=EVENING,
            )
        assert refused.value.code == "waybill_unknown"


def test_a_batch_is_closed_row_by_row(desk):
    done = desk.register("damaged_outside", attempts=[])
    disposal = services.decide(
        case=done, kind="send_on", asked_by="desk", reason="已加固", actor=None, now=EVENING
    )
    services.carry_out(disposal=disposal, by=desk.lin, actor=desk.lin.user, now=EVENING)
    waiting, other = (desk.waybill(f"77061204551{n}") for n in (0, 1))
    case = desk.register("nobody_home", number=waiting.number)
    stay = keep_in_store(desk, case)
    stays.leave(stay=stay, left_for="再派", by=desk.lin, actor=desk.lin.user, now=EVENING)
    desk.register("nobody_home", number=other.number, owner=desk.zhou)
    numbers = [
        waiting.number,
        waiting.number,
        done.waybill_number,
        other.number,
        "990612045599",
        "?",
    ]
    results = services.close_many(
        numbers=numbers, by=desk.lin, actor=desk.lin.user, now=EVENING + timedelta(hours=1)
    )
    assert [(r.number, r.code) for r in results] == list(
        zip(
            numbers,
            [
                "",
                "twice_in_batch",
                "already_closed",
                "in_anothers_hands",
                "not_registered",
                "waybill_characters",
            ],
            strict=True,
        )
    )
    assert Disposal.objects.count() == 1


def test_what_the_store_scanned_out_is_done_when_its_case_is_closed(desk):
    case = desk.register("damaged_outside", attempts=[])
    stay = keep_in_store(desk, case)
    disposal = services.decide(
        case=case, kind="send_on", asked_by="desk", reason="已加固", actor=None, now=EVENING
    )
    left = EVENING + timedelta(minutes=10)
    stays.leave(stay=stay, left_for="司机", by=desk.lin, actor=desk.lin.user, now=left)
    services.close(case=case, actor=desk.lin.user, now=EVENING + timedelta(hours=1))
    disposal.refresh_from_db()
    assert disposal.carried_out_at == left
