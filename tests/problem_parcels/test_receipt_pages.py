"""The receipt clerk's pages: a list out, slips in by Enter, what is missing taken home, what is wanted answered."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from kefu.parcels.models import Scan
from problem_parcels.models import (
    Receipt,
    ReceiptBatch,
    ReceiptDestruction,
    ReceiptEntry,
    ReceiptRequest,
)
from tests.centre import at
from tests.frozen import centre, clock
from tests.pages import fields
from tests.problem_parcels.test_receipts import A, B, C, Desk

__all__ = ["centre", "clock"]

pytestmark = pytest.mark.django_db

DAY = "/parcels/receipts/"


@pytest.fixture
def desk(centre, clock):
    desk = Desk(centre, clock)
    desk.parcel(A)
    desk.parcel(B, payment="receiver", freight=Decimal("25.00"))
    return desk


@pytest.fixture
def signed_in(centre):
    def browser(employee):
        client = Client()
        client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def lin(signed_in, centre):
    return signed_in(centre.lin)


def place(name, *args):
    return reverse(f"problem_parcels:{name}", args=args)


@pytest.fixture
def batch(desk, lin):
    desk.clock("08:00:00")
    text = f"{A}\n{B}\t3\n880612999999\n"
    given = {"courier": desk.wu.pk, "delivered_on": "2026-11-20", "lines": text}
    answer = lin.post(DAY, given)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "没有这个运单" in html
    assert fields(html, form=f"{DAY}?day=2026-11-20")["lines"] == ["880612999999"]
    return ReceiptBatch.objects.get()


@pytest.mark.rule("CD-10.03", "CD-10.06", "CD-10.08")
def test_a_slip_goes_in_with_enter_enter_enter(lin, desk, batch):
    page = lin.get(place("receipt_batch", batch.case.number)).content.decode()
    address = place("receipt_enter", batch.case.number)
    assert page.index(f"<i>{B[8:]}") < page.index(f"<i>{A[8:]}")  # freight collect on top
    desk.clock("2026-11-21 09:50:00")

    def press(**typed):
        return lin.post(address, {"source": "scanned", **typed})

    asked = press(number=B)
    html = asked.content.decode()
    assert (asked.status_code, "到付 25.00 元" in html) == (200, True)
    assert {"pieces", "collected"} <= set(fields(html))
    assert "autofocus" in html.split('name="signature"')[1].split(">")[0]
    refused = press(number=B, signature="本人签收", pieces="3", collected="25")
    assert (refused.status_code, "CD-10.08" in refused.content.decode()) == (422, True)
    lacking = press(number=B, signature="李敏", pieces="3")
    assert (lacking.status_code, "CD-10.03" in lacking.content.decode()) == (422, True)
    ticket = {"ticket": "b" * 32}
    done = press(number=B, signature="李敏", pieces="3", collected="24.00", **ticket)
    again = press(number=B, signature="李敏", pieces="3", collected="24.00", **ticket)

    assert "应收 25.00 元，实收 24.00 元" in done.content.decode()
    assert (again.status_code, ReceiptEntry.objects.count()) == (200, 1)
    assert "已录入 1 / 2" in done.content.decode()  # the list beside it is new as well
    assert "李敏" not in done.content.decode()
    assert press(number=B).status_code == 422
    forgotten = press(number=desk.parcel(C).number)
    assert 'name="unlisted"' in forgotten.content.decode()
    assert press(number=C, signature="张国华", unlisted="on").status_code == 200
    assert Receipt.objects.get(waybill_number=C).origin == "unlisted"


def test_what_is_not_entered_is_accounted_for_and_what_is_wrong_corrected(lin, desk, batch):
    line = batch.receipts.get(waybill_number=A)
    account = place("receipt_account", batch.case.number, line.pk)
    assert lin.get(account).status_code == 200
    assert lin.post(account, {"state": "missing", "note": ""}).status_code == 422
    told = lin.post(account, {"state": "missing", "note": "业务员说明天交"})
    assert (told.status_code, told["HX-Redirect"]) == (
        204,
        place("receipt_batch", batch.case.number),
    )
    desk.enter(batch, A, "张国华")
    correct = place("receipt_correct", batch.case.number, line.pk)
    assert "pieces" not in fields(lin.get(correct).content.decode())
    assert lin.post(correct, {"signature": "123", "reason": "看错"}).status_code == 422
    assert lin.post(correct, {"signature": "章国华", "reason": "看错了姓"}).status_code == 204
    page = lin.get(place("receipt_batch", batch.case.number)).content.decode()
    assert ("章*华" in page, "已更正" in page, "章国华" in page) == (True, True, False)
    assert lin.get(place("receipt_batch", "HD-000000-0001")).status_code == 404


@pytest.mark.rule("CD-10.17", "CD-10.18", "CD-07.17", "CD-07.18")
def test_the_cover_is_printed_and_the_pile_goes_to_headquarters(lin, desk, batch):
    count = place("receipt_count", batch.case.number)
    refused = lin.post(count, {"slips": "2", "collect_slips": "1", "deliverer": "吴强"})
    assert (refused.status_code, "CD-07.18" in refused.content.decode()) == (422, True)
    given = {"slips": "2", "collect_slips": "1", "deliverer": "吴强", "collect_on_top": "on"}
    cover = lin.post(count, given, follow=True).content.decode()
    assert ("吴强" in cover, "清点 2 张，已录入 0 张" in cover) == (True, True)
    desk.clock("2026-11-21 00:00:01")
    assert "11-20 清点的回单没有当天上交总部" in lin.get(DAY).content.decode()

    sent = lin.post(place("receipts_hand_over"), follow=True)

    assert "没有当天上交" not in sent.content.decode()
    nothing = lin.post(place("receipts_hand_over"))
    assert (nothing.status_code, "没有清点好还没上交的回单" in nothing.content.decode()) == (
        422,
        True,
    )


@pytest.mark.rule("CD-10.05")
def test_what_is_missing_is_shown_and_taken_home_line_by_line(lin, desk, batch):
    desk.enter(batch, desk.parcel(C).number, "张国华", unlisted=True)

    page = lin.get(place("receipts_missing"), {"last": "2026-11-20"}).content.decode()
    answer = lin.get(place("receipts_missing_workbook"), {"last": "2026-11-20"})

    assert "吴强" in page
    sheet = CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0)
    _head, *rows = sheet.to_python()
    assert sorted((row[6], row[7]) for row in rows) == [(A, "未交"), (B, "未交"), (C, "忘记登记")]
    assert {tuple(row[:6]) for row in rows} == {("2026-11-20", "2201", "吴强", "2", "", "1")}


def test_a_long_day_asks_as_much_as_a_short_one(lin, desk, batch):
    pages = [DAY, place("receipt_batch", batch.case.number), place("receipts_missing")]

    def asked():
        with CaptureQueriesContext(connection) as found:
            for page in pages:
                assert lin.get(page).status_code == 200
        return len(found)

    asked()
    before = asked()
    desk.out(*[desk.parcel(f"8806120002{n:02d}").number for n in range(20)], when="09:00:00")
    desk.out(desk.parcel(C).number, courier=desk.sun, when="09:00:00")

    assert asked() == before


@pytest.mark.rule("CD-05.15", "CD-05.16")
def test_a_customer_wants_a_receipt_and_its_loss_is_explained(lin, centre, clock):
    clock("09:00:00")
    for kind, when in [("arrived", "2026-11-01 07:00:00"), ("signed", "2026-11-01 12:00:00")]:
        Scan.objects.create(
            waybill_number=centre.waybill.number, kind=kind, at=at(when), place="成都武侯三部"
        )
    wanted = {"waybill_number": "880612045537", "service": "fax", "customer_name": "陈晓梅"}
    assert (
        "没有这个运单"
        in lin.post(
            place("receipts_wanted"), {**wanted, "waybill_number": "880612999999"}
        ).content.decode()
    )
    page = lin.post(place("receipts_wanted"), wanted, follow=True).content.decode()
    request = ReceiptRequest.objects.get()
    assert ("2027-04-30" in page, "CD-05.14" in page, "陈晓梅" in page) == (True, True, False)
    assert request.case.number in lin.get(place("receipts_wanted")).content.decode()

    address = place("receipt_request", request.case.number)
    assert lin.post(address, {"outcome": "not_found"}).status_code == 422
    told = lin.post(address, {"outcome": "not_found", "answer": "翻遍了没有"}, follow=True)

    html = told.content.decode()
    assert ("100.00 元" in html, "CD-05.16" in html) == (True, True)
    assert lin.get(reverse("workbench:case", args=[request.case.number])).status_code == 200


@pytest.mark.rule("CD-05.14")
def test_two_people_destroy_what_is_over(lin, signed_in, centre, desk, batch):
    for number, given in [(A, {}), (B, {"pieces": 3, "collected": Decimal("25")})]:
        desk.enter(batch, number, "张国华", when="20:00:00", **given)
    until = date(2026, 11, 20) + timedelta(days=180)
    over = place("receipts_over")
    assert lin.post(over, {"until": until}).status_code == 422
    desk.clock(f"{until + timedelta(days=1)} 08:00:00")

    assert lin.post(over, {"until": until}).status_code == 302
    decide = place("receipts_decide", ReceiptDestruction.objects.get().pk)
    assert lin.post(decide, {"approve": "1"}).status_code == 422
    he = signed_in(centre.he)
    assert "批准销毁" in he.get(over).content.decode()
    assert he.post(decide, {"approve": "1"}).status_code == 302
    assert Receipt.objects.exclude(destroyed_on=None).count() == 2


def test_outlets_stay_outside_and_who_only_looks_enters_nothing(signed_in, centre, batch):
    user = centre.zhou.user
    user.role, user.party = "outlet", centre.chengdu
    user.save()
    outside = signed_in(centre.zhou)
    for page in (DAY, place("receipts_wanted"), place("receipts_over")):
        assert outside.get(page).status_code == 403
    user.role = "inspector"
    user.save()
    looking = signed_in(centre.zhou)
    assert looking.get(place("receipt_batch", batch.case.number)).status_code == 200
    address = place("receipt_enter", batch.case.number)
    assert looking.post(address, {"source": "scanned", "number": A}).status_code == 403
    assert looking.post(DAY, {}).status_code == 403
    for typed in ("0001-01-01", "9999-12-31"):  # no day has none beside it
        assert looking.get(DAY, {"day": typed}).status_code == 200
        assert looking.get(place("receipts_missing"), {"last": typed}).status_code == 200
