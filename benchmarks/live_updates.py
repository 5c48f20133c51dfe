"""Two hundred browsers on the live stream while fifty changes a second happen: how late each browser hears of each
change, and what memory the web server takes.

The browsers are connections to the web server of the product, each signed in with a session of its own, all of one
department; the changes are events of that department, each in a transaction of its own. ``ratio`` is the limit of a
second to the 99th percentile.
"""

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client

from benchmarks import place
from benchmarks.web import web
from kefu import clock
from kefu.notifications.models import Event
from kefu.notifications.services import publish
from kefu.rulebooks.selectors import edition
from tests import centre as world

BROWSERS = {"small": 50, "full": 200}
RATE = 50  # changes a second
SECONDS = {"small": 5, "full": 30}
LIMIT = 1.0  # second
PATIENCE = 20.0  # seconds after the last change
CHANGE = re.compile(rb"id: \d+-(\d+)\nevent: change")


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    browsers, changes = BROWSERS[scale], RATE * SECONDS[scale]
    place.fresh_database()
    edition.cache_clear()
    centre = world.build(now=clock.now())
    cookies = [_signed_in(centre.lin.user) for _browser in range(browsers)]
    with web("kefu.asgi:application") as port:
        heard, told = asyncio.run(_listen(port, cookies, centre.query_desk.pk, changes))
        memory = _memory(port)
    delays = sorted(at - told[event] for one in heard for event, at in one.items() if event in told)
    p99 = delays[len(delays) * 99 // 100]
    yield {
        "name": "live_updates",
        "ours": round(p99, 3),
        "limit": LIMIT,
        "ratio": round(LIMIT / p99, 2),
        "unit": "seconds to the 99th of a hundred",
        "browsers": browsers,
        "changes": changes,
        "rate": RATE,
        "heard": len(delays),
        "missed": browsers * changes - len(delays),
        "memory_mb": memory,
        "aim": "ratio >= 1, nothing missed, memory_mb < 600",
    }


def _signed_in(user: Any) -> str:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


async def _listen(
    port: int, cookies: list[str], department: int, changes: int
) -> tuple[list[dict[int, float]], dict[int, float]]:
    """Open the streams, make the changes, and wait until all were heard; {event: when} of each browser and of the
    changes.
    """
    heard: list[dict[int, float]] = [{} for _cookie in cookies]
    streams = await asyncio.gather(*(_open(port, cookie) for cookie in cookies))
    tasks = [
        asyncio.create_task(_read(stream, own))
        for (stream, _writer), own in zip(streams, heard, strict=True)
    ]
    told: dict[int, float] = {}
    teller = threading.Thread(target=_tell, args=(department, changes, told))
    teller.start()
    while teller.is_alive():
        await asyncio.sleep(0.1)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and any(len(own) < changes for own in heard):
        await asyncio.sleep(0.1)
    for task in tasks:
        task.cancel()
    for _stream, writer in streams:
        writer.close()
    return heard, told


async def _open(port: int, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nCookie: {settings.SESSION_COOKIE_NAME}={cookie}\r\n\r\n"
    writer.write(head.encode())
    await writer.drain()
    status = await reader.readline()
    assert b" 200 " in status, status
    await reader.readuntil(b"event: clock")
    return reader, writer


async def _read(stream: asyncio.StreamReader, own: dict[int, float]) -> None:
    """Note when each event came; what a read cuts in two is put together again."""
    rest = b""
    while piece := await stream.read(65_536):
        now, text = time.monotonic(), rest + piece
        last = 0
        for found in CHANGE.finditer(text):
            own.setdefault(int(found[1]), now)
            last = found.end()
        rest = text[max(last, len(text) - 200) :]


def _tell(department: int, changes: int, told: dict[int, float]) -> None:
    """Fifty a second, each when its time has come; a change is told from the moment it is true."""
    began = time.monotonic()
    for n in range(changes):
        wait = began + n / RATE - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        publish(kind=Event.Kind.CASE_CHANGED, at=clock.now(), department_id=department)
        at = time.monotonic()
        told[Event.objects.order_by("-id").values_list("id", flat=True)[0]] = at
    connection.close()


def _memory(port: int) -> float:
    """What the web server's processes held at most, in MB."""
    marks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes()
            if f"\0{port}\0".encode() in command:
                held = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
                marks.append(int(held[1]) if held else 0)
        except OSError:
            continue
    return round(sum(marks) / 1024, 1)
