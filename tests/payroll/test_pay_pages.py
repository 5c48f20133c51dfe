"""The pages of pay: a run from its month to its lock, who sees what, and the files that leave."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kefu.audit.models import AuditRow
from kefu.errors import NotAllowed
from kefu.replay import services as replay
from kefu.rulebooks.models import RulebookVersion
from kefu.staff.models import Employee, User
from payroll.models import (
    Article,
    BankAccount,
    Issue,
    PayAcknowledgement,
    PayRun,
    Payslip,
    PayTerms,
    PoolPayment,
)
from payroll.services import pool_and_fund
from tests.overview.test_verify import tamper
from tests.pages import fields
from tests.payroll.house import NOVEMBER, NOW, build, work

ACCOUNT = "6222020200112233445"


@pytest.fixture
def house(transactional_db, settings):
    settings.KEFU_NOW = NOW
    return build()


def door(employee):
    client = Client(SERVER_NAME="localhost")
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def press(client, page, path, **given):
    ticket = fields(client.get(page).content.decode())["ticket"][0]
    return client.post(path, {"ticket": ticket, **given})


def looks(employee):
    rows = AuditRow.objects.filter(actor_id=employee.user_id, action="reveal")
    return [(row.table, row.object_id) for row in rows.order_by("id")]


def test_a_month_from_its_choice_to_the_slip_that_its_owner_confirms(house):
    """Tan runs it, Luo approves and locks it, Tan takes the files, the agent reads his slip and nobody else's."""
    one, other = house.hire("林小雨"), house.hire("=周明", base=None)
    tan, luo = door(house.tan), door(house.luo)

    refused = press(tan, "/people/pay/runs/", "/people/pay/runs/", month="2027-03")
    assert refused.status_code == 422
    assert "还没有开始" in refused.content.decode()
    begun = press(tan, "/people/pay/runs/", "/people/pay/runs/", month="2026-11")
    run = PayRun.objects.get()
    page = f"/people/pay/runs/{run.pk}/"
    assert begun.url == page
    assert "在职 2 人" in tan.get(page).content.decode()
    press(tan, page, f"{page}step/", step="compute")
    assert "正在计算" in tan.get(page).content.decode()
    work()
    assert tan.get(f"{page}progress/").headers["HX-Refresh"] == "true"
    shown = tan.get(page).content.decode()
    assert "由另一个人审批" in shown
    assert "1,250.00" in shown
    assert (
        door(one).get("/people/pay/").content.decode().count("待确认") == 0
    )  # not before the lock
    press(luo, page, f"{page}step/", step="approve")
    press(luo, page, f"{page}step/", step="lock")
    assert "正在锁定" in luo.get(page).content.decode()
    assert "Hx-Refresh" not in luo.get(f"{page}progress/").headers
    work()
    assert luo.get(f"{page}progress/").headers["HX-Refresh"] == "true"
    run.refresh_from_db()
    assert run.state == PayRun.State.LOCKED

    mine, his = (Payslip.objects.get(employee=who) for who in (one, other))
    agent = door(one)
    assert "2026-11" in agent.get("/people/pay/").content.decode()
    own = agent.get(f"/people/pay/slips/{mine.pk}/").content.decode()
    assert "50 ÷ 50 × 200.00 元" in own
    assert "CD-12.92" in own
    assert agent.get(f"/people/pay/slips/{his.pk}/").status_code == 404
    assert agent.get(page).status_code == 403
    agent.post(f"/people/pay/slips/{mine.pk}/acknowledge/")
    assert PayAcknowledgement.objects.get().slip == mine
    assert looks(one) == []

    assert tan.get(f"/people/pay/slips/{mine.pk}/").status_code == 200
    assert ("payroll_payslip", str(mine.pk)) in looks(house.tan)
    assert ("payroll_payrun", str(run.pk)) in looks(house.luo)
    pdf = agent.get(f"/people/pay/slips/{mine.pk}/pdf/")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.content == agent.get(f"/people/pay/slips/{mine.pk}/pdf/").content

    book = CalamineWorkbook.from_filelike(io.BytesIO(tan.post(f"{page}register/").content))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[1][:3] == [one.number, "林小雨", "查询部"]
    assert rows[1][-2:] == ["1250.00", "0.00"]
    bare = tan.post(f"{page}bank/", {"columns": "账号、户名、金额"})
    assert bare.status_code == 422
    assert one.number in bare.content.decode()
    for who in (one, other):
        given = {"employee": who.number, "holder": who.name, "bank": "工商银行", "account": ACCOUNT}
        press(tan, "/people/pay/accounts/", "/people/pay/accounts/", **given)
    assert ACCOUNT not in tan.get("/people/pay/accounts/").content.decode()
    assert ACCOUNT not in str(BankAccount.objects.values_list("masked", flat=True))
    taken = tan.post(f"{page}bank/", {"columns": "账号、户名、金额"})
    table = list(csv.reader(io.StringIO(taken.content.decode("utf-8-sig"))))
    assert table == [
        ["账号", "户名", "金额"],
        [ACCOUNT, "林小雨", "1250.00"],
        [ACCOUNT, "'=周明", "1250.00"],  # not run by the spreadsheet
    ]
    left = AuditRow.objects.filter(action="pay_taken").order_by("id")
    assert [row.after["kind"] for row in left] == ["register", "bank"]
    assert "账号、户名、金额" in tan.get(page).content.decode()  # offered again
    with CaptureQueriesContext(connection) as few:
        tan.get(page)

    # A try-out says to a supervisor that a slip does not come out as it is stored, and not what it came to.
    tamper(
        f'UPDATE payroll_payslippart SET result = result || \'{{"net": "9876.54"}}\' WHERE slip_id = {mine.pk}'
    )
    version = RulebookVersion.objects.get(rulebook__code="CD", number=1)
    boss = house.centre.chen.user
    tried = replay.ask(version=version, months=["2026-11"], actor=boss, now=NOW)
    work()
    assert [(one.field, one.stored, one.recomputed) for one in tried.mismatches.all()] == [
        ("net", "…", "…")
    ]
    told = door(house.centre.chen).get(reverse("admin:replay_run_change", args=[tried.pk]))
    assert "对不上" in told.content.decode()
    for amount in ("9876.54", "1250.00", "1,250.00"):
        assert amount not in told.content.decode()

    # Nor does the audit trail tell her what was changed about pay; who looked at it stands there.
    trail = reverse("admin:audit_auditrow_changelist")
    for who, shown in ((house.centre.chen, False), (house.luo, True)):
        User.objects.filter(pk=who.user_id).update(is_staff=True)
        rows = door(who).get(trail, {"table": "payroll_payrun"}).context["cl"].result_list
        assert any(one.action == "update" for one in rows) == shown
        assert any(one.action == "reveal" for one in rows)
    for n in range(5):
        house.hire(f"新人{n}")
    with CaptureQueriesContext(connection) as many:
        tan.get(page)
    assert len(many) == len(few)


