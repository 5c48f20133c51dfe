from django.db import migrations

GUARDS = """
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entry, ledger_posting FROM kefu_app;

-- A fixed search path: no temporary table can stand in for the real one.
CREATE FUNCTION kefu_entry_is_sound() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    entry_key bigint := CASE WHEN TG_TABLE_NAME = 'ledger_entry' THEN NEW.id ELSE (to_jsonb(NEW) ->> 'entry_id')::bigint END;
    original bigint;
    total numeric;
    sides integer;
BEGIN
    SELECT coalesce(sum(amount), 0), count(*) INTO total, sides FROM ledger_posting WHERE entry_id = entry_key;
    IF sides < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'ledger entry % does not balance: % postings, sum %', entry_key, sides, total
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT reverses_id INTO original FROM ledger_entry WHERE id = entry_key;
    IF original IS NOT NULL AND EXISTS (
        -- All that reverses an entry, taken together, never exceeds it on any account.
        SELECT FROM (
            SELECT p.account_id,
                   sum(p.amount) FILTER (WHERE e.id = original) AS posted,
                   sum(p.amount) FILTER (WHERE e.reverses_id = original) AS reversed
            FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
            WHERE e.id = original OR e.reverses_id = original
            GROUP BY p.account_id
        ) a
        WHERE posted IS NULL OR (reversed IS NOT NULL AND (sign(reversed) = sign(posted) OR abs(reversed) > abs(posted)))
    ) THEN
        RAISE EXCEPTION 'ledger entry % reverses more than entry % posted', entry_key, original
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER entry_is_sound AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kefu_entry_is_sound();
CREATE CONSTRAINT TRIGGER posting_is_sound AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kefu_entry_is_sound();

-- The balance is a projection of the postings, moved with them.
CREATE FUNCTION kefu_move_balances() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE ledger_account a SET balance = a.balance + s.amount
    FROM (SELECT account_id, sum(amount) AS amount FROM posted GROUP BY account_id ORDER BY account_id) s
    WHERE a.id = s.account_id;
    RETURN NULL;
END $$;

CREATE TRIGGER move_balances AFTER INSERT ON ledger_posting
    REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION kefu_move_balances();
"""

UNDO = """
DROP TRIGGER move_balances ON ledger_posting;
DROP TRIGGER posting_is_sound ON ledger_posting;
DROP TRIGGER entry_is_sound ON ledger_entry;
DROP FUNCTION kefu_move_balances();
DROP FUNCTION kefu_entry_is_sound();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_initial")]

    operations = [migrations.RunSQL(GUARDS, UNDO)]
