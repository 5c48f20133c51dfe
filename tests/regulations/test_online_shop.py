"""The online shop, clause by clause, on policy alone."""

import pytest

from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.consequences import answered_in_time
from kefu.policy.rulebook import load
from tests.policy.moments import at, shown

RULES = ReplyRules.of(load("OS"))


@pytest.mark.parametrize(
    ("first", "clause", "due"),
    [
        pytest.param(True, "OS-06.02", "10:00:15", marks=pytest.mark.rule("OS-06.02")),
        pytest.param(False, "OS-06.05", "10:00:20", marks=pytest.mark.rule("OS-06.05")),
    ],
)
def test_the_greeting_has_fifteen_seconds_and_each_reply_after_it_twenty(first, clause, due):
    found = reply_due(ReplyFacts(at("10:00:00"), channel="chat", first=first), RULES)

    assert (found.clause, shown(found.due_at)) == (clause, f"11-20 {due}")
    assert answered_in_time(found.due_at, at(due))
    assert not answered_in_time(found.due_at, at(f"{due}.000001"))
