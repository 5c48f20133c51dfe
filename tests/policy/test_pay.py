"""The machinery of the payslip: what a clause may say, what facts are refused, what always holds."""

from datetime import date
from decimal import Decimal
from string import Formatter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kefu.policy.calculations import calculation
from kefu.policy.clauses import (
    Allowance,
    BasePay,
    HourlyPay,
    NotSet,
    PerformancePay,
    PieceBonus,
    Seniority,
    WageFormula,
)
from kefu.policy.explanation import explain
from kefu.policy.months import last_day
from kefu.policy.pay import (
    Limits,
    PayFacts,
    PayRules,
    PoolFacts,
    payslip,
    payslips,
    pool,
    reward,
    room,
)
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import RulebookError
from kefu.policy.steps import Step
from kefu.policy.words_people import PEOPLE
from tests.policy.people import (
    FREE,
    STRICT,
    amount,
    amounts,
    book,
    edited,
    paid,
    parts,
    pay_rules,
    pieces,
)

HEAD = {
    "id": "CD-12.99",
    "label_zh": "测试",
    "label_en": "Test",
    "area": "people",
    "automation": "full",
    "module": "kefu.policy.pay",
}


@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        (BasePay, {"by": "service", "posts": ""}, "pay by service has an amount"),
        (BasePay, {"by": "post", "amount": 900}, "pay by service has an amount"),
        (BasePay, {"by": "service", "amount": "-1"}, "greater than 0"),
        (BasePay, {"by": "service", "amount": "900.001"}, "decimal places"),
        (WageFormula, {"parts": []}, "at least 1"),
        (WageFormula, {"parts": ["lottery"]}, "seniority"),
        (Seniority, {"part": "cap", "amount": 300, "months": 12}, "go by months"),
        (Seniority, {"part": "step", "amount": 50}, "go by months"),
        (Seniority, {"part": "start", "amount": 100, "months": 12}, "counts_from"),
        (PerformancePay, {"by": "grade", "amount": 200}, "go with pay by score"),
        (PerformancePay, {"by": "score", "amount": 200}, "go with pay by score"),
        (PieceBonus, {"of": ["damage"], "amount": 5, "to": "pool"}, "source goes with the pool"),
        (PieceBonus, {"of": ["damage"], "amount": 5, "source": "on_top"}, "source goes with"),
        (Allowance, {"part": "allowance", "amount": 50, "lost_by": ["late"]}, "each with their"),
        (Allowance, {"part": "full_attendance", "amount": 50}, "each with their part"),
        (Allowance, {"part": "full_attendance", "amount": 50, "lost_by": ["rain"]}, "late"),
        (HourlyPay, {"of": "x"}, "exactly one of rate"),
        (HourlyPay, {"of": "x", "rate": 5, "multiplier": 2}, "exactly one of rate"),
    ],
)
def test_a_clause_that_cannot_be_is_refused(kind, settings, reason):
    name = kind.model_fields["kind"].annotation.__args__[0]

    with pytest.raises(ValidationError, match=reason):
        kind(**HEAD, kind=name, **settings)


