"""A contract area settles on the statement of its outlet: with money it stays where it is, or a fine would stand on one
outlet's statement and its reversal on another's.
"""

from django.db import migrations

GUARD = """
-- A fixed search path: no temporary table can stand in for the real one.
CREATE FUNCTION kefu_party_with_money_stays() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    -- Whoever posts holds this gate (kefu.ledger.services): nothing is on its way that we would not see.
    PERFORM pg_advisory_xact_lock(hashtext('kefu.ledger'));
    IF EXISTS (SELECT FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id WHERE a.party_id = NEW.id) THEN
        RAISE EXCEPTION 'party_with_money_stays: party % has postings', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'party_with_money_stays';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER party_with_money_stays BEFORE UPDATE OF kind, parent_id ON network_party FOR EACH ROW
    WHEN (OLD.kind <> NEW.kind OR OLD.kind = 'contractor' AND OLD.parent_id IS DISTINCT FROM NEW.parent_id)
    EXECUTE FUNCTION kefu_party_with_money_stays();
"""

UNDO = """
DROP TRIGGER party_with_money_stays ON network_party;
DROP FUNCTION kefu_party_with_money_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_payments"), ("network", "0004_claims")]

    operations = [migrations.RunSQL(GUARD, UNDO)]
