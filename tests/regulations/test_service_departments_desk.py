"""The three service departments: forms, choices, texts, steps, requests, rights, numbers and reports, on policy alone."""

from decimal import Decimal

import pytest

from kefu.policy.access import Actor, may
from kefu.policy.measures import classify, counted
from kefu.policy.phrases import scripts
from kefu.policy.processes import Done, Lodged, judge_request, next_step
from kefu.policy.requirements import checklist_tally, requirements, sheet
from tests.policy.books import edited
from tests.policy.moments import at
from tests.regulations.desk import (
    book,
    cases,
    check_access,
    check_choice,
    check_form,
    check_number,
    check_report,
    check_request,
    check_route,
    check_step,
    check_words,
)

BASE = {"request": "none", "cause": "none", "leave": "ordinary"}

ACTOR = {"role": "agent", "relations": [], "recorded": []}

# What the other clauses about a request ask for.
OTHERWISE: dict[str, str] = {
    "swap": "consents: colleague; approvers: supervisor; needs: handover_note",
    "leave": "approvers: supervisor; needs: cover_person; before: shift leave",
}

# clause, form, facts, fields
FORMS = (
    ("SD-130.04", "company_meeting", "", "attendance absentees"),
    ("SD-150.07", "complaint_form", "", "customer problem handling_method filled_by"),
    ("SD-150.08", "complaint_form_closing", "", "handling_method"),
    ("SD-150.13", "delay_case", "cause=uncontrollable", "customer_contacted remedy"),
    ("SD-150.14", "customer_file_opening", "", "visit_form"),
    ("SD-150.15", "customer_file", "", ""),
    ("SD-150.19", "follow_up", "", "satisfaction problems"),
    ("SD-150.22", "complaint_form", "", "filled_by"),
    ("SD-222.04", "order_remark", "request=special", "remark author written_at"),
    ("SD-222.13", "bank_transfer", "", "customer amount_yuan paid_on"),
    ("SD-223.10", "quality_claim", "", "photo"),
    ("SD-223.12", "return_acceptance", "", "goods_intact box_complete resaleable"),
    ("SD-223.18", "return_shipment", "", "return_waybill_number"),
    ("SD-223.19", "return_register", "", "return_waybill_number registered_at"),
    (
        "SD-223.27",
        "rerouted_parcel",
        "",
        "transfer_waybill_number transfer_succeeded delivered_safely",
    ),
    ("SD-223.28", "return_and_resend", "", "return_waybill_number resent_waybill_number"),
    ("SD-224.06", "order_change", "", "old_value new_value label_clerk_told"),
    ("SD-224.10", "urgent_slip", "", "name date"),
    ("SD-224.14", "exchange_shipment", "", "exchange_waybill_number after_sale_told"),
    ("SD-233.02", "reward_penalty_line", "", "person date rule points_or_amount reason"),
    ("SD-233.44", "problem_or_idea", "", "content author"),
    ("SD-233.53", "shift_end", "", "tasks_done_or_handed_over"),
    ("SD-233.57", "warehouse_request", "", "customer_id name address"),
    ("SD-233.59", "urgent_warehouse_slip", "", "name date"),
    ("SD-321.02", "shift_start", "", "uniform handover"),
    ("SD-321.03", "handover_log", "", "read signature"),
    ("SD-322.04", "weekly_meeting", "", "attendance"),
    ("SD-322.07", "weekly_meeting", "", "minute_taker"),
    ("SD-350.01", "employee_bound", "", "confidentiality_acknowledgement"),
)


@cases(*FORMS)
def test_a_form_is_accepted_only_with_what_the_regulation_asks_for(row):
    check_form(row, BASE)


