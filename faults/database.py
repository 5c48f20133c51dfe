"""PostgreSQL is killed and its sessions are cut while people write: what was confirmed is there, and all reconnect."""

import os
import random
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from django.db import Error, connection

from benchmarks import place
from faults import stage
from faults.callers import Calls
from faults.house import house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat
from kefu.embedded.place import var_directory

ROUNDS = {"small": 4, "full": 40}
CALLS = {"small": 2_000, "full": 20_000}  # at most; people go on until the last round
RECONNECT = 10.0  # seconds


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    chance = random.Random(seed)
    centre = stage.centre()
    port = stage.free_port()
    took: list[float] = []
    ticked: list[float] = []
    with house(var, port=port) as running:
        running.start("redis", "web", "timers", "worker", "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        for number in range(ROUNDS[scale]):
            done = len(calls.done)
            wait_until(partial(calls.more_than, done + 1), what="people work", seconds=60)
            time.sleep(chance.random())
            connection.close()
            (_kill if number % 2 == 0 else _cut)()
            back_at = _answers_again()
            wait_until(
                partial(calls.answered_after, back_at),
                what="the pages answer again",
                seconds=60,
            )
            took.append(calls.first_answer_after(back_at) or 0.0)
            since = clock.now()
            began = time.monotonic()

            def ticks(since: Any = since) -> bool:
                running.revive()
                return Heartbeat.objects.filter(name="sweep", beat_at__gt=since).exists()

            wait_until(ticks, what="ticks arrive again", seconds=60)
            ticked.append(time.monotonic() - began)
        calls.finish()
    told = calls.refusals()
    clear = all(what == "503 with Retry-After" for what in told)
    return stage.outcome(
        **calls.count(),
        ok=clear and max(took) <= RECONNECT,
        rounds=ROUNDS[scale],
        refusals=dict(told),
        reconnect_seconds=round(max(took), 2),
        ticks_seconds=round(max(ticked), 2),
    )


def _kill() -> None:
    """Kill -9 of the server itself; whoever supervises it starts it again."""
    file = var_directory() / "postgres" / "postmaster.pid"
    os.kill(int(file.read_text().split("\n", 1)[0]), signal.SIGKILL)


def _cut() -> None:
    """End every session of ours."""
    with place.admin() as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [place.DATABASE],
        )


def _answers_again() -> float:
    """The moment of the monotonic clock from which the server takes connections."""
    until = time.monotonic() + 60
    while True:
        try:
            with place.admin(place.DATABASE) as server:
                server.execute("SELECT 1")
            return time.monotonic()
        except (psycopg.Error, Error):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
