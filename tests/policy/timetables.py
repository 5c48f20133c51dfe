"""Rows of what the regulations say about time, and how a row is checked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pytest

from kefu.policy.calendars import Calendar
from kefu.policy.clauses import Recurring
from kefu.policy.consequences import answered_in_time, consequences_of
from kefu.policy.due import ClockFacts, NoClock, age, clock_for, due
from kefu.policy.explanation import explain, explain_due
from kefu.policy.recurring import next_occurrence, recurring
from kefu.policy.rulebook import Rulebook, load
from tests.policy.moments import at, shown

OFFICE = (("08:00", "12:00"), ("13:30", "17:30"))
FIVE_DAYS = Calendar.plain(dict.fromkeys(range(1, 6), OFFICE))
SIX_DAYS = Calendar.plain(dict.fromkeys(range(1, 7), OFFICE))


@lru_cache
def book(code: str) -> Rulebook:
    return load(code)


def row(clause: str, *values: Any) -> Any:
    """One clause of a table: the test proves it and is called by its id."""
    return pytest.param(clause, *values, id=clause, marks=pytest.mark.rule(clause))


def moment(text: str) -> datetime:
    """“2026-11-20 10:00”, in Shanghai."""
    day, clock = text.split(" ")
    return at(f"{clock}:00" if clock.count(":") == 1 else clock, day)


def check_clock(
    rules: Rulebook,
    clause: str,
    times: str,
    cases: str,
    event: str,
    happened: str,
    due_at: str,
    role: str,
    warnings: tuple[int | None, int | None],
    calendar: Calendar | None = None,
) -> None:
    """``due_at`` is “11-21 00:00:00”; ``warnings`` are minutes before it, for owner and lead."""
    check_made_for(rules, clause, times, cases)
    for case in cases.split():
        facts = ClockFacts({event: moment(happened)}, case=case, calendar=calendar)

        found = due(times, facts, rules)

        assert found is not None
        assert (found.clause, shown(found.due_at)) == (clause, due_at)
        assert answered_in_time(found.due_at, found.due_at)
        assert not answered_in_time(found.due_at, found.due_at + timedelta(microseconds=1))
        told = tuple(
            warned and (found.due_at - warned) // timedelta(minutes=1)
            for warned in (found.warn_at, found.lead_warn_at)
        )
        assert told == warnings
        assert clock_for(times, facts, rules).role == role
        for language in ("zh", "en"):
            told_why = explain_due(found.inputs(), language, rules)
            assert told_why.arithmetic[-1].value
            assert "{" not in str(told_why)


def check_made_for(rules: Rulebook, clause: str, times: str, cases: str) -> None:
    """A clause for some cases has nothing to say about another; one for "any" has."""
    try:
        found = clock_for(times, ClockFacts({}, case="something_else"), rules).id
    except NoClock:
        found = None
    assert (found == clause) is (cases == "any")


def check_age(
    rules: Rulebook, clause: str, times: str, cases: str, event: str, role: str, remind: int | None
) -> None:
    """A clause without a number: whatever it is old, nothing is due."""
    check_made_for(rules, clause, times, cases)
    for case in cases.split():
        facts = ClockFacts({event: at("10:00:00")}, case=case)

        found = age(times, facts, rules, at("10:00:00", "2026-12-20"))

        assert due(times, facts, rules) is None
        assert (found.clause, found.age) == (clause, timedelta(days=30))
        reminded = found.remind_at and (found.remind_at - at("10:00:00")) // timedelta(minutes=1)
        assert reminded == remind
        assert rules[clause].house.warn_before_minutes is None
        assert clock_for(times, facts, rules).role == role
        assert explain(found.steps, "zh") and explain(found.steps, "en")


def check_rounds(
    rules: Rulebook,
    clause: str,
    subject: str,
    after: str,
    dues: Sequence[str],
    role: str,
    warnings: tuple[int | None, int | None],
    calendar: Calendar | None = None,
) -> None:
    """``dues``: the next times it is due after a moment, one after the other."""
    asked = recurring(subject, rules)
    assert asked.id == clause
    check_recurring(asked, after, dues, role, warnings, calendar)


def check_recurring(
    asked: Recurring,
    after: str,
    dues: Sequence[str],
    role: str,
    warnings: tuple[int | None, int | None],
    calendar: Calendar | None = None,
) -> None:
    since = moment(after)
    for expected in dues:
        found = next_occurrence(asked, since, calendar)
        assert shown(found.due_at) == expected
        told = tuple(
            warned and (found.due_at - warned) // timedelta(minutes=1)
            for warned in (found.warn_at, found.lead_warn_at)
        )
        assert told == warnings
        assert explain(found.steps, "zh") and explain(found.steps, "en")
        since = found.due_at
    assert asked.role == role


def check_own_cost(rules: Rulebook, clause: str, points: str) -> None:
    """So many points of whoever did it, once a supervisor has verified it."""
    (cost,) = consequences_of(rules, clause)
    assert (cost.clause, cost.role, str(cost.points)) == (clause, "owner", points)
    assert (cost.amount, cost.condition) == (None, "verification")
