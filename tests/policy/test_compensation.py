"""Compensation beyond the regulations: bounds as properties, exact division, and what is refused."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.calculations import calculation
from kefu.policy.clauses import NotSet
from kefu.policy.compensation import CALCULATIONS, Claim, compensate, split
from kefu.policy.explanation import explain
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import RulebookError, load
from tests.policy.money_book import book, term

ES = load("ES")
MONEY = st.decimals(0, 5000, places=2)


def amount(rules, **facts):
    return compensate(rules, Claim.model_validate({"event": "loss"} | facts)).amount


@given(MONEY, MONEY, st.decimals("0.01", 1, places=2))
@settings(max_examples=25, deadline=None)
def test_an_uninsured_loss_never_passes_its_cap_nor_the_proof(value, freight, share):
    paid = amount(ES, proved_value=value, freight=freight, share=share)

    assert paid == min(value * share, Decimal(500)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


@given(MONEY, MONEY, MONEY)
@settings(max_examples=25, deadline=None)
def test_damage_is_never_below_its_minimum_and_never_falls_with_the_proof(one, other, freight):
    facts = {"event": "damage", "repairable": False, "freight": freight}

    low, high = (amount(ES, **facts, proved_value=value) for value in sorted((one, other)))

    assert 3 * freight <= low <= high


@given(
    st.decimals(0, 100_000, places=2),
    st.lists(st.decimals("0.01", 100, places=2), min_size=1, max_size=6),
)
@settings(max_examples=30, deadline=None)
def test_a_loss_is_divided_to_the_last_fen(whole, shares):
    parts = split(whole, shares)

    assert sum(parts) == whole
    assert all(part == part.quantize(Decimal("0.01")) and part >= 0 for part in parts)
    total = sum(shares)
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - whole * share / total) < Decimal("0.01")


def test_the_fen_that_are_left_go_to_the_largest_remainders_of_equal_ones_to_the_first():
    thirds = [Decimal(1)] * 3

    assert split(Decimal("100.00"), thirds) == (
        Decimal("33.34"),
        Decimal("33.33"),
        Decimal("33.33"),
    )
    assert split(Decimal("0.05"), [Decimal(20), Decimal(80)]) == (Decimal("0.01"), Decimal("0.04"))


@pytest.mark.parametrize("shares", [[], [Decimal(0)], [Decimal(100), Decimal(-1)]])
def test_shares_are_above_nought(shares):
    with pytest.raises(ValueError, match="shares are above 0"):
        split(Decimal(10), shares)


def test_a_fixed_amount_and_a_multiple_of_the_freight():
    fixed = book(term(basis="fixed", amount="30"))
    seven = book(term(basis="freight", multiple="7"))

    assert amount(fixed) == Decimal("30.00")
    assert amount(seven, freight="12.05") == Decimal("84.35")
    with pytest.raises(BadFacts, match="freight"):
        amount(seven)


def test_a_narrower_clause_goes_before_a_general_one():
    rules = book(term(basis="fixed", amount="30"), term(insured=True, basis="insured_amount"))

    assert amount(rules) == 30
    assert amount(rules, insured_amount="800") == 800


def test_nothing_proved_and_nothing_else_set():
    with pytest.raises(BadFacts, match="proved_value"):
        amount(book(term()))
    lifted = book(term(), term(sets="minimum", basis="fixed", amount="20"))
    assert amount(lifted) == 20


def test_without_a_scale_a_range_proposes_nothing():
    rules = book(term(event="delay", basis="chosen", at_least="5", at_most="20"))

    found = compensate(rules, Claim(event="delay"))

    assert (found.proposed, found.least, found.most) == (None, 5, 20)
    with pytest.raises(BadFacts, match="delay_days"):
        compensate(ES, Claim(event="delay"))


def test_what_a_rulebook_does_not_regulate_is_not_set():
    with pytest.raises(NotSet, match="ZZ: compensation for delay is not set"):
        compensate(book(term()), Claim(event="delay", delay_days=3))


@pytest.mark.parametrize(
    ("settings_", "reason"),
    [
        ({"basis": "fixed"}, "an amount is written for the basis fixed"),
        ({"amount": "5"}, "an amount is written for the basis fixed"),
        ({"basis": "chosen"}, "at_least and at_most are written for the basis chosen"),
        ({"basis": "chosen", "at_least": "5"}, "at_least and at_most are written"),
        ({"at_least": "5", "at_most": "9"}, "at_least and at_most are written"),
        ({"basis": "chosen", "at_least": "9", "at_most": "9"}, "at_least is below at_most"),
        ({"event": "rain"}, "event"),
        ({"multiple": "-1"}, "multiple"),
        (
            {
                "basis": "chosen",
                "at_least": "5",
                "at_most": "9",
                "house": {"scale": [{"from_days": 1, "amount": "4.99"}]},
            },
            "4.99 is proposed and not in the range",
        ),
        (
            {
                "basis": "chosen",
                "at_least": "5",
                "at_most": "9",
                "house": {
                    "scale": [
                        {"from_days": 2, "amount": "6"},
                        {"from_days": 2, "amount": "7"},
                    ]
                },
            },
            "the scale rises with the days",
        ),
    ],
)
def test_a_clause_that_makes_no_sense_is_refused(settings_, reason):
    with pytest.raises(RulebookError, match=reason):
        book(term(**settings_))


def test_two_clauses_for_one_thing_are_one_too_many():
    with pytest.raises(RulebookError, match=r"ZZ-01\.02: says what ZZ-01\.01 says already"):
        book(term(), term(basis="insured_amount"))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"event": "theft"}, "event"),
        ({"proved_value": "-1"}, "proved_value"),
        ({"proved_value": "NaN"}, "proved_value"),
        ({"proved_value": 12.5}, "proved_value"),
        ({"proved_value": "1e12"}, "proved_value"),
        ({"insured_amount": "0"}, "insured_amount"),
        ({"share": "0"}, "share"),
        ({"share": "1.01"}, "share"),
        ({"delay_days": -1}, "delay_days"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_facts_are_named(facts, field):
    with pytest.raises(BadFacts) as refused:
        calculation("compensation").run(ES, {"event": "loss"} | facts)

    assert list(refused.value.faults) == [field]


@pytest.mark.parametrize("found", CALCULATIONS, ids=lambda found: found.name)
def test_the_forms_are_labelled_in_both_languages(found):
    schema = found.schema()

    json.dumps(schema)
    for name, shown in schema["properties"].items():
        assert shown["zh"] and shown["en"], name


def test_the_arithmetic_is_told_in_both_languages():
    facts = {"event": "damage", "repairable": False, "proved_value": "90", "freight": "12.50"}
    facts |= {"share": "0.25"}
    steps = calculation("compensation").run(ES, facts).steps

    assert [(line.clause, line.text, line.value) for line in explain(steps, "zh")] == [
        ("ES-303.15", "证明价值 90.00 元 × 损失 25% × 1", "22.50 元"),
        ("ES-303.16", "最低 = 运费 12.50 元 × 3", "37.50 元"),
        ("ES-303.15", "赔付（四舍五入到分）", "37.50 元"),
    ]
    assert [line.text for line in explain(steps, "en")] == [
        "Proved value 90.00 yuan × share lost 25% × 1",
        "At least = freight 12.50 yuan × 3",
        "To be paid (rounded to the fen)",
    ]


@given(
    st.fixed_dictionaries(
        {"event": st.sampled_from(["loss", "damage", "delay"])},
        optional={
            "insured_amount": MONEY.map(str),
            "proved_value": MONEY.map(str),
            "freight": MONEY.map(str),
            "repair_cost": MONEY.map(str),
            "chosen": MONEY.map(str),
            "repairable": st.booleans(),
            "share": st.decimals(0, 1, places=3).map(str),
            "delay_days": st.integers(-1, 9),
            "force_majeure": st.booleans(),
        },
    )
)
@settings(max_examples=25, deadline=None)
def test_whatever_is_claimed_is_decided_or_refused_by_name(facts):
    try:
        found = calculation("compensation").run(ES, facts)
    except BadFacts:
        return

    paid = found.result["amount"]
    assert paid is None or Decimal(paid).as_tuple().exponent == -2
    for language in ("zh", "en"):
        for line in explain(found.steps, language):
            assert line.text and "{" not in line.text
