"""The pages of a department's day, as an agent, a lead and a manager use them."""

from datetime import date
from typing import ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.notifications.models import Event
from kefu.staff.models import User
from payroll.forms.announcements import FilesField
from payroll.models import (
    FILE_LIMIT,
    Announcement,
    BookEntry,
    Meeting,
    MeetingItem,
    SafetyReport,
    WeeklyReport,
)
from payroll.services import announcements, meeting_items, meetings
from tests import centre
from tests.centre import at
from tests.payroll.rostered import roster, shifts

NOW = at("2026-11-20 09:10")


@pytest.fixture
def desk(db, settings):
    settings.KEFU_NOW = NOW
    return centre.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))


def signed_in(client, who):
    client.force_login(who.user)
    return client


def url(name, *args):
    return reverse(f"payroll:{name}", args=args)


def announce(desk, **given):
    facts = {"kind": "assignment", "title": "双十二排查", "body": "今晚先清退款"}
    facts |= {"departments": [desk.query_desk], "actor": desk.chen.user, "now": NOW}
    return announcements.publish(**facts | given)


@pytest.mark.rule("OS-04.11", "OS-04.17")
def test_an_unread_announcement_comes_first_after_signing_in_and_takes_no_work_away(desk, client):
    desk.work_by("OS")
    shifts(roster(desk), desk.lin, "2026-11-20")
    first, second = announce(desk), announce(desk, title="耳机更换")
    login = {"login": "0826", "password": centre.PASSWORD}
    for wanted, shown in (("/", url("arrive")), (url("book"), url("book"))):
        answer = client.post(reverse("account_login"), {**login, "next": wanted})
        assert answer.url == shown  # a page that was open comes back
        client.logout()
    agent = signed_in(client, desk.lin)

    here = agent.get(url("arrive"), headers={"user-agent": "Mozilla/5.0 (iPad; CPU OS 17)"})
    assert here.url == url("announcement", first.pk)
    page = agent.get(here.url).content.decode()
    assert "不要用手机或平板（OS-04.17）" in page
    assert AuditRow.objects.filter(action="device").exists()
    assert "今晚先清退款" in page
    # Work that was open stays: any page opens, with the notice at its top.
    assert "有公告等你确认" in agent.get(reverse("workbench:queue")).content.decode()
    after = agent.post(here.url, {"do": "confirm"})
    assert after.url == url("announcement", second.pk)  # the next one
    agent.post(after.url, {"do": "confirm"})
    assert agent.get(url("arrive")).url == "/"
    assert AuditRow.objects.filter(action="device").count() == 1  # a PC is nothing to note
    assert "有公告等你确认" not in agent.get(reverse("workbench:queue")).content.decode()
    page = agent.get(url("announcements")).content.decode()
    assert "都读过了" in page and "写公告" not in page
    for name in ("compose_announcement", "announcement_audience", "unsigned"):
        assert agent.get(url(name)).status_code == 403
    assert agent.post(here.url, {"do": "withdraw", "reason": "x"}).status_code == 302
    assert Announcement.objects.filter(withdrawn_at=None).count() == 2
    theirs = announce(desk, departments=[desk.query_desk], title="给组长", positions=[])
    theirs.recipients.filter(employee=desk.lin)  # she got it too: all of the desk did
    User.objects.filter(pk=desk.zhou.user_id).update(role="outlet")
    assert signed_in(client, desk.zhou).get(url("announcements")).status_code == 403


class Read(SimpleUploadedFile):
    """Remembers how much of it was asked for at once."""

    sizes: ClassVar[list[int]] = []

    def read(self, size: int = -1) -> bytes:
        self.sizes.append(size)
        return self.file.read(size)


