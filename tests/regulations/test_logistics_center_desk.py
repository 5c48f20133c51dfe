"""The logistics centre: forms, choices, texts, steps, requests, rights, numbers and reports, on policy alone."""

from decimal import Decimal

import pytest

from kefu.policy.access import conflicts
from kefu.policy.measures import classify, ratios, report_plan, report_step
from kefu.policy.requirements import offered
from tests.regulations.desk import (
    book,
    cases,
    check_access,
    check_choice,
    check_form,
    check_loop,
    check_number,
    check_report,
    check_route,
    check_somebody_else,
    check_step,
)

BASE = {"assignee": "none", "parcel": "none", "taken_by": "none"}

ACTOR = {"role": "agent", "relations": [], "recorded": []}

# clause, form, facts, fields
FORMS = (
    ("LC-06.15", "post", "", "title duties holder"),
    ("LC-05.05", "transferred_case_closing", "", "department_reply customer_informed"),
    ("LC-01.02", "hotline_contact", "", "channel caller agent received_at"),
    (
        "LC-01.03",
        "complaint_registration",
        "",
        "received_at customer phone waybill_number outlet_or_department issue_type description handled_by",
    ),
    ("LC-01.09", "inspection_target", "", "inspected_on inspector checklist findings"),
    ("LC-01.15", "incident_file", "", "incident claim customer liable_party owner"),
    (
        "LC-01.16",
        "claim_registration",
        "",
        "received_at claimant phone waybill_number loss_type description",
    ),
    ("LC-01.19", "contact_attempt", "", "contacted_at channel result"),
    ("LC-01.20", "claim_agreement", "", "offers agreed_amount_yuan agreed_at customer_acceptance"),
    (
        "LC-01.23",
        "insurance_case",
        "",
        "policy_number insurer_claim_number claimed_amount_yuan recovered_amount_yuan recovered_at",
    ),
    ("LC-01.27", "employee_bound", "", "acknowledgement"),
    ("LC-01.28", "rule_change", "", "rulebook_version effective_on"),
    ("LC-01.29", "work_plan_item", "", "owner due_on completion_state"),
    ("LC-01.32", "training_log", "", "participants result"),
    ("LC-01.33", "assigned_task", "assignee=centre", "assigned_by due_on completion_report"),
    ("LC-02.01", "contact_type", "taken_by=supervisor", "contact_type"),
    ("LC-02.10", "improvement_proposal", "proposed_by=supervisor", "analysis_text proposal"),
    (
        "LC-02.13",
        "self_settled_case",
        "",
        "party_type party customer waybill_number amount_yuan settled_on",
    ),
    ("LC-02.18", "assigned_task", "assignee=supervisor", "assigned_by due_on completion_report"),
    ("LC-02.21", "supervised_case_closing", "", "tasks_done transfers_answered notices_sent"),
    ("LC-03.03", "inspection_visit_target", "", "findings"),
    (
        "LC-03.08",
        "reward_penalty_line",
        "",
        "decided_on target direction amount_or_points reason evidence decided_by",
    ),
    ("LC-03.11", "assigned_task", "assignee=inspector", "assigned_by due_on completion_report"),
    ("LC-03.20", "finding_closing", "", "recheck_passed"),
    ("LC-04.10", "assigned_task", "assignee=adjuster", "assigned_by due_on completion_report"),
    ("LC-04.13", "claim_closing", "", "paid liable_party_notified insurance_case_closed"),
    ("LC-05.02", "contact_type", "taken_by=agent", "contact_type"),
    (
        "LC-05.10",
        "delivery_change",
        "parcel=not_signed_for",
        "old_value new_value requested_by requested_at identity_checked",
    ),
    ("LC-05.12", "assigned_task", "assignee=agent", "assigned_by due_on completion_report"),
    ("LC-06.19", "failure_affected_case", "", "remedy_note"),
)


@cases(*FORMS)
def test_a_form_is_accepted_only_with_what_the_regulation_asks_for(row):
    check_form(row, BASE)


# clause, list, facts, keys
CHOICES = (
    ("LC-06.12", "survey_dimension", "", "质量 效率 态度"),
    ("LC-01.09", "inspection_target", "", "outlet department"),
    ("LC-01.24", "guided_unit", "", "outlet market_area line_haul_vehicle"),
    ("LC-01.35", "customer_flag", "", "difficult_customer"),
    ("LC-02.01", "contact_type", "taken_by=supervisor", "consultation trace complaint"),
    ("LC-03.03", "inspection_visit_target", "", "outlet department"),
    ("LC-04.03", "claimant_satisfaction", "", "satisfied neutral unsatisfied"),
    ("LC-05.02", "contact_type", "taken_by=agent", "consultation trace complaint"),
    ("LC-05.10", "delivery_change", "parcel=not_signed_for", "consignee phone other"),
)


