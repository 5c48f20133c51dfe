"""Three schedulers and three workers of the timers; one of each is frozen, overtaken and woken: no second effect."""

import random
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from faults import stage
from faults.house import house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat

PROMISES = {"tiny": 150, "small": 2_000, "full": 20_000}
FROZEN = {"tiny": 5.0, "small": 30.0, "full": 300.0}  # seconds
LEAD = 3.0


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    chance = random.Random(seed)
    n, frozen = PROMISES[scale], FROZEN[scale]
    centre = stage.centre()
    with house(var, port=stage.free_port()) as running:
        beats = ["beat", running.another("beat", 2), running.another("beat", 3)]
        workers = ["timers", running.another("timers", 2), running.another("timers", 3)]
        running.start("redis", *workers, *beats, "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        promises = stage.Promises(
            centre,
            n,
            start=clock.now() + timedelta(seconds=LEAD + n / 3_000),
            apart=timedelta(seconds=1.2 * frozen / n),  # some fall due after it has woken
        )
        wait_until(lambda: promises.left() < n, what="the first one fires", seconds=60)
        time.sleep(chance.random())  # wherever in its work it is
        asleep = [chance.choice(beats), chance.choice(workers)]
        running.signal(signal.SIGSTOP, *asleep)
        time.sleep(frozen)
        behind = promises.left()
        running.signal(signal.SIGCONT, *asleep)
        wait_until(
            lambda: promises.left() == 0, what="all have fired", seconds=frozen + 2 * stage.TAKEOVER
        )
        time.sleep(3)  # what the sleeper still has in hand
    found = promises.count()
    in_time = found["latest_seconds"] <= stage.TAKEOVER and not found["early"]
    return stage.outcome(
        **found, ok=in_time, frozen=asleep, frozen_seconds=frozen, left_on_waking=behind
    )
