-- Take what is due, the longest waiting first, so many of each endpoint, and of each partner with all its endpoints, that
-- with those under way it has its share.
WITH room AS (
    SELECT e.id, e.party_id, %(share)s - (
        SELECT count(*) FROM webhooks_delivery d
        WHERE d.endpoint_id = e.id AND d.lease IS NOT NULL AND d.next_at > %(now)s
    ) AS places
    FROM webhooks_endpoint e JOIN network_party p ON p.id = e.party_id
    WHERE e.state = 'active' AND p.active
), taken AS (
    SELECT party_id, sum(%(share)s - places) AS n FROM room GROUP BY party_id
), ranked AS (
    SELECT d.id, d.next_at, room.party_id,
           row_number() OVER (PARTITION BY room.party_id ORDER BY d.next_at, d.id) AS place
    FROM room CROSS JOIN LATERAL (
        SELECT id, next_at FROM webhooks_delivery
        WHERE endpoint_id = room.id AND state = 'pending' AND next_at <= %(now)s
        ORDER BY next_at, id LIMIT greatest(room.places, 0)
    ) d
), due AS (
    SELECT w.id FROM webhooks_delivery w
    JOIN ranked ON ranked.id = w.id
    JOIN taken ON taken.party_id = ranked.party_id
    WHERE ranked.place + taken.n <= %(partner)s AND w.state = 'pending' AND w.next_at <= %(now)s
    ORDER BY ranked.next_at, w.id LIMIT %(room)s
    FOR UPDATE OF w SKIP LOCKED
)
UPDATE webhooks_delivery d SET lease = %(lease)s, next_at = %(until)s, tries = d.tries + 1
FROM due WHERE d.id = due.id
RETURNING d.id
