"""The express regime: forms, choices, texts, steps, requests, rights, numbers and reports, on policy alone."""

from decimal import Decimal

import pytest

from kefu.policy.measures import classify, counted
from kefu.policy.requirements import judge_text, prevailing
from tests.policy.books import edited
from tests.regulations.desk import (
    book,
    cases,
    check_access,
    check_choice,
    check_form,
    check_loop,
    check_number,
    check_report,
    check_request,
    check_route,
    check_step,
    check_text,
    check_words,
)

BASE = {"customer": "none", "category": "none"}

ACTOR = {"role": "agent", "relations": [], "recorded": []}

# What the other clauses about a request ask for.
OTHERWISE: dict[str, str] = {}

# clause, form, facts, fields
FORMS = (
    ("ES-111.01", "employee_bound", "", "acknowledgement"),
    ("ES-116.02", "active_employee", "", "post_description attendance_record assessment_record"),
    ("ES-121.02", "external_reason", "", "external_reason"),
    ("ES-203.14", "tracking_inquiry", "", "any: waybill_number sender_phone recipient_phone"),
    ("ES-203.17", "shipping_request_told", "", "fee delivery_on notes"),
    ("ES-122.02", "candidate_evaluation", "", "job_knowledge attitude skills potential experience"),
    ("ES-123.02", "joining_documents", "", "offer_letter id_card credentials photos"),
    ("ES-124.02", "probation", "", "coaching_supervisor pre_job_training"),
    ("ES-133.09", "leave_type", "", "leave_type period reason handover"),
    ("ES-134.01", "uniform_issue", "", "item issued_on holder price_yuan"),
    ("ES-302.01", "complaint_category", "", "complaint_category"),
    ("ES-302.02", "complaint_channel", "", "complaint_channel"),
    (
        "ES-303.02",
        "complaint_registration",
        "",
        "customer_name contact waybill_number problem demand",
    ),
    ("ES-303.03", "complaint_registration", "", "phone_checked waybill_checked"),
    ("ES-303.04", "fact_questions", "customer=agitated", "customer_calmed"),
    ("ES-303.12", "complaint_solution", "category=delay", "apology delay_reason"),
    ("ES-303.22", "negotiation_round", "", "negotiated_at proposal customer_reply"),
    ("ES-303.24", "follow_up_questions", "", "satisfied further_needs"),
    ("ES-303.25", "follow_up_record", "", "followed_up_at result agent"),
    ("ES-402.02", "parcel_handed_in", "", "id_number"),
    (
        "ES-402.03",
        "parcel_record",
        "",
        "waybill_number item_type weight picked_up_at transit_times delivered_at signature",
    ),
    ("ES-403.01", "customer_data_entry", "", "privacy_notice_given"),
    ("ES-404.10", "transfer_channel", "", "case"),
    ("ES-405.01", "data_purpose", "", "data_purpose"),
    ("ES-502.01", "emergency_type", "", "emergency_type stage started_at owner"),
    ("ES-502.03", "disaster_preparation", "", "delay_script"),
    ("ES-502.06", "customer_wish", "", "customer_wish"),
    ("ES-502.12", "failure_description", "", "system symptom error_text"),
    ("ES-502.14", "failure_waiting_list", "", "contact need"),
    ("ES-502.16", "recovery_notice", "", "published_on_website published_on_official_account"),
    ("ES-502.23", "mass_notice_channel", "", "all_complainants_told"),
    ("ES-503.03", "paper_record_entry", "", "waybill_number original_time"),
    ("ES-503.04", "emergency_contacts", "", "tech_department outlet_heads"),
    ("ES-604.01", "training_archive", "", "trained_on content result"),
    ("ES-604.04", "one_to_one_talk", "", "talked_on strengths weaknesses"),
    ("ES-604.05", "improvement_plan", "", "action due_on"),
)


@cases(*FORMS)
def test_a_form_is_accepted_only_with_what_the_regulation_asks_for(row):
    check_form(row, BASE)


