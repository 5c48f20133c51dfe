"""What an outlet bears, on its pages: penalties explained, appeals to the end, statements confirmed and taken away."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kefu.api.public_ids import conceal
from kefu.appeals import services as appeals
from kefu.appeals.models import Appeal
from kefu.penalties.models import Penalty
from tests.api.conftest import ask
from tests.appeals.conftest import PDF
from tests.partners.conftest import HOME, hidden
from tests.statements.conftest import Books
from tests.statements.test_api import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(centre, now):
    return Books(centre, ask(centre, now=now).case, clock=None)


@pytest.fixture
def fine(books):
    return books.fine("200.00", "2026-11-20 10:00:00")


def page_of(browser, fine):
    page = browser.get(HOME + "penalties/", {"open": conceal("penalty", fine.pk)})
    assert page.status_code == 200
    return page


def take(browser, fine, step, *, ticket=None, **given):
    """Fill in one of the forms on the penalty's page and send it."""
    ticket = ticket or hidden(page_of(browser, fine), "ticket")
    return browser.post(
        f"{HOME}penalties/{conceal('penalty', fine.pk)}/{step}/", {"ticket": ticket, **given}
    )


def said(page):
    return page.content.decode()


def test_a_penalty_explains_itself_and_is_appealed_against_to_the_end(
    centre, fine, chengdu, settings
):
    text = said(page_of(chengdu, fine))
    for words in ("CD-05.10", "200.00 元", "应付", "怎么算的", "提出异议"):
        assert words in text, words

    assert take(chengdu, fine, "appeal", reason="当天 10:50 已答复").status_code == 302
    appeal = Appeal.objects.get()
    assert (appeal.state, appeal.reason, appeal.party) == (
        "first",
        "当天 10:50 已答复",
        centre.chengdu,
    )
    text = said(page_of(chengdu, fine))
    assert "有异议在审议" in text and "撤回异议" in text and "提出异议</button>" not in text

    paper = SimpleUploadedFile("证明.pdf", PDF)
    assert take(chengdu, fine, "evidence", file=paper).status_code == 302
    shown = chengdu.get(f"{HOME}appeals/{conceal('appeal', appeal.pk)}/evidence/1/")
    assert (shown.status_code, b"".join(shown)) == (200, PDF)
    assert shown["X-Content-Type-Options"] == "nosniff"

    now = settings.KEFU_NOW
    appeals.decide(
        appeal=appeal, uphold=False, reason="录音是次日的", actor=centre.chen.user, now=now
    )
    text = said(page_of(chengdu, fine))
    assert "录音是次日的" in text and "申请第二次审议</button>" in text
    assert take(chengdu, fine, "second", reason="录音没有听全").status_code == 302
    appeals.decide(appeal=appeal, uphold=True, reason="核实属实", actor=centre.he.user, now=now)

    fine.refresh_from_db()
    assert fine.state == Penalty.State.REVERSED
    text = said(page_of(chengdu, fine))
    assert "已冲销" in text and '<form method="post" action="/outlet/penalties' not in text
    assert "成立，处罚已冲销" in said(chengdu.get(HOME + "appeals/"))


def test_a_form_sent_twice_appeals_once_and_a_withdrawn_one_is_over(fine, chengdu):
    ticket = hidden(page_of(chengdu, fine), "ticket")
    for _again in range(2):
        assert take(chengdu, fine, "appeal", ticket=ticket, reason="已按时答复").status_code == 302

    assert take(chengdu, fine, "withdraw").status_code == 302
    assert Appeal.objects.get().state == "withdrawn"
    refused = take(chengdu, fine, "appeal", ticket="another", reason="已按时答复")
    assert refused.status_code == 409
    assert "这笔处罚已经提过异议" in said(refused)


@pytest.mark.parametrize(
    ("step", "given", "words"),
    [
        ("appeal", {"reason": "  "}, "请写明理由"),
        ("evidence", {}, "请选一份文件"),
        ("evidence", {"file": SimpleUploadedFile("a.exe", b"MZ" * 99)}, "file"),
    ],
)
def test_what_is_refused_stands_at_the_field(step, given, words, fine, chengdu):
    if step == "evidence":
        take(chengdu, fine, "appeal", reason="已按时答复")
    for file in given.values():
        if hasattr(file, "seek"):
            file.seek(0)

    refused = take(chengdu, fine, step, ticket="t-1", **given)

    assert refused.status_code in (400, 422)
    assert 'aria-invalid="true"' in said(refused) and words in said(refused)
    assert Appeal.objects.count() == (step == "evidence")


