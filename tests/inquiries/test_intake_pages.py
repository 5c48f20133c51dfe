"""Intake as the agent meets it: a pasted message, the form of one inquiry, a table."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from inquiries.models import Inquiry, NetworkQuery, Pickup
from kefu.audit.models import AuditRow
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline
from kefu.jobs.models import Job
from kefu.network.models import ContactNumber, Party
from kefu.parcels.models import Waybill
from tests import centre as tests
from tests.centre import at
from tests.pages import fields

pytestmark = pytest.mark.django_db

CHAT = """云锦布艺老吴　14:19
在吗，帮查几个件
880612045537 三天没动了
880612046612 显示签收了，收件人何女士说没收到，她电话 138 0000 4521
8806 1204 7783 这个麻烦改自提
还有 88061204903 也看下，昨天发的
回我 0514-5550137 就行"""
NOW = "14:30:00"


@pytest.fixture(autouse=True)
def frozen(settings: Any) -> None:
    settings.KEFU_NOW = at(NOW)


@pytest.fixture
def centre() -> tests.Centre:
    return tests.build(now=at(NOW))


def send(centre: tests.Centre, number: str, **given: Any) -> Waybill:
    """A parcel from Wu, who writes the chats, to Mrs He."""
    parcel = {
        "number": number,
        "origin": centre.company,
        "destination": centre.xian,
        "route_from": "扬州",
        "route_to": "西安",
        "sealed": {
            "sender_name": "吴建国",
            "sender_phone": "0514-5550137",
            "receiver_name": "何丽",
            "receiver_phone": "13800004521",
        },
        "sender_name_masked": "吴*国",
        "receiver_name_masked": "何*",
        "weight_kg": Decimal("0.60"),
        "payment": "monthly",
        "accepted_at": at(NOW) - timedelta(days=1),
    }
    return Waybill.objects.create(**(parcel | given))


@pytest.fixture
def agent(centre: tests.Centre) -> Client:
    client = Client()
    client.force_login(centre.lin.user)
    return client


@pytest.fixture
def chat(centre: tests.Centre) -> tests.Centre:
    """The parcels the chat speaks of; the first has an open case."""
    for number in ("880612046612", "880612047783", "880612049036", "880612049031"):
        send(centre, number)
    centre.inquiry(now=at("14:00:00"))
    return centre


def start(client: Client) -> dict[str, Any]:
    sent = fields(client.get(reverse("inquiries:new")).content.decode())
    return {name: sent[name] for name in ("ticket", "text")}


def read(client: Client, sent: dict[str, Any], **changes: Any) -> tuple[str, dict[str, Any]]:
    """Change something on the page; return the answer and what the page holds then."""
    sent = {**sent, **changes}
    answer = client.post(reverse("inquiries:new_read"), sent)
    assert answer.status_code == 200
    html = answer.content.decode()
    return html, {"text": sent["text"], **fields(html)}


def save(client: Client, sent: dict[str, Any], **changes: Any) -> Any:
    return client.post(reverse("inquiries:new_save"), {**sent, **changes})


# -- a pasted message ---------------------------------------------------------------------------


@pytest.mark.rule("ES-302.01", "ES-303.02")
def test_a_pasted_complaint_is_asked_in_its_row_for_what_the_rulebook_wants(centre, agent):
    centre.work_by("ES")
    send(centre, "880612046612")
    text = "陈晓梅 13800004545\n880612046612 到现在没派送，我要投诉"
    row, who = "w880612046612-", {"customer_name": "陈晓梅", "asker": "receiver"}
    _html, page = read(agent, start(agent), text=text)
    _html, page = read(agent, page | who, **{f"{row}kind": "complaint"})
    assert f"{row}demand" in page and f"{row}promised_on" not in page

    answer = save(agent, page, **{f"{row}cause": "delayed"})

    refused = answer.content.decode()
    assert answer.status_code == 422 and not Case.objects.exists()
    assert "请填写类别" in refused and "请填写客户诉求" in refused  # all at once
    _html, page = read(agent, page, **{f"{row}cause": "delayed", f"{row}category": "delay"})
    given = {f"{row}demand": "今天送到", f"{row}against": str(centre.xian.pk)}
    assert save(agent, page, **given).status_code == 422  # a delay wants the day that was promised
    given |= {f"{row}promised_on": "2026-11-19", f"{row}kind": "trace"}
    html, page = read(agent, page, **given)
    assert "投诉谁" not in html
    _html, page = read(agent, page, **{f"{row}kind": "complaint"})  # nothing of it was lost
    _html, page = read(agent, page, **{f"{row}category": "damaged", f"{row}item_value": "不知道"})
    answer = save(agent, page, **{f"{row}category": "delay"})  # the value is not asked for any more

    assert answer.status_code == 200
    complaint = Case.objects.get().complaint
    assert (complaint.grade, complaint.demand, complaint.against) == (
        "general", "今天送到", centre.xian,
    )  # fmt: skip
    assert (complaint.item_value, complaint.cause) == (None, "delayed")


def test_a_chat_becomes_two_cases_and_an_addition_and_the_doubtful_number_waits(chat, agent):
    html, page = read(agent, start(agent), text=CHAT)

    assert "建 2 单，追加 1 单" in html
    assert "11 位，缺 1 位" in html
    assert "d88061204903-pick" not in page  # nothing chosen beforehand
    assert "880612049036" in html
    assert "880612049031" in html
    assert "与面单收件人一致" in html
    assert "13800004521" not in html.replace("她电话 138 0000 4521", "")

    answer = save(agent, page)

    assert answer.status_code == 200
    open_before = Case.objects.get(waybill_number="880612045537")
    assert [line.action for line in open_before.interactions.order_by("pk")][-1] == "again"
    made = Case.objects.exclude(pk=open_before.pk).order_by("pk")
    assert [(c.waybill_number, c.inquiry.kind, c.owner) for c in made] == [
        ("880612046612", "trace", chat.lin),
        ("880612047783", "change", chat.lin),
    ]
    case = made[0]
    assert case.sealed["customer_name"] == "云锦布艺老吴"
    assert case.sealed["customer_phone"] == "0514-5550137"
    assert case.summary.startswith("显示签收了")
    first = case.interactions.order_by("pk").first()
    assert first.sealed["text"] == CHAT  # the original words
    assert first.channel == "chat"
    assert set(case.deadlines.values_list("clause", "due_at")) == {
        ("CD-03.23", at("15:00:00")),
        ("CD-05.09", at("16:30:00")),
    }
    assert case.network_queries.get().asked == chat.xian
    assert not Case.objects.filter(waybill_number__startswith="88061204903").exists()
    assert "88061204903 11 位，缺 1 位" in answer.content.decode()  # in the receipt


def test_sending_the_same_page_twice_has_one_effect(chat, agent):
    _html, page = read(agent, start(agent), text=CHAT)
    save(agent, page)
    cases, lines = Case.objects.count(), Deadline.objects.count()

    again = save(agent, page)

    assert again.status_code == 200
    assert (Case.objects.count(), Deadline.objects.count()) == (cases, lines)


def test_a_doubtful_number_becomes_the_parcel_that_was_picked(chat, agent):
    _html, page = read(agent, start(agent), text=CHAT)
    html, page = read(agent, page, **{"d88061204903-pick": "880612049036"})
    assert "建 3 单，追加 1 单" in html

    save(agent, page)

    assert Case.objects.get(waybill_number="880612049036").waybill_id is not None


def test_another_case_of_the_same_parcel_wants_a_reason_and_keeps_it(chat, agent):
    _html, page = read(agent, start(agent), text="880612045537 还没动")
    _html, page = read(agent, page, **{"w880612045537-where": "new", "asker": "sender"})

    refused = save(agent, page, **{"w880612045537-summary": "换了收件人"})

    assert refused.status_code == 422
    assert "另建要写理由" in refused.content.decode()
    assert "换了收件人" in refused.content.decode()
    assert Case.objects.count() == 1

    save(agent, page, **{"w880612045537-reason": "另一位客户来问"})

    made = Case.objects.order_by("pk").last()
    assert made.interactions.filter(kind="note").get().sealed["text"].endswith("另一位客户来问")


def test_what_the_agent_changed_stays_when_the_text_is_edited(chat, agent):
    _html, page = read(agent, start(agent), text="880612046612 帮查")
    _html, page = read(
        agent, page, **{"w880612046612-summary": "客户很急，先查这票", "customer_name": "吴老板"}
    )

    _html, page = read(agent, page, text="880612046612 帮查\n880612047783 改自提")

    assert page["w880612046612-summary"] == ["客户很急，先查这票"]
    assert page["customer_name"] == ["吴老板"]
    assert page["w880612047783-summary"] == ["改自提"]


def test_an_unknown_number_is_kept_only_by_an_explicit_choice(centre, agent):
    html, page = read(agent, start(agent), text="880699990001 帮查")
    assert "库里没有这一票" in html
    assert save(agent, page).status_code == 422
    assert not Case.objects.exists()

    _html, page = read(agent, page, **{"d880699990001-pick": "keep"})
    save(agent, page, asker="other")

    case = Case.objects.get()
    assert (case.waybill, case.waybill_number) == (None, "880699990001")


def test_one_case_may_be_saved_before_the_others_and_is_not_made_twice(chat, agent):
    _html, page = read(agent, start(agent), text=CHAT)

    answer = save(agent, page, only="880612047783")

    assert Case.objects.filter(waybill_number="880612047783").count() == 1
    assert not Case.objects.filter(waybill_number="880612046612").exists()
    page = {"text": CHAT, **fields(answer.content.decode())}
    save(agent, page)
    assert Case.objects.filter(waybill_number="880612047783").count() == 1
    assert Case.objects.filter(waybill_number="880612046612").count() == 1


def test_one_refusal_undoes_the_whole_message(chat, agent):
    _html, page = read(agent, start(agent), text=CHAT)

    refused = save(agent, page, customer_phone="1380000")

    assert refused.status_code == 422
    assert "电话号码位数不够" in refused.content.decode()
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("查" * 20_001, "最多 20000 个字"),
        ("880612046612\x00", "控制字符"),
        ("880612046612 \x07", "控制字符"),
        ("\n".join(str(880_600_000_000 + n) for n in range(61)), "一次最多 60 个单号"),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused_by_name(centre, agent, text, said):
    html, page = read(agent, start(agent), text=text)
    refused = save(agent, page, text=text)

    assert said in html
    assert refused.status_code == 422
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "<script>alert(1)</script>",
        "\u202e倒着写",
        "查\u200b一下",
        "😀👩‍👩‍👧",
        "{{ 7|add:7 }}",
        "'; drop table x",
    ],
)
def test_odd_text_is_shown_as_text_and_stored(chat, agent, words):
    html, page = read(agent, start(agent), text=f"880612046612 帮查 {words}")
    answer = save(agent, page, asker="sender")

    assert "<script>alert" not in html + answer.content.decode()
    assert answer.status_code == 200
    assert Case.objects.filter(waybill_number="880612046612").exists()


def test_nonsense_in_the_hidden_fields_is_no_crash(chat, agent):
    _html, page = read(agent, start(agent), text=CHAT)

    for changes in (
        {"done": "x", "current": "<b>"},
        {"done": "880612046612=CX-000000-0000"},
        {"owner": "e999999", "channel": "fax"},
        {"w880612046612-where": "add:CX-1", "w880612046612-kind": "pickup"},
        {"d88061204903-pick": "880612045537"},
        {"ticket": ""},
        {"ticket": "\x00"},
    ):
        read(agent, page, **changes)
        assert save(agent, page, **changes).status_code in (200, 409, 422)


def test_the_next_customers_words_under_a_used_ticket_are_kept_and_registered_once_more(
    chat, agent
):
    _html, first = read(agent, start(agent), text="880612046612 三天没动")
    assert save(agent, first, asker="receiver").status_code == 200
    _html, other = read(agent, first, text="880612047783 地址写错了")

    told = save(agent, other, asker="sender")

    assert told.status_code == 409
    html = told.content.decode()
    assert "地址写错了" in html
    assert Case.objects.get(waybill_number="880612046612").number in html
    assert not Case.objects.filter(waybill_number="880612047783").exists()
    again = fields(html, form=reverse("inquiries:new_save"))
    assert again["ticket"] != first["ticket"]
    assert save(agent, again, asker="sender").status_code == 200
    assert Case.objects.filter(waybill_number="880612047783").count() == 1


def test_one_inquirys_form_with_other_words_is_not_the_same_inquiry(centre, agent):
    url = reverse("inquiries:new_single")
    form = fields(agent.get(url).content.decode(), form=url)
    given = {"kind": "consultation", "asker": "other", "customer_phone": "13800004545"}
    first = agent.post(url, form | given | {"text": "几点关门"})

    same = agent.post(url, form | given | {"text": "几点关门"})
    other = agent.post(url, form | given | {"text": "周末上班吗", "customer_phone": "13900001111"})

    assert same.url == first.url
    assert other.status_code == 409
    assert "周末上班吗" in other.content.decode()
    once_more = fields(other.content.decode(), form=url)
    assert agent.post(url, once_more).url != first.url
    assert Case.objects.count() == 2


def test_a_block_of_numbers_is_read_with_a_fixed_number_of_queries(
    centre, agent, django_assert_max_num_queries
):
    numbers = [str(880_612_050_000 + 7 * n) for n in range(40)]
    for number in numbers:
        send(centre, number)
    page = start(agent)

    with django_assert_max_num_queries(25):
        html, _page = read(agent, page, text="\n".join(numbers))

    assert "建 40 单" in html


# -- one inquiry ----------------------------------------------------------------------------------


def blank(client: Client, **changes: Any) -> dict[str, Any]:
    page = fields(client.get(reverse("inquiries:new_single")).content.decode())
    return {**page, "text": "三天没动了", "asker": "receiver", **changes}


def register(client: Client, **changes: Any) -> Any:
    return client.post(reverse("inquiries:new_single"), blank(client, **changes))


def only_case() -> Case:
    return Case.objects.select_related("inquiry").get()


@pytest.mark.rule("CD-01.05", "ES-203.14")
def test_a_trace_is_found_by_its_number_and_timed_from_the_call(chat, agent):
    page = blank(
        agent, waybill_number="8806 1204 6612", received="14:20", customer_phone="13800004521"
    )

    shown = agent.post(reverse("inquiries:new_check"), page).content.decode()
    assert "扬州 → 西安" in shown
    assert "回电与面单收件电话一致" in shown
    assert "14:50 截止" in shown  # 30 minutes from the call, before saving

    answer = agent.post(reverse("inquiries:new_single"), page)

    case = Case.objects.order_by("pk").last()
    assert answer.url == reverse("workbench:case", args=[case.number])
    assert case.waybill.number == "880612046612"
    assert case.deadlines.get(action="reply").due_at == at("14:50:00")
    assert case.inquiry.received_at == at("14:20:00")


@pytest.mark.rule("ES-203.14")
def test_names_and_phone_may_come_from_the_label_without_being_shown(chat, agent):
    answer = register(agent, waybill_number="880612046612", use_label="on")

    case = Case.objects.order_by("pk").last()
    assert case.sealed["customer_phone"] == "13800004521"
    assert case.sealed["customer_name"] == "何丽"
    assert answer.status_code == 302


def test_a_time_further_back_than_the_rulebook_lets_one_go_is_refused_at_its_field(chat, agent):
    refused = register(agent, waybill_number="880612046612", received="13:00")

    assert refused.status_code == 422
    assert "最多往前补记 30 分钟" in refused.content.decode()
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"waybill_number": "12345"}, "运单号应为 10 到 20 位"),
        ({"waybill_number": "<script>"}, "运单号只能有数字和字母"),
        ({"waybill_number": "880699990001"}, "库里没有 880699990001"),
        ({"customer_phone": "5550137"}, "固定电话请加区号"),
        ({"text": ""}, "请写客户说了什么"),
        ({"text": "查\x00"}, "空字符"),
        ({"asker": ""}, "请选身份"),
        ({"kind": "complaint"}, "请选投诉原因"),
        ({"kind": "pickup"}, "请填取件地址"),
        ({"kind": "network_query"}, "请填网点"),
        ({"kind": "network_query", "outlet": "没有的网点"}, "没有找到"),
        ({"kind": "complaint", "cause": "late_reply", "origin": "CX-1"}, "没有这个单号"),
        ({"kind": "complaint", "cause": "late_reply", "origin": "\x00"}, "空字符"),
        ({"kind": "teleport"}, "teleport"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(centre, agent, changes, said):
    refused = register(agent, **{"customer_name": "陈晓梅", **changes})

    assert refused.status_code == 422
    html = refused.content.decode()
    assert said in html
    assert "陈晓梅" in html
    assert (
        "<script>"
        not in html.replace('<script type="module"', "")
        .replace("<script src", "")
        .replace('<script id="texts"', "")
        or 'value="&lt;script&gt;"' in html
    )
    assert not Case.objects.exists()


def test_a_number_nobody_knows_is_registered_only_by_an_explicit_tick(centre, agent):
    register(agent, waybill_number="880699990001", keep_unknown="on")

    assert only_case().waybill_number == "880699990001"


def test_the_open_case_of_the_parcel_is_offered_first(chat, agent):
    undecided = register(agent, waybill_number="880612045537")
    assert undecided.status_code == 422
    assert "追加到这一单" in undecided.content.decode()

    case = Case.objects.get()
    register(agent, waybill_number="880612045537", where=f"add:{case.number}")

    assert Case.objects.count() == 1
    assert case.interactions.filter(action="again").count() == 1


@pytest.mark.parametrize("kind", ["consultation", "trace", "expedite", "change", "other"])
def test_every_plain_kind_starts_the_reply_clock(centre, agent, kind):
    register(agent, kind=kind, waybill_number="880612045537")

    assert only_case().inquiry.kind == kind
    assert only_case().deadlines.filter(clause="CD-03.23").count() == 1


def test_a_suggestion_is_registered_and_not_timed(centre, agent):
    register(agent, kind="suggestion", text="希望晚上也能取件")

    assert only_case().inquiry.kind == Inquiry.Kind.SUGGESTION
    assert not only_case().deadlines.exists()


@pytest.mark.rule("CD-01.09")
def test_a_complaint_is_linked_to_what_it_grew_from(chat, agent):
    origin = Case.objects.get()

    register(
        agent,
        kind="complaint",
        cause="no_reply",
        against="CD03",
        origin=origin.number,
        waybill_number="880612045537",
    )

    complaint = Case.objects.get(kind="complaint")
    assert complaint.complaint.against == chat.chengdu
    assert complaint.links.get().origin == origin


def test_a_complaint_is_never_one_of_a_topic_that_nobody_picked(centre, agent):
    """A mass incident counts complaints of one issue: what was not said is not counted."""
    page = blank(agent, kind="complaint", cause="no_reply")
    shown = agent.post(reverse("inquiries:new_check"), page).content.decode()
    assert re.findall(r'name="issue" value="([^"]*)"[^>]*checked', shown) == [""]

    register(agent, kind="complaint", cause="no_reply")
    assert only_case().complaint.issue == ""

    register(agent, kind="complaint", cause="no_reply", issue="topic:weather")
    assert Case.objects.latest("pk").complaint.issue == "topic:weather"


def test_we_ask_an_outlet_and_an_outlet_asks_us(chat, agent):
    register(
        agent,
        kind="network_query",
        outlet="xianyanta",
        waybill_number="880612046612",
        text="请核实签收人",
    )
    register(
        agent,
        kind="network_query",
        way="asked",
        outlet="CD03 成都武侯三部",
        waybill_number="880612047783",
        channel="phone",
        text="请查取件时间",
    )

    ours, theirs = NetworkQuery.objects.order_by("pk")
    assert (ours.asked, ours.deadline.due_at) == (chat.xian, at("16:30:00"))
    assert (theirs.asking, theirs.asked) == (chat.chengdu, chat.company)
    assert theirs.case.owner == chat.lin


# -- a pick-up ------------------------------------------------------------------------------------


def pickup(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "pickup",
        "asker": "sender",
        "sender_address": "扬州市邗江区文汇西路 18 号",
        "receiver_address": "西安市雁塔区长安路 6 号",
        "goods": "布艺样品",
        "prohibited_checked": "on",
        "customer_phone": "13800004521",
        "text": "来取一个件",
        **changes,
    }


@pytest.fixture
def courier(centre: tests.Centre) -> Party:
    party = Party.objects.create(
        kind="courier", code="2203", name="孙强", pinyin="sunqiang", initials="sq"
    )
    ContactNumber.objects.create(
        party=party,
        kind="personal",
        sealed={"number": "13800007777", "holder": "孙强"},
        number_masked="138******77",
        valid_from=at("08:00:00") - timedelta(days=9),
        recorded_at=at("08:00:00"),
    )
    return party


@pytest.mark.rule("CD-01.03", "CD-06.27", "ES-203.15", "ES-203.17")
def test_a_pickup_notes_whom_what_and_what_was_told_and_tells_the_courier(courier, agent):
    register(agent, **pickup(courier="2203", fee_told="18.00", eta_told_on="2026-11-23"))

    order = Pickup.objects.get()
    assert (order.goods, order.courier, order.courier_notified_at) == ("布艺样品", courier, at(NOW))
    assert (order.fee_told, order.eta_told_on.isoformat()) == (Decimal("18.00"), "2026-11-23")
    assert (order.pickup_on.isoformat(), order.pickup_from.isoformat()) == (
        "2026-11-20",
        "15:00:00",
    )
    assert order.sealed["sender_address"].endswith("18 号")
    assert "18" not in order.sender_address_masked


@pytest.mark.rule("ES-203.16")
def test_a_pickup_whose_goods_nobody_checked_is_refused(centre, agent):
    page = pickup()
    del page["prohibited_checked"]

    refused = register(agent, **page)

    assert refused.status_code == 422
    assert "禁寄" in refused.content.decode()
    assert not Case.objects.exists()


@pytest.mark.rule("ES-203.18")
def test_fragile_goods_remind_of_the_packing(centre, agent):
    without = agent.post(reverse("inquiries:new_check"), blank(agent, **pickup())).content.decode()
    with_it = agent.post(
        reverse("inquiries:new_check"), blank(agent, **pickup(fragile="on"))
    ).content.decode()

    assert "加固包装" not in without
    assert "加固包装" in with_it


@pytest.mark.rule("CD-03.17")
@pytest.mark.parametrize(("clock", "on"), [("19:00:00", "2026-11-20"), ("19:00:01", "2026-11-21")])
def test_a_pickup_after_seven_in_the_evening_goes_to_the_next_day(
    centre, agent, settings, clock, on
):
    settings.KEFU_NOW = at(clock)

    register(agent, **pickup())

    assert Pickup.objects.get().pickup_on.isoformat() == on


@pytest.mark.rule("CD-03.17")
def test_only_a_supervisor_keeps_a_late_pickup_on_the_same_day(centre, agent, settings):
    settings.KEFU_NOW = at("19:30:00")
    supervisor = Client()
    supervisor.force_login(centre.chen.user)

    refused = register(agent, **pickup(same_day="on"))
    assert refused.status_code == 422
    assert "主管批准" in refused.content.decode()
    assert not Pickup.objects.exists()

    register(supervisor, **pickup(same_day="on"))
    assert Pickup.objects.get().day_approved_by == centre.chen.user


@pytest.mark.rule("CD-06.29")
@pytest.mark.parametrize(
    ("address", "told"),
    [("", False), ("扬州邗江", False), ("文汇西路", False), ("文汇西路 18 号", True)],
)
def test_a_couriers_number_is_told_only_after_the_full_address(courier, agent, address, told):
    page = blank(agent, **pickup(courier="2203", sender_address=address))

    answer = agent.post(reverse("inquiries:new_courier"), page)

    assert ("13800007777" in answer.content.decode()) is told
    looks = AuditRow.objects.filter(action="reveal", table="network_contactnumber")
    assert looks.count() == (1 if told else 0)


# -- a desk that works no inquiries -----------------------------------------------------------------


@pytest.fixture
def business(centre: tests.Centre) -> Client:
    centre.zhou.department = centre.front_desk
    centre.zhou.save()
    client = Client()
    client.force_login(centre.zhou.user)
    return client


@pytest.mark.rule("CD-06.28")
def test_the_business_desk_registers_an_inquiry_and_passes_it_on(chat, business):
    page = blank(business, waybill_number="880612046612")
    shown = business.post(reverse("inquiries:new_check"), page).content.decode()
    assert "登记后转给" in shown
    assert "同时发网点查询" not in shown

    business.post(reverse("inquiries:new_single"), page)

    case = Case.objects.order_by("pk").last()
    assert (case.department, case.owner) == (chat.query_desk, None)
    assert not case.network_queries.exists()


@pytest.mark.rule("CD-06.28")
def test_the_business_desk_cannot_keep_an_inquiry(chat, business):
    refused = register(business, waybill_number="880612046612", owner=f"e{chat.zhou.pk}")

    assert refused.status_code == 422
    assert "不办理查件" in refused.content.decode()
    assert Case.objects.count() == 1


@pytest.mark.rule("CD-06.28")
def test_what_the_business_desk_pastes_goes_to_the_query_desk(chat, business):
    _html, page = read(business, start(business), text="880612046612 帮查\n880612047783 改自提")
    save(business, page)

    made = Case.objects.filter(waybill_number__in=["880612046612", "880612047783"])
    assert {(c.department, c.owner) for c in made} == {(chat.query_desk, None)}
    assert not NetworkQuery.objects.exists()


@pytest.mark.rule("CD-06.31")
def test_the_business_desk_is_shown_no_price_and_may_take_pickups(centre, business, agent):
    assert "不报价格" in business.get(reverse("inquiries:new_single")).content.decode()
    assert "不报价格" not in agent.get(reverse("inquiries:new_single")).content.decode()

    register(business, **pickup(fee_told="18.00", owner=f"e{centre.zhou.pk}"))

    assert Pickup.objects.get().fee_told is None
    assert only_case().department == centre.front_desk


# -- who may, and what stands beside ------------------------------------------------------------------


@pytest.mark.parametrize("role", ["inspector", "hr", "finance", "outlet"])
def test_only_who_works_cases_may_take_them_in(centre, role):
    centre.zhou.user.role = role
    centre.zhou.user.party = centre.xian
    centre.zhou.user.save()
    client = Client()
    client.force_login(centre.zhou.user)

    for name in ("new", "new_single", "new_import"):
        assert client.get(reverse(f"inquiries:{name}")).status_code == 403
    assert client.post(reverse("inquiries:new_save"), {"text": "880612045537"}).status_code == 403
    assert not Case.objects.exists()


def test_a_due_time_explains_itself_before_it_starts(centre, agent):
    query = {
        "clock": "reply",
        "department": centre.query_desk.pk,
        "channel": "phone",
        "at": at(NOW).isoformat(),
    }

    told = agent.get(reverse("inquiries:new_why"), query).content.decode()

    assert "CD-03.23" in told
    assert "15:00:00" in told


@pytest.mark.parametrize(
    "query",
    [
        "",
        "clock=x&department=1",
        "clock=reply&department=x",
        "clock=reply&department=0",
        "clock=reply&at=13&department=1",
    ],
)
def test_a_nonsensical_question_for_a_clock_is_refused(centre, agent, query):
    assert agent.get(f"{reverse('inquiries:new_why')}?{query}").status_code in (400, 404)


def test_outlets_are_found_by_code_name_and_pinyin(centre, agent):
    for text in ("XA0", "雁塔", "xianyan", "xayt"):
        answer = agent.get(reverse("inquiries:new_parties"), {"kind": "outlet", "outlet": text})
        assert "XA02 西安雁塔二部" in answer.content.decode()
    assert agent.get(reverse("inquiries:new_parties"), {"kind": "employee"}).status_code == 404


def test_a_parcel_from_the_search_opens_its_form(centre, agent):
    answer = agent.get(reverse("inquiries:new"), {"waybill": "880612045537"}, follow=True)

    assert "扬州 → 成都" in answer.content.decode()


# -- a table --------------------------------------------------------------------------------------


def table(*rows: str) -> SimpleUploadedFile:
    lines = ["运单号,类型,客户姓名,联系电话,事由", *rows]
    return SimpleUploadedFile(
        "下午.csv", "\n".join(lines).encode("utf-8-sig"), content_type="text/csv"
    )


def test_a_table_is_shown_as_understood_before_it_is_imported(centre, agent):
    url = reverse("inquiries:import_preview")

    shown = agent.post(
        url, {"file": table("880612045537,查件,陈晓梅,13800004545,三天没动")}
    ).content.decode()

    assert "880612045537" in shown
    assert "13800004545" not in shown  # masked
    assert "导入 1 行" in shown
    refused = agent.post(url, {"file": SimpleUploadedFile("x.xlsx", b"not a table")})
    assert refused.status_code == 422
    assert agent.post(url, {}).status_code == 422
    assert not Job.objects.exists()


def test_an_import_starts_shows_how_far_it_is_and_can_be_stopped(centre, agent):
    answer = agent.post(
        reverse("inquiries:new_import"),
        {
            "file": table("880612045537,查件,陈晓梅,13800004545,三天没动"),
            "owner": f"d{centre.query_desk.pk}",
            "kind": "trace",
        },
    )

    job = Job.objects.get()
    assert answer.url == reverse("inquiries:import_job", args=[job.pk])
    page = agent.get(answer.url).content.decode()
    assert 'hx-trigger="every 1s"' in page
    agent.post(reverse("inquiries:import_stop", args=[job.pk]))
    job.refresh_from_db()
    assert job.stop_requested or job.finished


def test_an_import_is_followed_by_its_starter_and_the_leads_only(centre, agent):
    job = Job.objects.create(
        kind="inquiries.import", title="下午.csv", created_by=centre.zhou.user, created_at=at(NOW)
    )
    lead = Client()
    lead.force_login(centre.wang.user)

    assert agent.get(reverse("inquiries:import_job", args=[job.pk])).status_code == 404
    assert agent.post(reverse("inquiries:import_stop", args=[job.pk])).status_code == 404
    assert agent.post(reverse("inquiries:import_refused", args=[job.pk])).status_code == 404
    assert lead.get(reverse("inquiries:import_job", args=[job.pk])).status_code == 200


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_empty_table_can_be_downloaded(centre, agent, form):
    answer = agent.get(reverse("inquiries:import_template", args=[form]))

    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert agent.get(reverse("inquiries:import_template", args=["exe"])).status_code == 404