# clause, list, facts, keys
CHOICES = (
    ("SD-150.16", "customer_grade", "", ""),
    ("SD-215.10", "night_shift_request", "shift=night holiday=no", "cover swap"),
    ("SD-223.02", "after_sale_contact", "", "department courier"),
    ("SD-223.26", "difficult_parcel_contact", "", "customer courier"),
    ("SD-224.04", "label_kind", "", "order exchange"),
    ("SD-233.01", "consequence_mode", "", "cash points"),
    ("SD-233.24", "shift_source", "", "roster"),
    ("SD-233.29", "presence", "shift=on_duty", "online"),
    ("SD-233.31", "presence", "shift=break", "away"),
)


@cases(*CHOICES)
def test_these_are_the_choices_and_no_others(row):
    check_choice(row)


# clause, form, facts, values, recorded, words
WORDS = (
    (
        "SD-223.08",
        "recall_receipt",
        "",
        {"name": "李梅", "date": "11-20"},
        "",
        "原件收妥 李梅 11-20",
    ),
    (
        "SD-224.12",
        "recall_receipt",
        "",
        {"name": "李梅", "date": "11-20"},
        "",
        "原件收妥 李梅 11-20",
    ),
)


@cases(*WORDS)
def test_the_words_that_belong_there(row):
    check_words(row)


