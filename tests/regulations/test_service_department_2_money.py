"""What the second service department takes and pays: lost points, fines, the freight of returns."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.explanation import explain
from kefu.policy.fees import (
    FundFacts,
    GoodsReturn,
    bands,
    charge,
    fund_income,
    goods_return,
)
from kefu.policy.ladders import Happening
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook, load
from kefu.policy.scores import score_money
from tests.regulations.penalty_rows import Row, assert_holds

SD2 = load("SD-2")


def with_settings(clause, **settings):
    content = SD2.to_json()
    next(one for one in content["clauses"] if one["id"] == clause).update(settings)
    return Rulebook.from_json(content)


def assessed(clause, rules=SD2, **facts):
    return assess(rules, Breach.model_validate({"clause": clause} | facts))


# Money for points.


def money(lost, rules=SD2):
    return charge(bands(rules, "score_money"), lost).amount


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
def test_the_money_for_points_adds_up_line_by_line():
    cost, steps = score_money(SD2, Decimal(51))

    assert cost == Decimal("1000.00")
    assert [(line.text, line.value) for line in explain(steps, "zh")] == [
        ("失分 = 100 分 − 51 分", "49 分"),
        ("10 分，超出 0 的部分 10 × 10.00 元", "100.00 元"),
        ("20 分，超出 10 的部分 10 × 20.00 元", "200.00 元"),
        ("30 分，超出 20 的部分 10 × 30.00 元", "300.00 元"),
        ("40 分，超出 30 的部分 10 × 40.00 元", "400.00 元"),
        ("49 分，超过末段不再增加", "1,000.00 元"),
        ("合计 = 100.00 元 + 200.00 元 + 300.00 元 + 400.00 元", "1,000.00 元"),
    ]


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
@pytest.mark.parametrize(
    ("score", "yuan"),
    [
        ("100", "0.00"),
        ("99.5", "5.00"),
        ("90", "100.00"),
        ("89", "120.00"),  # one point more costs twenty, no jump
        ("80", "300.00"),
        ("79", "330.00"),
        ("70", "600.00"),
        ("69.75", "610.00"),
        ("60", "1000.00"),
        ("59", "1000.00"),  # below sixty the money stays
        ("0", "1000.00"),
    ],
)
def test_each_point_costs_the_rate_of_its_band(score, yuan):
    assert money(100 - Decimal(score)) == Decimal(yuan)


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
@pytest.mark.parametrize(
    ("clause", "score", "yuan"),
    [
        ("SD-233.08", "95", "50.00"),
        ("SD-233.09", "89", "220.00"),  # eleven points at twenty: the jump
        ("SD-233.10", "79", "630.00"),
        ("SD-233.11", "69", "1240.00"),
    ],
)
def test_the_rate_of_the_last_band_for_all_lost_points_is_a_setting(clause, score, yuan):
    assert money(100 - Decimal(score), with_settings(clause, basis="whole")) == Decimal(yuan)


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
def test_half_points_count_as_half_in_every_band():
    for score, yuan in (("91.5", 85), ("81.5", 270), ("71.5", 555), ("61.5", 940)):
        assert money(100 - Decimal(score)) == yuan


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
@pytest.mark.parametrize(
    ("lost", "yuan"), [("5.004", "50.04"), ("15.004", "200.08"), ("25.004", "450.12"), ("35.004", "800.16")]
)  # fmt: skip
def test_no_part_of_a_point_is_rounded_up(lost, yuan):
    assert money(Decimal(lost)) == Decimal(yuan)


@pytest.mark.rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
def test_the_bands_stand_as_the_text_has_them():
    table = [
        (band.id, 100 - band.over, 100 - band.up_to, band.rate, band.unit)
        for band in bands(SD2, "score_money")
    ]

    assert table == [
        ("SD-233.08", 100, 90, 10, "point"),
        ("SD-233.09", 90, 80, 20, "point"),
        ("SD-233.10", 80, 70, 30, "point"),
        ("SD-233.11", 70, 60, 40, "point"),
    ]


@pytest.mark.rule("SD-233.12", "SD-233.17")
@pytest.mark.parametrize(("score", "below"), [("60", False), ("59.99", True), ("0", True)])
def test_below_sixty_a_dismissal_is_proposed_and_the_supervisor_fined(score, below):
    agent = assessed("SD-233.12", numbers={"score": score})
    supervisor = assessed("SD-233.17", numbers={"lowest_score": score})

    state = "applies" if below else "does_not_apply"
    assert (agent.state, agent.role, agent.per) == (state, "agent", "month")
    assert agent.measures == (("dismissal",) if below else ())
    assert (supervisor.state, supervisor.role, supervisor.per) == (state, "supervisor", "month")
    assert supervisor.amount == (Decimal("100.00") if below else None)
    assert assessed("SD-233.12").missing == ("score",)
    assert assessed("SD-233.17").missing == ("lowest_score",)


@pytest.mark.rule("SD-233.17")
def test_the_supervisors_fine_is_flat_unless_the_house_says_for_each_person():
    facts = {"numbers": {"lowest_score": "41"}, "times": 3}

    with pytest.raises(BadFacts, match="once a month"):
        assessed("SD-233.17", **facts)
    each = assessed("SD-233.17", with_settings("SD-233.17", per="person"), **facts)
    assert each.amount == Decimal("300.00")


# Attendance and conduct.


@pytest.mark.rule(
    "SD-233.22",
    "SD-233.23",
    "SD-233.27",
    "SD-233.28",
    "SD-233.30",
    "SD-233.35",
    "SD-233.39",
    "SD-233.41",
)
@pytest.mark.parametrize(
    "row",
    [
        Row("SD-233.22", "agent", "30.00", asks=("punch_missing", "no_request_in_time")),
        Row(
            "SD-233.23",
            "agent",
            measures=("full_attendance_lost",),
            per="month",
            asks=("SD-233.22",),
        ),
        Row(
            "SD-233.27", "agent", "50.00", asks=("verification", "left_post|stood_in_without_swap")
        ),
        Row(
            "SD-233.28",
            "agent",
            measures=("full_attendance_lost",),
            per="month",
            asks=("SD-233.27",),
        ),
        Row(
            "SD-233.30",
            "agent",
            "50.00",
            asks=(
                "verification",
                "no_prior_approval",
                "not_logged_in|offline|hidden|ignored_customers",
            ),
        ),
        Row(
            "SD-233.35", "agent", measures=("absence",), asks=("did_not_come", "leave_not_approved")
        ),
        Row("SD-233.39", "agent", measures=("absence",), asks=("did_not_come", "skipped_level")),
        Row(
            "SD-233.41",
            "agent",
            measures=("full_attendance_lost",),
            per="month",
            asks=("SD-233.40",),
        ),
    ],
    ids=str,
)
def test_what_an_agent_answers_for(row):
    assert_holds(SD2, row)


@pytest.mark.rule("SD-233.22", "SD-233.27")
@pytest.mark.parametrize(
    ("clause", "other"), [("SD-233.22", "SD-233.27"), ("SD-233.27", "SD-233.40")]
)
def test_never_both_for_one_shift(clause, other):
    known = {"verified": True, "established": ["punch_missing", "no_request_in_time", "left_post"]}

    assert assessed(clause, **known).state == "applies"
    assert assessed(clause, **known, raised=[other]).state == "does_not_apply"


@pytest.mark.rule("SD-233.40")
@pytest.mark.parametrize(
    ("base", "times", "yuan"),
    [
        ("2175.00", 1, "100.00"),
        ("3000.00", 1, "137.93"),  # 3000 / 21.75 = 137.931…
        ("3000.00", 2, "275.86"),  # rounded each time
        ("2500.00", 1, "114.94"),
    ],
)
def test_an_absence_costs_one_days_average_wage(base, times, yuan):
    found = assessed("SD-233.40", established=["absent"], base=base, times=times)

    assert (found.amount, found.role, found.per) == (Decimal(yuan), "agent", "occurrence")
    assert found.state == "applies"
    assert assessed("SD-233.40").missing == ("absent", "monthly_base_wage")


@pytest.mark.rule("SD-233.48", "SD-233.50")
def test_the_first_time_is_a_warning_and_what_follows_a_person_decides():
    once = [Happening(of="off_task", on=date(2026, 1, 5))]
    twice = [*once, Happening(of="off_task", on=date(2026, 11, 5))]  # months later counts as well
    on = date(2026, 11, 21)

    first = assessed("SD-233.48", history=once, on=on)
    again = assessed("SD-233.48", history=twice, on=on)
    open_ = assessed("SD-233.50", history=twice, on=on)
    decided = assessed("SD-233.50", established=["nth"])

    assert (first.state, first.measures, first.role) == ("applies", ("warning",), "agent")
    assert again.state == "does_not_apply"
    assert (open_.state, open_.missing) == ("open", ("nth",))
    assert (decided.state, decided.measures, decided.role) == ("applies", ("dismissal",), "agent")
    assert assessed("SD-233.48").missing == ("nth",)


@pytest.mark.rule("SD-233.50")
def test_a_house_that_sets_a_number_gets_a_third_step():
    strict = with_settings("SD-233.50", nth=5)
    five = [Happening(of="off_task", on=date(2026, 1, day)) for day in range(1, 6)]

    assert assessed("SD-233.50", strict, history=five).state == "applies"
    assert assessed("SD-233.50", strict, history=five[:4]).state == "does_not_apply"


# The fund.


@pytest.mark.rule("SD-233.04")
@pytest.mark.parametrize(
    ("kind", "yuan"),
    [
        ("cash_fine", "80.05"),
        ("score_money", "80.05"),
        ("supervisor_fine", "80.05"),
        ("absence_deduction", "80.05"),
        ("bonus_lost", "0.00"),  # was never paid
    ],
)
def test_every_fine_goes_to_the_activity_fund_whole(kind, yuan):
    found = fund_income(SD2, FundFacts(kind=kind, amount=Decimal("80.05")))

    assert found.amount == Decimal(yuan)
    assert SD2["SD-233.04"].fund == "department_activity"
    assert len({*SD2["SD-233.04"].of, *SD2["SD-233.04"].without}) == 5


@pytest.mark.rule("SD-233.04")
def test_what_the_clause_does_not_name_is_no_income():
    with pytest.raises(BadFacts, match=r"SD-233\.04 does not name tax"):
        fund_income(SD2, FundFacts(kind="tax", amount=Decimal(10)))


# The freight of goods sent back.


def returned(case, *established, rules=SD2):
    facts = {"case": case, "outbound": "12.00", "back": "15.50", "established": established}
    return goods_return(rules, GoodsReturn.model_validate(facts))


@pytest.mark.rule("SD-223.13", "SD-223.14", "SD-223.15")
def test_a_quality_defect_costs_the_company_both_ways_and_the_customer_only_lays_out_one():
    found = returned("quality", "return_received", "freight_receipt")

    assert found.bears == {"company": Decimal("27.50")}
    assert found.advances == {"customer": Decimal("15.50")}
    assert found.pays_back == {"company": Decimal("15.50")}
    assert (found.to, found.missing) == ("original_account", ())


@pytest.mark.rule("SD-223.15")
@pytest.mark.parametrize(
    ("there", "missing"),
    [
        ((), ("return_received", "freight_receipt")),
        (("freight_receipt",), ("return_received",)),
        (("return_received",), ("freight_receipt",)),
    ],
)
def test_the_freight_is_paid_back_once_the_goods_are_there_and_against_its_receipt(there, missing):
    found = returned("quality", *there)

    assert (found.pays_back, found.missing) == ({}, missing)


@pytest.mark.rule("SD-223.16")
def test_without_a_defect_the_customer_pays_the_way_back():
    found = returned("no_defect", "return_received", "freight_receipt")

    assert found.bears == {"customer": Decimal("15.50")}
    assert (found.advances, found.pays_back, found.missing) == ({}, {}, ())


def test_a_case_of_which_nothing_is_said_is_not_set():
    with pytest.raises(NotSet, match="SD-2: return_freight regret is not set"):
        returned("regret")
