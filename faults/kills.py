"""Kill -9 of workers at random while promises fall due: none is lost, none fires twice, somebody takes over."""

import os
import random
import signal
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from faults import stage
from faults.house import house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat

PROMISES = {"tiny": 200, "small": 2_000, "full": 100_000}
KILLS = {"tiny": 2, "small": 10, "full": 200}
APART = 3.0  # seconds from one kill to the next: a worker needs about so long to be at work again
LEAD = 3.0


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    chance = random.Random(seed)
    n, kills = PROMISES[scale], KILLS[scale]
    centre = stage.centre()
    with house(var, port=stage.free_port()) as running:
        workers = ["timers", running.another("timers", 2), running.another("timers", 3), "worker"]
        running.start("redis", *workers, "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        lasts = kills * APART
        promises = stage.Promises(
            centre,
            n,
            start=clock.now() + timedelta(seconds=LEAD + n / 3_000),  # the rows are there before
            apart=timedelta(seconds=lasts / n),
        )
        for _ in range(kills):
            time.sleep(APART * chance.uniform(0.5, 1.5))
            _kill(running, chance.choice(workers), chance)
        wait_until(
            lambda: promises.left() == 0,
            what="all have fired",
            seconds=LEAD + n / 3_000 + lasts + 2 * stage.TAKEOVER,
        )
    found = promises.count()
    in_time = found["latest_seconds"] <= stage.TAKEOVER and not found["early"]
    return stage.outcome(**found, ok=in_time, kills=kills)


def _kill(running: Any, name: str, chance: random.Random) -> None:
    """The whole worker, started again at once as the supervisor does, or one process of its pool."""
    pool = running.children(name)
    if pool and chance.random() < 0.5:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(pool), signal.SIGKILL)
    else:
        running.kill(name)
        running.start(name)
