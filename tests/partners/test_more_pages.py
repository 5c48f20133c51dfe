"""On the outlet's pages: complaints against it, a parcel of its own, calls to its numbers, and what has only a clock."""

import pytest

from inquiries import services
from inquiries.models import Complaint
from inquiries.services.lines import log_check, report_number
from kefu.api.public_ids import conceal
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Consequence, Deadline
from kefu.parcels.models import Scan
from kefu.policy.clocks import OutletRules, outlet_due
from kefu.rulebooks.selectors import edition
from tests.partners.conftest import HOME

pytestmark = pytest.mark.django_db


def said(page):
    return page.content.decode()


def complain(centre, against, now, **details):
    return services.file_complaint(
        cause=Complaint.Cause.PHONE_UNREACHABLE, against=against, text="打了一天没人接", channel="phone",
        asker="customer", details=services.Details(demand="要求今天派送"), department=centre.query_desk,
        owner=centre.lin, actor=centre.lin.user, now=now,
    )  # fmt: skip


@pytest.mark.rule("CD-05.21")
def test_an_outlet_reads_a_complaint_against_it_and_what_was_found(centre, now, chengdu):
    case = complain(centre, centre.chengdu, now)
    services.record_finding(
        case=case, clause="CD-05.21", party=centre.chengdu, actor=centre.chen.user, now=now,
        found=services.Found(verified=True),
    )  # fmt: skip
    lists = said(chengdu.get(HOME + "complaints/"))
    assert case.number in lists
    assert "电话打不通" in lists

    page = said(chengdu.get(HOME + "complaints/", {"open": conceal("complaint", case.pk)}))

    for words in ("要求今天派送", "CD-05.21", "看处罚"):
        assert words in page, words


def test_a_complaint_against_another_is_on_no_page(centre, now, chengdu):
    case = complain(centre, centre.xian, now)
    assert case.number not in said(chengdu.get(HOME + "complaints/"))
    theirs = {"open": conceal("complaint", case.pk)}
    assert chengdu.get(HOME + "complaints/", theirs).status_code == 404


def test_a_parcel_is_found_however_its_number_is_written(centre, now, chengdu):
    number = centre.waybill.number
    Scan.objects.create(waybill_number=number, kind="arrived", at=now, place="成都武侯三部")

    page = chengdu.get(HOME + "parcel/", {"number": f" {number[:4]} {number[4:]} "})

    assert page.status_code == 200
    assert "到件" in said(page)
    assert centre.waybill.sealed["sender_phone"] not in said(page)
    for wrong, words in (
        ("880612999999", "没有这个运单"),
        ("12", "运单号应为"),
        ("", "请填写运单号"),
    ):
        page = chengdu.get(HOME + "parcel/", {"number": wrong})
        assert (page.status_code, words in said(page)) == (422, True)


def test_somebody_else_s_parcel_is_as_unknown_as_one_that_is_not_there(centre, open_for):
    xian = open_for(centre.xian, "yanta")
    page = xian.get(HOME + "parcel/", {"number": centre.waybill.number})
    assert "没有这个运单，或它不经过你的网点" in said(page)


@pytest.mark.rule("CD-05.21")
def test_calls_to_the_outlet_s_numbers_stand_beside_them(centre, now, chengdu):
    number = report_number(
        party=centre.chengdu, kind="complaint", number="02885551234", effective_on=now.date(),
        actor=None, now=now,
    )  # fmt: skip
    log_check(number=number, outcome="no_answer", actor=centre.lin.user, now=now)
    assert "无人接听" in said(chengdu.get(HOME + "numbers/"))


@pytest.mark.parametrize("page_of", [100, 1])
def test_a_deadline_without_a_door_of_its_own_is_listed_and_explained(
    page_of, centre, now, chengdu, monkeypatch
):
    """A query is listed once, as itself; what only has a clock as that clock, however many queries are due before it."""
    monkeypatch.setattr("kefu.partners.todo.MOST", page_of)
    case = complain(centre, centre.chengdu, now)
    asked = services.ask_outlet(
        case=case, outlet=centre.chengdu, question="在哪里", actor=centre.lin.user, now=now
    )
    own = asked.deadline
    line = case.interactions.order_by("pk").first()
    using = edition(own.rulebook_id)
    other = deadlines.start(
        case=case, action=Deadline.Action.CALLBACK, due=outlet_due(now, OutletRules.of(using.rules)), using=using,
        party=centre.chengdu, door=Consequence.Door.API, started_by=line,
    )  # fmt: skip

    page = said(chengdu.get(HOME, {"open": f"deadlines/{conceal('deadline', other.pk)}"}))

    assert page.count("?open=network-queries/") == 1
    assert page.count("?open=deadlines/") == 1
    assert "怎么算的" in page
    assert "这一项不在网页上答复" in page
    answer = chengdu.post(f"{HOME}deadlines/{conceal('deadline', other.pk)}/", {"answer": "x"})
    assert answer.status_code == 404
