"""Complaints as a browser meets them: the form, the case page with its chain, what waits, who is responsible."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inquiries import services as inquiries
from inquiries.models import Complaint, Finding, LineCheck
from inquiries.services import Details
from kefu.cases.models import Case
from kefu.network.models import ContactNumber
from kefu.penalties.models import Penalty
from kefu.staff.models import User
from tests import centre as tests
from tests.centre import at
from tests.pages import fields

pytestmark = pytest.mark.django_db
NOW = "14:30:00"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def frozen(settings):
    settings.KEFU_NOW = at(NOW)


@pytest.fixture
def centre():
    return tests.build(now=at(NOW), rules_since=date(2026, 1, 1))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def html(client, name, *args, status=200, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


def complain(centre, **given):
    facts = {
        "cause": "delayed",
        "against": centre.chengdu,
        "text": "三天没有派送",
        "channel": "phone",
        "asker": "receiver",
        "customer_name": "陈晓梅",
        "customer_phone": "13800004545",
        "waybill": centre.waybill,
        "details": Details(category="delay", demand="尽快送", promised_on=date(2026, 11, 19)),
        "department": centre.query_desk,
        "owner": centre.lin,
        "actor": centre.lin.user,
        "now": at(NOW),
    } | given
    return inquiries.file_complaint(**facts)


@pytest.mark.rule("ES-303.02", "ES-303.04")
def test_the_form_opens_from_a_case_with_what_it_knows_and_names_what_is_missing(centre):
    centre.work_by("ES")
    lin, origin = signed_in(centre.lin.user), centre.inquiry(now=at("14:00:00"))
    assert "origin=" + origin.number in html(lin, "workbench:case", origin.number)
    form = html(
        lin, "inquiries:new_single", kind="complaint", origin=origin.number, waybill="880612045537"
    )
    sent = fields(form)
    assert (sent["origin"], sent["kind"], sent["waybill_number"]) == (
        [origin.number], ["complaint"], ["880612045537"],
    )  # fmt: skip
    sent |= {
        "asker": "receiver",
        "cause": "delayed",
        "category": "delay",
        "against": "CD03",
        "text": "说好昨天到",
        "promised_on": "2026-11-19",
        "agitated": "on",
    }
    url = reverse("inquiries:new_single")
    beside = lin.post(reverse("inquiries:new_check"), sent).content.decode()
    assert "先安抚，再问情况" in beside
    assert f"outlet:{centre.chengdu.pk}" in beside
    refused = lin.post(url, sent)
    assert refused.status_code == 422
    assert "ES-303.02" in refused.content.decode()
    assert Case.objects.filter(kind="complaint").count() == 0

    answer = lin.post(url, sent | {"calmed": "on", "demand": "今天送到", "issue": "topic:weather"})

    assert answer.status_code == 302
    complaint = Complaint.objects.get()
    assert (complaint.demand, complaint.issue, complaint.grade) == (
        "今天送到",
        "topic:weather",
        "general",
    )
    assert complaint.case.sealed["customer_phone"] == "13800004545"  # by the case it grew from
    assert complaint.case.links.get().origin == origin


def test_the_case_page_shows_the_chain_and_each_step_is_taken_in_its_dialog(centre):
    centre.work_by("ES")
    case, lin = complain(centre), signed_in(centre.lin.user)
    page = html(lin, "workbench:case", case.number)
    assert 'aria-current="step">待核实' in page
    assert "ES-302.03" in page
    assert "138" not in page.replace("138******45", "")
    for name, given, said in (
        ("verify", {"method": "outlet", "text": "车坏在路上"}, "待提方案"),
        ("propose", {"text": "今天送到", "apology": "on", "delay_reason": "车辆故障", "coupon": "5", "channel": "phone"}, "等客户答复"),
        ("solution-answer", {"accepted": "yes", "text": "可以", "channel": "phone"}, "待回访"),
        ("unreached", {"text": "没人接"}, "待回访"),
        ("follow-up", {"satisfied": "yes", "further_needs": "没有", "channel": "phone"}, "已解决"),
        ("analyse", {"cause": "车辆老旧", "suggestion": "换车"}, "换车"),
    ):  # fmt: skip
        url = reverse("workbench:step", args=[case.number, name])
        dialog = lin.get(url).content.decode()
        assert "dialog-title" in dialog
        if name != "unreached":  # it wants no words
            nothing = {**fields(dialog), "text": "", "cause": "", "further_needs": ""}
            assert lin.post(url, nothing, headers=HTMX).status_code == 422
        answer = lin.post(url, fields(dialog) | {"ticket": ["again-" + name]} | given, headers=HTMX)
        assert answer.status_code == 200, answer.content.decode()
        assert said in html(lin, "workbench:case", case.number)
    assert reverse("workbench:step", args=[case.number, "close"]) in html(
        lin, "workbench:case", case.number
    )
    english = lin.get(
        reverse("workbench:case", args=[case.number]), headers={"accept-language": "en"}
    )
    assert "Solved" in english.content.decode()


def test_what_waits_is_listed_and_grave_ones_without_a_specialist_come_first(centre):
    centre.work_by("ES")
    case = complain(centre, cause="lost", details=Details(category="lost", demand="找到"))
    lin = signed_in(centre.lin.user)
    board = html(lin, "inquiries:complaints")
    assert "重大投诉，还没有专员" in board
    assert case.number in board
    complain(centre, customer_phone="13900000001", customer_name="吴")
    with CaptureQueriesContext(
        connection,
    ) as before:
        html(lin, "inquiries:complaints")
    for n in range(3):
        complain(centre, customer_phone=f"1390000001{n}", customer_name=f"客{n}")
    with CaptureQueriesContext(connection) as after:
        html(lin, "inquiries:complaints")
    assert len(after) == len(before)


@pytest.mark.rule("LC-03.06")
def test_an_inspector_finds_his_complaints_and_concludes_them(centre):
    case = complain(centre)
    inspector = User.objects.create_user("0899", role=User.Role.INSPECTOR)
    assert inquiries.assign_inspector(
        case=case, inspector=inspector, actor=centre.wang.user, now=at(NOW)
    )
    html(signed_in(centre.lin.user), "inquiries:inspection", status=403)
    client, url = signed_in(inspector), reverse("inquiries:inspection")
    assert case.number in html(client, "inquiries:inspection")
    given = {"case": case.number, f"{case.number}-outcome": "verified"}
    assert client.post(url, given).status_code == 422

    assert client.post(url, given | {f"{case.number}-remedy": "培训"}).status_code == 302

    assert Complaint.objects.get().conclusion == "verified"
    assert case.number not in html(client, "inquiries:inspection")


@pytest.mark.rule("CD-05.08")
def test_a_supervisor_holds_an_outlet_responsible_on_a_page_that_says_what_is_missing(centre):
    case = complain(centre, cause="shirking", details=None)
    html(signed_in(centre.lin.user), "inquiries:findings", case.number, status=403)
    chen, url = signed_in(centre.chen.user), reverse("inquiries:findings", args=[case.number])
    page = html(chen, "inquiries:findings", case.number)
    assert "CD-05.08" in page
    assert "CD-05.02" not in page  # of another cause
    sent = {"which": "CD-05.08", "CD-05-08-clause": "CD-05.08"}
    refused = chen.post(url, sent)
    assert refused.status_code == 422
    assert "CD-05.08 还差" in refused.content.decode()
    assert not Penalty.objects.exists()

    assert chen.post(url, sent | {"CD-05-08-evidence_surname": "姓马"}).status_code == 302

    assert Finding.objects.get().penalty.state == "payable"
    assert "应付" in html(chen, "inquiries:findings", case.number)
    assert "CD-05.08" in html(chen, "workbench:case", case.number)


@pytest.mark.rule("CD-05.21", "CD-05.22")
def test_a_fine_for_silent_lines_leads_to_an_order_and_its_recheck(centre, settings):
    case = complain(centre, cause="phone_unreachable", details=None)
    chen, url = signed_in(centre.chen.user), reverse("inquiries:findings", args=[case.number])
    sent = {"which": "CD-05.21", "CD-05-21-clause": "CD-05.21", "CD-05-21-verified": "on"}
    assert chen.post(url, sent).status_code == 302
    finding = Finding.objects.get()
    order = {
        "what": "rectification",
        "finding": finding.pk,
        "measure": "more_seats",
        "heavier": "100",
    }
    assert chen.post(url, order | {"due_on": "2026-11-20"}).status_code == 422
    assert chen.post(url, order | {"due_on": "2026-11-27"}).status_code == 302
    settings.KEFU_NOW = at("2026-11-28 09:00:00")
    assert chen.post(url, {"what": "recheck", "order": "x", "mended": "no"}).status_code == 404
    chen.post(url, {"what": "recheck", "order": finding.rectification.pk, "mended": "no"})
    assert Penalty.objects.get(clause="CD-05.22").value == 100


@pytest.mark.rule("CD-05.23", "CD-05.24", "LC-06.01")
def test_lines_are_called_numbers_reported_and_rates_shown(centre):
    chen = signed_in(centre.chen.user)
    report = {
        "party": "CD03",
        "kind": "head",
        "number": "13900008888",
        "effective_on": "2026-11-20",
    }
    url = reverse("inquiries:numbers")
    for wrong in ({"number": "12"}, {"party": ""}, {"effective_on": "2020-01-01"}):
        assert chen.post(url, report | wrong).status_code == 422
    assert chen.post(url, report).status_code == 302
    number = ContactNumber.objects.get()
    assert "13900008888" not in html(chen, "inquiries:numbers")
    lines = reverse("inquiries:lines")
    assert chen.post(lines, {"number": number.pk, "outcome": "sleeping"}).status_code == 422
    assert chen.post(lines, {"number": number.pk, "outcome": "off"}).status_code == 302
    assert LineCheck.objects.get().outcome == "off"
    assert "关机或停机" in html(chen, "inquiries:lines", q="chengdu")
    opened = chen.post(reverse("inquiries:line_case", args=[number.pk]))
    case = Case.objects.get()
    assert (opened.url, case.outlet) == (
        reverse("workbench:case", args=[case.number]),
        centre.chengdu,
    )
    assert "CD-05.23" in html(chen, "inquiries:findings", case.number)

    complain(centre)
    assert centre.chengdu.name in html(chen, "inquiries:rates", month="2026-11")
    html(chen, "inquiries:rates", month="nonsense")


@pytest.mark.rule("CD-05.01")
def test_the_call_is_opened_and_closed_in_the_words_of_the_rulebook_with_ones_own_number(centre):
    zhou = signed_in(centre.zhou.user)
    page = html(signed_in(centre.lin.user), "inquiries:new_single")

    assert "“您好，0826 号为您服务。”" in page
    assert "“感谢来电，再见。”" in page
    page = html(zhou, "inquiries:new_single", kind="complaint")
    assert "“您好，0831 号为您服务。”" in page and "0826 号为" not in page
    typing = fields(page)
    for channel, says in (("phone", True), ("chat", False), ("counter", False)):
        beside = zhou.post(reverse("inquiries:new_check"), typing | {"channel": channel})
        assert ("0831 号为您服务" in beside.content.decode()) is says
        pasted = {"text": "880612045537 三天没动了", "was-channel": "", "channel": channel}
        pasted = zhou.post(reverse("inquiries:new_read"), pasted)
        assert ("0831 号为您服务" in pasted.content.decode()) is says
    assert "0831 号为您服务" in html(zhou, "claims:new")


@pytest.mark.rule("LC-02.01", "LC-05.02")
def test_a_contact_turns_out_to_be_of_another_type_and_its_history_stays(centre):
    centre.work_by("LC")
    case, lin = centre.inquiry(now=at("14:00:00")), signed_in(centre.lin.user)
    url = reverse("workbench:step", args=[case.number, "retype"])
    form = fields(lin.get(url).content.decode())
    assert form["kind"] == ["consultation"]
    assert lin.post(url, form | {"reason": "不"}, headers=HTMX).status_code == 422

    assert (
        lin.post(url, form | {"reason": "只问价格", "ticket": "2"}, headers=HTMX).status_code == 200
    )

    case.inquiry.refresh_from_db()
    step = case.interactions.get(action="retyped")
    assert (case.inquiry.kind, step.data["before"]) == ("consultation", "trace")
    assert "改为咨询" in html(lin, "workbench:case", case.number)
