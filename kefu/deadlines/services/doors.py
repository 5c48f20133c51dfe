"""Our own doors: when one was closed, what fell due behind it is held for a supervisor."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from kefu.deadlines.models import Consequence, Heartbeat, Interruption
from kefu.penalties import services as penalties
from kefu.penalties.models import Penalty

GAP = timedelta(seconds=15)  # three probes of five seconds missed


@transaction.atomic
def record_probe(*, door: Interruption.Door, open_: bool, now: datetime) -> None:
    """Record what a probe of ``door`` found.

    A door found open after a silence of more than ``GAP`` was closed in between: that stretch becomes
    an Interruption. A door found closed leaves its last sign of life standing, and the sweep counts
    the door as closed from there. What the sweep decided before anybody could know is held now.
    """
    name = f"door:{door}"
    beat = Heartbeat.objects.select_for_update(no_key=True).filter(name=name).first()
    if beat is not None and now - beat.beat_at > GAP:
        _hold(door=door, since=beat.beat_at, until=now)
        if open_:
            Interruption.objects.create(door=door, started_at=beat.beat_at, ended_at=now)
    if open_:
        latest = max(now, beat.beat_at) if beat else now
        Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": latest})


def _hold(*, door: Interruption.Door, since: datetime, until: datetime) -> None:
    """Hold what was incurred behind the closed door and costs nobody anything yet."""
    behind = Consequence.objects.filter(
        deadline=OuterRef("deadline"), clause=OuterRef("clause"), party=OuterRef("party")
    )
    if door != Interruption.Door.DATABASE:
        behind = behind.filter(door=door)
    provisional = Penalty.objects.provisional().filter(incurred_at__range=(since, until))
    for penalty in provisional.filter(Exists(behind)).select_related("case").order_by("case", "pk"):
        penalties.hold(penalty=penalty, now=until)