def test_nothing_of_another_outlet_is_there(centre, fine, books, chengdu, open_for):
    xian = open_for(centre.xian, "yanta")
    take(chengdu, fine, "appeal", reason="已按时答复")
    appeal = Appeal.objects.get()
    statement = books.issue(books.draw(date(2026, 11, 1)), "2026-12-01 10:00:00")
    penalty, month = conceal("penalty", fine.pk), conceal("statement", statement.pk)

    assert xian.get(HOME + "penalties/", {"open": penalty}).status_code == 404
    for step in ("appeal", "evidence", "second", "withdraw", "nothing"):
        answer = xian.post(
            f"{HOME}penalties/{penalty}/{step}/", {"ticket": step, "reason": "已答复了"}
        )
        assert answer.status_code == 404, step
    assert xian.get(f"{HOME}appeals/{conceal('appeal', appeal.pk)}/evidence/1/").status_code == 404
    assert xian.get(HOME + "statements/", {"open": month}).status_code == 404
    for ending in ("pdf", "xlsx"):
        assert xian.get(f"{HOME}statements/{month}.{ending}").status_code == 404
    assert xian.post(f"{HOME}statements/{month}/confirm/", {"ticket": "t"}).status_code == 404
    for place in ("penalties/", "appeals/", "statements/"):
        text = said(xian.get(HOME + place))
        assert penalty not in text and month not in text
    assert Appeal.objects.get().state == "first"
    statement.refresh_from_db()
    assert statement.state == "issued"


def test_a_month_is_read_line_by_line_taken_away_and_confirmed(fine, books, chengdu, settings):
    assert "还没有对账单" in said(chengdu.get(HOME + "statements/"))
    statement = books.issue(books.draw(date(2026, 11, 1)), "2026-12-01 10:00:00")
    settings.KEFU_NOW = statement.issued_at

    text = said(chengdu.get(HOME + "statements/"))
    for words in (
        "2026-11",
        "期初应付",
        "200.00",
        "CD-05.10",
        "确认期限",
        conceal("penalty", fine.pk),
    ):
        assert words in text, words
    place = f"{HOME}statements/{conceal('statement', statement.pk)}"
    paper = chengdu.get(f"{place}.pdf")
    assert "网点对账单" in words_of(paper.content) and paper["Content-Type"] == "application/pdf"
    assert chengdu.get(f"{place}.xlsx").content.startswith(b"PK")
    assert chengdu.get(f"{place}.lines").status_code == 404

    form = {name: hidden(chengdu.get(HOME + "statements/"), name) for name in ("ticket", "etag")}
    for _again in range(2):
        assert chengdu.post(f"{place}/confirm/", form).status_code == 302
    statement.refresh_from_db()
    assert (statement.state, statement.confirmation) == ("confirmed", "outlet")
    text = said(chengdu.get(HOME + "statements/"))
    assert "已确认" in text and "确认期限" not in text
    late = chengdu.post(f"{place}/confirm/", form | {"ticket": "another"})
    assert late.status_code == 412 and "这份对账单已经变了" in said(late)


def test_lists_go_on_and_ask_no_more_for_more_rows(books, chengdu):
    def questions(place):
        with CaptureQueriesContext(connection) as asked:
            page = chengdu.get(HOME + place)
        return page, len(asked)

    books.fine("1.00", "2026-11-20 10:00:00")
    chengdu.get(HOME + "penalties/")  # the pages' key is made at the first call
    _page, few = questions("penalties/")
    for n in range(59):
        books.fine("1.00", f"2026-11-20 11:00:{n:02}")
    page, many = questions("penalties/")
    assert many <= few
    text = said(page)
    assert text.count("1.00 元") == 50 and "更早的" in text
    rest = chengdu.get(HOME + "penalties/", {"cursor": page.context["next"]})
    assert said(rest).count("1.00 元") == 10

    statement = books.issue(books.draw(date(2026, 11, 1)), "2026-12-01 10:00:00")
    assert statement.closing == Decimal("60.00")
    page = chengdu.get(HOME + "statements/")
    assert len(page.context["lines"]) == 50
    more = {"open": conceal("statement", statement.pk), "lines": page.context["more_lines"]}
    assert len(chengdu.get(HOME + "statements/", more).context["lines"]) == 10
    assert chengdu.get(HOME + "statements/", {"open": more["open"] + "/pdf"}).status_code == 404
    for wrong in ({"cursor": "x"}, {"open": more["open"], "lines": "x"}):
        assert chengdu.get(HOME + "statements/", wrong).status_code == 404
