"""A day of the people: punched, scored, swapped, decided; then their month, paid, locked, and one line of it mended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.network.models import Party
from kefu.policy.calendars import Calendar
from kefu.policy.moments import DAY
from kefu.rulebooks.models import Assignment, RulebookVersion
from kefu.staff.models import Department, Employee, User
from payroll.models import (
    Employment,
    PayAcknowledgement,
    PayAdjustment,
    PayRun,
    Payslip,
    PayTerms,
    Placement,
    Punch,
    RegisterEntry,
    Roster,
    RosteredShift,
    Wage,
)
from payroll.services import register, rosters
from tests import centre as world
from tests.browser.keys import press
from tests.payroll.house import work

SUN, QIAN, ZHAO, LUO, TAN = "0871", "0872", "0873", "0874", "0875"
LOCAL = "%Y-%m-%dT%H:%M"
HALF_HOUR = timedelta(minutes=30)


@dataclass
class Desk:
    """Sun and Qian take calls under Zhao by the hundred-point rulebook; Luo manages the centre, Tan its people."""

    department: Department
    version: RulebookVersion
    people: dict[str, Employee]
    today: date

    @property
    def month(self) -> date:
        """The month that is over."""
        return (self.today.replace(day=1) - DAY).replace(day=1)

    def user(self, number: str) -> User:
        return self.people[number].user


@pytest.fixture(scope="module")
def desk(office, django_db_blocker) -> Iterator[Desk]:
    with django_db_blocker.unblock():
        now = clock.now()
        today = now.astimezone(SHANGHAI).date()
        department = Department.objects.create(code="hundred", name="服务二部", name_en="Service 2")
        version = RulebookVersion.objects.get(rulebook__code="SD-2", number=1)
        since = (today - 70 * DAY).replace(day=1)
        Assignment.objects.create(version=version, department=department, effective_on=since)
        made = Desk(department, version, {}, today)
        for number, name, role in (
            (SUN, "孙丽", User.Role.AGENT),
            (QIAN, "钱进", User.Role.AGENT),
            (ZHAO, "赵主管", User.Role.SUPERVISOR),
            (LUO, "罗经理", User.Role.MANAGER),
            (TAN, "谭人事", User.Role.HR),
        ):
            made.people[number] = hire(made, number, name, role, office.centre.lin, since)
        for one in made.people.values():
            Wage.objects.create(
                employee=one, from_on=since, base=Decimal(3000), reason="合同",
                recorded_by=made.user(TAN), recorded_at=now,
            )  # fmt: skip
        PayTerms.objects.create(
            edition="扬州", from_month=since, share=Decimal("0.20"), minimum_wage=Decimal(2200), payday=10,
            leave_shares={}, calendar=every_weekday(today), written_by=made.user(TAN), written_at=now,
            confirmed_by=made.user(LUO), confirmed_at=now,
        )  # fmt: skip
    yield made
    with django_db_blocker.unblock():
        people = [one.user_id for one in made.people.values()]
        User.objects.filter(pk__in=people).update(is_active=False)
        Employee.objects.filter(user__in=people).update(status=Employee.Status.LEFT)
        Department.objects.filter(pk=department.pk).update(active=False)


def hire(made: Desk, number: str, name: str, role: str, like: Employee, since: date) -> Employee:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create_user(
        number, password=world.PASSWORD, first_name=name, role=role, party=party,
        is_staff=role != User.Role.AGENT,
    )  # fmt: skip
    one = Employee.objects.create(
        user=user, party=party, number=number, name=name, department=made.department,
        position=like.position, channels=["phone"],
    )  # fmt: skip
    Employment.objects.create(employee=one, hired_on=since)
    Placement.objects.create(
        employee=one, department=made.department, position=like.position, from_on=since,
        recorded_at=clock.now(),
    )  # fmt: skip
    return one


def every_weekday(today: date):
    hours = dict.fromkeys(range(1, 7), (("09:00", "18:00"),))
    return Calendar.plain(hours, years=(today.year - 1, today.year)).model_dump(mode="json")


def shift(desk: Desk, who: str, starts_at: datetime, hours: int) -> RosteredShift:
    """A shift of a roster that hangs already."""
    day, until = starts_at.astimezone(SHANGHAI).date(), starts_at + timedelta(hours=hours)
    roster = Roster.objects.create(
        department=desk.department, starts_on=day, ends_on=day, state="published",
        made_by=desk.user(ZHAO), made_at=clock.now(), published_by=desk.user(ZHAO),
        published_at=clock.now(),
    )  # fmt: skip
    return RosteredShift.objects.create(
        roster=roster, employee=desk.people[who], day=day, name="early", live=True,
        starts_at=starts_at, ends_at=until, windows=[[starts_at.isoformat(), until.isoformat()]],
    )  # fmt: skip


def line(desk: Desk, clause: str, kind: str, day: date, reason: str, by: str) -> RegisterEntry:
    return register.enter(
        employee=desk.people[SUN], clause=clause, rulebook_id=desk.version.pk, kind=kind,
        happened_on=day, reason=reason, verified=True, actor=desk.user(by), now=clock.now(),
    )  # fmt: skip


# A day.


@pytest.mark.rule("SD-215.01", "SD-215.03", "SD-215.13", "SD-215.14", "SD-233.20", "SD-233.03")
def test_an_agents_day_and_what_her_supervisor_decides_of_it(office, sit_down, desk):
    now = clock.now().replace(second=0, microsecond=0)
    today = shift(desk, SUN, now - timedelta(minutes=20), 9)
    yesterday = shift(desk, SUN, now - timedelta(hours=28), 9)
    Punch.objects.create(
        employee=desk.people[SUN], at=yesterday.starts_at, direction="in", source="clock",
        recorded_at=now,
    )  # fmt: skip
    given, taken = two_shifts_of_one_day(desk)
    line(desk, "SD-233.52", "points", desk.today, "对话框没有关", LUO)

    sun = sit_down(SUN)
    she_comes_late(sun, today)
    she_explains_the_punch_she_forgot(sun, yesterday)
    she_asks_for_overtime(sun, now)
    she_reads_her_score_and_objects(sun)
    she_asks_for_a_swap(sun, given, taken, desk)

    qian = sit_down(QIAN)
    he_agrees_and_asks_for_leave(qian, taken, desk)

    nobody_passes_over_the_supervisor(sit_down(LUO))
    zhao = sit_down(ZHAO)
    she_decides_what_was_asked(zhao)
    she_signs_the_card_and_the_overtime(zhao)
    she_decides_the_objection(zhao)

    sun.goto("/people/score/")
    expect(sun.locator(".head .large")).to_contain_text("100")
    sun.goto(f"/people/shifts/?month={given.day:%Y-%m}")
    expect(sun.locator(".asked li").filter(has_text="换班")).to_contain_text("已生效")
    expect(cell_of(sun, given.day)).to_contain_text(hours(taken))


def two_shifts_of_one_day(desk: Desk) -> tuple[RosteredShift, RosteredShift]:
    """The first day ahead on which Sun and Qian work at different times, of a roster Zhao published."""
    drawn = rosters.draw_up(
        department=desk.department, starts_on=desk.today + DAY, ends_on=desk.today + 20 * DAY,
        actor=desk.user(ZHAO), now=clock.now(),
    )  # fmt: skip
    for n in range(3, 6):  # whatever their turns are: one comes early and one late
        for who, name in ((SUN, "early"), (QIAN, "night")):
            change = rosters.Change(desk.people[who].pk, desk.today + n * DAY, name)
            rosters.change(
                roster=drawn, changes=[change], seen=None, actor=desk.user(ZHAO), now=clock.now()
            )
    rosters.publish(roster=drawn, posts_filled=True, actor=desk.user(ZHAO), now=clock.now())
    for n in range(3, 6):
        own = RosteredShift.objects.in_force().filter(day=desk.today + n * DAY)
        given, taken = (own.get(employee=desk.people[who]) for who in (SUN, QIAN))
        if "holiday" not in (*given.sorts, *taken.sorts):
            return given, taken
    raise AssertionError("three holidays in a row")


def she_comes_late(page: Page, today: RosteredShift) -> None:
    page.goto("/people/attendance/")
    press(page, "i")
    expect(page.get_by_text("已打上班卡")).to_be_visible()
    press(page, "i")  # pressed twice
    expect(page.get_by_text("已打过上班卡")).to_be_visible()
    # Shortly after midnight her shift is one of the day before, and of the month before.
    page.goto(f"/people/attendance/?month={today.day:%Y-%m}")
    expect(page.locator(f'a.day[href$="/shifts/{today.pk}/"]')).to_contain_text("迟 2")


def she_explains_the_punch_she_forgot(page: Page, yesterday: RosteredShift) -> None:
    page.goto(f"/people/attendance/shifts/{yesterday.pk}/")
    form = page.locator("form.fields").filter(has_text="实际时间")
    form.get_by_label("哪张卡").select_option(label="下班")
    left = yesterday.ends_at.astimezone(SHANGHAI)
    form.get_by_label("实际时间").fill(f"{left:%H:%M}")
    form.get_by_label("说明").fill("忘了打卡")
    press(page, "Control+Enter")
    expect(page.get_by_text("已申请补签")).to_be_visible()


def she_asks_for_overtime(page: Page, now: datetime) -> None:
    page.goto("/people/attendance/overtime/")
    begins = (now + timedelta(hours=10)).astimezone(SHANGHAI)
    page.get_by_label("开始").fill(f"{begins:{LOCAL}}")
    page.get_by_label("结束").fill(f"{begins - HALF_HOUR:{LOCAL}}")
    page.get_by_label("事由").fill("盘库")
    press(page, "Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("加班结束要晚于开始")
    page.get_by_label("结束").fill(f"{begins + HALF_HOUR:{LOCAL}}")
    press(page, "Control+Enter")
    expect(page.locator("table.two")).to_contain_text("盘库")


def she_reads_her_score_and_objects(page: Page) -> None:
    page.goto("/people/score/")
    expect(page.locator(".head .large")).to_contain_text("99")
    moved = page.locator("tr.line").filter(has_text="对话框没有关")
    expect(page.locator("table.moved")).to_contain_text("SD-233.52")
    moved.get_by_text("提异议").click()
    moved.get_by_placeholder("哪里不对").fill("客人还在线，录屏可查")
    press(page, "Enter")
    expect(moved).to_contain_text("异议待答复")


def she_asks_for_a_swap(page: Page, given: RosteredShift, taken: RosteredShift, desk: Desk) -> None:
    page.goto(f"/people/shifts/?month={given.day:%Y-%m}")
    press(page, "s")
    form = page.locator("details.ask[open] form")
    form.get_by_label("让出的班").select_option(str(given.pk))
    form.get_by_label("请哪位同事").select_option(str(desk.people[QIAN].pk))
    press(page, "Control+Enter")  # the key that opened the form stands in its first field
    expect(
        form.get_by_role("alert").first
    ).to_be_visible()  # nothing is said of what is handed over
    form.get_by_label("换他的哪个班").select_option(str(taken.pk))
    form.get_by_label("交接说明").fill("两单待回复，下午三点前")
    press(page, "Control+Enter")
    expect(page.locator(".asked li").filter(has_text="换班")).to_contain_text("等同事")


def he_agrees_and_asks_for_leave(page: Page, taken: RosteredShift, desk: Desk) -> None:
    page.goto("/people/shifts/")
    asked = page.locator(".notice").filter(has_text="孙丽 想请你换班")
    expect(asked).to_contain_text("两单待回复")
    asked.get_by_role("button", name="看过交接，同意").click()
    expect(asked).to_have_count(0)
    press(page, "l")
    form = page.locator("details.ask[open] form")
    form.get_by_label("假别").select_option(label="病假")
    day = desk.today + 8 * DAY
    form.get_by_label("从", exact=True).fill(f"{day}T08:00")
    form.get_by_label("到", exact=True).fill(f"{day}T23:50")
    form.get_by_label("事由").fill("复查")
    press(page, "Control+Enter")
    expect(page.locator(".asked li").filter(has_text="病假")).to_contain_text("待审批")


def nobody_passes_over_the_supervisor(page: Page) -> None:
    page.goto("/people/requests/")
    waiting = page.locator("article.wait").filter(has_text="病假")
    expect(waiting).to_contain_text("不能越级")
    expect(waiting.get_by_role("button")).to_have_count(0)


def she_decides_what_was_asked(page: Page) -> None:
    page.goto("/people/requests/")
    swap = page.locator("article.wait").filter(has_text="孙丽 → 钱进")
    expect(swap).to_contain_text("那时在岗")
    press(page, "y")
    expect(swap).to_have_count(0)
    leave = page.locator("article.wait").filter(has_text="病假")
    leave.get_by_role("button", name="不批准").click()
    expect(page.get_by_text("不批准要写理由").first).to_be_visible()
    press(page, "y")
    expect(leave).to_have_count(0)


def she_signs_the_card_and_the_overtime(page: Page) -> None:
    page.goto("/people/attendance/team/")
    card = page.locator("form.decide").filter(has_text="忘了打卡")
    expect(card).to_be_visible()
    press(page, "y")
    expect(card).to_have_count(0)
    more = page.locator("form.decide").filter(has_text="盘库")
    press(page, "y")
    expect(more).to_have_count(0)


def she_decides_the_objection(page: Page) -> None:
    page.goto("/people/register/")
    objection = page.locator(".objection").filter(has_text="录屏可查")
    objection.get_by_label("答复").fill("录屏看过，客人还在线")
    objection.get_by_role("button", name="异议成立").click()
    expect(objection).to_have_count(0)


def cell_of(page: Page, day: date) -> Locator:
    cells = page.locator("table.month td:not(.outside)")
    return cells.filter(has=page.get_by_text(str(day.day), exact=True)).first


def hours(one: RosteredShift) -> str:
    begins, ends = (moment.astimezone(SHANGHAI) for moment in (one.starts_at, one.ends_at))
    return f"{begins:%H:%M}–{ends:%H:%M}"


# A month.


@pytest.mark.rule("SD-233.30", "SD-233.05")
def test_a_pay_run_from_preview_to_lock_and_an_adjustment_next_month(office, sit_down, desk):
    fine = line(desk, "SD-233.30", "fine", desk.month.replace(day=12), "未经同意下线", ZHAO)

    tan = sit_down(TAN)
    run = she_begins_the_month(tan, desk)
    she_has_it_computed(tan, run)

    luo = sit_down(LUO)
    another_approves_and_locks(luo, run)

    sun = sit_down(SUN)
    she_sees_and_acknowledges_her_slip(sun, desk)

    zhao = sit_down(ZHAO)
    the_fine_turns_out_to_be_wrong(zhao, fine)
    it_comes_back_next_month(tan, desk)


def she_begins_the_month(page: Page, desk: Desk) -> PayRun:
    page.goto("/people/pay/runs/")
    ahead = (desk.today.replace(day=1) + 40 * DAY).replace(day=1)
    page.get_by_label("月份").fill(f"{ahead:%Y-%m}")
    press(page, "Enter")
    expect(page.get_by_role("alert")).to_contain_text("还没有开始")
    page.get_by_label("月份").fill(f"{desk.month:%Y-%m}")
    press(page, "Enter")
    expect(page.locator("main")).to_contain_text("在职 5 人")
    return PayRun.objects.get(month=desk.month)


def she_has_it_computed(page: Page, run: PayRun) -> None:
    page.get_by_role("button", name="冻结并计算").click()
    expect(page.locator("#progress")).to_contain_text("正在计算")
    work()
    expect(page.locator("#progress")).to_have_count(0)  # the page has noticed by itself
    expect(page.locator("main")).to_contain_text("由另一个人审批")
    expect(page.get_by_role("button", name="审批通过")).to_have_count(0)
    sun = page.locator("tbody tr").filter(has_text="孙丽")
    expect(sun).to_contain_text("50.00")
    assert run.failures.count() == 0


def another_approves_and_locks(page: Page, run: PayRun) -> None:
    page.goto(f"/people/pay/runs/{run.pk}/")
    page.get_by_role("button", name="审批通过").click()
    page.get_by_role("button", name="锁定这个月").click()
    expect(page.locator("#progress")).to_contain_text("正在锁定")
    work()
    expect(page.locator(".toolbar")).to_contain_text("已锁定")
    expect(page.get_by_role("button", name="作废")).to_have_count(0)


def she_sees_and_acknowledges_her_slip(page: Page, desk: Desk) -> None:
    page.locator(".sidenav summary").get_by_text("人事").click()
    page.get_by_role("link", name="我的工资").click()
    page.get_by_role("link", name=f"{desk.month:%Y-%m}").click()
    fine = page.locator("tr").filter(has_text="SD-233.30")
    expect(fine).to_contain_text("-50.00")
    page.get_by_role("button", name="确认看过").click()
    expect(page.locator("main")).to_contain_text("已由本人确认")
    slip = PayAcknowledgement.objects.get(by=desk.user(SUN)).slip
    other = Payslip.objects.exclude(pk=slip.pk).first()
    answer = page.request.get(f"/people/pay/slips/{other.pk}/")
    assert answer.status == 404


def the_fine_turns_out_to_be_wrong(page: Page, fine: RegisterEntry) -> None:
    page.goto("/people/register/")
    row = page.locator("tr").filter(has_text="未经同意下线")
    row.locator("summary").click()
    row.get_by_label("理由").fill("当时已批准下线")
    row.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销").first).to_be_visible()
    fine.refresh_from_db()
    assert fine.state == "counted"  # the paid month stays as it was paid


def it_comes_back_next_month(page: Page, desk: Desk) -> None:
    assert PayAdjustment.objects.get().of_month == desk.month
    page.goto("/people/pay/runs/")
    page.get_by_label("月份").fill(f"{desk.today:%Y-%m}")
    press(page, "Enter")
    page.get_by_role("button", name="冻结并计算").click()
    expect(page.locator("#progress")).to_be_visible()
    work()
    expect(page.locator("#progress")).to_have_count(0)
    page.get_by_role("link", name="孙丽").click()
    back = page.locator("table.lines tr").filter(has_text="SD-233.30")
    expect(back).to_contain_text("50.00")
    expect(back).to_contain_text(f"{desk.month:%Y-%m}")
