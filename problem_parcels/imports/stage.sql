-- The rows of one chunk, as they will stand in the tables. Their keys are taken beforehand, so that each table
-- is filled by a plain INSERT … SELECT.
CREATE TEMPORARY TABLE imported (
    number integer NOT NULL,  -- of the row, in the file
    case_id bigint NOT NULL DEFAULT nextval('cases_case_id_seq'),
    interaction_id bigint NOT NULL DEFAULT nextval('cases_interaction_id_seq'),
    record_id bigint NOT NULL DEFAULT nextval('problem_parcels_problemrecord_id_seq'),
    deadline_id bigint NOT NULL DEFAULT nextval('deadlines_deadline_id_seq'),
    decided_line_id bigint NOT NULL DEFAULT nextval('cases_interaction_id_seq'),
    decided_deadline_id bigint NOT NULL DEFAULT nextval('deadlines_deadline_id_seq'),
    source_key bytea NOT NULL,
    waybill_id bigint NOT NULL,
    waybill_number text NOT NULL,
    outlet_id bigint NOT NULL,
    direction text NOT NULL,
    same_city boolean NOT NULL,
    place text NOT NULL,
    problem text NOT NULL,
    facts jsonb NOT NULL,
    judged integer NOT NULL,  -- which of the chunk's judgements
    liable_id bigint,
    remark text NOT NULL,  -- redacted
    text text NOT NULL,  -- of the line in the timeline
    summary text NOT NULL,
    lexemes text NOT NULL,  -- of the summary, a blank between
    case_sealed bytea NOT NULL,
    record_sealed bytea NOT NULL,
    text_sealed bytea NOT NULL,
    name_masked text NOT NULL,
    phone_masked text NOT NULL,
    lookup bigint[] NOT NULL,
    outcome text,  -- of the call, if there was one
    called_at timestamptz,
    called_sealed bytea,
    clock integer,  -- which of the chunk's clocks
    decided integer,  -- which of the chunk's decisions, if the rulebook decides by itself
    mark text NOT NULL,
    decided_sealed bytea
) ON COMMIT DROP
;
CREATE TEMPORARY TABLE imported_judged ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(judged)s::jsonb) AS judged (n integer, recorded jsonb, steps jsonb, valid boolean, posted boolean);
CREATE TEMPORARY TABLE imported_decided ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(decided)s::jsonb) AS decided (
    n integer, kind text, asked_by text, because text, clock integer);
CREATE TEMPORARY TABLE imported_clock ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(clocks)s::jsonb) AS clock (
    n integer, action text, party bigint, clause text, starts_at timestamptz, due_at timestamptz, warn_at timestamptz,
    lead_warn_at timestamptz, inputs jsonb);
CREATE TEMPORARY TABLE imported_cost ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(costs)s::jsonb) AS cost (
    action text, follows text, party bigint, clause text, kind text, value numeric, condition text, door text, inputs jsonb)
