"""Destroying what is due, in batches, with a record of each; the same night, or any other, as often as one likes."""

import logging
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from kefu.audit import services as audit
from kefu.audit.models import AuditSeal
from kefu.cases.models import Case
from kefu.clock import SHANGHAI
from kefu.errors import Conflict, KefuError, NotAllowed
from kefu.privacy import redact
from kefu.retention.due import Period, due_rows, periods
from kefu.retention.models import REASON_LIMIT, Hold, Sort, Unit

log = logging.getLogger(__name__)

BATCH = 200  # cases; about half a second, with all that belongs to them
SLICE = 30.0  # seconds a task works on before it lets go
GRACE = timedelta(days=2)  # of nights that were missed, before ``verify`` speaks of it
HOLD = "retention.hold_case"
SHORTEST_REASON = 4  # characters
FROM, TO = wall_time(1, 0), wall_time(6, 0)  # of Shanghai: nobody works


def destroy_nightly(*, now: datetime) -> int:
    """Destroy what is due, by night only; return how many objects."""
    if not FROM <= now.astimezone(SHANGHAI).time() < TO:
        return 0
    return destroy_due(now=now) + drop_months(now=now)


def destroy_due(*, now: datetime, batch: int = BATCH, seconds: float = SLICE) -> int:
    """Destroy what has to be destroyed by the rulebooks in force, the oldest first, for about ``seconds``.

    Each batch is one transaction: the values go, and the record comes, or neither. What is open, appealed against or
    held is not touched; what somebody works on comes the next time.
    """
    until, destroyed = time.monotonic() + seconds, 0
    for period in periods(now=now):
        while period.must and time.monotonic() < until:
            with transaction.atomic():
                rows = due_rows(period, limit=batch)
                done = destroy(period=period, rows=rows, now=now) if rows else []
            destroyed += len(done)
            if len(done) < batch:
                break
    return destroyed


def destroy(
    *,
    period: Period,
    rows: Sequence[tuple[int, date]],
    actor: Any = None,
    request_id: int | None = None,
    restrict_only: bool = False,
    now: datetime,
) -> list[int]:
    """Destroy one kind of data of these objects (key, day it was kept from); return the keys of those it was done to."""
    days = [since for _pk, since in rows]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT kefu_destroy(%s, %s, %s::bigint[], %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                str(period.unit),
                str(period.kind),
                [pk for pk, _since in rows],
                restrict_only,
                min(days),
                max(days),
                period.clause,
                period.rulebook_id,
                actor.pk if actor else None,
                request_id,
                now,
            ],
        )
        done: list[int] = cursor.fetchone()[0]
        if done:
            audit.record(
                action="data_restricted" if restrict_only else "data_destroyed",
                actor=actor,
                at=now,
                table="retention_destruction",
                object_id=str(period.unit),
                after={"kind": str(period.kind), "objects": len(done), "clause": period.clause},
            )
        return done


def drop_months(*, now: datetime) -> int:
    """Drop the months of the big tables whose time is over; of the audit an anchor stays. Return how many went."""
    dropped = 0
    for parent, months in (
        ("audit_row", settings.KEFU_AUDIT_MONTHS),
        ("parcels_scan", _months_of_scans(now)),
    ):
        if months is None:
            continue
        for first in _old_months(parent, now, months):
            try:
                dropped += _drop(parent, first, now)
            except OperationalError as error:  # somebody reads it: the next run tries again
                log.warning("%s of %s was not dropped: %s", first, parent, type(error).__name__)
    return dropped


def _months_of_scans(now: datetime) -> int | None:
    """As the rulebook keeps logistics data; None where none does."""
    of = [p for p in periods(now=now) if p.unit == Unit.WAYBILL and p.kind == Sort.LOGISTICS_DATA]
    for period in of:
        factor = {"years": 12, "months": 1}.get(period.keep_unit)
        if period.must and factor:
            return period.keep * factor
    return None


def _old_months(parent: str, now: datetime, months: int) -> list[date]:
    today = now.astimezone(SHANGHAI).date()
    # The month itself has to be over for so long.
    index = today.year * 12 + today.month - 1 - months - 1
    newest = date(index // 12, index % 12 + 1, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            r"""SELECT to_date(right(c.relname, 6), 'YYYYMM') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = %s::regclass AND c.relname ~ '_\d{6}$' ORDER BY 1""",
            [parent],
        )
        return [month for (month,) in cursor.fetchall() if month <= newest]


@transaction.atomic
def _drop(parent: str, first: date, now: datetime) -> int:
    clause, rulebook_id, signature = "", None, None
    if parent == "audit_row":
        seals = list(AuditSeal.objects.filter(month=first).order_by("number"))
        if seals:
            signature = audit.anchor_signature(
                month=first,
                rows=sum(seal.rows for seal in seals),
                links=seals[-1].number,
                digest=bytes(seals[-1].digest),
            )
    else:
        period = next(p for p in periods(now=now) if p.unit == Unit.WAYBILL)
        clause, rulebook_id = period.clause, period.rulebook_id
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kefu_drop_month(%s, %s, %s, %s, %s, %s)",
            [parent, first, clause, rulebook_id, now, signature],
        )
        return 0 if cursor.fetchone()[0] is None else 1


@transaction.atomic
def hold(*, case: Case, reason: str, actor: Any, now: datetime) -> Hold:
    """Keep everything of a case and its parcel until somebody else lifts it. Raises NotAllowed, KefuError, Conflict."""
    if not actor.has_perm(HOLD):
        raise NotAllowed(_("你的角色不能暂缓销毁"))
    reason = _reason(reason)
    # Locked like a destruction does: one of the two comes first.
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    if Hold.objects.filter(case=case, lifted_at=None).exists():
        raise Conflict(_("这张工单已经暂缓销毁"), code="already_held")
    made = Hold.objects.create(case=case, reason=reason, placed_by=actor, placed_at=now)
    _told("hold_placed", made, actor, now)
    return made


@transaction.atomic
def lift(*, hold: Hold, reason: str, actor: Any, now: datetime) -> None:
    """Let a case's time run on; never by whoever placed the hold. Raises NotAllowed, KefuError, Conflict."""
    if not actor.has_perm(HOLD):
        raise NotAllowed(_("你的角色不能解除暂缓"))
    reason = _reason(reason)
    locked = Hold.objects.select_for_update(no_key=True).get(pk=hold.pk)
    if locked.lifted_at is not None:
        raise Conflict(_("这个暂缓已经解除"), code="already_lifted")
    if locked.placed_by_id == actor.pk:
        raise Conflict(_("解除要由暂缓人以外的另一位主管办理"), code="own_hold")
    locked.lifted_by, locked.lifted_at, locked.lifted_for = actor, now, reason
    locked.save(update_fields=["lifted_by", "lifted_at", "lifted_for"])
    _told("hold_lifted", locked, actor, now)


def _reason(text: str) -> str:
    reason = redact.clean(text, max_length=REASON_LIMIT, field="reason", multiline=False)
    if len(reason) < SHORTEST_REASON:
        raise KefuError(_("请写明理由"), code="reason_required", field="reason")
    return redact.redact(reason)[:REASON_LIMIT]


def _told(action: str, hold: Hold, actor: Any, now: datetime) -> None:
    table = Hold._meta.db_table
    audit.record(
        action=action,
        actor=actor,
        at=now,
        table=table,
        object_id=hold.pk,
        after={"case": hold.case.number},
    )
