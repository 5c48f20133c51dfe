"""The logistics centre appraises its people and gives no scale."""

from datetime import date

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.scores import ScoreFacts, ScoreRules, month_score
from tests.policy.people import book


def rule(*clauses):
    return pytest.mark.rule(*clauses)


@pytest.mark.parametrize(
    ("clause", "of"),
    [
        pytest.param("LC-01.31", "staff", marks=rule("LC-01.31")),
        pytest.param("LC-02.17", "team", marks=rule("LC-02.17")),
    ],
)
def test_the_logistics_centre_appraises_without_a_scale_and_none_is_borrowed(clause, of):
    facts = ScoreFacts(month="2026-11", hired_on=date(2026, 1, 1))

    with pytest.raises(NotSet, match=rf"{clause}: total is not set"):
        month_score(facts, ScoreRules.of(book("LC"), of=of))