# clause, list, facts, keys
CHOICES = (
    (
        "ES-121.02",
        "external_reason",
        "",
        "no_suitable_internal demand_exceeds_internal special_skill",
    ),
    ("ES-123.04", "personnel_file_part", "", "post_changes rewards discipline training"),
    ("ES-131.06", "shift_source", "", "roster default_shift"),
    (
        "ES-132.07",
        "day_type_source",
        "",
        "statutory state_rest_day state_adjusted_workday week_pattern",
    ),
    ("ES-133.09", "leave_type", "", "sick personal marriage maternity other"),
    ("ES-135.01", "issued_equipment", "", "protective stationery vehicle"),
    ("ES-202.01", "agent_channel", "", "线上 线下 电话"),
    ("ES-203.08", "polite_phrases", "", "请 麻烦您 很抱歉 谢谢您的谅解"),
    ("ES-203.13", "first_contact_topics", "", "查件 寄件流程 费用"),
    ("ES-302.01", "complaint_category", "", "delay lost damaged attitude other"),
    ("ES-302.02", "complaint_channel", "", "phone online outlet other"),
    ("ES-302.12", "complaint_class", "", "major general"),
    ("ES-402.01", "customer_data", "", "name contact sender_address recipient_address id_number"),
    ("ES-402.04", "service_record", "", "inquiry complaint follow_up rating"),
    ("ES-404.09", "banned_transfer_channel", "", "private_chat"),
    ("ES-404.10", "transfer_channel", "", "internal_message case_hand_over"),
    ("ES-405.01", "data_purpose", "", "pickup delivery inquiry complaint"),
    ("ES-502.01", "emergency_type", "", "natural_disaster system_failure mass_complaint other"),
    ("ES-502.06", "customer_wish", "", "wait return redirect"),
    ("ES-502.23", "mass_notice_channel", "", "phone sms"),
    ("ES-503.02", "drill_scenario", "", "system_failure mass_complaint other"),
    ("ES-602.01", "training_type", "", "pre_job regular"),
    (
        "ES-602.13",
        "training_mode",
        "",
        "online offline_practice offline_discussion offline_case_analysis",
    ),
)


@cases(*CHOICES)
def test_these_are_the_choices_and_no_others(row):
    check_choice(row)


# clause, form, facts, values, recorded, words
WORDS = (
    (
        "ES-403.05",
        "id_copy",
        "",
        {"carrier": "本公司"},
        "copied_on kept_at",
        "本件只供 本公司 寄件核验，7 天内有效",
    ),
    (
        "ES-502.04",
        "affected_inquiry",
        "",
        {"reason": "暴雨", "hub": "江城分拨", "expected_delay_days": "2"},
        "",
        "因暴雨，快件滞留在江城分拨，预计延误 2 天",
    ),
)


@cases(*WORDS)
def test_the_words_that_belong_there(row):
    check_words(row)


# clause, field, facts, refused, accepted
TEXTS = (
    (
        "ES-403.04",
        "id_number",
        "",
        "11010519491231002/11010519491231002Y/110105194912310021/1101051949123100211/身份证",
        "11010519491231002X/11010519491231002x/１１０１０５１９４９１２３１００２X",
    ),
)


@cases(*TEXTS)
def test_what_an_entry_must_not_be(row):
    check_text(row)


