"""What an outlet reads and writes about problem parcels through its door, and that it reads nobody else's."""

import pytest
from django.urls import reverse

from kefu.api import services as keys
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.notifications.models import Event
from problem_parcels import services
from problem_parcels.models import Disposal, Message
from tests.api.conftest import Outlet
from tests.centre import at
from tests.problem_parcels.conftest import EVENING

pytestmark = pytest.mark.django_db
MESSAGES = "/api/v1/parcel-messages/"
SCOPES = [ApiKey.Scope.READ_MESSAGES, ApiKey.Scope.WRITE_MESSAGES]


@pytest.fixture(autouse=True)
def evening(settings):
    settings.KEFU_NOW = EVENING


@pytest.fixture
def outlet(desk):
    def outlet(party, scopes=SCOPES):
        facts = {"name": "业务系统", "expires_at": None, "actor": desk.centre.chen.user}
        return Outlet(keys.issue_key(party=party, scopes=scopes, now=EVENING, **facts)[1])

    return outlet


@pytest.fixture
def chengdu(desk, outlet):
    return outlet(desk.centre.chengdu)


@pytest.fixture
def xian(desk, outlet):
    return outlet(desk.centre.xian)


def write(desk, case=None, text="送无人，回电13800004545"):
    case = case or desk.register("nobody_home")
    return services.post_message(
        case=case, text=text, by=desk.lin, actor=desk.lin.user, now=EVENING
    )


def path_of(message):
    return f"{MESSAGES}{conceal('parcel_message', message.pk)}/"


@pytest.mark.rule("CD-05.09", "CD-07.12")
def test_an_outlet_reads_what_it_was_written_and_until_when_and_nobody_else_does(
    desk, chengdu, xian, outlet
):
    message = write(desk)
    expected = {
        "id": conceal("parcel_message", message.pk),
        "box": "received",
        "waybill_number": "770612045501",
        "problem": "nobody_home",
        "text": "送无人，回电138******45",
        "wish": "",
        "reply_to": None,
        "reference": None,
        "posted_at": "2026-11-20T18:00:00+08:00",
        "due_at": "2026-11-20T20:00:00+08:00",
        "returned_after": "2026-11-26T00:00:00+08:00",
        "answered_at": None,
        "withdrawn_at": None,
    }

    assert chengdu.get(path_of(message)).json() == expected
    assert chengdu.get(MESSAGES).json() == {"results": [expected], "next_cursor": None}

    # Somebody else's, one that is none, and one of another kind look alike.
    for path in (path_of(message), f"{MESSAGES}nothing/", f"{MESSAGES}{conceal('x', message.pk)}/"):
        assert xian.get(path).status_code == xian.send(f"{path}replies/", {}).status_code == 404
    assert xian.get(MESSAGES).json()["results"] == []
    blind = outlet(desk.centre.chengdu, [ApiKey.Scope.READ, ApiKey.Scope.WRITE])
    assert blind.get(MESSAGES).json()["type"] == "/problems/scope_missing"
    message.refresh_from_db()
    assert (message.opened_at, message.answered_at) == (None, None)  # reading marks nothing


def test_the_list_is_narrowed_by_box_parcel_and_what_waits_and_read_page_by_page(
    desk, chengdu, django_assert_max_num_queries
):
    desk.waybill("770612045502")
    first = write(desk)
    desk.delivering("770612045502", at("14:00"))
    second = write(desk, desk.register("nobody_home", number="770612045502"))
    chengdu.send(f"{path_of(first)}replies/", {"text": "再送一次", "wish": "redeliver"})

    def ids(**choice):
        return [one["id"] for one in chengdu.get(MESSAGES, choice).json()["results"]]

    one, two = (conceal("parcel_message", message.pk) for message in (first, second))
    reply = conceal("parcel_message", Message.objects.latest("pk").pk)
    assert ids() == [reply, two, one]
    assert ids(box="sent") == [reply]
    assert ids(box="received") == [two, one]
    assert ids(unanswered="true") == [two]
    assert ids(waybill_number="770612045501") == [reply, one]
    page = chengdu.get(MESSAGES, {"limit": 2}).json()
    assert [message["id"] for message in page["results"]] == [reply, two]
    assert ids(limit=2, cursor=page["next_cursor"]) == [one]
    for wrong, field in (
        ({"box": "all"}, "box"),
        ({"page": 2}, "page"),
        ({"cursor": "x"}, "cursor"),
    ):
        answer = chengdu.get(MESSAGES, wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)
    with django_assert_max_num_queries(5):
        chengdu.get(MESSAGES)


