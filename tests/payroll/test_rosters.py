"""Rosters: drawn up for thirty days, edited, published, replaced; swaps and leave that change them."""

from datetime import date, time, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.notifications.models import Event
from kefu.staff.models import Employee, User
from payroll.models import (
    Employment,
    Holiday,
    Leave,
    LockedMonth,
    RegisterEntry,
    Roster,
    RosterCopy,
    RosteredShift,
    RosterReminder,
    Swap,
)
from payroll.selectors import roster_dates
from payroll.selectors import rosters as selectors
from payroll.services import leaves, outings, roster_reminders, rosters, swaps
from payroll.services.rosters import Change
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.inspected import inspector
from tests.payroll.rostered import shifts
from tests.policy.people import book

NOW = at("2026-11-20 10:00")
MONDAY = date(2026, 11, 23)
NIGHT, EARLY = "night", "early"


@pytest.fixture
def centre(db: None) -> Centre:
    return centres.build(now=at("08:00"))


@pytest.fixture
def shop(centre: Centre) -> Centre:
    """A department of two people, Lin and Zhou, under their supervisor Chen; rulebook SD-2."""
    return only_two(centre, "SD-2")


def only_two(centre, code):
    centre.work_by(code)
    other = [centre.wang, centre.he, centre.chen]
    Employee.objects.filter(pk__in=[one.pk for one in other]).update(department=centre.front_desk)
    Employee.objects.filter(pk=centre.chen.pk).update(department=centre.query_desk)
    User.objects.filter(pk=centre.chen.user_id).update(role=User.Role.SUPERVISOR)
    return centre


def drawn(centre, **given):
    facts = {
        "department": centre.query_desk,
        "starts_on": MONDAY,
        "actor": centre.chen.user,
        "now": NOW,
    }
    return rosters.draw_up(**(facts | given))


def published(centre, **given):
    row = drawn(centre, **given)
    rosters.publish(roster=row, posts_filled=True, actor=centre.chen.user, now=NOW)
    row.refresh_from_db()
    return row


def set_cells(centre, roster, cells, now=NOW):
    changes = [Change(who.pk, day, value) for (who, day), value in cells.items()]
    rosters.change(roster=roster, changes=changes, seen=None, actor=centre.chen.user, now=now)


def planned_by_hand(centre, cells):
    """A published roster of these cells and nothing else."""
    row = drawn(centre)
    RosteredShift.objects.filter(roster=row).delete()
    set_cells(centre, row, cells)
    rosters.publish(roster=row, posts_filled=True, actor=centre.chen.user, now=NOW)
    return row


def shift_of(who, day, name=None):
    rows = RosteredShift.objects.in_force().filter(employee=who, day=day)
    return rows.get() if name is None else rows.get(name=name)


def day(n):
    return MONDAY + timedelta(days=n)


# Drawing up, editing, publishing.


@pytest.mark.rule("SD-311.04", "SD-231.01", "SD-221.02", "SD-311.05")
def test_a_roster_is_drawn_up_for_thirty_days_and_published_to_everybody_in_it(shop):
    with pytest.raises(NotAllowed):
        drawn(shop, actor=shop.lin.user)
    row = drawn(shop)

    assert (row.ends_on - row.starts_on).days == 29
    assert not RosteredShift.objects.in_force().exists()  # a draft binds nobody
    with pytest.raises(KefuError, match="配齐"):
        rosters.publish(roster=row, actor=shop.chen.user, now=NOW)
    rosters.publish(roster=row, posts_filled=True, actor=shop.chen.user, now=NOW)

    mine = RosteredShift.objects.of(shop.lin, since=MONDAY, until=row.ends_on)
    assert mine.count() >= 20
    told = set(RosterCopy.objects.filter(roster=row).values_list("user__username", flat=True))
    assert {"0826", "0831", "0801", "0802"} <= told
    assert Event.objects.filter(kind="roster.published", user_id=shop.lin.user_id).exists()
    assert rosters.see_copy(user=shop.lin.user, now=NOW) == 1
    with pytest.raises(KefuError) as refused:
        drawn(shop, starts_on=day(5))
    assert refused.value.code == "covered_already"