def test_two_formulas_of_one_department_are_refused():
    with pytest.raises(RulebookError, match=r"CD-12\.9\d: says what CD-12\.9\d says already"):
        edited("CD", CD_12_94={"departments": ["front", "query"]})


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"hired_on": "2026-12-01"}, "hired_on: joined after 2026-11"),
        ({"left_on": "2026-10-31"}, "left_on: left before 2026-11"),
        ({"left_on": "2026-01-14"}, "left_on: left before joining"),
        ({"department": "garden"}, "department: CD has no department garden"),
        ({"score": None}, "score: not known for 2026-11"),
        ({"pieces": pieces(("poems", 1))}, r"pieces\.poems: CD pays no such piece"),
        ({"hours": {"singing": "1"}}, r"hours\.singing: CD pays no such hours"),
        ({"penalties": [{"clause": "CD-99.99", "amount": "1"}]}, r"penalties\.CD-99\.99"),
        ({"forfeited": [{"part": "performance", "clause": "CD-99.99"}]}, r"forfeited\.CD-99\.99"),
        ({"awards": [{"clause": "CD-12.74"}]}, r"awards\.CD-12\.74: no award of CD"),
        ({"team_scores": ["100"]}, "team_scores: CD has no bonus for a team"),
        (
            {"absences": [{"on": "2026-10-31", "hours": "4"}]},
            "absences: 2026-10-31 is not from 2026-11-01 to 2026-11-30",
        ),
        (
            {"left_on": "2026-11-20", "absences": [{"on": "2026-11-21", "hours": "4"}]},
            "absences: 2026-11-21 is not from 2026-11-01 to 2026-11-20",
        ),
        (
            {
                "hired_on": "2026-11-10",
                "leaves": [{"leave": "sick", "on": "2026-11-09", "hours": "8"}],
            },
            "leaves: 2026-11-09 is not from 2026-11-10 to 2026-11-30",
        ),
        (
            {"adjustments": [{"clause": "CD-12.74", "amount": "5", "of_month": "2026-11"}]},
            "adjustments: 2026-11 is not an earlier month",
        ),
        (
            {
                "overtime": [
                    {
                        "starts_at": "2026-11-20T18:00:00+08:00",
                        "ends_at": "2026-11-20T20:00:00+08:00",
                    }
                ]
            },
            "calendar: overtime needs the calendar",
        ),
    ],
)
def test_facts_that_cannot_be_are_refused_by_name(facts, fault):
    with pytest.raises(BadFacts, match=fault):
        paid(**facts)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"month": "2026-00"}, "month"),
        ({"month": None}, "month"),
        ({"score": "NaN"}, "score"),
        ({"score": "-0.5"}, "score"),
        ({"score": 48.5}, "score"),
        ({"score": "Infinity"}, "score"),
        ({"hours": {"evening_duty": "-1"}}, "hours.evening_duty"),
        ({"pieces": [{"of": "damage", "count": -1}]}, "pieces.0.count"),
        ({"pieces": [{"of": "damage", "count": 10**9}]}, "pieces.0.count"),
        ({"attendance": {"late": -1}}, "attendance.late"),
        ({"attendance": {"sleepy": 1}}, "attendance.sleepy.[key]"),
        ({"penalties": [{"clause": "CD-12.79", "amount": "0"}]}, "penalties.0.amount"),
        ({"penalties": [{"clause": "CD-12.79", "amount": "1.234"}]}, "penalties.0.amount"),
        ({"limits": FREE | {"share": "1.01"}}, "limits.share"),
        ({"limits": FREE | {"minimum_wage": "NaN"}}, "limits.minimum_wage"),
        ({"pool_paid": "-5"}, "pool_paid"),
        ({"hired_on": "0001-01-01"}, "hired_on"),
        ({"left_on": "9999-12-31"}, "left_on"),
        ({"absences": [{"on": "0001-01-01", "hours": "4"}]}, "absences.0.on"),
        ({"wage": "1"}, "wage"),
    ],
)
def test_the_calculator_names_the_field_that_is_wrong(facts, field):
    given = {
        "month": "2026-11",
        "hired_on": "2026-01-15",
        "department": "query",
        "limits": FREE,
        "score": "50",
        **facts,
    }

    with pytest.raises(BadFacts) as refused:
        calculation("payslip").run(book("CD"), given)
    assert field in refused.value.faults


def test_the_calculator_gives_lines_with_their_steps():
    facts = {
        "month": "2026-11",
        "hired_on": "2026-01-15",
        "department": "query",
        "limits": STRICT,
        "score": "48.5",
        "penalties": [{"clause": "CD-12.79", "amount": "500"}],
    }

    found = calculation("payslip").run(book("CD"), facts)

    assert found.result["lines"][0] | {"steps": None} == {
        "clause": "CD-12.92",
        "part": "base",
        "label_zh": "查询部工资",
        "label_en": "Wage formula: query desk",
        "amount": "1000.00",
        "steps": None,
    }
    sums = {name: found.result[name] for name in ("gross", "deductions", "net", "not_deducted")}
    assert sums == {
        "gross": "1244.00",
        "deductions": "244.00",
        "net": "1000.00",
        "not_deducted": "256.00",
    }
    assert calculation("pool").run(book("CD"), {"carried": "5"}).result == {"left": "5.00"}


