"""Interruptions of our own, and the frame of consequences; the clauses have their tests by regulation."""

import json
from decimal import Decimal

import pytest

from kefu.policy.consequences import (
    Interruption,
    consequence,
    consequences_of,
    held_for_interruption,
)
from kefu.policy.rulebook import Rulebook, load
from tests.policy.moments import at

CD = load("CD")


def held(*spans, share="0.25"):
    """A clock of thirty minutes, from ten to half past ten."""
    interruptions = [Interruption(at(start), end and at(end)) for start, end in spans]
    return held_for_interruption(interruptions, at("10:00:00"), at("10:30:00"), Decimal(share))


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], False),
        ([("10:30:00", "10:31:00")], True),  # closed at the due instant
        ([("10:29:59", "10:30:00")], True),  # up to the due instant
        ([("10:29:00", "10:29:59")], False),  # open again for the last second
        ([("10:30:01", "10:45:00")], False),  # afterwards
        ([("10:00:00", "10:07:30")], False),  # exactly a quarter is not more than a quarter
        ([("10:00:00", "10:07:31")], True),
        ([("09:00:00", "10:07:30")], False),  # what lay before the clock does not count
        ([("10:00:00", "10:05:00"), ("10:03:00", "10:07:30")], False),  # overlap counts once
        ([("10:10:00", "10:14:00"), ("10:01:00", "10:05:00")], True),  # eight minutes in two
        ([("10:20:00", None)], True),  # still down
        ([("10:40:00", None)], False),  # went down later
    ],
)
def test_nobody_pays_for_our_own_interruption(spans, expected):
    assert held(*spans) is expected


def test_the_share_is_the_rulebooks():
    assert held(("10:00:00", "10:01:00"), share="0")
    assert not held(("10:00:00", "10:29:00"), share="1")
    assert CD.interruption_share == Decimal("0.25")


def test_only_what_somebody_is_there_to_bear():
    assert consequences_of(CD, "CD-05.09", roles={"owner"}) == ()
    assert len(consequences_of(CD, "CD-05.09", roles={"queried_outlet", "owner"})) == 1


def test_a_clause_that_costs_nothing_costs_nothing():
    assert consequences_of(CD, "CD-03.24") == ()
    assert consequences_of(CD, "promise") == ()


def test_what_is_no_consequence_has_no_price():
    with pytest.raises(TypeError, match=r"CD-05\.09 is no consequence"):
        consequence(CD, "CD-05.09")
    with pytest.raises(KeyError):
        consequence(CD, "CD-99.99")


def test_the_inputs_are_plain_json():
    (fine,) = consequences_of(CD, "CD-05.09")

    assert json.loads(json.dumps(fine.inputs)) == {
        "clause": "CD-05.10",
        "follows": "CD-05.09",
        "role": "queried_outlet",
        "kind": "fine",
        "each": "200.00",
        "times": 1,
        "condition": "complaint",
        "also": [],
        "causes": ["late_reply", "no_reply"],
    }


def test_a_clause_that_yields_costs_nothing():
    content = CD.to_json()
    fine = next(clause for clause in content["clauses"] if clause["id"] == "CD-05.10")
    fine["yields_to"] = "CD-05.08"

    assert consequences_of(Rulebook.from_json(content), "CD-05.09") == ()
