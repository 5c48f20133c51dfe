"""The online shop: forms, choices, texts, steps, requests, rights, numbers and reports, on policy alone."""

from decimal import Decimal

import pytest

from kefu.policy.measures import classify, ratios
from kefu.policy.phrases import banned_words
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
)

BASE = {}

ACTOR = {"role": "agent", "relations": [], "recorded": []}

# What the other clauses about a request ask for.
OTHERWISE: dict[str, str] = {}

# clause, form, facts, fields
FORMS = (
    ("OS-02.06", "assigned_task", "", "due_on done_on"),
    ("OS-03.04", "customer_needs_note", "", "customer needs"),
    ("OS-03.05", "service_plan", "", "plan next_action_on"),
    ("OS-03.10", "after_sales_case", "", "customer status"),
    ("OS-04.10", "handover_record", "", "customer_questions todo"),
    ("OS-04.15", "swap_briefing", "", "giver_confirmed taker_confirmed"),
    ("OS-05.07", "product_training", "launch=large", "held_on_site attendance"),
    ("OS-11.01", "shop_case_closing", "", "satisfaction_asked"),
    ("OS-11.03", "shop_case_closing", "", "customer_informed"),
    ("OS-11.06", "reminder_channel", "", "reminded_at result"),
    ("OS-20.01", "case_hand_over", "", "owner due_at feedback"),
    ("OS-20.02", "failed_follow_up", "", "attempted_at reason"),
    ("OS-20.05", "archive_item", "", "place owner"),
    ("OS-30.03", "inspection_mode", "", "findings"),
    ("OS-30.09", "follow_up", "", "attitude solution_time handling"),
    ("OS-30.11", "archive_loan", "", "borrower out_on back_on"),
    ("OS-30.13", "daily_task", "", "due_at"),
)


@cases(*FORMS)
def test_a_form_is_accepted_only_with_what_the_regulation_asks_for(row):
    check_form(row, BASE)


# clause, list, facts, keys
CHOICES = (
    ("OS-03.03", "chat_outcome", "", "sale no_sale"),
    ("OS-03.08", "follow_up_mode", "", "scheduled ad_hoc"),
    ("OS-03.11", "register", "", "customer_file quality_tracking"),
    ("OS-04.01", "shift_source", "", "roster"),
    ("OS-05.02", "meeting_mode", "", "online on_site"),
    ("OS-07.01", "phrase", "situation=greeting", "您好 早上好"),
    ("OS-07.02", "phrase", "situation=congratulation", "恭喜您 节日快乐"),
    ("OS-07.03", "phrase", "situation=farewell", "再见 晚安 明天再聊"),
    ("OS-07.04", "phrase", "situation=apology", "实在抱歉 请您原谅 打扰您了"),
    ("OS-07.05", "phrase", "situation=thanks", "多谢 非常感激"),
    ("OS-07.06", "phrase", "situation=answer", "是的 好的 明白了"),
    ("OS-07.07", "phrase", "situation=asking", "请问有什么可以帮您"),
    ("OS-07.08", "phrase", "situation=explaining", "很抱歉，情况是这样"),
    ("OS-07.09", "phrase", "situation=basic_courtesy", "您好 请 多谢 对不起 再见"),
    ("OS-07.10", "phrase", "situation=negotiating", "您看这样可以吗"),
    ("OS-07.11", "banned_words", "", "我不能 我不会 我不愿意 我不能够 可是"),
    ("OS-11.06", "reminder_channel", "", "phone visit sms"),
    ("OS-30.03", "inspection_mode", "", "scheduled ad_hoc"),
    ("OS-30.10", "archive_group", "", "customer department inspection"),
)


@cases(*CHOICES)
def test_these_are_the_choices_and_no_others(row):
    check_choice(row)


