-- Open the chunk's cases, and count them. A row that another import was faster with opens none.
WITH opened AS (
    INSERT INTO cases_case (
        id, number, kind, waybill_id, waybill_number, state, priority, owner_id, department_id, outlet_id, sealed,
        customer_name_masked, customer_phone_masked, summary, lookup, search, opened_at, next_due_at, last_at, last_text,
        last_direction, handed_over, source_key, version)
    SELECT r.case_id, kefu_case_number('CX', %(now)s::timestamptz), 'inquiry', r.waybill_id, r.waybill_number, 'open', r.priority,
           %(owner)s::bigint, %(department)s::bigint, r.outlet_id, r.case_sealed, r.name_masked, r.phone_masked,
           left(r.text, %(summary_limit)s), r.lookup,
           array_to_tsvector(string_to_array(coalesce(r.summary_lexemes, r.lexemes), ' ')),
           %(now)s::timestamptz, c.due_at, r.received_at, left(r.text, %(last_text)s), 'in', false, r.source_key, 2
    FROM imported r LEFT JOIN imported_clock c ON c.n = r.clock
    ORDER BY r.case_id  -- so numbers follow the file
    ON CONFLICT (source_key) WHERE source_key IS NOT NULL DO NOTHING
    RETURNING id
)
SELECT count(*) FROM opened
