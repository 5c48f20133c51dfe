"""Reads worth a name: which keys are still needed; what is kept how long, and what is due."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Max, QuerySet, Sum

from kefu.privacy.keys import encryption_keys
from kefu.privacy.places import places
from kefu.retention.due import Period, due_count, periods
from kefu.retention.models import Destroyed, SealCount, Unit

__all__ = [
    "KeyUse",
    "Period",
    "blobs_by_key",
    "destroyed",
    "due_count",
    "key_uses",
    "periods",
    "withheld",
]


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key: of the settings, or named by a value although the settings lack it (``held``)."""

    key_id: str
    current: bool
    held: bool
    blobs: int
    counted_at: datetime | None

    @property
    def removable(self) -> bool:
        """Nothing stood under it when last counted: it may be taken out of the settings."""
        return self.held and not self.current and not self.blobs and self.counted_at is not None


def key_uses() -> list[KeyUse]:
    """Every key that is configured or still needed, the current one first. Raises KeysMissing."""
    ring = encryption_keys()
    counted = {
        row["key_id"]: row["n"]
        for row in SealCount.objects.values("key_id").annotate(n=Sum("blobs")).order_by("key_id")
    }
    at = SealCount.objects.aggregate(at=Max("counted_at"))["at"]
    names = [*ring.ids, *sorted(set(counted) - set(ring.ids))]
    return [
        KeyUse(name, name == ring.current_id, name in ring.ids, counted.get(name, 0), at)
        for name in names
    ]


def blobs_by_key() -> dict[str, dict[str, int]]:
    """Counted now: of each column that holds sealed values, how many stand under each key."""
    return {place.name: place.counts() for place in places()}


def destroyed(kind: str) -> QuerySet[Destroyed, int]:
    """The cases of which this kind of data was destroyed, as a subquery of their keys."""
    return Destroyed.objects.filter(unit=Unit.CASE, kind=kind, restricted=False).values_list(
        "object_id", flat=True
    )


def withheld(table: str, pk: int, what: str) -> list[str]:
    """What of a row is kept without being used any more: beginnings of names, "" for all (``kefu.cases.reveal``)."""
    if table == "parcels_waybill":
        units = Destroyed.objects.filter(
            unit__in=(Unit.WAYBILL_SENDER, Unit.WAYBILL_RECEIVER), object_id=pk, restricted=True
        ).values_list("unit", flat=True)
        return [f"{unit.removeprefix('waybill_')}_" for unit in units]
    with connection.cursor() as cursor:
        cursor.execute("SELECT kefu_withheld(%s, %s, %s)", [table, pk, what == "photos"])
        return [""] if cursor.fetchone() == (True,) else []
