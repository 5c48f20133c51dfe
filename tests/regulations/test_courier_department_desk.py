"""The courier department: forms, choices, texts, steps, requests, rights, numbers and reports, on policy alone."""

from datetime import time
from decimal import Decimal

import pytest

from kefu.policy.measures import classify, ratios
from kefu.policy.requirements import checklist_tally, composed, requirements, sheet
from tests.regulations.desk import (
    book,
    cases,
    check_access,
    check_choice,
    check_cycle,
    check_form,
    check_number,
    check_report,
    check_request,
    check_route,
    check_somebody_else,
    check_step,
    check_text,
    check_words,
)

BASE = {
    "taken_out": "none",
    "reached": "none",
    "phone_on_waybill": "none",
    "unreachable_reason": "none",
    "changed": "none",
    "pickup_answer": "none",
    "problem": "none",
    "trigger": "none",
    "routing_text": "none",
    "settlement": "none",
    "pieces": "none",
    "slips": "none",
    "account": "none",
}

ACTOR = {"role": "agent", "relations": [], "recorded": ["reason", "delivery_scan"]}

# What the other clauses about a request ask for.
OTHERWISE: dict[str, str] = {}

# clause, form, facts, fields
FORMS = (
    ("CD-04.04", "bulk_online_post", "", "goods_in_warehouse waybill_present"),
    ("CD-04.06", "problem_parcel_closing", "", "out_scan"),
    ("CD-04.08", "leftover_post", "trigger=afternoon_round_closed", "reason"),
    ("CD-04.12", "leftover_post", "trigger=city_driver_left", "reason"),
    ("CD-04.26", "stored_parcel", "", "reason"),
    ("CD-04.27", "online_post", "problem=nobody_home|phone_off|self_pickup", "contact_attempt"),
    ("CD-04.29", "shift_handover", "", "open_items giver_signature taker_signature"),
    ("CD-06.17", "forwarding_record", "account=monthly", "weight fee"),
    ("CD-06.23", "missent_parcel", "routing_text=missing", "correct_destination"),
    ("CD-06.24", "missent_parcel", "routing_text=wrong", "old_destination correct_destination"),
    ("CD-07.07", "undelivered_parcel", "", "problem_scan"),
    ("CD-07.10", "change_to_self_pickup", "", "message problem_scan"),
    ("CD-07.14", "damaged_inside_closing", "", "message_sent"),
    ("CD-07.18", "receipt_batch", "slips=collect", "collect_slips_on_top deliverer_name"),
    (
        "CD-08.01",
        "miswriting_line",
        "",
        "waybill_number origin province written_destination correct_destination",
    ),
    ("CD-08.05", "miswriting_line", "", "waybill_number origin_verified"),
    ("CD-08.09", "report_contact", "", "contact phone chat_account"),
    (
        "CD-09.03",
        "problem_record",
        "problem=address_unclear taken_out=yes",
        "contact_confirmed correct_address requested_delivery_time",
    ),
    (
        "CD-09.04",
        "problem_record",
        "problem=address_unclear reached=no",
        "contacted_at unreachable_reason",
    ),
    (
        "CD-09.05",
        "problem_record",
        "problem=address_unclear|address_moved|nobody_home phone_on_waybill=yes",
        "every_number_called",
    ),
    (
        "CD-09.06",
        "problem_record",
        "problem=address_unclear reached=no unreachable_reason=no_answer",
        "contacted_hour_and_minute",
    ),
    (
        "CD-09.08",
        "problem_record",
        "problem=address_moved reached=yes",
        "contact_confirmed full_new_address",
    ),
    (
        "CD-09.09",
        "problem_record",
        "problem=address_moved reached=no",
        "contacted_at unreachable_reason",
    ),
    (
        "CD-09.11",
        "unreachable_reason",
        "problem=address_moved reached=no unreachable_reason=no_answer",
        "contacted_hour_and_minute",
    ),
    ("CD-09.12", "problem_record", "problem=address_change", "full_new_address"),
    ("CD-09.16", "problem_record", "problem=nobody_home", "attempt_date attempt_hour_and_minute"),
    ("CD-09.17", "refusal_reason", "problem=collect_refused", "refusal_reason"),
    ("CD-09.19", "pickup_answer", "problem=out_of_area", "pickup_answer"),
    (
        "CD-09.20",
        "problem_record",
        "problem=out_of_area pickup_answer=in_some_days|no_time_today",
        "pickup_date",
    ),
    ("CD-09.21", "problem_record", "problem=opened_inspection", "detailed_reason"),
    ("CD-09.22", "opened_parcel_notice", "", "notified_party notified_at"),
    ("CD-09.23", "bring_back", "problem=opened_inspection", "notified"),
    ("CD-09.24", "problem_record", "problem=self_pickup", "pickup_time pickup_place"),
    ("CD-09.27", "return_asked_by", "problem=returned", "return_asked_by reason"),
    ("CD-10.03", "receipt_entry", "settlement=collect", "signer_name collect_price"),
    ("CD-10.06", "receipt_entry", "pieces=several", "signer_name pieces"),
    ("CD-10.14", "receipt_number", "barcode=none", "number_typed_in"),
    ("CD-10.17", "receipt_batch", "", "courier_or_driver receipt_count date"),
    ("CD-10.18", "receipt_batch", "slips=collect", "collect_slip_count"),
    ("CD-12.78", "fault_case_closing", "shipment=outgoing responsibility=evident", "report"),
    ("CD-13.05", "penalty_record", "", "clause rulebook_version"),
    ("CD-13.09", "post_rotation", "", "department from_on"),
    ("CD-13.10", "case_archive", "", "attachments archive_state"),
    ("CD-13.16", "complaint_review", "", "root_cause improvement_action"),
)


