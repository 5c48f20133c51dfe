"""The case page of a problem parcel, as the clerk works it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from kefu.cases.models import Case
from problem_parcels import services
from problem_parcels.kinds import STEPS
from problem_parcels.models import Message
from problem_parcels.services import stays
from tests.problem_parcels.conftest import EVENING, Desk


@pytest.fixture
def page(desk: Desk, client: Client, settings):
    settings.KEFU_NOW = EVENING + timedelta(minutes=1)
    client.force_login(desk.lin.user)
    return client


def url(case: Case, name: str, *more: str, app: str = "workbench") -> str:
    return reverse(f"{app}:{name}", args=[case.number, *more])


def test_a_parcel_is_worked_from_its_page(desk, page):
    case = desk.register("nobody_home", remark="敲门无人")
    stays.enter(
        number=case.waybill_number,
        location="A-03",
        reason="送无人",
        waybill_present=True,
        keeper=desk.lin,
        case=case,
        actor=desk.lin.user,
        now=EVENING,
    )
    shown = page.get(url(case, "case")).content.decode()
    for words in ("送无人", "没人接", "138******45", "A-03", "当天留言", "CD-07.06", "留言网点"):
        assert words in shown, words
    assert "13800004545" not in shown
    page.cookies["django_language"] = "en"
    english = page.get(url(case, "case")).content.decode()
    assert "<h1>Problem parcel WT-" in english and "<h2>Problem</h2>" in english
    assert "Message today: Me" in english and "kept by 林小月" in english
    assert "Exception" not in english
    page.cookies["django_language"] = "zh-hans"
    for name in STEPS:
        assert page.get(url(case, "step", name)).status_code == 200, name
    version = Case.objects.get(pk=case.pk).version
    sent = page.post(
        url(case, "message", app="problem_parcels"),
        {"text": "送无人，请联系收件人", "version": version},
        headers={"HX-Request": "true"},
    )
    assert sent.status_code == 200
    message = Message.objects.get()
    refused = page.post(
        url(case, "message", app="problem_parcels"),
        {"text": "再写一遍", "version": Case.objects.get(pk=case.pk).version},
        headers={"HX-Request": "true"},
    )
    assert refused.status_code == 409
    assert "再写一遍" in refused.content.decode()
    heard = {"message": message.pk, "text": "请退回", "wish": "return", "channel": "phone"}
    assert page.post(url(case, "step", "heard"), heard).status_code == 200
    shown = page.get(url(case, "case")).content.decode()
    for words in ("应对方要求退回 成都武侯三部", "当天退回出库", "出库：退回发件公司", "（退回）"):
        assert words in shown, words
    done = page.post(url(case, "step", "carry-out"), {})
    assert done.status_code == 200
    case.refresh_from_db()
    assert case.state == Case.State.CLOSED
    assert page.post(url(case, "step", "reopen"), {"reason": "又回来了"}).status_code == 200


def test_an_outlets_message_is_answered_from_the_page(desk, page):
    message = services.outlet_writes(
        sender=desk.centre.chengdu,
        number=desk.sent.number,
        text="无网点，怎么处理",
        problem="no_outlet",
        actor=None,
        now=EVENING,
    )
    case = message.case
    shown = page.get(url(case, "case")).content.decode()
    assert "回复 成都武侯三部" in shown
    answered = page.post(
        url(case, "answer", app="problem_parcels"), {"text": "请退回", "version": case.version}
    )
    assert answered.status_code == 200
    message.refresh_from_db()
    assert message.answered_at is not None
