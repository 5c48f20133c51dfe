-- The rows of one chunk, as they will stand in the tables. Their keys are taken beforehand, so that each table
-- is filled by a plain INSERT … SELECT.
CREATE TEMPORARY TABLE imported (
    number integer NOT NULL,  -- of the row, in the file
    case_id bigint NOT NULL DEFAULT nextval('cases_case_id_seq'),
    interaction_id bigint NOT NULL DEFAULT nextval('cases_interaction_id_seq'),
    source_key bytea NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL,
    asker text NOT NULL,
    counterpart text NOT NULL,
    priority smallint NOT NULL,
    waybill_number text NOT NULL,
    waybill_id bigint,  -- found by check.sql
    outlet_id bigint,
    received_at timestamptz NOT NULL,
    clock integer,  -- which of the chunk's clocks; none for what nobody waits on
    case_sealed bytea NOT NULL,
    name_masked text NOT NULL,
    phone_masked text NOT NULL,
    lookup bigint[] NOT NULL,
    text_sealed bytea NOT NULL,
    text text NOT NULL,  -- redacted
    lexemes text NOT NULL,  -- of the text, a blank between
    summary_lexemes text  -- where the summary is shorter than the text
) ON COMMIT DROP
;
CREATE TEMPORARY TABLE imported_clock ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(clocks)s::jsonb) AS clock (
    n integer, clause text, starts_at timestamptz, due_at timestamptz, warn_at timestamptz, lead_warn_at timestamptz,
    inputs jsonb);
CREATE TEMPORARY TABLE imported_cost ON COMMIT DROP AS
SELECT * FROM jsonb_to_recordset(%(costs)s::jsonb) AS cost (
    follows text, clause text, kind text, value numeric, condition text, door text, inputs jsonb)