@pytest.mark.rule("CD-04.14")
def test_a_reply_is_taken_once_and_what_is_wanted_back_leaves_the_same_day(desk, chengdu, settings):
    message = write(desk)
    path = f"{path_of(message)}replies/"
    settings.KEFU_NOW = at("18:40")

    for body, field in (
        ({"text": "发件人要求退回", "wish": "burn"}, "wish"),
        ({"text": "发件人要求退回", "answered_at": "2026-11-20T18:00:00+08:00"}, "answered_at"),
        ({"wish": "return"}, "text"),
    ):
        answer = chengdu.send(path, body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert not Message.objects.exclude(reply_to=None).exists()

    body = {"text": "发件人要求退回", "wish": "return"}
    first = chengdu.send(path, body, key="reply-000000000001")
    again = chengdu.send(path, body, key="reply-000000000001")

    assert first.status_code == 201, first.content
    assert (first.json()["box"], first.json()["wish"]) == ("sent", "return")
    assert first.json()["reply_to"] == conceal("parcel_message", message.pk)
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert chengdu.get(first["Location"]).json() == first.json()
    assert chengdu.get(path_of(message)).json()["answered_at"] == "2026-11-20T18:40:00+08:00"
    assert Disposal.objects.get().kind == "return"
    line = Interaction.objects.get(action="message_answered")
    assert (line.author, line.party) == (None, desk.centre.chengdu)
    # A second one comes too late; a reply waits for none, least of all from whoever wrote it.
    assert chengdu.send(path, body).json()["type"] == "/problems/already_answered"
    own = chengdu.send(f"{first['Location']}replies/", body)
    assert (own.status_code, own.json()["type"]) == (403, "/problems/not_receiver")


@pytest.mark.rule("CD-07.12")
def test_who_answers_after_the_return_is_told_so_and_his_words_are_kept_once(
    desk, chengdu, client, settings
):
    message = write(desk)
    case = message.case
    path = f"{path_of(message)}replies/"
    settings.KEFU_NOW = at("2026-11-26 00:00:01")
    deadlines.sweep()
    services.return_unanswered(now=settings.KEFU_NOW)
    settings.KEFU_NOW = at("2026-11-26 08:30")
    act = {"by": desk.lin, "actor": desk.lin.user, "now": settings.KEFU_NOW}
    services.carry_out(disposal=case.disposals.get(), **act)
    settings.KEFU_NOW = at("2026-11-26 09:00")

    body = {"text": "收件人明天在家，回电13800004545", "wish": "redeliver", "reference": "CD03-19"}
    first = chengdu.send(path, body, key="reply-000000000002")
    again = chengdu.send(path, body, key="reply-000000000002")

    told = first.json()
    assert (first.status_code, told["type"]) == (409, "/problems/message_withdrawn")
    assert "这一票已经退回（满五天没有回复），11-26 08:30 已出库；你的回复已记下" in told["detail"]
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (409, told, "true")
    assert again["Content-Type"] == first["Content-Type"] == "application/problem+json"
    line = Interaction.objects.get(action="message_answered_late")
    assert (line.party, line.happened_at) == (desk.centre.chengdu, settings.KEFU_NOW)
    assert line.text == "收件人明天在家，回电138******45"
    assert line.data == {"wish": "redeliver", "message": message.pk, "reference": "CD03-19"}
    rung = Event.objects.filter(kind=Event.Kind.MESSAGE_ANSWERED)
    assert rung.get().user_id == desk.lin.user_id
    client.force_login(desk.lin.user)
    shown = client.get(reverse("workbench:case", args=[case.number])).content.decode()
    assert "迟来的回复（再派），去向不变" in shown
    case.refresh_from_db()
    assert (case.state, case.disposals.get().kind) == (Case.State.CLOSED, "return")
    assert not Message.objects.exclude(reply_to=None).exists()


@pytest.mark.rule("CD-05.09", "CD-12.31")
def test_an_outlet_writes_about_its_own_parcel_and_is_answered(desk, chengdu, xian):
    body = {
        "waybill_number": desk.sent.number,
        "problem": "damaged_outside",
        "text": "请核实外包装是否破损",
        "reference": "CD03-18",
    }

    first = chengdu.send(MESSAGES, body, key="letter-000000000001")
    again = chengdu.send(MESSAGES, body, key="letter-000000000001")

    assert first.status_code == 201, first.content
    shown = first.json()
    assert (shown["box"], shown["reference"], shown["returned_after"]) == ("sent", "CD03-18", None)
    assert shown["due_at"] == "2026-11-20T20:00:00+08:00"
    assert again.json() == shown
    message = Message.objects.get()
    services.reply(
        message=message, text="已核实，包装完好", by=desk.lin, actor=desk.lin.user, now=EVENING
    )
    back = chengdu.get(MESSAGES, {"box": "received"}).json()["results"]
    assert [(one["text"], one["reply_to"]) for one in back] == [("已核实，包装完好", shown["id"])]
    assert (
        chengdu.send(f"{MESSAGES}{back[0]['id']}/replies/", {"text": "好"}).json()["type"]
        == "/problems/is_a_reply"
    )

    # A parcel of others is as unknown as none; each field at fault is named.
    refused = [
        xian.send(MESSAGES, body | {"waybill_number": n})
        for n in (desk.sent.number, "990612045599")
    ]
    assert {(one.status_code, one.json()["errors"][0]["code"]) for one in refused} == {
        (422, "waybill_unknown")
    }
    for wrong in ({"problem": "lost_in_space"}, {"text": ""}, {"waybill_number": "12"}):
        answer = chengdu.send(MESSAGES, body | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, *wrong)
    assert chengdu.send(MESSAGES, body).json()["type"] == "/problems/reference_used"
    assert Case.objects.filter(kind="problem_parcel").count() == 1
