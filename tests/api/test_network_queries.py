"""What an outlet sees and does through its door, and that it sees and does nothing else."""

from decimal import Decimal

import pytest

from inquiries import services as inquiries
from inquiries.models import NetworkQuery
from kefu.api.public_ids import conceal
from kefu.cases.models import Case, Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.ledger.models import Entry
from kefu.notifications.models import Event
from kefu.parcels.models import Waybill
from kefu.penalties.models import Penalty
from tests.api.conftest import QUERIES, ask, path_of
from tests.centre import at

pytestmark = pytest.mark.django_db

QUESTION = {"waybill_number": "880612045537", "question": "收件人称少一件，请核对发件重量"}


@pytest.mark.rule("CD-05.09", "CD-05.10")
def test_an_outlet_sees_what_it_was_asked_until_when_and_what_being_late_costs(
    chengdu, asked, path
):
    answer = chengdu.get(path)

    assert answer.status_code == 200
    assert answer.json() == {
        "id": conceal("network_query", asked.pk),
        "number": None,
        "direction": "received",
        "waybill_number": "880612045537",
        "reference": None,
        "question": "件到成都后没有扫描，请核实",
        "answer": "",
        "state": "open",
        "asked_at": "2026-11-20T14:00:00+08:00",
        "due_at": "2026-11-20T16:00:00+08:00",
        "chased_at": None,
        "answered_at": None,
        "overdue": False,
        "costs": [
            {
                "clause": "CD-05.10",
                "kind": "fine",
                "amount": "200.00",
                "condition": "complaint",
                "state": None,
                "text": "超时罚 200.00 元，有投诉才罚",
            }
        ],
    }


@pytest.mark.rule("CD-05.09", "CD-05.10")
@pytest.mark.parametrize(
    ("swept", "answered", "overdue", "state"),
    [
        (False, "16:00:00", False, None),  # exactly two hours is in time
        (False, "16:00:00.000001", True, "provisional"),
        (True, "16:00:00.000001", True, "provisional"),
    ],
)
def test_an_answer_in_time_costs_nothing_and_one_late_waits_for_a_complaint(
    chengdu, centre, path, settings, swept, answered, overdue, state
):
    settings.KEFU_NOW = at(answered)
    if swept:
        deadlines.sweep()

    answer = chengdu.send(f"{path}answer/", {"answer": "件在分拨中心，今晚派送"})

    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert shown["state"] == "answered"
    assert shown["answer"] == "件在分拨中心，今晚派送"
    assert shown["overdue"] is overdue
    assert [cost["state"] for cost in shown["costs"]] == [state]
    assert Deadline.objects.get(action="feedback").state == ("breached" if overdue else "met")
    fined = Penalty.objects.filter(party=centre.chengdu)
    assert list(fined.values_list("clause", "value")) == (
        [("CD-05.10", Decimal("200.00"))] if overdue else []
    )
    assert not Entry.objects.exists()


@pytest.mark.rule("CD-05.09")
def test_the_moment_that_counts_is_ours_not_what_the_caller_says(chengdu, path, settings):
    settings.KEFU_NOW = at("17:30:00")

    refused = chengdu.send(
        f"{path}answer/", {"answer": "已派送", "answered_at": "2026-11-20T15:00:00+08:00"}
    )
    answer = chengdu.send(f"{path}answer/", {"answer": "已派送"})

    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["errors"]] == ["answered_at"]
    assert answer.json()["answered_at"] == "2026-11-20T17:30:00+08:00"
    line = Interaction.objects.get(action="query_answered")
    assert (line.channel, line.author, line.party.code) == ("outlet", None, "CD03")


@pytest.mark.rule("CD-01.08", "CD-05.06", "CD-05.09")
def test_an_outlet_asks_us_about_its_parcel_and_we_have_two_hours_like_anybody(chengdu, centre):
    answer = chengdu.send(QUERIES, QUESTION | {"reference": "CD03-18"})

    assert answer.status_code == 201, answer.content
    shown = answer.json()
    assert (shown["direction"], shown["state"]) == ("sent", "open")
    assert shown["due_at"] == "2026-11-20T16:00:00+08:00"
    assert shown["reference"] == "CD03-18"
    assert shown["costs"] == []  # what our being late costs us is our affair
    assert chengdu.get(answer["Location"]).json() == shown
    case = Case.objects.get(kind="network_query")
    assert shown["number"] == case.number
    assert (case.department, case.owner, case.outlet) == (centre.query_desk, None, centre.chengdu)
    assert Deadline.objects.get().party == centre.company
    assert (
        Event.objects.get(kind="query.asked").party_id == centre.company.pk
    )  # who is asked is told