# -- the limits --------------------------------------------------------------------------------------

OWED = [{"clause": "CD-12.79", "amount": "150"}, {"clause": "CD-03.12", "amount": "120"}]


@pytest.mark.parametrize(
    ("limits", "deducted", "kept"),
    [
        ({"share": "1", "minimum_wage": "1"}, "270.00", "0.00"),
        ({"share": "0.2", "minimum_wage": "1"}, "250.00", "20.00"),  # a fifth of 1250
        ({"share": "0.2", "minimum_wage": "1100"}, "150.00", "120.00"),
        ({"share": "0.2", "minimum_wage": "1250"}, "0.00", "270.00"),
        ({"share": "0.2", "minimum_wage": "2490"}, "0.00", "270.00"),  # the wage is below it
        ({"share": "0.2", "minimum_wage": "2490", "keeps_minimum": False}, "250.00", "20.00"),
        ({"share": "0", "minimum_wage": "1"}, "0.00", "270.00"),
        ({"share": "1", "minimum_wage": "1", "deductions": False}, "0.00", "270.00"),
    ],
)
def test_deductions_stop_at_the_limits_of_the_place(limits, deducted, kept):
    slip = paid(penalties=OWED, limits={"edition": "A", **limits})

    assert (str(slip.deductions), str(slip.not_deducted)) == (deducted, kept)
    assert slip.net == slip.gross - slip.deductions
    told = [line.value for line in explain(slip.steps, "zh-hans")]
    assert told[-1] == f"{slip.net:,.2f} 元"


def test_what_is_above_the_limit_is_shown_line_by_line():
    slip = paid(penalties=OWED, limits={"edition": "A", "share": "0.16", "minimum_wage": "1"})

    assert amounts(slip)[-2:] == [("CD-12.79", "-150.00"), ("CD-03.12", "-50.00")]
    assert [(line.clause, str(line.amount)) for line in slip.excess] == [("CD-03.12", "70.00")]
    assert [(line.text, line.value) for line in explain(slip.steps, "zh-hans")][-3:] == [
        ("应扣 120.00 元，限额内只扣 50.00 元", "未扣 70.00 元"),
        ("扣款上限 = 1,250.00 元 × 16%（A）", "200.00 元"),
        ("实发 = 1,250.00 元 − 200.00 元", "1,050.00 元"),
    ]


def test_a_limit_is_cut_off_and_never_rounded_up():
    # A fifth of 1233.33 would round to 246.67.
    slip = paid(score="45.8325", penalties=OWED, limits=STRICT | {"minimum_wage": "1"})

    assert (slip.gross, slip.deductions) == (Decimal("1233.33"), Decimal("246.66"))


def test_a_place_without_a_minimum_wage_in_its_edition_cannot_be_paid_by_guess():
    with pytest.raises(NotSet, match="B: minimum_wage is not set"):
        paid(penalties=OWED, limits=STRICT | {"minimum_wage": None})
    assert paid(limits=STRICT | {"minimum_wage": None}).net == 1250


# -- other lines -------------------------------------------------------------------------------------


def test_a_locked_month_is_put_right_in_the_next():
    given = [
        {"clause": "CD-12.75", "amount": "25", "of_month": "2026-10"},
        {"clause": "CD-12.82", "amount": "-50", "of_month": "2026-09"},
    ]
    slip = paid(adjustments=given)

    assert amounts(slip)[-2:] == [("CD-12.75", "25.00"), ("CD-12.82", "-50.00")]
    assert (slip.gross, slip.net) == (1275, 1225)
    assert [line.text for line in explain(slip.steps, "en")][-4:-2] == [
        "Adjusts 2026-10",
        "Adjusts 2026-09",
    ]
    kept = paid(adjustments=given, limits=STRICT | {"minimum_wage": "2490"})
    assert (kept.net, kept.not_deducted) == (1275, 50)  # a correction is a deduction too


