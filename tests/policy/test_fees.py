"""Tables of prices as properties: no gap, never falling, exact to the fen; and what is refused."""

import json
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.calculations import calculation
from kefu.policy.clauses import NotSet, Tariff
from kefu.policy.explanation import explain
from kefu.policy.fees import CALCULATIONS, TableFault, bands, charge, zone_of
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import RulebookError, load, load_all
from tests.policy.money_book import band, book

CD = load("CD")
QUANTITIES = st.decimals(0, 500, places=3)


def table(*bands_):
    return bands(book(*bands_), "trial")


@st.composite
def graduated(draw):
    """Bands without a gap, each at its own rate on the excess; and the bounds and rates."""
    bounds = sorted(draw(st.sets(st.integers(1, 90), min_size=1, max_size=4)))
    rates = draw(st.lists(st.decimals(0, 20, places=2), min_size=len(bounds) + 1, max_size=5))
    lows = [0, *bounds]
    clauses = [
        band(str(low), *([str(high)] if high else []), rate=str(rate))
        for low, high, rate in zip(lows, [*bounds, None], rates, strict=False)
    ]
    return table(*clauses), lows, rates


@given(graduated(), QUANTITIES)
@settings(max_examples=20, deadline=None)
def test_each_part_costs_the_rate_of_its_band_to_the_fen(made, quantity):
    rows, lows, rates = made
    by_hand = sum(
        (
            (min(quantity, Decimal(high)) - low) * rate
            for low, high, rate in zip(lows, [*lows[1:], 10**6], rates, strict=False)
            if quantity > low
        ),
        Decimal(0),
    )

    fee = charge(rows, quantity)

    assert fee.amount == by_hand.quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    assert fee.amount.as_tuple().exponent == -2


@given(graduated(), QUANTITIES, QUANTITIES)
@settings(max_examples=15, deadline=None)
def test_more_never_costs_less(made, one, other):
    rows, _, _ = made

    assert charge(rows, min(one, other)).amount <= charge(rows, max(one, other)).amount


@given(
    st.sampled_from(["3702", "4401", "31", "540102"]),
    st.booleans(),
    st.decimals("0.01", 300, places=2),
    st.decimals("0.01", 300, places=2),
)
@settings(max_examples=20, deadline=None)
def test_the_freight_of_a_return_never_falls_with_the_weight(place, shuttle, one, other):
    def freight(weight):
        facts = {"destination": place, "shuttle": shuttle, "weight": str(weight)}
        return Decimal(calculation("air_return").run(CD, facts).result["amount"])

    light, heavy = sorted((one, other))
    assert freight(light) <= freight(heavy)
    assert freight(heavy) == freight(heavy).quantize(Decimal("0.01"))


@pytest.mark.parametrize("code", load_all())
def test_the_bands_that_ship_leave_no_gap(code):
    rules = load(code)
    for name, zone in {(t.table, t.zone) for t in rules.in_force(Tariff)}:
        try:
            found = bands(rules, name, zone)
        except NotSet:  # left blank by the regulation
            continue
        for below, above in pairwise(found):
            assert below.up_to == above.over


@pytest.mark.parametrize(
    ("parts", "quantity", "yuan"),
    [
        ("exact", "2.345", "2.35"),  # half a fen rounds up
        ("exact", "2.344", "2.34"),
        ("hundredth", "2.345", "2.35"),
        ("hundredth", "2.3449", "2.34"),
        ("up", "2.001", "3.00"),
        ("up", "2", "2.00"),
    ],
)
def test_part_of_a_unit(parts, quantity, yuan):
    rows = table(band("0", rate="1", basis="whole", parts=parts))

    assert charge(rows, Decimal(quantity)).amount == Decimal(yuan)


def test_a_bound_belongs_to_the_band_below_it():
    rows = table(band("0", "5", base="3"), band("5", "9", base="8"), band("9", negotiated=True))

    assert [charge(rows, Decimal(q)).amount for q in ("0", "5", "5.01", "9", "9.01")] == [
        3,
        3,
        8,
        8,
        None,
    ]
    assert charge(rows, Decimal(10)).negotiated


