"""The hand-over book, what is checked at both ends of a shift, and announcements that have to be confirmed."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kefu.desk import services as desk_services
from kefu.desk.services import HandOverItem
from kefu.errors import KefuError
from kefu.notifications.models import Event
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.rulebooks.selectors import edition_in_force
from payroll.models import (
    Announcement,
    AnnouncementFile,
    AnnouncementRecipient,
    BookEntry,
    RegisterEntry,
    ShiftCheck,
)
from payroll.selectors import announcements as announced
from payroll.selectors import book as selectors
from payroll.services import (
    announcements,
    book,
    meeting_items,
    meetings,
    missed_hand_overs,
)
from tests import centre
from tests.centre import at
from tests.payroll.inspected import inspector
from tests.payroll.rostered import roster, shifts

NOW = at("2026-11-20 17:25")
PDF = ("新品.pdf", b"%PDF-1.7 shown")


@pytest.fixture
def desk(db):
    return centre.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))


def refused(code, step, **given):
    with pytest.raises(KefuError) as caught, transaction.atomic():
        step(**given)
    assert caught.value.code == code
    return caught.value


def rules_of(desk):
    return edition_in_force(department_id=desk.query_desk.pk, at=NOW).rules


@pytest.mark.rule("OS-04.09", "OS-04.10", "SD-321.03")
def test_a_page_of_the_book_is_written_by_one_signed_by_the_other_and_names_the_cases(desk):
    desk.work_by("OS")
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-20")
    shifts(table, desk.zhou, "2026-11-21")
    case = desk.inquiry(now=at("09:00"))
    lin = {"giver": desk.lin, "actor": desk.lin.user, "now": NOW}
    content = {"customer_questions": "王女士 13800004545 问改址", "todo": "", "extra": "x"}

    assert refused("field_required", book.write, **lin, content=content).field == "todo"
    content["todo"] = "无"
    refused("not_allowed", book.write, **lin | {"actor": desk.zhou.user}, content=content)
    refused("same_person", book.write, **lin, content=content, addressee=desk.lin)
    given = HandOverItem(case, desk.zhou, "等网点回电")
    (handed,) = desk_services.hand_over(
        giver=desk.lin, items=[given], actor=desk.lin.user, now=at("17:20")
    )
    entry = book.write(**lin, content=content, addressee=desk.zhou)
    assert list(entry.cases.all()) == [handed]  # named, not repeated
    assert set(entry.content) == {"customer_questions", "todo"}
    assert "13800004545" not in str(entry.content)
    refused("written_already", book.write, **lin, content=content)
    assert Event.objects.get(kind=Event.Kind.BOOK).user_id == desk.zhou.user_id

    # The day after, at his own start: nobody else signs for him, and not twice.
    morning = {"now": at("2026-11-21 07:55")}
    refused("same_person", book.sign, entry=entry, taker=desk.lin, actor=desk.lin.user, **morning)
    refused("not_allowed", book.sign, entry=entry, taker=desk.wang, actor=desk.wang.user, **morning)
    (gap,) = selectors.gaps(desk.query_desk, rules_of(desk), date(2026, 11, 20), now=at("20:00"))
    assert (gap.given, gap.signed, gap.entry.taker) == (True, False, None)
    assert [one.giver for one in selectors.unsigned(announced.may_address(desk.chen.user))] == [
        desk.lin
    ]
    book.sign(entry=entry, taker=desk.zhou, actor=desk.zhou.user, now=at("2026-11-21 08:00"))
    refused("signed_already", book.take_back, entry=entry, actor=desk.lin.user, **morning)
    assert ShiftCheck.objects.filter(employee=desk.zhou, edge="start").exists()
    # The one whose shift ended without a page is listed.
    late = at("2026-11-21 17:31")
    gaps = selectors.gaps(desk.query_desk, rules_of(desk), date(2026, 11, 21), now=late)
    assert [(gap.shift.employee, gap.wants_page, gap.signed) for gap in gaps] == [
        (desk.zhou, True, True)
    ]
    for change in (
        lambda: BookEntry.objects.update(content={}),
        lambda: BookEntry.objects.update(taker=desk.wang),
        lambda: BookEntry.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.rule("SD-321.02", "SD-331.11", "SD-341.03", "SD-341.06", "SD-233.53")
def test_who_goes_checks_the_power_and_his_tasks_and_who_comes_his_uniform(desk):
    desk.work_by("SD-3")
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-20")
    meetings.plan(now=at("07:00"))
    meeting = desk.query_desk.meetings.get(subject="weekly_meeting", on=date(2026, 11, 20))
    lead = {"actor": desk.chen.user, "now": at("08:10")}
    task = meeting_items.assign(
        meeting=meeting, text="回访三家", owner=desk.lin, due_on=date(2026, 11, 20), **lead
    )
    lin = {"giver": desk.lin, "actor": desk.lin.user, "now": NOW, "content": {"todo": "回访一家"}}

    said = refused("not_checked", book.write, **lin, ticked=["power_off"])
    assert "检查电器" in str(said)
    assert book.leaving(desk.lin, now=NOW)[0] is False  # warned
    ticked = ["power_off", "appliances_checked"]
    entry = book.write(**lin, ticked=ticked)  # and not kept back
    check = ShiftCheck.objects.get(edge="end")
    assert check.open_tasks == [{"item": task.pk, "text": "回访三家"}]
    refused("not_allowed", book.consent, check=check, actor=desk.lin.user, now=NOW)
    book.consent(check=check, actor=desk.chen.user, now=NOW)
    assert book.leaving(desk.lin, now=NOW, consents=["supervisor"])[0] is True
    zhou = {"entry": entry, "taker": desk.zhou, "actor": desk.zhou.user, "now": at("18:00")}
    refused("not_checked", book.sign, **zhou)
    assert book.sign(**zhou, ticked=["uniform"]).taker == desk.zhou
    # A shift that leaves cases behind has no page under a rulebook that wants them done or handed over.
    desk.inquiry(now=at("09:00"), owner=desk.wang)
    wang = {"giver": desk.wang, "actor": desk.wang.user, "now": NOW, "content": {"todo": "无"}}
    book.write(**wang, ticked=ticked)
    stricter = RulebookVersion.objects.get(rulebook__code="SD-2", number=1)
    Assignment.objects.create(
        version=stricter, department=desk.query_desk, effective_on=date(2026, 11, 21)
    )
    refused("cases_left", book.write, **wang | {"now": NOW + timedelta(days=1)})

    # Something suspicious: who leads hears of it at once; whom of security was told stands there.
    report = book.report_danger(
        reported_by=desk.lin, place="北门", text="陌生人徘徊", actor=desk.lin.user, now=NOW
    )
    rung = Event.objects.filter(kind=Event.Kind.SAFETY).values_list("user_id", flat=True)
    assert set(rung) == {desk.wang.user_id, desk.chen.user_id, desk.he.user_id}
    refused("not_allowed", book.tell_security, report=report, security="老李", actor=desk.zhou.user, now=NOW)  # fmt: skip
    told = book.tell_security(report=report, security="老李", actor=desk.lin.user, now=NOW)
    assert (told.told_by, told.security) == (desk.lin.user, "老李")


@pytest.mark.rule("CD-03.12")
def test_cases_left_behind_before_a_day_off_cost_ten_yuan_once_a_shift(desk):
    table = roster(desk)
    shifts(table, desk.lin, "2026-11-19")  # off on the 20th
    shifts(table, desk.zhou, "2026-11-19", "2026-11-20")  # comes back
    shifts(table, desk.wang, "2026-11-19")
    case = desk.inquiry(now=at("2026-11-19 09:00"))
    desk.inquiry(now=at("2026-11-19 09:00"))
    desk.inquiry(now=at("2026-11-19 09:00"), owner=desk.zhou)
    handed = desk.inquiry(now=at("2026-11-19 09:00"), owner=desk.wang)
    desk_services.hand_over(
        giver=desk.wang,
        items=[HandOverItem(handed, None, "等回电")],
        actor=desk.wang.user,
        now=at("2026-11-19 17:20"),
    )

    assert missed_hand_overs.sweep(now=at("2026-11-19 23:59")) == 0  # the day is not over
    assert missed_hand_overs.sweep(now=at("2026-11-20 00:10")) == 1
    assert missed_hand_overs.sweep(now=at("2026-11-20 00:40")) == 0
    entry = RegisterEntry.objects.get(clause="CD-03.12")
    assert (entry.employee, entry.happened_on, entry.state) == (
        desk.lin,
        date(2026, 11, 19),
        "counted",
    )
    assert len(entry.inputs["cases"]) == 2
    assert case.number in entry.reason

    # As many questions for twenty people as for two.
    def questions(n, day):
        for k in range(n):
            who = inspector(desk, f"9{day[-2:]}{k}", "同事", "agent", of=desk.query_desk)
            shifts(table, who, day)
            desk.inquiry(now=at(f"{day} 09:00"), owner=who)
        with CaptureQueriesContext(connection) as asked:
            made = missed_hand_overs.sweep(now=at(f"{day} 23:59") + timedelta(minutes=2))
        assert made == n
        return len(asked)

    assert questions(2, "2026-11-22") == questions(20, "2026-11-25")


@pytest.mark.rule("OS-04.11")
def test_an_announcement_reaches_its_audience_and_each_confirmation_has_its_moment(desk):
    desk.work_by("OS")
    chen = {"actor": desk.chen.user, "now": NOW}
    given = {"kind": "assignment", "title": "双十二排查", "body": "今晚先清退款"}
    to = {"departments": [desk.query_desk]}

    refused("not_allowed", announcements.publish, **given, **to, actor=desk.lin.user, now=NOW)
    refused("not_allowed", announcements.publish, **given, everyone=True, **chen)
    refused("no_audience", announcements.publish, **given, **chen)
    refused("not_allowed", announcements.publish, **given, departments=[desk.front_desk], actor=desk.wang.user, now=NOW)  # fmt: skip
    for bad, code in (
        (("a.exe", b"MZ"), "file_type"),
        (("a.pdf", b"<html>"), "file_type"),
        (("a.pdf", b"%PDF-" + b"0" * 5_000_000), "file_too_large"),
    ):
        assert (
            refused(code, announcements.publish, **given, **to, attached=[bad], **chen).field
            == "attached"
        )
    one = announcements.publish(**given, **to, attached=[PDF, PDF], **chen)
    assert AnnouncementFile.objects.get().content.open() == PDF[1]
    assert announcements.receipt_wanted(one)
    assert [row.employee.name for row in announced.missing(one, desk.chen.user)] == [
        "何静",
        "王芳",
        "林小月",
        "周明",
    ]
    refused("not_allowed", announcements.confirm, announcement=one, employee=desk.lin, actor=desk.zhou.user, now=NOW)  # fmt: skip
    lin = {"announcement": one, "employee": desk.lin, "actor": desk.lin.user}
    announcements.confirm(**lin, now=at("18:00"))
    assert announcements.confirm(**lin, now=at("19:00")).confirmed_at == at("18:00")
    # Reminded a day later, those only who have not; who has joined since gets it then.
    desk.lin.refresh_from_db()
    assert announcements.sweep(now=NOW) == 0
    assert announcements.sweep(now=NOW + timedelta(days=1)) == 3
    assert announcements.urge(announcement=one, **chen) == 3
    with pytest.raises(DatabaseError), transaction.atomic():
        AnnouncementRecipient.objects.filter(employee=desk.lin).update(confirmed_at=None)
    refused("not_allowed", announcements.withdraw, announcement=one, reason="错", actor=desk.wang.user, now=NOW)  # fmt: skip
    announcements.withdraw(announcement=one, reason="写错日期", **chen)
    assert not announced.unconfirmed(desk.zhou.pk).exists()
    refused("withdrawn", announcements.confirm, **lin | {"employee": desk.zhou, "actor": desk.zhou.user}, now=NOW)  # fmt: skip


@pytest.mark.rule("OS-05.05", "OS-05.06", "OS-05.07")
def test_a_product_is_explained_and_known_by_all_before_it_comes_on_sale(desk):
    desk.work_by("OS")
    chen = {"actor": desk.chen.user, "now": NOW}
    given = {
        "kind": "product",
        "title": "冬季新品",
        "body": "见附件",
        "departments": [desk.query_desk],
    }
    launch = at("2026-11-25 10:00")

    assert refused("no_launch", announcements.publish, **given, **chen).field == "launch_at"
    refused("no_launch", announcements.publish, **given, launch_at=NOW, **chen)
    one = announcements.publish(**given, launch_at=launch, large=True, **chen)
    # The team is briefed first; so many at once, on site, with everybody's attendance.
    call = {"department": desk.query_desk, "subject": "product_training", "announcement": one}
    refused("after_launch", meetings.call, **call, starts_at=launch, **chen)
    refused("on_site", meetings.call, **call, starts_at=at("2026-11-23 09:00"), mode="online", **chen)  # fmt: skip
    refused("not_briefed", announcements.launch, announcement=one, **chen)
    meeting = meetings.call(
        **call, starts_at=at("2026-11-23 09:00"), minute_taker=desk.wang, **chen
    )
    assert meeting.mode == "on_site"
    people = [desk.lin, desk.zhou, desk.wang, desk.he]
    meetings.hold(meeting=meeting, came=people, actor=desk.chen.user, now=at("2026-11-23 09:00"))
    # Due before the launch: a day ahead those who do not know it are reminded, and who heads them hears of it.
    assert announcements.sweep(now=at("2026-11-24 09:59")) == 0
    assert announcements.sweep(now=at("2026-11-24 10:00")) == 4
    assert Event.objects.filter(kind=Event.Kind.ANNOUNCEMENT, data__what="not_known").exists()
    said = refused("not_known", announcements.launch, announcement=one, **chen)
    assert "4 人" in str(said)
    for person in people[:-1]:
        announcements.confirm(
            announcement=one, employee=person, actor=person.user, now=at("2026-11-24 11:00")
        )
    # The last time at the launch itself, however late it was reminded the day before.
    Announcement.objects.filter(pk=one.pk).update(remind_at=at("2026-11-24 23:00"))
    assert announcements.sweep(now=at("2026-11-24 23:00")) == 1
    assert announced.unknown_in_time(one, at("2026-11-25 09:59")) == 0
    assert announcements.sweep(now=at("2026-11-25 09:59")) == 0
    assert announcements.sweep(now=launch) == 1
    assert announcements.sweep(now=at("2026-11-26 23:00")) == 0
    late = Event.objects.filter(kind=Event.Kind.ANNOUNCEMENT, data__what="launch_late")
    assert {event.user_id for event in late} >= {desk.chen.user_id}
    assert announced.unknown_in_time(one, launch) == 1
    refused("not_known", announcements.launch, announcement=one, **chen)
    announcements.confirm(announcement=one, employee=desk.he, actor=desk.he.user, now=launch)
    assert announced.unknown_in_time(one, launch) == 0
    assert announcements.launch(announcement=one, **chen).launched_at == NOW
