"""What must hold for attendance: name, how many rows are looked at, and the violations (``verify``)."""

ATTENDANCE_CHECKS = [
    (
        "correction_is_its_punch",
        "SELECT count(*) FROM payroll_correction WHERE state = 'signed'",
        """SELECT 'correction ' || c.id || ' was signed for another punch than ' || p.id AS what
           FROM payroll_correction c JOIN payroll_punch p ON p.id = c.punch_id
           WHERE c.state = 'signed' AND (p.employee_id, p.at, p.direction, p.source)
                 IS DISTINCT FROM (c.employee_id, c.at, c.direction, 'correction')
           UNION ALL
           SELECT 'punch ' || p.id || ' is a correction that nobody signed'
           FROM payroll_punch p
           WHERE p.source = 'correction' AND NOT EXISTS (
               SELECT FROM payroll_correction c WHERE c.punch_id = p.id AND c.state = 'signed')""",
    ),
    (
        "attendance_costs_what_it_says",
        "SELECT count(*) FROM payroll_registerentry WHERE source LIKE 'shift:%%' AND state = 'counted'",
        # By the clock of the sweep a shift that is gone has its lines taken back within ten minutes.
        """SELECT 'register line ' || r.id || ' counts for shift ' || split_part(r.source, ':', 2)
                  || ', which did not come to that' AS what
           FROM payroll_registerentry r
           LEFT JOIN payroll_attendanceday d
             ON d.shift_id = split_part(r.source, ':', 2)::bigint AND d.employee_id = r.employee_id
           WHERE r.source LIKE 'shift:%%' AND r.state = 'counted'
             AND NOT coalesce(CASE split_part(split_part(r.source, '~', 1), ':', 3)
                                  WHEN 'absence' THEN d.absent_hours > 0
                                  WHEN 'unsigned' THEN d.inputs->'unsigned' ? split_part(split_part(r.source, '~', 1), ':', 4)
                                  ELSE d.inputs->'events' ? split_part(split_part(r.source, '~', 1), ':', 3)
                              END, false)""",
    ),
]
