"""The express service regime: overtime, lateness, absence, assessment and what they pay."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from kefu.policy.attendance import (
    Absent,
    AttendanceRules,
    Late,
    Leave,
    Worked,
    absence,
    lateness,
    leave_unpaid,
    overtime,
)
from kefu.policy.calendars import Calendar
from kefu.policy.clauses import NotSet
from kefu.policy.explanation import explain
from kefu.policy.pay import PayRules, reward
from kefu.policy.refusals import BadFacts
from kefu.policy.scores import (
    AssessmentFacts,
    AssessmentRules,
    EventFacts,
    ScoreRules,
    assess,
    events_change,
    missing_parts,
    sheet_lines,
    year_mean,
)
from tests.policy.moments import at
from tests.policy.people import amount, amounts, book, edited, paid, parts

DAY = (("08:00", "12:00"), ("13:30", "17:30"))
# Six days a week; National Day 2026: the 1st to 3rd are statutory, the 4th to 7th free in exchange.
CALENDAR = Calendar.plain(
    dict.fromkeys((1, 2, 3, 4, 5, 6), DAY),
    years=(2026,),
    statutory_holidays=(date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)),
    days_off=tuple(date(2026, 10, day) for day in (5, 6, 7)),
    make_up=({"on": date(2026, 9, 20), "like": 1},),
)


def rule(*clauses):
    return pytest.mark.rule(*clauses)


def attendance(rules=None):
    return AttendanceRules.of(rules or book("ES"))


def worked(*spans, **given):
    """("2026-10-08 18:00", "2026-10-08 20:00"), …: Shanghai time."""
    return [
        Worked(starts_at=at(f[11:], f[:10]), ends_at=at(t[11:], t[:10]), **given) for f, t in spans
    ]


def overtime_of(*spans, month="2026-10", base="1000", post_allowance=False, rules=None, **given):
    return overtime(
        month,
        worked(*spans, **given),
        Decimal(base),
        CALENDAR,
        attendance(rules),
        post_allowance=post_allowance,
    )


def lines(found):
    return [(line.clause, str(line.amount)) for line in found.pay]


# -- pay follows the post ----------------------------------------------------------------------------

POSTS = {"ES_116_01": {"posts": {"agent": "2150", "supervisor": "4300"}}}


def es_rules(**more):
    return PayRules.of(edited("ES", **POSTS, ES_603_18={"amount": "150"}, **more))


@rule("ES-116.01")
def test_no_wage_is_invented_while_the_table_of_posts_is_empty():
    with pytest.raises(NotSet, match=r"ES-116\.01: posts is not set"):
        paid("ES", post="agent", grade="excellent")


@rule("ES-116.01")
@pytest.mark.parametrize(("post", "base"), [("agent", "2150.00"), ("supervisor", "4300.00")])
def test_the_base_wage_is_that_of_the_post(post, base):
    slip = paid(rules=es_rules(), post=post, grade="fail", department="anything")
    joining = paid(rules=es_rules(), post=post, grade="fail", hired_on="2026-11-20")

    assert amount(slip, "ES-116.01") == base
    assert amount(joining, "ES-116.01") == base  # from the first month on, and in full


@rule("ES-116.01")
@pytest.mark.parametrize("post", [None, "porter"])
def test_a_post_that_is_not_in_the_table_is_not_paid_by_guess(post):
    with pytest.raises(BadFacts, match=r"^post"):
        paid(rules=es_rules(), post=post, grade="fail")


# -- overtime ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "clause", "pay"),
    [
        # 1000 ÷ 21.5 ÷ 8 × 2 h × 150 %; with the hour rounded first it would be a fen less.
        pytest.param(
            ("2026-10-08 18:00", "2026-10-08 20:00"),
            "ES-132.04",
            "17.44",
            marks=rule("ES-132.04", "ES-132.08"),
        ),
        pytest.param(  # an ordinary Saturday is worked here
            ("2026-10-10 18:00", "2026-10-10 20:00"), "ES-132.04", "17.44", marks=rule("ES-132.04")
        ),
        pytest.param(
            ("2026-10-11 09:00", "2026-10-11 17:00"),
            "ES-132.05",
            "93.02",
            marks=rule("ES-132.05", "ES-132.08"),
        ),
        pytest.param(  # free in exchange: a rest day, though it lies in the holiday week
            ("2026-10-05 09:00", "2026-10-05 11:00"), "ES-132.05", "23.26", marks=rule("ES-132.05")
        ),
        pytest.param(
            ("2026-10-01 09:00", "2026-10-01 11:00"),
            "ES-132.06",
            "34.88",
            marks=rule("ES-132.06", "ES-132.08"),
        ),
        pytest.param(  # a statutory holiday on a Saturday
            ("2026-10-03 09:00", "2026-10-03 11:00"), "ES-132.06", "34.88", marks=rule("ES-132.06")
        ),
    ],
)
def test_overtime_is_paid_by_the_day_it_falls_on(span, clause, pay):
    assert lines(overtime_of(span)) == [(clause, pay)]


@rule("ES-132.04")
def test_a_sunday_worked_in_exchange_is_a_working_day():
    found = overtime_of(("2026-09-20 18:00", "2026-09-20 20:00"), month="2026-09")

    assert lines(found) == [("ES-132.04", "17.44")]


@rule("ES-132.04", "ES-132.05", "ES-132.06")
def test_overtime_over_midnight_is_parted_there():
    night = overtime_of(("2026-10-10 22:00", "2026-10-11 03:00"))
    eve = overtime_of(("2026-09-30 22:00", "2026-10-01 01:30"))
    back = overtime_of(("2026-09-30 22:00", "2026-10-01 01:30"), month="2026-09")

    assert lines(night) == [("ES-132.04", "17.44"), ("ES-132.05", "34.88")]
    assert lines(eve) == [("ES-132.06", "26.16")]  # the part before midnight is September's
    assert lines(back) == [("ES-132.04", "17.44")]


@rule("ES-132.08")
def test_an_hour_is_worth_the_base_wage_over_172_and_is_rounded_once_a_line():
    twice = overtime_of(
        ("2026-10-08 18:00", "2026-10-08 18:20"), ("2026-10-09 18:00", "2026-10-09 18:20")
    )

    assert lines(twice) == [("ES-132.04", "5.81")]  # 2 × 20 minutes: 5.8139…
    assert lines(overtime_of(("2026-10-11 09:00", "2026-10-11 10:00"), base="2150")) == [
        ("ES-132.05", "25.00")
    ]


@rule("ES-132.02")
def test_who_gets_a_post_allowance_has_time_off_instead_of_pay():
    found = overtime_of(("2026-10-10 20:00", "2026-10-11 02:30"), post_allowance=True)

    assert (found.pay, found.time_off, found.warnings) == ((), Fraction(13, 2), ())


@rule("ES-132.02")
def test_unless_it_was_specially_approved():
    found = overtime_of(
        ("2026-10-11 09:00", "2026-10-11 11:00"), post_allowance=True, specially_approved=True
    )

    assert (lines(found), found.time_off) == ([("ES-132.05", "23.26")], 0)


@rule("ES-132.02")
def test_a_statutory_holiday_given_back_is_marked():
    found = overtime_of(("2026-10-01 09:00", "2026-10-01 12:00"), post_allowance=True)

    assert found.time_off == 3
    assert [(w.clause, w.inputs["number"]) for w in found.warnings] == [("ES-132.02", "3")]


def test_overtime_stands_on_the_payslip_with_its_arithmetic():
    slip = paid(
        rules=es_rules(),
        post="agent",
        grade="fail",
        month="2026-10",
        calendar=CALENDAR,
        overtime=worked(("2026-10-01 09:00", "2026-10-01 11:00")),
    )

    assert amount(slip, "ES-132.06") == "75.00"
    told = [(line.text, line.value) for line in explain(slip.steps, "zh-hans")]
    assert ("2026-10-01 09:00 至 11:00，法定假日", "2 小时") in told
    assert (
        "2 小时 × 2,150.00 元 ÷ 21.5 ÷ 8 × 300%（小时工资按 ES-132.08）",
        "75.00 元",
    ) in told


# -- lateness ----------------------------------------------------------------------------------------


def lates(*days):
    """ "11-03 10": ten minutes late on 3 November."""
    return [Late(on=date(2026, int(d[:2]), int(d[3:5])), minutes=int(d[6:])) for d in days]


@rule("ES-133.16", "ES-133.17")
@pytest.mark.parametrize(
    ("days", "charged"),
    [
        (["11-03 10"], []),
        (["11-03 11"], ["11-03"]),  # only ten minutes are let pass
        (["11-03 10", "11-04 10"], []),
        (["11-03 10", "11-04 10", "11-05 10"], []),
        (["11-03 9", "11-04 9", "11-05 9"], []),  # the third of three months: either suffices
        (["11-03 9", "11-04 9", "11-05 9", "11-06 9"], ["11-06"]),
        (["10-03 9", "11-04 9", "11-05 9", "11-06 9"], ["11-06"]),  # excess only
        (["09-01 5", "09-02 5", "10-03 9", "11-04 10"], []),  # fourth in three months, first here
        (["09-01 5", "09-02 5", "10-03 9", "11-04 9", "11-05 9", "11-06 9"], ["11-06"]),
        (["08-30 5", "08-31 5", "11-04 9", "11-05 9", "11-06 9"], []),  # August is too far back
        (["11-01 30", "11-02 11", "11-04 9", "11-05 9", "11-06 9"], ["11-01", "11-02"]),
    ],
)
def test_coming_late_is_let_pass_twice_a_month_or_three_times_in_three(days, charged):
    found = lateness("2026-11", lates(*days), attendance())

    assert [late.on.strftime("%m-%d") for late in found.charged] == charged
    november = sum(1 for day in days if day.startswith("11"))
    assert len(found.graced) + len(found.charged) == november


@rule("ES-133.17")
@pytest.mark.parametrize(
    ("settings", "charged"),
    [
        ({}, []),
        ({"join": "both"}, ["11-04", "11-05"]),
        ({"window": "quarter"}, []),
    ],
)
def test_the_house_may_ask_for_both_or_count_by_the_quarter(settings, charged):
    rules = attendance(edited("ES", ES_133_17=settings))
    found = lateness("2026-11", lates("09-01 5", "09-02 5", "10-03 9", "11-04 9", "11-05 9"), rules)

    assert [late.on.strftime("%m-%d") for late in found.charged] == charged


@rule("ES-133.17")
def test_by_the_quarter_september_does_not_count_in_october():
    days = lates("09-01 5", "09-02 5", "09-03 5", "10-01 9", "10-02 9", "10-03 9")
    quarter = attendance(edited("ES", ES_133_17={"window": "quarter"}))

    assert lateness("2026-10", days, quarter).charged == ()
    assert [late.on.day for late in lateness("2026-10", days, attendance()).charged] == [3]


@rule("ES-133.18")
def test_what_was_let_pass_stands_on_the_annual_sheet():
    annual = sheet_lines(book("ES"), "year")

    assert ("ES-133.18", "graced_lateness") in [(line.clause, line.name) for line in annual]
    assert len(lateness("2026-11", lates("11-03 10", "11-04 3"), attendance()).graced) == 2


# -- absence and leave -------------------------------------------------------------------------------


@rule("ES-133.21", "ES-133.22", "ES-132.08")
@pytest.mark.parametrize(
    ("hours", "units", "unpaid", "penalty"),
    [
        ([4], 1, "23.26", "46.51"),  # 69.77 in all: half a day's wage three times over
        (["0.5"], 1, "2.91", "66.86"),  # a part of a unit is a whole one
        (["4.5"], 2, "26.16", "113.37"),
        ([8], 2, "46.51", "93.02"),
        ([8, 8, 8], 6, "139.53", "279.07"),
        (["0.5", "0.5"], 2, "5.81", "133.72"),  # each absence by itself
    ],
)
def test_absence_costs_half_a_day_three_times_for_every_four_hours(hours, units, unpaid, penalty):
    absences = [Absent(on=date(2026, 11, 2 + n), hours=str(h)) for n, h in enumerate(hours)]

    found = absence(absences, Decimal(1000), attendance())

    assert (found.units, str(found.unpaid), str(found.penalty)) == (units, unpaid, penalty)


@rule("ES-133.22")
def test_the_wage_not_earned_may_be_set_to_come_off_besides():
    rules = attendance(edited("ES", ES_133_22={"includes_unpaid": False}))

    found = absence([Absent(on=date(2026, 11, 2), hours="4")], Decimal(1000), rules)

    assert (str(found.unpaid), str(found.penalty)) == ("23.26", "69.77")


@rule("ES-133.21")
@pytest.mark.parametrize(("part", "total"), [("down", "69.77"), ("exact", "104.65")])
def test_a_part_of_a_unit_may_be_dropped_or_counted_exactly(part, total):
    rules = attendance(edited("ES", ES_133_21={"part": part}))

    found = absence([Absent(on=date(2026, 11, 2), hours="6")], Decimal(1000), rules)

    assert str(found.unpaid + found.penalty) == total


@rule("ES-133.22")
def test_on_the_payslip_what_was_not_earned_comes_first_and_the_rest_is_limited():
    slip = paid(
        rules=es_rules(),
        post="agent",
        grade="fail",
        limits={"edition": "A", "share": "0.2", "minimum_wage": "1900"},
        absences=[{"on": "2026-11-03", "hours": "8"}],
    )

    assert amounts(slip) == [
        ("ES-116.01", "2150.00"),
        ("ES-603.20", "0.00"),
        ("ES-133.22", "-100.00"),  # 8 ÷ 172 of the wage
        ("ES-133.22", "-150.00"),  # of 200 the minimum wage lets 150 come off
    ]
    assert (slip.gross, slip.net, slip.not_deducted) == (2050, 1900, 50)


@rule("ES-132.08")
def test_leave_is_paid_by_the_share_the_house_has_set_for_its_kind():
    leaves = [
        Leave(leave="sick", on=date(2026, 11, 2), hours="8"),
        Leave(leave="sick", on=date(2026, 11, 3), hours="4"),
        Leave(leave="personal", on=date(2026, 11, 4), hours="4"),
        Leave(leave="marriage", on=date(2026, 11, 5), hours="8"),
    ]
    shares = {"sick": Decimal("0.8"), "personal": Decimal(0), "marriage": Decimal(1)}

    found = leave_unpaid(leaves, shares, Decimal(1000), attendance())

    assert [str(line.amount) for line in found] == ["13.95", "23.26"]
    with pytest.raises(BadFacts, match=r"leave_shares\.sick"):
        leave_unpaid(leaves, {}, Decimal(1000), attendance())


# -- the weighted assessment -------------------------------------------------------------------------


def month(
    response=(95, 100), first=(9, 10), satisfaction=(45, 10), attitude=100, compliance=100, **given
):
    measured = {
        "response_rate": response,
        "first_contact_rate": first,
        "satisfaction": satisfaction,
    }
    judged = {"attitude": attitude, "compliance": compliance}
    return AssessmentFacts.model_validate(
        {
            "month": "2026-11",
            "measured": {n: {"done": d, "out_of": o} for n, (d, o) in measured.items()},
            "judged": {n: {"points": p, "by": "supervisor"} for n, p in judged.items()},
            **given,
        }
    )


def assessed(rules=None, **given):
    return assess(month(**given), AssessmentRules.of(rules or book("ES")))


@rule("ES-603.05", "ES-603.06", "ES-603.07", "ES-603.08", "ES-603.09")
@pytest.mark.parametrize(
    ("given", "total"),
    [
        ({}, "100"),  # exactly on every target
        ({"response": (100, 100), "first": (10, 10), "satisfaction": (50, 10)}, "100"),
        ({"response": (0, 100)}, "80"),  # a third of sixty
        ({"first": (0, 10)}, "80"),
        ({"satisfaction": (0, 10)}, "80"),
        ({"response": (47.5, 100)}, "90"),  # half of the target
        ({"first": (45, 100)}, "90"),
        ({"satisfaction": (225, 100)}, "90"),
        ({"response": (0, 0)}, "100"),  # nothing asked: the others weigh more
        ({"response": (0, 0), "first": (0, 10)}, "70"),
        ({"response": (0, 5), "first": (0, 5), "satisfaction": (0, 5)}, "40"),
        ({"attitude": 0}, "80"),
        ({"compliance": 0}, "80"),
        ({"attitude": 0, "compliance": 0}, "60"),
        ({"attitude": 50, "compliance": 75}, "85"),
    ],
)
def test_sixty_percent_are_measured_and_forty_judged(given, total):
    given = {k: (tuple(map(str, v)) if isinstance(v, tuple) else v) for k, v in given.items()}

    assert assessed(**given).total == Decimal(total)


@rule("ES-603.11", "ES-603.12")
def test_attitude_and_compliance_are_half_each_and_given_by_the_supervisor():
    assert assessed(attitude=90, compliance=40).parts["qualitative"] == 65
    for name in ("attitude", "compliance"):
        for wrong in ({"by": "agent"}, {"by": "supervisor", "own": True}):
            judged = {n: {"points": 80, "by": "supervisor"} for n in ("attitude", "compliance")}
            with pytest.raises(BadFacts, match=f"judged.{name}: supervisor gives it"):
                assessed(judged=judged | {name: {"points": 80, **wrong}})


@rule("ES-603.11", "ES-603.12")
def test_what_lies_beside_the_sheet_while_it_is_scored():
    shown = {c: book("ES")[c].shows for c in ("ES-603.11", "ES-603.12")}

    assert shown == {"ES-603.11": ("violations",), "ES-603.12": ("polite_phrases", "listening")}


@rule("ES-603.07", "ES-603.08", "ES-603.09")
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"response": (101, 100)}, "response_rate"),
        ({"first": (11, 10)}, "first_contact_rate"),
        ({"satisfaction": (51, 10)}, "satisfaction"),  # nobody gives more than five of five
        ({"satisfaction": (1, 0)}, "satisfaction"),
    ],
)
def test_a_rate_is_no_more_than_the_whole(given, field):
    with pytest.raises(BadFacts, match=rf"measured\.{field}"):
        assessed(**given)


@rule("ES-603.13", "ES-603.14", "ES-603.15")
@pytest.mark.parametrize(
    ("attitude", "compliance", "total", "grade"),
    [
        (100, 100, "100", "excellent"),
        (50, 100, "90", "excellent"),  # exactly ninety
        ("49.95", 100, "89.99", "pass"),  # nothing is rounded
        (50, "97.5", "89.5", "pass"),
    ],
)
def test_excellent_begins_at_ninety(attitude, compliance, total, grade):
    found = assessed(attitude=attitude, compliance=compliance)

    assert (str(found.shown.normalize()), found.grade) == (str(Decimal(total).normalize()), grade)


@rule("ES-603.14", "ES-603.15")
@pytest.mark.parametrize(("attitude", "grade"), [(100, "pass"), ("99.99", "fail"), (0, "fail")])
def test_sixty_is_a_pass_and_anything_below_it_is_not(attitude, grade):
    nothing = {"response": (0, 1), "first": (0, 1), "satisfaction": (50, 10)}

    assert assessed(**nothing, attitude=attitude, compliance=100).grade == grade


@rule("ES-603.13", "ES-603.14", "ES-603.15", "ES-204.03")
@pytest.mark.parametrize(
    ("complaints", "total", "grade"),
    [(1, 95, "excellent"), (2, 90, "excellent"), (3, 85, "pass"), (8, 60, "pass"), (9, 55, "fail"), (21, 0, "fail")],
)  # fmt: skip
def test_a_verified_complaint_costs_five_points_of_the_month(complaints, total, grade):
    found = assessed(events={"complaint_by_agent": complaints})

    assert (found.total, found.grade) == (total, grade)


@rule("ES-304.03", "ES-204.03")
@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ({"events": {"escalation_by_agent": 1}}, -8),
        ({"incidents": [["ES-204.03", "ES-304.03"]]}, -8),  # the same facts: the escalation only
        ({"events": {"complaint_by_agent": 1, "escalation_by_agent": 1}}, -13),  # two failings
        ({"incidents": [["ES-304.03", "ES-204.03"], ["ES-204.03"]]}, -13),
    ],
)
def test_a_complaint_that_escalates_costs_eight_instead_of_five(facts, points):
    change, _steps = events_change(EventFacts.model_validate(facts), ScoreRules.of(book("ES")))

    assert change == points


@rule("ES-304.01")
def test_a_courier_at_fault_loses_ten_points_of_his_own_month():
    courier = ScoreRules.of(book("ES"), on="courier")
    facts = EventFacts(events={"complaint_by_courier": 2})

    assert events_change(facts, courier)[0] == -20
    with pytest.raises(BadFacts, match="complaint_by_courier"):
        events_change(facts, ScoreRules.of(book("ES")))


@rule("ES-603.02")
def test_a_sheet_is_not_published_with_a_part_missing():
    assert missing_parts(book("ES"), "month", {"quantitative"}) == (("ES-603.02", "qualitative"),)
    assert missing_parts(book("ES"), "month", {"qualitative"}) == (("ES-603.02", "quantitative"),)
    assert missing_parts(book("ES"), "month", {"qualitative", "quantitative"}) == ()
    assert missing_parts(book("ES"), "year", ()) == ()
    with pytest.raises(BadFacts, match=r"judged\.attitude: not known for 2026-11"):
        assessed(judged={"compliance": {"points": 80, "by": "supervisor"}})
    with pytest.raises(BadFacts, match="quantitative: no data for 2026-11"):
        assessed(response=(0, 0), first=(0, 0), satisfaction=(0, 0))


@rule("ES-204.01", "ES-603.04")
def test_the_monthly_indicators_feed_the_assessment_and_make_no_second_score():
    monthly = sheet_lines(book("ES"), "month")

    assert [(line.clause, line.name) for line in monthly] == [
        ("ES-204.01", "response_speed"),
        ("ES-204.01", "polite_phrases"),
        ("ES-204.01", "answer_accuracy"),
    ]
    assert {line.counted_by for line in monthly} == {("ES-603.07", "ES-603.12")}


@rule("ES-603.04")
def test_the_year_shows_the_mean_of_its_months_and_what_else_there_is():
    totals = {"2026-01": Decimal("90"), "2026-02": Decimal("80.5"), "2026-04": Decimal("89.97")}

    mean, step = year_mean(book("ES"), totals)

    assert (mean, step.clause) == (Decimal("86.82"), "ES-603.04")
    assert step.inputs["n"] == 3
    annual = [line.name for line in sheet_lines(book("ES"), "year") if line.clause == "ES-603.04"]
    assert annual == ["monthly_results", "customer_ratings", "training"]
    assert book("ES")["ES-603.04"].mean == "monthly_results"
    with pytest.raises(BadFacts):
        year_mean(book("ES"), {})


# -- what grades and choices pay ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grade", "clause", "pay"),
    [
        pytest.param("excellent", "ES-603.17", "300.00", marks=rule("ES-603.17", "ES-204.02")),
        pytest.param("pass", "ES-603.18", "150.00", marks=rule("ES-603.18", "ES-204.02")),
        pytest.param("fail", "ES-603.20", "0.00", marks=rule("ES-603.20", "ES-204.02")),
    ],
)
def test_the_grade_decides_the_performance_bonus(grade, clause, pay):
    slip = paid(rules=es_rules(), post="agent", grade=grade)

    assert parts(slip) == {"base": "2150.00", "performance": pay}
    assert amount(slip, clause) == pay


@rule("ES-603.18")
def test_the_base_bonus_of_a_pass_has_to_be_filled_in_first():
    rules = PayRules.of(edited("ES", **POSTS))

    with pytest.raises(NotSet, match=r"ES-603\.18: amount is not set"):
        paid(rules=rules, post="agent", grade="pass")


@rule("ES-204.02")
@pytest.mark.parametrize("grade", [None, "splendid"])
def test_without_a_published_grade_there_is_no_payslip(grade):
    with pytest.raises(BadFacts, match=r"^grade"):
        paid(rules=es_rules(), post="agent", grade=grade)


@rule("ES-204.06")
def test_the_excellent_agents_of_the_month_get_two_hundred_besides():
    slip = paid(rules=es_rules(), post="agent", grade="excellent", awards=[{"clause": "ES-204.06"}])

    assert (amount(slip, "ES-204.06"), slip.net) == ("200.00", Decimal("2650.00"))
    given = [{"clause": "ES-204.06", "amount": "500"}]
    with pytest.raises(BadFacts, match=r"the regulation gives the amount: 200"):
        paid(rules=es_rules(), post="agent", grade="excellent", awards=given)


REWARDS = {
    "commendation": ["ES-137.03", "ES-137.04", "ES-137.05", "ES-137.06"],
    "merit": ["ES-137.07", "ES-137.08", "ES-137.09", "ES-137.10", "ES-137.11"],
    "major_merit": ["ES-137.12", "ES-137.13", "ES-137.14", "ES-137.15"],
}
GROUNDS = [
    (clause, level, f"{number}({position})")
    for number, (level, clauses) in enumerate(REWARDS.items(), start=1)
    for position, clause in enumerate(clauses, start=1)
]


@pytest.mark.parametrize(
    ("clause", "level", "ground"),
    [pytest.param(*line, id=line[0], marks=rule(line[0])) for line in GROUNDS],
)
def test_a_ground_leads_to_its_level_once_it_is_described_and_proved(clause, level, ground):
    told = {"description": "三天内找回全部遗失件", "evidence": "查询记录"}

    found, step = reward(book("ES"), clause, told)

    assert (found, step.inputs["ground"]) == (level, ground)
    for need in told:
        with pytest.raises(BadFacts, match=f"{need}: {clause} needs it"):
            reward(book("ES"), clause, told | {need: "  "})


@rule("ES-137.01")
def test_there_are_three_levels_without_money():
    levels = book("ES")["ES-137.01"]

    assert [(item.key, item.zh, item.en) for item in levels.items] == [
        ("commendation", "表扬", "Commendation"),
        ("merit", "记功", "Merit"),
        ("major_merit", "记大功", "Major merit"),
    ]
    assert levels.of == "reward_level"


@rule("ES-116.03")
def test_an_award_round_has_nominees_evidence_and_winners():
    form = book("ES")["ES-116.03"]

    assert (form.form, form.required) == ("award_round", "all")
    assert form.fields == ("nominees", "evidence", "winners")
