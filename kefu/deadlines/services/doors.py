"""Our own doors: when one was closed, what fell due behind it is held for a supervisor."""

from datetime import datetime, timedelta

from django.db import transaction

from kefu.deadlines.models import Heartbeat, Interruption

GAP = timedelta(seconds=15)  # three probes of five seconds missed


@transaction.atomic
def record_probe(*, door: Interruption.Door, open_: bool, now: datetime) -> None:
    """Record what a probe of ``door`` found.

    A door found open after a silence of more than ``GAP`` was closed in between: that stretch becomes
    an Interruption. A door found closed leaves its last sign of life standing, and the sweep counts
    the door as closed from there.
    """
    if not open_:
        return
    beat, new = Heartbeat.objects.select_for_update().get_or_create(
        name=f"door:{door}", defaults={"beat_at": now}
    )
    if new:
        return
    if now - beat.beat_at > GAP:
        Interruption.objects.create(door=door, started_at=beat.beat_at, ended_at=now)
    beat.beat_at = max(now, beat.beat_at)
    beat.save(update_fields=["beat_at"])
