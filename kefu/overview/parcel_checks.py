"""What must hold for problem parcels: name, how many rows are looked at, and the violations (``verify``)."""

PARCEL_CHECKS = [
    (
        "unanswered_parcel_goes_back",
        "SELECT count(*) FROM problem_parcels_message WHERE wait_id IS NOT NULL",
        # The tick decides the return within a minute of the end of the fifth day.
        """SELECT c.number || ' has had no reply since ' || m.posted_at || ' and is not to go back' AS what
           FROM problem_parcels_message m
           JOIN deadlines_deadline d ON d.id = m.wait_id
           JOIN cases_case c ON c.id = m.case_id
           WHERE m.answered_at IS NULL AND m.withdrawn_at IS NULL AND d.state = 'breached' AND d.released_at IS NULL
             AND d.detected_at < %(now)s::timestamptz - %(unsealed)s * interval '1 second' AND c.state <> 'closed'
             AND NOT EXISTS (SELECT FROM problem_parcels_disposal p
                             WHERE p.case_id = c.id AND (
                                 p.decided_at >= d.due_at
                                 -- Something else was to become of it then; waiting for its recipient is nothing.
                                 OR (p.kind <> 'pickup' AND p.withdrawn_at IS NULL
                                     AND (p.carried_out_at IS NULL OR p.carried_out_at >= d.due_at))
                                 -- It has left, and was neither found again nor put in store before the last tick.
                                 OR (p.carried_out_at IS NOT NULL
                                     AND NOT EXISTS (SELECT FROM problem_parcels_problemrecord r
                                                     WHERE r.case_id = c.id AND r.recorded_at > p.carried_out_at
                                                       AND r.recorded_at < %(now)s::timestamptz
                                                                           - %(unsealed)s * interval '1 second')
                                     AND NOT EXISTS (SELECT FROM problem_parcels_stay s
                                                     WHERE s.waybill_number = c.waybill_number AND s.left_at IS NULL
                                                       AND s.entered_at < %(now)s::timestamptz
                                                                          - %(unsealed)s * interval '1 second'))))""",
    ),
    (
        "closed_parcel_has_left",
        """SELECT count(*) FROM cases_case WHERE kind = 'problem_parcel' AND state = 'closed'""",
        """SELECT c.number || ' is closed and its parcel still lies at ' || s.location AS what
           FROM problem_parcels_stay s
           JOIN cases_case c ON c.id = s.case_id
           WHERE s.left_at IS NULL AND c.state = 'closed' AND c.closed_at > s.entered_at""",
    ),
    (
        "message_has_its_clocks_decided",
        "SELECT count(*) FROM problem_parcels_message WHERE answered_at IS NOT NULL",
        """SELECT 'message ' || m.id || ' is answered, and deadline ' || d.id || ' still waits' AS what
           FROM problem_parcels_message m
           JOIN deadlines_deadline d ON d.id IN (m.deadline_id, m.wait_id)
           WHERE m.answered_at IS NOT NULL AND d.answered_at IS NULL AND d.released_at IS NULL
             AND d.state <> 'cancelled'""",
    ),
    (
        "volume_is_its_messages",
        "SELECT count(*) FROM problem_parcels_volume",
        """WITH handled AS (
               SELECT e.id AS employee_id, 'outbound_problem_parcels' AS metric,
                      date_trunc('month', m.posted_at AT TIME ZONE 'Asia/Shanghai')::date AS month, count(*) AS number
               FROM problem_parcels_message m
               JOIN network_party p ON p.id = m.sender_id AND p.kind = 'company'
               JOIN staff_employee e ON e.user_id = m.posted_by_id
               WHERE m.reply_to_id IS NOT NULL GROUP BY 1, 2, 3
               UNION ALL
               SELECT e.id, 'inbound_problem_parcels',
                      date_trunc('month', m.posted_at AT TIME ZONE 'Asia/Shanghai')::date, count(*)
               FROM problem_parcels_message m
               JOIN network_party p ON p.id = m.sender_id AND p.kind = 'company'
               JOIN problem_parcels_problemparcel x ON x.case_id = m.case_id AND x.direction = 'inbound'
               JOIN staff_employee e ON e.user_id = m.posted_by_id
               WHERE m.reply_to_id IS NULL AND NOT EXISTS (
                   SELECT FROM problem_parcels_message f
                   JOIN network_party q ON q.id = f.sender_id AND q.kind = 'company'
                   WHERE f.case_id = m.case_id AND f.reply_to_id IS NULL AND f.id < m.id)
               GROUP BY 1, 2, 3
           )
           SELECT 'volume ' || coalesce(v.metric, h.metric) || ' of employee '
                  || coalesce(v.employee_id, h.employee_id) || ' is ' || coalesce(v.number, 0)
                  || ', the messages say ' || coalesce(h.number, 0) AS what
           FROM problem_parcels_volume v
           FULL JOIN handled h ON (h.employee_id, h.metric, h.month) = (v.employee_id, v.metric, v.month)
           WHERE v.number IS DISTINCT FROM h.number""",
    ),
]
