"""The machinery of scores: what a clause may say, what facts are refused, what always holds."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kefu.policy.calculations import calculation
from kefu.policy.clauses import (
    Assessment,
    ExtraPoints,
    Grade,
    Indicator,
    NotSet,
    Rating,
    ScoreEvent,
    ScorePeriod,
    ScoreSheet,
    ScoreTiers,
    Weight,
)
from kefu.policy.explanation import explain
from kefu.policy.fees import bands, charge
from kefu.policy.pay import Limits, room
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import RulebookError
from kefu.policy.scores import (
    AssessmentFacts,
    AssessmentRules,
    ScoreRules,
    assess,
    missing_parts,
    score_money,
    score_period,
    year_mean,
)
from tests.policy.people import book, edited, score_rules, scored

HEAD = {
    "id": "CD-12.99",
    "label_zh": "测试",
    "label_en": "Test",
    "area": "people",
    "automation": "full",
    "module": "kefu.policy.scores",
}


def section(most, *lines, name="one"):
    return {"name": name, "zh": "一", "en": "One", "most": most, "lines": list(lines)}


def tiers(*pairs, **more):
    steps = [{"at_least": bound, "points": points} for bound, points in pairs]
    return ScoreTiers(**HEAD, kind="score_tiers", metric="calls", tiers=steps, **more)


@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        (ScoreSheet, {"total": "50", "sections": [section(49, "CD-12.14")]}, "do not add up"),
        (
            ScoreSheet,
            {"total": "50", "sections": [section(50, "CD-12.14", "CD-12.14")]},
            "twice in one",
        ),
        (
            ScoreSheet,
            {"total": 50, "sections": [section(25, "CD-12.14"), section(25, "CD-12.15")]},
            "one name",
        ),
        (ScoreSheet, {"total": "50", "floor": "section"}, "no sections to have a floor"),
        (ScoreSheet, {"total": 0.5}, "not as a float"),
        (ScoreTiers, {"metric": "m", "tiers": [(5, 0)]}, "at least 2"),
        (ScoreEvent, {"points": 0}, "no points"),
        (ScoreEvent, {"points": -1, "up_to": 3}, "up_to is above points"),
        (ScoreEvent, {"points": -1, "cap": "0.5"}, "below a single event"),
        (ScoreEvent, {"points": -1, "counted": "ever"}, "no history to count"),
        (ScoreEvent, {"points": "NaN"}, "finite"),
        (ExtraPoints, {"commendation": 1, "complaint": 1, "limit": 2}, "less than 0"),
        (Indicator, {"part": "p", "metric": "m", "target": 2, "full": 1}, "above what can be"),
        (Grade, {"grade": "g"}, "has a bound"),
        (Grade, {"grade": "g", "at_least": 90, "below": 60}, "no room"),
        (Weight, {"part": "p", "share": "1.1"}, "less than or equal"),
        (Rating, {"part": "p", "name": "n"}, "scorer"),
        (ScorePeriod, {"runs": "week", "carries_over": False}, "calendar_month"),
        (Assessment, {"sheet": "week"}, "month"),
    ],
)
def test_a_clause_that_cannot_be_is_refused(kind, settings, reason):
    name = kind.model_fields["kind"].annotation.__args__[0]
    if "tiers" in settings:
        settings = settings | {
            "tiers": [{"at_least": b, "points": p} for b, p in settings["tiers"]]
        }

    with pytest.raises(ValidationError, match=reason):
        kind(**HEAD, kind=name, **settings)


@pytest.mark.parametrize(
    ("pairs", "reason"),
    [
        ([(10, 0), (10, -1), (0, -2)], "each bound below"),
        ([(5, 0), (10, -1), (0, -2)], "each bound below"),
        ([(10, -2), (0, -1)], "more points than the one above"),
        ([(10, 0), (5, -1)], "begins at 0"),
    ],
)
def test_tiers_with_a_gap_or_out_of_order_are_refused(pairs, reason):
    with pytest.raises(ValidationError, match=reason):
        tiers(*pairs)


def test_weights_and_grades_have_to_fit_together():
    with pytest.raises(RulebookError, match="do not add up to 1"):
        AssessmentRules.of(edited("ES", ES_603_05={"share": "0.5"}))
    with pytest.raises(RulebookError, match=r"ES-603\.14: the grade does not end where ES-603\.13"):
        AssessmentRules.of(edited("ES", ES_603_13={"at_least": "91"}))
    with pytest.raises(RulebookError, match="do not cover all points"):
        AssessmentRules.of(edited("ES", ES_603_13={"below": "100"}))
    with pytest.raises(LookupError, match="CD has no weighted assessment"):
        AssessmentRules.of(book("CD"))


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"counts": {"CD-99.99": 1}}, r"counts\.CD-99\.99: no line of CD"),
        ({"counts": {"CD-12.87": 1}}, r"counts\.CD-12\.87: no line of CD"),
        ({"earlier": {"CD-99.99": 1}}, r"earlier\.CD-99\.99"),
        ({"incidents": [["CD-12.14", "CD-99.99"]]}, r"incidents\.CD-99\.99"),
        ({"granted": [{"clause": "CD-12.14", "points": "3"}]}, r"granted\.CD-12\.14: outside"),
        ({"events": {"sneezing": 1}}, r"events\.sneezing: no clause of CD counts it"),
        ({"desks": ["garden"]}, r"desks\.garden: not known to CD"),
        ({"metrics": {"sneezes": 1}}, r"metrics\.sneezes: not known to CD"),
        ({"desk_metrics": {"sneezes": 1}}, r"desk_metrics\.sneezes"),
        ({"hired_on": "2026-12-01"}, "hired_on: joined after 2026-11"),
        ({"days_worked": 27, "days_scheduled": 26}, "days_worked: more than scheduled"),
    ],
)
def test_facts_that_name_nothing_of_the_rulebook_are_refused(facts, fault):
    with pytest.raises(BadFacts, match=fault):
        scored(**facts)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"counts": {"CD-12.14": -1}}, "counts"),
        ({"counts": {"CD-12.14": 1.5}}, "counts"),
        ({"counts": {"CD-12.14": True}}, "counts"),
        ({"counts": {"CD-12.14": 10**9}}, "counts"),
        ({"metrics": {"answered_calls": "NaN"}}, "metrics"),
        ({"metrics": {"answered_calls": "Infinity"}}, "metrics"),
        ({"metrics": {"answered_calls": "-1"}}, "metrics"),
        ({"metrics": {"answered_calls": 1.5}}, "metrics"),
        ({"metrics": {"answered_calls": 10**12}}, "metrics"),
        ({"month": "2026-13"}, "month"),
        ({"month": ""}, "month"),
        ({"hired_on": "the other day"}, "hired_on"),
        ({"commendations": -1}, "commendations"),
        ({"overtime": 3}, "overtime"),
    ],
)
def test_the_calculator_names_the_field_that_is_wrong(facts, field):
    given = {"month": "2026-11", "hired_on": "2026-01-01", **facts}

    with pytest.raises(BadFacts) as refused:
        calculation("month_score").run(book("CD"), given)
    assert any(name.startswith(field) for name in refused.value.faults)


def test_other_readings_are_settings():
    desk = ScoreRules.of(edited("CD", CD_12_10={"scope": "desk"}))
    worse = ScoreRules.of(edited("CD", CD_12_06={"edge": "worse"}))
    prorated = ScoreRules.of(edited("CD", CD_12_06={"part_month": "prorated"}))
    strict = ScoreRules.of(edited("CD", CD_12_55={"missing": "refuse"}))
    peak = ScoreRules.of(edited("CD", CD_12_05={"seasons": {"peak": [2]}}))
    whole = ScoreRules.of(edited("CD", CD_12_01={"floor": "total"}))
    calls = {"desks": ["phone"], "metrics": {"answered_calls": "1150"}}

    team = {"desks": ["outbound"], "desk_metrics": {"outbound_problem_parcels": "3999"}}
    assert scored(rules=desk, **team).points == 46
    assert (scored(rules=worse, **calls).points, scored(**calls).points) == (49, 50)
    half = {"desks": ["phone"], "metrics": {"answered_calls": "575"}}
    days = {"days_worked": 13, "days_scheduled": 26}
    assert scored(rules=prorated, **half, **days).points == 50
    assert (
        scored(rules=prorated, **half | {"metrics": {"answered_calls": "574"}}, **days).points == 49
    )
    with pytest.raises(BadFacts, match=r"days_worked: CD-12\.06 goes by the days worked"):
        scored(rules=prorated, **half)
    with pytest.raises(BadFacts, match=r"metrics\.exam_mark"):
        scored(rules=strict)
    february = calls | {"month": "2026-02", "metrics": {"answered_calls": "700"}}
    assert (scored(rules=peak, **february).points, scored(**february).points) == (46, 50)
    assert scored(rules=whole, counts={"CD-12.35": 20}).points == 40


@pytest.mark.rule("ES-603.05", "ES-603.06", "ES-603.07", "ES-603.09")
def test_an_assessment_tells_its_arithmetic_to_the_last_step():
    measured = {
        "response_rate": {"done": 76, "out_of": 100},
        "first_contact_rate": {"done": 9, "out_of": 10},
        "satisfaction": {"done": 0, "out_of": 0},
    }
    judged = {
        "attitude": {"points": 80, "by": "supervisor"},
        "compliance": {"points": 70, "by": "supervisor"},
    }
    facts = AssessmentFacts.model_validate(
        {
            "month": "2026-11",
            "measured": measured,
            "judged": judged,
            "events": {"complaint_by_agent": 1},
        }
    )

    steps = assess(facts, AssessmentRules.of(book("ES"))).steps

    assert [(line.text, line.value) for line in explain(steps, "zh-hans")] == [
        ("响应达标率：是否达标由 ES-203.05、ES-203.06 判定", "标准"),
        ("响应达标率 76 ÷ 100 = 0.7600，未达目标 0.95：0.7600 ÷ 0.95 × 100", "80 分"),
        ("一次解决率 9 ÷ 10 = 0.9000，达到目标 0.9", "100 分"),
        ("满意度本月没有数据，权重分给其余指标", "不适用"),
        ("定量 = (80 + 100) ÷ 2 = 90 分，× 60%", "54 分"),
        ("制度遵守，主管评分", "70 分"),
        ("服务态度，主管评分", "80 分"),
        ("定性 = (70 + 80) ÷ 2 = 75 分，× 40%", "30 分"),
        ("1 次 × −5 分", "−5 分"),
        ("合计 = 54+30−5，不低于 0", "79 分"),
        ("60 分 ≤ 79 分 < 90 分", "合格"),
    ]
    assert explain(steps, "en")[-2].text == "Total = 54+30−5, not below 0"


def test_a_target_may_be_all_or_nothing():
    rules = AssessmentRules.of(edited("ES", ES_603_07={"earns": "all_or_nothing"}))
    measured = {
        "response_rate": {"done": 94, "out_of": 100},
        "first_contact_rate": {"done": 9, "out_of": 10},
        "satisfaction": {"done": 45, "out_of": 10},
    }
    judged = {n: {"points": 100, "by": "supervisor"} for n in ("attitude", "compliance")}
    facts = {"month": "2026-11", "measured": measured, "judged": judged}

    found = assess(AssessmentFacts.model_validate(facts), rules)

    assert found.total == 80
    assert [line.text for line in explain(found.steps, "zh-hans")][:2] == [
        "响应达标率：是否达标由 ES-203.05、ES-203.06 判定",
        "响应达标率 94 ÷ 100 = 0.9400，未达目标 0.95",
    ]


def test_a_zero_is_in_the_lowest_tier_whichever_way_bounds_are_read():
    worse = ScoreRules.of(edited("CD", CD_12_06={"edge": "worse"}))

    assert scored(rules=worse, desks=["phone"], metrics={"answered_calls": 0}).points == 46


def test_a_rulebook_without_a_sheet_or_a_season_says_so():
    with pytest.raises(LookupError, match="ES has no score sheet"):
        scored("ES", rules=ScoreRules.of(book("ES")))
    with pytest.raises(LookupError, match="ES has no score sheet"):
        score_period(book("ES"), date(2026, 11, 1))
    with pytest.raises(LookupError, match="CD has no mean of the year"):
        year_mean(book("CD"), {"2026-01": Decimal(50)})
    assert missing_parts(book("CD"), "month", ()) == ()
    assert score_money(book("CD"), Decimal(30)) is None
    content = book("CD").to_json()
    content["clauses"] = [c for c in content["clauses"] if c["id"] not in ("CD-12.04", "CD-12.05")]
    seasonless = ScoreRules.of(type(book("CD")).from_json(content))
    with pytest.raises(NotSet, match=r"season\.11"):
        scored(rules=seasonless, desks=["phone"], metrics={"answered_calls": 1})


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_earns_and_costs_nothing(number):
    strange = Decimal(number)
    limits = Limits.model_validate({"edition": "A", "share": "0.2", "minimum_wage": "1000"})

    with pytest.raises(BadFacts, match="points: not a number"):
        score_money(book("SD-2"), strange)
    with pytest.raises(BadFacts, match=r"totals\.2026-02: not a number"):
        year_mean(book("ES"), {"2026-01": Decimal(50), "2026-02": strange})
    with pytest.raises(BadFacts, match="wage: not a number"):
        room(strange, limits)
    with pytest.raises(BadFacts, match="quantity"):
        charge(bands(book("CD"), "air_return", "shuttle"), strange)


def test_the_calendar_month_is_the_period_where_nothing_else_is_said():
    found = score_period(book("CD"), date(2028, 2, 20), carried=Decimal(40))

    assert found == (date(2028, 2, 1), date(2028, 2, 29), 50)


# -- what always holds -------------------------------------------------------------------------------

LINES = [
    c for s in book("CD")["CD-12.01"].sections for c in s.lines if c in score_rules("CD").lines
]
counts = st.dictionaries(st.sampled_from(LINES), st.integers(0, 60), max_size=12)
numbers = st.decimals(0, 9_999, places=1)


@settings(max_examples=40)
@given(
    counts=counts,
    calls=numbers,
    mark=st.decimals(0, 100, places=1),
    good=st.integers(0, 9),
    bad=st.integers(0, 9),
)
def test_a_score_is_its_sections_and_the_extra_points_and_stays_in_bounds(
    counts, calls, mark, good, bad
):
    metrics = {"answered_calls": calls, "exam_mark": mark}
    score = scored(
        counts=counts, desks=["phone"], metrics=metrics, commendations=good, complaints=bad
    )

    assert score.points == max(0, sum(s.points for s in score.sections) + score.extra)
    assert all(0 <= s.points <= s.most for s in score.sections)
    assert -2 <= score.extra <= 2
    assert 0 <= score.points <= 52
    for language in ("zh-hans", "en"):
        assert explain(score.steps, language)[-1].value.startswith(f"{score.points.normalize():f}")


@settings(max_examples=40)
@given(counts=counts, more=st.sampled_from(LINES))
def test_one_more_breach_never_raises_a_score(counts, more):
    again = counts | {more: counts.get(more, 0) + 1}

    assert scored(counts=again).points <= scored(counts=counts).points


@settings(max_examples=40)
@given(
    number=numbers,
    more=st.decimals(0, 500, places=1),
    season=st.sampled_from(["2026-11", "2026-06", "2026-02"]),
)
def test_doing_more_never_costs_points_and_no_number_falls_between_tiers(number, more, season):
    for desk, metric in (("phone", "answered_calls"), ("outbound", "outbound_problem_parcels")):
        less = scored(month=season, desks=[desk], metrics={metric: number}).points
        more_ = scored(month=season, desks=[desk], metrics={metric: number + more}).points
        assert 46 <= less <= more_ <= 50


counted = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


@settings(max_examples=40)
@given(
    response=counted,
    first=counted,
    ratings=st.lists(st.integers(1, 5), max_size=8),
    attitude=st.decimals(0, 100, places=2),
    compliance=st.decimals(0, 100, places=2),
    complaints=st.integers(0, 25),
)
def test_an_assessment_is_its_weighted_parts_between_nought_and_a_hundred(
    response, first, ratings, attitude, compliance, complaints
):
    measured = {
        "response_rate": response,
        "first_contact_rate": first,
        "satisfaction": (sum(ratings), len(ratings)),
    }
    facts = AssessmentFacts.model_validate(
        {
            "month": "2026-11",
            "measured": {n: {"done": str(d), "out_of": str(o)} for n, (d, o) in measured.items()},
            "judged": {
                "attitude": {"points": attitude, "by": "supervisor"},
                "compliance": {"points": compliance, "by": "supervisor"},
            },
            "events": {"complaint_by_agent": complaints},
        }
    )
    if not any(out_of for _done, out_of in measured.values()):
        with pytest.raises(BadFacts, match="quantitative: no data"):
            assess(facts, AssessmentRules.of(book("ES")))
        return

    found = assess(facts, AssessmentRules.of(book("ES")))

    parts = found.parts["quantitative"] * 3 / 5 + found.parts["qualitative"] * 2 / 5
    assert found.total == max(0, parts - 5 * complaints)
    assert all(0 <= part <= 100 for part in found.parts.values())
    wanted = "excellent" if found.total >= 90 else "pass" if found.total >= 60 else "fail"
    assert found.grade == wanted
    assert found.shown <= found.total
    for language in ("zh-hans", "en"):
        assert len(explain(found.steps, language)) == len(found.steps)


def test_a_sheet_is_told_line_by_line():
    score = scored(
        desks=["phone"],
        metrics={"answered_calls": "1049", "exam_mark": "85"},
        counts={"CD-12.14": 3, "CD-12.47": 7},
        commendations=5,
        complaints=0,
    )

    assert [(line.clause, line.text, line.value) for line in explain(score.steps, "zh-hans")] == [
        ("CD-12.04", "2026-11 属于旺季", "旺季"),
        ("CD-12.06", "接听量 1049，达到 1000 一档", "−3 分"),
        ("CD-12.14", "3 次 × −0.5 分", "−1.5 分"),
        ("CD-12.01", "工作效率：20 分 − 4.5 分", "15.5 分"),
        ("CD-12.01", "工作能力：5 分 − 0 分", "5 分"),
        ("CD-12.47", "7 次 × −0.2 分，最多 1 分", "−1 分"),
        ("CD-12.01", "工作时间：5 分 − 1 分", "4 分"),
        ("CD-12.55", "考试成绩 85，达到 80 一档", "−1 分"),
        ("CD-12.01", "培训学习：5 分 − 1 分", "4 分"),
        ("CD-12.01", "基本制度：5 分 − 0 分", "5 分"),
        ("CD-12.01", "工作态度：10 分 − 0 分", "10 分"),
        ("CD-12.98", "表扬 5 次 × 0.5 分，投诉 0 次 × −0.5 分，正负不超过 2 分", "2 分"),
        ("CD-12.01", "合计 = 15.5+5+4+4+5+10+2", "45.5 分"),
    ]
    english = [line.text for line in explain(score.steps, "en")]
    assert english[1] == "calls answered: 1049, the tier from 1000 on"
    assert english[-1] == "Total = 15.5+5+4+4+5+10+2"


def test_the_calculator_offers_both_kinds_of_month():
    courier = {"month": "2026-11", "hired_on": "2026-01-01", "counts": {"CD-12.35": 1}}
    found = calculation("month_score").run(book("CD"), courier)
    assert (found.result["points"], found.result["sections"]["ability"]) == ("49.5", "4.5")

    weighted = {
        "month": "2026-11",
        "measured": {
            "response_rate": {"done": 95, "out_of": 100},
            "first_contact_rate": {"done": 9, "out_of": 10},
            "satisfaction": {"done": 45, "out_of": 10},
        },
        "judged": {n: {"points": 50, "by": "supervisor"} for n in ("attitude", "compliance")},
    }
    found = calculation("assessment").run(book("ES"), weighted)
    assert found.result == {"total": "80.00", "grade": "pass"}
    for name in ("month_score", "assessment"):
        properties = calculation(name).schema()["properties"]
        assert all({"zh", "en"} <= set(field) for field in properties.values())
