"""What must hold for the journal: name, how many rows are looked at, and the violations (``verify``)."""

LEDGER_CHECKS = [
    (
        "debits_equal_credits",
        "SELECT count(*) FROM ledger_entry",
        """SELECT 'entry ' || e.id || ' has ' || count(l.id) || ' sides, in sum ' || coalesce(sum(l.amount), 0) AS what
           FROM ledger_entry e LEFT JOIN ledger_posting l ON l.entry_id = e.id
           GROUP BY e.id HAVING count(l.id) < 2 OR sum(l.amount) <> 0
           UNION ALL
           SELECT 'all postings sum to ' || sum(amount) FROM ledger_posting HAVING sum(amount) <> 0""",
    ),
    (
        "reversal_mirrors_its_entry",
        "SELECT count(*) FROM ledger_entry WHERE reverses_id IS NOT NULL",
        """SELECT 'entry ' || o.id || ' is taken back beyond what it posted' AS what
           FROM (SELECT DISTINCT reverses_id AS id FROM ledger_entry WHERE reverses_id IS NOT NULL) o
           WHERE EXISTS (
               SELECT FROM (
                   SELECT coalesce(sum(l.amount) FILTER (WHERE e.id = o.id), 0) AS posted,
                          coalesce(sum(l.amount) FILTER (WHERE e.id <> o.id), 0) AS back
                   FROM ledger_entry e JOIN ledger_posting l ON l.entry_id = e.id
                   WHERE e.id = o.id OR e.reverses_id = o.id GROUP BY l.account_id
               ) a WHERE sign(posted) * sign(back) > 0 OR abs(back) > abs(posted))""",
    ),
    (
        "balance_is_its_postings",
        "SELECT count(*) FROM ledger_account",
        """SELECT 'account ' || a.id || ' shows ' || a.balance || ', its postings ' || coalesce(s.total, 0) AS what
           FROM ledger_account a
           LEFT JOIN (SELECT account_id, sum(amount) AS total FROM ledger_posting GROUP BY account_id) s
               ON s.account_id = a.id
           WHERE a.balance <> coalesce(s.total, 0)""",
    ),
]
