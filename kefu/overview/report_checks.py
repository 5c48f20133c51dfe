"""What must hold for reports: name, how many rows are looked at, and the violations (``verify``)."""

REPORT_CHECKS = [
    (
        "closed_report_was_told_twice",
        """SELECT count(*) FROM claims_faultreport r JOIN cases_case c ON c.id = r.case_id
           WHERE r.direction = 'incoming' AND c.state = 'closed'""",
        """SELECT c.number || ' is closed after ' || count(DISTINCT n.told_at) || ' notices, wanted are '
                  || r.notices_wanted AS what
           FROM claims_faultreport r
           JOIN cases_case c ON c.id = r.case_id
           LEFT JOIN claims_reportnotice n ON n.report_id = r.case_id
           WHERE r.direction = 'incoming' AND c.state = 'closed'
           GROUP BY c.number, r.notices_wanted
           HAVING count(DISTINCT n.told_at) < r.notices_wanted""",
    ),
    (
        "bonus_stands_on_an_accepted_report",
        "SELECT count(*) FROM claims_reportbonus",
        """SELECT 'bonus ' || b.id || ' is ' || coalesce(e.number, 'the pool') || '''s for a report that is '
                  || coalesce(nullif(r.verdict, ''), 'not judged') AS what
           FROM claims_reportbonus b
           JOIN claims_faultreport r ON r.case_id = b.report_id
           LEFT JOIN staff_employee e ON e.id = b.employee_id
           WHERE r.verdict <> 'accepted' OR b.employee_id <> r.reporter_id
              OR b.month <> date_trunc('month', r.submitted_at AT TIME ZONE 'Asia/Shanghai')::date""",
    ),
    (
        "forgotten_report_costs_what_was_proposed",
        "SELECT count(*) FROM claims_forgottenreport WHERE state = 'confirmed'",
        """SELECT 'forgotten report ' || f.id || ' is to cost ' || f.amount || ', its penalty is ' || p.value AS what
           FROM claims_forgottenreport f
           JOIN penalties_penalty p ON p.id = f.penalty_id
           JOIN staff_employee e ON e.id = f.employee_id
           WHERE p.value <> f.amount OR p.party_id <> e.party_id OR p.clause <> f.clause""",
    ),
]
