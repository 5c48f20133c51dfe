"""Importing inquiries from a table, beside the server's own speed at writing the same final rows.

Ours: from the upload to the finished job, through the same services and tasks as in operation; the file is
read, checked, redacted, sealed and filed. Limit: the statements of ``open.sql`` and ``load.sql`` over rows that lie
ready on the server (same tables, indexes, triggers, keys), in one transaction, and the time to seal the values.
"""

import csv
import io
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.db import connection, transaction

from benchmarks import place
from inquiries import imports
from inquiries.imports import load
from kefu import clock
from kefu.imports import tables
from kefu.jobs import services as jobs
from kefu.jobs.models import Job
from tests import centre as world

ROWS = {"small": {"csv": 20_000, "xlsx": 5_000}, "full": {"csv": 100_000, "xlsx": 10_000}}
ROUNDS = {"small": 3, "full": 2}  # the best of each counts: other programs only ever add
FIRST_WAYBILL = 880_000_000_000
HEADER = ["运单号", "类型", "客户姓名", "联系电话", "事由", "来电时间", "渠道", "谁在问"]
FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红"
SAID = [
    "三天没有扫描，请查一下在哪里", "显示签收但没有收到", "催了两次，要求今天派送", "地址写错了，改到文昌西路18号",
    "联系不上派件员，电话一直没人接", "请尽快回电", "外包装破损，要求核实", "到成都后没有更新", "改由门卫代收",
    "要求送货上门", "收件人出差，后天再送", "派件前请先打电话",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """``seconds`` on the wall, ``work`` of processors, and how far we grew, in MB."""

    seconds: float
    work: float
    growth: float = 0.0


def run(scale: str) -> Iterator[dict[str, Any]]:
    for format_, rows in ROWS[scale].items():
        content = table(format_, rows)
        ours, limits = [], []
        for _round in range(ROUNDS[scale]):  # in turn, so that both meet the same machine
            ours.append(measure_ours(content, format_, rows))
            limits.append(measure_limit(content))
        yield compared(f"import_{format_}", rows, content, ours, limits)


def compared(
    name: str, rows: int, content: bytes, ours: list[Measured], limits: list[Measured]
) -> dict[str, Any]:
    best, limit = min(m.seconds for m in ours), min(m.seconds for m in limits)
    return {
        "name": name,
        "ours": round(rows / best),
        "limit": round(rows / limit),
        "ratio": round(limit / best, 3),
        "unit": "rows/s",
        "n": rows,
        "rounds": len(ours),
        "file_mb": round(len(content) / 1e6, 1),
        # What the ratio would be if nothing ran side by side.
        "work_ratio": round(min(m.work for m in limits) / min(m.work for m in ours), 3),
        "memory_growth_mb": max(m.growth for m in ours),
    }


def measure_ours(content: bytes, format_: str, rows: int) -> Measured:
    """File all of the rows, from the upload to the finished job."""
    centre = prepare_world()
    with place.Memory() as memory, place.Work() as work:
        began = time.perf_counter()
        job = imports.start_import(
            file_name=f"bench.{format_}",
            content=content,
            department=centre.query_desk,
            owner=centre.lin,
            actor=centre.lin.user,
            now=clock.now(),
        )
        while not job.finished:
            jobs.run_until_next_tick()
            job.refresh_from_db()
        took = time.perf_counter() - began
    assert job.counts["accepted"] == rows, job.counts
    return Measured(took, work.seconds, memory.growth)


def measure_limit(content: bytes) -> Measured:
    """Write the same rows from where they lie ready, and seal them."""
    centre = prepare_world()
    about = tables.read_table(content, imports.TABLE.columns)
    job = Job(
        created_by=centre.lin.user,
        params={
            "department": centre.query_desk.pk,
            "owner": centre.lin.pk,
            "kind": "trace",
            "allow_unknown_waybills": False,
        },
    )
    filing = load.Filing.of(job, about)
    with about.below_header(content) as below:
        prepared = filing.prepare(2, list(below), now=clock.now())
    rows = [row for row, _line in prepared.rows]
    with transaction.atomic():
        prepared.stage([line for _row, line in prepared.rows])
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE imported r SET waybill_id = w.id FROM parcels_waybill w"
                " WHERE w.number = r.waybill_number"
            )
            cursor.execute("ANALYZE imported")
            cursor.execute(
                "SET LOCAL statement_timeout = 0"
            )  # all rows at once: longer than a chunk
        work = place.Work().__enter__()
        began = time.perf_counter()
        load.sealed(rows)
        assert prepared.load(len(rows)) == len(rows)
    took = time.perf_counter() - began  # the commit, which checks all foreign keys, is part of it
    work.__exit__()
    return Measured(took, work.seconds)


def prepare_world() -> world.Centre:
    place.fresh_database()
    centre = world.build(now=clock.now())
    most = max(rows for scale in ROWS.values() for rows in scale.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO parcels_waybill (number, origin_id, destination_id, route_from, route_to, sealed,"
            " sender_name_masked, sender_phone_masked, sender_address_masked, receiver_name_masked,"
            " receiver_phone_masked, receiver_address_masked, lookup, goods, weight_kg, freight, payment,"
            " declared_value, accepted_at)"
            " SELECT (%s + n)::text, %s, %s, '扬州', '成都', '', '', '', '', '', '', '', '{}', '', 1, 0,"
            " 'sender', 0, now() FROM generate_series(0, %s) n",
            [FIRST_WAYBILL, centre.company.pk, centre.chengdu.pk, most - 1],
        )
    place.settle()
    return centre


def table(format_: str, rows: int) -> bytes:
    """A table as a call centre sends it; the same for every run."""
    chance = random.Random(20_261_120)
    return written(format_, [HEADER, *(_row(chance, number) for number in range(rows))])


def written(format_: str, lines: list[list[str]]) -> bytes:
    """The lines as a file."""
    if format_ == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        return text.getvalue().encode("gb18030")
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    return file.getvalue()


def _row(chance: random.Random, number: int) -> list[str]:
    waybill = FIRST_WAYBILL + number
    phone = f"13{chance.randrange(10**9):09}"
    text = "，".join(chance.sample(SAID, 3))
    if number % 3 == 0:
        text += f"，单号{waybill}，回电{phone}"
    return [
        str(waybill),
        chance.choice(["查件", "催件", "咨询"]),
        chance.choice(FAMILY) + chance.choice(GIVEN) + chance.choice(GIVEN + "  "),
        phone,
        text,
        f"2026-{1 + number % 9:02}-{1 + number % 28:02} {8 + number % 10:02}:{number % 60:02}",
        "电话",
        chance.choice(["收件方", "寄件方"]),
    ]