@pytest.mark.rule("SD-311.10", "SD-311.11")
def test_a_changed_roster_is_a_new_version_and_the_old_one_is_withdrawn_and_kept(shop):
    row = published(shop)
    later = at("2026-11-26 20:00")  # three days of it are over
    before = list(
        RosteredShift.objects.in_force().filter(day__lt=day(3)).values_list("pk", flat=True)
    )
    with pytest.raises(Conflict, match="修改稿"):
        set_cells(shop, row, {(shop.lin, day(10)): EARLY})

    new = rosters.revise(roster=row, actor=shop.chen.user, now=later)
    set_cells(shop, new, {(shop.lin, day(10)): ""}, now=later)
    with pytest.raises(KefuError, match="过去"):
        set_cells(shop, new, {(shop.lin, day(1)): ""}, now=later)
    rosters.publish(roster=new, posts_filled=True, actor=shop.chen.user, now=later)

    row.refresh_from_db()
    assert (row.state, row.withdrawn_at, new.number) == (Roster.State.WITHDRAWN, later, 2)
    assert row.shifts.filter(employee=shop.lin).exists()  # kept as it was
    assert not RosteredShift.objects.in_force().filter(employee=shop.lin, day=day(10)).exists()
    assert set(before) <= set(RosteredShift.objects.in_force().values_list("pk", flat=True))
    copies = RosterCopy.objects.filter(roster=new).values_list("user_id", flat=True)
    assert set(RosterCopy.objects.filter(roster=row).values_list("user_id", flat=True)) <= set(
        copies
    )
    with pytest.raises(DatabaseError, match="published shift stays"), transaction.atomic():
        row.shifts.update(name="other")


def test_two_who_edit_at_once_do_not_overwrite_each_other(shop):
    row = drawn(shop)
    cells = [Change(shop.lin.pk, day(0), NIGHT)]
    rosters.change(roster=row, changes=cells, seen=0, actor=shop.chen.user, now=NOW)

    with pytest.raises(Conflict) as refused:
        rosters.change(roster=row, changes=cells, seen=0, actor=shop.chen.user, now=NOW)
    assert refused.value.code == "edited_meanwhile"
    with pytest.raises(KefuError) as refused:
        set_cells(shop, row, {(shop.lin, day(0)): "evening"})
    assert refused.value.code == "no_such_shift"


def test_shifts_that_overlap_cannot_be_published(shop):
    row = drawn(shop)
    set_cells(shop, row, {(shop.lin, day(0)): f"{EARLY}+{NIGHT}"})
    with pytest.raises(KefuError, match="重叠"):
        rosters.publish(roster=row, posts_filled=True, actor=shop.chen.user, now=NOW)
    rosters.discard(roster=row, actor=shop.chen.user, now=NOW)
    assert not Roster.objects.exists()


@pytest.mark.rule("ES-602.07", "ES-131.01", "ES-131.07")
def test_whoever_has_not_passed_yet_cannot_be_rostered(centre):
    only_two(centre, "ES")
    Employment.objects.create(employee=centre.zhou, hired_on=date(2026, 11, 19))
    row = drawn(centre)
    seventh = date(2026, 11, 26)  # Thursday the 19th and six working days, Sunday is none
    assert not row.shifts.filter(employee=centre.zhou, day__lte=seventh).exists()
    assert not row.shifts.filter(day__week_day=1).exists()
    set_cells(centre, row, {(centre.zhou, seventh): "day"})
    with pytest.raises(KefuError, match="岗前培训"):
        rosters.publish(roster=row, actor=centre.chen.user, now=NOW)


