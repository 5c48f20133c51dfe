"""An outlet keeps its own addresses, by its program and on its page: registered, tried out, paused, ended; dead letters."""

from datetime import timedelta

import pytest
from django.db import connection

from kefu.api.models import ApiKey, IdempotentAnswer
from kefu.webhooks import services
from kefu.webhooks.models import Attempt, Delivery, Endpoint
from kefu.webhooks.objects import TYPES, public_event_id
from kefu.webhooks.sender import deliver_due
from tests.api.conftest import Outlet
from tests.partners.conftest import HOME, chengdu, hidden, open_for
from tests.webhooks.listener import Listener

__all__ = ["chengdu", "open_for"]
DOOR = "/api/v1/webhooks/"
ADDRESS = {"url": "https://wd.example/kefu", "types": ["query.asked", "penalty.changed"]}
SCOPES = [ApiKey.Scope.READ_WEBHOOKS, ApiKey.Scope.WRITE_WEBHOOKS]


@pytest.fixture
def program(centre, issue) -> Outlet:
    return Outlet(issue(centre.chengdu, SCOPES)[1])


@pytest.fixture
def foreign(centre, issue) -> Outlet:
    return Outlet(issue(centre.xian, SCOPES)[1])


@pytest.fixture
def made(program):
    answer = program.send(DOOR, ADDRESS)
    assert answer.status_code == 201
    return answer.json()


def place(made, *more: str) -> str:
    return f"{DOOR}{made['id']}/{'/'.join(more)}{'/' if more else ''}"


def dead(endpoint, actor, now) -> Delivery:
    delivery = services.send_test(endpoint=endpoint, actor=actor, now=now)
    Delivery.objects.filter(pk=delivery.pk).update(state="dead", next_at=None, done_at=now)
    Attempt.objects.create(
        delivery=delivery, at=now, status=500, error=Attempt.Error.STATUS, milliseconds=12
    )
    return delivery


@pytest.mark.django_db(transaction=True)
def test_an_outlet_registers_an_address_by_its_program_and_hears_of_what_happens(
    program, happens, settings
):
    settings.KEFU_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    with Listener() as listener:
        program.send(DOOR, {"url": listener.url, "types": [str(kind) for kind in TYPES]})
        happens(7)
        deliver_due()
        assert len(listener.heard) == 1


