"""What must hold for what is destroyed: nothing overdue can still be read, nothing of what went can (``verify``)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from kefu.audit.models import AuditAnchor
from kefu.audit.services import anchor_signature
from kefu.overview.checks import SHOWN, Result
from kefu.retention.selectors import due_count, periods
from kefu.retention.services import GRACE
from kefu.rulebooks.models import RulebookVersion

LATEST = 10_000  # objects of each kind that are looked at again


def retention(now: datetime) -> Iterable[Result]:
    yield _nothing_is_overdue(now)
    yield _what_is_destroyed_is_gone()
    yield _anchors_are_signed()


def _nothing_is_overdue(now: datetime) -> Result:
    """The nights before the last two were not missed."""
    name = "nothing_is_overdue_for_destruction"
    try:
        every = [period for period in periods(now=now) if period.must]
    except (
        RulebookVersion.DoesNotExist
    ):  # what is in force is not published: another check says so, too
        return Result(
            name, 0, 1, ["the rulebooks in force cannot be read: nobody knows what is due"]
        )
    overdue = [(period, due_count(period, before=period.before - GRACE)) for period in every]
    bad = [
        f"{n} of {period.unit} {period.kind} should have been destroyed by {period.clause or 'the settings'}"
        for period, n in overdue
        if n
    ]
    return Result(name, len(every), len(bad), bad[:SHOWN])


def _what_is_destroyed_is_gone() -> Result:
    """No sealed value and no token of what was destroyed, unless it was taken up again since."""
    n, bad = 0, []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT unit, kind, array_agg(object_id) FROM (
                   SELECT unit, kind, object_id, row_number() OVER (PARTITION BY unit, kind ORDER BY id DESC) AS place
                   FROM retention_destroyed d WHERE NOT restricted
                     AND NOT (unit = 'case' AND EXISTS (SELECT FROM cases_case c WHERE c.id = d.object_id
                                                        AND (c.closed_at IS NULL OR c.closed_at > d.at)))
                     AND NOT (unit = 'customer' AND EXISTS (SELECT FROM customers_customer k WHERE k.id = d.object_id
                                                            AND k.changed_at > d.at))
               ) latest WHERE place <= %s GROUP BY unit, kind""",
            [LATEST],
        )
        gone = {(unit, kind): ids for unit, kind, ids in cursor.fetchall()}
        cursor.execute(
            "SELECT unit, kind, place::text, belongs, sealed FROM kefu_destruction_plan()"
        )
        plan = cursor.fetchall()
        for unit, kind, place, belongs, sealed in plan:
            ids = gone.get((unit, kind))
            if not ids:
                continue
            n += len(ids)
            left = [f"octet_length(t.{column}) > 0" for column in sealed]
            if place in ("cases_case", "parcels_waybill", "customers_customer"):
                left.append("cardinality(t.lookup) > 0")
            if not left:
                continue
            cursor.execute(
                f"SELECT count(*) FROM {place} t WHERE {belongs.replace('$1', '%s')} AND ({' OR '.join(left)})",  # noqa: S608 our own plan
                [ids],
            )
            found = cursor.fetchone()[0]
            if found:
                bad.append(f"{found} rows of {place} were destroyed and can be read")
    return Result("what_is_destroyed_is_gone", n, len(bad), bad[:SHOWN])


def _anchors_are_signed() -> Result:
    bad, anchors = [], list(AuditAnchor.objects.all())
    for one in anchors:
        said = anchor_signature(
            month=one.month, rows=one.rows, links=one.links, digest=bytes(one.digest)
        )
        if said != bytes(one.signature):
            bad.append(f"the anchor of {one.month:%Y-%m} is not signed by this house")
    return Result("audit_anchors_are_signed", len(anchors), len(bad), bad[:SHOWN])
