"""Whether this installation can keep its promises right now."""

import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import Error, connection

from kefu.continuity import standing
from kefu.deadlines.services.sweep import HEARTBEAT

TIMER_LAG = timedelta(seconds=60)  # an overdue promise that nobody has fired yet
HEARTBEAT_GAP = timedelta(minutes=2)  # no tick of the sweep
EVENT_LAG = timedelta(minutes=5)  # an event that readers cannot reach yet
AUDIT_LAG = timedelta(
    minutes=5
)  # an audit row outside the hash chain; sealed within a minute in health
CLOCK_DIFFERENCE = timedelta(seconds=5)  # between this host and the database
DISK_FREE = 500_000_000  # bytes

# Ages in seconds by the database's clock, NULL where there is nothing.
STATE = """
WITH horizon AS (SELECT kefu_horizon() AS txid),
     sealed AS (SELECT coalesce(max(last_txid), 0) AS txid FROM audit_auditseal)
SELECT extract(epoch FROM clock_timestamp())::float8,
       (SELECT extract(epoch FROM clock_timestamp() - due_at)::float8 FROM deadlines_deadline
        WHERE state = 'running' AND due_at < clock_timestamp() ORDER BY due_at, id LIMIT 1),
       (SELECT extract(epoch FROM clock_timestamp() - beat_at)::float8 FROM deadlines_heartbeat WHERE name = %(heartbeat)s),
       (SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM notifications_event, horizon
        WHERE notifications_event.txid >= horizon.txid ORDER BY notifications_event.txid, id LIMIT 1),
       (SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM audit_row, sealed
        WHERE audit_row.txid > sealed.txid ORDER BY audit_row.txid, id LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """One measure with its limit; ``value`` is None where there is nothing to measure."""

    name: str
    ok: bool
    value: float | None
    limit: float

    def to_json(self) -> dict[str, Any]:
        return {"ok": self.ok, "value": self.value, "limit": self.limit}


def readings() -> list[Reading]:
    """Measure everything; with the database out of reach only that and the disk are told."""
    found = [_disk()]
    asked = time.time()
    try:
        with connection.cursor() as cursor:
            cursor.execute(STATE, {"heartbeat": HEARTBEAT})
            now, timer, heartbeat, event, audit = cursor.fetchone()
        asleep = standing.is_dormant()
    except Error:  # also when no connection can be had
        return [Reading("database", False, None, 0), *found]
    middle = (asked + time.time()) / 2
    return [
        Reading("database", True, round(time.time() - asked, 3), 0),
        Reading("active", not asleep, float(not asleep), 1),  # a restored copy keeps no promise
        _at_most("timer_lag_seconds", timer, TIMER_LAG),
        # Without any heartbeat nobody has ever swept.
        _at_most("heartbeat_age_seconds", heartbeat, HEARTBEAT_GAP, missing_is_well=False),
        _at_most("event_lag_seconds", event, EVENT_LAG),
        _at_most("audit_lag_seconds", audit, AUDIT_LAG),
        _at_most("clock_difference_seconds", abs(middle - now), CLOCK_DIFFERENCE),
        *found,
    ]


def _at_most(
    name: str, value: float | None, limit: timedelta, *, missing_is_well: bool = True
) -> Reading:
    most = limit.total_seconds()
    well = missing_is_well if value is None else value <= most
    return Reading(name, well, None if value is None else round(value, 3), most)


def _disk() -> Reading:
    """Free bytes where attachments go."""
    place = Path(settings.MEDIA_ROOT or settings.BASE_DIR)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    return Reading("disk_free_bytes", free >= DISK_FREE, free, DISK_FREE)
