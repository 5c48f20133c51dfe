"""The online shop, clause by clause, on policy alone."""

import pytest

from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.consequences import answered_in_time
from kefu.policy.due import ClockFacts, NoClock, clock_for
from kefu.policy.rulebook import load
from tests.policy.moments import at, shown
from tests.policy.timetables import row

OS = load("OS")
RULES = ReplyRules.of(OS)


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
    assert found.warn_at is None  # nobody can be warned within seconds
    assert answered_in_time(found.due_at, at(due))
    assert not answered_in_time(found.due_at, at(f"{due}.000001"))


@pytest.mark.parametrize(
    ("clause", "message"), [row("OS-06.02", "first"), row("OS-06.05", "later")]
)  # fmt: skip
def test_both_are_of_whoever_chats_and_of_nothing_else(clause, message):
    found = clock_for("customer_reply", ClockFacts({}, channel="chat", message=message), OS)

    assert (found.id, found.role) == (clause, "owner")
    for other in ({"channel": "phone", "message": message}, {"channel": "chat", "message": "any"}):
        with pytest.raises(NoClock):
            clock_for("customer_reply", ClockFacts({}, **other), OS)
