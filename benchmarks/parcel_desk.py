"""The problem-parcel desk with few and with very many open parcels: queries, rows read, time on the server.

Whole pages through the application, sign-in and frame included, each list and each way to narrow it. ``rows_read`` is
what the widest single query of the page took from tables and indexes. ``ratio`` is few to many: 0.33 is three times.
"""

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
from benchmarks.queue import _rows_read as rows_read
from kefu import clock
from kefu.cases.models import Case
from kefu.rulebooks.selectors import edition
from kefu.staff.models import User
from problem_parcels.services import post_message, reply
from tests.problem_parcels.conftest import Desk, build_desk

OPEN = {"small": (2_000, 20_000), "full": (2_000, 200_000)}
PAGES = {
    "handle": "/parcels/",
    "waiting": "/parcels/?view=waiting",
    "due": "/parcels/?view=due",
    "ageing": "/parcels/?view=ageing",
    "inbound": "/parcels/?direction=inbound",
    "mine": "/parcels/?whose=mine",
    "replies": "/parcels/replies/",
}
VISITS = 15


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    few, many = OPEN[scale]
    found = {open_: _visit(open_) for open_ in (few, many)}
    for name in PAGES:
        small, large = found[few][name], found[many][name]
        yield {
            "name": f"parcel_desk_{name}",
            "ours": round(large["ms"], 1),
            "limit": round(small["ms"], 1),
            "ratio": round(small["ms"] / large["ms"], 3),
            "unit": "ms a page, the best of n",
            "n": VISITS,
            "open": many,
            "beside": few,
            "queries": large["queries"],
            "queries_beside": small["queries"],
            "rows_read": large["rows_read"],
            "rows_read_beside": small["rows_read"],
            "aim": "ratio >= 0.33, the same number of queries",
        }


def _visit(open_: int) -> dict[str, dict[str, Any]]:
    client = Client(SERVER_NAME="localhost")
    client.force_login(_fill(open_), backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for name, path in PAGES.items():
        with CaptureQueriesContext(connection) as taken:
            assert client.get(path).status_code == 200
        statements = [query["sql"] for query in taken.captured_queries]
        times = []
        for _ in range(VISITS):
            began = time.perf_counter()
            client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        found[name] = {
            "ms": min(times),
            "queries": len(statements),
            "rows_read": max(rows_read(statement) for statement in statements),
        }
    return found


def _fill(open_: int) -> User:
    """A desk with so many open parcels: a third to handle, a third waiting, a third decided; half of them inbound,
    a fiftieth Lin's, one in fifty answered and unread."""
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    desk = build_desk()
    inbound, answer = _patterns(desk, now)
    due = f"'{(now - timedelta(hours=1)).isoformat()}'::timestamptz + n * interval '2 seconds'"
    state = "(ARRAY['open', 'waiting', 'answered'])[1 + n %% 3]"
    with crowd.stage() as server:
        crowd.copy(
            server,
            "cases.Case",
            inbound.pk,
            open_,
            id="1000000 + n",
            number="'WT-B-' || n",
            waybill_number="'7' || lpad(n::text, 11, '0')",
            state=state,
            next_due_at=f"CASE WHEN n %% 10 = 0 THEN NULL ELSE {due} END",
            opened_at=f"'{now.isoformat()}'::timestamptz - n * interval '5 seconds'",
            owner_id=f"CASE WHEN n %% 50 = 0 THEN {desk.lin.pk}::bigint WHEN n %% 3 = 0 THEN NULL ELSE {desk.zhou.pk}::bigint END",
        )
        server.execute(
            "INSERT INTO problem_parcels_problemparcel (case_id, direction, place, same_city, problem, registered_at)"
            " SELECT 1000000 + n, CASE WHEN n %% 2 = 0 THEN 'inbound' ELSE 'outbound' END, 'warehouse', false,"
            " 'nobody_home', %s FROM generate_series(1, %s) n",
            [now, open_],
        )
        crowd.copy(
            server,
            "problem_parcels.Message",
            answer.pk,
            open_ // 50,
            id="1000000 + n",
            case_id="1000000 + n * 50",
            posted_at=f"'{now.isoformat()}'::timestamptz - n * interval '3 seconds'",
        )
    place.settle()
    return desk.lin.user


def _patterns(desk: Desk, now: Any) -> tuple[Case, Any]:
    """One real parcel, and the unread answer of the outlet about it."""
    case = desk.register("missorted", now=now, attempts=[])
    message = post_message(
        case=case, text="请回复", storefront="城东", by=desk.lin, actor=desk.lin.user, now=now
    )
    answer = reply(
        message=message, text="再派", wish="redeliver", party=message.receiver, actor=None, now=now
    )
    return case, answer