POSTS = {
    "LC-06.03": "查询员",
    "LC-06.04": "开票员",
    "LC-06.05": "大客户项目主管",
    "LC-06.06": "司机",
    "LC-06.07": "业务员",
    "LC-06.08": "仓管员",
    "LC-06.09": "结算员",
    "LC-06.10": "兑付员",
}


@pytest.mark.rule(*POSTS)
def test_eight_clauses_make_one_list_of_posts():
    found = offered(book("LC"), "post")

    assert found.keys == tuple(POSTS.values())
    assert [step.clause for step in found.steps] == list(POSTS)


@cases(*CHOICES)
def test_these_are_the_choices_and_no_others(row):
    check_choice(row)


# clause, process, position, facts, done, step, by, needs, outcomes
STEPS = (
    ("LC-01.06", "improvement_proposal", 1, "", "", "submit", "-", "proposal", "-"),
    ("LC-01.06", "improvement_proposal", 1, "", "submit", "review", "reviewer", "-", "-"),
    (
        "LC-01.06",
        "improvement_proposal",
        1,
        "",
        "submit review",
        "decide",
        "reviewer",
        "-",
        "adopted rejected",
    ),
    (
        "LC-01.07",
        "incident_finding",
        1,
        "",
        "",
        "submit",
        "adjuster",
        "facts cause liable_party",
        "-",
    ),
    (
        "LC-01.07",
        "incident_finding",
        1,
        "",
        "submit",
        "confirm",
        "centre",
        "-",
        "confirmed sent_back",
    ),
    ("LC-01.11", "rectification", 1, "", "", "send", "inspector", "due_on", "-"),
    ("LC-01.11", "rectification", 1, "", "send", "acknowledge", "responsible_unit", "-", "-"),
    (
        "LC-01.11",
        "rectification",
        1,
        "",
        "send acknowledge",
        "rectify",
        "responsible_unit",
        "measure",
        "-",
    ),
    (
        "LC-01.11",
        "rectification",
        1,
        "",
        "send acknowledge rectify",
        "recheck",
        "inspector",
        "-",
        "passed failed",
    ),
    ("LC-02.15", "stage_plan", 1, "", "", "plan", "employee", "plan", "-"),
    ("LC-02.15", "stage_plan", 1, "", "plan", "review", "supervisor", "review_note", "-"),
    (
        "LC-03.06",
        "complaint_at_inspection",
        1,
        "",
        "",
        "conclude",
        "inspector",
        "remedy",
        "verified unfounded",
    ),
    ("LC-04.05", "claim_investigation", 1, "", "", "collect_evidence", "adjuster", "evidence", "-"),
    (
        "LC-04.05",
        "claim_investigation",
        1,
        "",
        "collect_evidence",
        "name_liable_party",
        "adjuster",
        "liable_party",
        "-",
    ),
    ("LC-04.06", "claim", 1, "", "", "register", "-", "-", "-"),
    ("LC-06.18", "outage_notice", 1, "", "", "register", "-", "description started_at", "-"),
    ("LC-06.18", "outage_notice", 1, "", "register", "list_cases", "-", "cases", "-"),
    (
        "LC-06.18",
        "outage_notice",
        1,
        "",
        "register list_cases",
        "tell_customers",
        "-",
        "all_affected_notified",
        "-",
    ),
    ("LC-04.06", "claim", 1, "", "register", "investigate", "-", "-", "-"),
    ("LC-04.06", "claim", 1, "", "register investigate", "confirm_liability", "-", "-", "-"),
    (
        "LC-04.06",
        "claim",
        1,
        "",
        "register investigate confirm_liability",
        "negotiate",
        "-",
        "-",
        "-",
    ),
    (
        "LC-04.06",
        "claim",
        1,
        "",
        "register investigate confirm_liability negotiate",
        "agree_amount",
        "-",
        "customer_acceptance",
        "-",
    ),
    (
        "LC-04.06",
        "claim",
        1,
        "",
        "register investigate confirm_liability negotiate agree_amount",
        "notify_liable_party",
        "-",
        "-",
        "-",
    ),
    (
        "LC-04.06",
        "claim",
        1,
        "",
        "register investigate confirm_liability negotiate agree_amount notify_liable_party",
        "pay",
        "-",
        "-",
        "-",
    ),
    (
        "LC-04.06",
        "claim",
        1,
        "",
        "register investigate confirm_liability negotiate agree_amount notify_liable_party pay",
        "close",
        "-",
        "-",
        "-",
    ),
)


