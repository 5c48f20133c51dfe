"""Swapping a shift, staying away, leaving for a while: what is refused, who is asked, when it takes effect."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kefu.policy.shift_requests import (
    AwayFacts,
    LeaveFacts,
    SwapFacts,
    approvers,
    judge_away,
    judge_leave,
    judge_swap,
)
from tests.centre import at
from tests.policy.books import edited
from tests.policy.people import book

CD, ES, OS = book("CD"), book("ES"), book("OS")
SD2, SD3 = book("SD-2"), book("SD-3")
SHIFT = at("2026-11-26 13:00")
SWAP = SwapFacts(
    sorts=[["early"], ["early"]],
    numbers=[1],
    asked_at=at("2026-11-24 10:00"),
    earlier_at=SHIFT,
    at=at("2026-11-24 11:00"),
    agreed=True,
    approvals=["supervisor"],
)
LEAVE = LeaveFacts(
    kind="personal",
    emergency=False,
    phone=False,
    sorts=[["early"]],
    filed_at=at("2026-11-25 23:59"),
    starts_at=SHIFT,
    shift_at=SHIFT,
    cover=True,
    handover=True,
    slip=True,
    approvals=["supervisor"],
)


def clauses(steps):
    return {step.clause for step in steps}


# Swaps.


@pytest.mark.rule("SD-215.03", "SD-215.14", "SD-233.25", "SD-215.04")
def test_a_swap_waits_for_the_colleague_and_then_for_the_supervisor():
    alone = judge_swap(replace(SWAP, agreed=False, approvals=()), SD2)
    agreed = judge_swap(replace(SWAP, approvals=()), SD2)

    assert alone.lacks == ("colleague", "supervisor")
    assert agreed.lacks == ("supervisor",)
    assert judge_swap(SWAP, SD2).effective


@pytest.mark.rule("CD-02.11", "SD-311.06")
@pytest.mark.parametrize("rules", [CD, SD3, ES], ids=lambda rules: rules.code)
def test_without_the_supervisor_no_roster_changes(rules):
    assert judge_swap(replace(SWAP, approvals=()), rules).lacks == ("supervisor",)
    assert judge_swap(SWAP, rules).effective


@pytest.mark.rule("OS-04.13", "OS-04.15")
def test_the_shop_reports_a_swap_and_both_confirm_what_is_open():
    assert judge_swap(replace(SWAP, approvals=()), OS).effective
    assert judge_swap(replace(SWAP, agreed=False), OS).lacks == ("colleague", "taker_confirmed")
    late = replace(SWAP, asked_at=SHIFT + timedelta(seconds=1), at=SHIFT + timedelta(seconds=2))
    assert "OS-04.13" in clauses(judge_swap(late, OS).refused)


@pytest.mark.rule("OS-04.14", "SD-215.07")
@pytest.mark.parametrize(
    ("rules", "number", "refused", "warned"),
    [
        (OS, 2, set(), set()),
        (OS, 3, {"OS-04.14"}, set()),
        (SD2, 3, set(), set()),
        (SD2, 4, set(), {"SD-215.07"}),
    ],
)
def test_the_shop_refuses_the_third_swap_and_the_department_warns_of_the_fourth(
    rules, number, refused, warned
):
    verdict = judge_swap(replace(SWAP, numbers=[number]), rules)

    assert (clauses(verdict.refused), clauses(verdict.warned)) == (refused, warned)


@pytest.mark.rule("SD-215.06", "SD-215.08", "SD-232.02", "SD-215.10")
@pytest.mark.parametrize(
    ("sorts", "refused"),
    [
        (["night"], set()),  # a swap is what is left to a night shift
        (["night", "public_holiday"], {"SD-215.06"}),
        (["early", "beside_swapped"], {"SD-215.08"}),
        (["early", "swapped"], {"SD-215.08"}),
    ],
)
def test_holidays_swapped_shifts_and_those_beside_them_are_not_swapped(sorts, refused):
    assert clauses(judge_swap(replace(SWAP, sorts=[["early"], sorts]), SD2).refused) == refused


@pytest.mark.rule("SD-233.26")
@pytest.mark.parametrize(("seconds", "void"), [(-1, False), (0, True)])
def test_a_swap_not_approved_before_the_earlier_shift_is_void(seconds, void):
    facts = replace(SWAP, at=SHIFT + timedelta(seconds=seconds))

    assert clauses(judge_swap(facts, SD2).refused) == ({"SD-233.26"} if void else set())
    assert bool(judge_swap(facts, CD).refused) is False  # says nothing of it
    assert SwapFacts.from_json(facts.to_json()) == facts


# Leave.


@pytest.mark.rule("SD-233.36", "OS-04.08")
@pytest.mark.parametrize("rules", [SD2, OS], ids=lambda rules: rules.code)
def test_ordinary_leave_is_asked_for_the_day_before(rules):
    assert judge_leave(LEAVE, rules).effective
    late = replace(LEAVE, filed_at=at("2026-11-26 00:00:01"))
    verdict = judge_leave(late, rules)
    assert clauses(verdict.refused) & {"SD-233.36", "OS-04.08"}


@pytest.mark.rule("SD-233.38", "SD-233.37")
@pytest.mark.parametrize(("minutes", "late"), [(120, False), (119, True)])
def test_an_emergency_is_told_two_hours_before_and_needs_no_cover(minutes, late):
    filed = SHIFT - timedelta(minutes=minutes)

    verdict = judge_leave(replace(LEAVE, emergency=True, cover=False, filed_at=filed), SD2)

    assert clauses(verdict.refused) == ({"SD-233.38"} if late else set())
    assert verdict.lacks == ()
    assert judge_leave(replace(LEAVE, cover=False), SD2).lacks == ("cover_person",)


@pytest.mark.rule("SD-215.05", "SD-215.06", "SD-215.09", "SD-232.02")
@pytest.mark.parametrize(
    ("sort", "refused"),
    [
        ("night", {"SD-215.09", "SD-232.02"}),
        ("public_holiday", {"SD-215.06"}),
        ("swapped", {"SD-215.05"}),
        ("payback", {"SD-215.05"}),
    ],
)
def test_no_leave_on_nights_holidays_swapped_and_pay_back_shifts(sort, refused):
    verdict = judge_leave(replace(LEAVE, sorts=[["early", sort]]), SD2)
    sick = judge_leave(replace(LEAVE, sorts=[["early", sort]], kind="sick"), SD2)

    assert clauses(verdict.refused) == refused
    assert not sick.refused
    assert clauses(sick.warned) == refused


@pytest.mark.rule("SD-215.12", "SD-215.13", "CD-02.13", "SD-233.34")
def test_leave_goes_up_level_by_level_and_passes_over_none():
    two = edited(SD2, "SD-215.12", approvers=["supervisor", "general_manager"])
    asked = replace(LEAVE, approvals=())

    assert approvers("leave", two, LEAVE.announced) == ("supervisor", "general_manager")
    assert judge_leave(asked, two).next_level == "supervisor"
    assert judge_leave(LEAVE, two).next_level == "general_manager"
    skipped = judge_leave(replace(LEAVE, approvals=["general_manager"]), two)
    assert (skipped.next_level, skipped.effective) == ("supervisor", False)
    assert judge_leave(replace(LEAVE, approvals=["supervisor", "general_manager"]), two).effective
    assert judge_leave(asked, CD).next_level == "supervisor"
    assert LeaveFacts.from_json(LEAVE.to_json()) == LEAVE


@pytest.mark.rule("ES-133.09", "ES-133.10", "ES-133.11")
def test_a_slip_that_comes_late_is_warned_about_and_a_call_is_made_good_on_return():
    late = replace(LEAVE, filed_at=SHIFT + timedelta(minutes=5))
    phoned = replace(LEAVE, phone=True, slip=False, filed_at=SHIFT - timedelta(minutes=5))

    assert clauses(judge_leave(late, ES).warned) == {"ES-133.10"}
    assert judge_leave(late, ES).effective
    assert judge_leave(phoned, ES).afterwards == ("leave_slip",)
    assert judge_leave(phoned, ES).effective
    after = judge_leave(replace(phoned, filed_at=SHIFT + timedelta(minutes=5)), ES)
    assert clauses(after.refused) == {"ES-133.11"}
    assert judge_leave(replace(LEAVE, handover=False), ES).lacks == ("handover",)


# Absence and outings.


@pytest.mark.rule("CD-02.12", "SD-311.07")
@pytest.mark.parametrize("rules", [CD, SD3], ids=lambda rules: rules.code)
def test_whoever_cannot_come_says_so_before_the_shift(rules):
    facts = AwayFacts("absence", SHIFT, SHIFT)

    assert judge_away(facts, rules)[1] is False
    assert judge_away(replace(facts, filed_at=SHIFT + timedelta(seconds=1)), rules)[1] is True


@pytest.mark.rule("CD-02.10", "ES-133.07", "SD-312.03", "OS-04.07")
@pytest.mark.parametrize(
    ("rules", "request_", "asked"),
    [
        (CD, "outing", ()),
        (ES, "outing", ("department_manager",)),
        (SD3, "outing", ("direct_superior",)),
        (OS, "leaving_post", ("shop_manager",)),
    ],
    ids=["CD", "ES", "SD-3", "OS"],
)
def test_whoever_goes_out_says_so_or_asks_before(rules, request_, asked):
    facts = AwayFacts(request_, SHIFT, SHIFT)

    assert judge_away(facts, rules)[:2] == (asked, False)
    assert judge_away(replace(facts, approvals=asked), rules)[:2] == ((), False)
    late = replace(facts, filed_at=SHIFT + timedelta(seconds=1), approvals=asked)
    assert judge_away(late, rules)[1] is (rules is not OS)
    if rules is CD:
        assert judge_away(replace(late, explained=True), rules)[1] is False
