"""Asking for a try-out in the admin, watching it, reading it, taking it away as a table."""

import csv
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from kefu.audit.models import AuditRow
from kefu.deadlines import services as deadlines
from kefu.jobs import services as jobs
from kefu.network.models import Party
from kefu.replay.models import Run
from kefu.rulebooks import services as rulebooks
from tests.centre import at

pytestmark = pytest.mark.django_db

ADD = "admin:replay_run_add"
HALVED = {"CD_05_10": {"fine": "100.00"}}


@pytest.fixture
def desk(told):
    """The supervisor's browser, on an evening after a fine and a call that came again."""
    told.fined_outlet()
    case = told.asks("12:00:00")
    told.calls_again(case, "12:40:00")
    told.answers(case, "12:45:00")
    told.sweeps("20:00:00")
    return as_user(told.centre.chen)


def as_user(employee: Any) -> Client:
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def work() -> None:
    while jobs.run_until_next_tick(seconds=0):
        pass


def asked(desk: Client, version: Any, *months: str) -> Any:
    return desk.post(
        reverse(ADD), {"version": version.pk, "months": months or ("2026-11",)}, follow=True
    )


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.content.decode()))


def test_the_form_offers_drafts_too_and_the_last_month_is_ticked(desk, draft):
    version = draft(**HALVED)

    page = desk.get(reverse(ADD), {"version": version.pk})

    assert page.status_code == 200
    shown = page.content.decode()
    assert "CD@2（草稿）" in shown
    form = page.context["adminform"].form
    assert str(form["version"].value()) == str(version.pk)
    assert form["months"].value() == ["2026-10"]
    assert [value for value, _label in form.fields["months"].choices][:2] == ["2026-11", "2026-10"]


def test_it_is_asked_for_watched_and_read(desk, draft):
    page = asked(desk, draft(**HALVED))

    run = Run.objects.get()
    assert page.request["PATH_INFO"] == reverse("admin:replay_run_change", args=[run.pk])
    assert page["Refresh"] == "2"
    assert "progress" in page.content.decode()
    assert "合计" not in text(page)

    work()
    page = desk.get(page.request["PATH_INFO"])

    assert "Refresh" not in page
    shown = text(page)
    assert "200.00 100.00 −100.00 0.5 0.5 –" in shown  # the total, and the foot of each table
    assert "成都武侯三部 200.00 100.00 −100.00" in shown
    assert "林小月 0826 0.00 0.00 – 0.5 0.5 –" in shown
    assert "有变化的 1 笔" in shown
    case = run.lines.changed().get().case
    assert reverse("admin:cases_case_change", args=[case.pk]) in page.content.decode()
    assert "200.00 元 应付 100.00 元 应付 −100.00" in shown


def test_every_figure_opens_its_lines(desk, draft):
    page = asked(desk, draft(**HALVED))
    work()
    page = desk.get(page.request["PATH_INFO"])

    links = set(re.findall(r'href="([^"]*/replay/line/[^"]*)"', page.content.decode()))
    opened = {link: desk.get(link.replace("&amp;", "&")) for link in links}

    assert len(links) == 5  # an outlet, a department, a person, two clauses
    assert {one.status_code for one in opened.values()} == {200}
    assert sorted(one.context["cl"].result_count for one in opened.values()) == [1, 1, 1, 2, 3]


def test_in_english_every_word_is_english(desk, draft, settings):
    desk.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    page = asked(desk, draft(CD_05_10={"condition": "evidence", "causes": []}))
    work()
    page = desk.get(page.request["PATH_INFO"])

    main = page.content.decode().split('id="content-main"')[1]
    names = {party.name for party in Party.objects.all()}
    for name in names:
        main = main.replace(name, "")
    assert re.findall(r"[\u4e00-\u9fff]+", re.sub(r"<[^>]+>", " ", main)) == []


def test_a_draft_that_went_on_is_said_to_have_changed(desk, told, draft):
    version = draft(**HALVED)
    page = asked(desk, version)
    work()
    assert "草稿又改过了" not in text(desk.get(page.request["PATH_INFO"]))
    rulebooks.amend_clause(
        version=version,
        clause="CD-05.10",
        settings={"fine": "50"},
        seen=rulebooks.clause_digest(version.content, "CD-05.10"),
        actor=told.centre.chen.user,
        now=at("20:00:00"),
    )

    assert "草稿又改过了" in text(desk.get(page.request["PATH_INFO"]))


def test_a_refusal_stands_at_its_field(desk, draft):
    page = asked(desk, draft(**HALVED), "2026-10")

    assert "这几个月没有按" in text(page)
    assert not Run.objects.exists()
    assert not page.context["adminform"].form.errors.get("version")
    assert page.context["adminform"].form.errors["months"]


def test_what_cannot_be_decided_is_listed_with_what_it_lacks(desk, draft):
    page = asked(desk, draft(CD_05_10={"condition": "evidence", "causes": []}))
    work()
    page = desk.get(page.request["PATH_INFO"])

    shown = text(page)
    assert "按这一版算不出的 1 项" in shown
    assert "没有人查过生效条件：有证据" in shown
    assert "它们现在登记着罚款 200.00 元、扣分 0 分" in shown


def test_the_table_to_take_away_adds_up_and_runs_nothing(desk, told, draft):
    told.centre.chengdu.name = "=HYPERLINK(1)"
    told.centre.chengdu.save()
    asked(desk, draft(**HALVED))
    work()
    run = Run.objects.get()

    answer = desk.get(reverse("admin:replay_run_lines", args=[run.pk]))

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sum(Decimal(row["差额"]) for row in rows if row["单位"] == "罚款") == Decimal(-100)
    assert {row["责任方"] for row in rows if row["单位"] == "罚款"} == {"'=HYPERLINK(1) CD03"}
    assert AuditRow.objects.get(action="what_if_exported").after == {"lines": len(rows)}


@pytest.mark.parametrize(("who", "status"), [("chen", 200), ("wang", 403), ("lin", 302)])
def test_only_who_may_draft_may_ask_and_see(desk, told, draft, who, status):
    asked(desk, draft(**HALVED))
    work()
    run = Run.objects.get()
    deadlines.sweep()
    client = as_user(getattr(told.centre, who))

    for url in (
        reverse(ADD),
        reverse("admin:replay_run_change", args=[run.pk]),
        reverse("admin:replay_run_lines", args=[run.pk]),
        reverse("admin:replay_line_changelist"),
        reverse("admin:replay_gap_changelist"),
    ):
        assert client.get(url).status_code == status, url


def test_the_page_has_no_script_or_style_of_its_own(desk, draft):
    page = asked(desk, draft(**HALVED))
    work()
    shown = desk.get(page.request["PATH_INFO"]).content.decode()

    ours = shown[shown.index('class="kf-table kf-sums"') :].split("</section>")[0]
    assert "style=" not in ours
    assert "<script" not in ours
