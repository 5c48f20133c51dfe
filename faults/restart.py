"""Everything is restarted in good order under load, as for a new version: work in hand is finished first."""

import random
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from faults import stage
from faults.callers import Calls
from faults.house import house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat

ROUNDS = {"small": 2, "full": 10}
CALLS = {"small": 2_000, "full": 20_000}
PROMISES = {"small": 200, "full": 5_000}  # in each round
OURS = ("web", "timers", "worker", "beat", "webhooks", "watchdog")
LIMIT = 30.0  # seconds for the work in hand
# Where no balancer stands in front, nobody is at the port while the web starts again.
ALLOWED = {"503 with Retry-After", "nobody there"}


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    chance = random.Random(seed)
    centre = stage.centre()
    port = stage.free_port()
    slowest: dict[str, float] = {}
    every: list[stage.Promises] = []
    with house(var, port=port) as running:
        running.start("redis", *OURS)
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        for _ in range(ROUNDS[scale]):
            promises = stage.Promises(
                centre,
                PROMISES[scale],
                start=clock.now() + timedelta(seconds=2 + PROMISES[scale] / 3_000),
                apart=timedelta(seconds=20 / PROMISES[scale]),
            )
            every.append(promises)
            for name in chance.sample(OURS, len(OURS)):
                done = len(calls.done)
                wait_until(partial(calls.more_than, done), what="people work", seconds=60)
                took = running.stop(name, seconds=2 * LIMIT)
                slowest[name] = max(slowest.get(name, 0.0), round(took, 2))
                running.start(name)
                time.sleep(chance.random())
            wait_until(promises.all_fired, what="all have fired", seconds=90)
        calls.finish()
    told, confirmed = calls.refusals(), calls.count()
    fired = [promises.count() for promises in every]
    return stage.outcome(
        n=confirmed["n"] + sum(one["n"] for one in fired),
        lost=confirmed["lost"] + sum(one["lost"] for one in fired),
        double=confirmed["double"] + sum(one["double"] for one in fired),
        ok=set(told) <= ALLOWED and max(slowest.values()) <= LIMIT,
        slowest_stop_seconds=slowest,
        latest_seconds=max(one["latest_seconds"] for one in fired),
        refusals=dict(told),
    )
