"""The supervisors' front page over a year with few and with very many cases: time on the server, queries.

Whole pages through the application, sign-in included, for today and for the year. ``ratio`` is few to many: 0.5 is
twice the time.
"""

import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import crowd, place
from inquiries import services as inquiries
from kefu import clock
from kefu.deadlines.services import rebuild_counts
from kefu.penalties.models import Penalty
from kefu.rulebooks.selectors import edition
from kefu.staff import services as staff
from kefu.staff.models import User
from tests import centre as world

CASES = {"small": (1_000, 100_000), "full": (10_000, 1_000_000)}
OUTLETS = 300
CLAUSES = (
    "CD-03.23",
    "CD-05.09",
    "CD-03.14",
    "CD-10.01",
    "CD-04.22",
    "CD-07.12",
    "CD-05.19",
    "CD-05.17",
)
YEAR = "interval '365 days'"
VISITS = 15
PERIODS = ("today", "year")


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    few, many = CASES[scale]
    found = {cases: _visit(cases) for cases in (few, many)}
    for period in PERIODS:
        small, large = found[few][period], found[many][period]
        yield {
            "name": f"dashboard_{period}",
            "ours": round(large["ms"], 1),
            "limit": round(small["ms"], 1),
            "ratio": round(small["ms"] / large["ms"], 3),
            "unit": "ms a page, the best of n",
            "n": VISITS,
            "cases": many,
            "beside": few,
            "queries": large["queries"],
            "queries_beside": small["queries"],
            "aim": "ratio >= 0.5, under 300 ms, the same number of queries",
        }


def _visit(cases: int) -> dict[str, dict[str, Any]]:
    client = Client(SERVER_NAME="localhost")
    client.force_login(_fill(cases), backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for period in PERIODS:
        path = f"/admin/?period={period}"
        with CaptureQueriesContext(connection) as taken:
            page = client.get(path)
        assert page.content.count(b'class="kd-fig') > 10, "nothing to show"
        queries = len(taken.captured_queries)
        times = []
        for _visit_again in range(VISITS):
            began = time.perf_counter()
            client.get(path)
            times.append((time.perf_counter() - began) * 1000)
        found[period] = {"ms": min(times), "queries": queries}
    return found


def _fill(cases: int) -> User:
    """A year of cases, evenly: one in a hundred open, two promises each, six in a hundred of those broken, a fine for
    every broken one, of which one in fifty waits for a person.
    """
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    centre = world.build(now=now)
    case = centre.inquiry(now=now)
    query = inquiries.ask_outlet(
        case=case, outlet=centre.chengdu, question="请核实", actor=centre.lin.user, now=now
    )
    for who in (centre.lin, centre.zhou):
        staff.come_on_duty(employee=who, now=now)
    deadline = query.deadline
    assert deadline is not None
    moment = f"'{now.isoformat()}'::timestamptz"
    opened = f"{moment} - (n * ({YEAR} / {cases}))"
    promises = cases * 2
    due = f"{moment} + interval '6 hours' - (n * ({YEAR} / {promises}))"
    over = f"({due}) < {moment}"
    broken = "n %% 100 < 6"
    with crowd.stage() as server:
        crowd.copy(
            server, "network.Party", centre.chengdu.pk, OUTLETS,
            id="1000000 + n", code="'B' || n", name="'网点' || n",
        )  # fmt: skip
        crowd.copy(
            server, "cases.Case", case.pk, cases,
            id="1000000 + n", number="'CX-B-' || n", opened_at=opened,
            state="CASE WHEN n %% 100 = 0 THEN 'open' ELSE 'closed' END",
            closed_at=f"CASE WHEN n %% 100 = 0 THEN NULL ELSE {opened} + interval '1 hour' END",
            owner_id=f"CASE WHEN n %% 300 = 0 THEN NULL WHEN n %% 200 = 0 THEN {centre.lin.pk}::bigint ELSE {centre.zhou.pk}::bigint END",
            next_due_at=f"CASE WHEN n %% 100 = 0 THEN {moment} + (n %% 700 - 100) * interval '1 minute' END",
        )  # fmt: skip
        crowd.copy(
            server, "deadlines.Deadline", deadline.pk, promises,
            id="1000000 + n", case_id=f"1000001 + n %% {cases}", party_id=f"1000001 + n %% {OUTLETS}",
            clause=f"(ARRAY{list(CLAUSES)!r})[1 + n %% {len(CLAUSES)}]",
            due_at=due, starts_at=f"{due} - interval '2 hours'", warn_at=f"{due} - interval '10 minutes'",
            state=f"CASE WHEN NOT {over} THEN 'running' WHEN {broken} THEN 'breached' ELSE 'met' END",
            answered_at=f"CASE WHEN {over} AND NOT {broken} THEN {due} - interval '1 minute' WHEN {over} AND n %% 100 > 0 THEN {due} + interval '1 hour' END",
            breached_at=f"CASE WHEN {over} AND {broken} THEN {due} END",
            detected_at=f"CASE WHEN {over} AND {broken} THEN {due} + interval '1 second' END",
        )  # fmt: skip
        _fines(server, deadline.pk)
    rebuild_counts()
    place.settle()
    assert Penalty.objects.for_people().exists()
    return centre.chen.user


def _fines(server: Any, pattern: int) -> None:
    server.execute(
        """INSERT INTO penalties_penalty (deadline_id, case_id, clause, rulebook_id, party_id, kind, value, condition, state,
                                          incurred_at, decided_at, inputs, disputed)
           SELECT d.id, d.case_id, c.clause, d.rulebook_id, d.party_id, c.kind, c.value, c.condition,
                  CASE WHEN d.id %% 50 = 0 THEN 'held' ELSE 'provisional' END, d.due_at, d.detected_at, c.inputs, false
           FROM deadlines_deadline d JOIN deadlines_consequence c ON c.deadline_id = %s
           WHERE d.state = 'breached'""",
        [pattern],
    )
