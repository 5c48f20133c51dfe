"""The pages of attendance, as an agent, a supervisor and HR use them."""

from datetime import date, time, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payroll.models import AttendanceDay, AttendanceReport, Away, Correction, Overtime, Punch
from payroll.services import attendance, punches
from tests import centre
from tests.centre import at
from tests.payroll.rostered import punched, roster, shifts

NOW = at("2026-11-20 09:10")


@pytest.fixture
def desk(db, settings):
    settings.KEFU_NOW = NOW
    made = centre.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))
    made.work_by("SD-3")
    return made


def signed_in(client, who):
    client.force_login(who.user)
    return client


def url(name, *args):
    return reverse(f"payroll:{name}", args=args)


def test_an_agent_punches_sees_why_and_asks_for_a_forgotten_one(desk, client, settings):
    yesterday, today = shifts(roster(desk), desk.lin, "2026-11-19", "2026-11-20")
    punched(desk.lin, "2026-11-19", "08:04", None)
    attendance.sweep(now=NOW)
    agent = signed_in(client, desk.lin)

    page = agent.post(url("punch"), {"do": "in"}, follow=True).content.decode()
    assert Punch.objects.get(source="web").at == NOW
    assert "已打上班卡 09:10:00" in page
    assert "迟 70 分" in page
    assert "缺卡待补" in page
    agent.post(
        url("punch"), {"do": "leave", "reason": "取包裹", "told": desk.wang.user.pk, "busy": "on"}
    )
    assert Away.objects.get().told == desk.wang.user
    assert "取包裹" in agent.get(url("attendance")).content.decode()
    agent.post(url("punch"), {"do": "back"})
    assert agent.post(url("punch"), {"do": "dance"}).status_code == 403

    shift = url("attendance_shift", yesterday.pk)
    page = agent.get(shift).content.decode()
    assert "应于 08:00:00 上班，08:04:00 打卡" in page
    assert (
        agent.post(shift, {"direction": "out", "at": "03:00", "reason": "忘了"}).status_code == 422
    )
    answer = agent.post(shift, {"direction": "out", "at": "17:30", "reason": "忘了"}, follow=True)
    assert "已申请补签" in answer.content.decode()
    assert Correction.objects.get().at == at("2026-11-19 17:30")
    # English, another month, what is not his and what is nobody's.
    client.cookies["django_language"] = "en"
    assert "70 min late" in agent.get(url("attendance_shift", today.pk)).content.decode()
    assert agent.get(url("attendance"), {"month": "2026-02"}).status_code == 200
    for month in ("2026-13", "1800-01", "x"):
        assert agent.get(url("attendance"), {"month": month}).status_code == 404
    theirs = shifts(yesterday.roster, desk.zhou, "2026-11-19")[0]
    assert agent.get(url("attendance_shift", theirs.pk)).status_code == 404
    assert agent.get(url("persons_attendance", desk.zhou.number)).status_code == 404
    for name in ("team_attendance", "attendance_reports", "new_import"):
        assert agent.get(url(name)).status_code == 403


