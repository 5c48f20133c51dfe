"""What partners read of queries, by one statement a page: a list of fifty costs what its rows cost, and no objects.

Each direction is a range of an index of its own, read up to the page's length and merged: the work does not grow
with the table, nor with the depth of the page. Nothing sealed is read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from kefu.api.serializers import Direction, instant_in_sql

# What a late answer costs the asked outlet, and what became of it.
COSTS = """(
    SELECT json_agg(json_build_object(
               'clause', s.clause, 'kind', s.kind, 'amount', s.value::text, 'condition', s.condition,
               'state', p.state, 'each', s.inputs ->> 'each') ORDER BY s.id)::text
    FROM deadlines_consequence s
    LEFT JOIN penalties_penalty p
        ON p.deadline_id = s.deadline_id AND p.clause = s.clause AND p.party_id = s.party_id
    WHERE s.deadline_id = q.deadline_id AND s.party_id = %(party)s AND q.asked_id = %(party)s
)"""
COLUMNS = {
    "pk": "q.id",
    "sent": "q.asking_id = %(party)s",
    "number": "c.number",
    "waybill_number": "c.waybill_number",
    "reference": "q.reference",
    "question": "q.question",
    "answer": "q.answer",
    "state": "q.state",
    "asked_at": instant_in_sql("q.asked_at"),
    "due_at": instant_in_sql("d.due_at"),
    "chased_at": instant_in_sql("q.chased_at"),
    "answered_at": instant_in_sql("q.answered_at"),
    "clock": "d.state",
    # The clock says it itself where the sweep has not come by yet.
    "overdue": """CASE WHEN d.state IN ('running', 'set_aside') THEN d.due_at < %(now)s
                       ELSE coalesce(d.state = 'breached', false) END""",
    "costs": COSTS,
}


class Row(NamedTuple):
    """A query as it is read for one party."""

    pk: int
    sent: bool  # by the party
    number: str
    waybill_number: str
    reference: str
    question: str
    answer: str
    state: str
    # Instants as they are shown.
    asked_at: str
    due_at: str | None
    chased_at: str | None
    answered_at: str | None
    clock: str | None  # the deadline's state; None: no rule gives it one
    overdue: bool
    costs: str | None  # JSON; of the party itself


FROM = """
FROM inquiries_networkquery q
JOIN cases_case c ON c.id = q.case_id
LEFT JOIN deadlines_deadline d ON d.id = q.deadline_id
"""
SELECT = f"SELECT {', '.join(f'{what} AS {name}' for name, what in COLUMNS.items())} {FROM}"
SIDES = {
    Direction.RECEIVED: "q.asked_id = %(party)s",
    Direction.SENT: "q.asking_id = %(party)s",
}
FILTERS = {
    "state": "q.state = %(state)s",
    "due_before": "d.due_at < %(due_before)s",
    "waybill_number": "c.waybill_number = %(waybill_number)s",
    "pk": "q.id = %(pk)s",
    "before": "q.id < %(before)s",
    "after": "d.due_at >= %(after)s AND (d.due_at, q.id) > (%(after)s, %(after_pk)s)",
}
RUNS = "d.due_at IS NOT NULL AND d.answered_at IS NULL AND d.released_at IS NULL"
OPEN = {
    # The clock names the party as well, and an index has it there beside the due time.
    Direction.RECEIVED: f"d.party_id = %(party)s AND {RUNS}",
    Direction.SENT: RUNS,
}


def rows(
    party_id: int,
    given: Mapping[str, Any],
    *,
    sides: Iterable[Direction] = tuple(Direction),
    soonest: bool = False,
    limit: int,
    now: datetime,
) -> list[Row]:
    """Return what the party asked and was asked, the newest or the soonest due first.

    ``given``: values for names of ``FILTERS`` (and ``after_pk``); ``soonest``: only those whose clock runs.
    """
    order = "d.due_at, q.id" if soonest else "q.id DESC"
    # As text, instants of one offset follow each other as they do in time.
    merged = 'due_at COLLATE "C", pk' if soonest else "pk DESC"
    wanted = [clause for name, clause in FILTERS.items() if name in given]
    parts = []
    for side in sides:
        conditions = [SIDES[side], *([OPEN[side]] if soonest else []), *wanted]
        parts.append(
            f"({SELECT} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT %(limit)s)"
        )
    # Only words of this module; what the caller gives are parameters.
    statement = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) page ORDER BY {merged} LIMIT %(limit)s"  # noqa: S608
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, {**given, "party": party_id, "limit": limit, "now": now})
        return list(map(Row._make, cursor.fetchall()))