@pytest.mark.rule("CD-03.09", "CD-03.10", "CD-12.42", "CD-12.44")
def test_the_lines_that_have_to_stay_manned_are_missed_in_the_roster(centre):
    row = drawn(centre, after_hours=0)
    rules = selectors.edition_of(centre.query_desk.pk, at=NOW).rules

    without = selectors.remarks(row, selectors.planned(row), rules, now=NOW)
    set_cells(centre, row, {(centre.lin, day(0)): "day+evening_duty"})
    with_one = selectors.remarks(row, selectors.planned(row), rules, now=NOW)

    def seats(found):
        return {(one.clause, one.what) for one in found if one.on == day(0)}

    missed = {("CD-03.09", "seat_query_seats"), ("CD-03.10", "seat_open_extensions")}
    assert missed <= seats(without)
    assert not missed & seats(with_one)
    assert ("CD-12.42", "seat_query_line") in seats(with_one)  # two of them stay on
    assert ("CD-12.42", "seat_dinner_run") in seats(with_one)
    alone = [
        one for one in selectors.planned(row) if one.employee == centre.lin and one.day == day(0)
    ]
    lacks = selectors.missing_on(alone, rules, [centre.query_desk])
    assert {one.until for one in lacks if one.clause == "CD-12.42"} == {time(18)}


@pytest.mark.rule("SD-331.05", "SD-331.01")
@pytest.mark.parametrize(("second", "gap"), [("11:30", True), ("12:30", False)])
def test_somebody_is_on_duty_at_any_minute_of_lunch(shop, second, gap):
    """Both go at half past eleven, or one after the other; a break is no working time."""

    def shift(who, eats_at):
        eats = at(f"2026-11-23 {eats_at}")
        windows = [
            (at("2026-11-23 09:00"), eats),
            (eats + timedelta(hours=1), at("2026-11-23 18:30")),
        ]
        return RosteredShift(
            employee=who,
            day=day(0),
            windows=[[one.isoformat() for one in pair] for pair in windows],
        )

    plan = [shift(shop.lin, "11:30"), shift(shop.zhou, second)]
    lacks = selectors.missing_on(plan, book("SD-3"), [shop.query_desk])

    assert [one.clause for one in lacks] == ["SD-331.05"] * gap


@pytest.mark.rule("SD-221.10")
def test_the_cleaning_roster_goes_round_among_those_on_duty(centre):
    shop = only_two(centre, "CD")
    published(shop)  # from eight o'clock, when the cleaning begins too
    row = published(shop, kind="cleaning", ends_on=day(9))

    turns = list(row.shifts.order_by("day").values_list("employee__name", flat=True))
    assert len(turns) == 10
    assert {turns.count("林小月"), turns.count("周明")} <= {3, 4, 5}


# Swaps.


def swap(centre, shift, returned=None, *, by=None, other=None, now=NOW, **given):
    by, other = by or centre.lin, other or centre.zhou
    return swaps.ask(
        shift=shift,
        other=other,
        returned=returned,
        note="两单待回复",
        actor=by.user,
        now=now,
        **given,
    )


def carried_out(centre, shift, returned=None, *, by=None, other=None, now=NOW, **given):
    row = swap(centre, shift, returned, by=by, other=other, now=now, **given)
    swaps.agree(swap=row, actor=(other or centre.zhou).user, now=now)
    return swaps.approve(swap=row, actor=centre.chen.user, now=now)


@pytest.mark.rule("CD-02.11", "SD-215.03", "SD-215.04", "SD-215.14", "SD-233.24", "SD-233.25")
def test_a_swap_changes_the_roster_when_both_agreed_and_the_supervisor_approved(shop):
    cells = {(shop.lin, day(0)): EARLY, (shop.zhou, day(4)): NIGHT}
    planned_by_hand(shop, cells)
    given, returned = shift_of(shop.lin, day(0)), shift_of(shop.zhou, day(4))
    with pytest.raises(KefuError):  # without a word of what is handed over
        swaps.ask(shift=given, other=shop.zhou, note=" ", actor=shop.lin.user, now=NOW)

    row = swap(shop, given, returned)
    with pytest.raises(Conflict):  # the colleague has not agreed
        swaps.approve(swap=row, actor=shop.chen.user, now=NOW)
    swaps.agree(swap=row, actor=shop.zhou.user, now=NOW)
    assert shift_of(shop.lin, day(0)) == given  # who asked is responsible until then
    with pytest.raises(NotAllowed):
        swaps.approve(swap=row, actor=shop.zhou.user, now=NOW)
    swaps.approve(swap=row, actor=shop.chen.user, now=NOW)

    assert shift_of(shop.zhou, day(0)).origin == RosteredShift.Origin.SWAPPED
    assert shift_of(shop.lin, day(4)).origin == RosteredShift.Origin.PAYBACK
    given.refresh_from_db()
    assert not given.live