@cases(*FORMS)
def test_a_form_is_accepted_only_with_what_the_regulation_asks_for(row):
    check_form(row, BASE)


# clause, list, facts, keys
CHOICES = (
    ("CD-01.02", "department", "", "查询部 业务部 驻点部 报告部 处理部 前台 仓库管理办公室"),
    ("CD-01.06", "contact_party", "", "客户 公司 业务员 驾驶员"),
    ("CD-01.09", "record_type", "", "建议 投诉"),
    ("CD-03.07", "weather_warning_audience", "", "业务员 驾驶员"),
    ("CD-03.08", "closing_forms", "", "现付面单 到付面单"),
    ("CD-04.02", "granted_duty", "department=warehouse_office", "agent_desk scanning"),
    ("CD-05.01", "call_script", "", "opening closing"),
    ("CD-06.20", "inquiry_chat_accounts", "", ""),
    ("CD-06.33", "announced_changes", "", "人员更换 电话变更 派送范围变更"),
    ("CD-07.04", "notice_sources", "", "总部 片区"),
    ("CD-08.09", "report_contact", "", ""),
    (
        "CD-09.07",
        "unreachable_reason",
        "problem=address_unclear reached=no",
        "phone_fault not_connected busy suspended no_answer other",
    ),
    (
        "CD-09.11",
        "unreachable_reason",
        "problem=address_moved reached=no",
        "phone_fault not_connected busy suspended no_answer other",
    ),
    (
        "CD-09.15",
        "nobody_home_remark",
        "problem=nobody_home reached=no",
        "not_connected no_answer suspended switched_off",
    ),
    (
        "CD-09.17",
        "refusal_reason",
        "problem=collect_refused",
        "too_expensive takes_no_collect no_invoice",
    ),
    (
        "CD-09.19",
        "pickup_answer",
        "problem=out_of_area",
        "willing unwilling no_time_today in_some_days",
    ),
    ("CD-09.25", "pickup_place", "problem=self_pickup", "branch head_office"),
    ("CD-09.27", "return_asked_by", "problem=returned", "sending_company recipient"),
    ("CD-12.02", "work_item_state", "", "done pending untouched"),
    (
        "CD-12.25",
        "assessed_department",
        "",
        "query business on_site report processing front warehouse",
    ),
    ("CD-13.07", "library_document", "", "process_chart post_description lesson"),
    ("CD-13.11", "customer_file_part", "", "class orders inquiries complaints"),
    ("CD-13.25", "work_summary_part", "", "situation results lessons next_steps"),
)


@cases(*CHOICES)
def test_these_are_the_choices_and_no_others(row):
    check_choice(row)