def test_a_lock_that_finds_other_facts_says_whose(house):
    one, gone = house.hire("林小雨"), house.hire("钱远", left_on=date(2026, 11, 20))
    headset = Article.objects.create(name="耳麦", category="stationery", price=260)
    Issue.objects.create(
        employee=gone, article=headset, price=260, issued_on=date(2026, 3, 2), issued_by=house.tan.user,
        issued_at=NOW,
    )  # fmt: skip
    run = house.run()
    luo, page = door(house.luo), f"/people/pay/runs/{run.pk}/"
    press(luo, page, f"{page}step/", step="approve")
    house.enter(one, "CD-12.79", "fine", value=Decimal(30))
    press(luo, page, f"{page}step/", step="lock")
    work()
    run.refresh_from_db()
    shown = luo.get(page).content.decode()
    assert run.state == PayRun.State.APPROVED
    assert "没有锁定" in shown and one.number in shown
    # It is his last slip, and he still has something of ours.
    assert reverse("payroll:file_equipment", args=[gone.number]) in shown


def test_supervisors_see_no_pay_and_terms_take_two_people(house):
    boss = door(house.centre.chen)
    for path in ("runs/", "adjustments/", "accounts/", "terms/"):
        assert boss.get(f"/people/pay/{path}").status_code == 403
    here, runs = boss.get("/people/pay/"), 'href="/people/pay/runs/"'
    assert here.status_code == 200 and runs not in here.content.decode()
    # Whoever works on pay has the runs beside his own, in the navigation and among the tabs.
    assert door(house.tan).get("/people/pay/").content.decode().count(runs) == 2
    assert boss.get("/people/pay/purses/").status_code == 200
    spent = press(
        boss, "/people/pay/purses/", "/people/pay/purses/",
        do="spend", department=house.centre.query_desk.pk, amount="5", purpose="聚餐",
    )  # fmt: skip
    assert "经费里没有这么多" in spent.content.decode()

    # Another department's people and fund are another supervisor's, on the page and behind it.
    front, path = house.departments["front"], "/people/pay/purses/"
    Employee.objects.filter(pk=house.centre.he.pk).update(department=front)
    theirs = house.hire("周明", "front")
    gift = {"month": NOVEMBER, "amount": Decimal("7.77"), "reason": "报告多"}
    PoolPayment.objects.create(
        employee=theirs, clause="CD-12.77", rulebook_id=house.works_by("front", "CD").pk,
        given_by=house.centre.he.user, given_at=NOW, **gift,
    )  # fmt: skip
    assert theirs.name not in boss.get(path).content.decode()
    assert theirs.name in door(house.tan).get(path).content.decode()
    assert ("payroll_poolpayment", "") in looks(house.tan)
    by = {"actor": house.centre.chen.user, "now": NOW}
    with pytest.raises(NotAllowed):
        pool_and_fund.give(employee=theirs, **gift, **by)
    with pytest.raises(NotAllowed):
        pool_and_fund.spend(department=front, amount=Decimal(5), purpose="聚餐", **by)

    tan, luo, path = door(house.tan), door(house.luo), "/people/pay/terms/"
    given = {
        "edition": "扬州 2027", "from_month": "2027-01", "share": "20", "minimum_wage": "2490",
        "payday": "10", "deductions": "on", "keeps_minimum": "on", "leave_sick": "60",
    }  # fmt: skip
    assert press(tan, path, path, **given | {"leave_sick": "160"}).status_code == 422
    assert press(tan, path, path, **given).status_code == 302
    terms = PayTerms.objects.get(edition="扬州 2027")
    tan.post(f"{path}{terms.pk}/confirm/")
    terms.refresh_from_db()
    assert terms.confirmed_by is None
    assert "病假 60%" in luo.get(path).content.decode()
    luo.post(f"{path}{terms.pk}/confirm/")
    terms.refresh_from_db()
    assert terms.confirmed_by == house.luo.user


def test_an_adjustment_names_a_locked_month_and_a_clause_that_is(house):
    one = house.hire("林小雨")
    house.locked()
    tan, path = door(house.tan), "/people/pay/adjustments/"
    given = {"employee": one.number, "amount": "-20", "reason": "多发了"}

    open_ = press(tan, path, path, of_month="2026-12", clause="CD-12.82", **given)
    strange = press(tan, path, path, of_month="2026-11", clause="CD-99.99", **given)
    assert (open_.status_code, strange.status_code) == (422, 422)
    assert press(tan, path, path, of_month="2026-11", clause="CD-12.82", **given).status_code == 302
    assert "-20.00" in tan.get(path).content.decode()
