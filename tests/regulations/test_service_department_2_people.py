"""The second service department: the account of a hundred points and what it is worth."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.pay import PayRules, idea_reward
from kefu.policy.refusals import BadFacts
from kefu.policy.scores import score_money, score_period
from tests.policy.people import amount, book, edited, paid, parts, scored

SD = "SD-2"


def rule(*clauses):
    return pytest.mark.rule(*clauses)


def points(**facts):
    return scored(SD, **facts).points


def wage(**facts):
    return paid(SD, **{"base": "2175", "score": "100", **facts})


@rule("SD-233.07")
def test_everybody_begins_the_month_with_a_hundred_points():
    assert points() == 100
    assert points(hired_on="2026-11-20") == 100  # new joiners too
    assert points(counts={"SD-233.62": 21}) == -5  # no floor is given
    assert points(counts={"SD-233.51": 8}) == 116  # and no ceiling


EVENTS = [
    ("SD-233.32", -2),
    ("SD-233.43", -3),
    ("SD-233.51", 2),
    ("SD-233.52", -1),
    ("SD-233.54", -3),
    ("SD-233.56", 5),
    ("SD-233.58", -3),
    ("SD-233.62", -5),
    ("SD-233.63", -3),
]


@pytest.mark.parametrize(
    ("clause", "change"), [pytest.param(*line, id=line[0], marks=rule(line[0])) for line in EVENTS]
)
def test_each_event_moves_the_account_by_so_many_points(clause, change):
    assert points(counts={clause: 1}) == 100 + change
    assert points(counts={clause: 3}) == 100 + 3 * change


@pytest.mark.parametrize(
    ("clause", "event", "change"),
    [
        pytest.param("SD-233.43", "verified_complaint", -6, marks=rule("SD-233.43")),
        pytest.param("SD-233.54", "unfinished_complaint", -6, marks=rule("SD-233.54")),
        pytest.param("SD-233.56", "promotion_overtime", 10, marks=rule("SD-233.56")),
        pytest.param("SD-233.63", "bad_review", -6, marks=rule("SD-233.63")),
    ],
)
def test_what_is_recorded_counts_by_itself(clause, event, change):
    score = scored(SD, events={event: 2})

    assert score.points == 100 + change
    assert score.steps[0].clause == clause


@rule("SD-233.43", "SD-233.54", "SD-233.63")
@pytest.mark.parametrize(
    ("incident", "clause"),
    [
        (["SD-233.43", "SD-233.54"], "SD-233.54"),  # the more specific one
        (["SD-233.43", "SD-233.63"], "SD-233.63"),
        (["SD-233.54", "SD-233.63"], "SD-233.63"),
        (["SD-233.43", "SD-233.54", "SD-233.63"], "SD-233.63"),
    ],
)
def test_one_incident_is_one_deduction(incident, clause):
    score = scored(SD, incidents=[incident])

    assert score.points == 97
    assert [step.clause for step in score.steps if step.key == "score_line"] == [clause]


@rule("SD-233.43", "SD-233.63")
def test_two_incidents_that_the_supervisor_confirms_are_two():
    assert points(incidents=[["SD-233.43"], ["SD-233.63"]]) == 94


@rule("SD-233.49")
@pytest.mark.parametrize(
    ("earlier", "now", "change"),
    [(0, 1, 0), (0, 2, -3), (0, 4, -9), (1, 1, -3), (1, 2, -6), (5, 1, -3)],
)
def test_off_task_is_a_warning_first_and_costs_three_points_ever_after(earlier, now, change):
    score = points(events={"off_task": now}, earlier={"SD-233.49": earlier})

    assert score == 100 + change


@rule("SD-233.61")
@pytest.mark.parametrize(("swaps", "change"), [(1, 0), (3, 0), (4, -2), (5, -4), (6, -6)])
def test_each_swap_beyond_the_third_costs_two_points(swaps, change):
    assert points(events={"swap": swaps}) == 100 + change
    # The month begins anew, whatever was before.
    assert points(events={"swap": swaps}, earlier={"SD-233.61": 9}) == 100 + change


@rule("SD-233.45")
@pytest.mark.parametrize("given", ["3", "7.5", "20"])
def test_an_adopted_idea_brings_three_to_twenty_points(given):
    granted = [{"clause": "SD-233.45", "points": given}]

    assert points(granted=granted) == 100 + Decimal(given)


@rule("SD-233.45")
@pytest.mark.parametrize("given", ["2.99", "20.01", "-3"])
def test_and_neither_less_nor_more(given):
    with pytest.raises(BadFacts, match=r"granted\.SD-233\.45: outside what the clause allows"):
        points(granted=[{"clause": "SD-233.45", "points": given}])
    with pytest.raises(BadFacts):
        points(counts={"SD-233.45": 1})


@rule("SD-233.46", "SD-233.45")
def test_an_idea_is_rewarded_in_points_or_in_cash():
    rules = book(SD)

    assert idea_reward(rules, points=Decimal(20))[0] == "SD-233.45"
    assert idea_reward(rules, cash=Decimal(888))[0] == "SD-233.46"
    for both in ({}, {"points": Decimal(5), "cash": Decimal(5)}):
        with pytest.raises(BadFacts, match=r"SD-233\.45 or SD-233\.46, one of them"):
            idea_reward(rules, **both)
    for outside in ({"points": Decimal(21)}, {"points": Decimal(2)}, {"cash": Decimal(0)}):
        with pytest.raises(BadFacts):
            idea_reward(rules, **outside)


@rule("SD-233.46")
def test_the_approver_enters_the_cash():
    slip = wage(awards=[{"clause": "SD-233.46", "amount": "888"}])

    assert amount(slip, "SD-233.46") == "888.00"
    with pytest.raises(BadFacts, match=r"awards\.SD-233\.46: whoever approves it enters"):
        wage(awards=[{"clause": "SD-233.46"}])


PAYDAYS = [date(2026, 10, 15), date(2026, 11, 16), date(2026, 12, 15)]


@rule("SD-233.15", "SD-233.07")
@pytest.mark.parametrize(
    ("on", "first", "last"),
    [
        ("2026-10-15", "2026-10-15", "2026-11-15"),
        ("2026-11-15", "2026-10-15", "2026-11-15"),  # the day of settlement is of the old period
        ("2026-11-16", "2026-11-16", "2026-12-14"),  # payday of the new
    ],
)
def test_the_account_runs_from_payday_to_payday_and_starts_anew(on, first, last):
    found = score_period(book(SD), date.fromisoformat(on), PAYDAYS, carried=Decimal(87))

    assert found == (date.fromisoformat(first), date.fromisoformat(last), 100)


@rule("SD-233.15")
def test_without_paydays_nobody_guesses_the_period():
    with pytest.raises(BadFacts, match="no two paydays around 2026-12-15"):
        score_period(book(SD), date(2026, 12, 15), PAYDAYS)


@rule("SD-233.07", "SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
@pytest.mark.parametrize(
    ("score", "money"),
    [(100, 0), (116, 0), (99, 10), (90, 100), (89, 120), (80, 300), (70, 600), (60, 1000), (40, 1000)],
)  # fmt: skip
def test_lost_points_cost_money_band_by_band(score, money):
    found = score_money(book(SD), Decimal(score))

    assert found[0] == money


# -- the wage ----------------------------------------------------------------------------------------


@rule("SD-233.05", "SD-233.06")
def test_everybody_gets_the_performance_award_and_the_bonus_of_full_attendance():
    slip = wage()

    assert parts(slip) == {"base": "2175.00", "full_attendance": "100.00", "allowance": "200.00"}
    assert wage(left_on="2026-11-10").net == slip.net


@rule("SD-233.05")
@pytest.mark.parametrize(
    ("attendance", "bonus"),
    [
        ({"unsigned_punch": 1}, "0.00"),
        ({"left_post": 1}, "0.00"),
        ({"absence": 1}, "0.00"),
        ({"unsigned_punch": 2, "left_post": 1, "absence": 3}, "0.00"),  # lost once
        ({"leave": 2}, "100.00"),  # approved leave does not cancel it
        ({"late": 5, "early_leave": 1}, "100.00"),
    ],
)
def test_three_causes_lose_the_bonus_of_full_attendance(attendance, bonus):
    slip = wage(attendance=attendance)

    assert amount(slip, "SD-233.05") == bonus
    assert amount(slip, "SD-233.06") == "200.00"


@rule("SD-233.05")
def test_the_house_may_add_approved_leave():
    lost_by = ["unsigned_punch", "left_post", "absence", "leave"]
    rules = PayRules.of(edited(SD, SD_233_05={"lost_by": lost_by}))

    slip = paid(rules=rules, base="2175", attendance={"leave": 1})

    assert amount(slip, "SD-233.05") == "0.00"


@rule("SD-233.05")
def test_a_clause_that_cancels_it_is_named():
    lost = [{"part": "full_attendance", "clause": "SD-233.23"}]

    slip = wage(forfeited=lost)

    assert amount(slip, "SD-233.05") == "0.00"
    assert "SD-233.23" in {step.clause for step in slip.steps}


@rule("SD-233.14")
@pytest.mark.parametrize(
    ("score", "bonus"), [("109.99", None), ("110", "100.00"), ("130", "100.00"), ("100", None)]
)
def test_a_hundred_and_ten_points_are_a_hundred_yuan(score, bonus):
    assert amount(wage(score=score), "SD-233.14") == bonus
    assert amount(wage(score=score, left_on="2026-11-10"), "SD-233.14") == bonus


@rule("SD-233.16")
@pytest.mark.parametrize(
    ("scores", "bonus"),
    [
        ([100, 99], "100.00"),  # exactly half
        ([100, 99, 99], None),
        ([100, 100, 99, 99, 99], None),  # half of five is three
        ([100, 110, 100, 99, 99], "100.00"),
        (["99.99", 100], "100.00"),
        ([99], None),
        ([], None),  # no staff, no bonus
    ],
)
def test_the_supervisor_is_rewarded_when_half_the_team_have_full_marks(scores, bonus):
    assert amount(wage(team_scores=scores), "SD-233.16") == bonus


@rule("SD-233.08", "SD-233.09", "SD-233.10", "SD-233.11")
@pytest.mark.parametrize(
    ("score", "taken"), [("100", None), ("112", None), ("99", "-10.00"), ("85", "-200.00")]
)
def test_lost_points_come_off_the_wage(score, taken):
    slip = wage(score=score)

    assert parts(slip).get("score_money") == taken
    assert slip.gross - slip.net == -Decimal(taken or 0)


@rule("SD-233.08")
def test_lost_points_are_taken_once_and_only_of_who_is_assessed():
    with pytest.raises(BadFacts, match=r"penalties\.SD-233\.08: .* computed from the score"):
        wage(score="90", penalties=[{"clause": "SD-233.08", "amount": "100"}])

    assert "score_money" not in parts(wage(score=None, assessed=False))


@rule("SD-233.40")
def test_absence_is_a_penalty_of_its_own_and_the_slip_says_so():
    slip = wage(absences=[{"on": "2026-11-03", "hours": "8"}])

    (note,) = (step for step in slip.notes if step.key == "pay_absence_fined")
    assert note.clause == "SD-233.40"


def test_the_agreed_wage_has_to_be_known():
    with pytest.raises(BadFacts, match="base: SD-2 gives no base wage"):
        wage(base=None)