def test_a_base_and_a_rate_add_up():
    rows = table(band("0", "5", base="3"), band("5", base="2", rate="1.5", **EXCESS))

    assert charge(rows, Decimal(7)).amount == Decimal("8.00")  # 3 + 2 + 2 × 1.50


EXCESS = {"basis": "excess", "parts": "exact"}


def test_above_the_last_band_it_is_refused_unless_it_stays():
    refused = table(band("0", "5"))
    stays = table(band("0", "5", beyond="stays"))

    with pytest.raises(TableFault, match=r"ZZ-01\.01: the table takes no 6 kg"):
        charge(refused, Decimal(6))
    assert charge(stays, Decimal(6)).amount == Decimal("5.00")
    assert charge(stays, Decimal(5)).amount == Decimal("5.00")


def test_a_table_that_begins_above_nought_is_free_below_only_where_it_may_be():
    rows = table(band("2", rate="3"))

    with pytest.raises(TableFault):
        charge(rows, Decimal(1))
    assert charge(rows, Decimal(1), free_below=True).amount == 0
    assert charge(rows, Decimal(2), free_below=True).amount == 0
    assert charge(rows, Decimal(3), free_below=True).amount == Decimal("3.00")


def test_what_goes_on_from_an_agreement_cannot_be_computed():
    rows = table(band("0", "5", negotiated=True), band("5"))

    with pytest.raises(TableFault, match=r"ZZ-01\.02: goes on from a band that is agreed upon"):
        charge(rows, Decimal(6))


@pytest.mark.parametrize(
    "wrong",
    [
        (band("0", "5"), band("6")),  # a gap
        (band("0", "5"), band("4")),  # an overlap
        (band("0"), band("5")),  # the first has no end
    ],
)
def test_gaps_and_overlaps_are_refused(wrong):
    with pytest.raises(TableFault, match=r"ZZ-01\.02: leaves a gap after ZZ-01\.01, or overlaps"):
        table(*wrong)


def test_a_blank_is_not_set():
    for rows, setting in (
        ((band("0", ""),), "up_to"),
        ((band("", "5"),), "over"),
        ((band("0", "5"), band("5", "")), "up_to"),
    ):
        with pytest.raises(NotSet, match=f"{setting} is not set"):
            table(*rows)
    with pytest.raises(NotSet, match=r"ZZ-01\.01: rate is not set"):
        charge(table(band("0", rate="")), Decimal(1))
    with pytest.raises(NotSet, match="OS: air_return shuttle is not set"):
        bands(load("OS"), "air_return", "shuttle")
    with pytest.raises(BadFacts, match="not below 0"):
        charge(table(band("0")), Decimal(-1))


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        (band("5", "5"), "up_to is above over"),
        (band("0", rate="-1"), "rate"),
        ({**band("0"), "basis": None}, "rate, basis and parts go together"),
        (band("0", negotiated=True, base="5"), "a price is written, or it is negotiated"),
        (band("0", beyond="stays"), "beyond goes with up_to"),
        (band("0", places=["31"]), "places are those of a zone"),
        (band("0", zone="a", places=["Paris"]), "places.0"),
        (band("0", zone="a", places=[]), "places"),
        (band("0", unit="stone"), "unit"),
    ],
)
def test_a_band_that_makes_no_sense_is_refused(clause, reason):
    with pytest.raises(RulebookError, match=reason.replace(".", r"\.")):
        book(clause)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(1, 5), (7, None)], "leaves a gap or overlaps"),
        ([(1, 5), (5, None)], "leaves a gap or overlaps"),
        ([(1, None), (6, None)], "leaves a gap or overlaps"),
        ([(2, 5), (6, None)], "begins with one piece"),
        ([(1, 5)], "has 2 rows, not 1"),
        ([(1, 5), (6, 3)], "ends before it begins"),
    ],
)
def test_a_table_of_pieces_has_its_rows_without_a_gap(rows, reason):
    made = [{"from_pieces": a, "to_pieces": b, "base": "1", "each": "1"} for a, b in rows]
    clause = {"kind": "piece_tariff", "table": "t", "max_piece_kg": "9", "row_count": 2}

    with pytest.raises(RulebookError, match=reason):
        book(clause | {"rows": made})


