"""The only code that fires a timer."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, transaction

from kefu import clock
from kefu.deadlines.models import Deadline, Heartbeat
from kefu.notifications import services as notifications
from kefu.notifications.models import Event
from kefu.penalties import services as penalties

log = logging.getLogger(__name__)

HERE = Path(__file__).resolve().parents[1]
SWEEP = (HERE / "sweep.sql").read_text(encoding="utf-8")
WARN = (HERE / "warn.sql").read_text(encoding="utf-8")
NEXT = "SELECT clock_timestamp(), kefu_next_moment()"

SWEEP_BATCH = 1_000  # well under a second a batch
TICK = (
    0.95  # seconds a tick sweeps on, a little less than beat's second so that ticks do not pile up
)
SHORTEST_NAP = 0.03  # seconds; what falls due meanwhile goes into one batch
LONGEST_NAP = 0.2  # seconds; a promise started meanwhile is never due sooner
TURN = 3.0  # seconds the watchdog sweeps at a stretch: its probes must not fall silent meanwhile
HEARTBEAT = "sweep"
STALE = timedelta(seconds=10)  # without a tick for so long, the watchdog sweeps


def sweep(*, limit: int = SWEEP_BATCH, only: Sequence[int] | None = None) -> int:
    """Breach the deadlines that have run out, at most ``limit``; return how many.

    1. ``sweep.sql`` claims the oldest due rows that nobody else holds, breaches them as of their due
       time, and writes penalties, timeline and events by what their consequence rows say.
    2. What is payable at once is posted to the journal, in the same transaction.
    3. A row that breaks the statement is found by halves and set aside; the others go through.

    Twice is harmless. ``only`` narrows it to those ids.
    """
    try:
        with transaction.atomic():
            return _sweep(limit, only)
    except OperationalError:
        raise  # the database itself: nothing to set aside, the next tick tries again
    except DatabaseError as error:
        log.warning("a batch of the sweep failed, going on by halves: %s", error)
    now = clock.now()
    due = Deadline.objects.due(now)
    if only is not None:
        due = due.filter(pk__in=only)
    return _sweep_by_halves(list(due.values_list("pk", flat=True)[:limit]))


def _sweep(limit: int, only: Sequence[int] | None) -> int:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            SWEEP, {"now": now, "limit": limit, "only": list(only) if only is not None else None}
        )
        breached, payable = cursor.fetchone()
    if payable:
        penalties.post_payable(ids=payable, at=now)
    if breached:
        transaction.on_commit(notifications.wake_readers, robust=True)
    return int(breached)


def _sweep_by_halves(ids: list[int]) -> int:
    if not ids:
        return 0
    try:
        with transaction.atomic():
            return _sweep(len(ids), ids)
    except OperationalError:
        raise
    except DatabaseError as error:
        if len(ids) == 1:
            _set_aside(ids[0], str(error))
            return 0
    middle = len(ids) // 2
    return _sweep_by_halves(ids[:middle]) + _sweep_by_halves(ids[middle:])


@transaction.atomic
def _set_aside(pk: int, reason: str) -> None:
    """Take a row that cannot fire out of the sweep, where people see it."""
    log.error("deadline %s is set aside: %s", pk, reason)
    deadline = Deadline.objects.select_for_update(no_key=True).get(pk=pk)
    if deadline.state != Deadline.State.RUNNING:
        return
    deadline.state = Deadline.State.SET_ASIDE
    deadline.set_aside_reason = reason.splitlines()[0][:300]
    deadline.save(update_fields=["state", "set_aside_reason"])
    notifications.publish(
        kind=Event.Kind.SET_ASIDE,
        at=clock.now(),
        department_id=deadline.department_id,
        case_id=deadline.case_id,
        data={"deadline": pk},
    )


def warn(*, limit: int = SWEEP_BATCH) -> int:
    """Send the warnings that are due (``warn.sql``); return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WARN, {"now": clock.now(), "limit": limit})
        sent = int(cursor.fetchone()[0])
        if sent:
            transaction.on_commit(notifications.wake_readers, robust=True)
    return sent


def next_moment() -> tuple[datetime, datetime | None]:
    """Return the database's instant and the next one at which there is something to fire or warn of."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT)
        now, moment = cursor.fetchone()
    return settings.KEFU_NOW or now, moment


def sweep_until_next_tick(*, seconds: float = TICK) -> int:
    """Sweep on until the next tick is due, asleep until the next due time; return how many breached."""
    until = time.monotonic() + seconds
    fired = 0
    beat()
    while True:
        now, moment = next_moment()
        if moment is not None and moment < now:
            fired += sweep()
            warn()
        left = until - time.monotonic()
        if left <= 0:
            return fired
        wait = (moment - now).total_seconds() if moment is not None else LONGEST_NAP
        time.sleep(min(max(wait, SHORTEST_NAP), LONGEST_NAP, left))


def beat() -> None:
    """Show that somebody sweeps."""
    now = clock.now()
    Heartbeat.objects.update_or_create(name=HEARTBEAT, defaults={"beat_at": now})


def sweep_while_stale() -> int:
    """For the watchdog: sweep directly, without broker or worker, while no tick shows itself.

    The heartbeat is left as it is, so that whoever looks at it still sees that ticks are missing.
    """
    now = clock.now()
    last = Heartbeat.objects.filter(name=HEARTBEAT).values_list("beat_at", flat=True).first()
    if last is not None and now - last < STALE:
        return 0
    until = time.monotonic() + TURN
    fired = 0
    while time.monotonic() < until and (batch := sweep()):
        fired += batch
    warn()
    return fired