# clause, form, facts, values, recorded, words
WORDS = (
    (
        "CD-04.15",
        "return_label",
        "return_asked_by=network",
        {"company": "江城"},
        "out_scan home_city_struck_out",
        "应对方要求退回 江城",
    ),
    ("CD-04.23", "outbound_return", "", {"person": "王强"}, "reason", "退回 王强"),
    (
        "CD-06.18",
        "forwarding_mark",
        "account=contractor",
        {"carrier": "邮政"},
        "weight",
        "转寄 邮政",
    ),
    ("CD-06.21", "destination_check", "decision=send", {}, "", "发"),
    ("CD-06.22", "destination_check", "decision=return", {"courier": "王强"}, "", "退 王强"),
    (
        "CD-07.13",
        "damaged_receipt",
        "outside=intact inside=damaged",
        {"signer_name": "李梅"},
        "",
        "李梅拒收",
    ),
    (
        "CD-07.20",
        "missorted_message",
        "",
        {"storefront_name": "东门"},
        "message",
        "错分，营业厅 东门",
    ),
    (
        "CD-09.14",
        "nobody_home_remark",
        "problem=nobody_home reached=yes agreed=tomorrow",
        {},
        "",
        "无人在家，已约次日派送",
    ),
    ("CD-09.26", "missorted_remark", "problem=missorted", {}, "", "错分件"),
    ("CD-10.07", "signature_entry", "signature=full_name", {"full_name": "王强"}, "", "王强"),
    (
        "CD-10.09",
        "signature_entry",
        "signature=surname",
        {"surname": "王", "unreadable_characters": 2},
        "",
        "王,,",
    ),
    ("CD-10.10", "signature_entry", "signature=given_name", {"given_name": "强"}, "", ",强"),
    ("CD-10.11", "signature_entry", "signature=illegible", {}, "", "草签"),
    ("CD-10.12", "signature_entry", "signature=missing", {}, "", "已收"),
    ("CD-10.13", "signature_entry", "signature=stamp", {}, "", "邮件签收章"),
    (
        "CD-10.15",
        "receipt_number",
        "barcode=partial",
        {"barcode_digits": "7712", "lower_left_digits": "3456"},
        "",
        "77123456",
    ),
    ("CD-11.02", "customer_invoice", "fee=warehouse_entry", {}, "", "进仓费"),
    (
        "CD-11.10",
        "fee_slip",
        "party=contractor fee_case=warehouse_entry|forwarding|rival_carrier|logistics_forwarding",
        {},
        "",
        "费用已付",
    ),
)


@cases(*WORDS)
def test_the_words_that_belong_there(row):
    check_words(row)


# clause, field, facts, refused, accepted
TEXTS = (
    ("CD-09.10", "problem_remark", "problem=address_moved", "搬地方/ 搬地方 ", "搬到和平路 8 号"),
    ("CD-10.04", "signature", "", "12345/１２３", "王强/王强 2"),
    ("CD-10.08", "signature", "", "本人签收/本人", "王本人"),
)


@cases(*TEXTS)
def test_what_an_entry_must_not_be(row):
    check_text(row)


