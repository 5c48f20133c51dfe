"""The limit of a list: the same page made by one statement with ``json_agg``, behind the same web server."""

import os
from typing import Any

from psycopg_pool import AsyncConnectionPool

# The page of queries that an outlet was asked, with what a late answer to each costs it: {"results": [...]}.
PAGE = """
SELECT json_build_object('results', coalesce(json_agg(row), '[]'))::text FROM (
    SELECT q.id, c.waybill_number, q.question, q.answer, q.state, q.asked_at, d.due_at, q.chased_at, q.answered_at,
           d.state = 'breached' AS overdue,
           (SELECT coalesce(json_agg(json_build_object(
                       'clause', s.clause, 'kind', s.kind, 'amount', s.value::text, 'condition', s.condition,
                       'state', p.state)), '[]')
            FROM deadlines_consequence s
            LEFT JOIN penalties_penalty p
                   ON p.deadline_id = s.deadline_id AND p.clause = s.clause AND p.party_id = s.party_id
            WHERE s.deadline_id = d.id AND s.party_id = %(party)s) AS costs
    FROM inquiries_networkquery q
    JOIN cases_case c ON c.id = q.case_id
    LEFT JOIN deadlines_deadline d ON d.id = q.deadline_id
    WHERE q.asked_id = %(party)s AND q.id < %(before)s
    ORDER BY q.id DESC
    LIMIT 51
) row
"""
HEADERS = [(b"content-type", b"application/json")]
pool: AsyncConnectionPool[Any] | None = None


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """``GET /party/id``: the page before that id."""
    global pool
    if scope["type"] != "http":
        return
    if pool is None:
        pool = AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=4, open=False)
        await pool.open()
    party, before = map(int, scope["path"].strip("/").split("/"))
    async with pool.connection() as connection:
        found = await connection.execute(PAGE, {"party": party, "before": before})
        row = await found.fetchone()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": row[0].encode()})
