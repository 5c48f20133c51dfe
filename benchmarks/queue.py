"""The agent's queue with few and with very many open cases: queries, rows read, time on the server.

Whole pages through the application, sign-in and frame included: an agent's own cases, and those of his
department. ``rows_read`` is what the widest single query of the page took from tables and indexes.
"""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import crowd, place
from kefu import clock
from kefu.rulebooks.selectors import edition
from kefu.staff.models import User
from kefu.workbench.selectors.views import COUNT_CAP
from tests import centre as world

OPEN = {"small": (1_000, 20_000), "full": (1_000, 100_000)}
PAGES = {"mine": "/", "department": "/?view=department"}
VISITS = 25


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    few, many = OPEN[scale]
    found = {open_: _visit(open_) for open_ in (few, many)}
    for name in PAGES:
        small, large = found[few][name], found[many][name]
        yield {
            "name": f"queue_{name}",
            "ours": round(large["ms"], 1),
            "limit": round(small["ms"], 1),
            "ratio": round(small["ms"] / large["ms"], 3),
            "unit": "ms a page, the best of n",
            "n": VISITS,
            "open": many,
            "beside": few,
            "queries": large["queries"],
            "rows_read": large["rows_read"],
            "rows_read_beside": small["rows_read"],
            "aim": f"queries <= 12, ratio >= 0.33, no query reads more than {COUNT_CAP} rows a counter",
        }


def _visit(open_: int) -> dict[str, dict[str, Any]]:
    lin = _fill(open_)
    client = Client(SERVER_NAME="localhost")
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for name, path in PAGES.items():
        with CaptureQueriesContext(connection) as taken:
            assert client.get(path).status_code == 200
        statements = [query["sql"] for query in taken.captured_queries]
        rows = [_rows_read(statement) for statement in statements]
        times = []
        for _ in range(VISITS):
            began = time.perf_counter()
            client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        found[name] = {
            "ms": min(times),
            "queries": len(statements),
            "rows_read": max(rows),
        }
    return found


def _fill(open_: int) -> User:
    """A department with so many open cases, sixty of them Lin's; each waits for an answer."""
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    case = centre.inquiry(now=now, owner=centre.zhou)
    pattern = case.deadlines.get()
    # From a quarter of an hour late to far ahead, evenly.
    due = f"'{(now - timedelta(minutes=15)).isoformat()}'::timestamptz + n * interval '2 seconds'"
    with crowd.stage() as server:
        crowd.copy(
            server,
            "cases.Case",
            case.pk,
            open_,
            id="1000000 + n",
            number="'CX-B-' || n",
            next_due_at=due,
            owner_id=f"CASE WHEN n %% {open_ // 60} = 0 THEN {centre.lin.pk}::bigint WHEN n %% 3 = 0 THEN NULL ELSE {centre.zhou.pk}::bigint END",
        )
        crowd.copy(
            server,
            "deadlines.Deadline",
            pattern.pk,
            open_,
            id="1000000 + n",
            case_id="1000000 + n",
            due_at=due,
            starts_at=f"{due} - interval '30 minutes'",
        )
        crowd.copy(
            server,
            "deadlines.Consequence",
            pattern.consequences.get().pk,
            open_,
            id="1000000 + n",
            deadline_id="1000000 + n",
        )
    place.settle()
    return centre.lin.user


def _rows_read(statement: str) -> int:
    """How many rows the statement takes from tables and indexes, those it then drops included."""
    if not statement.lstrip().upper().startswith(("SELECT", "WITH")):
        return 0
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement.replace("%", "%%"), [])
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return round(_leaves(plan[0]["Plan"]))


def _leaves(node: dict[str, Any]) -> float:
    below = sum(_leaves(child) for child in node.get("Plans", ()))
    if "Scan" not in node["Node Type"] or node["Node Type"].startswith(("CTE", "Subquery")):
        return below
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return below + float((node["Actual Rows"] + dropped) * node["Actual Loops"])
