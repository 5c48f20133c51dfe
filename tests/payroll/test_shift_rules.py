"""What the rulebooks say of shifts, as rosters, punches and requests keep it: whose turn, how long, from when."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.staff.models import Department, Employee
from payroll.models import AttendanceDay, RegisterEntry, RosteredShift
from payroll.selectors import rosters as selectors
from payroll.services import attendance, leaves, outings, punches, rosters, swaps
from tests import centre as centres
from tests.centre import at
from tests.payroll.rostered import punched, roster, shifts
from tests.payroll.test_rosters import MONDAY, NOW, day, only_two, planned_by_hand, set_cells

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre():
    return centres.build(now=at("08:00"))


def drawn(centre, **given):
    facts = {
        "department": centre.query_desk,
        "starts_on": MONDAY,
        "actor": centre.chen.user,
        "now": NOW,
    }
    return rosters.draw_up(**(facts | given))


def windows(shift):
    """As it hangs on the wall: 09:00–11:30 12:30–18:30."""

    def clock(text):
        moment = datetime.fromisoformat(text).astimezone(SHANGHAI)
        return "24:00" if moment.date() > shift.day and moment.hour == 0 else f"{moment:%H:%M}"

    return " ".join(f"{clock(opens)}–{clock(closes)}" for opens, closes in shift.windows)


def of(plan, who):
    return list(RosteredShift.objects.filter(roster=plan, employee=who).order_by("day"))


@pytest.mark.rule("OS-04.01", "OS-04.02", "OS-04.03", "OS-04.04", "OS-04.05")
def test_the_shop_takes_evenings_in_turn_and_sundays_by_whose_was_longest_ago(centre):
    only_two(centre, "OS")
    plan = drawn(centre, ends_on=day(20))

    lin, zhou = of(plan, centre.lin), of(plan, centre.zhou)
    assert {windows(one) for one in (*lin, *zhou)} == {"18:30–24:00", "09:30–24:00"}
    for own in (lin, zhou):
        evenings = [one.day for one in own if one.day.isoweekday() < 7]
        for one, following in pairwise(evenings):
            between = [one + timedelta(days=n) for n in range(1, (following - one).days)]
            assert [turn for turn in between if turn.isoweekday() < 7]  # one on, one off
    sundays = RosteredShift.objects.filter(roster=plan, day__week_day=1).order_by("day")
    assert len(sundays) == 3
    assert sundays[0].employee_id != sundays[1].employee_id

    evening = lin[0]
    set_cells(centre, plan, {(centre.lin, evening.day + timedelta(days=1)): "evening"})
    rules = selectors.edition_of(centre.query_desk.pk, at=NOW).rules
    found = selectors.remarks(plan, selectors.planned(plan), rules, now=NOW)
    assert ("OS-04.03", "free_turn") in {(one.clause, one.what) for one in found}


@pytest.mark.rule("OS-04.06", "OS-04.07", "OS-04.08")
def test_the_shop_has_no_grace_wants_leave_the_day_before_and_is_asked_before_one_goes(centre):
    only_two(centre, "OS")
    planned_by_hand(centre, {(centre.lin, day(0)): "evening", (centre.lin, day(2)): "evening"})
    punched(centre.lin, f"{MONDAY}", "18:31", "24:00")
    attendance.assess_days(centre.lin, MONDAY, MONDAY, at("2026-11-24 08:00"))

    late = AttendanceDay.objects.get(employee=centre.lin, day=MONDAY)
    assert (late.status, late.late_minutes) == ("late", 1)
    assert not RegisterEntry.objects.exists()  # it costs nothing here

    leave = {
        "employee": centre.lin, "kind": "personal", "reason": "家中有事", "actor": centre.lin.user,
        "starts_at": at("2026-11-25 18:30"), "ends_at": at("2026-11-26 00:00"),
    }  # fmt: skip
    with pytest.raises(KefuError, match=r"OS-04\.08"):
        leaves.ask(**leave, now=at("2026-11-25 00:01"))
    assert leaves.ask(**leave, now=at("2026-11-24 23:59")).state == "asked"

    gone = outings.ask(
        employee=centre.lin, purpose="取件", starts_at=at("2026-11-25 19:00"),
        ends_at=at("2026-11-25 19:30"), actor=centre.lin.user, now=at("2026-11-24 23:59"),
    )  # fmt: skip
    assert gone.state == "asked"  # until the manager has said yes


@pytest.mark.rule("SD-232.01", "SD-232.03", "SD-232.04", "SD-232.05", "SD-215.01", "SD-233.18")
def test_the_hundred_point_department_changes_between_early_and_night_every_five_days(centre):
    only_two(centre, "SD-2")
    plan = drawn(centre, ends_on=day(27))

    own = of(plan, centre.lin)
    assert {one.name: windows(one) for one in own} == {
        "early": "09:00–11:30 12:30–18:30", "night": "13:00–17:30 18:30–23:30",
    }  # fmt: skip
    names = [one.name for one in own]
    assert [len(set(names[n : n + 5])) for n in range(0, 20, 5)] == [1, 1, 1, 1]
    assert len({names[0], names[5]}) == 2

    labels = Department.objects.create(code="labels", name="打单组", desk="label_clerk")
    Employee.objects.filter(pk=centre.zhou.pk).update(department=labels)
    assert {
        pattern.name
        for pattern in selectors.patterns_on(
            labels, MONDAY, selectors.edition_of(centre.query_desk.pk, at=NOW).rules
        )
    } == {"early"}


@pytest.mark.rule("SD-215.02", "SD-233.24", "SD-233.35", "SD-233.39")
def test_late_is_recorded_and_leave_that_only_a_higher_level_gave_is_none(centre):
    only_two(centre, "SD-2")
    planned_by_hand(centre, {(centre.lin, day(0)): "early", (centre.lin, day(1)): "early"})
    punched(centre.lin, f"{MONDAY}", "09:40", "18:10")
    row = leaves.ask(
        employee=centre.lin, kind="sick", reason="发烧", starts_at=at("2026-11-24 09:00"),
        ends_at=at("2026-11-24 18:30"), actor=centre.lin.user, now=NOW,
    )  # fmt: skip
    centre.he.user.role = "manager"
    centre.he.user.save(update_fields=["role"])
    with pytest.raises(KefuError) as refused:
        leaves.approve(leave=row, actor=centre.he.user, now=NOW)
    assert refused.value.code == "not_your_level"

    attendance.assess_days(centre.lin, MONDAY, day(1), at("2026-11-25 08:00"))

    first, second = AttendanceDay.objects.filter(employee=centre.lin).order_by("day")
    assert (first.late_minutes, first.early_minutes) == (40, 20)
    assert not RegisterEntry.objects.filter(happened_on=MONDAY).exists()
    assert (second.status, second.absent_hours) == ("absent", 8.5)  # nobody of his own level agreed


@pytest.mark.rule("SD-233.33", "SD-233.30", "SD-233.29")
def test_who_was_allowed_to_go_offline_before_is_no_case_for_the_register(centre, client, settings):
    only_two(centre, "SD-2")
    settings.KEFU_NOW = at("2026-11-23 12:00")
    asked = {
        "employee": centre.lin, "purpose": "换电脑", "actor": centre.lin.user,
        "starts_at": at("2026-11-23 14:00"), "ends_at": at("2026-11-23 14:30"),
    }  # fmt: skip
    with pytest.raises(KefuError) as refused:
        outings.ask(**asked, now=at("2026-11-23 14:01"))
    assert refused.value.code == "too_late"
    row = outings.ask(**asked, now=at("2026-11-23 13:00"))
    assert row.state == "asked"
    client.force_login(centre.lin.user)
    assert "下线、外出" in client.get("/people/shifts/").content.decode()

    def clauses():
        client.force_login(centre.chen.user)
        given = {"employee": centre.lin.pk, "happened_on": "2026-11-23", "clause": "隐身"}
        return client.get("/people/register/clauses/", given).content.decode()

    assert "SD-233.30" in clauses() and "14:00" not in clauses()
    outings.decide(outing=row, approved=True, actor=centre.chen.user, now=at("2026-11-23 13:10"))
    assert "事先批准的，不算" in clauses() and "14:00–14:30" in clauses()


@pytest.mark.rule("ES-131.01", "ES-131.02", "ES-131.03", "ES-131.04", "ES-131.05", "ES-131.06")
def test_the_sixty_forty_week_has_six_days_of_eight_hours_and_warns_of_more(centre):
    only_two(centre, "ES")
    plan = drawn(centre, ends_on=day(6), rest_days=0)

    assert {windows(one) for one in of(plan, centre.lin)} == {"08:00–12:00 13:30–17:30"}
    assert {one.day.isoweekday() for one in of(plan, centre.lin)} == {1, 2, 3, 4, 5, 6}
    rules = selectors.edition_of(centre.query_desk.pk, at=NOW).rules
    assert not [
        one
        for one in selectors.remarks(plan, selectors.planned(plan), rules, now=NOW)
        if one.clause == "ES-131.03"
    ]
    RosteredShift.objects.create(
        roster=plan, employee=centre.lin, day=day(6), name="day", starts_at=at("2026-11-29 08:00"),
        ends_at=at("2026-11-29 17:30"),
        windows=[[at("2026-11-29 08:00").isoformat(), at("2026-11-29 17:30").isoformat()]],
    )  # fmt: skip
    found = selectors.remarks(plan, selectors.planned(plan), rules, now=NOW)
    told = {(one.clause, one.what, one.blocks) for one in found if one.employee_id == centre.lin.pk}
    assert {("ES-131.02", "day_hours", False), ("ES-131.03", "week_hours", False)} <= told
    with pytest.raises(KefuError):  # nobody who is not there can punch for a shift that is not his
        punches.punch(employee=centre.lin, direction="in", actor=centre.zhou.user, now=NOW)


@pytest.mark.rule("ES-133.13", "ES-133.14", "ES-133.15", "ES-133.21")
@pytest.mark.parametrize(
    ("came", "left", "status", "events"),
    [
        ("08:30", "17:15", "both", {"late": 1, "early_leave": 1}),  # up to the minute they are just that
        ("08:31", "17:30", "absent", {"absence": 1}),
        ("08:00", "17:14", "absent", {"absence": 1}),
    ],
)  # fmt: skip
def test_half_an_hour_late_and_a_quarter_early_are_the_most_before_it_is_absence(
    centre, came, left, status, events
):
    only_two(centre, "ES")
    (shift,) = shifts(roster(centre), centre.lin, "2026-11-18")
    punched(centre.lin, "2026-11-18", came, left)

    attendance.assess_days(centre.lin, shift.day, shift.day, NOW)

    day_ = AttendanceDay.objects.get(shift=shift)
    assert (day_.status, day_.inputs["events"]) == (status, events)


@pytest.mark.rule("SD-312.01")
def test_three_shifts_without_hours_are_refused_by_name_until_the_house_sets_them(centre):
    only_two(centre, "SD-3")
    with pytest.raises(KefuError) as refused:
        drawn(centre)
    assert "SD-312.01" in str(refused.value)


@pytest.mark.rule("SD-311.06", "CD-02.11")
@pytest.mark.parametrize("code", ["SD-3", "CD", "ES"])
def test_no_roster_changes_before_the_supervisor_has_agreed(centre, code):
    only_two(centre, code)
    (mine,) = shifts(roster(centre), centre.lin, "2026-11-24")
    row = swaps.ask(shift=mine, other=centre.zhou, note="无", actor=centre.lin.user, now=NOW)
    row = swaps.agree(swap=row, actor=centre.zhou.user, now=NOW)
    assert row.state == "agreed"
    assert not RosteredShift.objects.in_force().filter(employee=centre.zhou).exists()
    with pytest.raises(KefuError):
        swaps.approve(swap=row, actor=centre.chen.user, now=at("2026-11-24 08:00"))  # it has begun

    swaps.approve(swap=row, actor=centre.chen.user, now=NOW)

    assert RosteredShift.objects.in_force().get(employee=centre.zhou).replaces == mine


@pytest.mark.rule("CD-12.39", "CD-12.45", "CD-12.38")
def test_the_courier_department_puts_evening_duty_behind_the_day(centre):
    only_two(centre, "CD")
    plan = drawn(centre, ends_on=day(6), after_hours=1)

    duties = [
        one
        for who in (centre.lin, centre.zhou)
        for one in of(plan, who)
        if one.name == "evening_duty"
    ]
    assert {windows(one) for one in duties} == {"17:30–21:30"}
    assert len({one.day for one in duties}) == len(duties)  # one stays each evening
    assert date(2026, 11, 23) in {one.day for one in duties}
