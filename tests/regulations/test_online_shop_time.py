"""The shop's shifts, whose turn they are, swaps and meetings, on policy alone."""

from datetime import date
from decimal import Decimal

import pytest

from kefu.policy import measures
from kefu.policy.explanation import explain
from kefu.policy.rosters import (
    Asked,
    counted,
    free_after,
    limit_of,
    minutes_of,
    next_in_turn,
    shift_on,
    usual_week,
    within_limit,
)
from tests.policy.timetables import book, check_clock, check_rounds, row

OS = book("OS")
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("clause", "shift", "weekdays", "opens", "closes", "minutes"),
    [
        row("OS-04.02", "evening", {1, 2, 3, 4, 5, 6}, "18:30", "24:00", 330),
        row("OS-04.04", "all_day", {7}, "09:30", "24:00", 870),
    ],
)
def test_a_shift_ends_at_midnight_of_its_own_day(clause, shift, weekdays, opens, closes, minutes):
    found = {day: shift_on("agent", shift, day, OS) for day in range(1, 8)}

    assert {day for day, planned in found.items() if planned} == weekdays
    for planned in filter(None, found.values()):
        (window,) = planned.windows
        assert (window.opens, window.closes, minutes_of(planned)) == (opens, closes, minutes)
    assert OS[clause].post == "agent"


@pytest.mark.rule("OS-04.02", "OS-04.04")
def test_nobody_is_there_before_the_evening_except_on_sundays():
    assert [day[0].opens for day in usual_week("agent", OS)] == ["18:30"] * 6 + ["09:30"]


@pytest.mark.rule("OS-04.03")
@pytest.mark.parametrize(
    ("worked", "on", "free"),
    [
        ("2026-11-20", "2026-11-21", True),  # Friday, so Saturday is free
        ("2026-11-20", "2026-11-23", False),  # Monday again
        ("2026-11-21", "2026-11-22", False),  # Sunday has a rota of its own
        ("2026-11-21", "2026-11-23", True),  # and does not count: Monday is free
        ("2026-11-21", "2026-11-24", False),
    ],
)
def test_after_an_evening_the_next_is_free(worked, on, free):
    found = free_after("evening", date.fromisoformat(worked), date.fromisoformat(on), OS)

    assert found is free
    assert (OS["OS-04.03"].by, OS["OS-04.03"].every) == ("every", 1)


@pytest.mark.rule("OS-04.05")
def test_a_sunday_falls_to_whoever_had_one_longest_ago():
    had = {"Wang": date(2026, 11, 8), "Li": date(2026, 10, 25), "Zhao": date(2026, 11, 1)}

    assert next_in_turn("all_day", had, OS) == "Li"
    assert next_in_turn("all_day", {**had, "Chen": None}, OS) == "Chen"  # never had one
    with pytest.raises(ValueError, match="nobody"):
        next_in_turn("all_day", {}, OS)
    with pytest.raises(LookupError, match="no rotation"):
        next_in_turn("evening", had, OS)


@pytest.mark.rule("OS-04.08")
def test_leave_is_asked_for_on_the_day_before():
    check_clock(
        OS, "OS-04.08", "leave_request", "any", "shift_start",
        "2026-11-20 18:30", "11-20 00:00:00", "employee", (None, None),
    )  # fmt: skip


@pytest.mark.rule("OS-04.14")
def test_two_swaps_a_month_count_for_both_sides():
    limit = limit_of("shift_swap", "month", OS)
    asked = [
        Asked("Wang", "Li", granted=True),
        Asked("Li", "Wang", granted=True),
        Asked("Wang", "Zhao", granted=False),  # cancelled
    ]

    assert (limit.id, limit.unit) == ("OS-04.14", "times")
    assert [counted(asked, who, limit) for who in ("Wang", "Li", "Zhao")] == [2, 2, 0]
    assert within_limit(2, limit).within
    assert within_limit(3, limit).then == "refuse"
    assert explain(within_limit(3, limit).steps, "zh")[1].text == "超出的不受理"


@pytest.mark.rule("OS-05.01")
def test_the_weekly_meeting_is_on_monday_at_half_past_two():
    check_rounds(
        OS, "OS-05.01", "weekly_meeting", "2026-11-20 10:00",
        ["11-23 14:30:00", "11-30 14:30:00"], "supervisor", (30, None),
    )  # fmt: skip
    assert OS["OS-05.01"].on_holiday == "keep"


@pytest.mark.rule("OS-05.06")
def test_a_product_is_known_before_it_is_launched():
    check_clock(
        OS, "OS-05.06", "product_knowledge", "any", "product_launch",
        "2026-11-20 10:00", "11-20 10:00:00", "employee", (1440, None),
    )  # fmt: skip
    assert OS["OS-05.06"].unit == "minutes"


@pytest.mark.rule("OS-30.02")
@pytest.mark.parametrize(("hours", "short"), [("24", "0"), ("5.5", "18.5")])
def test_the_hotline_is_answered_round_the_clock(hours, short):
    found = measures.counted(OS, "hotline_hours", {"any": Decimal(hours)})

    (count,) = found.counts
    assert (count.clause, count.per, count.short) == ("OS-30.02", "day", Decimal(short))
