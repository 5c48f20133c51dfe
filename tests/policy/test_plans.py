"""Plans: the shape of a process, and by when a step is due."""

from datetime import timedelta

import pytest

from kefu.policy.plans import Limit, Plan, Unfit, WorkHours, shipped_plans, step_due
from kefu.policy.processes import Done, OutOfOrder, position
from kefu.policy.rulebook import load
from tests.policy.books import edited
from tests.policy.moments import at

SD = load("SD-2")
TWO = [{"code": "a", "zh": "甲", "en": "A"}, {"code": "b", "zh": "乙", "en": "B"}]


def plan(*steps, **given):
    return Plan.read({"code": "own", "zh": "自定", "en": "Own", "steps": list(steps), **given})


def test_what_does_not_block_stays_open_and_may_come_late():
    loose = plan({**TWO[0], "blocks": False}, TWO[1]).template

    assert position(loose).open == ("a", "b")
    assert position(loose, [Done("b")]).open == ("a",)
    assert position(loose, [Done("b"), Done("a")]).finished
    with pytest.raises(OutOfOrder):
        position(plan(*TWO).template, [Done("b")])


def test_what_becomes_known_later_does_not_judge_what_was_done_before():
    """A second try in vain is told, though the third one reached somebody."""
    steps = shipped_plans(load("OS"))["follow_up"].template
    failed, told = {"attempt": "failed"}, {"attempt": "reached"}
    done = [
        Done("attempt", "failed", told=failed),
        Done("note_failure", "again"),
        Done("attempt", "reached", told=told),
    ]

    assert position(steps, done).open == ("questions",)


@pytest.mark.parametrize(
    "steps",
    [
        [TWO[0], TWO[0]],
        [{**TWO[0], "other_than": "b"}, TWO[1]],
        [{**TWO[0], "then": {"x": "recall"}}],
        [{**TWO[0], "wanted_for": "x"}],
        [{**TWO[0], "counts": "working", "within_minutes": 60}],
        [{"code": "a"}],
        [],
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(steps):
    with pytest.raises(Unfit):
        plan(*steps)


def test_a_plan_is_itself_after_a_trip_through_json_and_needs_its_clauses():
    for one in shipped_plans(SD).values():
        assert Plan.read(one.to_json()) == one
    assert "recall" in shipped_plans(SD)
    assert "recall" not in shipped_plans(edited(SD, "SD-223.07", yields_to="SD-223.04"))
    assert shipped_plans(load("CD")) == {}


def test_a_limit_counts_from_the_step_before_by_the_clock_or_by_working_hours():
    hours = WorkHours(opens="09:00", closes="18:00", days=(1, 2, 3, 4, 5))
    friday = at("17:00", "2026-11-20")
    clock = Limit(step="a", clause="process", minutes=120, warn=30)

    due = step_due(clock, friday, SD)
    assert due.due_at == friday + timedelta(hours=2)
    assert due.warn_at == due.due_at - timedelta(minutes=30)
    working = clock.model_copy(update={"hours": hours})
    assert step_due(working, friday, SD).due_at == at("10:00", "2026-11-23")
    until = Limit(step="a", clause="process", until=at("12:00", "2026-11-25"))
    assert step_due(until, friday, SD).due_at == at("12:00", "2026-11-25")
    assert step_due(Limit(step="a", clause="process"), friday, SD) is None
