"""Changing the key of personal data while people work.

Columns that otherwise never change may be sealed anew: each table's owner granted ``UPDATE`` on its sealed columns
alone, and its trigger looks at all others. No function with the owner's rights stands between: the database cannot
open a seal, so it could not tell a value sealed anew from another one, and whoever holds the keys could call it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kefu.audit import services as audit
from kefu.privacy.keys import KeyRing, encryption_keys
from kefu.privacy.places import places
from kefu.retention.models import SealCount

BATCH = 500  # rows; about 30 ms, during which somebody who saves one of them waits
PASSES = 3  # over rows that were held by somebody else
FRESH = timedelta(hours=20)  # counts younger than this are not taken anew by the clock


@dataclass(slots=True)
class Rotation:
    """What a run did: per column, how many values were sealed anew, could not be, and are left."""

    current: str
    resealed: dict[str, int] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)  # keys of rows
    left: dict[str, int] = field(default_factory=dict)  # held by somebody all the while, or broken
    removable: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)  # beside the current one
    missing: list[str] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not (self.left or self.missing)


def rotate(
    *,
    now: datetime,
    batch: int = BATCH,
    say: Callable[[str, int, int], object] = lambda _place, _done, _all: None,
) -> Rotation:
    """Seal every value anew that does not stand under the current key; twice is harmless, so is being killed.

    Batches commit one by one and skip rows that somebody holds; these come with the next pass. ``say`` hears of the
    column, how many are done and how many there were to do. Raises KeysMissing.
    """
    ring = encryption_keys()
    run = Rotation(current=ring.current_id)
    for place in places():
        todo = _behind(place.counts(), ring)
        done, broken = 0, set[str]()
        for _pass in range(PASSES):
            if done + len(broken) >= todo:
                break
            after: Any = None
            while True:
                step = place.reseal(after=after, limit=batch, ring=ring)
                done += step.resealed
                broken.update(step.broken)
                if step.after is None:
                    break
                after = step.after
                say(place.name, done, todo)
        if done:
            run.resealed[place.name] = done
        if broken:
            run.broken[place.name] = sorted(broken)
    counted = count(now=now)
    for row in counted:
        if row.key_id != ring.current_id:
            run.left[row.place] = run.left.get(row.place, 0) + row.blobs
    used = {row.key_id for row in counted}
    run.needed = sorted(used & set(ring.ids) - {ring.current_id})
    run.removable = [key for key in ring.ids if key not in used and key != ring.current_id]
    run.missing = sorted(used - set(ring.ids))
    if run.resealed:
        audit.record(
            action="keys_rotated",
            actor=None,
            at=now,
            table=SealCount._meta.db_table,
            object_id=run.current,
            after={"resealed": run.resealed, "left": run.left},
        )
    return run


def _behind(counts: dict[str, int], ring: KeyRing) -> int:
    return sum(n for key, n in counts.items() if key != ring.current_id)


def count(*, now: datetime) -> list[SealCount]:
    """Count every sealed value by its key, and keep the numbers for the page and for ``check``."""
    rows = [
        SealCount(place=place.name, key_id=key, blobs=n, counted_at=now)
        for place in places()
        for key, n in sorted(place.counts().items())
    ]
    with transaction.atomic():
        # Counted for seconds, written at once: of two who count the later one's numbers stand.
        SealCount.objects.all().delete()
        SealCount.objects.bulk_create(rows, ignore_conflicts=True)
    return rows


def count_daily(*, now: datetime) -> bool:
    """Count once a day; False where it was done lately."""
    if SealCount.objects.filter(counted_at__gt=now - FRESH).exists():
        return False
    count(now=now)
    return True
