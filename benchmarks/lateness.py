"""How late promises fire, through real Celery beat, worker and Redis, with very many others open.

For each promise: ``detected_at - due_at`` (the sweep has it in hand) and the commit of its row minus
``due_at`` (everybody can see it), from PostgreSQL's own commit timestamps. Quiet, and in the full
scale with both cores kept busy by other work.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.conf import settings
from psycopg.conninfo import make_conninfo

from benchmarks import crowd, place
from kefu import clock
from kefu.deadlines.models import Heartbeat
from kefu.embedded.place import var_directory
from kefu.embedded.run import programs

OPEN = {"small": 100_000, "full": 1_000_000}
SECONDS = {"small": 10, "full": 60}
A_SECOND = 1_000
LEAD = timedelta(seconds=3)
AIM = {"quiet": 250, "busy": 1_000}  # ms, of the 99th percentile
FOUND = """
SELECT count(*), percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY detected), percentile_cont(ARRAY[0.5, 0.99, 1])
       WITHIN GROUP (ORDER BY seen)
FROM (SELECT extract(epoch FROM detected_at - due_at)::float8 * 1000 AS detected,
             extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at)::float8 * 1000 AS seen
      FROM deadlines_deadline WHERE state = 'breached' AND due_at >= %s) late
"""


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    _keep_commit_times()
    people = crowd.build(OPEN[scale])
    for machine in ("quiet", "busy") if scale == "full" else ("quiet",):
        yield _measure(people, machine, scale)


def _measure(people: crowd.Crowd, machine: str, scale: str) -> dict[str, Any]:
    n = A_SECOND * SECONDS[scale]
    with ExitStack() as stack:
        _sweepers(stack)
        _ticking()
        if machine == "busy":
            for _ in range(len(os.sched_getaffinity(0))):
                _process(stack, [sys.executable, "-c", "while True: pass"])
        start = clock.now() + LEAD + timedelta(seconds=n / 3_000)  # the rows are there before
        people.due(n, start=start, apart=timedelta(seconds=1) / A_SECOND)
        assert clock.now() < start, "the stage was not ready in time"
        count, detected, seen = _wait(start, n, seconds=SECONDS[scale] + 90)
    return {
        "name": f"lateness_{machine}",
        "ours": round(seen[1]),
        "limit": AIM[machine],
        "ratio": round(AIM[machine] / seen[1], 3),
        "unit": "ms, p99 of the commit",
        "n": count,
        "open": OPEN[scale],
        "due_per_second": A_SECOND,
        "detected_ms": dict(zip(("p50", "p99", "max"), map(round, detected), strict=True)),
        "committed_ms": dict(zip(("p50", "p99", "max"), map(round, seen), strict=True)),
        "aim": f"p99 <= {AIM[machine]} ms, max <= 5000 ms",
        "load": os.getloadavg()[0],
    }


def _wait(start: datetime, n: int, *, seconds: float) -> tuple[int, list[float], list[float]]:
    until = time.monotonic() + seconds
    with place.admin(place.DATABASE) as server:
        while time.monotonic() < until:
            time.sleep(2)
            left = server.execute(
                "SELECT EXISTS (SELECT FROM deadlines_deadline WHERE state = 'running' AND due_at < %s)",
                [start + timedelta(seconds=1) * (n // A_SECOND + 1)],
            ).fetchone()
            if left == (False,):
                break
        found = server.execute(FOUND, [start]).fetchone()
    assert found and found[0] == n, f"{found and found[0]} of {n} fired"
    count, detected, seen = found
    return count, detected, seen


def _sweepers(stack: ExitStack) -> None:
    """Beat and the timers' worker as ``make run`` starts them."""
    environment = {
        **os.environ,
        "DATABASE_URL": _url(settings.DATABASE_URL),
        "DATABASE_OWNER_URL": _url(settings.DATABASE_OWNER_URL),
        "PYTHONWARNINGS": "ignore:You're running the worker",
    }
    for program in programs(var_directory(), "127.0.0.1", 1, environment):
        if program.name in ("timers", "beat"):
            _process(stack, list(program.argv), program.env)


def _ticking() -> None:
    since = clock.now()
    while not Heartbeat.objects.filter(beat_at__gt=since).exists():
        time.sleep(0.2)


def _url(url: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return f"postgresql://{parts['user']}@/{place.DATABASE}?host={parts['host']}"


def _process(stack: ExitStack, argv: list[str], env: Any = None) -> None:
    process = subprocess.Popen(
        argv,
        env=env,
        cwd=place.PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=sys.stderr,
        start_new_session=True,
    )
    stack.callback(process.wait)
    stack.callback(os.killpg, process.pid, signal.SIGKILL)


def _keep_commit_times() -> None:
    """Have the server keep the time of each commit; its supervisor starts it again at once."""
    with place.admin() as server:
        server.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    number = (var_directory() / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]
    os.kill(int(number), signal.SIGINT)
    for _ in range(100):
        time.sleep(0.3)
        try:
            with psycopg.connect(
                make_conninfo(os.environ["DATABASE_ADMIN_URL"], dbname="postgres")
            ) as server:
                if server.execute("SHOW track_commit_timestamp").fetchone() == ("on",):
                    return
        except psycopg.OperationalError:
            continue
    raise SystemExit("the server did not come back")
