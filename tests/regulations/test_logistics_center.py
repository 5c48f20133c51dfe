"""The logistics service centre, clause by clause, on policy alone."""

import pytest

from kefu.policy.clauses import NotSet
from kefu.policy.clocks import ReplyFacts, ReplyRules, reply_due
from kefu.policy.rulebook import load
from tests.policy.moments import at
from tests.policy.timetables import check_age, row

LC = load("LC")


@pytest.mark.rule("LC-02.02", "LC-05.03")
@pytest.mark.parametrize("clause", ["LC-02.02", "LC-05.03"])
def test_promptly_names_no_time_so_nothing_is_invented(clause):
    with pytest.raises(NotSet, match=f"{clause}: limit is not set"):
        _ = LC[clause].length


@pytest.mark.parametrize(
    ("clause", "times"), [row("LC-02.02", "handling"), row("LC-05.03", "customer_reply")]
)
def test_its_age_is_told_to_whoever_owns_it_and_nobody_is_warned(clause, times):
    check_age(LC, clause, times, "any", "start", "owner", None)


@pytest.mark.rule("LC-02.02", "LC-05.03")
def test_a_message_has_an_age_and_no_due_time():
    assert reply_due(ReplyFacts(at("10:00:00")), ReplyRules.of(LC)) is None


@pytest.mark.rule("LC-05.03")
def test_a_house_that_sets_a_time_gets_one():
    content = LC.to_json()
    clause = next(clause for clause in content["clauses"] if clause["id"] == "LC-05.03")
    clause.update(limit=4, unit="hours")

    due = reply_due(ReplyFacts(at("10:00:00")), ReplyRules.of(type(LC).from_json(content)))

    assert (due.clause, due.due_at) == ("LC-05.03", at("14:00:00"))
