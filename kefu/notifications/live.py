"""The live stream: one reader of the outbox a process, one queue a browser.

Redis says when to look; without it the reader looks every second by itself, so a lost or missing
wake-up costs at most that second. Runs in the event loop of the ASGI process that serves the streams.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis.asyncio
from django.conf import settings
from django.db import Error, close_old_connections

from kefu import clock
from kefu.notifications.outbox import News, Place, Reader, here, read
from kefu.notifications.services import CHANNEL

log = logging.getLogger(__name__)

LOOK = 1.0  # seconds between looks when nobody wakes us
BEAT = 15.0  # seconds between two signs of life: proxies close what is silent for long
LIFE = 600.0  # seconds a stream lasts; the next one proves again that its user may listen
BATCH = 500
BACKLOG = 500  # events a browser catches up on; after a longer absence it loads the page anew
QUEUE = (
    200  # events a slow browser may be behind before its stream is ended; it resumes where it was
)
STREAMS = 2_000
# Whose account ends, or has another password, hears no more, even on a page that is still open.
CLOSED = frozenset({"account.closed", "password.changed"})

# One thread reads for all, with one database connection.
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live")


class TooManyStreams(Exception):
    """This process serves as many streams as it can."""


async def _in_thread(function: Callable[..., Any], *args: Any) -> Any:
    def call() -> Any:
        close_old_connections()
        try:
            return function(*args)
        finally:
            close_old_connections()

    return await asyncio.get_running_loop().run_in_executor(_thread, call)


@dataclass(frozen=True, slots=True)
class Change:
    """One event as it goes out. Most readers are told the same words of it, so these are written once."""

    news: News
    now: datetime  # when it was read
    words: bytes

    def to(self, reader: Reader) -> bytes:
        mine = self.news.user_id is not None and self.news.user_id == reader.user_id
        return _change(self.news, reader, self.now) if mine else self.words


class Listener:
    """One browser's queue."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.queue: asyncio.Queue[Change] = asyncio.Queue(QUEUE)
        self.overrun = False

    def offer(self, change: Change) -> None:
        try:
            self.queue.put_nowait(change)
        except asyncio.QueueFull:
            self.overrun = True

    async def changes(self) -> list[Change]:
        """What has come since it was asked last, at least one; waits for it. Raises TimeoutError after a beat."""
        found = [await asyncio.wait_for(self.queue.get(), BEAT)]
        while not self.queue.empty():
            found.append(self.queue.get_nowait())
        return found


class Hub:
    """Reads the outbox while somebody listens, and hands each event to those who should hear it."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def join(self, reader: Reader) -> Listener:
        if len(self.listeners) >= STREAMS:
            raise TooManyStreams
        listener = Listener(reader)
        self.listeners.add(listener)
        loop = asyncio.get_running_loop()
        if self._loop is not loop or not self._tasks or any(task.done() for task in self._tasks):
            self._stop()
            self._loop, self._wake = loop, asyncio.Event()
            self._tasks = [loop.create_task(self._follow()), loop.create_task(self._subscribe())]
        return listener

    def leave(self, listener: Listener) -> None:
        self.listeners.discard(listener)
        if not self.listeners:
            self._stop()

    def _stop(self) -> None:
        for task in self._tasks:
            if not task.get_loop().is_closed():
                task.cancel()
        self._tasks = []

    async def _follow(self) -> None:
        place: Place | None = None
        while True:
            try:
                if place is None:
                    place = await _in_thread(here)
                batch = await _in_thread(_read_on, place)
            except Error as error:
                log.warning("the outbox could not be read: %s", error)
                batch = []
            for change in batch:
                place = change.news.place
                for listener in self.listeners:
                    if listener.reader.hears(change.news):
                        listener.offer(change)
            if len(batch) < BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK)
                self._wake.clear()

    async def _subscribe(self) -> None:
        while True:
            # A subscription is silent by nature: no read time-out.
            client = redis.asyncio.Redis.from_url(
                settings.REDIS_URL, socket_timeout=None, socket_connect_timeout=2, retry=None
            )
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for _message in subscription.listen():
                        self._wake.set()
            except (redis.RedisError, OSError) as error:
                log.info("no wake-ups for now: %s", error)
            finally:
                await client.aclose()
            await asyncio.sleep(2)


hub = Hub()


def _read_on(after: Place) -> list[Change]:
    batch = read(after=after, limit=BATCH)
    if not batch:
        return []
    now = clock.now()
    return [Change(news, now, _change(news, NOBODY, now)) for news in batch]


def _event(name: str, data: dict[str, Any], place: Place | None = None) -> bytes:
    head = f"id: {place}\n" if place is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode()


NOBODY = Reader(0, None)  # whose nothing is


def _change(news: News, reader: Reader, now: datetime) -> bytes:
    return _event("change", {**news.to_json(reader), "now": now.isoformat()}, news.place)


def _closes(news: News, reader: Reader) -> bool:
    return news.kind in CLOSED and news.user_id == reader.user_id


async def stream(*, reader: Reader, after: Place | None) -> AsyncIterator[bytes]:
    """Yield the stream of one browser from ``after`` on: what it missed, then what comes.

    The first word and every fifteenth second carry the server's time, which the browser's countdowns follow.
    """
    listener = hub.join(reader)
    try:
        start = after or await _in_thread(here)
        yield b"retry: 2000\n\n" + _event(
            "clock", {"now": (await _in_thread(clock.now)).isoformat()}
        )
        missed = await _in_thread(lambda: read(after=start, limit=BACKLOG + 1, reader=reader))
        now = await _in_thread(clock.now)
        if len(missed) > BACKLOG:
            start = await _in_thread(here)
            yield _event("change", {"reset": True, "now": now.isoformat()}, start)
        else:
            for news in missed:
                if _closes(news, reader):
                    return
                start = news.place
                yield _change(news, reader, now)
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFE
        while loop.time() < end and not listener.overrun:
            try:
                changes = await listener.changes()
            except TimeoutError:
                now = await _in_thread(clock.now)
                yield b": still here\n\n" + _event("clock", {"now": now.isoformat()})
                continue
            # The hub may offer again what the catch-up has told.
            new = [change for change in changes if change.news.place > start]
            ends = next((n for n, one in enumerate(new) if _closes(one.news, reader)), len(new))
            if ends:
                start = new[ends - 1].news.place
                yield b"".join(change.to(reader) for change in new[:ends])
            if ends < len(new):
                return
    finally:
        hub.leave(listener)
