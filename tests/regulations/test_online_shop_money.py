"""What the online shop's shift regime fines its agents for, clause by clause."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy.ladders import Happening, NoLadder, escalation
from kefu.policy.penalties import Breach, assess
from kefu.policy.refusals import BadFacts
from kefu.policy.rulebook import Rulebook, load
from tests.regulations.penalty_rows import Row, assert_holds

OS = load("OS")
LADDER = ("OS-04.21", "OS-04.22", "OS-04.23")


def complaints(*days):
    return [Happening(of="service_complaints", on=day) for day in days]


def assessed(clause, history, *, rules=OS, **facts):
    known = {"clause": clause, "verified": True, "history": history, "on": date(2026, 11, 21)}
    return assess(rules, Breach.model_validate(known | facts))


@pytest.mark.rule("OS-04.16")
def test_a_shift_missed_after_a_swap_costs_each_who_is_liable_twenty():
    row = Row(
        "OS-04.16",
        "agent",
        "20.00",
        per="person",
        asks=("verification", "shift_swapped", "briefing_unclear", "shift_late|shift_uncovered"),
    )

    assert_holds(OS, row)  # one of both, or both: 20 or 40


@pytest.mark.rule("OS-04.21", "OS-04.22", "OS-04.23")
@pytest.mark.parametrize(
    ("times", "clause", "yuan", "measures"),
    [
        (1, "OS-04.21", "30.00", ()),
        (2, "OS-04.22", "60.00", ()),  # doubled
        (3, "OS-04.23", None, ("dismissal",)),  # and no further fine
        (4, "OS-04.23", None, ("dismissal",)),  # joins the open proposal
    ],
)
def test_thirty_then_sixty_then_dismissal(times, clause, yuan, measures):
    history = complaints(*(date(2026, 11, day) for day in range(1, times + 1)))

    found = {one: assessed(one, history) for one in LADDER}

    assert [one for one in LADDER if found[one].state == "applies"] == [clause]
    assert found[clause].amount == (yuan and Decimal(yuan))
    assert (found[clause].measures, found[clause].role) == (measures, "agent")
    assert escalation(OS, "service_complaints", times).id == clause


@pytest.mark.rule("OS-04.21", "OS-04.22", "OS-04.23")
@pytest.mark.parametrize("clause", LADDER)
def test_only_verified_complaints_count_and_all_of_them_since_hiring(clause):
    old = complaints(date(2020, 1, 2), date(2024, 2, 29), date(2026, 11, 21))
    times = LADDER.index(clause) + 1

    assert assessed(clause, old[-times:]).state == "applies"
    assert assessed(clause, old[-times:], verified=False).missing == ("verification",)
    assert "nth" in assessed(clause, ()).missing
    assert assessed(clause, old[-times:]).per == "occurrence"


@pytest.mark.rule("OS-04.21", "OS-04.22", "OS-04.23")
def test_a_yearly_reset_is_a_setting():
    content = OS.to_json()
    for clause in content["clauses"]:
        if clause["id"] in LADDER:
            clause["counts"] = {"of": "service_complaints", "within": "calendar_year"}
    yearly = Rulebook.from_json(content)
    history = complaints(date(2025, 12, 31), date(2026, 1, 1))

    assert assessed("OS-04.21", history, rules=yearly).state == "applies"
    assert assessed("OS-04.22", history).state == "applies"
    with pytest.raises(BadFacts, match="on: service_complaints is counted in a calendar_year"):
        assessed("OS-04.21", history, rules=yearly, on=None)


@pytest.mark.rule("OS-04.22")
def test_the_second_is_twice_whatever_the_first_costs():
    content = OS.to_json()
    next(c for c in content["clauses"] if c["id"] == "OS-04.21")["fine"] = "35.00"
    history = complaints(date(2026, 1, 1), date(2026, 1, 2))

    dearer = assessed("OS-04.22", history, rules=Rulebook.from_json(content))

    assert dearer.amount == Decimal("70.00")


def test_what_is_not_counted_has_no_ladder():
    with pytest.raises(NoLadder, match="OS counts no yawning"):
        escalation(OS, "yawning", 1)
    with pytest.raises(BadFacts, match="-1 times"):
        escalation(OS, "service_complaints", -1)
    assert escalation(OS, "service_complaints", 0) is None
