"""The claims desk's pages: the lists, the intake, the case with its dialogs."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from claims import services
from claims.models import Claim
from inquiries import services as inquiries
from inquiries.services import disasters, incident_opening
from kefu.cases.models import Case, CaseLink
from kefu.parcels.models import Scan
from problem_parcels import services as problem_parcels
from problem_parcels.services import receipt_requests
from tests.centre import at
from tests.pages import fields

HTMX = {"HTTP_HX_REQUEST": "true"}
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def page(desk, client: Client, settings) -> Client:
    """Gu's browser, at ten."""
    settings.KEFU_NOW = at("10:00")
    desk.work_by("ES")
    client.force_login(desk.gu.user, backend=BACKEND)
    return client


def content(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


def do(page, case, name, status=200, **given):
    url = reverse("workbench:step", args=[case.number, name])
    return content(page.post(url, given, **HTMX), status)


def shown(page, case):
    return content(page.get(reverse("workbench:case", args=[case.number])))


def queries(page, url):
    with CaptureQueriesContext(connection) as taken:
        content(page.get(url))
    return len(taken.captured_queries)


def test_from_an_inquiry_to_the_agreement_without_leaving_the_keyboard(desk, page, settings):
    inquiry = desk.centre.inquiry(now=at("09:00"), waybill=desk.lost)
    assert f"/claims/new/?from={inquiry.number}" in shown(page, inquiry)

    form = content(page.get(reverse("claims:new"), {"from": inquiry.number}))
    assert desk.lost.number in form and "1,200.00" in form and "CD-05.17" in form
    answer = page.post(
        reverse("claims:new"),
        {
            "from": inquiry.number,
            "waybill_number": desk.lost.number,
            "loss": "damage",
            "place": "inner",
            "claimant": "sender",
            "text": "花瓶碎了，要赔八百",
            "channel": "phone",
            "demanded_amount": "800",
        },
    )
    case = Case.objects.get(kind="claim")
    assert answer.status_code == 302 and case.number in answer.url
    assert CaseLink.objects.get().origin == inquiry

    do(page, case, "evidence", kind="photo", note="碎片照片在附件")
    do(page, case, "facts", proved_value="800", repairable="false", percent_lost="50", version="")
    refused = do(
        page,
        case,
        "finding",
        422,
        facts="内件碎",
        cause="packaging",
        liable=f"{desk.chengdu.code} 60\n无法归责 30",
        reason="包装不足",
    )
    assert "90" in refused and "包装不足" in refused  # what was written is still there
    do(
        page,
        case,
        "finding",
        facts="内件碎",
        cause="packaging",
        liable=f"{desk.chengdu.code} {desk.chengdu.name} 60%\n无法归责 40",
        reason="包装不足",
    )
    assert 'class="shade-1"' in shown(page, case)

    head = Client()
    head.force_login(desk.centre.chen.user, backend=BACKEND)
    do(head, case, "confirm", note="")
    do(page, case, "offer", offered="300", reply="rejected", channel="phone", counter_amount="500")
    assert "400.00" in shown(page, case)  # half of what was proved, by the rulebook
    do(page, case, "agree", agreed="400", channel="phone")
    text = shown(page, case)
    assert "待审批" in text and "240.00" in text and "160.00" in text
    why = content(page.get(reverse("claims:why", args=[case.number])))
    assert "ES-303.15" in why
    do(head, case, "approve", note="同意")
    assert Claim.objects.get().stage == Claim.Stage.PAYMENT


@pytest.mark.rule("LC-01.15", "LC-06.19")
def test_each_kind_of_case_about_a_parcel_turns_into_a_claim_that_is_linked_to_it(
    desk, page, settings
):
    lin, now = desk.centre.lin, at("09:00")
    by = {"actor": lin.user, "now": now}
    sealed = {"sender_name": "陈晓梅", "sender_phone": "13800004545", "receiver_name": "王建国"}
    parcels = [desk.waybill(f"77061204570{n}", sealed=sealed) for n in range(5)]
    at_desk = {"department": lin.department, **by}
    told = {"channel": "phone", "waybill": parcels[0], "against": desk.chengdu, **at_desk}
    settings.KEFU_NOW = now
    complaint = inquiries.file_complaint(
        cause="damaged", text="外箱压扁", asker="receiver", customer_name="王建国", **told
    )
    asked = inquiries.receive_query(
        asking=desk.centre.xian,
        waybill=parcels[1],
        waybill_number=parcels[1].number,
        question="这一票丢了吗",
        channel="phone",
        **at_desk,
    )
    problem = problem_parcels.register(
        number=parcels[2].number,
        given=problem_parcels.Given("damaged_inside", remark="外箱完好，内有碎玻璃"),
        owner=lin,
        **at_desk,
    )
    Scan.objects.create(
        waybill_number=parcels[3].number, kind="signed", at=at("2026-11-19 12:00"), place="扬州"
    )
    receipt = receipt_requests.ask_for_receipt(
        waybill=parcels[3],
        asking=desk.centre.company,
        service="lookup",
        customer_name="陈晓梅",
        channel="phone",
        owner=lin,
        **at_desk,
    )
    affected = desk.centre.inquiry(now=now, waybill=parcels[4], asker="sender")
    storm = incident_opening.declare(
        given=incident_opening.Given(
            kind="natural_disaster",
            summary="成都暴雨",
            started_at=at("08:00"),
            outlets=[desk.chengdu],
            reason="暴雨",
        ),
        department=lin.department,
        actor=desk.centre.wang.user,
        now=now,
    )
    disasters.note_remedy(incident=storm, case=affected, text="先行安抚，可以理赔", **by)
    settings.KEFU_NOW = at("10:00")
    listed = content(page.get(reverse("inquiries:incident_affected", args=[storm.case.number])))
    assert reverse("workbench:case", args=[affected.number]) in listed

    new = reverse("claims:new")
    for origin, loss, place, claimant, name in (
        (complaint, "damage", "", "receiver", "王*国"),
        (asked.case, "loss", "", "sender", "陈*梅"),
        (problem, "damage", "inner", "sender", "陈*梅"),  # its customer is the receiver
        (receipt.case, "loss", "", "sender", "陈*梅"),
        (affected, "loss", "", "sender", "陈*梅"),
    ):
        link = f"{new}?from={origin.number}"
        assert link in shown(page, origin), origin.kind
        form = fields(content(page.get(link)), form=new)
        kept = {name: form.get(name, [""])[0] for name in ("from", "loss", "place", "claimant")}
        assert kept == {"from": origin.number, "loss": loss, "place": place, "claimant": claimant}
        assert form["waybill_number"] == [origin.waybill_number]
        answer = page.post(new, form | {"text": "要求赔偿", "place": place or "outer"})
        assert answer.status_code == 302, answer.content.decode()[:3000]

        case = CaseLink.objects.get(origin=origin, cause="claim").case
        assert case.customer_name_masked == name
        assert origin.number in shown(page, case) and case.number in shown(page, origin)


def test_a_form_that_is_sent_twice_registers_once_and_a_refused_one_keeps_its_words(desk, page):
    given = {
        "ticket": "a" * 32,
        "waybill_number": desk.lost.number,
        "loss": "loss",
        "claimant": "sender",
        "text": "丢了",
        "channel": "phone",
        # Typed before it became a loss; not shown any more.
        "percent_lost": "30",
        "place": "inner",
        "delay_days": "2",
    }
    first, again = (page.post(reverse("claims:new"), given) for _ in range(2))
    assert first.url == again.url and Claim.objects.count() == 1

    content(page.get(f"{reverse('claims:new')}?from=%00"), 404)
    refused = content(page.post(reverse("claims:new"), given | {"ticket": "b" * 32}), 422)
    assert "已经有一笔理赔在办" in refused and "丢了" in refused


def test_the_liable_are_read_line_by_line(desk, page):
    case = desk.register()
    services.add_evidence(
        case=case, kind="waybill", note="底单", actor=desk.gu.user, now=at("09:30")
    )
    for liable, said in (
        ("成都武侯三部", "最后写百分比"),
        ("％", "最后写百分比"),
        ("60", "先写责任方"),
        ("没有这家 100", "没有找到"),
        ("干线车辆 CD03 100", "驾驶员"),
    ):
        text = do(
            page, case, "finding", 422, facts="查明", cause="other", liable=liable, reason="理由"
        )
        assert said in text, liable


def test_a_second_person_answers_for_what_he_saw_and_nothing_newer(desk, page):
    case = desk.register()
    finding = desk.investigated(case, now=at("09:30"))
    head = Client()
    head.force_login(desk.centre.chen.user, backend=BACKEND)

    def seen():
        return Case.objects.get(pk=case.pk).version

    before = seen()
    services.send_back(finding=finding, note="再查", actor=desk.luo.user, now=at("09:40"))
    again = desk.investigated(case, now=at("09:50"), reason="另一种划分")
    assert "先记了一条" in do(head, case, "confirm", 409, version=before)
    again.refresh_from_db()
    assert again.outcome == ""
    do(head, case, "confirm", version=seen())

    offered = desk.agreed(case, "1200", now=at("10:00"))
    before = seen()
    services.decide_settlement(
        settlement=offered, approve=False, note="太多", actor=desk.luo.user, now=at("10:00")
    )
    higher = desk.agreed(case, "9000", now=at("10:00"), deviation_reason="客户坚持")
    assert "先记了一条" in do(head, case, "approve", 409, version=before)
    assert not higher.approvals.exists()

    # Two levels are two people: whoever gave one is not asked again.
    manager = Client()
    manager.force_login(desk.luo.user, backend=BACKEND)
    assert "do/approve/" in shown(manager, case)
    do(manager, case, "approve", note="同意")
    assert "do/approve/" not in shown(manager, case) and "do/approve/" in shown(head, case)
    assert "要由另一个人审批" in do(manager, case, "approve", 422, note="再批")
    do(head, case, "approve", note="同意")
    assert desk.claim(case).stage == Claim.Stage.PAYMENT


def test_the_list_shows_the_days_and_asks_as_much_for_many_as_for_few(desk, page, settings):
    case = desk.register()
    url = reverse("claims:desk")
    few = queries(page, url)
    for n in range(12):
        desk.lost = desk.waybill(f"7706120456{n:02}")
        desk.register(loss="damage", place="outer", now=at("09:10"))

    settings.KEFU_NOW = at("2026-11-30 10:00")
    text = content(page.get(url))
    assert queries(page, url) == few
    assert text.index(case.number) < text.index("LP-") + 10_000 and "<b>10</b> /" in text
    assert "没有要确认" not in content(page.get(url, {"view": "confirmation", "whose": "mine"}))
    assert page.get(url, {"view": "nonsense"}).status_code == 404


def test_the_page_of_a_claim_asks_as_much_with_much_on_file(desk, page, settings):
    case = desk.register()
    desk.confirmed(case, now=at("09:10"))
    url = reverse("workbench:case", args=[case.number])
    page.get(url)
    few = queries(page, url)
    for n in range(8):
        services.add_evidence(
            case=case, kind="statement", note=f"说明 {n}", actor=desk.gu.user, now=at("09:20")
        )
        services.make_offer(
            case=case,
            offered=Decimal(n),
            reply="rejected",
            channel="phone",
            actor=desk.gu.user,
            now=at("09:30"),
        )
    assert queries(page, url) == few


def test_the_pages_are_in_english_too(desk, page):
    case = desk.register()
    with translation.override("en"):
        page.cookies["django_language"] = "en"
        for url in (
            reverse("claims:desk"),
            reverse("claims:new"),
            reverse("workbench:case", args=[case.number]),
        ):
            text = content(page.get(url))
            assert "Claim" in text


def test_who_may_not_is_offered_nothing_and_refused(desk, page):
    case = desk.register()
    agent = Client()
    agent.force_login(desk.centre.lin.user, backend=BACKEND)

    text = shown(agent, case)
    assert "do/finding/" not in text and "do/remind/" in text
    assert "do/confirm/" not in shown(page, case)
    refused = do(
        agent, case, "finding", 422, facts="x", cause="other", liable="客户 100", reason="x"
    )
    assert "不能办理理赔" in refused
