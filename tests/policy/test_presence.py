"""What a shift comes to under each regulation, and what it costs by itself."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kefu.policy.explanation import explain
from kefu.policy.presence import (
    ShiftFacts,
    Stretch,
    admission,
    costs,
    grave_absence,
    presence,
)
from kefu.policy.refusals import BadFacts
from tests.policy.moments import at
from tests.policy.people import book
from tests.policy.test_attendance import CALENDAR

MORNING, AFTERNOON = ("08:00:00", "12:00:00"), ("13:30:00", "17:30:00")


def stretch(begins, ends):
    return Stretch.of(at(begins), at(ends))


def shift(
    code,
    came=None,
    left=None,
    *,
    rules=None,
    as_of="23:59:59",
    windows=(MORNING, AFTERNOON),
    **given,
):
    facts = ShiftFacts(
        windows=tuple(stretch(*window) for window in windows),
        came_at=came and at(came),
        left_at=left and at(left),
        as_of=at(as_of),
        **{
            name: tuple(stretch(*one) for one in value)
            if name in ("leaves", "outings", "left_post")
            else value
            for name, value in given.items()
        },
    )
    return presence(facts, rules or book(code))


def came_to(found):
    return found.status, found.late_minutes, found.early_minutes, str(found.absent_hours)


@pytest.mark.rule("ES-133.02", "ES-133.13", "ES-133.14", "ES-133.15", "ES-131.04", "ES-131.05")
@pytest.mark.parametrize(
    ("came", "left", "status"),
    [
        ("08:00:59", "17:30:00", ("present", 0, 0, "0.0000")),  # seconds are dropped
        ("08:01:00", "17:30:00", ("late", 1, 0, "0.0000")),
        ("08:30:59", "17:30:00", ("late", 30, 0, "0.0000")),  # 30 whole minutes are late still
        ("08:31:00", "17:30:00", ("absent", 31, 0, "0.5167")),
        ("08:00:00", "17:15:00", ("early", 0, 15, "0.0000")),
        ("08:00:00", "17:14:00", ("absent", 0, 16, "0.2667")),  # fifteen, not thirty
        ("08:05:00", "17:20:00", ("both", 5, 10, "0.0000")),
        ("13:30:00", "17:30:00", ("absent", 330, 0, "4.0000")),  # the noon break is no absence
    ],
)
def test_late_and_early_have_two_limits_and_beyond_them_is_absence(came, left, status):
    assert came_to(shift("ES", came, left)) == status


@pytest.mark.rule("ES-133.20", "SD-233.35", "SD-233.39", "CD-02.13", "OS-04.06")
@pytest.mark.parametrize("code", ["ES", "SD-2", "CD", "OS"])
def test_who_never_came_and_has_no_leave_is_absent_for_the_whole_shift(code):
    found = shift(code)

    assert came_to(found) == ("absent", 0, 0, "8.0000")
    assert found.events == {"absence": 1}
    assert came_to(shift(code, as_of="12:00:00")) == ("expected", 0, 0, "0")  # not over yet


@pytest.mark.rule("ES-133.04", "SD-215.01", "SD-233.18")
def test_who_was_seen_at_his_desk_forgot_to_punch_unless_only_the_punch_is_evidence():
    assert shift("SD-2", seen=True).missing == ("in", "out")
    assert shift("SD-2", seen=True).status == "missing"
    assert shift("ES", seen=True).status == "absent"


@pytest.mark.rule("CD-02.02", "CD-12.57", "SD-215.02", "OS-04.06")
@pytest.mark.parametrize(
    ("code", "points"), [("CD", ["CD-12.57"]), ("SD-2", []), ("OS", []), ("ES", [])]
)
def test_without_a_limit_an_hour_late_is_late_and_only_one_regulation_takes_points(code, points):
    late = shift(code, "08:09:00", "17:30:00")

    assert (late.status, late.late_minutes) == ("late", 9)
    assert [cost.clause for cost in costs(late, book(code))] == points
    if code != "ES":
        assert shift(code, "10:00:00", "17:30:00").status == "late"


@pytest.mark.rule("CD-12.57")
def test_late_and_early_of_one_shift_are_two_violations():
    found = shift("CD", "08:01:00", "17:29:00")

    assert [(c.clause, c.source) for c in costs(found, book("CD"))] == [
        ("CD-12.57", "late"),
        ("CD-12.57", "early_leave"),
    ]


@pytest.mark.rule("CD-12.57")
def test_who_came_late_and_forgot_to_punch_out_was_late_all_the_same():
    found = shift("CD", "08:09:00")

    assert (found.status, found.events) == ("missing", {"late": 1})


@pytest.mark.rule("SD-215.01", "SD-233.22", "SD-233.23", "ES-133.02")
def test_a_missing_punch_costs_once_it_is_unsigned_and_takes_the_bonus():
    found = shift("SD-2", "08:00:00")

    assert (found.status, found.missing, found.worked_minutes) == ("missing", ("out",), 0)
    assert costs(found, book("SD-2")) == ()
    lines = costs(found, book("SD-2"), unsigned=["out"])
    assert [(c.clause, c.kind, c.source) for c in lines] == [
        ("SD-233.22", "fine", "unsigned:out"),
        ("SD-233.23", "forfeit", "unsigned:out"),
    ]
    assert shift("SD-2", "08:00:00", as_of="17:29:00").missing == ()  # still at work


@pytest.mark.rule("SD-233.40", "SD-233.41")
def test_absence_costs_a_fine_and_the_bonus_where_it_is_no_part_of_the_wage():
    assert [(c.clause, c.kind) for c in costs(shift("SD-2"), book("SD-2"))] == [
        ("SD-233.40", "fine"),
        ("SD-233.41", "forfeit"),
    ]
    assert costs(shift("ES"), book("ES")) == ()  # the wage itself


@pytest.mark.rule("CD-02.13", "ES-133.07", "CD-02.10", "SD-312.03")
def test_leave_and_outings_move_when_one_has_to_be_there():
    half = shift("ES", "13:35:00", "17:30:00", leaves=[("08:00:00", "12:00:00")])
    assert (half.status, half.late_minutes, str(half.leave_hours)) == ("late", 5, "4.0000")
    assert shift("ES", leaves=[("00:00:00", "23:59:00")]).status == "leave"
    out = shift("ES", "08:00:00", "15:00:00", outings=[("15:00:00", "18:00:00")])
    assert (out.status, out.worked_minutes) == ("present", 480)
    assert shift("ES", outings=[("07:00:00", "18:00:00")]).status == "present"


@pytest.mark.rule("ES-133.03")
def test_the_exempt_are_never_late_nor_absent():
    assert came_to(shift("ES", exempt=True)) == ("exempt", 0, 0, "0")


@pytest.mark.rule("ES-133.06")
def test_a_false_punch_loses_the_whole_day_whatever_was_punched():
    found = shift("ES", "08:00:00", "17:30:00", forged="proxy_requested")

    assert (found.status, found.absent_hours) == ("absent", Decimal(8))
    with pytest.raises(BadFacts, match="false punch"):
        shift("CD", "08:00:00", "17:30:00", forged="proxy_requested")


@pytest.mark.rule("ES-133.01", "ES-133.08")
def test_time_away_without_leave_is_absence_for_as_long():
    away = [("10:00:00", "10:45:00"), ("11:50:00", "12:20:00")]  # ten minutes of it before noon

    found = shift("ES", "08:00:00", "17:30:00", left_post=away)

    assert came_to(found) == ("absent", 0, 0, "0.9167")
    assert found.worked_minutes == 480 - 55
    assert shift("SD-2", "08:00:00", "17:30:00", left_post=away).events == {"left_post": 2}


@pytest.mark.rule("SD-321.01")
@pytest.mark.parametrize(
    ("came", "listed"), [("07:45:00", False), ("07:45:01", True), ("08:00:00", True)]
)
def test_coming_later_than_a_quarter_of_an_hour_before_is_listed_and_not_late(came, listed):
    found = shift("SD-3", came, "17:30:00")

    assert (found.status, found.not_early_enough) == ("present", listed)


@pytest.mark.rule("SD-233.19", "SD-233.21")
def test_a_forgotten_punch_is_explained_within_two_days_and_three_times_a_month():
    missed = at("18:00:00", "2026-11-10")

    last = admission(book("SD-2"), missed, at("23:59:59", "2026-11-12"), 2)
    assert last.admitted
    assert admission(book("SD-2"), missed, at("00:00:01", "2026-11-13"), 0).late == "SD-233.19"
    assert admission(book("SD-2"), missed, missed, 3).too_many == "SD-233.21"
    assert admission(book("OS"), missed, at("09:00:00", "2026-12-24"), 40).admitted


@pytest.mark.rule("ES-133.12")
def test_a_missed_punch_is_corrected_the_same_or_the_next_working_day():
    saturday = at("17:30:00", "2026-11-21")  # Sunday is a day off

    def asked(day):
        return admission(book("ES"), saturday, at("18:00:00", day), 9, CALENDAR)

    assert asked("2026-11-23").admitted
    assert asked("2026-11-24").late == "ES-133.12"


@pytest.mark.rule("ES-133.23", "ES-133.24", "ES-138.36")
def test_three_days_of_absence_come_before_management():
    def brought(*days):
        rows = [(date.fromisoformat(on), Decimal(hours), hours == "8") for on, hours in days]
        return [one.clause for one in grave_absence(book("ES"), rows)]

    assert brought(("2026-03-02", "8"), ("2026-05-06", "8"), ("2026-11-20", "7.9")) == []
    assert brought(
        ("2026-03-02", "8"), ("2026-05-06", "0"), ("2026-09-01", "8"), ("2026-11-20", "8")
    ) == ["ES-133.23", "ES-138.36"]
    # Over the new year the hours begin anew, the row of days goes on.
    row = ("2026-12-30", "8"), ("2026-12-31", "8"), ("2027-01-04", "8")
    assert brought(*row) == ["ES-133.24"]
    assert grave_absence(book("SD-2"), [(date(2026, 11, 20), Decimal(8), True)]) == ()


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"came": "12:00:00", "left": "08:00:00"}, "before coming"),
        ({"windows": []}, "has hours"),
        ({"leaves": [("12:00:00", "12:00:00")]}, "does not end"),
    ],
)
def test_a_shift_that_cannot_be_is_refused(facts, fault):
    with pytest.raises(BadFacts, match=fault):
        shift("ES", **facts)


@given(
    came=st.integers(0, 24 * 60 - 2),
    stays=st.integers(1, 24 * 60 - 1),
    code=st.sampled_from(["ES", "CD", "SD-2", "SD-3", "OS"]),
)
@settings(max_examples=60, deadline=None)
def test_a_minute_is_worked_or_missed_never_both(came, stays, code):
    came_at = at("00:00:00") + timedelta(minutes=came)
    left_at = min(came_at + timedelta(minutes=stays), at("23:59:00"))
    facts = ShiftFacts(
        windows=(stretch(*MORNING), stretch(*AFTERNOON)),
        came_at=came_at,
        left_at=left_at,
        as_of=at("23:59:59"),
    )

    found = presence(facts, book(code))

    assert 0 <= found.worked_minutes <= 480
    assert found.worked_minutes + found.absent_hours * 60 <= Decimal("480.01")
    assert all(explain(found.steps, language) for language in ("zh", "en"))
