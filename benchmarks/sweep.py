"""The sweep beside the barest statement that changes the same rows, and beside a loop in the ORM.

``sweep``: promises broken a second through ``kefu.deadlines.services.sweep``, batch after batch, against
the same batches by a statement that knows nothing of closed doors, over the driver alone.
``idle_tick``: looking when the next promise falls due, against ``SELECT 1``.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg.conninfo import make_conninfo

from benchmarks import crowd, place
from kefu import clock
from kefu.cases.models import Interaction
from kefu.deadlines import services as deadlines
from kefu.deadlines.models import Deadline
from kefu.deadlines.services.sweep import SWEEP_BATCH, next_moment
from kefu.notifications.models import Event
from kefu.penalties.models import Penalty

OPEN = {"small": 100_000, "full": 1_000_000}
DUE = {"small": 2_000, "full": 20_000}
ROUNDS = 3  # of each, in turn; the best counts, as the machine is not ours alone
LOOP = 300
LOOKS = 2_000
# The same rows in the same four tables, and nothing else.
BARE = """
WITH due AS (
    SELECT id FROM deadlines_deadline WHERE state = 'running' AND due_at < clock_timestamp()
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), breached AS (
    UPDATE deadlines_deadline d SET state = 'breached', breached_at = d.due_at, detected_at = clock_timestamp()
    FROM due WHERE d.id = due.id RETURNING d.*
), decided AS (
    INSERT INTO penalties_penalty (deadline_id, case_id, clause, rulebook_id, party_id, kind, value, condition,
                                   state, incurred_at, decided_at, inputs)
    SELECT b.id, b.case_id, c.clause, b.rulebook_id, c.party_id, c.kind, c.value, c.condition, 'provisional',
           b.due_at, b.detected_at,
           c.inputs || jsonb_build_object('starts_at', b.starts_at, 'due_at', b.due_at, 'detected_at', b.detected_at)
    FROM breached b JOIN deadlines_consequence c ON c.deadline_id = b.id
), told AS (
    INSERT INTO cases_interaction (case_id, kind, action, direction, counterpart, party_id, channel, happened_at,
                                   recorded_at, substantive, text, data)
    SELECT case_id, 'breach', 'breached', 'internal', '', party_id, '', due_at, detected_at, false, '',
           jsonb_build_object('deadline', id, 'clause', clause, 'action', action) FROM breached
), noticed AS (
    INSERT INTO notifications_event (kind, at, department_id, party_id, case_id, data)
    SELECT 'deadline.breach', detected_at, department_id, party_id, case_id,
           jsonb_build_object('deadline', id, 'clause', clause, 'due_at', due_at) FROM breached
)
SELECT count(*) FROM breached
"""


def run(scale: str) -> Iterator[dict[str, Any]]:
    settings.KEFU_NOW = None
    open_, due = OPEN[scale], DUE[scale]
    people = crowd.build(open_)
    yield idle(open_)
    ours = limit = 0.0
    for _ in range(ROUNDS):
        limit = max(limit, rate(people, due, _bare))
        ours = max(ours, rate(people, due, _ours))
    loop = rate(people, LOOP, _loop)
    yield {
        "name": "sweep",
        "ours": round(ours),
        "limit": round(limit),
        "ratio": round(ours / limit, 3),
        "unit": "promises/s",
        "n": due,
        "open": open_,
        "batch": SWEEP_BATCH,
        "aim": ">= 0.8",
        "orm_loop": round(loop),
        "times_the_orm_loop": round(ours / loop),
    }
    yield idle(open_, name="idle_tick_after_sweeps")


def rate(people: crowd.Crowd, n: int, break_them: Callable[[], None]) -> float:
    """Let ``n`` promises fall due and break them; return how many a second."""
    start = clock.now() - timedelta(minutes=5)
    people.due(n, start=start, apart=timedelta(milliseconds=1))
    with place.admin() as server:
        server.execute("CHECKPOINT")
    before = Penalty.objects.count()
    began = time.perf_counter()
    break_them()
    taken = time.perf_counter() - began
    assert not Deadline.objects.due(clock.now()).exists()
    assert Penalty.objects.count() - before == n
    return n / taken


def _ours() -> None:
    while deadlines.sweep():
        pass


def _bare() -> None:
    url = make_conninfo(settings.DATABASE_URL, dbname=place.DATABASE)
    with psycopg.connect(url, autocommit=True) as server:
        while server.execute(BARE, {"limit": SWEEP_BATCH}).fetchone() != (0,):
            pass


def _loop() -> None:
    """What one would write first: a promise at a time, by the ORM."""
    now = clock.now()
    for deadline in Deadline.objects.due(now).select_related("owner"):
        with transaction.atomic():
            deadline.state, deadline.breached_at, deadline.detected_at = (
                "breached",
                deadline.due_at,
                now,
            )
            deadline.save(update_fields=["state", "breached_at", "detected_at"])
            for price in deadline.consequences.all():
                Penalty.objects.create(
                    deadline=deadline,
                    case_id=deadline.case_id,
                    clause=price.clause,
                    rulebook_id=deadline.rulebook_id,
                    party_id=price.party_id,
                    kind=price.kind,
                    value=price.value,
                    condition=price.condition,
                    state="provisional",
                    incurred_at=deadline.due_at,
                    decided_at=now,
                    inputs=price.inputs,
                )
            Interaction.objects.create(
                case_id=deadline.case_id,
                kind="breach",
                action="breached",
                direction="internal",
                party_id=deadline.party_id,
                happened_at=deadline.due_at,
                recorded_at=now,
                data={
                    "deadline": deadline.pk,
                    "clause": deadline.clause,
                    "action": deadline.action,
                },
            )
            Event.objects.create(
                kind="deadline.breach",
                at=now,
                department_id=deadline.department_id,
                party_id=deadline.party_id,
                case_id=deadline.case_id,
                data={"deadline": deadline.pk, "clause": deadline.clause},
            )


def idle(open_: int, name: str = "idle_tick") -> dict[str, Any]:
    def select_1() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()

    ours, limit = (min(_time(work) for _ in range(3)) for work in (next_moment, select_1))
    return {
        "name": name,
        "ours": round(ours * 1000, 3),
        "limit": round(limit * 1000, 3),
        "ratio": round(limit / ours, 3),
        "unit": "ms",
        "n": LOOKS,
        "open": open_,
        "times_select_1": round(ours / limit, 2),
        "aim": "times_select_1 <= 3",
    }


def _time(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(LOOKS):
        work()
    return (time.perf_counter() - began) / LOOKS
