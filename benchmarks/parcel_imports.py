"""Importing problem parcels from a table, beside the server's own speed at writing the same final rows.

Ours: from the upload to the finished job, through the same services and tasks as in operation; the file is read,
each row judged against its waybill and scans, redacted, sealed and filed. Limit: the statements of ``open.sql`` and
``load.sql`` over rows that lie ready on the server (same tables, indexes, triggers, keys), in one transaction, and
the time to seal the values.
"""

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from benchmarks import place
from benchmarks.imports import FAMILY, FIRST_WAYBILL, GIVEN, Measured, compared, written
from kefu import clock
from kefu.clock import SHANGHAI
from kefu.imports import tables
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from kefu.network.models import Party
from kefu.privacy import seal
from problem_parcels.imports import TABLE, load
from tests import centre as world

ROWS = {"small": {"csv": 20_000, "xlsx": 5_000}, "full": {"csv": 100_000, "xlsx": 100_000}}
ROUNDS = {"small": 2, "full": 2}  # the best of each counts: other programs only ever add
HEADER = [
    "运单号",
    "类型",
    "联系结果",
    "联系时间",
    "新地址",
    "自取答复",
    "到付拒收理由",
    "业务员",
    "约定",
    "备注",
]
SAID = [
    "门卫说不认识此人", "小区门禁进不去", "邻居说出差了", "前台不代收", "楼下等了十分钟", "已发短信", "下午再联系",
    "公司已搬走", "地址只到路名", "收件人不肯下楼", "说过两天再说", "要求改天",
]  # fmt: skip
# What stands in a row, and how often of a hundred; a tenth is decided by rule at once.
KINDS: list[tuple[int, list[str]]] = [
    (45, ["送无人", "没人接", "*", "", "", "", "", "", "+"]),
    (5, ["送无人", "已联系上", "*", "", "", "", "", "明天", ""]),
    (15, ["地址搬迁", "已联系上", "*", "文昌西路18号3栋", "", "", "", "", "+"]),
    (10, ["超区", "已联系上", "*", "", "愿意来取", "", "", "", "+"]),
    (10, ["到付拒收", "", "", "", "", "嫌到付费贵", "", "", "+"]),
    (5, ["到付拒收", "", "", "", "", "没有发票", "YW01", "", "+"]),
    (10, ["错分", "", "", "", "", "", "", "", ""]),
]


def run(scale: str) -> Iterator[dict[str, Any]]:
    for format_, rows in ROWS[scale].items():
        ours, limits = [], []
        for _round in range(ROUNDS[scale]):  # in turn, so that both meet the same machine
            content = table(format_, rows, now=datetime.now(SHANGHAI))
            ours.append(measure_ours(content, format_, rows))
            limits.append(measure_limit(content, rows))
        yield compared(f"import_parcels_{format_}", rows, content, ours, limits)


def measure_ours(content: bytes, format_: str, rows: int) -> Measured:
    """File all of the rows, from the upload to the finished job."""
    centre = prepare_world(rows)
    with place.Memory() as memory, place.Work() as work:
        began = time.perf_counter()
        job = TABLE.start(
            file_name=f"bench.{format_}",
            content=content,
            department=centre.query_desk,
            owner=centre.lin,
            options={},
            actor=centre.lin.user,
            now=clock.now(),
        )
        while not job.finished:
            jobs.run_until_next_tick()
            job.refresh_from_db()
        took = time.perf_counter() - began
    assert job.counts["accepted"] == rows, (job.counts, TABLE.refusals(job=job, limit=3), job.error)
    return Measured(took, work.seconds, memory.growth)


def measure_limit(content: bytes, rows: int) -> Measured:
    """Write the same rows from where they lie ready, and seal them."""
    centre = prepare_world(rows)
    about = tables.read_table(content, TABLE.columns)
    params = {"department": centre.query_desk.pk, "owner": centre.lin.pk}
    filing = load.Filing.of(Job(created_by=centre.lin.user, params=params), about)
    with about.below_header(content) as below:
        part = list(below)
        judged = filing.judge(2, part, filing.look(part), now=clock.now())
        prepared = filing.prepared(judged, taken=len(part))
    with transaction.atomic():
        prepared.stage([line for _row, line in prepared.rows])
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE imported")
            # all rows at once: longer than a chunk
            cursor.execute("SET LOCAL statement_timeout = 0")
        with place.Work() as work:
            began = time.perf_counter()
            load.sealed([(parcel, made) for _row, parcel, made in judged.rows])
            assert not prepared.load(rows)
    took = time.perf_counter() - began  # the commit, which checks all foreign keys, is part of it
    return Measured(took, work.seconds)


def prepare_world(rows: int) -> world.Centre:
    """Parcels from Chengdu that were taken out an hour ago, with a receiver each; arrived, loaded, departed, out."""
    place.fresh_database()
    centre = world.build(now=clock.now())
    Party.objects.create(kind="courier", code="YW01", name="马师傅")
    chance = random.Random(20_261_121)
    people = seal.seal_many(
        (
            {
                "receiver_name": chance.choice(FAMILY)
                + chance.choice(GIVEN)
                + chance.choice(GIVEN),
                "receiver_phone": f"13{chance.randrange(10**9):09}",
                "receiver_address": "扬州市邗江区文昌西路18号",
            }
            for _n in range(rows)
        ),
        "parcels_waybill.sealed",
    )
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE person (n integer PRIMARY KEY, sealed bytea)")
        with cursor.copy("COPY person FROM STDIN") as copy:
            for line in enumerate(people):
                copy.write_row(line)
        cursor.execute(
            "INSERT INTO parcels_waybill (number, origin_id, destination_id, route_from, route_to, sealed,"
            " sender_name_masked, sender_phone_masked, sender_address_masked, receiver_name_masked,"
            " receiver_phone_masked, receiver_address_masked, lookup, goods, weight_kg, freight, payment,"
            " declared_value, accepted_at)"
            " SELECT (%s + n)::text, %s, %s, '成都', '扬州', sealed, '', '', '', '', '', '', '{}', '', 1, 0,"
            " 'sender', 0, now() FROM person ORDER BY n",
            [FIRST_WAYBILL, centre.chengdu.pk, centre.company.pk],
        )
        cursor.execute(
            "INSERT INTO parcels_scan (waybill_number, kind, at, place) SELECT (%s + n)::text, s.kind,"
            " now() - s.ago, '扬州' FROM person, (VALUES ('accepted', interval '2 days'),"
            " ('departed', interval '1 day'), ('arrived', interval '12 hours'),"
            " ('delivering', interval '5 hours')) s (kind, ago)",
            [FIRST_WAYBILL],
        )
        cursor.execute("DROP TABLE person")
    place.settle()
    return centre


def table(format_: str, rows: int, *, now: datetime) -> bytes:
    """A table as a desk keeps it; the same for every run but for the time of the calls."""
    chance = random.Random(20_261_120)
    weights, kinds = [weight for weight, _k in KINDS], [kind for _w, kind in KINDS]
    lines = [HEADER]
    for number in range(rows):
        cells = list(chance.choices(kinds, weights)[0])
        if cells[2]:
            called = now - timedelta(minutes=5 + number % 200)
            cells[2] = called.strftime("%Y-%m-%d %H:%M")
        if cells[8]:
            cells[8] = "，".join(chance.sample(SAID, 3)) + f"，第{number % 977}次"
        lines.append([str(FIRST_WAYBILL + number), *cells])
    return written(format_, lines)
