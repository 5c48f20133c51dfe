"""A report that somebody built, as a workbook: 100,000 cases with twelve columns, through the application.

``ratio`` is lines a second to the limit of 5,000. Memory is what the process grows by while the file is made and read.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from benchmarks import crowd, place
from kefu import clock
from kefu.reports.services.built import save
from kefu.reports.shapes import Period, Shape
from kefu.rulebooks.selectors import edition
from tests import centre as world

CASES = {"small": 10_000, "full": 100_000}
LIMIT = 5_000  # lines a second
COLUMNS = (
    *("number", "state", "department", "owner", "outlet", "waybill_number", "customer", "summary"),
    *("opened_at", "closed_at", "minutes", "breaches"),
)


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    cases = CASES[scale]
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    case = centre.inquiry(now=now)
    opened = f"'{now.isoformat()}'::timestamptz - (n * (interval '25 days' / {cases})) - interval '1 day'"
    with crowd.stage() as server:
        crowd.copy(
            server, "cases.Case", case.pk, cases,
            id="1000000 + n", number="'CX-B-' || n", state="'closed'", opened_at=opened,
            closed_at=f"{opened} + (n %% 90) * interval '1 minute'",
        )  # fmt: skip
    place.settle()
    shape = Shape(
        "inquiry", COLUMNS, period=Period.BETWEEN,
        first=(now - 30 * timedelta(days=1)).date(), last=now.date(),
    )  # fmt: skip
    report = save(
        report=None, name="全部查询", shape=shape, shared=False, schedule="", actor=centre.chen.user, now=now,
    )  # fmt: skip
    client = Client(SERVER_NAME="localhost")
    client.force_login(centre.chen.user, backend="django.contrib.auth.backends.ModelBackend")
    with place.Memory() as memory:
        began = time.perf_counter()
        answer = client.get(reverse("reports:export_built", args=[report.pk]))
        size = sum(len(part) for part in answer.streaming_content)
        took = time.perf_counter() - began
    rate = cases / took
    yield {
        "name": "report_export",
        "ours": round(rate),
        "limit": LIMIT,
        "ratio": round(rate / LIMIT, 3),
        "unit": "lines a second",
        "n": cases,
        "columns": len(COLUMNS),
        "megabytes": round(size / 1e6, 1),
        "memory_mb": memory.growth,
        "aim": "ratio >= 1, memory_mb < 150",
    }
