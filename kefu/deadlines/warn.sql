-- Warn before the breach: first whoever owns the case, later, when he has not looked, the shift leads on duty.
WITH soon AS (
    SELECT id FROM deadlines_deadline
    WHERE state = 'running' AND warned_at IS NULL AND warn_at <= %(now)s::timestamptz
    ORDER BY warn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), warned AS (
    UPDATE deadlines_deadline d SET warned_at = %(now)s::timestamptz FROM soon WHERE d.id = soon.id
    RETURNING d.*
), ignored AS (
    SELECT id FROM deadlines_deadline
    WHERE state = 'running' AND lead_warned_at IS NULL AND warned_at IS NOT NULL AND lead_warn_at <= %(now)s::timestamptz
    ORDER BY lead_warn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), lead_warned AS (
    UPDATE deadlines_deadline d SET lead_warned_at = %(now)s::timestamptz FROM ignored WHERE d.id = ignored.id
    RETURNING d.*
), to_owner AS (
    INSERT INTO notifications_event (kind, at, user_id, department_id, party_id, case_id, data)
    SELECT 'deadline.warning', %(now)s::timestamptz, e.user_id, w.department_id, w.party_id, w.case_id,
           jsonb_build_object('deadline', w.id, 'clause', w.clause, 'due_at', w.due_at)
    FROM warned w LEFT JOIN staff_employee e ON e.id = w.owner_id
), to_leads AS (
    INSERT INTO notifications_event (kind, at, user_id, department_id, party_id, case_id, data)
    SELECT 'deadline.lead_warning', %(now)s::timestamptz, u.id, NULL, NULL, w.case_id,
           jsonb_build_object('deadline', w.id, 'clause', w.clause, 'due_at', w.due_at)
    FROM lead_warned w
    JOIN staff_duty y ON y.ended_at IS NULL
    JOIN staff_employee l ON l.id = y.employee_id
    JOIN staff_user u ON u.id = l.user_id AND u.role = 'shift_lead'
    -- A warning seen, or given only now, was not ignored.
    WHERE w.warning_seen_at IS NULL AND w.warned_at < %(now)s::timestamptz
)
SELECT (SELECT count(*) FROM warned) + (SELECT count(*) FROM lead_warned)
