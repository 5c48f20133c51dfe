"""Three who want to be told: one is dead, one slow, one fine. The fine one hears all in time, the rest is kept in sight."""

import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Max

from faults import stage
from faults.house import house
from kefu import clock
from kefu.network.models import Party
from kefu.notifications.models import Event
from kefu.webhooks import services
from kefu.webhooks.models import Delivery, Endpoint
from tests.webhooks.listener import Listener

EVENTS = {"tiny": 40, "small": 1_000, "full": 20_000}  # of each of the three
A_SECOND = 50
SLOW = 8.0  # seconds until the slow one answers
LIMIT = 5.0  # seconds the fine one may wait
HERE = "127.0.0.0/8"  # nobody's addresses but this machine's


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    n = EVENTS[scale]
    settings.KEFU_WEBHOOK_NETWORKS = [HERE]
    os.environ["KEFU_WEBHOOK_NETWORKS"] = HERE
    centre = stage.centre()
    with (
        Listener() as fine,
        Listener(before_answering=lambda: time.sleep(SLOW)) as slow,
        house(var, port=stage.free_port()) as running,
    ):
        addresses = (f"http://127.0.0.1:{stage.free_port()}/dead", slow.url, fine.url)
        parties = Party.objects.bulk_create(
            Party(kind="outlet", code=f"F{number}", name=f"网点{number}") for number in range(3)
        )
        endpoints = []
        for party, url in zip(parties, addresses, strict=True):
            services.register(
                party=party,
                url=url,
                types=["query.asked"],
                actor=centre.chen.user,
                now=clock.now(),
            )
            endpoints.append(Endpoint.objects.order_by("-pk")[0].pk)
        running.start("webhooks")
        _tell(parties, 1)
        _until(lambda: len(fine.heard) >= 1, seconds=120)
        first = Event.objects.order_by("-pk")[0].pk  # what waited for the sender to start
        for _second in range(0, n, A_SECOND):
            began = time.monotonic()
            _tell(parties, min(A_SECOND, n))
            time.sleep(max(1 - (time.monotonic() - began), 0))
        total = Event.objects.filter(kind="query.asked").count() // 3
        _until(
            lambda: (
                Delivery.objects.filter(endpoint=endpoints[2], state="delivered").count() == total
            ),
            seconds=60,
        )
    rows = Delivery.objects.all()
    told = rows.filter(endpoint=endpoints[2], state="delivered")
    longest = told.filter(event_id__gt=first).aggregate(one=Max(F("done_at") - F("at")))["one"]
    waits = longest.total_seconds() if longest else 0.0
    heard = [headers["webhook-id"] for headers, _body in fine.heard]
    return stage.outcome(
        n=3 * total,
        # each event has its row for each who wants it: delivered, tried again later, or given up in sight
        lost=3 * total - rows.count() + total - len(set(heard)),
        double=len(heard) - len(set(heard)),
        ok=told.count() == total and waits <= LIMIT,
        fine_waited_seconds=round(waits, 2),
        dead_waiting=rows.filter(endpoint=endpoints[0]).exclude(state="delivered").count(),
        slow_waiting=rows.filter(endpoint=endpoints[1]).exclude(state="delivered").count(),
    )


def _tell(parties: list[Party], n: int) -> None:
    now = clock.now()
    Event.objects.bulk_create(
        Event(kind="query.asked", at=now, party_id=party.pk, data={"query": number})
        for number in range(n)
        for party in parties
    )


def _until(holds: Any, *, seconds: float) -> None:
    """Give it time; what then is missing is counted."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.2)
