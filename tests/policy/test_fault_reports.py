"""What reports about losses, delays and damages earn, what a forgotten one costs, and until when registers are due."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.ageing import bands, begun_since, limits
from kefu.policy.fault_reports import (
    bonuses,
    forgotten,
    notices,
    pays,
    told_again_by,
    wanted_report,
)
from kefu.policy.pay import Piece
from kefu.policy.refusals import NotInRulebook
from kefu.policy.registers import register_due, register_plan
from kefu.policy.rulebook import load
from tests.policy.books import edited
from tests.policy.moments import at

CD, LC = load("CD"), load("LC")
ACCEPTED = frozenset({"accepted"})


@pytest.mark.rule("CD-12.74", "CD-12.75", "CD-12.77")
@pytest.mark.parametrize(
    ("fault", "author"), [("damage", "15.00"), ("delay", "15.00"), ("loss", "25.00")]
)
def test_an_accepted_report_earns_its_author_and_five_for_the_pool(fault, author):
    earned = [(one.to, one.amount) for one in bonuses(CD, Piece(of=fault, done=ACCEPTED))]

    assert earned == [("author", Decimal(author)), ("pool", Decimal("5.00"))]
    assert bonuses(CD, Piece(of=fault)) == ()  # before it is accepted


def test_a_pool_out_of_the_bonus_takes_its_five_from_the_author():
    changed = edited(CD, "CD-12.77", source="from_bonus")

    earned = [(one.to, one.amount) for one in bonuses(changed, Piece(of="loss", done=ACCEPTED))]

    assert earned == [("author", Decimal("20.00")), ("pool", Decimal("5.00"))]


@pytest.mark.rule("CD-12.78", "CD-12.79")
def test_what_we_sent_with_somebody_to_blame_wants_its_report_and_forgotten_costs_the_double():
    assert not wanted_report(CD, outgoing=True, evident=True, made=False).complete
    assert wanted_report(CD, outgoing=True, evident=True, made=True).complete
    assert wanted_report(CD, outgoing=False, evident=True, made=False).complete
    assert wanted_report(CD, outgoing=True, evident=False, made=False).complete

    costs = {fault: forgotten(CD, fault).amount for fault in ("loss", "delay", "damage")}

    assert costs == {"loss": Decimal(50), "delay": Decimal(30), "damage": Decimal(30)}
    assert not pays(LC)
    assert forgotten(LC, "loss") is None


@pytest.mark.rule("CD-12.30")
def test_people_are_told_twice_and_again_by_noon_of_the_next_day():
    assert notices(CD)[0] == 2
    assert told_again_by(at("23:59", "2026-11-20")) == at("12:00", "2026-11-21")
    assert told_again_by(at("00:00", "2027-02-28")) == at("12:00", "2027-03-01")
    assert told_again_by(at("09:00", "2028-02-28")) == at("12:00", "2028-02-29")  # a leap year


@pytest.mark.rule("LC-01.25", "LC-01.26", "LC-04.09", "LC-02.12", "LC-06.01")
def test_who_makes_which_register_and_by_when():
    assert register_plan(LC, "monthly_claims").steps == (
        ("prepare", "adjuster"),
        ("issue", "centre"),
    )
    assert register_plan(LC, "incident_causes").needs == ("analysis_text",)
    # Nobody is named: the centre issues it; a rate told by the month is a register too.
    assert register_plan(LC, "self_settled_cases").steps == (("issue", "centre"),)
    rate = register_plan(LC, "complaint_rate")
    assert (rate.per, rate.group_by, rate.steps) == ("month", ("outlet",), (("issue", "centre"),))
    with pytest.raises(NotInRulebook):
        register_plan(CD, "monthly_claims")

    claims = register_due(LC, "monthly_claims", date(2027, 2, 14))
    causes = register_due(LC, "incident_causes", date(2027, 2, 14), beside="monthly_claims")
    alone = register_due(LC, "self_settled_cases", date(2028, 2, 1))

    assert (claims.first_on, claims.last_on) == (date(2027, 2, 1), date(2027, 2, 28))
    assert claims.due_at == causes.due_at == at("18:00", "2027-03-05")
    assert (alone.last_on, alone.due_at) == (date(2028, 2, 29), None)


@pytest.mark.rule("LC-01.04", "LC-02.07", "LC-05.08")
def test_the_week_goes_from_monday_to_sunday_and_is_told_by_monday_evening():
    plan = register_plan(LC, "weekly_complaints")
    due = register_due(LC, "weekly_complaints", date(2026, 11, 22))  # a Sunday

    assert plan.steps == (("prepare", "agent"), ("review", "supervisor"), ("issue", "centre"))
    assert (due.first_on, due.last_on) == (date(2026, 11, 16), date(2026, 11, 22))
    assert due.due_at == at("18:00", "2026-11-23")


@pytest.mark.rule("CD-05.17", "CD-05.19")
def test_ages_are_held_against_fifteen_and_thirty_days():
    allowed = limits(CD, "claim_settlement")

    assert allowed == {"loss": 30, "delay": 15, "damage": 15}
    assert bands(allowed) == (15, 30)
    # The day it began is not counted: what came on the 5th is fifteen days old on the 20th.
    assert begun_since(date(2026, 11, 20), 15) == at("00:00", "2026-11-05")
