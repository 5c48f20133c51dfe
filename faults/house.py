"""The processes that ``make run`` starts, on the database in use and a Redis of their own, to be killed."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from kefu.embedded import servers
from kefu.embedded.run import programs
from kefu.embedded.supervisor import Program, die_with_parent

PROJECT = Path(__file__).resolve().parents[1]
TO_START = 120.0  # seconds; beside another load Django alone takes twenty


class House:
    """Our processes by name; ``kill`` is kill -9, ``start`` what the supervisor does afterwards."""

    def __init__(self, var: Path, *, port: int) -> None:
        self.var = var
        self.redis = servers.Redis(var, password="only-for-faults")
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "DATABASE_URL": self._url(settings.DATABASE_URL),
            "DATABASE_OWNER_URL": self._url(settings.DATABASE_OWNER_URL),
            "REDIS_URL": self.redis.url(),
            "KEFU_WEB_URL": f"http://127.0.0.1:{port}",
            "PYTHONWARNINGS": "ignore:You're running the worker",
        }
        ours = [self.redis.program(), *programs(var, "127.0.0.1", port, environment)]
        self.programs = {program.name: program for program in ours}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def another(self, name: str, number: int) -> str:
        """One more program like ``name``; return what it is called."""
        like = self.programs[name]
        title = f"{name}{number}"
        argv = [re.sub(rf"^({name}|work)@", rf"\g<1>{number}@", word) for word in like.argv]
        argv = [f"{word}{number}" if word == str(self.var / "beat") else word for word in argv]
        self.programs[title] = replace(like, name=title, argv=argv)
        return title

    @staticmethod
    def _url(url: str) -> str:
        parts = conninfo_to_dict(url)
        database = connection.settings_dict["NAME"]
        return f"postgresql://{parts['user']}@/{database}?host={parts['host']}"

    def start(self, *names: str) -> None:
        """Start them and wait for those that can say they are ready."""
        for name in names:
            self.running[name] = self._spawn(self.programs[name])
        for name in names:
            if ready := self.programs[name].ready:
                wait_until(ready, what=f"{name} is ready", seconds=TO_START)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        with (self.var / f"{program.name}.log").open("ab") as log:
            process = subprocess.Popen(
                program.argv,
                env=program.env,
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
        assert process.stdin
        process.stdin.write(program.standard_input)
        process.stdin.close()
        return process

    def revive(self) -> None:
        """What the supervisor does all the time: start again whoever died of himself.

        A worker does when Redis breaks off in the middle of an answer: kombu then raises an error that
        Celery takes for its own.
        """
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.running[name] = self._spawn(self.programs[name])

    def children(self, name: str) -> list[int]:
        """The processes of a worker's pool."""
        number = self.running[name].pid
        found = Path(f"/proc/{number}/task/{number}/children")
        return [int(child) for child in found.read_text().split()] if found.exists() else []

    def signal(self, number: signal.Signals, *names: str) -> None:
        for name in names:
            os.killpg(self.running[name].pid, number)

    def stop(self, *names: str, seconds: float = 30.0) -> float:
        """Ask them to end as the supervisor would; return how long the slowest took."""
        began = time.monotonic()
        for name in names:
            self.running[name].send_signal(self.programs[name].stop_signal)
        for name in names:
            self.running.pop(name).wait(timeout=max(seconds - (time.monotonic() - began), 0.1))
        return time.monotonic() - began

    def kill(self, *names: str) -> None:
        """Kill -9, the whole group: no word to anybody, no last commit."""
        for name in names:
            process = self.running.pop(name)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def house(var: Path, *, port: int) -> Iterator[House]:
    built = House(var, port=port)
    try:
        yield built
    finally:
        built.kill(*reversed(list(built.running)))


def wait_until(holds: Callable[[], Any], *, what: str, seconds: float = 30.0) -> None:
    """Wait for it, at most as long as a takeover may last."""
    began = time.monotonic()
    while not holds():
        taken = time.monotonic() - began
        assert taken < seconds, f"after {taken:.0f} s it still does not hold that {what}"
        time.sleep(0.05)
