"""Many items in one call: a result each, and all of it at most once."""

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from inquiries.models import NetworkQuery
from kefu.api.limits import CALLS
from kefu.api.models import ApiKey
from kefu.api.public_ids import conceal
from kefu.cases.models import Case
from kefu.parcels.models import Scan
from problem_parcels import services as parcels
from problem_parcels.models import ContactAttempt, Message
from tests.api.conftest import QUERIES, Outlet, ask
from tests.centre import at
from tests.claims.conftest import furnish

BULK, ANSWERS = f"{QUERIES}bulk/", f"{QUERIES}answers/"


@pytest.fixture
def number(centre, now) -> str:
    """A parcel that Chengdu delivers."""
    return centre.inquiry(now=now).waybill_number


def question(number: str, **more: object) -> dict[str, object]:
    return {"waybill_number": number, "question": "少一件，请核对", **more}


def statuses(answer) -> list[int]:
    return [each["status"] for each in answer.data["results"]]


def test_a_bad_item_stops_no_other_and_leaves_nothing(chengdu, number):
    cases = Case.objects.count()
    bad = question(number, colour="red")

    answer = chengdu.send(BULK, {"items": [question(number), bad, 7, question(number)]})

    assert answer.status_code == 200
    assert statuses(answer) == [201, 422, 422, 201]
    assert answer.data["results"][1]["problem"]["errors"][0]["field"] == "colour"
    assert answer.data["results"][1]["query"] is None
    assert (NetworkQuery.objects.count(), Case.objects.count()) == (2, cases + 2)


def test_a_batch_with_a_bad_one_is_asked_once(chengdu, number):
    items = [question(number, reference=f"CD-{each}") for each in range(25)]
    items[12] = question("880612045999")

    first = chengdu.send(BULK, {"items": items}, key="the-batch")
    again = chengdu.send(BULK, {"items": items}, key="the-batch")

    assert statuses(first) == [201] * 12 + [422] + [201] * 12
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert NetworkQuery.objects.count() == 24
    assert int(again.headers["RateLimit-Remaining"]) == CALLS - 2 * 3  # tens begun


def test_another_body_under_the_same_key_is_refused(chengdu, number):
    chengdu.send(BULK, {"items": [question(number)]}, key="the-batch")

    answer = chengdu.send(BULK, {"items": [question(number)] * 2}, key="the-batch")

    assert answer.status_code == 422
    assert NetworkQuery.objects.count() == 1


def test_a_reference_twice_in_one_batch_is_refused_in_its_place(chengdu, number):
    answer = chengdu.send(BULK, {"items": [question(number, reference="CD-1")] * 2})

    assert statuses(answer) == [201, 409]
    assert answer.data["results"][1]["problem"]["errors"][0]["field"] == "reference"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"items": []}, 422),
        ({"items": "x"}, 422),
        ({}, 422),
        ({"items": [1] * 1_001}, 413),
    ],
)
def test_a_list_of_another_size_is_refused_whole(chengdu, body, status):
    answer = chengdu.send(BULK, body)

    assert answer.status_code == status
    assert answer.data["errors"][0]["field"] == "items"
    assert not NetworkQuery.objects.exists()


def test_what_breaks_in_between_leaves_nothing(chengdu, number):
    """The database goes away at the third item."""
    items = [question(number, reference=f"CD-{each}") for each in range(4)]

    def gone(execute, sql, params, many, context):
        if 'INSERT INTO "inquiries_networkquery"' in sql and "CD-2" in map(str, params):
            raise OperationalError
        return execute(sql, params, many, context)

    with connection.execute_wrapper(gone):
        broken = chengdu.send(BULK, {"items": items}, key="the-batch")

    assert broken.status_code == 503
    assert not NetworkQuery.objects.exists()
    assert statuses(chengdu.send(BULK, {"items": items}, key="the-batch")) == [201] * 4


