-- Break the promises that have run out, oldest first, by the database's clock.
-- One statement, so that the breach, its penalties, the timeline and the notifications are there together or not at all.
WITH closed AS MATERIALIZED (
    -- When our own doors were shut: recorded stretches, and doors whose probe is silent now.
    SELECT door, started_at, ended_at FROM deadlines_interruption
    WHERE ended_at > %(now)s::timestamptz - interval '40 days'
    UNION ALL
    SELECT substr(name, 6), beat_at, %(now)s::timestamptz FROM deadlines_heartbeat
    WHERE name LIKE 'door:%%' AND beat_at < %(now)s::timestamptz - interval '30 seconds'
), due AS (
    SELECT id FROM deadlines_deadline
    WHERE state = 'running' AND due_at < %(now)s::timestamptz AND (%(only)s::bigint[] IS NULL OR id = ANY (%(only)s::bigint[]))
    ORDER BY due_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), breached AS (
    UPDATE deadlines_deadline d
    SET state = 'breached', breached_at = d.due_at, detected_at = %(now)s::timestamptz
    FROM due WHERE d.id = due.id
    RETURNING d.*
), decided AS (
    INSERT INTO penalties_penalty (deadline_id, case_id, clause, rulebook_id, party_id, kind, value, condition,
                                   state, incurred_at, decided_at, inputs)
    SELECT b.id, b.case_id, c.clause, b.rulebook_id, c.party_id, c.kind, c.value, c.condition,
           CASE WHEN h.held THEN 'held' WHEN c.condition = 'at_once' THEN 'payable' ELSE 'provisional' END,
           b.due_at, %(now)s::timestamptz,
           c.inputs || jsonb_build_object('starts_at', b.starts_at, 'due_at', b.due_at, 'detected_at', %(now)s::timestamptz)
    FROM breached b
    JOIN deadlines_consequence c ON c.deadline_id = b.id
    CROSS JOIN LATERAL (
        -- Held: our door was shut at the due time, or for more than the rulebook's share of the clock.
        SELECT CASE WHEN NOT EXISTS (SELECT FROM closed) THEN false ELSE coalesce(
            g.shut OR (SELECT sum(extract(epoch FROM upper(r) - lower(r))) FROM unnest(g.gaps) r)
                      > extract(epoch FROM b.due_at - b.starts_at) * (c.inputs ->> 'interruption_share')::numeric, false) END AS held
        FROM (
            SELECT bool_or(s.started_at <= b.due_at AND s.ended_at >= b.due_at) AS shut,
                   range_agg(tstzrange(greatest(s.started_at, b.starts_at), least(s.ended_at, b.due_at))) AS gaps
            FROM closed s
            WHERE s.door IN (c.door, 'database') AND s.started_at <= b.due_at AND s.ended_at >= b.starts_at
        ) g
    ) h
    RETURNING id, state
), told AS (
    INSERT INTO cases_interaction (case_id, kind, action, direction, counterpart, party_id, channel, happened_at,
                                   recorded_at, substantive, text, data)
    SELECT case_id, 'breach', 'breached', 'internal', '', party_id, '', due_at, %(now)s::timestamptz, false, '',
           jsonb_build_object('deadline', id, 'clause', clause, 'action', action)
    FROM breached
), noticed AS (
    INSERT INTO notifications_event (kind, at, user_id, department_id, party_id, case_id, data)
    SELECT 'deadline.breach', %(now)s::timestamptz, e.user_id, b.department_id, b.party_id, b.case_id,
           jsonb_build_object('deadline', b.id, 'clause', b.clause, 'due_at', b.due_at)
    FROM breached b LEFT JOIN staff_employee e ON e.id = b.owner_id
)
SELECT (SELECT count(*) FROM breached), (SELECT array_agg(id) FROM decided WHERE state = 'payable')