# clause, process, position, facts, done, step, by, needs, outcomes
STEPS = (
    ("OS-05.05", "product_launch", 1, "", "", "brief", "shop_manager", "briefing", "-"),
    ("OS-05.05", "product_launch", 1, "", "brief", "launch", "-", "launch_date", "-"),
    ("OS-20.03", "corrective_action", 1, "", "", "find", "inspector", "finding owner due_on", "-"),
    ("OS-20.03", "corrective_action", 1, "", "find", "correct", "-", "-", "-"),
    (
        "OS-20.03",
        "corrective_action",
        1,
        "",
        "find correct",
        "recheck",
        "inspector",
        "rechecked",
        "-",
    ),
    ("OS-30.01", "rule_review", 1, "", "", "rule", "-", "responsible_person", "-"),
    ("OS-30.01", "rule_review", 1, "", "rule", "implement", "-", "-", "-"),
    ("OS-30.01", "rule_review", 1, "", "rule implement", "check", "-", "check_record", "-"),
    ("OS-30.01", "rule_review", 1, "", "rule implement check", "improve", "-", "improvement", "-"),
    ("OS-30.12", "daily_check", 1, "", "", "group_check", "group_leader", "-", "-"),
    ("OS-30.12", "daily_check", 1, "", "group_check", "supervisor_check", "supervisor", "-", "-"),
    (
        "OS-30.12",
        "daily_check",
        1,
        "",
        "group_check supervisor_check",
        "area_check",
        "area_manager",
        "-",
        "-",
    ),
    ("OS-40.01", "post_training", 1, "", "", "plan", "-", "training_plan", "-"),
    ("OS-40.01", "post_training", 1, "", "plan", "train", "-", "attendance", "-"),
    ("OS-40.01", "post_training", 1, "", "plan train", "record", "-", "result", "-"),
    ("OS-40.02", "end_of_shift", 1, "", "", "self_check", "agent", "self_check_ticked", "-"),
    ("OS-40.02", "end_of_shift", 1, "", "self_check", "hand_over", "agent", "handover_record", "-"),
)


@cases(*STEPS)
def test_one_step_follows_the_other(row):
    check_step(row)


# clause, request, facts, what it asks for
REQUESTS = (
    ("OS-04.07", "leaving_post", "", "approvers: shop_manager"),
    ("OS-04.13", "swap", "", "consents: colleague; told: shop_manager; before: earlier_shift"),
)


@cases(*REQUESTS)
def test_a_request_takes_effect_when_all_is_there(row):
    check_request(row, OTHERWISE.get(row[1], ""), BASE)


# clause, matter, how, facts, targets, more
ROUTES = (
    ("OS-03.01", "request_of_agent", "owner", "", "shop_manager", ""),
    ("OS-03.07", "team_training", "owner", "", "shop_manager", ""),
    ("OS-04.11", "work_assignment", "told", "", "agent", "receipt"),
    ("OS-05.03", "meeting_chair", "owner", "", "shop_manager", ""),
)


@cases(*ROUTES)
def test_a_matter_goes_where_it_belongs(row):
    check_route(row)


# clause, acts, facts, rule, more
RIGHTS = (("OS-04.17", "work_in_shift", "device=tablet|phone", "never", ""),)


@cases(*RIGHTS)
def test_who_may_do_it(row):
    check_access(row, ACTOR, BASE)


# clause, of, per, least, most, kinds, needs
NUMBERS = (
    ("OS-03.02", "subordinates", "agent", None, 0, "", ""),
    ("OS-04.06", "minutes_late", "shift", None, 0, "", ""),
    (
        "OS-04.09",
        "handover_records",
        "shift",
        1,
        None,
        "each: start end",
        "giver_signature taker_signature",
    ),
    ("OS-06.04", "typing_errors", "check", None, 0, "", ""),
    ("OS-30.05", "owners", "case", 1, 1, "", ""),
    ("OS-30.08", "follow_ups", "closed_complaint", 1, None, "visit phone", ""),
)


@cases(*NUMBERS)
def test_how_many_there_have_to_be(row):
    check_number(row)