@pytest.mark.rule("CD-05.06")
def test_our_answer_reaches_the_outlet_that_asked(chengdu, centre, now):
    path = chengdu.send(QUERIES, QUESTION)["Location"]

    inquiries.record_feedback(
        query=NetworkQuery.objects.get(), answer="发件重量 1.80 公斤，寄件人电话 13800004545",
        channel="outlet", actor=centre.lin.user, now=now,
    )  # fmt: skip

    shown = chengdu.get(path).json()
    assert shown["state"] == "answered"
    assert shown["answer"] == "发件重量 1.80 公斤，寄件人电话 138******45"


def test_numbers_of_customers_in_a_question_are_covered(chengdu, centre, now):
    query = ask(centre, now=now, question="收件人 13912345678 说没收到")

    assert chengdu.get(path_of(query)).json()["question"] == "收件人 139******78 说没收到"


@pytest.mark.parametrize(
    ("method", "step", "body"),
    [
        ("get", "", None),
        ("post", "answer/", {"answer": "件在这里"}),
        ("post", "withdraw/", {"reason": "不用查了"}),
        ("post", "answer/", {"nonsense": 1}),
    ],
)
def test_what_belongs_to_another_outlet_looks_as_if_it_did_not_exist(
    xian, chengdu, asked, path, method, step, body
):
    missing = f"{QUERIES}{conceal('network_query', asked.pk + 1000)}/"
    nonsense = f"{QUERIES}{asked.pk}/"

    def call(place):
        if method == "get":
            return xian.get(place)
        return xian.send(f"{place}{step}", body)

    foreign, *others = call(path), call(missing), call(nonsense)

    assert foreign.status_code == 404
    for other in others:
        assert (other.status_code, other.content) == (404, foreign.content)
        assert set(other.headers) == set(foreign.headers)
    asked.refresh_from_db()
    assert asked.state == "open"
    assert xian.get(QUERIES).json() == {"results": [], "next_cursor": None}
    assert len(chengdu.get(QUERIES).json()["results"]) == 1


def test_an_outlet_cannot_find_out_whether_a_parcel_of_others_exists(xian, chengdu):
    foreign = xian.send(QUERIES, QUESTION)
    missing = xian.send(QUERIES, QUESTION | {"waybill_number": "880612049999"})

    assert foreign.status_code == missing.status_code == 422
    foreign, missing = foreign.json(), missing.json()
    assert foreign.pop("request_id") != missing.pop("request_id")
    assert foreign == missing
    assert foreign["errors"] == [
        {
            "field": "waybill_number",
            "code": "unknown_waybill",
            "message": "没有这个运单，或它不经过你的网点",
        }
    ]
    assert not NetworkQuery.objects.exists()
    assert not Case.objects.exists()
    assert chengdu.send(QUERIES, QUESTION).status_code == 201


def test_each_side_does_its_own_part_only(chengdu, path):
    sent = chengdu.send(QUERIES, QUESTION)["Location"]

    answered = chengdu.send(f"{sent}answer/", {"answer": "我自己答"})
    withdrawn = chengdu.send(f"{path}withdraw/", {"reason": "不想答"})

    assert (answered.status_code, answered.json()["type"]) == (403, "/problems/not_asked")
    assert (withdrawn.status_code, withdrawn.json()["type"]) == (403, "/problems/not_asking")
    assert set(NetworkQuery.objects.values_list("state", flat=True)) == {"open"}


def test_a_question_is_withdrawn_once_with_a_reason_and_its_clock_stops(chengdu):
    path = chengdu.send(QUERIES, QUESTION)["Location"]

    assert chengdu.send(f"{path}withdraw/", {"reason": " "}).status_code == 422
    answer = chengdu.send(f"{path}withdraw/", {"reason": "收件人已找到"})
    again = chengdu.send(f"{path}withdraw/", {"reason": "收件人已找到"})

    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/query_closed")
    assert Deadline.objects.get().state == "cancelled"


def test_a_reference_is_used_once(chengdu):
    chengdu.send(QUERIES, QUESTION | {"reference": "CD03-18"})

    again = chengdu.send(QUERIES, QUESTION | {"reference": "CD03-18"})

    assert again.status_code == 409
    assert again.json()["errors"][0]["field"] == "reference"
    assert NetworkQuery.objects.count() == 1


def test_an_answer_to_an_older_version_is_refused(chengdu, centre, asked, path, now):
    seen = chengdu.get(path)["ETag"]
    inquiries.chase(query=asked, text="请尽快", actor=centre.lin.user, now=now)

    refused = chengdu.send(f"{path}answer/", {"answer": "件在这里"}, **{"If-Match": seen})
    seen = chengdu.get(path)["ETag"]
    taken = chengdu.send(f"{path}answer/", {"answer": "件在这里"}, **{"If-Match": seen})

    assert (refused.status_code, refused.json()["type"]) == (412, "/problems/precondition_failed")
    assert taken.status_code == 200
    assert taken["ETag"] == chengdu.get(path)["ETag"] != seen