def test_answers_have_a_result_each_and_foreign_queries_are_not_there(chengdu, xian, centre, now):
    asked = [conceal("network_query", ask(centre, now=now).pk) for _each in range(2)]
    items = [{"id": each, "answer": "今晚派送"} for each in [asked[0], "nothing", *asked]]

    foreign = xian.send(ANSWERS, {"items": items})
    answer = chengdu.send(ANSWERS, {"items": items})

    assert statuses(foreign) == [404] * 4
    problems = [each["problem"] for each in foreign.data["results"]]
    assert problems == [problems[1]] * 4
    assert statuses(answer) == [200, 404, 409, 200]
    assert answer.data["results"][0]["query"]["answer"] == "今晚派送"


def test_each_item_takes_as_many_queries(chengdu, number):
    def taken(items: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            chengdu.send(BULK, {"items": [question(number)] * items})
        return len(queries)

    taken(1)  # notes the key's use
    one, five, nine = taken(1), taken(5), taken(9)

    assert nine - five == five - one


# -- Messages on problem parcels --------------------------------------------------------------

LETTERS, REPLIES = "/api/v1/parcel-messages/bulk/", "/api/v1/parcel-messages/replies/"


@pytest.fixture
def writer(centre, issue):
    scopes = [ApiKey.Scope.READ_MESSAGES, ApiKey.Scope.WRITE_MESSAGES]
    return Outlet(issue(centre.chengdu, scopes)[1])


def letter(number: str, **more: object) -> dict[str, object]:
    return {"waybill_number": number, "problem": "damaged_outside", "text": "请核实", **more}


@pytest.fixture
def written(centre, now) -> Message:
    """Our agent writes Chengdu about a parcel that nobody took."""
    parcel = furnish(centre).waybill("770612045505")
    Scan.objects.create(
        waybill_number=parcel.number, kind="delivering", at=at("12:00"), place="扬州本部"
    )
    case = parcels.register(
        number=parcel.number,
        given=parcels.Given(
            "nobody_home", attempts=[parcels.Attempt(ContactAttempt.Outcome.NO_ANSWER, at("13:00"))]
        ),
        owner=centre.lin,
        department=centre.lin.department,
        actor=centre.lin.user,
        now=now,
    )
    return parcels.post_message(
        case=case, text="送无人", by=centre.lin, actor=centre.lin.user, now=now
    )


def test_messages_are_written_in_one_call_each_with_its_own_result(writer, number):
    items = [
        letter(number, reference="CD-1"),
        letter("880612045999"),
        letter(number, reference="CD-1"),
    ]

    answer = writer.send(LETTERS, {"items": items})

    assert statuses(answer) == [201, 422, 409]
    assert answer.data["results"][0]["message"]["reference"] == "CD-1"
    assert answer.data["results"][1]["message"] is None
    assert Message.objects.count() == 1


@pytest.mark.rule("CD-04.14")
def test_messages_are_answered_in_one_call_and_only_those_received(writer, written):
    public_id = conceal("parcel_message", written.pk)
    missing = conceal("parcel_message", 2**40)
    items = [
        {"id": public_id, "text": "请退回", "wish": "return"},
        {"id": missing, "text": "请退回"},
    ]

    answer = writer.send(REPLIES, {"items": [*items, items[0]]})

    assert statuses(answer) == [201, 404, 409]
    assert answer.data["results"][0]["message"]["reply_to"] == public_id
    written.refresh_from_db()
    assert written.answered_at is not None


def test_the_late_reply_of_a_batch_is_refused_and_kept_all_the_same(centre, writer, written, now):
    parcels.withdraw_message(message=written, reason="件已签收", actor=centre.lin.user, now=now)
    item = {"id": conceal("parcel_message", written.pk), "text": "请退回，加急"}

    answer = writer.send(REPLIES, {"items": [item]})

    assert statuses(answer) == [409]
    assert answer.data["results"][0]["problem"]["type"] == "/problems/message_withdrawn"
    assert written.case.interactions.filter(text__contains="请退回，加急").exists()


def test_a_batch_may_be_larger_than_a_single_thing(chengdu, number):
    long = question("880612045999", question="核" * 1_500)  # 4,500 bytes, 100 of them

    answer = chengdu.send(BULK, {"items": [long] * 100})

    assert statuses(answer) == [422] * 100
    too_much = chengdu.send(BULK, {"items": [long] * 1_000})
    assert too_much.status_code == 413
    assert too_much.json()["type"] == "/problems/body_too_large"
