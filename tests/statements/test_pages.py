"""Statements in the admin: looked at, issued, and paid; files; a refusal stands at its field."""

import pytest
from django.urls import reverse

from kefu.jobs import services as jobs
from kefu.jobs.models import Refusal
from kefu.ledger.models import Account
from kefu.staff.models import User
from kefu.statements.models import Drawing, Payment, Statement
from tests.admin.conftest import account, as_user
from tests.centre import at
from tests.statements.conftest import NOVEMBER

__all__ = ["as_user"]
pytestmark = pytest.mark.django_db

LIST = reverse("admin:statements_statement_changelist")


@pytest.fixture
def drawn(books, clock):
    books.fine("200.01", "2026-11-03 10:00:00")
    statement = books.draw()
    clock("2026-12-02 10:00:00")
    return statement


@pytest.fixture
def chen(books, as_user):
    User.objects.filter(pk=books.centre.chen.user.pk).update(is_staff=True)
    return as_user(User.objects.get(pk=books.centre.chen.user.pk))


def step(statement, name):
    return reverse(f"admin:statements_statement_{name}", args=[statement.pk])


def test_the_list_and_the_page_show_the_month_with_its_reasons(chen, drawn):
    listed = chen.get(LIST, {"state__exact": "drawn", "month": "2026-11"}).content.decode()
    assert drawn.number in listed and "200.01" in listed
    assert drawn.number not in chen.get(LIST, {"month": "2026-10"}).content.decode()

    page = chen.get(reverse("admin:statements_statement_change", args=[drawn.pk])).content.decode()
    (line,) = drawn.lines.all()
    assert line.telling["summary"] in page and line.telling["details"][-1] in page
    assert step(drawn, "issue_here") in page


def test_a_supervisor_issues_it(chen, drawn):
    place = step(drawn, "issue_here")
    assert "不能撤回" in chen.get(place).content.decode()

    chen.post(place, {"_confirmed": "1"})

    row = Statement.objects.get(pk=drawn.pk)
    assert (row.state, row.issued_by.username) == ("issued", row.issued_by.username)
    page = chen.get(reverse("admin:statements_statement_change", args=[drawn.pk])).content.decode()
    assert place not in page
    again = chen.post(place, {"_confirmed": "1"}, follow=True).content.decode()
    assert "已经发出" in again


def test_a_payment_is_recorded_and_a_wrong_one_is_told_at_its_field(chen, drawn, books):
    place = step(drawn, "record_here")
    right = {"amount": "200.01", "paid_on": "2026-12-02", "reference": "B1", "_confirmed": "1"}

    for wrong, said in (
        ({"amount": "0"}, "金额要大于 0"),
        ({"amount": "-1"}, "金额要大于 0"),
        ({"paid_on": "2026-12-03"}, "到账日期不能在将来"),
        ({"reference": ""}, "必填"),
        ({"amount": "1.001"}, "小数"),
    ):
        answer = chen.post(place, right | wrong)
        assert answer.status_code == 422 and said in answer.content.decode(), wrong
    assert not Payment.objects.exists()

    chen.post(place, right)
    twice = chen.post(place, right)

    assert twice.status_code == 422 and "已经登记过" in twice.content.decode()
    assert str(Payment.objects.get().amount) == "200.01"
    assert str(Account.objects.get(party=books.centre.chengdu, book="paid_in").balance) == "-200.01"


def test_another_person_takes_a_payment_back(chen, books, as_user, drawn):
    payment = books.pay("5.00", "2026-12-01 10:00:00")
    place = reverse("admin:statements_payment_reverse_here", args=[payment.pk])
    page = reverse("admin:statements_payment_change", args=[payment.pk])
    assert place not in chen.get(page).content.decode()
    finance = as_user(account("finance"))
    assert place in finance.get(page).content.decode()

    assert "不能冲销自己" in chen.post(place, {"reason": "记错了网点", "_confirmed": "1"}, follow=True).content.decode()  # fmt: skip
    finance.post(place, {"reason": "记错了网点", "_confirmed": "1"})

    assert Payment.objects.get().reversed_for == "记错了网点"


def test_files_come_as_the_outlet_gets_them(chen, drawn):
    assert chen.get(step(drawn, "pdf_here")).content.startswith(b"%PDF-")
    assert chen.get(step(drawn, "xlsx_here")).content.startswith(b"PK")


def test_whoever_handles_no_money_sees_nothing(books, as_user, drawn):
    hr = as_user(account("hr"))

    for place in (LIST, step(drawn, "issue_here"), step(drawn, "record_here"), step(drawn, "pdf_here")):  # fmt: skip
        assert hr.get(place).status_code in (403, 404), place
    finance = as_user(account("finance"))
    assert finance.get(LIST).status_code == 200
    assert finance.post(step(drawn, "issue_here"), {"_confirmed": "1"}).status_code == 403
    assert Statement.objects.get(pk=drawn.pk).state == "drawn"


def test_an_outlet_sees_what_was_issued_to_it(books, drawn):
    user = User.objects.create_user("cd", role="outlet", party=books.centre.chengdu)
    other = User.objects.create_user("xa", role="outlet", party=books.centre.xian)

    def seen(who):
        return list(Statement.objects.visible_to(who))

    assert seen(user) == []
    books.issue(drawn)
    assert seen(user) == [drawn] and seen(other) == [] and seen(books.centre.lin.user) == []
    assert seen(books.centre.chen.user) == [drawn]


def test_what_a_step_is_about_is_said_before_it_is_taken(chen, drawn):
    for name in ("issue_here", "record_here"):
        assert "成都武侯三部，期末应付 200.01 元。" in chen.get(step(drawn, name)).content.decode()


def test_what_could_not_be_drawn_up_stands_above_the_list(chen, drawn, books):
    assert "没有编制成的" not in chen.get(LIST).content.decode()
    job = jobs.start(
        kind="draw_up_statements",
        title="编制 2026-11 网点对账单",
        params={"month": "2026-11-01"},
        actor=None,
        now=at("2026-12-01 01:00:00"),
    )
    Drawing.objects.create(month=NOVEMBER, job=job)
    Refusal.objects.create(
        job=job,
        row=1,
        code="not_drawn",
        details={"party": books.centre.xian.pk, "error": "KeyError"},
        shown="XA02 西安雁塔二部",
        sealed={},
    )

    page = chen.get(LIST).content.decode()

    assert "没有编制成的" in page and "XA02 西安雁塔二部" in page
    assert "程序出错（KeyError）" in page


def test_a_month_that_is_none_and_a_machine_without_a_font_are_no_crash(chen, drawn, settings):
    assert chen.get(LIST, {"month": "2026-13"}).status_code in (200, 302)
    settings.KEFU_PDF_FONT = "/nowhere.ttf"

    answer = chen.get(step(drawn, "pdf_here"), follow=True)

    assert answer.status_code == 200 and "KEFU_PDF_FONT" in answer.content.decode()