# clause, process, position, facts, done, step, by, needs, outcomes
STEPS = (
    (
        "CD-04.09",
        "morning_bulk_collection",
        1,
        "",
        "",
        "check_collection",
        "warehouse_office",
        "driver_named every_parcel_ticked",
        "-",
    ),
    (
        "CD-04.10",
        "morning_bulk_collection",
        2,
        "",
        "check_collection",
        "tidy_warehouse",
        "warehouse_assistant",
        "all_drivers_collected",
        "-",
    ),
    (
        "CD-05.22",
        "phone_rectification",
        1,
        "",
        "",
        "order_rectification",
        "manager",
        "due_on",
        "more_seats more_delivery_capacity",
    ),
    (
        "CD-05.22",
        "phone_rectification",
        1,
        "",
        "order_rectification:more_seats",
        "rectify",
        "liable_outlet",
        "-",
        "-",
    ),
    (
        "CD-05.22",
        "phone_rectification",
        1,
        "",
        "order_rectification:more_seats rectify",
        "recheck",
        "manager",
        "-",
        "in_time overdue",
    ),
    (
        "CD-05.28",
        "repeat_complaint_upward",
        1,
        "coordination=none",
        "",
        "coordinate",
        "area_office_or_head_office",
        "-",
        "settled failed",
    ),
    (
        "CD-05.28",
        "repeat_complaint_upward",
        1,
        "!coordination=failed",
        "coordinate:settled",
        "contact_origin",
        "area_office_or_head_office",
        "promise_logged",
        "-",
    ),
    ("CD-06.14", "forwarding", 1, "", "", "weigh", "front_desk", "weight", "-"),
    ("CD-06.14", "forwarding", 1, "", "weigh", "register", "front_desk", "register_line", "-"),
    ("CD-06.14", "forwarding", 1, "", "weigh register", "pack", "front_desk", "-", "-"),
    (
        "CD-06.15",
        "unserved_destination",
        1,
        "",
        "",
        "decide",
        "courier",
        "-",
        "forward return_to_sender",
    ),
    (
        "CD-06.26",
        "unknown_destination",
        1,
        "recipient=none",
        "",
        "call_recipient",
        "-",
        "-",
        "reached unreachable",
    ),
    (
        "CD-06.26",
        "unknown_destination",
        1,
        "!recipient=unreachable",
        "call_recipient:reached",
        "notify_sending_company",
        "inbound_desk",
        "source",
        "-",
    ),
    ("CD-13.01", "weekly_exchange_meeting", 1, "", "", "meet", "-", "attendance", "-"),
    ("CD-13.01", "weekly_exchange_meeting", 1, "", "meet", "write_minutes", "-", "minutes", "-"),
    (
        "CD-13.01",
        "weekly_exchange_meeting",
        1,
        "",
        "meet write_minutes",
        "assign_actions",
        "-",
        "action_items",
        "-",
    ),
    ("CD-13.02", "weekly_training", 1, "", "", "plan", "-", "training_plan", "-"),
    ("CD-13.02", "weekly_training", 1, "", "plan", "train", "-", "attendance", "-"),
    ("CD-13.03", "department_goals", 1, "", "", "set_goals", "supervisor", "goals", "-"),
    (
        "CD-13.03",
        "department_goals",
        1,
        "",
        "set_goals",
        "publish",
        "supervisor",
        "published_on",
        "-",
    ),
    (
        "CD-13.03",
        "department_goals",
        1,
        "",
        "set_goals publish",
        "show_progress",
        "supervisor",
        "progress",
        "-",
    ),
    ("CD-13.06", "one_to_one_talk", 1, "", "", "talk", "supervisor", "talk_notes", "-"),
    ("CD-13.08", "lesson_learnt", 1, "", "", "link_case", "-", "closed_case", "-"),
    ("CD-13.08", "lesson_learnt", 1, "", "link_case", "propose_change", "-", "proposal", "-"),
    (
        "CD-13.08",
        "lesson_learnt",
        1,
        "",
        "link_case propose_change",
        "decide",
        "supervisor",
        "-",
        "adopted rejected",
    ),
    (
        "CD-13.14",
        "satisfaction_survey",
        1,
        "!case=inquiry|claim",
        "",
        "ask_score",
        "-",
        "score",
        "-",
    ),
    (
        "CD-13.14",
        "satisfaction_survey",
        1,
        "case=none",
        "",
        "publish_rate",
        "supervisor",
        "monthly_rate",
        "-",
    ),
    ("CD-13.15", "holiday_greetings", 1, "", "", "list_customers", "-", "customer_list", "-"),
    ("CD-13.15", "holiday_greetings", 1, "", "list_customers", "greet", "-", "greeted_at", "-"),
    ("CD-13.17", "front_line_training", 1, "", "", "plan", "-", "training_plan", "-"),
    (
        "CD-13.17",
        "front_line_training",
        1,
        "",
        "plan",
        "train_branches",
        "-",
        "branch_attendance",
        "-",
    ),
    (
        "CD-13.17",
        "front_line_training",
        1,
        "",
        "plan train_branches",
        "train_storefronts",
        "-",
        "storefront_attendance",
        "-",
    ),
    ("CD-13.20", "pre_shift_check", 1, "", "", "self_check", "-", "self_check_ticked", "-"),
    (
        "CD-13.20",
        "pre_shift_check",
        1,
        "",
        "self_check",
        "mutual_check",
        "colleague",
        "mutual_check_ticked",
        "-",
    ),
    ("CD-13.21", "work_review", 1, "", "", "review", "supervisor", "review_note", "-"),
    ("CD-13.26", "outsourced_inspection", 1, "", "", "inspect", "supervisor", "findings", "-"),
    (
        "CD-13.26",
        "outsourced_inspection",
        1,
        "",
        "inspect",
        "assess",
        "supervisor",
        "assessment",
        "-",
    ),
    ("CD-13.27", "onboarding", 1, "", "", "open_accounts", "supervisor", "account_opened", "-"),
    (
        "CD-13.27",
        "onboarding",
        1,
        "",
        "open_accounts",
        "read_rules",
        "new_employee",
        "acknowledgement",
        "-",
    ),
    (
        "CD-13.27",
        "onboarding",
        1,
        "",
        "open_accounts read_rules",
        "tick_list",
        "supervisor",
        "onboarding_list_ticked",
        "-",
    ),
    ("CD-13.28", "emergency_drill", 1, "", "", "write_playbook", "supervisor", "playbook", "-"),
    ("CD-13.28", "emergency_drill", 1, "", "write_playbook", "drill", "-", "drill_record", "-"),
)


