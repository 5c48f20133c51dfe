-- File what belongs to the cases just opened: together with open.sql what problem_parcels.services.register writes
-- for one.
INSERT INTO problem_parcels_problemparcel (case_id, direction, place, same_city, problem, registered_at, registered_by_id)
SELECT case_id, direction, place, same_city, problem, %(now)s::timestamptz, %(actor)s::bigint FROM imported;

INSERT INTO problem_parcels_contactattempt (
    case_id, whose, sealed, number_masked, at, outcome, recorded_at, recorded_by_id)
SELECT case_id, 'receiver', called_sealed, phone_masked, called_at, outcome, %(now)s::timestamptz, %(actor)s::bigint
FROM imported WHERE outcome IS NOT NULL;

INSERT INTO problem_parcels_problemrecord (
    id, case_id, problem, chosen, sealed, remark, valid, liable_id, scanned_at, recorded_at, recorded_by_id, rulebook_id,
    inputs)
SELECT r.record_id, r.case_id, r.problem, r.facts, r.record_sealed, r.remark, j.valid, r.liable_id, %(now)s::timestamptz,
       %(now)s::timestamptz, %(actor)s::bigint, %(rulebook)s::bigint,
       jsonb_build_object('facts', r.facts, 'recorded', j.recorded, 'steps', j.steps)
FROM imported r JOIN imported_judged j ON j.n = r.judged;

INSERT INTO parcels_scan (waybill_number, kind, at, place, text)
SELECT r.waybill_number, 'problem', %(now)s::timestamptz, %(scanned_in)s, p.label
FROM imported r JOIN unnest(%(problems)s::text[], %(labels)s::text[]) AS p (problem, label) USING (problem);

INSERT INTO cases_interaction (
    id, case_id, kind, action, direction, counterpart, channel, happened_at, recorded_at, author_id, substantive, sealed,
    text, data, search)
SELECT r.interaction_id, r.case_id, 'step', 'problem_registered', 'internal', '', '', %(now)s::timestamptz,
       %(now)s::timestamptz, %(actor)s::bigint, false, r.text_sealed, r.text,
       jsonb_build_object('record', r.record_id, 'problem', r.problem, 'valid', j.valid,
                          'sort', CASE WHEN r.same_city THEN 'same_city' ELSE 'out_of_town' END),
       CASE WHEN r.text <> '' THEN array_to_tsvector(string_to_array(r.lexemes, ' ')) END
FROM imported r JOIN imported_judged j ON j.n = r.judged
UNION ALL
SELECT r.decided_line_id, r.case_id, 'step', 'disposal_decided', 'internal', '', '', %(now)s::timestamptz,
       %(now)s::timestamptz, %(actor)s::bigint, false, %(nothing_said)s, '',
       jsonb_build_object('kind', d.kind, 'asked_by', d.asked_by, 'mark', r.mark, 'because', d.because),
       NULL
FROM imported r JOIN imported_decided d ON d.n = r.decided;

WITH timed AS (
    INSERT INTO deadlines_deadline (
        id, case_id, action, clause, rulebook_id, party_id, owner_id, department_id, started_by_id, starts_at, due_at,
        warn_at, lead_warn_at, state, set_aside_reason, inputs)
    SELECT s.id, s.case_id, c.action, c.clause, %(rulebook)s::bigint, c.party, %(owner)s::bigint, %(department)s::bigint,
           s.line, c.starts_at, c.due_at, c.warn_at, c.lead_warn_at, 'running', '', c.inputs
    FROM (
        SELECT deadline_id AS id, case_id, interaction_id AS line, clock FROM imported
        WHERE clock IS NOT NULL
        UNION ALL
        SELECT r.decided_deadline_id, r.case_id, r.decided_line_id, d.clock
        FROM imported r JOIN imported_decided d ON d.n = r.decided
    ) s JOIN imported_clock c ON c.n = s.clock
    RETURNING id, action, clause, party_id
)
INSERT INTO deadlines_consequence (deadline_id, clause, party_id, kind, value, condition, door, inputs)
SELECT t.id, k.clause, k.party, k.kind, k.value, k.condition, k.door, k.inputs
FROM timed t JOIN imported_cost k ON k.action = t.action AND k.follows = t.clause AND k.party = t.party_id;

INSERT INTO problem_parcels_disposal (
    case_id, kind, asked_by, because, sealed, reason, mark, deadline_id, decided_at, decided_by_id)
SELECT r.case_id, d.kind, d.asked_by, d.because, r.decided_sealed, '', r.mark,
       CASE WHEN d.clock IS NOT NULL THEN r.decided_deadline_id END, %(now)s::timestamptz, %(actor)s::bigint
FROM imported r JOIN imported_decided d ON d.n = r.decided;

-- What lies in store without a case has one now, if there is a reason for it.
UPDATE problem_parcels_stay s SET case_id = r.case_id
FROM imported r JOIN imported_judged j ON j.n = r.judged AND j.posted
WHERE s.waybill_number = r.waybill_number AND s.left_at IS NULL AND s.case_id IS NULL
