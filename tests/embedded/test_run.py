"""All of kefu on one machine, as ``make run`` does it, from an empty directory; and Ctrl-C under make."""

import http.client
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kefu.embedded import place

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 300.0
GREETING = "is running"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Run:
    """``python -m kefu.embedded run`` and what it says."""

    def __init__(self, var: Path, **environment: str) -> None:
        self.port = free_port()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL"}
            and name not in {"DJANGO_SETTINGS_MODULE", "SECRET_KEY"}
            and not name.startswith("KEFU_")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kefu.embedded", "run"],
            cwd=PROJECT,
            env=inherited | {"VAR": str(var), "PORT": str(self.port), "DEMO": "0"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + SECONDS
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            time.sleep(0.05)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        status = self.process.wait(timeout=SECONDS)
        self.reader.join()
        return status

    def status_of(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "var"
    shutil.rmtree(tmp_path / "var", ignore_errors=True)  # 50 MB, and pytest keeps three of them


def processes_of(var: Path) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"VAR={var}\0".encode() in file.read_bytes():
                found.append((file.parent / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_an_empty_start_serves_keeps_its_data_and_stops_without_a_trace(var: Path) -> None:
    admin = {"KEFU_ADMIN_USER": "0001", "KEFU_ADMIN_PASSWORD": "quite-long-and-odd-7"}
    first = Run(var, **admin)
    try:
        first.wait_for(GREETING)
        assert "0001" in first.said
        assert first.status_of("/healthz") == 200
        assert first.status_of("/accounts/login/") == 200
        # The same directory a second time, and the same port from another one.
        again = Run(var)
        assert again.process.wait(timeout=SECONDS) == 75
        again.reader.join()
        assert f"is in use by a run that is going on (process {first.process.pid})" in again.said
        elsewhere = Run(var.with_name("other"), PORT=str(first.port))
        assert elsewhere.process.wait(timeout=SECONDS) == 1
        elsewhere.reader.join()
        assert f"Port {first.port} cannot be used" in elsewhere.said
        assert not (var.with_name("other") / "postgres").exists()
        assert first.process.poll() is None
    finally:
        status = first.stop()
    assert status == 0, first.said
    assert "Traceback" not in first.said
    assert processes_of(var) == []

    second = Run(var)  # no password is asked again: the account is there
    try:
        second.wait_for(GREETING)
        with psycopg.connect(place.addresses(var)["DATABASE_URL"]) as connection:
            names = connection.execute("SELECT username FROM staff_user").fetchall()
            connection.execute("UPDATE staff_user SET is_superuser = false")
    finally:
        status = second.stop()

    assert status == 0, second.said
    assert names == [("0001",)]
    # What takes long is not done again; so it is up in about 5 seconds on a quiet machine.
    for words in ("Preparing the database", "Collecting static files"):
        assert words in first.said
        assert words not in second.said

    # Without an administrator, and with nobody to ask, it explains how to name one.
    third = Run(var)
    assert third.process.wait(timeout=SECONDS) == 1
    third.reader.join()
    assert "set KEFU_ADMIN_USER and KEFU_ADMIN_PASSWORD" in third.said
    assert "Traceback" not in third.said


def test_ctrl_c_under_make_ends_with_success(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from kefu.embedded.run import *\n"
        f"with own_terminal(), Supervisor(Path({str(tmp_path)!r})) as keeper:\n"
        "    print('serving', flush=True)\n"
        "    keeper.watch()\n"
        "print('stopped', flush=True)\n"
    )
    (tmp_path / "serve.py").write_text(script)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} serve.py\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["PYTHONPATH"] = str(PROJECT)
        os.chdir(tmp_path)
        os.execvp("make", ["make", "run"])
    said = b""
    end = time.monotonic() + SECONDS
    while b"stopped" not in said and time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            said += os.read(terminal, 4096)
        except OSError:  # the other side is closed
            break
        if b"serving" in said and b"^C" not in said:
            os.write(terminal, b"\x03")
            said += b"^C"

    _, status = os.waitpid(pid, 0)
    os.close(terminal)

    assert os.waitstatus_to_exitcode(status) == 0, said
    assert b"stopped" in said
