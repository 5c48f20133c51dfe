"""The pages of processes: begun, worked and drawn up in the browser."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from kefu.cases.models import Case
from kefu.processes import services
from kefu.processes.models import ProcessRun, ProcessTemplate, StepDone
from tests.processes.conftest import MORNING, Shop

HTMX = {"HTTP_HX_REQUEST": "true"}


def sign_in(client: Client, shop: Shop, who: str) -> Client:
    client.force_login(shop.people[who].user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.content.decode()


@pytest.fixture
def page(shop: Shop, client: Client, settings) -> Client:
    settings.KEFU_NOW = MORNING
    return sign_in(client, shop, "lin")


def test_a_process_is_begun_about_a_case_worked_by_two_desks_and_seen_on_both_pages(page, shop):
    case = shop.centre.inquiry(now=MORNING, owner=shop.lin)
    home = reverse("workbench:case", args=[case.number])
    assert "走流程" in text(page.get(home))
    closed = shop.centre.inquiry(now=MORNING, owner=shop.lin)
    for state, closed_at in (("answered", None), ("closed", MORNING)):
        closed.__class__.objects.filter(pk=closed.pk).update(state=state, closed_at=closed_at)
    assert "走流程" not in text(page.get(reverse("workbench:case", args=[closed.number])))
    offers = text(page.get(reverse("processes:choose", args=[case.number]), **HTMX))
    assert "撤回包裹" in offers and "疑难件" not in offers

    start = reverse("processes:start", args=["return_of_goods"]) + f"?about={case.number}"
    refused = text(page.post(start, {"wish": "return", "summary": ""}), 422)
    assert 'name="defect"' in refused
    sent = {"wish": "return", "defect": "quality", "summary": "鞋底开胶", "ticket": "t1"}
    begun = page.post(start, sent)
    run = ProcessRun.objects.get()
    assert begun.headers["Location"] == reverse("workbench:case", args=[run.case.number])
    assert page.post(start, sent).headers["Location"] == begun.headers["Location"]  # sent twice
    assert ProcessRun.objects.count() == 1

    step = reverse("processes:step", args=[run.case.number, "note"])
    page = sign_in(page, shop, "qian")
    assert 'aria-keyshortcuts="d"' in text(page.get(begun.headers["Location"]))
    assert 'name="customer_id"' in text(page.get(step, **HTMX))
    filled = {"customer_id": "陈晓梅", "contact": "座机", "reason": "开胶", "ticket": "t2"}
    assert "电话" in text(page.post(step, filled, **HTMX), 422)
    filled |= {"contact": "13800004545", "ticket": "t3"}
    answer = page.post(step, filled, **HTMX)
    assert "dialog-close" in answer.headers["HX-Trigger"]
    shown = text(page.get(begun.headers["Location"]))
    assert "陈*梅" in shown and "陈晓梅" not in shown and "13800004545" not in shown
    row = StepDone.objects.get()
    reveal = reverse("workbench:reveal_row", args=[run.case.number, "step", row.pk])
    looked = text(page.post(reveal, {"reason": "call", "detail": ""}, **HTMX))
    assert "陈晓梅" in looked and "13800004545" in looked
    again = page.post(step, filled | {"ticket": "t4"}, **HTMX)
    assert "现在轮到：客户寄回" in text(again, 409)

    about = text(page.get(home))
    assert "流程“退换货”办完后可结案" in about
    assert "退换货" in about and run.case.number in about
    listed = text(page.get(reverse("processes:running")))
    assert run.case.number in listed and "客户寄回" in listed
    sign_in(page, shop, "sun")
    refused = page.post(
        reverse("processes:step", args=[run.case.number, "send_back"]),
        {"return_waybill_number": "880612045590"},
        **HTMX,
    )
    assert "这一步归售后组办" in text(refused, 422)


def test_the_list_asks_no_more_with_more_that_runs(page, shop):
    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text(page.get(reverse("processes:running")))
        return len(queries)

    shop.start("recall")
    few = asked()
    for _n in range(5):
        shop.start("recall")
    assert asked() <= few + 1


SHEET = {
    "name": "赠品补寄",
    "kinds": ["inquiry"],
    "opens": "09:00",
    "closes": "18:00",
    "days": ["1", "2", "3"],
    "warn_minutes": "",
    "steps-0-name": "登记",
    "steps-0-by": "",
    "steps-0-hours": "",
    "steps-0-fields_text": "缺什么",
    "steps-0-outcomes": "",
    "steps-0-other_than": "",
    "steps-0-blocks": "on",
    "steps-1-name": "仓库配货",
    "steps-1-by": "warehouse_office",
    "steps-1-hours": "4",
    "steps-1-working": "on",
    "steps-1-fields_text": "单号：运单",
    "steps-1-outcomes": "",
    "steps-1-other_than": "1",
    "steps-1-blocks": "on",
    "steps-2-name": "",
}


def test_a_supervisor_draws_one_up_sees_it_publishes_it_and_replaces_it(page, shop):
    assert page.get(reverse("processes:new")).status_code == 403
    assert "新建模板" not in text(page.get(reverse("processes:processes")))
    sign_in(page, shop, "chen")
    new = reverse("processes:new")
    assert "看看图" in text(page.get(new))
    seen = text(page.post(new, SHEET | {"preview": "1"}))
    assert "预览" in seen and "工作时间 4 小时" in seen and not ProcessTemplate.objects.exists()
    refused = text(page.post(new, SHEET | {"steps-1-fields_text": "单号：彩虹"}), 422)
    assert "看不懂" in refused and "单号：彩虹" in refused

    kept = page.post(new, SHEET | {"ticket": "a"})
    template = ProcessTemplate.objects.get()
    assert kept.headers["Location"] == reverse("processes:template", args=[template.pk])
    page.post(kept.headers["Location"], SHEET | {"name": "赠品补发", "ticket": "b"})
    act = {
        name: reverse("processes:template_act", args=[template.pk, name])
        for name in ("publish", "revise", "withdraw", "discard")
    }
    page.post(act["publish"])
    template.refresh_from_db()
    assert (template.state, template.name) == ("published", "赠品补发")
    assert "不再改" in text(page.get(kept.headers["Location"]))
    assert "已经发布" in text(page.post(kept.headers["Location"], SHEET), 422)
    page.post(act["revise"])
    assert ProcessTemplate.objects.filter(state="draft", number=2).exists()
    page.post(act["withdraw"])
    assert "已经发布" in text(page.post(act["discard"], follow=True))
    assert page.post(act["publish"].replace("publish", "nothing")).status_code == 404


def test_pages_are_complete_in_english_and_a_lead_ends_a_process_there(page, shop):
    run = shop.start("recall")
    page.cookies["django_language"] = "en"
    with translation.override("en"):
        for name in ("processes", "running"):
            assert "流程" not in text(page.get(reverse(f"processes:{name}"))).replace("语言", "")
    home = reverse("workbench:case", args=[run.case.number])
    assert "Recall of a parcel" in text(page.get(home))
    end = reverse("workbench:step", args=[run.case.number, "abandon"])
    text(page.post(end, {"reason": "不要了"}, **HTMX), 422)
    sign_in(page, shop, "wang")
    page.post(end, {"reason": "不要了"}, **HTMX)
    assert Case.objects.get(pk=run.pk).state == Case.State.CLOSED
    assert "Abandoned" in text(page.get(home)) or "abandoned" in text(page.get(home))


def test_an_outlets_account_and_strangers_stay_outside(shop, client, settings):
    settings.KEFU_NOW = MORNING
    assert client.get(reverse("processes:processes")).status_code == 302
    run = shop.start("recall")
    services.abandon(case=run.case, reason="不要了", actor=shop.wang.user, now=shop.later())
    sign_in(client, shop, "qian")
    late = client.post(
        reverse("processes:step", args=[run.case.number, "open_recall"]),
        {"courier_asked": "on"},
        **HTMX,
    )
    assert "已经结束" in text(late, 409)
    assert client.get(reverse("processes:start", args=["nothing"])).status_code == 404
    assert (
        client.get(reverse("processes:step", args=[run.case.number, "nothing"])).status_code == 404
    )
