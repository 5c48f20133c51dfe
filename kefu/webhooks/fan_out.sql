-- Deliveries for what has been committed since each endpoint was last looked after.
-- Nothing can appear below the oldest transaction still running, so whoever stops there misses none.
WITH looked_after AS (
    SELECT r.endpoint_id, r.txid, r.event_id, e.party_id, e.types
    FROM webhooks_reading r JOIN webhooks_endpoint e ON e.id = r.endpoint_id
    JOIN network_party p ON p.id = e.party_id
    WHERE e.state = 'active' AND p.active
    -- An address that is removed at this moment waits, and then gives up what was made here.
    FOR UPDATE OF r SKIP LOCKED FOR SHARE OF e SKIP LOCKED
), found AS (
    SELECT l.endpoint_id, l.types, v.*
    FROM looked_after l CROSS JOIN LATERAL (
        SELECT txid, id, kind, at, data FROM notifications_event
        WHERE party_id = l.party_id AND (txid, id) > (l.txid, l.event_id)
          AND txid < kefu_horizon()
        ORDER BY txid, id LIMIT %(limit)s
    ) v
), made AS (
    INSERT INTO webhooks_delivery (endpoint_id, event_id, type, at, data, state, tries, next_at, give_up_at)
    SELECT endpoint_id, id, kind, at, data, 'pending', 0, %(now)s, %(give_up_at)s
    FROM found WHERE kind = ANY (types) ORDER BY txid, id
    ON CONFLICT DO NOTHING
)
UPDATE webhooks_reading r SET txid = last.txid, event_id = last.id
FROM (
    SELECT DISTINCT ON (endpoint_id) endpoint_id, txid, id FROM found ORDER BY endpoint_id, txid DESC, id DESC
) last
WHERE r.endpoint_id = last.endpoint_id
