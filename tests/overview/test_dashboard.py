"""The admin's front page: every figure opens exactly its rows, and nobody sees what he may not look at."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from inquiries import services as inquiries
from kefu.cases.models import Case
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.overview.dashboard import asked as switches
from kefu.overview.dashboard import charts
from kefu.overview.dashboard.figures import share
from kefu.overview.dashboard.promises import outlets_of
from kefu.penalties.models import Penalty
from kefu.staff import services as staff
from kefu.staff.models import User
from tests.centre import at, build
from tests.episodes import a_claim

pytestmark = pytest.mark.django_db

NOW = at("14:26:18")
FRONT = reverse("admin:index")
FIGURE = re.compile(r'<a class="kd-fig[^"]*" href="([^"]+)"[^>]*>([\d,.]+)</a>')


@pytest.fixture
def centre(settings):
    """A Friday afternoon: kept, broken, close and open promises of two desks and two outlets."""
    settings.KEFU_NOW = at("08:00:00")
    centre = build(now=settings.KEFU_NOW)
    for minute, outlet in ((0, centre.chengdu), (5, centre.chengdu), (10, centre.xian)):
        ask(centre, outlet, settings, at(f"08:{minute:02}:00"))
    query = ask(centre, centre.xian, settings, at("08:20:00"))
    settings.KEFU_NOW = at("08:40:00")
    inquiries.record_feedback(
        query=query,
        answer="已找到，今天派送",
        channel="phone",
        actor=centre.lin.user,
        now=settings.KEFU_NOW,
    )
    settings.KEFU_NOW = at("12:31:00")
    deadlines.sweep()
    ask(centre, centre.chengdu, settings, at("12:31:00"))  # due at 14:31, warned
    settings.KEFU_NOW = at("14:00:00")
    centre.inquiry(now=at("14:00:00"), owner=centre.zhou)
    for who in (centre.lin, centre.zhou):
        staff.come_on_duty(employee=who, now=at("14:00:00"))
    settings.KEFU_NOW = NOW
    deadlines.sweep()
    deadlines.warn()
    return centre


def ask(centre, outlet, settings, now):
    settings.KEFU_NOW = now
    case = centre.inquiry(now=now)
    return inquiries.ask_outlet(
        case=case, outlet=outlet, question="请核实", actor=centre.lin.user, now=now
    )


def signed_in(user):
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def for_a_person(centre):
    """A fine of the query desk that waits for somebody's evidence."""
    deadline = Deadline.objects.filter(clause="CD-05.09", state="breached").earliest("pk")
    Penalty.objects.create(
        party=centre.xian,
        case=deadline.case,
        clause="CD-05.11",
        rulebook=deadline.rulebook,
        kind="fine",
        value=Decimal("50.00"),
        condition="evidence",
        state="provisional",
        incurred_at=NOW,
        decided_at=NOW,
    )


@pytest.mark.parametrize("narrow", [False, True], ids=["all", "query desk"])
@pytest.mark.parametrize("period", ["today", "week", "month", "year"])
def test_every_figure_opens_exactly_its_rows(centre, period, narrow):
    for_a_person(centre)
    client = signed_in(centre.chen.user)
    asked = {"period": period} | ({"department": centre.query_desk.pk} if narrow else {})
    answer = client.get(FRONT, asked)
    found = FIGURE.findall(answer.content.decode())
    fines = answer.context["fines"].number
    assert fines.n >= 1
    found.append((fines.url, fines.shown))
    assert len(found) > 20

    wrong = []
    for url, shown in set(found):
        page = client.get(unescape(url))
        if "cl" in (page.context or {}) and page.context["cl"].result_count != int(
            shown.replace(",", "")
        ):
            wrong.append((unescape(url), shown, page.context["cl"].result_count))
        if page.status_code != 200:
            wrong.append((unescape(url), shown, page.status_code))

    assert not wrong


def test_the_first_figures(centre):
    page = signed_in(centre.chen.user).get(FRONT)
    whole, queue = page.context["promises"].whole, page.context["queue"]
    lines = {one.clause: one for one in page.context["promises"].lines}

    feedback = lines["CD-05.09"]
    assert (feedback.due.n, feedback.met.n, feedback.broken.n, feedback.open.n) == (5, 1, 3, 1)
    assert (feedback.risk.n, feedback.share) == (1, "25.0%")
    assert whole.due.n == Deadline.objects.exclude(state="cancelled").count()
    assert queue.whole.n == Case.objects.open().count()
    assert sum(band.number.n for band in queue.bands) == queue.whole.n
    assert [band.number.n for band in queue.bands[:3]] == [1, 1, 4]
    assert queue.late.n == Case.objects.open().due_before(NOW).count()
    assert page.context["unassigned"].n == 0


