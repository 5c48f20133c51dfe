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
    (
        "receipt_is_kept_its_time",
        "SELECT count(*) FROM problem_parcels_receipt WHERE destroyed_on IS NOT NULL",
        """SELECT 'receipt ' || r.id || ' was destroyed on ' || r.destroyed_on || CASE
                  WHEN r.keep_until IS NULL OR r.destroyed_on <= r.keep_until THEN ' before its time was over'
                  ELSE ' without the word of two people' END AS what
           FROM problem_parcels_receipt r
           LEFT JOIN problem_parcels_receiptdestruction d ON d.id = r.destruction_id
           WHERE r.destroyed_on IS NOT NULL
             AND (r.keep_until IS NULL OR r.destroyed_on <= r.keep_until OR d.approved IS NOT TRUE
                  OR d.decided_by_id IS NULL OR d.decided_by_id = d.proposed_by_id)""",
    ),
    (
        "receipt_stands_on_its_entry",
        "SELECT count(*) FROM problem_parcels_receipt",
        """SELECT 'receipt ' || r.id || ' is ' || r.state || CASE WHEN e.n IS NULL THEN ' without an entry'
                  ELSE ', entered in time: ' || coalesce(r.in_time::text, 'unknown') || ', against its entry' END AS what
           FROM problem_parcels_receipt r
           LEFT JOIN (SELECT receipt_id, count(*) AS n, min(entered_at) AS entered_at
                      FROM problem_parcels_receiptentry GROUP BY receipt_id) e ON e.receipt_id = r.id
           JOIN problem_parcels_receiptbatch b ON b.case_id = r.batch_id
           LEFT JOIN deadlines_deadline d ON d.id = b.deadline_id
           WHERE (r.state = 'entered') <> (e.n IS NOT NULL)
              OR r.entered_at IS DISTINCT FROM e.entered_at
              OR r.state = 'entered' AND r.in_time <> coalesce(e.entered_at <= d.due_at, true)""",
    ),
    (
        "stored_parcel_has_its_keeper",
        "SELECT count(*) FROM problem_parcels_stay",
        """SELECT 'stay ' || s.id || ' is not kept by whom its record says' AS what
           FROM problem_parcels_stay s
           LEFT JOIN LATERAL (
               SELECT min(k.since) AS first, (array_agg(k.keeper_id ORDER BY k.since DESC, k.id DESC))[1] AS last
               FROM problem_parcels_staykeeping k WHERE k.stay_id = s.id
           ) kept ON true
           WHERE kept.first IS DISTINCT FROM s.entered_at OR kept.last IS DISTINCT FROM s.keeper_id
           ORDER BY s.id""",
    ),
    (
        "collected_parcel_has_left",
        "SELECT count(*) FROM problem_parcels_collectionline",
        """SELECT 'stay ' || s.id || ' was ticked as collected and is in store' AS what
           FROM problem_parcels_collectionline l JOIN problem_parcels_stay s ON s.id = l.stay_id
           WHERE l.ticked_at IS NOT NULL AND s.left_at IS DISTINCT FROM l.ticked_at
           ORDER BY s.id""",
    ),
    (
        "locked_report_is_its_lines",
        "SELECT count(*) FROM problem_parcels_misroutingreport WHERE state <> 'collecting'",
        """SELECT 'report ' || r.id || ' was locked with ' || r.lines_locked || ' lines, there are '
                  || count(l.id) || ', ' || count(l.id) FILTER (WHERE m.id IS NOT NULL) || ' of them as recorded' AS what
           FROM problem_parcels_misroutingreport r
           LEFT JOIN problem_parcels_reportline l ON l.report_id = r.id
           LEFT JOIN problem_parcels_misrouting m ON m.id = l.misrouting_id AND m.report_id = r.id
               AND m.withdrawn_at IS NULL
               AND (m.waybill_number, m.province, m.routing_text, m.written_destination, m.correct_destination)
                 = (l.waybill_number, l.province, l.routing_text, l.written_destination, l.correct_destination)
           WHERE r.state <> 'collecting'
           GROUP BY r.id
           HAVING count(l.id) <> r.lines_locked OR count(m.id) <> r.lines_locked OR max(l.number) > r.lines_locked""",
    ),
    (
        "nothing_forwarded_before_it_is_paid",
        "SELECT count(*) FROM problem_parcels_forwarding WHERE state = 'packed'",
        """SELECT 'forwarding ' || f.id || ' is packed, ' || f.shortfall - coalesce(s.paid, 0) || ' is missing' AS what
           FROM problem_parcels_forwarding f
           LEFT JOIN (SELECT forwarding_id, sum(amount) AS paid FROM problem_parcels_forwardingstep
                      WHERE code = 'top_up' GROUP BY forwarding_id) s ON s.forwarding_id = f.id
           WHERE f.state = 'packed' AND f.inputs ->> 'hold' = 'true' AND f.shortfall <> coalesce(s.paid, 0)""",
    ),
]