def test_a_month_without_assessment_has_no_performance_pay():
    slip = paid(assessed=False, score=None)

    assert "performance" not in parts(slip)
    assert "pay_not_assessed" in {step.key for step in slip.notes}


def test_other_readings_are_settings():
    rules = PayRules.of(edited("CD", CD_12_87={"above_full": False}))
    assert amount(paid(rules=rules, score="52"), "CD-12.87") == "200.00"

    rules = PayRules.of(edited("CD", CD_12_83={"counts_from": "anniversary_month"}))
    assert parts(paid(rules=rules, hired_on="2025-11-30"))["seniority"] == "100.00"
    assert "seniority" not in parts(paid(rules=rules, hired_on="2025-12-01"))

    rules = PayRules.of(edited("CD", CD_12_90={"first_month": "first_whole"}))
    assert paid(rules=rules, hired_on="2026-10-02").net == 900
    assert paid(rules=rules, hired_on="2026-10-01").net == 1250
    assert paid(rules=rules, hired_on="2026-11-02").net == 900

    rules = PayRules.of(edited("CD", CD_12_89={"part_month": "by_days"}))
    assert paid(rules=rules, hired_on="2026-11-21").net == 300

    rules = PayRules.of(edited("CD", CD_12_41={"while_blank": "refuse"}))
    with pytest.raises(NotSet, match=r"CD-12\.41: rate is not set"):
        paid(rules=rules, hours={"evening_duty": "1"})
    assert paid(rules=rules, hours={"evening_duty": "0"}).not_set == ()

    rules = PayRules.of(edited("CD", CD_12_80={"whole_month": False}))
    assert (
        parts(paid(rules=rules, department="front", left_on="2026-11-02"))["allowance"] == "50.00"
    )


def test_absence_and_leave_without_a_price_are_said_and_cost_nothing():
    slip = paid(
        absences=[{"on": "2026-11-03", "hours": "8"}],
        leaves=[{"leave": "sick", "on": "2026-11-04", "hours": "8"}],
    )

    assert slip.net == 1200  # full attendance is lost
    assert {"pay_no_rule_absence", "pay_no_rule_leave"} <= {step.key for step in slip.notes}


def test_who_was_away_all_month_loses_the_wage_and_no_more():
    rules = PayRules.of(edited("ES", ES_116_01={"posts": {"agent": "2150"}}))
    absent = [{"on": f"2026-11-{day:02}", "hours": "8"} for day in range(1, 28)]

    slip = paid(rules=rules, post="agent", grade="fail", absences=absent)

    assert (slip.gross, slip.net) == (0, 0)
    assert slip.not_deducted > 0
    assert "pay_unpaid_all" in {step.key for step in slip.steps}


def test_the_pool_and_the_rewards_of_a_rulebook_without_them():
    with pytest.raises(LookupError, match="ES has no pool"):
        pool(PoolFacts(), pay_rules("ES"))
    with pytest.raises(BadFacts, match="pool_paid: OS has no pool"):
        paid("OS", base="2000", pool_paid="5")
    with pytest.raises(BadFacts, match=r"pieces\.poems"):
        pool(PoolFacts.model_validate({"pieces": pieces(("poems", 1))}), pay_rules("CD"))
    with pytest.raises(KeyError):
        reward(book("ES"), "ES-999.01", {})
    with pytest.raises(TypeError, match=r"ES-137\.01 is no ground"):
        reward(book("ES"), "ES-137.01", {})