# clause, process, position, facts, done, step, by, needs, outcomes
STEPS = (
    ("SD-130.05", "service_instruction", 1, "", "", "issue", "supervisor", "instruction", "-"),
    ("SD-130.05", "service_instruction", 1, "", "issue", "acknowledge", "agent", "-", "-"),
    ("SD-130.05", "service_instruction", 1, "", "issue acknowledge", "complete", "agent", "-", "-"),
    ("SD-130.06", "improvement_suggestion", 1, "", "", "suggest", "agent", "suggestion", "-"),
    (
        "SD-130.06",
        "improvement_suggestion",
        1,
        "",
        "suggest",
        "review",
        "supervisor",
        "review_result",
        "-",
    ),
    ("SD-150.02", "daily_meeting", 1, "", "", "review_yesterday", "-", "-", "-"),
    ("SD-150.03", "daily_meeting", 2, "", "review_yesterday", "plan_the_day", "-", "day_plan", "-"),
    (
        "SD-150.04",
        "daily_meeting",
        3,
        "",
        "review_yesterday plan_the_day",
        "exchange_experience",
        "-",
        "-",
        "-",
    ),
    (
        "SD-150.05",
        "daily_meeting",
        4,
        "",
        "review_yesterday plan_the_day exchange_experience",
        "train",
        "-",
        "training_log",
        "-",
    ),
    ("SD-150.12", "delivery_requirement", 1, "", "", "record", "agent", "requirement", "-"),
    (
        "SD-150.12",
        "delivery_requirement",
        1,
        "",
        "record",
        "confirm",
        "agent",
        "requirement_met",
        "-",
    ),
    (
        "SD-150.20",
        "customer_follow_up",
        1,
        "",
        "",
        "follow_up",
        "agent",
        "satisfaction problems",
        "-",
    ),
    (
        "SD-150.20",
        "customer_follow_up",
        1,
        "",
        "follow_up",
        "update_file",
        "agent",
        "-",
        "updated nothing_new",
    ),
    ("SD-222.08", "pre_sale_contact", 1, "", "", "welcome", "-", "-", "-"),
    ("SD-222.08", "pre_sale_contact", 1, "", "welcome", "promotion", "-", "-", "-"),
    ("SD-222.08", "pre_sale_contact", 1, "", "welcome promotion", "product", "-", "-", "-"),
    (
        "SD-222.08",
        "pre_sale_contact",
        1,
        "",
        "welcome promotion product",
        "order_confirmation",
        "-",
        "-",
        "-",
    ),
    (
        "SD-222.08",
        "pre_sale_contact",
        1,
        "",
        "welcome promotion product order_confirmation",
        "bookmark_shop",
        "-",
        "-",
        "-",
    ),
    (
        "SD-222.10",
        "paid_then_cancelled",
        1,
        "label=none",
        "",
        "check_label",
        "agent",
        "-",
        "not_printed printed",
    ),
    (
        "SD-222.11",
        "paid_then_cancelled",
        2,
        "!label=not_printed",
        "check_label:not_printed",
        "void_order",
        "label_clerk",
        "void_confirmed",
        "-",
    ),
    (
        "SD-222.12",
        "paid_then_cancelled",
        3,
        "!label=not_printed",
        "check_label:not_printed void_order",
        "tell_after_sale",
        "agent",
        "after_sale_told",
        "-",
    ),
    ("SD-222.14", "bank_transfer_order", 1, "", "", "register", "agent", "transfer_line", "-"),
    (
        "SD-222.14",
        "bank_transfer_order",
        1,
        "",
        "register",
        "complete",
        "agent",
        "order_completed",
        "-",
    ),
    (
        "SD-222.20",
        "order_conversation",
        1,
        "",
        "",
        "confirm_order",
        "agent",
        "order_confirmed",
        "-",
    ),
    ("SD-222.20", "order_conversation", 1, "", "confirm_order", "close_chat", "agent", "-", "-"),
    ("SD-223.04", "recall", 1, "", "", "open_recall", "after_sale_team", "courier_asked", "-"),
    (
        "SD-223.05",
        "recall",
        2,
        "",
        "open_recall",
        "register_recall",
        "after_sale_team",
        "after_sale_record",
        "-",
    ),
    (
        "SD-223.07",
        "recall",
        3,
        "",
        "open_recall register_recall",
        "exchange_slip",
        "label_clerk",
        "parcel_received signed_slip_returned",
        "-",
    ),
    (
        "SD-223.09",
        "recall",
        4,
        "",
        "open_recall register_recall exchange_slip",
        "refund",
        "after_sale_team",
        "receipt_signed",
        "-",
    ),
    (
        "SD-223.11",
        "quality_claim",
        1,
        "verification=none",
        "",
        "report",
        "after_sale_team",
        "photo",
        "-",
    ),
    (
        "SD-223.11",
        "quality_claim",
        1,
        "verification=none",
        "report",
        "verify",
        "after_sale_team",
        "-",
        "verified rejected",
    ),
    (
        "SD-223.11",
        "quality_claim",
        1,
        "!verification=verified",
        "report verify:verified",
        "settle",
        "after_sale_team",
        "-",
        "-",
    ),
    (
        "SD-223.20",
        "return_of_goods",
        1,
        "",
        "",
        "inspect",
        "warehouse",
        "inspected_by inspection_result inspected_on",
        "-",
    ),
    (
        "SD-223.21",
        "return_of_goods",
        2,
        "",
        "inspect",
        "refund",
        "after_sale_team",
        "warehouse_signature",
        "-",
    ),
    (
        "SD-223.24",
        "exchange",
        2,
        "",
        "inspect hand_card print ship",
        "confirm_receipt",
        "after_sale_team",
        "receipt_confirmed",
        "-",
    ),
    ("SD-224.11", "urgent_slip", 1, "", "", "carry_out", "label_clerk", "-", "-"),
    (
        "SD-224.11",
        "urgent_slip",
        1,
        "",
        "carry_out",
        "return_slip",
        "label_clerk",
        "returned_to_requester",
        "-",
    ),
    ("SD-224.13", "exchange", 1, "", "", "inspect", "warehouse", "-", "-"),
    ("SD-224.13", "exchange", 1, "", "inspect", "hand_card", "warehouse", "-", "-"),
    ("SD-224.13", "exchange", 1, "", "inspect hand_card", "print", "label_clerk", "-", "-"),
    ("SD-224.13", "exchange", 1, "", "inspect hand_card print", "ship", "warehouse", "-", "-"),
    ("SD-233.25", "swap", 1, "", "", "request", "agent", "-", "-"),
    ("SD-233.25", "swap", 1, "", "request", "accept", "colleague", "-", "-"),
    ("SD-233.25", "swap", 1, "", "request accept", "decide", "supervisor", "-", "approved refused"),
    ("SD-233.55", "promotion_overtime", 1, "", "", "call", "supervisor", "-", "-"),
    ("SD-233.55", "promotion_overtime", 1, "", "call", "answer", "agent", "-", "accepted declined"),
    (
        "SD-321.05",
        "morning_meeting",
        1,
        "issue=none",
        "",
        "raise_issues",
        "section_leads",
        "-",
        "-",
    ),
    (
        "SD-321.06",
        "morning_meeting",
        3,
        "issue=none",
        "raise_issues add_own_issues",
        "decide_measures",
        "director",
        "measure",
        "-",
    ),
    (
        "SD-321.07",
        "morning_meeting",
        2,
        "issue=none",
        "raise_issues",
        "add_own_issues",
        "director",
        "-",
        "-",
    ),
    (
        "SD-321.08",
        "morning_meeting",
        4,
        "!issue=unsolved",
        "raise_issues add_own_issues decide_measures",
        "escalate",
        "manager",
        "follow_up_owner",
        "-",
    ),
    (
        "SD-321.10",
        "morning_meeting",
        5,
        "issue=none",
        "raise_issues add_own_issues decide_measures",
        "assign_day",
        "director",
        "day_tasks",
        "-",
    ),
    ("SD-322.03", "weekly_meeting", 1, "", "", "last_week_review", "-", "-", "-"),
    ("SD-322.03", "weekly_meeting", 1, "", "last_week_review", "measures", "-", "-", "-"),
    (
        "SD-322.03",
        "weekly_meeting",
        1,
        "",
        "last_week_review measures",
        "next_week_plan",
        "-",
        "-",
        "-",
    ),
    (
        "SD-322.06",
        "weekly_meeting",
        2,
        "",
        "last_week_review measures next_week_plan",
        "pass_on_decisions",
        "director",
        "-",
        "-",
    ),
    ("SD-322.08", "weekly_minutes", 1, "", "", "sign", "-", "all_attendees_signed", "-"),
    ("SD-322.09", "weekly_minutes", 2, "", "sign", "review", "manager", "-", "-"),
    (
        "SD-322.11",
        "weekly_meeting",
        3,
        "",
        "last_week_review measures next_week_plan pass_on_decisions",
        "plan_tasks",
        "-",
        "next_week_tasks",
        "-",
    ),
)