def test_a_place_is_given_once():
    row = {"place": "东港", "charges": {"ticket": "5"}}

    with pytest.raises(RulebookError, match="东港 is given twice"):
        book({"kind": "place_tariff", "table": "t", "rows": [row, row]})


def test_a_deduction_goes_into_the_fund_or_does_not():
    fund = {"kind": "fund", "fund": "f", "share": "1", "of": ["a"], "without": ["a"]}

    with pytest.raises(RulebookError, match="goes into the fund or does not"):
        book(fund)


def test_a_fund_may_get_a_part():
    fund = {"kind": "fund", "fund": "f", "share": "0.5", "of": ["cash_fine"]}

    found = calculation("fund").run(book(fund), {"kind": "cash_fine", "amount": "0.05"})

    assert found.result["amount"] == "0.03"


def test_the_longest_code_decides_about_the_zone():
    rules = book(
        band("0", zone="a", places=["31"]),
        band("0", zone="b", places=["3101", "32"]),
    )

    assert zone_of(rules, "trial", "310104").zone == "b"
    assert zone_of(rules, "trial", "3102").zone == "a"
    assert zone_of(rules, "trial", "33") is None


def test_the_arithmetic_is_told_in_both_languages():
    facts = {"destination": "4401", "shuttle": True, "weight": "7.456"}
    steps = calculation("air_return").run(CD, facts).steps

    assert [(line.clause, line.text, line.value) for line in explain(steps, "zh")] == [
        ("CD-04.17", "目的地 4401：有班车", "有班车"),
        ("CD-04.17", "5 公斤，起步价", "0.00 元"),
        ("CD-04.18", "7.456 公斤，超出 5 的部分按 2.46 计，2.46 × 2.00 元", "4.92 元"),
    ]
    assert (
        explain(steps, "en")[-1].text
        == "7.456 kg, the part above 5 counted as 2.46: 2.46 × 2.00 yuan"
    )


@pytest.mark.parametrize("found", CALCULATIONS, ids=lambda found: found.name)
def test_the_forms_are_labelled_in_both_languages(found):
    schema = found.schema()

    json.dumps(schema)
    for name, shown in schema["properties"].items():
        assert shown["zh"] and shown["en"], name


@pytest.mark.parametrize(
    ("name", "facts", "field"),
    [
        ("air_return", {"destination": "4401", "shuttle": True, "weight": "0"}, "weight"),
        ("air_return", {"destination": "4401", "shuttle": True, "weight": "-1"}, "weight"),
        ("air_return", {"destination": "4401", "shuttle": True, "weight": "NaN"}, "weight"),
        ("air_return", {"destination": "4401", "shuttle": True, "weight": 1.5}, "weight"),
        ("air_return", {"destination": "4401", "shuttle": True, "weight": "1e9"}, "weight"),
        ("air_return", {"destination": "Paris", "shuttle": True, "weight": "1"}, "destination"),
        ("forwarding", {"payment": "barter", "paid": "1", "cost": "1"}, "payment"),
        ("forwarding", {"payment": "prepaid", "paid": "-1", "cost": "1"}, "paid"),
        ("warehouse_entry", {"place": "东港", "pieces": []}, "pieces"),
    ],
)
def test_bad_facts_are_named(name, facts, field):
    with pytest.raises(BadFacts) as refused:
        calculation(name).run(CD, facts)

    assert list(refused.value.faults) == [field]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("forwarding", {"payment": "prepaid", "paid": "1", "cost": "1"}),
        ("air_return", {"destination": "4401", "shuttle": True, "weight": "1"}),
        ("warehouse_entry", {"place": "东港", "pieces": [{"weight": "1"}]}),
        ("fund", {"kind": "cash_fine", "amount": "1"}),
    ],
)
def test_a_rulebook_without_such_a_rule_borrows_none(name, facts):
    with pytest.raises(NotSet, match="LC: "):
        calculation(name).run(load("LC"), facts)
