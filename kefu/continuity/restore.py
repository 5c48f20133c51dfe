"""Bring a copy back into an empty database, where it sleeps until somebody activates it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader

from kefu.continuity import archive, contents, programs, standing
from kefu.continuity.backup import Say, taken_at
from kefu.errors import KefuError

# New tables would give the application more than the copy says.
FORGET_DEFAULTS = f"""
ALTER DEFAULT PRIVILEGES FOR ROLE {programs.OWNER} IN SCHEMA public REVOKE ALL ON TABLES FROM kefu_app;
ALTER DEFAULT PRIVILEGES FOR ROLE {programs.OWNER} IN SCHEMA public REVOKE ALL ON SEQUENCES FROM kefu_app;
ALTER DEFAULT PRIVILEGES FOR ROLE {programs.OWNER} IN SCHEMA public REVOKE ALL ON FUNCTIONS FROM kefu_app;
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid() -- no user: autovacuum
"""
SHOWN = 3


class NotRestored(KefuError):
    """This copy and this place do not fit each other; nothing was changed."""

    code = "not_restored"


class NotTheSame(KefuError):
    """What stands in the database now is not what the manifest tells; it stays dormant."""

    code = "not_the_same"


def restore(path: Path, *, say: Say) -> dict[str, Any]:
    """Restore ``path`` into the empty database of the settings, compare it, and return the manifest.

    All or nothing: the archive is read to its end before the database is touched, and one transaction fills it.
    Raises ArchiveRefused, KeysDiffer, NotRestored, ProgramMissing, ProgramFailed; NotTheSame after the fact.
    """
    with archive.reading(path) as (file, manifest):
        _check_version(manifest)
        _check_place(manifest)
        pg_restore = programs.find("pg_restore")
        say("archive")
        archive.check_dump(file, manifest, lambda _read: None)
        say("load")
        _load(pg_restore, file)
    _compare(manifest, say)
    standing.begin(copied_at=taken_at(manifest))
    return manifest


def _check_version(manifest: dict[str, Any]) -> None:
    ours = {".".join(one) for one in MigrationLoader(None).disk_migrations}
    theirs = set(manifest["migrations"])
    if ours != theirs:
        odd = sorted(theirs - ours) or sorted(ours - theirs)
        whose = "newer or different" if theirs - ours else "older"
        raise NotRestored(
            f"The backup was made by a version of kefu that is {whose} ({', '.join(odd[:SHOWN])}): restore it "
            "with the version that made it, and upgrade afterwards."
        )


def _check_place(manifest: dict[str, Any]) -> None:
    with connections["owner"].cursor() as cursor:
        found = cursor.connection.info.server_version // 10_000
        if found < manifest["postgresql"]:
            raise NotRestored(
                f"This is PostgreSQL {found}; the backup comes from {manifest['postgresql']}."
            )
        if names := contents.tables(cursor):
            raise NotRestored(
                f"The database is not empty: {len(names)} tables ({', '.join(names[:SHOWN])} …). Restore into a new one."
            )
        cursor.execute(OTHERS)
        (others,) = cursor.fetchone()
        if others:
            raise NotRestored(
                f"{others} other connections use this database: stop every process of kefu first."
            )


def _load(pg_restore: Path, file: Any) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(FORGET_DEFAULTS)
    command = [
        str(pg_restore),
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-password",
    ]
    command += [
        f"--role={programs.OWNER}",
        f"--dbname={connections['owner'].settings_dict['NAME']}",
    ]
    with file.open(archive.DUMP) as dump, programs.running(command, feed=True) as stream:
        try:
            while block := dump.read(archive.CHUNK):
                stream.write(block)
            stream.close()
        except BrokenPipeError:
            pass  # it has ended; why, it has said


def _compare(manifest: dict[str, Any], say: Callable[[str], None]) -> None:
    """Raises NotTheSame unless rows, digests, grants and triggers are those of the manifest."""
    wanted = {name: tuple(table) for name, table in manifest["tables"].items()}
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        found = contents.measure(cursor, contents.tables(cursor), say)
        rights = contents.rights(cursor)
        cursor.execute("ANALYZE")
    odd = sorted(
        name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name)
    )
    if rights != manifest["rights"]:
        odd.append("grants and triggers")
    if odd:
        raise NotTheSame(
            f"What was restored differs from the backup in {', '.join(odd)}. Do not activate it: take an empty "
            "database and try again."
        )
