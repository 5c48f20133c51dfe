"""Webhooks of many events to fifty partners, of whom one is dead and one too slow: how long the others wait.

Events are committed evenly, ``RATE`` a second; one process of the product sends them by HTTP to one process that
receives them for all. A delay lasts from the moment of the event, which is its commit but for some milliseconds, until
the listener has it.
"""

import http.client
import time
from collections.abc import Iterator
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from benchmarks import place
from benchmarks.web import free_port, process, web
from kefu import clock
from kefu.network.models import Party
from kefu.webhooks import services
from kefu.webhooks.models import Delivery, Endpoint
from tests import centre as world

EVENTS = {"small": 5_000, "full": 100_000}
PARTNERS = 50
RATE = 150  # events a second
TICK = 0.1  # seconds
LIMIT = 5.0  # seconds, of the others' delay
HERE = "127.0.0.0/8"  # nobody's addresses but this machine's
STALLED = 60.0  # seconds without an arrival; then whatever is missing is lost

PUBLISH = """
INSERT INTO notifications_event (kind, at, party_id, data)
SELECT 'query.asked', clock_timestamp(), %(first)s + n %% %(partners)s, json_build_object('query', n)
FROM generate_series(%(begin)s, %(end)s) n
"""


def run(scale: str) -> Iterator[dict[str, Any]]:
    events = EVENTS[scale]
    with web("benchmarks.listener:application") as port:
        first = _partners(port)
        with process(["manage.py", "send_webhooks"], {"KEFU_WEBHOOK_NETWORKS": HERE}):
            _until_started(port, first)
            began = time.monotonic()
            _publish(events, first)
            published = time.monotonic() - began
            quick = events * (PARTNERS - 2) // PARTNERS
            heard = _until_heard(port, quick + 1)
            lasted = time.monotonic() - began
    delays = heard["delays"][:-1]  # without the one that waited for the sender to start
    rows = Delivery.objects.values_list("state", "endpoint__url")
    parked = sum(state != "delivered" for state, _url in rows.iterator())
    p99 = delays[int(len(delays) * 0.99)] if delays else float("inf")
    yield {
        "name": "webhooks_delay",
        "ours": round(p99, 2),
        "limit": LIMIT,
        "ratio": round(p99 / LIMIT, 3),
        "unit": "seconds, p99 of those who are neither dead nor slow",
        "median": round(delays[len(delays) // 2], 2) if delays else None,
        "longest": round(delays[-1], 2) if delays else None,
        "events": events,
        "partners": PARTNERS,
        "events_a_second": round(events / published, 1),
        "delivered_a_second": round(len(delays) / lasted, 1),
        "lost": events - len(delays) - parked,
        "parked": parked,
        "heard_again": heard["again"],
        "aim": "ratio <= 1, nothing lost",
    }


def _partners(port: int) -> int:
    """Fifty outlets with an address each; return the first one's number."""
    settings.KEFU_WEBHOOK_NETWORKS = [HERE]
    place.fresh_database()
    now = clock.now()
    centre = world.build(now=now)
    dead = free_port()
    parties = Party.objects.bulk_create(
        Party(id=1_000_000 + n, kind="outlet", code=f"B{n}", name=f"网点{n}")
        for n in range(PARTNERS)
    )
    for n, party in enumerate(parties):
        url = f"http://127.0.0.1:{port}/quick/{n}"
        if n == 0:
            url = f"http://127.0.0.1:{dead}/dead"
        elif n == 1:
            url = f"http://127.0.0.1:{port}/slow/{n}"
        services.register(
            party=party, url=url, types=["query.asked"], actor=centre.chen.user, now=now
        )
    assert Endpoint.objects.count() == PARTNERS
    place.settle()
    return parties[0].pk


def _publish(events: int, first: int) -> None:
    """Commit events evenly; whoever is late catches up."""
    began, done = time.monotonic(), 0
    while done < events:
        due = min(events, int((time.monotonic() - began) * RATE))
        if due > done:
            with connection.cursor() as cursor:
                cursor.execute(
                    PUBLISH,
                    {"first": first, "partners": PARTNERS, "begin": done, "end": due - 1},
                )
            done = due
        time.sleep(TICK)


def _until_started(port: int, first: int) -> None:
    """The sender is there when a first event has come."""
    with connection.cursor() as cursor:
        cursor.execute(PUBLISH, {"first": first, "partners": PARTNERS, "begin": 2, "end": 2})
    _until_heard(port, 1)


def _until_heard(port: int, wanted: int) -> dict[str, Any]:
    """Wait for so many letters, as long as some still come."""
    last, since = -1, time.monotonic()
    while True:
        heard = _report(port)
        count = len(heard["delays"])
        if count >= wanted or time.monotonic() - since > STALLED:
            return heard
        if count > last:
            last, since = count, time.monotonic()
        time.sleep(0.5)


def _report(port: int) -> dict[str, Any]:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", "/report")
    told: dict[str, Any] = orjson.loads(asked.getresponse().read())
    asked.close()
    return told