def test_a_lead_composes_with_the_audience_beside_it_and_sees_who_has_not_read(desk, client):
    lead = signed_in(client, desk.chen)
    page = lead.get(url("compose_announcement")).content.decode()
    assert "还没有选人" in page
    chosen = {"departments": desk.query_desk.pk}
    part = lead.get(url("announcement_audience"), chosen).content.decode()
    assert "5 人" in part and "林小月" in part
    form = {"kind": "notice", "title": "耳机更换", "body": "下午两点 <b>前台</b> 领取", **chosen}
    bad = {**form, "attached": SimpleUploadedFile("a.exe", b"MZ")}
    answer = lead.post(url("compose_announcement"), bad)
    assert (answer.status_code, Announcement.objects.count()) == (422, 0)
    page = answer.content.decode()
    assert "不能作附件" in page and "下午两点" in page  # what was written is kept
    large = Read("大.pdf", b"%PDF-" + b"x" * FILE_LIMIT)
    [(_name, taken)] = FilesField().clean([large])
    assert (large.sizes, len(taken)) == (
        [FILE_LIMIT + 1],
        FILE_LIMIT + 1,
    )  # no more than tells that it is too large
    good = {**form, "attached": SimpleUploadedFile("说明.pdf", b"%PDF-1.7")}
    answer = lead.post(url("compose_announcement"), good, follow=True)
    one = Announcement.objects.get()
    page = answer.content.decode()
    assert "&lt;b&gt;前台" in page and "周明" in page
    paper = lead.get(url("announcement_file", one.pk, one.files.get().pk))
    assert (paper.content, paper["X-Content-Type-Options"]) == (b"%PDF-1.7", "nosniff")
    assert paper["Content-Disposition"].startswith("attachment")
    assert (
        "已催 4 人"
        in lead.post(url("announcement", one.pk), {"do": "urge"}, follow=True).content.decode()
    )
    assert "耳机更换" in lead.get(url("unsigned")).content.decode()
    lead.cookies["django_language"] = "en"
    assert "Not confirmed yet" in lead.get(url("announcement", one.pk)).content.decode()


@pytest.mark.rule("SD-321.05", "SD-322.08")
def test_a_meeting_from_its_agenda_to_the_last_signature(desk, client):
    desk.work_by("SD-3")
    meetings.plan(now=NOW)
    meeting = Meeting.objects.get(subject="weekly_meeting", on=date(2026, 11, 20))
    here = url("meeting", meeting.pk)
    agent = signed_in(client, desk.lin)
    page = agent.get(url("today")).content.decode()
    assert "周例会" in page and "回顾上周" in page
    agent.post(url("today"), {"do": "raise", "text": "留言没人看"})
    assert agent.post(url("today"), {"do": "raise", "text": ""}).status_code == 422
    page = agent.get(here).content.decode()
    assert "来不了，书面提交" in page and "开会，登记到会" not in page
    agent.post(here, {"do": "hold", "came": [desk.lin.pk]})  # not hers to do
    assert Meeting.objects.get(pk=meeting.pk).state == "planned"

    lead = signed_in(client, desk.chen)
    arranged = {"starts_at": "2026-11-20T16:00", "mode": "on_site", "chair": desk.chen.pk}
    lead.post(here, {"do": "arrange", **arranged, "minute_taker": desk.wang.pk})
    lead.post(here, {"do": "hold", "came": [desk.lin.pk, desk.wang.pk]})
    page = lead.get(here).content.decode()
    assert "缺席，没有事先提交" in page and "留言没人看" in page
    item = MeetingItem.objects.get()
    todo = {"measure": "每小时看一次", "owner": desk.lin.pk, "due_on": "2026-11-23"}
    lead.post(here, {"do": "decide", "item": item.pk, **todo})
    lead.post(
        here, {"do": "assign", "text": "盘点回单", "owner": desk.lin.pk, "due_on": "2026-11-27"}
    )
    answer = lead.post(here, {"do": "circulate", "last_week_review": "三件"})
    assert answer.status_code == 302  # a text under each part is not asked for
    writer = signed_in(client, desk.wang)
    assert "纪要等你签字" in writer.get(reverse("workbench:bell")).content.decode()
    assert "三件" in writer.get(here).content.decode()
    for who in (desk.wang, desk.lin):
        assert (
            "已签字"
            in signed_in(client, who).post(here, {"do": "sign"}, follow=True).content.decode()
        )
    assert "签齐后由经理审阅" in client.get(here).content.decode()
    assert "每小时看一次" in client.get(url("today")).content.decode()  # hers to do
    client.post(url("today"), {"do": "done", "pk": item.pk, "result": "排了表"})
    assert MeetingItem.objects.get(pk=item.pk).state == "done"
    assert (
        "签齐了，等经理审阅" in signed_in(client, desk.chen).get(url("unsigned")).content.decode()
    )
    client.cookies["django_language"] = "en"
    assert "Review last week" in client.get(here).content.decode()
    # Another department's meeting is nobody's business.
    theirs = meetings.call(
        department=desk.front_desk, subject="company_meeting", starts_at=at("18:00"), actor=desk.chen.user, now=NOW
    )  # fmt: skip
    assert signed_in(client, desk.lin).get(url("meeting", theirs.pk)).status_code == 404
    client.post(url("meeting", theirs.pk), {"do": "cancel", "reason": "x"})
    assert Meeting.objects.get(pk=theirs.pk).state == "planned"
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url("today"))
    MeetingItem.objects.bulk_create(
        MeetingItem(
            department=desk.query_desk, kind="task", text=f"任务 {n}", raised_by=desk.chen,
            raised_at=NOW, owner=desk.lin, due_on=date(2026, 11, 24), state="open",
        )
        for n in range(20)
    )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        client.get(url("today"))
    assert len(many) <= len(few) + 1


