"""The line breaks while somebody writes: the page says so, nothing written is lost, and it comes back by itself."""

import pytest
from playwright.sync_api import Page, expect

from kefu import clock
from kefu.cases.models import Interaction

pytestmark = pytest.mark.unplugged

LOST = "连接中断，正在重连；您输入的内容已保留。"


def away(page: Page, *, offline: bool) -> None:
    """The network's plug, pulled and put back."""
    page.context.set_offline(offline)


def test_a_page_whose_line_broke_says_so_and_comes_back_by_itself(office, sit_down):
    lin = sit_down("0826")
    banner = lin.locator("#offline")
    expect(lin.locator("[data-live-sign]")).to_have_text("实时更新中")

    office.running.kill("web")
    try:
        expect(banner).to_contain_text(LOST)
        expect(banner.get_by_role("button", name="马上重试")).to_be_visible()
        expect(lin.locator("[data-live-sign]")).to_have_text("更新停了")
    finally:
        office.running.start("web")

    expect(banner).to_contain_text("已恢复")
    expect(lin.locator("[data-live-sign]")).to_have_text("实时更新中")


def test_what_is_written_without_a_line_is_kept_and_recorded_once(office, sit_down):
    case = office.centre.inquiry(now=clock.now())
    lin = sit_down("0826")
    lin.goto(f"/cases/{case.number}/")
    away(lin, offline=True)
    reply = lin.locator("#compose-reply textarea")
    reply.fill("您好，件在成都，今晚派送")
    lin.get_by_label("实质答复").check()
    lin.keyboard.press("Control+Enter")
    said = lin.locator("#toasts")
    expect(said).to_contain_text("没有发出：网络不通。你写的还在，恢复后再发。")
    expect(reply).to_have_value("您好，件在成都，今晚派送")

    away(lin, offline=False)
    said.get_by_role("button", name="再发一次").click()

    expect(lin.locator("#timeline .contact-out")).to_contain_text("您好，件在成都，今晚派送")
    assert Interaction.objects.filter(case=case, action="answered").count() == 1


def test_a_half_filled_new_case_outlives_a_broken_line_and_a_reload(office, sit_down):
    lin = sit_down("0826")
    lin.goto("/new/")
    away(lin, offline=True)
    text = lin.get_by_role("textbox", name="原文")
    text.fill("客户说件还没有到，电话稍后补")
    expect(lin.locator("#paste [data-draft-sign]").first).to_contain_text("草稿已存")

    away(lin, offline=False)
    lin.reload()

    expect(text).to_have_value("客户说件还没有到，电话稍后补")
