"""What must hold for calls and chats: name, how many rows are looked at, and the violations (``verify``)."""

CALL_CHECKS = [
    (
        "contact_costs_what_it_was",
        "SELECT count(*) FROM payroll_registerentry WHERE state = 'counted' AND (source LIKE 'chat:%%' OR source LIKE 'call:%%')",
        """SELECT 'register line ' || r.id || ' counts for ' || r.source || ', which was not so' AS what
           FROM payroll_registerentry r
           LEFT JOIN payroll_chat c ON c.id = split_part(r.source, ':', 2)::bigint AND c.employee_id = r.employee_id
           LEFT JOIN payroll_rating g ON g.chat_id = c.id
           WHERE r.state = 'counted' AND r.source LIKE 'chat:%%'
             AND NOT coalesce(NOT c.closed OR g.review IN ('neutral', 'bad'), false)
           UNION ALL
           SELECT 'register line ' || r.id || ' counts for ' || r.source || ', which nobody missed'
           FROM payroll_registerentry r
           WHERE r.state = 'counted' AND r.source LIKE 'call:%%' AND NOT EXISTS (
               SELECT FROM payroll_call c
               WHERE c.employee_id = r.employee_id AND c.at = (r.inputs->>'at')::timestamptz AND NOT c.answered)""",
    ),
    (
        "rating_is_of_its_chats_agent",
        "SELECT count(*) FROM payroll_rating WHERE chat_id IS NOT NULL",
        """SELECT 'rating ' || r.id || ' is of another person than chat ' || c.id AS what
           FROM payroll_rating r JOIN payroll_chat c ON c.id = r.chat_id
           WHERE c.employee_id <> r.employee_id""",
    ),
]
