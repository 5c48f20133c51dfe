"""Does the chain of seals still fit the rows it was made over? Both read by a session in UTC, as it was made."""

# Each seal that its rows, or the seal before it, no longer fit: month, number, rows, place, found. A row
# that was changed, added or removed breaks the seal over it; a seal that was changed or removed breaks
# itself or the next. ``services.SEAL`` made each digest in the same way.
BROKEN = """
WITH linked AS (
    SELECT s.*, lag(digest) OVER (PARTITION BY month ORDER BY number) AS before,
           row_number() OVER (PARTITION BY month ORDER BY number) AS place
    FROM audit_auditseal s
)
SELECT linked.month, linked.number, linked.rows, place, found
FROM linked LEFT JOIN audit_auditanchor anchor USING (month), LATERAL (
    SELECT count(*) AS found, sha256(convert_to(
        coalesce(string_agg(kefu_audit_line(a), E'\\n' ORDER BY a.txid, a.id), ''), 'UTF8')) AS digest
    FROM audit_row a
    WHERE a.txid BETWEEN linked.first_txid AND linked.last_txid
      AND a.at >= linked.month::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND a.at < (linked.month + interval '1 month') AT TIME ZONE 'Asia/Shanghai'
) r
WHERE place <> number
   -- Of a month that retention dropped nothing is left to add up: its anchor answers for it (``ANCHORS``).
   OR CASE WHEN anchor.id IS NULL THEN found <> linked.rows OR sha256(coalesce(before, '') || r.digest) <> linked.digest
           ELSE found <> 0 END
"""

# Each anchor that the month's seals do not lead to: month, rows, links, sealed, chained.
ANCHORS = """
SELECT a.month, a.rows, a.links, coalesce(sum(s.rows), 0) AS sealed, count(s.id) AS chained
FROM audit_auditanchor a LEFT JOIN audit_auditseal s USING (month)
GROUP BY a.id
HAVING coalesce(sum(s.rows), 0) <> a.rows OR count(s.id) <> a.links
    OR NOT bool_or(s.number = a.links AND s.digest = a.digest)
"""

# Each month whose rows up to the last seal are not as many as were sealed: month, found, sealed. A row
# dated back below the chain is in no seal.
BESIDE = """
SELECT month, coalesce(r.n, 0) AS found, coalesce(s.n, 0) AS sealed
FROM (SELECT date_trunc('month', at AT TIME ZONE 'Asia/Shanghai')::date AS month, count(*) AS n
      FROM audit_row WHERE txid <= (SELECT coalesce(max(last_txid), 0) FROM audit_auditseal) GROUP BY 1) r
FULL JOIN (SELECT month, sum(rows) AS n FROM audit_auditseal
           WHERE month NOT IN (SELECT month FROM audit_auditanchor) GROUP BY month) s USING (month)
WHERE r.n IS DISTINCT FROM s.n
"""
