"""The courier department: the month of fifty points and the wage, clause by clause."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.pay import PayRules, PoolFacts, pool
from kefu.policy.refusals import BadFacts
from kefu.policy.scores import ScoreRules, SheetLine, sheet_lines
from tests.policy.people import (
    amount,
    amounts,
    book,
    edited,
    paid,
    parts,
    pay_rules,
    pieces,
    scored,
)

FULL = {
    "efficiency": "20",
    "ability": "5",
    "hours": "5",
    "training": "5",
    "basic_rules": "5",
    "attitude": "10",
}


def sections(score):
    return {section.name: str(section.points.normalize() + 0) for section in score.sections}


def rule(*clauses):
    return pytest.mark.rule(*clauses)


# -- the sheet ---------------------------------------------------------------------------------------


@rule("CD-12.01")
def test_a_month_in_which_nothing_happened_is_fifty_points():
    score = scored()

    assert score.points == 50
    assert {s.name: str(s.most) for s in score.sections} == FULL == sections(score)


LINES = [  # clause, section, points each time
    ("CD-12.14", "efficiency", "-0.5"),
    ("CD-12.15", "efficiency", "-0.5"),
    ("CD-12.16", "efficiency", "-0.5"),
    ("CD-12.17", "efficiency", "-0.5"),
    ("CD-12.18", "efficiency", "-0.5"),
    ("CD-12.19", "efficiency", "-0.5"),
    ("CD-12.20", "efficiency", "-0.5"),
    ("CD-12.21", "efficiency", "-0.5"),
    ("CD-12.22", "efficiency", "-0.5"),
    ("CD-12.23", "efficiency", "-0.5"),
    ("CD-12.26", "efficiency", "-0.5"),
    ("CD-12.27", "efficiency", "-0.5"),
    ("CD-12.28", "efficiency", "-0.5"),
    ("CD-12.29", "efficiency", "-0.5"),
    ("CD-12.32", "efficiency", "-0.5"),
    ("CD-12.34", "efficiency", "-0.5"),
    ("CD-12.35", "ability", "-0.5"),
    ("CD-12.36", "ability", "-0.5"),
    ("CD-12.37", "ability", "-0.5"),
    ("CD-12.38", "hours", "-0.2"),
    ("CD-12.39", "hours", "-0.2"),
    ("CD-12.40", "hours", "-0.2"),
    ("CD-12.42", "hours", "-0.2"),
    ("CD-12.43", "hours", "-0.2"),
    ("CD-12.45", "hours", "-0.2"),
    ("CD-12.46", "hours", "-0.2"),
    ("CD-12.47", "hours", "-0.2"),
    ("CD-12.48", "hours", "-0.2"),
    ("CD-12.49", "hours", "-0.2"),
    ("CD-12.57", "basic_rules", "-0.5"),
    ("CD-12.58", "basic_rules", "-0.5"),
    ("CD-12.59", "basic_rules", "-0.5"),
    ("CD-12.60", "basic_rules", "-0.5"),
    ("CD-12.61", "basic_rules", "-0.5"),
    ("CD-12.62", "basic_rules", "-0.5"),
    ("CD-12.63", "basic_rules", "-0.5"),
    ("CD-12.64", "attitude", "-0.5"),
    ("CD-12.65", "attitude", "-0.5"),
    ("CD-12.67", "attitude", "-0.5"),
    ("CD-12.68", "attitude", "-0.5"),
    ("CD-12.69", "attitude", "-0.5"),
    ("CD-12.70", "attitude", "-0.5"),
    ("CD-12.71", "attitude", "-0.5"),
    ("CD-12.72", "attitude", "-0.5"),
    ("CD-12.73", "attitude", "-0.5"),
]


@pytest.mark.parametrize(
    ("clause", "section", "points"),
    [pytest.param(*line, marks=rule(line[0], "CD-12.01"), id=line[0]) for line in LINES],
)
def test_each_reported_breach_costs_its_section_half_a_point_or_a_fifth(clause, section, points):
    once, twice = scored(counts={clause: 1}), scored(counts={clause: 2})

    assert once.points == 50 + Decimal(points)
    assert sections(once) == FULL | {section: str(Decimal(FULL[section]) + Decimal(points))}
    assert twice.points == 50 + 2 * Decimal(points)


@rule("CD-12.01")
def test_no_section_falls_below_nought_and_none_borrows_from_another():
    score = scored(counts={"CD-12.14": 39, "CD-12.35": 11, "CD-12.64": 21, "CD-12.58": 30})

    assert sections(score) == FULL | {
        "efficiency": "0.5",
        "ability": "0",
        "attitude": "0",
        "basic_rules": "0",
    }
    assert score.points == Decimal("10.5")


@rule("CD-12.01")
def test_the_sheet_counts_every_clause_of_its_chapter_that_has_points_and_no_other():
    counted = {line for s in book("CD")["CD-12.01"].sections for line in s.lines}
    tiers = {"CD-12.06", "CD-12.07", "CD-12.10", "CD-12.11", "CD-12.12", "CD-12.13", "CD-12.55"}

    assert counted == {clause for clause, _s, _p in LINES} | tiers | {"CD-12.24", "CD-12.66"}


@pytest.mark.parametrize(
    ("clause", "section"),
    [
        pytest.param("CD-12.24", "efficiency", marks=rule("CD-12.24", "CD-12.01")),
        pytest.param("CD-12.66", "attitude", marks=rule("CD-12.66", "CD-12.01")),
    ],
)
def test_two_doubtful_lines_are_off_until_the_house_switches_them_on(clause, section):
    with pytest.raises(BadFacts, match=f"counts.{clause}: the clause is not in use"):
        scored(counts={clause: 1})

    switched_on = edited("CD", **{clause.replace("-", "_").replace(".", "_"): {"active": True}})
    score = scored(rules=ScoreRules.of(switched_on), counts={clause: 1})

    assert sections(score) == FULL | {section: str(Decimal(FULL[section]) - Decimal("0.5"))}


@rule("CD-12.47", "CD-12.48", "CD-12.49", "CD-12.01")
@pytest.mark.parametrize(
    ("clause", "fails", "hours"),
    [
        ("CD-12.47", 5, "4"),
        ("CD-12.47", 6, "4"),  # the area is worth one point
        ("CD-12.48", 5, "4"),
        ("CD-12.48", 9, "4"),
        ("CD-12.49", 14, "2.2"),
        ("CD-12.49", 15, "2"),
        ("CD-12.49", 16, "2"),  # this one three
    ],
)
def test_a_cleaning_area_costs_no_more_than_it_is_worth(clause, fails, hours):
    assert sections(scored(counts={clause: fails})) == FULL | {"hours": hours}


@rule("CD-12.57")
@pytest.mark.parametrize("event", ["late", "early_leave", "left_post"])
def test_attendance_takes_half_a_point_from_the_punches_themselves(event):
    score = scored(events={event: 3})

    assert sections(score) == FULL | {"basic_rules": "3.5"}


# -- how much was done -------------------------------------------------------------------------------

VOLUMES = [  # clause, what, who, month, tiers from the regulation
    ("CD-12.06", "answered_calls", "phone", "2026-11", (1150, 1100, 1050, 1000)),
    ("CD-12.07", "answered_calls", "phone", "2026-04", (650, 600, 550, 500)),
    ("CD-12.10", "outbound_problem_parcels", "outbound", "2026-09", (5500, 5000, 4500, 4000)),
    ("CD-12.11", "outbound_problem_parcels", "outbound", "2026-08", (3000, 2500, 2000, 1500)),
    ("CD-12.12", "inbound_problem_parcels", "inbound", "2026-03", (3500, 3000, 2500, 2000)),
    ("CD-12.13", "inbound_problem_parcels", "inbound", "2026-07", (2000, 1500, 1000, 500)),
]


@pytest.mark.parametrize(
    ("clause", "metric", "desk", "month", "bounds"),
    [pytest.param(*row, id=row[0], marks=rule(row[0], "CD-12.01")) for row in VOLUMES],
)
def test_who_reaches_a_bound_is_in_the_better_tier(clause, metric, desk, month, bounds):
    on_the_bound = {bound: -tier for tier, bound in enumerate(bounds)}
    just_below = {bound - 1: -tier - 1 for tier, bound in enumerate(bounds)}

    for number, points in {**on_the_bound, **just_below, 0: -4, 99_999: 0}.items():
        score = scored(
            month=month,
            desks=[desk],
            metrics={metric: number},
            days_worked=10,
            days_scheduled=26,
        )
        assert sections(score) == FULL | {"efficiency": str(20 + points)}, number
        assert clause in {step.clause for step in score.steps}


@pytest.mark.parametrize(
    ("clause", "desk"),
    [pytest.param(c, d, marks=rule(c), id=c) for c, _m, d, _mo, _b in VOLUMES],
)
def test_only_who_works_there_is_measured_and_his_number_has_to_be_known(clause, desk):
    month = next(month for c, _m, _d, month, _b in VOLUMES if c == clause)
    others = [d for d in ("phone", "outbound", "inbound") if d != desk]
    low = {m: 0 for _c, m, d, _mo, _b in VOLUMES if d == desk}

    assert scored(month=month, metrics=low).points == 50
    with pytest.raises(BadFacts, match=r"^metrics\."):
        scored(month=month, desks=[desk])
    with pytest.raises(BadFacts, match=r"^metrics\."):
        scored(month=month, desks=[desk], desk_metrics=low)
    assert scored(month=month, desks=others, metrics={m: 99_999 for _c, m, *_x in VOLUMES}).points


@rule("CD-12.06", "CD-12.07", "CD-12.10", "CD-12.11", "CD-12.12", "CD-12.13")
@pytest.mark.parametrize(
    ("month", "calls", "outbound", "inbound"),
    [
        ("2026-01", -4, -2, -3),
        ("2026-02", 0, 0, 0),  # February is low season, in every table
        ("2026-03", -4, -2, -3),
        ("2026-04", 0, 0, 0),
        ("2026-08", 0, 0, 0),
        ("2026-09", -4, -2, -3),
        ("2026-12", -4, -2, -3),
    ],
)
def test_the_season_of_the_month_decides_the_table(month, calls, outbound, inbound):
    lost = {
        "phone": ("answered_calls", 700, calls),
        "outbound": ("outbound_problem_parcels", 4600, outbound),
        "inbound": ("inbound_problem_parcels", 2200, inbound),
    }
    for desk, (metric, number, points) in lost.items():
        score = scored(month=month, desks=[desk], metrics={metric: number})
        assert score.points == 50 + points, desk


@rule("CD-12.55")
@pytest.mark.parametrize(
    ("mark", "training"),
    [
        ("100", "5"),
        ("90", "5"),
        ("89.5", "4"),
        ("80", "4"),
        ("79", "3"),
        ("70", "3"),
        ("69", "2"),
        ("60", "2"),  # exactly sixty costs three
        ("59.99", "0"),  # there is no four
        ("0", "0"),
    ],
)
def test_an_exam_mark_costs_by_its_tier(mark, training):
    score = scored(metrics={"exam_mark": mark}, days_worked=1, days_scheduled=26)

    assert sections(score) == FULL | {"training": training}


@rule("CD-12.55")
def test_a_failed_exam_costs_five_of_the_five():
    steps = scored(metrics={"exam_mark": "59.99"}).steps

    assert [s.inputs["change_points"] for s in steps if s.clause == "CD-12.55"] == ["-5"]


@rule("CD-12.55")
def test_no_mark_on_record_costs_nothing_and_is_said():
    score = scored()

    assert score.points == 50
    assert "score_tier_missing" in {s.key for s in score.steps if s.clause == "CD-12.55"}


# -- beside the sections -----------------------------------------------------------------------------


@rule("CD-12.98")
@pytest.mark.parametrize(
    ("commendations", "complaints", "points"),
    [
        (1, 0, "50.5"),
        (0, 1, "49.5"),
        (3, 1, "51"),
        (4, 0, "52"),
        (5, 0, "52"),  # two points at most
        (0, 4, "48"),
        (0, 9, "48"),  # and two at most the other way
        (9, 5, "52"),  # the net sum is limited, not either side of it
        (5, 9, "48"),
    ],
)
def test_commendations_and_complaints_move_the_score_by_two_points_at_most(
    commendations, complaints, points
):
    score = scored(commendations=commendations, complaints=complaints)

    assert score.points == Decimal(points)
    assert sections(score) == FULL


@rule("CD-12.09", "CD-12.98")
def test_a_complaint_stands_on_the_sheet_and_counts_once():
    assert SheetLine("CD-12.09", "complaints", ("CD-12.98",)) in sheet_lines(book("CD"), "month")
    assert scored(complaints=1).points == Decimal("49.5")


@rule("CD-12.09", "CD-12.56", "CD-12.99")
def test_what_has_no_points_stands_on_the_sheet_for_information():
    agent = sheet_lines(book("CD"), "month")
    supervisor = sheet_lines(book("CD"), "month", of="supervisor")

    assert [(line.clause, line.name) for line in agent] == [
        ("CD-12.09", "complaints"),
        ("CD-12.99", "initiative"),
        ("CD-12.99", "follow_through"),
    ]
    assert [(line.clause, line.name, line.counted_by) for line in supervisor] == [
        ("CD-12.56", "exam_average", ()),
        ("CD-12.56", "exam_topics", ()),
    ]
    assert sheet_lines(book("CD"), "year") == ()


@rule("CD-12.91")
@pytest.mark.parametrize(
    ("month", "points"),
    [("2026-11", None), ("2026-12", Decimal("49.5")), ("2027-01", Decimal("49.5"))],
)
def test_somebody_is_assessed_from_the_second_month_on(month, points):
    score = scored(month=month, hired_on=date(2026, 11, 1), counts={"CD-12.14": 1})

    assert score.points == points


@rule("CD-12.01", "CD-12.98")
def test_complaints_never_take_a_score_below_nought():
    nothing_left = {
        "CD-12.14": 40,
        "CD-12.35": 10,
        "CD-12.49": 99,
        "CD-12.47": 9,
        "CD-12.48": 9,
        "CD-12.58": 10,
        "CD-12.64": 20,
    }
    failed = {"metrics": {"exam_mark": "0"}, "counts": nothing_left}

    assert scored(**failed).points == 0
    assert scored(**failed, commendations=1).points == Decimal("0.5")
    one_complaint = scored(**failed, complaints=1)
    assert one_complaint.points == 0
    assert one_complaint.steps[-1].key == "score_floor"
    assert amount(paid(score=one_complaint.points), "CD-12.87") == "0.00"


# -- base, seniority, performance --------------------------------------------------------------------


@rule("CD-12.89", "CD-12.90")
@pytest.mark.parametrize("hired", ["2026-11-01", "2026-11-02", "2026-11-30"])
def test_the_month_of_joining_is_paid_nine_hundred_and_nothing_else(hired):
    slip = paid(
        hired_on=hired,
        pieces=pieces(("damage", 9, "accepted"), ("complaint", 3, "recorded", "handed_over")),
        department="on_site",
    )

    assert amounts(slip) == [("CD-12.89", "900.00")]


@rule("CD-12.89")
def test_evening_duty_and_what_the_supervisor_gives_are_no_part_of_that():
    rules = PayRules.of(edited("CD", CD_12_41={"rate": "10"}))

    slip = paid(rules=rules, hired_on="2026-11-20", hours={"evening_duty": "4"}, pool_paid="20")

    assert parts(slip) == {"base": "900.00", "hourly": "40.00", "pool": "20.00"}


@rule("CD-12.90", "CD-12.89")
@pytest.mark.parametrize("hired", ["2026-10-01", "2026-10-31", "2020-01-01"])
def test_from_the_second_month_on_the_base_wage_is_a_thousand(hired):
    slip = paid(hired_on=hired, department="on_site", left_on="2026-11-20")

    assert amount(slip, "CD-12.90") == "1000.00"  # in full, also in the month of leaving


@pytest.mark.parametrize(
    ("clause", "department", "bonus"),
    [
        pytest.param("CD-12.92", "query", "report_bonus", marks=rule("CD-12.92")),
        pytest.param("CD-12.93", "report", "report_bonus", marks=rule("CD-12.93")),
        pytest.param("CD-12.94", "front", "allowance", marks=rule("CD-12.94")),
        pytest.param("CD-12.95", "warehouse", "allowance", marks=rule("CD-12.95")),
        pytest.param("CD-12.96", "business", "allowance", marks=rule("CD-12.96")),
        pytest.param("CD-12.97", "processing", "report_bonus", marks=rule("CD-12.97")),
    ],
)
def test_each_department_has_its_own_formula(clause, department, bonus):
    slip = paid(
        department=department,
        hired_on="2025-06-10",
        pieces=pieces(("damage", 2, "accepted"), ("complaint", 1, "recorded", "handed_over")),
    )

    worth = {"report_bonus": "30.00", "allowance": "50.00"}
    assert slip.lines[0].clause == clause
    assert parts(slip) == {
        "base": "1000.00",
        "seniority": "100.00",
        "performance": "200.00",
        bonus: worth[bonus],
        "complaint_bonus": "10.00",
        "full_attendance": "50.00",
    }


@rule("CD-12.86", "CD-12.81", "CD-12.90")
def test_a_desk_without_a_formula_is_paid_by_the_general_one():
    slip = paid(
        department="on_site",
        hired_on="2025-06-10",
        pieces=pieces(("damage", 2, "accepted"), ("complaint", 1, "recorded", "handed_over")),
    )

    assert amounts(slip) == [
        ("CD-12.90", "1000.00"),
        ("CD-12.83", "100.00"),
        ("CD-12.87", "200.00"),
        ("CD-12.74", "30.00"),
        ("CD-12.76", "10.00"),
        ("CD-12.81", "50.00"),
        ("CD-12.82", "50.00"),
    ]
    assert slip.net == Decimal("1440.00")


@rule(
    "CD-12.25", "CD-12.92", "CD-12.93", "CD-12.94", "CD-12.95", "CD-12.96", "CD-12.97", "CD-12.81"
)
def test_every_department_on_the_list_is_paid_and_no_other():
    listed = {item.key for item in book("CD")["CD-12.25"].items}

    assert listed == pay_rules("CD").departments
    assert all(paid(department=department).net for department in listed)


def test_a_department_the_regulation_does_not_know_is_not_paid_by_guess():
    with pytest.raises(BadFacts, match="department: CD has no department garden"):
        paid(department="garden")


@rule("CD-12.83", "CD-12.84", "CD-12.85")
@pytest.mark.parametrize(
    ("months", "seniority"),
    [
        (1, None),
        (11, None),
        (12, None),  # the month of the anniversary pays nothing yet
        (13, "100.00"),
        (24, "100.00"),
        (25, "150.00"),
        (36, "150.00"),
        (37, "200.00"),
        (49, "250.00"),
        (60, "250.00"),
        (61, "300.00"),
        (73, "300.00"),  # and never more
        (400, "300.00"),
    ],
)
def test_seniority_grows_from_the_month_after_each_anniversary(months, seniority):
    year, month = divmod(2026 * 12 + 10 - months, 12)

    for day in (1, 15, 28):
        slip = paid(hired_on=date(year, month + 1, day))
        assert parts(slip).get("seniority") == seniority


@rule("CD-12.87")
@pytest.mark.parametrize(
    ("score", "pay"),
    [
        ("50", "200.00"),
        ("49.5", "198.00"),
        ("0", "0.00"),
        ("33.3", "133.20"),
        ("52", "208.00"),  # extra points are paid as well
    ],
)
def test_performance_pay_is_the_score_in_fifty_parts_of_two_hundred(score, pay):
    assert amount(paid(score=score), "CD-12.87") == pay


@rule("CD-12.87", "CD-12.98")
def test_a_score_above_what_the_sheet_and_the_extra_points_give_is_a_slip():
    with pytest.raises(BadFacts, match="score: more than 52"):
        paid(score="52.01")


@rule("CD-12.87")
def test_a_major_error_takes_the_performance_pay_and_nothing_else():
    lost = {"part": "performance", "clause": "CD-12.88"}
    before, after = paid(score="48"), paid(score="48", forfeited=[lost])

    assert amount(after, "CD-12.87") == "0.00"
    assert before.net - after.net == Decimal("192.00")
    assert "CD-12.88" in {step.clause for step in after.steps}


# -- bonuses, allowances, full attendance ------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "clause", "pay"),
    [
        pytest.param([("damage", 1, "accepted")], "CD-12.74", "15.00", marks=rule("CD-12.74")),
        pytest.param([("delay", 3, "accepted")], "CD-12.74", "45.00", marks=rule("CD-12.74")),
        pytest.param(
            [("damage", 1, "accepted"), ("delay", 1, "accepted")],
            "CD-12.74",
            "30.00",
            marks=rule("CD-12.74"),
        ),
        pytest.param([("damage", 4)], "CD-12.74", None, marks=rule("CD-12.74")),
        pytest.param([("loss", 2, "accepted")], "CD-12.75", "50.00", marks=rule("CD-12.75")),
        pytest.param([("loss", 2)], "CD-12.75", None, marks=rule("CD-12.75")),
        pytest.param(
            [("complaint", 2, "recorded", "handed_over")],
            "CD-12.76",
            "20.00",
            marks=rule("CD-12.76"),
        ),
        pytest.param([("complaint", 2, "recorded")], "CD-12.76", None, marks=rule("CD-12.76")),
        pytest.param([("complaint", 2, "handed_over")], "CD-12.76", None, marks=rule("CD-12.76")),
    ],
)
def test_reports_and_complaint_records_are_paid_by_the_piece(made, clause, pay):
    assert amount(paid(pieces=pieces(*made)), clause) == pay


@rule("CD-12.74", "CD-12.75", "CD-12.76")
def test_the_pieces_are_credited_whatever_else_is_lost():
    made = pieces(("delay", 1, "accepted"), ("loss", 1, "accepted"))
    slip = paid(pieces=made, attendance={"late": 1})

    assert parts(slip)["full_attendance"] == "0.00"
    assert (amount(slip, "CD-12.74"), amount(slip, "CD-12.75")) == ("15.00", "25.00")


@rule("CD-12.74", "CD-12.75", "CD-12.76")
@pytest.mark.parametrize("department", ["front", "warehouse", "business"])
def test_desks_with_an_allowance_are_paid_for_complaint_records_and_not_for_reports(department):
    made = [("damage", 1, "accepted"), ("loss", 1, "accepted")]
    complaint = ("complaint", 1, "recorded", "handed_over")

    slip = paid(department=department, pieces=pieces(*made, complaint))

    assert amount(slip, "CD-12.76") == "10.00"
    assert amount(slip, "CD-12.74") is None
    assert amount(slip, "CD-12.75") is None


@rule("CD-12.77")
def test_the_pool_grows_five_yuan_a_report_on_top_of_the_authors_bonus():
    made = pieces(
        ("damage", 2, "accepted"), ("delay", 1, "accepted"), ("loss", 1, "accepted"),
        ("complaint", 9, "recorded", "handed_over"), ("damage", 7),
    )  # fmt: skip
    facts = PoolFacts.model_validate({"carried": "12.50", "pieces": made, "paid_out": "30"})

    left, steps = pool(facts, pay_rules("CD"))

    assert (left, steps[0].clause) == (Decimal("2.50"), "CD-12.77")  # 12.50 + 4 × 5 − 30
    assert amount(paid(pieces=made), "CD-12.74") == "45.00"
    assert amount(paid(pool_paid="30"), "CD-12.77") == "30.00"


@rule("CD-12.77")
def test_the_house_may_take_the_five_yuan_out_of_the_bonus():
    rules = PayRules.of(edited("CD", CD_12_77={"source": "from_bonus"}))
    made = pieces(("damage", 2, "accepted"), ("complaint", 1, "recorded", "handed_over"))

    slip = paid(rules=rules, pieces=made)

    assert (amount(slip, "CD-12.74"), amount(slip, "CD-12.76")) == ("20.00", "10.00")


@rule("CD-12.77")
def test_no_more_is_given_out_than_is_in_the_pool():
    facts = PoolFacts.model_validate(
        {"pieces": pieces(("loss", 1, "accepted")), "paid_out": "5.01"}
    )

    with pytest.raises(BadFacts, match="paid_out: more than is in the pool"):
        pool(facts, pay_rules("CD"))


@pytest.mark.parametrize(
    ("department", "clause"),
    [
        pytest.param("warehouse", "CD-12.80", marks=rule("CD-12.80")),
        pytest.param("business", "CD-12.80", marks=rule("CD-12.80")),
        pytest.param("front", "CD-12.80", marks=rule("CD-12.80")),
        pytest.param("on_site", "CD-12.81", marks=rule("CD-12.80", "CD-12.81", "CD-12.86")),
        pytest.param("query", None, marks=rule("CD-12.80", "CD-12.81")),
        pytest.param("report", None, marks=rule("CD-12.80", "CD-12.81")),
        pytest.param("processing", None, marks=rule("CD-12.80", "CD-12.81")),
    ],
)
def test_four_desks_have_an_allowance_of_fifty(department, clause):
    slip = paid(department=department)
    leaver = paid(department=department, left_on="2026-11-29")
    found = [(line.clause, str(line.amount)) for line in slip.lines if line.part == "allowance"]

    assert found == ([(clause, "50.00")] if clause else [])
    assert "allowance" not in parts(leaver)  # only to who was there all month


@rule("CD-12.82")
def test_a_month_of_full_attendance_is_fifty_yuan():
    for department in ("query", "business", "processing", "report", "front", "warehouse"):
        assert amount(paid(department=department), "CD-12.82") == "50.00"
    assert amount(paid(left_on="2026-11-30"), "CD-12.82") == "50.00"
    assert amount(paid(left_on="2026-11-29"), "CD-12.82") is None


@rule("CD-12.82")
@pytest.mark.parametrize("event", ["leave", "absence", "late", "early_leave"])
def test_one_event_loses_full_attendance(event):
    slip = paid(attendance={event: 1})

    assert amount(slip, "CD-12.82") == "0.00"
    assert slip.net == Decimal("1200.00")


@rule("CD-12.82")
@pytest.mark.parametrize("event", ["left_post", "unsigned_punch"])
def test_other_events_do_not(event):
    assert amount(paid(attendance={event: 3}), "CD-12.82") == "50.00"


@rule("CD-12.41")
def test_evening_duty_has_no_rate_yet_and_the_slip_says_so():
    slip = paid(hours={"evening_duty": "12"})

    assert amount(slip, "CD-12.41") == "0.00"
    assert slip.not_set == (("CD-12.41", "rate"),)
    assert "pay_hours_not_set" in {step.key for step in slip.steps}


@rule("CD-12.41")
def test_with_a_rate_evening_duty_is_paid_by_the_hour():
    rules = PayRules.of(edited("CD", CD_12_41={"rate": "12.50"}))

    slip = paid(rules=rules, hours={"evening_duty": "7.5"})

    assert (amount(slip, "CD-12.41"), slip.not_set) == ("93.75", ())


@rule("CD-12.86")
def test_fines_come_off_after_the_formula():
    slip = paid(
        penalties=[{"clause": "CD-12.79", "amount": "30"}, {"clause": "CD-03.12", "amount": "10"}]
    )

    assert amounts(slip)[-2:] == [("CD-12.79", "-30.00"), ("CD-03.12", "-10.00")]
    assert (slip.gross, slip.net) == (Decimal("1250.00"), Decimal("1210.00"))
