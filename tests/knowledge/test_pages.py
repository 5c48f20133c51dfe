"""The pages of the knowledge base, as agents and supervisors use them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kefu.cases.models import Interaction
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.knowledge.models import Coverage, NumberReport, OpeningHours, Place, Wording
from kefu.network import services as network
from kefu.staff.models import User
from tests.centre import at

pytestmark = pytest.mark.django_db
NOW = at("09:00:00")
HTMX = {"HX-Request": "true"}


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def lin(centre):
    return signed_in(centre.lin.user)


@pytest.fixture
def chen(centre):
    return signed_in(centre.chen.user)


def found(client, status=200, **given):
    page = client.post(reverse("knowledge:found"), given, headers=HTMX)
    assert page.status_code == status
    return page.content.decode()


def test_an_agent_pastes_an_address_and_reads_the_price(tables, lin):
    text = found(
        lin, q="四川省成都市武侯区科华北路65号", kg="2.3", length="40", width="30", height="20"
    )

    assert "西安雁塔二部" in text
    assert "续重 4 个 0.5 公斤" in text  # 3 kg by volume
    assert "23.00 元" in text  # 10 + 4 × 2.50 + 3.00
    assert "运价表第 2 版" not in text
    assert "运价表第 1 版" in text


def test_a_district_of_several_cities_is_chosen_by_a_button(tables, lin):
    text = found(lin, q="鼓楼区中山北路")
    nanjing = Place.objects.get(name="鼓楼区", parent__name="南京市")

    assert "江苏省徐州市鼓楼区" in text
    assert f'name="place" value="{nanjing.pk}"' in text
    assert "江苏省南京市鼓楼区</h3>" in found(lin, q="鼓楼区中山北路", place=nanjing.pk)


@pytest.mark.parametrize(
    "given",
    [
        {"q": ""},
        {"q": "四川", "kg": "-1"},
        {"q": "四川", "kg": "NaN"},
        {"q": "四川", "length": "10"},
        {"q": "四川", "place": "x"},
        {"q": "四川", "on": "0001-01-01"},
        {"q": "\x00"},
    ],
)
def test_a_refusal_names_its_field(tables, lin, given):
    assert 'role="alert"' in found(lin, status=422, **given)


def test_the_box_over_a_case_has_its_destination_masked(tables, lin, centre):
    case = centre.inquiry(now=NOW)
    address = case.waybill.receiver_address_masked

    page = lin.get(reverse("knowledge:lookup_dialog"), {"case": case.number}).content.decode()

    assert (address.partition("*")[0] or case.waybill.route_to) in page
    assert str(case.waybill.weight_kg) in page
    shown = lin.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert f"{reverse('knowledge:lookup_dialog')}?case={case.number}" in shown
    assert 'aria-keyshortcuts="q"' in shown
    assert 'aria-keyshortcuts="q"' in lin.get(reverse("inquiries:new_single")).content.decode()


def test_a_supervisor_brings_a_table_by_the_page(centre, chen, lin):
    file = SimpleUploadedFile("范围.csv", "省,市,区县,网点\n四川,成都,武侯区,CD03\n".encode())
    url = reverse("knowledge:coverage_new_import")
    assert lin.get(url).status_code == 403
    assert chen.post(url, {"file": file, "effective_on": "2026-11-19"}).status_code == 422

    file.seek(0)
    started = chen.post(url, {"file": file, "effective_on": "2026-11-20"})
    assert started.status_code == 302
    jobs.run_until_next_tick()

    assert Job.objects.get().counts["accepted"] == 1
    assert Coverage.objects.get().outlet == centre.chengdu
    assert "派送范围表第 1 版" in chen.get(reverse("knowledge:lookup")).content.decode()


def test_a_template_is_picked_edited_and_remembered(centre, lin):
    case = centre.inquiry(now=NOW)
    page = lin.get(reverse("knowledge:templates", args=[case.number])).content.decode()
    picked = Wording.objects.in_use().get(name="延误短信")
    assert f'data-wording="{picked.version}"' in page
    assert case.waybill_number in page
    assert "13800004545" not in page
    assert "陈晓梅" not in page

    reply = {
        "text": "改过的文字",
        "channel": "phone",
        "version": case.version,
        "wording": picked.version,
    }
    sent = lin.post(reverse("inquiries:reply", args=[case.number]), reply, headers=HTMX)

    assert sent.status_code == 200
    line = case.interactions.filter(direction=Interaction.Direction.OUT).get()
    assert line.data["wording"] == {"version": picked.version, "name": "延误短信", "number": 1}
    assert (
        "模板“延误短信”第 1 版"
        in lin.get(reverse("workbench:case", args=[case.number])).content.decode()
    )


def test_scripts_are_at_hand_on_every_page(centre, lin):
    for name in ("workbench:queue", "inquiries:new_single", "knowledge:outlets"):
        assert reverse("knowledge:scripts_dialog") in lin.get(reverse(name)).content.decode()
    said = lin.get(reverse("knowledge:scripts_dialog")).content.decode()
    assert "恶劣天气" in said
    assert "扬州本部" in said


def test_an_outlets_file_and_a_wrong_number(centre, lin, chen):
    number = network.change_number(
        party=centre.chengdu, kind="duty", number="13800001111", actor=centre.chen.user, now=NOW
    )
    assert "138******11" in lin.get(reverse("knowledge:outlets"), {"q": "cdwh"}).content.decode()

    said = lin.post(reverse("knowledge:wrong", args=[number.pk]), headers=HTMX).content.decode()
    assert "被报有误" in said
    report = NumberReport.objects.get()
    assert "138******11" in chen.get(reverse("knowledge:reports")).content.decode()
    settle = reverse("knowledge:settle", args=[report.pk])
    lin.post(settle, {"outcome": "right"})
    report.refresh_from_db()
    assert report.settled_at is None
    assert chen.post(settle, {"outcome": "right"}).status_code == 302

    hours = {"opens": "08:00", "closes": "18:30"}
    assert lin.post(reverse("knowledge:hours", args=[centre.chengdu.pk]), hours).status_code == 422
    assert not OpeningHours.objects.exists()
    assert chen.post(reverse("knowledge:hours", args=[centre.chengdu.pk]), hours).status_code == 302
    file = lin.get(reverse("knowledge:outlet", args=[centre.chengdu.pk])).content.decode()
    assert "08:00–18:30" in file
    assert "13800001111" not in file
    assert lin.get(reverse("knowledge:outlet", args=[centre.company.pk])).status_code == 404


def test_a_number_is_shown_for_a_case_only(centre, lin):
    number = network.change_number(
        party=centre.chengdu, kind="duty", number="13800001111", actor=centre.chen.user, now=NOW
    )
    url = reverse("knowledge:show_number", args=[number.pk])
    case = centre.inquiry(now=NOW)

    assert lin.post(url, {"case": ""}).status_code == 422
    assert lin.post(url, {"case": "CX-0"}).status_code == 422
    shown = lin.post(url, {"case": case.number})
    assert "13800001111" in shown.content.decode()
    assert shown.headers["Cache-Control"] == "no-store"


def test_outlets_accounts_see_nothing_of_it(centre, tables):
    partner = User.objects.create(username="partner", role="outlet", party=centre.chengdu)
    client = signed_in(partner)

    for name in ("lookup", "lookup_dialog", "scripts", "outlets", "reports", "prices_new_import"):
        assert client.get(reverse(f"knowledge:{name}")).status_code == 403
    assert client.post(reverse("knowledge:found"), {"q": "四川"}).status_code == 403


def test_words_are_drafted_and_approved_in_the_admin(centre, chen):
    def add(text):
        return chen.post(
            reverse("admin:knowledge_wording_add"),
            {"name": "停运", "channel": "sms", "occasion": "storm", "language": "zh-hans",
             "department": "", "text": text, "versions-TOTAL_FORMS": 0, "versions-INITIAL_FORMS": 0},
        )  # fmt: skip

    refused = add("运单 {{ waybil }}")
    assert refused.status_code == 200
    assert "没有变量“waybil”" in refused.content.decode()
    assert not Wording.objects.filter(name="停运").exists()

    assert add("运单 {{ waybill }} 停运").status_code == 302
    version = Wording.objects.get(name="停运").versions.get()
    url = reverse("admin:knowledge_wordingversion_approve_here", args=[version.pk])
    for number, approved in (("chen", False), ("he", True)):
        client = signed_in(getattr(centre, number).user)
        client.post(url, {"_confirmed": "1"})
        version.refresh_from_db()
        assert (version.approved_at is not None) is approved
