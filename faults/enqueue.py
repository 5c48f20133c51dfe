"""The line to Redis breaks exactly between commit and enqueue: the event still reaches its subscriber.

A proxy stands before the Redis of the web. What the web puts into a queue or a channel it sends on commit, so the
proxy cuts the connection when it sees such a command, and the command never arrives.
"""

import os
import random
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Max

from faults import stage
from faults.callers import Calls
from faults.house import house
from kefu import clock
from kefu.notifications.models import Event
from kefu.webhooks import services
from kefu.webhooks.models import Delivery
from tests.webhooks.listener import Listener

LASTS = {"small": 20.0, "full": 300.0}  # seconds people work
CALLS = {"small": 2_000, "full": 20_000}
OUT = 60.0  # seconds until an event must have gone out
HERE = "127.0.0.0/8"
COMMANDS = (b"PUBLISH", b"LPUSH")
CUT = 0.7  # of such commands; the others pass


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    settings.KEFU_WEBHOOK_NETWORKS = [HERE]
    os.environ["KEFU_WEBHOOK_NETWORKS"] = HERE
    centre = stage.centre()
    port = stage.free_port()
    with Listener() as listener, house(var, port=port) as running:
        proxy = Proxy(running.redis.port, random.Random(seed))
        url = running.redis.url().replace(f":{running.redis.port}/", f":{proxy.port}/")
        web = running.programs["web"]
        running.programs["web"] = replace(web, env={**(web.env or {}), "REDIS_URL": url})
        services.register(
            party=centre.chengdu,
            url=listener.url,
            types=["query.asked"],
            actor=centre.chen.user,
            now=clock.now(),
        )
        running.start("redis", "web", "timers", "worker", "beat", "watchdog", "webhooks")
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        time.sleep(LASTS[scale])
        calls.finish()
        events = Event.objects.filter(kind="query.asked", party_id=centre.chengdu.pk)
        told = Delivery.objects.filter(state="delivered")
        until = time.monotonic() + OUT + 10
        while told.count() < events.count() and time.monotonic() < until:
            time.sleep(0.5)
        proxy.close()
    heard = [headers["webhook-id"] for headers, _body in listener.heard]
    longest = told.aggregate(one=Max(F("done_at") - F("at")))["one"]
    waited = longest.total_seconds() if longest else 0.0
    confirmed, n = calls.count(), events.count()
    return stage.outcome(
        n=n,
        lost=confirmed["lost"] + n - len(set(heard)),
        double=confirmed["double"] + len(heard) - len(set(heard)),
        ok=bool(n) and waited <= OUT and proxy.cuts > 0 and not calls.refusals(),
        cuts=proxy.cuts,
        longest_seconds=round(waited, 2),
        refusals=dict(calls.refusals()),
    )


class Proxy:
    """Passes bytes on to a Redis of this machine, until it sees a command it is to swallow."""

    def __init__(self, to: int, chance: random.Random) -> None:
        self.to, self.chance, self.cuts = to, chance, 0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                ours, _address = self._door.accept()
                try:
                    theirs = socket.create_connection(("127.0.0.1", self.to))
                except OSError:
                    ours.close()
                    continue
                for one, other, watched in ((ours, theirs, True), (theirs, ours, False)):
                    arguments = (one, other, watched)
                    threading.Thread(target=self._pass, args=arguments, daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, watched: bool) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                swallow = watched and any(word in data.upper() for word in COMMANDS)
                if swallow and self.chance.random() < CUT:
                    self.cuts += 1
                    break
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
