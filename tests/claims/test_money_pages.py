"""The pages about the money of claims: finance finds its page, each button does one thing, lists ask no more for more rows."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.models import (
    Claim,
    Document,
    InsuranceCase,
    InsurancePolicy,
    InsurerContact,
    Payment,
    Recovery,
    SelfSettledCase,
)
from kefu.audit.models import AuditRow
from kefu.ledger.models import Entry
from kefu.network.models import Party
from tests.claims.money import approved, booked, pay
from tests.pages import fields


@pytest.fixture
def door(desk, settings):
    """``door(employee)``: signed in, at five in the afternoon."""
    from tests.centre import at

    settings.KEFU_NOW = at("17:00")

    def enter(employee):
        client = Client(SERVER_NAME="localhost")
        client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


def press(client, path, do, **given):
    """Fill in the form of a button and send it, with the ticket the page gave."""
    ticket = fields(client.get(path).content.decode())["ticket"][0]
    return client.post(path, {"do": do, "ticket": ticket, **given})


def test_finance_finds_what_to_pay_pays_it_once_and_is_told_what_is_wrong(desk, door):
    case = approved(desk)
    finance, path = door(desk.fang), f"/claims/money/{case.number}/"
    given = {
        "amount": "1200",
        "method": "transfer",
        "payee": "陈晓梅",
        "account": "6222020200112233445",
        "reference": "B1",
    }

    front = finance.get("/").content.decode()
    assert "理赔资金" in front
    assert case.number in finance.get("/claims/money/").content.decode()
    refused = press(finance, path, "pay", **(given | {"amount": "1200.01"}))
    assert refused.status_code == 422
    assert (
        "批准的是 1,200.00 元" in refused.content.decode()
        and "6222020200112233445" in refused.content.decode()
    )
    ticket = fields(finance.get(path).content.decode())["ticket"][0]
    for _again in range(2):  # the line broke before the answer came
        answer = finance.post(path, {"do": "pay", "ticket": ticket, **given})
        assert (answer.status_code, answer.url) == (302, path)
    page = finance.get(path).content.decode()

    assert Payment.objects.count() == Entry.objects.filter(kind="claim_payment").count() == 1
    assert "陈*梅" in page and "陈晓梅" not in page and "6222020200112233445" not in page


def test_nobody_comes_in_who_has_nothing_to_do_here(desk, door):
    case = approved(desk)
    agent = door(desk.centre.lin)

    assert "理赔资金" not in agent.get("/").content.decode()
    for path in (
        "/claims/money/",
        f"/claims/money/{case.number}/",
        "/claims/recoveries/",
        f"/claims/recoveries/{desk.chengdu.pk}/",
        "/claims/insurance/",
        "/claims/insurance/policies/new/",
        "/claims/self-settled/",
    ):
        assert agent.get(path).status_code == 403
    adjuster = door(desk.gu)  # who may look, and not pay
    path = f"/claims/money/{case.number}/"
    assert 'value="pay"' not in adjuster.get(path).content.decode()
    assert (
        press(adjuster, path, "pay", amount="1200", method="cash", payee="陈晓梅").status_code
        == 422
    )
    assert not Payment.objects.exists()


@pytest.mark.rule("LC-01.21")
def test_from_the_notice_to_the_statement(desk, door):
    case = approved(desk)
    pay(desk, case)
    gu, path = door(desk.gu), f"/claims/money/{case.number}/"
    owed = f"/claims/recoveries/{desk.chengdu.pk}/"

    assert press(gu, path, "notify", party=desk.chengdu.pk).status_code == 302
    row = Recovery.objects.get()
    assert press(gu, path, "acknowledge", recovery=row.pk).status_code == 302
    assert press(gu, path, "book").status_code == 302
    assert "成都武侯三部" in gu.get("/claims/recoveries/").content.decode()
    page = gu.get(f"{owed}?month=2026-11").content.decode()
    assert case.number in page and "1,200.00" in page
    assert "没有发生额" in gu.get(f"{owed}?month=2026-10").content.decode()
    for odd in ("9999-12", "0001-01", "1"):
        assert gu.get(f"{owed}?month={odd}").status_code == 200
    for kind, start in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        answer = gu.get(f"{owed}?month=2026-11&format={kind}")
        assert answer.content.startswith(start)
    assert AuditRow.objects.filter(action="statement_exported").count() == 2

    assert (
        press(gu, path, "reverse", recovery=row.pk, reason="责任有误").status_code == 422
    )  # his own entry
    shen = door(desk.shen)
    assert press(shen, path, "reverse", recovery=row.pk, reason="责任有误").status_code == 302
    again = "XA02 60\n无法归责 40"
    answer = press(gu, path, "divide", reason="业务员途中遗失", liable=again)
    assert answer.status_code == 302
    seen = desk.claim(case).findings.get(outcome="").pk
    assert press(door(desk.centre.chen), path, "confirm", finding=seen).status_code == 302
    assert press(gu, path, "notify", party=desk.centre.xian.pk).status_code == 302
    assert press(gu, path, "book").status_code == 302
    assert press(gu, path, "close", satisfaction="satisfied").status_code == 302
    assert desk.claim(case).stage == Claim.Stage.CLOSED
    assert Recovery.objects.get(party=desk.centre.xian).amount == Decimal("720.00")


def test_papers_are_drawn_masked_and_without_a_font_the_page_says_what_to_do(desk, door, settings):
    case = approved(desk)
    gu, path = door(desk.gu), f"/claims/money/{case.number}/"
    assert press(gu, path, "issue", kind="agreement").status_code == 302
    one = Document.objects.get()

    answer = gu.get(f"/claims/documents/{one.pk}/")
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF-")
    assert answer["Cache-Control"] == "no-store" and "陈" not in answer["Content-Disposition"]
    settings.KEFU_PDF_FONT = "/nowhere.ttf"
    answer = gu.get(f"/claims/documents/{one.pk}/")
    assert answer.status_code == 503 and "KEFU_PDF_FONT" in answer.content.decode()
    assert press(gu, path, "issue", kind="claim_form").status_code == 422
    assert door(desk.centre.lin).get(f"/claims/documents/{one.pk}/").status_code == 403


@pytest.mark.rule("LC-01.23", "LC-02.13")
def test_insurance_and_self_settled_cases(desk, door):
    desk.work_by("LC")
    Party.objects.create(kind="insurer", code="PICC", name="人保财险扬州")
    case = approved(desk)
    gu, path = door(desk.gu), f"/claims/money/{case.number}/"
    given = {
        "insurer": "PICC", "number": "PYII1", "title": "物流责任险", "cover": "5000", "deductible": "500",
        "valid_from": "2026-01-01", "valid_to": "2025-12-31", "report_within_days": "2",
        "documents_within_days": "10", "warn_days": "1",
    }  # fmt: skip
    new = "/claims/insurance/policies/new/"
    assert press(gu, new, "save", **given).status_code == 422
    assert press(gu, new, "save", **(given | {"valid_to": "2026-12-31"})).status_code == 302
    policy = InsurancePolicy.objects.get()
    page = gu.get("/claims/insurance/").content.decode()
    assert case.number in page and "逾期" in page  # no word with the insurer since January
    assert (
        press(
            gu,
            "/claims/insurance/",
            "contact",
            insurer=policy.insurer_id,
            channel="phone",
            text="问进度",
        ).status_code
        == 302
    )
    word = {"insurer": policy.insurer_id, "channel": "phone", "text": "问进度"}
    for odd in ("0001-01-01T00:00", "9999-12-31T23:59"):  # no moment of a calendar
        answer = press(gu, "/claims/insurance/", "contact", **word, contacted_at=odd)
        assert answer.status_code == 422
    assert InsurerContact.objects.count() == 1
    assert press(gu, path, "report", policy=policy.pk).status_code == 302
    assert (
        press(gu, path, "hand_in", claimed_amount="700", insurer_number="RDZA1").status_code == 302
    )
    assert press(gu, path, "contact", channel="phone", text="材料收到了").status_code == 302
    assert press(gu, path, "receive", amount="650").status_code == 302
    assert InsuranceCase.objects.get().received_amount == Decimal(650)
    refused = press(gu, path, "withdraw", reason="不")
    assert refused.status_code == 422 and "请写明撤案理由" in refused.content.decode()
    assert press(gu, path, "withdraw", reason="包裹找到了").status_code == 302
    page = gu.get(path).content.decode()
    assert "退回 650.00 元" in page and 'value="report"' in page

    told = {
        "party_type": "outlet", "party": "CD03", "customer": "王建国", "waybill_number": "770612045501",
        "amount_yuan": "80", "settled_on": "2026-11-19",
    }  # fmt: skip
    where = "/claims/self-settled/"
    assert press(gu, where, "record", **(told | {"amount_yuan": "-1"})).status_code == 422
    assert press(gu, where, "record", **told).status_code == 302
    row = SelfSettledCase.objects.get()
    page = gu.get(where).content.decode()
    assert "王*国" in page and "王建国" not in page
    assert press(gu, where, "withdraw", row=row.pk, reason="记错").status_code == 302


def test_lists_ask_no_more_for_more_rows(desk, door):
    gu = door(desk.gu)
    first = approved(desk)
    booked(desk, first)
    paths = [
        "/claims/money/",
        "/claims/recoveries/",
        f"/claims/recoveries/{desk.chengdu.pk}/",
        "/claims/insurance/",
    ]

    def counted():
        found = []
        for path in paths:
            with CaptureQueriesContext(connection) as taken:
                assert gu.get(path).status_code == 200
            found.append(len(taken))
        return found

    before = counted()
    for n in range(2, 5):
        case = approved(desk, waybill_number=desk.waybill(f"77061204550{n}").number)
        if n < 4:
            booked(desk, case)
    assert counted() == before
