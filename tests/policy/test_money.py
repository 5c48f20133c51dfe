from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kefu.policy.money import in_capitals, points, yuan


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.004", "0.00"),
        ("0.005", "0.01"),  # half a fen goes up
        ("2.675", "2.68"),  # and is a half: no float came near it
        ("-0.005", "-0.01"),  # a reversal rounds as what it reverses
        (200, "200.00"),
    ],
)
def test_yuan_rounds_halves_up_to_the_fen(amount, rounded):
    assert str(yuan(amount)) == rounded


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_a_reversal_rounds_to_the_same_fen(amount):
    assert yuan(-amount) == -yuan(amount)
    assert abs(yuan(amount) - amount) <= Decimal("0.005")


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "-Infinity", "two hundred", ""])
def test_what_is_no_finite_number_is_no_amount(amount):
    with pytest.raises(ValueError, match="number"):
        yuan(amount)


@pytest.mark.parametrize("amount", [0.1, True, None])
def test_a_float_is_refused_because_the_fen_is_gone_already(amount):
    with pytest.raises(TypeError):
        yuan(amount)


@pytest.mark.parametrize(
    ("number", "written"), [("0.50", "0.5"), ("2", "2"), ("100", "100"), ("0.25", "0.25")]
)
def test_points_are_kept_as_they_are(number, written):
    assert str(points(number)) == written


def test_points_are_never_rounded():
    with pytest.raises(ValueError, match="two places"):
        points("0.125")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.10", "壹角整"),
        ("10", "壹拾元整"),
        ("100.05", "壹佰元零伍分"),
        ("1010.10", "壹仟零壹拾元壹角整"),
        ("1200.50", "壹仟贰佰元伍角整"),
        ("100000", "壹拾万元整"),
        ("10001000", "壹仟万零壹仟元整"),
        ("120034.56", "壹拾贰万零叁拾肆元伍角陆分"),
        ("100000001", "壹亿零壹元整"),
    ],
)
def test_an_amount_is_written_out(amount, said):
    assert in_capitals(Decimal(amount)) == said


@pytest.mark.parametrize("amount", ["-0.01", "1000000000000"])
def test_what_no_contract_of_ours_holds_is_no_amount(amount):
    with pytest.raises(ValueError):
        in_capitals(Decimal(amount))
