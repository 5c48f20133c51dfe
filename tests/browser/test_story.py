"""The main story: a question is taken down, a promise breaks before one's eyes, and its fine goes all the way."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from inquiries import services as inquiries
from kefu import clock
from kefu.cases.models import Case
from kefu.ledger.models import Entry
from kefu.parcels.models import Waybill
from kefu.penalties.models import Penalty
from tests.browser.conftest import Office
from tests.browser.keys import press
from tests.centre import Centre

TWO_HOURS = timedelta(hours=2)
NOTICE = 10.0  # seconds from preparing a case to its due time: its page must be open by then


def due_soon(centre: Centre) -> Case:
    """A customer is answered, the outlet asked: all almost two hours ago, and the outlet has been silent."""
    asked_at = clock.now() + timedelta(seconds=NOTICE) - TWO_HOURS
    with transaction.atomic():  # seen whole by the sweep that runs meanwhile
        case = centre.inquiry(now=asked_at)
        inquiries.answer_customer(
            case=case,
            text="已问成都",
            channel="phone",
            substantive=True,
            actor=centre.lin.user,
            now=asked_at,
        )
        inquiries.ask_outlet(
            case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=asked_at
        )
    return case


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_from_a_pasted_message_to_a_counter_entry(office, sit_down):
    lin = sit_down("0826")

    take_down(lin, a_parcel_nobody_asked_about(office.centre))
    case = watch_it_break(lin, office)
    read_why(lin)
    register_the_complaint(lin)

    wang, chen = sit_down("0803"), sit_down("0801")
    fine = Penalty.objects.get(case=case, clause="CD-05.10")
    propose_a_waiver(wang, fine)
    nobody_approves_his_own(wang, fine)
    approve(chen, fine)
    look_at_the_journal(chen, fine)

    # The agent's page has been open all the time.
    timeline = lin.locator("#timeline")
    expect(timeline).to_contain_text("CD-05.10 200.00 元 已冲销")
    assert lin.evaluate("window.neverReloaded")


def a_parcel_nobody_asked_about(centre: Centre) -> str:
    parcel = Waybill.objects.get(pk=centre.waybill.pk)
    parcel.pk, parcel.number = None, "880612047781"
    parcel.save()
    return parcel.number


def take_down(lin: Page, number: str) -> None:
    press(lin, "n")
    text = lin.get_by_role("textbox", name="原文")
    text.fill(f"您好，我的快递{number}三天没动了，麻烦查一下到哪了，我的电话 13800004545")
    recognised = lin.get_by_role("region", name="识别结果")
    expect(recognised).to_contain_text("识别到 1 个单号")
    expect(recognised).to_contain_text("扬州 → 成都")
    expect(recognised).to_contain_text("138******45")
    press(lin, "Control+Enter")

    expect(lin.get_by_role("heading", name="存好了 1 单")).to_be_visible()
    case = lin.locator("section.done table a").inner_text()
    lin.get_by_role("link", name=f"打开 {case}").click()
    expect(lin.get_by_role("heading", level=1)).to_have_text(f"查询 {case}")
    expect(lin.locator("#timeline")).to_contain_text("三天没动了")
    expect(lin.locator("#strip")).to_contain_text("CD-05.09")


def posted_by(case: Case) -> list[str]:
    """The names under which the fines of a case are posted."""
    return [f"penalty:{pk}" for pk in case.penalties.values_list("pk", flat=True)]


def watch_it_break(lin: Page, office: Office) -> Case:
    case = due_soon(office.centre)
    lin.goto(f"/cases/{case.number}/")
    strip = lin.locator("#strip li").filter(has_text="成都武侯三部反馈")
    expect(strip).to_contain_text("200.00 元 · 有投诉才罚")
    expect(strip.locator(".countdown")).to_have_text(re.compile("剩"))
    lin.evaluate("window.neverReloaded = true")

    expect(lin.locator("#timeline .breach")).to_contain_text("成都武侯三部超时")
    expect(strip.locator(".countdown")).to_have_text(re.compile("超时"))
    expect(strip).to_contain_text("已暂记 200.00 元 · 有投诉才罚")
    assert not Entry.objects.filter(
        source__in=posted_by(case)
    ).exists()  # what is provisional is in nobody's balance
    return case


def read_why(lin: Page) -> None:
    lin.locator("#timeline .breach .why").click()
    told = lin.locator("#timeline .explain")
    expect(told.locator("header")).to_contain_text("CD-05.10")
    expect(told.locator("header")).to_contain_text("暂记 200.00 元")
    for words in ("依据的事实", "2 小时", "关联投诉 0 件，不生效", "现在要扣0.00 元", "第 1 版"):
        expect(told).to_contain_text(words)


def register_the_complaint(lin: Page) -> None:
    """In a second tab: the page of the case stays open and hears of it."""
    link = lin.locator("#next").get_by_role("link", name="登记投诉").get_attribute("href")
    form = lin.context.new_page()
    form.goto(str(link))
    form.get_by_label("投诉原因").select_option(label="一直没有答复")
    form.get_by_label("投诉谁").fill("成都武侯三部")
    form.get_by_label("客户的话").fill("等了两个多小时，没有人答复")
    form.get_by_label("身份").select_option(label="收件方")
    press(form, "Control+Enter")
    form.wait_for_url("**/cases/TS-*/")
    form.close()

    expect(lin.locator("#timeline")).to_contain_text("CD-05.10 200.00 元 生效，应付")
    expect(lin.locator("#strip")).to_contain_text("应付 200.00 元")


def propose_a_waiver(wang: Page, fine: Penalty) -> None:
    wang.goto(f"/admin/penalties/penalty/?q={fine.case.number}")
    wang.get_by_role("link", name="CD-05.10").click()
    expect(wang.locator("#content")).to_contain_text("应付")
    wang.get_by_role("link", name="提出免罚").click()
    wang.get_by_label("理由类别").select_option(label="不可抗力")
    wang.get_by_label("说明").fill("当日成都暴雨停电，网点全天断网")
    wang.get_by_role("button", name="确定").click()
    expect(wang.locator("body")).to_contain_text("已提出 1 份免罚申请")


def nobody_approves_his_own(wang: Page, fine: Penalty) -> None:
    waiver = fine.waivers.get()
    wang.goto(f"/admin/penalties/waiver/{waiver.pk}/change/")
    expect(wang.locator("#content")).to_contain_text("当日成都暴雨停电")
    expect(wang.get_by_role("link", name="同意", exact=True)).to_have_count(0)
    assert wang.request.get(f"/admin/penalties/waiver/{waiver.pk}/approve/").status == 403
    waiver.refresh_from_db()
    assert waiver.approved is None


def approve(chen: Page, fine: Penalty) -> None:
    chen.goto(f"/admin/penalties/waiver/?q={fine.case.number}")
    chen.locator("#result_list tbody").get_by_role("link").first.click()
    chen.get_by_role("link", name="同意", exact=True).click()
    chen.get_by_role("button", name="确定").click()
    expect(chen.locator("body")).to_contain_text("已同意 1 份，处罚已冲销")
    fine.refresh_from_db()
    assert fine.state == Penalty.State.REVERSED


def look_at_the_journal(chen: Page, fine: Penalty) -> None:
    """Newest first: the counter-entry, and below it the fine it takes back."""
    chen.goto(f"/admin/ledger/entry/?q=penalty:{fine.pk}")
    rows = chen.locator("#result_list tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("冲销")
    expect(rows.nth(1)).to_contain_text("处罚入账")
    expect(rows.nth(1)).to_contain_text("200.00")
    rows.nth(0).get_by_role("link").first.click()
    expect(chen.locator("#content")).to_contain_text(f"penalty:{fine.pk}")
