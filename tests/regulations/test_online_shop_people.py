"""The online shop's targets."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.refusals import BadFacts
from kefu.policy.scores import Measured, still_counts, target_met
from tests.policy.people import book


def rule(*clauses):
    return pytest.mark.rule(*clauses)


@pytest.mark.parametrize(
    ("clause", "done", "out_of", "met"),
    [
        pytest.param("OS-06.03", "49.99", 1, False, marks=rule("OS-06.03")),
        pytest.param("OS-06.03", "50", 1, True, marks=rule("OS-06.03")),
        pytest.param("OS-06.03", "120", 2, True, marks=rule("OS-06.03")),
        pytest.param("OS-30.06", "979", 1000, False, marks=rule("OS-30.06")),
        pytest.param("OS-30.06", "980", 1000, True, marks=rule("OS-30.06")),
        pytest.param("OS-30.06", "97999", 100000, False, marks=rule("OS-30.06")),  # not rounded
        pytest.param("OS-30.07", "5", 100, True, marks=rule("OS-30.07")),
        pytest.param("OS-30.07", "0", 100, True, marks=rule("OS-30.07")),
        pytest.param("OS-30.07", "501", 10000, False, marks=rule("OS-30.07")),
    ],
)
def test_the_shop_compares_with_its_targets_unrounded(clause, done, out_of, met):
    measured = Measured(done=Decimal(done), out_of=Decimal(out_of))

    assert target_met(measured, book("OS")[clause]) is met


@rule("OS-30.07")
@pytest.mark.parametrize(
    ("again", "counts"), [("2026-11-01", True), ("2026-12-01", True), ("2026-12-02", False)]
)
def test_what_comes_back_within_thirty_days_counts_as_returned(again, counts):
    closed = date(2026, 11, 1)

    assert still_counts(book("OS")["OS-30.07"], closed, date.fromisoformat(again)) is counts
    with pytest.raises(BadFacts):
        still_counts(book("OS")["OS-30.07"], closed, date(2026, 10, 31))


@rule("OS-30.06", "OS-30.07")
@pytest.mark.parametrize("clause", ["OS-30.06", "OS-30.07"])
def test_a_rate_is_no_more_than_the_whole(clause):
    with pytest.raises(BadFacts, match="more than 1"):
        target_met(Measured(done=Decimal(101), out_of=Decimal(100)), book("OS")[clause])
    with pytest.raises(BadFacts, match="nothing was measured"):
        target_met(Measured(done=Decimal(0), out_of=Decimal(0)), book("OS")[clause])


@rule("OS-06.03", "OS-30.06", "OS-30.07")
def test_each_target_is_looked_up_by_what_it_measures():
    found = {
        c: (book("OS")[c].metric, book("OS")[c].part) for c in ("OS-06.03", "OS-30.06", "OS-30.07")
    }

    assert found == {
        "OS-06.03": ("typing_speed", "typing"),
        "OS-30.06": ("timely_rate", "department"),
        "OS-30.07": ("return_rate", "department"),
    }
