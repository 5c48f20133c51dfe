"""What must hold for appeals: name, how many rows are looked at, and the violations (``verify``)."""

APPEAL_CHECKS = [
    (
        "upheld_appeal_reverses_its_penalty",
        "SELECT count(*) FROM appeals_appeal",
        """SELECT 'appeal ' || a.id || ' is ' || a.state || ', its penalty ' || p.state AS what
           FROM appeals_appeal a JOIN penalties_penalty p ON p.id = a.penalty_id
           WHERE (a.state IN ('upheld', 'closed') AND p.state NOT IN ('reversed', 'lapsed'))
              OR (a.state = 'upheld' AND NOT EXISTS (
                  SELECT FROM penalties_penaltyevent e WHERE e.penalty_id = p.id AND e.kind = 'reversed'
                  AND e.fact ->> 'appeal' = a.id::text))""",
    ),
    (
        "penalty_under_appeal_is_not_settled",
        "SELECT count(*) FROM appeals_appeal",
        """SELECT 'penalty ' || p.id || ' is ' || p.state || ', its appeal ' || a.id || ' ' || a.state AS what
           FROM appeals_appeal a JOIN penalties_penalty p ON p.id = a.penalty_id
           WHERE a.state IN ('first', 'rejected', 'second')
             AND (p.state IN ('settled', 'reversed', 'lapsed') OR NOT p.disputed)
           UNION ALL
           SELECT 'penalty ' || p.id || ' is disputed without an open appeal'
           FROM penalties_penalty p WHERE p.disputed AND NOT EXISTS (
               SELECT FROM appeals_appeal a
               WHERE a.penalty_id = p.id AND a.state IN ('first', 'rejected', 'second'))""",
    ),
    (
        "appeal_state_has_its_decisions",
        "SELECT count(*) FROM appeals_appeal",
        """WITH d AS (
               SELECT appeal_id, count(*) AS decided, bool_or(upheld) AS upheld
               FROM appeals_decision GROUP BY appeal_id
           )
           SELECT 'appeal ' || a.id || ' is ' || a.state || ' against its decisions' AS what
           FROM appeals_appeal a LEFT JOIN d ON d.appeal_id = a.id
           WHERE coalesce(d.upheld, false) <> (a.state = 'upheld')
              OR (a.state IN ('rejected', 'second', 'final') AND d.decided IS NULL)
              OR (a.state = 'first' AND d.decided IS NOT NULL)""",
    ),
]