REPORTS = (
    (
        "OS",
        "contact_history",
        "OS-03.06",
        {"per": "request", "columns": "contacted_at channel content", "group_by": "customer"},
    ),
    (
        "OS",
        "case_history",
        "OS-30.04",
        {"per": "request", "columns": "found_at handled_at closed_at"},
    ),
    (
        "OS",
        "undelivered_shipments",
        "OS-03.12",
        {"per": "request", "columns": "last_event", "group_by": "agent"},
    ),
    (
        "OS",
        "weekly_agent_report",
        "OS-05.04",
        {
            "per": "week",
            "steps": "prepare=agent",
            "columns": "targets problems improvements",
            "group_by": "agent",
        },
    ),
    ("OS", "notices_sent", "OS-11.05", {"per": "request", "columns": "batches copies"}),
    (
        "OS",
        "visit_survey",
        "OS-11.08",
        {"per": "occasion", "columns": "visits", "group_by": "attitude logistics safety cleaning"},
    ),
    (
        "OS",
        "satisfaction_survey",
        "OS-11.09",
        {"per": "occasion", "columns": "sent returned answers return_rate"},
    ),
    ("OS", "missing_assessments", "OS-20.04", {"group_by": "employee"}),
    (
        "OS",
        "rate_trends",
        "OS-30.14",
        {"columns": "timely_rate return_rate satisfaction_rate", "group_by": "month quarter year"},
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


OS = book("OS")


@pytest.mark.rule("OS-04.12")
@pytest.mark.parametrize(
    ("occasion", "changed_by", "of"),
    [
        ("promotion", "shop_manager", "no_swap"),
        ("promotion", "agent", None),
        ("private", "shop_manager", None),
    ],
)
def test_what_the_manager_changes_for_a_promotion_is_no_swap(occasion, changed_by, of):
    facts = {"occasion": occasion, "changed_by": changed_by}

    assert classify(OS, "shift_change", facts).of == of


def percents(rate, *parts):
    """The percentages of the parts and over all; parts are (name, counted, out of)."""
    found = ratios(OS, rate, {name: (Decimal(n), Decimal(of)) for name, n, of in parts})
    shown = [part.percent and str(part.percent) for part in (*found.parts, found.total)]
    inputs = found.steps[0].inputs
    words = (inputs["what"]["en"], inputs["out_of"]["en"]) if "what" in inputs else None
    return shown, found.by, words


@pytest.mark.rule("OS-11.02")
def test_handled_out_of_all_by_kind_of_case():
    shown, by, words = percents("handling", ("repair", 846, 856))

    assert shown == ["98.8", "98.8"]  # 98.83, which the source cuts off to 98
    assert (by, words) == (("case_type",), ("handled cases", "cases"))


@pytest.mark.rule("OS-11.04")
def test_finished_complaints_and_none_of_none():
    assert percents("complaint_completion", ("all", 57, 57)) == (
        ["100.0"],
        (),
        ("finished complaints", "complaints"),
    )
    assert percents("complaint_completion", ("all", 0, 0))[0] == [None]  # a dash, not nought


@pytest.mark.rule("OS-11.07")
def test_the_rate_over_all_comes_from_the_sums():
    parts = [("a", 673, 724), ("b", 56, 88), ("c", 185, 407), ("d", 34, 94)]

    shown, by, words = percents("collection", *parts)

    assert shown == ["93.0", "63.6", "45.5", "36.2", "72.2"]  # 948 of 1313; the mean would be 59.6
    assert (by, words) == (("segment",), ("paid", "due"))


@pytest.mark.rule("OS-11.10")
def test_satisfaction_over_all_answers_is_not_the_mean_of_the_areas():
    parts = [("a", 92, 100), ("b", 90, 100), ("c", 152, 200), ("d", 86, 100)]

    shown, by, words = percents("survey_satisfaction", *parts)

    assert shown == ["92.0", "90.0", "76.0", "86.0", "84.0"]  # the mean of the areas would be 86
    assert (by, words) == (("area",), ("satisfied answers", "answers"))


@pytest.mark.rule("OS-12.01")
def test_handling_by_trade():
    parts = [("a", 883, 897), ("b", 463, 513), ("c", 133, 147), ("d", 94, 94)]

    shown, by, words = percents("handling_by_trade", *parts)

    assert shown == ["98.4", "90.3", "90.5", "100.0", "95.3"]
    assert (by, words) == (("trade",), ("handled requests", "requests"))


@pytest.mark.rule("OS-07.11")
@pytest.mark.parametrize("word", ["我不能", "我不会", "我不愿意", "我不能够", "可是"])
def test_negative_phrases_are_warned_of(word):
    assert word in banned_words(f"抱歉，{word}这样做", OS)
    assert banned_words("好的，马上为您办理", OS) == []
