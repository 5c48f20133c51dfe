"""Keeps promises while the queue is dead: sweeps without a broker, and probes our own doors.

One thread, one connection, no state but the time of its last rounds: whatever goes wrong, the next
round starts afresh.
"""

import http.client
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error, connection

from kefu import clock
from kefu.audit import services as audit
from kefu.continuity import standing
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Heartbeat, Interruption
from kefu.deadlines.services.sweep import HEARTBEAT, STALE
from kefu.jobs import services as jobs
from kefu.security import WATCHDOG

log = logging.getLogger(__name__)

ROUND = 1.0  # seconds between two looks at what is to be done
SWEEP_EVERY = 2.0
PROBE_EVERY = 5.0
CHORES_EVERY = 20.0  # as often as beat would
PATIENCE = 3.0  # seconds a door has to answer
DOORS = {Interruption.Door.PAGES: "/healthz", Interruption.Door.API: "/api/v1/"}


@dataclass
class Watchdog:
    """``url`` is where pages and API answer, e.g. ``http://127.0.0.1:8000``."""

    url: str
    monotonic: Callable[[], float] = time.monotonic
    _next: dict[str, float] = field(default_factory=dict)
    _in_trouble: bool = False

    def run(self) -> None:
        """Go round until the process is told to stop."""
        while True:
            self.round()
            time.sleep(ROUND)

    def round(self) -> None:
        """Do what is due; a database out of reach is tried again next time, over a new connection."""
        try:
            if standing.is_dormant():
                return
            # Before the sweep: which fines are held depends on the doors.
            if self._due("probe", PROBE_EVERY):
                self.probe()
            if self._due("sweep", SWEEP_EVERY) and (fired := deadlines.sweep_while_stale()):
                log.warning("no tick for a while: the watchdog fired %d deadlines", fired)
            if self._due("chores", CHORES_EVERY) and tick_is_stale():
                audit.seal_audit(now=clock.now())
                jobs.run_until_next_tick()
        except Error as error:
            connection.close()
            if not self._in_trouble:
                log.warning(
                    "the watchdog cannot use the database, trying on: %s", type(error).__name__
                )
            self._in_trouble = True
        else:
            if self._in_trouble:
                log.warning("the watchdog can use the database again")
            self._in_trouble = False

    def probe(self) -> None:
        """Look at each door. The database's is open if this can be recorded at all."""
        found = {door: answers(self.url + path) for door, path in DOORS.items()}
        found[Interruption.Door.DATABASE] = True
        now = clock.now()
        # A door that was never seen open counts as closed from the first look on.
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=f"door:{door}", beat_at=now) for door in found], ignore_conflicts=True
        )
        for door, is_open in found.items():
            deadlines.record_probe(door=door, open_=is_open, now=now)

    def _due(self, what: str, every: float) -> bool:
        now = self.monotonic()
        if now < self._next.get(what, now):
            return False
        self._next[what] = now + every
        return True


def tick_is_stale() -> bool:
    beat = Heartbeat.objects.filter(name=HEARTBEAT).values_list("beat_at", flat=True).first()
    return beat is None or clock.now() - beat >= STALE


def answers(url: str) -> bool:
    """Whether somebody answers there, and not with an error of ours. A refusal (4xx) is an open door."""
    parts = urlsplit(url)
    https = parts.scheme == "https"
    kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
    door = kind(parts.hostname or "localhost", parts.port, timeout=PATIENCE)
    named = [host for host in settings.ALLOWED_HOSTS if host.strip(".*")]
    headers = {
        "Host": named[0].lstrip(".") if named else parts.netloc,
        "X-Forwarded-Proto": "https",
        "User-Agent": WATCHDOG,
    }
    try:
        door.request("GET", parts.path or "/", headers=headers)
        return door.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        door.close()
