"""Sealing rows anew under another key, beside the least that has to be done for the same effect.

Ours: ``manage.py rotate_keys`` over every sealed column, from its start to its end, the counts before and after
included. Limit: the rows of the one table that holds any, read, opened, sealed and written back by the same number of
bare statements in as many transactions.
"""

import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from benchmarks import place
from kefu import clock
from kefu.privacy import seal
from kefu.privacy.keys import encryption_keys
from kefu.retention.services.rotation import BATCH
from tests import centre as world

ROWS = {"small": 20_000, "full": 100_000}
ROUNDS = {"small": 2, "full": 2}  # the best of each counts: other programs only ever add
AAD = "parcels_waybill.sealed"
PERSON = {"receiver_name": "陈晓梅", "receiver_phone": "13800004545", "receiver_address": "扬州市邗江区文昌西路18号"}  # fmt: skip


def run(scale: str) -> Iterator[dict[str, Any]]:
    n = ROWS[scale]
    prepare(n)
    ours, limits = [], []
    for number in range(ROUNDS[scale]):  # in turn, so that both meet the same machine
        renew(f"ours{number}")
        began = time.perf_counter()
        call_command("rotate_keys", stdout=StringIO(), stderr=StringIO())
        ours.append(time.perf_counter() - began)
        place.settle()
        renew(f"bare{number}")
        limits.append(bare(n))
        place.settle()
    yield {
        "name": "rotate_keys",
        "ours": round(n / min(ours)),
        "limit": round(n / min(limits)),
        "ratio": round(min(limits) / min(ours), 3),
        "unit": "rows/s",
        "n": n,
        "rounds": len(ours),
    }


def bare(n: int) -> float:
    """Read, open, seal, write: nothing counted, nothing locked, nothing skipped."""
    ring, began, after = encryption_keys(), time.perf_counter(), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, sealed FROM parcels_waybill WHERE id > %s ORDER BY id LIMIT %s",
                [after, BATCH],
            )
            rows = cursor.fetchall()
            if not rows:
                return time.perf_counter() - began
            blobs = [
                seal.seal(seal.unseal(blob, AAD, ring=ring), AAD, ring=ring) for _id, blob in rows
            ]
            cursor.execute(
                "UPDATE parcels_waybill t SET sealed = v.blob FROM unnest(%s::bigint[], %s::bytea[]) v (id, blob)"
                " WHERE t.id = v.id",
                [[row[0] for row in rows], blobs],
            )
            after = rows[-1][0]


def renew(name: str) -> None:
    """Put a new key in front of those there are."""
    settings.KEFU_ENCRYPTION_KEYS = {name: bytes(32).replace(b"\0", name[-1].encode())} | dict(
        settings.KEFU_ENCRYPTION_KEYS
    )


def prepare(n: int) -> None:
    place.fresh_database()
    centre = world.build(now=clock.now())
    blobs = seal.seal_many((PERSON for _n in range(n)), AAD)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE person (n integer PRIMARY KEY, sealed bytea)")
        with cursor.copy("COPY person FROM STDIN") as copy:
            for line in enumerate(blobs):
                copy.write_row(line)
        cursor.execute(
            "INSERT INTO parcels_waybill (number, origin_id, destination_id, route_from, route_to, sealed,"
            " sender_name_masked, sender_phone_masked, sender_address_masked, receiver_name_masked,"
            " receiver_phone_masked, receiver_address_masked, lookup, goods, weight_kg, freight, payment,"
            " declared_value, accepted_at)"
            " SELECT (770000000000 + n)::text, %s, %s, '成都', '扬州', sealed, '', '', '', '陈*', '138******45', '扬州***',"
            " ARRAY[n, n + 1]::bigint[], '', 1, 0, 'sender', 0, now() FROM person",
            [centre.chengdu.pk, centre.company.pk],
        )
        cursor.execute("DROP TABLE person")
    place.settle()
