"""The tour of the first day: it comes once an account, by mouse or keys, each step beside what it speaks of."""

import pytest
from playwright.sync_api import Page, expect

from faults.house import wait_until
from kefu import clock
from kefu.partners import services as partners
from kefu.staff.models import User
from tests.browser import walk
from tests.browser.keys import press

pytestmark = pytest.mark.tour

STEPS = {"0826": 6, "0803": 5, "0801": 5}  # agent, shift lead, supervisor


@pytest.fixture(autouse=True)
def first_day(office) -> None:
    User.objects.update(tour_seen_at=None)


def seen(number: str) -> bool:
    return User.objects.filter(username=number, tour_seen_at__isnull=False).exists()


def beside(page: Page) -> bool:
    """What is told of is on the screen, and so is the whole window that tells of it."""
    told: bool = page.evaluate("""() => {
      const shown = ({left, right, top, bottom}) => left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
      return shown(document.getElementById("tour").getBoundingClientRect()) && !!document.querySelector(".toured");
    }""")
    return told


@pytest.mark.parametrize("number", STEPS)
def test_each_role_is_shown_round_once_by_keys(number, office, sit_down):
    page = sit_down(number)
    tour = page.get_by_role("dialog", name="导览")
    expect(tour).to_be_visible()
    assert walk.barriers(page) == []
    for at in range(1, STEPS[number] + 1):
        expect(tour).to_contain_text(f"{at} / {STEPS[number]}")
        assert beside(page), at
        assert not seen(number)
        page.keyboard.press("Enter")  # the button that leads on has the focus
    expect(tour).to_be_hidden()
    wait_until(lambda: seen(number), what="the server keeps that it was seen")

    page.reload()
    page.wait_for_load_state()
    expect(tour).to_be_hidden()

    press(page, "?")
    page.get_by_role("button", name="再看一遍导览").click()
    expect(tour).to_contain_text(f"1 / {STEPS[number]}")
    press(page, "ArrowRight")
    expect(tour).to_contain_text(f"2 / {STEPS[number]}")
    press(page, "Escape")
    expect(tour).to_be_hidden()


def test_who_skips_it_works_on_and_is_not_asked_again(office, sit_down):
    case = office.centre.inquiry(now=clock.now())
    page = sit_down("0826")
    page.get_by_role("dialog", name="导览").get_by_role("button", name="跳过").click()
    wait_until(lambda: seen("0826"), what="the server keeps that it was seen")
    page.goto(f"/cases/{case.number}/")
    page.goto("/")

    expect(page.get_by_role("dialog", name="导览")).to_be_hidden()


def test_an_outlet_is_shown_round_its_own_pages(office, browser):
    account, password = partners.open_account(
        party=office.centre.xian,
        username="yanta",
        name="值班",
        actor=office.centre.chen.user,
        now=clock.now(),
    )
    page = browser.new_context(base_url=office.url, locale="zh-CN").new_page()
    page.goto("/")
    page.get_by_label("工号").fill(account.username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    tour = page.get_by_role("dialog", name="导览")
    expect(tour).to_contain_text("要我办的")
    for _step in range(4):
        assert beside(page)
        tour.get_by_role("button", name="下一步").click()
    tour.get_by_role("button", name="开始工作").click()
    wait_until(lambda: seen(account.username), what="the server keeps that it was seen")
    page.reload()
    expect(tour).to_be_hidden()
    page.context.close()
