"""What must hold for joining and leaving: name, how many rows are looked at, and the violations (``verify``)."""

JOINING_CHECKS = [
    (
        "who_left_has_no_access",
        "SELECT count(*) FROM payroll_leaving WHERE effected_at IS NOT NULL",
        """SELECT 'leaving ' || l.id || ' took effect and account ' || u.username || ' is open' AS what
           FROM payroll_leaving l
           JOIN payroll_employment e ON e.id = l.employment_id
           JOIN staff_employee p ON p.id = e.employee_id
           JOIN staff_user u ON u.id = p.user_id
           WHERE l.effected_at IS NOT NULL AND (u.is_active OR p.status <> 'left')
             AND NOT EXISTS (SELECT FROM payroll_employment n WHERE n.employee_id = p.id AND n.hired_on > e.left_on)
           UNION ALL
           SELECT 'leaving ' || l.id || ' ends on ' || l.last_day || ', employment ' || e.id || ' on '
                  || coalesce(e.left_on::text, 'no day')
           FROM payroll_leaving l
           JOIN payroll_employment e ON e.id = l.employment_id
           WHERE l.withdrawn_at IS NULL AND e.left_on IS DISTINCT FROM l.last_day""",
    ),
    (
        "probation_ends_as_it_was_judged",
        "SELECT count(*) FROM payroll_probation",
        """SELECT 'probation ' || p.id || ' ends on ' || p.ends_on || ', the last review says '
                  || coalesce(r.ends_on, p.first_ends_on) AS what
           FROM payroll_probation p
           LEFT JOIN LATERAL (SELECT ends_on FROM payroll_probationreview r
                              WHERE r.probation_id = p.id AND ends_on IS NOT NULL ORDER BY id DESC LIMIT 1) r ON true
           WHERE p.ends_on <> coalesce(r.ends_on, p.first_ends_on)
           UNION ALL
           SELECT 'probation ' || p.id || ' is ' || p.state || ' and no review says so'
           FROM payroll_probation p
           WHERE p.state <> 'running' AND NOT EXISTS (
               SELECT FROM payroll_probationreview r WHERE r.probation_id = p.id
               AND r.outcome = CASE p.state WHEN 'ended' THEN 'dismiss' ELSE 'confirm' END)""",
    ),
    (
        "piece_is_charged_at_its_price",
        "SELECT count(*) FROM payroll_issue WHERE charge_id IS NOT NULL",
        """SELECT 'piece ' || i.id || ' cost ' || i.price || ', line ' || r.id || ' charges ' || r.value
                  || ' to employee ' || r.employee_id AS what
           FROM payroll_issue i
           JOIN payroll_registerentry r ON r.id = i.charge_id
           WHERE (r.employee_id, r.kind) <> (i.employee_id, 'charge') OR r.value IS DISTINCT FROM i.price""",
    ),
]
