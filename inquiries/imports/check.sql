-- Take out of the chunk what is not to be filed, and say which; find the waybills of the rest.
WITH again AS (
    DELETE FROM imported r USING cases_case c WHERE c.source_key = r.source_key RETURNING 1
)
SELECT count(*) FROM again;

UPDATE imported r SET waybill_id = w.id FROM parcels_waybill w WHERE w.number = r.waybill_number;

WITH unknown AS (
    DELETE FROM imported WHERE waybill_number <> '' AND waybill_id IS NULL AND NOT %(allow_unknown)s RETURNING number
)
SELECT array_agg(number ORDER BY number) FROM unknown;

SELECT count(*) FROM imported r
WHERE EXISTS (
    SELECT FROM cases_case c
    WHERE c.waybill_number = r.waybill_number AND c.waybill_number <> '' AND c.state <> 'closed'
      AND c.opened_at < %(since)s::timestamptz)