@pytest.mark.rule("SD-233.26")
def test_a_swap_not_approved_before_the_earlier_shift_is_void(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): EARLY, (shop.zhou, day(4)): NIGHT})
    row = swap(shop, shift_of(shop.lin, day(0)), shift_of(shop.zhou, day(4)))
    begins = row.earlier_at
    swaps.agree(swap=row, actor=shop.zhou.user, now=NOW)

    with pytest.raises(Conflict) as refused:
        swaps.approve(swap=row, actor=shop.chen.user, now=begins)
    assert refused.value.code == "too_late"
    assert swaps.void_late(now=begins) == 1
    assert swaps.void_late(now=begins) == 0
    row.refresh_from_db()
    assert row.state == Swap.State.VOID
    assert shift_of(shop.lin, day(0)).origin == RosteredShift.Origin.PLANNED


@pytest.mark.rule("SD-215.06", "SD-215.08", "SD-232.02")
def test_no_swap_on_holidays_nor_beside_a_swapped_shift_but_on_nights(shop):
    Holiday.objects.create(day=day(8), kind="statutory", name="节日")
    cells = {(shop.lin, day(n)): EARLY for n in (0, 2, 4, 8)} | {(shop.lin, day(6)): NIGHT}
    planned_by_hand(shop, cells)

    with pytest.raises(KefuError, match=r"SD-215\.06"):
        swap(shop, shift_of(shop.lin, day(8)))
    carried_out(shop, shift_of(shop.lin, day(0)))
    with pytest.raises(
        KefuError, match=r"SD-215\.08"
    ):  # the next of her roster, a day of rest between
        swap(shop, shift_of(shop.lin, day(2)))
    with pytest.raises(KefuError, match=r"SD-215\.08"):
        swap(shop, shift_of(shop.zhou, day(0)), by=shop.zhou, other=shop.lin)
    assert swap(shop, shift_of(shop.lin, day(6))).state == Swap.State.ASKED


@pytest.mark.rule("SD-215.07", "SD-233.61", "SD-215.10")
def test_the_fourth_swap_is_approved_with_a_warning_and_each_counts_once_its_day_has_come(shop):
    cells = {(shop.lin, day(n)): NIGHT for n in (*range(8), 12)}
    planned_by_hand(shop, cells)

    rows = [carried_out(shop, shift_of(shop.lin, day(n))) for n in (0, 2, 4, 6)]

    assert [row.inputs["warned"] for row in rows] == [[], [], [], ["SD-215.07"]]
    december = swap(shop, shift_of(shop.lin, day(12)))
    assert not swaps.judge(december, at=NOW).warned  # in another month it is the first
    assert swaps.count_in_register(now=at("2026-11-23 09:00")) == 1
    assert swaps.count_in_register(now=at("2026-11-30 09:00")) == 3
    assert swaps.count_in_register(now=at("2026-11-30 09:00")) == 0
    entries = RegisterEntry.objects.filter(clause="SD-233.61", employee=shop.lin)
    assert {entry.source for entry in entries} == {f"swap:{row.pk}" for row in rows}

    # As many questions for twenty people as for two.
    def questions(n, on):
        for k in range(n):
            who = inspector(shop, f"9{on:%d}{k}", "同事", "agent", of=shop.query_desk)
            [shift] = shifts(rows[0].shift.roster, who, f"{on}")
            Swap.objects.create(
                asker=who, other=shop.zhou, shift=shift, note="交接", asked_by=who.user, asked_at=NOW, agreed_at=NOW,
                state="effective", decided_by=shop.chen.user, decided_at=NOW, rulebook_id=rows[0].rulebook_id,
            )  # fmt: skip
        with CaptureQueriesContext(connection) as asked:
            assert swaps.count_in_register(now=at("2026-12-20 09:00")) == n
        return len(asked)

    december.state = Swap.State.VOID
    december.save(update_fields=["state"])
    assert questions(2, day(1)) == questions(20, day(3))


