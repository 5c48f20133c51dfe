"""Importing a month's calls from the switchboard's table, beside the server's own speed at writing the same rows.

Ours: from the upload to the finished job, file by file as an office brings them; read, checked and filed. Limit: one COPY
of the same rows, ready as they are, into the same table with its keys and triggers.
"""

import csv
import io
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from benchmarks import place
from kefu import clock
from kefu.clock import SHANGHAI
from kefu.jobs import services as jobs
from payroll.imports import calls
from payroll.models import Call
from tests.payroll.house import House, build

CALLS = {"small": 50_000, "full": 1_000_000}
FILE = 200_000  # rows; what an import takes at once
PEOPLE = 200
BEGAN = datetime(2026, 10, 1, tzinfo=SHANGHAI)
COPY = (
    "COPY payroll_call (employee_id, at, direction, line, answered, ring_seconds, rings, talk_seconds, recorded_by_id,"
    " recorded_at) FROM STDIN"
)


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    number = CALLS[scale]
    took, growth = _ours(number)
    limit = _limit(number)
    yield {
        "name": "call_imports",
        "ours": round(number / took),
        "limit": round(number / limit),
        "ratio": round(limit / took, 3),
        "unit": "rows/s",
        "n": number,
        "seconds": round(took, 1),
        "memory_growth_mb": growth,
        "aim": "a month of 1,000,000 calls in less than 5 minutes",
    }


def _world() -> tuple[House, list[Any]]:
    place.fresh_database()
    house = build(now=clock.now())
    people = [house.hire(f"员工{n}") for n in range(PEOPLE)]
    return house, people


def _ours(number: int) -> tuple[float, float]:
    house, people = _world()
    took, growth = 0.0, 0.0
    for first in range(0, number, FILE):
        content = _table(people, range(first, min(first + FILE, number)), number)
        with place.Memory() as memory:
            began = time.perf_counter()
            job = calls.TABLE.start(
                file_name="话单.csv",
                content=content,
                department=house.departments["query"],
                owner=None,
                options={},
                actor=house.luo.user,
                now=clock.now(),
            )
            while not job.finished:
                jobs.run_until_next_tick()
                job.refresh_from_db()
            took += time.perf_counter() - began
        growth = max(growth, memory.growth)
        assert job.counts["refused"] == 0, job.counts
    assert Call.objects.count() == number
    return took, growth


def _table(people: list[Any], part: range, number: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        ["工号", "来电时间", "呼叫方向", "振铃时长", "响铃声数", "是否接通", "通话时长", "线路"]
    )
    for n in part:
        at = BEGAN + n * timedelta(days=30) / number
        answered = n % 10 > 0
        writer.writerow(
            [
                people[n % PEOPLE].number,
                f"{at:%Y-%m-%d %H:%M:%S}",
                "呼入",
                n % 40,
                n % 8,
                "接通" if answered else "未接",
                f"00:{n % 9:02}:{n % 60:02}" if answered else "",
                "查询电话",
            ]
        )
    return text.getvalue().encode("gb18030")


def _limit(number: int) -> float:
    house, people = _world()
    now, actor = clock.now(), house.luo.user.pk
    ids = [one.pk for one in people]
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with cursor.copy(COPY) as copy:
            for n in range(number):
                at = BEGAN + n * timedelta(days=30) / number
                copy.write_row(
                    (ids[n % PEOPLE], at, "in", "query", True, n % 40, n % 8, n % 500, actor, now)
                )
    return time.perf_counter() - began