@pytest.mark.rule("SD-331.11")
def test_the_book_on_its_page_and_what_is_missing_on_the_leads(desk, client):
    desk.work_by("SD-3")
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-20")
    shifts(table, desk.zhou, "2026-11-20")
    agent = signed_in(client, desk.lin)
    desk.inquiry(now=at("09:00"))
    page = agent.get(url("book")).content.decode()
    assert "你名下还有 1 件工单" in page and "断电" in page
    leaving = agent.get(reverse("workbench:hand_over")).content.decode()
    assert f'class="btn quiet" href="{url("book")}"' in leaving
    answer = agent.post(url("book"), {"do": "write", "todo": "等回电", "ticked": "power_off"})
    assert answer.status_code == 422
    assert "等回电" in answer.content.decode()
    ticked = ["power_off", "appliances_checked"]
    agent.post(url("book"), {"do": "write", "todo": "等回电", "ticked": ticked})
    entry = BookEntry.objects.get()
    assert "撤回重写" in agent.get(url("book")).content.decode()

    lead = signed_in(client, desk.wang)
    page = lead.get(url("unsigned")).content.decode()
    assert "林小月" in page and "周明" in page  # hers unsigned, his not begun
    lead.post(url("unsigned"), {"do": "redirect", "pk": entry.pk, "addressee": desk.zhou.pk})
    taker = signed_in(client, desk.zhou)
    page = taker.get(url("book")).content.decode()
    assert "等回电" in page and "交给你" in page
    taker.post(url("book"), {"do": "sign", "pk": entry.pk})  # the uniform is not ticked
    assert BookEntry.objects.get().taker is None
    taker.post(url("book"), {"do": "sign", "pk": entry.pk, "ticked": "uniform"})
    assert BookEntry.objects.get().taker == desk.zhou
    assert "没有一起交接的工单" in taker.get(url("book_page", entry.pk)).content.decode()
    boss = desk.chen.user
    weekly = meetings.call(
        department=desk.query_desk, subject="weekly_meeting", starts_at=at("16:00"), actor=boss, now=NOW
    )  # fmt: skip
    task = {"text": "回访三家", "owner": desk.zhou, "due_on": date(2026, 11, 20)}
    meeting_items.assign(meeting=weekly, **task, actor=boss, now=NOW)
    taker.post(url("punch"), {"do": "in"})
    page = taker.post(url("punch"), {"do": "out"}, follow=True).content.decode()
    assert "今天的事还没办完" in page and "已打下班卡" in page  # warned, never kept back
    taker.post(url("today"), {"do": "danger", "place": "北门", "text": "陌生人徘徊"})
    assert "北门" in lead.get(url("today")).content.decode()
    report = SafetyReport.objects.get()
    taker.post(url("today"), {"do": "told", "pk": report.pk, "security": "老李"})
    assert SafetyReport.objects.get().security == "老李"
    assert taker.get(url("unsigned"), {"on": "x"}).status_code in (403, 404)


