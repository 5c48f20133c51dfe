"""What the database itself refuses: a statement that its lines do not make, or that does not follow on the one before."""

from django.db import migrations

GUARDS = """
-- A fixed search path: no temporary table can stand in for the real one.
CREATE FUNCTION kefu_statement_follows() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    before numeric;
BEGIN
    SELECT coalesce((SELECT closing FROM statements_statement s
                     WHERE s.party_id = NEW.party_id AND s.month < NEW.month
                     ORDER BY s.month DESC LIMIT 1), 0) INTO before;
    IF NEW.opening <> before OR EXISTS (
        SELECT FROM statements_statement s WHERE s.party_id = NEW.party_id AND s.month > NEW.month
    ) THEN
        RAISE EXCEPTION 'statement % opens with %, the one before closes with %', NEW.id, NEW.opening, before
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER follows AFTER INSERT ON statements_statement FOR EACH ROW EXECUTE FUNCTION kefu_statement_follows();

CREATE FUNCTION kefu_statement_is_sound(wanted bigint) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    statement statements_statement;
    found record;
BEGIN
    SELECT * INTO statement FROM statements_statement WHERE id = wanted;
    SELECT count(*) AS size,
           coalesce(sum(amount) FILTER (WHERE kind = 'penalty'), 0) AS penalties,
           coalesce(sum(amount) FILTER (WHERE kind = 'reversal'), 0) AS reversals,
           coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0) AS payments,
           coalesce(sum(amount), 0) AS total
    INTO found FROM statements_line WHERE statement_id = wanted;
    IF (found.size, found.penalties, found.reversals, found.payments, found.total)
       IS DISTINCT FROM (statement.size::bigint, statement.penalties, statement.reversals, statement.payments,
                         statement.closing - statement.opening) THEN
        RAISE EXCEPTION 'the lines of statement % do not make it', wanted USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION kefu_statement_adds_up() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM kefu_statement_is_sound(NEW.id);
    RETURN NULL;
END $$;

-- A statement without lines is looked at when its transaction ends; one with lines, when they are written, all at once.
CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON statements_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kefu_statement_adds_up();

CREATE FUNCTION kefu_lines_are_postings() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    wrong record;
BEGIN
    SELECT l.statement_id, l.number INTO wrong
    FROM written l
    JOIN statements_statement s ON s.id = l.statement_id
    JOIN ledger_posting p ON p.id = l.posting_id
    JOIN ledger_account a ON a.id = p.account_id
    JOIN ledger_entry e ON e.id = p.entry_id
    JOIN network_party o ON o.id = a.party_id
    WHERE (l.amount, l.party_id, l.kind, l.at) IS DISTINCT FROM (p.amount, a.party_id, e.kind, e.at)
       OR (o.id <> s.party_id AND o.parent_id IS DISTINCT FROM s.party_id)
       OR l.at >= (s.month + interval '1 month') AT TIME ZONE 'Asia/Shanghai'
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'line % of statement % is not its posting', wrong.number, wrong.statement_id
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM kefu_statement_is_sound(one.statement_id) FROM (SELECT DISTINCT statement_id FROM written) one;
    RETURN NULL;
END $$;

CREATE TRIGGER lines_are_postings AFTER INSERT ON statements_line
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION kefu_lines_are_postings();
"""

UNDO = """
DROP TRIGGER lines_are_postings ON statements_line;
DROP TRIGGER adds_up ON statements_statement;
DROP FUNCTION kefu_lines_are_postings();
DROP FUNCTION kefu_statement_adds_up();
DROP FUNCTION kefu_statement_is_sound(bigint);
DROP TRIGGER follows ON statements_statement;
DROP FUNCTION kefu_statement_follows();
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