@cases(*STEPS)
def test_one_step_follows_the_other(row):
    check_step(row)


# clause, request, facts, what it asks for
REQUESTS = (
    ("SD-215.03", "swap", "", "consents: colleague"),
    ("SD-215.04", "swap", "", "needs: handover_note"),
    ("SD-215.11", "leave", "", "before: shift"),
    ("SD-215.12", "leave", "", "approvers: supervisor"),
    ("SD-215.14", "swap", "", "approvers: supervisor"),
    ("SD-215.14", "leave", "", "approvers: supervisor"),
    ("SD-233.20", "punch_card_signature", "", "approvers: supervisor; outcomes: signed refused"),
    ("SD-233.33", "going_offline", "", "approvers: supervisor; before: going_offline"),
    ("SD-233.34", "leave", "", "approvers: supervisor; before: leave"),
    ("SD-233.37", "leave", "leave=ordinary", "needs: cover_person"),
    ("SD-311.06", "shift_change", "", "approvers: supervisor; before: shift"),
    ("SD-311.07", "absence", "", "told: supervisor; before: shift"),
    (
        "SD-312.03",
        "outing",
        "",
        "approvers: direct_superior; needs: reason out_at back_at; before: departure",
    ),
)


@cases(*REQUESTS)
def test_a_request_takes_effect_when_all_is_there(row):
    check_request(row, OTHERWISE.get(row[1], ""), BASE)


