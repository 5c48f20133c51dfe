"""Which clauses can be proposed, at which level, and what the how-manieth time does."""

import pytest

from kefu.policy.entries import enterable
from kefu.policy.explanation import explain
from kefu.policy.sanctions import accumulated, proposable
from tests.policy.people import book


@pytest.mark.rule("ES-137.01", "ES-138.01")
def test_the_grounds_of_the_express_service_lead_to_seven_levels():
    grounds = proposable(book("ES"))

    levels = {clause: line.levels for clause, line in grounds.items()}
    assert [sum(1 for found in levels.values() if found == (level,)) for level in (
        "commendation", "merit", "major_merit", "warning", "demerit", "major_demerit",
    )] == [4, 5, 4, 9, 10, 8]  # fmt: skip
    assert levels["ES-133.23"] == ("fine", "dismissal")
    assert grounds["ES-138.30"].ground == "4(1)"
    assert {clause for clause, line in grounds.items() if not line.by_hand} == {
        "ES-133.23", "ES-133.24", "ES-138.36", "ES-603.24",
    }  # fmt: skip
    # Whatever has a level is proposed, and never entered by hand.
    lines = enterable(book("ES"))
    assert all(not lines[clause].by_hand and lines[clause].levels for clause in grounds)
    assert proposable(book("CD")) == {}


@pytest.mark.rule("ES-138.01", "SD-233.48", "SD-233.49", "SD-233.50", "OS-04.23")
def test_nothing_turns_into_a_graver_level_unless_a_clause_says_so():
    def found(code, clause, before):
        told = accumulated(book(code), clause, before)
        return told.nth, told.instead, [line.value for line in explain(told.steps, "zh-hans")]

    assert found("ES", "ES-138.03", 5) == (0, "", ["不折算"])
    assert found("ES", "ES-137.03", 5) == (0, "", [])
    assert found("SD-2", "SD-233.48", 0) == (1, "", ["第 1 次"])
    assert found("SD-2", "SD-233.48", 1) == (2, "SD-233.49", ["第 2 次", "改按这一条"])
    assert found("SD-2", "SD-233.50", 4) == (5, "", ["第 5 次", "由人决定"])
    assert found("OS", "OS-04.23", 1)[:2] == (2, "OS-04.22")
    assert found("OS", "OS-04.23", 2)[:2] == (3, "")
