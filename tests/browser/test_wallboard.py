"""What supervisors look at: the front page, each figure with its rows; the screen on the wall, live and from afar."""

import re

import pytest
from playwright.sync_api import Page, expect

from kefu import clock
from kefu.cases.models import Case
from kefu.overview import services

SMALLEST = """() => {
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize) / 10;  // 1 at 1920×1080
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim(), holder = texts.currentNode.parentElement;
    if (!text || !holder.checkVisibility() || holder.closest(".unseen")) continue;
    const size = parseFloat(getComputedStyle(holder).fontSize) / root;
    if (size < 25.9) found.push(`${text}: ${size}`);
  }
  return found;
}"""
CUT = """() => [...document.querySelectorAll(".panel, .parts > *, .left li")].filter(
  (one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1
).map((one) => `${one.className}: ${one.textContent.trim().slice(0, 30)}`)"""


@pytest.fixture
def screen(office, browser) -> Page:
    """A TV that nobody signed in at."""
    context = browser.new_context(
        base_url=office.url, viewport={"width": 1920, "height": 1080}, locale="zh-CN"
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    yield page
    assert page.wrong == []
    context.close()


def test_a_figure_of_the_front_page_opens_its_rows(office, sit_down):
    office.centre.inquiry(now=clock.now())
    chen = sit_down("0801")
    chen.goto("/admin/")
    expect(chen.get_by_role("heading", name="到期的承诺")).to_be_visible()

    chen.get_by_role("link", name="今年", exact=True).click()
    expect(chen.get_by_role("link", name="今年", exact=True)).to_have_attribute(
        "aria-current", "true"
    )
    figures = chen.locator(".kd-promises tbody td:nth-child(2) a.kd-fig")
    numbers = [int(text.replace(",", "")) for text in figures.all_inner_texts()]
    fewest = min(numbers)  # so that the list is one page
    figures.nth(numbers.index(fewest)).click()

    expect(chen.locator("#result_list .action-select")).to_have_count(fewest)
    assert "due_at__gte" in chen.url


def test_the_wall_is_legible_live_and_ends_with_its_link(office, screen):
    centre = office.centre
    link = services.make_wallboard_link(
        name="大厅", department=None, actor=centre.chen.user, now=clock.now()
    )
    centre.inquiry(now=clock.now())
    screen.goto(f"/wallboard/{link.token}/")
    shown = screen.locator("#h-left + p b")
    expect(shown).to_have_text(str(Case.objects.open().count()))
    expect(screen.locator("[data-clock]")).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))
    for size in ({"width": 1920, "height": 1080}, {"width": 3840, "height": 2160}):
        screen.set_viewport_size(size)
        assert screen.evaluate(SMALLEST) == []
        assert screen.evaluate(CUT) == []

    centre.inquiry(now=clock.now())
    expect(shown).to_have_text(str(Case.objects.open().count()))
    screen.get_by_role("button", name="深浅色").click()
    screen.reload()
    assert screen.locator("#dark").get_attribute("media") == "not all"

    services.revoke_wallboard_link(link=link, actor=centre.he.user, now=clock.now())
    expect(screen.locator("#wall > *")).to_have_count(0)
    expect(screen.get_by_text("连不上，数据停在")).to_be_visible()