# clause, process, position, facts, done, step, by, needs, outcomes
STEPS = (
    (
        "ES-115.01",
        "staff_suggestion",
        1,
        "suggestion=none",
        "",
        "submit",
        "employee",
        "suggestion",
        "-",
    ),
    (
        "ES-115.01",
        "staff_suggestion",
        1,
        "suggestion=none",
        "submit",
        "decide",
        "supervisor",
        "-",
        "adopted rejected",
    ),
    (
        "ES-115.01",
        "staff_suggestion",
        1,
        "!suggestion=adopted",
        "submit decide:adopted",
        "reward",
        "supervisor",
        "-",
        "-",
    ),
    ("ES-118.01", "violation_report", 1, "", "", "report", "-", "violation_report", "-"),
    ("ES-118.01", "violation_report", 1, "", "report", "review", "supervisor", "-", "-"),
    (
        "ES-118.01",
        "violation_report",
        1,
        "",
        "report review",
        "decide",
        "supervisor",
        "-",
        "sanctioned not_upheld",
    ),
    ("ES-121.01", "vacancy", 1, "", "", "search_inside", "office", "-", "-"),
    (
        "ES-121.01",
        "vacancy",
        1,
        "",
        "search_inside",
        "search_outside",
        "office",
        "external_reason",
        "-",
    ),
    ("ES-123.01", "joining", 1, "", "", "offer", "office", "offer_letter_number", "-"),
    (
        "ES-123.05",
        "joining",
        2,
        "",
        "offer",
        "induct",
        "recruiter",
        "rules_told benefits_told work_told supervisor_named",
        "-",
    ),
    (
        "ES-124.03",
        "probation",
        1,
        "evaluation=none",
        "",
        "evaluate",
        "supervisor",
        "evaluation",
        "confirm extend shorten dismiss",
    ),
    (
        "ES-125.01",
        "probation",
        2,
        "!evaluation=confirm",
        "evaluate:confirm",
        "confirm",
        "manager",
        "confirmation_document",
        "-",
    ),
    ("ES-134.03", "uniform_replacement", 1, "", "", "request", "employee", "damaged_or_lost", "-"),
    ("ES-134.03", "uniform_replacement", 1, "", "request", "issue", "office", "register_line", "-"),
    (
        "ES-134.05",
        "leaving",
        1,
        "",
        "",
        "return_uniform",
        "employee",
        "uniform_items_listed",
        "returned charged",
    ),
    (
        "ES-135.03",
        "leaving",
        2,
        "",
        "return_uniform:returned",
        "return_equipment",
        "employee",
        "equipment_items_listed",
        "returned charged worn",
    ),
    (
        "ES-303.05",
        "complaint",
        1,
        "!complaint_class=general",
        "",
        "verify",
        "agent",
        "-",
        "logistics_system outlet",
    ),
    (
        "ES-303.08",
        "complaint",
        2,
        "!complaint_class=major",
        "",
        "investigate",
        "complaint_specialist",
        "courier_questioned outlet_head_questioned",
        "-",
    ),
    ("ES-303.21", "complaint", 3, "complaint_class=none", "", "propose", "-", "proposal", "-"),
    (
        "ES-303.21",
        "complaint",
        3,
        "complaint_class=none",
        "propose",
        "answer",
        "customer",
        "-",
        "accepted rejected",
    ),
    (
        "ES-303.26",
        "complaint",
        4,
        "complaint_class=none",
        "propose answer:accepted",
        "follow_up",
        "agent",
        "follow_up_record",
        "satisfied dissatisfied",
    ),
    ("ES-405.07", "data_incident", 1, "", "", "repair", "information_department", "-", "-"),
    ("ES-405.07", "data_incident", 1, "", "repair", "notify", "-", "all_affected_notified", "-"),
    ("ES-405.07", "data_incident", 1, "", "repair notify", "apologise", "-", "apology", "-"),
    ("ES-502.07", "return_or_redirect", 1, "", "", "open_task", "-", "owner", "-"),
    (
        "ES-502.07",
        "return_or_redirect",
        1,
        "",
        "open_task",
        "carry_out",
        "-",
        "carried_out_at",
        "-",
    ),
    (
        "ES-502.22",
        "mass_incident",
        1,
        "",
        "",
        "decide_plan",
        "supervisor",
        "common_solution",
        "insured_compensation sanction_and_apology",
    ),
    ("ES-603.22", "failed_assessment", 1, "", "", "train", "-", "special_training_done", "-"),
    ("ES-603.22", "failed_assessment", 1, "", "train", "re_exam", "-", "exam_result", "-"),
)


@cases(*STEPS)
def test_one_step_follows_the_other(row):
    check_step(row)


# clause, process, facts, done, step
LOOPS = (
    ("ES-303.21", "complaint", "complaint_class=none", "propose answer:rejected", "propose"),
    (
        "ES-303.26",
        "complaint",
        "complaint_class=none",
        "propose answer:accepted follow_up:dissatisfied",
        "propose",
    ),
)


@cases(*LOOPS)
def test_some_outcomes_lead_back(row):
    check_loop(row)


# clause, request, facts, what it asks for
REQUESTS = (
    (
        "ES-132.01",
        "overtime",
        "",
        "approvers: superior; late: reason; outcomes: pay time_off; before: overtime",
    ),
    ("ES-133.03", "punch_exemption", "", "approvers: general_manager; needs: valid_from valid_to"),
    (
        "ES-133.07",
        "outing",
        "",
        "approvers: department_manager; needs: purpose from_at to_at; before: departure",
    ),
    ("ES-133.10", "leave", "announced_by=slip", "needs: leave_slip; before: leave; warned: late"),
    (
        "ES-133.11",
        "leave",
        "announced_by=phone",
        "told: general_manager responsible_person; after: leave_slip; before: shift",
    ),
)


