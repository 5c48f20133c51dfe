"""What must hold for inspections: name, how many rows are looked at, and the violations (``verify``)."""

INSPECTION_CHECKS = [
    (
        "finding_entered_only_when_upheld",
        "SELECT count(*) FROM payroll_registerentry WHERE source LIKE 'inspected:%%'",
        """SELECT 'register line ' || r.id || ' is of ' || r.source || ', which nobody upheld' AS what
           FROM payroll_registerentry r
           LEFT JOIN payroll_finding f ON f.id = split_part(r.source, ':', 2)::bigint AND f.employee_id = r.employee_id
           LEFT JOIN payroll_findingdecision d ON d.finding_id = f.id AND d.outcome = 'upheld'
           WHERE r.source LIKE 'inspected:%%' AND d.id IS NULL""",
    ),
    (
        "finding_is_of_its_breach",
        "SELECT count(*) FROM payroll_inspectionmark WHERE mark = 'breach'",
        """SELECT 'line ' || m.id || ' of inspection ' || m.inspection_id || ' is a breach and no finding' AS what
           FROM payroll_inspectionmark m LEFT JOIN payroll_finding f ON f.mark_id = m.id
           WHERE m.mark = 'breach' AND f.id IS NULL
           UNION ALL
           SELECT 'finding ' || f.id || ' is of a line that was kept'
           FROM payroll_finding f JOIN payroll_inspectionmark m ON m.id = f.mark_id WHERE m.mark <> 'breach'
           UNION ALL
           SELECT 'inspection ' || i.id || ' is of another person than its sample ' || s.id
           FROM payroll_inspection i JOIN payroll_sample s ON s.id = i.sample_id
           WHERE s.employee_id IS DISTINCT FROM i.employee_id""",
    ),
    (
        "sample_was_in_the_frame",
        "SELECT count(*) FROM payroll_sample WHERE medium = 'call'",
        """SELECT 'sample ' || s.id || ' is of no answered call of its agent in the days of draw ' || d.id AS what
           FROM payroll_sample s JOIN payroll_sampledraw d ON d.id = s.draw_id
           LEFT JOIN payroll_call c ON c.id = s.record AND c.at = s.at AND c.employee_id = s.employee_id AND c.answered
             AND (c.at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN d.from_on AND d.to_on
           WHERE s.medium = 'call' AND c.id IS NULL""",
    ),
]
