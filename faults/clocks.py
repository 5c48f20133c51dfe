"""The clocks of web and workers are wrong by two hours, each its own way: the database's decides, so nothing changes.

How the clocks are put wrong, and how far that reaches: ``wrong_clock/sitecustomize.py``.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from faults import stage
from faults.callers import Calls
from faults.house import house, wait_until
from kefu import clock
from kefu.cases.models import Case
from kefu.deadlines.models import Deadline, Heartbeat

PROMISES = {"small": 200, "full": 10_000}
CALLS = {"small": 2_000, "full": 20_000}
LASTS = {"small": 20.0, "full": 300.0}  # seconds
TWO_HOURS = 7200
WRONG = {
    "web": TWO_HOURS,
    "timers": TWO_HOURS,
    "timers2": -TWO_HOURS,
    "worker": -TWO_HOURS,
    "beat": -TWO_HOURS,
    "watchdog": TWO_HOURS,
}
HERE = Path(__file__).resolve().parent / "wrong_clock"
LATE = 5.0  # seconds; guarantee 12


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    centre = stage.centre()
    port = stage.free_port()
    shown = _shown()
    with house(var, port=port) as running:
        running.another("timers", 2)
        for name, seconds in WRONG.items():
            program = running.programs[name]
            env = {**(program.env or {}), **_clock(seconds)}
            running.programs[name] = replace(program, env=env)
        running.start("redis", *WRONG)
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        began = clock.now()
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        promises = stage.Promises(
            centre,
            PROMISES[scale],
            start=clock.now() + timedelta(seconds=3 + PROMISES[scale] / 3_000),
            apart=timedelta(seconds=LASTS[scale] / PROMISES[scale]),
        )
        until = time.monotonic() + LASTS[scale] + 90
        while promises.left() and time.monotonic() < until:
            time.sleep(0.5)
        calls.finish()
        ended = clock.now()
    cases = Case.objects.filter(waybill__number__in=calls.done)
    clocks = Deadline.objects.filter(case__in=cases)
    in_time = {"starts_at__gte": began, "starts_at__lte": ended}
    moved = clocks.exclude(**in_time).count()
    moved += cases.exclude(opened_at__gte=began, opened_at__lte=ended).count()
    fired, confirmed, told = promises.count(), calls.count(), calls.refusals()
    return stage.outcome(
        n=fired["n"] + confirmed["n"],
        lost=fired["lost"] + confirmed["lost"],
        double=fired["double"] + confirmed["double"],
        ok=shown
        and not moved
        and not fired["early"]
        and fired["latest_seconds"] <= LATE
        and bool(confirmed["n"])
        and not told,
        early=fired["early"],
        latest_seconds=fired["latest_seconds"],
        clocks_looked_at=clocks.count(),
        started_at_a_wrong_time=moved,
        clocks_were_wrong=shown,
        refusals=dict(told),
    )


def _clock(seconds: int) -> dict[str, str]:
    return {"KEFU_FAULTS_CLOCK": str(seconds), "PYTHONPATH": str(HERE)}


def _shown() -> bool:
    """Whether the clocks are wrong indeed where a process of ours looks."""
    ask = "import time, datetime as d; print(time.time(), d.datetime.now(d.UTC).timestamp())"
    said = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, **_clock(TWO_HOURS)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return all(abs(float(one) - time.time() - TWO_HOURS) < 60 for one in said.split())
