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
from kefu.cases.models import Case, CaseLink
from tests.centre import at

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


def test_a_form_that_is_sent_twice_registers_once_and_a_refused_one_keeps_its_words(desk, page):
    given = {
        "ticket": "a" * 32,
        "waybill_number": desk.lost.number,
        "loss": "loss",
        "claimant": "sender",
        "text": "丢了",
        "channel": "phone",
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
