"""Incidents as a browser meets them: one storm, walked through page by page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inquiries.models import BroadcastReceipt, ForceMajeure, Incident, WaitingCustomer
from inquiries.services import incident_opening
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.jobs import services as jobs
from kefu.network.models import ContactNumber, Region
from kefu.network.services import change_number
from kefu.notifications import presence
from kefu.penalties.models import Penalty
from tests.centre import at
from tests.inquiries.test_force_majeure import broken, sichuan
from tests.inquiries.test_incident_work import express, failure, find_out, gather_team, rain, storm
from tests.inquiries.test_incidents import complain
from tests.pages import fields

__all__ = ["broken", "express", "failure", "rain", "sichuan", "storm"]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_else_is_here(monkeypatch):
    monkeypatch.setattr(presence, "others", lambda **_: {})
    monkeypatch.setattr(presence, "greet", lambda **_: [])


@pytest.fixture
def desk():
    def sit(employee):
        client = Client()
        client.force_login(employee.user)
        return client

    return sit


def shown(client, url, status=200):
    answer = client.get(url)
    assert answer.status_code == status, url
    return answer.content.decode()


def send(client, url, status=302, **given):
    answer = client.post(url, given)
    assert answer.status_code == status, answer.content.decode()[-4000:]
    return answer


@pytest.mark.rule("ES-502.20", "ES-502.23", "ES-502.24")
def test_many_complaints_from_the_banner_to_the_last_answer(express, storm, clock, desk):
    incident, found = storm
    number = incident.case.number
    lin, wang, chen = desk(express.lin), desk(express.wang), desk(express.chen)
    assert f"/cases/{number}/" in shown(lin, "/")  # the banner of every page
    assert "还缺" in shown(wang, f"/cases/{number}/")
    gather_team(express, incident, clock("10:30:00"))
    step = f"/cases/{number}/do/solution/"
    form = fields(shown(chen, step), form=step)
    assert "按保价赔偿" in shown(chen, step)
    send(chen, step, 200, **form | {"outcome": "insured_compensation", "text": "运费全退"})

    said = f"/incidents/{number}/statements/"
    page = shown(wang, said)
    assert "运费全退" in page  # the plan is offered, filled in
    send(wang, said, do="write", kind="plan", text="运费全退", text_en="Freight is refunded")
    statement = incident.statements.get()
    send(wang, said, do="publish", statement=statement.pk, channel="website")
    assert statement.publications.get().channel == "website"
    assert shown(lin, said) and lin.post(said, {"do": "write"}).status_code == 403

    page_of = f"/incidents/{number}/complaints/"
    assert "共 22 件" in shown(lin, page_of)
    first = incident.complaints.order_by("pk").first()
    send(lin, page_of, do="notice", grouped=first.pk, channel="phone", reached="on")
    assert "告知到 1" in shown(lin, page_of)
    for state, closed_at in (("answered", None), ("closed", at("10:40:00"))):
        Case.objects.filter(pk=found[0].pk).update(state=state, closed_at=closed_at)
    numbers = [case.number for case in found]
    find_out(express, incident)
    preview = send(
        lin, page_of, 200, do="preview", number=numbers[:3], text="运费全退", channel="phone"
    ).content.decode()
    assert preview.count("会答复") >= 3 and "已结案" in preview
    results = send(
        lin, page_of, 200, do="answer", number=numbers[:3], text="运费全退", channel="phone"
    ).content.decode()
    assert results.count("data-done") == 2 and results.count("data-refused") == 1
    assert "等客户答复" in results
    for nothing in ([], ["\x00"]):
        send(lin, page_of, 422, do="preview", number=nothing, text="运费全退", channel="phone")

    refused = chen.post(f"/cases/{number}/do/complete/", {"note": "完"})
    assert "21 件投诉没有处理完" in refused.content.decode()


def test_the_pages_of_incidents_and_their_complaints_ask_the_same_however_many_there_are(
    express, storm, desk
):
    incident, _found = storm
    wang, url = desk(express.wang), f"/incidents/{incident.case.number}/complaints/?after="
    pks = list(incident.complaints.order_by("pk").values_list("pk", flat=True))
    shown(wang, url)
    with CaptureQueriesContext(connection) as few:
        shown(wang, f"{url}{pks[-3]}")
    with CaptureQueriesContext(connection) as many:
        shown(wang, url)
    assert len(many) == len(few)

    shown(wang, "/incidents/")
    with CaptureQueriesContext(connection) as few:
        shown(wang, "/incidents/")
    for issue in ("topic:power", "outlet:²", "route:x-9"):  # typed by hand
        given = incident_opening.Given(
            kind="other", summary="停电", started_at=incident.started_at, issue=issue
        )
        incident_opening.declare(
            given=given,
            department=express.query_desk,
            actor=express.wang.user,
            now=incident.started_at + timedelta(hours=1),
        )
    with CaptureQueriesContext(connection) as many:
        shown(wang, "/incidents/")
    assert len(many) == len(few)


@pytest.mark.rule("ES-502.02", "ES-502.04", "ES-502.09")
def test_a_disaster_on_the_pages(express, rain, clock, desk):
    number = rain.case.number
    lin, wang = desk(express.lin), desk(express.wang)
    send(wang, f"/incidents/{number}/statements/", do="broadcast", text="按话术解释延误")
    receipt = BroadcastReceipt.objects.get(employee=express.lin)
    assert "按话术解释延误" in shown(lin, "/incidents/")
    send(lin, f"/incidents/broadcasts/{receipt.broadcast_id}/read/", back="/incidents/")
    assert "我看到了" not in shown(lin, "/incidents/")
    assert "1 人已读" in shown(wang, f"/incidents/{number}/statements/")

    # A complaint like an inquiry: an app adds it to the cases of all customers.
    case = complain(express, clock("09:20:00"), owner=express.lin)
    page = shown(lin, f"/cases/{case.number}/")
    assert "因暴雨，快件滞留在成都分拨中心，预计延误 2-3 天" in page
    for step, more in (("incident-tell", {}), ("incident-remedy", {"remedy_note": "优先派送"})):
        url = f"/cases/{case.number}/do/{step}/"
        send(lin, url, 200, **fields(shown(lin, url), form=url) | more)
    assert rain.affected.get().remedy == "优先派送"
    url = f"/cases/{number}/do/end/"
    clock("15:10:00")
    send(wang, url, 200, **fields(shown(wang, url), form=url) | {"ended_at": "2026-11-20T15:00"})
    jobs.run_until_next_tick()
    assert "优先派送" in shown(lin, f"/incidents/{number}/affected/")
    assert "记回访" in shown(lin, f"/cases/{case.number}/")
    url = f"/cases/{case.number}/do/incident-follow-up/"
    send(lin, url, 200, **fields(shown(lin, url), form=url) | {"text": "明天派送"})
    assert case.deadlines.get(action="disaster_follow_up").state == "met"


@pytest.mark.rule("ES-502.10", "ES-502.14", "ES-503.03")
def test_a_failure_on_the_pages(express, clock, desk):
    clock("10:00:00")
    lin, wang = desk(express.lin), desk(express.wang)
    send(lin, "/incidents/", system="查件系统", noticed_at="2026-11-20T09:58")
    failure = Incident.objects.get()
    number = failure.case.number
    url = f"/incidents/{number}/waiting/"
    refused = send(lin, url, 422, do="add", contact="13800004545", need="").content.decode()
    assert "ES-502.14" in refused
    send(lin, url, do="add", contact="13800004545", name="陈晓梅", need="查件")
    page = shown(lin, url)
    assert "138******45" in page and "13800004545" not in page
    waiting = WaitingCustomer.objects.get()
    send(lin, url, do="contacted", waiting=waiting.pk, outcome="已回电")
    waiting.refresh_from_db()
    assert waiting.contacted_by == express.lin.user
    assert "客户来询登记表" in shown(lin, "/incidents/paper/")
    paper = {
        "kind": "trace", "waybill_number": express.waybill.number, "customer_phone": "13800004545",
        "asker": "receiver", "channel": "phone", "text": "查件",
    }  # fmt: skip
    url = f"/incidents/{number}/type-in/"
    early = send(lin, url, 422, **paper, original_time="2026-11-20T09:30").content.decode()
    assert "故障期间" in early
    paper["original_time"] = "2026-11-20T09:59"
    send(lin, url, **paper)
    assert Case.objects.get(kind="inquiry").inquiry.received_at == at("09:59:00")
    paper |= {"kind": "complaint", "customer_name": "陈晓梅", "category": "delay", "demand": "赔"}
    assert 'name="promised_on"' in send(lin, url, 422, **paper).content.decode()
    send(lin, url, **paper, promised_on="2026-11-19")
    typed_in = Case.objects.get(kind="complaint").complaint
    assert (typed_in.received_at, typed_in.grade) == (at("09:59:00"), "general")
    assert "已联系技术部门" in shown(wang, f"/cases/{number}/")


@pytest.mark.rule("ES-503.01", "ES-503.04", "LC-01.08")
def test_opening_by_hand_drills_and_the_list_of_numbers(express, clock, desk):
    now = clock("2026-11-26 10:00:00")
    lin, wang = desk(express.lin), desk(express.wang)
    assert lin.get("/incidents/new/").status_code == 403
    declared = {
        "kind": "other", "summary": "分拨中心失火", "started_at": "2026-11-26T09:00",
        "is_major": "on", "outlets": "CD03\n西安雁塔二部",
    }  # fmt: skip
    assert (
        "没有找到"
        in send(wang, "/incidents/new/", 422, **declared | {"outlets": "没有这家"}).content.decode()
    )
    send(wang, "/incidents/new/", **declared)
    assert Incident.objects.get().outlets.count() == 2
    assert "重大" in shown(lin, "/")

    assert "本月还没有演练" in shown(wang, "/incidents/drills/")
    send(wang, "/incidents/drills/", kind="system_failure", summary="断网一小时")
    drill = Incident.objects.get(is_drill=True)
    for url in ("/", "/incidents/", f"/cases/{drill.case.number}/"):
        assert "演练" in shown(lin, url)

    change_number(
        party=express.chengdu, kind=ContactNumber.Kind.HEAD, number="13700001111", holder="张三",
        actor=express.chen.user, now=now,
    )  # fmt: skip
    page = shown(lin, "/incidents/contacts/")
    assert "没有登记电话" in page and "13700001111" not in page
    assert lin.post("/incidents/contacts/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_numbers_are_printed_only_by_those_who_may_and_leave_a_record(clock, desk):
    from tests import centre as world

    centre = world.build(now=clock("10:00:00"))
    change_number(
        party=centre.chengdu, kind=ContactNumber.Kind.HEAD, number="13700001111", holder="张三",
        actor=centre.chen.user, now=at("10:00:00"),
    )  # fmt: skip

    page = send(desk(centre.wang), "/incidents/contacts/", 200).content.decode()

    assert "13700001111" in page
    assert AuditRow.objects.filter(action="reveal", actor_id=centre.wang.user_id).exists()


def test_force_majeure_on_the_pages(centre, broken, clock, desk):
    clock("11:40:00")
    chen, he, lin = desk(centre.chen), desk(centre.he), desk(centre.lin)
    region = Region.objects.get(name="四川")
    given = {
        "reason": "暴雨", "regions": [region.pk], "starts_at": "2026-11-20T09:00",
        "ends_at": "2026-11-20T18:00",
    }  # fmt: skip
    assert lin.get("/incidents/force-majeure/new/").status_code == 403
    assert send(
        chen, "/incidents/force-majeure/new/", 422, **given | {"ends_at": given["starts_at"]}
    )
    send(chen, "/incidents/force-majeure/new/", **given)
    declaration = ForceMajeure.objects.get()
    url = f"/incidents/force-majeure/{declaration.pk}/"
    page = shown(chen, url)
    assert "由另一位主管签署" in page and "400.00" in page
    send(chen, url, do="sign")  # told why not
    assert ForceMajeure.objects.get().state == "declared"
    assert "签署，执行免责" in shown(he, url)
    send(he, url, do="sign", note="同意")
    jobs.run_until_next_tick()

    assert "罚款 <b>400.00</b> 元" in shown(chen, url)
    assert "罚款 <b>400.00</b> 元" in shown(chen, f"{url}progress/")
    fines = Penalty.objects.filter(party=centre.chengdu, kind="fine")
    assert set(fines.values_list("state", flat=True)) == {"reversed"}
    send(chen, url, do="stop", note="路通了")
    assert "同意停止" in shown(he, url)
    send(he, url, do="agree")
    assert "已停止" in shown(lin, "/incidents/force-majeure/")
    assert "因不可抗力免责" in shown(lin, f"/cases/{broken[0].case.number}/")