# clause, matter, how, facts, targets, more
ROUTES = (
    ("SD-150.09", "unsolved_case", "owner", "", "supervisor", "at_once"),
    ("SD-150.17", "case_of_customer", "result", "customer=major", "high_priority", ""),
    ("SD-221.02", "roster", "owner", "", "supervisor", ""),
    ("SD-221.03", "open_problem", "told", "", "supervisor", ""),
    (
        "SD-221.04",
        "flagged_case",
        "owner",
        "flag=emergency|major_complaint",
        "supervisor",
        "at_once",
    ),
    ("SD-221.05", "cross_department_request", "told", "", "supervisor", ""),
    ("SD-221.06", "training_and_appraisal", "owner", "", "supervisor", ""),
    (
        "SD-221.07",
        "main_account_contact",
        "owner",
        "subject=pre_sale",
        "pre_sale_team",
        "by=subject",
    ),
    (
        "SD-221.07",
        "main_account_contact",
        "owner",
        "subject=after_sale",
        "after_sale_team",
        "by=subject",
    ),
    ("SD-221.09", "open_refund_or_dispute", "told", "", "case_owner", ""),
    ("SD-222.03", "stuck_conversation", "told", "team=pre_sale", "colleague supervisor", ""),
    ("SD-222.05", "order_remark", "told", "", "label_clerk", "at_once"),
    ("SD-223.03", "stuck_conversation", "owner", "team=after_sale", "supervisor", ""),
    ("SD-223.22", "return_without_card", "owner", "", "after_sale_team", ""),
    ("SD-223.23", "clarified_return", "owner", "wish=return", "after_sale_team", "by=wish"),
    ("SD-223.23", "clarified_return", "owner", "wish=exchange", "label_clerk", "by=wish"),
    ("SD-224.03", "label_task", "owner", "", "label_clerk", ""),
    ("SD-224.09", "label_task_done", "told", "", "requesting_agent", "at_once"),
    ("SD-233.60", "harm_of_unsigned_slip", "owner", "", "agent", ""),
    ("SD-311.05", "published_roster", "told", "", "related_departments all_on_duty", ""),
    ("SD-311.10", "changed_roster", "told", "", "related_departments all_on_duty", ""),
    ("SD-321.09", "contractor_issue", "owner", "", "director", ""),
    ("SD-322.02", "weekly_meeting_chair", "owner", "", "director", ""),
    ("SD-341.06", "suspicious_matter", "told", "", "security", "at_once"),
)


@cases(*ROUTES)
def test_a_matter_goes_where_it_belongs(row):
    check_route(row)


# clause, acts, facts, rule, more
RIGHTS = (
    (
        "SD-213.04",
        "use_department_computer",
        "person=outsider",
        "never",
        "logged except: supervisor",
    ),
    ("SD-213.06", "print_privately", "", "never", "logged except: supervisor"),
    ("SD-214.02", "work_in_account", "", "needs: own_password_set", ""),
    ("SD-214.03", "borrow_computer borrow_account", "", "never", "logged except: supervisor"),
    ("SD-214.05", "disclose_business_secret", "", "never", "logged except: department_head"),
    ("SD-214.06", "disclose_customer_data", "", "never", "logged"),
    ("SD-221.01", "edit_rulebook_draft", "", "roles: supervisor", ""),
    ("SD-222.07", "take_pre_sale_contact", "", "needs: pre_sale_login", ""),
    ("SD-222.19", "promise_faster_dispatch", "", "needs: warehouse_confirmation", ""),
    ("SD-224.07", "print_label", "order=changed", "needs: change_acknowledged", ""),
    ("SD-224.08", "process_label_request", "request=oral", "never", ""),
    ("SD-231.01", "publish_roster", "", "needs: posts_filled", ""),
    ("SD-311.02", "edit_attendance", "", "roles: attendance_clerk; barred: subject", ""),
    ("SD-331.11", "leave_for_the_day", "", "needs: day_tasks_done", "except: supervisor"),
    ("SD-350.02", "view_finances", "", "needs: finance_permission", ""),
    ("SD-350.03", "take_out_internal_document lend_internal_document", "", "never", "logged"),
)


@cases(*RIGHTS)
def test_who_may_do_it(row):
    check_access(row, ACTOR, BASE)


