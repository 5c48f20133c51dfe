"""Rows of a brought table take over from a day on; what held before it ends then and stays as it was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from kefu.clock import SHANGHAI
from kefu.errors import KefuError
from kefu.jobs.models import Job
from kefu.knowledge.models import Coverage, Edition, Rate

Row = TypeVar("Row", Coverage, Rate)
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of new rows, by their position: filed, there already, or said otherwise before by the same table."""

    filed: Sequence[int]
    known: Sequence[int]
    contradicting: Sequence[int]


def lock(kind: Edition.Kind) -> None:
    """Until the transaction ends nobody else brings rows of this kind: two who do it at once queue up here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext('knowledge'), hashtext(%s))", [kind.value]
        )


def edition_of(job: Job, kind: Edition.Kind, effective_on: date, now: datetime) -> Edition:
    """The edition that a job brings, numbered when its first chunk is written. The lock is held.

    Raises KefuError for a day before the table was brought: what was valid yesterday stays.
    """
    found = Edition.objects.filter(job=job).first()
    if found is not None:
        return found
    if effective_on < job.created_at.astimezone(SHANGHAI).date():
        raise KefuError(
            _("生效日期不能早于今天：昨天有效的不改写"), code="effective_past", field="effective_on"
        )
    last = Edition.objects.filter(kind=kind).aggregate(last=Max("number"))["last"] or 0
    return Edition.objects.create(
        kind=kind,
        number=last + 1,
        title=job.title,
        effective_on=effective_on,
        job=job,
        brought_by=job.created_by,
        brought_at=now,
    )


def supersede(
    edition: Edition,
    rows: Sequence[Row | None],
    *,
    keys: Sequence[Key],
    existing: Mapping[Key, Sequence[Row]],
    said: Sequence[str],
) -> Taken:
    """Let ``rows`` hold from the edition's day on, each under its key; None: what held under the key ends.

    ``existing``: what holds then or later, by key; ``said``: the fields that make two rows alike. What holds earlier
    ends on the day; what was to begin later still does, and the new row ends where it begins. The same again changes
    nothing.
    """
    day, new, ended = edition.effective_on, [], []
    filed, known, contradicting = [], [], []
    for place, (row, key) in enumerate(zip(rows, keys, strict=True)):
        there = existing.get(key, ())
        now_valid = next((one for one in there if one.valid_from <= day), None)
        later = [one.valid_from for one in there if one.valid_from > day]
        if row is None and now_valid is None:
            known.append(place)
            continue
        if row is not None and now_valid is not None and _alike(row, now_valid, said):
            known.append(place)
            continue
        if now_valid is not None:
            if now_valid.edition_id == edition.pk:
                contradicting.append(place)
                continue
            now_valid.valid_to = day
            ended.append(now_valid)
        if row is not None:
            row.edition, row.valid_from = edition, day
            row.valid_to = min(later, default=None)
            new.append(row)
        filed.append(place)
    for model in {type(one) for one in ended}:
        model.objects.bulk_update([one for one in ended if type(one) is model], ["valid_to"])
    for model in {type(one) for one in new}:
        model.objects.bulk_create([one for one in new if type(one) is model])
    return Taken(filed, known, contradicting)


def _alike(one: Row, other: Row, said: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in said)