@pytest.mark.django_db
class TestAddresses:
    def test_the_secret_is_told_once_and_what_is_kept_of_it_is_sealed(self, program, made):
        endpoint = Endpoint.objects.get()
        assert made["secret"] == endpoint.secrets.get().sealed["secret"]
        assert endpoint.created_by is None
        for answer in (program.get(DOOR), program.get(place(made))):
            assert made["secret"] not in answer.content.decode()
        with connection.cursor() as cursor:
            cursor.execute("SELECT sealed::text FROM api_idempotentanswer")
            assert made["secret"] not in cursor.fetchone()[0]

    def test_sent_twice_it_is_one_address_with_one_secret(self, program):
        first = program.send(DOOR, ADDRESS, key="once")
        again = program.send(DOOR, ADDRESS, key="once")
        assert again.json() == first.json()
        assert Endpoint.objects.count() == 1
        assert IdempotentAnswer.objects.count() == 1

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"url": "http://wd.example/kefu"}, "url"),
            ({"url": "https://user@wd.example/"}, "url"),
            ({"url": "https:///kefu"}, "url"),
            ({"types": []}, "types"),
            ({"types": ["case.new"]}, "types"),
            ({"types": "query.asked"}, "types"),
            ({"party": 7}, "party"),
        ],
    )
    def test_a_bad_address_is_refused_at_its_field(self, program, changed, field):
        answer = program.send(DOOR, ADDRESS | changed)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"].split(".")[0] == field
        assert not Endpoint.objects.exists()

    def test_a_name_that_only_machines_read_is_a_name(self, program):
        """Whether there is such a host is seen when we connect."""
        for number, url in enumerate(("https://xn--/", "https://xn--i-7iq.ws/kefu")):
            answer = program.send(DOOR, ADDRESS | {"url": url}, key=f"name-{number}")
            assert (answer.status_code, answer.json()["url"]) == (201, url)
            assert program.get(place(answer.json())).json()["url"] == url

    def test_another_s_address_does_not_exist(self, made, foreign):
        assert foreign.get(DOOR).data["results"] == []
        assert foreign.get(place(made)).status_code == 404
        assert foreign.get(place(made, "deliveries")).status_code == 404
        for step in ("rotate", "test", "pause", "resume", "remove", "resend"):
            assert foreign.send(place(made, step), {}).status_code == 404, step
        assert Endpoint.objects.get().state == "active"

    def test_there_are_ten_at_most_and_one_that_is_ended_makes_room(
        self, program, made, monkeypatch
    ):
        monkeypatch.setattr(services, "MOST_ENDPOINTS", 1)
        refused = program.send(DOOR, ADDRESS)
        assert (refused.status_code, refused.json()["type"]) == (
            409,
            "/problems/too_many_endpoints",
        )
        program.send(place(made, "remove"), {})
        assert program.send(DOOR, ADDRESS).status_code == 201

    def test_a_secret_is_exchanged_and_an_address_stopped_resumed_and_ended(self, program, made):
        assert program.send(place(made, "rotate"), {}).json()["secret"] != made["secret"]
        assert program.send(place(made, "pause"), {}).json()["state"] == "paused"
        assert program.send(place(made, "test"), {}).status_code == 409
        assert program.send(place(made, "resume"), {}).json()["state"] == "active"
        assert program.send(place(made, "resume"), {}).status_code == 409
        tried = program.send(place(made, "test"), {})
        assert (tried.status_code, tried.json()["type"]) == (202, "webhook.test")
        assert program.send(place(made, "remove"), {}).json()["state"] == "removed"
        (waiting,) = program.get(place(made, "deliveries")).data["results"]
        assert (waiting["state"], waiting["next_at"]) == ("dead", None)
        for step in ("resume", "rotate", "remove", "resend", "test"):
            assert program.send(place(made, step), {}).status_code == 409, step

    def test_a_step_decided_on_an_older_version_is_not_taken(self, program, made):
        seen = program.get(place(made)).headers["ETag"]
        program.send(place(made, "pause"), {}, **{"If-Match": seen})
        late = program.send(place(made, "remove"), {}, **{"If-Match": seen})
        assert (late.status_code, late.json()["type"]) == (412, "/problems/precondition_failed")
        assert Endpoint.objects.get().state == "paused"

    def test_a_step_takes_no_words(self, program, made):
        answer = program.send(place(made, "pause"), {"colour": "red"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "colour")
        assert Endpoint.objects.get().state == "active"


@pytest.mark.django_db
class TestDeadLetters:
    @pytest.fixture
    def endpoint(self, made):
        return Endpoint.objects.get()

    def test_what_did_not_arrive_is_seen_with_why_and_sent_again(
        self, program, made, endpoint, centre, now
    ):
        letters = [dead(endpoint, centre.chen.user, now) for _each in range(3)]

        rows = program.get(place(made, "deliveries"), {"state": "dead", "limit": 2}).data

        assert [row["event"] for row in rows["results"]] == [
            public_event_id(letter.event_id) for letter in reversed(letters[1:])
        ]
        assert (rows["results"][0]["status"], rows["results"][0]["error"]) == (500, "status")
        rest = program.get(
            place(made, "deliveries"), {"state": "dead", "cursor": rows["next_cursor"]}
        ).data
        assert [row["event"] for row in rest["results"]] == [public_event_id(letters[0].event_id)]

        one = program.send(place(made, "resend"), {"delivery": rows["results"][0]["id"]})
        assert one.json() == {"queued": 1}
        assert program.send(place(made, "resend"), {}).json() == {"queued": 2}
        assert set(Delivery.objects.values_list("state", flat=True)) == {"pending"}
        again = program.send(place(made, "resend"), {"delivery": rows["results"][0]["id"]})
        assert (again.status_code, again.json()["type"]) == (409, "/problems/not_dead")

    def test_a_letter_of_another_address_is_not_found(self, program, made, endpoint, centre, now):
        other = program.send(DOOR, ADDRESS).json()
        dead(endpoint, centre.chen.user, now)
        (letter,) = program.get(place(made, "deliveries")).data["results"]
        assert program.send(place(other, "resend"), {"delivery": letter["id"]}).status_code == 404

    def test_after_ninety_days_they_are_forgotten_and_what_still_waits_is_not(
        self, endpoint, centre, now
    ):
        letter = dead(endpoint, centre.chen.user, now)
        waiting = services.send_test(endpoint=endpoint, actor=centre.chen.user, now=now)

        assert services.forget_old(now=now + timedelta(days=90)) == 0
        assert services.forget_old(now=now + timedelta(days=90, seconds=1)) == 1

        assert not Attempt.objects.filter(delivery=letter).exists()
        assert list(Delivery.objects.all()) == [waiting]


@pytest.mark.django_db
class TestPage:
    def test_the_secret_is_shown_once_and_the_address_kept_here(self, centre, chengdu):
        page = chengdu.get(f"{HOME}webhooks/")
        body = ADDRESS | {"ticket": hidden(page, "ticket")}

        answer = chengdu.post(f"{HOME}webhooks/", body)

        endpoint = Endpoint.objects.get()
        assert endpoint.created_by == chengdu.account
        secret = endpoint.secrets.get().sealed["secret"]
        assert secret in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert secret not in chengdu.get(f"{HOME}webhooks/").content.decode()

    def test_a_wrong_address_is_told_at_its_field_and_stays_there(self, chengdu):
        page = chengdu.get(f"{HOME}webhooks/")
        body = {
            "url": "http://wd.example",
            "types": ["query.asked"],
            "ticket": hidden(page, "ticket"),
        }
        answer = chengdu.post(f"{HOME}webhooks/", body)
        assert answer.status_code == 422
        assert answer.context["form"].errors["url"]
        assert 'value="http://wd.example"' in answer.content.decode()

    def test_dead_letters_are_seen_and_sent_again(self, centre, now, chengdu, made):
        dead(Endpoint.objects.get(), centre.chen.user, now)
        opened = {"open": made["id"]}
        page = chengdu.get(f"{HOME}webhooks/", opened)
        for words in ("没有送达", "对方没有以 2xx 答复", "重发没有送达的"):
            assert words in page.content.decode(), words

        done = chengdu.post(
            f"{HOME}webhooks/{made['id']}/resend/", {"ticket": hidden(page, "ticket")}
        )

        assert done.status_code == 302
        assert Delivery.objects.get().state == "pending"

    def test_another_s_address_is_on_no_page(self, centre, open_for, made):
        xian = open_for(centre.xian, "yanta")
        assert made["id"] not in xian.get(f"{HOME}webhooks/").content.decode()
        assert xian.get(f"{HOME}webhooks/", {"open": made["id"]}).status_code == 404
        steps = f"{HOME}webhooks/{made['id']}/pause/"
        assert xian.post(steps, {"ticket": "t" * 20}).status_code == 404
        assert Endpoint.objects.get().state == "active"
