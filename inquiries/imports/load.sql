-- File what belongs to the cases just opened: together with open.sql what inquiries.services.open_inquiry writes
-- for one.
INSERT INTO inquiries_inquiry (case_id, kind, channel, asker, received_at, recorded_at, recorded_by_id)
SELECT case_id, kind, channel, asker, received_at, %(now)s::timestamptz, %(actor)s::bigint FROM imported;

INSERT INTO cases_interaction (
    id, case_id, kind, action, direction, counterpart, channel, happened_at, recorded_at, author_id, substantive, sealed,
    text, data, search)
SELECT interaction_id, case_id, 'contact', '', 'in', counterpart, channel, received_at, %(now)s::timestamptz,
       %(actor)s::bigint, false, text_sealed, text, '{}', array_to_tsvector(string_to_array(lexemes, ' '))
FROM imported;

WITH timed AS (
    INSERT INTO deadlines_deadline (
        case_id, action, clause, rulebook_id, party_id, owner_id, department_id, started_by_id, starts_at, due_at, warn_at,
        lead_warn_at, state, set_aside_reason, inputs)
    SELECT r.case_id, 'reply', c.clause, %(rulebook)s::bigint, %(party)s::bigint, %(owner)s::bigint, %(department)s::bigint,
           r.interaction_id, c.starts_at, c.due_at, c.warn_at, c.lead_warn_at, 'running', '', c.inputs
    FROM imported r JOIN imported_clock c ON c.n = r.clock
    RETURNING id, clause
)
INSERT INTO deadlines_consequence (deadline_id, clause, party_id, kind, value, condition, door, inputs)
SELECT t.id, c.clause, %(party)s::bigint, c.kind, c.value, c.condition, c.door, c.inputs
FROM timed t JOIN imported_cost c ON c.follows = t.clause
