"""A rule changes: drafted, seen in the comparison, published by a second person, read by those it binds."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from kefu import clock
from kefu.clock import SHANGHAI
from kefu.rulebooks.models import Acknowledgement, Assignment, RulebookVersion
from kefu.rulebooks.selectors import edition_in_force
from kefu.staff.models import Employee


@pytest.fixture
def zhou(office) -> Iterator[Employee]:
    """Sits at the front desk for once, so that the query desk of the other tests keeps its rules."""
    zhou = office.centre.zhou
    Employee.objects.filter(pk=zhou.pk).update(department=office.centre.front_desk)
    yield zhou
    Employee.objects.filter(pk=zhou.pk).update(department=office.centre.query_desk)


@pytest.mark.rule("CD-05.10")
def test_the_two_hour_fine_goes_from_200_to_100(office, sit_down, zhou):
    chen, he, agent = sit_down("0801"), sit_down("0802"), sit_down("0831")
    latest = RulebookVersion.objects.filter(rulebook__code="CD").latest("number")

    draft = start_a_draft(chen, latest)
    find_the_clause(chen)
    change_the_fine(chen)
    see_the_difference(chen, draft)
    try_it_out(chen, draft)
    the_drafter_cannot_publish(chen, draft)
    publish(he, draft)
    assign_to_the_front_desk(he, draft, office)
    confirm_reading(agent, zhou, draft)

    using = edition_in_force(department_id=office.centre.front_desk.pk, at=clock.now())
    assert (using.number, using.rules["CD-05.10"].fine) == (draft.number, 100)


def page_of(version: RulebookVersion, name: str = "change") -> str:
    return f"/admin/rulebooks/rulebookversion/{version.pk}/{name}/"


def start_a_draft(chen: Page, latest: RulebookVersion) -> RulebookVersion:
    chen.goto(page_of(latest))
    chen.get_by_role("link", name="起草新版").click()
    chen.get_by_role("button", name="确定").click()
    expect(chen.get_by_text("一条都没有改")).to_be_visible()
    return RulebookVersion.objects.get(rulebook__code="CD", state="draft")


def find_the_clause(chen: Page) -> None:
    """Among hundreds, by a word in it."""
    clauses = chen.locator("#clauses tr[data-words]:visible")
    expect(clauses).not_to_have_count(1)
    chen.get_by_role("searchbox", name="找条款").fill("超2小时")
    expect(clauses).to_have_count(1)
    expect(chen.get_by_text("找到 1 条")).to_be_visible()


def change_the_fine(chen: Page) -> None:
    chen.get_by_role("link", name="修改 CD-05.10").click()
    fine = chen.get_by_label("罚款（元）")
    expect(fine).to_have_value("200.00")
    fine.fill("一百")
    chen.get_by_role("button", name="保存").click()
    expect(chen.get_by_role("alert").filter(has_text="要填数字")).to_be_visible()
    fine.fill("100")
    chen.get_by_role("button", name="保存").click()
    expect(chen.get_by_text("CD-05.10 已保存")).to_be_visible()
    expect(chen.locator('[id="CD-05.10"]')).to_contain_text("有改动")
    chen.get_by_label("只看有改动的 1 条").check()
    expect(chen.locator("#clauses tr[data-words]:visible")).to_have_count(1)


def see_the_difference(chen: Page, draft: RulebookVersion) -> None:
    chen.get_by_role("link", name="逐条看改了什么").click()
    changed = chen.locator('tbody[id="CD-05.10"]')
    expect(changed.locator("del")).to_have_text("200.00")
    expect(changed.locator("ins")).to_have_text("100.00")


def try_it_out(chen: Page, draft: RulebookVersion) -> None:
    """Nothing was decided last month, so nothing is in the way of publishing."""
    chen.goto(page_of(draft))
    chen.get_by_role("link", name="试算", exact=True).last.click()
    chen.get_by_role("button", name="试算", exact=True).click()
    expect(chen.get_by_text("这几个月没有按“快递客服部管理制度”作出的裁定")).to_be_visible()


def the_drafter_cannot_publish(chen: Page, draft: RulebookVersion) -> None:
    publish(chen, draft, told=f"CD@{draft.number}：起草人不能发布自己的草稿")
    draft.refresh_from_db()
    assert draft.state == "draft"


def publish(page: Page, draft: RulebookVersion, told: str = "已发布，以后不能再改") -> None:
    page.goto(page_of(draft))
    page.get_by_role("link", name="发布", exact=True).click()
    page.get_by_label("生效日期").fill(f"{today()}")
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_text(told)).to_be_visible()


def today() -> str:
    return clock.now().astimezone(SHANGHAI).date().isoformat()


def assign_to_the_front_desk(he: Page, draft: RulebookVersion, office) -> None:
    he.get_by_role("link", name="指定适用").click()
    he.get_by_label("部门").select_option(label="前台")
    he.get_by_label("生效日期").fill(today())
    he.get_by_role("button", name="保存", exact=True).click()
    he.wait_for_url("/admin/rulebooks/assignment/")
    assert Assignment.objects.get(version=draft).department == office.centre.front_desk


def confirm_reading(agent: Page, zhou: Employee, draft: RulebookVersion) -> None:
    agent.goto("/")
    notice = agent.locator("#notices").get_by_text("你还没有确认阅读")
    expect(notice).to_be_visible()
    agent.get_by_role("link", name="去读").click()
    expect(agent.locator(".changes")).to_contain_text("罚款（元） 200.00 → 100.00")

    found = agent.locator("#clauses")
    agent.get_by_role("searchbox", name="在规章里找").fill("超2小时")
    expect(found.get_by_role("status")).to_contain_text("找到 1 条")
    expect(found).to_contain_text("CD-05.10")

    agent.get_by_role("button", name="我已阅读").click()
    expect(agent.get_by_text("确认已阅读")).to_be_visible()
    agent.goto("/")
    expect(notice).to_be_hidden()
    said = Acknowledgement.objects.get(version=draft)
    assert said.employee == zhou
    assert clock.now() - said.at < timedelta(minutes=1)
