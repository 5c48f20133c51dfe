"""How the logistics service centre settles a loss: agreed with the customer, divided among the liable."""

from decimal import Decimal

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.compensation import Claim, LossDivision, compensate, divide
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import load

LC = load("LC")


def divided(amount, *shares, reason="分拨中心卸车时砸坏", kinds=None):
    named = kinds or ["outlet"] * len(shares)
    liable = [
        {"party": f"甲{i}", "kind": kind, "share": share}
        for i, (kind, share) in enumerate(zip(named, shares, strict=True))
    ]
    facts = {"amount": amount, "liable": liable, "reason": reason}
    return divide(LC, LossDivision.model_validate(facts)).amounts


@pytest.mark.rule("LC-01.20")
@pytest.mark.parametrize("event", ["loss", "damage", "delay"])
def test_the_amount_is_agreed_and_no_cap_of_another_rulebook_applies(event):
    found = compensate(LC, Claim.model_validate({"event": event, "agreed": "8800.00"}))

    assert (found.amount, found.clause, found.settled) == (Decimal("8800.00"), "LC-01.20", True)
    with pytest.raises(BadFacts, match=r"agreed: LC-01\.20"):
        compensate(LC, Claim.model_validate({"event": event, "proved_value": "300"}))


def test_a_rulebook_that_sets_no_amount_says_so():
    with pytest.raises(NotSet, match="CD: compensation for loss is not set"):
        compensate(load("CD"), Claim.model_validate({"event": "loss", "agreed": "8800.00"}))


@pytest.mark.rule("LC-01.18", "LC-03.19", "LC-04.12")
@pytest.mark.parametrize(
    ("shares", "amounts"),
    [
        (["100"], ["1000.00"]),  # one party bears it all
        (["60", "40"], ["600.00", "400.00"]),
        (["33.33", "33.33", "33.34"], ["333.30", "333.30", "333.40"]),
    ],
)
def test_several_may_be_liable_with_shares_that_make_up_the_whole(shares, amounts):
    assert divided("1000.00", *shares) == tuple(map(Decimal, amounts))


@pytest.mark.rule("LC-01.18", "LC-03.19", "LC-04.12")
@pytest.mark.parametrize("shares", [["60", "39.99"], ["60", "40.01"], ["99"], ["50", "50", "0.01"]])
def test_shares_that_do_not_make_up_the_whole_are_refused(shares):
    with pytest.raises(BadFacts, match=r"liable: LC-\d\d\.\d\d: the shares make"):
        divided("1000.00", *shares)


@pytest.mark.rule("LC-01.18")
def test_only_the_listed_kinds_can_be_liable():
    kinds = [
        "outlet",
        "market_area",
        "line_haul_vehicle",
        "loader",
        "staff",
        "customer",
        "unattributable",
    ]

    for kind in kinds:
        assert divided("10.00", "100", kinds=[kind]) == (Decimal("10.00"),)
    with pytest.raises(BadFacts, match=r"LC-01\.18 knows no insurer"):
        divided("10.00", "100", kinds=["insurer"])


@pytest.mark.rule("LC-03.19", "LC-04.12")
def test_a_split_has_its_reason_in_writing():
    with pytest.raises(BadFacts, match=r"reason: LC-\d\d\.\d\d asks for a reason"):
        divided("10.00", "50", "50", reason=None)


def test_where_nobody_divides_liability_nothing_is_divided():
    facts = {"amount": "10", "liable": [{"party": "甲", "kind": "outlet", "share": "100"}]}
    with pytest.raises(NotSet, match="OS: liability_percent is not set"):
        divide(load("OS"), LossDivision.model_validate(facts))