@cases(*REQUESTS)
def test_a_request_takes_effect_when_all_is_there(row):
    check_request(row, OTHERWISE.get(row[1], ""), BASE)


# clause, matter, how, facts, targets, more
ROUTES = (
    ("ES-133.04", "attendance_closing", "owner", "", "office", ""),
    ("ES-303.07", "complaint", "owner", "complaint_class=major", "complaint_specialist", "at_once"),
    (
        "ES-303.11",
        "complaint_solution",
        "owner",
        "complaint_class=general",
        "agent",
        "by=complaint_class",
    ),
    (
        "ES-303.11",
        "complaint_solution",
        "owner",
        "complaint_class=major",
        "complaint_specialist",
        "by=complaint_class",
    ),
    ("ES-404.14", "destruction", "result", "medium=paper", "shredded", "by=medium"),
    ("ES-404.14", "destruction", "result", "medium=electronic", "erased_for_good", "by=medium"),
    ("ES-502.02", "disaster_warning", "told", "", "all_agents", "receipt at_once"),
    ("ES-502.05", "stranded_parcel", "result", "disaster=over", "priority", ""),
    ("ES-502.10", "system_failure", "told", "", "supervisor", "at_once"),
    ("ES-603.16", "promotion_list", "result", "grade=excellent", "first_in_list", ""),
    ("ES-603.19", "regular_training", "result", "grade=pass", "offered", ""),
)


@cases(*ROUTES)
def test_a_matter_goes_where_it_belongs(row):
    check_route(row)


# clause, acts, facts, rule, more
RIGHTS = (
    ("ES-122.01", "appoint", "", "needs: department_pass", ""),
    ("ES-133.01", "leave_post", "", "needs: permission", "logged"),
    ("ES-138.02", "issue_sanction", "", "needs: violation_verified", ""),
    ("ES-303.20", "resolve_complaint pay_out_complaint", "", "needs: customer_acceptance", ""),
    ("ES-404.01", "store_data_elsewhere", "", "never", ""),
    ("ES-404.03", "open_case", "role=agent", "relations: owner assigned", ""),
    (
        "ES-404.04",
        "open_customer",
        "role=agent",
        "barred: customer_of_another_agent",
        "logged except: hand_over mass_incident",
    ),
    ("ES-404.05", "share_account", "", "never", ""),
    (
        "ES-404.08",
        "take_out_paper take_out_screenshot take_out_document",
        "",
        "needs: export_permission",
        "logged",
    ),
    (
        "ES-404.13",
        "destroy_records",
        "",
        "roles: information_department; needs: destruction_batch",
        "",
    ),
    ("ES-602.07", "be_rostered take_case", "", "needs: pre_job_exam_passed", ""),
)


@cases(*RIGHTS)
def test_who_may_do_it(row):
    check_access(row, ACTOR, BASE)


# clause, of, per, least, most, kinds, needs
NUMBERS = (
    ("ES-123.03", "one_inch_photos", "joining", 3, 3, "", ""),
    ("ES-131.07", "rest_days", "week", 1, None, "", ""),
    ("ES-133.02", "punches", "day", 2, 2, "", ""),
    ("ES-137.02", "rewards", "event", 1, None, "commendation merit major_merit", ""),
    ("ES-203.06", "rings", "call", None, 3, "", ""),
    ("ES-303.09", "evidence", "major_complaint", 1, None, "tracking video other", ""),
    (
        "ES-502.18",
        "emergency_team_members",
        "emergency",
        1,
        None,
        "each: agent complaint_specialist outlet_head",
        "",
    ),
    ("ES-603.10", "satisfaction_rating", "rating", 1, 5, "phone_followup online", ""),
    ("ES-603.21", "special_training_days", "failed_assessment", 3, 3, "", ""),
    ("ES-604.03", "result_feedbacks", "month", 1, None, "", "read_receipt"),
)


@cases(*NUMBERS)
def test_how_many_there_have_to_be(row):
    check_number(row)