def test_a_list_is_narrowed_by_what_it_says_it_can_be_narrowed_by(chengdu, centre, asked, now):
    Waybill.objects.create(
        number="880612045544", origin=centre.chengdu, destination=centre.company, route_from="成都",
        route_to="扬州", weight_kg=1, payment="sender", accepted_at=now,
    )  # fmt: skip
    chengdu.send(QUERIES, QUESTION | {"waybill_number": "8806 1204 5544"})

    def found(**choice):
        answer = chengdu.get(QUERIES, choice)
        assert answer.status_code == 200, answer.content
        return [query["waybill_number"] for query in answer.json()["results"]]

    assert found() == ["880612045544", "880612045537"]
    assert found(direction="received") == ["880612045537"]
    assert found(direction="sent") == ["880612045544"]
    assert found(waybill_number="880612045537") == ["880612045537"]
    assert found(state="answered") == []
    assert len(found(state="open", order="due_at")) == 2
    assert found(due_before="2026-11-20T16:00:00+08:00") == []
    assert len(found(due_before="2026-11-20T16:00:01 08:00")) == 2  # a plus sign not escaped
    assert len(found(due_before="2026-11-20T08:00:01Z")) == 2


@pytest.mark.parametrize(
    ("choice", "field", "code"),
    [
        ({"colour": "red"}, "colour", "unknown_field"),
        ({"format": "xml"}, "format", "unknown_field"),
        ({"asked": "3"}, "asked", "unknown_field"),
        ({"state": "lost"}, "state", "invalid_choice"),
        ({"state": ["open", "answered"]}, "state", "repeated"),
        ({"due_before": "tomorrow"}, "due_before", "invalid"),
        ({"due_before": "2026-11-20T16:00:00"}, "due_before", "no_offset"),
        ({"limit": "101"}, "limit", "max_value"),
        ({"limit": "0"}, "limit", "min_value"),
        ({"order": "due_at"}, "order", "needs_open"),
        ({"cursor": "x"}, "cursor", "cursor_invalid"),
        ({"cursor": "é"}, "cursor", "cursor_invalid"),
        ({"waybill_number": "1\x002"}, "waybill_number", "null_characters_not_allowed"),
    ],
)
def test_a_parameter_that_is_none_or_wrong_is_named(chengdu, choice, field, code):
    answer = chengdu.get(QUERIES, choice)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [(field, code)]


@pytest.mark.parametrize("choice", [{}, {"state": "open", "order": "due_at"}])
def test_pages_neither_skip_nor_repeat_while_queries_come_in(
    chengdu, centre, now, settings, choice
):
    queries = []
    for minute in range(7):
        settings.KEFU_NOW = at(f"14:{minute:02}:00")
        queries.append(ask(centre, now=settings.KEFU_NOW))
    expected = [conceal("network_query", query.pk) for query in queries]
    if not choice:
        expected.reverse()

    seen, cursor = [], {}
    for _page in range(4):
        page = chengdu.get(QUERIES, choice | {"limit": 2} | cursor).json()
        seen += [query["id"] for query in page["results"]]
        settings.KEFU_NOW = at("15:00:00")
        ask(centre, now=settings.KEFU_NOW)  # comes in between, newest and due last
        cursor = {"cursor": page["next_cursor"]}

    assert seen[:7] == expected
    assert len(set(seen)) == len(seen)


def test_a_cursor_fits_only_the_order_it_was_given_for(chengdu, centre, now):
    for _query in range(2):
        ask(centre, now=now)
    cursor = chengdu.get(QUERIES, {"limit": 1}).json()["next_cursor"]

    answer = chengdu.get(QUERIES, {"order": "due_at", "state": "open", "cursor": cursor})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "cursor_invalid"


def test_a_page_costs_the_same_queries_however_long_it_is(
    chengdu, centre, now, django_assert_max_num_queries
):
    for _query in range(6):
        ask(centre, now=now)
    chengdu.get(QUERIES)  # notes the use of the key

    with django_assert_max_num_queries(7):
        assert len(chengdu.get(QUERIES, {"limit": 6}).json()["results"]) == 6


def test_what_is_shown_is_what_is_declared(chengdu, path):
    from inquiries.api import Cost, QueryShown

    shown = chengdu.get(path).json()

    assert list(shown) == list(QueryShown().fields)
    assert list(shown["costs"][0]) == list(Cost().fields)


def test_what_one_call_chose_is_not_what_the_next_one_gets(chengdu, asked):
    """Parameters that were read once are kept: each caller has his own copy, and a refusal is not kept."""
    narrow = chengdu.get(QUERIES, {"state": "answered"})
    wide = chengdu.get(QUERIES, {"state": "open"})
    assert (narrow.data["results"], len(wide.data["results"])) == ([], 1)
    for _time in range(2):
        refused = chengdu.get(QUERIES, {"state": "shut"}, headers={"Accept-Language": "en"})
        assert refused.status_code == 400
        assert chengdu.get(QUERIES, {"state": "shut"}).json() != refused.json()  # in his language
