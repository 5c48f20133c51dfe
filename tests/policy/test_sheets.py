"""What stands in the books becomes the facts of a sheet, and what each clause moved adds up to the score."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.entries import enterable, one_incident
from kefu.policy.scores import ScoreFacts, month_score
from kefu.policy.sheets import (
    Item,
    account,
    event_facts,
    failed_again,
    mechanism,
    proposals,
    wanted,
)
from tests.policy.people import book, score_rules

DAY = date(2026, 11, 20)
FEW = settings(max_examples=40, deadline=None)


def scored(code, items, **more):
    rules = score_rules(code)
    facts = {"month": "2026-11", "hired_on": "2024-01-15", **event_facts(items, rules), **more}
    return month_score(ScoreFacts.model_validate(facts), rules)


def items_of(code):
    lines = score_rules(code).lines
    counted = st.sampled_from([clause for clause, line in lines.items() if line.up_to is None])
    plain = st.builds(Item, counted, st.just(DAY), st.none(), st.sampled_from(["", "", "a", "b"]))
    chosen = [clause for clause, line in lines.items() if line.up_to is not None]
    if not chosen:
        return st.lists(plain, max_size=25)
    granted = st.builds(
        Item, st.sampled_from(chosen), st.just(DAY), st.integers(3, 20).map(Decimal)
    )
    return st.lists(plain | granted, max_size=25)


@pytest.mark.parametrize("code", ["CD", "SD-2"])
@FEW
@given(data=st.data())
def test_the_order_of_what_happened_does_not_matter_and_the_lines_add_up(code, data):
    items = data.draw(items_of(code))
    shuffled = data.draw(st.permutations(items))

    score = scored(code, items)

    assert event_facts(items, score_rules(code)) == event_facts(shuffled, score_rules(code))
    opening, moved = account(score, score_rules(code))
    assert opening + sum(one.change for one in moved) == score.points
    floor = [one for one in moved if one.step is None]
    assert all(one.change > 0 for one in floor)
    if code == "SD-2":
        assert not floor


@pytest.mark.rule("SD-233.54", "SD-233.63")
def test_of_one_incident_the_most_specific_clause_counts_once():
    both = [Item(clause, DAY, None, "投诉 7") for clause in ("SD-233.43", "SD-233.54")]

    assert scored("SD-2", both).points == 97
    assert scored("SD-2", [*both, both[0], Item("SD-233.63", DAY, None, "投诉 7")]).points == 97
    assert scored("SD-2", [Item("SD-233.43", DAY), Item("SD-233.54", DAY)]).points == 94
    assert one_incident(book("SD-2"), "SD-233.43", "SD-233.54")
    assert not one_incident(book("SD-2"), "SD-233.43", "SD-233.52")


@pytest.mark.rule("SD-233.12", "SD-233.17", "ES-603.24")
def test_a_low_score_is_only_the_ground_of_a_proposal():
    for points, found in (("59.9", ("SD-233.12",)), ("60", ())):
        assert proposals(book("SD-2"), {"score": Decimal(points)}, {"agent"}) == found
    lowest = {"lowest_score": Decimal(59)}
    assert proposals(book("SD-2"), lowest, {"supervisor"}) == ("SD-233.17",)
    assert proposals(book("SD-2"), lowest, {"agent"}) == ()
    assert proposals(book("CD"), {"score": Decimal(0)}, {"agent"}) == ()

    def fails(*grades):
        months = [(date(2026, at + 1, 28), grade) for at, grade in enumerate(grades)]
        return failed_again(book("ES"), reversed(months))

    assert fails("fail") is fails("fail", "pass") is fails("fail", "pass", "fail") is None
    assert fails("fail", "fail") == "ES-603.24"
    assert fails("fail", "", "fail") == "ES-603.24"  # a month without an assessment is no break
    assert failed_again(book("CD"), [(DAY, "fail")]) is None


def test_each_rulebook_says_how_it_scores_and_what_can_be_entered():
    assert {code: mechanism(book(code)) for code in ("CD", "ES", "SD-2", "LC", "OS")} == {
        "CD": "month_score", "ES": "assessment", "SD-2": "month_score", "LC": "", "OS": "",
    }  # fmt: skip
    targets = {one.metric: one.target for one in wanted(book("CD"), 2)}
    assert targets["answered_calls"] == 650  # February is low season
    for code in ("CD", "ES", "SD-2", "OS"):
        for line in enterable(book(code)).values():
            assert line.chosen or line.value or line.kind in ("remark", "forfeit")
            assert not (line.chosen and line.value)
