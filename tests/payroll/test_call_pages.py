"""The pages of calls and chats, as a supervisor and an agent use them."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.staff.models import Department, User
from payroll.models import Call, CallsComplete, Chat, Employment, Rating
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.test_calls import NEXT, NOW, rang
from tests.payroll.test_score_pages import signed_in

MONTH = "?month=2026-11"


@pytest.fixture
def centre(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    made = centres.build(now=at("2026-11-01 08:00"), rules_since=date(2026, 1, 1))
    for one in (made.lin, made.zhou):
        Employment.objects.create(employee=one, hired_on=date(2024, 1, 15))
        one.channels = ["phone"]
        one.save(update_fields=["channels"])
    return made


def text(client, name, *args, query=MONTH):
    page = client.get(reverse(f"payroll:{name}", args=args) + query)
    assert page.status_code == 200, page.status_code
    return page.content.decode()


def chatted(one, number, *, first=8, stars=None):
    began, by = at("2026-11-10 09:00"), {"recorded_by": one.user, "recorded_at": NEXT}
    for n in range(number):
        chat = Chat.objects.create(
            number=f"S-{n}", employee=one, began_at=began + timedelta(minutes=n),
            first_seconds=first, slowest_seconds=25, closed=False, **by,
        )  # fmt: skip
        if stars:
            Rating.objects.create(
                employee=one, source="online", chat=chat, stars=stars, rated_on=began.date(), **by
            )


@pytest.mark.rule("ES-603.07", "CD-12.06")
def test_a_supervisor_sees_her_departments_month_and_opens_each_day(centre):
    centre.work_by("ES")
    rang(centre.lin, 12, rings=2)
    rang(centre.lin, 3, since="2026-11-03 08:00", answered=False, rings=7)
    chatted(centre.lin, 5, first=11, stars=4)
    chen = signed_in(centre.chen)

    shown = text(chen, "team_calls")

    for told in (str(centre.lin), "80.0%", "60.0%", "12/20", centre.zhou.number):
        assert told in shown, told
    assert chen.get(reverse("payroll:calls")).url == reverse("payroll:team_calls")
    shown = text(chen, "calls_of", "0826", query=f"{MONTH}&on=2026-11-03")
    for told in ("ES-203.06", "ES-203.05", "7 声", "没有达标", "接听量只数呼入并接通的电话"):
        assert told in shown, told
    assert "<b>超时</b>" in text(chen, "calls_of", "0826", query=f"{MONTH}&on=2026-11-10")
    for bad in ("&on=2026-12-01", "&on=gestern"):
        page = chen.get(reverse("payroll:calls_of", args=["0826"]) + MONTH + bad)
        assert page.status_code == 404


def test_an_agent_sees_his_own_numbers_and_nobody_elses(centre):
    rang(centre.lin, 7)
    lin = signed_in(centre.lin)

    assert lin.get(reverse("payroll:calls")).url == reverse("payroll:my_calls")
    assert '<td class="num strong">7</td>' in text(lin, "my_calls")
    assert reverse("payroll:my_calls") in text(lin, "my_score")
    assert "没有记录不等于 0" in text(signed_in(centre.zhou), "my_calls")
    for name, args in (("team_calls", ()), ("calls_of", ["0831"]), ("calls_new_import", ())):
        assert lin.get(reverse(f"payroll:{name}", args=args)).status_code == 403
    elsewhere = Department.objects.create(code="other", name="别处")
    centre.he.department = elsewhere
    centre.he.save(update_fields=["department"])
    he = signed_in(centre.he)
    assert he.get(reverse("payroll:calls_of", args=["0826"]) + MONTH).status_code == 404
    assert str(centre.lin) not in text(he, "team_calls")
    job = brought(he, "calls", "0826,2026-11-19 08:00:00,6,9")
    assert job.counts["refused"] == 1
    assert not Call.objects.filter(at=at("2026-11-19 08:00")).exists()


def test_a_supervisor_says_that_all_calls_of_a_month_are_in(centre, settings):
    rang(centre.lin, 7)
    chen = signed_in(centre.chen)
    shown = text(chen, "team_calls")
    assert "没有记录" in shown and str(centre.chen) not in shown.partition("<main")[2]
    sent = {"do": "complete", "month": "2026-11", "department": centre.query_desk.pk}
    chen.post(reverse("payroll:team_calls"), sent)
    assert not CallsComplete.objects.exists()  # the month goes on
    settings.KEFU_NOW = NEXT
    assert "确认这个月的通话已齐" in text(chen, "team_calls")
    chen.post(reverse("payroll:team_calls"), sent)
    assert CallsComplete.objects.get().said_by == centre.chen.user
    shown = text(chen, "team_calls")
    assert "通话已齐" in shown and "没有记录" not in shown


def brought(client, kind, *rows, head="工号,来电时间,振铃,通话时长"):
    """Through the pages: looked at, started, followed to its end."""
    file = SimpleUploadedFile("话单.csv", "\n".join([head, *rows]).encode("gb18030"))
    preview = client.post(reverse(f"payroll:{kind}_import_preview"), {"file": file})
    assert preview.status_code == 200, preview.content.decode()[:500]
    file.seek(0)
    started = client.post(reverse(f"payroll:{kind}_new_import"), {"file": file})
    assert started.status_code == 302, started.content.decode()[:2000]
    while not (job := Job.objects.latest("created_at")).finished:
        jobs.run_until_next_tick()
    page = client.get(started.url)
    assert page.status_code == 200
    assert reverse("payroll:team_calls") in page.content.decode()
    return job


def test_a_table_is_brought_through_the_pages_and_its_bad_rows_are_shown(centre):
    chen = signed_in(centre.chen)

    job = brought(chen, "calls", "0826,2026-11-19 08:00:00,6,9", "0999,2026-11-19 08:00:00,6,9")

    assert (job.counts["accepted"], job.counts["refused"]) == (1, 1)
    page = chen.get(reverse("payroll:calls_import_job", args=[job.pk])).content.decode()
    assert "没有这个工号" in page
    head = "会话编号,工号,会话开始,首响"
    assert (
        brought(chen, "chats", "S-1,0826,2026-11-19 08:00:00,6", head=head).counts["accepted"] == 1
    )
    for form in ("xlsx", "csv"):
        got = chen.get(reverse("payroll:chats_import_template", args=[form]))
        assert got.status_code == 200


@pytest.mark.rule("ES-603.10")
def test_a_colleague_writes_down_what_the_customer_gave(centre):
    case = centre.inquiry(now=at("2026-11-20 08:00"))
    zhou = signed_in(centre.zhou)
    url = reverse("payroll:ratings")
    sent = {"case": case.number, "stars": "4", "source": "phone_followup", "ticket": "t1"}

    for _twice in range(2):
        assert zhou.post(url, sent).status_code == 302
    rating = Rating.objects.get()
    assert (rating.employee, rating.case, rating.stars) == (centre.lin, case, 4)
    assert case.number in zhou.get(url).content.decode()
    for wrong, told in (
        ({"case": "CX-0"}, "没有这张工单"),
        ({"stars": "7"}, "7"),
        ({"ticket": "t3"}, "已经登记过评价"),
    ):
        page = zhou.post(url, sent | {"ticket": "t2"} | wrong)
        assert page.status_code == 422 and told in page.content.decode()
    own = signed_in(centre.lin).post(url, sent | {"ticket": "t4"})
    assert "请同事回访" in own.content.decode()
    User.objects.filter(pk=centre.zhou.user.pk).update(role=User.Role.FINANCE)
    assert signed_in(centre.zhou).get(url).status_code == 403


@pytest.mark.parametrize("code", ["CD", "ES"])
def test_my_score_asks_as_much_whatever_the_month_held(centre, code):
    if code == "ES":
        centre.work_by("ES")
    lin, chen = signed_in(centre.lin), signed_in(centre.chen)

    def asked(client, name):
        text(client, name)
        with CaptureQueriesContext(connection) as queries:
            text(client, name)
        return len(queries)

    names = [(lin, "my_score"), (lin, "my_calls"), (chen, "team_calls")]
    few = [asked(*one) for one in names]
    rang(centre.lin, 1_500, rings=2)
    rang(centre.zhou, 300, rings=2)
    chatted(centre.lin, 30, stars=5)
    many = [asked(*one) for one in names]

    assert few[0] <= 15 and many[0] <= 15
    assert [n - 1 for n in many] <= few  # the team's month has a row to say it is whole