# clause, of, per, least, most, kinds, needs
NUMBERS = (
    (
        "SD-214.01",
        "issued_to_person",
        "employee",
        1,
        1,
        "each: computer chat_account order_system_account",
        "",
    ),
    ("SD-215.01", "punches", "shift", 2, 2, "", ""),
    ("SD-215.02", "minutes_missed", "shift", None, 0, "each: late early_leave absence", ""),
    ("SD-215.15", "on_duty", "shift", None, None, "", ""),
    ("SD-223.06", "return_slip_copies", "recall", 1, 1, "each: signed_copy courier_copy", ""),
    ("SD-233.18", "punches", "shift", 2, 2, "", ""),
    ("SD-311.01", "attendance_clerks", "department", 1, None, "", ""),
)


@cases(*NUMBERS)
def test_how_many_there_have_to_be(row):
    check_number(row)


REPORTS = (
    (
        "SD-1",
        "day_ledger",
        "SD-150.11",
        {"per": "day", "columns": "orders cases", "group_by": "agent"},
    ),
    (
        "SD-2",
        "score_sheet",
        "SD-221.11",
        {
            "per": "month",
            "columns": "changed_on rule reason points final_score money_yuan",
            "group_by": "person",
        },
    ),
    ("SD-2", "difficult_parcels", "SD-223.25", {"per": "request", "columns": "last_touch_age"}),
    (
        "SD-2",
        "reward_penalty_statistics",
        "SD-233.03",
        {"per": "month", "group_by": "person department"},
    ),
)


@pytest.mark.parametrize(
    ("code", "report", "plan"),
    [
        pytest.param(code, report, plan, id=report, marks=pytest.mark.rule(*clauses.split()))
        for code, report, clauses, plan in REPORTS
    ],
)
def test_what_a_report_holds_and_who_makes_it(code, report, plan):
    check_report(code, report, **plan)


@pytest.mark.rule("SD-120.01")
def test_the_first_rulebook_is_for_the_service_department():
    assert (
        classify(book("SD-1"), "rulebook_scope", {"department": "service_department"}).of
        == "applies"
    )
    assert classify(book("SD-1"), "rulebook_scope", {"department": "sales"}).of is None


@pytest.mark.rule("SD-150.06")
def test_the_greeting_is_the_houses():
    said = scripts(book("SD-1"), agent="小月", language="zh-hans")

    assert [(script.clause, script.text) for script in said] == [
        ("SD-150.06", "您好，我是 小月，请问有什么可以帮您？")
    ]


@pytest.mark.rule("SD-223.17")
def test_only_an_exchange_asks_which_article_instead():
    def missing(wish):
        return requirements(book("SD-2"), "return_note", (), {"wish": wish}).missing

    assert missing("exchange") == ("customer_id", "contact", "reason", "replacement_item")
    assert missing("return") == ("customer_id", "contact", "reason")
    there = ("customer_id", "contact", "reason")
    assert requirements(book("SD-2"), "return_note", there, {"wish": "return"}).complete
    assert not requirements(book("SD-2"), "return_note", there, {"wish": "exchange"}).complete


@pytest.mark.rule("SD-222.10", "SD-222.11", "SD-222.12")
@pytest.mark.parametrize(("label", "step"), [("not_printed", "void_order"), ("printed", "")])
def test_only_an_order_without_label_is_voided(label, step):
    done = [Done("check_label", label)]

    found = next_step(book("SD-2"), "paid_then_cancelled", done, facts={"label": label})

    assert found.step == step


@pytest.mark.rule("SD-215.15")
def test_how_many_stay_is_left_to_the_house():
    blank = counted(book("SD-2"), "on_duty", {"any": Decimal(0)})
    assert (blank.not_set, blank.kept) == (("SD-215.15",), True)

    two = counted(edited(book("SD-2"), "SD-215.15", at_least="2"), "on_duty", {"any": Decimal(1)})

    assert (two.kept, two.counts[0].per, two.counts[0].short) == (False, "shift", 1)