@pytest.mark.rule("SD-215.05", "SD-215.07")
def test_paying_back_later_is_part_of_the_same_swap_and_leaves_no_leave(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): EARLY, (shop.zhou, day(3)): EARLY})
    owed = carried_out(shop, shift_of(shop.lin, day(0)))

    back = carried_out(
        shop, shift_of(shop.zhou, day(3)), by=shop.zhou, other=shop.lin, pays_back=owed
    )

    assert shift_of(shop.lin, day(3)).origin == RosteredShift.Origin.PAYBACK
    assert not back.inputs["facts"]["numbers"]  # no swap of its own
    with pytest.raises(KefuError, match=r"SD-215\.05"):
        leave(shop, day(3), cover=shop.zhou)


@pytest.mark.rule("OS-04.13", "OS-04.14", "OS-04.15", "OS-04.12", "OS-04.16")
def test_the_shop_reports_swaps_refuses_the_third_and_fines_an_unclear_briefing(centre):
    only_two(centre, "OS")
    cells = {(centre.lin, day(n)): "evening" for n in (0, 2, 4, 7)}
    planned_by_hand(centre, cells)
    for n in (0, 2):
        row = swap(centre, shift_of(centre.lin, day(n)))
        swaps.agree(swap=row, actor=centre.zhou.user, now=NOW)
        row.refresh_from_db()
        assert row.state == Swap.State.EFFECTIVE  # reported to the manager, who need not approve

    with pytest.raises(KefuError, match=r"OS-04\.14"):
        swap(centre, shift_of(centre.lin, day(4)))
    swaps.move_for_promotion(
        shift=shift_of(centre.lin, day(4)),
        to=centre.zhou,
        note="大促",
        actor=centre.chen.user,
        now=NOW,
    )  # a manager's change is no swap
    assert shift_of(centre.zhou, day(4)).origin == RosteredShift.Origin.PROMOTION

    # Zhou is paid back for both times by giving two shifts away: they are his two of the month.
    owed = Swap.objects.filter(state=Swap.State.EFFECTIVE, promotion=False).order_by("pk")
    planned = RosteredShift.objects.in_force().get(employee=centre.lin, day=day(7))
    for n, one in zip((5, 6), owed, strict=True):
        given = RosteredShift.objects.create(
            roster=planned.roster, employee=centre.zhou, day=day(n), name="evening", live=True,
            starts_at=planned.starts_at - timedelta(days=7 - n),
            ends_at=planned.ends_at - timedelta(days=7 - n), windows=[],
        )  # fmt: skip
        back = swap(centre, given, by=centre.zhou, other=centre.lin, pays_back=one)
        assert swaps.agree(swap=back, actor=centre.lin.user, now=NOW).inputs["facts"][
            "numbers"
        ] == [n - 4]
    with pytest.raises(KefuError, match=r"OS-04\.14"):
        swap(centre, shift_of(centre.zhou, day(4)), by=centre.zhou, other=centre.lin)

    later = at("2026-11-25 20:00")
    both = [centre.lin, centre.zhou]
    for _again in range(2):
        swaps.blame(
            swap=row, liable=both, happened="shift_uncovered", actor=centre.chen.user, now=later
        )
    fines = RegisterEntry.objects.filter(clause="OS-04.16", state="counted")
    assert {fine.employee for fine in fines} == set(both)
    assert fines.count() == 2


# Leave.


def leave(centre, on, *, who=None, kind="personal", now=NOW, **given):
    who = who or centre.lin
    shift = RosteredShift.objects.in_force().filter(employee=who, day=on).first()
    facts = {
        "starts_at": shift.starts_at if shift else at(f"{on} 08:00"),
        "ends_at": shift.ends_at if shift else at(f"{on} 17:30"),
        "reason": "家中有事",
        "kind": kind,
        "handover": "两单待回复",
    }
    return leaves.ask(employee=who, actor=who.user, now=now, **(facts | given))


