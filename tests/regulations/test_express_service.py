"""The express service regime, clause by clause, on policy alone."""

from datetime import timedelta

import pytest

from kefu.policy.clocks import (
    OutletRules,
    PromiseRules,
    ReplyFacts,
    ReplyRules,
    outlet_due,
    promise_due,
    reply_due,
)
from kefu.policy.consequences import answered_in_time, entry_time_allowed
from kefu.policy.due import ClockFacts, clock_for
from kefu.policy.rulebook import load
from tests.policy.moments import at, shown

ES = load("ES")


@pytest.mark.rule("ES-203.05")
def test_the_first_chat_message_is_answered_within_ten_seconds():
    due = reply_due(ReplyFacts(at("22:00:00"), channel="chat"), ReplyRules.of(ES))

    assert (due.clause, shown(due.due_at)) == ("ES-203.05", "11-20 22:00:10")
    assert due.warn_at is None  # nobody can be warned within ten seconds
    assert (
        clock_for("customer_reply", ClockFacts({}, channel="chat", message="first"), ES).role
        == "owner"
    )
    assert answered_in_time(due.due_at, at("22:00:10"))
    assert not answered_in_time(due.due_at, at("22:00:10.001"))


@pytest.mark.rule("ES-203.05")
@pytest.mark.parametrize(
    "facts",
    [
        ReplyFacts(at("10:00:00"), channel="chat", first=False),  # the first reply only
        ReplyFacts(at("10:00:00"), channel="phone"),
    ],
)
def test_other_messages_have_no_clock_of_their_own(facts):
    assert reply_due(facts, ReplyRules.of(ES)) is None


@pytest.mark.rule("ES-203.11")
@pytest.mark.parametrize(
    ("promised_for", "due"),
    [
        (None, "11-20 11:00:00"),  # put off without a time: one hour
        ("10:20:00", "11-20 10:20:00"),  # what was promised is sooner
        ("11:00:00", "11-20 11:00:00"),
        ("15:00:00", "11-20 11:00:00"),  # an hour at most, whatever was promised
    ],
)
def test_a_deferred_answer_comes_within_an_hour(promised_for, due):
    named = promised_for and at(promised_for)

    found = promise_due(at("10:00:00"), named, PromiseRules.of(ES))

    assert (found.clause, shown(found.due_at)) == ("ES-203.11", due)
    assert found.due_at - found.warn_at == timedelta(minutes=10)
    assert found.due_at - found.lead_warn_at == timedelta(minutes=5)
    assert clock_for("promise", ClockFacts({}), ES).role == "owner"


@pytest.mark.rule("ES-403.02")
def test_a_contact_is_entered_within_thirty_minutes():
    assert ES.entry_allowance == timedelta(minutes=30)
    assert entry_time_allowed(at("10:00:00"), at("10:30:00"), ES.entry_allowance)
    assert not entry_time_allowed(at("10:00:00"), at("10:30:01"), ES.entry_allowance)


def test_outlets_have_no_clock_here():
    assert outlet_due(at("10:00:00"), OutletRules.of(ES)) is None
