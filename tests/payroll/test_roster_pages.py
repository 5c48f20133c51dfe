"""The pages of rosters: one's own month, the grid, its workbook, what waits for approval."""

from collections import Counter
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kefu.imports.tables import read_table
from kefu.notifications.models import Event
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.spreadsheets import write_workbook
from kefu.staff import services as staff
from kefu.staff.models import Employee
from kefu.workbench.once import new_ticket
from payroll.models import (
    Away,
    Leave,
    Overtime,
    OvertimeCall,
    RegisterEntry,
    Roster,
    RosteredShift,
    Swap,
)
from payroll.selectors import rosters as selectors
from payroll.selectors.attendance import aways_to_find
from payroll.selectors.rosters import edition_of
from payroll.services import leaves, rosters, swaps
from payroll.sheets import COLUMNS
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.rostered import on_leave
from tests.payroll.test_rosters import (
    day,
    leave,
    only_two,
    planned_by_hand,
    published,
    shift_of,
)

NOW = at("2026-11-20 10:00")
MONDAY = date(2026, 11, 23)


@pytest.fixture
def shop(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    return only_two(centres.build(now=at("08:00")), "SD-2")


def signed_in(who: Employee) -> Client:
    client = Client()
    client.force_login(who.user)
    return client


def works_by(centre, code, *, since):
    """From a day on the query desk works by another of the shipped rulebooks."""
    version = RulebookVersion.objects.get(rulebook__code=code, number=1)
    Assignment.objects.create(version=version, department=centre.query_desk, effective_on=since)


def text(response):
    return response.content.decode()


@pytest.mark.rule("SD-231.01", "SD-311.05", "SD-311.10", "SD-311.11")
def test_a_supervisor_draws_up_edits_and_publishes_and_the_agent_sees_her_month(shop):
    chen, lin = signed_in(shop.chen), signed_in(shop.lin)
    given = {
        "department": shop.query_desk.pk,
        "kind": "duty",
        "starts_on": MONDAY,
        "rest_days": 1,
        "after_hours": 1,
        "ticket": new_ticket(),
    }
    assert (
        lin.post("/people/rosters/draw-up/", given).status_code == 422
    )  # has no department to plan
    page = chen.post("/people/rosters/draw-up/", given, follow=True)
    roster = Roster.objects.get()
    assert "2026-11-23" in text(page)
    assert lin.get(f"/people/rosters/{roster.pk}/").status_code == 403  # a draft hangs nowhere

    cell = {"edits": 0, "cells": f"{shop.lin.pk} 2026-11-23 night\n{shop.lin.pk} 2026-11-24 "}
    assert chen.post(f"/people/rosters/{roster.pk}/cells/", cell).status_code == 200
    stale = chen.post(f"/people/rosters/{roster.pk}/cells/", cell)
    assert stale.status_code == 422
    assert "别人刚改过" in text(stale)
    bad = chen.post(f"/people/rosters/{roster.pk}/cells/", cell | {"cells": "x"})
    assert bad.status_code == 422

    step = {"step": "publish", "ticket": new_ticket()}
    refused = chen.post(f"/people/rosters/{roster.pk}/step/", step)
    assert (refused.status_code, "配齐" in text(refused)) == (422, True)
    chen.post(f"/people/rosters/{roster.pk}/step/", step | {"posts_filled": "on"})
    roster.refresh_from_db()
    assert roster.state == "published"
    assert lin.get(f"/people/rosters/{roster.pk}/").status_code == 200
    mine = text(lin.get("/people/shifts/?month=2026-11"))
    assert "夜班" in mine
    assert roster.copies.get(user=shop.lin.user).seen_at == NOW
    assert "13:00–23:30" in mine

    chen.post(f"/people/rosters/{roster.pk}/step/", {"step": "revise", "ticket": new_ticket()})
    revised = Roster.objects.get(number=2)
    assert "修改稿" in text(chen.get(f"/people/rosters/{roster.pk}/"))
    chen.post(f"/people/rosters/{revised.pk}/step/", {"step": "discard", "ticket": new_ticket()})
    assert Roster.objects.get() == roster


def rows_of(content):
    """The first sheet of a workbook, its header first."""
    table = read_table(content, COLUMNS)
    with table.below_header(content) as rows:
        return [list(table.header), *(list(row) for row in rows)]


def test_a_workbook_goes_out_and_comes_back_and_nothing_is_filled_in_twice(shop):
    chen = signed_in(shop.chen)
    roster = rosters.draw_up(
        department=shop.query_desk, starts_on=MONDAY, actor=shop.chen.user, now=NOW
    )
    url = f"/people/rosters/{roster.pk}/"
    sheet = rows_of(chen.get(f"{url}roster.xlsx").content)
    assert sheet[1][:2] == ["0801", "陈立"]
    lin = next(row for row in sheet if row[0] == "0826")
    lin[2:4] = ["夜班", "休"]

    def bring(**given):
        content = write_workbook(("排班表", (10,), sheet))
        upload = SimpleUploadedFile("roster.xlsx", content)
        return chen.post(f"{url}import/", {"file": upload, **given})

    preview = bring()
    before = list(RosteredShift.objects.values_list("pk", flat=True))
    assert "会改" in text(preview)
    assert bring(take="on").status_code == 302
    assert RosteredShift.objects.get(employee=shop.lin, day=MONDAY).name == "night"
    assert set(before) != set(RosteredShift.objects.values_list("pk", flat=True))
    edits = Roster.objects.get().edits
    assert "没有要改的" in text(bring(take="on"))
    assert Roster.objects.get().edits == edits

    lin[4] = "通宵"
    sheet[1][0] = "9999"
    faulty = bring(take="on")
    assert faulty.status_code == 422
    assert "没有“通宵”这个班" in text(faulty)
    assert "没有工号“9999”" in text(faulty)
    broken = SimpleUploadedFile("roster.xlsx", b"PK\x03\x04 no workbook")
    assert chen.post(f"{url}import/", {"file": broken}).status_code == 422


@pytest.mark.rule("CD-12.23")
def test_lunch_is_dealt_in_two_batches_that_take_turns_and_the_supervisor_moves_it(db, settings):
    settings.KEFU_NOW = NOW
    centre = only_two(centres.build(now=at("08:00")), "CD")
    chen, lin = signed_in(centre.chen), signed_in(centre.lin)
    given = {"department": centre.query_desk, "actor": centre.chen.user, "now": NOW}
    roster = rosters.draw_up(starts_on=MONDAY, rest_days=0, **given)
    dealt = RosteredShift.objects.exclude(lunch=None).values_list("employee", "lunch")
    eaten = Counter(dealt)
    first = {eaten[who.pk, 1] for who in (centre.chen, centre.lin, centre.zhou)}
    assert max(first) - min(first) <= 1  # nobody is always the one who waits
    assert len(eaten) == 6  # three people, each with either batch
    url = f"/people/rosters/{roster.pk}/"
    page = text(chen.get(url))
    assert "午餐 11:30–12:00" in page
    assert "没有人留在线上" not in page

    times = {"lunch-starts": "12:00", "lunch-minutes": "45"}
    assert chen.post(f"{url}lunch-times/", times | {"lunch-starts": "23:30"}).status_code == 422
    assert chen.post(f"{url}lunch-times/", times | {"lunch-minutes": "5"}).status_code == 422
    assert chen.post(f"{url}lunch-times/", times | {"lunch-starts": "17:00"}).status_code == 422
    assert chen.post(f"{url}lunch-times/", times).status_code == 302

    def move(client, batch, *people, on="2026-11-23"):
        edits = Roster.objects.get(pk=roster.pk).edits
        cells = "\n".join(f"{who.pk} {on} {batch}" for who in people)
        return client.post(f"{url}lunch/", {"edits": edits, "cells": cells})

    together = text(move(chen, 1, centre.lin, centre.zhou, centre.chen))
    assert "午餐要分 2 批，只排了 1 批：12:00–12:45 没有人留在线上" in together
    assert "CD-12.23" in together
    cell = {"edits": Roster.objects.get().edits, "cells": f"{centre.zhou.pk} 2026-11-23 day"}
    assert "没有人留在线上" not in text(chen.post(f"{url}cells/", cell))  # dealt in anew
    assert RosteredShift.objects.get(employee=centre.zhou, day=MONDAY, name="day").lunch == 2
    assert "没有这一批" in text(move(chen, 3, centre.lin))
    assert "没有午餐" in text(move(chen, 1, centre.wang))

    rosters.publish(roster=roster, posts_filled=True, actor=centre.chen.user, now=NOW)
    assert "午餐 12:00–12:45" in text(lin.get("/people/shifts/?month=2026-11"))
    assert "主管排" in text(move(lin, 2, centre.lin))
    assert move(chen, 2, centre.lin).status_code == 200
    told = Event.objects.get(kind="lunch.moved")
    assert (told.user_id, told.data) == (centre.lin.user_id, {"on": "11-23", "at": "12:45–13:30"})
    assert "11-23 午餐改到 12:45–13:30" in text(lin.get("/bell/"))
    sheets = ZipFile(BytesIO(chen.get(f"{url}roster.xlsx").content))
    assert "午餐" in sheets.read("xl/workbook.xml").decode()

    given_up = RosteredShift.objects.in_force().get(employee=centre.lin, day=MONDAY, name="day")
    assert swaps.taken_over(given_up, centre.zhou, "cover").lunch == 2
    rosters.revise(roster=roster, actor=centre.chen.user, now=NOW)
    revised = RosteredShift.objects.get(
        roster__replaces=roster, employee=centre.lin, day=MONDAY, name="day"
    )
    assert selectors.lunch_hours(revised) == "12:45–13:30"
    assert "已有一份修改稿" in text(move(chen, 1, centre.lin))  # its publication would undo it
    rosters.discard(roster=revised.roster, actor=centre.chen.user, now=NOW)
    settings.KEFU_NOW = at("2026-11-23 12:30")
    assert "已经开始" in text(move(chen, 1, centre.lin))


@pytest.mark.rule("SD-233.55")
def test_a_supervisor_calls_overtime_for_a_promotion_and_each_answers_for_himself(shop, settings):
    chen, lin, zhou = (signed_in(who) for who in (shop.chen, shop.lin, shop.zhou))
    planned_by_hand(shop, {(shop.lin, MONDAY): "early"})
    call = {
        "call-people": [shop.lin.pk, shop.zhou.pk],
        "call-first_on": "2026-11-23",
        "call-last_on": "2026-11-24",
        "call-starts": "19:00",
        "call-ends": "21:30",
        "call-settle": "time_off",
        "call-answer_by": "2026-11-22T18:00",
        "call-reason": "双十二预售",
        "ticket": new_ticket(),
    }
    url = "/people/requests/overtime/"
    for wrong, said in (
        ({"call-starts": "18:00"}, "林小月 11-23 这段时间本来就有班"),
        ({"call-answer_by": "2026-11-23T20:00"}, "答复截止要在"),
        ({"call-last_on": "2026-11-22"}, "最后一天不能早于第一天"),
        ({"call-first_on": "2027-01-19", "call-last_on": "2027-01-20"}, "开始太远了"),
        ({"call-ends": "18:00"}, "不超过 16 小时"),
        ({"call-people": [shop.wang.pk]}, ""),  # of another department
        ({"call-people": []}, ""),
    ):
        refused = chen.post(url, call | wrong)
        assert (refused.status_code, said in text(refused)) == (422, True)
    assert lin.post(url, call).status_code == 403
    chen.post(url, call)
    chen.post(url, call)  # the same ticket
    assert OvertimeCall.objects.count() == 4
    again = chen.post(url, call | {"ticket": new_ticket()})
    assert "等答复" in text(again)

    page = text(lin.get("/people/shifts/"))
    assert "请你加班：11-23" in page
    assert "双十二预售" in page
    assert "SD-233.55" in page
    assert "主管请你加班" in text(zhou.get("/people/attendance/"))  # at the top of every page
    first, second = OvertimeCall.objects.filter(employee=shop.lin).order_by("starts_at")
    other = OvertimeCall.objects.filter(employee=shop.zhou).order_by("starts_at").first()

    def answer(client, row, said):
        given = {"answer": said, "note": "要接孩子" if said == "decline" else ""}
        return client.post(f"/people/shifts/overtime/{row.pk}/", given, follow=True)

    assert answer(zhou, first, "accept").status_code == 404
    answer(lin, first, "accept")
    first.refresh_from_db()
    done = first.overtime
    assert (first.state, done.state, done.decided_by) == ("accepted", "approved", shop.chen.user)
    assert (done.starts_at, done.settle, done.employee) == (first.starts_at, "time_off", shop.lin)
    assert "19:00–21:30" in text(lin.get("/people/shifts/?month=2026-11")).split("</table>")[0]
    assert "已经答复过了：接受" in text(answer(lin, first, "decline"))
    on_leave(shop.zhou, "2026-11-23 20:00", "2026-11-23 22:00")  # since he was called
    assert "11-23 已批准请假" in text(answer(zhou, other, "accept"))
    answer(zhou, other, "decline")
    assert "接受加班" in text(chen.get("/bell/"))
    board = text(chen.get("/people/requests/"))
    assert "接受 1 · 不接受 1 · 没有答复 2" in board
    assert "要接孩子" in board

    chen.post(f"{url}{second.pk}/")
    assert "已撤回" in text(answer(lin, second, "accept"))
    settings.KEFU_NOW = at("2026-11-22 18:01")
    late = OvertimeCall.objects.get(employee=shop.zhou, state="called")
    assert "11-22 18:00 前要答复，已经过了" in text(answer(zhou, late, "accept"))
    assert "逾期没有答复" in text(chen.get("/people/requests/"))
    assert Overtime.objects.count() == 1
    works_by(shop, "ES", since=date(2026, 11, 25))
    settings.KEFU_NOW = NOW
    elsewhere = call | {"call-people": [shop.zhou.pk], "call-first_on": "2026-11-27"}
    refused = chen.post(url, elsewhere | {"call-last_on": "", "ticket": new_ticket()})
    assert refused.status_code == 422  # the rulebook knows no such call


@pytest.mark.rule("SD-233.31")
def test_in_his_break_somebody_still_reachable_is_offered_to_be_shown_away(shop, settings):
    lin = signed_in(shop.lin)
    planned_by_hand(shop, {(shop.lin, MONDAY): "early"})  # 11:30 to 12:30 is its break
    duty = staff.come_on_duty(employee=shop.lin, now=at("2026-11-23 09:00"))

    def page(clock):
        settings.KEFU_NOW = at(f"2026-11-23 {clock}")
        return text(lin.get("/people/shifts/"))

    def press(do):
        answer = {"do": do, "next": "/people/shifts/"}
        return lin.post("/people/attendance/break/", answer, follow=True)

    assert "班中休息" not in page("09:30")
    soon = page("11:10")
    assert 'data-from="2026-11-23T11:30:00+08:00"' in soon
    assert "现在不是你的休息时间" in text(press("rest"))
    now = page("11:31")
    assert "现在是你的班中休息（11:30–12:30），你还显示在线。" in now
    assert "SD-233.31" in now
    assert 'name="next" value="/people/shifts/"' in now
    # An address that only takes forms is no place to go back to.
    assert 'name="next" value=""' in text(lin.post("/people/shifts/leave/", {}))
    duty.refresh_from_db()
    assert duty.seat == "available"  # never by itself

    done = press("rest")
    assert done.redirect_chain[-1][0] == "/people/shifts/"
    away = Away.objects.get()
    duty.refresh_from_db()
    assert (duty.seat, away.rest_until) == ("busy", at("2026-11-23 12:30"))
    assert "你已设为离开" in page("12:20")
    press("back")
    duty.refresh_from_db()
    away.refresh_from_db()
    assert (duty.seat, away.minutes) == ("available", 0)
    since = at("2026-11-23 00:00")
    assert not aways_to_find(shop.chen.user, since).exists()  # a break is no absence

    Away.objects.filter(pk=away.pk).update(ended_at=at("2026-11-23 12:38"))
    (over,) = aways_to_find(shop.chen.user, since)
    assert over.minutes == 8
    assert "班中休息" not in page("12:40")
    staff.set_seat(
        employee=shop.lin, seat="busy", rules=edition_of(shop.query_desk.pk, at=NOW).rules,
        actor=shop.lin.user, now=NOW,
    )  # fmt: skip
    assert "设为离开" not in page("11:45")  # not reachable anyway

    works_by(shop, "CD", since=date(2026, 12, 1))
    december = at("2026-12-01 10:00")
    roster = rosters.draw_up(
        department=shop.query_desk, starts_on=date(2026, 12, 28), rest_days=0,
        actor=shop.chen.user, now=december,
    )  # fmt: skip
    rosters.publish(roster=roster, posts_filled=True, actor=shop.chen.user, now=december)
    staff.set_seat(
        employee=shop.lin, seat="available", rules=edition_of(shop.query_desk.pk, at=december).rules,
        actor=shop.lin.user, now=NOW,
    )  # fmt: skip
    shift = RosteredShift.objects.get(employee=shop.lin, day="2026-12-28", name="day")
    settings.KEFU_NOW = selectors.lunch_of(shift)[0]
    lunch = text(lin.get("/people/shifts/"))
    assert "现在是你的午餐" in lunch
    assert "CD-03.01" in lunch


@pytest.mark.rule("SD-215.03", "SD-215.04", "SD-215.14", "SD-215.15", "SD-233.25")
def test_two_agents_and_their_supervisor_swap_on_their_pages(shop):
    lin, zhou, chen = (signed_in(who) for who in (shop.lin, shop.zhou, shop.chen))
    published(shop)
    given = RosteredShift.objects.of(shop.lin, since=MONDAY, until=MONDAY).get()
    busy = RosteredShift.objects.of(shop.zhou, since=MONDAY, until=MONDAY)
    RosteredShift.objects.filter(pk__in=busy.values("pk")).update(live=False)
    asked = {"swap-shift": given.pk, "swap-other": shop.zhou.pk, "ticket": new_ticket()}
    lacking = lin.post("/people/shifts/swap/", asked)
    assert lacking.status_code == 422
    lin.post("/people/shifts/swap/", asked | {"swap-note": "两单待回复"})
    swap = Swap.objects.get()
    assert "林小月 想请你换班" in text(zhou.get("/people/shifts/"))
    assert lin.get("/people/requests/").status_code == 403
    zhou.post(f"/people/shifts/swaps/{swap.pk}/", {"answer": "agree"})

    page = text(chen.get("/people/requests/"))
    assert "两单待回复" in page
    assert "那时在岗" in page
    chen.post(f"/people/requests/swaps/{swap.pk}/", {"answer": "approve"})
    assert shift_of(shop.zhou, MONDAY).replaces_id == given.pk
    assert lin.post(f"/people/shifts/swaps/{swap.pk}/", {"answer": "withdraw"}).status_code == 302
    swap.refresh_from_db()
    assert swap.state == "effective"


@pytest.mark.rule("SD-233.34", "SD-215.13", "ES-133.11", "ES-133.07")
def test_leave_and_outings_are_asked_for_and_decided_on_the_pages(shop):
    lin, chen = signed_in(shop.lin), signed_in(shop.chen)
    slip = {
        "leave-kind": "sick",
        "leave-starts_at": "2026-11-23T09:00",
        "leave-ends_at": "2026-11-23T18:30",
        "leave-reason": "发烧",
        "ticket": new_ticket(),
    }
    backwards = slip | {"leave-ends_at": "2026-11-23T08:00"}
    assert lin.post("/people/shifts/leave/", backwards).status_code == 422
    lin.post("/people/shifts/leave/", slip)
    lin.post("/people/shifts/leave/", slip)  # the same ticket
    row = Leave.objects.get()
    chen.post(f"/people/requests/leaves/{row.pk}/", {"answer": "refuse", "note": ""})
    row.refresh_from_db()
    assert row.state == "asked"  # a reason is wanted
    chen.post(f"/people/requests/leaves/{row.pk}/", {"answer": "approve"})
    row.refresh_from_db()
    assert row.state == "approved"
    assert "病假" in text(lin.get("/people/shifts/?month=2026-11"))

    phone = {
        "employee": shop.zhou.pk,
        "told_by_phone_at": "2026-11-20T09:50",
        "kind": "sick",
        "starts_at": "2026-11-20T08:00",
        "ends_at": "2026-11-20T09:55",
        "reason": "发烧",
        "ticket": new_ticket(),
    }
    chen.post("/people/requests/phone/", phone)
    called = Leave.objects.get(employee=shop.zhou)
    assert called.told_to == shop.chen
    zhou = signed_in(shop.zhou)
    assert "还欠一张假条" in text(zhou.get("/people/shifts/"))
    zhou.post(f"/people/shifts/leaves/{called.pk}/", {"answer": "slip"})
    called.refresh_from_db()
    assert called.slip_at == NOW

    out = {
        "outing-purpose": "送件",
        "outing-starts_at": "2026-11-20T14:00",
        "outing-ends_at": "2026-11-20T15:00",
        "ticket": new_ticket(),
    }
    lin.post("/people/shifts/outing/", out)
    assert "送件" in text(lin.get("/people/shifts/"))


@pytest.mark.rule("OS-04.12", "OS-04.16")
def test_a_manager_moves_shifts_for_a_promotion_and_finds_who_briefed_badly(db, settings):
    settings.KEFU_NOW = at("2026-11-23 12:00")
    centre = only_two(centres.build(now=at("08:00")), "OS")
    chen = signed_in(centre.chen)
    planned_by_hand(centre, {(centre.lin, MONDAY): "evening", (centre.lin, day(2)): "evening"})
    row = swaps.ask(
        shift=shift_of(centre.lin, MONDAY),
        other=centre.zhou,
        note="无",
        actor=centre.lin.user,
        now=NOW,
    )
    swaps.agree(swap=row, actor=centre.zhou.user, now=NOW)

    moved = {
        "promotion-shift": shift_of(centre.lin, day(2)).pk,
        "promotion-to": centre.zhou.pk,
        "promotion-note": "大促，无交接",
        "ticket": new_ticket(),
    }
    chen.post("/people/requests/promotion/", moved)
    assert shift_of(centre.zhou, day(2)).origin == "promotion"

    nobody = {"blame-swap": row.pk, "blame-happened": "shift_late"}
    assert chen.post("/people/requests/blame/", nobody).status_code == 422
    chen.post("/people/requests/blame/", nobody | {"blame-other": "on"})
    entry = RegisterEntry.objects.get(clause="OS-04.16")
    assert (entry.employee, entry.kind) == (centre.zhou, "fine")


def test_colleagues_see_the_roster_and_not_who_is_on_leave(shop):
    roster = published(shop)
    leaves.approve(
        leave=leave(shop, MONDAY, who=shop.lin, kind="sick"), actor=shop.chen.user, now=NOW
    )

    assert "已批准请假" in text(signed_in(shop.chen).get(f"/people/rosters/{roster.pk}/"))
    assert "已批准请假" not in text(signed_in(shop.zhou).get(f"/people/rosters/{roster.pk}/"))


def test_a_grid_asks_as_much_of_ten_people_as_of_three(shop):
    chen = signed_in(shop.chen)
    roster = rosters.draw_up(
        department=shop.query_desk, starts_on=MONDAY, actor=shop.chen.user, now=NOW
    )

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert chen.get(f"/people/rosters/{roster.pk}/").status_code == 200
        return len(queries)

    before = asked()
    Employee.objects.filter(pk__in=[shop.wang.pk, shop.he.pk]).update(department=shop.query_desk)
    changes = [
        rosters.Change(who.pk, day, "early")
        for who in (shop.wang, shop.he)
        for day in selectors.days_of(roster)[:5]
    ]
    rosters.change(roster=roster, changes=changes, seen=None, actor=shop.chen.user, now=NOW)
    assert asked() <= before


def test_what_waits_is_read_in_as_many_questions_for_one_as_for_four(shop):
    chen = signed_in(shop.chen)
    published(shop)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert chen.get("/people/requests/").status_code == 200
        return len(queries)

    leave(shop, MONDAY, who=shop.lin, kind="sick")
    before = asked()
    for n in (1, 2, 3):
        leave(shop, day(n), who=shop.zhou, kind="sick")
    assert asked() <= before