def test_a_supervisor_sees_who_is_missing_and_decides_what_waits(desk, client):
    table = roster(desk)
    made = [shifts(table, who, "2026-11-19", "2026-11-20") for who in (desk.lin, desk.zhou)]
    punched(desk.lin, "2026-11-20", "07:40", None)
    punched(desk.lin, "2026-11-19", "07:40", None)
    attendance.sweep(now=NOW)
    one = punches.ask_correction(
        shift=made[0][0],
        direction="out",
        at=time(17, 30),
        reason="忘了打卡",
        actor=desk.lin.user,
        now=NOW,
    )
    lead = signed_in(client, desk.chen)

    page = lead.get(url("team_attendance")).content.decode()
    assert "没打卡 70 分" in page  # Zhou
    assert page.index("周明") < page.index("林小月")
    assert "忘了打卡" in page
    page = lead.post(
        url("team_attendance"), {"do": "refuse", "pk": one.pk}, follow=True
    ).content.decode()
    assert Correction.objects.get().state == "asked"  # without a reason
    lead.post(url("team_attendance"), {"do": "sign", "pk": one.pk})
    assert AttendanceDay.objects.get(shift=made[0][0]).status == "present"
    seen = {
        "employee": desk.zhou.pk,
        "began_at": "2026-11-19T10:00",
        "ended_at": "2026-11-19T10:20",
        "note": "空座",
    }
    lead.post(url("team_attendance"), {"do": "report", **seen})
    away = Away.objects.get()
    lead.post(
        url("team_attendance"), {"do": "find", "pk": away.pk, "finding": "in_order", "note": ""}
    )
    assert Away.objects.get().found_by == desk.chen.user
    assert "旷工" in lead.get(url("team_attendance"), {"on": "2026-11-19"}).content.decode()
    assert lead.get(url("team_attendance"), {"on": "昨天"}).status_code == 404
    assert lead.get(url("persons_attendance", desk.zhou.number)).status_code == 200
    assert lead.get(url("attendance_shift", made[1][0].pk)).status_code == 200

    def gone(minute):
        began = at("08:00") + timedelta(minutes=minute)
        given = {"employee": desk.zhou, "reason": "取件", "recorded_by": desk.zhou.user}
        Away.objects.create(began_at=began, ended_at=began + timedelta(minutes=6), **given)

    # A list of one more person, and of more to decide, asks the database no more often.
    gone(0)
    with CaptureQueriesContext(connection) as before:
        lead.get(url("team_attendance"))
    shifts(table, desk.wang, "2026-11-20")
    for minute in (10, 20, 30):
        gone(minute)
    with CaptureQueriesContext(connection) as after:
        lead.get(url("team_attendance"))
    assert len(after) <= len(before)


def test_overtime_is_asked_for_on_one_page_and_decided_on_another(desk, client):
    asked = {
        "starts_at": "2026-11-20T18:00",
        "ends_at": "2026-11-20T20:00",
        "settle": "time_off",
        "reason": "盘库",
    }
    agent = signed_in(client, desk.lin)
    assert agent.post(url("overtime"), asked | {"ends_at": "2026-11-20T17:00"}).status_code == 422
    assert "已申请" in agent.post(url("overtime"), asked, follow=True).content.decode()
    one = Overtime.objects.get()

    lead = signed_in(client, desk.chen)
    assert "盘库" in lead.get(url("team_attendance")).content.decode()
    lead.post(url("team_attendance"), {"do": "approve", "pk": one.pk})
    assert Overtime.objects.get().state == "approved"
    lead.post(url("team_attendance"), {"do": "deny", "pk": one.pk})
    assert Overtime.objects.get().state == "approved"


def test_the_report_is_looked_at_exported_and_sent(desk, client, settings):
    shifts(roster(desk), desk.lin, "2026-11-19")
    punched(desk.lin, "2026-11-19", "07:50", "17:30")
    attendance.sweep(now=NOW)
    settings.KEFU_NOW = at("2026-11-25 10:00")
    lead = signed_in(client, desk.chen)

    page = lead.get(url("attendance_reports")).content.decode()
    assert "还没有指定考勤员" in page
    lead.post(
        url("attendance_reports"),
        {"do": "name", "department": desk.query_desk.pk, "employee": desk.zhou.pk},
    )
    table = url("attendance_report", "query", "2026-11-25")
    assert "林小月" in lead.get(table).content.decode()
    assert lead.get(table, {"form": "xlsx"}).content.startswith(b"PK")
    assert lead.get(url("attendance_report", "query", "2026-11-24")).status_code == 404
    clerk = signed_in(client, desk.zhou)
    sent = clerk.post(
        url("attendance_reports"),
        {"do": "send", "department": desk.query_desk.pk, "on": "2026-11-25"},
        follow=True,
    )
    assert "已报送人事" in sent.content.decode()
    assert AttendanceReport.objects.get().sent_by == desk.zhou.user
    assert clerk.get(url("new_import")).status_code == 200
    file = SimpleUploadedFile(
        "clock.csv", "工号,打卡时间\n0826,2026-11-20 07:58\n".encode("gb18030")
    )
    preview = clerk.post(url("import_preview"), {"file": file})
    assert "按排班判断" in preview.content.decode()
    file.seek(0)
    assert clerk.post(url("new_import"), {"file": file}).status_code == 302