def test_hour_by_hour(centre):
    columns = {
        one.label: one
        for one in signed_in(centre.chen.user).get(FRONT).context["promises"].chart.columns
    }

    assert (columns["10"].met.n, columns["10"].broken.n) == (1, 3)
    assert columns["14"].open.n == 2  # the outlet's at 14:31, the customer's at 14:30
    assert list(columns) == [str(hour) for hour in range(8, 15)]


def test_the_most_loaded_stands_first(centre):
    seats = signed_in(centre.chen.user).get(FRONT).context["seats"]

    assert [(one.employee.name, one.open.n, one.soon.n) for one in seats.lines] == [
        ("林小月", Case.objects.open().of(centre.lin).count(), 0),
        ("周明", 1, 1),
    ]
    assert seats.people == 2


def test_another_department_has_its_own_figures(centre):
    client = signed_in(centre.chen.user)
    page = client.get(FRONT, {"department": centre.front_desk.pk})

    assert page.context["promises"].whole.due.n == 0
    assert page.context["queue"].whole.n == 0
    assert page.context["seats"].people == 0
    assert "这段时间没有到期的承诺" in page.content.decode()
    assert client.get(FRONT, {"department": "x", "period": "x"}).context["asked"].period == "today"


def test_outlets_rank_by_broken_promises_of_a_hundred_and_only_with_enough(centre, monkeypatch):
    asked = switches.read({"period": "month"}, NOW)
    assert outlets_of(asked).lines == []
    assert outlets_of(asked).enough == 3
    monkeypatch.setattr("kefu.overview.dashboard.promises.FEWEST", 2)

    found = outlets_of(asked)

    assert [(one.name, one.due.n, one.broken.n, one.share, one.bar) for one in found.lines] == [
        ("成都武侯三部", 2, 2, "100.0", 100),
        ("西安雁塔二部", 2, 1, "50.0", 50),
    ]
    assert (found.broken, found.over, found.share) == (3, 4, "75.0")


def test_the_side_bar_leads_to_the_screens_and_to_what_was_verified(centre):
    page = signed_in(centre.chen.user).get(FRONT).content.decode()

    assert reverse("admin:overview_wallboardlink_changelist") in page
    assert reverse("admin:overview_verification_changelist") in page


def test_who_may_not_look_at_promises_sees_no_panel_of_them(centre):
    clerk = User.objects.create_user("hr", role=User.Role.HR, is_staff=True)
    page = signed_in(clerk).get(FRONT)

    hidden = [name for name in ("promises", "queue", "seats", "claims") if page.context[name]]
    assert not hidden
    assert page.context["fines"] is not None
    assert page.status_code == 200


def test_the_page_asks_as_often_however_much_there_is(centre, settings):
    client = signed_in(centre.chen.user)
    client.get(FRONT)

    def questions():
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(FRONT)
        return len(found)

    before = questions()
    for minute in range(10):
        ask(centre, centre.xian, settings, NOW - timedelta(minutes=60 - minute))
    settings.KEFU_NOW = NOW

    assert questions() <= before


def test_the_file_holds_what_the_page_shows(centre):
    client = signed_in(centre.chen.user)
    answer = client.get(reverse("overview:dashboard_file"))
    book = CalamineWorkbook.from_filelike(BytesIO(answer.content))
    rows = book.get_sheet_by_name("承诺").to_python()

    assert rows[0][:4] == ["条款", "事项", "应兑现", "兑现"]
    assert next(row for row in rows if row[0] == "CD-05.09")[2:8] == [
        "5",
        "1",
        "1",
        "1",
        "3",
        "25.0%",
    ]
    assert book.get_sheet_by_name("在班与负荷").to_python()[1][1] == "林小月"
    assert set(book.sheet_names) >= {"承诺", "按到期时间", "队列账龄", "网点每百项超时", "等我办理"}


def test_a_claim_opens_the_ageing_list(centre, settings):
    a_claim(centre, NOW)
    client = signed_in(centre.chen.user)
    claims = client.get(FRONT).context["claims"]

    assert claims.whole.n >= 1
    assert client.get(claims.whole.url).status_code == 200


@pytest.mark.parametrize(
    ("met", "over", "shown"),
    [(0, 0, "–"), (1, 1, "100.0%"), (1999, 2000, "99.9%"), (0, 3, "0.0%"), (2, 3, "66.6%")],
)
def test_a_share_is_never_rounded_up_to_all(met, over, shown):
    assert share(met, over) == shown


@pytest.mark.parametrize(("most", "lines"), [(0, 2), (1, 2), (4, 5), (7, 5), (150, 4), (999, 6)])
def test_an_axis_has_a_few_round_lines(most, lines):
    from kefu.overview.dashboard.figures import Figure

    nothing = Figure(0, "")
    chart = charts.columns([charts.Column("8", Figure(most, ""), nothing, nothing)])

    assert 2 <= len(chart.lines) <= 6
    assert chart.columns[0].bars[0].height <= charts.HEIGHT
