"""What must hold for claims: name, how many rows are looked at, and the violations (``verify``)."""

CLAIM_CHECKS = [
    (
        "claim_stage_agrees_with_its_rows",
        "SELECT count(*) FROM claims_claim",
        """WITH told AS (
               SELECT c.case_id, c.stage, c.ending, k.number, k.state,
                      EXISTS (SELECT FROM claims_finding f
                              WHERE f.claim_id = c.case_id AND f.outcome = '') AS pending,
                      EXISTS (SELECT FROM claims_finding f
                              WHERE f.claim_id = c.case_id AND f.outcome = 'confirmed') AS confirmed,
                      (SELECT s.state FROM claims_settlement s
                       WHERE s.claim_id = c.case_id AND s.state <> 'refused') AS settlement,
                      EXISTS (SELECT FROM claims_payment p WHERE p.claim_id = c.case_id) AS paid
               FROM claims_claim c JOIN cases_case k ON k.id = c.case_id
           )
           SELECT number || ' stands at ' || stage || coalesce(', ' || nullif(ending, ''), '')
                  || ', its rows say otherwise' AS what
           FROM told
           WHERE (stage = 'closed') IS DISTINCT FROM (state = 'closed')
              OR (stage = 'evidence' AND (pending OR settlement IS NOT NULL OR paid))
              OR (stage = 'confirmation' AND (NOT pending OR settlement IS NOT NULL OR paid))
              OR (stage = 'negotiation' AND (NOT confirmed OR settlement IS NOT NULL OR paid))
              OR (stage = 'approval' AND (NOT confirmed OR settlement IS DISTINCT FROM 'proposed' OR paid))
              OR (stage = 'payment' AND (settlement IS DISTINCT FROM 'approved' OR paid))
              OR (stage = 'recovery' AND (settlement IS DISTINCT FROM 'approved' OR NOT paid))
              OR (ending = 'paid') IS DISTINCT FROM (stage = 'closed' AND paid)
              OR (ending = 'coupon' AND settlement IS DISTINCT FROM 'approved')""",
    ),
    (
        "settlement_approved_by_all_it_needs",
        "SELECT count(*) FROM claims_settlement",
        """SELECT k.number || ' was settled at ' || s.amount || ' and is ' || s.state || ' without '
                  || n.need AS what
           FROM claims_settlement s
           JOIN cases_case k ON k.id = s.claim_id
           CROSS JOIN jsonb_array_elements_text(s.needs) AS n(need)
           WHERE s.state = 'approved' AND NOT EXISTS (
               SELECT FROM claims_approval a
               WHERE a.settlement_id = s.id AND a.need = n.need AND a.approved
                 AND a.decided_by_id <> s.proposed_by_id)""",
    ),
    (
        "liable_shares_make_a_hundred",
        "SELECT count(*) FROM claims_finding",
        """SELECT k.number || ' has a finding whose shares make ' || coalesce(sum(l.percent), 0) AS what
           FROM claims_finding f
           JOIN cases_case k ON k.id = f.claim_id
           LEFT JOIN claims_liability l ON l.finding_id = f.id
           GROUP BY k.number, f.id
           HAVING coalesce(sum(l.percent), 0) <> 100""",
    ),
    (
        "settlement_is_divided_to_the_fen",
        "SELECT count(*) FROM claims_settlement WHERE inputs ? 'division'",
        """SELECT k.number || ' was settled at ' || s.amount || ', its parts make ' || parts.total AS what
           FROM claims_settlement s
           JOIN cases_case k ON k.id = s.claim_id
           CROSS JOIN LATERAL (SELECT coalesce(sum(amount::numeric), 0) AS total
                               FROM jsonb_array_elements_text(s.inputs #> '{division,amounts}') AS a(amount)) parts
           WHERE s.inputs ? 'division' AND parts.total <> s.amount""",
    ),
]
