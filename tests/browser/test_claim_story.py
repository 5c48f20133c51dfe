"""A lost parcel: from the call to the recovery on the statement of the outlet that lost it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from kefu.cases.models import Case
from kefu.ledger.models import Account
from kefu.network.models import Party
from kefu.staff.models import Department, Employee, User
from tests import centre as world
from tests.browser.conftest import Office
from tests.browser.keys import press

LIN, CHEN, GU, FANG = "0826", "0801", "0851", "0861"  # takes calls, heads, adjusts, pays
FACTS = "成都发出后无到件扫描"


@dataclass
class Claims:
    office: Office

    @property
    def chengdu(self) -> Party:
        return self.office.centre.chengdu


@pytest.fixture
def claims(office: Office) -> Iterator[Claims]:
    """A claims desk with an adjuster, and somebody of finance."""
    department = Department.objects.create(code="claims", name="理赔部", name_en="Claims desk")
    employ(GU, "顾平", User.Role.ADJUSTER, department, office.centre.lin)
    employ(FANG, "方会计", User.Role.FINANCE, department, office.centre.lin)
    yield Claims(office)
    User.objects.filter(username=GU).update(is_active=False)
    Department.objects.filter(pk=department.pk).update(active=False)


def employ(number: str, name: str, role: User.Role, department: Department, like: Employee) -> None:
    party = Party.objects.create(kind="employee", code=number, name=name)
    user = User.objects.create_user(
        number, password=world.PASSWORD, first_name=name, role=role, party=party, is_staff=True
    )
    Employee.objects.create(
        user=user,
        party=party,
        number=number,
        name=name,
        department=department,
        position=like.position,
        channels=["phone"],
    )


@pytest.mark.rule("CD-01.07", "CD-05.17", "LC-01.21", "LC-04.06")
def test_a_lost_parcel_from_the_call_to_the_statement_of_the_outlet(office, sit_down, claims):
    case = the_customer_calls(sit_down(LIN), office)
    gu, chen = sit_down(GU), sit_down(CHEN)
    somebody_is_found_liable(gu, case)
    another_confirms(chen, case)
    an_amount_is_agreed(gu, case)
    the_head_approves(chen, case)
    finance_pays(sit_down(FANG), case)
    the_outlet_is_told_and_owes_it(gu, case, claims)
    it_stands_on_the_statement(gu, case, claims)


def the_customer_calls(page: Page, office: Office) -> Case:
    page.goto("/claims/new/")
    page.get_by_label("运单号").fill(office.centre.waybill.number)
    page.get_by_label("事由和要求").fill("包裹丢了，要求赔 1500 元")
    page.get_by_label("索赔金额（元）").fill("1500")
    press(page, "Control+Enter")
    page.wait_for_url("**/cases/LP-*/")
    expect(page.locator("#strip")).to_contain_text("理赔办结")
    return Case.objects.get(kind=Case.Kind.CLAIM)


def somebody_is_found_liable(page: Page, case: Case) -> None:
    open_case(page, case)
    dialog = by_key(page, "e")
    dialog.get_by_label("说明").fill("底单一张，无到件扫描")
    sent(page)
    dialog = by_key(page, "d")
    dialog.get_by_label("查明的事实").fill(FACTS)
    dialog.get_by_label("原因").select_option("lost_in_transit")
    dialog.get_by_label("责任比例").fill("CD03 100")
    dialog.get_by_label("划分理由").fill("到成都后遗失")
    sent(page)
    expect(page.locator("#side")).to_contain_text(FACTS)


def another_confirms(page: Page, case: Case) -> None:
    open_case(page, case)
    expect(by_key(page, "p")).to_contain_text("确认责任")
    sent(page)


def an_amount_is_agreed(page: Page, case: Case) -> None:
    open_case(page, case)
    by_key(page, "a").get_by_label("谈定（元）").fill("1200")
    sent(page)
    expect(page.locator("#next")).to_contain_text("审批")


def the_head_approves(page: Page, case: Case) -> None:
    open_case(page, case)
    expect(by_key(page, "p")).to_contain_text("批准赔付")
    sent(page)


def finance_pays(page: Page, case: Case) -> None:
    """Another amount is refused and nothing is lost of what was typed."""
    page.get_by_role("link", name="理赔资金").click()
    expect(page.locator("main")).to_contain_text(case.number)
    press(page, "p")
    page.wait_for_url(f"**/claims/money/{case.number}/")
    page.get_by_label("付款金额（元）").fill("1500")
    page.get_by_label("收款人").fill("陈晓梅")
    page.get_by_label("收款账号").fill("6222020200112233445")
    page.get_by_label("流水号").fill("B2611200042")
    press(page, "Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("批准的是 1,200.00 元")
    page.get_by_label("付款金额（元）").fill("1200")
    press(page, "Control+Enter")
    expect(page.locator("#notices")).to_contain_text("已付款 1,200.00 元")
    expect(page.locator("main")).to_contain_text("陈*梅")
    expect(page.locator("main")).not_to_contain_text("6222020200112233445")


def the_outlet_is_told_and_owes_it(page: Page, case: Case, claims: Claims) -> None:
    open_case(page, case)
    page.get_by_role("link", name="付款、追偿、保险").click()
    page.get_by_role("button", name="通知", exact=True).click()
    expect(page.locator("#notices")).to_contain_text(f"已通知 {claims.chengdu}")
    page.get_by_role("button", name="对方已确认").click()
    expect(page.locator("#notices")).to_contain_text("的确认")
    press(page, "b")
    expect(page.locator("#notices")).to_contain_text("已入账 1,200.00 元")
    page.get_by_role("button", name="出具告知书").click()
    paper = page.get_by_role("link", name="理赔责任告知书")
    answer = page.request.get(str(paper.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF-")
    # What headquarters has to be told of a lost parcel keeps the claim open (CD-12.78).
    page.get_by_label("客户满意度").select_option("satisfied")
    page.get_by_role("button", name="结案").click()
    expect(page.locator("main")).to_contain_text("还不能结案，还缺：报告")


def it_stands_on_the_statement(page: Page, case: Case, claims: Claims) -> None:
    page.goto("/claims/recoveries/")
    page.get_by_role("link", name=str(claims.chengdu)).click()
    line = page.locator(".statement tbody tr").filter(has_text=case.number)
    expect(line).to_contain_text("追偿入账")
    expect(line).to_contain_text("1,200.00")
    owed = Account.objects.get(party=claims.chengdu, book=Account.Book.RECOVERY)
    assert f"{owed.balance:.2f}" == "1200.00"


def open_case(page: Page, case: Case) -> None:
    page.goto(f"/cases/{case.number}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(case.number)


def by_key(page: Page, key: str):  # type: ignore[no-untyped-def]
    """The dialog behind a key."""
    press(page, key)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def sent(page: Page) -> None:
    press(page, "Control+Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
