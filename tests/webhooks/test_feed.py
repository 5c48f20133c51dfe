"""The feed of changes: each event of the outlet once, in the order of commits, none skipped."""

import threading

import pytest
from django.db import connections, transaction

from kefu.api.pagination import read_cursor
from kefu.api.public_ids import conceal
from kefu.notifications.models import Event
from tests.api.conftest import BOTH, QUERIES, Outlet, ask
from tests.transactions import wait_until_events_can_be_read

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES = "/api/v1/changes/"


def read(follower: Outlet, **choice: object):
    answer = follower.get(CHANGES, choice)
    assert answer.status_code == 200, answer.content
    return answer.json()


def numbers(page) -> list[str]:
    return [change["object"]["id"] for change in page["results"]]


def query(number: int) -> str:
    return conceal("network_query", number)


def test_a_question_is_told_by_its_id_and_address_only(follower, centre, issue, now):
    asked = ask(centre, now=now, question="收件人张伟称没有收到")
    wait_until_events_can_be_read()

    (change,) = read(follower)["results"]

    event = Event.objects.get(party_id=centre.chengdu.pk)
    assert change == {
        "id": conceal("event", event.pk),
        "type": "query.asked",
        "at": "2026-11-20T14:00:00+08:00",
        "object": {
            "type": "network_query",
            "id": conceal("network_query", asked.pk),
            "url": f"{QUERIES}{conceal('network_query', asked.pk)}/",
        },
    }
    shown = Outlet(issue(centre.chengdu)[1]).get(change["object"]["url"])
    assert shown.json()["question"] == "收件人张伟称没有收到"


def test_the_feed_is_read_page_by_page_and_waits_at_its_end(follower, happens):
    for number in (1, 2, 3):
        happens(number)

    first = read(follower, limit=2)
    second = read(follower, limit=2, cursor=first["next_cursor"])
    end = read(follower, cursor=second["next_cursor"])
    happens(4)
    last = read(follower, cursor=end["next_cursor"])

    assert (numbers(first), first["more"]) == ([query(1), query(2)], True)
    assert (numbers(second), second["more"]) == ([query(3)], False)
    assert (numbers(end), end["more"]) == ([], False)
    assert numbers(last) == [query(4)]
    assert numbers(read(follower, limit=2)) == numbers(first)  # nothing is used up


def test_an_empty_feed_gives_a_cursor_to_go_on_with(follower, happens):
    empty = read(follower)
    happens(1)

    assert empty["results"] == []
    assert numbers(read(follower, cursor=empty["next_cursor"])) == [query(1)]


def test_what_commits_late_is_not_skipped(follower, happens, centre, now):
    written, commit = threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            Event.objects.create(
                kind="query.asked", at=now, party_id=centre.chengdu.pk, data={"query": 1}
            )
            written.set()
            assert commit.wait(timeout=30)
        connections.close_all()

    slow = threading.Thread(target=late)
    slow.start()
    assert written.wait(timeout=30)
    Event.objects.create(kind="query.asked", at=now, party_id=centre.chengdu.pk, data={"query": 2})
    meanwhile = read(follower)
    commit.set()
    slow.join(timeout=30)
    wait_until_events_can_be_read()

    assert meanwhile["results"] == []  # the later one waits for the earlier one
    assert numbers(read(follower, cursor=meanwhile["next_cursor"])) == [query(1), query(2)]


def test_others_events_and_our_own_are_not_in_it(follower, happens, centre):
    happens(1, party=centre.xian)
    happens(2, kind=Event.Kind.CASE_CHANGED)
    happens(3, kind=Event.Kind.WEBHOOK_TEST)

    assert read(follower)["results"] == []


def test_a_cursor_does_not_tell_how_much_happens_for_others(follower, happens, centre):
    happens(1)
    event = Event.objects.get(party_id=centre.chengdu.pk)

    place = read_cursor(read(follower)["next_cursor"], parts=2)

    assert place == [conceal("transaction", event.txid), conceal("event", event.pk)]


@pytest.mark.parametrize(
    "choice",
    [{"cursor": "x"}, {"cursor": "WyJhIiwiYiJd"}, {"limit": 0}, {"limit": 501}, {"colour": "red"}],
)
def test_a_wrong_parameter_is_named(follower, choice):
    answer = follower.get(CHANGES, choice)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == list(choice)


def test_the_feed_takes_a_right_of_its_own(centre, issue):
    answer = Outlet(issue(centre.chengdu, BOTH)[1]).get(CHANGES)

    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/scope_missing")


def test_a_long_page_takes_no_more_questions_than_a_short_one(
    follower, happens, django_assert_max_num_queries
):
    for number in range(1, 6):
        happens(number)
    with django_assert_max_num_queries(30) as one:
        read(follower, limit=1)
    with django_assert_max_num_queries(len(one)):
        read(follower, limit=5)