def test_a_pool_out_of_the_bonuses_says_so():
    rules = PayRules.of(edited("CD", CD_12_77={"source": "from_bonus"}))

    left, steps = pool(
        PoolFacts.model_validate({"carried": "1", "pieces": pieces(("loss", 2, "accepted"))}), rules
    )

    assert left == 11
    assert (
        explain(steps, "zh-hans")[0].text
        == "1.00 元 + 2 件 × 5.00 元（从奖金提取）− 已分配 0.00 元"
    )


def test_hours_are_priced_by_the_wage_of_a_whole_month():
    settings = {"posts": {"agent": "2150"}, "part_month": "by_days"}
    rules = PayRules.of(edited("ES", ES_116_01=settings))

    slip = paid(
        rules=rules,
        post="agent",
        grade="fail",
        hired_on="2026-11-16",
        absences=[{"on": "2026-11-20", "hours": "4"}],
    )

    assert [str(line.amount) for line in slip.lines if line.part in ("base", "absence")] == [
        "1075.00",
        "-50.00",
    ]


def test_the_same_limits_hold_for_a_deduction_note():
    limits = Limits.model_validate(STRICT)

    assert room(Decimal("5000.03"), limits)[0] == 1000  # a fifth is 1000.006
    assert room(Decimal("1100"), limits)[0] == 100
    assert room(Decimal("900"), limits)[0] == 0


def test_an_agreed_wage_needs_no_clause():
    slip = paid("OS", base="2345.60", department="night", score=None)

    assert [(line.clause, line.label("en"), str(line.amount)) for line in slip.lines] == [
        ("", "Base wage", "2345.60")
    ]
    with pytest.raises(BadFacts, match="base: OS gives no base wage"):
        paid("OS", score=None)


# -- what always holds -------------------------------------------------------------------------------

cents = st.decimals("0.01", 800, places=2)
facts = st.fixed_dictionaries(
    {
        "month": st.sampled_from(["2026-01", "2026-02", "2026-11", "2030-06"]),
        "hired_on": st.dates(date(2015, 1, 1), date(2026, 1, 31)),
        "department": st.sampled_from(
            ["query", "report", "front", "warehouse", "business", "processing", "on_site"]
        ),
        "score": st.decimals(0, 52, places=1),
        "pieces": st.lists(
            st.fixed_dictionaries(
                {
                    "of": st.sampled_from(["damage", "delay", "loss", "complaint"]),
                    "count": st.integers(0, 20),
                    "done": st.sampled_from([[], ["accepted"], ["recorded", "handed_over"]]),
                }
            ),
            max_size=4,
        ),
        "attendance": st.dictionaries(st.sampled_from(["late", "leave"]), st.integers(0, 3)),
        "pool_paid": st.decimals(0, 100, places=2),
        "penalties": st.lists(
            st.fixed_dictionaries({"clause": st.just("CD-12.79"), "amount": cents}), max_size=4
        ),
        "adjustments": st.lists(
            st.fixed_dictionaries(
                {
                    "clause": st.just("CD-12.87"),
                    "amount": st.decimals(-300, 300, places=2),
                    "of_month": st.just("2025-12"),
                }
            ),
            max_size=2,
        ),
        "limits": st.fixed_dictionaries(
            {
                "edition": st.just("A"),
                "share": st.decimals(0, 1, places=2),
                "minimum_wage": st.decimals(1, 2_500, places=2),
                "keeps_minimum": st.booleans(),
                "deductions": st.booleans(),
            }
        ),
    }
)


@settings(max_examples=60)
@given(facts=facts)
def test_a_payslip_adds_up_to_the_fen_and_keeps_its_limits(facts):
    checked = PayFacts.model_validate(facts)
    slip = payslip(checked, pay_rules("CD"))
    limits = checked.limits

    assert sum(line.amount for line in slip.lines) == slip.net == slip.gross - slip.deductions
    assert all(line.amount == round(line.amount, 2) for line in (*slip.lines, *slip.excess))
    owed = sum(p.amount for p in checked.penalties) - sum(
        a.amount for a in checked.adjustments if a.amount < 0
    )
    assert slip.deductions + slip.not_deducted == owed
    assert 0 <= slip.deductions <= slip.gross * limits.share
    if not limits.deductions:
        assert slip.deductions == 0
    if limits.keeps_minimum and slip.deductions:
        assert slip.net >= limits.minimum_wage
    assert payslip(checked, pay_rules("CD")) == slip  # the same facts, the same slip
    for language in ("zh-hans", "en"):
        told = explain(slip.steps, language)
        assert len(told) == len(slip.steps)
        stored = [Step.from_json(step.to_json()) for step in slip.steps]
        assert explain(stored, language) == told