@pytest.mark.rule("SD-233.34", "SD-233.36", "SD-233.37", "SD-233.38", "SD-215.11")
def test_ordinary_leave_is_asked_the_day_before_with_somebody_who_stands_in(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): EARLY})
    with pytest.raises(KefuError) as refused:
        leave(shop, day(0))
    assert refused.value.field == "cover"
    with pytest.raises(KefuError, match=r"SD-233\.36"):
        leave(shop, day(0), cover=shop.zhou, now=at("2026-11-23 00:01"))
    with pytest.raises(KefuError, match=r"SD-233\.38"):  # at nine it begins
        leave(shop, day(0), emergency=True, now=at("2026-11-23 07:01"))

    row = leave(shop, day(0), cover=shop.zhou)
    with pytest.raises(Conflict, match="代班人"):
        leaves.approve(leave=row, actor=shop.chen.user, now=NOW)
    leaves.agree_to_cover(leave=row, actor=shop.zhou.user, now=NOW)
    leaves.approve(leave=row, actor=shop.chen.user, now=NOW)

    row.refresh_from_db()
    assert row.state == Leave.State.APPROVED
    assert shift_of(shop.zhou, day(0)).origin == RosteredShift.Origin.COVER
    assert (shop.lin.pk, day(0)) in selectors.on_leave([shop.lin.pk], day(0), day(0))
    with pytest.raises(Conflict):
        leave(shop, day(0), emergency=True)
    leaves.withdraw(leave=row, actor=shop.lin.user, now=NOW)
    assert not RosteredShift.objects.in_force().filter(employee=shop.zhou, day=day(0)).exists()


@pytest.mark.rule("CD-02.13", "SD-215.12", "SD-215.13", "SD-215.14")
def test_leave_goes_up_level_by_level_and_a_supervisor_asks_one_level_up(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): EARLY})
    luo = manager(shop)
    row = leave(shop, day(0), emergency=True)
    with pytest.raises(NotAllowed, match="越级"):
        leaves.approve(leave=row, actor=luo.user, now=NOW)
    with pytest.raises(NotAllowed):
        leaves.approve(leave=row, actor=shop.he.user, now=NOW)  # of another department
    leaves.approve(leave=row, actor=shop.chen.user, now=NOW)
    assert row.approvals.get().role == "supervisor"

    own = leave(shop, day(1), who=shop.chen, emergency=True)
    with pytest.raises(KefuError) as refused:
        leaves.approve(leave=own, actor=shop.chen.user, now=NOW)
    assert refused.value.code == "own_request"
    leaves.approve(leave=own, actor=luo.user, now=NOW)
    own.refresh_from_db()
    assert own.state == Leave.State.APPROVED


def manager(centre):
    party = type(centre.company).objects.create(kind="employee", code="0799", name="罗经理")
    user = User.objects.create_user(
        "0799", first_name="罗经理", role=User.Role.MANAGER, party=party
    )
    return Employee.objects.create(
        user=user, party=party, number="0799", name="罗经理", department=centre.front_desk,
        position=centre.lin.position, channels=["phone"],
    )  # fmt: skip


@pytest.mark.rule("ES-133.09", "ES-133.10", "ES-133.11", "SD-311.07", "CD-02.12")
def test_a_call_before_the_shift_is_leave_and_the_slip_follows(centre):
    only_two(centre, "ES")
    with pytest.raises(KefuError) as refused:
        leave(centre, day(0), handover="")
    assert refused.value.field == "handover"
    with pytest.raises(KefuError, match=r"ES-133\.11"):
        phoned(centre, at("2026-11-23 08:01"))
    row = phoned(centre, at("2026-11-23 07:30"))
    leaves.approve(leave=row, actor=centre.chen.user, now=at("2026-11-23 09:00"))
    assert leaves.judge(row, approvals=["supervisor"]).afterwards == ("leave_slip",)
    leaves.bring_slip(leave=row, actor=centre.lin.user, now=at("2026-11-24 08:05"))
    row.refresh_from_db()
    assert row.slip_at == at("2026-11-24 08:05")
    late = leave(centre, day(2), kind="sick", now=at("2026-11-25 08:30"))
    assert late.inputs["warned"] == ["ES-133.10"]


def phoned(centre, when):
    return leaves.ask(
        employee=centre.lin,
        kind="personal",
        starts_at=at("2026-11-23 08:00"),
        ends_at=at("2026-11-23 17:30"),
        reason="发烧",
        handover="两单待回复",
        told_by_phone_at=when,
        actor=centre.chen.user,
        now=at("2026-11-23 08:10"),
    )


