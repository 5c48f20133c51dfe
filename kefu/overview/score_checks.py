"""What must hold for the register and for scores: name, how many rows are looked at, the violations (``verify``)."""

SCORE_CHECKS = [
    (
        "counted_line_was_verified",
        "SELECT count(*) FROM payroll_registerentry WHERE state <> 'reported'",
        """SELECT 'line ' || r.id || ' is ' || r.state || ' and nobody decided it' AS what
           FROM payroll_registerentry r
           WHERE r.state <> 'reported'
             AND NOT EXISTS (SELECT FROM payroll_entrydecision d
                             WHERE d.entry_id = r.id AND d.state = r.state)""",
    ),
    (
        "nobody_decides_about_himself",
        "SELECT (SELECT count(*) FROM payroll_entrydecision) + (SELECT count(*) FROM payroll_objection)",
        """SELECT 'decision ' || d.id || ' is by ' || e.number || ' about himself' AS what
           FROM payroll_entrydecision d
           JOIN payroll_registerentry r ON r.id = d.entry_id
           JOIN staff_employee e ON e.id = r.employee_id AND e.user_id = d.decided_by_id
           UNION ALL
           SELECT 'objection ' || o.id || ' is answered by whoever wrote the line'
           FROM payroll_objection o
           JOIN payroll_registerentry r ON r.id = o.entry_id
           WHERE o.decided_by_id = r.reported_by_id""",
    ),
    (
        "published_scores_are_numbered",
        "SELECT count(*) FROM payroll_monthscore",
        """SELECT 'score ' || s.id || ' is number ' || s.number || ' without the one before' AS what
           FROM payroll_monthscore s
           WHERE s.number > 1
             AND NOT EXISTS (SELECT FROM payroll_monthscore p
                             WHERE (p.employee_id, p.month, p.number) = (s.employee_id, s.month, s.number - 1))""",
    ),
]
