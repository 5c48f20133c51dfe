"""Meetings from the rulebook's rhythm to signed minutes, and what was agreed until it is done."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from kefu.errors import KefuError
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.policy.retention import retention_ends
from kefu.rulebooks.selectors import edition
from kefu.staff.models import Employee, User
from payroll.models import (
    Holiday,
    ItemStep,
    Meeting,
    MeetingItem,
    Minutes,
    WeeklyReport,
)
from payroll.selectors import meetings as selectors
from payroll.services import book, meeting_items, meetings, minutes, weekly_reports
from tests import centre
from tests.centre import at

NOW = at("2026-11-19 09:00")  # a Thursday


@pytest.fixture
def desk(db):
    return centre.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))


def manager(desk):
    party = Party.objects.create(kind="employee", code="0800", name="赵敏")
    user = User.objects.create(username="0800", first_name="赵敏", role="manager", party=party)
    return Employee.objects.create(
        user=user,
        party=party,
        number="0800",
        name="赵敏",
        department=desk.front_desk,
        position=desk.lin.position,
        channels=["phone"],
    )


def refused(code, step, **given):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        step(**given)
    assert caught.value.code == code
    return caught.value


def planned(desk, subject, on):
    return Meeting.objects.get(
        department=desk.query_desk, subject=subject, on=date.fromisoformat(on)
    )


def arranged(meeting, desk, now=NOW):
    """Wang takes the minutes."""
    return meetings.arrange(
        meeting=meeting,
        starts_at=meeting.starts_at,
        mode=meeting.mode,
        chair=desk.chen,
        minute_taker=desk.wang,
        actor=desk.chen.user,
        now=now,
    )


@pytest.mark.rule("SD-322.01", "SD-322.02", "SD-321.04")
def test_the_week_is_planned_by_the_rulebook_and_a_holiday_is_noted(desk):
    desk.work_by("SD-3")
    Holiday.objects.create(day=date(2026, 11, 20), kind=Holiday.Kind.STATUTORY, name="放假")

    assert meetings.plan(now=NOW) == meetings.plan(now=NOW) + 9  # once
    off = planned(desk, "weekly_meeting", "2026-11-20")
    assert (off.state, off.starts_at, off.note) == (
        "cancelled",
        at("2026-11-20 16:00"),
        "这天不上班，不开",
    )
    meetings.plan(now=NOW + timedelta(days=2))
    held = planned(desk, "weekly_meeting", "2026-11-27")
    assert (held.state, held.chair, held.clause) == ("planned", desk.chen, "SD-322.01")
    morning = planned(desk, "morning_meeting", "2026-11-23")
    assert (morning.starts_at, morning.chair, morning.clause) == (None, desk.chen, "SD-321.04")
    # Everybody is reminded, once, when the house's half hour begins.
    assert meetings.remind(now=at("2026-11-27 15:29")) == 0
    assert meetings.remind(now=at("2026-11-27 15:30")) == 1
    assert meetings.remind(now=at("2026-11-27 15:31")) == 0
    rung = Event.objects.filter(kind=Event.Kind.MEETING, data__what="soon")
    assert rung.count() == 5


@pytest.mark.rule("SD-150.01", "SD-150.05", "SD-130.04")
def test_the_daily_meeting_runs_through_its_agenda_and_keeps_the_training_log(desk):
    desk.work_by("SD-1")
    meetings.plan(now=NOW)
    tomorrow = planned(desk, "daily_meeting", "2026-11-20")
    assert (tomorrow.starts_at, tomorrow.ends_at) == (
        at("2026-11-20 08:00"),
        at("2026-11-20 08:30"),
    )
    assert not Meeting.objects.filter(on=NOW.date()).exists()  # today's is over
    now, lead = at("2026-11-20 08:00"), {"actor": desk.chen.user, "now": at("2026-11-20 08:00")}
    meetings.hold(meeting=arranged(tomorrow, desk), came=[desk.lin, desk.wang, desk.chen], **lead)
    texts = {"review_yesterday": "两票催了三次", "plan_the_day": "清完昨天的", "train": ""}
    minutes.save_draft(meeting=tomorrow, texts=texts, **lead)

    assert refused("agenda_lacks", minutes.circulate, meeting=tomorrow, **lead).field == "train"
    minutes.save_draft(meeting=tomorrow, texts=texts | {"train": "新话术第三节"}, **lead)
    text = minutes.circulate(meeting=tomorrow, actor=desk.wang.user, now=now)

    assert [part["code"] for part in text.content["agenda"]] == [
        "review_yesterday",
        "plan_the_day",
        "exchange_experience",
        "train",
    ]
    assert text.content["agenda"][3]["text"] == "新话术第三节"
    assert [one["name"] for one in text.content["absent"]] == ["何静", "周明"]
    # A meeting of the company is called besides; all of the department are on its list.
    given = {"department": desk.query_desk, "subject": "company_meeting"}
    refused(
        "not_allowed", meetings.call, **given, starts_at=at("10:00"), actor=desk.lin.user, now=now
    )
    refused(
        "in_the_past",
        meetings.call,
        **given,
        starts_at=now,
        actor=desk.wang.user,
        now=now,
    )
    called = meetings.call(**given, starts_at=at("10:00"), actor=desk.wang.user, now=now)
    came = [desk.lin, desk.zhou]
    assert (
        refused("field_required", meetings.hold, meeting=called, came=came, **lead).field
        == "minute_taker"
    )
    meetings.hold(meeting=arranged(called, desk, now), came=came, **lead)
    absent = called.attendances.filter(came=False).order_by("employee__number")
    assert [one.employee for one in absent] == [desk.chen, desk.he, desk.wang]


@pytest.mark.rule(
    "SD-321.03", "SD-321.05", "SD-321.06", "SD-321.07", "SD-321.08", "SD-321.09", "SD-321.10"
)
def test_the_morning_meeting_follows_the_signed_book_and_leaves_nothing_without_an_owner(desk):
    desk.work_by("SD-3")
    boss, morning = manager(desk), at("2026-11-20 08:05")
    entry = book.write(
        giver=desk.zhou, content={"todo": "两票等回电"}, ticked=["power_off", "appliances_checked"],
        actor=desk.zhou.user, now=at("2026-11-19 17:30"),
    )  # fmt: skip
    meetings.plan(now=at("2026-11-20 07:00"))
    meeting = arranged(planned(desk, "morning_meeting", "2026-11-20"), desk, morning)
    lead = {"actor": desk.chen.user, "now": morning}
    who = {"department": desk.query_desk, "raised_by": desk.wang, "actor": desk.wang.user}
    late = meeting_items.raise_issue(text="昨天三票催了没人回", now=morning, **who)
    stuck = meeting_items.raise_issue(text="系统昨晚停了一小时", now=morning, **who)
    own = {"department": desk.query_desk, "raised_by": desk.chen, **lead}
    cleaning = meeting_items.raise_issue(text="保洁没来", contractor=True, **own)
    assert cleaning.owner == desk.chen  # a contractor's is the director's

    said = refused("hand_over_unsigned", meetings.hold, meeting=meeting, came=[desk.wang], **lead)
    assert "11-19 周明" in str(said)
    book.sign(entry=entry, taker=desk.lin, ticked=["uniform"], actor=desk.lin.user, now=morning)
    meetings.hold(meeting=meeting, came=[desk.lin, desk.zhou, desk.wang, desk.chen], **lead)
    assert {one.meeting for one in MeetingItem.objects.all()} == {meeting}
    minutes.save_draft(meeting=meeting, texts={"raise_issues": "三件，见下"}, **lead)
    assert refused("agenda_lacks", minutes.circulate, meeting=meeting, **lead).field == (
        "decide_measures"
    )
    todo = {"measure": "两小时内逐票回电", "owner": desk.lin, "due_on": date(2026, 11, 20)}
    refused("not_allowed", meeting_items.decide, item=late, **todo, actor=desk.lin.user, now=morning)  # fmt: skip
    refused(
        "in_the_past", meeting_items.decide, item=late, **todo | {"due_on": date(2026, 11, 19)}, **lead
    )  # fmt: skip
    meeting_items.decide(item=late, **todo, **lead)
    meeting_items.decide(item=cleaning, **todo | {"owner": desk.chen}, **lead)
    up = {"to": boss, "due_on": date(2026, 11, 24), "text": "要供应商修"}
    refused("other_department", meeting_items.escalate, item=stuck, follow_up=boss, **up, **lead)
    meeting_items.escalate(item=stuck, follow_up=desk.wang, **up, **lead)
    assert refused("agenda_lacks", minutes.circulate, meeting=meeting, **lead).field == "assign_day"
    meeting_items.assign(
        meeting=meeting, text="清空昨天的留言", owner=desk.zhou, due_on=date(2026, 11, 20), **lead
    )
    text = minutes.circulate(meeting=meeting, **lead)

    assert [one["owner"] for one in text.content["items"]] == ["林小月", "王芳", "陈立", "周明"]
    # No review is asked for here: with the last signature the minutes are kept.
    for person in (desk.lin, desk.zhou, desk.wang, desk.chen):
        minutes.sign(minutes=text, employee=person, actor=person.user, now=morning)
    meeting.refresh_from_db()
    assert meeting.state == "archived"
    # Followed up: on its day, once more when it is late, and by name at the next meeting.
    assert meeting_items.remind(now=at("2026-11-20 08:30")) == 3
    assert meeting_items.remind(now=at("2026-11-20 18:00")) == 0
    meeting_items.finish(item=late, result="三票都回了", actor=desk.lin.user, now=morning)
    assert meeting_items.remind(now=at("2026-11-21 08:30")) == 2
    assert meeting_items.remind(now=at("2026-11-22 08:30")) == 0
    following = arranged(planned(desk, "morning_meeting", "2026-11-23"), desk)
    later = at("2026-11-23 08:05")
    meetings.hold(meeting=following, came=[desk.wang], actor=desk.chen.user, now=later)
    named = ItemStep.objects.filter(action="carried", meeting=following)
    assert {step.item.owner for step in named} == {desk.wang, desk.chen, desk.zhou}
    assert [one.text for one in selectors.carried(following)][-1] == "系统昨晚停了一小时"


@pytest.mark.rule(
    "SD-322.03", "SD-322.04", "SD-322.05", "SD-322.07", "SD-322.08", "SD-322.09", "SD-322.10",
    "SD-322.11",
)  # fmt: skip
def test_the_weekly_minutes_are_signed_by_all_who_came_then_reviewed_and_kept(desk):
    desk.work_by("SD-3")
    boss = manager(desk)
    meetings.plan(now=NOW)
    meeting = planned(desk, "weekly_meeting", "2026-11-20")
    lin = {"meeting": meeting, "employee": desk.lin, "actor": desk.lin.user}
    lead = {"actor": desk.chen.user, "now": at("16:00")}
    refused("field_required", meetings.submit, **lin, now=at("15:00"))
    meetings.submit(**lin, text="请假，建议换耳机", now=at("15:59"))
    refused("too_late", meetings.submit, **lin, text="晚了", now=at("16:00"))
    refused("not_allowed", meetings.submit, **lin | {"actor": desk.zhou.user}, text="替他", now=NOW)

    came = [desk.wang, desk.chen]
    said = refused("field_required", meetings.hold, meeting=meeting, came=came, **lead)
    assert (said.field, "SD-322.07" in str(said)) == ("minute_taker", True)
    meetings.hold(meeting=arranged(meeting, desk), came=came, **lead)
    rows = {one.employee: one for one in meeting.attendances.all()}
    assert (rows[desk.lin].came, bool(rows[desk.lin].written_at)) == (False, True)
    assert (rows[desk.zhou].came, rows[desk.zhou].written_at) == (False, None)  # not excused
    texts = {
        "last_week_review": "客户 13800004545 催了三次",
        "measures": "回电留痕",
        "next_week_plan": "盘点",
        "pass_on_decisions": "春节不加班",
    }
    minutes.save_draft(meeting=meeting, texts=texts | {"hidden": "x"}, **lead)
    assert refused("agenda_lacks", minutes.circulate, meeting=meeting, **lead).field == "plan_tasks"
    meeting_items.assign(
        meeting=meeting, text="盘点回单", owner=desk.zhou, due_on=date(2026, 11, 27), **lead
    )
    first = minutes.circulate(meeting=meeting, actor=desk.wang.user, now=at("16:40"))
    assert "13800004545" not in str(first.content)
    assert [part["code"] for part in first.content["agenda"]] == [
        "last_week_review", "measures", "next_week_plan", "pass_on_decisions", "plan_tasks",
    ]  # fmt: skip

    late = {"now": at("17:00")}
    refused("not_allowed", minutes.sign, minutes=first, employee=desk.zhou, actor=desk.zhou.user, **late)  # fmt: skip
    minutes.sign(minutes=first, employee=desk.wang, actor=desk.wang.user, **late)
    refused("signed_already", minutes.sign, minutes=first, employee=desk.wang, actor=desk.wang.user, **late)  # fmt: skip
    assert "陈立" in str(
        refused(
            "not_all_signed", minutes.review, minutes=first, accepted=True, actor=boss.user, **late
        )
    )
    minutes.sign(minutes=first, employee=desk.chen, actor=desk.chen.user, **late)
    refused("not_allowed", minutes.review, minutes=first, accepted=True, actor=desk.chen.user, **late)  # fmt: skip
    refused("text_required", minutes.review, minutes=first, accepted=False, actor=boss.user, **late)
    minutes.review(minutes=first, accepted=False, note="措施写具体", actor=boss.user, **late)
    # Written anew, signed anew.
    minutes.save_draft(meeting=meeting, texts=texts | {"measures": "逐票回电并记录"}, **lead)
    second = minutes.circulate(meeting=meeting, actor=desk.wang.user, now=at("17:10"))
    refused("minutes_replaced", minutes.sign, minutes=first, employee=desk.wang, actor=desk.wang.user, **late)  # fmt: skip
    for person in came:
        minutes.sign(minutes=second, employee=person, actor=person.user, now=at("17:20"))
    minutes.review(minutes=second, accepted=True, actor=boss.user, now=at("17:30"))
    meeting.refresh_from_db()
    assert (meeting.state, Minutes.objects.count()) == ("archived", 2)
    kept = retention_ends("meeting_minutes", date(2026, 11, 20), edition(meeting.rulebook_id).rules)
    assert (kept.last_on, kept.destroyable(date(2040, 1, 1))) == (None, False)
    for change in (
        lambda: Minutes.objects.update(content={}),
        lambda: Meeting.objects.filter(pk=meeting.pk).update(note="改"),
        lambda: Meeting.objects.filter(pk=meeting.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    refused("meeting_over", meeting_items.assign, meeting=meeting, text="再加", owner=desk.zhou, due_on=date(2026, 11, 27), **lead)  # fmt: skip


@pytest.mark.rule("OS-05.01", "OS-05.02", "OS-05.03", "OS-05.04")
def test_the_shops_monday_meeting_is_online_and_every_agent_has_reported_before(desk):
    desk.work_by("OS")
    Holiday.objects.create(day=date(2026, 11, 23), kind=Holiday.Kind.STATUTORY, name="放假")
    meetings.plan(now=NOW)
    meeting = planned(desk, "weekly_meeting", "2026-11-23")
    assert (meeting.state, meeting.starts_at) == ("planned", at("2026-11-23 14:30"))  # holidays too
    assert (meeting.mode, meeting.chair) == ("online", desk.chen)
    assert [one.name for one in selectors.without_report(meeting)] == ["林小月", "周明"]

    lin = {"employee": desk.lin, "on": meeting.on, "actor": desk.lin.user}
    content = {"targets": "回评率 95%", "problems": "无", "improvements": ""}
    assert (
        refused("field_required", weekly_reports.hand_in, **lin, content=content, now=NOW).field
        == "improvements"
    )
    weekly_reports.hand_in(**lin, content=content | {"improvements": "快捷短语"}, now=NOW)
    row = weekly_reports.hand_in(**lin, content=content | {"improvements": "少"}, now=NOW)
    assert (row.from_on, row.to_on) == (date(2026, 11, 16), date(2026, 11, 22))
    assert WeeklyReport.objects.count() == 1
    assert [one.name for one in selectors.without_report(meeting)] == ["周明"]
    # The manager may move it: the reminder moves too.
    moved = meetings.arrange(
        meeting=meeting, starts_at=at("2026-11-24 10:00"), mode="online", chair=desk.chen,
        minute_taker=desk.wang, actor=desk.chen.user, now=NOW,
    )  # fmt: skip
    assert moved.remind_at == at("2026-11-24 09:30")
    assert meetings.plan(now=NOW) == 0  # it is still Monday's
    meetings.hold(
        meeting=meeting, came=[desk.lin], actor=desk.chen.user, now=at("2026-11-24 10:00")
    )
    refused(
        "meeting_held", weekly_reports.hand_in, **lin, content=content | {"improvements": "晚"}, now=at("2026-11-24 11:00")
    )  # fmt: skip


@pytest.mark.rule("SD-233.44")
def test_anybody_writes_down_a_problem_with_his_name(desk):
    desk.work_by("SD-2")
    given = {"department": desk.query_desk, "raised_by": desk.lin, "now": NOW}
    item = meeting_items.raise_issue(
        text="同一客户 13800004545 一周三次", actor=desk.lin.user, **given
    )
    assert (item.raised_by, item.state, "13800004545" in item.text) == (desk.lin, "raised", False)
    refused("text_required", meeting_items.raise_issue, text=" ", actor=desk.lin.user, **given)
    refused("not_allowed", meeting_items.raise_issue, text="替他", actor=desk.zhou.user, **given)
    refused(
        "not_allowed",
        meeting_items.raise_issue,
        text="别的部门",
        actor=desk.lin.user,
        **given | {"department": desk.front_desk},
    )
    assert MeetingItem.objects.get() == item
