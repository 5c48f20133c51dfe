"""A call repeated has one effect, whatever happened to the first answer."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from inquiries.models import NetworkQuery
from kefu import clock
from kefu.api import services
from kefu.api.idempotency import LOCK
from kefu.api.models import IdempotentAnswer
from kefu.cases.models import Interaction
from tests import centre as tests
from tests.api.conftest import QUERIES, Outlet, path_of
from tests.centre import at

QUESTION = {"waybill_number": "880612045537", "question": "收件人称少一件"}


@pytest.mark.django_db
def test_a_repeated_call_gets_the_first_answer_again_and_has_one_effect(chengdu, settings):
    first = chengdu.send(QUERIES, QUESTION, key="a-1")
    settings.KEFU_NOW = at("14:30:00")

    again = chengdu.send(QUERIES, dict(reversed(QUESTION.items())), key="a-1")

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
    assert "Idempotency-Replayed" not in first.headers
    assert again["Idempotency-Replayed"] == "true"
    assert NetworkQuery.objects.count() == 1


@pytest.mark.django_db
def test_an_answer_is_replayed_after_the_query_is_closed(chengdu, path):
    first = chengdu.send(f"{path}answer/", {"answer": "今晚派送"}, key="a-1")
    again = chengdu.send(f"{path}answer/", {"answer": "今晚派送"}, key="a-1")
    other = chengdu.send(f"{path}answer/", {"answer": "今晚派送"}, key="a-2")

    assert (first.status_code, again.content) == (200, first.content)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/query_closed")
    assert Interaction.objects.filter(action="query_answered").count() == 1


@pytest.mark.django_db
def test_a_key_stands_for_one_request_only(chengdu, path):
    chengdu.send(f"{path}answer/", {"answer": "今晚派送"}, key="a-1")

    for place, body in ((f"{path}answer/", {"answer": "明天派送"}), (QUERIES, QUESTION)):
        refused = chengdu.send(place, body, key="a-1")
        assert refused.status_code == 422
        assert refused.json()["type"] == "/problems/idempotency_key_reused"
        assert refused.json()["errors"][0]["field"] == "Idempotency-Key"
    assert NetworkQuery.objects.get().answer == "今晚派送"


@pytest.mark.django_db
def test_keys_of_two_outlets_do_not_meet(chengdu, xian, centre):
    centre.waybill.origin = centre.xian
    centre.waybill.save()

    answers = [outlet.send(QUERIES, QUESTION, key="same") for outlet in (chengdu, xian)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


@pytest.mark.django_db
def test_what_was_refused_had_no_effect_and_may_be_corrected(chengdu):
    refused = chengdu.send(QUERIES, QUESTION | {"question": " "}, key="a-1")
    taken = chengdu.send(QUERIES, QUESTION, key="a-1")

    assert (refused.status_code, taken.status_code) == (422, 201)
    assert IdempotentAnswer.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_required"),
        ("", "idempotency_key_invalid"),
        ("a b", "idempotency_key_invalid"),
        ("键", "idempotency_key_invalid"),
        ("x" * 256, "idempotency_key_invalid"),
    ],
)
def test_every_post_has_a_key(chengdu, path, key, code):
    headers = {} if key is None else {"Idempotency-Key": key}

    for place in (QUERIES, f"{path}answer/", f"{path}withdraw/"):
        answer = chengdu.post(place, {}, format="json", headers=headers)
        assert answer.status_code == 400
        assert answer.json()["type"] == f"/problems/{code}"
        assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.django_db
def test_an_answer_is_sealed_and_forgotten_after_a_day(chengdu, now):
    chengdu.send(QUERIES, QUESTION, key="a-1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM api_idempotentanswer")
        assert "收件人称少一件".encode() not in bytes(cursor.fetchone()[0])

    assert services.forget_old(now=now + timedelta(hours=24)) == 0
    assert services.forget_old(now=now + timedelta(hours=24, seconds=1)) == 1


class Committed:
    """A centre that threads see too, with a question open to Chengdu."""

    def __init__(self, issue_scopes):
        self.now = clock.now()
        self.centre = tests.build(now=self.now)
        _key, self.secret = services.issue_key(
            party=self.centre.chengdu, name="业务系统", scopes=issue_scopes, expires_at=None,
            actor=self.centre.chen.user, now=self.now,
        )  # fmt: skip

    def together(self, *calls):
        """Let each call run in a thread of its own, all at once; return their answers."""
        answers, gate = [], threading.Barrier(len(calls))

        def run(call):
            gate.wait()
            try:
                answers.append(call(Outlet(self.secret)))
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        return answers


@pytest.fixture
def committed(transactional_db):
    from tests.api.conftest import BOTH

    return Committed(BOTH)


@pytest.mark.django_db(transaction=True)
def test_two_equal_calls_at_once_have_one_effect(committed):
    answers = committed.together(*[lambda outlet: outlet.send(QUERIES, QUESTION, key="a-1")] * 2)

    assert NetworkQuery.objects.count() == 1
    made = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert len(made) >= 1
    assert len(made) + len(waiting) == 2
    assert len({answer.content for answer in made}) == 1
    assert all(answer.json()["type"] == "/problems/idempotency_in_progress" for answer in waiting)


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_stands(committed):
    from inquiries import services as inquiries

    case = committed.centre.inquiry(now=committed.now)
    query = inquiries.ask_outlet(
        case=case, outlet=committed.centre.chengdu, question="在哪里？",
        actor=committed.centre.lin.user, now=committed.now,
    )  # fmt: skip
    path = f"{path_of(query)}answer/"

    answers = committed.together(
        lambda outlet: outlet.send(path, {"answer": "在成都"}),
        lambda outlet: outlet.send(path, {"answer": "在扬州"}),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert Interaction.objects.filter(action="query_answered").count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_call_is_under_way_the_second_is_told_so(committed):
    key = committed.centre.chengdu.api_keys.get()

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [f"kefu.api {key.pk} a-1"])
        (answer,) = committed.together(lambda outlet: outlet.send(QUERIES, QUESTION, key="a-1"))

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/idempotency_in_progress")
    assert not NetworkQuery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_call_that_dies_half_way_leaves_nothing_and_its_key_is_free(committed, monkeypatch):
    outlet = Outlet(committed.secret, raise_request_exception=False)
    with monkeypatch.context() as patch:
        patch.setattr(
            "inquiries.api.etag", lambda query: 1 / 0
        )  # after the effect, before the commit
        failed = outlet.send(QUERIES, QUESTION, key="a-1")
    assert failed.status_code == 500
    assert not NetworkQuery.objects.exists()
    assert not IdempotentAnswer.objects.exists()

    assert outlet.send(QUERIES, QUESTION, key="a-1").status_code == 201
