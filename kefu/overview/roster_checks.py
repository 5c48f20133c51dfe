"""What must hold for rosters, swaps and leave: name, how many rows are looked at, and the violations (``verify``)."""

ROSTER_CHECKS = [
    (
        "shift_in_force_is_of_a_published_roster",
        "SELECT count(*) FROM payroll_rosteredshift WHERE live",
        # What had begun when the next version was published stays of the version before.
        """SELECT 'shift ' || s.id || ' is in force by roster ' || r.id || ', which is a ' || r.state AS what
           FROM payroll_rosteredshift s
           JOIN payroll_roster r ON r.id = s.roster_id
           WHERE s.live AND (r.state = 'draft' OR r.state = 'withdrawn' AND s.starts_at > r.withdrawn_at)
           UNION ALL
           SELECT 'rosters ' || a.id || ' and ' || b.id || ' are both in force on ' || b.starts_on
           FROM payroll_roster a
           JOIN payroll_roster b ON (b.department_id, b.kind) = (a.department_id, a.kind) AND b.id > a.id
             AND daterange(a.starts_on, a.ends_on, '[]') && daterange(b.starts_on, b.ends_on, '[]')
           WHERE a.state = 'published' AND b.state = 'published'""",
    ),
    (
        "swap_changed_the_roster",
        "SELECT count(*) FROM payroll_swap WHERE state = 'effective'",
        """SELECT 'swap ' || w.id || ' took effect and shift ' || s.id || ' is as it was' AS what
           FROM payroll_swap w
           JOIN payroll_rosteredshift s ON s.id IN (w.shift_id, w.returned_id)
           WHERE w.state = 'effective' AND (s.live OR NOT EXISTS (
               SELECT FROM payroll_rosteredshift n
               WHERE n.replaces_id = s.id AND n.employee_id <> s.employee_id))
           UNION ALL
           SELECT 'swap ' || w.id || ' took effect and nobody agreed'
           FROM payroll_swap w WHERE w.state = 'effective' AND w.agreed_at IS NULL
           UNION ALL
           SELECT 'shift ' || n.id || ' takes the place of one that nobody swapped or left'
           FROM payroll_rosteredshift n
           WHERE n.live AND n.origin IN ('swapped', 'payback', 'promotion') AND NOT EXISTS (
               SELECT FROM payroll_swap w
               WHERE w.state = 'effective' AND n.replaces_id IN (w.shift_id, w.returned_id))""",
    ),
    (
        "leave_was_approved_level_by_level",
        "SELECT count(*) FROM payroll_leave WHERE state IN ('approved', 'refused')",
        """SELECT 'leave ' || l.id || ' is ' || l.state || ' by ' || coalesce(a.yes, 0) || ' of ' ||
                  coalesce(a.levels, 0) || ' levels' AS what
           FROM payroll_leave l
           LEFT JOIN (SELECT leave_id, count(*) AS levels, max(level) AS highest, count(*) FILTER (WHERE approved) AS yes
                      FROM payroll_leaveapproval GROUP BY leave_id) a ON a.leave_id = l.id
           WHERE l.rulebook_id IS NOT NULL AND (
               l.state = 'approved' AND (coalesce(a.yes, 0) = 0 OR a.yes <> a.levels OR a.highest <> a.levels)
               OR l.state = 'refused' AND coalesce(a.levels - a.yes, 0) <> 1)
           UNION ALL
           SELECT 'leave ' || l.id || ' was decided by the person concerned'
           FROM payroll_leaveapproval a
           JOIN payroll_leave l ON l.id = a.leave_id
           JOIN staff_employee e ON e.id = l.employee_id
           WHERE e.user_id = a.decided_by_id""",
    ),
    (
        "accepted_call_is_approved_overtime",
        "SELECT count(*) FROM payroll_overtimecall WHERE state = 'accepted'",
        """SELECT 'overtime call ' || c.id || ' was accepted and overtime ' || o.id || ' is ' || o.state || ' or another' AS what
           FROM payroll_overtimecall c
           JOIN payroll_overtime o ON o.id = c.overtime_id
           WHERE c.state = 'accepted' AND (o.state, o.employee_id, o.starts_at, o.ends_at, o.settle)
                 IS DISTINCT FROM ('approved', c.employee_id, c.starts_at, c.ends_at, c.settle)
           UNION ALL
           SELECT 'overtime call ' || c.id || ' was accepted after ' || c.answer_by
           FROM payroll_overtimecall c WHERE c.state = 'accepted' AND c.answered_at > c.answer_by""",
    ),
]
