"""Does the chain of seals still fit the rows it was made over?"""

from datetime import date

from django.db import connection

# One pass over the sealed rows; ``services.SEAL`` made each digest in the same way.
BROKEN = """
SELECT s.month, s.number
FROM (
    SELECT *, lag(digest) OVER chain AS before, row_number() OVER chain AS place
    FROM audit_auditseal WINDOW chain AS (PARTITION BY month ORDER BY number)
) s
CROSS JOIN LATERAL (
    SELECT count(*) AS rows, sha256(convert_to(string_agg(to_jsonb(r)::text, E'\\n' ORDER BY r.txid, r.id), 'UTF8')) AS digest
    FROM audit_row r
    WHERE r.txid BETWEEN s.first_txid AND s.last_txid
      AND r.at >= s.month::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND r.at < (s.month + interval '1 month') AT TIME ZONE 'Asia/Shanghai'
) r
WHERE s.number <> s.place OR s.rows <> r.rows
   OR s.digest IS DISTINCT FROM sha256(coalesce(s.before, ''::bytea) || r.digest)
ORDER BY s.month, s.number
"""

SLIPPED_IN = """
SELECT count(*) FROM audit_row r
WHERE r.txid <= (SELECT max(last_txid) FROM audit_auditseal) AND NOT EXISTS (
    SELECT FROM audit_auditseal s
    WHERE r.txid BETWEEN s.first_txid AND s.last_txid
      AND s.month = date_trunc('month', r.at AT TIME ZONE 'Asia/Shanghai')::date)
"""


def broken_links() -> list[tuple[date, int]]:
    """Return (month, number) of each seal that its rows, or the link before it, no longer fit.

    A row that was changed, added or removed breaks the link over it; a link that was changed or
    removed breaks itself or the next.
    """
    with connection.cursor() as cursor:
        cursor.execute(BROKEN)
        return list(cursor.fetchall())


def rows_beside_the_chain() -> int:
    """Count rows dated back to a transaction that was sealed, or passed over, without them."""
    with connection.cursor() as cursor:
        cursor.execute(SLIPPED_IN)
        return int(cursor.fetchone()[0])
