"""The pages of inspection, as an inspector, an agent and her supervisor use them; who may see what."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from kefu.audit.models import AuditRow
from kefu.workbench.once import new_ticket
from payroll.models import Employment, Finding, Inspection, Rectification, RegisterEntry, SampleDraw
from payroll.services import findings
from tests import centre as centres
from tests.centre import Centre, at
from tests.payroll.inspected import NOW, calls, finding, inspector, sheet


@pytest.fixture
def centre(db: None, settings) -> Centre:
    settings.KEFU_NOW = NOW
    made = centres.build(now=at("08:00"))
    made.he.department = made.query_desk
    made.he.save(update_fields=["department"])
    Employment.objects.create(employee=made.lin, hired_on=date(2024, 1, 15))
    return made


def signed_in(employee) -> Client:
    client = Client()
    client.force_login(employee.user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name, *args):
    return reverse(f"payroll:{name}", args=args)


def text(response):
    return response.content.decode()


def picture():
    kept = BytesIO()
    Image.new("RGB", (64, 48), "grey").save(kept, "JPEG")
    return SimpleUploadedFile("desk.jpg", kept.getvalue(), content_type="image/jpeg")


def recording():
    return SimpleUploadedFile("13812345678.wav", b"RIFF\x04\x00\x00\x00WAVEfmt ")


@pytest.mark.rule("CD-12.08", "CD-12.14", "CD-12.15", "CD-12.16", "CD-12.18", "ES-118.01")
def test_an_inspector_draws_hears_and_marks_the_agent_answers_the_supervisor_decides(centre):
    jin = inspector(centre)
    for who in (centre.lin, centre.zhou):
        calls(centre, who, 2)
    desk = signed_in(jin)
    home = text(desk.get(url("inspections")))
    assert "抽一批" in home and "CD-12.51" in home and "0/6" in home

    given = {
        "department": centre.query_desk.pk,
        "medium": "call",
        "from_on": "2026-11-16",
        "to_on": "2026-11-19",
    }
    refused = desk.post(url("draw_samples"), {**given, "size": "0", "ticket": new_ticket()})
    assert refused.status_code == 422
    desk.post(url("draw_samples"), {**given, "size": "2", "ticket": new_ticket()})
    row = SampleDraw.objects.get()
    how = text(desk.get(url("sample_draw", row.pk)))
    assert str(row.seed) in how and "结果一样" in how and "林" in how
    sample = row.samples.get(employee=centre.lin)

    address = f"{url('inspection_sheet')}?occasion=call&sample={sample.pk}"
    page = text(desk.get(address))
    assert page.count("data-mark") == 4 and "话务-报工号" in page
    marks = {f"mark_{n}": "kept" for n in range(3)} | {"mark_3": "breach", "comment_3": ""}
    refused = desk.post(address, {**marks, "ticket": new_ticket()})
    assert refused.status_code == 422 and "不合格要写依据" in text(refused)
    large = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-" + b"x" * 14_500_000) for n in range(2)]
    refused = desk.post(address, {**marks, "pictures": large, "ticket": new_ticket()})
    assert refused.status_code == 422 and "证据一共不能超过 28 MB" in text(refused)
    assert not Inspection.objects.exists()
    ticket = new_ticket()
    for _n in range(2):  # sent twice, kept once
        done = desk.post(
            address,
            {
                **marks,
                "comment_3": "没有报工号",
                "recording": "REC-7",
                "pictures": [picture(), recording()],
                "ticket": ticket,
            },
        )
    other = row.samples.exclude(pk=sample.pk).get()
    assert done.url.endswith(f"sample={other.pk}")  # on to the next one
    made = Finding.objects.get()

    agent = signed_in(centre.lin)
    mine = text(agent.get(url("my_findings")))
    assert "话务-报工号" in mine and "没有报工号" in mine and "REC-7" not in mine
    seen = text(agent.get(url("finding", made.pk)))
    assert "REC-7" in seen and "我的答复" in seen and 'value="settle"' not in seen
    # The time to answer is the rulebook's, and whoever answers is told so.
    assert made.reply_by == NOW + timedelta(days=2)
    assert all("定为登记后 2 天" in page for page in (mine, seen))
    photo, heard = made.inspection.photos.order_by("number")
    for size in ("thumbnail", "photo"):
        assert agent.get(url("evidence_photo", photo.pk, size))["Content-Type"] == "image/jpeg"
    address = url("evidence_photo", heard.pk, "photo")
    assert f'<audio controls preload="none" src="{address}"' in seen
    sound = agent.get(address)
    assert (sound["Content-Type"], sound.content) == ("audio/wav", recording().read())
    assert agent.get(url("evidence_photo", heard.pk, "thumbnail")).status_code == 404
    assert AuditRow.objects.filter(table="payroll_evidencephoto", action="look").count() == 2
    answer = {"do": "reply", "sort": "accept", "text": "", "ticket": new_ticket()}
    assert agent.post(url("finding", made.pk), answer).status_code == 302
    assert made.reply.sort == "accept"

    chen = signed_in(centre.chen)
    assert "查实本人认可的" in text(chen.get(url("inspections")))
    chen.post(url("settle_accepted"), {"findings": [made.pk]})
    entry = RegisterEntry.objects.counted().get()
    assert (entry.clause, entry.employee) == ("CD-12.18", centre.lin)
    assert "已核实" in text(agent.get(url("finding", made.pk)))
    assert "话务-报工号" in text(agent.get(reverse("payroll:my_score")))
    overview = text(chen.get(url("inspection_overview")))
    assert "话务-报工号" in overview and "75%" in overview
    assert "话务-报工号" in text(chen.get(f"{url('findings')}?state=upheld"))
    english = signed_in(centre.chen)
    english.cookies["django_language"] = "en"
    titles = {}
    for name in ("inspections", "findings", "inspection_overview", "long_aways", "my_findings"):
        titles[name] = text(english.get(url(name))).partition("<title>")[2].partition("</title>")[0]
    assert len(set(titles.values())) == 5  # each tab has a title of its own (WCAG 2.4.2)


@pytest.mark.rule("ES-138.12")
def test_setting_right_step_by_step_on_the_page_of_the_finding(centre):
    jin = inspector(centre)
    made = finding(centre, jin)
    desk, agent, chen = signed_in(jin), signed_in(centre.lin), signed_in(centre.chen)
    page = url("finding", made.pk)
    order = {
        "do": "order", "what": "每个电话先报工号", "assignee": centre.lin.pk, "due_on": "2026-11-20",
        "recheck_by": jin.user_id,
    }  # fmt: skip
    desk.post(page, {**order, "ticket": new_ticket()})
    assert "每个电话先报工号" in text(agent.get(url("my_findings")))
    agent.post(page, {"do": "done", "text": "贴了提示条", "ticket": new_ticket()})
    agent.post(page, {"do": "recheck", "fixed": "1", "ticket": new_ticket()})
    assert Rectification.objects.get().outcome == ""
    assert "贴了提示条" in text(desk.get(page)) and "已改，等复查" in text(
        desk.get(url("inspections"))
    )
    desk.post(
        page, {"do": "recheck", "fixed": "1", "note": "抽听三个都报了", "ticket": new_ticket()}
    )
    assert Rectification.objects.get().outcome == "fixed"
    agent.post(page, {"do": "reply", "sort": "object", "text": "", "ticket": new_ticket()})
    assert not hasattr(Finding.objects.get(), "reply")  # an objection says why
    agent.post(
        page, {"do": "reply", "sort": "object", "text": "当时线路有杂音", "ticket": new_ticket()}
    )
    chen.post(page, {"do": "settle", "upheld": "0", "reason": "", "ticket": new_ticket()})
    assert not hasattr(Finding.objects.get(), "decision")
    chen.post(page, {"do": "settle", "upheld": "0", "reason": "录音不清", "ticket": new_ticket()})
    assert "录音不清" in text(agent.get(page)) and not RegisterEntry.objects.exists()


def test_nobody_sees_what_is_none_of_his_business(centre):
    made = finding(centre, centre.chen)
    elsewhere = inspector(centre, "0811", "外组长", "shift_lead", of=centre.front_desk)
    row = made.inspection
    for who, expected in (
        (centre.zhou, 404),
        (elsewhere, 404),
        (centre.lin, 200),
        (centre.wang, 200),
        (inspector(centre), 200),
        (inspector(centre, "0812", "谭人事", "hr"), 200),
    ):
        client = signed_in(who)
        assert client.get(url("finding", made.pk)).status_code == expected, who
        assert client.get(url("inspection", row.pk)).status_code == expected, who
    agent = signed_in(centre.zhou)
    for name in ("inspections", "findings", "inspection_overview", "long_aways"):
        assert agent.get(url(name)).status_code == 403
    assert agent.get(url("my_findings")).status_code == 200
    assert agent.post(url("draw_samples"), {}).status_code == 403
    # An inspector of the desk sees nothing about those who lead it.
    own = inspector(centre, "0813", "本部质检", of=centre.query_desk)
    about = sheet(
        centre.query_desk, centre.he, employee=centre.wang, breaches={"CD-12.14": "语气生硬"}
    )
    client = signed_in(own)
    assert client.get(url("finding", about.findings.get().pk)).status_code == 404
    assert "语气生硬" not in text(client.get(f"{url('findings')}?state=all"))
    assert "王" not in text(client.get(url("inspection_overview")))


def test_a_sheet_of_a_place_names_people_and_the_overview_counts_what_was_missed(centre):
    chen = signed_in(centre.chen)
    address = f"{url('inspection_sheet')}?occasion=cleaning&department={centre.query_desk.pk}"
    page = text(chen.get(address))
    assert "限 40 分钟" in page and "涉及谁" in page
    marks = {
        "mark_0": "breach",
        "comment_0": "地没扫",
        "mark_1": "kept",
        "mark_2": "kept",
        "mark_3": "kept",
    }
    refused = chen.post(address, {**marks, "minutes": "38", "ticket": new_ticket()})
    assert refused.status_code == 422 and "写明是谁" in text(refused)
    marks["about_0"] = str(centre.lin.pk)
    assert chen.post(address, {**marks, "minutes": "38", "ticket": new_ticket()}).status_code == 302
    assert Finding.objects.get().employee == centre.lin
    home = text(chen.get(url("inspections")))
    assert "1/6" in home and "少了 6 次" in home
    assert "少做的检查" in text(chen.get(url("inspection_overview")))
    wrong = chen.get(f"{url('inspection_sheet')}?occasion=cleaning&employee={centre.lin.pk}")
    assert wrong.status_code == 302
    assert chen.get(f"{url('inspection_sheet')}?occasion=magic").status_code == 404


def test_queries_do_not_grow_with_findings(centre):
    chen = signed_in(centre.chen)

    def counted(name):
        with CaptureQueriesContext(connection) as queries:
            assert chen.get(url(name)).status_code == 200
        return len(queries)

    def found(n):
        for _n in range(n):
            made = finding(centre, centre.he)
            findings.reply(
                finding=made, sort="explain", text="线路忙", actor=centre.lin.user, now=NOW
            )

    found(1)
    few = {name: counted(name) for name in ("inspections", "findings", "inspection_overview")}
    found(5)
    for name, number in few.items():
        assert counted(name) <= number, name
