"""Sends what is due, as a process of its own: looks, claims, sends beside each other, records as each comes back."""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import ExitStack
from threading import Event
from typing import Self

from django.db import InterfaceError, OperationalError, close_old_connections

from kefu import clock
from kefu.continuity import standing
from kefu.webhooks import queue
from kefu.webhooks.models import Delivery
from kefu.webhooks.posting import Answer, Error, Post

log = logging.getLogger(__name__)

ROOM = (
    256  # letters under way; sixty endpoints that hang fill it, and each for five seconds at most
)
LOOK = 0.5  # seconds between two looks for new events
GLANCE = 0.1  # seconds waited for an answer before looking whether more is due
GATHER = 0.03  # seconds after the first answer in which others come along: one look at the database for all of them
DATABASE_PAUSE = 2.0  # seconds


class Sender:
    """Those under way, and the post that carries them."""

    def __init__(self) -> None:
        self._flying: dict[Future[Answer], Delivery] = {}
        self._looked = -LOOK
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._post = self._stack.enter_context(Post(ROOM))
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def step(self) -> bool:
        """Send what is due, record what came back; return whether anything is under way."""
        if time.monotonic() - self._looked >= LOOK:
            queue.fan_out(now=clock.now())
            self._looked = time.monotonic()
        now = clock.now()
        for delivery in queue.claim(room=ROOM - len(self._flying), now=now):
            try:
                letter = queue.letter(delivery, now=now)
            except (OperationalError, InterfaceError):
                raise
            except (
                Exception
            ):  # e.g. a secret that cannot be unsealed: only this one waits, and dies in the end
                log.exception("webhook delivery %s cannot be written", delivery.pk)
                queue.record([(delivery, Answer(None, Error.FAILED, 0))], now=now)
            else:
                self._flying[self._post.send(letter)] = delivery
        return self.collect()

    def collect(self) -> bool:
        """Record what came back; return whether anything is still under way, or was."""
        if not self._flying:
            return False
        done, _under_way = wait(self._flying, timeout=GLANCE, return_when=FIRST_COMPLETED)
        if done:
            done, _under_way = wait(self._flying, timeout=GATHER)
            results = [(self._flying[future], future.result()) for future in done]
            queue.record(results, now=clock.now())
            for future in done:
                del self._flying[future]
        return True


def deliver_due() -> None:
    """Send what is due until nothing is left that is."""
    with Sender() as sender:
        while sender.step():
            pass


def run(stop: Event) -> None:
    """Send until told to stop; what is under way then is waited for."""
    with Sender() as sender:
        while not stop.is_set():
            try:
                if standing.is_dormant() or not sender.step():
                    stop.wait(LOOK)
            except (OperationalError, InterfaceError) as error:
                log.warning("webhooks wait for the database: %s", error)
                close_old_connections()
                stop.wait(DATABASE_PAUSE)
        while sender.collect():
            pass
