"""What must hold for complaints: name, how many rows are looked at, and the violations (``verify``)."""

COMPLAINT_CHECKS = [
    (
        "complaint_has_its_class",
        "SELECT count(*) FROM inquiries_complaint WHERE grade <> ''",
        """SELECT c.number || ' is ' || x.grade || ', it was graded ' || coalesce(g.grade, 'never') AS what
           FROM inquiries_complaint x
           JOIN cases_case c ON c.id = x.case_id
           LEFT JOIN LATERAL (SELECT grade FROM inquiries_complaintgrading g
                              WHERE g.case_id = x.case_id ORDER BY graded_at DESC, id DESC LIMIT 1) g ON true
           WHERE x.grade IS DISTINCT FROM coalesce(g.grade, '')""",
    ),
    (
        "complaint_ends_with_a_content_customer",
        "SELECT count(*) FROM inquiries_complaint WHERE stage <> ''",
        # Solved only when he accepted; over only when he was content, or when a supervisor gave him up.
        """SELECT c.number || ' is at ' || x.stage || ' and nobody said so' AS what
           FROM inquiries_complaint x
           JOIN cases_case c ON c.id = x.case_id
           WHERE (x.stage IN ('follow_up', 'done') AND NOT EXISTS (
                      SELECT FROM inquiries_complaintstep s
                      WHERE s.case_id = x.case_id AND s.code = 'answer' AND s.outcome = 'accepted'))
              OR (x.stage = 'done' AND NOT EXISTS (
                      SELECT FROM inquiries_complaintstep s
                      WHERE s.case_id = x.case_id
                        AND (s.code = 'given_up' OR (s.code = 'follow_up' AND s.outcome = 'satisfied'))))
              OR (c.state = 'closed' AND x.stage NOT IN ('', 'done'))""",
    ),
    (
        "finding_is_its_penalty",
        "SELECT count(*) FROM inquiries_finding WHERE penalty_id IS NOT NULL",
        """SELECT 'finding ' || f.id || ' by ' || f.clause || ' is ' || coalesce(f.amount, f.points)
                  || ', its penalty ' || p.id || ' is ' || p.value AS what
           FROM inquiries_finding f
           JOIN penalties_penalty p ON p.id = f.penalty_id
           WHERE (p.case_id, p.clause, p.party_id, p.value)
                 IS DISTINCT FROM (f.case_id, f.clause, f.party_id, coalesce(f.amount, f.points))""",
    ),
]
