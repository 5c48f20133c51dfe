-- Take what is due, the longest waiting first, so many of each endpoint that with those under way it has its share.
WITH room AS (
    SELECT e.id, %(share)s - (
        SELECT count(*) FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.lease IS NOT NULL AND d.next_at > %(now)s
    ) AS places
    FROM webhooks_endpoint e JOIN network_party p ON p.id = e.party_id
    WHERE e.state = 'active' AND p.active
), due AS (
    SELECT d.id
    FROM room CROSS JOIN LATERAL (
        SELECT id, next_at FROM webhooks_delivery
        WHERE endpoint_id = room.id AND state = 'pending' AND next_at <= %(now)s
        ORDER BY next_at, id LIMIT greatest(room.places, 0) FOR UPDATE SKIP LOCKED
    ) d
    ORDER BY d.next_at, d.id LIMIT %(room)s
)
UPDATE webhooks_delivery d SET lease = %(lease)s, next_at = %(until)s, tries = d.tries + 1
FROM due WHERE d.id = due.id
RETURNING d.id