@cases(*STEPS)
def test_one_step_follows_the_other(row):
    check_step(row)


# clause, process, done, step
OTHERS = (("CD-13.20", "pre_shift_check", "self_check", "mutual_check"),)


@cases(*OTHERS)
def test_another_person_does_it(row):
    check_somebody_else(row)


# clause, process, per, times, optional
CYCLES = (
    ("CD-13.01", "weekly_exchange_meeting", "week", 1, True),
    ("CD-13.02", "weekly_training", "week", 1, True),
    ("CD-13.03", "department_goals", None, None, True),
    ("CD-13.06", "one_to_one_talk", "month", 1, True),
    ("CD-13.08", "lesson_learnt", None, None, True),
    ("CD-13.14", "satisfaction_survey", "month", 1, True),
    ("CD-13.15", "holiday_greetings", None, None, True),
    ("CD-13.17", "front_line_training", None, None, True),
    ("CD-13.20", "pre_shift_check", "day", 1, True),
    ("CD-13.21", "work_review", None, None, True),
    ("CD-13.26", "outsourced_inspection", None, None, True),
    ("CD-13.27", "onboarding", None, None, True),
    ("CD-13.28", "emergency_drill", None, None, True),
)


@cases(*CYCLES)
def test_how_often_and_whether_the_house_switches_it_on(row):
    check_cycle(row)


# clause, request, facts, what it asks for
REQUESTS = (
    ("CD-02.11", "swap", "", "approvers: supervisor"),
    ("CD-02.10", "outing", "", "told: supervisor; late: emergency_explained; before: departure"),
    ("CD-02.12", "absence", "", "told: supervisor; before: shift"),
    ("CD-02.13", "leave", "", "approvers: supervisor"),
    ("CD-05.24", "contact_change", "", "before: effective_date"),
)


@cases(*REQUESTS)
def test_a_request_takes_effect_when_all_is_there(row):
    check_request(row, OTHERWISE.get(row[1], ""), BASE)


