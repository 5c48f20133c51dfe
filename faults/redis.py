"""Redis is flushed, killed, frozen and full while people write and promises fall due: it only carries hints."""

import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import redis

from faults import stage
from faults.callers import Calls
from faults.house import House, house, wait_until
from kefu import clock
from kefu.cases.models import Case
from kefu.deadlines.models import Heartbeat

PROMISES = {"small": 50, "full": 5_000}  # in each of the four
CALLS = {"small": 2_000, "full": 20_000}
LEAST = {"small": 15.0, "full": 60.0}  # seconds that each lasts


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    centre = stage.centre()
    port = stage.free_port()
    lost = double = 0
    late: dict[str, float] = {}
    written: dict[str, int] = {}
    with house(var, port=port) as running:
        running.start("redis", "web", "timers", "worker", "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        for name, (harm, heal) in FAULTS.items():
            harm(running)
            began, before = time.monotonic(), Case.objects.count()
            promises = stage.Promises(
                centre,
                PROMISES[scale],
                start=clock.now() + timedelta(seconds=1 + PROMISES[scale] / 3_000),
                apart=timedelta(seconds=LEAST[scale] / 2 / PROMISES[scale]),
            )
            wait_until(promises.all_fired, what=f"all fire ({name})", seconds=90)
            time.sleep(max(LEAST[scale] - (time.monotonic() - began), 0))
            written[name] = Case.objects.count() - before - 1  # one is the promises' own
            heal(running)
            since = clock.now()

            def ticks(since: Any = since) -> bool:
                running.revive()
                return Heartbeat.objects.filter(name="sweep", beat_at__gt=since).exists()

            wait_until(ticks, what=f"ticks arrive again ({name})", seconds=90)
            found = promises.count()
            lost, double = lost + found["lost"], double + found["double"]
            late[name] = found["latest_seconds"]
        calls.finish()
    told = calls.refusals()
    confirmed = calls.count()
    return stage.outcome(
        n=confirmed["n"] + PROMISES[scale] * len(FAULTS),
        lost=confirmed["lost"] + lost,
        double=confirmed["double"] + double,
        ok=not told and max(late.values()) <= stage.TAKEOVER and min(written.values()) > 0,
        latest_seconds=late,
        cases_written_meanwhile=written,
        refusals=dict(told),
    )


def _client(running: House) -> redis.Redis:
    return redis.Redis.from_url(running.redis.url(), socket_timeout=5)


def _flush(running: House) -> None:
    with _client(running) as client:
        client.flushall()


def _limit(running: House, memory: str) -> None:
    with _client(running) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", memory)


FAULTS = {
    "flushed": (_flush, _flush),
    "killed": (lambda house: house.kill("redis"), lambda house: house.start("redis")),
    "hanging": (
        lambda house: house.signal(signal.SIGSTOP, "redis"),
        lambda house: house.signal(signal.SIGCONT, "redis"),
    ),
    "full": (lambda house: _limit(house, "1mb"), lambda house: _limit(house, "0")),
}
