"""Numbers, classes, reports and rates: the mechanism."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.conditions import MissingFact
from kefu.policy.measures import classify, counted, ratios, report_plan, report_step
from kefu.policy.rulebook import RulebookError, load
from tests.policy.books import edited

CD, ES, LC, OS = load("CD"), load("ES"), load("LC"), load("OS")
FEW = settings(max_examples=30, deadline=None)
NUMBERS = st.decimals(0, 10_000, places=2)


@FEW
@given(st.integers(0, 20))
def test_a_number_is_short_kept_or_over_and_never_two_of_them(number):
    (count,) = counted(ES, "punches", {"any": Decimal(number)}).counts

    assert count.short == max(2 - number, 0)
    assert count.over == max(number - 2, 0)


@pytest.mark.parametrize("number", [Decimal(-1), Decimal("NaN"), Decimal("Infinity")])
def test_a_count_that_is_none_is_refused(number):
    with pytest.raises(ValueError, match="punches: a count is a number"):
        counted(ES, "punches", {"any": number})
    with pytest.raises(ValueError, match="complaint_class: a measure is a number"):
        classify(ES, "complaint_class", {}, {"delay_days": number})


def test_what_nobody_counts_is_a_key_error():
    with pytest.raises(KeyError, match="ES says nothing about the number of sheep"):
        counted(ES, "sheep", {})
    with pytest.raises(KeyError, match="ES has no criteria for beauty"):
        classify(ES, "beauty")
    with pytest.raises(KeyError, match="ES has no report novel"):
        report_plan(ES, "novel")
    with pytest.raises(KeyError, match="ES has no rate of_climb"):
        ratios(ES, "of_climb", {})


def test_shares_are_counted_together_whoever_bears_them():
    whole = {"outlet": Decimal("66.6"), "loader": Decimal("33.4")}

    assert counted(LC, "liability_percent", whole, ("reason",)).kept
    assert not counted(LC, "liability_percent", {"outlet": Decimal(99)}, ("reason",)).kept
    with pytest.raises(ValueError, match="the_moon is not one of"):
        counted(LC, "liability_percent", {"the_moon": Decimal(100)}, ("reason",))


def test_a_measure_that_decides_has_to_be_given():
    facts = {"category": "delay", "earlier_complaint": "none"}

    with pytest.raises(MissingFact, match=r"ES-302\.03: .* delay_days"):
        classify(ES, "complaint_class", facts)


def test_two_classes_without_an_order_are_a_fault():
    both = edited(CD, "CD-06.25", of="message_duty", when={"destination": ["same_city"]})

    with pytest.raises(ValueError, match="the criteria say exempt, sorting_error at once"):
        classify(both, "message_duty", {"destination": "same_city"})


def test_clauses_that_contradict_each_other_about_a_report_are_a_fault():
    with pytest.raises(ValueError, match="two periods, month and week"):
        report_plan(edited(LC, "LC-03.09", per="week"), "reward_penalty_detail")
    with pytest.raises(ValueError, match="review is both for"):
        report_plan(edited(LC, "LC-05.08", steps={"review": "agent"}), "weekly_complaints")


def test_the_steps_of_a_report_are_done_in_order():
    plan = report_plan(LC, "weekly_complaints")

    with pytest.raises(ValueError, match="prepare comes before what was done"):
        report_step(plan, {"review"})
    with pytest.raises(ValueError, match="burn is not one of"):
        report_step(plan, {"burn"})


@FEW
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_a_rate_lies_in_0_to_100_and_the_whole_among_its_parts(pairs):
    parts = {str(place): (min(pair), max(pair)) for place, pair in enumerate(pairs)}

    found = ratios(OS, "collection", parts)

    shown = [part.percent for part in found.parts if part.percent is not None]
    assert all(0 <= percent <= 100 for percent in shown)
    if shown:
        assert min(shown) <= found.total.percent <= max(shown)
    else:
        assert found.total.percent is None


@pytest.mark.parametrize(
    ("part", "whole"), [("2", "1"), ("-1", "1"), ("NaN", "1"), ("1", "Infinity")]
)
def test_a_rate_of_nonsense_is_refused_by_name(part, whole):
    with pytest.raises(ValueError, match="collection: a: "):
        ratios(OS, "collection", {"a": (Decimal(part), Decimal(whole))})


@pytest.mark.parametrize(("part", "percent"), [(1, "12.5"), (9995, "100.0")])
def test_halves_go_up(part, percent):
    whole = 8 if part == 1 else 10_000

    assert (
        str(ratios(OS, "handling", {"a": (Decimal(part), Decimal(whole))}).total.percent) == percent
    )


@pytest.mark.parametrize(
    ("clause", "settings", "reason"),
    [
        ("CD-12.51", {"at_least": 7, "at_most": 6}, "at_least is above at_most"),
        ("CD-12.51", {"each": True}, "each goes with among"),
        ("CD-05.15", {"measure": None}, "a measure and its bounds go together"),
        ("CD-05.15", {"more_than": 180, "at_least": 1}, "two ways to say one thing"),
        ("CD-05.15", {"at_least": 181}, "nothing between them"),
        ("CD-05.15", {"more_than": 181}, "nothing between them"),
        ("CD-13.18", {"target": "1.01"}, "less than or equal to 1"),
        ("CD-13.18", {"rate": "collection"}, "says what CD-13.1[89] says already"),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(clause, settings, reason):
    with pytest.raises(RulebookError, match=reason):
        edited(CD, clause, **settings)
