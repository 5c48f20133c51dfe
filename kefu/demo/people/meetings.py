"""What is announced and confirmed, meetings with their minutes, and the book that the shifts hand over by."""

from datetime import datetime, timedelta
from typing import Any

from kefu.clock import SHANGHAI
from kefu.demo.people import LEAD, MANAGER, SUPERVISOR, People, moment
from kefu.policy.rulebook import Rulebook
from kefu.rulebooks.selectors import edition, edition_in_force
from kefu.staff.models import Department, Employee
from payroll.models import Announcement, Meeting, RosteredShift
from payroll.selectors.book import ticks_at_end, ticks_at_start
from payroll.selectors.meetings import agenda
from payroll.services import announcements, book, meeting_items, meetings, minutes

A_DAY = timedelta(days=1)
PAGES = 6  # days of the hand-over book
TO_DO = ("两票等网点底单，明早九点前催", "客户要求下午三点回电", "一票改址已受理，等派件确认", "无")
ASKED = ("成都方向中转慢，解释口径见群公告", "多位客户问周末是否派送", "无特别情况")


def plan(people: People) -> None:
    first = people.last + 3 * A_DAY
    for when, title, body, everyone in (
        (moment(first, "09:00"), "旺季话务安排", "本月起上午八点到十点全员接线，示忙先告知组长。", False),
        (moment(people.this + A_DAY, "10:00"), "更换考勤机的通知", "新考勤机装在前台左侧，旧卡照用；打不上的当天补签。", True),
        (people.now - timedelta(hours=6), "系统今晚升级", "今晚 23:30 起约十分钟不能登录，请提前交接。", True),
    ):  # fmt: skip
        people.at(when, announce, people, title, body, everyone)
    for day in (people.last + 7 * A_DAY, people.this + 6 * A_DAY):
        people.at(moment(day, "09:00"), call, people)
    for n in range(PAGES, -1, -1):
        people.at(moment(people.today - n * A_DAY, "06:10"), pages, people)
    people.at(moment(people.this + 8 * A_DAY, "18:20"), suspicious, people)


# Announcements.


def announce(people: People, title: str, body: str, everyone: bool, *, now: datetime) -> None:
    to = {"everyone": True} if everyone else {"departments": [people.seeder.departments["query"]]}
    made = announcements.publish(
        kind=Announcement.Kind.NOTICE,
        title=title,
        body=body,
        actor=people.user(MANAGER if everyone else SUPERVISOR),
        now=now,
        **to,
    )
    young = now > people.now - timedelta(days=1)
    for row in made.recipients.select_related("employee").order_by("employee__number"):
        agent = row.employee.number == "0826"  # who signs in to see the queue
        if agent or people.chance.random() < (0.4 if young else 0.93):
            later = now + timedelta(minutes=3 if agent else people.chance.randrange(4, 300))
            people.at(later, confirm, people, made, row.employee.number)


def confirm(people: People, made: Announcement, number: str, *, now: datetime) -> None:
    one = people.one(number)
    announcements.confirm(announcement=made, employee=one, actor=one.user, now=now)


# Meetings.


def call(people: People, *, now: datetime) -> None:
    meeting = meetings.call(
        department=Department.objects.get(code="query"),
        subject=Meeting.Subject.WEEKLY,
        starts_at=now + timedelta(hours=8),
        ends_at=now + timedelta(hours=9),
        chair=people.one(SUPERVISOR),
        minute_taker=people.one("0827"),
        note="本周超时件复盘",
        actor=people.user(SUPERVISOR),
        now=now,
    )
    people.at(now + timedelta(hours=8), hold, people, meeting)


