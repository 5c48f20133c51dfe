"""A backup is taken while people work, and restored elsewhere: all that was confirmed before is there, and nothing stirs.

The copy gets the whole house, with promises that are overdue. Until it is activated it fires, sends and tells nothing;
afterwards each of them fires once. The house it was taken from is gone by then, as after a loss.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks import place
from faults import stage
from faults.callers import Calls
from faults.house import PROJECT, house, wait_until
from kefu import clock
from kefu.cases.models import Case
from kefu.deadlines.models import Heartbeat
from kefu.embedded import database
from kefu.notifications.models import Event

PROMISES = {"small": 500, "full": 20_000}
CALLS = {"small": 2_000, "full": 20_000}
ELSEWHERE = "kefu_faults_elsewhere"
ASLEEP = 20.0  # seconds we look on
OURS = ("web", "timers", "worker", "beat", "webhooks", "watchdog")


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    centre = stage.centre()
    port, file = stage.free_port(), var / "kefu.backup"
    with house(var, port=port) as running:
        running.start("redis", *OURS)
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        wait_until(lambda: calls.more_than(5), what="people work", seconds=60)
        promises = stage.Promises(
            centre,
            PROMISES[scale],
            start=clock.now() + timedelta(seconds=20),
            apart=timedelta(seconds=5 / PROMISES[scale]),
        )
        confirmed, began = set(calls.done), time.monotonic()
        _manage(running.programs["timers"].env, "backup", str(file))
        took = time.monotonic() - began
        done = len(calls.done)
        wait_until(lambda: calls.more_than(done), what="people work on", seconds=60)
        calls.finish()
        meanwhile = done - len(confirmed)
    with _empty_database():
        began = time.monotonic()
        call_command("restore", file, stdout=sys.stderr)
        back = time.monotonic() - began
        missing = confirmed - set(
            Case.objects.filter(waybill__number__in=confirmed).values_list(
                "waybill__number", flat=True
            )
        )
        with house(var, port=stage.free_port()) as running:
            running.start("redis", *OURS)
            events = Event.objects.count()
            time.sleep(ASLEEP)
            stirred = Event.objects.count() - events + promises.n - promises.left()
            call_command("activate", stdout=sys.stderr)
            wait_until(promises.all_fired, what="all fire once it is activated", seconds=120)
        fired = promises.count()
        return stage.outcome(
            n=len(confirmed) + promises.n,
            lost=len(missing) + fired["lost"],
            double=fired["double"],
            ok=not stirred and bool(confirmed) and bool(meanwhile),
            confirmed_during_the_backup=meanwhile,
            stirred_while_asleep=stirred,
            backup_seconds=round(took, 1),
            restore_seconds=round(back, 1),
            bytes=file.stat().st_size,
        )


def _manage(env: Any, *words: str) -> None:
    """As an operator would, in a process of its own."""
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=PROJECT, env=env, check=True, stdout=sys.stderr)


@contextmanager
def _empty_database() -> Iterator[None]:
    """A database of its own on the same server, with its roles, in use while this lasts."""
    database.prepare(
        admin_url=make_conninfo(os.environ["DATABASE_ADMIN_URL"], dbname=ELSEWHERE),
        owner_url=settings.DATABASE_OWNER_URL,
        app_url=settings.DATABASE_URL,
    )
    place.use(ELSEWHERE)
    try:
        yield
    finally:
        place.use(place.DATABASE)
        with place.admin() as server:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(ELSEWHERE)))
