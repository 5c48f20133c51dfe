"""Take a copy of everything while people work."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder

from kefu.continuity import archive, contents, programs

Say = Callable[[str], None]


def backup(path: Path, *, say: Say) -> dict[str, Any]:
    """Write the whole state to ``path`` and return the manifest.

    Dump and manifest are of one moment: both read one snapshot, however long they take and whatever is written
    meanwhile. Nobody waits for it, except a change of the tables' shape. Uploaded files are rows, too, so they
    are in it; sessions are not, nor are the keys. Raises ArchiveRefused, ProgramMissing, ProgramFailed, OSError.
    """
    pg_dump = programs.find("pg_dump")
    with (
        archive.writing(path) as file,
        transaction.atomic(using="owner"),
        connections["owner"].cursor() as cursor,
    ):
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), clock_timestamp()")
        snapshot, taken_at = cursor.fetchone()
        manifest = {"taken_at": taken_at.isoformat(), **_described(cursor, say)}
        say("dump")
        with file.open(archive.DUMP, "w", force_zip64=True) as entry:
            dump = archive.Summed(entry)
            _dump(pg_dump, snapshot, dump)
        return archive.write_manifest(file, {**manifest, "dump": dump.result()})


def _described(cursor: Any, say: Say) -> dict[str, Any]:
    names = contents.tables(cursor)
    return {
        "postgresql": cursor.connection.info.server_version // 10_000,
        "migrations": sorted(
            ".".join(one) for one in MigrationRecorder(connections["owner"]).applied_migrations()
        ),
        "rights": contents.rights(cursor),
        "tables": contents.measure(cursor, names, say),
    }


def _dump(pg_dump: Path, snapshot: str, target: archive.Summed) -> None:
    command = [str(pg_dump), "--format=custom", "--compress=gzip:1"]
    command += [f"--snapshot={snapshot}", f"--role={programs.OWNER}", "--no-password"]
    command += [f"--exclude-table-data={name}" for name in contents.LEFT_OUT]
    with programs.running(command, feed=False) as dump:
        while block := dump.read(archive.CHUNK):
            target.write(block)


def taken_at(manifest: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(manifest["taken_at"])