@cases(*STEPS)
def test_one_step_follows_the_other(row):
    check_step(row)


# clause, process, facts, done, step
LOOPS = (
    ("LC-01.07", "incident_finding", "", "submit confirm:sent_back", "submit"),
    ("LC-01.11", "rectification", "", "send acknowledge rectify recheck:failed", "rectify"),
)


@cases(*LOOPS)
def test_some_outcomes_lead_back(row):
    check_loop(row)


# clause, process, done, step
OTHERS = (("LC-01.07", "incident_finding", "submit", "confirm"),)


@cases(*OTHERS)
def test_another_person_does_it(row):
    check_somebody_else(row)


# clause, matter, how, facts, targets, more
ROUTES = (
    ("LC-01.08", "incident", "owner", "severity=major", "centre", "at_once"),
    ("LC-02.11", "ageing_claim_reminder", "told", "sent_by=supervisor", "adjuster", ""),
    ("LC-02.16", "overdue_plan_item", "told", "", "owner", ""),
    ("LC-03.16", "emergency", "owner", "", "inspector", "at_once"),
    ("LC-04.04", "claim", "owner", "", "adjuster", ""),
    ("LC-05.06", "open_claim_reminder", "told", "sent_by=agent", "adjuster", ""),
)


@cases(*ROUTES)
def test_a_matter_goes_where_it_belongs(row):
    check_route(row)


# clause, acts, facts, rule, more
RIGHTS = (
    ("LC-01.21", "notify_liable_party", "", "needs: amount_agreed", ""),
    (
        "LC-01.34",
        "confirm_case approve_case waive_case",
        "",
        "barred: handler subject liable_party",
        "",
    ),
    ("LC-02.14", "manage_staff", "role=supervisor", "relations: own_team", ""),
    ("LC-03.01", "open_breach_case propose_reward_or_penalty", "", "roles: inspector", ""),
    ("LC-03.02", "propose_rule_change", "", "roles: inspector centre", ""),
    ("LC-03.04", "discuss_finding", "", "roles: inspector responsible_unit", ""),
    ("LC-03.10", "issue_reward_penalty_detail", "", "needs: inspector_sign_off", "logged"),
    ("LC-03.18", "judge_breach", "", "barred: subject", ""),
    ("LC-04.02", "investigate_claim negotiate_claim settle_claim", "", "roles: adjuster", ""),
    ("LC-04.08", "write_claim_guidance", "", "roles: adjuster centre", ""),
    ("LC-05.09", "add_cause_and_suggestion", "role=agent", "relations: own own_team", ""),
    ("LC-05.07", "view_complaint_statistics", "role=agent", "relations: own own_team", ""),
)


@cases(*RIGHTS)
def test_who_may_do_it(row):
    check_access(row, ACTOR, BASE)


# clause, of, per, least, most, kinds, needs
NUMBERS = (
    ("LC-01.17", "evidence", "investigation", 1, None, "", "collector collected_at"),
    (
        "LC-01.18",
        "liability_percent",
        "case",
        100,
        100,
        "outlet market_area line_haul_vehicle loader staff customer unattributable",
        "",
    ),
    ("LC-03.19", "liability_percent", "incident", 100, 100, "outlet", "reason"),
    ("LC-04.12", "liability_percent", "incident", 100, 100, "outlet", "reason"),
)


@cases(*NUMBERS)
def test_how_many_there_have_to_be(row):
    check_number(row)