# clause, matter, how, facts, targets, more
ROUTES = (
    ("CD-01.04", "customer_question", "result", "question=coverage", "answered", "by=question"),
    (
        "CD-01.04",
        "customer_question",
        "result",
        "question=price",
        "courier_contact_given",
        "by=question",
    ),
    ("CD-03.16", "courier_call", "result", "", "answered_first", "at_once"),
    ("CD-06.12", "supplies_running_low", "told", "", "supervisor", ""),
    ("CD-07.05", "network_change", "told", "", "courier", ""),
    ("CD-01.07", "claim", "owner", "", "customer_service", ""),
    ("CD-04.21", "stored_parcel", "result", "parcel=small_return", "zone_a", "by=parcel"),
    ("CD-04.21", "stored_parcel", "result", "parcel=missent", "zone_a", "by=parcel"),
    ("CD-04.21", "stored_parcel", "result", "parcel=bulk", "zone_b", "by=parcel"),
    ("CD-05.04", "contractor_complaint", "owner", "", "parent_outlet", ""),
    ("CD-07.16", "prohibited_goods_found", "result", "", "return_at_once", "at_once"),
    (
        "CD-09.01",
        "problem_parcel",
        "owner",
        "problem=address_unclear contractor=known_with_premises",
        "contractor",
        "",
    ),
    (
        "CD-09.02",
        "problem_parcel",
        "owner",
        "problem=address_unclear contractor=unknown|known_without_premises",
        "company_desk",
        "",
    ),
    ("CD-12.27", "inquiry", "owner", "", "query_desk", ""),
    ("CD-12.28", "order", "owner", "", "business_desk", ""),
    ("CD-12.29", "report_case", "owner", "direction=incoming", "report_desk", "by=direction"),
    ("CD-12.29", "report_case", "owner", "direction=outgoing", "report_desk", "by=direction"),
    ("CD-12.30", "incoming_report", "told", "", "person_concerned", "times=2"),
    ("CD-12.31", "incoming_message", "owner", "message=no_outlet", "processing_desk", "by=message"),
    ("CD-12.31", "incoming_message", "owner", "message=forwarded", "processing_desk", "by=message"),
    ("CD-12.31", "incoming_message", "owner", "message=damaged", "processing_desk", "by=message"),
    ("CD-12.31", "incoming_message", "owner", "message=problem", "processing_desk", "by=message"),
    ("CD-12.34", "outgoing_message", "owner", "", "warehouse_office", ""),
    ("CD-12.50", "front_desk_cleaning", "owner", "", "front_desk", ""),
)


@cases(*ROUTES)
def test_a_matter_goes_where_it_belongs(row):
    check_route(row)


# clause, acts, facts, rule, more
RIGHTS = (
    ("CD-04.28", "post_online", "time_of_day=evening", "roles: warehouse_office", ""),
    (
        "CD-09.28",
        "post_message",
        "problem=refused refusal_cause=not_carried_upstairs|bad_attitude",
        "never",
        "",
    ),
    ("CD-09.29", "post_message return_parcel", "", "needs: reason", ""),
    ("CD-09.32", "return_parcel", "", "needs: delivery_scan", ""),
    ("CD-10.16", "enter_receipt", "upper_digits=incomplete lower_digits=incomplete", "never", ""),
    ("CD-12.03", "set_targets", "", "roles: supervisor", ""),
)


@cases(*RIGHTS)
def test_who_may_do_it(row):
    check_access(row, ACTOR, BASE)


# clause, of, per, least, most, kinds, needs
NUMBERS = (
    ("CD-10.02", "missed_receipt_entries", "person", None, 0, "", ""),
    ("CD-12.51", "cleaning_checks", "week", 6, None, "", ""),
    ("CD-13.22", "responsible_persons", "case", 1, 1, "", ""),
)


@cases(*NUMBERS)
def test_how_many_there_have_to_be(row):
    check_number(row)


