"""What processes promise beyond their order: due times, people told, money, the case they are about."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import translation

from inquiries import services as inquiries
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.policy.rulebook import load
from kefu.processes import services
from kefu.processes.kinds import ProcessKind
from kefu.processes.models import ProcessRun, StepDone
from kefu.processes.replays import FREIGHT
from kefu.processes.selectors import running, standing
from kefu.processes.services import open_rounds
from kefu.replay.rows import Promises
from kefu.staff.models import User
from tests.centre import at
from tests.processes.conftest import Shop, filled


def told(shop: Shop, who: str) -> int:
    """How often the bell of somebody rang for a process."""
    return Event.objects.filter(
        kind=Event.Kind.PROCESS_TOLD, user_id=shop.people[who].user_id
    ).count()


def promised(shop: Shop, goods: str, paid: str) -> Deadline:
    run = shop.start("dispatch_promise")
    shop.do(run, "promise", "lin", goods=goods, paid_at=at(paid))
    return Deadline.objects.get(case=run.case)


@pytest.mark.rule("SD-222.16", "SD-222.17", "SD-222.18")
def test_paid_goods_are_due_to_leave_as_their_sort_says_and_replay_says_the_same(shop):
    shop.clock = at("16:30")

    assert promised(shop, "in_stock", "15:59:59").due_at == at("2026-11-21 00:00")
    assert promised(shop, "in_stock", "16:00:00").due_at == at("2026-11-22 00:00")
    assert promised(shop, "out_of_stock", "10:00").due_at == at("2026-11-22 00:00")
    assert promised(shop, "hand_made", "10:00").due_at == at("2026-11-22 10:00")

    month = "2026-11"
    promises = Promises()
    for decision in promises.read(month, None, after=0, limit=100, at=at("2026-12-01 00:00")):
        found = promises.decide(decision.facts, load("SD-2"))
        due = Deadline.objects.get(pk=decision.key)
        assert found.fields["due_at"] == due.inputs["due_at"]
        assert found.fields["clause"] == due.clause
    assert promises.count(month, None) == 4


@pytest.mark.rule("SD-222.16")
def test_a_promise_that_is_broken_stays_on_the_overdue_list_until_the_goods_have_left(shop):
    shop.clock = at("2026-11-17 16:30")
    run = shop.start("dispatch_promise")
    shop.do(run, "promise", "lin", goods="hand_made", paid_at=at("2026-11-17 10:00"))

    deadlines.sweep()

    late = Deadline.objects.unanswered().get(case=run.case)
    assert late.state == Deadline.State.BREACHED
    assert late.department == shop.desks["warehouse_office"]
    shop.clock = at("2026-11-20 09:00")
    shop.do(run, "ship", "sun", dispatched=True)
    late.refresh_from_db()
    assert (late.answered_by.action, late.state) == ("process_step", "breached")


def test_what_grows_out_of_a_process_keeps_the_customers_case_open_as_well(shop):
    """Sent back for an exchange: the inquiry closes once the exchange is through, too."""
    case = shop.centre.inquiry(now=shop.later(), owner=shop.lin)
    wish = {"wish": "exchange", "defect": "no_defect"}
    run = shop.start("return_of_goods", about=case, facts=wish)
    way = {"note": "qian", "send_back": "qian", "register": "qian", "inspect": "sun"}
    way |= {"accept": "sun", "freight": "qian", "hand_on": "qian"}
    outcomes = {"accept": "accepted", "hand_on": "exchange"}
    for step, who in way.items():
        given = filled(shop.at(run), step, shop.clock)
        if step in outcomes:
            given |= {"outcome": outcomes[step]}
        shop.do(run, step, who, **given)

    exchange = ProcessRun.objects.get(code="exchange")
    assert (exchange.about, exchange.case.customer_name_masked) == (case, "陈*梅")
    origins = exchange.case.links.values_list("origin", flat=True)
    assert set(origins) == {case.pk, run.pk}
    inquiries.answer_customer(
        case=case,
        text="换新的给您",
        channel="phone",
        substantive=True,
        actor=shop.lin.user,
        now=shop.later(),
    )
    with pytest.raises(Conflict) as waits:
        inquiries.close(case=case, note="换好", actor=shop.lin.user, now=shop.later())
    assert waits.value.details["process"] == exchange.case.number


@pytest.mark.rule("SD-222.03", "SD-223.03")
def test_before_the_sale_one_may_ask_for_help_and_after_it_the_supervisor_has_it(shop):
    before = shop.start("stuck_conversation", facts={"team": "pre_sale"})
    shop.do(before, "report", "lin", what_happened="一直骂人")
    assert told(shop, "chen") == 1  # told, and may help out
    assert told(shop, "jin") == 1  # a colleague of the same desk
    shop.do(before, "help", "lin", how_settled="同事接过去谈好了")

    after = shop.start("stuck_conversation", by="qian", facts={"team": "after_sale"})
    shop.do(after, "report", "qian", what_happened="一直骂人")
    with pytest.raises(NotAllowed):
        shop.do(after, "help", "qian", how_settled="我来")
    assert shop.case(after).owner is None
    shop.do(after, "help", "chen", how_settled="主管回电致歉")


@pytest.mark.rule("SD-222.05", "SD-224.08", "SD-224.09")
def test_the_label_clerk_is_told_at_once_and_tells_the_agent_when_it_is_done(shop):
    remark = shop.start("order_remark", facts={"request": "special"})
    shop.do(remark, "write", "lin", remark="送礼，不放价签")
    assert told(shop, "tao") >= 1
    assert Case.objects.open().filter(department=shop.desks["label_clerk"]).count() == 1  # unread

    said = shop.start("label_task", facts={"label_kind": "order", "request": "oral"})
    shop.do(said, "ask", "lin", order_wish="帮忙打一张")
    with pytest.raises(KefuError) as refused:
        shop.do(said, "carry_out", "tao")
    assert refused.value.details["clauses"] == ["SD-224.08"]

    asked = shop.start("label_task", facts={"label_kind": "exchange", "request": "written"})
    shop.do(asked, "ask", "lin", order_wish="换货 3 号柜")
    rung = told(shop, "lin")
    shop.do(asked, "carry_out", "tao")
    assert told(shop, "lin") == rung + 1


@pytest.mark.rule("SD-224.06", "SD-224.07")
def test_a_changed_order_is_printed_only_once_the_change_was_read(shop):
    run = shop.start("order_change")
    change = shop.do(run, "change", "lin", old_value="36 码", new_value="37 码")
    assert change.recorded == ["label_clerk_told", "new_value", "old_value"]
    assert change.sealed["new_value"] == "37 码"

    with pytest.raises(KefuError) as refused:
        shop.do(run, "print", "tao")
    assert refused.value.field == "change_acknowledged"
    shop.do(run, "print", "tao", change_acknowledged=True)


@pytest.mark.rule("SD-222.07")
def test_nobody_takes_a_contact_before_he_is_at_his_desk(shop):
    run = shop.start("pre_sale_contact", by="qian")

    with pytest.raises(KefuError) as refused:
        shop.do(run, "welcome", "qian")  # has not come on duty

    assert refused.value.field == "pre_sale_login"
    shop.do(run, "welcome", "lin")


@pytest.mark.rule("SD-223.08", "SD-224.12", "SD-224.10")
def test_who_received_a_parcel_or_wrote_a_slip_stands_there_with_the_day(shop):
    run = shop.start("recall")
    for step, who in (("open_recall", "qian"), ("register_recall", "qian")):
        shop.do(run, step, who, **filled(shop.at(run), step, shop.clock))

    row = shop.do(run, "exchange_slip", "tao", parcel_received=True, signed_slip_returned=True)

    assert row.shown["recall_receipt"] == "原件收妥 打单组 0841 2026-11-20"
    assert row.sealed["name"] == "打单组 0841"
    slip = shop.start("urgent_slip")
    written = shop.do(slip, "write", "lin", order_wish="今天必须发")
    assert (written.sealed["name"], written.sealed["date"]) == ("林小月 0826", "2026-11-20")
    assert slip.case.priority == Case.Priority.URGENT


@pytest.mark.rule("SD-223.29", "SD-223.30")
def test_no_replacement_leaves_before_the_return_is_here_unless_the_supervisor_agrees(shop):
    run = shop.start("replacement_first", facts={"returned_goods": "outstanding"})

    with pytest.raises(KefuError) as refused:
        shop.do(run, "send", "lin", exchange_waybill_number="880612045590")
    assert refused.value.details["clauses"] == ["SD-223.29"]
    with pytest.raises(NotAllowed):
        shop.do(run, "approve", "lin", outcome="agreed")
    shop.do(run, "approve", "chen", outcome="agreed")
    shop.do(run, "send", "lin", exchange_waybill_number="880612045590")

    consent = Interaction.objects.get(case=run.case, action="process_step", data__step="approve")
    assert consent.author == shop.chen.user

    refused_one = shop.start("replacement_first", facts={"returned_goods": "outstanding"})
    shop.do(refused_one, "approve", "chen", outcome="refused")
    with pytest.raises(KefuError):
        shop.do(refused_one, "send", "lin", exchange_waybill_number="880612045590")


def returned(shop: Shop, defect: str) -> ProcessRun:
    run = shop.start("return_of_goods", facts={"wish": "return", "defect": defect})
    for step, who in (
        ("note", "qian"),
        ("send_back", "qian"),
        ("register", "qian"),
        ("inspect", "sun"),
    ):
        shop.do(run, step, who, **filled(shop.at(run), step, shop.clock))
    ticks = {"goods_intact": True, "box_complete": True, "resaleable": True}
    with pytest.raises(KefuError):
        shop.do(run, "accept", "sun", outcome="accepted", **ticks | {"resaleable": False})
    shop.do(run, "accept", "sun", outcome="accepted", **ticks)
    return run


@pytest.mark.rule("SD-223.12", "SD-223.13", "SD-223.14", "SD-223.15", "SD-223.16")
def test_who_pays_the_freight_of_goods_sent_back_is_decided_and_can_be_decided_again(shop):
    ours, theirs = returned(shop, "quality"), returned(shop, "no_defect")
    freight = {"outbound_freight_yuan": "8.00", "return_freight_yuan": "12.50"}

    with pytest.raises(KefuError) as refused:
        shop.do(ours, "freight_back", "qian", **freight)
    assert refused.value.field == "freight_receipt"
    ours_paid = shop.do(ours, "freight_back", "qian", **freight, freight_receipt=True)
    theirs_paid = shop.do(theirs, "freight", "qian", **freight)

    assert ours_paid.inputs["shares"] == {
        "bears": {"company": "20.50"},
        "advances": {"customer": "12.50"},
        "pays_back": {"company": "12.50"},
    }
    assert theirs_paid.inputs["shares"] == {
        "bears": {"customer": "12.50"},
        "advances": {},
        "pays_back": {},
    }
    decisions = FREIGHT.read("2026-11", None, after=0, limit=10, at=shop.later())
    assert len(decisions) == FREIGHT.count("2026-11", None) == 2
    for decision in decisions:
        assert FREIGHT.decide(decision.facts, load("SD-2")) == decision.stored
    assert Decimal(ours_paid.shown["return_freight_yuan"]) == Decimal("12.50")


@pytest.mark.rule("OS-07.11", "OS-11.03")
def test_a_case_is_not_closed_before_the_customer_was_told_in_words_that_may_be_said(online_shop):
    shop = online_shop
    case = shop.centre.inquiry(now=shop.later(), owner=shop.lin)
    run = shop.start("tell_customer", about=case)
    inquiries.answer_customer(
        case=case,
        text="已经发出",
        channel="phone",
        substantive=True,
        actor=shop.lin.user,
        now=shop.later(),
    )

    with pytest.raises(Conflict) as refused:
        inquiries.close(case=case, note="好了", actor=shop.lin.user, now=shop.later())
    assert refused.value.code == "process_open"
    given = {"customer_informed": shop.clock, "satisfaction_asked": "问过"}
    with pytest.raises(KefuError) as banned:
        shop.do(run, "tell", "lin", message="可是我不能退", **given)
    assert (banned.value.code, banned.value.field) == ("banned_words", "message")
    shop.do(run, "tell", "lin", message="可是我不能退", anyway=True, **given)
    inquiries.close(case=case, note="好了", actor=shop.lin.user, now=shop.later())

    about = Interaction.objects.filter(case=case).values_list("action", flat=True)
    assert {"process_begun", "process_done_here"} <= set(about)


@pytest.mark.rule("OS-20.02", "OS-30.08", "OS-30.09")
def test_each_closed_complaint_is_followed_up_until_somebody_was_reached(online_shop):
    shop = online_shop
    complaint = shop.centre.inquiry(
        now=shop.later(), owner=shop.lin, kind="complaint", case_kind=Case.Kind.COMPLAINT
    )
    inquiries.answer_customer(
        case=complaint,
        text="已经赔付",
        channel="phone",
        substantive=True,
        actor=shop.lin.user,
        now=shop.later(),
    )
    User.objects.filter(pk=shop.lin.user_id).update(role=User.Role.FINANCE)  # begins no process
    inquiries.close(case=complaint, note="谈妥", actor=shop.wang.user, now=shop.later())
    User.objects.filter(pk=shop.lin.user_id).update(role=User.Role.AGENT)

    run = ProcessRun.objects.get(about=complaint)
    assert (run.code, run.case.owner, run.started_by) == ("follow_up", shop.lin, None)
    shop.do(run, "attempt", "lin", outcome="failed", follow_up_channel="phone")
    missed = {"attempted_at": shop.clock, "reason": "没人接"}
    tomorrow = shop.clock + timedelta(days=1)
    shop.do(run, "note_failure", "lin", outcome="again", next_attempt_at=tomorrow, **missed)
    again = Deadline.objects.get(case=run.case)
    assert (again.due_at, again.state) == (tomorrow, "running")
    shop.do(run, "attempt", "lin", outcome="reached", follow_up_channel="visit")
    again.refresh_from_db()
    assert again.state == "met"
    with pytest.raises(KefuError) as refused:
        shop.do(run, "questions", "lin", attitude="good", handling="good")
    assert refused.value.field == "solution_time"
    shop.do(run, "questions", "lin", attitude="good", handling="good", solution_time="poor")
    assert standing(ProcessRun.objects.get(pk=run.pk)).facts["solution_time"] == "poor"


@pytest.mark.rule("OS-20.03", "OS-30.04", "OS-30.12")
def test_a_finding_is_corrected_by_its_day_and_seen_from_beginning_to_end(online_shop):
    shop = online_shop
    run = shop.start("corrective_action", by="jin")
    due_on = (shop.clock + timedelta(days=3)).date()
    shop.do(run, "find", "jin", finding="货架未贴标", owner="周明", due_on=due_on)
    assert Deadline.objects.get(case=run.case).due_at == at("2026-11-24 00:00")
    shop.do(run, "correct", "lin", corrected="已补贴")
    shop.do(run, "recheck", "jin", rechecked=True)

    seen = ProcessKind().read(shop.case(run))
    found_at, handled_at, closed_at = (when for _name, when in seen.history)
    assert found_at < handled_at == closed_at

    checked = shop.start("daily_check", by="jin")
    shop.do(checked, "group_check", "wang", check_result="整齐")
    shop.do(checked, "supervisor_check", "luo", check_result="抽查两处")
    with pytest.raises(KefuError) as refused:
        shop.do(checked, "area_check", "luo", check_result="抽查")
    assert refused.value.code == "four_eyes"


@pytest.mark.rule("SD-224.05", "SD-224.15")
def test_the_days_slips_and_exchanges_are_kept_in_a_round_that_begins_by_itself(shop):
    assert open_rounds(now=at("08:00")) == 2
    assert open_rounds(now=at("08:10")) == 0

    runs = {run.code: run for run in ProcessRun.objects.all()}
    assert {run.case.department for run in runs.values()} == {shop.desks["label_clerk"]}
    slips = shop.do(runs["daily_slips"], "archive", "tao")
    assert (slips.sealed["date"], slips.sealed["clerk"]) == ("2026-11-20", "打单组 0841")
    with pytest.raises(KefuError) as refused:
        shop.do(runs["daily_exchanges"], "archive", "tao")
    assert refused.value.field == "ship_date"
    assert open_rounds(now=at("2026-11-21 08:00")) == 2


@pytest.mark.rule("SD-223.25", "SD-223.26", "SD-223.02")
def test_what_was_left_alone_longest_stands_first_with_whom_was_called(shop):
    old, new = shop.start("difficult_parcel"), shop.start("after_sale_problem")
    with pytest.raises(KefuError) as refused:
        shop.do(old, "call", "lin", difficult_parcel_contact="department", contact_said="…")
    assert refused.value.code == "unknown_choice"

    assert [run.pk for run in running(limit=9)] == [old.pk, new.pk]
    called = shop.do(old, "call", "lin", difficult_parcel_contact="courier", contact_said="在路上")
    assert [run.pk for run in running(limit=9)] == [new.pk, old.pk]
    assert called.facts == {"difficult_parcel_contact": "courier"}


def test_fields_are_checked_by_their_sort_and_persons_are_sealed(shop):
    run = shop.start("bank_transfer_order")
    good = {"customer": "陈晓梅", "amount_yuan": "88.00", "paid_on": shop.clock.date()}
    bad = [
        ("amount_yuan", "-5", "bad_amount"),
        ("amount_yuan", "1.005", "bad_amount"),
        ("amount_yuan", "NaN", "bad_amount"),
        ("amount_yuan", "10000000", "bad_amount"),
        ("paid_on", "2026-11-21", "in_future"),
        ("paid_on", "2026-13-01", "no_date"),
        ("colour", "red", "unknown_field"),
    ]
    for name, value, code in bad:
        with pytest.raises(KefuError) as refused:
            shop.do(run, "register", "lin", **good | {name: value})
        assert (refused.value.code, refused.value.field) == (code, name)
    assert not StepDone.objects.exists()

    row = shop.do(run, "register", "lin", **good)

    assert row.shown["customer"] == "陈*梅"
    assert row.sealed["customer"] == "陈晓梅"
    for change in (
        lambda: StepDone.objects.filter(pk=row.pk).update(outcome="x"),
        lambda: ProcessRun.objects.filter(pk=run.pk).update(plan={}),
    ):
        with (
            pytest.raises(Exception, match=r"permission denied|ead-only|Cannot"),
            transaction.atomic(),
        ):
            change()


def test_a_process_begins_with_what_it_needs_and_only_about_cases_it_is_for(shop):
    with pytest.raises(KefuError) as refused:
        shop.start("return_of_goods", facts={"wish": "return"})
    assert refused.value.field == "defect"
    with pytest.raises(KefuError) as refused:
        shop.start("return_of_goods", facts={"wish": "return", "defect": "moth"})
    assert refused.value.field == "defect"
    with pytest.raises(KefuError) as refused:
        shop.start("unheard_of")
    assert refused.value.code == "no_process"
    case = shop.centre.inquiry(now=shop.later(), owner=shop.lin)
    with pytest.raises(KefuError) as refused:
        shop.start("difficult_parcel", about=case)
    assert refused.value.code == "other_kind"
    shop.start("recall", about=case)
    with pytest.raises(Conflict) as twice:
        shop.start("recall", about=case)
    assert twice.value.code == "already_running"


def test_a_lead_ends_what_nobody_needs_and_the_case_waits_for_it_no_more(shop):
    case = shop.centre.inquiry(now=shop.later(), owner=shop.lin)
    run = shop.start("recall", about=case)
    with pytest.raises(NotAllowed):
        services.abandon(case=run.case, reason="不要了", actor=shop.lin.user, now=shop.later())
    with pytest.raises(KefuError) as refused:
        services.abandon(case=run.case, reason=" ", actor=shop.wang.user, now=shop.later())
    assert refused.value.field == "reason"

    services.abandon(case=run.case, reason="客户改主意了", actor=shop.wang.user, now=shop.later())

    assert shop.case(run).state == Case.State.CLOSED
    with pytest.raises(Conflict):
        shop.do(run, "open_recall", "qian", courier_asked=True)
    with translation.override("en"):
        assert ProcessRun.objects.get(pk=run.pk).name == "Recall of a parcel"