def hold(people: People, meeting: Meeting, *, now: datetime) -> None:
    head = people.user(SUPERVISOR)
    came = [people.one(number) for number in (SUPERVISOR, LEAD, "0826", "0827", "0828", "0831")]
    meeting = meetings.hold(meeting=meeting, came=came, actor=head, now=now)
    raised = meeting_items.raise_issue(
        department=meeting.department,
        text="成都方向网点晚上没人接电话，夜里的件催不动",
        raised_by=people.one("0828"),
        meeting=meeting,
        actor=people.user("0828"),
        now=now + timedelta(minutes=12),
    )
    meeting_items.decide(
        item=raised,
        measure="建立夜间值班号码表，每周核对一次",
        owner=people.one(LEAD),
        due_on=now.date() + 5 * A_DAY,
        actor=head,
        now=now + timedelta(minutes=20),
    )
    task = meeting_items.assign(
        meeting=meeting,
        text="把三例超时件写成话术样例",
        owner=people.one("0831"),
        due_on=now.date() + 3 * A_DAY,
        actor=head,
        now=now + timedelta(minutes=30),
    )
    people.at(now + 2 * A_DAY, finish, people, task)
    minutes.save_draft(meeting=meeting, texts=_texts(meeting), actor=head, now=now)
    people.at(now + timedelta(minutes=70), circulate, people, meeting)


def _texts(meeting: Meeting) -> dict[str, str]:
    said = "本周一次解决率上升，超时件集中在两个网点，已分人盯；下周重点是回访。"
    return {part.code: said for part in agenda(edition(meeting.rulebook_id).rules, meeting.subject)}


def circulate(people: People, meeting: Meeting, *, now: datetime) -> None:
    made = minutes.circulate(meeting=meeting, actor=people.user("0827"), now=now)
    for n, number in enumerate((SUPERVISOR, LEAD, "0827", "0828", "0831")):
        people.at(now + timedelta(hours=2 + 3 * n), sign, people, made, number)
    if now < people.now - timedelta(days=20):
        people.at(now + timedelta(hours=20), sign, people, made, "0826")


def sign(people: People, made: Any, number: str, *, now: datetime) -> None:
    one = people.one(number)
    minutes.sign(minutes=made, employee=one, actor=one.user, now=now)


def finish(people: People, task: Any, *, now: datetime) -> None:
    meeting_items.finish(
        item=task, result="已写好三例，放进知识库", actor=people.user("0831"), now=now
    )


# The book.


def pages(people: People, *, now: datetime) -> None:
    """Who works today writes a page as the shift ends; the next one signs it in the morning."""
    day = now.astimezone(SHANGHAI).date()
    shifts = RosteredShift.objects.on_duty().filter(
        day=day, name="day", employee__number__in=["0826", "0827", "0828", "0831"]
    )
    there = [shift.employee.number for shift in shifts.select_related("employee").order_by("pk")]
    if len(there) > 1:
        giver, taker = there[:2] if day.day % 2 else there[1::-1]
        people.at(moment(day, "17:25"), write, people, giver, taker)


def write(people: People, giver: str, taker: str, *, now: datetime) -> None:
    one = people.one(giver)
    entry = book.write(
        giver=one,
        content={
            "customer_questions": people.chance.choice(ASKED),
            "todo": people.chance.choice(TO_DO),
        },
        addressee=people.one(taker),
        ticked=[line.name for line in ticks_at_end(_rules(one, now))],
        actor=one.user,
        now=now,
    )
    people.at(moment(now.astimezone(SHANGHAI).date() + A_DAY, "08:02"), take, people, entry, taker)


def take(people: People, entry: Any, taker: str, *, now: datetime) -> None:
    one = people.one(taker)
    ticked = [line.name for line in ticks_at_start(_rules(one, now))]
    book.sign(entry=entry, taker=one, ticked=ticked, actor=one.user, now=now)


def _rules(one: Employee, now: datetime) -> Rulebook:
    return edition_in_force(department_id=one.department_id, at=now).rules


def suspicious(people: People, *, now: datetime) -> None:
    one = people.one("0891")
    report = book.report_danger(
        reported_by=one,
        place="三号库北门",
        text="陌生人徘徊，问能不能进库拿件",
        actor=one.user,
        now=now,
    )
    book.tell_security(report=report, security="园区保安室", actor=one.user, now=now)
