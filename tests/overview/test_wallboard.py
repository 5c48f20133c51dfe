"""The wallboard: for a screen nobody sits at, by a link that can be revoked, without a word about customers."""

import pytest
from django.test import Client
from django.urls import reverse

from inquiries import services as inquiries
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.deadlines import services as deadlines
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.overview import services
from kefu.overview.models import SIGNER, WallboardLink
from kefu.overview.wallboard import wallboard
from kefu.staff import services as staff
from kefu.staff.models import Duty
from tests.centre import at, build

pytestmark = pytest.mark.django_db

NOW = at("14:26:18")


@pytest.fixture
def centre(settings):
    settings.KEFU_NOW = at("13:40:00")
    centre = build(now=settings.KEFU_NOW)
    centre.inquiry(now=at("13:40:00"))  # late at 14:10
    centre.inquiry(now=at("14:00:00"))  # 4 minutes left
    case = centre.inquiry(now=at("14:20:00"))
    inquiries.ask_outlet(
        case=case,
        outlet=centre.chengdu,
        question="请核实",
        actor=centre.lin.user,
        now=at("14:20:00"),
    )
    staff.come_on_duty(employee=centre.lin, now=at("13:40:00"))
    staff.come_on_duty(employee=centre.zhou, now=at("13:40:00"))
    Duty.objects.filter(employee=centre.zhou).update(seat=Duty.Seat.BUSY)
    settings.KEFU_NOW = NOW
    deadlines.sweep()
    return centre


@pytest.fixture
def link(centre):
    return services.make_wallboard_link(
        name="大厅东墙", department=None, actor=centre.chen.user, now=NOW
    )


def place(link):
    return reverse("overview:shared_wallboard", args=[link.token])


def test_how_much_time_is_left(centre):
    wall = wallboard(department=None, now=NOW)

    assert {band.name: band.n for band in wall.bands} == {
        "late": 1, "soon": 1, "half": 1, "hours": 0, "today": 0, "later": 0,
    }  # fmt: skip
    assert wall.open == Case.objects.open().count() == 3
    assert wall.bands[0].x == 0
    assert round(wall.bands[-1].x + wall.bands[-1].width) == 1036
    assert [(one.late, one.soon) for one in wall.waiting] == [
        (True, False), (False, True), (False, False),
    ]  # fmt: skip
    assert (wall.free, wall.busy, list(wall.seats)) == (1, 1, ["free", "busy"])
    assert {line.clause: line.kept.broken for line in wall.lines}["CD-03.23"] == 1
    assert wall.whole.kept.open == 3


def test_a_screen_shows_it_without_signing_in_and_only_its_department(centre, link):
    page = Client().get(place(link))
    assert page.status_code == 200
    assert page.headers["Cache-Control"].count("no-store") == 1
    assert "客服中心" in page.content.decode()

    narrow = services.make_wallboard_link(
        name="前台", department=centre.front_desk, actor=centre.chen.user, now=NOW
    )
    shown = Client().get(place(narrow)).context["wall"]
    assert (shown.open, shown.seats, shown.whole.kept.due) == (0, [], 0)


def test_nothing_of_a_customer_stands_on_it(centre, link):
    page = Client().get(place(link)).content.decode()
    case = Case.objects.earliest("pk")

    assert case.number in page
    told = (
        "陈",
        "138",
        "4545",
        "三天没有扫描",
        centre.waybill.number,
        "林小月",
        "周明",
        "成都武侯三部",
    )
    assert [one for one in told if one in page] == []


def test_what_changes_is_asked_for_alone(centre, link):
    part = Client().get(place(link), {"now": ""}).content.decode()

    assert "<html" not in part
    assert 'id="h-left"' in part


def test_a_revoked_link_shows_nothing_from_that_moment(centre, link):
    services.revoke_wallboard_link(link=link, actor=centre.he.user, now=NOW)

    assert Client().get(place(link)).status_code == 404
    assert Client().get(place(link), {"now": ""}).status_code == 404
    with pytest.raises(Conflict):
        services.revoke_wallboard_link(link=link, actor=centre.he.user, now=NOW)
    steps = AuditRow.objects.filter(table="overview_wallboardlink").order_by("pk")
    assert [(row.action, row.actor_name) for row in steps] == [
        ("wallboard_shared", "0801"),
        ("wallboard_revoked", "0802"),
    ]


@pytest.mark.parametrize("token", ["1", "1.forged", "{signed}x", "x.y.z", "{other}"])
def test_a_forged_link_is_no_link(link, token):
    signed = {"signed": link.token, "other": SIGNER.sign("999999")}

    url = reverse("overview:shared_wallboard", args=[token.format(**signed)])

    assert Client().get(url).status_code == 404


def test_only_supervisors_share_and_revoke(centre, link):
    with pytest.raises(NotAllowed):
        services.make_wallboard_link(
            name="值班室", department=None, actor=centre.wang.user, now=NOW
        )
    with pytest.raises(NotAllowed):
        services.revoke_wallboard_link(link=link, actor=centre.wang.user, now=NOW)
    with pytest.raises(KefuError) as refused:
        services.make_wallboard_link(name="  ", department=None, actor=centre.chen.user, now=NOW)
    assert refused.value.field == "name"


def test_a_supervisor_shares_and_revokes_it_in_the_admin(centre):
    client = Client()
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("admin:overview_wallboardlink_add"), {"name": "大厅", "department": ""})
    made = WallboardLink.objects.get()
    page = client.get(reverse("admin:overview_wallboardlink_change", args=[made.pk]))
    assert f'href="http://testserver{place(made)}"' in page.content.decode()

    url = reverse("admin:overview_wallboardlink_revoke_here", args=[made.pk])
    client.post(url, {"_confirmed": "1"})

    made.refresh_from_db()
    assert made.revoked_by == centre.chen.user
    page = client.get(reverse("admin:overview_wallboardlink_change", args=[made.pk]))
    assert place(made) not in page.content.decode()


@pytest.mark.parametrize("department", ["999999", "9" * 5000, "x", "٣", "-1"])
def test_a_department_that_is_none_shows_nobody_elses_figures(centre, department):
    client = Client()
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    wall = reverse("overview:wallboard")

    assert client.get(wall, {"department": department}).status_code == 404
    shown = client.get(wall, {"department": centre.front_desk.pk})
    assert shown.context["wall"].department == centre.front_desk