@pytest.mark.rule("SD-215.13")
def test_a_level_must_not_be_passed_over():
    two = edited(book("SD-2"), "SD-215.12", approvers=["supervisor", "manager"])
    asked = {
        "filed_at": at("08:00:00"),
        "before": {"shift": at("09:00:00"), "leave": at("09:00:00")},
        "recorded": ("cover_person",),
    }

    def standing(*approvals):
        return judge_request(
            two, "leave", Lodged(**asked, approvals=approvals), {"leave": "ordinary"}
        )

    assert standing("supervisor", "manager").effective
    passed_over = standing("manager", "supervisor")
    assert ("SD-215.13", "manager") in passed_over.missing
    assert "approval_out_of_order" in {step.key for step in passed_over.steps}
    assert not standing("manager").effective


@pytest.mark.rule("SD-223.29", "SD-223.30")
def test_no_replacement_before_the_return_but_with_the_supervisors_consent():
    def sent(returned, *consents):
        found = may(
            book("SD-2"), "send_replacement", Actor(consents=consents), {"returned_goods": returned}
        )
        return found.allowed, found.logged, found.refused_by

    assert sent("outstanding") == (False, True, ("SD-223.29",))
    assert sent("outstanding", "colleague") == (False, True, ("SD-223.29",))
    assert sent("outstanding", "supervisor") == (True, True, ())
    assert sent("received") == (True, False, ())
    without = edited(book("SD-2"), "SD-223.30", yields_to="SD-223.29")
    assert not may(
        without,
        "send_replacement",
        Actor(consents=["supervisor"]),
        {"returned_goods": "outstanding"},
    ).allowed


@pytest.mark.parametrize(
    ("clause", "occasion", "lines"),
    [
        pytest.param("SD-213.01", "conduct", (), marks=pytest.mark.rule("SD-213.01")),
        pytest.param("SD-213.02", "conduct", (), marks=pytest.mark.rule("SD-213.02")),
        pytest.param("SD-213.08", "conduct", (), marks=pytest.mark.rule("SD-213.08")),
        pytest.param(
            "SD-214.04",
            "closing",
            ("computer_off", "appliances_off"),
            marks=pytest.mark.rule("SD-214.04"),
        ),
        pytest.param(
            "SD-222.02",
            "quality",
            ("correct", "concise", "quick", "friendly"),
            marks=pytest.mark.rule("SD-222.02"),
        ),
        pytest.param(
            "SD-233.47",
            "conduct",
            ("video", "games", "leaving_post"),
            marks=pytest.mark.rule("SD-233.47"),
        ),
    ],
)
def test_on_which_sheet_a_line_stands(clause, occasion, lines):
    assert sheet(book("SD-2"), occasion)[clause] == lines


@pytest.mark.rule("SD-341.03")
def test_the_round_before_leaving():
    assert sheet(book("SD-3"), "closing")["SD-341.03"] == ("power_off", "appliances_checked")


@pytest.mark.parametrize(
    ("clause", "scored_in", "points", "fine"),
    [
        pytest.param("SD-213.01", "SD-233.47", 0, 0, marks=pytest.mark.rule("SD-213.01")),
        pytest.param("SD-213.02", "SD-233.27", 0, 50, marks=pytest.mark.rule("SD-213.02")),
        pytest.param("SD-213.08", "SD-233.62", 5, 0, marks=pytest.mark.rule("SD-213.08")),
        pytest.param("SD-214.04", "SD-214.04", 0, 0, marks=pytest.mark.rule("SD-214.04")),
        pytest.param("SD-222.02", "SD-222.02", 0, 0, marks=pytest.mark.rule("SD-222.02")),
        pytest.param("SD-233.47", "SD-233.47", 0, 0, marks=pytest.mark.rule("SD-233.47")),
    ],
)
def test_what_a_ticked_line_costs(clause, scored_in, points, fine):
    found = checklist_tally(book("SD-2"), {clause: 1})

    assert (found.points, found.fine) == (points, fine)
    assert [step.clause for step in found.steps] == [scored_in]
