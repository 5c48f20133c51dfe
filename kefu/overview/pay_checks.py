"""What must hold for pay: name, how many rows are looked at, and the violations (``verify``)."""

PAY_CHECKS = [
    (
        "payslip_is_the_sum_of_its_lines",
        "SELECT count(*) FROM payroll_payslip WHERE net IS NOT NULL",
        """SELECT 'payslip ' || s.id || ' says ' || s.net || ' and kept ' || s.not_deducted || ', its lines '
                  || coalesce(l.net, 0) || ' and ' || coalesce(l.kept, 0) AS what
           FROM payroll_payslip s
           LEFT JOIN (SELECT p.slip_id, coalesce(sum(l.amount) FILTER (WHERE NOT l.kept), 0) AS net,
                             coalesce(sum(l.amount) FILTER (WHERE l.kept), 0) AS kept
                      FROM payroll_payslippart p JOIN payroll_payslipline l ON l.part_id = p.id
                      GROUP BY p.slip_id) l ON l.slip_id = s.id
           WHERE s.net IS NOT NULL
             AND (s.net <> coalesce(l.net, 0) OR s.not_deducted <> coalesce(l.kept, 0))""",
    ),
    (
        "deductions_stay_within_the_limit",
        "SELECT count(*) FROM payroll_payslip WHERE net IS NOT NULL",
        """SELECT 'payslip ' || s.id || ' deducts ' || s.deductions || ' of ' || s.gross AS what
           FROM payroll_payslip s
           JOIN payroll_payrun r ON r.id = s.run_id
           JOIN payroll_payterms t ON t.id = r.terms_id
           WHERE s.net IS NOT NULL AND s.deductions > 0
             AND (NOT t.deductions OR s.deductions > s.gross * t.share
                  OR (t.keeps_minimum AND s.net < t.minimum_wage))""",
    ),
    (
        "locked_month_was_paid",
        "SELECT count(*) FROM payroll_lockedmonth",
        """SELECT to_char(coalesce(m.month, r.month), 'YYYY-MM') || ' is locked '
                  || CASE WHEN r.id IS NULL THEN 'without a run' ELSE 'by its run only' END AS what
           FROM payroll_lockedmonth m
           FULL JOIN (SELECT * FROM payroll_payrun WHERE state = 'locked') r ON r.month = m.month
           WHERE m.month IS NULL OR r.id IS NULL""",
    ),
    (
        "fine_on_a_locked_slip_is_settled",
        """SELECT count(*) FROM payroll_payslippart p JOIN payroll_payslip s ON s.id = p.slip_id
           JOIN payroll_payrun r ON r.id = s.run_id WHERE r.state = 'locked'""",
        """SELECT 'penalty ' || f.id || ' is ' || f.state || ' and stands on payslip ' || s.id AS what
           FROM payroll_payslippart p
           JOIN payroll_payslip s ON s.id = p.slip_id
           JOIN payroll_payrun r ON r.id = s.run_id AND r.state = 'locked'
           CROSS JOIN LATERAL jsonb_array_elements(p.sources) source
           JOIN penalties_penalty f ON source ->> 0 = 'penalty' AND f.id = (source ->> 1)::bigint
           WHERE f.state NOT IN ('settled', 'reversed')""",
    ),
]