REPORTS = (
    (
        "CD",
        "messages_without_out_scan",
        "CD-04.07",
        {"per": "day", "columns": "waybill_number handler"},
    ),
    (
        "CD",
        "forwarding_slips",
        "CD-06.19",
        {"needs": "handover_signature", "recipients": "finance"},
    ),
    (
        "CD",
        "miswriting_list",
        "CD-08.02 CD-08.06 CD-08.10",
        {"per": "month", "group_by": "province origin", "needs": "electronic_list", "frozen": True},
    ),
    (
        "CD",
        "missing_receipts",
        "CD-10.05",
        {"per": "day", "columns": "not_handed_in not_registered", "group_by": "courier"},
    ),
    (
        "CD",
        "call_audit",
        "CD-12.08",
        {"steps": "check=supervisor", "needs": "random_sample audit_form"},
    ),
    ("CD", "delivery_statistics", "CD-12.33", {"per": "day", "steps": "prepare=front_desk"}),
    ("CD", "collect_list", "CD-12.33", {"per": "day", "steps": "prepare=front_desk"}),
    (
        "CD",
        "pay_and_promotion_path",
        "CD-13.04",
        {
            "per": "request",
            "columns": "next_seniority_step promotion_steps",
            "group_by": "employee",
        },
    ),
    (
        "CD",
        "customer_statistics",
        "CD-13.13",
        {"per": "request", "columns": "volume complaints claims", "group_by": "customer"},
    ),
    (
        "CD",
        "feedback_without_follow_up",
        "CD-13.23",
        {"per": "request", "columns": "age", "group_by": "complaint suggestion request_case"},
    ),
    (
        "CD",
        "cumulative_cases",
        "CD-13.24",
        {"per": "year", "columns": "cases", "group_by": "case_type department"},
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


CD = book("CD")


@pytest.mark.rule("CD-09.13")
@pytest.mark.parametrize(
    ("changed", "asked"),
    [
        ("recipient", ("new_recipient",)),
        ("phone", ("new_phone",)),
        ("recipient_and_phone", ("new_recipient", "new_phone")),
        ("nothing", ()),
    ],
)
def test_only_what_changed_is_asked_for(changed, asked):
    facts = BASE | {"problem": "address_change", "changed": changed}

    found = requirements(CD, "problem_record", ("full_new_address",), facts)

    assert found.missing == asked
    assert (
        not asked
        or requirements(CD, "problem_record", ("full_new_address", *asked), facts).complete
    )
    for name in asked[1:]:
        assert (
            requirements(CD, "problem_record", ("full_new_address", name), facts).missing
            == asked[:1]
        )
    other = requirements(CD, "problem_record", (), BASE | {"changed": changed})
    assert "CD-09.13" not in {step.clause for step in other.steps}


@pytest.mark.rule("CD-05.15")
@pytest.mark.parametrize("service", ["lookup", "fax"])
@pytest.mark.parametrize(("days", "owed"), [(0, "owed"), (180, "owed"), (181, None)])
def test_a_receipt_is_looked_up_or_faxed_for_180_days(service, days, owed):
    found = classify(
        CD, "receipt_service", {"service": service}, {"receipt_age_days": Decimal(days)}
    )

    assert found.of == owed
    assert classify(CD, "receipt_service", {"service": "letter"}, {}).of is None


@pytest.mark.rule("CD-03.01")
@pytest.mark.parametrize(("minutes", "duty"), [("4.99", None), ("5", "busy_and_told")])
def test_whoever_is_away_for_five_minutes_is_busy_and_has_said_so(minutes, duty):
    found = classify(CD, "away_from_seat", numbers={"minutes_away": Decimal(minutes)})

    assert found.of == duty


@pytest.mark.rule("CD-06.25")
def test_a_missent_parcel_with_the_right_text_was_sorted_wrongly():
    assert classify(CD, "missent_cause", {"routing_text": "correct"}).of == "sorting_error"
    assert classify(CD, "missent_cause", {"routing_text": "wrong"}).of is None


@pytest.mark.rule("CD-07.09")
def test_parcels_of_the_same_city_need_no_message():
    assert classify(CD, "message_duty", {"destination": "same_city"}).of == "exempt"
    assert classify(CD, "message_duty", {"destination": "elsewhere"}).of is None


@pytest.mark.rule("CD-13.12")
def test_how_complete_the_slips_of_each_clerk_are():
    found = ratios(
        CD,
        "slip_completeness",
        {"0881": (Decimal(19), Decimal(20)), "0882": (Decimal(1), Decimal(3))},
    )

    assert [(part.name, str(part.percent)) for part in found.parts] == [
        ("0881", "95.0"),
        ("0882", "33.3"),
    ]
    assert (str(found.total.percent), found.by, found.per) == ("87.0", ("clerk",), ())
    assert said_of(found) == ("complete slips", "slips")


@pytest.mark.parametrize(
    ("rate", "part", "whole", "percent", "reached", "per", "words"),
    [
        pytest.param(
            "satisfaction",
            96,
            100,
            "96.0",
            True,
            (),
            ("satisfied answers", "answers"),
            marks=pytest.mark.rule("CD-13.18"),
        ),
        pytest.param(
            "satisfaction",
            9599,
            10000,
            "96.0",
            False,
            (),
            ("satisfied answers", "answers"),
            marks=pytest.mark.rule("CD-13.18"),
        ),
        pytest.param(
            "satisfaction", 0, 0, None, None, (), None, marks=pytest.mark.rule("CD-13.18")
        ),
        pytest.param(
            "collection",
            95,
            100,
            "95.0",
            True,
            ("year",),
            ("collected", "due"),
            marks=pytest.mark.rule("CD-13.19"),
        ),
        pytest.param(
            "collection",
            9499,
            10000,
            "95.0",
            False,
            ("year",),
            ("collected", "due"),
            marks=pytest.mark.rule("CD-13.19"),
        ),
    ],
)
def test_a_target_is_reached_by_the_exact_share_and_not_by_the_rounded_one(
    rate, part, whole, percent, reached, per, words
):
    found = ratios(CD, rate, {"all": (Decimal(part), Decimal(whole))})

    assert found.total.percent == (percent and Decimal(percent))
    assert percent is None or str(found.total.percent) == percent
    assert (found.reached, found.per, found.parts) == (reached, per, ())
    assert words is None or said_of(found) == words


def said_of(found):
    inputs = found.steps[0].inputs
    return inputs["what"]["en"], inputs["out_of"]["en"]


@pytest.mark.parametrize(
    ("clause", "scored_in", "each"),
    [
        pytest.param("CD-02.02", "CD-12.57", "0.5", marks=pytest.mark.rule("CD-02.02")),
        pytest.param("CD-12.27", "CD-12.27", "0.5", marks=pytest.mark.rule("CD-12.27")),
        pytest.param("CD-12.28", "CD-12.28", "0.5", marks=pytest.mark.rule("CD-12.28")),
        pytest.param("CD-12.29", "CD-12.29", "0.5", marks=pytest.mark.rule("CD-12.29")),
        pytest.param("CD-12.32", "CD-12.32", "0.5", marks=pytest.mark.rule("CD-12.32")),
        pytest.param("CD-12.34", "CD-12.34", "0.5", marks=pytest.mark.rule("CD-12.34")),
        pytest.param("CD-12.43", "CD-12.43", "0.2", marks=pytest.mark.rule("CD-12.43")),
    ],
)
def test_what_a_ticked_line_takes_off(clause, scored_in, each):
    once, thrice = checklist_tally(CD, {clause: 1}), checklist_tally(CD, {clause: 3})

    assert (once.points, once.fine) == (Decimal(each), 0)
    assert thrice.points == 3 * Decimal(each)
    assert [step.clause for step in once.steps] == [scored_in]


@pytest.mark.parametrize(
    ("clause", "occasion"),
    [
        pytest.param("CD-02.02", "conduct", marks=pytest.mark.rule("CD-02.02")),
        pytest.param("CD-12.19", "conduct", marks=pytest.mark.rule("CD-12.19")),
        pytest.param("CD-12.22", "conduct", marks=pytest.mark.rule("CD-12.22")),
        pytest.param("CD-12.59", "conduct", marks=pytest.mark.rule("CD-12.59")),
        pytest.param("CD-12.63", "conduct", marks=pytest.mark.rule("CD-12.63")),
        pytest.param("CD-12.32", "conduct", marks=pytest.mark.rule("CD-12.32")),
        pytest.param("CD-12.43", "spot_check", marks=pytest.mark.rule("CD-12.43")),
    ],
)
def test_on_which_sheet_a_line_stands(clause, occasion):
    assert sheet(CD, occasion)[clause] == ()


@pytest.mark.rule("CD-12.22")
def test_work_begins_at_eight():
    assert CD["CD-12.22"].at == time(8, 0)


@pytest.mark.rule("CD-10.09")
@pytest.mark.parametrize(("unreadable", "entry"), [(0, "王"), (1, "王,"), (2, "王,,")])
def test_a_comma_for_each_character_nobody_can_read(unreadable, entry):
    found = composed(
        CD,
        "signature_entry",
        {"signature": "surname"},
        values={"surname": "王"},
        counts={"unreadable_characters": unreadable},
    )

    assert found.text == entry
    assert composed(
        CD, "signature_entry", {"signature": "surname"}, values={"surname": "王"}
    ).missing == ("unreadable_characters",)
