"""The process that sends webhooks is killed with letters under way: each event still arrives, under its one id."""

import threading

import pytest

from faults.house import house, wait_until
from kefu import clock
from kefu.notifications.models import Event
from kefu.webhooks import queue, services
from kefu.webhooks.models import Delivery
from tests import centre as tests
from tests.webhooks.listener import Listener

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

EVENTS = 2 * queue.SHARE


def test_what_was_under_way_arrives_all_the_same(tmp_path, monkeypatch, settings):
    monkeypatch.setenv("KEFU_WEBHOOK_NETWORKS", "127.0.0.0/8")
    settings.KEFU_WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    now = clock.now()
    centre = tests.build(now=now)
    revived = threading.Event()
    with (
        Listener(before_answering=lambda: revived.wait(30)) as listener,
        house(tmp_path, port=1) as running,
    ):
        services.register(
            party=centre.chengdu,
            url=listener.url,
            types=["query.asked"],
            actor=centre.chen.user,
            now=now,
        )
        Event.objects.bulk_create(
            Event(kind="query.asked", at=now, party_id=centre.chengdu.pk, data={"query": number})
            for number in range(1, EVENTS + 1)
        )
        running.start("webhooks")
        wait_until(lambda: len(listener.heard) == queue.SHARE, what="letters are under way")
        running.kill("webhooks")
        revived.set()
        running.start("webhooks")
        wait_until(_all_delivered, what="all are delivered", seconds=60)

    heard = [headers["webhook-id"] for headers, _body in listener.heard]
    assert len(set(heard)) == EVENTS
    assert len(heard) == EVENTS + queue.SHARE  # those under way came twice, and nothing else did


def _all_delivered() -> bool:
    return Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == EVENTS
