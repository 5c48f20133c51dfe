"""What must hold for penalties and what they are posted as: name, how many rows are looked at, and the violations (``verify``)."""

PENALTY_CHECKS = [
    (
        "breach_has_its_penalties",
        """SELECT count(*) FROM deadlines_deadline d JOIN deadlines_consequence c ON c.deadline_id = d.id
           WHERE d.state = 'breached'""",
        """SELECT 'deadline ' || d.id || ' has no penalty ' || c.clause || ' for party ' || c.party_id AS what
           FROM deadlines_deadline d JOIN deadlines_consequence c ON c.deadline_id = d.id
           WHERE d.state = 'breached' AND NOT EXISTS (
               SELECT FROM penalties_penalty p
               WHERE p.deadline_id = d.id AND p.clause = c.clause AND p.party_id = c.party_id)""",
    ),
    (
        "penalty_follows_a_breach",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'penalty ' || p.id || CASE
               WHEN c.id IS NULL THEN ' follows from no consequence of deadline ' || d.id
               ELSE ' stands, but deadline ' || d.id || ' is ' || d.state END AS what
           FROM penalties_penalty p JOIN deadlines_deadline d ON d.id = p.deadline_id
           LEFT JOIN deadlines_consequence c
               ON c.deadline_id = d.id AND c.clause = p.clause AND c.party_id = p.party_id
           WHERE c.id IS NULL OR NOT (d.state = 'breached' OR (d.state = 'met' AND p.state IN ('reversed', 'lapsed')))""",
    ),
    (
        "penalty_once",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'deadline ' || deadline_id || ' has ' || count(*) || ' penalties ' || clause || ' for party '
                  || party_id AS what
           FROM penalties_penalty WHERE deadline_id IS NOT NULL
           GROUP BY deadline_id, clause, party_id HAVING count(*) > 1""",
    ),
    (
        "penalty_as_promised",
        "SELECT count(*) FROM penalties_penalty WHERE deadline_id IS NOT NULL",
        """SELECT 'penalty ' || p.id || ' is ' || p.kind || ' ' || p.value || ', its consequence says ' || c.kind
                  || ' ' || c.value AS what
           FROM penalties_penalty p JOIN deadlines_deadline d ON d.id = p.deadline_id
           JOIN deadlines_consequence c
               ON c.deadline_id = d.id AND c.clause = p.clause AND c.party_id = p.party_id
           WHERE (p.kind, p.value, p.condition, p.rulebook_id, p.case_id)
                 IS DISTINCT FROM (c.kind, c.value, c.condition, d.rulebook_id, d.case_id)
              OR p.incurred_at <> d.due_at""",
    ),
    (
        "penalty_state_has_its_reason",
        "SELECT count(*) FROM penalties_penalty",
        """WITH e AS (
               SELECT penalty_id, bool_or(kind = 'confirmed') AS confirmed, bool_or(kind = 'reversed') AS reversed,
                      bool_or(kind = 'lapsed') AS lapsed, count(*) FILTER (WHERE kind = 'settled')
                          - count(*) FILTER (WHERE kind = 'unsettled') AS settled
               FROM penalties_penaltyevent GROUP BY penalty_id
           )
           SELECT 'penalty ' || p.id || ' is ' || p.state || ' against its events' AS what
           FROM penalties_penalty p LEFT JOIN e ON e.penalty_id = p.id
           WHERE coalesce(e.reversed, false) <> (p.state = 'reversed')
              OR coalesce(e.lapsed, false) <> (p.state = 'lapsed')
              OR (p.state <> 'reversed' AND coalesce(e.settled, 0) <> (p.state = 'settled')::int)
              OR (p.state IN ('payable', 'settled') AND p.condition <> 'at_once' AND NOT coalesce(e.confirmed, false))
              OR (p.state = 'provisional' AND (p.condition = 'at_once' OR coalesce(e.confirmed, false)))""",
    ),
    (
        "penalty_is_posted_once",
        "SELECT count(*) FROM penalties_penalty WHERE kind = 'fine'",
        """WITH e AS (
               SELECT substr(source, 9)::bigint AS penalty_id, count(*) FILTER (WHERE reverses_id IS NULL) AS posted,
                      count(*) FILTER (WHERE reverses_id IS NOT NULL) AS reversed
               FROM ledger_entry WHERE source ~ '^penalty:[0-9]{1,18}$' GROUP BY 1
           ), stand AS (
               SELECT coalesce(p.id, e.penalty_id) AS id, coalesce(p.state, 'gone') AS state,
                      coalesce(e.posted, 0) AS posted, coalesce(e.reversed, 0) AS reversed
               FROM (SELECT id, state FROM penalties_penalty WHERE kind = 'fine') p
               FULL JOIN e ON e.penalty_id = p.id
           )
           SELECT 'penalty ' || id || ' is ' || state || ', posted ' || posted || ' times, reversed ' || reversed AS what
           FROM stand WHERE NOT CASE
               WHEN state IN ('payable', 'settled') THEN posted = 1 AND reversed = 0
               WHEN state = 'reversed' THEN posted = reversed AND posted <= 1
               ELSE posted = 0 AND reversed = 0 END""",
    ),
    (
        "posting_equals_its_penalty",
        "SELECT count(*) FROM ledger_entry WHERE kind = 'penalty' AND reverses_id IS NULL",
        """SELECT 'entry ' || e.id || ' does not book penalty ' || p.id || ' of ' || p.value AS what
           FROM ledger_entry e JOIN penalties_penalty p ON e.source = 'penalty:' || p.id
           WHERE e.reverses_id IS NULL AND NOT EXISTS (
               SELECT FROM ledger_posting l JOIN ledger_account a ON a.id = l.account_id
               WHERE l.entry_id = e.id AND a.party_id = p.party_id AND a.book = 'fines' AND l.amount = p.value)""",
    ),
]
