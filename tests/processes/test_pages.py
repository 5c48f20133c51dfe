"""The pages of processes: begun, worked and drawn up in the browser."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from inquiries import services as inquiries
from kefu.cases.models import Case
from kefu.processes import services
from kefu.processes.models import ProcessRun, ProcessTemplate, StepDone
from kefu.staff.models import User
from tests.centre import Centre, at
from tests.centre import build as build_centre
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
    why = {"reason": "call", "detail": ""}
    whose = reverse("workbench:reveal", args=[run.case.number, "customer"])
    looked = text(page.post(whose, why, **HTMX))
    assert "事由" in looked and "summary" not in looked
    tracked = shop.start("difficult_parcel", by="qian")
    called = {"difficult_parcel_contact": "courier", "contact_said": "在路上"}
    row = shop.do(tracked, "call", "qian", **called)
    reveal = reverse("workbench:reveal_row", args=[tracked.case.number, "step", row.pk])
    looked = text(page.post(reveal, why, **HTMX))
    assert "在路上" in looked and "courier" not in looked  # the choice stands open, in words
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


@pytest.mark.rule("SD-222.02")
def test_a_reply_is_gone_through_line_by_line_and_what_was_not_kept_is_as_much_on_record(
    page, shop
):
    """However long it took: no clock runs, and nothing that is left unticked holds the next step up."""
    run = shop.start("pre_sale_contact")
    for step in ("welcome", "promotion"):
        shop.do(run, step, "lin")
    home = reverse("workbench:case", args=[run.case.number])
    step = reverse("processes:step", args=[run.case.number, "product"])
    asked = text(page.get(step, **HTMX))
    for line in ("准确", "简洁", "迅速", "友好"):
        assert f"<span>{line}</span>" in asked
    assert "没勾的也记下" in asked
    strange = {"reply_quality": ["correct", "long"], "ticket": "a"}
    assert "long" in text(page.post(step, strange, **HTMX), 422)
    shop.later(95)

    shop.do(run, "product", "lin", reply_quality=["friendly", "correct"])

    row = StepDone.objects.get(run=run, step="product")
    assert row.recorded == ["reply_quality"]
    shown = text(page.get(home))
    assert "<dt>回复用时</dt><dd>1 小时 36 分</dd>" in shown
    assert "<dt>回复要求</dt><dd>准确、友好；没勾：简洁、迅速</dd>" in shown
    assert not run.case.deadlines.exists()

    hasty = shop.start("pre_sale_contact")
    for step in ("welcome", "promotion", "product"):
        shop.do(hasty, step, "lin")
    assert shop.at(hasty).position.step == "order_confirmation"
    page.cookies["django_language"] = "en"
    shown = text(page.get(reverse("workbench:case", args=[hasty.case.number])))
    assert "<dd>not ticked: Correct, Concise, Quick, Friendly</dd>" in shown


def test_the_list_asks_no_more_with_more_that_runs(page, shop, monkeypatch):
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
    monkeypatch.setattr("kefu.processes.views.runs.LISTED", 6)
    assert "还有更多" not in text(page.get(reverse("processes:running")))
    newest = shop.start("recall")
    shown = text(page.get(reverse("processes:running")))
    assert "还有更多" in shown and newest.case.number not in shown


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
    page.post(act["publish"], {"ticket": "c"})
    assert "从现在起可以发起" in text(page.post(act["publish"], {"ticket": "c"}, follow=True))
    template.refresh_from_db()
    assert (template.state, template.name) == ("published", "赠品补发")
    assert "不再改" in text(page.get(kept.headers["Location"]))
    assert "已经发布" in text(page.post(kept.headers["Location"], SHEET), 422)
    page.post(act["revise"])
    assert ProcessTemplate.objects.filter(state="draft", number=2).exists()
    page.post(act["withdraw"])
    assert "已经发布" in text(page.post(act["discard"], follow=True))
    assert page.post(act["publish"].replace("publish", "nothing")).status_code == 404


REVIEW = {
    "name": "赔付复核",
    "kinds": ["complaint"],
    "opens": "09:00",
    "closes": "18:00",
    "days": ["1"],
    "steps-0-name": "核对金额",
    "steps-0-hours": "2",
    "steps-0-fields_text": "答应多少：金额",
    "steps-0-blocks": "on",
    "steps-1-name": "主管复核",
    "steps-1-by": "supervisor",
    "steps-1-outcomes": "同意\n退回→核对金额",
    "steps-1-blocks": "on",
    "steps-2-name": "存档",
    "steps-2-fields_text": "备注（选填）",
}


def test_a_complaint_closes_once_the_supervisors_own_process_lets_it(db, client, settings):
    """Content since half past nine, the customer's case still waits for what blocks; the filing may come later."""
    made, settings.KEFU_NOW = build_centre(now=at("08:00"), rules_since=date(2026, 1, 1)), MORNING
    made.work_by("ES")
    page, lin, chen = client, made.lin.user, made.chen.user
    page.force_login(chen)
    kept = page.post(reverse("processes:new"), REVIEW | {"ticket": "a"})
    template = ProcessTemplate.objects.get()
    assert template.drafted_by == chen, text(kept)
    page.post(reverse("processes:template_act", args=[template.pk, "publish"]))

    page.force_login(lin)
    case = complained(made)
    home = reverse("workbench:case", args=[case.number])
    assert "走流程" in text(page.get(home))
    assert "赔付复核" in text(page.get(reverse("processes:choose", args=[case.number]), **HTMX))
    start = reverse("processes:start", args=[template.code]) + f"?about={case.number}"
    page.post(start, {"summary": "", "ticket": "b"})
    run = ProcessRun.objects.get()
    assert (run.about, run.case.owner, run.case.waybill) == (case, made.lin, made.waybill)
    clock = run.case.deadlines.unanswered().get()
    assert clock.due_at == at("11:00")
    content(case, lin)

    settings.KEFU_NOW = at("09:40")
    shown = text(page.get(home))
    assert "流程“赔付复核”办完后可结案" in shown and "开始流程“赔付复核”" in shown
    assert run.case.number in shown and "轮到这一步" in shown and "2 小时" in shown
    close = reverse("workbench:step", args=[case.number, "close"])
    closing = {"note": "已解决", "further_needs_asked": "on"}
    assert close not in shown
    refused = text(page.post(close, closing | {"ticket": "c"}, **HTMX), 409)
    assert f"流程“赔付复核”还在走（{run.case.number}：核对金额）" in refused

    def do(who, code: str, **given) -> str:
        page.force_login(who)
        step = reverse("processes:step", args=[run.case.number, code])
        sent = page.post(step, given | {"ticket": f"{code} {StepDone.objects.count()}"}, **HTMX)
        return sent.headers.get("HX-Trigger", "") or sent.content.decode()

    for outcome in ("o2_2", "o2_1"):
        assert "dialog-close" in do(lin, "s1", f1_1="20.00")
        assert "这一步归主管办" in do(lin, "s2", outcome=outcome)
        assert "dialog-close" in do(chen, "s2", outcome=outcome)
    page.force_login(lin)
    shown = text(page.get(home))
    assert "办完后可结案" not in shown and close in shown and "20.00" in shown
    assert page.post(close, closing | {"ticket": "d"}, **HTMX).status_code == 200
    assert Case.objects.get(pk=case.pk).state == Case.State.CLOSED
    assert "dialog-close" in do(lin, "s3", f3_1="")
    assert "流程“赔付复核”办完" in text(page.get(home))
    clock.refresh_from_db()
    assert clock.state == "met"


def complained(made: Centre) -> Case:
    return inquiries.file_complaint(
        cause="delayed",
        against=made.chengdu,
        text="说好昨天到，到现在没有派送",
        channel="phone",
        asker="receiver",
        customer_name="陈晓梅",
        customer_phone="13800004545",
        waybill=made.waybill,
        details=inquiries.Details(
            category="delay", demand="尽快送到", promised_on=date(2026, 11, 19)
        ),
        department=made.query_desk,
        owner=made.lin,
        actor=made.lin.user,
        now=MORNING,
    )


def content(case: Case, actor: User) -> None:
    """From the verification to the follow-up, in half an hour."""
    common = {"case": case, "actor": actor}
    inquiries.verify(method="outlet", text="车坏在路上", now=at("09:10"), **common)
    solution = {"apology": True, "delay_reason": "车辆故障", "channel": "phone"}
    inquiries.propose(text="今天一定送到", now=at("09:15"), **solution, **common)
    inquiries.answer_solution(
        accepted=True, text="可以", channel="phone", now=at("09:20"), **common
    )
    inquiries.follow_up(satisfied=True, further_needs="没有", now=at("09:30"), **common)


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
    assert "Abandoned" in text(page.get(home))


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