@settings(max_examples=40)
@given(facts=facts, day=st.integers(1, 27), there=st.sampled_from(["report", "front", "on_site"]))
def test_a_month_in_two_parts_keeps_the_limits_of_the_whole(facts, day, there):
    """Whatever happens in either part, together they take no more than one slip might, and lose no fine on the way."""
    month = facts["month"]
    stints = [(f"{month}-01", f"{month}-{day:02}"), (f"{month}-{day + 1:02}", last_day(month))]
    given = facts | {"hired_on": date(2015, 1, 31)}
    parts = [
        PayFacts.model_validate(
            given | {"department": desk, "stint": {"from_on": first, "until_on": last}}
        )
        for (first, last), desk in zip(stints, ("query", there), strict=True)
    ]

    made = [slip for slip, _most in payslips([(part, pay_rules("CD")) for part in parts])]

    gross = sum(slip.gross for slip in made)
    taken = sum(slip.deductions for slip in made)
    assert taken <= room(gross, parts[0].limits)[0]
    assert all(slip.net >= 0 for slip in made)
    owed = 2 * sum(line.amount for line in parts[0].penalties) - 2 * sum(
        line.amount for line in parts[0].adjustments if line.amount < 0
    )
    assert taken + sum(slip.not_deducted for slip in made) == owed
    base = [line.amount for slip in made for line in slip.lines if line.part == "base"]
    assert abs(sum(base) - 1000) <= Decimal("0.01")  # each half up: a fen at most
    whole = payslips([(PayFacts.model_validate(given), pay_rules("CD"))])
    assert whole == [(payslip(PayFacts.model_validate(given), pay_rules("CD")), None)]


def test_a_stint_lies_within_the_days_of_service():
    with pytest.raises(BadFacts, match="stint: 2026-11-01 is not from 2026-11-03"):
        paid(hired_on="2026-11-03", stint={"from_on": "2026-11-01", "until_on": "2026-11-20"})
    agreed = paid(
        "OS", base="3000", score=None, stint={"from_on": "2026-11-16", "until_on": "2026-11-30"}
    )
    assert agreed.net == 1500
    assert [line.text for line in explain(agreed.lines[0].steps, "zh-hans")][-1] == (
        "3,000.00 元 × 在本部门 15 ÷ 在职 30 天"
    )


@settings(max_examples=40)
@given(facts=facts, more=st.decimals("0.1", 10, places=1))
def test_a_better_score_and_a_longer_service_never_pay_less(facts, more):
    before = payslip(PayFacts.model_validate(facts), pay_rules("CD"))
    best = min(facts["score"] + more, Decimal(52))  # the sheet and all the extra points
    better = payslip(PayFacts.model_validate(facts | {"score": best}), pay_rules("CD"))
    longer = facts | {"hired_on": facts["hired_on"].replace(year=facts["hired_on"].year - 1, day=1)}

    assert better.gross >= before.gross
    assert better.net >= before.net
    assert payslip(PayFacts.model_validate(longer), pay_rules("CD")).gross >= before.gross


# -- the words ---------------------------------------------------------------------------------------


def test_both_languages_say_the_same_things():
    def names(text):
        return {name for _t, name, _f, _c in Formatter().parse(text) if name}

    for key, both in PEOPLE.items():
        assert names(both.zh) == names(both.en), key
        assert both.zh.strip() and both.en.strip(), key
        if key.startswith("step.") and not key.endswith(".value"):
            assert f"{key}.value" in PEOPLE
