"""The database's disk is full: writes are refused clearly, what was confirmed is safe, and room alone puts all right.

The database moves to a tablespace on a small tmpfs of its own, which a file of ballast fills. Only root may mount;
elsewhere the scenario says that it was skipped and is not ok. The write-ahead log stays where it is: a full log stops
the server itself, which is what the scenario ``database`` does.
"""

import subprocess
import time
from pathlib import Path
from typing import Any

from django.db import connections
from psycopg import sql

from benchmarks import place
from faults import stage
from faults.callers import Calls
from faults.house import house, wait_until
from kefu import clock
from kefu.deadlines.models import Heartbeat
from kefu.embedded.place import var_directory
from kefu.embedded.servers import Postgres

SIZE = 400  # MB; an empty database takes 60
FULL = {"small": 15.0, "full": 120.0}  # seconds
CALLS = {"small": 2_000, "full": 20_000}
RESUME = 60.0  # seconds


def run(scale: str, seed: int, var: Path) -> dict[str, Any]:
    centre = stage.centre()
    port = stage.free_port()
    disk = var_directory() / "small-disk"
    with SmallDisk(disk) as room, house(var, port=port) as running:
        running.start("redis", "web", "timers", "worker", "beat", "watchdog")
        wait_until(Heartbeat.objects.filter(name="sweep").exists, what="ticks arrive", seconds=120)
        calls = Calls(f"http://127.0.0.1:{port}", centre, most=CALLS[scale], seed=seed)
        wait_until(lambda: len(calls.done) > 1, what="people work", seconds=60)
        room.fill()
        wait_until(lambda: calls.refusals(), what="the disk is felt", seconds=120)
        time.sleep(FULL[scale])
        readable = _readable()
        told = calls.refusals()
        room.empty()
        freed_at, done, since = time.monotonic(), len(calls.done), clock.now()

        def ticks() -> bool:
            running.revive()
            return Heartbeat.objects.filter(name="sweep", beat_at__gt=since).exists()

        wait_until(lambda: len(calls.done) > done, what="people work again", seconds=2 * RESUME)
        wait_until(ticks, what="ticks arrive again", seconds=2 * RESUME)
        resumed = time.monotonic() - freed_at
        calls.finish()
        return stage.outcome(
            **calls.count(),
            ok=set(told) == {"503 with Retry-After"} and readable and resumed <= RESUME,
            refusals=dict(told),
            resumed_seconds=round(resumed, 2),
            readable_meanwhile=readable,
        )


def _readable() -> bool:
    return Heartbeat.objects.exists()


class SmallDisk:
    """The database in use, on a disk of its own while this lasts."""

    def __init__(self, at: Path) -> None:
        self.at, self.ballast = at, at / "ballast"

    def __enter__(self) -> "SmallDisk":
        self.at.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(self.at)]
        subprocess.run(mount, check=True, capture_output=True)
        home = self.at / "tables"
        home.mkdir()
        user = Postgres(var_directory()).user
        if user:
            subprocess.run(["chown", f"{user[0]}:{user[1]}", str(home)], check=True)
        with place.admin() as server:
            where = sql.Literal(str(home))
            server.execute(sql.SQL("CREATE TABLESPACE small_disk LOCATION {}").format(where))
        self._move("small_disk")
        return self

    def __exit__(self, *_error: object) -> None:
        self.empty()
        self._move("pg_default")
        with place.admin() as server:
            server.execute("DROP TABLESPACE small_disk")
        subprocess.run(["umount", str(self.at)], check=True, capture_output=True)

    def fill(self) -> None:
        """To the last block, and again, as what the server frees is taken too."""
        with self.ballast.open("ab", buffering=0) as file:
            for block in (1 << 20, 4096):
                try:
                    while file.write(bytes(block)):
                        pass
                except OSError:
                    continue

    def empty(self) -> None:
        self.ballast.unlink(missing_ok=True)

    @staticmethod
    def _move(space: str) -> None:
        for one in connections.all():
            one.close()
        with place.admin() as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [place.DATABASE],
            )
            move = sql.SQL("ALTER DATABASE {} SET TABLESPACE {}")
            server.execute(move.format(sql.Identifier(place.DATABASE), sql.Identifier(space)))
