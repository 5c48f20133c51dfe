"""Somebody of an outlet signs in, answers what is asked, asks himself, and gets a key."""

from playwright.sync_api import expect

from inquiries import services as inquiries
from inquiries.models import Complaint, NetworkQuery
from inquiries.services.lines import log_check, report_number
from kefu import clock
from kefu.parcels.models import Scan
from kefu.partners import services
from kefu.staff.models import User
from tests.appeals.conftest import PDF
from tests.browser.conftest import ANSWERED
from tests.browser.keys import press
from tests.statements.conftest import Books


def test_an_outlet_answers_asks_appeals_and_gets_a_key(office, browser):
    centre, now = office.centre, clock.now()
    account, password = services.open_account(
        party=centre.chengdu, username="wuhou", name="值班", actor=centre.chen.user, now=now
    )
    User.objects.filter(pk=account.pk).update(tour_seen_at=now)
    query = inquiries.ask_outlet(
        case=centre.inquiry(now=now),
        outlet=centre.chengdu,
        question="件到成都分拨后没有扫描，请核实是否到件、何时派送",
        actor=centre.lin.user,
        now=now,
    )
    moment = now.astimezone(clock.SHANGHAI)
    books = Books(centre, query.case, clock=None)
    fine = books.fine("200.00", f"{moment:%Y-%m-%d %H:%M:%S}")
    complaints = []
    page = browser.new_context(
        base_url=office.url, viewport={"width": 1366, "height": 768}, locale="zh-CN"
    ).new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            said.type == "error" and not ANSWERED.search(said.text) and complaints.append(said.text)
        ),
    )
    page.goto("/")
    page.get_by_label("工号").fill(account.username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()

    expect(page.get_by_role("heading", name="要我办的")).to_be_visible()
    # Others may have asked the same outlet something.
    asked = page.locator(".todo tbody tr").filter(has_text="是否到件、何时派送")
    asked.get_by_role("link").click()
    expect(page.locator(".answer .said")).to_contain_text("是否到件、何时派送")
    expect(page.locator(".answer time.countdown")).to_contain_text("1:5")
    page.get_by_label("反馈").fill("件在库，今天 18:00 前送到")
    press(page, "Control+Enter")
    expect(page.get_by_text("已答复，以服务器收到的时刻为准。")).to_be_visible()
    expect(asked).to_have_count(0)
    query.refresh_from_db()
    assert (query.state, query.deadline.state) == ("answered", "met")

    page.get_by_role("link", name="我发出的").click()
    page.get_by_label("运单号").fill("999")
    page.get_by_label("要查什么").fill("收件人称少一件，请核对发件重量")
    press(page, "Control+Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("要查什么")).to_have_value("收件人称少一件，请核对发件重量")
    page.get_by_label("运单号").fill(query.case.waybill_number)
    page.get_by_role("button", name="发出").click()
    expect(page.get_by_role("cell", name="收件人称少一件")).to_be_visible()
    assert NetworkQuery.objects.filter(asking=centre.chengdu).count() == 1

    page.get_by_role("link", name="处罚", exact=True).click()
    page.get_by_role("link", name="CD-05.10").first.click()
    expect(page.get_by_text("怎么算的")).to_be_visible()
    page.get_by_label("理由").fill("当天 10:50 已电话反馈，有录音")
    page.get_by_role("button", name="提出异议").click()
    page.get_by_label("证据").set_input_files(
        {"name": "通话.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="加上证据").click()
    expect(page.get_by_role("link", name="PDF")).to_be_visible()
    assert fine.appeal.evidence.count() == 1

    page.get_by_role("link", name="接口密钥").click()
    page.get_by_label("用途").fill("业务系统")
    page.get_by_label("查看网点查询").check()
    page.get_by_role("button", name="签发").click()
    secret = page.locator(".secret code").inner_text()
    assert len(secret.split(".")) == 2
    page.get_by_role("link", name="接口密钥").click()
    expect(page.get_by_role("cell", name="业务系统")).to_be_visible()
    expect(page.get_by_text(secret)).to_have_count(0)
    page.context.close()
    assert complaints == []


def test_an_outlet_looks_at_complaints_a_parcel_and_its_numbers_and_has_its_program_told(
    office, browser
):
    centre, now = office.centre, clock.now()
    account, password = services.open_account(
        party=centre.chengdu, username="wuhou2", name="店长", actor=centre.chen.user, now=now
    )
    case = inquiries.file_complaint(
        cause=Complaint.Cause.PHONE_UNREACHABLE, against=centre.chengdu, text="打了一天没人接",
        channel="phone", asker="customer", details=inquiries.Details(demand="要求今天派送并道歉"),
        department=centre.query_desk, owner=centre.lin, actor=centre.lin.user, now=now,
    )  # fmt: skip
    inquiries.record_finding(
        case=case, clause="CD-05.21", party=centre.chengdu, actor=centre.chen.user, now=now,
        found=inquiries.Found(verified=True),
    )  # fmt: skip
    number = centre.waybill.number
    Scan.objects.create(waybill_number=number, kind="arrived", at=now, place="成都武侯三部")
    line = report_number(
        party=centre.chengdu, kind="complaint", number="02885551234",
        effective_on=now.astimezone(clock.SHANGHAI).date(), actor=None, now=now,
    )  # fmt: skip
    log_check(number=line, outcome="no_answer", actor=centre.lin.user, now=now)
    faults: list[str] = []
    page = browser.new_context(
        base_url=office.url, viewport={"width": 1366, "height": 768}, locale="zh-CN"
    ).new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto("/")
    page.get_by_label("工号").fill(account.username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()

    page.get_by_role("link", name="投诉", exact=True).click()
    page.get_by_role("link", name=case.number).click()
    expect(page.get_by_text("要求今天派送并道歉")).to_be_visible()
    page.get_by_role("link", name="看处罚").click()
    expect(page.get_by_role("heading", name="CD-05.21")).to_be_visible()

    page.get_by_role("link", name="运单", exact=True).click()
    page.get_by_label("运单号").fill(f"{number[:4]} {number[4:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("cell", name="到件")).to_be_visible()

    page.get_by_role("link", name="号码", exact=True).click()
    expect(page.get_by_role("cell", name="无人接听")).to_be_visible()

    page.get_by_role("link", name="接口密钥").click()
    page.get_by_role("link", name="通知到我的程序").click()
    page.get_by_label("接收地址").fill("http://wd.example/kefu")
    page.get_by_label("收到网点查询").check()
    press(page, "Control+Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    expect(page.get_by_label("收到网点查询")).to_be_checked()
    page.get_by_label("接收地址").fill("https://wd.example/kefu")
    press(page, "Control+Enter")
    expect(page.get_by_text("whsec_")).to_be_visible()
    page.get_by_role("button", name="试发").click()
    expect(page.get_by_role("cell", name="试发通知")).to_be_visible()
    assert not faults
    page.context.close()