@pytest.mark.rule("SD-215.09", "SD-215.06", "SD-232.02")
def test_a_night_shift_is_swapped_and_not_left(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): NIGHT})

    with pytest.raises(KefuError, match=r"SD-215\.09"):
        leave(shop, day(0), cover=shop.zhou)


def test_a_locked_month_takes_no_leave_no_swap_and_no_roster(shop):
    planned_by_hand(shop, {(shop.lin, day(0)): EARLY})
    LockedMonth.objects.create(month=date(2026, 11, 1), locked_by=shop.chen.user, locked_at=NOW)

    for refused in (
        lambda: leave(shop, date(2026, 11, 30), cover=shop.zhou, ends_at=at("2026-12-02 12:00")),
        lambda: swap(shop, shift_of(shop.lin, day(0))),
    ):
        with pytest.raises(Conflict) as error:
            refused()
        assert error.value.code == "month_locked"


@pytest.mark.rule("CD-02.10", "ES-133.07", "SD-312.03")
def test_whoever_goes_out_says_so_before_and_the_supervisor_agrees_where_he_has_to(centre):
    def out(**given):
        facts = {
            "employee": centre.lin,
            "purpose": "送件到客户处",
            "starts_at": at("2026-11-20 14:00"),
            "ends_at": at("2026-11-20 15:00"),
            "actor": centre.lin.user,
            "now": NOW,
        }
        return outings.ask(**(facts | given))

    assert out().state == "approved"  # told, which is all that CD wants
    with pytest.raises(KefuError) as refused:
        out(starts_at=at("2026-11-20 09:00"), ends_at=at("2026-11-20 09:30"))
    assert refused.value.code == "too_late"
    out(starts_at=at("2026-11-20 09:00"), ends_at=at("2026-11-20 09:30"), emergency=True)

    centre.work_by("ES")
    asked = out(starts_at=at("2026-11-20 16:00"), ends_at=at("2026-11-20 17:00"))
    assert asked.state == "asked"
    with pytest.raises(NotAllowed):
        outings.decide(outing=asked, approved=True, actor=centre.zhou.user, now=NOW)
    assert (
        outings.decide(outing=asked, approved=True, actor=centre.chen.user, now=NOW).state
        == "approved"
    )


# What has to be rostered by when.


@pytest.mark.rule("SD-311.04", "SD-311.08", "SD-311.09", "SD-221.10")
def test_holiday_rosters_are_due_a_week_before_and_whoever_plans_is_told_once(centre):
    only_two(centre, "SD-3")
    for n in range(3):
        Holiday.objects.create(
            day=date(2027, 1, 1) + timedelta(days=n), kind="statutory", name="元旦"
        )
    rules = selectors.edition_of(centre.query_desk.pk, at=NOW).rules

    def duty(when):
        (found,) = roster_dates.holiday_duties(centre.query_desk, rules, now=when)
        return found

    early = duty(at("2026-12-20 09:00"))
    assert early.due_at == at("2026-12-26 00:00")  # 24:00 of the 25th, a week before the first
    assert (early.late, duty(at("2026-12-25 23:59")).soon) == (False, True)
    assert duty(at("2026-12-26 00:01")).late

    roster_reminders.remind(now=at("2026-12-25 09:00"))
    again = roster_reminders.remind(now=at("2026-12-25 09:10"))
    late = roster_reminders.remind(now=at("2026-12-26 00:10"))
    about = set(
        RosterReminder.objects.filter(department=centre.query_desk).values_list("about", flat=True)
    )
    assert (again, late) == (0, 1)
    assert {"holiday", "holiday_late", "ahead"} <= about
    row = Roster.objects.create(
        department=centre.query_desk,
        starts_on=date(2026, 12, 1),
        ends_on=date(2027, 1, 3),
        state=Roster.State.PUBLISHED,
        made_by=centre.chen.user,
        made_at=NOW,
        published_at=NOW,
    )
    assert duty(at("2026-12-26 00:01")).done_at == row.published_at
