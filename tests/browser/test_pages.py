"""What only a browser shows: keys, drafts, an expired session, another language, hostile text, quiet consoles."""

import random
import re

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from kefu import clock
from kefu.cases.models import Interaction
from kefu.demo.pictures import avatar
from kefu.network.models import Party
from kefu.staff import services as staff
from tests import centre as world
from tests.browser.keys import press

CHINESE = re.compile("[\\u3400-\\u9fff，。；：（）]")
# All text a reader gets, shown or spoken, but what is marked as Chinese: the switch back.
WORDS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    if (element.closest("script, style, [lang^=zh]")) continue;
    if (node.nodeType === Node.TEXT_NODE) found.push(node.data);
    else for (const name of ["title", "aria-label", "placeholder", "alt"]) found.push(node.getAttribute(name) ?? "");
  }
  return found.map((text) => text.trim()).filter(Boolean);
}"""


def test_the_queue_is_walked_by_keys(office, sit_down):
    cases = [office.centre.inquiry(now=clock.now()) for _ in range(3)]
    page = sit_down("0826")
    rows = page.locator("tbody[data-queue] tr")
    expect(rows.filter(has=page.locator("td")).nth(2)).to_be_visible()
    chosen = page.locator('tr[aria-selected="true"]')

    press(page, "j")
    press(page, "j")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    press(page, "k")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    number = chosen.get_attribute("data-number")
    press(page, "Enter")
    page.wait_for_url(f"/cases/{number}/")

    press(page, "/")
    search = page.get_by_role("combobox", name="搜索")
    expect(search).to_be_focused()
    page.keyboard.type(cases[2].number)
    expect(page.locator("#found").get_by_role("option")).to_contain_text(cases[2].number)
    press(page, "Escape")
    expect(search).not_to_be_focused()

    press(page, "?")
    help_ = page.get_by_role("dialog", name="全部按键")
    expect(help_).to_contain_text("领最急的一件")
    press(page, "Escape")
    expect(help_).to_be_hidden()
    press(page, "Escape")
    page.wait_for_url("/")


def test_an_expired_session_loses_nothing(office, sit_down):
    case = office.centre.inquiry(now=clock.now())
    page = sit_down("0826")
    page.goto(f"/cases/{case.number}/")
    reply = page.locator("#compose-reply textarea")
    reply.fill("您好，件在成都，今晚派送")
    page.get_by_label("实质答复").check()

    # At once: what the page asks by itself would find the door shut as well, and open the dialog before the key is pressed.
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Control+Enter")

    dialog = page.get_by_role("dialog", name="登录已过期")
    expect(dialog).to_contain_text("您好，件在成都，今晚派送")
    assert not Interaction.objects.filter(case=case, action="answered").exists()
    dialog.get_by_label("密码").fill(world.PASSWORD)
    press(page, "Enter")

    # The request that found the door shut goes out again, once, on the page that was never left.
    expect(dialog).to_be_hidden()
    expect(page.locator("#timeline .contact-out")).to_have_count(1)
    expect(page.locator("#timeline .contact-out")).to_contain_text("您好，件在成都，今晚派送")
    assert Interaction.objects.filter(case=case, action="answered").count() == 1


def test_what_was_typed_survives_a_reload(office, sit_down):
    case = office.centre.inquiry(now=clock.now())
    page = sit_down("0826")
    page.goto(f"/cases/{case.number}/")
    page.locator("#compose-reply textarea").fill("写到一半")

    page.reload()

    expect(page.locator("#compose-reply textarea")).to_have_value("写到一半")


@pytest.mark.rule("ES-203.03")
def test_who_answers_online_sees_under_which_picture_and_name(office, sit_down):
    centre, picture = office.centre, avatar(random.Random(1))
    zhou = centre.zhou
    zhou.nickname = "小明"
    zhou.avatar = staff.add_avatar(
        name="统一头像", picture=picture, actor=centre.chen.user, now=clock.now()
    )
    zhou.save()
    case = centre.inquiry(now=clock.now(), owner=zhou)
    page = sit_down("0831")
    page.goto(f"/cases/{case.number}/")
    form = page.locator("#compose-reply")
    expect(form.get_by_text("发生在")).to_be_visible()
    expect(form.get_by_text("小明")).to_be_hidden()

    form.get_by_label("渠道").select_option("chat")

    expect(form.get_by_text("小明")).to_be_visible()
    expect(form.locator("img")).to_have_js_property("naturalWidth", 128)
    expect(form.get_by_text("发生在")).to_be_hidden()


@pytest.fixture
def names(office) -> list[str]:
    """Chinese that is data: names of people and places, and what customers said."""
    centre = office.centre
    found = [*Party.objects.values_list("name", flat=True), "陈*梅", "扬州", "成都"]
    found += [employee.name for employee in (centre.lin, centre.zhou, centre.wang, centre.chen)]
    found += Interaction.objects.values_list("text", flat=True)
    return sorted({name for name in found if name}, key=len, reverse=True)


def test_english_is_complete(office, sit_down, names):
    case = office.centre.inquiry(now=clock.now(), text="Where is it?")
    page = sit_down("0826")
    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")

    for address in ("/", f"/cases/{case.number}/", "/new/", "/new/single/", "/hand-over/"):
        page.goto(address)
        assert chinese_words(page, names) == [], address


def chinese_words(page: Page, names: list[str]) -> list[str]:
    left = []
    for text in page.evaluate(WORDS):
        rest = text
        for name in names:
            rest = rest.replace(name, "")
        if CHINESE.search(rest):
            left.append(text)
    return left


def test_text_is_shown_as_text(office, sit_down):
    hostile = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>'\"{{7*7}}"
    case = office.centre.inquiry(now=clock.now(), text=hostile, customer_name="<b>陈</b>")
    page = sit_down("0826")

    expect(page.locator(f'tr[data-number="{case.number}"]')).to_contain_text("<script>window.pwned")
    page.goto(f"/cases/{case.number}/")
    expect(page.locator("#timeline")).to_contain_text(hostile)
    page.goto(f"/search/?q={case.number}")
    expect(page.locator("main")).to_contain_text("<script>")
    page.goto("/new/")
    page.get_by_role("textbox", name="原文").fill(f"{hostile} 880612045537")
    expect(page.locator("#read .found")).to_contain_text("880612045537")

    assert page.evaluate("window.pwned") is None


def test_the_office_pages_are_quiet(office, sit_down):
    """The fixture sees to it: no error on the console, nothing the content policy had to stop."""
    page = sit_down("0801")
    for address in (
        "/",
        "/?view=department",
        "/hand-over/",
        "/counter/",
        "/rules/",
        "/search/?q=0826",
        "/new/",
        "/new/single/",
        "/new/import/",
        "/admin/",
        "/admin/penalties/penalty/",
        "/admin/cases/case/",
        "/admin/ledger/entry/",
        "/admin/rulebooks/rulebookversion/",
        "/admin/rulebooks/acknowledgement/",
    ):
        answer = page.goto(address)
        assert answer and answer.status == 200, address
        page.wait_for_load_state()