REPORTS = (
    (
        "LC",
        "weekly_complaints",
        "LC-01.04 LC-02.07 LC-02.08 LC-05.08",
        {
            "per": "week",
            "steps": "prepare=agent review=supervisor issue=centre",
            "columns": "received open closed customer_needs",
            "group_by": "outlet department issue_type status",
            "house": (1, None, 18),
        },
    ),
    (
        "LC",
        "complaint_trend",
        "LC-01.01",
        {"per": "month", "columns": "complaints complaint_rate"},
    ),
    (
        "LC",
        "workload_and_waiting",
        "LC-05.14",
        {
            "per": "request",
            "columns": "contacts_per_agent transfer_wait_time",
            "group_by": "department",
        },
    ),
    (
        "LC",
        "complaint_causes",
        "LC-01.05",
        {"per": "week", "group_by": "issue_type outlet route cause"},
    ),
    (
        "LC",
        "reward_penalty_detail",
        "LC-01.14 LC-03.09",
        {
            "per": "month",
            "steps": "prepare=inspector submit=centre",
            "columns": "reward_count reward_amount_yuan penalty_count penalty_amount_yuan net_yuan",
            "group_by": "outlet department",
            "recipients": "management",
            "frozen": True,
            "house": (None, 5, 18),
        },
    ),
    (
        "LC",
        "monthly_claims",
        "LC-01.25 LC-04.09",
        {
            "per": "month",
            "steps": "prepare=adjuster issue=centre",
            "columns": "registered_count settled_count settled_amount_yuan insurer_recovered_yuan open_at_month_end",
            "group_by": "liable_party loss_type",
            "frozen": True,
            "house": (None, 5, 18),
        },
    ),
    (
        "LC",
        "incident_causes",
        "LC-01.26 LC-04.09",
        {
            "per": "month",
            "steps": "prepare=adjuster issue=centre",
            "columns": "incident_count incident_amount_yuan",
            "group_by": "cause liable_party route",
            "needs": "analysis_text",
        },
    ),
    (
        "LC",
        "complaint_statistics",
        "LC-02.06",
        {
            "per": "request",
            "columns": "complaints",
            "group_by": "period issue_type outlet agent status",
        },
    ),
    (
        "LC",
        "complaint_analysis",
        "LC-02.09",
        {
            "per": "occasion",
            "steps": "prepare=supervisor",
            "group_by": "issue_type",
            "needs": "analysis_text",
        },
    ),
    (
        "LC",
        "self_settled_cases",
        "LC-02.12",
        {
            "per": "month",
            "columns": "count amount_yuan",
            "group_by": "market_area outlet line_haul_driver loader",
        },
    ),
    ("LC", "inspection_log", "LC-03.17", {"per": "day", "steps": "prepare=inspector"}),
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


LC = book("LC")


@pytest.mark.rule("LC-06.16")
@pytest.mark.parametrize(
    "pair",
    [
        ("investigate", "confirm"),
        ("propose_penalty", "approve_penalty"),
        ("agree_amount", "pay_out"),
    ],
)
def test_nobody_has_both_duties_in_one_case(pair):
    assert conflicts(LC, pair) == (("LC-06.16", *pair),)
    assert conflicts(LC, pair[:1]) == ()
    assert conflicts(LC, [*pair, "take_calls"]) == (("LC-06.16", *pair),)


@pytest.mark.rule("LC-06.02")
def test_the_rules_are_for_those_who_face_customers():
    assert classify(LC, "rulebook_scope", {"post": "customer_facing"}).of == "applies"
    assert classify(LC, "rulebook_scope", {"post": "cleaner"}).of is None


@pytest.mark.rule("LC-06.01")
def test_complaints_by_consignments_for_each_outlet_and_month():
    found = ratios(
        LC,
        "complaint_rate",
        {"东门": (Decimal(1), Decimal(800)), "西门": (Decimal(3), Decimal(200))},
    )

    assert [str(part.percent) for part in found.parts] == ["0.1", "1.5"]
    assert (str(found.total.percent), found.by, found.per) == ("0.4", ("outlet",), ("month",))
    inputs = found.steps[0].inputs
    assert (inputs["what"]["en"], inputs["out_of"]["en"]) == ("complaints", "consignments")
    assert found.reached is None


@pytest.mark.rule("LC-01.04", "LC-02.07", "LC-05.08")
def test_three_levels_make_one_weekly_summary():
    plan = report_plan(LC, "weekly_complaints")

    assert report_step(plan, ()) == ("prepare", "agent", ())
    assert report_step(plan, {"prepare"}) == ("review", "supervisor", ())
    assert report_step(plan, {"prepare", "review"}) == ("issue", "centre", ())
    assert report_step(plan, {"prepare", "review", "issue"}) == ("", "", ())


@pytest.mark.rule("LC-01.26")
def test_an_analysis_without_text_is_not_issued():
    plan = report_plan(LC, "incident_causes")

    assert report_step(plan, {"prepare"}) == ("issue", "centre", ("analysis_text",))
    assert report_step(plan, {"prepare"}, {"analysis_text"}) == ("issue", "centre", ())
