"""Punches, corrections, absences from the desk and overtime, and what a month of them comes to."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu import clock
from kefu.errors import KefuError, NotAllowed
from kefu.jobs import services as jobs
from kefu.jobs.models import Refusal
from kefu.replay import services as replay
from kefu.replay.decisions import differences
from kefu.staff.models import Duty, Employee, User
from payroll.imports import TABLE
from payroll.models import (
    AttendanceDay,
    Away,
    Correction,
    Holiday,
    LockedMonth,
    Placement,
    Punch,
    RegisterEntry,
    Wage,
)
from payroll.selectors import attendance as selectors
from payroll.selectors.aways import weigh
from payroll.selectors.presence import edition_of
from payroll.services import attendance, attendance_reports, away, overtime, punches
from tests import centre
from tests.centre import at
from tests.payroll.rostered import on_leave, punched, roster, shifts

NOW = at("2026-11-20 20:00")


@pytest.fixture
def desk(db):
    return centre.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))


def assessed(employee, day, now=NOW):
    (made,) = attendance.assess_days(
        employee, date.fromisoformat(day), date.fromisoformat(day), now
    )
    return made


def entries(employee):
    """What counts in the register: (clause, day, value)."""
    return [
        (entry.clause, f"{entry.happened_on:%d}", entry.value)
        for entry in RegisterEntry.objects.counted().filter(employee=employee).order_by("pk")
    ]


def refused(code, step, **given):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        step(**given)
    assert caught.value.code == code
    return caught.value


@pytest.mark.rule("CD-02.02", "CD-02.13", "CD-12.57", "CD-12.82", "ES-133.04")
def test_an_agents_day_costs_what_the_punches_say_until_leave_explains_it(desk):
    """Lin punches in by the web nine minutes late; the point comes back when leave for the morning is approved."""
    shifts(roster(desk), desk.lin, "2026-11-20")
    who = {"employee": desk.lin, "actor": desk.lin.user}

    refused(
        "not_allowed",
        punches.punch,
        employee=desk.lin,
        direction="in",
        actor=desk.chen.user,
        now=NOW,
    )
    punches.punch(**who, direction="in", now=at("08:09") + timedelta(seconds=40))
    refused("punched_in", punches.punch, **who, direction="in", now=at("08:10"))

    day = AttendanceDay.objects.get()
    assert (day.status, day.late_minutes, entries(desk.lin)) == (
        "late",
        9,
        [("CD-12.57", "20", None)],
    )
    punches.punch(**who, direction="out", now=at("17:29"))
    assert [clause for clause, *_ in entries(desk.lin)] == [
        "CD-12.57"
    ] * 2  # late, and a minute early
    leave = on_leave(desk.lin, "2026-11-20 08:00", "2026-11-20 12:00")
    attendance.sweep(now=at("19:31"))
    day = AttendanceDay.objects.get()
    assert (day.status, str(day.leave_hours), entries(desk.lin)) == (
        "early",
        "4.0000",
        [("CD-12.57", "20", None)],
    )
    # The leave is taken back: the point is lost again, on a line of its own; the first stays withdrawn.
    leave.state = "withdrawn"
    leave.save(update_fields=["state"])
    attendance.sweep(now=at("19:45"))
    assert len(entries(desk.lin)) == 2
    assert RegisterEntry.objects.count() == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        Punch.objects.update(at=at("08:00"))


@pytest.mark.rule(
    "SD-215.01", "SD-233.19", "SD-233.20", "SD-233.21", "SD-233.22", "SD-233.23", "SD-311.02"
)
def test_a_forgotten_punch_is_signed_by_the_supervisor_or_costs_thirty(desk):
    """Four punches forgotten: three are explained, one of them is refused; the fourth is asked for in vain."""
    desk.work_by("SD-2")
    days = ["2026-11-09", "2026-11-10", "2026-11-11", "2026-11-12"]
    made = shifts(roster(desk), desk.lin, *days)
    for day in days:
        punched(desk.lin, day, "08:00", None)
    attendance.sweep(now=at("2026-11-12 21:00"))
    assert {day.status for day in AttendanceDay.objects.all()} == {"missing"}
    assert entries(desk.lin) == [
        ("SD-233.22", "09", None),
        ("SD-233.23", "09", None),
    ]  # its days are over
    own = {"direction": "out", "at": time(17, 30), "reason": "忘了打卡", "actor": desk.lin.user}

    refused(
        "not_allowed",
        punches.ask_correction,
        shift=made[1],
        **own | {"actor": desk.zhou.user},
        now=NOW,
    )
    late = refused(
        "asked_late", punches.ask_correction, shift=made[0], **own, now=at("2026-11-12 21:00")
    )
    assert "SD-233.19" in str(late)
    now = at("2026-11-12 22:00")
    assert (
        refused(
            "not_of_shift", punches.ask_correction, shift=made[1], **own | {"at": time(3)}, now=now
        ).field
        == "at"
    )
    assert (
        refused(
            "out_of_order",
            punches.ask_correction,
            shift=made[1],
            **own | {"at": time(7, 50)},
            now=now,
        ).field
        == "at"
    )
    assert (
        refused(
            "in_the_future",
            punches.ask_correction,
            shift=made[3],
            **own | {"at": time(23)},
            now=now,
        ).field
        == "at"
    )
    first, second = (punches.ask_correction(shift=one, **own, now=now) for one in made[1:3])
    refused("correction_open", punches.ask_correction, shift=made[1], **own, now=now)
    for actor in (desk.lin.user, desk.wang.user):  # oneself, and a shift lead
        with pytest.raises(KefuError):
            punches.decide_correction(correction=first, signed=True, actor=actor, now=now)
    punches.decide_correction(correction=first, signed=True, actor=desk.chen.user, now=now)
    refused(
        "decided",
        punches.decide_correction,
        correction=first,
        signed=True,
        actor=desk.he.user,
        now=now,
    )
    punches.decide_correction(
        correction=second, signed=False, answer="录像里没有", actor=desk.chen.user, now=now
    )
    third = punches.ask_correction(shift=made[2], **own, now=now)
    often = refused("asked_too_often", punches.ask_correction, shift=made[3], **own, now=now)
    assert "SD-233.21" in str(often)

    attendance.sweep(now=at("2026-11-15 00:00") + timedelta(minutes=1))
    found = dict(AttendanceDay.objects.values_list("day", "status"))
    assert found[date(2026, 11, 10)] == "present"
    assert found[date(2026, 11, 11)] == "missing"
    # Refused in time costs nothing; the fourth was not admitted, so nobody explained it.
    assert [line[:2] for line in entries(desk.lin)] == [
        (clause, day) for day in ("09", "12") for clause in ("SD-233.22", "SD-233.23")
    ]
    month = selectors.month_of([desk.lin.pk], "2026-11")[desk.lin.pk]
    assert (month.events, month.full_attendance) == ({"unsigned_punch": 2}, False)
    assert Punch.objects.get(source="correction").recorded_by == desk.chen.user
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.filter(pk=third.pk).update(
            state="refused", decided_by=desk.lin.user, decided_at=NOW
        )


@pytest.mark.rule("SD-233.35", "SD-233.40", "SD-233.41", "SD-233.05")
def test_absence_is_a_day_of_the_base_wage_and_is_never_counted_as_two_missing_punches(desk):
    desk.work_by("SD-2")
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-18", "2026-11-19")
    shifts(table, desk.zhou, "2026-11-18")
    punched(desk.zhou, "2026-11-18", "08:20", "17:00")
    Duty.objects.create(
        employee=desk.lin,
        started_at=at("2026-11-19 08:00"),
        ended_at=at("2026-11-19 17:30"),
        seat_since=NOW,
    )

    attendance.sweep(now=NOW)
    assert entries(desk.lin) == [("SD-233.41", "18", None)]  # nobody knows his wage yet
    assert AttendanceDay.objects.get(day="2026-11-18", employee=desk.lin).inputs["unpriced"] == [
        "SD-233.40"
    ]
    Wage.objects.create(
        employee=desk.lin,
        from_on="2026-01-01",
        base="2000",
        reason="约定",
        recorded_by=desk.chen.user,
        recorded_at=NOW,
    )
    attendance.assess_days(desk.lin, date(2026, 11, 18), date(2026, 11, 19), NOW)

    assert entries(desk.lin) == [("SD-233.41", "18", None), ("SD-233.40", "18", Decimal("91.95"))]
    assert AttendanceDay.objects.get(day="2026-11-19").inputs["missing"] == [
        "in",
        "out",
    ]  # he sat at his desk
    found = selectors.month_of([desk.lin.pk, desk.zhou.pk, desk.he.pk], date(2026, 11, 1))
    assert [(one.on.day, one.hours) for one in found[desk.lin.pk].absences] == [
        (18, Decimal("8.0000"))
    ]
    # Late and early are recorded, and do not cost this bonus; who was not rostered gets none.
    assert found[desk.zhou.pk].events == {"late": 1, "early_leave": 1}
    assert [found[who.pk].full_attendance for who in (desk.lin, desk.zhou, desk.he)] == [
        False,
        True,
        False,
    ]


@pytest.mark.rule("ES-133.12", "ES-133.02")
def test_after_the_next_working_day_only_the_general_manager_asks_and_a_supervisor_signs(desk):
    """Forgotten on Friday the 13th: until Saturday, which is worked, she asks herself."""
    desk.work_by("ES")
    (shift,) = shifts(roster(desk), desk.lin, "2026-11-13")
    punched(desk.lin, "2026-11-13", "08:00", None)
    asked = {"shift": shift, "direction": "out", "at": time(17, 30), "reason": "忘了打卡"}

    late = refused(
        "asked_late",
        punches.ask_correction,
        **asked,
        actor=desk.lin.user,
        now=at("2026-11-15 00:01"),
    )
    assert "ES-133.12" in str(late)
    refused("not_allowed", punches.ask_correction, **asked, actor=desk.chen.user, now=NOW)
    User.objects.filter(pk=desk.he.user.pk).update(role="manager")
    desk.he.user.refresh_from_db()
    granted = punches.ask_correction(**asked, actor=desk.he.user, now=NOW)
    decide = {"correction": granted, "signed": True, "now": NOW}
    refused("not_allowed", punches.decide_correction, **decide, actor=desk.he.user)
    punches.decide_correction(**decide, actor=desk.chen.user)
    assert AttendanceDay.objects.get(shift=shift).status == "present"


@pytest.mark.rule(
    "ES-133.06", "ES-133.13", "ES-133.15", "ES-133.16", "ES-133.17", "ES-133.18", "ES-133.19",
    "ES-133.20", "ES-133.21", "ES-133.23", "ES-133.24", "ES-133.03", "ES-138.21",
)  # fmt: skip
def test_under_the_courier_regime_lateness_has_its_grace_and_three_absent_days_come_before_management(
    desk,
):
    desk.work_by("ES")
    days = ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"]
    made = shifts(roster(desk), desk.lin, *days)
    shifts(made[0].roster, desk.zhou, *days)
    for day, came in zip(days[:4], ["08:05", "08:10", "08:09", "08:31"], strict=True):
        punched(desk.lin, day, came, "17:30")
    attendance.sweep(now=at("2026-11-06 12:00"))

    found = selectors.lateness_of(
        desk.lin, "2026-11", edition_of(desk.lin, date(2026, 11, 6)).rules
    )
    assert [late.on.day for late in found.graced] == [
        2,
        3,
        4,
    ]  # two of the month, or three of three months
    rules = edition_of(desk.lin, date(2026, 11, 6)).rules
    people = [desk.lin.pk, desk.zhou.pk]
    assert selectors.graced_in_year(people, 2026, rules) == {desk.lin.pk: 3}
    assert not found.charged  # a fourth within ten minutes would be
    month = selectors.month_of([desk.lin.pk], "2026-11")[desk.lin.pk]
    assert (month.events, [str(one.hours) for one in month.absences]) == (
        {"late": 3, "absence": 1},
        ["0.5167"],
    )
    # Zhou never came: the third day brings him before management, once.
    grave = RegisterEntry.objects.filter(employee=desk.zhou)
    assert [(line.clause, line.state, line.kind) for line in grave.order_by("clause")] == [
        ("ES-133.23", "reported", "remark"),
        ("ES-133.24", "reported", "remark"),
        ("ES-138.36", "reported", "remark"),
    ]
    attendance.sweep(now=NOW)
    assert grave.count() == 3
    # The first of Lin's punches was Zhou's hand: the day is lost, and both are reported.
    refused(
        "proxy",
        punches.find_false,
        shift=made[0],
        kind="proxy_requested",
        note="监控",
        actor=desk.chen.user,
        now=NOW,
    )
    punches.find_false(
        shift=made[0],
        kind="proxy_requested",
        proxy=desk.zhou,
        note="监控",
        actor=desk.chen.user,
        now=NOW,
    )
    assert AttendanceDay.objects.get(shift=made[0]).absent_hours == 8
    assert RegisterEntry.objects.filter(clause="ES-138.21", state="reported").count() == 2
    # Only the general manager lets somebody go without punching, and never himself.
    given = {
        "employee": desk.zhou,
        "from_on": date(2026, 11, 2),
        "to_on": date(2026, 11, 30),
        "reason": "驻外",
    }
    refused("not_allowed", punches.exempt, **given, actor=desk.chen.user, now=NOW)
    User.objects.filter(pk=desk.he.user.pk).update(role="manager")
    desk.he.user.refresh_from_db()
    punches.exempt(**given, actor=desk.he.user, now=NOW)
    refused("exempt_already", punches.exempt, **given, actor=desk.he.user, now=NOW)
    assert set(
        AttendanceDay.objects.filter(employee=desk.zhou).values_list("status", flat=True)
    ) == {"exempt"}


@pytest.mark.rule("SD-233.27", "SD-233.28", "ES-133.01", "ES-133.08")
def test_who_leaves_his_desk_says_so_and_whoever_leaves_his_post_pays(desk):
    desk.work_by("SD-2")
    shifts(roster(desk), desk.lin, "2026-11-20")
    punched(desk.lin, "2026-11-20", "08:00", "17:30")
    own = {"employee": desk.lin, "actor": desk.lin.user}

    gone = away.leave_desk(**own, reason="取材料", told=desk.wang.user, now=at("10:00"))
    assert Duty.objects.get(employee=desk.lin).seat == "busy"
    refused("away_already", away.leave_desk, **own, reason="再走", now=at("10:01"))
    refused(
        "still_away",
        away.find,
        away=gone,
        finding="in_order",
        actor=desk.wang.user,
        now=at("10:05"),
    )
    away.come_back(**own, now=at("10:20"))
    assert Duty.objects.get(employee=desk.lin).seat == "available"
    away.find(away=gone, finding="in_order", actor=desk.wang.user, now=NOW)

    seen = {
        "employee": desk.lin,
        "began_at": at("14:00"),
        "ended_at": at("14:40"),
        "note": "座位空着",
    }
    refused(
        "own_attendance",
        away.report,
        **seen | {"employee": desk.wang},
        actor=desk.wang.user,
        now=NOW,
    )
    found = away.report(**seen, actor=desk.wang.user, now=NOW)
    away.find(away=found, finding="left_post", note="没有请示", actor=desk.chen.user, now=NOW)
    assert entries(desk.lin) == [("SD-233.27", "20", None), ("SD-233.28", "20", None)]
    assert AttendanceDay.objects.get().inputs["events"] == {"left_post": 1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Away.objects.create(
            employee=desk.lin,
            began_at=at("14:10"),
            ended_at=at("14:20"),
            reason="重叠",
            recorded_by=desk.wang.user,
        )


@pytest.mark.rule("CD-03.01", "CD-12.57", "CD-12.58", "CD-02.02")
def test_five_minutes_away_ask_for_a_busy_seat_and_a_word_to_the_supervisor(desk):
    own = {"employee": desk.lin, "actor": desk.lin.user, "reason": "倒水"}
    for busy, minutes, clause in ((False, 4, ""), (False, 5, "CD-03.01"), (True, 5, "CD-03.01")):
        away.leave_desk(**own, busy=busy, now=at("10:00"))
        gone = away.come_back(
            employee=desk.lin, actor=desk.lin.user, now=at("10:00") + timedelta(minutes=minutes)
        )
        [weighed] = weigh([gone], NOW)
        assert (weighed.minutes, weighed.clause) == (minutes, clause)  # nobody was told
        Away.objects.filter(pk=gone.pk).update(
            began_at=gone.began_at - timedelta(days=minutes + busy),
            ended_at=gone.began_at - timedelta(days=minutes + busy) + timedelta(minutes=1),
        )
    away.leave_desk(**own, told=desk.wang.user, now=at("11:00"))
    [weighed] = weigh(
        [away.come_back(employee=desk.lin, actor=desk.lin.user, now=at("11:30"))], NOW
    )
    assert (weighed.minutes, weighed.clause) == (30, "")
    # Under this rulebook half a point each: not having said where, and having left the post.
    for finding, minute in (("not_told", 0), ("left_post", 20)):
        seen = {"began_at": at("14:00") + timedelta(minutes=minute), "note": "座位空着"}
        found = away.report(
            employee=desk.lin,
            ended_at=at("14:10") + timedelta(minutes=minute),
            **seen,
            actor=desk.wang.user,
            now=NOW,
        )
        assert (
            refused(
                "text_required",
                away.find,
                away=found,
                finding=finding,
                actor=desk.chen.user,
                now=NOW,
            ).field
            == "note"
        )
        away.find(away=found, finding=finding, note="没有说去哪", actor=desk.chen.user, now=NOW)
        refused("found", away.find, away=found, finding="in_order", actor=desk.chen.user, now=NOW)
    assert entries(desk.lin) == [("CD-12.58", "20", None), ("CD-12.57", "20", None)]


@pytest.mark.rule("ES-132.01", "ES-132.02", "ES-132.03", "ES-132.07", "CD-12.41")
def test_overtime_counts_once_another_has_approved_it(desk):
    """Beforehand, or with a reason why not; paid duty counts its hours apart, cut off at the month."""
    desk.work_by("ES")
    given = {
        "employee": desk.lin,
        "settle": "pay",
        "reason": "双十一",
        "actor": desk.lin.user,
        "now": NOW,
    }
    evening = {"starts_at": at("18:00"), "ends_at": at("19:30")}

    assert refused("text_required", overtime.ask, **given, **evening).field == "afterwards"
    assert (
        refused("no_length", overtime.ask, **given, starts_at=NOW, ends_at=NOW).field == "ends_at"
    )
    asked = overtime.ask(**given, **evening, afterwards="临时来货")
    refused(
        "overtime_there",
        overtime.ask,
        **given,
        starts_at=at("19:00"),
        ends_at=at("20:00"),
        afterwards="又一次",
    )
    for actor in (desk.lin.user, desk.wang.user):
        with pytest.raises(KefuError):
            overtime.decide(overtime=asked, approved=True, actor=actor, now=NOW)
    refused(
        "not_allowed",
        overtime.decide,
        overtime=asked,
        approved=True,
        specially=True,
        actor=desk.chen.user,
        now=NOW,
    )
    assert selectors.month_of([desk.lin.pk], "2026-11")[desk.lin.pk].overtime == ()
    overtime.decide(overtime=asked, approved=True, actor=desk.chen.user, now=NOW)
    refused("decided", overtime.decide, overtime=asked, approved=True, actor=desk.he.user, now=NOW)
    Holiday.objects.create(day=date(2026, 11, 20), kind="statutory", name="节")
    rules = edition_of(desk.lin, date(2026, 11, 20)).rules
    assert overtime.day_types(asked, rules) == [(date(2026, 11, 20), "statutory_holiday")]

    # From tomorrow on he is at the front desk, which works by another rulebook.
    Placement.objects.create(
        employee=desk.lin,
        department=desk.front_desk,
        position=desk.lin.position,
        from_on="2026-11-21",
        recorded_at=NOW,
    )
    duty = overtime.ask(
        **given | {"reason": "晚间值班"},
        duty="evening_duty",
        starts_at=at("2026-11-30 21:00"),
        ends_at=at("2026-12-01 01:00"),
    )
    refused(
        "no_such_duty",
        overtime.ask,
        **given,
        duty="staying_late",
        starts_at=at("2026-11-28 18:00"),
        ends_at=at("2026-11-28 19:00"),
    )
    unpaid = refused(
        "no_overtime_pay",
        overtime.ask,
        **given,
        starts_at=at("2026-11-28 18:00"),
        ends_at=at("2026-11-28 19:00"),
    )
    assert unpaid.field == "settle"  # this rulebook gives time off and no money
    overtime.decide(overtime=duty, approved=True, actor=desk.chen.user, now=NOW)
    with CaptureQueriesContext(connection) as asked_of:
        found = selectors.month_of([desk.lin.pk, desk.zhou.pk], "2026-11")
    assert len(asked_of) < 8
    assert [(one.starts_at, one.settle) for one in found[desk.lin.pk].overtime] == [
        (at("18:00"), "pay")
    ]
    assert found[desk.lin.pk].hours == {"evening_duty": Decimal("3.0000")}
    assert selectors.month_of([desk.lin.pk], date(2026, 12, 1))[desk.lin.pk].hours == {
        "evening_duty": Decimal("1.0000")
    }


@pytest.mark.rule("ES-133.04")
def test_a_locked_month_keeps_its_days_whatever_comes_in(desk):
    made = shifts(roster(desk, since="2026-10-01"), desk.lin, "2026-10-30", "2026-11-02")
    punched(desk.lin, "2026-10-30", "08:09", "17:30")
    attendance.assess_days(desk.lin, date(2026, 10, 30), date(2026, 11, 2), at("2026-11-03 08:00"))
    LockedMonth.objects.create(month="2026-10-01", locked_by=desk.chen.user, locked_at=NOW)

    attendance.assess_days(desk.lin, date(2026, 10, 1), date(2026, 11, 30), NOW)
    assert AttendanceDay.objects.get(shift=made[0]).decided_at == at("2026-11-03 08:00")
    assert AttendanceDay.objects.get(shift=made[1]).decided_at == NOW
    refused(
        "month_locked",
        punches.ask_correction,
        shift=made[0],
        direction="in",
        at=time(8),
        reason="早到了",
        actor=desk.lin.user,
        now=NOW,
    )
    refused(
        "month_locked",
        overtime.ask,
        employee=desk.lin,
        starts_at=at("2026-10-30 18:00"),
        ends_at=at("2026-10-30 19:00"),
        settle="pay",
        reason="晚",
        afterwards="忘了",
        actor=desk.lin.user,
        now=NOW,
    )
    # Given away, the open one is nobody's day any more, and what it cost is taken back.
    assert len(entries(desk.lin)) == 1
    made[1].live = False
    made[1].save()
    attendance.assess_days(desk.lin, date(2026, 11, 1), date(2026, 11, 30), NOW)
    assert AttendanceDay.objects.count() == 1


def test_every_day_is_decided_anew_as_it_stands(desk):
    desk.work_by("ES")
    shifts(roster(desk), desk.lin, "2026-11-18", "2026-11-19", "2026-11-20")
    punched(desk.lin, "2026-11-18", "08:31", "17:10")
    punched(desk.lin, "2026-11-19", "08:00", None)
    attendance.sweep(now=NOW)

    found = [one for one in replay.each("2026-11", at=NOW) if one.kind == "attendance_day"]
    assert len(found) == 3
    for one in found:
        assert list(differences(one.decision, one.outcome)) == []


@pytest.mark.rule("SD-311.01", "SD-311.02", "SD-311.03", "SD-321.01")
def test_the_clerk_reports_to_hr_on_the_twenty_fifth_and_brings_nobodys_punches_but_the_others(
    desk,
):
    desk.work_by("SD-3")
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-20")
    shifts(table, desk.zhou, "2026-11-20")
    rules = edition_of(desk.lin, date(2026, 11, 20)).rules
    for keeper, code in ((desk.chen, "own_attendance"), (desk.zhou, "not_allowed")):
        given = {"permission": punches.SIGN, "employee": desk.chen, "actor": keeper.user}
        refused(code, punches.check_keeper, **given)
    assert selectors.clerks_lacking(desk.query_desk, rules) == 1
    refused(
        "not_allowed",
        punches.name_clerk,
        department=desk.query_desk,
        employee=desk.zhou,
        actor=desk.wang.user,
        now=NOW,
    )
    naming = {"department": desk.query_desk, "actor": desk.chen.user, "now": NOW}
    Employee.objects.filter(pk=desk.he.pk).update(department=desk.front_desk)
    desk.he.refresh_from_db()
    refused("not_of_department", punches.name_clerk, employee=desk.he, **naming)
    refused(  # a supervisor of another department
        "not_allowed", punches.name_clerk, employee=desk.zhou, **naming | {"actor": desk.he.user}
    )
    clerk = punches.name_clerk(employee=desk.zhou, **naming)
    refused("not_allowed", punches.end_clerk, clerk=clerk, actor=desk.he.user, now=NOW)
    assert (
        selectors.clerks_lacking(desk.query_desk, rules),
        selectors.may_keep(desk.zhou.user),
    ) == (0, True)

    content = "员工编号,打卡时间\n0826,2026-11-20 07:50\n0826,2026-11-20 07:50\n0826,2026/11/20 17:31\n0831,2026-11-20 07:59\n".encode(
        "gb18030"
    )
    job = brought(desk.zhou.user, content, desk)
    assert told(job) == ({"accepted": 2, "duplicates": 1, "refused": 1}, [(5, "own_attendance")])
    day = AttendanceDay.objects.get(employee=desk.lin)
    assert (day.status, day.inputs["not_early_enough"], day.late_minutes) == ("present", True, 0)

    _using, found = attendance_reports.periods(desk.query_desk, now=NOW)
    about = next(one for one in found if one.on == date(2026, 11, 25))
    assert about.covers == (date(2026, 10, 26), date(2026, 11, 25))
    assert attendance_reports.remind(now=NOW) == 0
    assert attendance_reports.remind(now=at("2026-11-25 08:00")) == 1
    assert attendance_reports.remind(now=at("2026-11-25 09:00")) == 0
    assert attendance_reports.remind(now=at("2026-11-26 00:01")) == 1  # late now
    given = {"department": desk.query_desk, "about": about}
    refused("not_over", attendance_reports.send, **given, actor=desk.zhou.user, now=NOW)
    refused(
        "not_allowed",
        attendance_reports.send,
        **given,
        actor=desk.lin.user,
        now=at("2026-11-25 18:00"),
    )
    sent = attendance_reports.send(**given, actor=desk.zhou.user, now=at("2026-11-25 18:00"))
    assert [(line["number"], line["late"], line["not_early_enough"]) for line in sent.lines] == [
        ("0826", 0, 1)
    ]
    refused(
        "sent_already",
        attendance_reports.send,
        **given,
        actor=desk.zhou.user,
        now=at("2026-11-25 18:01"),
    )
    Employee.objects.filter(pk=desk.zhou.pk).update(department=desk.front_desk)
    assert not selectors.may_keep(desk.zhou.user)  # he works elsewhere now
    assert (
        selectors.kept_by(desk.zhou.user),
        selectors.clerks_lacking(desk.query_desk, rules),
    ) == ([], 1)
    Employee.objects.filter(pk=desk.zhou.pk).update(department=desk.query_desk)
    punches.end_clerk(clerk=clerk, actor=desk.chen.user, now=NOW)
    assert not selectors.may_keep(desk.zhou.user)


@pytest.mark.rule("ES-133.02", "ES-133.04")
def test_a_clocks_table_is_filed_once_and_its_bad_rows_are_told_apart(desk, settings):
    """UTF-16 from one clock, with days and times apart; the same rows again from another table."""
    settings.KEFU_NOW = NOW
    shifts(roster(desk), desk.lin, "2026-11-19", "2026-11-20")
    LockedMonth.objects.create(month="2026-09-01", locked_by=desk.chen.user, locked_at=NOW)
    rows = [
        "考勤号码\t姓名\t日期\t时间\t签到签退",
        "0826\t林小月\t2026-11-19\t08:12\t上班",
        "0826\t林小月\t2026-11-19\t17:30\t下班",
        "0826\t林小月\t2026-11-20\t07:10\t下班",  # before he came
        "0826\t林小月\t2026-11-20\t07:55\t上班",
        "0826\t林小月\t2027-11-20\t08:00\t上班",
        "0826\t林小月\t2026-09-20\t08:00\t上班",
        "0999\t谁\t2026-11-20\t08:00\t上班",
        "0826\t林小月\t2026-11-20\t二十点\t上班",
        "0826\t林小月\t2026-11-20\t\t上班",
        "0826\t林小月\t2026-11-20\t18:00\t路过",
        "0831\t周明\t2026-11-20\t18:00\t",
        "\t\t2026-11-20\t18:00\t",
    ]
    preview = TABLE.preview(content="\n".join(rows).encode("utf-16"), file_name="打卡.csv")
    assert (preview.total, preview.ready, preview.encoding) == (12, True, "utf-16")

    job = brought(desk.chen.user, "\n".join(rows).encode("utf-16"), desk)

    assert told(job) == (
        {"accepted": 3, "duplicates": 0, "refused": 9},
        [
            (4, "out_of_order"),
            (6, "in_future"),
            (7, "month_locked"),
            (8, "number_unknown"),
            (9, "time_unreadable"),
            (10, "time_required"),
            (11, "direction_unknown"),
            (12, "no_shift"),
            (13, "number_required"),
        ],
    )
    assert AttendanceDay.objects.get(day="2026-11-19").late_minutes == 12
    again = "工号,打卡时间,方向\n0826,2026-11-19 08:12,in\n0826,2026-11-19 17:30,out\n".encode()
    assert told(brought(desk.chen.user, again, desk))[0] == {
        "accepted": 0,
        "duplicates": 2,
        "refused": 0,
    }
    with pytest.raises(NotAllowed):
        brought(desk.lin.user, again, desk)


def brought(user, content, desk):
    job = TABLE.start(
        file_name="打卡.csv",
        content=content,
        department=desk.query_desk,
        owner=None,
        options={},
        actor=user,
        now=clock.now(),
    )
    while not job.finished:
        jobs.run_until_next_tick()
        job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def told(job):
    counts = {name: job.counts.get(name, 0) for name in ("accepted", "duplicates", "refused")}
    return counts, list(Refusal.objects.filter(job=job).order_by("row").values_list("row", "code"))