REPORTS = (
    (
        "ES",
        "promotion_proposal",
        "ES-116.04",
        {
            "per": "occasion",
            "columns": "grades training_archive rewards discipline",
            "needs": "all_eligible_listed",
        },
    ),
    (
        "ES",
        "excellent_agents",
        "ES-204.07",
        {
            "per": "month",
            "columns": "service_rating customer_praise",
            "group_by": "agent",
            "recipients": "all_staff",
        },
    ),
    (
        "ES",
        "destruction_log",
        "ES-404.15",
        {
            "per": "occasion",
            "columns": "destroyed_on operator type count period method",
            "frozen": True,
        },
    ),
    (
        "ES",
        "stranded_parcels",
        "ES-502.08",
        {"per": "request", "columns": "waybill_number hub delivered_at"},
    ),
    ("ES", "annual_sheet", "ES-604.02", {"per": "year", "needs": "training_archive"}),
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


ES = book("ES")
PLAIN = {"category": "attitude", "contents": "intact", "cause": "none", "earlier_complaint": "none"}


def classed(numbers=None, **facts):
    measures = {"delay_days": 0, "item_value_yuan": 0, "complaints_on_same_issue": 1} | (
        numbers or {}
    )
    return classify(
        ES,
        "complaint_class",
        PLAIN | facts,
        {name: Decimal(str(n)) for name, n in measures.items()},
    )


@pytest.mark.parametrize(
    ("facts", "numbers", "of", "by"),
    [
        pytest.param(
            {"category": "delay"},
            {"delay_days": 1},
            "general",
            "ES-302.03",
            marks=pytest.mark.rule("ES-302.03"),
        ),
        pytest.param(
            {"category": "delay"},
            {"delay_days": 2},
            "general",
            "ES-302.03",
            marks=pytest.mark.rule("ES-302.03", "ES-302.07"),
        ),
        pytest.param(
            {"category": "delay"},
            {"delay_days": 3},
            "major",
            "ES-302.07",
            marks=pytest.mark.rule("ES-302.07"),
        ),
        pytest.param(
            {"category": "delay"},
            {"delay_days": 30},
            "major",
            "ES-302.07",
            marks=pytest.mark.rule("ES-302.07"),
        ),
        pytest.param(
            {"category": "damaged", "contents": "intact"},
            {"item_value_yuan": 900},
            "general",
            "ES-302.04",
            marks=pytest.mark.rule("ES-302.04"),
        ),
        pytest.param(
            {"category": "other", "cause": "unclear_explanation"},
            {},
            "general",
            "ES-302.05",
            marks=pytest.mark.rule("ES-302.05"),
        ),
        pytest.param(
            {"category": "lost"}, {}, "major", "ES-302.08", marks=pytest.mark.rule("ES-302.08")
        ),
        pytest.param(
            {"category": "damaged", "contents": "damaged"},
            {"item_value_yuan": "500.00"},
            "major",
            "ES-302.09",
            marks=pytest.mark.rule("ES-302.09"),
        ),
        pytest.param(
            {"earlier_complaint": "unsolved"},
            {"complaints_on_same_issue": 2},
            "major",
            "ES-302.10",
            marks=pytest.mark.rule("ES-302.10"),
        ),
    ],
)
def test_what_makes_a_complaint_general_or_major(facts, numbers, of, by):
    found = classed(numbers, **facts)

    assert (found.of, found.clauses) == (of, (by,))


@pytest.mark.parametrize(
    ("clause", "facts", "numbers"),
    [
        pytest.param(
            "ES-302.03",
            {"category": "delay"},
            {"delay_days": 0},
            marks=pytest.mark.rule("ES-302.03"),
        ),
        pytest.param(
            "ES-302.03",
            {"category": "other"},
            {"delay_days": 1},
            marks=pytest.mark.rule("ES-302.03"),
        ),
        pytest.param(
            "ES-302.04",
            {"category": "damaged", "contents": "damaged"},
            {},
            marks=pytest.mark.rule("ES-302.04"),
        ),
        pytest.param("ES-302.04", {"category": "other"}, {}, marks=pytest.mark.rule("ES-302.04")),
        pytest.param("ES-302.05", {"category": "other"}, {}, marks=pytest.mark.rule("ES-302.05")),
        pytest.param(
            "ES-302.05", {"cause": "unclear_explanation"}, {}, marks=pytest.mark.rule("ES-302.05")
        ),
        pytest.param(
            "ES-302.07",
            {"category": "other"},
            {"delay_days": 3},
            marks=pytest.mark.rule("ES-302.07"),
        ),
        pytest.param("ES-302.08", {"category": "other"}, {}, marks=pytest.mark.rule("ES-302.08")),
        pytest.param(
            "ES-302.09",
            {"category": "damaged", "contents": "damaged"},
            {"item_value_yuan": "499.99"},
            marks=pytest.mark.rule("ES-302.09"),
        ),
        pytest.param(
            "ES-302.09",
            {"category": "other", "contents": "damaged"},
            {"item_value_yuan": 500},
            marks=pytest.mark.rule("ES-302.09"),
        ),
        pytest.param(
            "ES-302.09",
            {"category": "damaged", "contents": "intact"},
            {"item_value_yuan": 500},
            marks=pytest.mark.rule("ES-302.09"),
        ),
        pytest.param(
            "ES-302.10",
            {"earlier_complaint": "unsolved"},
            {"complaints_on_same_issue": 1},
            marks=pytest.mark.rule("ES-302.10"),
        ),
        pytest.param(
            "ES-302.10",
            {"earlier_complaint": "solved"},
            {"complaints_on_same_issue": 3},
            marks=pytest.mark.rule("ES-302.10"),
        ),
    ],
)
def test_what_does_not(clause, facts, numbers):
    found = classed(numbers, **facts)

    assert clause not in found.clauses
    assert found.of == "general"  # what fits no criterion


@pytest.mark.rule("ES-302.12")
def test_one_major_criterion_is_enough_and_what_fits_none_is_general():
    repeated = {"earlier_complaint": "unsolved"}

    found = classed({"delay_days": 1, "complaints_on_same_issue": 2}, category="delay", **repeated)

    assert (found.of, found.clauses) == ("major", ("ES-302.10",))
    none = classed()
    assert (none.of, none.clauses, [s.key for s in none.steps]) == (
        "general",
        (),
        ["class_default"],
    )


@pytest.mark.rule("ES-302.03")
def test_without_the_other_clause_three_days_are_in_no_class_of_their_own():
    alone = edited(ES, "ES-302.07", yields_to="ES-302.03")
    measures = {
        "delay_days": Decimal(3),
        "item_value_yuan": Decimal(0),
        "complaints_on_same_issue": Decimal(1),
    }

    assert classify(alone, "complaint_class", PLAIN | {"category": "delay"}, measures).clauses == ()


@pytest.mark.rule("ES-132.03")
@pytest.mark.parametrize(
    ("allowance", "approval", "formula"),
    [("yes", "yes", "normal_formula"), ("yes", "no", None), ("no", "yes", None)],
)
def test_with_a_special_approval_overtime_is_paid_as_usual(allowance, approval, formula):
    facts = {"post_allowance": allowance, "special_approval": approval}

    assert classify(ES, "overtime_pay", facts).of == formula


@pytest.mark.rule("ES-131.06")
@pytest.mark.parametrize(
    ("there", "source"),
    [({"roster", "default_shift"}, "roster"), ({"default_shift"}, "default_shift")],
)
def test_whoever_is_rostered_is_measured_by_the_roster(there, source):
    assert prevailing(ES, "shift_source", there).key == source


@pytest.mark.rule("ES-137.02")
def test_one_event_may_bring_several_levels_of_reward():
    several = {"commendation": Decimal(1), "merit": Decimal(1), "major_merit": Decimal(1)}

    assert counted(ES, "rewards", several).kept
    assert not counted(edited(ES, "ES-137.02", at_most="1"), "rewards", several).kept


@pytest.mark.rule("ES-132.07")
@pytest.mark.parametrize(
    ("entries", "wins"),
    [
        ({"week_pattern"}, "week_pattern"),
        ({"week_pattern", "state_adjusted_workday"}, "state_adjusted_workday"),
        ({"week_pattern", "state_rest_day", "state_adjusted_workday"}, "state_rest_day"),
        ({"week_pattern", "state_rest_day", "statutory"}, "statutory"),
    ],
)
def test_which_calendar_says_what_a_day_is(entries, wins):
    assert prevailing(ES, "day_type_source", entries).key == wins


@pytest.mark.rule("ES-403.03")
def test_the_pattern_of_a_waybill_number_is_the_houses():
    unset = judge_text(ES, "waybill_number", "anything at all")
    assert unset.accepted
    assert [step.key for step in unset.steps] == ["text_not_set"]

    house = edited(ES, "ES-403.03", house_pattern="[0-9]{12}")

    assert judge_text(house, "waybill_number", "771234567890").accepted
    assert not judge_text(house, "waybill_number", "77123456789").accepted