def test_an_agent_of_the_shop_reports_her_week_on_the_page(desk, client):
    desk.work_by("OS")
    meetings.plan(now=NOW)
    meeting = Meeting.objects.get(subject="weekly_meeting")
    agent = signed_in(client, desk.lin)
    assert "周汇报" in agent.get(url("today")).content.decode()
    answer = agent.post(url("weekly_report"), {"targets": "95%", "problems": "无"})
    assert answer.status_code == 422 and "95%" in answer.content.decode()
    agent.post(url("weekly_report"), {"targets": "95%", "problems": "无", "improvements": "短语"})
    assert WeeklyReport.objects.get().employee == desk.lin
    page = signed_in(client, desk.chen).get(url("meeting_reports", meeting.pk)).content.decode()
    assert "短语" in page and "周明" in page
    page = signed_in(client, desk.zhou).get(url("meeting_reports", meeting.pk)).content.decode()
    assert "短语" not in page
    lead = signed_in(client, desk.chen)
    assert lead.get(url("meetings")).status_code == 200
    answer = lead.post(
        url("meetings"),
        {
            "department": desk.query_desk.pk,
            "subject": "company_meeting",
            "starts_at": "2026-11-20T08:00",
        },
    )
    assert answer.status_code == 422


@pytest.mark.rule("LC-02.16")
def test_a_supervisor_sets_plan_items_and_follows_them_up(desk, client, settings):
    desk.work_by("LC")
    chen = signed_in(client, desk.chen)
    assert "组员没有没办完的事" in chen.get(url("today")).content.decode()
    plan = {"do": "assign", "text": "整理外呼名单", "owner": desk.lin.pk, "due_on": "2026-11-19"}
    answer = chen.post(url("today"), plan)
    assert (answer.status_code, MeetingItem.objects.count()) == (422, 0)
    assert (
        "完成日不能早于今天" in answer.content.decode()
        and "整理外呼名单" in answer.content.decode()
    )
    chen.post(url("today"), plan | {"due_on": "2026-11-21"})
    item = MeetingItem.objects.get()
    assert (item.owner, item.meeting, item.department) == (desk.lin, None, desk.query_desk)
    page = chen.post(url("today"), {"do": "urge", "pk": item.pk}, follow=True).content.decode()
    assert "还没到期" in page
    lin = signed_in(client, desk.lin)
    page = lin.get(url("today")).content.decode()
    assert "整理外呼名单" in page and "布置任务" not in page
    assert lin.post(url("today"), plan | {"due_on": "2026-11-23"}).status_code == 403
    lin.post(url("today"), {"do": "urge", "pk": item.pk})

    # Its owner is reminded on the day and, with whoever heads the department, when it is overdue.
    rings = Event.objects.filter(kind=Event.Kind.TASK).order_by("pk")
    seen = rings.count()
    for day in ("2026-11-21", "2026-11-22"):
        meeting_items.remind(now=at(f"{day} 08:30"))
    told = [(event.data["what"], event.user_id) for event in rings[seen:]]
    assert told == [
        ("due", desk.lin.user_id), ("late", desk.lin.user_id), ("late", desk.chen.user_id)
    ]  # fmt: skip
    settings.KEFU_NOW = at("2026-11-22 09:00")
    chen = signed_in(client, desk.chen)
    page = chen.get(url("today")).content.decode()
    assert "过期" in page and "林小月" in page
    chen.post(url("today"), {"do": "urge", "pk": item.pk})
    assert [event.user_id for event in rings.filter(data__what="urged")] == [desk.lin.user_id]
    assert "请抓紧办" in signed_in(client, desk.lin).get(reverse("workbench:bell")).content.decode()
    signed_in(client, desk.chen).post(url("today"), {"do": "drop", "pk": item.pk, "result": "改期"})
    item.refresh_from_db()
    assert (item.state, item.result) == ("dropped", "改期")
