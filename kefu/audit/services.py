"""Record acts that no trigger can see, above all a look at personal data."""

import hmac
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from kefu.audit.models import AuditRow, AuditSeal
from kefu.privacy.keys import lookup_key

SEAL_BATCH = 5_000  # rows a link


def record(
    *,
    action: str,
    actor: Any,
    at: datetime,
    table: str = "",
    object_id: object = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    address: str = "",
    request_id: str = "",
) -> AuditRow:
    """Append one audit row in the caller's transaction. Values must be masked already."""
    return AuditRow.objects.create(
        at=at,
        actor_id=actor.pk if actor else None,
        actor_name=actor.username if actor else "",
        role=actor.role if actor else "",
        action=action,
        table=table,
        object_id=str(object_id),
        before=before,
        after=after,
        reason=reason,
        address=address,
        request_id=request_id,
    )


@transaction.atomic(durable=True)
def record_reveal(
    *,
    table: str,
    object_id: object,
    fields: list[str],
    reason: str,
    actor: Any,
    at: datetime,
    address: str = "",
    request_id: str = "",
) -> None:
    """Record that personal data is about to be shown; committed before the data leaves (durable)."""
    record(
        action="reveal",
        actor=actor,
        at=at,
        table=table,
        object_id=object_id,
        after={"fields": fields},
        reason=reason,
        address=address,
        request_id=request_id,
    )


SEAL = """
WITH last AS (
    SELECT coalesce(max(last_txid), 0) AS txid FROM audit_auditseal
), cut AS (  -- whole transactions only, so that a link never splits one; found on the index, not by reading all
    SELECT coalesce(
        (SELECT r.txid FROM audit_row r, last WHERE r.txid > last.txid ORDER BY r.txid, r.id OFFSET %(batch)s LIMIT 1),
        9223372036854775807) AS txid
)
SELECT date_trunc('month', r.at AT TIME ZONE 'Asia/Shanghai')::date AS month, min(r.txid), max(r.txid), count(*),
       sha256(convert_to(string_agg(kefu_audit_line(r), E'\\n' ORDER BY r.txid, r.id), 'UTF8'))
FROM audit_row r, last, cut
WHERE r.txid > last.txid AND r.txid <= cut.txid AND r.txid < kefu_horizon()
GROUP BY month ORDER BY month
"""


@transaction.atomic
def seal_audit(*, now: datetime) -> int:
    """Add one link to the chain of each month that has unsealed rows; return how many rows it covers.

    Each link's digest is SHA-256 over the month's link before it and the rows' own digest, so that a
    changed, added or removed row anywhere breaks every later link.
    """
    sealed = 0
    with connection.cursor() as cursor:
        # One sealer at a time; writers are not held up.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('kefu.audit.seal'))")
        cursor.execute(SEAL, {"batch": SEAL_BATCH})
        for month, first, last, rows, digest in cursor.fetchall():
            before = AuditSeal.objects.filter(month=month).order_by("-number").first()
            cursor.execute(
                "SELECT sha256(%s || %s)",
                [bytes(before.digest) if before else b"", bytes(digest)],
            )
            AuditSeal.objects.create(
                month=month,
                number=before.number + 1 if before else 1,
                first_txid=first,
                last_txid=last,
                rows=rows,
                digest=cursor.fetchone()[0],
                sealed_at=now,
            )
            sealed += rows
    return sealed


def anchor_signature(*, month: date, rows: int, links: int, digest: bytes) -> bytes:
    """Sign what is left of a month that is dropped, under the key that is never rotated. Raises KeysMissing."""
    said = f"audit-anchor:{month:%Y-%m}:{rows}:{links}:{digest.hex()}"
    return hmac.digest(lookup_key(), said.encode(), "sha256")
