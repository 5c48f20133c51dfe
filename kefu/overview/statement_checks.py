"""What must hold for the statements of outlets: name, how many rows are looked at, and the violations (``verify``)."""

STATEMENT_CHECKS = [
    (
        "statement_follows_on_the_one_before",
        "SELECT count(*) FROM statements_statement",
        """SELECT 'statement ' || id || ' opens with ' || opening || ', the one before closes with ' || before AS what
           FROM (SELECT id, opening, coalesce(lag(closing) OVER (PARTITION BY party_id ORDER BY month), 0) AS before
                 FROM statements_statement) s
           WHERE opening <> before""",
    ),
    (
        "statement_is_what_its_lines_make",
        "SELECT count(*) FROM statements_statement",
        """SELECT 'statement ' || s.id || ' says ' || (s.closing - s.opening) || ' in ' || s.size || ' lines, '
                  || coalesce(l.size, 0) || ' lines make ' || coalesce(l.total, 0) AS what
           FROM statements_statement s
           LEFT JOIN (SELECT statement_id, count(*) AS size, sum(amount) AS total,
                             sum(amount) FILTER (WHERE kind = 'penalty') AS penalties,
                             sum(amount) FILTER (WHERE kind = 'reversal') AS reversals,
                             sum(amount) FILTER (WHERE kind = 'payment') AS payments
                      FROM statements_line GROUP BY statement_id) l ON l.statement_id = s.id
           WHERE (s.closing - s.opening, s.size::bigint, s.penalties, s.reversals, s.payments)
                 IS DISTINCT FROM (coalesce(l.total, 0), coalesce(l.size, 0), coalesce(l.penalties, 0),
                                   coalesce(l.reversals, 0), coalesce(l.payments, 0))""",
    ),
    (
        "statement_line_is_its_posting",
        "SELECT count(*) FROM statements_line",
        """SELECT 'line ' || l.number || ' of statement ' || l.statement_id || ' is ' || l.amount || ', its posting '
                  || p.amount AS what
           FROM statements_line l
           JOIN ledger_posting p ON p.id = l.posting_id
           JOIN ledger_account a ON a.id = p.account_id
           JOIN ledger_entry e ON e.id = p.entry_id
           WHERE (l.amount, l.party_id, l.kind, l.at) IS DISTINCT FROM (p.amount, a.party_id, e.kind, e.at)""",
    ),
    (
        "posting_is_on_a_statement",
        """SELECT count(*) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id
           JOIN network_party o ON o.id = a.party_id WHERE o.kind IN ('outlet', 'hub', 'contractor')""",
        # What was booked late comes on the next statement; before the last one's month there is none left.
        """SELECT 'posting ' || p.id || ' of party ' || o.id || ' is on no statement' AS what
           FROM ledger_posting p
           JOIN ledger_entry e ON e.id = p.entry_id
           JOIN ledger_account a ON a.id = p.account_id
           JOIN network_party o ON o.id = a.party_id AND o.kind IN ('outlet', 'hub', 'contractor')
           JOIN (SELECT party_id, max(month) AS month FROM statements_statement GROUP BY party_id) s
               ON s.party_id = CASE WHEN o.kind = 'contractor' THEN o.parent_id ELSE o.id END
           WHERE e.at < s.month::timestamp AT TIME ZONE 'Asia/Shanghai'
             AND NOT EXISTS (SELECT FROM statements_line l WHERE l.posting_id = p.id)""",
    ),
    (
        "contract_area_settles_with_an_outlet",
        "SELECT count(*) FROM network_party WHERE kind = 'contractor'",
        """SELECT 'contract area ' || a.code || ' is under a ' || coalesce(o.kind, 'nobody') || ', who has no statement' AS what
           FROM network_party a LEFT JOIN network_party o ON o.id = a.parent_id
           WHERE a.kind = 'contractor' AND coalesce(o.kind, '') NOT IN ('outlet', 'hub')""",
    ),
    (
        "contract_area_stays_on_one_statement",
        "SELECT count(DISTINCT party_id) FROM statements_line",
        """SELECT 'party ' || l.party_id || ' stands on statements of ' || count(DISTINCT s.party_id) || ' outlets' AS what
           FROM statements_line l JOIN statements_statement s ON s.id = l.statement_id
           GROUP BY l.party_id HAVING count(DISTINCT s.party_id) > 1""",
    ),
    (
        "payment_in_is_booked_once",
        "SELECT count(*) FROM statements_payment",
        """WITH b AS (SELECT substr(e.source, 9)::bigint AS payment_id, a.party_id, sum(l.amount) AS net,
                            count(*) FILTER (WHERE e.reverses_id IS NULL) AS booked
                     FROM ledger_entry e JOIN ledger_posting l ON l.entry_id = e.id
                     JOIN ledger_account a ON a.id = l.account_id AND a.book = 'paid_in'
                     WHERE e.source ~ '^payment:[0-9]{1,18}$' GROUP BY 1, 2)
           SELECT 'payment ' || coalesce(p.id, b.payment_id) || ' of ' || coalesce(p.amount::text, 'nothing')
                  || ' is booked with ' || coalesce(b.net, 0) AS what
           FROM statements_payment p FULL JOIN b ON b.payment_id = p.id AND b.party_id = p.party_id
           WHERE p.id IS NULL OR b.booked IS DISTINCT FROM 1
              OR b.net <> CASE WHEN p.reversed_at IS NULL THEN -p.amount ELSE 0 END""",
    ),
    (
        "fine_settled_by_a_statement_was_paid",
        "SELECT count(*) FROM penalties_penalty WHERE state = 'settled'",
        """SELECT 'penalty ' || p.id || ' is settled by statement ' || (v.fact ->> 'statement')
                  || ', which is not paid or does not have it' AS what
           FROM penalties_penalty p
           CROSS JOIN LATERAL (SELECT fact FROM penalties_penaltyevent
                               WHERE penalty_id = p.id AND kind = 'settled' ORDER BY turn DESC LIMIT 1) v
           WHERE p.state = 'settled' AND v.fact ? 'statement' AND NOT EXISTS (
               SELECT FROM statements_statement s JOIN statements_line l ON l.statement_id = s.id
               WHERE s.id = (v.fact ->> 'statement')::bigint AND s.paid_at IS NOT NULL AND l.penalty_id = p.id)""",
    ),
    (
        "paid_statement_is_covered",
        "SELECT count(*) FROM statements_statement WHERE paid_at IS NOT NULL",
        # By what came since, less what was taken back of it; its own or a later one that has taken it up.
        """SELECT 'statement ' || s.id || ' is noted as paid, and what came does not cover it' AS what
           FROM statements_statement s WHERE s.paid_at IS NOT NULL AND NOT EXISTS (
               SELECT FROM statements_statement c WHERE c.party_id = s.party_id AND c.month >= s.month
                   AND c.state = 'locked' AND c.closing <= (
                       SELECT coalesce(-sum(p.amount), 0) FROM ledger_posting p
                       JOIN ledger_account a ON a.id = p.account_id
                       LEFT JOIN statements_line l ON l.posting_id = p.id
                       LEFT JOIN statements_statement t ON t.id = l.statement_id
                       WHERE a.party_id = c.party_id AND a.book = 'paid_in' AND (t.id IS NULL OR t.month > c.month)))""",
    ),
]
