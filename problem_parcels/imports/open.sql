-- Open the chunk's cases, and count them. A parcel that somebody else was faster with opens none.
WITH opened AS (
    INSERT INTO cases_case (
        id, number, kind, waybill_id, waybill_number, state, priority, owner_id, department_id, outlet_id, sealed,
        customer_name_masked, customer_phone_masked, summary, lookup, search, opened_at, next_due_at, last_at, last_text,
        last_direction, handed_over, source_key, version)
    SELECT r.case_id, kefu_case_number('WT', %(now)s::timestamptz), 'problem_parcel', r.waybill_id, r.waybill_number,
           CASE WHEN d.n IS NULL THEN 'open' ELSE 'answered' END, 0, %(owner)s::bigint, %(department)s::bigint, r.outlet_id,
           r.case_sealed, r.name_masked, r.phone_masked, r.summary, r.lookup,
           array_to_tsvector(string_to_array(r.lexemes, ' ')), %(now)s::timestamptz,
           least(c.due_at, dc.due_at),  -- null counts as later
           %(now)s::timestamptz, left(r.remark, %(last_text)s), 'internal', false, r.source_key,
           CASE WHEN d.n IS NULL THEN 1 ELSE 3 END  -- the decision's line, and the step to “answered”
    FROM imported r
    LEFT JOIN imported_clock c ON c.n = r.clock
    LEFT JOIN imported_decided d ON d.n = r.decided
    LEFT JOIN imported_clock dc ON dc.n = d.clock
    ORDER BY r.case_id  -- so numbers follow the file
    ON CONFLICT DO NOTHING
    RETURNING id
)
SELECT count(*) FROM opened
