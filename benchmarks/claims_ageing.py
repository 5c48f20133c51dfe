"""The ageing of very many open claims beside the barest statement that adds them up by stage, type and age.

The whole page through the application, sign-in and frame included, by the outlets that handle the claims and by the
liable of their findings. ``ratio`` is the bare statement to the page: 0.2 is five times.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import crowd, place
from claims.models import Finding
from kefu import clock
from kefu.rulebooks.selectors import edition
from kefu.staff.models import User
from tests.claims.conftest import build_desk

OPEN = {"small": 20_000, "full": 200_000}
PAGES = {"outlet": "/claims/ageing/", "liable": "/claims/ageing/?by=liable"}
VISITS = 7
BARE = """
SELECT stage, loss, demanded_at < now() - interval '15 days', demanded_at < now() - interval '30 days',
       count(*), sum(demanded_amount)
FROM claims_claim WHERE stage <> 'closed' GROUP BY 1, 2, 3, 4
"""


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    call_command("collectstatic", verbosity=0, interactive=False)
    open_ = OPEN[scale]
    client = Client(SERVER_NAME="localhost")
    client.force_login(fill(open_), backend="django.contrib.auth.backends.ModelBackend")
    for name, path in PAGES.items():
        with CaptureQueriesContext(connection) as taken:
            assert client.get(path).status_code == 200
        queries = len(taken.captured_queries)
        bare, ours = _best(_bare), _best(lambda path=path: client.get(path))
        yield {
            "name": f"claims_ageing_{name}",
            "ours": round(ours, 1),
            "limit": round(bare, 1),
            "ratio": round(bare / ours, 3),
            "unit": "ms, the best of n",
            "n": VISITS,
            "open": open_,
            "queries": queries,
            "aim": "ratio >= 0.2",
        }


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.fetchall()


def _best(do: Callable[[], Any]) -> float:
    """Milliseconds of the fastest of so many."""
    times = []
    for _ in range(VISITS):
        began = time.perf_counter()
        do()
        times.append((time.perf_counter() - began) * 1000)
    return min(times)


def fill(open_: int) -> User:
    """So many open claims of two months, over all stages, types and five hundred outlets; two in three with a
    confirmed finding."""
    place.fresh_database()
    edition.cache_clear()
    now = clock.now()
    desk = build_desk(now=now)
    desk.lost.accepted_at = now
    desk.lost.save()
    case = desk.register(now=now)
    finding = desk.confirmed(case, now=now)
    liability = Finding.objects.get(pk=finding.pk).liable.get()
    outlet = f"2000000 + n %% {crowd.OUTLETS}"
    with crowd.stage() as server:
        crowd.copy(
            server,
            "network.Party",
            desk.chengdu.pk,
            crowd.OUTLETS,
            id="1999999 + n",
            code="'B' || n",
            name="'网点' || n",
        )
        crowd.copy(
            server,
            "cases.Case",
            case.pk,
            open_,
            id="1000000 + n",
            number="'LP-B-' || n",
            waybill_number="'7' || lpad(n::text, 11, '0')",
            outlet_id=outlet,
            next_due_at="NULL",
        )
        crowd.copy(
            server,
            "claims.Claim",
            case.pk,
            open_,
            case_id="1000000 + n",
            waybill_number="'7' || lpad(n::text, 11, '0')",
            stage="(ARRAY['evidence', 'confirmation', 'negotiation', 'approval', 'payment', 'recovery'])[1 + n %% 6]",
            loss="(ARRAY['loss', 'shortage', 'damage', 'delay'])[1 + n %% 4]",
            demanded_at=f"'{now.isoformat()}'::timestamptz - n * interval '60 days' / {open_}",
            demanded_amount="n %% 1000",
            deadline_id="NULL",
        )
        crowd.copy(
            server,
            "claims.Finding",
            finding.pk,
            open_ * 2 // 3,
            id="1000000 + n",
            claim_id="1000000 + n * 3 / 2",
        )
        crowd.copy(
            server,
            "claims.Liability",
            liability.pk,
            open_ * 2 // 3,
            id="1000000 + n",
            finding_id="1000000 + n",
            party_id=outlet,
        )
    place.settle()
    return desk.centre.chen.user
