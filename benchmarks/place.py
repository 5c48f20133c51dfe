"""Where benchmarks run: servers of their own, a fresh database each, and what the machine can do."""

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kefu.embedded import place
from kefu.embedded.supervisor import die_with_parent

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATE, DATABASE = "kefu_bench_template", "kefu_bench"


@contextmanager
def servers(room: str = "bench") -> Iterator[None]:
    """PostgreSQL (durable, as in service) and Redis under var/bench, while the benchmarks run."""
    var = place.var_directory() / room
    shutil.rmtree(var, ignore_errors=True)
    os.environ.update(VAR=str(var), DJANGO_SETTINGS_MODULE="kefu.settings.local")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-m", "kefu.embedded", "servers"],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    assert process.stdout
    try:
        if process.stdout.readline().strip() != "ready":
            raise SystemExit("the servers did not start")
        os.environ.update(place.addresses(var))
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        shutil.rmtree(var, ignore_errors=True)


def admin(database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection of the superuser, for what belongs to the stage and not to the measurement."""
    url = os.environ["DATABASE_ADMIN_URL"]
    return psycopg.connect(make_conninfo(url, dbname=database), autocommit=True)


def make_template() -> None:
    """Migrate once; every benchmark starts from a copy."""
    from django.conf import settings
    from django.core.management import call_command

    from kefu.embedded import database

    database.prepare(
        admin_url=make_conninfo(os.environ["DATABASE_ADMIN_URL"], dbname=TEMPLATE),
        owner_url=settings.DATABASE_OWNER_URL,
        app_url=settings.DATABASE_URL,
    )
    use(TEMPLATE)
    call_command("migrate", database="owner", verbosity=0, interactive=False)
    call_command("createcachetable", database="owner", verbosity=0)
    use("postgres")


def fresh_database() -> None:
    """Make the benchmarks' database as the migrations left it, and let Django use it."""
    use("postgres")
    with admin() as connection:
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        copy = sql.SQL("CREATE DATABASE {} OWNER kefu_owner TEMPLATE {}")
        connection.execute(copy.format(name, sql.Identifier(TEMPLATE)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        grant = sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO kefu_app")
        connection.execute(grant.format(name))
    with admin(DATABASE) as connection:  # a copied database is dormant
        connection.execute("UPDATE continuity_installation SET database = (kefu_here()).database")
    use(DATABASE)


def settle() -> None:
    """Write out what earlier steps left in memory, and bring the statistics up to date."""
    with admin(DATABASE) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def use(name: str) -> None:
    from django.db import connections

    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


class Memory:
    """How far this process grows at most while something runs, in MB."""

    def __enter__(self) -> "Memory":
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
        self.before = self._status("VmRSS")
        return self

    def __exit__(self, *_exc: object) -> None:
        self.growth = round((self._status("VmHWM") - self.before) / 1024, 1)

    @staticmethod
    def _status(name: str) -> int:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert found
        return int(found[1])


class Work:
    """Processor seconds spent meanwhile by this process, its children and its database session.

    Unlike the time on the wall it hardly depends on what else the machine does.
    """

    def __enter__(self) -> "Work":
        from django.db import connection

        connection.ensure_connection()
        self.backend = connection.connection.info.backend_pid
        self.before = self._spent()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.seconds = self._spent() - self.before

    def _spent(self) -> float:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        fields = Path(f"/proc/{self.backend}/stat").read_text().rpartition(")")[2].split()
        session = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return time.process_time() + children.ru_utime + children.ru_stime + session


def calibration() -> dict[str, Any]:
    """What the machine can do at the moment: read ratios; absolute figures move with these."""
    block, rounds = bytes(1_000_000), 200
    began = time.perf_counter()
    for _round in range(rounds):
        hashlib.sha256(block).digest()
    hashing = rounds * len(block) / (time.perf_counter() - began) / 1e6
    began = time.perf_counter()
    total = 0
    for number in range(3_000_000):
        total += number & 7
    looping = 3 / (time.perf_counter() - began)
    with admin(TEMPLATE) as connection:
        began = time.perf_counter()
        for _round in range(2_000):
            connection.execute("SELECT 1")
        trip = (time.perf_counter() - began) / 2_000
        connection.execute("CREATE TEMPORARY TABLE calibration (n bigint PRIMARY KEY, text text)")
        began = time.perf_counter()
        connection.execute(
            "INSERT INTO calibration SELECT n, repeat('x', 100) FROM generate_series(1, 300000) n"
        )
        inserting = 300_000 / (time.perf_counter() - began)
        version = connection.info.server_version
    return {
        "name": "calibration",
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "sha256_mb_per_s": round(hashing),
        "python_million_steps_per_s": round(looping, 1),
        "select_1_ms": round(trip * 1000, 3),
        "inserted_rows_per_s": round(inserting),
        "postgresql": version,
        "python": ".".join(map(str, sys.version_info[:3])),
    }
