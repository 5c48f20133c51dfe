"""The calculator in a real browser: typing, the outcome beside it, the address, the other language."""

import re

from playwright.sync_api import expect

from tests.browser.keys import press
from tests.browser.test_pages import CHINESE, WORDS


def test_a_decision_is_tried_out_while_somebody_types(office, sit_down):
    page = sit_down("0826")
    page.get_by_role("link", name="规则试算").click()
    page.get_by_role("searchbox", name="找一种试算").fill("航空件退回")
    expect(page.locator("#kinds a")).to_have_count(1)
    page.locator("#kinds a").click()

    page.get_by_label("目的地行政区划代码").fill("510100")
    expect(page.locator("#outcome")).to_contain_text("还差这些")
    page.get_by_role("radio", name="否").check()
    page.get_by_label("重量").fill("3.2")
    outcome = page.locator("#outcome")
    expect(outcome.locator(".large")).to_have_text("16.00 元")
    expect(outcome.locator(".explain")).to_contain_text("3.2 公斤")
    outcome.get_by_role("link", name="CD-04.19").first.click()
    expect(page.locator("#clause-CD-04\\.19")).to_be_in_viewport()

    page.get_by_label("重量").fill("NaN")
    expect(page.locator("#fault-f-weight")).to_contain_text("要填普通写法的数字")
    page.get_by_label("重量").fill("4")
    expect(outcome.locator(".large")).to_have_text("20.00 元")
    expect(page.locator("#fault-f-weight")).to_be_empty()
    expect(page).to_have_url(re.compile(r"f\.weight=4"))

    colleague = sit_down("0831")
    colleague.goto(page.url)
    expect(colleague.locator("#outcome .large")).to_have_text("20.00 元")

    page.get_by_role("button", name="Switch to English").click()
    expect(page.locator("#outcome .large")).to_have_text("20.00 yuan")
    expect(page.get_by_label("Weight")).to_have_value("4")
    chinese = {text for text in page.evaluate(WORDS) if CHINESE.search(text)}
    assert chinese <= {office.centre.lin.name}


def test_keys_fill_in_an_example_and_a_row_is_added(office, sit_down):
    page = sit_down("0826")
    page.goto("/calculator/claim_settlement/")

    press(page, "e")
    expect(page.locator("#outcome .large")).to_contain_text("2026-04-02")
    page.get_by_role("button", name="添一行挂起").click()
    start = page.get_by_label("挂起自")
    expect(start).to_be_focused()
    page.keyboard.type("2026-03-05 09:00")
    press(page, "Control+Enter")
    fault = page.locator("#fault-f-pauses-0-ends_at")
    expect(fault).to_contain_text("要填写")
    page.wait_for_timeout(500)  # the last keystroke is sent by now
    expect(fault).to_contain_text("要填写")
    page.get_by_role("button", name="删去挂起第 1 行").click()
    expect(start).to_have_count(0)
    expect(page.locator("#outcome .large")).to_contain_text("2026-04-02")


def test_what_is_asked_follows_what_is_chosen(office, sit_down):
    page = sit_down("0826")
    page.goto("/calculator/form/")

    page.get_by_label("表单或办理事项").select_option("refusal_reason")

    expect(page.locator("#outcome")).to_contain_text("还差这些")
    page.locator("#outcome").get_by_role("link").first.click()
    expect(page.locator("#facts :focus")).to_have_count(1)


def test_what_is_typed_while_a_choice_is_on_its_way_is_kept(office, sit_down):
    page = sit_down("0826")
    page.goto("/calculator/payslip/")
    sent = []
    page.route("**/payslip/", lambda route: sent.append(route) if not sent else route.continue_())

    with page.expect_request("**/payslip/"):
        page.locator("#f-department").select_option(label="查询部")
    page.locator("#f-limits-edition").fill("2026")
    page.wait_for_timeout(500)  # the keystrokes would be sent by now, and call it off
    sent[0].continue_()

    expect(page.locator("#outcome")).to_contain_text("还差这些")
    expect(page.locator("#f-limits-edition")).to_have_value("2026")
    expect(page).to_have_url(re.compile(r"limits\.edition=2026"))
