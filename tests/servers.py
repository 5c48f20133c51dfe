"""A pytest plugin: PostgreSQL and Redis of this run, started once and shared by all its workers.

Loaded by ``-p``, because pytest-django reads the settings before any conftest.py. Several runs may
go on beside each other: each takes a directory of its own, in memory if there is room, otherwise under
var/test (``VAR`` replaces var/).
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kefu.embedded import place
from kefu.embedded.__main__ import EXIT_IN_USE
from kefu.embedded.supervisor import die_with_parent

SLOTS = 8
MEMORY = Path("/dev/shm")
ROOM = 2_000_000_000  # bytes; a run takes a tenth of it
_running: list[subprocess.Popen[str]] = []


def _home() -> Path:
    """Where the servers live.

    A test that commits makes and deletes the three hundred files of a database, and ext4 without a journal
    looks for each new one among all that were deleted in the last minutes: ten times what the copy takes.
    """
    home = place.var_directory() / "test"
    if os.environ.get("VAR") or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM:
        return home
    return MEMORY / f"kefu-test-{os.geteuid()}-{hashlib.sha256(bytes(home)).hexdigest()[:16]}"


def _remember_bytecode() -> None:
    """Where a machine asks for no __pycache__, each of the fifty processes that the tests start would compile all of
    kefu, and each worker rewrite the assertions of all tests, in every run.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _start() -> None:
    home = _home()
    for slot in range(SLOTS):
        var = home / str(slot)
        process = subprocess.Popen(
            [sys.executable, "-m", "kefu.embedded", "servers", "--throwaway"],
            cwd=Path(__file__).resolve().parents[1],
            env={**os.environ, "VAR": str(var)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert process.stdout and process.stderr
        if process.stdout.readline().strip() == "ready":
            _running.append(process)
            os.environ.update(place.addresses(var))
            return
        if process.wait() != EXIT_IN_USE:
            pytest.exit(process.stderr.read().strip(), returncode=1)
    pytest.exit(f"{SLOTS} test runs are going on already: wait for one to end.", returncode=1)


def pytest_unconfigure() -> None:
    for process in _running:
        process.terminate()
        process.wait(timeout=60)


_remember_bytecode()
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    server, _ = os.environ["REDIS_URL"].rsplit("/", 1)
    os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw')) + 1}"  # one database each
elif not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    _start()
