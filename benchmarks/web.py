"""Processes beside the benchmarks: web servers as the product is served, and others that end with the measurement."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from benchmarks import place

GRANIAN = ["-m", "granian", "--interface", "asginl", "--workers", "1", "--no-ws"]


@contextmanager
def web(application: str) -> Iterator[int]:
    """Serve ``application`` on a free port; on the benchmarks' database."""
    port = free_port()
    command = [*GRANIAN, "--host", "127.0.0.1", "--port", str(port), application]
    with process(command, {"KEFU_DB_POOL": "4"}):
        _until(lambda: _answers(port))
        yield port


@contextmanager
def process(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    """Run Python with this command on the benchmarks' database, and end it."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{place.DATABASE}").geturl()
    running = subprocess.Popen(
        [sys.executable, *command],
        cwd=place.PROJECT,
        env={**os.environ, "DATABASE_URL": url, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _until(true: Callable[[], bool], *, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise SystemExit("the web server did not start")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    try:
        HTTPConnection("127.0.0.1", port, timeout=5).connect()
    except OSError:
        return False
    return True
