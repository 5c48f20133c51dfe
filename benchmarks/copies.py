"""A copy of everything and the way back, beside PostgreSQL's own programs alone.

Ours: ``backup`` (counts and digests of every table, the dump, the archive) and ``restore`` (the archive read through, the
load in one transaction, every table counted and digested again). Limit: ``pg_dump`` into a file and ``pg_restore`` of it
into an empty database, with the same options. ``ratio`` is theirs to ours; both ways together take at most ten minutes
for 100,000 claims.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from benchmarks import claims_ageing, place
from kefu.continuity import archive, programs
from kefu.continuity.backup import backup
from kefu.continuity.restore import restore
from kefu.embedded import database

CLAIMS = {"small": 10_000, "full": 100_000}
ELSEWHERE = "kefu_bench_elsewhere"


def run(scale: str) -> Iterator[dict[str, Any]]:
    n = CLAIMS[scale]
    claims_ageing.fill(n)
    with tempfile.TemporaryDirectory() as home:
        ours, bare = Path(home) / "kefu.backup", Path(home) / "bare.dump"
        took = {
            "backup": (_seconds(lambda: backup(ours, say=_quiet)), _seconds(lambda: _dump(bare))),
            "restore": (
                _elsewhere(lambda: restore(ours, say=_quiet)),
                _elsewhere(lambda: _load(bare)),
            ),
        }
        size = ours.stat().st_size
        with archive.reading(ours) as (_file, manifest):
            rows = sum(rows for rows, _digest in manifest["tables"].values())
    for name, (us, them) in took.items():
        yield {
            "name": name,
            "ours": round(us, 1),
            "limit": round(them, 1),
            "ratio": round(them / us, 3),
            "unit": "s",
            "n": n,
            "rows": rows,
            "bytes": size,
            "aim": "both <= 600 s together for 100,000 claims",
        }


def _quiet(_what: str) -> None:
    pass


def _seconds(do: Any) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _elsewhere(do: Any) -> float:
    """How long it takes in an empty database of the same server."""
    with _empty():
        return _seconds(do)


@contextmanager
def _empty() -> Iterator[None]:
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


def _dump(file: Path) -> None:
    command = [str(programs.find("pg_dump")), "--format=custom", "--compress=gzip:1"]
    command += [f"--role={programs.OWNER}", f"--file={file}"]
    with programs.running(command, feed=False) as said:
        said.read()


def _load(file: Path) -> None:
    name = connections["owner"].settings_dict["NAME"]
    command = [str(programs.find("pg_restore")), "--single-transaction", "--no-owner"]
    command += [f"--role={programs.OWNER}", f"--dbname={name}", str(file)]
    with programs.running(command, feed=True):
        pass
